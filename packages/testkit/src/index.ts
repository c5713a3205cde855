/** Exports the suite that every carrier must pass, and a server and a tracer that record for tests. */
export * as Conformance from "./Conformance.ts"
export * as Harness from "./Harness.ts"
export * as RecordingServer from "./RecordingServer.ts"
export * as RecordingTracer from "./RecordingTracer.ts"
