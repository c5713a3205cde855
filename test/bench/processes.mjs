// What a send costs one process and several: CPU of the gateway's processes and of PostgreSQL, and transactions, for each `POST /v1/send`.
// One process on SQLite, one on PostgreSQL, and two on PostgreSQL where the one that is asked is not the owner. The rounds alternate.
// Options: --rounds N (default 5), --sends N of each round (default 2,000), --before FOLDER (another built checkout, measured beside this one).
// Vendor, gateways, database and load are processes of their own. CPU is read from /proc, so this runs on Linux.
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Agent, request } from "undici"
import { cpuOf, fieldsOf, processes, start, startGateway, startPostgres } from "./world.mjs"

const here = dirname(fileURLToPath(import.meta.url))
const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, sends: { type: "string", default: "2000" }, before: { type: "string" } }
})
const rounds = Number(values.rounds)
const sends = Number(values.sends)
const together = 16
const apiKey = "a-key-for-the-bench"

const folder = mkdtempSync(join(realpathSync(tmpdir()), "interline-bench-"))
// the database's server is another user
chmodSync(folder, 0o755)
const server = await startPostgres(folder)
const { newDatabase } = server

const { line: vendorPort } = await start(join(here, "server.mjs"), [], {})

const startOne = (checkout, database) =>
  startGateway(checkout, {
    INTERLINE_CARRIER: "linq",
    INTERLINE_LINES: "support=linq:+12025550101",
    INTERLINE_API_KEYS: `bench=${apiKey}`,
    LINQ_API_KEY: "token",
    LINQ_BASE_URL: `http://127.0.0.1:${vendorPort}`,
    DATABASE_URL: database
  })

/** The CPU of the database's processes, by their numbers. They come and go. */
const databaseCpu = () =>
  new Map(
    readdirSync(processes).flatMap((pid) => {
      try {
        const isOurs = /^\d+$/.test(pid) && (Number(pid) === server.pid() || fieldsOf(pid)[3] === String(server.pid()))
        return isOurs ? [[pid, cpuOf(pid)]] : []
      } catch {
        return []
      }
    })
  )
const spentSince = (before, after) => Array.from(after, ([pid, cpu]) => cpu - (before.get(pid) ?? 0)).reduce((sum, one) => sum + one, 0)

const people = Array.from({ length: 600 }, (_, index) => `+1202555${String(1000 + index)}`)
const shardOf = (number) => Shard.of(Conversation.key(Conversation.direct(Line.name("support"), Handle.make(number))))

const agent = new Agent({ connections: together })
const send = async (url, handle, key) => {
  const { body, statusCode } = await request(`${url}/v1/send`, {
    dispatcher: agent,
    method: "POST",
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key })
    },
    body: JSON.stringify({ to: { line: "support", handle }, text: "Hello, world!" })
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
}

let keys = 0
const sendMany = async ({ isKeyed, people, url }, count) => {
  let left = count
  await Promise.all(Array.from({ length: together }, async () => {
    while (left-- > 0) await send(url, people[left % people.length], isKeyed ? `key-${++keys}` : undefined)
  }))
}

const query = (database, text) =>
  PgClient.make({ url: Redacted.make(database) }).pipe(
    Effect.flatMap((sql) => sql.unsafe(text)),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.runPromise
  )
const transactions = async (database) => {
  // a backend counts its transactions about once a second
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const [{ count }] = await query(
    database,
    "SELECT sum(xact_commit + xact_rollback) AS count FROM pg_stat_database WHERE datname = current_database()"
  )
  return Number(count)
}

