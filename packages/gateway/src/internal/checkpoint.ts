/**
 * SQLite's log of writes is moved into the file now and then, and that waits for the disk. Done by the connection that writes, every
 * request of that moment waits too; done by a small process apart, none does. A thread would be smaller, but the driver's
 * native part may end the whole program when its thread ends.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import { createRequire } from "node:module"

// pages of 4 KiB. Moving alone lets the log grow as long as somebody writes; from here on it begins anew, for which a writer waits a moment
const restartFrom = 4_000

// if nobody moves it in time after all, the writing connection does
const backstop = 20_000

const byItself = 1_000

/** Ends with the parent, whatever ends that: the channel between them closes. */
const program = `
const [, driver, url, restartFrom] = process.argv
const database = require(driver).createClient({ url })
const run = (sql) => database.execute(sql)
const move = (mode) => run("PRAGMA wal_checkpoint(" + mode + ")").then(({ rows }) => Number(rows[0].log))
const round = () =>
  move("PASSIVE")
    .then((pages) => pages < Number(restartFrom) ? pages : move("PASSIVE").then(() => move("RESTART")))
    .then(() => { setTimeout(round, 200) })
    .catch(fail)
const fail = () => process.exit(1)
process.on("disconnect", () => process.exit(0))
run("PRAGMA busy_timeout = 5000").then(round).catch(fail)
`

const spawn = (url: string): ChildProcess.ChildProcess => {
  const driver = createRequire(createRequire(import.meta.url).resolve("@effect/sql-libsql")).resolve("@libsql/client")
  const child = ChildProcess.fork(driver, [url, String(restartFrom)], { execArgv: ["--eval", program], stdio: ["ignore", "ignore", "ignore", "ipc"] })
  child.unref()
  child.channel?.unref()
  return child
}

const ended = (child: ChildProcess.ChildProcess): Effect.Effect<void> =>
  Effect.async((resume) => {
    const end = () => resume(Effect.void)
    if (child.exitCode !== null || child.signalCode !== null) return end()
    child.once("exit", end)
    child.once("error", end)
  })

const stop = (child: ChildProcess.ChildProcess): Effect.Effect<void> =>
  Effect.gen(function*() {
    child.ref()
    if (child.connected) child.disconnect()
    yield* Effect.timeoutOption(Effect.interruptible(ended(child)), Duration.seconds(2))
    child.kill("SIGKILL")
  })

/** Moves the log of the file behind `sql` in a process apart, as long as the scope is open. */
export const apart = (url: string): Effect.Effect<void, unknown, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const child = yield* Effect.acquireRelease(Effect.try(() => spawn(url)), stop)
    yield* sql.unsafe(`PRAGMA wal_autocheckpoint = ${backstop}`)
    const alone = Effect.zipRight(
      ended(child),
      Effect.zipRight(
        Effect.ignoreLogged(sql.unsafe(`PRAGMA wal_autocheckpoint = ${byItself}`)),
        Effect.logWarning("the process that moves the database's log has ended; requests may wait for the disk until the next start")
      )
    )
    const watch = yield* Effect.forkScoped(Effect.interruptible(alone))
    // before the process is told to end
    yield* Effect.addFinalizer(() => Fiber.interrupt(watch))
  })
