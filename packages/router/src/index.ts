/**
 * Routing and failover over several carriers.
 *
 * @since 0.1.0
 */
export * as Affinity from "./Affinity.ts"
export * as Blame from "./Blame.ts"
export * as Breaker from "./Breaker.ts"
export * as Decision from "./Decision.ts"
export * as Ledger from "./Ledger.ts"
export * as LedgerMemory from "./LedgerMemory.ts"
export * as LedgerSuite from "./LedgerSuite.ts"
export * as Limits from "./Limits.ts"
export * as Policy from "./Policy.ts"
export * as Route from "./Route.ts"
export * as Router from "./Router.ts"
export * as RouterEvent from "./RouterEvent.ts"
export * as Simulation from "./Simulation.ts"
