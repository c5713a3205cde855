/**
 * What every ledger must do, as tests that need no test framework. Register each case under its name, with a ledger of its own
 * that is empty: `cases.map(({ name, run }) => it(name, () => run(freshLedger)))`.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { LedgerService } from "./Ledger.ts"
import * as Claims from "./suite/claims.ts"
import * as Contacts from "./suite/contacts.ts"
import * as Deliveries from "./suite/deliveries.ts"

/**
 * A ledger broke a promise: in which case, what was looked at, what it gave and what it should have given.
 *
 * @category errors
 */
export class LedgerSuiteFailure
  extends Schema.TaggedError<LedgerSuiteFailure>("@interline/router/LedgerSuiteFailure")("LedgerSuiteFailure", {
    case: Schema.String,
    what: Schema.String,
    actual: Schema.String,
    expected: Schema.String
  })
{
  override get message(): string {
    return `${this.case}: ${this.what}: expected ${this.expected}, got ${this.actual}`
  }
}

/**
 * One promise of a ledger.
 *
 * @category models
 */
export interface LedgerCase {
  /** The promise in words. */
  readonly name: string
  /**
   * Checks the promise. Wants an empty ledger that nobody else uses, and times of its own: it gives epoch
   * milliseconds near 0.
   */
  readonly run: (ledger: LedgerService) => Effect.Effect<void, LedgerSuiteFailure>
}

/**
 * Every promise of `LedgerService`.
 *
 * @category constructors
 */
export const cases: ReadonlyArray<LedgerCase> = [
  ...Claims.claims,
  ...Deliveries.entries,
  ...Deliveries.unsettled,
  ...Claims.bindings,
  ...Contacts.contacts
].map(({ name, run }) => ({
  name,
  run: (ledger) => Effect.mapError(run(ledger), (mismatch) => new LedgerSuiteFailure({ case: name, ...mismatch }))
}))
