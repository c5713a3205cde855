/** What `interline doctor` found: how bad it is, and what to do. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Table from "../print/table.ts"

/** `note`: it is as it should be. `warning`: it works, and something will be missing. `error`: it does not work. */
export type Severity = "note" | "warning" | "error"

export type Area = "versions" | "environment" | "configuration" | "database" | "credentials" | "lines" | "webhooks" | "clocks" | "gateway"

export interface Finding {
  readonly area: Area
  readonly severity: Severity
  readonly says: string
  /** What to do. Notes need none. */
  readonly wayOut?: string
}

export const note = (area: Area, says: string): Finding => ({ area, severity: "note", says })

export const warning = (area: Area, says: string, wayOut: string): Finding => ({ area, severity: "warning", says, wayOut })

export const error = (area: Area, says: string, wayOut: string): Finding => ({ area, severity: "error", says, wayOut })

/** Whether it does not work. */
export const isWrong = ({ severity }: Finding): boolean => severity === "error"

const countOf = (count: number, one: string, many: string): string => `${count === 1 ? "one" : count} ${count === 1 ? one : many}`

/** How much was found, in a few words. */
export const toSummary = (findings: ReadonlyArray<Finding>): string => {
  const wrong = findings.filter(isWrong).length
  const warnings = findings.filter(({ severity }) => severity === "warning").length
  const counts = [
    ...(wrong === 0 ? [] : [countOf(wrong, "thing is wrong", "things are wrong")]),
    ...(warnings === 0 ? [] : [countOf(warnings, "warning", "warnings")])
  ]
  return counts.length === 0 ? "nothing is wrong" : counts.join(", ")
}

export type Findings<R = never> = Effect.Effect<ReadonlyArray<Finding>, never, R>

/** Ends when a check has taken too long. `what` is the check, and `most` is how long it may take. */
export class Patience extends Context.Reference<Patience>()("@interline/cli/internal/Patience", {
  defaultValue: () => (_what: string, most: Duration.DurationInput): Effect.Effect<void> => Effect.sleep(most)
}) {}

/** Runs a check that must not end the others: one that fails is a finding of its own. */
export const caught = <E, R>(area: Area, what: string, check: Effect.Effect<ReadonlyArray<Finding>, E, R>): Findings<R> =>
  Effect.catchAllCause(
    check,
    () => Effect.succeed([error(area, `${what} failed for a reason that is not known`, "try again with --log-level debug")])
  )

/** Runs a check that must not end the others: one that fails or takes too long is a finding of its own. */
export const guarded = <E, R>(area: Area, what: string, check: Effect.Effect<ReadonlyArray<Finding>, E, R>): Findings<R> =>
  caught(
    area,
    what,
    Effect.flatMap(Patience, (wait) =>
      Effect.raceFirst(
        Effect.disconnect(check),
        Effect.as(wait(what, "20 seconds"), [
          error(area, `${what} took longer than 20 seconds`, "look at the network between here and there, and try again")
        ])
      ))
  )

/** Webhooks at a carrier that lead elsewhere: other programs may use the account, and their webhooks are not judged. */
export const ofOthers = (carrierId: string, count: number): ReadonlyArray<Finding> =>
  count === 0
    ? []
    : [note("webhooks", `${count === 1 ? "one webhook" : `${count} webhooks`} at ${carrierId} ${count === 1 ? "leads" : "lead"} elsewhere`)]

/** Checks that run at the same time, with their findings in order. */
export const all = <R>(checks: Iterable<Findings<R>>): Findings<R> =>
  Effect.map(Effect.all(checks, { concurrency: "unbounded" }), (found) => found.flat())

const marks = { note: "ok", warning: "warning", error: "ERROR" } as const

/** The findings as a page, in their order. */
export const toPage = (findings: ReadonlyArray<Finding>): string => {
  const summary = toSummary(findings)
  return [
    ...findings.flatMap(({ area, says, severity, wayOut }) => [
      `${marks[severity].padEnd(8)} ${area.padEnd(14)} ${Table.toLine(says)}`,
      ...(wayOut === undefined ? [] : [`${" ".repeat(24)}${Table.toLine(wayOut)}`])
    ]),
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
  ].join("\n")
}
