/** Imports a vendor's account into the gateway's database, for `interline migrate import`. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as Import from "@interline/migration/Import"
import * as ImportReport from "@interline/migration/ImportReport"
import * as AdoptedIds from "@interline/sql/AdoptedIds"
import * as IdMap from "@interline/sql/IdMap"
import * as SandboxDatabase from "@interline/sql/SandboxDatabase"
import * as Stores from "@interline/sql/Stores"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Accounts from "./migrate/accounts.ts"
import * as ImportDatabase from "./migrate/importDatabase.ts"

/**
 * The options of the command line. The carriers and lines come from the environment, as for the gateway.
 *
 * @category models
 */
export interface Flags {
  /** The carrier whose account is read. */
  readonly from: Option.Option<string>
  /** Writes. Without it, nothing is written. */
  readonly apply: boolean
  /** The database, as a path or a URL. Default: `DATABASE_URL`. */
  readonly database: Option.Option<string>
  /** Prints the report as one JSON line. */
  readonly json: boolean
}

/**
 * The command line names no carrier that can be read.
 *
 * @category errors
 */
export class FlagError extends Data.TaggedError("FlagError")<{ readonly message: string }> {}

/**
 * The configuration or the database cannot be used.
 *
 * @category errors
 */
export class SetupError extends Data.TaggedError("SetupError")<{ readonly message: string }> {}

const toSetupError = ({ message }: { readonly message: string }): SetupError => new SetupError({ message })

/** In milliseconds: how often the progress is shown. */
const often = 1_000

const makeProgress = Effect.sync(() => {
  let shownAt = 0
  return (list: string, tally: ImportReport.Tally): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - shownAt < often) return Effect.void
      shownAt = now
      return Console.error(ImportReport.renderProgress(list, tally))
    })
})

/** What is read, and our numbers there. */
const findAccount = (from: Option.Option<string>) =>
  Effect.gen(function*() {
    const [histories, lines] = yield* Effect.mapError(Accounts.open, toSetupError)
    const history = yield* Effect.mapError(Accounts.find(histories, "from", from), (message) => new FlagError({ message }))
    const numbers = new Map<Phone, LineName>()
    for (const [line, at] of lines) {
      const number = at.get(history.carrierId)
      if (number !== undefined) numbers.set(number, line)
    }
    return { history, lines: numbers }
  })

const inUse = " is in use: "

const whileInUse = ". If a gateway uses it, stop the gateway, import, and start it again; with PostgreSQL both may run at the same time"

/** The stores of the gateway, in its database. */
const openStores = ({ sqlite, url }: ImportDatabase.ImportDatabase) => {
  const stores = Layer.mapError(
    Layer.tap(Stores.layer(url, sqlite), (context) => Effect.provide(SandboxDatabase.claim(false), context)),
    ({ message }) => toSetupError({ message: `DATABASE_URL: ${message}${message.includes(inUse) ? whileInUse : ""}` })
  )
  return Layer.mergeAll(IdMap.layer, AdoptedIds.layer).pipe(Layer.provideMerge(stores))
}

/**
 * Runs the import. Prints the report to standard output, and the progress to standard error. Without `apply` it opens the database, brings
 * its tables up to date, and writes nothing else. Both outputs name the database. If none is named, and the one that a gateway would use is
 * not there, it is refused.
 *
 * @category constructors
 */
export const run = (
  { apply, database, from, json }: Flags
): Effect.Effect<void, FlagError | SetupError | Import.ImportError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const { history, lines } = yield* findAccount(from)
    const place = yield* Effect.mapError(ImportDatabase.find(database), toSetupError)
    yield* Console.error(`the database is ${place.name}`)
    const onProgress = yield* makeProgress
    const report = yield* Effect.provide(Import.run({ history, lines, apply, onProgress }), openStores(place))
    yield* Console.log(
      json ? JSON.stringify({ ...report, database: place.name }) : `${ImportReport.render(report)}\n\nDatabase: ${place.name}`
    )
  }).pipe(Effect.provide(Accounts.layer), Effect.scoped)
