/** What a tour through the gateway leaves in the database and says on the way is as it was. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { overBoth } from "../sql/databases.ts"
import { answersOf } from "./answers.ts"
import { compare, makeMask, ordered, sorted, sortedRecord, sortedRows } from "./golden.ts"
import { makeWorld, takeTour, type World } from "./tour.ts"

const isSqlite = ({ sql }: World): boolean => sql.onDialectOrElse({ pg: () => false, orElse: () => true })

/** The tables of ours, without those of the cluster, which only PostgreSQL has. */
const tablesOf = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql.onDialectOrElse({
      pg: () => sql<{ readonly name: string }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
      orElse: () => sql<{ readonly name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
    }),
    (rows) => sorted(rows.map(({ name }) => name).filter((name) => name.startsWith("interline_") && !name.startsWith("interline_cluster_")))
  )

// what SQLite's triggers read beside what the row holds
const readByTriggers = new Set(["claim", "told"])

/** Numbers that the database gives depend on what came first, and so does what names them. */
const withoutSerials = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(row).filter(([column]) => !readByTriggers.has(column)).map(([column, value]) => [
      column,
      (column === "id" || column === "event_id") && typeof value === "number"
        ? "<number>"
        // made from an id of this run
        : column === "shard"
        ? "<shard>"
        // over PostgreSQL an owner has an address
        : column === "who"
        ? "<owner>"
        : column === "source" && typeof value === "string"
        // how many decisions are written at once depends on the machine
        ? value.replace(/^inbox\/\d+/, "inbox/<number>").replace(/^(router\/.*)\/\d+$/, "$1/<number>")
        // PostgreSQL writes 0 where a status is in the same batch
        : column === "corrects" && row["status_rank"] === null
        ? null
        // those of a group are made of its id
        : column === "likenesses" && typeof value === "string"
        ? value.replace(/\w+/g, "<hash>")
        : value
    ])
  )

/** Of several messages of one delivery, nobody promises which is told first, and so how far the delivery was by then. */
const withoutRace = (row: unknown): unknown => {
  const text = JSON.stringify(ordered(row))
  // over PostgreSQL a delivery rests until the process that keeps the line has answered, which is one version more
  if (text.includes("\"id\":\"<delivery: failover>\"")) return JSON.parse(text.replace(/"version":\d+/, "\"version\":\"<number>\""))
  return text.includes("\"subject\":\"<delivery: split>\"")
    ? JSON.parse(text.replace(/"folded":\d+/, "\"folded\":\"<rank>\"").replace(/("kind":"carrier"\},"status":)"\w+"/, "$1\"<status>\""))
    : row
}

/**
 * A chat gets an id from whoever asks for it first, and from nobody if its conversation was known by then. What is known of a line is written
 * down some time after it changed.
 */
const isChance = (table: string, row: unknown): boolean =>
  table === "interline_lines" ||
  table === "interline_ids" && ["\"kind\":\"chat\"", "\"ref\":\"linq:<uuid>\""].every((field) => JSON.stringify(row).includes(field))

const History = Schema.Struct({ events: Schema.Struct({ json: Schema.Array(Schema.Unknown) }) })

/** A row for each event of a delivery. How many events are written at once depends on how often the delivery rested. */
const apart = (table: string, row: unknown): ReadonlyArray<unknown> =>
  table === "interline_history" && Schema.is(History)(row) ? row.events.json.map((event) => ({ ...row, events: event })) : [row]

const rowsOf = ({ sql }: World, { value }: ReturnType<typeof makeMask>) =>
  Effect.gen(function*() {
    const rows: Record<string, ReadonlyArray<unknown>> = {}
    for (const table of yield* tablesOf(sql)) {
      const found = yield* sql<Readonly<Record<string, unknown>>>`SELECT * FROM ${sql(table)}`
      rows[table] = sortedRows(
        found.flatMap((row) => apart(table, withoutRace(value(withoutSerials(row))))).filter((row) => !isChance(table, row))
      )
    }
    return rows
  })

/** What a row holds for a while only, as triggers of the test see it. */
const passing = {
  "deliveries, as they are opened": [
    "INSERT",
    "interline_deliveries",
    "json_object('place', NEW.place, 'state', json(NEW.state), 'claim', json(NEW.claim), 'told', json(NEW.told))"
  ],
  progress: ["UPDATE OF progress", "interline_deliveries", "NEW.progress"],
  "progress at first": ["INSERT", "interline_deliveries", "NEW.progress"],
  states: ["UPDATE OF state", "interline_deliveries", "json_object('place', NEW.place, 'state', json(NEW.state), 'told', json(NEW.told))"],
  inbox: ["INSERT", "interline_inbox", "NEW.body"],
  requests: ["UPDATE OF reply", "interline_requests", "NEW.reply"]
} as const

const watchRows = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    yield* sql`CREATE TABLE golden_passing (what TEXT NOT NULL, body TEXT)`
    for (const [index, [what, [change, table, body]]] of Object.entries(passing).entries()) {
      yield* sql.unsafe(`CREATE TRIGGER golden_${index} AFTER ${change} ON ${table} WHEN ${body} IS NOT NULL BEGIN
        INSERT INTO golden_passing (what, body) VALUES ('${what}', ${body});
      END`)
    }
  })

