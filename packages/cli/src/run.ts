/** Runs one command as a process, and ends with its exit code. */
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Runtime from "@effect/platform/Runtime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { stripVTControlCharacters } from "node:util"
import * as Execute from "./execute.ts"
import * as Failure from "./grammar/failure.ts"
import * as Flags from "./grammar/flags.ts"
import * as Host from "./grammar/host.ts"
import * as Verbs from "./grammar/verbs.ts"

/** Prints one sentence for an expected failure, and the whole cause for an unexpected one. */
const report = <E extends { readonly message: string } | ValidationError.ValidationError>(cause: Cause.Cause<E>): Effect.Effect<void> =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(`interline: ${Cause.pretty(cause)}`),
    // the library has already printed its own errors
    onSome: (error) => ValidationError.isValidationError(error) ? Effect.void : Console.error(`interline: ${error.message}`)
  })

/** Removes colors from a line, because the library always writes them. Keeps them for a terminal that shows colors without NO_COLOR. */
const plainly = (stream: NodeJS.WriteStream) => (line: unknown): unknown =>
  typeof line === "string" && !(stream.isTTY && stream.hasColors()) ? stripVTControlCharacters(line) : line

const withPlainText = (asCalled: (text: string) => string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      log: (...lines) => console.log(...lines.map(plainly(process.stdout))),
      error: (...lines) =>
        console.error(...lines.map(plainly(process.stderr)).map((line) => typeof line === "string" ? asCalled(line) : line))
    })
  )

/** The exit code. Else `code`, which is 0 for a success. `mayStop`: a command that is stopped has ended well. */
const codeOf = (exit: Exit.Exit<unknown, unknown>, code: number, mayStop: boolean): number => {
  if (Exit.isSuccess(exit)) return code
  if (Cause.isInterruptedOnly(exit.cause)) return mayStop ? code : 130
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  return ValidationError.isValidationError(error) ? 2 : Failure.codeOf(error)
}

/** What commands may know of this process. */
const facts = (version: string, asCalled: (text: string) => string) => ({
  version,
  asCalled,
  nodeVersion: process.versions.node,
  node: process.execPath,
  script: process.argv.slice(1, 2),
  isInteractive: process.stdin.isTTY && process.stdout.isTTY,
  columns: (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY,
  showLine: process.stderr.isTTY
    ? Option.some((line: string) => Effect.sync(() => void process.stderr.write(`\r${line}\u001b[K`)))
    : Option.none()
})

/** Runs the command line, in which there is no mistake. `asCalled`: as of `Host`. `isUnread`: whether nobody reads the output any more. */
export const run = (
  args: ReadonlyArray<string>,
  { asCalled, version }: Pick<ReturnType<typeof facts>, "asCalled" | "version">,
  isUnread: () => boolean
): void => {
  const verb = Option.map(Flags.findVerb(args), Verbs.verbOf)
  const isEndless = Option.exists(verb, ({ endless }) => endless === true)
  const isList = Option.exists(verb, ({ flags }) => Object.hasOwn(flags, "jsonl"))
  // a server under nohup outlives its terminal
  if (!isEndless) process.on("SIGHUP", () => void process.emit("SIGTERM", "SIGTERM"))
  Execute.execute(args, version).pipe(
    Effect.tapErrorCause(report),
    withPlainText(asCalled),
    Effect.provideService(Host.Host, facts(version, asCalled)),
    Effect.provide(NodeContext.layer),
    // logs go to stderr, because stdout has the result only; `console.error` would replace placeholders such as %s in a line
    Effect.provide(Logger.replace(Logger.defaultLogger, Logger.map(Logger.logfmtLogger, (line) => void process.stderr.write(`${line}\n`)))),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      disablePrettyLogger: true,
      // exit at once, because a suspended fiber of a simulation could keep the process alive
      teardown: (exit) => Runtime.defaultTeardown(exit, (code) => process.exit(codeOf(exit, code, isEndless || (isList && isUnread()))))
    })
  )
}
