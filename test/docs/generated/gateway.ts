/** docs/gateway.md: the API's requests, its problems, and what is counted. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Api from "@interline/gateway/Api"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import { code, read, table } from "../markdown.ts"

const methods = ["get", "post", "put", "patch", "delete"] as const

const document = OpenApi.fromApi(Api.GatewayApi)

/** Every request of the API in the order of its declaration, group by group. */
export const requests = (): string =>
  document.tags.map(({ name: group }) => {
    const rows = Object.entries(document.paths).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const operation = item[method]
        return operation?.tags?.includes(group) === true ? [[code(`${method.toUpperCase()} ${path}`), operation.summary ?? ""]] : []
      })
    )
    return `**${group}**\n\n${table(["Request", "Does"], rows)}`
  }).join("\n\n")

const word = (type: string): string => type.replace("urn:interline:problem:", "")

const descriptionOf = (status: ProblemDetails.Status): string => ProblemDetails.descriptions[status]

/** The word of a carrier's reason, as problems name it. */
const reasonWord = (reason: string): string => reason.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()

/** Each status with its meaning and the kinds of problems that have it. */
export const problems = (): string => {
  const kinds = ProblemDetails.Kind.literals.map((kind) => ProblemDetails.make(kind)).map(({ status, type }) =>
    [status, word(type)] as const
  )
  const reasons = Object.entries(ProblemDetails.statuses).map(([reason, status]) => [status, reasonWord(reason)] as const)
  return table(
    ["Status", "Means", "Kinds"],
    ProblemDetails.Status.literals.map((status) => [
      String(status),
      descriptionOf(status),
      Array.from(new Set([...kinds, ...reasons].filter(([one]) => one === status).map(([, kind]) => code(kind)))).join(", ")
    ])
  )
}

/** The labels of each metric. */
export const labels: Readonly<Record<string, ReadonlyArray<string>>> = {
  interline_http_requests_total: ["method", "route", "status"],
  interline_http_request_duration_seconds: ["method", "route"],
  interline_sends_total: ["outcome"],
  interline_router_events_total: ["event"],
  interline_router_events_lost_total: [],
  interline_webhooks_total: ["carrier", "result"],
  interline_inbox_depth: [],
  interline_inbox_failures: [],
  interline_callbacks_waiting: [],
  interline_callbacks_dead: [],
  interline_queue_oldest_due_seconds: ["queue"],
  interline_queue_paused: ["queue"],
  interline_passed_requests_total: ["carrier", "group", "result"],
  interline_shadow_sends_total: ["result"],
  interline_shadow_differences_total: ["kind"],
  interline_callbacks_total: ["dialect", "result"],
  interline_webhook_last_timestamp_seconds: ["carrier"],
  interline_line_open: ["carrier", "line"],
  interline_line_resting: ["carrier", "line"],
  interline_line_new_contacts: ["carrier", "line", "span"],
  interline_line_resting_for_new: ["carrier", "line"],
  interline_line_usage_left: ["carrier", "line", "span"],
  interline_line_usage_limit: ["carrier", "line", "span"],
  interline_line_usage_used: ["carrier", "line", "span"],
  interline_held_deliveries: [],
  interline_line_faulty: ["carrier", "line"],
  interline_faults_total: ["carrier", "line", "reason"],
  interline_attempts_total: ["carrier", "line", "outcome"],
  interline_failovers_total: ["from", "to", "reason"],
  interline_refused_sends_total: ["reason"],
  interline_held_oldest_seconds: [],
  interline_credentials_valid: ["carrier"],
  interline_subscriptions_right: ["carrier"],
  interline_deliveries_total: ["outcome"],
  interline_named_twice_total: ["carrier"],
  interline_line_rests_total: ["carrier", "line"],
  interline_event_stream_age_seconds: ["carrier"],
  interline_catch_up_behind_seconds: ["carrier"],
  interline_catch_up_ended_timestamp_seconds: ["carrier"],
  interline_catch_up_failures_total: ["carrier"],
  interline_cluster_shards: [],
  interline_cluster_shards_taken: [],
  interline_cluster_deliveries_taken_up: [],
  interline_cluster_processes_differing: [],
  interline_late_arrivals_total: ["carrier"],
  interline_breaker_openings_total: ["carrier", "line"],
  interline_reconciliations_total: ["carrier", "finding"],
  interline_account_notices_total: ["carrier", "kind", "reason"],
  interline_rollout_changes_total: ["action", "by"]
}

/** What is counted, as the sources name it. */
export const metrics = (): string => {
  const named = ["packages/gateway/src/server/Metrics.ts", "packages/router/src/service/telemetry.ts"].flatMap((path) =>
    Array.from(read(path).matchAll(/"(interline_\w+)",[^"]*"([^"]+)"/g), ([, name = "", says = ""]) => [name, says] as const)
  )
  const unknown = Object.keys(labels).filter((name) => !named.some(([known]) => known === name))
  if (unknown.length > 0) throw new Error(`nothing counts ${unknown.join(", ")}`)
  return table(
    ["Metric", "Labels", "Counts"],
    named.map(([name, says]) => {
      const own = labels[name]
      if (own === undefined) throw new Error(`${name} needs its labels`)
      return [code(name), own.map(code).join(", "), says]
    })
  )
}
