/**
 * Interline over HTTP: one neutral API, webhooks in, and both vendors' own wires in front of any carrier.
 *
 * @since 0.1.0
 */
export * as ApiKeys from "./ApiKeys.ts"
export * as Archive from "./Archive.ts"
export * as Callbacks from "./Callbacks.ts"
export * as ChatBookSql from "./ChatBookSql.ts"
export * as Database from "./Database.ts"
export * as Egress from "./Egress.ts"
export * as EventLog from "./EventLog.ts"
export * as Files from "./Files.ts"
export * as Front from "./Front.ts"
export * as GatewayConfig from "./GatewayConfig.ts"
export * as Guard from "./Guard.ts"
export * as IdMap from "./IdMap.ts"
export * as Inbox from "./Inbox.ts"
export * as LedgerSql from "./LedgerSql.ts"
export * as LinqFront from "./LinqFront.ts"
export * as RequestLog from "./RequestLog.ts"
export * as SuppressionSql from "./SuppressionSql.ts"
