/**
 * What Interline must not forget, in SQLite or PostgreSQL.
 *
 * @since 0.1.0
 */
export * as Database from "./database/Database.ts"
export * as Digest from "./database/Digest.ts"
export * as Store from "./database/Store.ts"
export * as SqlChatBook from "./messaging/SqlChatBook.ts"
export * as SqlLedger from "./messaging/SqlLedger.ts"
export * as SqlSuppression from "./messaging/SqlSuppression.ts"
export * as CallbackTable from "./queues/CallbackTable.ts"
export * as EndpointTable from "./queues/EndpointTable.ts"
export * as InboxTable from "./queues/InboxTable.ts"
export * as Queue from "./queues/Queue.ts"
export * as Archive from "./records/Archive.ts"
export * as ArchiveLive from "./records/ArchiveLive.ts"
export * as EventLog from "./records/EventLog.ts"
export * as EventLogLive from "./records/EventLogLive.ts"
export * as FileTable from "./records/FileTable.ts"
export * as IdMap from "./records/IdMap.ts"
export * as RequestLog from "./requests/RequestLog.ts"
export * as Stores from "./Stores.ts"
