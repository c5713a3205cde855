/**
 * Sends over many processes. Each conversation has one process that runs its deliveries. If that process ends, another one goes on with them.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import * as Ownership from "@interline/router/Ownership"
import * as Runner from "@interline/router/Runner"
import * as SharedHealth from "@interline/router/SharedHealth"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Caller from "./caller.ts"
import * as Engine from "./engine.ts"
import * as Lines from "./lines.ts"
import * as Machine from "./machine.ts"
import * as Neighbour from "./neighbour.ts"
import * as Owner from "./owner.ts"
import * as SameDatabase from "./sameDatabase.ts"
import * as Secret from "./secret.ts"
import * as Settings from "./settings.ts"

/**
 * This process cannot take part in the cluster. The sentence says what to change, and shows no secret.
 *
 * @category errors
 */
export class ClusterError extends Data.TaggedError("ClusterError")<{
  readonly message: string
  /** The option that is wrong. */
  readonly option: "database" | "host" | "port"
}> {}

const wrongDatabase = (what: string) => (error: unknown): ClusterError =>
  error instanceof ClusterError ? error : new ClusterError({
    option: "database",
    message: `${what}: ${DatabaseFault.explain(error)}`
  })

/**
 * How a process takes part.
 *
 * @category models
 */
export interface Options {
  /**
   * The PostgreSQL database that all processes share, and that also has their ledger. Locks are held by connections, so this URL must lead to the
   * server itself, or to a pooler in session mode.
   */
  readonly database: Redacted.Redacted
  /**
   * The connections of the ledger, as `Stores.layer` or `Database.layer` opens them. Give it if the ledger has another URL, for example that of a pooler.
   * The process then does not start if `database` leads to another database than the ledger's. Default: not compared.
   */
  readonly ledger?: SqlClient.SqlClient
  /**
   * The address under which other processes reach this one. Default: the first private address of this machine. The socket there has no encryption,
   * so it belongs on a private network.
   */
  readonly host?: string
  /** The port of this address. Default: a free one. Set it if a firewall stands between the machines. */
  readonly port?: number
  /**
   * The process joins the others when this ends. Until then it gets no shard, and its own sends wait. So let it end in any case. Default: at once.
   */
  readonly join?: Effect.Effect<void>
  /**
   * What must be the same in all processes, in groups with a name, each group as one text. If living processes differ, `inspect` and a warning say in which
   * groups. Only keyed digests of the texts leave the process. Default: nothing is compared.
   */
  readonly settings?: Readonly<Record<string, Redacted.Redacted>>
}

/**
 * What this process does in the cluster, for operators.
 *
 * @category models
 */
export interface Inspection {
  /** Where other processes reach this one, as `host:port`. */
  readonly address: string
  /** Whether this process has joined the others. Before, its sends wait. */
  readonly joined: boolean
  /** How many shards this process has. Together all processes have 300. */
  readonly shards: number
  /** How many times this process has taken a shard since its start. */
  readonly taken: number
  /** How many deliveries that earlier owners left behind this process has taken up since its start. */
  readonly takenUp: number
  /** The living processes that have other `settings` than this one, by their addresses, as this process saw them within the last seconds. */
  readonly differing: ReadonlyArray<{
    readonly address: string
    /** The names of the groups that differ. */
    readonly settings: ReadonlyArray<string>
  }>
}

/**
 * The part that this process has in the cluster.
 *
 * @category models
 */
export interface ClusterService {
  /** What this process has now. */
  readonly inspect: Effect.Effect<Inspection>
}

/**
 * The tag of the part that this process has in the cluster.
 *
 * @category services
 */
export class Cluster extends Context.Tag("@interline/cluster/Cluster")<Cluster, ClusterService>() {}

/** A session of a process that is frozen or gone must end, because it holds the locks. The first and the last time are in milliseconds, the others in seconds. */
const sessions =
  "-c idle_session_timeout=15000 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2 -c statement_timeout=10000"

const connect = (url: Redacted.Redacted): Layer.Layer<SqlClient.SqlClient, ClusterError> => {
  const parsed = URL.canParse(Redacted.value(url)) ? new URL(Redacted.value(url)) : undefined
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    return Layer.fail(
      new ClusterError({
        option: "database",
        message: "several processes need PostgreSQL: give a URL such as postgres://user:password@host:5432/name"
      })
    )
  }
  const before = parsed.searchParams.get("options")
  parsed.searchParams.set("options", before === null ? sessions : `${before} ${sessions}`)
  return Layer.mapError(
    PgClient.layer({
      url: Redacted.make(parsed.href),
      maxConnections: 2,
      connectTimeout: Duration.seconds(5),
      stream: () => Machine.makeSocket(),
      applicationName: "interline cluster"
    }),
    wrongDatabase(`${DatabaseFault.nameOf(parsed)} cannot be used`)
  )
}

