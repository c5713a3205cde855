/** Exports the parts of the `interline` command for programs that run the demo or a gateway themselves. */
export * as Demo from "./Demo.ts"
export * as MigrateCompare from "./MigrateCompare.ts"
export * as MigrateImport from "./MigrateImport.ts"
export * as MigrateReport from "./MigrateReport.ts"
export * as Rehearse from "./rehearsal/Rehearse.ts"
export * as Rollout from "./Rollout.ts"
export * as Serve from "./Serve.ts"
