/** The `interline` command as a process of its own. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import * as Url from "node:url"
import { inject } from "vitest"
import { bundled } from "./program.ts"

/** The command, made from the sources. */
export const program = Effect.suspend(() =>
  bundled(Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../../packages/cli/src/main.ts"), inject("folder"))
)

export interface Ended {
  readonly code: number | string | null | undefined
  readonly out: string
  readonly err: string
}

export interface More {
  readonly environment?: Readonly<Record<string, string>>
  /** What comes by the standard input. Default: nothing. */
  readonly input?: string
  readonly cwd?: string
}

/** Its stdin, stdout and stderr are pipes. */
export const run = (program: string, args: ReadonlyArray<string>, { cwd, environment = {}, input = "" }: More = {}) =>
  Effect.async<Ended>((resume) => {
    const child = ChildProcess.execFile(
      process.execPath,
      [program, ...args],
      { env: { PATH: process.env["PATH"] ?? "", ...environment }, cwd },
      (error, out, err) => resume(Effect.succeed({ code: error === null ? 0 : error.code, out, err }))
    )
    child.stdin?.end(input)
  })
