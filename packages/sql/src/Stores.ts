/**
 * Everything that a library application needs to survive a restart: the ledger, the suppression list, the chat book, what is known of
 * lines, and what carriers say of accounts, in one database.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { ChatBook } from "@interline/core/ChatBook"
import type { Suppression } from "@interline/core/Suppression"
import type { HealthStore } from "@interline/router/HealthStore"
import type { Ledger } from "@interline/router/Ledger"
import type { NoticeStore } from "@interline/router/NoticeStore"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Database from "./database/Database.ts"
import * as SqlChatBook from "./messaging/SqlChatBook.ts"
import * as SqlHealthStore from "./messaging/SqlHealthStore.ts"
import * as SqlLedger from "./messaging/SqlLedger.ts"
import * as SqlNoticeStore from "./messaging/SqlNoticeStore.ts"
import * as SqlSuppression from "./messaging/SqlSuppression.ts"

/**
 * How the database is opened (`Database.Options`), and how long the ledger keeps what it may forget (`SqlLedger.Options`).
 *
 * @category models
 */
export interface Options extends Database.Options, SqlLedger.Options {}

/**
 * Opens the database, brings its tables up to date, and provides the stores over it. `url` is a path, a `file:` URL or a `postgres:` URL.
 * A SQLite file is for one process at a time. Processes that name the same PostgreSQL database share keys, opt-outs, held messages, chats, what is known of lines, and what carriers say of accounts.
 * Fails with one sentence if the database cannot be used.
 *
 * @example
 * import { Stores } from "@interline/sql"
 * import * as Layer from "effect/Layer"
 * import { Interline } from "interline"
 * import * as NodeHttp from "interline/node"
 *
 * export const MessagingLive = Interline.layer().pipe(
 *   Layer.provide(Stores.layer("file:interline.db")),
 *   Layer.provide(NodeHttp.layer())
 * )
 *
 * @category layers
 */
export const layer = (
  url: string | Redacted.Redacted,
  options: Options = {}
): Layer.Layer<Ledger | Suppression | ChatBook | HealthStore | NoticeStore | SqlClient.SqlClient, Database.DatabaseError> =>
  Layer.provideMerge(
    Layer.mergeAll(SqlLedger.layer(options), SqlSuppression.layer, SqlChatBook.layer, SqlHealthStore.layer, SqlNoticeStore.layer),
    Database.layer(url, options)
  )
