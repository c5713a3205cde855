/**
 * Webhooks in: `POST /webhooks/{carrierId}` takes what a carrier reports and answers when it is written down. Any spelling of the address
 * that can only mean one carrier is taken.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { CarrierId } from "@interline/core/CarrierId"
import type { WebhookError, WebhookReceiver } from "@interline/core/WebhookReceiver"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Body from "../http/body.ts"
import * as BodyBudget from "../http/bodyBudget.ts"
import * as ContentEncoding from "../http/contentEncoding.ts"
import * as Metrics from "../server/Metrics.ts"
import * as RequestTarget from "../server/requestTarget.ts"
import * as WrongMethod from "../server/wrongMethod.ts"
import { Inbox, type InboxService } from "./Inbox.ts"

/**
 * The receivers by carrier.
 *
 * @category services
 */
export class Receivers
  extends Context.Tag("@interline/gateway/WebhookRoutes/Receivers")<Receivers, ReadonlyMap<CarrierId, WebhookReceiver>>()
{}

/**
 * A carrier that is configured.
 *
 * @category models
 */
export interface Configured {
  readonly id: CarrierId
  readonly vendor: string
  /** The variable that holds the secrets of its webhooks. */
  readonly secretVariable: string
}

/**
 * What the routes take.
 *
 * @category models
 */
export interface Options {
  /**
   * What is configured, for addresses that name a vendor, and for the answer to addresses that lead nowhere (default: the carriers that have
   * a receiver).
   */
  readonly carriers?: ReadonlyArray<Configured>
  /** A longer body is refused, also while it comes (default: 1 MiB). */
  readonly maxBodyBytes?: number
  /**
   * How many bytes the bodies that are on their way may have in memory together, because none of them has shown a secret yet (default: 32 MiB).
   * Beyond that the largest of them is refused and has to be sent again.
   */
  readonly maxHeldBytes?: number
  /** How long a body may take to come (default: 10 seconds). */
  readonly bodyWithin?: Duration.DurationInput
}

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

/** The answers to webhooks whose body could not be read. */
const unread = {
  // Linq never repeats what a 4xx refused, and a slow connection is no fault of the event
  slow: problem("slow", 503, { headers: closing }),
  crowded: problem("crowded", 503, { headers: { ...closing, "retry-after": "5" } }),
  size: problem("size", 413, { headers: closing }),
  body: problem("body", 400, { headers: closing }),
  coding: problem("coding", 415, {
    headers: { ...closing, "accept-encoding": ContentEncoding.accepted },
    detail: `a content-encoding may be ${ContentEncoding.accepted}`
  })
} as const satisfies Record<Body.Unread, Response>

// --- addresses ---

/** The only one that passes a test. */
const findOnly = <A>(some: ReadonlyArray<A>, test: (one: A) => boolean): A | undefined => {
  const [found, another] = some.filter(test)
  return another === undefined ? found : undefined
}

/** Finds the carrier that an address means: by its id, in any case; by the vendor's name if the vendor has only one; by no name if there is only one. */
const findCarrier = (carriers: ReadonlyArray<Configured>, [name, ...more]: ReadonlyArray<string>): Configured | undefined => {
  if (more.length > 0) return undefined
  const word = name?.toLowerCase()
  return word === undefined
    ? findOnly(carriers, () => true)
    : carriers.find(({ id }) => id === word) ?? findOnly(carriers, ({ vendor }) => vendor === word)
}

// each spelling is logged once, and strangers must not fill memory or the log
const mostSpellings = 100
const longestSpelling = 80

// strangers can be refused as often as they like
const logEvery = Duration.toMillis("1 minute")

/** An address as it may be logged: digits in it may be a phone number, and a word may be a secret. */
const toLoggable = (request: HttpServerRequest.HttpServerRequest): string =>
  (request.originalUrl.split("?", 1)[0] ?? "").replace(/^https?:\/\/[^/]*/i, "").replace(/[^A-Za-z/_.%-]/g, "#").slice(0, longestSpelling)

