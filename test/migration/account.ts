/** An account with a past at a vendor of the sandbox, from before there was a gateway, and an import of it into a database. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as Import from "@interline/migration/Import"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as AdoptedIds from "@interline/sql/AdoptedIds"
import * as IdMap from "@interline/sql/IdMap"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Interline from "interline/Interline"
import { connect } from "../sql/databases.ts"
import { numbers } from "../support/sandbox.ts"

export type Vendor = "linq" | "sendblue"

export const ada = Handle.phone("+12025550123")
export const bob = Handle.phone("+12025550124")
export const cleo = Handle.phone("+12025550125")
/** Somebody whom the vendor lists as opted out, and who never wrote. */
export const dan = Handle.phone("+12025550126")
/** A number of the account that is no line here. */
export const spare = "+12025550209"

/** The variables of a program whose only line is at both vendors. */
export const variables = (sandbox: Sandbox.SandboxService): Readonly<Record<string, string>> => ({
  INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
  LINQ_API_KEY: sandbox.credentials.linqToken,
  LINQ_BASE_URL: sandbox.linq,
  SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
  SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
  SENDBLUE_BASE_URL: sandbox.sendblue
})

const post = (url: string, headers: Readonly<Record<string, string>>, body: unknown) =>
  Effect.promise(async () =>
    (await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }))
      .json() as Promise<Readonly<Record<string, unknown>>>
  )

const read = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((found, name) => (found as Readonly<Record<string, unknown>> | undefined)?.[name], value)

export interface Account {
  readonly sandbox: Sandbox.SandboxService
  /** The vendor's ids of a message to Ada, of one from her, and of the group of Ada and Cleo. */
  readonly outbound: string
  readonly inbound: string
  readonly group: string
}

/** Sends as a program does that knows only Sendblue. */
const sendblue = (sandbox: Sandbox.SandboxService) => {
  const headers = { "sb-api-key-id": sandbox.credentials.sendblueKeyId, "sb-api-secret-key": sandbox.credentials.sendblueSecretKey }
  const ask = (path: string, body: unknown) => post(`${sandbox.sendblue}${path}`, headers, body)
  return {
    send: (number: string, content: string, from_number: string = numbers.sendblue) =>
      Effect.map(ask("/api/send-message", { number, from_number, content }), (sent) => String(sent["message_handle"])),
    openGroup: (people: ReadonlyArray<string>, content: string) =>
      Effect.map(
        ask("/api/send-group-message", { numbers: people, from_number: numbers.sendblue, content }),
        (sent) => String(sent["group_id"])
      ),
    optOut: (number: string) => ask("/api/v2/contacts/opt-out", { number })
  }
}

/** The same for a program that knows only Linq. */
const linq = (sandbox: Sandbox.SandboxService) => {
  const ask = (path: string, body: unknown) =>
    post(`${sandbox.linq}${path}`, { authorization: `Bearer ${sandbox.credentials.linqToken}` }, body)
  const open = (to: ReadonlyArray<string>, value: string, from: string = numbers.linq) =>
    ask("/v3/chats", { from, to, message: { parts: [{ type: "text", value }] } })
  return {
    send: (number: string, content: string, from?: string) =>
      Effect.map(open([number], content, from), (opened) => String(read(opened, "chat", "message", "id"))),
    openGroup: (people: ReadonlyArray<string>, content: string) =>
      Effect.map(open(people, content), (opened) => String(read(opened, "chat", "id"))),
    optOut: (number: string) => Effect.zipRight(open([number], "hello"), Effect.orDie(sandbox.network.optOut(number, "linq")))
  }
}

/** Opens an account with a past: `many` messages to Cleo, Bob who wrote STOP, a group, and a message from a number that is no line here. */
export const openAccount = (vendor: Vendor, many = 3) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "manual", statusDelay: "1 millis" })
    const { network } = sandbox
    const client = vendor === "linq" ? linq(sandbox) : sendblue(sandbox)
    yield* network.addLine(vendor, spare)
    const outbound = yield* client.send(ada, "Your table is ready")
    const { id: inbound } = yield* network.say({ from: ada, to: numbers[vendor], text: "Thank you" })
    yield* client.send(bob, "Hello Bob")
    yield* network.say({ from: bob, to: numbers[vendor], text: "STOP" })
    yield* Effect.forEach(Array.from({ length: many }), (_, place) =>
      network.say({ from: cleo, to: numbers[vendor], text: `Message ${place}` }))
    const group = yield* client.openGroup([ada, cleo], "Hello both")
    yield* client.send(ada, "From another number", spare)
    yield* client.optOut(dan)
    yield* network.advance("10 millis")
    yield* network.settle
    const account: Account = { sandbox, outbound, inbound, group }
    return account
  })

