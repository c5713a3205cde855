/**
 * Routing and failover over several carriers.
 *
 * @since 0.1.0
 */
export * as Blame from "./decision/Blame.ts"
export * as Decide from "./decision/Decide.ts"
export * as Decision from "./decision/Decision.ts"
export * as RouterEvent from "./decision/RouterEvent.ts"
export * as Runner from "./delivery/Runner.ts"
export * as Breaker from "./health/Breaker.ts"
export * as Limits from "./health/Limits.ts"
export * as Ledger from "./ledger/Ledger.ts"
export * as LedgerSuite from "./ledger/LedgerSuite.ts"
export * as MemoryLedger from "./ledger/MemoryLedger.ts"
export * as Affinity from "./policy/Affinity.ts"
export * as Policy from "./policy/Policy.ts"
export * as Route from "./policy/Route.ts"
export * as Router from "./Router.ts"
export * as Model from "./simulation/Model.ts"
export * as Simulation from "./simulation/Simulation.ts"
