/** What operators see: one log line for each failover and each incident, and counters. No number and no text is in any of it. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { RouterEvent } from "../RouterEvent.ts"

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const attempts = counter("interline_attempts_total", "tries at a carrier, by carrier, line and outcome")
const failovers = counter("interline_failovers_total", "messages that went on to another carrier, by both carriers")
const concluded = counter("interline_deliveries_total", "deliveries that ended, by outcome")
const late = counter("interline_late_arrivals_total", "messages that arrived after they were taken for not sent: incidents")
const openings = counter("interline_breaker_openings_total", "lines that were put to rest, by carrier and line")
const looks = counter("interline_reconciliations_total", "looks for a lost answer, by carrier and finding")

type Tags = ReadonlyArray<readonly [string, string]>

const known = new Map<string, Metric.Metric.Counter<number>>()

/** A tagged metric is built once: building one costs more than counting. */
const count = (metric: Metric.Metric.Counter<number>, name: string, tags: Tags): Effect.Effect<void> => {
  const key = `${name}|${tags.map(([tag, value]) => `${tag}=${value}`).join("|")}`
  let tagged = known.get(key)
  if (tagged === undefined) {
    tagged = tags.reduce((tagged, [tag, value]) => Metric.tagged(tagged, tag, value), metric)
    known.set(key, tagged)
  }
  return Metric.increment(tagged)
}

export const tell = (event: RouterEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Tried":
      return count(attempts, "attempts", [["carrier", event.carrierId], ["line", event.line], ["outcome", event.outcome]])
    case "Concluded":
      return count(concluded, "concluded", [["outcome", event.outcome]])
    case "FailedOver":
      return Effect.zipRight(
        count(failovers, "failovers", [["from", event.from], ["to", event.to]]),
        Effect.logWarning(`delivery ${event.deliveryId} goes on from ${event.from} to ${event.to}: ${event.why}`)
      )
    case "LateArrival":
      return Effect.zipRight(
        count(late, "late", [["carrier", event.carrierId]]),
        Effect.logError(`delivery ${event.deliveryId} arrived late by ${event.carrierId}: somebody may have got it twice`)
      )
    case "Reconciled":
      return count(looks, "looks", [["carrier", event.carrierId], ["finding", event.finding]])
    case "BreakerOpened":
      return Effect.zipRight(
        count(openings, "openings", [["carrier", event.carrierId], ["line", event.line]]),
        Effect.logWarning(`line ${event.line} at ${event.carrierId} is not asked until ${event.until}: ${event.why}`)
      )
    default:
      return Effect.void
  }
}
