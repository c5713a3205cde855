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
  /** The same as a later version may be: its calls and their answers have fields that this version does not know. */
  readonly later: Effect.Effect<string, never, Scope.Scope>
  /** Where the processes write what they say to people. */
  readonly logs: string
}

// two folders below the root, both here and where the command is bundled to
export const root = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../..")

type Change = readonly [from: string | RegExp, to: string]

/** What a process compares when it saves a delivery. */
const unfenced: ReadonlyArray<Change> = [["AND version = ${given.version}", ""]]

/** A note in every call. `schema` is the name of the module of schemas there. */
const later = (schema: string): ReadonlyArray<Change> => {
  const note = `note: ${schema}.optional(${schema}.String)`
  return [
    [/carry\(\{ (secret[^,]*), deliveryId: DeliveryId, within:/, `carry({ $1, ${note}, deliveryId: DeliveryId, within:`],
    [/carry\(\{ (secret[^,]*), deliveryId: DeliveryId, fact:/, `carry({ $1, ${note}, deliveryId: DeliveryId, fact:`],
    [/carry\(\{ (secret[^,]*), request:/, `carry({ $1, ${note}, request:`],
    // what goes past the engine, and what both ways carry
    [/(var direct\w* = \{\s+secret[^,]*,)/, `$1 ${note},`],
    [/(const payload = \{\s+secret: \w+,)(\s+deliveryId: \w+,\s+within)/, "$1 note: \"a note\",$2"],
    [/(const payload = \{\s+secret: \w+,)(\s+deliveryId: \w+, fact)/, "$1 note: \"a note\",$2"],
    [/(\.Exchange\(\{ secret: \w+,)/, "$1 note: \"a note\","]
  ]
}

/** `shared` is a folder that every user of the machine can get to. */
export const make = (shared: string, logs = Path.join(shared, "logs")): Effect.Effect<Stage, never, Scope.Scope> =>
  Effect.gen(function*() {
    const program = yield* Program.bundled(Path.join(root, "test/chaos/gateway.ts"))
    Fs.mkdirSync(logs, { recursive: true })
    const changed = (name: string, changesOf: (text: string) => ReadonlyArray<Change>) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const source = Fs.readFileSync(program, "utf8")
          const text = changesOf(source).reduce((before, [from, to]) => {
            const after = before.replace(from, to)
            if (after === before) throw new Error(`the program does not have this any more: ${from}`)
            return after
          }, source)
          const file = program.replace(/\.mjs$/, `-${name}.mjs`)
          Fs.writeFileSync(file, text)
          return file
        }),
        (file) => Effect.sync(() => Fs.rmSync(file, { force: true }))
      )
    return {
      unfenced: changed("unfenced", () => unfenced),
      later: changed("later", (text) => later(/(\w+)\.Number, follows:/.exec(text)?.[1] ?? "Schema")),
      server: yield* PostgresServer.make(shared),
      program,
      logs
    }
  })
