/** The SQLite driver beside other programs that write to the same file. */
import { expect, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SqliteDriver from "../src/database/sqliteDriver.ts"

const statements = [
  "INSERT INTO t (k, n) VALUES (?, 2) ON CONFLICT (k) DO UPDATE SET n = n + 1 RETURNING n",
  "UPDATE t SET n = n + 1 WHERE k = ? RETURNING n",
  "DELETE FROM t WHERE k = ?",
  "SELECT * FROM t WHERE k > ? ORDER BY n LIMIT 150",
  "WITH x AS (SELECT id FROM t WHERE k > ? LIMIT 5) UPDATE t SET n = 0 WHERE id IN (SELECT id FROM x) RETURNING id"
]

/** Another program: it writes as fast as it can for that long. */
const writer = (path: string, millis: number) => `
  const database = new (require(${JSON.stringify(createRequire(import.meta.url).resolve("libsql"))}))(${JSON.stringify(path)})
  database.exec("PRAGMA busy_timeout = 1000")
  const all = ${JSON.stringify(statements)}.map((sql) => database.prepare(sql))
  const end = Date.now() + ${millis}
  for (let turn = 0; Date.now() < end; turn++) {
    const made = all[turn % all.length], args = [String(turn % 500)]
    try { made.reader ? made.all(args) : made.run(args) } catch {}
  }
`

const run = (script: string) =>
  Effect.async<number | null>((resume) => {
    spawn(process.execPath, ["-e", script], { stdio: "ignore" }).on("exit", (code) => resume(Effect.succeed(code)))
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-driver-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

it.scopedLive("a connection that met other programs' writes goes on writing, and reads what is there", () =>
  Effect.gen(function*() {
    const path = join(yield* folder, "a.db")
    const open = Effect.acquireRelease(Effect.sync(() => SqliteDriver.open(path)), ({ close }) => Effect.sync(close))
    const ours = yield* open
    ours.rows("PRAGMA journal_mode = WAL", [])
    ours.rows("PRAGMA busy_timeout = 0", [])
    ours.rows("CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT UNIQUE, n INTEGER)", [])

    let busy = 0
    const ask = (turn: number): Effect.Effect<void> =>
      Effect.matchEffect(Effect.try(() => ours.rows(statements[turn % statements.length] ?? "", [String(turn % 500)])), {
        onFailure: () => {
          busy += 1
          return Effect.sleep("1 millis")
        },
        onSuccess: () => Effect.yieldNow()
      })
    const asking = Effect.iterate(0, { while: () => true, body: (turn) => Effect.as(ask(turn), turn + 1) })
    const others = Effect.all([run(writer(path, 2_500)), run(writer(path, 2_500))], { concurrency: 2 })
    expect(yield* Effect.race(others, asking)).toEqual([0, 0])
    expect(busy).toBeGreaterThan(0)

    // nobody else writes any more
    ours.rows("INSERT INTO t (k, n) VALUES (?, 1)", ["ours"])
    const theirs = yield* open
    theirs.rows("INSERT INTO t (k, n) VALUES (?, 1)", ["theirs"])
    const count = "SELECT count(*) AS many FROM t"
    expect(ours.rows(count, [])).toEqual(theirs.rows(count, []))
    expect(ours.rows("SELECT k FROM t WHERE k IN ('ours', 'theirs') ORDER BY k", [])).toEqual([{ k: "ours" }, { k: "theirs" }])
    expect(ours.rows("PRAGMA busy_timeout", [])).toEqual([{ timeout: 0 }])
  }), 60_000)

it.scoped("a statement that marks each row that it changes gives a mark for each, and none for what a trigger changes", () =>
  Effect.gen(function*() {
    const path = join(yield* folder, "a.db")
    const { rows } = yield* Effect.acquireRelease(Effect.sync(() => SqliteDriver.open(path)), ({ close }) => Effect.sync(close))
    rows("CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT UNIQUE, n INTEGER)", [])
    rows("CREATE TABLE copies (k TEXT)", [])
    rows("CREATE TRIGGER copied AFTER INSERT ON t BEGIN INSERT INTO copies SELECT NEW.k UNION ALL SELECT NEW.k; END", [])
    const insert = "INSERT INTO t (k, n) VALUES (?, 1) ON CONFLICT (k) DO NOTHING\n  RETURNING 1 AS written"
    deepStrictEqual(["a", "b", "a", "a"].map((k) => rows(insert, [k])), [[{ written: 1 }], [{ written: 1 }], [], []])
    deepStrictEqual(rows("UPDATE t SET n = 2 WHERE k = ? RETURNING 1 AS written", ["c"]), [])
    deepStrictEqual(rows("INSERT INTO t (k, n) VALUES (?, 1) ON CONFLICT (k) DO UPDATE SET n = 3 RETURNING 1 AS w", ["a"]), [{ w: 1 }])
    deepStrictEqual(rows("UPDATE t SET n = n + 1 RETURNING 1 AS written", []), [{ written: 1 }, { written: 1 }])
    deepStrictEqual(rows("SELECT k, n FROM t ORDER BY k", []), [{ k: "a", n: 4 }, { k: "b", n: 2 }])
    deepStrictEqual(rows("SELECT count(*) AS copies FROM copies", []), [{ copies: 4 }])
    deepStrictEqual(rows("DELETE FROM t RETURNING 1 AS gone", []), [{ gone: 1 }, { gone: 1 }])
  }))
