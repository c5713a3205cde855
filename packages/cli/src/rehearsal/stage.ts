/** Sets up a rehearsal: the sandbox with both accounts, a folder, the program, the gateway, and the commands that a person would type. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as ApiClient from "@interline/gateway/ApiClient"
import * as Listener from "@interline/gateway/Listener"
import type { Network } from "@interline/sandbox/Network"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Node from "interline/node"
import { randomBytes } from "node:crypto"
import * as Configuration from "../configuration.ts"
import * as Serve from "../Serve.ts"
import * as Subscriptions from "../serve/subscriptions.ts"
import * as Cast from "./cast.ts"
import * as Judge from "./judge.ts"
import * as Program from "./program.ts"
import * as Vendors from "./vendors.ts"

/** A step did not prove what it has to prove, or could not be made. The message is one sentence. */
export class Unproved extends Data.TaggedError("Unproved")<{ readonly message: string }> {}

export interface Settings {
  readonly from: Configuration.Vendor
  readonly to: Configuration.Vendor
  readonly seed: number
  /** The path of Node, for the program. */
  readonly node: string
}

export interface Stage {
  readonly settings: Settings
  readonly cast: Cast.Cast
  readonly network: Network
  readonly folder: string
  /** Starts the program anew, with other variables. */
  readonly hire: (place: "vendor" | "gateway") => Effect.Effect<void, Unproved>
  /** Gives jobs to the program, and waits for its answers. */
  readonly work: (jobs: ReadonlyArray<Program.Job>) => Effect.Effect<ReadonlyArray<Program.Answer>, Unproved>
  /** Writes a text down as one that the recipients have to get, and gives it its number. */
  readonly intend: (text: string, recipients: ReadonlyArray<string>) => string
  /** A person writes STOP to one of our numbers. From here on the person may get nothing. */
  readonly stop: (person: string, line: string) => Effect.Effect<void, Unproved>
  readonly hasStopped: (person: string) => boolean
  /** The next people whom the program never wrote to. */
  readonly meet: (count: number) => ReadonlyArray<string>
  /** What the official client read at the vendor about some messages, before the move. */
  readonly old: Array<Program.Answer>
  /** The last warnings and errors of the gateway. */
  readonly log: ReadonlyArray<string>
  /** Stops the gateway, if it runs, and starts it with a policy. `vendors`: those whose credentials it has. */
  readonly serve: (policy: object, vendors: ReadonlyArray<Configuration.Vendor>) => Effect.Effect<void, Unproved>
  /** Runs a command with the variables of the gateway, and gives what it prints. */
  readonly type: (command: Effect.Effect<void, { readonly message: string }, FileSystem.FileSystem>) => Effect.Effect<string, Unproved>
  /** A client of the running gateway. */
  readonly api: ApiClient.ApiClient
  /** The address of the gateway. */
  readonly origin: string
  /** The file of the gateway's database. */
  readonly database: string
  /** Everything for the judge. `readPhones` reads the phones. */
  readonly evidence: (
    readPhones: (network: Network) => Effect.Effect<ReadonlyArray<Judge.Phone>>
  ) => Effect.Effect<Judge.Evidence>
}

/** The words of the policy for a change of the number. */
export const words = "It is us, from our other number."

/** The last two weeks. */
export const days = 14

/** How many lines of the gateway's log are kept. */
const mostLogged = 100

/** Keeps the last warnings and errors. */
const keepLast = (log: Array<string>): Logger.Logger<unknown, void> =>
  Logger.make((options) => {
    if (LogLevel.lessThan(options.logLevel, LogLevel.Warning)) return
    log.push(Logger.logfmtLogger.log(options))
    log.splice(0, log.length - mostLogged)
  })

const toUnproved = ({ message }: { readonly message: string }): Unproved => new Unproved({ message })

/** A line may write to everybody in one hour. Else the gateway, once it has read the vendor's own limit, would leave new people at the other vendor. */
const lineLimits = { perHour: 1_000, perDay: 1_000 } as const

const randomText = Effect.sync(() => randomBytes(24).toString("base64url"))

/**
 * A free port, for a gateway that listens later, and again after each end. Systems give ports to outgoing connections from 32768 on, or higher,
 * so nobody gets this one by chance meanwhile.
 */
const freePort = Random.nextIntBetween(20_000, 32_768).pipe(
  Effect.tap((port) => Effect.scoped(Listener.make({ host: "127.0.0.1", port }))),
  Effect.retry({ times: 20 }),
  Effect.mapError(() => new Unproved({ message: "no port is free on this machine" }))
)

/** Runs an effect, and gives what it prints to standard output. What it prints to standard error is dropped. */
const capture = <E, R>(effect: Effect.Effect<void, E, R>): Effect.Effect<string, E, R> =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    return Console.consoleWith((console) =>
      Effect.withConsole(effect, {
        ...console,
        log: (...all) => Effect.sync(() => void lines.push(all.map(String).join(" "))),
        error: () => Effect.void
      })
    ).pipe(Effect.map(() => lines.join("\n")))
  })

/** Keeps one running thing at a time: the next one begins when the one before has ended. Ends with the scope. */
const makeOne = <A, E, R>(): Effect.Effect<
  (start: Effect.Effect<A, E, R | Scope.Scope>) => Effect.Effect<A, E, R>,
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    let current: Scope.CloseableScope | undefined
    const end = Effect.suspend(() => {
      const scope = current
      current = undefined
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    })
    yield* Effect.addFinalizer(() => end)
    return (start: Effect.Effect<A, E, R | Scope.Scope>) =>
      Effect.gen(function*() {
        yield* end
        const scope = yield* Scope.make()
        current = scope
        return yield* Scope.extend(start, scope)
      })
  })