/** The process was killed. */
const killed = "killed"

export const isKilled = (defect: unknown): boolean => defect === killed

interface Run {
  readonly compile: () => readonly [sql: string, parameters: ReadonlyArray<unknown>]
  readonly commit: () => Effect.Effect<ReadonlyArray<object>, SqlError.SqlError>
}

const isStatement = (value: unknown): value is Run => Statement.isFragment(value) && "commit" in value

/** Dies when the database has the write with a number, and lets somebody else run before another one. */
const mortal = (client: SqlClient.SqlClient, { beside, diesAfter: last }: Pick<Settings, "beside" | "diesAfter">): SqlClient.SqlClient => {
  let count = 0
  const watch = <A>(built: A): A => {
    if (!isStatement(built)) return built
    const run = built.commit()
    return Object.assign(built, {
      commit: () =>
        Effect.suspend(() => {
          const isWrite = !built.compile()[0].startsWith("SELECT")
          if (isWrite) count += 1
          const running = isWrite && beside?.at === count ? Effect.zipRight(beside.run, run) : run
          return count === last ? Effect.zipRight(running, Effect.die(killed)) : running
        })
    })
  }
  return Object.assign((...args: Parameters<SqlClient.SqlClient>) => watch(client(...args)), client, {
    unsafe: (...args: Parameters<SqlClient.SqlClient["unsafe"]>) => watch(client.unsafe(...args))
  }) as SqlClient.SqlClient
}

export interface Settings {
  readonly apply?: boolean
  /** The number of the write after which the process dies. */
  readonly diesAfter?: number
  /** What a gateway does just before the write with a number. */
  readonly beside?: { readonly at: number; readonly run: Effect.Effect<void> }
  readonly lines?: string
  readonly times?: number
}

/** The stores of a process on a database. */
export const stores = IdMap.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(SqlLedger.layer(), SqlSuppression.layer, SqlChatBook.layer, AdoptedIds.layer))
)

/** Imports the account into a database, as the command does. */
export const importInto = (url: string, sandbox: Sandbox.SandboxService, vendor: Vendor, settings: Settings = {}) =>
  Effect.gen(function*() {
    const { apply = false, lines, times = 4 } = settings
    const carrierId = CarrierId.make(vendor)
    const [histories, ours] = yield* Effect.all([
      Interline.histories({}, { retry: { base: "1 millis", times, maxRetryAfter: "2 seconds" } }),
      Interline.lines({})
    ]).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(
        new Map(Object.entries({ ...variables(sandbox), ...(lines === undefined ? {} : { INTERLINE_LINES: lines }) }))
      ))
    )
    const history = histories.find((one) => one.carrierId === carrierId)
    if (history === undefined) return yield* Effect.dieMessage("the account has no history")
    const known = new Map(
      Array.from(ours).flatMap(([line, at]) => {
        const number = at.get(carrierId)
        return number === undefined ? [] : [[number, line] as const]
      })
    )
    const watched = Layer.effect(SqlClient.SqlClient, Effect.map(SqlClient.SqlClient, (sql) => mortal(sql, settings))).pipe(
      Layer.provide(connect(url))
    )
    return yield* Import.run({ history, lines: known, apply }).pipe(Effect.provide(stores.pipe(Layer.provideMerge(watched))), Effect.scoped)
  }).pipe(Effect.provide(FetchHttpClient.layer))

/** What the tables hold, without the times at which they were written. */
export const dump = (url: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return {
      optOuts: yield* sql`SELECT handle, source, carrier_id FROM interline_suppression ORDER BY handle`,
      ids: yield* sql`SELECT kind, id, ref, known FROM interline_ids ORDER BY kind, id`,
      bindings: yield* sql`SELECT conversation, carrier_id, line, at, chat FROM interline_bindings ORDER BY conversation`,
      contacts: yield* sql`SELECT carrier_id, line, handle, inbound_at, outbound_at FROM interline_contacts ORDER BY handle, line`,
      chats: yield* sql`SELECT carrier_id, conversation_key, conversation, chat_id FROM interline_chats ORDER BY conversation_key`,
      conversations: yield* sql`SELECT id, conversation, members FROM interline_conversations ORDER BY id`
    }
  }).pipe(Effect.provide(connect(url)), Effect.scoped)

const tables = ["suppression", "opt_ins", "ids", "bindings", "contacts", "chats", "conversations", "imports"]

/** Empties the tables that an import writes. */
export const clear = (url: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.forEach(tables, (table) => sql.unsafe(`DELETE FROM interline_${table}`), { discard: true })
  )
    .pipe(Effect.provide(connect(url)), Effect.scoped)
