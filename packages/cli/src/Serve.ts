/**
 * Runs the gateway in this process, for `interline serve`. If the environment names no vendor, the gateway starts a sandbox and uses it.
 * So a person without an account can try everything.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Gateway from "@interline/gateway/Gateway"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import * as Listener from "@interline/gateway/Listener"
import * as Sessions from "@interline/gateway/Sessions"
import * as StandardWebhooks from "@interline/gateway/StandardWebhooks"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as DatabaseState from "@interline/sql/DatabaseState"
import * as SandboxDatabase from "@interline/sql/SandboxDatabase"
import type * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Node from "interline/node"
import { randomBytes } from "node:crypto"
import * as Configuration from "./configuration.ts"
import * as Host from "./grammar/host.ts"
import * as Port from "./serve/port.ts"
import * as Subscriptions from "./serve/subscriptions.ts"

/**
 * The gateway cannot start: the address is wrong or taken, or the sandbox failed. `code` is there if what was asked cannot be meant.
 *
 * @category errors
 */
export class ServeError extends Data.TaggedError("ServeError")<{ readonly message: string; readonly code?: 2 }> {}

/**
 * The options of the command line. All other settings come from the environment.
 *
 * @category models
 */
export interface Flags {
  /** The port to listen at. Default: `PORT`. */
  readonly port: Option.Option<number>
  /** The address to listen at. Default: `HOST`. */
  readonly host: Option.Option<string>
  /** The database, as a path or a URL. Default: `DATABASE_URL`, else a file in this folder: one for vendors, and another one for sandboxes. */
  readonly database: Option.Option<string>
  /** Prints the addresses as one JSON line instead of the page for people. */
  readonly json: boolean
  /** Starts a sandbox and uses it, even if the environment names vendors. */
  readonly embedded: boolean
  /** Removes what earlier runs of a sandbox left in the database (default: false). */
  readonly fresh?: boolean
}

// if one of these variables is set, the gateway uses real vendors
const vendorVariables = [
  "INTERLINE_CARRIER",
  "INTERLINE_PREFER",
  "INTERLINE_POLICY",
  "INTERLINE_CARRIERS",
  "LINQ_API_V3_API_KEY",
  "LINQ_API_KEY",
  "LINQ_API_TOKEN",
  "SENDBLUE_API_API_KEY",
  "SENDBLUE_API_KEY"
]

/**
 * Whether the environment names a vendor. Else a gateway starts a sandbox.
 *
 * @category getters
 */
export const meansVendors: Effect.Effect<boolean> = Effect.exists(vendorVariables, Configuration.isSet)

const listening = (options: Listener.Options): Effect.Effect<HttpServer.HttpServer, ServeError, Scope.Scope> =>
  Effect.mapError(
    Listener.make(options),
    ({ cause }) => new ServeError({ message: Port.toSentence(cause) })
  )

/** The URL of a server on this machine. An address for all interfaces becomes 127.0.0.1. */
const originOf = ({ address }: HttpServer.HttpServer): string => {
  if (address._tag === "UnixAddress") return address.path
  const everywhere = address.hostname === "0.0.0.0" || address.hostname === "::"
  const name = everywhere ? "127.0.0.1" : address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname
  return `http://${name}:${address.port}`
}

const randomText = (bytes: number): Effect.Effect<string> => Effect.sync(() => randomBytes(bytes).toString("base64url"))

/**
 * A gateway that runs.
 *
 * @category models
 */
export interface Running {
  /** Its URL, without a slash at the end. */
  readonly origin: string
  /** The API key, if this process made it. None if the environment has keys: those are not printed. */
  readonly apiKey: Option.Option<string>
  /** The address of the console. If this process made the API key, it holds a link to sign in with, once, within 10 minutes. */
  readonly consoleUrl: string
  /** The sandbox behind it, if this process started one. */
  readonly sandbox: Option.Option<Sandbox.SandboxService>
  /** The database of that sandbox, and what it had before. */
  readonly database: Option.Option<DatabaseState.State>
}

