// What the lists of the API cost over very many messages: p50 and p95 of each query, through a gateway as a process of its own, on SQLite and PostgreSQL.
// Half of the messages are deliveries, half are from people; a fifth is of groups, and one person is in all of them. It fills both databases first.
// Options: --messages N (default 1,000,000), --times N (default 40), --only sqlite|postgres, --match TEXT (queries whose address has it),
// --keep FOLDER (the SQLite file stays there, and the next run within a day and with as many messages does not fill it), --postgres URL (an empty database, or one that an earlier run filled, instead
// of a server of its own), --bar MS (default 150). It needs a built tree and Linux: beside the time it shows the CPU of the gateway and of its database, because
// the time of a machine with other work says little. It ends with 1 if a p95 is above the bar.
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Loss from "@interline/core/Loss"
import * as Message from "@interline/core/Message"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Decide from "@interline/router/Decide"
import * as Decision from "@interline/router/Decision"
import * as Ledger from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as Database from "@interline/sql/Database"
import * as Digest from "@interline/sql/Digest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import LibsqlDatabase from "libsql"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { cpuOf, startGateway, startPostgres } from "./world.mjs"

const here = dirname(fileURLToPath(import.meta.url))
const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "1000000" },
    times: { type: "string", default: "40" },
    only: { type: "string" },
    match: { type: "string", default: "" },
    keep: { type: "string" },
    postgres: { type: "string" },
    bar: { type: "string", default: "150" }
  }
})
const messages = Number(values.messages)
const times = Number(values.times)
const bar = Number(values.bar)
const apiKey = "a-key-for-the-bench"

const folder = values.keep === undefined ? mkdtempSync(join(realpathSync(tmpdir()), "interline-lists-")) : resolve(values.keep)
mkdirSync(folder, { recursive: true })
// the database's server is another user
chmodSync(folder, 0o755)

// --- what is written ---

const day = 86_400_000
const text = "Hello, your appointment is on Tuesday at half past nine. Answer with yes if you come, or with another time that suits you."
const lines = ["support", "sales", "billing", "alerts", "home"].map((name) => Line.name(name))
const carriers = ["linq", "sendblue"].map((id) => CarrierId.make(id))
const people = Array.from({ length: 20_000 }, (_, nth) => Handle.make(`+1202${String(5_000_000 + nth)}`))
// people[0] is in every group and has no conversation alone; people[1] writes a lot
const inAllGroups = people[0]
const talkative = people[1]
const uuid = (kind, nth) => `00000000-0000-4000-8000-${kind}${String(nth).padStart(11, "0")}`
const groups = Array.from({ length: 2_000 }, (_, nth) => ({
  _tag: "Group",
  id: uuid(9, nth),
  line: lines[nth % lines.length],
  members: [inAllGroups, ...[1, 2, 3].map((step) => people[(nth * 7 + step * 311) % (people.length - 2) + 2])]
}))
const conversationOf = (nth) =>
  nth % 5 === 0
    ? groups[(nth / 5) % groups.length]
    : Conversation.direct(
      lines[nth % lines.length],
      nth % 40 === 1 || nth % 40 === 2 ? talkative : people[(nth * 13) % (people.length - 2) + 2]
    )

const settings = {
  onUnknown: "hold",
  deadline: 121_000,
  attempt: 30_000,
  retryTimes: 2,
  retryBase: 500,
  maxRetryAfter: 30_000,
  maxWait: 5_000,
  lookEvery: 2_000,
  lookFor: 60_000,
  movesWhenIncapable: true,
  jitter: 0.25
}
const loss = Loss.certain("effect-dropped", "the carrier has no effects")

const encodeContent = Schema.encodeSync(Ledger.Content)
const encodeState = Schema.encodeSync(Decision.State)
const encodeMessage = Schema.encodeSync(Schema.parseJson(Message.Message))

// all of the content but the conversation
const draftText = JSON.stringify(
  encodeContent({ conversation: Conversation.direct(lines[0], people[0]), draft: Draft.text(text), fidelity: "adapt" })
)
  .replace(/^.*?\},/, "")

/** What became of the nth delivery. Most are accepted; each other outcome is rare. */
const outcomeOf = (nth) =>
  nth % 50 === 12 ? "not-sent" : nth % 1_000 === 14 ? "unknown" : nth % 2_000 === 16 ? "held" : nth % 25_000 === 18 ? "pending" : "accepted"

/** How far carriers said that it came. */
const statusOf = (nth) =>
  ["delivered", "delivered", "read", "delivered", "delivered", "read", "delivered", "sent", "delivered", "read"][(nth / 2) % 10]

const carrierOf = (nth) => carriers[nth % 20 === 3 || nth % 20 === 4 ? 1 : 0]

