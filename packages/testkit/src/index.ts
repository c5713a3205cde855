/**
 * The conformance suite that every Interline carrier must pass.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.ts"
export * as Harness from "./Harness.ts"
