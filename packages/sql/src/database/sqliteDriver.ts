/**
 * The driver below `@effect/sql-libsql`. It prepares each statement once, because preparing takes longer than running most of our
 * statements. It works synchronously, so nothing else happens in the process meanwhile. Therefore it must not wait for another program.
 */
import { codeOf } from "@interline/router/DatabaseFault"
import * as Either from "effect/Either"
import Database from "libsql"

/** A row, by its columns' names. */
export type Row = Readonly<Record<string, unknown>>

export interface Driver {
  /** The rows that a statement returns. */
  readonly rows: (sql: string, args: ReadonlyArray<unknown>) => ReadonlyArray<Row>
  readonly close: () => void
}

/** A prepared statement. */
interface Prepared {
  readonly made: Database.Statement
  /** Whether it returns rows. This is read once, because it is a call into the driver. */
  readonly reads: boolean
  /** The row that it returns for each row that it changes. Undefined if it returns other rows, or none. */
  readonly mark: Row | undefined
}

// The number of statements that are kept, the newest ones. Few statements have a text that grows with their parameters.
const capacity = 256

/** A setting of a connection, which the next connection gets, too. `application_id` is the file's: to write it again would wait for a writer. */
const setting = /^PRAGMA (?!application_id\b)(\w+) = /

const marking = /\sRETURNING 1 AS (\w+)$/

/**
 * Prepares a statement. A statement that returns only a mark for each row that it changes is prepared without it, because the driver counts the
 * changed rows anyway. Reading the marks would be a second call into the driver, and SQLite would collect them in a table. Measured, that is a third
 * of such a statement's time.
 */
const prepare = (database: Database.Database, sql: string): Prepared => {
  const name = marking.exec(sql)?.[1]
  const made = database.prepare(name === undefined ? sql : sql.replace(marking, ""))
  return { made, reads: made.reader, mark: name === undefined ? undefined : { [name]: 1 } }
}

const isBusy = (error: unknown): boolean => codeOf(error)?.startsWith("SQLITE_BUSY") === true

/**
 * Opens a file. If a statement meets another program's write, its connection may keep an old view of the file. That connection then reads
 * the old state and can write no more (`SQLITE_BUSY_SNAPSHOT`). So the next statement gets a new connection, with the same settings.
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
    const fresh = prepare(database, sql)
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
    const { made, mark, reads } = statement(sql)
    // Callers read columns by their names.
    if (reads) return made.all(args) as ReadonlyArray<Row>
    const { changes } = made.run(args)
    return mark === undefined ? [] : Array<Row>(changes).fill(mark)
  }

  const rows = (sql: string, args: ReadonlyArray<unknown>): ReadonlyArray<Row> => {
    if (isStale) renew()
    const answer = Either.try({ try: () => run(sql, args), catch: (error) => error })
    if (Either.isLeft(answer)) isStale = isBusy(answer.left)
    else {
      const name = setting.exec(sql)?.[1]
      // The file itself keeps its journal mode.
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
