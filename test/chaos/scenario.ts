/** A scenario: what goes wrong, and figures with their bars. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Judge from "./judge.ts"
import type * as Stage from "./stage.ts"

/** How long a run is: tests run short ones. */
export interface Length {
  /** Repetitions of what goes wrong. */
  readonly times: number
  /** For what lasts, in seconds. */
  readonly seconds: number
  /** How many times longer than its bar a thing may take. Default: 1. On a machine that is too busy for its bars, a send may also be refused. */
  readonly slack?: number
}

export interface Figure {
  readonly what: string
  readonly value: number
  /** Undefined if the figure is only shown. */
  readonly atMost?: number
  readonly atLeast?: number
}

export interface Report {
  readonly figures: ReadonlyArray<Figure>
  /** Broken promises with their stories. */
  readonly evidence: ReadonlyArray<string>
}

export interface Scenario {
  readonly name: string
  /** What it shows, in one sentence. */
  readonly shows: string
  readonly full: Length
  /** Undefined if no test runs it. */
  readonly short?: Length
  readonly run: (stage: Stage.Stage, length: Length) => Effect.Effect<Report, unknown, Scope.Scope>
}

export const isMissed = ({ atLeast = -Infinity, atMost = Infinity, value }: Figure): boolean => !(value <= atMost && value >= atLeast)

const words: Readonly<Record<Judge.Broken["what"], string>> = {
  copies: "copies too many",
  losses: "answered as sent, and on no phone",
  falseNotSent: "answered as not sent, and on a phone",
  outOfOrder: "out of order",
  overlaps: "two of one conversation at once",
  open: "keyed, and no true answer"
}

const kinds = ["copies", "losses", "falseNotSent", "outOfOrder", "overlaps", "open"] as const

/** The figures of verdicts together. `shown` are promises that this scenario does not make: they are shown without a bar. */
export const verdicts = (all: ReadonlyArray<Judge.Verdict>, shown: ReadonlyArray<Judge.Broken["what"]> = []): ReadonlyArray<Figure> => {
  const sum = (of: (verdict: Judge.Verdict) => number) => all.reduce((total, verdict) => total + of(verdict), 0)
  return [
    { what: "sends", value: sum(({ sends }) => sends) },
    { what: "answered as sent", value: sum(({ sent }) => sent), atLeast: 1 },
    { what: "answered as not sent", value: sum(({ notSent }) => notSent) },
    { what: "held at last, and on no phone", value: sum(({ held }) => held) },
    { what: "without a key, and not known", value: sum(({ unknown }) => unknown) },
    ...kinds.map((kind) => ({
      what: words[kind],
      value: sum(({ counts }) => counts[kind]),
      ...(shown.includes(kind) ? {} : { atMost: 0 })
    })),
    { what: "longest answer, s", value: Math.max(...all.map(({ slowest }) => slowest)) / 1000 }
  ]
}

export const evidence = (all: ReadonlyArray<Judge.Verdict>): ReadonlyArray<string> =>
  all.flatMap(({ broken }) => broken.map(({ story, what }) => `${words[what]}: ${story}`))