const curl = (url: string, headers: ReadonlyArray<string>, body?: unknown): string =>
  `curl -s ${url}${headers.map((header) => ` -H '${header}'`).join("")}${
    body === undefined ? "" : ` -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  }`

/**
 * Three commands for a shell, each with a title. They work as they are printed.
 *
 * @category combinators
 */
export const lines = (origin: string, apiKey: string): ReadonlyArray<readonly [title: string, line: string]> => {
  const bearer = `authorization: Bearer ${apiKey}`
  return [
    [
      "send a message",
      curl(`${origin}/v1/send`, [bearer], { to: { line: "support", handle: "+12025550123" }, text: "Your table is ready" })
    ],
    ["what became of it", curl(`'${origin}/v1/deliveries?limit=1'`, [bearer])],
    [
      "send one by Sendblue's own wire",
      curl(`${origin}/sendblue/api/send-message`, ["sb-api-key-id: demo", `sb-api-secret-key: ${apiKey}`], {
        number: "+12025550123",
        from_number: Configuration.numbers.sendblue,
        content: "Table for two, as always?",
        send_style: "celebration"
      })
    ]
  ]
}

const countOf = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

/** Where a sandbox keeps its data, and what earlier runs left there: opt-outs still count. */
const toDatabase = ({ name, sandbox }: DatabaseState.State): string =>
  Option.match(Option.filter(sandbox, ({ messages, optOuts }) => messages + optOuts > 0), {
    onNone: () => `its database is ${name}, which has nothing of earlier runs`,
    onSome: ({ messages, optOuts }) =>
      `its database is ${name}, with ${countOf(messages, "message")} and ${countOf(optOuts, "opt-out")} of earlier runs; ` +
      "to begin anew: interline serve --fresh"
  })

const page = ({ apiKey, consoleUrl, database, origin, sandbox }: Running): string =>
  [
    `Interline listens at ${origin}`,
    ...Option.match(sandbox, {
      onNone: () => ["over the vendors that the environment names"],
      onSome: ({ control }) => [`over a sandbox of both vendors, whose phones are at ${control}/phones/%2B12025550123`]
    }),
    ...Option.toArray(Option.map(database, toDatabase)),
    "",
    ...Option.match(apiKey, {
      onNone: () => [`The console: ${consoleUrl}`, "API keys: those of INTERLINE_API_KEYS; sign in to the console with one of them"],
      onSome: (key) => [
        `The console: ${consoleUrl}`,
        "(the address signs in once, within 10 minutes; after that, sign in with the API key)",
        `API key: ${key}`,
        "",
        ...lines(origin, key).flatMap(([title, line]) => [`# ${title}`, line, ""]),
        `The command asks it so: INTERLINE_API_KEYS=demo=${key} interline messages --url ${origin}`
      ]
    }),
    `The API: ${origin}/docs   the official clients: ${origin}/sendblue and ${origin}/linq   events: ${origin}/v1/events`
  ].join("\n")

const asJson = ({ apiKey, consoleUrl, database, origin, sandbox }: Running): string =>
  JSON.stringify({
    url: origin,
    consoleUrl,
    ...Option.match(apiKey, { onNone: () => ({}), onSome: (apiKey) => ({ apiKey }) }),
    ...Option.match(sandbox, { onNone: () => ({}), onSome: ({ control, linq, sendblue }) => ({ sandbox: { linq, sendblue, control } }) }),
    ...Option.match(database, {
      onNone: () => ({}),
      onSome: ({ name, sandbox }) => ({ database: { name, ...Option.getOrElse(sandbox, () => ({ messages: 0, optOuts: 0 })) } })
    })
  })

/** The variables for a gateway over the sandbox. They win over the environment, except `INTERLINE_LINES`. */
const embeddedVariables = (
  sandbox: Pick<Sandbox.SandboxService, "linq" | "sendblue" | "credentials">,
  origin: string,
  made: { readonly callbackSecret: string; readonly linqSecret: string; readonly sendblueSecret: string }
) => ({
  ...Configuration.variables(sandbox),
  INTERLINE_PUBLIC_URL: origin,
  INTERLINE_CALLBACK_SECRET: made.callbackSecret,
  LINQ_WEBHOOK_SECRET: made.linqSecret,
  SENDBLUE_WEBHOOK_SECRET: made.sendblueSecret,
  // a person who tries the gateway has the callback's server on this machine
  INTERLINE_ALLOW_PRIVATE_URLS: "true"
})