// any number: it only has to be the same in every process, and another one than that of the migrations
const tablesLock = 4_846_229

/**
 * Opens the engine while no other process does so: the engine makes its tables when it is opened, and two processes would collide. The lock ends with
 * its connection.
 */
const inTurn = <A, E, R>(url: Redacted.Redacted, open: Effect.Effect<A, E, R>): Effect.Effect<A, E | ClusterError, R> => {
  const lock = Effect.gen(function*() {
    const sql = Context.get(yield* Layer.build(connect(url)), SqlClient.SqlClient)
    const connection = yield* sql.reserve
    const isMine = Effect.map(
      connection.executeValues(`SELECT pg_try_advisory_lock(${tablesLock})`, []),
      ([row]) => row?.[0] === true
    )
    yield* Effect.repeat(isMine, { until: (got) => got, schedule: Schedule.spaced("100 millis") })
  })
  const locked = Effect.mapError(
    Effect.timeout(lock, "1 minute"),
    wrongDatabase("the locks of the database cannot be taken")
  )
  return Effect.acquireUseRelease(
    Scope.make(),
    (scope) => Effect.zipRight(Scope.extend(locked, scope), open),
    (scope, exit) => Scope.close(scope, exit)
  )
}

/** Fails if the locks would be in another database than the ledger: every such process would take all shards for its own. */
const checkSame = (locks: SqlClient.SqlClient, ledger: SqlClient.SqlClient): Effect.Effect<void, ClusterError> =>
  Effect.flatMap(
    Effect.mapError(
      Effect.scoped(SameDatabase.isSame(locks, ledger)),
      wrongDatabase("the database cannot be compared with the one of the ledger")
    ),
    (isSame) =>
      isSame ? Effect.void : new ClusterError({
        option: "database",
        message:
          "this is not the database of the ledger, or it is a standby of it: a lock that is taken here is not seen there; give the address of the same database on the primary server"
      })
  )

const warnIfPublic = (host: string): Effect.Effect<void> =>
  Machine.isPrivate(host)
    ? Effect.void
    : Effect.logWarning(
      `the socket between processes listens on ${host}, which is not a private address; it has no encryption, so keep other networks out`
    )

/** How long the end of the engine may take beyond the drain of the router. */
const endWithin = Duration.seconds(20)

const none: ReadonlyMap<number, number> = new Map()

/** What a process knows of the others. */
interface Shared {
  readonly secret: Redacted.Redacted
  readonly differing: () => Inspection["differing"]
}

/** The parts that all layers of this module share. */
const make = (
  openEngine: Effect.Effect<Engine.Engine & Shared, ClusterError, Scope.Scope>
): Effect.Effect<Context.Context<Cluster | Runner.Runner | Ownership.Ownership | SharedHealth.SharedHealth>, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    // The engine opens its socket now, so that a mistake shows at the start. It gets its work when there is a router.
    const engineScope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) => Scope.close(engineScope, exit))
    const { address, differing, findWay, isJoined, secret, serve, sharding } = yield* Scope.extend(openEngine, engineScope)
    const name = Neighbour.nameOf(address)
    const pulse = yield* Machine.makePulse
    const refused = yield* Secret.makeRefusal
    const runners = yield* Deferred.make<Runner.LocalRunner>()
    let local: Runner.LocalRunner | undefined
    let owned: ReadonlySet<number> = new Set()
    let taken = 0

    /** A set that stays the same until a shard comes or goes. */
    const ownedNow = (): ReadonlySet<number> => {
      const epochs = local?.epochs() ?? none
      const isSame = epochs.size === owned.size && Array.from(epochs.keys()).every((shard) => owned.has(shard))
      if (!isSame) owned = new Set(epochs.keys())
      return owned
    }

    const place: Runner.Place = (given) =>
      Effect.gen(function*() {
        const counted: Runner.LocalRunner = {
          ...given,
          acquire: (shards) => Effect.tap(given.acquire(shards, name), () => Effect.sync(() => void (taken += shards.length)))
        }
        local = counted
        const owner = yield* Scope.extend(Owner.make({ sharding, serve, local: counted, pulse, secret, refused }), engineScope)
        const caller = yield* Caller.make({ sharding, findWay, local: counted, owner, secret })
        yield* Deferred.succeed(runners, counted)
        const drain = (millis: number) =>
          Effect.gen(function*() {
            yield* Effect.timeoutOption(Effect.interruptible(caller.close), millis)
            // what waits goes to other processes at once; what is under way ends here
            yield* Effect.forkDaemon(counted.release(Array.from(counted.epochs().keys())))
            yield* Effect.timeoutOption(Effect.interruptible(Effect.disconnect(Scope.close(engineScope, Exit.void))), endWithin)
            yield* caller.end
            yield* counted.drain(millis)
          })
        return { run: caller.run, tell: caller.tell, drain }
      })

    const seat: SharedHealth.Seat = (authorities) => Scope.extend(Lines.make({ sharding, secret, refused }, authorities), engineScope)

    return Context.make(Runner.Runner, place).pipe(
      Context.add(SharedHealth.SharedHealth, seat),
      Context.add(Ownership.Ownership, {
        owned: ownedNow,
        runInOne: (name, effect) =>
          Effect.asVoid(Effect.forkScoped(Effect.interruptible(Effect.zipRight(
            Deferred.await(runners),
            Effect.zipRight(sharding.registerSingleton(name, effect), Effect.never)
          ))))
      }),
      Context.add(Cluster, {
        inspect: Effect.sync(() => {
          const { size } = local?.epochs() ?? none
          return { address: name, joined: isJoined(), shards: size, taken, takenUp: local?.takenUp() ?? 0, differing: differing() }
        })
      })
    )
  })

