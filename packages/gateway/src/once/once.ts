/** One request under one key happens once, whoever asks for it again and in whichever process. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { RouterService } from "@interline/router/Router"
import * as Digest from "@interline/sql/Digest"
import type { Reply, RequestLogService } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { DrainService } from "../http/Drain.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"
import * as CurrentAnswer from "./currentAnswer.ts"
import * as Leases from "./leases.ts"

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

export interface Once {
  readonly run: <R>(keyed: Keyed, act: Effect.Effect<Done, never, R>) => Effect.Effect<Response, never, R>
}

export interface Options {
  readonly timeout: Duration.Duration
  readonly keep: Duration.Duration
  /** What a delivery has come to, if that is certain. */
  readonly ended: RouterService["ended"]
}

const decoder = new TextDecoder()

const replyOf = (response: Response): Reply => {
  const { "content-length": _, ...headers } = response.headers
  const { body } = response
  return { status: response.status, headers, body: body._tag === "Uint8Array" ? decoder.decode(body.body) : "" }
}

const responseOf = ({ body, headers, status }: Reply, more: Readonly<Record<string, string>>): Response => {
  const { "content-type": contentType, ...others } = headers
  const all = { ...others, ...more }
  return body === ""
    ? HttpServerResponse.empty({ status, headers: all })
    : HttpServerResponse.text(body, { status, headers: all, ...(contentType === undefined ? {} : { contentType }) })
}

/** Refused before anything was tried: the key is free for the request as it was meant. */
const isBefore = ({ type }: ProblemDetails.ProblemDetails): boolean =>
  ["malformed", "invalid", "invalid-input", "not-found", "address-refused", "unsupported-media-type"].some((kind) =>
    type === `urn:interline:problem:${kind}`
  )

const isBroken = ({ type }: ProblemDetails.ProblemDetails): boolean =>
  ["internal", "idempotency-unknown"].some((kind) => type === `urn:interline:problem:${kind}`)

// under this key it only gives the same again
const kept = (response: Response): Response =>
  response.status < 400 ? response : HttpServerResponse.setHeader(response, "x-should-retry", "false")

const problem = (kind: ProblemDetails.Kind, fields: ProblemDetails.Fields): Response => respond(ProblemDetails.make(kind, fields))

const ofDelivery = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ id: DeliveryId })))
const ofProblem = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ deliveryId: DeliveryId })))

/** The delivery that an answer is about. */
const deliveryOf = ({ body, status }: Reply): Option.Option<DeliveryId> =>
  status === 200
    ? Option.map(ofDelivery(body), ({ id }) => id)
    : Option.map(ofProblem(body), ({ deliveryId }) => deliveryId)

/** A send of which it was not known whether it went out, as a whole or in part. */
const isUncertain = ({ status }: Reply): boolean => status === 202 || status === 424

/** This request is not done. What became of the first one is not said, but by which delivery it can be found out. */
const conflict = (first: Reply | undefined): Response => {
  const delivery = first === undefined ? Option.none() : deliveryOf(first)
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

/**
 * After a process died in the middle of it, a refusal is certain only of this try, unless the ledger told it of the first one: then there are
 * attempts. The record stays open: a later try asks the ledger again.
 */
const doubting = (done: Done): Done =>
  Option.match(done.problem, {
    onNone: () => done,
    onSome: ({ attempts = [], certainty }) => {
      if (certainty !== "not-sent" || attempts.length > 0) return done
      const unknown = ProblemDetails.make("idempotency-unknown", { certainty: "unknown", next: "reconcile" })
      return { response: kept(respond(unknown)), problem: Option.some(unknown) }
    }
  })

const inProgress = problem("idempotency-in-progress", { certainty: "unknown", next: "retry", retryAfter: 1 })
const again = HttpServerResponse.setHeader(inProgress, "x-should-retry", "true")

export const make = (
  log: RequestLogService,
  drain: DrainService,
  { ended, keep, timeout }: Options
): Effect.Effect<Once, never, Scope.Scope> =>
  Effect.map(Effect.zip(FiberSet.make<Response>(), Leases.make(log)), ([running, leases]) => {
    const perform = <R>(id: string, act: Effect.Effect<Done, never, R>): Effect.Effect<Response, never, R> =>
      Effect.flatMap(leases.keep(id, act), ({ problem, response }) => {
        if (Option.isSome(problem) && isBefore(problem.value)) {
          return Effect.as(Store.writeOrAbandon("the end of a request", log.forget(id)), response)
        }
        // a retry must find that nobody knows how far it got
        if (Option.isSome(problem) && isBroken(problem.value)) {
          return Effect.as(Store.writeOrAbandon("the end of a request", log.abandon(id)), response)
        }
        const answer = kept(response)
        return Effect.as(Store.writeOrAbandon("an answer", log.finish(id, replyOf(answer)), log.abandon(id)), answer)
      }).pipe(Effect.onError(() => Store.writeOrAbandon("the end of a request", log.abandon(id))))

    /** Goes on when the client has gone: its retry wants the answer. */
    const apart = <R>(work: Effect.Effect<Response, never, R>): Effect.Effect<Response, never, R> =>
      Effect.flatMap(
        FiberSet.run(running, drain.track(work)),
        (fiber) => Effect.map(Effect.timeoutOption(Fiber.join(fiber), timeout), Option.getOrElse(() => again))
      )

    const current = CurrentAnswer.make({ log, ended, deliveryOf })

    return {
      run: (keyed, act) =>
        Effect.gen(function*() {
          const at = yield* Clock.currentTimeMillis
          const scope = Digest.of("api", keyed.caller, keyed.method, keyed.path)
          const id = Digest.of("api-key", scope, keyed.key)
          const asked = Effect.provideService(act, LedgerKey, Option.some(`v1:${id}`))
          const begin = log.begin({
            id,
            scope,
            fingerprint: keyed.fingerprint,
            spelling: keyed.spelling,
            at,
            lease: Leases.length,
            expiresAt: at + Duration.toMillis(keep)
          })
          // the ledger knows by itself whether it has the send, and says so if it cannot have it
          const begun = yield* keyed.repeatable ? Effect.catchAllDefect(begin, () => Effect.succeed({ _tag: "Unwritten" as const })) : begin
          const work = perform(id, asked)
          switch (begun._tag) {
            case "Fresh":
            case "Unwritten":
              return yield* apart(work)
            case "InProgress":
              return again
            case "Done":
              return responseOf(
                isUncertain(begun.reply)
                  ? yield* current(id, begun.reply, Effect.map(act, ({ response }) => replyOf(kept(response))))
                  : begun.reply,
                { "idempotent-replayed": "true" }
              )
            case "Conflict":
              return conflict(begun.reply)
            case "Abandoned":
              return yield* keyed.repeatable ?
                apart(Effect.suspend(() => perform(id, Effect.map(asked, doubting)))) :
                Effect.suspend(() => {
                  const unknown = kept(problem("idempotency-unknown", { certainty: "unknown", next: "reconcile" }))
                  return Effect.as(log.finish(id, replyOf(unknown)), unknown)
                })
          }
        })
    }
  })
