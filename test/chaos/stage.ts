/** What all runs of one command or test file share: a PostgreSQL server, and the gateway's program as one file. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import * as PostgresServer from "../support/postgresServer.ts"
import * as Program from "../support/program.ts"

export interface Stage {
  readonly server: PostgresServer.Server
  /** The gateway's program. */
  readonly program: string
  /** The same without the fence: whoever saves a delivery does not compare its version, so a process that lost it does not notice. */
  readonly unfenced: Effect.Effect<string, never, Scope.Scope>
  /** Where the processes write what they say to people. */
  readonly logs: string
}

// two folders below the root, both here and where the command is bundled to
export const root = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../..")

/** What a process compares when it saves a delivery. */
const fence = "AND version = ${given.version}"

/** `shared` is a folder that every user of the machine can get to. */
export const make = (shared: string, logs = Path.join(shared, "logs")): Effect.Effect<Stage, never, Scope.Scope> =>
  Effect.gen(function*() {
    const program = yield* Program.bundled(Path.join(root, "test/chaos/gateway.ts"))
    Fs.mkdirSync(logs, { recursive: true })
    const unfenced = Effect.acquireRelease(
      Effect.sync(() => {
        const text = Fs.readFileSync(program, "utf8")
        if (!text.includes(fence)) throw new Error(`the program does not have this any more: ${fence}`)
        const file = program.replace(/\.mjs$/, "-unfenced.mjs")
        Fs.writeFileSync(file, text.replace(fence, ""))
        return file
      }),
      (file) => Effect.sync(() => Fs.rmSync(file, { force: true }))
    )
    return { unfenced, server: yield* PostgresServer.make(shared), program, logs }
  })
