/** One line stands for all statements that fail while a database does not work. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlError from "@effect/sql/SqlError"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Defect from "@interline/core/Defect"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import * as Outage from "../src/database/outage.ts"
import * as Store from "../src/database/Store.ts"

const failing = (code?: string) =>
  Effect.fail(
    new SqlError.SqlError({
      message: "Failed to execute statement",
      cause: Object.assign(new Error("Connection terminated"), code === undefined ? {} : { code })
    })
  )

/** Runs statements of one database, and gives what was said. */
const said = (body: (watch: Outage.Outage["watch"]) => Effect.Effect<void>): Effect.Effect<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
  return Effect.as(Effect.provide(body(Outage.make("the database app").watch), Logger.replace(Logger.defaultLogger, logger)), lines)
}

const works = (watch: Outage.Outage["watch"]) => Effect.ignore(watch(Effect.void))
const fails = (watch: Outage.Outage["watch"], code?: string) => Effect.ignore(watch(failing(code)))

describe("a database that does not work", () => {
  it.effect("is said once, then every half minute with a count, and once when it works again", () =>
    Effect.map(
      said((watch) =>
        Effect.gen(function*() {
          yield* works(watch)
          for (let second = 0; second < 70; second++) {
            yield* fails(watch, "ECONNREFUSED")
            yield* TestClock.adjust("1 second")
          }
          yield* works(watch)
          yield* TestClock.adjust("4 seconds")
          yield* works(watch)
          yield* works(watch)
        })
      ),
      (lines) =>
        deepStrictEqual(lines, [
          "ERROR the database app does not work: nothing answers there; start the server, or correct the host and the port in the URL. "
          + "What needs it waits or is refused until it works again; this is said every 30 s at most",
          "ERROR the database app still does not work, after 30 s; 30 more statements failed: nothing answers there; "
          + "start the server, or correct the host and the port in the URL",
          "ERROR the database app still does not work, after 60 s; 30 more statements failed: nothing answers there; "
          + "start the server, or correct the host and the port in the URL",
          "INFO the database app works again. It did not for 69 s, and 70 statements failed"
        ])
    ))

  it.effect("is not said to work again between two failures: a full disk refuses only what writes", () =>
    Effect.map(
      said((watch) =>
        Effect.gen(function*() {
          for (let time = 0; time < 10; time++) {
            yield* fails(watch, "SQLITE_FULL")
            yield* works(watch)
            yield* TestClock.adjust("2 seconds")
          }
        })
      ),
      (lines) => deepStrictEqual(lines.map((line) => line.slice(0, 60)), ["ERROR the database app does not work: the disk is full; make"])
    ))

  it.effect("is another thing than a statement that it refuses", () =>
    Effect.map(
      said((watch) =>
        Effect.forEach(["42P01", "23505", "22P02", "40001", "SQLITE_CONSTRAINT"], (code) => fails(watch, code), { discard: true })
      ),
      (lines) => deepStrictEqual(lines, [])
    ))

  it.effect("is not said again by who meets the failure of a store", () =>
    Effect.gen(function*() {
      const { watch } = Outage.make("the database app")
      const defectOf = (code?: string) =>
        Effect.map(Effect.exit(Effect.withSpan(Store.runStatement("Ledger.claim", watch(failing(code))), "a span")), (exit) =>
          Exit.isFailure(exit) ? exit.cause : Cause.empty)
      const [general, special] = [yield* defectOf(), yield* defectOf("42P01")]
      deepStrictEqual([Defect.isSaid(general), Defect.isSaid(special)], [true, false])
      deepStrictEqual([Defect.isSaid(Cause.squash(general)), Defect.isSaid(Cause.empty), Defect.isSaid("a text")], [true, false, false])
      deepStrictEqual(Defect.isSaid(Cause.parallel(general, special)), false, "something else happened, too")
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) =>
        void lines.push(message)
      )
      yield* Effect.provide(
        Effect.all([
          Store.writeOr("an answer", Effect.failCause(general), undefined),
          Store.writeOr("a row", Effect.failCause(special), undefined)
        ]),
        Logger.replace(Logger.defaultLogger, logger)
      )
      deepStrictEqual(lines, [["a row could not be written down", { defect: "StoreFailure Ledger.claim 42P01" }]])
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))
})

describe("rows that cannot be removed", () => {
  it.scoped("are told with the code of the failure", () => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ message }) => void lines.push(message))
    return Effect.gen(function*() {
      yield* Store.forgetOldRows("ids", [() => failing("42P01")])
      yield* TestClock.adjust("1 minute")
      deepStrictEqual(lines, [["old rows were not removed", { store: "ids", code: "42P01" }]])
    }).pipe(
      Effect.provideService(SqlClient.SqlClient, {} as SqlClient.SqlClient),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
  })
})
