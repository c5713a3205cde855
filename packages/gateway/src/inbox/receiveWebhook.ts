/** One webhook, from its bytes to its answer. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { CarrierId } from "@interline/core/CarrierId"
import type { WebhookError, WebhookReceiver } from "@interline/core/WebhookReceiver"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Body from "../http/body.ts"
import * as Budget from "../http/budget.ts"
import * as Coding from "../http/coding.ts"
import * as Methods from "../server/methods.ts"
import * as Metrics from "../server/Metrics.ts"
import * as Target from "../server/target.ts"
import type { InboxService } from "./Inbox.ts"
import type { Configured, Options } from "./WebhookRoutes.ts"

type Response = HttpServerResponse.HttpServerResponse

// one for each fault of a `WebhookError`, and for what is refused before or after the receiver
const titles = {
  unsigned: "the webhook is not signed",
  signature: "the webhook's signature is not right",
  age: "the webhook was signed too long ago, or in the future",
  size: "the webhook's body is too large",
  body: "the webhook's body cannot be read",
  slow: "the webhook's body did not come in time",
  coding: "the webhook's content-encoding cannot be undone",
  crowded: "too many bodies are on their way; send it again",
  nobody: "no carrier receives webhooks there",
  secret: "the secret of this carrier's webhooks is not set; send it again later",
  unwritten: "the webhook could not be written down; send it again"
} as const

interface Words {
  readonly headers?: Readonly<Record<string, string>>
  readonly detail?: string
}

const problem = (kind: keyof typeof titles, status: number, { detail, headers = {} }: Words = {}): Response =>
  HttpServerResponse.text(
    JSON.stringify({
      type: `urn:interline:problem:webhook-${kind}`,
      title: titles[kind],
      status,
      ...(detail === undefined ? {} : { detail })
    }),
    {
      status,
      contentType: "application/problem+json",
      headers: { "cache-control": "no-store", ...headers }
    }
  )

// what is left of a body that nobody reads must not be taken for the next request
const closing = { connection: "close" }

/** What a webhook gets whose body is not there. */
const unread = {
  // Linq never repeats what a 4xx refused, and somebody else's slow line is no fault of the event
  slow: problem("slow", 503, { headers: closing }),
  crowded: problem("crowded", 503, { headers: { ...closing, "retry-after": "5" } }),
  size: problem("size", 413, { headers: closing }),
  body: problem("body", 400, { headers: closing }),
  coding: problem("coding", 415, {
    headers: { ...closing, "accept-encoding": Coding.accepted },
    detail: `a content-encoding may be ${Coding.accepted}`
  })
} as const satisfies Record<Body.Unread, Response>

// --- addresses ---

/** The one of some that a test singles out. */
const only = <A>(some: ReadonlyArray<A>, test: (one: A) => boolean): A | undefined => {
  const [found, another] = some.filter(test)
  return another === undefined ? found : undefined
}

/** Whom an address means: a carrier by its id, in any case; the only one of a vendor by the vendor's name; the only one there is by no name. */
const meant = (carriers: ReadonlyArray<Configured>, [name, ...more]: ReadonlyArray<string>): Configured | undefined => {
  if (more.length > 0) return undefined
  const word = name?.toLowerCase()
  return word === undefined
    ? only(carriers, () => true)
    : carriers.find(({ id }) => id === word) ?? only(carriers, ({ vendor }) => vendor === word)
}

// each is said once, and strangers must not fill memory or the log
const mostSpellings = 100
const longestSpelling = 80

// strangers can be refused as often as they like
const sayEvery = Duration.toMillis("1 minute")

/** An address as it may be logged: a number in it may be somebody's, and a word somebody's secret. */
const spelled = (request: HttpServerRequest.HttpServerRequest): string =>
  (request.originalUrl.split("?", 1)[0] ?? "").replace(/^https?:\/\/[^/]*/i, "").replace(/[^A-Za-z/_.%-]/g, "#").slice(0, longestSpelling)

