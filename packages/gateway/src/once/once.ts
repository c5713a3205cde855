/** Runs a request once, however often it is asked for and in whichever process. The request log keeps who runs it and what it came to. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { RouterService } from "@interline/router/Router"
import type { Begin, Begun, Reply, RequestLogService } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as CurrentAnswer from "./currentAnswer.ts"
import * as RequestLeases from "./requestLeases.ts"

/** What a request came to. */
export interface Outcome {
  readonly reply: Reply
  /** `none`: certainly nothing happened. `done`: something happened, or may have. `unknown`: nobody knows how far it got. */
  readonly effect: "none" | "done" | "unknown"
}

/** What runs for a request. */
export interface Work<O extends Outcome, R = never> {
  readonly first: Effect.Effect<O, never, R>
  /** Runs instead of `first` after a run that did not end: a part of that run may have happened. */
  readonly resumed: Effect.Effect<O, never, R>
  /** Answers anew, with `EndedSend` in place of the send (default: the kept answer is given again as it is). */
  readonly answered?: Effect.Effect<Reply, never, R>
}

/**
 * How a request stands for the caller. `Ran`: the caller's work ran. `Joined`: another call ran it, here or elsewhere, now or before. `InProgress`: it
 * is not over yet. `Conflict`: the id belongs to another request; what that one came to, if it is over.
 */
export type Result<O extends Outcome> =
  | { readonly _tag: "Ran"; readonly outcome: O }
  | { readonly _tag: "Joined"; readonly outcome: Outcome }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Conflict"; readonly outcome: Option.Option<Outcome> }

/** Whose request it is, of what kind, and what it says. */
export type Asked = Pick<Begin, "scope" | "fingerprint" | "spelling">

export interface Once {
  /** A request as the log takes it, from a time (epoch milliseconds) on. */
  readonly request: (asked: Asked, id: string, at: number) => Begin
  /** Runs or joins the request with this id. `begun` is how the log says it stands; `ask` asks the log again. */
  readonly run: <O extends Outcome, R, E>(
    id: string,
    begun: Begun,
    ask: Effect.Effect<Begun, E>,
    work: Work<O, R>
  ) => Effect.Effect<Result<O>, E, R>
  /** Writes down what a request came to that was begun. */
  readonly record: (id: string, outcome: Outcome) => Effect.Effect<void>
}

export interface Parts {
  readonly log: RequestLogService
  readonly ended: RouterService["ended"]
}

/** What the callers differ in. */
export interface Policy {
  /** How long a request is known after it began. */
  readonly keep: Duration.Duration
  /** The delivery that an answer is about. */
  readonly deliveryOf: (reply: Reply) => Option.Option<DeliveryId>
  /** Whether an answer leaves open if a message went out, as a whole or in part. */
  readonly isUncertain: (reply: Reply) => boolean
  /**
   * A request that did nothing is kept, and its client expected back until this time (epoch milliseconds; 0: its answer did not invite it). Default: the
   * request is forgotten, and its id is free.
   */
  readonly expectedUntil?: (reply: Reply, at: number) => number
  /** `wait`: a request that is under way is waited for. Otherwise it is `InProgress` at once, and so is the caller's own after this time. */
  readonly underWay: "wait" | Duration.Duration
  /** How long the end of the scope waits for what runs (default: not at all). */
  readonly drainFor?: Duration.DurationInput
  /** Counts work as under way (default: it is not counted). */
  readonly track?: <A, R>(work: Effect.Effect<A, never, R>) => Effect.Effect<A, never, R>
}

/** How often the end of a request in another process is looked for. */
const poll = Duration.seconds(1)

/** A header that only stored replies have: certainly nothing happened. Every version of the gateway reads and writes it. */
const marker = "interline-again"

const toStored = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, [marker]: "1" } })

const fromStored = (stored: Reply): Outcome => {
  const { headers: { [marker]: isMarked, ...headers }, ...reply } = stored
  return isMarked === undefined ? { reply: stored, effect: "done" } : { reply: { ...reply, headers }, effect: "none" }
}

const inProgress = { _tag: "InProgress" } as const

