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
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as CurrentAnswer from "./currentAnswer.ts"
import * as RequestLeases from "./requestLeases.ts"

/** The result of a request. */
export interface Outcome {
  readonly reply: Reply
  /** `none`: certainly nothing happened. `done`: something happened, or may have happened. `unknown`: it is not known how much happened. */
  readonly effect: "none" | "done" | "unknown"
}

/**
 * A send. It may run any number of times, in any number of processes at once, because every run has the same key in the ledger, and the ledger
 * has one delivery for a key. So nobody waits for a lease: who asks runs it, and the ledger makes it join the run that is under way.
 */
export interface Send<O extends Outcome, R = never> {
  readonly _tag: "Send"
  readonly run: Effect.Effect<O, never, R>
  /** Whether an outcome is a refusal that says nothing of other runs: this run may not have come as far as the ledger. */
  readonly isOwn: (outcome: O) => boolean
  /** The outcome of a run with an own refusal, if another run of the send may have done something. */
  readonly toDoubted: (outcome: O) => O
  /** Answers a retry anew, with `EndedSend` in place of the send. */
  readonly answered: Effect.Effect<Reply, never, R>
}

/** Work that the ledger does not know, so that it must never run twice. It belongs to one process for the time of a lease. */
export interface Act<O extends Outcome, R = never> {
  readonly _tag: "Act"
  readonly first: Effect.Effect<O, never, R>
  /** Runs instead of `first` when an earlier run did not end. A part of that run may have happened. */
  readonly resumed: Effect.Effect<O, never, R>
  /** The outcome of a run that the end of the process cut off. */
  readonly cutOff: O
}

/** The work of a request. */
export type Work<O extends Outcome, R = never> = Send<O, R> | Act<O, R>

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
export interface Asked extends Pick<Begin, "scope" | "fingerprint" | "spelling"> {
  /** Whether its work is a `Send`. */
  readonly isSend: boolean
}

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
   * `wait`: wait for a request that is under way. A duration: an act of another caller is `InProgress` at once, and every other request is
   * `InProgress` after this time.
   */
  readonly underWay: "wait" | Duration.Duration
  /** How long the end of the scope waits for running work (default: it does not wait). After that it cuts off the acts. */
  readonly drainFor?: Duration.DurationInput
  /** Counts work as under way (default: it is not counted). */
  readonly track?: <A, R>(work: Effect.Effect<A, never, R>) => Effect.Effect<A, never, R>
}

/** How often to check whether an act in another process has ended. */
const poll = Duration.seconds(1)

/**
 * How often, and how many times, to check whether the other runs of a send did nothing either: for two seconds. Runs that are refused end at
 * once. A run whose process died never ends.
 */
const glance = Duration.millis(100)
const glances = 20

/** A header that only stored replies have. It means: certainly nothing happened. Every version of the gateway reads and writes it. */
const marker = "interline-again"

const toStored = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, [marker]: "1" } })

const fromStored = (stored: Reply): Outcome => {
  const { headers: { [marker]: isMarked, ...headers }, ...reply } = stored
  return isMarked === undefined ? { reply: stored, effect: "done" } : { reply: { ...reply, headers }, effect: "none" }
}

const inProgress = { _tag: "InProgress" } as const

/** How work ended in this process. `Gone`: the request is not in progress any more, so ask for it again. */
type Ended<O extends Outcome> =
  | { readonly _tag: "Ran"; readonly outcome: O }
  | { readonly _tag: "Joined"; readonly outcome: Outcome }
  | { readonly _tag: "Gone" }

const toJoined = ({ outcome }: { readonly outcome: Outcome }) => ({ _tag: "Joined", outcome }) as const

const cutOffOf = <O extends Outcome, R>(work: Work<O, R>): O | undefined => work._tag === "Act" ? work.cutOff : undefined

interface Record extends Pick<Policy, "isUncertain" | "expectedUntil"> {
  readonly log: RequestLogService
}

/** Ends a run that did nothing. `false`: another run may have done something. */
const withdraw = ({ expectedUntil, log }: Record, id: string, { effect, reply }: Outcome): Effect.Effect<boolean> =>
  effect === "done"
    ? log.withdraw(id, { reply })
    : expectedUntil === undefined
    ? log.withdraw(id)
    : Effect.flatMap(Clock.currentTimeMillis, (at) => log.withdraw(id, { reply: toStored(reply), expectedUntil: expectedUntil(reply, at) }))

