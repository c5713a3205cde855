/** Answers a request with a key once, even if it comes several times or in several processes. */
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

/**
 * The result of a request that acts. `problem` is there if it was not done. `repeated` is there if a repetition gets another answer, because the first
 * one must not be stored.
 */
export interface Done {
  readonly response: Response
  readonly problem: Option.Option<ProblemDetails.ProblemDetails>
  readonly repeated?: Response
}

/** The key of a send in the ledger. With it, a send joins the earlier send of a process that died. */
export class LedgerKey extends Context.Reference<LedgerKey>()("@interline/gateway/internal/LedgerKey", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

/** The key of a send in the ledger, from the caller's own key and the request that it was given with. */
export const ledgerKey = (keyed: Pick<Keyed, "caller" | "key" | "method" | "path">): string => toLedgerKey(idOf(scopeOf(keyed), keyed.key))

/** The key in the ledger of the request with this id in the request log. */
const toLedgerKey = (id: string): string => `v1:${id}`

const scopeOf = ({ caller, method, path }: Pick<Keyed, "caller" | "method" | "path">): string => Digest.of("api", caller, method, path)

const idOf = (scope: string, key: string): string => Digest.of("api-key", scope, key)

export interface Keyed {
  readonly caller: string
  readonly key: string
  readonly method: string
  readonly path: string
  readonly fingerprint: string
  /** The fingerprint that earlier versions stored. */
  readonly spelling: string
  /** Whether the request may run again after its process died. It may if the ledger joins it, or if doing it twice changes nothing. */
  readonly repeatable: boolean
  /** Whether the request is a send. A send is joined through the ledger, also while another process has it. */
  readonly isSend: boolean
}

/** Answers a request. `act` does it, with this `LedgerKey`. */
export type AnswerOnce = <R>(
  keyed: Keyed,
  act: (ledgerKey: Option.Option<string>) => Effect.Effect<Done, never, R>
) => Effect.Effect<Response, never, R>

export interface Parts {
  readonly log: RequestLogService
  readonly drain: DrainService
  /** The final outcome of a delivery, if it is certain. */
  readonly ended: RouterService["ended"]
}

export interface Options {
  /** How long to wait for an answer. */
  readonly timeout: Duration.Duration
  /** How long a key is remembered. */
  readonly keep: Duration.Duration
}

interface Outcome extends Once.Outcome, Done {}

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

/** An answer that a retry with the same key would only get again. So a client should not ask again by itself. */
const toKept = (response: Response): Response =>
  response.status < 400 ? response : HttpServerResponse.setHeader(response, "x-should-retry", "false")

/** Makes the outcome. If nothing was tried, the key stays free for the corrected request, and the client may ask again. */
const toOutcome = ({ problem, repeated, response: given }: Done): Outcome => {
  const effect = Option.match(problem, { onNone: () => "done" as const, onSome: ProblemDetails.effectOf })
  const response = effect === "done" ? toKept(given) : given
  return { response, reply: toReply(repeated === undefined ? response : toKept(repeated)), effect, problem }
}

const problem = (kind: ProblemDetails.Kind, fields: ProblemDetails.Fields): Response => respond(ProblemDetails.make(kind, fields))

const ofDelivery = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ id: DeliveryId })))
const ofProblem = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ deliveryId: DeliveryId })))

/** The delivery that an answer is about. */
const deliveryOf = ({ body, status }: Reply): Option.Option<DeliveryId> =>
  status === 200
    ? Option.map(ofDelivery(body), ({ id }) => id)
    : Option.map(ofProblem(body), ({ deliveryId }) => deliveryId)

/**
 * The answer if the key belongs to another request. This request is not done. The answer does not give the first request's result, but
 * gives its delivery, where the result can be found.
 */
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

/** The result if it is not known whether the request was done. */
const unknown = (): Outcome => {
  const unknown = ProblemDetails.make("idempotency-unknown", { certainty: "unknown", next: "reconcile" })
  return toOutcome({ response: toKept(respond(unknown)), problem: Option.some(unknown) })
}

/** A refusal before the ledger was asked is certain only for this run. If it has attempts, it is the ledger's, and certain for every run. */
const isOwn = ({ problem }: Outcome): boolean =>
  Option.exists(problem, ({ attempts = [], certainty }) => certainty === "not-sent" && attempts.length === 0)

/** Corrects a result if another run of the request may have done something. The record stays open, and a later run asks the ledger again. */
const toDoubted = (outcome: Outcome): Outcome => isOwn(outcome) ? unknown() : outcome

/** The result of a request that may not run again: it stays unknown whether it was done. */
const unknownForGood: Effect.Effect<Outcome> = Effect.sync(() => ({ ...unknown(), effect: "done" }))

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
    const scope = scopeOf(keyed)
    const id = idOf(scope, keyed.key)
    const request = { scope, fingerprint: keyed.fingerprint, spelling: keyed.spelling, isSend: keyed.isSend }
    const begin = Effect.flatMap(Clock.currentTimeMillis, (at) => log.begin(once.request(request, id, at)))
    const first = Effect.map(act(Option.some(toLedgerKey(id))), toOutcome)
    const answered = Effect.map(act(Option.none()), ({ response }) => toReply(toKept(response)))
    const work: Once.Work<Outcome, Effect.Effect.Context<typeof first>> = keyed.isSend
      ? { _tag: "Send", run: first, isOwn, toDoubted, answered }
      : { _tag: "Act", first, resumed: keyed.repeatable ? Effect.map(first, toDoubted) : unknownForGood, cutOff: unknown() }
    return Effect.flatMap(
      // If the log cannot be read, a repeatable request still runs. The ledger knows whether it has the send, and refuses if it cannot
      // decide.
      keyed.repeatable ? Effect.catchAllDefect(begin, () => Effect.succeed<Begun>({ _tag: "Fresh" })) : begin,
      (begun) => Effect.map(once.run(id, begun, begin, work), toResponse)
    )
  })
}
