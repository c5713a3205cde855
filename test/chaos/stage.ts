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
  /** Where the processes write what they say to people. */
  readonly logs: string
}

// two folders below the root, both here and where the command is bundled to
export const root = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../..")

/** `shared` is a folder that every user of the machine can get to. */
export const make = (shared: string, logs = Path.join(shared, "logs")): Effect.Effect<Stage, never, Scope.Scope> =>
  Effect.gen(function*() {
    const program = yield* Program.bundled(Path.join(root, "test/chaos/gateway.ts"))
    Fs.mkdirSync(logs, { recursive: true })
    return { server: yield* PostgresServer.make(shared), program, logs }
  })