/** The environment with more variables, which win over those of the environment. */
const over = (variables: Readonly<Record<string, string>>) => (provider: ConfigProvider.ConfigProvider): ConfigProvider.ConfigProvider =>
  ConfigProvider.orElse(ConfigProvider.fromMap(new Map(Object.entries(variables))), () => provider)

const someText = (name: string, value: Option.Option<string>): Readonly<Record<string, string>> =>
  Option.match(value, { onNone: () => ({}), onSome: (value) => ({ [name]: value }) })

/** Makes an API key for this run. None if the environment has keys. */
const ownKey: Effect.Effect<Option.Option<string>> = Effect.flatMap(
  Configuration.isSet("INTERLINE_API_KEYS"),
  (chosen) => chosen ? Effect.succeedNone : Effect.map(randomText(24), Option.some)
)

/** The variables of a gateway over a sandbox: what the environment has of its own stays. */
const variablesOver = (
  sandbox: Parameters<typeof embeddedVariables>[0],
  origin: string,
  apiKey: Option.Option<string>,
  made: Parameters<typeof embeddedVariables>[2]
) =>
  Effect.gen(function*() {
    const { INTERLINE_LINES, ...needed } = embeddedVariables(sandbox, origin, made)
    return {
      ...needed,
      ...((yield* Configuration.isSet("INTERLINE_LINES")) ? {} : { INTERLINE_LINES }),
      ...((yield* Configuration.choosesCarriers) ? {} : { INTERLINE_PREFER: "linq, sendblue" }),
      ...someText("INTERLINE_API_KEYS", Option.map(apiKey, (key) => `demo=${key}`))
    }
  })

/**
 * The database: `given`, else that of `DATABASE_URL`, else a file in this folder. A sandbox has a file of its own, so that its opt-outs and
 * messages are not taken for those of real people.
 *
 * @category getters
 */
export const databaseOf = (given: Option.Option<string>, isEmbedded: boolean): Effect.Effect<Redacted.Redacted, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    if (Option.isSome(given)) return Redacted.make(given.value)
    if (isEmbedded && !(yield* Configuration.isSet("DATABASE_URL"))) return Redacted.make("file:interline-sandbox.db")
    return (yield* GatewayConfig.databaseSettings).database
  })

const toServeError = ({ message }: { readonly message: string }): ServeError => new ServeError({ message })

const toMistake = ({ message }: { readonly message: string }): ServeError => new ServeError({ message, code: 2 })

/** The database of a sandbox before it is opened. `fresh`: nothing of earlier runs is in it. */
const openSandboxDatabase = (url: Redacted.Redacted, fresh: boolean): Effect.Effect<DatabaseState.State, ServeError> =>
  Effect.mapError(
    Effect.zipRight(fresh ? SandboxDatabase.remove(url) : Effect.void, DatabaseState.inspect(url)),
    ({ message }) => new ServeError({ message: `DATABASE_URL: ${message}` })
  )

const prepared = (flags: Pick<Flags, "database" | "embedded" | "fresh">, origin: string) =>
  Effect.gen(function*() {
    const embedded = flags.embedded || !(yield* meansVendors)
    if (!embedded) {
      if (flags.fresh === true) {
        yield* new ServeError({ message: "--fresh is for a sandbox, and this gateway has vendors; their data is not removed", code: 2 })
      }
      return {
        variables: someText("DATABASE_URL", flags.database),
        running: {
          origin,
          apiKey: Option.none<string>(),
          sandbox: Option.none<Sandbox.SandboxService>(),
          database: Option.none<DatabaseState.State>()
        }
      }
    }
    const url = yield* Effect.mapError(databaseOf(flags.database, embedded), toMistake)
    const state = yield* openSandboxDatabase(url, flags.fresh === true)
    const sandbox = yield* Effect.mapError(Sandbox.make(), toServeError)
    const apiKey = yield* ownKey
    const [callbackSecret, sendblueSecret] = yield* Effect.all([randomText(24), randomText(24)])
    const linqSecret = yield* Effect.mapError(Subscriptions.subscribe(sandbox, origin, sendblueSecret), toServeError)
    const variables = yield* variablesOver(sandbox, origin, apiKey, { callbackSecret, sendblueSecret, linqSecret })
    return {
      variables: { ...variables, DATABASE_URL: Redacted.value(url) },
      running: { origin, apiKey, sandbox: Option.some(sandbox), database: Option.some(state) }
    }
  })