export const make = ({ ended, log }: Parts, policy: Policy): Effect.Effect<Once, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { deliveryOf, drainFor, expectedUntil, isUncertain, keep, track, underWay } = policy
    // work goes on when its client has gone: the client's retry wants its answer
    const running = yield* FiberSet.make<Outcome>()
    const leases = yield* RequestLeases.make(log)
    if (drainFor !== undefined) {
      yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(FiberSet.awaitEmpty(running)), drainFor))
    }
    const here = new Map<string, Fiber.Fiber<Outcome>>()
    const current = CurrentAnswer.make({ log, ended, deliveryOf })

    const abandon = (id: string): Effect.Effect<void> => Store.writeOrAbandon("the end of a request", log.abandon(id))

    const keepAnswer = (id: string, finish: Effect.Effect<void>): Effect.Effect<void> =>
      Store.writeOrAbandon("an answer", finish, log.abandon(id))

    const record: Once["record"] = (id, { effect, reply }) => {
      if (effect === "done") return keepAnswer(id, log.finish(id, reply))
      // a retry must find that nobody knows how far it got
      if (effect === "unknown") return abandon(id)
      return expectedUntil === undefined
        ? Store.writeOrAbandon("the end of a request", log.forget(id))
        : Effect.flatMap(Clock.currentTimeMillis, (at) => keepAnswer(id, log.finish(id, toStored(reply), expectedUntil(reply, at))))
    }

    const perform = <O extends Outcome, R>(id: string, work: Effect.Effect<O, never, R>): Effect.Effect<O, never, R> =>
      // whatever broke it, a retry must find that it is over and that nobody knows how far it got
      Effect.onError(
        leases.keep(id, Effect.flatMap(work, (outcome) => Effect.as(record(id, outcome), outcome))),
        () => abandon(id)
      )

    /** Runs apart from the caller, so that nothing that happens to the caller happens to it. */
    const runApart = <O extends Outcome, R>(id: string, work: Effect.Effect<O, never, R>): Effect.Effect<Result<O>, never, R> =>
      Effect.flatMap(FiberSet.run(running, track === undefined ? work : track(work)), (fiber) => {
        here.set(id, fiber)
        fiber.addObserver(() => {
          if (here.get(id) === fiber) here.delete(id)
        })
        const ran = Effect.map(Effect.flatten(fiber.await), (outcome): Result<O> => ({ _tag: "Ran", outcome }))
        return underWay === "wait" ? ran : Effect.map(Effect.timeoutOption(ran, underWay), Option.getOrElse(() => inProgress))
      })

    const joinKept = <O extends Outcome, R>(id: string, kept: Outcome, { answered }: Work<O, R>): Effect.Effect<Result<O>, never, R> =>
      answered !== undefined && kept.effect === "done" && isUncertain(kept.reply)
        ? Effect.map(current(id, kept.reply, answered), (reply) => ({ _tag: "Joined", outcome: { reply, effect: "done" } }))
        : Effect.succeed({ _tag: "Joined", outcome: kept })

    const run: Once["run"] = <O extends Outcome, R, E>(
      id: string,
      begun: Begun,
      ask: Effect.Effect<Begun, E>,
      work: Work<O, R>
    ): Effect.Effect<Result<O>, E, R> => {
      switch (begun._tag) {
        case "Fresh":
          return runApart(id, perform(id, work.first))
        case "Abandoned":
          return runApart(id, perform(id, work.resumed))
        case "Done":
          return joinKept(id, fromStored(begun.reply), work)
        case "Conflict":
          return Effect.succeed({ _tag: "Conflict", outcome: Option.map(Option.fromNullable(begun.reply), fromStored) })
        case "InProgress": {
          if (underWay !== "wait") return Effect.succeed(inProgress)
          const fiber = here.get(id)
          return fiber === undefined
            ? Effect.flatMap(Effect.delay(ask, poll), (begun) => run(id, begun, ask, work))
            : Effect.map(Effect.flatten(fiber.await), (outcome) => ({ _tag: "Joined", outcome }))
        }
      }
    }

    return {
      request: (asked, id, at) => ({ ...asked, id, at, lease: RequestLeases.length, expiresAt: at + Duration.toMillis(keep) }),
      run,
      record
    }
  })
