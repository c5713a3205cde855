/** One request happens once, however often a client repeats it. */
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Uuid from "@interline/core/Uuid"
import type { RouterService } from "@interline/router/Router"
import * as Digest from "@interline/sql/Digest"
import type { Begin, Begun, Repeated, Reply, RequestLogService, Retry } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { DrainService } from "../../http/Drain.ts"
import * as CurrentAnswer from "../../once/currentAnswer.ts"
import * as Leases from "../../once/leases.ts"
import type { Answer, FrontRequest, FrontService, Options, Run } from "./FrontService.ts"

const kept = Duration.hours(24)

/** For how long, beyond its `Retry-After`, a client that was told to come back is expected. */
const patience = Duration.minutes(2)

/** A header's name in a stored reply: nothing happened under this number, ask for the next. */
const marker = "interline-again"

/** How often the end of a request in another process is looked for. */
const poll = Duration.seconds(1)

/** Until when the client of a request that did nothing is expected back; 0 where nothing told it to come. */
const expectedUntil = ({ headers, status }: Reply, at: number): number =>
  headers["x-should-retry"] !== "false" && (status === 408 || status === 409 || status === 429 || status >= 500)
    ? at + Duration.toMillis(patience) + 1_000 * (Number(headers["retry-after"]) || 0)
    : 0

/** Whose request it is, of what kind, and what it says. */
type Asked = Pick<Begin, "scope" | "fingerprint" | "spelling">

/** The id is that of another request. */
type Other = Extract<Begun, { readonly _tag: "Conflict" }>

const marked = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, [marker]: "1" } })

/** An earlier request that did nothing, and said so. */
const isSpent = ({ headers }: Reply): boolean => headers[marker] !== undefined && headers["idempotent-replayed"] !== undefined

/** A place among the requests: the record's id, and the key that its send goes out under. */
interface Place {
  readonly id: string
  readonly key: string
}

const isDeliveryId = Schema.is(DeliveryId)

const deliveryOf = ({ headers }: Reply): Option.Option<DeliveryId> => Option.liftPredicate(headers["interline-delivery-id"], isDeliveryId)

/** A send of which it was not known whether it went out, as a whole or in part. */
const isUncertain = ({ headers: { "interline-outcome": outcome } }: Reply): boolean => outcome === "held" || outcome === "partial"

const withoutMarker = ({ headers: { [marker]: _, ...headers }, ...reply }: Reply): Reply => ({ ...reply, headers })

const replayed = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, "idempotent-replayed": "true" } })

const settled = ({ again, reply }: Answer): Reply =>
  again || reply.status < 400 ? reply : { ...reply, headers: { ...reply.headers, "x-should-retry": "false" } }

/** An answer that asking again does not change. */
const last = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, "x-should-retry": "false" } })

const comeBack = { "retry-after": "5", "x-should-retry": "true", connection: "close" }

export interface Parts {
  readonly router: Pick<RouterService, "ended">
  readonly log: RequestLogService
  readonly drain: DrainService
}

