/**
 * Receives webhooks: `POST /webhooks/{carrierId}` records what a carrier reports, and answers after that. It accepts every spelling of the
 * address that can mean only one carrier.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
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
 * The webhook receivers, by carrier.
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
  /** The name of the variable that holds the secrets of its webhooks. */
  readonly secretVariable: string
}

/**
 * The options of the routes.
 *
 * @category models
 */
export interface Options {
  /**
   * The configured carriers. They are used for addresses that name a vendor, and for the answer to an address that exists nowhere. The
   * default is the carriers that have a receiver.
   */
  readonly carriers?: ReadonlyArray<Configured>
  /** The longest body in bytes (default: 1 MiB). A longer body is refused, even while it still arrives. */
  readonly maxBodyBytes?: number
  /**
   * The memory in bytes for all bodies that are still arriving, together (default: 32 MiB). The limit exists because none of these bodies
   * has proved its secret yet. Over the limit, the largest body is refused, and its vendor has to send it again.
   */
  readonly maxHeldBytes?: number
  /** The time in which a body must arrive (default: 10 seconds). */
  readonly bodyWithin?: Duration.DurationInput
}

type Response = HttpServerResponse.HttpServerResponse

// One title for each fault of a `WebhookError`, and for each refusal before or after the receiver.
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

// The connection ends, so that the unread rest of a body is not taken for the next request.
const closing = { connection: "close" }

/** The answers to webhooks whose body could not be read. */
const unread = {
  // Linq never repeats a webhook after a 4xx, and the event is not at fault when the connection is slow. So the answer is 503.
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

/** The one element that passes the test. `undefined` if none passes, or several do. */
const findOnly = <A>(some: ReadonlyArray<A>, test: (one: A) => boolean): A | undefined => {
  const [found, another] = some.filter(test)
  return another === undefined ? found : undefined
}

/**
 * Finds the carrier of an address: by its id, in upper or lower case; by the vendor's name, if the vendor has only one carrier; without a
 * name, if there is only one carrier.
 */
const findCarrier = (carriers: ReadonlyArray<Configured>, [name, ...more]: ReadonlyArray<string>): Configured | undefined => {
  if (more.length > 0) return undefined
  const word = name?.toLowerCase()
  return word === undefined
    ? findOnly(carriers, () => true)
    : carriers.find(({ id }) => id === word) ?? findOnly(carriers, ({ vendor }) => vendor === word)
}

/** What to do about a refused webhook. A gateway has variables where a receiver has options, and none but for the secrets. */
const explain = ({ detail, option }: WebhookError, { secretVariable }: Configured): string =>
  option === "secrets" && secretVariable !== "" ? `${detail}; the variable is ${secretVariable}` : detail

// Each spelling is logged once. The number is limited, because anybody may send any address, and that must fill neither the memory nor the
// log.
const mostSpellings = 100
const longestSpelling = 80

// Anybody may send bad webhooks all the time. So their log lines are limited.
const logEvery = Duration.toMillis("1 minute")

/** An address in a form that may be logged. Digits in an address may be a phone number, and a word may be a secret. */
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

  const recordTaken = (carrierId: CarrierId): Effect.Effect<void> =>
    Effect.zipRight(
      count(carrierId, "taken"),
      Effect.flatMap(Clock.currentTimeMillis, (now) => Metric.set(Metric.tagged(Metrics.lastWebhook, "carrier", carrierId), now / 1_000))
    )

  const logged = new Map<string, { readonly at: number; unsaid: number }>()

  /**
   * Counts each refusal. It logs the first refusal of its kind in a minute, with the number of refusals that were not logged since the last
   * line.
   */
  const recordRefusal = (carrierId: CarrierId, fault: keyof typeof titles, why: string = titles[fault]): Effect.Effect<void> =>
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
        return Effect.logWarning(`a webhook was refused: ${why}`).pipe(
          Effect.annotateLogs({ carrier: carrierId, fault, ...(unsaid === 0 ? {} : { unsaid }) })
        )
      })
    )

  // The message of a defect may quote the body of the webhook, so it is not logged.
  const answerUnwritten = (carrierId: CarrierId) => (cause: Cause.Cause<never>): Effect.Effect<Response> =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause)
      : Effect.as(
        Defect.isSaid(cause) ? count(carrierId, "unwritten") : recordRefusal(carrierId, "unwritten"),
        problem("unwritten", 503, { headers: { "retry-after": "5" } })
      )

  /** Answers a webhook at an address of no carrier. Its messages are lost, and most vendors do not repeat a webhook after a 4xx. */
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
      recordRefusal(id, "secret", `${secretVariable} is not set; set it to the secret of the webhook at ${id}`),
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
      Effect.zipRight(recordTaken(id)),
      Effect.as(HttpServerResponse.empty({ status: 200 })),
      Effect.catchAll((failure: Body.Unread | WebhookError) => {
        if (typeof failure === "string") return Effect.as(recordRefusal(id, failure), unread[failure])
        return Effect.as(recordRefusal(id, failure.fault, explain(failure, carrier)), problem(failure.fault, failure.status))
      }),
      Effect.catchAllCause(answerUnwritten(id))
    )
  }
}

/**
 * Registers the routes. The statuses:
 *
 * - 200: every event of the call is in the inbox.
 * - 401, 400, 413: the receiver refused the call (`WebhookError`).
 * - 404: there is no such carrier here.
 * - 405: the method is not POST.
 * - 415: the gateway cannot undo the coding of the body.
 * - 503: the body came too slowly, too many bodies are arriving, the events could not be recorded, or the carrier's secret is not set. The
 *   vendor sends the call again.
 *
 * Nothing of a refused call is kept, but a message may be in the lists already when its event cannot be recorded. The body of a refusal is problem details. The log gets the carrier and the fault of a refused call,
 * once in a minute for each pair, with the number of refusals since then that were not logged (`unsaid`). A call to an address of no
 * carrier is counted, and logged once for each spelling.
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