/**
 * Runs the deliveries of a router over all processes that have the same database. Provide it to `Router.layer` or `Interline.layer`, beside
 * `Stores.layer` with the same URL. Each process takes a part of the conversations, and goes on with those of a process that ends. Fails if the
 * database cannot be used, or the address cannot be listened on.
 *
 * @example
 * import * as Cluster from "@interline/cluster/Cluster"
 * import { Stores } from "@interline/sql"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { Interline } from "interline"
 * import * as NodeHttp from "interline/node"
 *
 * const url = Redacted.make("postgres://app:secret@db.internal:5432/app")
 *
 * export const MessagingLive = Interline.layer().pipe(
 *   Layer.provide(Cluster.layer({ database: url })),
 *   Layer.provide(Stores.layer(url)),
 *   Layer.provide(NodeHttp.layer())
 * )
 *
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Cluster | Runner.Runner | Ownership.Ownership | SharedHealth.SharedHealth, ClusterError> =>
  Layer.scopedContext(Effect.gen(function*() {
    const host = options.host ?? (yield* Machine.findHost)
    if (host === "0.0.0.0" || host === "::") {
      return yield* new ClusterError({
        option: "host",
        message:
          `${host} means every address, so no other process can reach this one by it; give the address of this machine on the network of the processes`
      })
    }
    yield* warnIfPublic(host)
    const open = Effect.gen(function*() {
      const sql = yield* Layer.build(connect(options.database))
      if (options.ledger !== undefined) yield* checkSame(Context.get(sql, SqlClient.SqlClient), options.ledger)
      const secret = yield* Effect.mapError(
        Effect.provide(Effect.zipLeft(Secret.read, Settings.prepare), sql),
        wrongDatabase("the tables of the cluster cannot be made or read")
      )
      const engine = yield* Effect.mapError(
        Effect.provide(Engine.make({ host, port: options.port ?? 0, join: options.join ?? Effect.void }), sql),
        (error) =>
          new ClusterError({
            option: options.port === undefined ? "host" : "port",
            message: `the address ${host}${
              options.port === undefined ? "" : `, port ${options.port},`
            } for other processes cannot be listened on (${DatabaseFault.codeOf(error) ?? "no reason is known"})`
          })
      )
      const { settings } = options
      const address = Neighbour.nameOf(engine.address)
      const differing = settings === undefined
        ? () => []
        : yield* Effect.provide(Settings.watch({ address, isGone: engine.isGone, secret, settings }), sql)
      return { ...engine, secret, differing }
    })
    return yield* make(inTurn(options.database, open))
  }))

/**
 * The same in one process, without a socket and without a database. For tests of programs that run on a cluster.
 *
 * @category layers
 */
export const layerAlone: Layer.Layer<Cluster | Runner.Runner | Ownership.Ownership | SharedHealth.SharedHealth> = Layer.orDie(
  Layer.scopedContext(
    make(Effect.map(Engine.makeAlone, (engine) => ({ ...engine, secret: Redacted.make("one process"), differing: () => [] })))
  )
)
