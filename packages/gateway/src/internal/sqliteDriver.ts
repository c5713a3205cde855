/**
 * The driver below `@effect/sql-libsql`, with statements that are prepared once: preparing takes longer than most of ours take
 * to run. It does its work in one go, and nothing else happens in the process meanwhile; so it never waits for anybody.
 */
import Database from "libsql"

/** A row, by its columns' names. */
export type Row = Readonly<Record<string, unknown>>

export interface Driver {
  /** What a statement answers; none if it answers nothing. */
  readonly rows: (sql: string, args: ReadonlyArray<unknown>) => ReadonlyArray<Row>
  readonly close: () => void
}

/** Whether a statement answers rows is asked once: it is a call into the driver. */
interface Prepared {
  readonly made: Database.Statement
  readonly reads: boolean
}

// statements whose text grows with what they are given are few; the newest are kept
const capacity = 256

export const open = (path: string): Driver => {
  const database = new Database(path)
  const prepared = new Map<string, Prepared>()

  const statement = (sql: string): Prepared => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    const fresh = { made, reads: made.reader }
    if (prepared.size >= capacity) for (const oldest of prepared.keys()) {
      prepared.delete(oldest)
      break
    }
    prepared.set(sql, fresh)
    return fresh
  }

  const rows = (sql: string, args: ReadonlyArray<unknown>): ReadonlyArray<Row> => {
    const { made, reads } = statement(sql)
    // our columns are read by name
    if (reads) return made.all(args) as ReadonlyArray<Row>
    made.run(args)
    return []
  }

  return {
    rows,
    close: () => {
      prepared.clear()
      database.close()
    }
  }
}