/** Records the answer of a send. If another run recorded one before, both give the same: the first one, or the first certain one. */
const finishSend = <O extends Outcome>({ isUncertain, log }: Record, id: string, outcome: O): Effect.Effect<Ended<O>> => {
  const { reply } = outcome
  const ran: Ended<O> = { _tag: "Ran", outcome }
  return Effect.flatMap(log.finish(id, reply), (other): Effect.Effect<Ended<O>> => {
    if (Option.isNone(other)) return Effect.succeed(ran)
    const kept = fromStored(other.value)
    return kept.effect === "none" || (isUncertain(kept.reply) && !isUncertain(reply))
      ? Effect.as(log.amend(id, other.value, reply), ran)
      : Effect.succeed(toJoined({ outcome: kept }))
  })
}

/**
 * Ends a run with an own refusal, while another run may have done something. It waits for the other runs, but not for long. If they did
 * nothing either, its own answer is certain. A doubted answer is not recorded: the next caller asks the ledger.
 */
const awaitOthers = <O extends Outcome>(
  record: Record,
  id: string,
  outcome: O,
  { toDoubted }: Pick<Send<O>, "toDoubted">,
  left = glances
): Effect.Effect<Ended<O>> =>
  Effect.flatMap(record.log.find(id), (found): Effect.Effect<Ended<O>> => {
    if (Option.isNone(found)) return Effect.succeed({ _tag: "Ran", outcome })
    if (found.value !== undefined) {
      const kept = fromStored(found.value)
      return Effect.succeed(kept.effect === "none" ? { _tag: "Ran", outcome } : toJoined({ outcome: kept }))
    }
    return left > 0
      ? Effect.delay(awaitOthers(record, id, outcome, { toDoubted }, left - 1), glance)
      : Effect.succeed({ _tag: "Ran", outcome: toDoubted(outcome) })
  })

/** Records how a run of a send ended. If it is not known how far the run got, the request stays open, and the next caller asks the ledger. */
const endSend = <O extends Outcome>(
  record: Record,
  id: string,
  outcome: O,
  work: Pick<Send<O>, "isOwn" | "toDoubted">
): Effect.Effect<Ended<O>> => {
  const ran: Ended<O> = { _tag: "Ran", outcome }
  const { effect } = outcome
  if (effect === "unknown") return Effect.succeed(ran)
  const isOwn = work.isOwn(outcome)
  const ending = effect === "done" && !isOwn
    ? finishSend(record, id, outcome)
    : Effect.flatMap(
      withdraw(record, id, outcome),
      (isLast) => isLast || !isOwn ? Effect.succeed(ran) : awaitOthers(record, id, outcome, work)
    )
  // The caller gets its answer also if it cannot be written down. Then the next caller asks the ledger.
  return Store.writeOr(effect === "done" ? "an answer" : "the end of a request", ending, ran)
}

