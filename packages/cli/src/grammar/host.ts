/** What a command may know of the process in which it runs. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"

interface Facts {
  /** The program that runs this one, and the file that it runs. */
  readonly node: string
  readonly script: ReadonlyArray<string>
  /** Writes the commands in one of our own texts as they are called where this process runs. */
  readonly asCalled: (text: string) => string
  /** The version of the command, and of Node. */
  readonly version: string
  readonly nodeVersion: string
  /** Whether a person reads what is printed, and can answer. */
  readonly isInteractive: boolean
  /** How many characters a line of the terminal holds. Infinite if no terminal shows what is printed. */
  readonly columns: number
  /** Replaces the last line of the terminal. None if no terminal shows it. */
  readonly showLine: Option.Option<(line: string) => Effect.Effect<void>>
}

/** Without a process: nobody can be asked. */
const nothing: Facts = {
  node: "node",
  script: [],
  asCalled: (text) => text,
  version: "",
  nodeVersion: "",
  isInteractive: false,
  columns: Number.POSITIVE_INFINITY,
  showLine: Option.none()
}

export class Host extends Context.Reference<Host>()("@interline/cli/Host", { defaultValue: () => nothing }) {}
