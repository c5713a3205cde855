/** The addresses that are called, as they are written down. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Uuid from "@interline/core/Uuid"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { EgressError, EgressService } from "../egress/OutboundHttp.ts"
import type { CallbacksService, Endpoint } from "./Callbacks.ts"
import * as StandardWebhooks from "./standardWebhooks.ts"

export interface Setup<E> {
  readonly egress: EgressService
  readonly endpoint: Schema.Schema<Endpoint, E>
  readonly refused: (why: string) => EgressError
}

export interface EndpointRow {
  readonly id: string
  readonly url: string
  readonly dialect: string
  readonly events: string
  readonly lines: string
  readonly secret: string | null
  readonly version: string | null
  readonly active: number
  readonly delivery_id: string | null
  readonly expires_at: number | null
  readonly created_at: number
  readonly updated_at: number
  readonly failed_at: number | null
  readonly failure: string | null
  readonly failures: number
}

const List = Schema.parseJson(Schema.Array(Schema.String))
const encodeList = Schema.encode(List)
const decodeList = Schema.decode(List)

export interface Endpoints extends Pick<CallbacksService, "create" | "find" | "list" | "update" | "remove"> {
  readonly fromRow: (row: EndpointRow) => Effect.Effect<Endpoint, unknown>
}

export const make = <E>({ egress, endpoint: schema, refused }: Setup<E>): Effect.Effect<Endpoints, never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (sql): Endpoints => {
    const decodeEndpoint = Schema.decodeUnknown(schema)

    const fromRow = (row: EndpointRow): Effect.Effect<Endpoint, unknown> =>
      Effect.flatMap(Effect.all([decodeList(row.events), decodeList(row.lines)]), ([events, lines]) =>
        decodeEndpoint({
          id: row.id,
          url: row.url,
          dialect: row.dialect,
          events,
          lines,
          active: row.active === 1,
          createdAt: row.created_at,
          updatedAt: row.updated_at,
          ...(row.secret === null ? {} : { secret: row.secret }),
          ...(row.version === null ? {} : { version: row.version }),
          ...(row.delivery_id === null ? {} : { deliveryId: row.delivery_id }),
          ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
          ...(row.failed_at === null ? {} : { failedAt: row.failed_at }),
          ...(row.failure === null ? {} : { failure: row.failure })
        }))

    const secretOf = ({ secret }: Pick<Endpoint, "secret">): string | null => secret === undefined ? null : Redacted.value(secret)

    const write = (endpoint: Endpoint) =>
      Store.runStatement(
        "Callbacks.write",
        Effect.gen(function*() {
          const row = {
            id: endpoint.id,
            url: endpoint.url,
            dialect: endpoint.dialect,
            events: yield* encodeList(endpoint.events),
            lines: yield* encodeList(endpoint.lines),
            secret: secretOf(endpoint),
            version: endpoint.version ?? null,
            active: endpoint.active ? 1 : 0,
            delivery_id: endpoint.deliveryId ?? null,
            expires_at: endpoint.expiresAt ?? null,
            created_at: endpoint.createdAt,
            updated_at: endpoint.updatedAt,
            failed_at: null,
            failure: null,
            failures: 0
          } satisfies EndpointRow
          yield* sql`INSERT INTO interline_endpoints ${sql.insert(row)}`
        })
      )

    const checked = (endpoint: Pick<Endpoint, "url" | "dialect" | "secret">): Effect.Effect<void, EgressError> =>
      Effect.flatMap(
        egress.check(endpoint.url),
        () =>
          endpoint.dialect === "neutral" && endpoint.secret !== undefined && !StandardWebhooks.isSecret(endpoint.secret)
            ? Effect.fail(refused("the secret must be whsec_ and base64 of 24 to 64 bytes; leave it out to get one"))
            // of that dialect the secret itself stands in a header
            : endpoint.dialect === "sendblue" && endpoint.secret !== undefined &&
                !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(Redacted.value(endpoint.secret))
            ? Effect.fail(refused("the secret must be printable ASCII without spaces around it, for it stands in a header"))
            : Effect.void
      )

    const create: CallbacksService["create"] = (wanted) =>
      Effect.gen(function*() {
        yield* checked(wanted)
        const id = yield* Uuid.mint
        const at = yield* Clock.currentTimeMillis
        const endpoint: Endpoint = {
          ...wanted,
          ...(wanted.secret === undefined && wanted.dialect === "neutral" ? { secret: StandardWebhooks.mint() } : {}),
          id,
          createdAt: at,
          updatedAt: at
        }
        yield* write(endpoint)
        return endpoint
      })

    const find: CallbacksService["find"] = (id) =>
      Store.runStatement(
        "Callbacks.find",
        Effect.flatMap(sql<EndpointRow>`SELECT * FROM interline_endpoints WHERE id = ${id}`, ([row]) =>
          row === undefined ? Effect.succeedNone : Effect.asSome(fromRow(row)))
      )

    // those of one delivery are many, short-lived and nobody's to manage
    const list: CallbacksService["list"] = (dialect) =>
      Store.runStatement(
        "Callbacks.list",
        Effect.flatMap(
          sql<EndpointRow>`SELECT * FROM interline_endpoints WHERE delivery_id IS NULL
            AND ${dialect === undefined ? sql`true` : sql`dialect = ${dialect}`} ORDER BY created_at, id`,
          (rows) => Effect.forEach(rows, fromRow)
        )
      )

    const update: CallbacksService["update"] = (id, change) =>
      Effect.gen(function*() {
        const found = yield* find(id)
        if (Option.isNone(found)) return Option.none()
        yield* checked({ ...found.value, ...change })
        const at = yield* Clock.currentTimeMillis
        // only what is changed is written: two changes at once both hold
        const { active, events, lines, secret, url } = change
        yield* Store.runStatement(
          "Callbacks.update",
          Effect.flatMap(
            Effect.all([
              events === undefined ? Effect.succeed(undefined) : encodeList(events),
              lines === undefined ? Effect.succeed(undefined) : encodeList(lines)
            ]),
            ([events, lines]) =>
              sql`UPDATE interline_endpoints SET ${
                sql.update({
                  updated_at: at,
                  ...(url === undefined ? {} : { url }),
                  ...(events === undefined ? {} : { events }),
                  ...(lines === undefined ? {} : { lines }),
                  ...(secret === undefined ? {} : { secret: secretOf({ secret }) }),
                  ...(active === undefined ? {} : { active: active ? 1 : 0 })
                })
              } WHERE id = ${id}`
          )
        )
        return yield* find(id)
      })

    const remove: CallbacksService["remove"] = (id) =>
      Store.runStatement(
        "Callbacks.remove",
        Effect.gen(function*() {
          const gone = yield* sql`DELETE FROM interline_endpoints WHERE id = ${id} RETURNING id`
          yield* sql`DELETE FROM interline_callbacks WHERE endpoint_id = ${id}`
          return gone.length > 0
        })
      )

    return { create, find, list, update, remove, fromRow }
  })