const settled = async (url, of) => {
  for (;;) {
    const { cluster } = await (await fetch(`${url}/readyz`)).json()
    if (cluster === undefined || of(cluster.shards)) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

const ways = []
const add = async (name, checkout) => {
  const file = await startOne(checkout, `file:${join(folder, `${name.replaceAll(" ", "-")}.db`)}`)
  const database = await newDatabase()
  const alone = await startOne(checkout, database)
  await settled(alone.url, (shards) => shards === Shard.count)
  for (const isKeyed of [false, true]) {
    const key = isKeyed ? ", with a key" : ""
    ways.push({ name: `${name}: one process, SQLite${key}`, url: file.url, pids: [file.pid], people: people.slice(0, 128), isKeyed })
    ways.push({
      name: `${name}: one process, PostgreSQL${key}`,
      url: alone.url,
      pids: [alone.pid],
      people: people.slice(0, 128),
      isKeyed,
      database
    })
  }
}
if (values.before !== undefined) await add("before", values.before)
await add("now", join(here, "../.."))
{
  const database = await newDatabase()
  const checkout = join(here, "../..")
  const [front, owner] = [await startOne(checkout, database), await startOne(checkout, database)]
  await settled(owner.url, (shards) => shards > 100 && shards < 200)
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const rows = await query(database, "SELECT shard, who FROM interline_shards")
  // each process's shards are as many as it says
  const shards = new Map()
  for (const { shard, who } of rows) shards.set(who, new Set([...shards.get(who) ?? [], Number(shard)]))
  const address = (await (await fetch(`${owner.url}/readyz`)).json()).cluster.address
  const owned = shards.get(address)
  const [theirs, ours] = [true, false].map((is) => people.filter((number) => owned.has(shardOf(number)) === is).slice(0, 128))
  for (const isKeyed of [false, true]) {
    const key = isKeyed ? ", with a key" : ""
    const of = { url: front.url, pids: [front.pid, owner.pid], isKeyed, database }
    ways.push({ name: `now: two processes, the owner is asked${key}`, people: ours, ...of })
    ways.push({ name: `now: two processes, the other one is asked${key}`, people: theirs, ...of })
  }
}

const results = new Map(ways.map(({ name }) => [name, []]))
for (const way of ways) await sendMany(way, sends)
for (let round = 0; round < rounds; round++) {
  for (const way of ways) {
    const before = way.database === undefined ? 0 : await transactions(way.database)
    const [cpu, database] = [way.pids.map(cpuOf), databaseCpu()]
    await sendMany(way, sends)
    const spent = way.pids.reduce((sum, pid, index) => sum + cpuOf(pid) - cpu[index], 0)
    const ofDatabase = spentSince(database, databaseCpu())
    const after = way.database === undefined ? 0 : await transactions(way.database)
    // the two readings are transactions themselves, beside those of a process at rest
    results.get(way.name).push({ gateway: spent / sends, database: ofDatabase / sends, transactions: (after - before) / sends })
  }
}

const median = (numbers) => [...numbers].sort((left, right) => left - right)[numbers.length >> 1]
process.stdout.write(`\n${rounds} rounds of ${sends} sends, ${together} at once; medians for one send\n\n`)
process.stdout.write("| | CPU of the gateway | CPU of PostgreSQL | transactions |\n|---|---:|---:|---:|\n")
for (const { database, name } of ways) {
  const of = (field) => median(results.get(name).map((one) => one[field]))
  const stored = database === undefined ? ["", ""] : [`${of("database").toFixed(2)} ms`, of("transactions").toFixed(2)]
  process.stdout.write(`| ${name} | ${of("gateway").toFixed(2)} ms | ${stored.join(" | ")} |\n`)
}
if (values.before !== undefined) {
  process.stdout.write("\n| | CPU now / before, median of the rounds |\n|---|---:|\n")
  for (const { name } of ways.filter((way) => way.name.startsWith("before: "))) {
    const [old, now] = [results.get(name), results.get(name.replace("before", "now"))]
    process.stdout.write(`| ${name.slice(8)} | ${median(old.map(({ gateway }, round) => now[round].gateway / gateway)).toFixed(3)} |\n`)
  }
}
await server.stop()
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
process.exit(0)
