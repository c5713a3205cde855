// Runs before a process: it stops itself when it hears that the database has a delivery of it, and before it does anything with that answer.
// The file that `CHAOS_FREEZE` names says after how many such answers; when it is deleted, the process stands still.
import { existsSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"

const file = process.env.CHAOS_FREEZE
const { Client } = createRequire(createRequire(import.meta.url).resolve("@effect/sql-pg"))("pg")

let heard = 0

const hear = () => {
  if (!existsSync(file)) {
    heard = 0
    return
  }
  heard += 1
  if (heard !== Number(readFileSync(file, "utf8"))) return
  rmSync(file)
  process.kill(process.pid, "SIGSTOP")
}

const query = Client.prototype.query
Client.prototype.query = function(statement, ...rest) {
  const last = rest.at(-1)
  if (typeof last !== "function" || !/(INSERT INTO|UPDATE) interline_deliveries\b/.test(String(statement))) {
    return query.call(this, statement, ...rest)
  }
  return query.call(this, statement, ...rest.slice(0, -1), (...answer) => {
    hear()
    last(...answer)
  })
}