/** Answers one webhook. */
const makeAnswer = (receivers: ReadonlyMap<CarrierId, WebhookReceiver>, inbox: InboxService, options: Options) => {
  const limit = options.maxBodyBytes ?? 1_048_576
  const bodyWithin = Duration.decode(options.bodyWithin ?? "10 seconds")

  const carriers: ReadonlyArray<Configured> = options.carriers ??
    Array.from(receivers.keys(), (id): Configured => ({ id, vendor: id, secretVariable: "" }))
  const addresses = carriers.length === 0
    ? "no carrier is configured"
    : `webhooks are taken at ${carriers.map(({ id }) => `/webhooks/${id}`).join(", ")}`
  const warned = new Set<string>()
  const budget = BodyBudget.make(options.maxHeldBytes ?? 33_554_432)

  const count = (carrierId: CarrierId | "none", result: string): Effect.Effect<void> =>
    Metric.increment(
      Metric.taggedWithLabels(Metrics.webhooks, [MetricLabel.make("carrier", carrierId), MetricLabel.make("result", result)])
    )

  const logged = new Map<string, { readonly at: number; unsaid: number }>()

  /** Counts each refusal, and logs the first of its kind in a minute, with how many were not logged since the one before. */
  const recordRefusal = (carrierId: CarrierId, fault: keyof typeof titles, sentence = "a webhook was refused"): Effect.Effect<void> =>
    Effect.zipRight(
      count(carrierId, fault),
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const kind = `${carrierId} ${fault}`
        const before = logged.get(kind)
        if (before !== undefined && Math.abs(at - before.at) < logEvery) {
          before.unsaid++
          return Effect.void
        }
        logged.set(kind, { at, unsaid: 0 })
        const unsaid = before?.unsaid ?? 0
        return Effect.annotateLogs(Effect.logWarning(sentence), { carrier: carrierId, fault, ...(unsaid === 0 ? {} : { unsaid }) })
      })
    )

  // the message of a defect may quote the call
  const answerUnwritten = (carrierId: CarrierId) => (cause: Cause.Cause<never>): Effect.Effect<Response> =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause)
      : Effect.as(recordRefusal(carrierId, "unwritten"), problem("unwritten", 503, { headers: { "retry-after": "5" } }))

  /** Answers a webhook at an address of no carrier. Its messages are lost there, and most vendors do not repeat what was refused with a 4xx. */
  const answerAstray = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Response> =>
    Effect.suspend(() => {
      const answer = Effect.as(count("none", "unknown"), problem("nobody", 404, { headers: closing, detail: addresses }))
      const address = toLoggable(request)
      if (warned.has(address) || warned.size >= mostSpellings) return answer
      warned.add(address)
      return Effect.zipRight(
        Effect.annotateLogs(Effect.logWarning(`a webhook came to an address that is no carrier's; ${addresses}`), { address }),
        answer
      )
    })

  const answerWithoutSecret = ({ id, secretVariable }: Configured): Effect.Effect<Response> =>
    Effect.as(
      recordRefusal(id, "secret", `a webhook was refused: ${secretVariable} is not set`),
      problem("secret", 503, { headers: { ...closing, "retry-after": "60" }, detail: `${secretVariable} is not set` })
    )

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Response> => {
    const carrier = findCarrier(carriers, RequestTarget.webhook(request.url) ?? [])
    const isPost = request.method === "POST"
    if (carrier === undefined) {
      return isPost
        ? answerAstray(request)
        : Effect.succeed(problem("nobody", 404, { headers: closing, detail: addresses }))
    }
    if (!isPost) return Effect.succeed(WrongMethod.refusal(["POST"]))
    const receiver = receivers.get(carrier.id)
    if (receiver === undefined) return answerWithoutSecret(carrier)
    const { id } = carrier
    return Body.read(request, limit, bodyWithin, { unpack: true, budget }).pipe(
      Effect.flatMap((body) => receiver.receive({ headers: request.headers, body, url: request.url })),
      Effect.flatMap((events) => events.length === 0 ? Effect.void : inbox.put(events)),
      Effect.zipRight(count(id, "taken")),
      Effect.as(HttpServerResponse.empty({ status: 200 })),
      Effect.catchAll((failure: Body.Unread | WebhookError) => {
        if (typeof failure === "string") return Effect.as(recordRefusal(id, failure), unread[failure])
        return Effect.as(recordRefusal(id, failure.fault), problem(failure.fault, failure.status))
      }),
      Effect.catchAllCause(answerUnwritten(id))
    )
  }
}

/**
 * Registers the routes. 200: everything in the call is in the inbox. 401, 400, 413: the receiver refused it (`WebhookError`). 404: there is no such carrier
 * here. 415: the body has a coding that is not undone here. 405: the method is not POST. Nothing of a refused call is kept. 503: the body came too
 * slowly, too many bodies are on their way, the events could not be written down, or the carrier's secret is not set; the vendor sends it again.
 *
 * Bodies of refusals are problem details. Of a refused call the log gets the carrier and what is wrong, once in a minute for each pair, with how
 * many were not logged since (`unsaid`). A call to an address of no carrier is counted, and logged once for each spelling.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | Receivers | Inbox> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const receivers = yield* Receivers
      const inbox = yield* Inbox
      const answer = makeAnswer(receivers, inbox, options)
      for (const path of ["/webhooks", "/webhooks/:carrierId", "/webhooks/*"] as const) yield* router.add("*", path, answer)
    })
  )