export const make = ({ ended, log }: Parts, policy: Policy): Effect.Effect<Once, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { deliveryOf, drainFor, isUncertain, keep, track, underWay } = policy
    // Work goes on after its client has gone, because the client's retry needs the answer.
    const acts = yield* FiberSet.make<Ended<Outcome>>()
    // A send also goes on after this scope has ended. The router ends every send when it ends itself, and only then it is known what came of it.
    const sends = yield* Scope.extend(FiberSet.make<Ended<Outcome>>(), yield* Scope.make())
    const leases = yield* RequestLeases.make(log)
    if (drainFor !== undefined) {
      const idle = Effect.zipRight(FiberSet.awaitEmpty(acts), FiberSet.awaitEmpty(sends))
      yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(idle), drainFor))
    }
    const here = new Map<string, Fiber.Fiber<Ended<Outcome>>>()
    const current = CurrentAnswer.make({ log, ended, deliveryOf })
    const records: Record = { ...policy, log }

    const abandon = (id: string): Effect.Effect<void> => Store.writeOrAbandon("the end of a request", log.abandon(id))

    const record: Once["record"] = (id, outcome) => {
      const { effect, reply } = outcome
      if (effect === "done") return Store.writeOrAbandon("an answer", Effect.asVoid(log.finish(id, reply)), log.abandon(id))
      // A retry must find that it is not known how far the work got.
      return effect === "unknown"
        ? abandon(id)
        : Store.writeOrAbandon("the end of a request", Effect.asVoid(withdraw(records, id, outcome)), log.abandon(id))
    }

    const performAct = <O extends Outcome, R>(id: string, work: Effect.Effect<O, never, R>): Effect.Effect<Ended<O>, never, R> =>
      // Whatever ended the work, a retry must find that it is over, and that it is not known how far it got.
      Effect.onError(
        leases.keep(id, Effect.flatMap(work, (outcome) => Effect.as(record(id, outcome), { _tag: "Ran", outcome } as const))),
        () => abandon(id)
      )

    /** Runs a send. `tries` counts the runs that may have done something, with this one. */
    const performSend = <O extends Outcome, R>(id: string, work: Send<O, R>, tries: number): Effect.Effect<Ended<O>, never, R> =>
      tries === 0 ? Effect.succeed({ _tag: "Gone" }) : Effect.map(
        Effect.flatMap(work.run, (outcome) => endSend(records, id, outcome, work)),
        (end) => tries > 1 && end._tag === "Ran" ? toJoined(end) : end
      )

    const inTime = <A>(waiting: Effect.Effect<A>): Effect.Effect<A | typeof inProgress> =>
      underWay === "wait" ? waiting : Effect.map(Effect.timeoutOption(waiting, underWay), Option.getOrElse(() => inProgress))

    /** The end of a fiber. `cutOff`: the outcome if the end of the process cut it off. */
    const endOf = <O extends Outcome>(
      fiber: Fiber.Fiber<Ended<O>>,
      cutOff: O | undefined
    ): Effect.Effect<Ended<O> | typeof inProgress> =>
      inTime(Effect.flatMap(fiber.await, (exit): Effect.Effect<Ended<O>> =>
        cutOff !== undefined && Exit.isInterrupted(exit) ? Effect.succeed({ _tag: "Ran", outcome: cutOff }) : exit))

    /** Runs the work apart from the caller, so that an interruption of the caller does not stop it. */
    const runApart = <O extends Outcome, R>(
      id: string,
      work: Work<O, R>,
      performed: Effect.Effect<Ended<O>, never, R>
    ): Effect.Effect<Ended<O> | typeof inProgress, never, R> =>
      Effect.flatMap(FiberSet.run(work._tag === "Send" ? sends : acts, track === undefined ? performed : track(performed)), (fiber) => {
        here.set(id, fiber)
        fiber.addObserver(() => {
          if (here.get(id) === fiber) {
            here.delete(id)
          }
        })
        return endOf(fiber, cutOffOf(work))
      })

    const joinHere = (fiber: Fiber.Fiber<Ended<Outcome>>, cutOff: Outcome | undefined): Effect.Effect<Ended<never> | typeof inProgress> =>
      Effect.map(endOf(fiber, cutOff), (end) =>
        end._tag === "Ran" ? toJoined(end) : end)

    const joinKept = <O extends Outcome, R>(id: string, kept: Outcome, work: Work<O, R>): Effect.Effect<Result<O>, never, R> =>
      work._tag === "Send" && kept.effect === "done" && isUncertain(kept.reply)
        ? Effect.map(current(id, kept.reply, work.answered), (reply) => toJoined({ outcome: { reply, effect: "done" } }))
        : Effect.succeed(toJoined({ outcome: kept }))

    /** Runs or joins a request that has no answer. `Gone`: it has one by now, or was forgotten. */
    const runOpen = <O extends Outcome, R>(
      id: string,
      begun: "Fresh" | "Abandoned" | "InProgress",
      work: Work<O, R>
    ): Effect.Effect<Ended<O> | typeof inProgress, never, R> => {
      const fiber = here.get(id)
      if (work._tag === "Send") {
        if (begun === "Fresh") return runApart(id, work, performSend(id, work, 1))
        if (fiber !== undefined) return joinHere(fiber, cutOffOf(work))
        return runApart(id, work, Effect.flatMap(log.join(id), (tries) => performSend(id, work, tries)))
      }
      if (begun !== "InProgress") return runApart(id, work, performAct(id, begun === "Fresh" ? work.first : work.resumed))
      if (underWay !== "wait") return Effect.succeed(inProgress)
      return fiber === undefined ? Effect.as(Effect.sleep(poll), { _tag: "Gone" }) : joinHere(fiber, cutOffOf(work))
    }

    const run: Once["run"] = <O extends Outcome, R, E>(
      id: string,
      begun: Begun,
      ask: Effect.Effect<Begun, E>,
      work: Work<O, R>
    ): Effect.Effect<Result<O>, E, R> => {
      switch (begun._tag) {
        case "Done":
          return joinKept(id, fromStored(begun.reply), work)
        case "Conflict":
          return Effect.succeed({ _tag: "Conflict", outcome: Option.map(Option.fromNullable(begun.reply), fromStored) })
        default:
          return Effect.flatMap(runOpen(id, begun._tag, work), (end): Effect.Effect<Result<O>, E, R> =>
            end._tag === "Gone"
              ? Effect.flatMap(ask, (begun) => run(id, begun, ask, work))
              : Effect.succeed(end))
      }
    }

    return {
      request: ({ isSend, ...asked }, id, at) => {
        const kept = Duration.toMillis(keep)
        return { ...asked, id, at, lease: isSend ? kept : RequestLeases.length, expiresAt: at + kept }
      },
      run,
      record
    }
  })
