/** Compares values without a test framework. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LedgerService } from "../Ledger.ts"

/** The difference between a ledger's answer and its promise. */
export interface Mismatch {
  readonly what: string
  readonly actual: string
  readonly expected: string
}

export interface Case {
  readonly name: string
  readonly run: (ledger: LedgerService) => Effect.Effect<void, Mismatch>
}

const sorted = (value: unknown): unknown =>
  Option.isOption(value)
    ? Option.match(value, { onNone: () => "none", onSome: (some) => ({ some: sorted(some) }) })
    : Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => left < right ? -1 : 1).map(([key, field]) => [key, sorted(field)]))
    : value

// JSON leaves out fields that are undefined, as a store may
const canonical = (value: unknown): string => JSON.stringify(sorted(value)) ?? "undefined"

/** Fails unless two values are equal as data, whatever the order of their fields. */
export const same = (what: string, actual: unknown, expected: unknown): Effect.Effect<void, Mismatch> =>
  Effect.suspend(() => {
    const [got, wanted] = [canonical(actual), canonical(expected)]
    return got === wanted ? Effect.void : Effect.fail({ what, actual: got, expected: wanted })
  })

/** Runs a hundred effects at once. */
export const crowd = <A>(one: (index: number) => Effect.Effect<A>): Effect.Effect<ReadonlyArray<A>> =>
  Effect.forEach(Array.from({ length: 100 }, (_, index) => index), one, { concurrency: "unbounded" })