const stateOf = (line, outcome, carrierId, lost) => {
  const id = uuid(1, sample)
  const route = carriers.map((one) => ({ carrierId: one, line, reconcile: "replay", replayFor: day }))
  const initial = Decide.initial(id, route, settings)
  if (outcome === "pending") return encodeState(initial)
  const receipt = { ref: { carrierId, id: `m-${sample}` }, parts: [0], status: "queued", service: "iMessage" }
  const error = MessagingError.make("Unavailable", { carrierId, operation: "send" })
  const result = (of) => ({ outcome: of, carrierId, line, kept: false })
  const common = {
    ...initial,
    position: carriers.indexOf(carrierId),
    generation: 1,
    losses: lost ? [loss] : [],
    phase: { _tag: outcome === "held" ? "Held" : "Done" }
  }
  const evidence = { error: MessagingError.make("Transport", { carrierId, operation: "send" }), parts: [0], step: 0, startedAt: 1 }
  return encodeState(
    outcome === "accepted"
      ? { ...common, taken: [receipt], result: result(Outcome.accepted([receipt])) }
      : outcome === "not-sent"
      ? { ...common, result: result(Outcome.rejected(error)) }
      : outcome === "unknown"
      ? { ...common, result: result(Outcome.unknown(evidence)) }
      : common
  )
}

// the column has some fields under the names of the first version
const toColumn = ({ attempts, position, repetitions, ...state }) =>
  JSON.stringify({ ...state, at: position, tries: repetitions, trials: attempts })

/** What encodes once, and puts the number of each row into the text. */
const encodeOnce = (encode) => {
  const known = new Map()
  return (kind, nth) => {
    const key = JSON.stringify(kind)
    if (!known.has(key)) known.set(key, encode(...kind))
    return known.get(key).replaceAll(uuid(1, sample), uuid(1, nth)).replaceAll(`-${sample}`, `-${nth}`)
  }
}

// a number that no row has
const sample = 99_999_999
const stateText = encodeOnce((line, outcome, carrierId, lost) => toColumn(stateOf(line, outcome, carrierId, lost)))

const startAt = Date.now() - 89 * day
const at = (nth) => startAt + Math.floor((nth / messages) * 89 * day)
const peersOf = (conversation) => `|${Conversation.recipients(conversation).join("|")}|`

const deliveryRow = (nth) => {
  const conversation = conversationOf(nth)
  const outcome = outcomeOf(nth)
  return {
    id: uuid(1, nth),
    version: 3,
    conversation: Conversation.key(conversation),
    line: conversation.line,
    peers: peersOf(conversation),
    key: nth % 10 === 0 ? `key-${nth}` : null,
    place: outcome === "held" ? "held" : outcome === "pending" ? "running" : "done",
    answered: outcome === "held" || outcome === "pending" ? 0 : 1,
    may_arrive: 0,
    created_at: at(nth),
    updated_at: at(nth) + 900,
    likenesses: JSON.stringify([Digest.of(String(nth))]),
    content: `{"conversation":${JSON.stringify(conversation)},${draftText}`,
    state: stateText([conversation.line, outcome, carrierOf(nth), nth % 40 === 10], nth),
    shard: Shard.of(Conversation.key(conversation)),
    epoch: 1,
    // nobody takes up what is under way here
    begin_by: Date.now() + day
  }
}

const factRows = (nth) => {
  if (outcomeOf(nth) !== "accepted") return []
  const ref = { carrierId: carrierOf(nth), id: `m-${nth}` }
  const words = nth % 100 === 28
    ? ["sent", "failed"]
    : ["sent", "delivered", "read"].slice(0, { sent: 1, delivered: 2, read: 3 }[statusOf(nth)])
  return words.map((status, position) => ({
    ref: `${ref.carrierId}:${ref.id}`,
    fact_id: `${nth}-${status}`,
    delivery_id: uuid(1, nth),
    fact: JSON.stringify({ ref, status, service: "iMessage" }),
    failure: null,
    at: at(nth) + 1_000 * (position + 1)
  }))
}

const receivedText = encodeMessage({
  ref: { carrierId: carriers[0], id: "in-0" },
  direction: "inbound",
  from: "from-0",
  to: [],
  parts: [{ _tag: "Text", text, decorations: [], reactions: [] }],
  status: { neutral: "delivered", raw: "received" },
  createdAt: new Date(startAt).toISOString(),
  metadata: {}
})