const without = (variables: Readonly<Record<string, string>>, vendors: ReadonlyArray<Configuration.Vendor>) =>
  Object.fromEntries(
    Object.entries(variables).filter(([name]) =>
      Configuration.vendors.every((vendor) => vendors.includes(vendor) || !name.startsWith(`${vendor.toUpperCase()}_`))
    )
  )

/** Opens the stage. Everything on it ends with the scope, and the folder is removed. */
export const open = (
  settings: Settings
): Effect.Effect<Stage, Unproved, CommandExecutor.CommandExecutor | FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const { from, node, seed } = settings
    const cast = yield* Cast.draw(seed)
    const files = yield* FileSystem.FileSystem
    const context = yield* Effect.context<CommandExecutor.CommandExecutor | FileSystem.FileSystem>()
    const folder = yield* Effect.mapError(
      files.makeTempDirectoryScoped({ prefix: "interline-rehearsal-" }),
      () =>
        new Unproved({ message: "no folder for temporary files can be made; set TMPDIR to a folder that is there and can be written to" })
    )
    const sandbox = yield* Effect.mapError(Sandbox.make({ behind: `${days} days`, seed, lineLimits }), toUnproved)
    const { credentials, network } = sandbox
    const [apiKey, callbackSecret, sendblueSecret] = yield* Effect.all([randomText, randomText, randomText])
    const port = yield* freePort
    const origin = `http://127.0.0.1:${port}`
    // not before the first gateway: until then, nobody would take the calls
    const subscribed = yield* Effect.cached(
      Effect.provide(Subscriptions.subscribe(sandbox, origin, sendblueSecret), Node.layer())
    )
    const database = `${folder}/gateway.db`
    const { keyOf, variables } = Vendors.vendors[from]
    const settled = {
      ...Configuration.variables(sandbox),
      INTERLINE_API_KEYS: `rehearsal=${apiKey}`,
      INTERLINE_PUBLIC_URL: origin,
      INTERLINE_CALLBACK_SECRET: callbackSecret,
      INTERLINE_DRAIN: "2 seconds",
      SENDBLUE_WEBHOOK_SECRET: sendblueSecret,
      DATABASE_URL: database
    }
    const under = (own: Readonly<Record<string, string>>) => Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(own))))
    const api = yield* Effect.provide(
      ApiClient.make({ baseUrl: origin, apiKey: Redacted.make(apiKey) }),
      yield* Layer.build(Node.layer())
    )

    const intended: Array<Judge.Intended> = []
    const stoppedAt = new Map<string, number>()
    const log: Array<string> = []
    let met = 0
    let program: Program.Program | undefined
    const programs = yield* makeOne<Program.Program, Program.ProgramError, CommandExecutor.CommandExecutor>()
    const gateways = yield* makeOne<Serve.Running, { readonly message: string }, never>()
    return {
      settings,
      cast,
      network,
      folder,
      origin,
      database,
      api,
      hire: (place) =>
        Effect.gen(function*() {
          program = yield* programs(Program.start(node, from, {
            RESTAURANT_NUMBER: Configuration.numbers[from],
            RESTAURANT_MEMORY: `${folder}/program.json`,
            // nothing else changes for the program when it moves
            ...(place === "vendor"
              ? variables(sandbox[from], keyOf(credentials))
              : variables(`${origin}/${from}`, { id: "rehearsal", secret: apiKey }))
          }))
        }).pipe(Effect.mapError(toUnproved), Effect.provide(context)),
      work: (jobs) =>
        program === undefined
          ? Effect.fail(new Unproved({ message: "the program was not started" }))
          : Effect.mapError(program.work(jobs), toUnproved),
      intend: (text, recipients) => {
        const number = intended.length + 1
        intended.push({ number, recipients })
        return Judge.numbered(text, number)
      },
      stop: (person, line) =>
        Effect.gen(function*() {
          yield* Effect.mapError(network.say({ from: person, to: line, text: "STOP" }), toUnproved)
          stoppedAt.set(person, (yield* network.phone(person)).messages.length)
        }),
      old: [],
      log,
      meet: (count) => {
        met += count
        return cast.newcomers.slice(met - count, met)
      },
      hasStopped: (person) => stoppedAt.has(person),
      serve: (policy, vendors) =>
        Effect.flatMap(subscribed, (linqSecret) =>
          gateways(
            Serve.start({ port: Option.some(port), host: Option.none(), database: Option.none(), embedded: false }).pipe(
              under({
                ...without({ ...settled, LINQ_WEBHOOK_SECRET: linqSecret }, vendors),
                INTERLINE_POLICY: JSON.stringify(policy)
              })
            )
          )).pipe(Effect.asVoid, Effect.mapError(toUnproved), Effect.locally(FiberRef.currentLoggers, HashSet.make(keepLast(log)))),
      type: (command) => capture(command).pipe(under(settled), Effect.mapError(toUnproved), Effect.provide(context)),
      evidence: (readPhones) => Effect.map(readPhones(network), (phones) => ({ intended, phones, words, stoppedAt }))
    }
  })