export const make = (receivers: ReadonlyMap<CarrierId, WebhookReceiver>, inbox: InboxService, options: Options) => {
  const limit = options.maxBodyBytes ?? 1_048_576
  const bodyWithin = Duration.decode(options.bodyWithin ?? "10 seconds")

  const carriers: ReadonlyArray<Configured> = options.carriers ??
    Array.from(receivers.keys(), (id): Configured => ({ id, vendor: id, secretVariable: "" }))
  const addresses = carriers.length === 0
    ? "no carrier is configured"
    : `webhooks are taken at ${carriers.map(({ id }) => `/webhooks/${id}`).join(", ")}`
  const warned = new Set<string>()
  const budget = Budget.make(options.maxHeldBytes ?? 33_554_432)

  const counted = (carrierId: CarrierId | "none", result: string): Effect.Effect<void> =>
    Metric.increment(
      Metric.taggedWithLabels(Metrics.webhooks, [MetricLabel.make("carrier", carrierId), MetricLabel.make("result", result)])
    )

  const said = new Map<string, { readonly at: number; unsaid: number }>()

  /** Counts each, and says the first of its kind in a minute, with how many there were since the one before that was said. */
  const refused = (carrierId: CarrierId, fault: keyof typeof titles, sentence = "a webhook was refused"): Effect.Effect<void> =>
    Effect.zipRight(
      counted(carrierId, fault),
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const kind = `${carrierId} ${fault}`
        const before = said.get(kind)
        if (before !== undefined && Math.abs(at - before.at) < sayEvery) {
          before.unsaid++
          return Effect.void
        }
        said.set(kind, { at, unsaid: 0 })
        const unsaid = before?.unsaid ?? 0
        return Effect.annotateLogs(Effect.logWarning(sentence), { carrier: carrierId, fault, ...(unsaid === 0 ? {} : { unsaid }) })
      })
    )

  // what a defect says may quote the call
  const unwritten = (carrierId: CarrierId) => (cause: Cause.Cause<never>): Effect.Effect<Response> =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause)
      : Effect.as(refused(carrierId, "unwritten"), problem("unwritten", 503, { headers: { "retry-after": "5" } }))

  /** What people say vanishes there, and most vendors do not repeat what was refused with a 4xx. */
  const astray = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Response> =>
    Effect.suspend(() => {
      const answer = Effect.as(counted("none", "unknown"), problem("nobody", 404, { headers: closing, detail: addresses }))
      const address = spelled(request)
      if (warned.has(address) || warned.size >= mostSpellings) return answer
      warned.add(address)
      return Effect.zipRight(
        Effect.annotateLogs(Effect.logWarning(`a webhook came to an address that is no carrier's; ${addresses}`), { address }),
        answer
      )
    })

  const without = ({ id, secretVariable }: Configured): Effect.Effect<Response> =>
    Effect.as(
      refused(id, "secret", `a webhook was refused: ${secretVariable} is not set`),
      problem("secret", 503, { headers: { ...closing, "retry-after": "60" }, detail: `${secretVariable} is not set` })
    )

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Response> => {
    const carrier = meant(carriers, Target.webhook(request.url) ?? [])
    const isPost = request.method === "POST"
    if (carrier === undefined) {
      return isPost
        ? astray(request)
        : Effect.succeed(problem("nobody", 404, { headers: closing, detail: addresses }))
    }
    if (!isPost) return Effect.succeed(Methods.refusal(["POST"]))
    const receiver = receivers.get(carrier.id)
    if (receiver === undefined) return without(carrier)
    const { id } = carrier
    return Body.read(request, limit, bodyWithin, { unpack: true, budget }).pipe(
      Effect.flatMap((body) => receiver.receive({ headers: request.headers, body, url: request.url })),
      Effect.flatMap((events) => events.length === 0 ? Effect.void : inbox.put(events)),
      Effect.zipRight(counted(id, "taken")),
      Effect.as(HttpServerResponse.empty({ status: 200 })),
      Effect.catchAll((failure: Body.Unread | WebhookError) => {
        if (typeof failure === "string") return Effect.as(refused(id, failure), unread[failure])
        return Effect.as(refused(id, failure.fault), problem(failure.fault, failure.status))
      }),
      Effect.catchAllCause(unwritten(id))
    )
  }
}
