/** The archive: the ledger's deliveries next to the messages that carriers reported, and what was heard of each. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Message from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { Entry, LedgerService } from "@interline/router/Ledger"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Digest from "../database/Digest.ts"
import * as JsonColumn from "../database/JsonColumn.ts"
import * as Store from "../database/Store.ts"
import type { Archived, ArchiveService, Query } from "./Archive.ts"
import * as ArchiveFilters from "./archiveFilters.ts"
import type { IdMapService } from "./IdMap.ts"

const keepFor = Duration.toMillis("90 days")

const Fact = Schema.parseJson(DeliveryStatus.StatusFact)
const FailureText = Schema.parseJson(Message.Failure)
const MessageText = Schema.parseJson(Message.Message)
const ConversationText = Schema.parseJson(Conversation.Conversation)

const encodeFact = JsonColumn.encoder(DeliveryStatus.StatusFact)
const decodeFact = Schema.decodeUnknown(Fact)
const encodeFailure = JsonColumn.encoder(Message.Failure)
const decodeFailure = Schema.decodeUnknown(FailureText)
const encodeMessage = JsonColumn.encoder(Message.Message)
const decodeMessage = Schema.decodeUnknown(MessageText)
const encodeConversation = JsonColumn.encoder(Conversation.Conversation)
const decodeConversation = Schema.decodeUnknown(ConversationText)

interface FactRow {
  readonly fact: string
  readonly failure: string | null
  readonly at: number
}

interface Heard {
  readonly fact: DeliveryStatus.StatusFact
  readonly failure: Message.Failure | undefined
  readonly at: number
}

interface MessageRow {
  readonly id: string
  readonly conversation: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly message: string
}

interface Listed {
  readonly kind: "delivery" | "message"
  readonly id: string
}

/** Every message that a delivery is known to have become, also at a carrier that was left behind. */
const refsOf = ({ state }: Entry): ReadonlyArray<MessageRef.MessageRef> => [
  ...state.taken.map(({ ref }) => ref),
  ...state.behind.flatMap(({ receipt }) => receipt === undefined ? [] : [receipt.ref])
]

/**
 * Of what was certainly not sent nothing more is expected: it is `failed` and settled. What a carrier took all the same is told as the carrier
 * says; `ArchiveFilters.status` says the same in SQL.
 */
const reportOf = ({ state: { phase, result } }: Entry, folded: DeliveryStatus.DeliveryReport): DeliveryStatus.DeliveryReport => {
  const isNotSent = phase._tag !== "Held" && result !== undefined && !result.kept && result.outcome._tag === "Rejected"
  return isNotSent && DeliveryStatus.ranks[folded.status] < DeliveryStatus.ranks.sent
    ? { ...folded, status: "failed", settled: true }
    : folded
}

const isOptional = <A>(value: A | null): value is A => value !== null

const isDeliveryId = Schema.is(DeliveryId.DeliveryId)

