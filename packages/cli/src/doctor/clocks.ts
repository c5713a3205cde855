/** Compares the clock of this machine with those of others, by the Date header of an answer. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Finding from "./finding.ts"

// the header has whole seconds, and signatures are refused beyond minutes
const mostSeconds = 30

/** What an answer that came between two moments says of our clock. */
export const judge = (
  whose: string,
  date: string | undefined,
  between: readonly [from: number, to: number]
): ReadonlyArray<Finding.Finding> => {
  const theirs = date === undefined ? Number.NaN : Date.parse(date)
  if (Number.isNaN(theirs)) return []
  const [from, to] = between
  // the moment between the two that is nearest to theirs
  const ours = Math.min(Math.max(theirs, from), to)
  const seconds = Math.round((ours - theirs) / 1_000)
  return Math.abs(seconds) <= mostSeconds
    ? [Finding.note("clocks", `this clock and that of ${whose} agree to ${Math.max(1, Math.abs(seconds))} s`)]
    : [
      Finding.error(
        "clocks",
        `this clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} that of ${whose}`,
        "let the machine follow a time server (NTP): signatures are refused when clocks differ by minutes"
      )
    ]
}

/** Asks an address, and compares the clocks. `onAnswer` adds what else the answer says. */
export const ask = (
  whose: string,
  url: string,
  onAnswer: (status: number, body: string) => ReadonlyArray<Finding.Finding> = () => []
): Effect.Effect<Option.Option<ReadonlyArray<Finding.Finding>>, never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const client = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
    const from = yield* Clock.currentTimeMillis
    const response = yield* client.get(url)
    const body = yield* response.text
    const to = yield* Clock.currentTimeMillis
    return [...onAnswer(response.status, body), ...judge(whose, response.headers["date"], [from, to])]
  }).pipe(Effect.timeout("10 seconds"), Effect.option)
