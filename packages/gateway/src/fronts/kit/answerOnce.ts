/** Answers a request of a front once, however often its client repeats it. */
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Uuid from "@interline/core/Uuid"
import type { RouterService } from "@interline/router/Router"
import * as Digest from "@interline/sql/Digest"
import type { Begun, Repeated, Reply, RequestLogService, Retry } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { DrainService } from "../../http/Drain.ts"
import * as Once from "../../once/once.ts"
import type { Answer, FrontRequest, FrontService, Options, Run } from "./FrontService.ts"

/** A client that was asked to come back is expected for this time after its `Retry-After`. */
const patience = Duration.minutes(2)

const isDeliveryId = Schema.is(DeliveryId)

const policy = {
  keep: Duration.hours(24),
  deliveryOf: ({ headers }) => Option.liftPredicate(headers["interline-delivery-id"], isDeliveryId),
  isUncertain: ({ headers: { "interline-outcome": outcome } }) => outcome === "held" || outcome === "partial",
  expectedUntil: ({ headers, status }, at) =>
    headers["x-should-retry"] !== "false" && (status === 408 || status === 409 || status === 429 || status >= 500)
      ? at + Duration.toMillis(patience) + 1_000 * (Number(headers["retry-after"]) || 0)
      : 0,
  underWay: "wait"
} as const satisfies Once.Policy

/** The place of a request: the id of its record, and the key of its send. */
interface Place {
  readonly id: string
  readonly key: string
}

const addHeaders = (reply: Reply, headers: Reply["headers"]): Reply => ({ ...reply, headers: { ...reply.headers, ...headers } })

const toReplayed = (reply: Reply): Reply => addHeaders(reply, { "idempotent-replayed": "true" })

/** An answer that asking again does not change. */
const toLast = (reply: Reply): Reply => addHeaders(reply, { "x-should-retry": "false" })

/** An answer of a request that did something, or may have. */
const toKept = ({ reply }: Pick<Answer, "reply">): Reply => reply.status < 400 ? reply : toLast(reply)

const toOutcome = (answer: Answer): Once.Outcome => answer.effect === "none" ? answer : { reply: toKept(answer), effect: "done" }

const actOf = ({ run, unknown }: Exclude<Run, { readonly _tag: "Keyed" }>): Once.Act<Once.Outcome> => {
  const cutOff: Once.Outcome = { reply: toKept({ reply: unknown }), effect: "done" }
  return { _tag: "Act", first: Effect.map(run, toOutcome), resumed: Effect.succeed(cutOff), cutOff }
}

const workOf = ({ key }: Place, run: Run): Once.Work<Once.Outcome> =>
  run._tag === "Keyed"
    ? {
      _tag: "Send",
      run: Effect.suspend(() => Effect.map(run.run(key), toOutcome)),
      isOwn: ({ effect, reply }) => effect === "none" || (reply.status >= 400 && !policy.isUncertain(reply)),
      // This run did nothing, but another one may have done something. So this answer must not invite a new try.
      toDoubted: ({ reply }) => ({ reply: toKept({ reply }), effect: "unknown" }),
      // The key may get a final answer later, when the first one was uncertain. That answer must not invite a new try.
      answered: Effect.suspend(() => Effect.map(run.run(key), toKept))
    }
    : actOf(run)

const comeBack = { "retry-after": "5", "x-should-retry": "true", connection: "close" }

/** A request that is under way is waited for, so `once` never answers `InProgress` here. */
const neverInProgress = Effect.dieMessage("a front waits for a request that is under way")

/** Records that the client of a request went away. A retry of an equal request then gets this request's answer. */
const noteGone = (log: RequestLogService, id: string): <A, E>(answer: Effect.Effect<A, E>) => Effect.Effect<A, E> =>
  Effect.onInterrupt(() => Store.writeOrAbandon("that a client went away", log.markUnanswered(id)))

export interface Parts {
  readonly router: Pick<RouterService, "ended">
  readonly log: RequestLogService
  readonly drain: DrainService
}

/**
 * Answers a request with the caller's own key. The key has numbered records, one for each try. The first record under which something may
 * have happened gives the answer.
 */
const makeKeyed = (log: RequestLogService, once: Once.Once) => {
  const answer = (key: string, asked: Once.Asked, incoming: FrontRequest, run: Run, number: number): Effect.Effect<Reply> => {
    const { scope } = asked
    const place = { id: Digest.of("keyed", scope, key, String(number)), key: Digest.of("key", scope, key, String(number)) }
    const ask = Effect.flatMap(Clock.currentTimeMillis, (at) => log.begin(once.request(asked, place.id, at)))
    const next = Effect.suspend(() => answer(key, asked, incoming, run, number + 1))
    const result = Effect.flatMap(ask, (begun) => once.run(place.id, begun, ask, workOf(place, run)))
    return Effect.flatMap(result, (result) => {
      switch (result._tag) {
        case "Ran":
          return Effect.succeed(result.outcome.reply)
        case "Joined":
          return result.outcome.effect === "none" ? next : Effect.succeed(toReplayed(result.outcome.reply))
        case "Conflict":
          return Option.exists(result.outcome, ({ effect }) => effect === "none")
            ? next
            : run._tag === "Keyed"
            // only the ledger knows whether it is the same message
            ? Effect.map(run.run(place.key), (answer) => toOutcome(answer).reply)
            : Effect.succeed(toLast(incoming.conflict))
        case "InProgress":
          return neverInProgress
      }
    })
  }
  return (key: string, asked: Once.Asked, incoming: FrontRequest, run: Run): Effect.Effect<Reply> => answer(key, asked, incoming, run, 0)
}

