/** Several gateways as processes on one database, over a sandbox whose phones are the judges. */
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Path from "node:path"
import * as Database from "./database.ts"
import * as Ports from "./ports.ts"
import * as Process from "./process.ts"
import * as Relay from "./relay.ts"
import * as Stage from "./stage.ts"
import * as Vendors from "./vendors.ts"
import * as Webhooks from "./webhooks.ts"

export const apiKey = "a-key-for-the-chaos"

const numbers = { linq: "+12025550101", sendblue: "+12025550201" } as const

export interface Setup {
  /** The program of a process, if it is another one than the stage's. */
  readonly program?: (process: number) => string | undefined
  /** How many processes. */
  readonly processes: number
  /** Beside what all processes have. */
  readonly policy?: Readonly<Record<string, unknown>>
  readonly variables?: Readonly<Record<string, string>>
  /** The file of `preload` that a process runs before its program. */
  readonly preload?: (process: number) => string | undefined
  /** How long a send takes at a vendor, in milliseconds. */
  readonly latency?: number
  /** Whether vendors report what became of messages, as they do; not needed where no answer is lost. */
  readonly reports?: boolean
  /** How many of the processes are started; all if not given. */
  readonly started?: number
  /** A database that is not the server's. */
  readonly file?: string
  /** Whether a process that is started again has another address for the other processes. */
  readonly moves?: boolean
}

export interface World {
  readonly sandbox: Sandbox.SandboxService
  readonly vendors: Vendors.Vendors
  readonly database: Database.Database
  /** The way of each process to the database. */
  readonly ways: ReadonlyArray<Relay.Relay>
  readonly processes: ReadonlyArray<Process.Process>
  readonly process: (number: number) => Process.Process
}

let worlds = 0

/** A policy over both vendors: half of the conversations begin at one, half at the other. */
const usual = {
  prefer: ["linq", "sendblue"],
  rules: [{ match: { share: 0.5 }, prefer: ["sendblue", "linq"] }],
  // a process that dies or freezes must not make a line look ill
  breaker: { failures: 1000 }
}

export const make = (stage: Stage.Stage, setup: Setup): Effect.Effect<World, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "real" })
    const vendors = yield* Vendors.make(sandbox, { latency: setup.latency ?? 40, processes: setup.processes })
    const url = yield* stage.server.database
    const database = Database.make(stage.server, url)
    const world = `${process.pid}-${++worlds}`
    const direct = new URL(url)
    const ways = yield* Effect.replicateEffect(Relay.make(Number(direct.port)), setup.processes)
    const databaseOf = (number: number, use: Database.Use) => {
      const own = new URL(url)
      own.port = String(ways[number]?.port)
      own.searchParams.set("application_name", Database.nameOf(number, use))
      return own.href
    }
    const processes: Array<Process.Process> = []
    const urls = () => processes.filter(({ pid }) => pid() > 0).map(({ url }) => url)
    const secret = setup.reports === false ? undefined : yield* Webhooks.make(sandbox, urls)
    const variables = (number: number) => {
      const { linq, sendblue } = vendors.addresses(number)
      return {
        HOST: "127.0.0.1",
        DATABASE_URL: setup.file ?? databaseOf(number, "gateway"),
        ...(setup.file === undefined ? { INTERLINE_RUNNER_DATABASE_URL: databaseOf(number, "runner") } : {}),
        INTERLINE_POLICY: JSON.stringify({ ...usual, ...setup.policy }),
        INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
        INTERLINE_API_KEYS: `chaos=${apiKey}`,
        INTERLINE_RUNNER_HOST: "127.0.0.1",
        INTERLINE_OPEN_METRICS: "true",
        LINQ_API_KEY: sandbox.credentials.linqToken,
        LINQ_BASE_URL: linq,
        SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
        SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
        SENDBLUE_BASE_URL: sendblue,
        ...(secret === undefined ? {} : { LINQ_WEBHOOK_SECRET: secret }),
        ...setup.variables
      }
    }
    for (let number = 0; number < setup.processes; number++) {
      const [port, runnerPort] = yield* Effect.all([Ports.next, Ports.next])
      const preload = setup.preload?.(number)
      const made = yield* Process.make({
        number,
        file: setup.program?.(number) ?? stage.program,
        port,
        ...(preload === undefined ? {} : { preload: Path.join(Stage.root, "test/chaos/preload", preload) }),
        log: Path.join(stage.logs, `${world}-${number}.log`),
        environment: Effect.map(setup.moves === true ? Ports.next : Effect.succeed(runnerPort), (runner) => ({
          ...variables(number),
          INTERLINE_RUNNER_PORT: String(runner)
        }))
      })
      processes.push(made)
    }
    yield* Effect.forEach(processes.slice(0, setup.started), ({ start }) => start, { concurrency: "unbounded", discard: true })
    return {
      sandbox,
      vendors,
      database,
      ways,
      processes,
      process: (number) => {
        const found = processes[number]
        if (found === undefined) {
          throw new Error(`there is no process ${number}`)
        }
        return found
      }
    }
  })