/**
 * What a check of the configuration found. `isEmbedded`: the environment names no vendor, so that `run` starts a sandbox.
 *
 * @category models
 */
export interface Check {
  readonly isEmbedded: boolean
  readonly mistakes: ReadonlyArray<string>
}

// An address of a sandbox that is not started, because nothing is asked there.
const absentSandbox = {
  linq: "http://127.0.0.1:1",
  sendblue: "http://127.0.0.1:1",
  credentials: { linqToken: "none", sendblueKeyId: "none", sendblueSecretKey: "none" }
}

/**
 * Checks the configuration that `run` would read from this environment, without a request.
 *
 * @category constructors
 */
export const check: Effect.Effect<Check, never, HttpClient.HttpClient> = Effect.gen(function*() {
  if (yield* meansVendors) return { isEmbedded: false, mistakes: yield* Gateway.check() }
  const { port } = yield* Effect.orElseSucceed(GatewayConfig.address, () => ({ port: 0 }))
  const [callbackSecret, sendblueSecret] = yield* Effect.all([randomText(24), randomText(24)])
  const linqSecret = Redacted.value(yield* Effect.sync(StandardWebhooks.mint))
  const made = { callbackSecret, sendblueSecret, linqSecret }
  const variables = yield* variablesOver(absentSandbox, `http://127.0.0.1:${port}`, yield* ownKey, made)
  const mistakes = yield* Effect.configProviderWith((provider) => Effect.withConfigProvider(Gateway.check(), over(variables)(provider)))
  return { isEmbedded: true, mistakes }
})

/**
 * Starts a gateway. It drains and stops at the end of the scope.
 *
 * @category constructors
 */
export const start = (flags: Omit<Flags, "json">): Effect.Effect<Running, ServeError | Gateway.GatewayError, Scope.Scope> =>
  Effect.gen(function*() {
    const { host, keepAlive, port } = yield* Effect.mapError(GatewayConfig.address, toMistake)
    const server = yield* listening({
      host: Option.getOrElse(flags.host, () => host),
      port: Option.getOrElse(flags.port, () => port),
      keepAlive
    })
    const { running, variables } = yield* Effect.provide(prepared(flags, originOf(server)), Node.layer())
    const gateway = Layer.build(
      Gateway.layer(Option.match(running.sandbox, { onNone: () => ({}), onSome: ({ control }) => ({ sandbox: control }) })).pipe(
        Layer.provide(Layer.succeed(HttpServer.HttpServer, server)),
        Layer.provide(Node.layer())
      )
    )
    const context = yield* Effect.configProviderWith((provider) => Effect.withConfigProvider(gateway, over(variables)(provider)))
    // The keys of an environment are not printed, and neither is what stands for one of them.
    const link = Option.isNone(running.apiKey) ? Option.none() : Option.some(yield* Context.get(context, Sessions.Sessions).makeLink)
    const fragment = Option.match(link, { onNone: () => "", onSome: (token) => `#link=${Redacted.value(token)}` })
    return { ...running, consoleUrl: `${running.origin}/console/${fragment}` }
  })

/**
 * Runs the gateway until it is interrupted. First it prints its address to standard output.
 *
 * @category constructors
 */
export const run = (flags: Flags): Effect.Effect<never, ServeError | Gateway.GatewayError> =>
  Effect.scoped(
    Effect.zipRight(
      Effect.flatMap(Effect.all([start(flags), Host.Host]), ([running, { asCalled }]) =>
        Console.log(flags.json ? asJson(running) : asCalled(page(running)))),
      Effect.never
    )
  )
