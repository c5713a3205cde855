/** Runs the command in this process, against a gateway in this process, with what it prints, and with a person at the terminal if one is given. */
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import * as Execute from "../src/execute.ts"
import * as Failure from "../src/grammar/failure.ts"
import * as Flags from "../src/grammar/flags.ts"
import * as Host from "../src/grammar/host.ts"
import * as Serve from "../src/Serve.ts"

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What the terminal showed beside that, if a person is there. */
  readonly screen: string
}

type Variables = Readonly<Record<string, string>>

/** A key that a person presses: its name, or the character. */
const toInput = (key: string): Terminal.UserInput => ({
  input: key.length === 1 ? Option.some(key) : Option.none(),
  key: { name: key.toLowerCase(), ctrl: false, meta: false, shift: false }
})

/** A terminal at which a person presses these keys, one after another. Without a key left, the person goes away. */
const makeTerminal = (keys: ReadonlyArray<string>, show: (text: string) => void): Effect.Effect<Terminal.Terminal> =>
  Effect.gen(function*() {
    // all prompts take from one, as from a real keyboard
    const pressed = yield* Mailbox.make<Terminal.UserInput>()
    yield* pressed.offerAll(keys.map(toInput))
    yield* pressed.end
    return Terminal.Terminal.of({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      isTTY: Effect.succeed(true),
      display: (text) => Effect.sync(() => show(text)),
      readLine: Effect.fail(new Terminal.QuitException()),
      readInput: Effect.succeed(pressed)
    })
  })

// the library prints its own errors
const toSentence = (error: { readonly message: string } | ValidationError.ValidationError): string =>
  ValidationError.isValidationError(error) ? "" : `interline: ${error.message}\n`

/**
 * Runs a command line under these variables. `keys`: what a person at a terminal presses; without them nobody is there. `columns`: of the
 * terminal that shows what is printed; without them there is none. `onRead`: gets the name of each variable that is read.
 */
export const run = (
  args: ReadonlyArray<string>,
  { columns = Number.POSITIVE_INFINITY, keys, onRead = () => undefined, variables = {} }: {
    readonly variables?: Variables
    readonly keys?: ReadonlyArray<string>
    readonly columns?: number
    readonly onRead?: (name: string) => void
  } = {}
): Effect.Effect<Ended> =>
  Effect.gen(function*() {
    const mistake = Flags.mistake(args)
    if (Option.isSome(mistake)) return { code: 2, out: "", err: `interline: ${mistake.value}\n`, screen: "" }
    const printed = { out: "", err: "", screen: "" }
    const original = yield* Console.consoleWith(Effect.succeed)
    const line = (kind: "out" | "err") => (...lines: ReadonlyArray<unknown>) =>
      Effect.sync(() => {
        printed[kind] += lines.map((line) => `${stripVTControlCharacters(String(line))}\n`).join("")
      })
    const terminal = yield* makeTerminal(keys ?? [], (text) => {
      printed.screen += stripVTControlCharacters(text)
    })
    const exit = yield* Execute.execute(args, "1.2.3").pipe(
      Effect.withConsole({ ...original, log: line("out"), error: line("err") }),
      Effect.provideService(Host.Host, {
        node: process.execPath,
        script: [],
        asCalled: (text) => text,
        version: "1.2.3",
        nodeVersion: process.versions.node,
        isInteractive: keys !== undefined,
        columns,
        showLine: Option.none()
      }),
      Effect.provide(Layer.merge(NodeContext.layer, Layer.succeed(Terminal.Terminal, terminal))),
      Effect.withConfigProvider(ConfigProvider.mapInputPath(ConfigProvider.fromMap(new Map(Object.entries(variables))), (name) => {
        onRead(name)
        return name
      })),
      Effect.provide(Logger.minimumLogLevel(LogLevel.None)),
      Effect.exit
    )
    const error = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
    if (Exit.isFailure(exit) && Option.isNone(error)) return yield* Effect.die(Cause.squash(exit.cause))
    return {
      ...printed,
      err: `${printed.err}${Option.match(error, { onNone: () => "", onSome: toSentence })}`,
      code: Option.match(error, { onNone: () => 0, onSome: Failure.codeOf })
    }
  })

/** The address of a server that answers as a test says. It stops at the end of the scope. */
export const listen = (answer: Http.RequestListener): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer(answer)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => void server.close().closeAllConnections())
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  )

/** A folder of its own. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export const apiKey = "a-key-for-the-tests"

/** A gateway with a database of its own. `embedded`: over a sandbox in this process, whatever the variables say. */
export const serve = (variables: Variables, embedded: boolean) =>
  Effect.gen(function*() {
    const path = join(yield* folder, "gateway.db")
    const environment = {
      INTERLINE_API_KEYS: `tests=${apiKey}`,
      INTERLINE_DRAIN: "0 seconds",
      INTERLINE_CATCH_UP: "off",
      ...variables
    }
    return yield* Serve.start({ embedded, port: Option.some(0), host: Option.none(), database: Option.some(path) }).pipe(
      Effect.provide(Logger.minimumLogLevel(LogLevel.None)),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
    )
  })

/** A gateway over a sandbox, and the command against it. */
export const gateway = (variables: Variables = {}) =>
  Effect.gen(function*() {
    const { origin, sandbox } = yield* serve(variables, true)
    const interline = (args: ReadonlyArray<string>, keys?: ReadonlyArray<string>) =>
      run([...args, "--url", origin], { variables: { INTERLINE_API_KEYS: `tests=${apiKey}` }, ...(keys === undefined ? {} : { keys }) })
    return { url: origin, sandbox: Option.getOrThrow(sandbox), interline }
  })