export const make = (
  { drain, log, router }: Parts,
  { drainFor = "30 seconds" }: Pick<Options, "drainFor">
): Effect.Effect<FrontService["once"], never, Scope.Scope> =>
  Effect.gen(function*() {
    // a request goes on when its client has gone: the client's retry wants its answer
    const running = yield* FiberSet.make()
    const leases = yield* Leases.make(log)
    yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(FiberSet.awaitEmpty(running)), drainFor))
    const waiting = new Map<string, Deferred.Deferred<Reply>>()

    const perform = ({ id, key }: Place, begun: "Fresh" | "Abandoned", run: Run): Effect.Effect<Reply> => {
      const answer: Effect.Effect<Answer> = run._tag === "Keyed"
        ? run.run(key)
        : begun === "Fresh"
        ? run.run
        : Effect.succeed({ reply: run.unknown, again: false })
      return leases.keep(
        id,
        Effect.flatMap(Effect.zip(answer, Clock.currentTimeMillis), ([answer, at]) => {
          // after a process died in the middle of it, that this try did nothing says nothing of the first one
          const isSpent = answer.again && begun === "Fresh"
          const reply = isSpent ? marked(settled(answer)) : settled({ ...answer, again: false })
          const finish = log.finish(id, reply, isSpent ? expectedUntil(reply, at) : undefined)
          return Effect.as(Store.writeOrAbandon("an answer", finish, log.abandon(id)), reply)
        })
      ).pipe(
        // whatever broke it, a retry must find that it is over and that nobody knows how far it got
        Effect.onError(() => Store.writeOrAbandon("the end of a request", log.abandon(id)))
      )
    }

    const requestOf = ({ scope, ...asked }: Asked, id: string): Effect.Effect<Begin> =>
      Effect.map(Clock.currentTimeMillis, (at) => ({
        ...asked,
        id,
        scope,
        at,
        lease: Leases.length,
        expiresAt: at + Duration.toMillis(kept)
      }))

    /** Runs apart from the caller, so that nothing that happens to the caller happens to it. */
    const apart = (place: Place, work: Effect.Effect<Reply>): Effect.Effect<Reply> =>
      Effect.flatMap(Deferred.make<Reply>(), (answered) => {
        waiting.set(place.id, answered)
        const ending = Effect.sync(() => waiting.delete(place.id))
        return Effect.zipRight(
          FiberSet.run(running, Effect.zipRight(Deferred.complete(answered, work), ending)),
          Deferred.await(answered)
        )
      })

    const current = CurrentAnswer.make({ log, ended: router.ended, deliveryOf })
    // an end that was not known at first belongs to this key: it does not invite to try again
    const answerOf = ({ key }: Place, run: Run & { readonly _tag: "Keyed" }): Effect.Effect<Reply> =>
      Effect.map(run.run(key), ({ reply }) => settled({ reply, again: false }))

    /** What a request comes to that was begun, here or in another process, which is waited for. `ask` asks again how it stands. */
    const ended = <E>(begun: Begun, place: Place, run: Run, ask: Effect.Effect<Begun, E>): Effect.Effect<Reply, E | Other> => {
      switch (begun._tag) {
        case "Done":
          return isUncertain(begun.reply) && run._tag === "Keyed"
            ? Effect.map(current(place.id, begun.reply, answerOf(place, run)), replayed)
            : Effect.succeed(replayed(begun.reply))
        case "Conflict":
          return Effect.fail<Other>(begun)
        case "InProgress": {
          const here = waiting.get(place.id)
          return here !== undefined
            ? Effect.map(Deferred.await(here), replayed)
            : Effect.flatMap(Effect.delay(ask, poll), (begun) => ended(begun, place, run, ask))
        }
        default:
          return apart(place, perform(place, begun._tag, run))
      }
    }

    /** Under the caller's own key: the first number under which something may have happened is the one that counts. */
    const underKey = (key: string, asked: Asked, incoming: FrontRequest, run: Run, number = 0): Effect.Effect<Reply> => {
      const { scope } = asked
      const place = { id: Digest.of("keyed", scope, key, String(number)), key: Digest.of("key", scope, key, String(number)) }
      const begin = Effect.flatMap(requestOf(asked, place.id), log.begin)
      const next = Effect.suspend(() => underKey(key, asked, incoming, run, number + 1))
      return Effect.matchEffect(Effect.flatMap(begin, (begun) => ended(begun, place, run, begin)), {
        onSuccess: (reply) => isSpent(reply) ? next : Effect.succeed(withoutMarker(reply)),
        onFailure: ({ reply }) =>
          reply !== undefined && reply.headers[marker] !== undefined
            ? next
            : run._tag === "Keyed"
            // only the ledger knows whether it is the same message
            ? Effect.map(run.run(place.key), settled)
            : Effect.succeed(last(incoming.conflict))
      })
    }

    /** Whoever asks for it again gets its answer, because this client did not. */
    const noting = (id: string): <E>(answer: Effect.Effect<Reply, E>) => Effect.Effect<Reply, E> =>
      Effect.onInterrupt(() => Store.writeOrAbandon("that a client went away", log.markUnanswered(id)))

    const unkeyed = (incoming: FrontRequest, asked: Asked, run: Run): Effect.Effect<Reply> => {
      const placeOf = (id: string): Place => ({ id, key: Digest.of("request", asked.scope, id) })
      const begun = (id: string): Effect.Effect<Reply> => noting(id)(apart(placeOf(id), perform(placeOf(id), "Fresh", run)))
      const retryOf = (id: string): Effect.Effect<Retry> =>
        // a first try that its retry has overtaken is one more try of that request
        Effect.map(requestOf(asked, id), (request) => ({ ...request, retry: Math.max(1, incoming.retry) }))

      /** Gets the answer of the request with this id; takes its place if it did nothing; looks for another one if it is gone. */
      const join = (id: string): Effect.Effect<Reply> => {
        const ask = Effect.flatMap(Effect.flatMap(requestOf(asked, id), log.resume), identity<Option.Option<Begun>>)
        const answer = Effect.flatMap(ask, (begun) => noting(id)(ended(begun, placeOf(id), run, ask)))
        return Effect.flatMap(Effect.option(answer), (found) => {
          if (Option.isSome(found) && !isSpent(found.value)) return Effect.succeed(found.value)
          return Effect.gen(function*() {
            const own = yield* Uuid.mint
            const isReplaced = Option.isSome(found) && (yield* log.replace(id, yield* retryOf(own)))
            return isReplaced ? yield* begun(own) : yield* repeated
          })
        })
      }

      const startWith = (find: (own: string) => Effect.Effect<Repeated>): Effect.Effect<Reply> =>
        Effect.gen(function*() {
          const own = yield* Uuid.mint
          const found = yield* find(own)
          return found._tag === "Joined" ? yield* join(found.id) : yield* begun(own)
        })

      const repeated = startWith((own) => Effect.flatMap(retryOf(own), log.repeat))
      const first = startWith((own) => Effect.flatMap(requestOf(asked, own), log.beginFirst))

      return Effect.map(incoming.retry === 0 ? first : repeated, withoutMarker)
    }

    /** Nothing new is begun; a first request is written down as one that did nothing, so that its retry, there or elsewhere, is not taken for another's. */
    const refused = (incoming: FrontRequest, asked: Asked): Effect.Effect<Reply> => {
      const draining = { ...incoming.draining, headers: { ...incoming.draining.headers, ...comeBack } }
      return incoming.retry > 0 || Option.isSome(incoming.key)
        ? Effect.succeed(draining)
        : Effect.gen(function*() {
          const request = yield* requestOf(asked, yield* Uuid.mint)
          const found = yield* log.beginFirst(request)
          if (found._tag === "Fresh") yield* log.finish(request.id, marked(draining), expectedUntil(draining, request.at))
          return draining
        })
    }

    return (incoming, run) => {
      const { body, caller, method, path, spelling = body } = incoming
      const asked: Asked = {
        scope: Digest.of("front", caller, method, path),
        fingerprint: Digest.of(body),
        ...(spelling === body ? {} : { spelling: Digest.of(spelling) })
      }
      return Effect.flatMap(drain.isDraining, (isDraining) =>
        isDraining
          ? refused(incoming, asked)
          : Option.match(incoming.key, {
            onSome: (key) => underKey(key, asked, incoming, run),
            onNone: () => unkeyed(incoming, asked, run)
          }))
    }
  })