/** Answers a request without a key. A retry finds the request that it repeats because both have the same content. */
const makeUnkeyed =
  (log: RequestLogService, once: Once.Once) => (incoming: FrontRequest, asked: Once.Asked, run: Run): Effect.Effect<Reply> => {
    const placeOf = (id: string): Place => ({ id, key: Digest.of("request", asked.scope, id) })
    const retryOf = (id: string): Effect.Effect<Retry> =>
      // If a retry came before its first try, the first try counts as one more try of that request.
      Effect.map(Clock.currentTimeMillis, (at) => ({ ...once.request(asked, id, at), retry: Math.max(1, incoming.retry) }))

    const settle = <E>(id: string, begun: Begun, ask: Effect.Effect<Begun, E>) =>
      noteGone(log, id)(Effect.suspend(() => once.run(id, begun, ask, workOf(placeOf(id), run))))

    /** Runs the request that was just begun under this id. */
    const start = (id: string): Effect.Effect<Reply> =>
      Effect.flatMap(settle(id, { _tag: "Fresh" }, Effect.never), (result) => {
        switch (result._tag) {
          case "Ran":
            return Effect.succeed(result.outcome.reply)
          // The run of a retry in another process was faster.
          case "Joined":
            return Effect.succeed(toReplayed(result.outcome.reply))
          default:
            return neverInProgress
        }
      })

    /**
     * Gets the answer of the request with this id. If that request did nothing, this one replaces it. If it is gone, looks for another one.
     */
    const join = (id: string): Effect.Effect<Reply> => {
      const ask = Effect.flatMap(
        Effect.flatMap(Clock.currentTimeMillis, (at) => log.resume(once.request(asked, id, at))),
        identity<Option.Option<Begun>>
      )
      return Effect.flatMap(Effect.option(Effect.flatMap(ask, (begun) => settle(id, begun, ask))), (found) => {
        if (Option.isNone(found) || found.value._tag === "Conflict") return repeated
        if (found.value._tag === "InProgress") return neverInProgress
        const { _tag, outcome } = found.value
        if (_tag === "Ran") return Effect.succeed(outcome.reply)
        if (outcome.effect !== "none") return Effect.succeed(toReplayed(outcome.reply))
        return Effect.gen(function*() {
          const own = yield* Uuid.mint
          return (yield* log.replace(id, yield* retryOf(own))) ? yield* start(own) : yield* repeated
        })
      })
    }

    const startWith = (find: (own: string) => Effect.Effect<Repeated>): Effect.Effect<Reply> =>
      Effect.gen(function*() {
        const own = yield* Uuid.mint
        const found = yield* find(own)
        return found._tag === "Joined" ? yield* join(found.id) : yield* start(own)
      })

    const repeated = startWith((own) => Effect.flatMap(retryOf(own), log.repeat))
    return incoming.retry === 0
      ? startWith((own) => Effect.flatMap(Clock.currentTimeMillis, (at) => log.beginFirst(once.request(asked, own, at))))
      : repeated
  }

export const make = (
  { drain, log, router }: Parts,
  { drainFor = "30 seconds" }: Pick<Options, "drainFor">
): Effect.Effect<FrontService["once"], never, Scope.Scope> =>
  Effect.map(Once.make({ log, ended: router.ended }, { ...policy, drainFor }), (once) => {
    const answerKeyed = makeKeyed(log, once)
    const answerUnkeyed = makeUnkeyed(log, once)

    /**
     * Starts nothing while the process drains. A first request is recorded as one that did nothing. So its retry starts anew in any
     * process, and is not taken for the retry of another equal request.
     */
    const refuse = (incoming: FrontRequest, asked: Once.Asked): Effect.Effect<Reply> => {
      const draining = addHeaders(incoming.draining, comeBack)
      return incoming.retry > 0 || Option.isSome(incoming.key)
        ? Effect.succeed(draining)
        : Effect.gen(function*() {
          const request = once.request(asked, yield* Uuid.mint, yield* Clock.currentTimeMillis)
          const found = yield* log.beginFirst(request)
          if (found._tag === "Fresh") yield* once.record(request.id, { reply: draining, effect: "none" })
          return draining
        })
    }

    return (incoming, run) => {
      const { body, caller, method, path, spelling = body } = incoming
      const asked: Once.Asked = {
        scope: Digest.of("front", caller, method, path),
        fingerprint: Digest.of(body),
        isSend: run._tag === "Keyed",
        ...(spelling === body ? {} : { spelling: Digest.of(spelling) })
      }
      return Effect.flatMap(drain.isDraining, (isDraining) =>
        isDraining
          ? refuse(incoming, asked)
          : Option.match(incoming.key, {
            onSome: (key) => answerKeyed(key, asked, incoming, run),
            onNone: () => answerUnkeyed(incoming, asked, run)
          }))
    }
  })
