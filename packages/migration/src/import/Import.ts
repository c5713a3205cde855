/**
 * Takes over what a vendor's account knows: who opted out, which number each person knows, the groups, and the ids of the messages. It reads
 * from the vendor and writes to the stores of the gateway. It never writes to a person.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { AccountList } from "@interline/core/AccountLists"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Phone } from "@interline/core/Handle"
import type { CarrierHistory } from "@interline/core/History"
import type { LineName } from "@interline/core/Line"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Suppression } from "@interline/core/Suppression"
import * as ReadOptOuts from "@interline/gateway/ReadOptOuts"
import type { Ledger } from "@interline/router/Ledger"
import type { AdoptedIds } from "@interline/sql/AdoptedIds"
import type { IdMap } from "@interline/sql/IdMap"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ImportReport from "./ImportReport.ts"
import * as ImportTable from "./importTable.ts"
import * as TakeOver from "./takeOver.ts"

/**
 * The import stopped. What was written stays, and the same import goes on from there.
 *
 * @category errors
 */
export class ImportError extends Data.TaggedError("ImportError")<{ readonly message: string }> {}

/**
 * What is imported.
 *
 * @category models
 */
export interface Options {
  /** The vendor's account. Its `reading` decides how long the import waits for a vendor that is busy. */
  readonly history: CarrierHistory
  /** Our numbers at the carrier. Conversations of other numbers are not taken over. */
  readonly lines: ReadonlyMap<Phone, LineName>
  /** Whether the stores are written (default: false, a dry run). */
  readonly apply?: boolean
  /** Runs after each page, with the name of the list that is read. */
  readonly onProgress?: (list: string, tally: ImportReport.Tally) => Effect.Effect<void>
}

/**
 * The stores that an import reads and writes.
 *
 * @category models
 */
export type Stores = SqlClient.SqlClient | Suppression | Ledger | IdMap | AdoptedIds

/** The name of the first list. Every vendor has it, and it comes first, so that nobody who opted out is missed if the import is cut off. */
const optOuts = "opt-outs"

/** The sentence without the operation that it begins with: a list of people who opted out is read under the name of the operation that opts out. */
const whyOf = ({ message, operation }: MessagingError): string => message.slice(message.indexOf(`${operation}: `) + operation.length + 2)

const unreadable = (carrierId: CarrierId, apply: boolean) => (error: MessagingError) =>
  new ImportError({
    message: `${carrierId} could not be read: ${whyOf(error)}${
      apply ? "; what was read is written down, and the same command goes on from there" : ""
    }`
  })

const overtaken = (carrierId: CarrierId) =>
  new ImportError({ message: `another import from ${carrierId} is under way in this database; let it end, or stop it and run this again` })

/**
 * Imports an account, or counts what an import would write.
 *
 * With `apply`, the progress is in the database after each page. So an import that was cut off goes on where it was, in whatever process. An
 * import that has ended may run again: it reads everything again, and writes only what is new. It may run beside a gateway. Two imports from
 * one account at the same time do no harm, but one of them stops.
 *
 * An opt-out is only added, never removed, and not added if the person opted in here after the vendor noted it. A conversation that has a
 * place or a chat here keeps it. A message or group that was shown here keeps its
 * id.
 *
 * @category constructors
 */
export const run = (
  { apply = false, history, lines, onProgress = () => Effect.void }: Options
): Effect.Effect<ImportReport.ImportReport, ImportError, Stores> =>
  Effect.gen(function*() {
    const { carrierId } = history
    const table = yield* ImportTable.make
    const { addAll, takePage } = yield* TakeOver.make({ carrierId, lines, apply })
    if (history.lists === undefined) {
      return yield* new ImportError({ message: `${carrierId} has no lists of its account, so there is nothing to import` })
    }
    const { lists } = history
    const names = [optOuts, ...lists.map(({ name }) => name)]

    const stored = apply ? yield* table.find(carrierId) : undefined
    const resumed = stored !== undefined && !stored.ended && names.includes(stored.list)
    let progress: ImportTable.Progress = resumed
      ? stored
      : { version: stored?.version ?? 0, list: optOuts, place: undefined, tally: ImportReport.empty, ended: false }

    /** Writes down how far the import is. */
    const save = (change: Partial<ImportTable.Progress>, begins = false): Effect.Effect<void, ImportError> =>
      Effect.suspend(() => {
        const next = { ...progress, ...change }
        const written = apply ? table.save(carrierId, next, begins) : Effect.succeed(true)
        return Effect.flatMap(written, (written) => {
          if (!written) return Effect.fail(overtaken(carrierId))
          progress = { ...next, version: next.version + 1 }
          return onProgress(next.list, next.tally)
        })
      })

    /** Goes on with the list after this one. */
    const finish = (list: string, tally: ImportReport.Tally): Effect.Effect<void, ImportError> => {
      const next = names[names.indexOf(list) + 1]
      return save(next === undefined ? { tally, place: undefined, ended: true } : { tally, place: undefined, list: next })
    }

    // This list is short, and what it says may have changed. So it is read from its beginning again if the import was cut off.
    const readOptOuts = Effect.gen(function*() {
      const before = progress.tally
      const withCounts = ({ added, read }: ReadOptOuts.Counts): ImportReport.Tally =>
        ImportReport.add(before, { ...ImportReport.empty, optOuts: { read, new: added } })
      const counts = yield* Effect.mapError(
        ReadOptOuts.addRecords({ addAll }, carrierId, history.optOuts, (counts) => onProgress(optOuts, withCounts(counts))),
        unreadable(carrierId, apply)
      )
      yield* finish(optOuts, withCounts(counts))
    })

    const readList = ({ name, read }: AccountList) =>
      Effect.gen(function*() {
        while (progress.list === name && !progress.ended) {
          const page = yield* Effect.mapError(read(progress.place), unreadable(carrierId, apply))
          const tally = ImportReport.add(progress.tally, yield* takePage(page))
          yield* page.next === undefined ? finish(name, tally) : save({ tally, place: page.next })
        }
      })

    if (!resumed) yield* save({}, true)
    if (progress.list === optOuts) yield* readOptOuts
    yield* Effect.forEach(lists, readList, { discard: true })
    return { from: carrierId, applied: apply, resumed, ...progress.tally }
  })
