/** Answers a request of the API under a key once, however often it comes and in any process. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { RouterService } from "@interline/router/Router"
import * as Digest from "@interline/sql/Digest"
import type { Begun, Reply, RequestLogService } from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { DrainService } from "../http/Drain.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"
import * as Once from "../once/once.ts"

type Response = HttpServerResponse.HttpServerResponse

/** What an act came to; `problem` is there if it did not do what was asked. */
export interface Done {
  readonly response: Response
  readonly problem: Option.Option<ProblemDetails.ProblemDetails>
}

/** The key under which a send goes to the ledger, so that the send of a process that died is joined. */
export class LedgerKey extends Context.Reference<LedgerKey>()("@interline/gateway/internal/LedgerKey", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

export interface Keyed {
  readonly caller: string
  readonly key: string
  readonly method: string
  readonly path: string
  readonly fingerprint: string
  /** The fingerprint by which earlier versions kept it. */
  readonly spelling: string
  /** Whether it may run again where a process died while it ran: its ledger joins it, or doing it twice changes nothing. */
  readonly repeatable: boolean
}

export type AnswerOnce = <R>(keyed: Keyed, act: Effect.Effect<Done, never, R>) => Effect.Effect<Response, never, R>

export interface Parts {
  readonly log: RequestLogService
  readonly drain: DrainService
  /** What a delivery has come to, if that is certain. */
  readonly ended: RouterService["ended"]
}

export interface Options {
  /** How long an answer is waited for. */
  readonly timeout: Duration.Duration
  /** How long a key is remembered. */
  readonly keep: Duration.Duration
}

interface Outcome extends Once.Outcome {
  readonly response: Response
}

const decoder = new TextDecoder()

const toReply = (response: Response): Reply => {
  const { "content-length": _, ...headers } = response.headers
  const { body } = response
  return { status: response.status, headers, body: body._tag === "Uint8Array" ? decoder.decode(body.body) : "" }
}

const toReplayed = ({ body, headers, status }: Reply): Response => {
  const { "content-type": contentType, ...others } = headers
  const all = { ...others, "idempotent-replayed": "true" }
  return body === ""
    ? HttpServerResponse.empty({ status, headers: all })
    : HttpServerResponse.text(body, { status, headers: all, ...(contentType === undefined ? {} : { contentType }) })
}

/** An answer that its key only gives again. */
const toKept = (response: Response): Response =>
  response.status < 400 ? response : HttpServerResponse.setHeader(response, "x-should-retry", "false")

/** Where nothing was tried, the key is free for the request as it was meant, and the answer may be asked for again. */
const toOutcome = ({ problem, response: given }: Done): Outcome => {
  const effect = Option.match(problem, { onNone: () => "done" as const, onSome: ProblemDetails.effectOf })
  const response = effect === "done" ? toKept(given) : given
  return { response, reply: toReply(response), effect }
}

const problem = (kind: ProblemDetails.Kind, fields: ProblemDetails.Fields): Response => respond(ProblemDetails.make(kind, fields))

const ofDelivery = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ id: DeliveryId })))
const ofProblem = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ deliveryId: DeliveryId })))

/** The delivery that an answer is about. */
const deliveryOf = ({ body, status }: Reply): Option.Option<DeliveryId> =>
  status === 200
    ? Option.map(ofDelivery(body), ({ id }) => id)
    : Option.map(ofProblem(body), ({ deliveryId }) => deliveryId)

/** This request is not done. What became of the first one is not said, but by which delivery it can be found out. */
const conflict = (first: Option.Option<Once.Outcome>): Response => {
  const delivery = Option.flatMap(first, ({ reply }) => deliveryOf(reply))
  return HttpServerResponse.setHeader(
    problem("idempotency-conflict", {
      certainty: "unknown",
      next: "reconcile",
      ...(Option.isNone(delivery) ? {} : { deliveryId: delivery.value })
    }),
    "x-should-retry",
    "false"
  )
}

/** Nobody knows whether it was done. */
const unknown = (): Done => {
  const unknown = ProblemDetails.make("idempotency-unknown", { certainty: "unknown", next: "reconcile" })
  return { response: toKept(respond(unknown)), problem: Option.some(unknown) }
}

/**
 * After a process died in the middle of a request, a refusal is certain only of this try. If the refusal has attempts, the ledger knows the first try too,
 * and it is certain. Otherwise the record stays open: a later try asks the ledger again.
 */
const toDoubted = (done: Done): Done =>
  Option.exists(done.problem, ({ attempts = [], certainty }) => certainty === "not-sent" && attempts.length === 0) ? unknown() : done

/** What may not run again: the answer stays that nobody knows whether it was done. */
const unknownForGood: Effect.Effect<Outcome> = Effect.sync(() => {
  const { response } = unknown()
  return { response, reply: toReply(response), effect: "done" }
})

const inProgress = HttpServerResponse.setHeader(
  problem("idempotency-in-progress", { certainty: "unknown", next: "retry", retryAfter: 1 }),
  "x-should-retry",
  "true"
)

const toResponse = (result: Once.Result<Outcome>): Response => {
  switch (result._tag) {
    case "Ran":
      return result.outcome.response
    case "Joined":
      return toReplayed(result.outcome.reply)
    case "InProgress":
      return inProgress
    case "Conflict":
      return conflict(result.outcome)
  }
}

export const make = ({ drain, ended, log }: Parts, { keep, timeout }: Options): Effect.Effect<AnswerOnce, never, Scope.Scope> => {
  const policy: Once.Policy = {
    keep,
    deliveryOf,
    isUncertain: ({ status }) => status === 202 || status === 424,
    underWay: timeout,
    track: drain.track
  }
  return Effect.map(Once.make({ log, ended }, policy), (once): AnswerOnce => (keyed, act) => {
    const scope = Digest.of("api", keyed.caller, keyed.method, keyed.path)
    const id = Digest.of("api-key", scope, keyed.key)
    const asked = Effect.provideService(act, LedgerKey, Option.some(`v1:${id}`))
    const request = { scope, fingerprint: keyed.fingerprint, spelling: keyed.spelling }
    const begin = Effect.flatMap(Clock.currentTimeMillis, (at) => log.begin(once.request(request, id, at)))
    const work: Once.Work<Outcome, Effect.Effect.Context<typeof act>> = {
      first: Effect.map(asked, toOutcome),
      resumed: keyed.repeatable ? Effect.map(asked, (done) => toOutcome(toDoubted(done))) : unknownForGood,
      answered: Effect.map(act, ({ response }) => toReply(toKept(response)))
    }
    return Effect.flatMap(
      // the ledger knows by itself whether it has the send, and says so if it cannot have it
      keyed.repeatable ? Effect.catchAllDefect(begin, () => Effect.succeed<Begun>({ _tag: "Fresh" })) : begin,
      (begun) => Effect.map(once.run(id, begun, begin, work), toResponse)
    )
  })
}