const messageRow = (nth) => {
  const conversation = conversationOf(nth)
  const from = Conversation.recipients(conversation).at(-1)
  return {
    id: uuid(2, nth),
    direction: "inbound",
    conversation_key: Conversation.key(conversation),
    conversation: JSON.stringify(conversation),
    line: conversation.line,
    peers: `|${from}|`,
    created_at: at(nth),
    updated_at: at(nth),
    message: `${receivedText.replaceAll("in-0", `in-${nth}`).replace("from-0", from)}`.replace("\"linq\"", `"${carrierOf(nth)}"`)
  }
}

const tables = [
  ["interline_deliveries", (nth) => nth % 2 === 0 ? [deliveryRow(nth)] : []],
  ["interline_facts", (nth) => nth % 2 === 0 ? factRows(nth) : []],
  ["interline_messages", (nth) => nth % 2 === 1 ? [messageRow(nth)] : []]
]

const inBatches = function*(rowsOf, size) {
  let batch = []
  for (let nth = 0; nth < messages; nth++) {
    for (const row of rowsOf(nth)) batch.push(row)
    if (batch.length >= size) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

const say = (sentence) => process.stderr.write(`${sentence}\n`)

/** Makes the tables as the gateway does. */
const makeTables = (url) => Effect.runPromise(Effect.scoped(Layer.build(Database.layer(url))))

const fillSqlite = async (file) => {
  await makeTables(`file:${file}`)
  const database = new LibsqlDatabase(file)
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = off")
  for (const [table, rowsOf] of tables) {
    let statement
    for (const batch of inBatches(rowsOf, 20_000)) {
      const names = Object.keys(batch[0])
      statement ??= database.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`)
      database.exec("BEGIN")
      for (const row of batch) statement.run(Object.values(row))
      database.exec("COMMIT")
    }
  }
  database.close()
}

const withPostgres = (url, work) =>
  PgClient.make({ url: Redacted.make(url) }).pipe(
    Effect.flatMap((sql) => Effect.promise(() => work((statement, args) => Effect.runPromise(sql.unsafe(statement, args))))),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.runPromise
  )

const fillPostgres = async (url) => {
  await makeTables(url)
  await withPostgres(url, async (run) => {
    for (const [table, rowsOf] of tables) {
      for (const batch of inBatches(rowsOf, 5_000)) {
        const names = Object.keys(batch[0])
        await run(
          `INSERT INTO ${table} (${names.join(", ")}) SELECT ${names.join(", ")} FROM json_populate_recordset(NULL::${table}, $1::json)`,
          [JSON.stringify(batch)]
        )
      }
      await run(`VACUUM ANALYZE ${table}`)
    }
  })
}

/** Whether a database holds what is asked about. It fails if it holds something else, for example what an interrupted run left. */
const isFilled = async (url) => {
  await makeTables(url)
  const [found] = await withPostgres(
    url,
    (run) => run("SELECT (SELECT count(*) FROM interline_deliveries) AS out, (SELECT count(*) FROM interline_messages) AS back")
  )
  const [out, back] = [Number(found.out), Number(found.back)]
  if (out === 0 && back === 0) return false
  if (out !== Math.ceil(messages / 2) || back !== Math.floor(messages / 2)) {
    throw new Error(`the database holds ${out + back} messages, and ${messages} are asked for: take an empty one`)
  }
  return true
}

// --- what is asked ---

const day7 = new Date(Date.now() - 7 * day).toISOString()
const month = new Date(Date.now() - 30 * day).toISOString()
const encode = encodeURIComponent
const queries = [
  "/v1/messages",
  "/v1/messages?total=none",
  "/v1/messages?direction=inbound",
  `/v1/messages?since=${encode(day7)}`,
  "/v1/messages?line=support",
  "/v1/messages?carrier=sendblue",
  `/v1/messages?peer=${encode(talkative)}`,
  `/v1/messages?peer=${encode(people[77])}`,
  `/v1/messages?peer=${encode(inAllGroups)}`,
  `/v1/messages?peer=${encode(groups[5].members[2])}`,
  "/v1/messages?outcome=not-sent",
  "/v1/messages?outcome=accepted",
  "/v1/messages?outcome=held",
  "/v1/messages?outcome=pending",
  "/v1/messages?status=failed",
  "/v1/messages?status=queued",
  "/v1/messages?status=sent",
  "/v1/messages?status=delivered",
  "/v1/messages?status=failed&total=none",
  "/v1/messages?status=queued&total=none",
  "/v1/messages?status=delivered&total=none",
  "/v1/messages?loss=effect-dropped",
  "/v1/messages?failedOver=true",
  "/v1/messages?key=key-1000",
  "/v1/deliveries",
  "/v1/deliveries?status=failed&total=none",
  "/v1/deliveries?outcome=not-sent&line=support",
  "/v1/messages/counts",
  `/v1/messages/counts?since=${encode(month)}`,
  `/v1/messages/counts?since=${encode(month)}&line=support`
].filter((query) => query.includes(values.match))

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)]

/** A process that is gone has used no more CPU. */
const cpuIfThere = (pid) => {
  try {
    return cpuOf(pid)
  } catch {
    return 0
  }
}

/** The processes of a PostgreSQL server that work for the gateway. */
const pidsOf = async (database) => {
  if (!database.startsWith("postgres")) return []
  // every connection is open after some requests at once
  return withPostgres(
    database,
    async (run) =>
      (await run("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")).map(({ pid }) => pid)
  )
}

const ask = async (name, database) => {
  const { child, url } = await startGateway(join(here, "../.."), {
    INTERLINE_PREFER: "linq, sendblue",
    INTERLINE_LINES: lines.map((line, nth) => `${line}=linq:+1202555010${nth},sendblue:+1202555020${nth}`).join(";"),
    INTERLINE_API_KEYS: `bench=${apiKey}`,
    LINQ_API_KEY: "token",
    LINQ_BASE_URL: "http://127.0.0.1:9",
    SENDBLUE_API_API_KEY: "key",
    SENDBLUE_API_API_SECRET: "secret",
    SENDBLUE_BASE_URL: "http://127.0.0.1:9",
    DATABASE_URL: database
  })
  const backends = await pidsOf(database)
  const cpu = () => [child.pid, ...backends].reduce((sum, pid) => sum + cpuIfThere(pid), 0)
  const rows = []
  for (const query of queries) {
    const took = []
    let answer
    let before = 0
    // the first ones warm up; a query that is far above the bar is not asked again and again
    for (let time = 0; time < times + 3 && took.reduce((sum, one) => sum + one, 0) < 20_000; time++) {
      if (time === 0 || time === 3) before = cpu()
      const from = performance.now()
      const response = await fetch(url + query, { headers: { authorization: `Bearer ${apiKey}` } })
      answer = await response.json()
      if (response.status === 503) {
        say(`${name} gave up: ${query}`)
        took.splice(0, took.length, Number.POSITIVE_INFINITY)
        break
      }
      if (response.status !== 200) throw new Error(`${query}: ${response.status} ${JSON.stringify(answer)}`)
      if (time >= 3 || performance.now() - from > 5_000) took.push(performance.now() - from)
    }
    const spent = (cpu() - before) / took.length
    took.sort((one, other) => one - other)
    const row = { query, items: answer.items?.length ?? 0, total: answer.total, p50: quantile(took, 0.5), p95: quantile(took, 0.95), spent }
    rows.push(row)
    say(`${name} ${row.p50.toFixed(0)} ${row.p95.toFixed(0)} ms, CPU ${spent.toFixed(1)} ms, ${row.items} of ${row.total ?? "?"}: ${query}`)
  }
  child.kill("SIGTERM")
  return rows
}

const results = new Map()

/** What the file in the kept folder was filled with. Queries of the last days find nothing in an old one. */
const mark = join(folder, "sqlite.filled")
const isReusable = () => {
  if (!existsSync(mark)) return false
  const { at, messages: filled } = JSON.parse(readFileSync(mark, "utf8"))
  return filled === messages && Date.now() - at < day
}

if (values.only !== "postgres") {
  const file = join(folder, "lists.db")
  if (!isReusable()) {
    for (const name of [mark, file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })
    say("SQLite is filled")
    await fillSqlite(file)
    writeFileSync(mark, JSON.stringify({ at: Date.now(), messages }))
  }
  results.set("SQLite", await ask("SQLite", `file:${file}`))
}

if (values.only !== "sqlite") {
  const server = values.postgres === undefined ? await startPostgres(folder) : undefined
  const url = values.postgres ?? await server.newDatabase()
  if (!await isFilled(url)) {
    say("PostgreSQL is filled")
    await fillPostgres(url)
  }
  results.set("PostgreSQL", await ask("PostgreSQL", url))
  await server?.stop()
}

const names = Array.from(results.keys())
console.log(`| Query | ${names.map((name) => `${name}, p50 | p95 | CPU`).join(" | ")} |`)
console.log(`|---|${names.map(() => "---:|---:|---:").join("|")}|`)
queries.forEach((query, nth) => {
  const cells = names.map((name) => results.get(name)[nth]).map(({ p50, p95, spent }) =>
    `${p50.toFixed(0)} ms | ${p95.toFixed(0)} ms | ${spent.toFixed(1)} ms`
  )
  console.log(`| \`GET ${decodeURIComponent(query).replace(/\+1202\d+/, "…").replace(/since=[^&]*/, "since=…")}\` | ${cells.join(" | ")} |`)
})
const missed = Array.from(results.values()).flat().filter(({ p95 }) => p95 > bar)
if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
process.exit(missed.length > 0 ? 1 : 0)
