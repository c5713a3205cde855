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
  readonly unfenced: Effect.Effect<string>
  /** The same as a later version may be: its calls and their answers have fields that this version does not know. */
  readonly later: Effect.Effect<string>
  /** The same, but held sends are looked for each second, and not each minute. */
  readonly looking: Effect.Effect<string, never, Scope.Scope>
  /** Where the processes write what they say to people. */
  readonly logs: string
}

// two folders below the root, both here and where the command is bundled to
export const root = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../..")

/** What a process compares when it saves a delivery. */
const unfenced: ReadonlyArray<Program.Change> = [
  ["packages/sql/src/messaging/ledgerDeliveries.ts", " AND version = ${given.version}", ""]
]

const note = "note: Schema.optional(Schema.String)"

/** A note in every call, whichever way it goes. */
const later: ReadonlyArray<Program.Change> = [
  ["packages/cluster/src/calls.ts", /payload: carry\(\{ secret\b/g, `payload: carry({ secret, ${note}`],
  ["packages/cluster/src/calls.ts", /const direct = \{\s+secret,/g, `const direct = { secret, ${note},`],
  ["packages/cluster/src/caller.ts", /const payload = \{\s+secret,/g, "const payload = { secret, note: \"a note\","],
  ["packages/cluster/src/lines.ts", /\.Exchange\(\{ secret,/g, ".Exchange({ secret, note: \"a note\","]
]

const looking: ReadonlyArray<Program.Change> = [
  ["packages/router/src/Router.ts", "options.lookEvery ?? \"1 minute\"", "\"1 second\""]
]

/** `shared` is a folder that every user of the machine can get to. */
export const make = (shared: string, logs = Path.join(shared, "logs")): Effect.Effect<Stage, never, Scope.Scope> =>
  Effect.gen(function*() {
    const gateway = (changes?: ReadonlyArray<Program.Change>) => Program.bundled(Path.join(root, "test/chaos/gateway.ts"), shared, changes)
    const program = yield* gateway()
    Fs.mkdirSync(logs, { recursive: true })
    return {
      unfenced: gateway(unfenced),
      later: gateway(later),
      looking: gateway(looking),
      server: yield* PostgresServer.make(shared),
      program,
      logs
    }
  })
