/**
 * Tests what every ledger must do. The tests need no test framework. Register each case under its name, and give each case its own
 * empty ledger: `cases.map(({ name, run }) => it(name, () => run(freshLedger)))`.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { LedgerService } from "./Ledger.ts"
import * as Absences from "./suite/absences.ts"
import * as Claims from "./suite/claims.ts"
import * as Contacts from "./suite/contacts.ts"
import * as Deliveries from "./suite/deliveries.ts"
import * as Shards from "./suite/shards.ts"

/**
 * A ledger broke a promise. The error has the case, the checked value, the ledger's answer and the right answer.
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
   * Checks the promise. The ledger must be empty, and nothing else may use it. The case gives its own times, in epoch milliseconds
   * near 0.
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
  ...Shards.shards,
  ...Absences.absences,
  ...Claims.bindings,
  ...Contacts.contacts
].map(({ name, run }) => ({
  name,
  run: (ledger) => Effect.mapError(run(ledger), (mismatch) => new LedgerSuiteFailure({ case: name, ...mismatch }))
}))
