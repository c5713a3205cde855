/** One webhook, from its bytes to its answer. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { CarrierId } from "@interline/core/CarrierId"
import * as CarrierIds from "@interline/core/CarrierId"
import type { WebhookError, WebhookReceiver } from "@interline/core/WebhookReceiver"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Schema from "effect/Schema"
import type { InboxService } from "../Inbox.ts"
import type { Options } from "../Ingress.ts"
import * as Metrics from "../Metrics.ts"
import * as Bodies from "./body.ts"

type Response = HttpServerResponse.HttpServerResponse

// the kinds that are not a `WebhookError`'s
const titles = {
  unsigned: "the webhook is not signed",
  signature: "the webhook's signature is not right",
  age: "the webhook was signed too long ago, or in the future",
  size: "the webhook's body is too large",
  body: "the webhook's body cannot be read",
  slow: "the webhook's body did not come in time",
  nobody: "no carrier receives webhooks there",
  unwritten: "the webhook could not be written down; send it again"
} as const

const problem = (kind: keyof typeof titles, status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  HttpServerResponse.text(JSON.stringify({ type: `urn:interline:problem:webhook-${kind}`, title: titles[kind], status }), {
    status,
    contentType: "application/problem+json",
    headers: { "cache-control": "no-store", ...headers }
  })

// what is left of a body that nobody reads must not be taken for the next request
const closing = { connection: "close" }

const isCarrierId = Schema.is(CarrierIds.CarrierId)

export const make = (receivers: ReadonlyMap<CarrierId, WebhookReceiver>, inbox: InboxService, options: Options) => {
  const limit = options.maxBodyBytes ?? 1_048_576
  const bodyWithin = Duration.decode(options.bodyWithin ?? "10 seconds")

  const counted = (carrierId: CarrierId, result: string): Effect.Effect<void> =>
    Metric.increment(Metric.taggedWithLabels(Metrics.webhooks, [MetricLabel.make("carrier", carrierId), MetricLabel.make("result", result)]))

  const refused = (carrierId: CarrierId, fault: keyof typeof titles): Effect.Effect<void> =>
    Effect.zipRight(
      counted(carrierId, fault),
      Effect.annotateLogs(Effect.logWarning("a webhook was refused"), { carrier: carrierId, fault })
    )

  // what a defect says may quote the call
  const unwritten = (carrierId: CarrierId) => (cause: Cause.Cause<never>): Effect.Effect<Response> =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause)
      : Effect.as(refused(carrierId, "unwritten"), problem("unwritten", 503, { "retry-after": "5" }))

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Response, never, HttpLayerRouter.RouteContext> =>
    Effect.flatMap(HttpLayerRouter.params, ({ carrierId }) => {
      const receiver = carrierId !== undefined && isCarrierId(carrierId) ? receivers.get(carrierId) : undefined
      if (receiver === undefined) return Effect.succeed(problem("nobody", 404, closing))
      const { carrierId: id } = receiver
      return Bodies.read(request, limit, bodyWithin).pipe(
        Effect.flatMap((body) => receiver.receive({ headers: request.headers, body, url: request.url })),
        Effect.flatMap((events) => events.length === 0 ? Effect.void : inbox.put(events)),
        Effect.zipRight(counted(id, "taken")),
        Effect.as(HttpServerResponse.empty({ status: 200 })),
        Effect.catchAll((failure: Bodies.Unread | WebhookError) => {
          const [fault, status] = typeof failure !== "string"
            ? [failure.fault, failure.status] as const
            : failure === "slow"
            // Linq never repeats what a 4xx refused, and somebody else's slow line is no fault of the event
            ? ["slow", 503] as const
            : failure === "size"
            ? ["size", 413] as const
            : ["body", 400] as const
          return Effect.as(refused(id, fault), problem(fault, status, typeof failure === "string" ? closing : {}))
        }),
        Effect.catchAllCause(unwritten(id))
      )
    })
}