/** Waits until a process says that it is ready. */
export const ready = ({ url }: Process.Process): Effect.Effect<void> =>
  Effect.promise(() => fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(({ ok }) => ok, () => false)).pipe(
    Effect.flatMap((isReady) => isReady ? Effect.void : Effect.fail("not ready")),
    Effect.retry({ times: 600, while: () => Effect.as(Effect.sleep("100 millis"), true) }),
    Effect.orDie
  )

/** How many shards a process has, and how often it took one; nothing of a process that does not answer. */
const placement = ({ url }: Process.Process): Effect.Effect<readonly [shards: number, taken: number] | undefined> =>
  Effect.promise(() =>
    fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      async (answer) => {
        const { cluster } = await answer.json() as { readonly cluster?: { readonly shards: number; readonly taken: number } }
        // alone on a file
        return cluster === undefined ? [shards, 0] as const : [cluster.shards, cluster.taken] as const
      },
      () => undefined
    )
  )

/** How many shards a process has, if it answers. */
export const shardsOf = (process: Process.Process): Effect.Effect<number | undefined> =>
  Effect.map(placement(process), (placed) => placed?.[0])

/** How many shards there are. */
export const shards = 300

/** How long nothing may move before it counts as at rest, in milliseconds. */
const atRest = 1_500

/** Waits until all are ready, until they have shared out all shards, and until nothing moves between them any more. */
export const balanced = (world: World): Effect.Effect<void> =>
  Effect.gen(function*() {
    const running = world.processes.filter(({ pid }) => pid() > 0)
    yield* Effect.forEach(running, ready, { discard: true })
    let before = ""
    let since = performance.now()
    const look = Effect.gen(function*() {
      yield* Effect.sleep("250 millis")
      const all = yield* Effect.forEach(running, placement)
      const now = JSON.stringify(all)
      if (now !== before) since = performance.now()
      before = now
      return all.reduce((sum, one) => sum + (one?.[0] ?? 0), 0) === shards && all.every((one) => (one?.[0] ?? 0) > 0) &&
        performance.now() - since > atRest
    })
    const isStuck = Option.isNone(yield* Effect.timeoutOption(Effect.repeat(look, { until: (isAtRest) => isAtRest }), "1 minute"))
    if (isStuck) {
      const found = yield* Effect.all({
        processes: Effect.forEach(running, (one) => Effect.map(placement(one), (has) => [one.number, has])),
        owners: world.database.rows("SELECT who, count(*) AS shards, max(epoch) AS epoch FROM interline_shards GROUP BY who"),
        runners: world.database.rows("SELECT address, healthy, now() - last_heartbeat AS silent FROM interline_cluster_runners"),
        locks: world.database.rows(
          "SELECT application_name, l.pid, count(*) AS locks, min(objid) AS first FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted GROUP BY 1, 2"
        )
      })
      return yield* Effect.dieMessage(`the processes do not share out their shards: ${JSON.stringify(found)}`)
    }
  })

/** Where other processes reach a process. */
export const addressOf = ({ url }: Process.Process): Effect.Effect<string> =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/readyz`)
    const { cluster } = await answer.json() as { readonly cluster: { readonly address: string } }
    return cluster.address
  })

/** Tells the others that a process which stands still is gone, so that they need not find it out: its locks end, and its address counts as lost. */
export const giveUp = ({ database }: World, { number }: Process.Process, address: string): Effect.Effect<void> =>
  Effect.zipRight(
    database.rows(`UPDATE interline_cluster_runners SET healthy = false WHERE address = '${address}'`),
    database.endSessionsOf(number, "runner")
  )
