/** The move from one vendor to another. */
export * as RecordedCall from "./calls/RecordedCall.ts"
