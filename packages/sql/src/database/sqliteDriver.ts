/**
 * The driver below `@effect/sql-libsql`, with statements that are prepared once: preparing takes longer than most of ours take
 * to run. It works synchronously: nothing else happens in the process meanwhile. So it must not wait for another program.
 */
import * as Either from "effect/Either"
import Database from "libsql"
import { codeOf } from "./Store.ts"

/** A row, by its columns' names. */
export type Row = Readonly<Record<string, unknown>>

export interface Driver {
  /** The rows that a statement answers. */
  readonly rows: (sql: string, args: ReadonlyArray<unknown>) => ReadonlyArray<Row>
  readonly close: () => void
}

/** A statement, and whether it answers rows. That is asked once, because it is a call into the driver. */
interface Prepared {
  readonly made: Database.Statement
  readonly reads: boolean
}

// how many statements are kept, the newest; few have a text that grows with their parameters
const capacity = 256

const setting = /^PRAGMA (\w+) = /

const isBusy = (error: unknown): boolean => codeOf(error)?.startsWith("SQLITE_BUSY") === true

/**
 * Opens a file. A statement that meets another program's write may keep its view of the file. Then the connection reads the old state, and can
 * write no more (`SQLITE_BUSY_SNAPSHOT`). So the next statement gets a new connection, with the same settings.
 */
export const open = (path: string): Driver => {
  let database = new Database(path)
  let isStale = false
  const prepared = new Map<string, Prepared>()
  const settings = new Map<string, string>()

  const renew = (): void => {
    const fresh = new Database(path)
    for (const text of settings.values()) fresh.exec(text)
    prepared.clear()
    database.close()
    database = fresh
    isStale = false
  }

  const statement = (sql: string): Prepared => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    const fresh = { made, reads: made.reader }
    if (prepared.size >= capacity) {
      for (const oldest of prepared.keys()) {
        prepared.delete(oldest)
        break
      }
    }
    prepared.set(sql, fresh)
    return fresh
  }

  const run = (sql: string, args: ReadonlyArray<unknown>): ReadonlyArray<Row> => {
    const { made, reads } = statement(sql)
    // callers read columns by name
    if (reads) return made.all(args) as ReadonlyArray<Row>
    made.run(args)
    return []
  }

  const rows = (sql: string, args: ReadonlyArray<unknown>): ReadonlyArray<Row> => {
    if (isStale) renew()
    const answer = Either.try({ try: () => run(sql, args), catch: (error) => error })
    if (Either.isLeft(answer)) isStale = isBusy(answer.left)
    else {
      const name = setting.exec(sql)?.[1]
      // the file keeps its mode by itself
      if (name !== undefined && name !== "journal_mode") settings.set(name, sql)
    }
    return Either.getOrThrowWith(answer, (error) => error)
  }

  return {
    rows,
    close: () => {
      prepared.clear()
      database.close()
    }
  }
}
