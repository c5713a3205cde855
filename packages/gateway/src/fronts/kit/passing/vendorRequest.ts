/** Makes one request to a vendor's account for a program, and reads the answer that goes back to the program. */
import * as HttpBody from "@effect/platform/HttpBody"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as MessagingError from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import * as Transport from "@interline/core/Transport"
import type { Access } from "@interline/core/Vendor"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Metrics from "../../../server/Metrics.ts"
import * as Clearance from "./clearance.ts"
import type { Account, Asked, Parts, Passed } from "./PassThroughService.ts"
import * as Uncarried from "./uncarried.ts"

/** The time for a whole request, to the last byte of the answer. */
const timeout = Duration.seconds(30)

/** The longest answer that is passed back, in characters. */
const longest = 4 * 1024 * 1024

/** How many requests are passed on at a time. It bounds the memory for their answers. */
const atOnce = 16

// The nearest operations. What is passed on has none of its own.
const operationOf = ({ method }: Pick<Asked, "method">) => method === "GET" ? "getMessage" : "send"

/** The headers of an answer that go back. Every other one is left out: cookies, credentials, and what belongs to the connection. */
const isPassedBack = (name: string): boolean =>
  name === "content-type" || name === "retry-after" || name === "x-trace-id" || name === "x-request-id" ||
  name.startsWith("ratelimit") || name.startsWith("x-ratelimit") || name.startsWith("x-rate-limit")

const isText = (type: string | undefined): boolean =>
  type === undefined || /^(?:text\/|application\/(?:[\w.+-]+\+)?json\b)/i.test(type.trim())

/** Whether the vendor certainly did nothing. After 408 and 5xx it may have done it. */
const isRefused = (status: number): boolean => status >= 400 && status < 500 && status !== 408

const toPassed = (
  { method }: Asked,
  { headers, status, text }: Transport.Reply,
  carrierId: CarrierId
): Effect.Effect<Passed, MessagingError.MessagingError> => {
  const refuse = (reason: "Authentication" | "BadResponse", detail: string) =>
    Effect.fail(MessagingError.make(reason, { carrierId, operation: operationOf({ method }), status, detail }))
  // The credentials are the gateway's. The program is not at fault.
  if (status === 401) return refuse("Authentication", "the vendor refused the credentials of the gateway")
  if (status >= 300 && status < 400) return refuse("BadResponse", "the vendor answered with a redirect, and redirects are not followed")
  if (!isText(headers["content-type"])) return refuse("BadResponse", "the vendor answered with something that is no text")
  if (text.length > longest || text.includes("\0")) return refuse("BadResponse", "the vendor's answer is too long, or holds a NUL")
  const kept = Record.filterMap(headers, (value, name) => isPassedBack(name) ? Option.fromNullable(value) : Option.none())
  return Effect.succeed({
    reply: {
      status,
      headers: {
        ...kept,
        "interline-answered-by": carrierId,
        ...(method !== "GET" && status >= 400 && !isRefused(status) ? { "interline-outcome": "unknown" } : {})
      },
      body: text
    },
    effect: isRefused(status) ? "none" : "done"
  })
}

const countersOf = (carrierId: CarrierId, group: string) => (result: "answered" | "refused" | "not-sent" | "unknown") =>
  Metric.increment(
    Metric.taggedWithLabels(Metrics.passed, [
      MetricLabel.make("carrier", carrierId),
      MetricLabel.make("group", group),
      MetricLabel.make("result", result)
    ])
  )

const crowded = (asked: Asked, carrierId: CarrierId) =>
  MessagingError.make("RateLimited", {
    carrierId,
    operation: operationOf(asked),
    certainty: "not-sent",
    retryAfter: Duration.seconds(1),
    detail: `more than ${atOnce} requests are passed on at a time`
  })

export const make = (parts: Parts) =>
  Effect.map(
    Effect.makeSemaphore(atOnce),
    (semaphore) => (carrierId: CarrierId, { baseUrl, credentials, errorOf }: Access): Account["ask"] => {
      const transport = Transport.make({
        carrierId,
        client: parts.client,
        baseUrl,
        headers: { accept: "application/json", ...Record.map(credentials, Redacted.value) },
        timeout: () => timeout
      })

      const { outboundHttp } = parts
      const clear = Clearance.make(carrierId, parts)

      /** If the vendor refuses because the one person opted out, the list gets it. So it counts at every other carrier, too. */
      const learn = (conversation: Conversation.Conversation, reply: Transport.Reply): Effect.Effect<void> => {
        const [only, ...others] = Conversation.recipients(conversation)
        return only === undefined || others.length > 0
          ? Effect.void
          : Effect.catchAll(
            errorOf(carrierId, reply),
            ({ reason }) => reason === "OptedOut" ? parts.suppression.add(only, "error", carrierId) : Effect.void
          )
      }

      const checkAddresses = (asked: Asked): Effect.Effect<void, MessagingError.MessagingError> =>
        Effect.forEach(Uncarried.findAddresses(asked), (url) =>
          Effect.mapError(
            outboundHttp.check(url),
            ({ why }) => MessagingError.invalid(operationOf(asked), [Problem.make("url", ["body"], why)], carrierId)
          ), { discard: true })

      return (asked, reaching) => {
        const { body, contentType, endpoint, group, method, path } = asked
        const count = countersOf(carrierId, group)
        const said = { carrier: carrierId, endpoint: `${method} ${endpoint}` }
        const call: Transport.Call = {
          operation: operationOf(asked),
          method,
          path,
          ...(body === "" ? {} : { body: HttpBody.text(body, contentType ?? "application/json") })
        }
        const request = Effect.flatMap(
          reaching === undefined
            ? transport(call)
            : Effect.tap(Effect.zipRight(clear(reaching), transport(call)), (reply) => learn(reaching, reply)),
          (reply) => toPassed(asked, reply, carrierId)
        )
        return checkAddresses(asked).pipe(
          Effect.zipRight(semaphore.withPermitsIfAvailable(1)(request)),
          Effect.flatMap(Option.match({ onNone: () => Effect.fail(crowded(asked, carrierId)), onSome: Effect.succeed })),
          Effect.tapBoth({
            onSuccess: ({ effect, reply: { status } }) =>
              Effect.zipRight(
                count(effect === "none" ? "refused" : status >= 500 ? "unknown" : "answered"),
                Effect.annotateLogs(Effect.logDebug("a request was passed on to the vendor"), { ...said, status })
              ),
            onFailure: ({ certainty, reason }) =>
              Effect.zipRight(
                count(certainty === "not-sent" ? "not-sent" : "unknown"),
                Effect.annotateLogs(Effect.logWarning("a request that is passed on got no answer of the vendor"), { ...said, reason })
              )
          }),
          Effect.withSpan("PassThrough.ask", { attributes: said })
        )
      }
    }
  )
