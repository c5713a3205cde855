/** Tests that run over every database, each with a new one. */
import { describe, layer, type Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { make } from "../support/postgres.ts"

/** The server that the tests of one file share. */
export class Postgres extends Effect.Service<Postgres>()("test/Postgres", { scoped: make }) {}

/** The URL of a new, empty database. */
export type Fresh = Effect.Effect<string, never, Postgres | Scope.Scope>

/** The URL of a file that is not there yet. */
export const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-sql-"))),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => `file:${Path.join(folder, "interline.db")}`
)

const databases = {
  SQLite: file,
  PostgreSQL: Effect.flatMap(Postgres, ({ database }) => database)
} as const satisfies Record<string, Fresh>

/** Describes something once per kind of database. Time is real. */
export const overBoth = (what: string, tests: (it: Vitest.MethodsNonLive<Postgres, true>, fresh: Fresh) => void): void =>
  layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })(what, (it) => {
    for (const [name, fresh] of Object.entries(databases)) describe(`over ${name}`, () => tests(it, fresh))
  })
