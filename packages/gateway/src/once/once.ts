/**
 * Runs a request once, even if it is asked for several times or in several processes. The request log records who runs it, and its result.
 */
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

/** The result of a request. */
export interface Outcome {
  readonly reply: Reply
  /** `none`: certainly nothing happened. `done`: something happened, or may have happened. `unknown`: it is not known how much happened. */
  readonly effect: "none" | "done" | "unknown"
}

/** The work of a request. */
export interface Work<O extends Outcome, R = never> {
  readonly first: Effect.Effect<O, never, R>
  /** Runs instead of `first` when an earlier run did not end. A part of that run may have happened. */
  readonly resumed: Effect.Effect<O, never, R>
  /** Answers a retry anew, with `EndedSend` in place of the send (default: a retry gets the stored answer unchanged). */
  readonly answered?: Effect.Effect<Reply, never, R>
}

/**
 * The state of a request for the caller. `Ran`: the caller's work ran. `Joined`: another call ran it, in this or another process, now or
 * before. `InProgress`: it is not over yet. `Conflict`: the id belongs to another request. It holds the answer of that request if it is
 * over.
 */
export type Result<O extends Outcome> =
  | { readonly _tag: "Ran"; readonly outcome: O }
  | { readonly _tag: "Joined"; readonly outcome: Outcome }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Conflict"; readonly outcome: Option.Option<Outcome> }

/** Whose request it is, of what kind, and what it says. */
export type Asked = Pick<Begin, "scope" | "fingerprint" | "spelling">

export interface Once {
  /** A request in the form of the log, with its time in epoch milliseconds. */
  readonly request: (asked: Asked, id: string, at: number) => Begin
  /** Runs or joins the request with this id. `begun` is its state in the log. `ask` reads the state again. */
  readonly run: <O extends Outcome, R, E>(
    id: string,
    begun: Begun,
    ask: Effect.Effect<Begun, E>,
    work: Work<O, R>
  ) => Effect.Effect<Result<O>, E, R>
  /** Records the result of a request that was begun. */
  readonly record: (id: string, outcome: Outcome) => Effect.Effect<void>
}

export interface Parts {
  readonly log: RequestLogService
  readonly ended: RouterService["ended"]
}

/** The settings that differ between the callers. */
export interface Policy {
  /** How long a request is remembered after it began. */
  readonly keep: Duration.Duration
  /** The delivery that an answer is about. */
  readonly deliveryOf: (reply: Reply) => Option.Option<DeliveryId>
  /** Whether the answer leaves it open if a message was sent, as a whole or in part. */
  readonly isUncertain: (reply: Reply) => boolean
  /**
   * Keeps a request that did nothing. Its client is expected back until this time (epoch milliseconds; 0: the answer did not invite the
   * client). Default: the request is forgotten, and its id is free.
   */
  readonly expectedUntil?: (reply: Reply, at: number) => number
  /**
   * `wait`: wait for a request that is under way. A duration: a request of another caller is `InProgress` at once, and the caller's own
   * request is `InProgress` after this time.
   */
  readonly underWay: "wait" | Duration.Duration
  /** How long the end of the scope waits for running work (default: it does not wait). */
  readonly drainFor?: Duration.DurationInput
  /** Counts work as under way (default: it is not counted). */
  readonly track?: <A, R>(work: Effect.Effect<A, never, R>) => Effect.Effect<A, never, R>
}

/** How often to check whether a request in another process has ended. */
const poll = Duration.seconds(1)

/** A header that only stored replies have. It means: certainly nothing happened. Every version of the gateway reads and writes it. */
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
    // Work goes on after its client has gone, because the client's retry needs the answer.
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
      // A retry must find that it is not known how far the work got.
      if (effect === "unknown") return abandon(id)
      return expectedUntil === undefined
        ? Store.writeOrAbandon("the end of a request", log.forget(id))
        : Effect.flatMap(Clock.currentTimeMillis, (at) => keepAnswer(id, log.finish(id, toStored(reply), expectedUntil(reply, at))))
    }

    const perform = <O extends Outcome, R>(id: string, work: Effect.Effect<O, never, R>): Effect.Effect<O, never, R> =>
      // Whatever ended the work, a retry must find that it is over, and that it is not known how far it got.
      Effect.onError(
        leases.keep(id, Effect.flatMap(work, (outcome) => Effect.as(record(id, outcome), outcome))),
        () => abandon(id)
      )

    /** Runs the work apart from the caller, so that an interruption of the caller does not stop it. */
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
