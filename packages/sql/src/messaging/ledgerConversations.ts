/**
 * Conversations and carriers in the ledger: the place of each conversation, the contacts between lines and people, and the events that came
 * before.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as CarrierId from "@interline/core/CarrierId"
import { ChatRef } from "@interline/core/Conversation"
import { LineName } from "@interline/core/Line"
import type * as Ledger from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"

interface BindingRow {
  readonly carrier_id: string
  readonly line: string
  readonly at: number
  readonly version: number
  readonly chat: string | null
}

interface ContactRow {
  readonly inbound_at: number | null
  readonly outbound_at: number | null
  readonly sent: number
}

const decodeCarrierId = Schema.decode(CarrierId.CarrierId)
const decodeLine = Schema.decode(LineName)
const encodeChat = JsonColumn.makeEncoder(ChatRef)
const decodeChat = Schema.decode(Schema.parseJson(ChatRef))

const nobody: Ledger.Contact = { inboundAt: undefined, outboundAt: undefined }

const readTime = (at: number | null): number | undefined => at === null ? undefined : Number(at)

type Operation = "binding" | "bind" | "touch" | "contact" | "seen" | "first"

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, Operation> => {
  const bindingOf = (row: BindingRow) =>
    Effect.gen(function*() {
      const binding: Ledger.Binding = {
        carrierId: yield* decodeCarrierId(row.carrier_id),
        line: yield* decodeLine(row.line),
        at: Number(row.at),
        version: Number(row.version),
        ...(row.chat === null ? {} : { chat: yield* decodeChat(row.chat) })
      }
      return binding
    })

  const bind = (conversation: string, { at, carrierId, chat, line }: Omit<Ledger.Binding, "version">, expected: number) =>
    Effect.gen(function*() {
      const row = { carrier_id: carrierId, line, at, chat: chat === undefined ? null : yield* encodeChat(chat), version: expected + 1 }
      const written = expected === 0
        ? yield* sql`INSERT INTO interline_bindings ${
          sql.insert({ conversation, ...row })
        } ON CONFLICT (conversation) DO NOTHING RETURNING 1 AS written`
        : yield* sql`UPDATE interline_bindings SET ${
          sql.update(row)
        } WHERE conversation = ${conversation} AND version = ${expected} RETURNING 1 AS written`
      return written.length > 0
    })

  return {
    binding: (conversation) =>
      Store.runStatement(
        "Ledger.binding",
        Effect.flatMap(
          sql<BindingRow>`SELECT carrier_id, line, at, version, chat FROM interline_bindings WHERE conversation = ${conversation}`,
          ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(bindingOf(row))
        )
      ),
    bind: (conversation, binding, expected) => Store.runStatement("Ledger.bind", bind(conversation, binding, expected)),
    touch: (carrierId, line, handle, way, at) =>
      Effect.asVoid(Store.runStatement(
        "Ledger.touch",
        way === "inbound"
          ? sql`INSERT INTO interline_contacts AS known (carrier_id, line, handle, inbound_at)
            VALUES (${carrierId}, ${line}, ${handle}, ${at})
            ON CONFLICT (carrier_id, line, handle) DO UPDATE SET inbound_at = excluded.inbound_at
            WHERE known.inbound_at IS NULL OR known.inbound_at < excluded.inbound_at`
          : sql`INSERT INTO interline_contacts AS known (carrier_id, line, handle, outbound_at, sent)
            VALUES (${carrierId}, ${line}, ${handle}, ${at}, 1)
            ON CONFLICT (carrier_id, line, handle) DO UPDATE SET outbound_at = excluded.outbound_at, sent = known.sent + 1
            WHERE known.outbound_at IS NULL OR known.outbound_at < excluded.outbound_at`
      )),
    contact: (carrierId, line, handle) =>
      Effect.map(
        Store.runStatement(
          "Ledger.contact",
          sql<
            ContactRow
          >`SELECT inbound_at, outbound_at, sent FROM interline_contacts WHERE carrier_id = ${carrierId} AND line = ${line} AND handle = ${handle}`
        ),
        ([row]) =>
          row === undefined ? nobody : {
            inboundAt: readTime(row.inbound_at),
            outboundAt: readTime(row.outbound_at),
            ...(row.sent > 0 ? { sent: Number(row.sent) } : {})
          }
      ),
    seen: (carrierId, eventId) =>
      Effect.map(
        Store.runStatement(
          "Ledger.seen",
          sql`SELECT 1 AS known FROM interline_seen WHERE carrier_id = ${carrierId} AND event_id = ${Store.toIndexable(eventId)}`
        ),
        (rows) => rows.length > 0
      ),
    first: (carrierId, eventId, at) =>
      Effect.map(
        Store.runStatement(
          "Ledger.first",
          sql`INSERT INTO interline_seen (carrier_id, event_id, at) VALUES (${carrierId}, ${Store.toIndexable(eventId)}, ${at})
            ON CONFLICT (carrier_id, event_id) DO NOTHING RETURNING 1 AS written`
        ),
        (rows) => rows.length > 0
      )
  }
}
