/** The move from one vendor to another. */
export * as RecordedCall from "./calls/RecordedCall.ts"
export * as Import from "./import/Import.ts"
export * as ImportReport from "./import/ImportReport.ts"