export const make = (ledger: LedgerService, ids: IdMapService): Effect.Effect<ArchiveService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient

    // --- what was heard ---

    const heard: ArchiveService["heard"] = (deliveryId, fact, failure, at) =>
      Store.run(
        "Archive.heard",
        Effect.flatMap(
          Effect.all([encodeFact(fact), failure === undefined ? Effect.succeed(null) : encodeFailure(failure)]),
          ([text, why]) =>
            sql`INSERT INTO interline_facts (ref, fact_id, delivery_id, fact, failure, at)
              VALUES (${Store.indexed(MessageRef.format(fact.ref))}, ${Digest.of(text, why ?? "none")}, ${
              deliveryId ?? null
            }, ${text}, ${why}, ${at})
              ON CONFLICT (ref, fact_id) DO UPDATE SET delivery_id = COALESCE(interline_facts.delivery_id, excluded.delivery_id)`
        )
      )

    const facts = (id: DeliveryId.DeliveryId, refs: ReadonlyArray<MessageRef.MessageRef>) =>
      Effect.flatMap(
        refs.length === 0
          ? sql<FactRow>`SELECT fact, failure, at FROM interline_facts WHERE delivery_id = ${id} ORDER BY at`
          : sql<FactRow>`SELECT fact, failure, at FROM interline_facts
            WHERE delivery_id = ${id} OR ${sql.in("ref", refs.map((ref) => Store.indexed(MessageRef.format(ref))))} ORDER BY at`,
        (rows) =>
          Effect.forEach(rows, ({ at, fact, failure }) =>
            Effect.map(
              Effect.all([decodeFact(fact), isOptional(failure) ? decodeFailure(failure) : Effect.succeed(undefined)]),
              ([fact, failure]): Heard => ({ fact, failure, at })
            ))
      )

    // a message of an attempt that was given up counts where nothing else is known: what the person got is in its refs
    const outbound = (entry: Entry) =>
      Effect.map(facts(entry.id, refsOf(entry)), (heard): Archived & { readonly _tag: "Outbound" } => {
        const { taken } = entry.state
        const own = taken.length > 0 ? taken.map(({ ref }) => ref) : uniqueRefs(heard.map(({ fact }) => fact.ref))
        const said = taken.map(({ ref, service, status }): DeliveryStatus.StatusFact =>
          service === undefined ? { ref, status } : { ref, status, service }
        )
        const facts = [...said, ...heard.map(({ fact }) => fact)].reduce(DeliveryStatus.add, DeliveryStatus.empty)
        const report = reportOf(entry, DeliveryStatus.report(facts, own))
        const failedRefs = new Set(report.messages.filter(({ status }) => status === "failed").map(({ ref }) => MessageRef.format(ref)))
        const failure = heard.findLast(({ fact, failure }) => failure !== undefined && failedRefs.has(MessageRef.format(fact.ref)))?.failure
        return {
          _tag: "Outbound",
          id: entry.id,
          at: entry.createdAt,
          updatedAt: heard.reduce((latest, { at }) => Math.max(latest, at), entry.updatedAt),
          entry,
          report,
          ...(failure === undefined ? {} : { failure })
        }
      })

    const delivery = (id: DeliveryId.DeliveryId): Effect.Effect<Option.Option<Archived & { readonly _tag: "Outbound" }>> =>
      Effect.flatMap(
        ledger.read(id),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (entry) => Store.run("Archive.report", Effect.asSome(outbound(entry)))
        })
      )

    // --- what carriers reported ---

    /** A row dates from when it is written, by the database's clock: a list that is read by time must not get it later than it is dated. */
    const written = (
      message: Message.Message,
      conversation: Conversation.Conversation | undefined,
      heardAt: number,
      at: number | undefined,
      otherwise: Statement.Fragment
    ) =>
      Effect.flatMap(ids.messageId(message.ref), (id) =>
        Store.run(
          "Archive.received",
          Effect.flatMap(
            Effect.all([encodeMessage(message), conversation === undefined ? Effect.succeed(null) : encodeConversation(conversation)]),
            ([text, where]) => {
              const people = message.direction === "inbound" ? [message.from] : message.to
              const peers = `|${people.flatMap((peer) => peer === undefined ? [] : [Store.indexed(peer)]).join("|")}|`
              const key = conversation === undefined ? null : Conversation.key(conversation)
              const dated = at === undefined ? Store.now(sql) : sql`${at}`
              return sql`INSERT INTO interline_messages (id, direction, conversation_key, conversation, line, peers, created_at, updated_at, message)
                VALUES (${id}, ${message.direction}, ${key}, ${where}, ${
                conversation?.line ?? null
              }, ${peers}, ${dated}, ${heardAt}, ${text})
                ON CONFLICT (id) ${otherwise}`
            }
          )
        ))

    const left = sql`DO NOTHING`

    const renewed = sql`DO UPDATE SET message = excluded.message, updated_at = excluded.updated_at,
      conversation_key = COALESCE(excluded.conversation_key, interline_messages.conversation_key),
      conversation = COALESCE(excluded.conversation, interline_messages.conversation),
      line = COALESCE(excluded.line, interline_messages.line)
      WHERE excluded.updated_at >= interline_messages.updated_at`

    const arrived: ArchiveService["arrived"] = (message, conversation, heardAt) =>
      Effect.asVoid(written(message, conversation, heardAt, undefined, left))

    const received: ArchiveService["received"] = (message, conversation, heardAt, at) =>
      Effect.asVoid(written(message, conversation, heardAt, at, renewed))

    const inbound = ({ conversation, created_at: at, id, message, updated_at: updatedAt }: MessageRow) =>
      Effect.map(
        Effect.all([decodeMessage(message), isOptional(conversation) ? decodeConversation(conversation) : Effect.succeed(undefined)]),
        ([message, conversation]): Archived => ({
          _tag: "Inbound",
          id,
          at,
          updatedAt: Math.max(at, updatedAt),
          message,
          ...(conversation === undefined ? {} : { conversation })
        })
      )

    const messages = (wanted: ReadonlyArray<string>) =>
      Store.run(
        "Archive.messages",
        wanted.length === 0
          ? Effect.succeed([])
          : Effect.flatMap(
            sql<MessageRow>`SELECT id, conversation, created_at, updated_at, message FROM interline_messages WHERE ${sql.in("id", wanted)}`,
            (rows) => Effect.forEach(rows, inbound)
          )
      )

    const find: ArchiveService["find"] = (id) =>
      Effect.flatMap(
        isDeliveryId(id) ? delivery(id) : Effect.succeedNone,
        (found): Effect.Effect<Option.Option<Archived>> =>
          Option.isSome(found) ? Effect.succeed(found) : Effect.map(messages([id]), ([message]) => Option.fromNullable(message))
      )

    // --- lists ---

    // one or the other database's word for the place of a text in a text
    const place = sql.literal(sql.onDialectOrElse({ pg: () => "strpos", orElse: () => "instr" }))

    const conditions = ({ line, peer, since, until }: Query, conversation: Statement.Fragment | undefined): Statement.Fragment => {
      const all = [
        ...(conversation === undefined ? [] : [conversation]),
        ...(line === undefined ? [] : [sql`line = ${line}`]),
        ...(peer === undefined ? [] : [sql`${place}(peers, ${`|${Store.indexed(peer)}|`}) > 0`]),
        ...(since === undefined ? [] : [sql`created_at >= ${since}`]),
        ...(until === undefined ? [] : [sql`created_at < ${until}`])
      ]
      return all.length === 0 ? sql`true` : sql.and(all)
    }

    const filters = ArchiveFilters.make(sql)

    // what a row has in columns is asked first: both databases look at the JSON of what is left
    const deliveriesOf = (query: Query) => {
      const { carrierId, conversation, direction, outcome, status } = query
      const all = sql.and([
        conditions(query, conversation === undefined ? undefined : sql`conversation = ${conversation}`),
        ...(outcome === undefined ? [] : [filters.outcome(outcome)]),
        ...(carrierId === undefined ? [] : [filters.carrier(carrierId)]),
        ...(status === undefined ? [] : [filters.status(status)])
      ])
      return direction === "inbound" ? [] : [sql`SELECT 'delivery' AS kind, id, created_at FROM interline_deliveries WHERE ${all}`]
    }

    const messagesOf = (query: Query) => {
      const { carrierId, conversation, direction, only, outcome, status } = query
      const all = sql.and([
        conditions(query, conversation === undefined ? undefined : sql`conversation_key = ${conversation}`),
        ...(direction === undefined ? [] : [sql`direction = ${direction}`]),
        ...(carrierId === undefined ? [] : [filters.carrierOfMessage(carrierId)])
      ])
      const none = only !== undefined || outcome !== undefined || status !== undefined
      return none ? [] : [sql`SELECT 'message' AS kind, id, created_at FROM interline_messages WHERE ${all}`]
    }

    const list: ArchiveService["list"] = (query) => {
      const { limit, offset, order } = query
      const [first, second] = [...deliveriesOf(query), ...messagesOf(query)]
      if (first === undefined) return Effect.succeed({ items: [], total: 0 })
      const all = second === undefined ? first : sql`${first} UNION ALL ${second}`
      const way = sql.literal(order === "oldest" ? "ASC" : "DESC")
      return Effect.gen(function*() {
        const [rows, [count]] = yield* Store.run(
          "Archive.list",
          Effect.all([
            sql<Listed>`SELECT kind, id FROM (${all}) AS archived ORDER BY created_at ${way}, id ${way} LIMIT ${limit} OFFSET ${offset}`,
            sql<{ readonly total: number }>`SELECT COUNT(*) AS total FROM (${all}) AS archived`
          ])
        )
        const found = new Map<string, Archived>(
          (yield* messages(rows.flatMap(({ id, kind }) => kind === "message" ? [id] : []))).map((message) => [message.id, message])
        )
        const sent = yield* Effect.forEach(
          rows,
          ({ id, kind }) => kind === "delivery" && isDeliveryId(id) ? delivery(id) : Effect.succeedNone,
          {
            concurrency: 8
          }
        )
        for (const entry of sent) if (Option.isSome(entry)) found.set(entry.value.id, entry.value)
        return { items: rows.flatMap(({ id }) => found.get(id) ?? []), total: count?.total ?? 0 }
      })
    }

    yield* Store.forgetting("archive", [
      (sql, now) =>
        sql`DELETE FROM interline_messages WHERE id IN
          (SELECT id FROM interline_messages WHERE created_at < ${now - keepFor} ORDER BY created_at LIMIT ${Store.batch}) RETURNING id`,
      (sql, now) =>
        sql`DELETE FROM interline_facts WHERE (ref, fact_id) IN
          (SELECT ref, fact_id FROM interline_facts WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING ref`
    ])

    return {
      arrived,
      received,
      heard,
      find,
      list,
      report: (id) => Effect.map(delivery(id), Option.map(({ report }) => report))
    }
  })

const uniqueRefs = (refs: ReadonlyArray<MessageRef.MessageRef>): ReadonlyArray<MessageRef.MessageRef> =>
  Array.from(new Map(refs.map((ref) => [MessageRef.format(ref), ref])).values())
