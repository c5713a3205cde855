/** What operators see: one log line for each failover and each incident, and counters. No number and no text is in any of it. */
import * as AccountNotice from "@interline/core/AccountNotice"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import { guarding, starting } from "../policy/RolloutStore.ts"

const counter = (name: string, description: string) => MetricKey.counter(name, { description, incremental: true })

const attempts = counter("interline_attempts_total", "tries at a carrier, by carrier, line and outcome")
const failovers = counter("interline_failovers_total", "messages that went on to another carrier, by both carriers and the reason")
const concluded = counter("interline_deliveries_total", "deliveries that ended, by outcome")
const refused = counter("interline_refused_sends_total", "deliveries that ended as not sent, by the reason of the last refusal")
const late = counter("interline_late_arrivals_total", "messages that arrived after they were taken for not sent: incidents")
const namedTwice = counter("interline_named_twice_total", "steps of messages for which a carrier gave two names, by carrier: incidents")
const openings = counter("interline_breaker_openings_total", "lines that were put to rest, by carrier and line")
const rests = counter("interline_line_rests_total", "pauses that a carrier asked for, and their early ends, by carrier and line")
const looks = counter("interline_reconciliations_total", "looks for a lost answer, by carrier and finding")
const faults = counter("interline_faults_total", "tries that failed, by carrier, line and reason")
const rollouts = counter(
  "interline_rollout_changes_total",
  "changes of a rollout, by action and by who made them: operator, guardrail or start"
)
const notices = counter(
  "interline_account_notices_total",
  "news of the account for its operator, by carrier, the vendor's word for it (kind) and ours (reason)"
)

type Tags = ReadonlyArray<readonly [string, string]>

const known = new Map<string, Metric.Metric.Counter<number>>()

const noTags: [] = []

/** A tagged metric is built once, by its whole key, and counted without a fiber's help: anything else costs more than the decisions. */
const count = (metric: MetricKey.MetricKey.Counter<number>, tags: Tags, times = 1): void => {
  let name = metric.name
  for (const [, value] of tags) name += `|${value}`
  let tagged = known.get(name)
  if (tagged === undefined) {
    tagged = Metric.fromMetricKey(MetricKey.taggedWithLabels(metric, tags.map(([tag, value]) => MetricLabel.make(tag, value))))
    known.set(name, tagged)
  }
  tagged.unsafeUpdate(times, noTags)
}

/** News of an account, in our words: the vendor's name people and numbers. */
interface Notice {
  readonly carrierId: CarrierId
  readonly kind: string
  readonly what?: AccountNotice.What
  readonly severity: AccountNotice.Severity
  readonly summary: string
  readonly wayOut?: string
  readonly subject?: string
  readonly line?: LineName
  readonly due?: string
}

/** Counts the news and logs it with the way out. */
export const logNotice = ({ carrierId, kind, severity, summary, wayOut, what, ...rest }: Notice): Effect.Effect<void> =>
  Effect.suspend(() => {
    count(notices, [["carrier", carrierId], ["kind", kind], ["reason", what ?? "unknown"]])
    const sentence = wayOut === undefined ? summary : `${summary}; ${wayOut}`
    return Effect.annotateLogs(severity === "warning" ? Effect.logWarning(sentence) : Effect.logInfo(sentence), {
      carrier: carrierId,
      kind,
      ...rest
    })
  })

/** Shows what is an incident from the start as 0. Otherwise Prometheus would see no growth from the first one. */
export const prepare = (carriers: Iterable<CarrierId>): void => {
  for (const carrier of carriers) for (const incident of [late, namedTwice]) count(incident, [["carrier", carrier]], 0)
  for (const action of ["pause", "back"]) count(rollouts, [["action", action], ["by", guarding]], 0)
}

/** Counts at once, and gives what is to be logged, if anything is. */
export const tell = (event: RouterEvent): Effect.Effect<void> | undefined => {
  switch (event._tag) {
    case "Tried":
      count(attempts, [["carrier", event.carrierId], ["line", event.line], ["outcome", event.outcome]])
      if (event.reason !== undefined) count(faults, [["carrier", event.carrierId], ["line", event.line], ["reason", event.reason]])
      return undefined
    case "Concluded":
      count(concluded, [["outcome", event.outcome]])
      if (event.outcome === "not-sent" && event.reason !== undefined) count(refused, [["reason", event.reason]])
      return undefined
    case "FailedOver":
      count(failovers, [["from", event.from], ["to", event.to], ["reason", event.reason ?? "unknown"]])
      return Effect.logWarning(`delivery ${event.deliveryId} goes on from ${event.from} to ${event.to}: ${event.why}`)
    case "LateArrival":
      count(late, [["carrier", event.carrierId]])
      return Effect.logError(
        `delivery ${event.deliveryId} arrived by ${event.carrierId} after it was taken for not sent; if it went on to another carrier, somebody has it twice`
      )
    case "NamedTwice":
      count(namedTwice, [["carrier", event.carrierId]])
      return Effect.logError(
        `delivery ${event.deliveryId} has two messages at ${event.carrierId} for one step: ${MessageRef.format(event.ref)} and ${
          MessageRef.format(event.other)
        }; somebody probably has it twice`
      )
    case "Held":
      return Effect.logWarning(
        `delivery ${event.deliveryId} ${
          event.kept ? "is held" : "ended"
        } without anybody knowing whether ${event.carrierId} sent it: ${event.why}; ${
          event.kept
            ? "it is looked for; if it stays held, look at the carrier and settle it"
            : "look at the carrier before you send it again"
        }`
      )
    case "Reconciled":
      count(looks, [["carrier", event.carrierId], ["finding", event.finding]])
      return undefined
    case "RolloutChanged": {
      const isGuardrail = event.actor === guarding
      count(rollouts, [["action", event.action], ["by", isGuardrail || event.actor === starting ? event.actor : "operator"]])
      const sentence = `the rollout from ${event.from} to ${event.to} is ${event.phase} at a share of ${event.share}: ${event.why}`
      return Effect.annotateLogs(isGuardrail ? Effect.logError(sentence) : Effect.logInfo(sentence), { actor: event.actor })
    }
    case "BreakerOpened":
      count(openings, [["carrier", event.carrierId], ["line", event.line]])
      return Effect.logWarning(
        `line ${event.line} at ${event.carrierId} is not asked until ${new Date(event.until).toISOString()}: ${event.why}`
      )
    case "Limited":
      count(rests, [["carrier", event.carrierId], ["line", event.line]])
      return event.until <= event.at
        ? Effect.logInfo(`line ${event.line} at ${event.carrierId} does not rest any more: ${event.why}`)
        : Effect.logWarning(
          `line ${event.line} at ${event.carrierId} rests until ${new Date(event.until).toISOString()}, but for probes: ${event.why}`
        )
    case "Noticed": {
      const { carrierId, dueAt, line, subject, what } = event
      const due = dueAt === undefined ? undefined : new Date(dueAt).toISOString()
      return logNotice({ carrierId, kind: what, what, ...AccountNotice.meaningOf(what), ...present({ line, subject, due }) })
    }
    default:
      return undefined
  }
}

/** A line that only a person could mend takes messages again. */
export const logMended = ({ carrierId, line }: { readonly carrierId: CarrierId; readonly line: LineName }): Effect.Effect<void> =>
  Effect.logInfo(`line ${line} at ${carrierId} is well again`)

/** What failed: our own error says it without numbers, anything else is a defect. */
export const reasonOf = (cause: Cause.Cause<MessagingError>): string =>
  Option.match(Cause.failureOption(cause), { onNone: () => Defect.placesIn(cause), onSome: ({ message }) => message })
