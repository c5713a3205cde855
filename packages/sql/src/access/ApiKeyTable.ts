/** The table `interline_api_keys`: the API keys that were created while the gateway ran, without their secrets. */
import * as SqlClient from "@effect/sql/SqlClient"
import { LineName } from "@interline/core/Line"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"

/**
 * What a key allows. `read`: look at everything, change nothing. `send`: act towards people. `operate`: steer the gateway and the accounts.
 * `admin`: everything, and keys and the audit.
 *
 * @category models
 */
export const KeyScope = Schema.Literal("read", "send", "operate", "admin")

/** @category models */
export type KeyScope = typeof KeyScope.Type

/**
 * A key. A key with `lines` is for these lines only. After `expiresAt`, and from `revokedAt` on, it is refused. `createdBy` and `revokedBy` are
 * names of keys. `lastUsedAt` may be a minute too early. Times are in epoch milliseconds.
 *
 * @category models
 */
export const StoredKey = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  scopes: Schema.NonEmptyArray(KeyScope),
  lines: optional(Schema.NonEmptyArray(LineName)),
  createdAt: EpochMillis,
  createdBy: Schema.String,
  expiresAt: optional(EpochMillis),
  revokedAt: optional(EpochMillis),
  revokedBy: optional(Schema.String),
  lastUsedAt: optional(EpochMillis)
})

/** @category models */
export interface StoredKey extends Schema.Schema.Type<typeof StoredKey> {}

/**
 * A key that may be shown, with the digest of its secret.
 *
 * @category models
 */
export interface Usable {
  readonly digest: string
  readonly key: StoredKey
}

/**
 * The keys in the database.
 *
 * @category models
 */
export interface ApiKeyTableService {
  /** Adds a key with the digest of its secret. `false`: a key of this name is there already, and it may be one that was revoked. */
  readonly insert: (key: StoredKey, digest: string) => Effect.Effect<boolean>
  /** Every key, the newest first, also those that were revoked. */
  readonly list: Effect.Effect<ReadonlyArray<StoredKey>>
  /** Every key that was not revoked. A key whose time is over may be among them. */
  readonly usable: Effect.Effect<ReadonlyArray<Usable>>
  /** Revokes a key for good. `false`: no such key is there, or it was revoked before. */
  readonly revoke: (id: string, by: string, at: number) => Effect.Effect<boolean>
  /** Records that a key was used. An earlier time than the recorded one changes nothing. */
  readonly recordUse: (id: string, at: number) => Effect.Effect<void>
}

/**
 * The tag of the keys in the database.
 *
 * @category services
 */
export class ApiKeyTable extends Context.Tag("@interline/sql/ApiKeyTable")<ApiKeyTable, ApiKeyTableService>() {}

interface Row {
  readonly id: string
  readonly name: string
  readonly digest: string
  readonly scopes: string
  readonly line_names: string | null
  readonly created_at: number
  readonly created_by: string
  readonly expires_at: number | null
  readonly revoked_at: number | null
  readonly revoked_by: string | null
  readonly last_used_at: number | null
}

const List = Schema.parseJson(Schema.Array(Schema.String))
const encodeList = Schema.encode(List)
const decodeList = Schema.decode(List)
const decodeKey = Schema.decodeUnknown(StoredKey)

const fromRow = (row: Row): Effect.Effect<StoredKey, unknown> =>
  Effect.flatMap(
    Effect.all([decodeList(row.scopes), row.line_names === null ? Effect.succeed(undefined) : decodeList(row.line_names)]),
    ([scopes, lines]) =>
      decodeKey({
        id: row.id,
        name: row.name,
        scopes,
        createdAt: row.created_at,
        createdBy: row.created_by,
        ...(lines === undefined ? {} : { lines }),
        ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
        ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
        ...(row.revoked_by === null ? {} : { revokedBy: row.revoked_by }),
        ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at })
      })
  )

/**
 * The keys over tables that `Database.layer` made.
 *
 * @category constructors
 */
export const make: Effect.Effect<ApiKeyTableService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => ({
  insert: (key, digest) =>
    Store.runStatement(
      "ApiKeys.insert",
      Effect.gen(function*() {
        const row = {
          id: key.id,
          name: key.name,
          digest,
          scopes: yield* encodeList(key.scopes),
          line_names: key.lines === undefined ? null : yield* encodeList(key.lines),
          created_at: key.createdAt,
          created_by: key.createdBy,
          expires_at: key.expiresAt ?? null
        }
        const added = yield* sql`INSERT INTO interline_api_keys ${sql.insert(row)} ON CONFLICT (name) DO NOTHING RETURNING id`
        return added.length > 0
      })
    ),
  list: Store.runStatement(
    "ApiKeys.list",
    Effect.flatMap(
      sql<Row>`SELECT * FROM interline_api_keys ORDER BY created_at DESC, id`,
      (rows) => Effect.forEach(rows, fromRow)
    )
  ),
  usable: Store.runStatement(
    "ApiKeys.usable",
    Effect.flatMap(
      sql<Row>`SELECT * FROM interline_api_keys WHERE revoked_at IS NULL`,
      (rows) => Effect.forEach(rows, (row) => Effect.map(fromRow(row), (key): Usable => ({ digest: row.digest, key })))
    )
  ),
  revoke: (id, by, at) =>
    Store.runStatement(
      "ApiKeys.revoke",
      Effect.map(
        sql`UPDATE interline_api_keys SET revoked_at = ${at}, revoked_by = ${by} WHERE id = ${id} AND revoked_at IS NULL RETURNING id`,
        (revoked) => revoked.length > 0
      )
    ),
  recordUse: (id, at) =>
    Store.runStatement(
      "ApiKeys.use",
      Effect.asVoid(
        sql`UPDATE interline_api_keys SET last_used_at = ${at} WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < ${at})`
      )
    )
}))

/**
 * The keys in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<ApiKeyTable, never, SqlClient.SqlClient> = Layer.effect(ApiKeyTable, make)
