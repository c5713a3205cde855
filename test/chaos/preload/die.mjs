// Runs before a process: it kills itself at a statement to the database, before the database gets it, or when the database has answered it.
// The file that `CHAOS_DIE` names says which statement, as two regular expressions, of its text and of its values. The file is deleted at the end.
import { existsSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"

const file = process.env.CHAOS_DIE
const { Client } = createRequire(createRequire(import.meta.url).resolve("@effect/sql-pg"))("pg")

const die = () => {
  rmSync(file, { force: true })
  process.kill(process.pid, "SIGKILL")
}

const query = Client.prototype.query
Client.prototype.query = function(statement, ...rest) {
  const last = rest.at(-1)
  if (typeof last !== "function" || !existsSync(file)) return query.call(this, statement, ...rest)
  const { text, values, when } = JSON.parse(readFileSync(file, "utf8"))
  const isMeant = new RegExp(text).test(String(statement)) && new RegExp(values).test(JSON.stringify(rest[0] ?? []))
  if (!isMeant) return query.call(this, statement, ...rest)
  if (when === "before") return die()
  return query.call(this, statement, ...rest.slice(0, -1), die)
}
