/** The move from one vendor to another. */
export * as CallReader from "./calls/CallReader.ts"
export * as RecordedCall from "./calls/RecordedCall.ts"
export * as Import from "./import/Import.ts"
export * as ImportReport from "./import/ImportReport.ts"
export * as Kind from "./report/Kind.ts"
export * as Report from "./report/Report.ts"
export * as Summary from "./report/Summary.ts"
export * as Translator from "./translate/Translator.ts"