const readPassing = (sql: SqlClient.SqlClient, { value }: ReturnType<typeof makeMask>) =>
  Effect.map(
    sql<{ readonly what: string; readonly body: string }>`SELECT what, body FROM golden_passing`,
    (rows) =>
      sortedRecord(
        Object.keys(passing).map((what) => [what, sortedRows(rows.filter((row) => row.what === what).map(({ body }) => value(body)))])
      )
  )

// --- what is asked of the vendors ---

const requestsOf = ({ network }: World, { value }: ReturnType<typeof makeMask>) =>
  Effect.map(
    network.requests(),
    (requests) =>
      sortedRows(
        requests.filter(({ path }) => !path.includes("/webhook")).map(({ body, headers, method, path, query, status, vendor }) =>
          value({
            vendor,
            method,
            path,
            query: decodeURIComponent(query),
            body: body.replace(/interline=[\w.-]+/, "interline=<token>"),
            headers: sorted(Object.keys(headers)).join(", "),
            status
          })
        )
      )
  )

// --- what is said on the way ---

/** What only a process of a cluster counts. */
const ofCluster = /^interline_cluster_/

/** Names of metrics with their labels, of a page that Prometheus reads. */
const metricsOf = (page: string) => {
  const labels = new Map<string, Set<string>>()
  for (const line of page.split("\n")) {
    const [, name, given = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? []
    if (name === undefined || ofCluster.test(name)) continue
    const known = labels.get(name) ?? new Set()
    for (const [, label = ""] of given.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label)
    labels.set(name, known)
  }
  return sortedRecord(Array.from(labels, ([name, known]) => [name, sorted(known).join(", ")]))
}

const typesOf = (page: string) =>
  sortedRecord(
    page.split("\n").flatMap((line): ReadonlyArray<readonly [string, string]> => {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
      return name === undefined || type === undefined || ofCluster.test(name) ? [] : [[name, type]]
    })
  )

const Attributes = Schema.Struct({ attributes: Schema.Array(Schema.Struct({ key: Schema.String })) })

/** What an exporter of OTLP sends, as far as it names something. */
const Exported = Schema.parseJson(Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({
    resource: Attributes,
    scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Schema.Struct({ name: Schema.String, ...Attributes.fields })) }))
  }))
}))

const spansOf = (bodies: ReadonlyArray<string>) =>
  Effect.map(Effect.forEach(bodies, (body) => Schema.decodeUnknown(Exported)(body)), (exports) => {
    const named = exports.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap((
        { resource, scopeSpans }
      ) => [{ name: "<resource>", ...resource }, ...scopeSpans.flatMap(({ spans }) => spans)])
    )
    const keys = new Map<string, ReadonlyArray<string>>()
    // those of the libraries of the database and of the cluster are their own, and others for each database
    for (const { attributes, name } of named.filter(({ name }) => !/^(sql\.|Shard\b|Line\b)/.test(name))) {
      keys.set(
        name,
        sorted([...(keys.get(name) ?? []), ...attributes.map(({ key }) => key)])
      )
    }
    return sortedRecord(Array.from(keys, ([name, known]) => [name, known.join(", ")]))
  })

/** What the cluster says to whoever debugs it. Only over PostgreSQL there is one. */
const debugsCluster = /^(Starting singleton|Fiber terminated with an unhandled error)/

const linesOf = ({ lines }: World, { text }: ReturnType<typeof makeMask>) =>
  sorted(
    lines.filter(({ level, message }) => level !== "DEBUG" || !debugsCluster.test(message)).map(({ annotations, level, message }) =>
      `${level} ${text(message)}${annotations.length === 0 ? "" : ` {${sorted(annotations).join(", ")}}`}`
    )
  )

overBoth("a tour through the gateway", (it, fresh) => {
  it.scoped("leaves the same rows, and says the same in its log, its metrics, its spans and its headers", () =>
    Effect.gen(function*() {
      const { origin, received } = yield* RecordingServer.make()
      const database = yield* fresh
      yield* Effect.scoped(Effect.gen(function*() {
        const world = yield* makeWorld(database, { OTEL_EXPORTER_OTLP_ENDPOINT: origin })
        const watched = isSqlite(world)
        if (watched) yield* watchRows(world.sql)
        const mask = makeMask(yield* takeTour(world))
        compare("stored-rows", yield* rowsOf(world, mask))
        if (watched) compare("stored-for-a-while", yield* readPassing(world.sql, mask))
        compare("vendor-requests", yield* requestsOf(world, mask))
        compare("log-lines", linesOf(world, mask))
        const { body } = yield* world.call("GET /metrics", "/metrics")
        compare("metrics", { types: typesOf(body), labels: metricsOf(body) })
        compare("answers", answersOf(world.said))
      }))
      // what was not exported yet is exported at the end
      compare("spans", yield* spansOf(received.filter(({ url }) => url === "/v1/traces").map(({ body }) => body)))
    }), 180_000)
})
