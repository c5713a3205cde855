/**
 * Runs deliveries: does what the engine says, writes down what is about to happen before it does, and tells the engine what
 * came of it. Each delivery runs in a fiber of its own; callers only wait for it.
 */
import type * as Backend from "@interline/core/Backend"
import type { Carrier, Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Defect from "@interline/core/Defect"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Messaging from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import type { Plan } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import * as SendError from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import * as Timers from "@interline/core/Timers"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Decide from "../decision/Decide.ts"
import type * as Decision from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Engine, Turn } from "../health/engine.ts"
import * as Limits from "../health/Limits.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Contact, Entry } from "../ledger/Ledger.ts"
import * as Route from "../policy/Route.ts"
import * as RouteSettings from "../policy/routeSettings.ts"
import * as Steady from "../runtime/steady.ts"
import * as Attempt from "./attempt.ts"
import { type Answer, answer, attemptsOf, broken, fromEntry, type Job, lost, millis, now } from "./job.ts"
import * as Lanes from "./lanes.ts"
import * as Plans from "./plans.ts"
import * as Record from "./record.ts"
import * as Remote from "./remote.ts"

type Prepared = Backend.Prepared
type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

export interface Setup extends Record.Setup {
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  /** Of carriers that no message goes by. */
  readonly idle?: ReadonlyArray<Planner>
  readonly engine: Engine
  /** Default: a digest, which takes a turn of the event loop that the simulation does not have. */
  readonly fingerprintOf?: (prepared: Prepared) => Effect.Effect<string>
}

export interface Shell extends Remote.Elsewhere {
  readonly deliver: (deliveryId: DeliveryId, prepared: Prepared) => Effect.Effect<Delivery, SendError.SendError>
  readonly plan: (prepared: Prepared, ids?: ReadonlyArray<CarrierId>) => Effect.Effect<ReadonlyArray<Plan>>
  readonly absentees: () => ReadonlyArray<Remote.Absentee>
  readonly forget: (absentee: Remote.Absentee) => void
  /** Makes the leases of what runs here last, and takes notice of what other processes wrote of it. */
  readonly renew: Effect.Effect<void>
  /** Ends what is under way: first by itself within `millis`, then as not known. */
  readonly drain: (millis: number) => Effect.Effect<void>
}

/** Spreads retries of many deliveries, from 0.75 to 1. */
const jitterOf = (id: DeliveryId): number => 0.75 + (Fingerprint.hash(id) % 1024) / 4096

const earlier = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? undefined : Math.min(left, right)

/** A group is as well known as the one in it who is known least. */
const lessInTouch = (left: Contact, right: Contact): Contact => ({
  inboundAt: earlier(left.inboundAt, right.inboundAt),
  outboundAt: earlier(left.outboundAt, right.outboundAt)
})

const nobody: ReadonlyMap<CarrierId, Contact> = new Map()

export const make = (setup: Setup): Shell => {
  const { carriers, engine, fingerprintOf = Fingerprint.of, idle = [], ledger, policy } = setup
  const jobs = new Map<DeliveryId, Job>()
  const lanes = Lanes.make()
  const timers = Timers.make()
  const steadyOf = Steady.watch()
  /** How far the first delivery's clock was ahead: health is measured by that one. */
  let healthOffset: number | undefined
  const gone: Array<Remote.Absentee> = []
  let closing = false

  /** The carriers whose policy asks who was in touch with them. */
  const careful: ReadonlySet<CarrierId> = new Set(
    Array.from(carriers.keys()).filter((id) => {
      const own = policy.carriers[id]
      return own !== undefined && (own.opens === "known" || own.newContactsPerDay !== undefined || own.newContactsPerHour !== undefined)
    })
  )

  const [preferred] = policy.prefer

  /** What a delivery's clock is ahead of the one by which health is measured: something if somebody set the wall clock in between. */
  const aheadOf = ({ clock }: Job): number => {
    healthOffset ??= clock.offset
    return clock.offset - healthOffset
  }

  const step = (job: Job, state: Decision.State, event: Decision.Event): Turn => engine.step(state, event, isFresh(job), aheadOf(job))

  const isFresh = (job: Job) => (candidate: Decision.Candidate): boolean => job.fresh.has(candidate.carrierId)

  // --- one thing at a time ---

  /**
   * Runs what takes time, until `until` or until a fact from outside decides otherwise, and goes on with what came of it. Nothing
   * else ends it: the fiber cannot be interrupted elsewhere, so that whatever came of it is written down. It is the delivery's own
   * fiber, since a second one would cost more than all decisions; what is stopped stays behind with it, and another goes on.
   */
  const under = <A>(
    job: Job,
    until: number,
    effect: Effect.Effect<A>,
    goOn: (exit: Exit.Exit<A> | undefined) => Effect.Effect<void>
  ): Effect.Effect<void> =>
    Effect.withFiberRuntime((fiber) => {
      const fiberRefs = fiber.getFiberRefs()
      let isOver = false
      const end = () => {
        isOver = true
        job.stop = undefined
        cancel()
      }
      const stop = Effect.suspend(() => {
        if (isOver) return Effect.void
        end()
        fiber.unsafeInterruptAsFork(FiberId.none)
        return Effect.forkDaemon(guarded(job, Effect.flatMap(Effect.setFiberRefs(fiberRefs), () => goOn(undefined))))
      })
      const ended = (exit: Exit.Exit<A>): Effect.Effect<void> => {
        if (isOver) return Effect.void
        end()
        return goOn(exit)
      }
      const running = Effect.matchCauseEffect(Effect.interruptible(effect), {
        onSuccess: (value) => ended(Exit.succeed(value)),
        onFailure: (cause) => ended(Exit.failCause(cause))
      })
      const cancel = until === Number.POSITIVE_INFINITY ? () => {} : timers.set(until - job.clock.offset, stop)
      job.stop = stop
      const attending = timers.ensureWatcher()
      return attending === undefined ? running : Effect.flatMap(attending, () => running)
    })

  /** What is known is told when a store fails, and nothing more is done. */
  const guarded = (job: Job, effect: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.uninterruptible(
      Effect.catchAllCause(effect, (cause) =>
        Effect.map(Effect.zipRight(Effect.logError("a delivery ended with a defect", Defect.placesIn(cause)), unclaimed(job)), () => {
          const at = now(job)
          finish(job, answer(job, job.state, broken(job, at), at, preferred))
        }))
    )

  /**
   * The key of a delivery of which nothing has left is free again. If that cannot be written down either, its lease ends, and the next
   * send under the key takes it over.
   */
  const unclaimed = (job: Job): Effect.Effect<void> => {
    const { entry } = job
    return entry?.key === undefined || job.progress !== undefined || entry.state.phase._tag !== "Idle"
      ? Effect.void
      : Effect.catchAllCause(ledger.release(entry), (cause) => Effect.logError("a key could not be given back", Defect.placesIn(cause)))
  }

  // --- one delivery ---

  const records = Record.make(setup, (id, event) => elsewhere.tell(id, event))
  const { bind, flush, save } = records
  const attempts = Attempt.make({ policy, carriers, ledger, isClosing: () => closing }, records, under)

  const finish = (job: Job, result: Answer): void => {
    jobs.delete(job.id)
    if (job.inLane) lanes.leave(job.lane)
    Deferred.unsafeDone(job.done, Exit.succeed(result))
  }

  const end = (job: Job, result: Answer): Effect.Effect<void> => {
    finish(job, result)
    return Effect.void
  }

  const conclude = (job: Job, turn: Turn, outcome: Outcome.Outcome): Effect.Effect<void> => {
    const at = now(job)
    const state = job.state ?? turn.state
    const isLater = () => job.overtaken !== undefined || job.events.length > job.told
    // a fact that came while the end was being written down is a part of it
    const goOn = (): Effect.Effect<void> => {
      const { overtaken } = job
      job.overtaken = undefined
      return overtaken === undefined
        ? flush(job, () => conclude(job, { ...turn, state: job.state ?? state }, outcome))
        : drive(job, overtaken)
    }
    const tell = () =>
      job.lost ? concede(job, state, outcome, at) : isLater() ? goOn() : end(job, answer(job, state, outcome, at, preferred))
    return isLater() ? goOn() : save(job, state, at, () => flush(job, tell), () => flush(job, tell))
  }

  /**
   * Another process has it: what is certain here is told there as a fact. The caller gets what is certain, wherever that is known, or else
   * is told who has it.
   */
  const concede = (job: Job, state: Decision.State, outcome: Outcome.Outcome | undefined, at: number): Effect.Effect<void> => {
    jobs.delete(job.id)
    return Effect.flatMap(elsewhere.concede(job, state, outcome, at), (entry) => {
      if (outcome?._tag === "Accepted") return end(job, answer(job, state, outcome, at, preferred))
      const known = entry === undefined || wasGivenBack(entry) ? undefined : entry.state.result?.outcome
      return end(
        job,
        (known !== undefined && known._tag !== "Unknown" && entry !== undefined ? fromEntry(entry) : undefined) ?? lost(job, at, preferred)
      )
    })
  }

  const settle = (job: Job, turn: Turn, at: number, goOn: () => Effect.Effect<void>): Effect.Effect<void> => {
    job.state = turn.state
    for (const event of turn.events) {
      job.events.push(event)
      if (event._tag === "AbsenceTaken") remember(job)
      // the carrier's own fence has put them on the list; of a group it is not known whom
      if (event._tag === "Tried" && event.reason === "OptedOut" && job.prepared.conversation._tag === "Direct") {
        job.events.push({ _tag: "Suppressed", at, carrierId: event.carrierId, source: "error" })
      }
    }
    const { bound } = turn
    if (bound === undefined) return flush(job, goOn)
    const { conversation } = job.prepared
    const binding = Effect.flatMap(bind(conversation, job.binding, bound, job.id, at), (event) => {
      if (event !== undefined) job.events.push(event)
      return flush(job, goOn)
    })
    return careful.has(bound.carrierId)
      ? Effect.zipRight(
        Effect.forEach(
          Conversation.recipients(conversation),
          (handle) => ledger.touch(bound.carrierId, bound.line, handle, "outbound", at),
          { discard: true }
        ),
        binding
      )
      : binding
  }

  const remember = (job: Job): void => {
    const { entry, progress, state } = job
    const candidate = state?.route.find(({ carrierId }) => carrierId === progress?.of.plan.carrierId)
    if (entry === undefined || progress === undefined || candidate === undefined) return
    gone.push({ entry, candidate, generation: progress.generation, progress: progress.of })
    if (gone.length > 1_000) gone.shift()
  }

  const drive = (job: Job, turn: Turn): Effect.Effect<void> => {
    const at = now(job)
    return settle(job, turn, at, () => {
      const { action } = turn
      if (action === undefined) return Effect.dieMessage("a delivery that is not done has nothing to do")
      if (action._tag === "Conclude") return conclude(job, turn, action.result.outcome)
      const goOn = (event: Decision.Event): Effect.Effect<void> => {
        if (job.lost) return concede(job, job.state ?? turn.state, event._tag === "Sent" ? event.outcome : undefined, event.at)
        const { overtaken, state } = job
        job.overtaken = undefined
        return drive(job, overtaken ?? step(job, state ?? turn.state, event))
      }
      const act = (): Effect.Effect<void> => {
        if (job.overtaken !== undefined) return goOn({ _tag: "Woke", at })
        switch (action._tag) {
          case "Send":
            return attempts.send(job, action, goOn)
          case "Look":
            return attempts.lookUp(job, action, goOn)
          case "Rest":
            return under(job, action.until, Effect.async<never>(() => {}), () => goOn({ _tag: "Woke", at: now(job) }))
        }
      }
      // a first try is written down with its plan, before anything of it leaves
      const later = action._tag === "Rest"
        ? turn.state.doubt === undefined
        : action._tag === "Send" && (job.entry === undefined || job.entry.state.phase._tag === "Idle")
      return later ? act() : save(job, turn.state, at, act, () => concede(job, turn.state, undefined, at))
    })
  }

  /** A fact for a delivery that runs here; it takes effect at once. */
  const feed = (job: Job, happened: Decision.Event): Effect.Effect<void> => {
    const { progress, state } = job
    const event: Decision.Event = { ...happened, at: now(job) }
    if (state === undefined) {
      // it still waits for its turn
      if (event._tag !== "Abandoned") return Effect.void
      job.gone = true
      return job.stop ?? Effect.void
    }
    const turn = step(job, job.overtaken?.state ?? state, event)
    if (turn.action === undefined) {
      job.state = turn.state
      job.events.push(...turn.events)
      const isProof = event._tag === "Observed" && turn.state.phase._tag === "Sending" && event.generation === turn.state.generation &&
        event.generation === progress?.generation && event.step === progress.of.step
      if (!isProof) return Effect.void
      job.proven = true
      return job.stop ?? Effect.void
    }
    const { overtaken } = job
    job.overtaken = overtaken === undefined
      ? turn
      : { ...turn, events: [...overtaken.events, ...turn.events], bound: turn.bound ?? overtaken.bound }
    job.state = turn.state
    return job.stop ?? Effect.void
  }

  const contactsOf = (job: Job, at: number): Effect.Effect<ReadonlyMap<CarrierId, Contact>> => {
    const { conversation } = job.prepared
    const recipients = Conversation.recipients(conversation)
    return Effect.map(
      Effect.forEach(careful, (id) =>
        Effect.map(
          Effect.forEach(recipients, (person) => ledger.contact(id, conversation.line, person)),
          (all) => [id, all.reduce(lessInTouch)] as const
        )),
      (contacts) => {
        for (const [id, contact] of contacts) if (Limits.isNew(contact, at)) job.fresh.add(id)
        return new Map(contacts)
      }
    )
  }

  const elsewhere: Remote.Elsewhere = Remote.make({ ...setup, jobs, feed }, records, attempts)

  const plans = Plans.make(Array.from(carriers.values()), idle)

  const refuse = (job: Job, problems: ReadonlyArray<Problem.Problem>): Effect.Effect<void> =>
    Effect.map(
      job.entry === undefined ? Effect.void : ledger.release(job.entry),
      () =>
        finish(
          job,
          Either.left(new SendError.Invalid({ deliveryId: job.id, losses: [], attempts: [], problems }, { disableValidation: true }))
        )
    )

  /** The lane first: where a conversation is may be decided by the send before. */
  const run = (job: Job, startedAt: number): Effect.Effect<void> => {
    const deadline = startedAt + policy.deadlines.send
    // whose turn comes in the very moment in which it has ended has nobody to give the lane back
    const onEntered = () => {
      if (jobs.has(job.id)) job.inLane = true
      else lanes.leave(job.lane)
    }
    // most lanes are free, and then nothing has to be waited for
    return lanes.take(job.lane, onEntered)
      ? begin(job, deadline)
      : under(job, deadline, lanes.enter(job.lane, onEntered), () => begin(job, deadline))
  }

  const begin = (job: Job, deadline: number): Effect.Effect<void> =>
    Effect.flatMap(ledger.binding(job.lane), (binding) => {
      const at = now(job)
      const fidelity = Route.fidelityOf(policy, job.prepared)
      job.binding = binding
      job.fidelity = fidelity
      const routed = (contacts: ReadonlyMap<CarrierId, Contact>) =>
        Effect.flatMap(plans.forSend(job.prepared, fidelity), (plans) => {
          const routed = Route.make(policy, job.prepared, { plans, carriers, binding, contacts, at, jitter: jitterOf(job.id) })
          if ("problems" in routed) return refuse(job, routed.problems)
          const { bound, route, settings, why } = routed
          job.isBound = bound
          const state = Decide.initial(job.id, route, { ...settings, deadline })
          const turn = step(job, state, job.gone ? { _tag: "Abandoned", at } : { _tag: "Started", at })
          const started: RouterEvent = {
            _tag: "Started",
            deliveryId: job.id,
            at,
            why,
            route: route.map(({ carrierId, line }) => ({ carrierId, line }))
          }
          return drive(job, { ...turn, events: [started, ...turn.events] })
        })
      return careful.size === 0 ? routed(nobody) : Effect.flatMap(contactsOf(job, at), routed)
    })

  const jobOf = (id: DeliveryId, prepared: Prepared, clock: Steady.Steady): Job => ({
    id,
    prepared,
    lane: Conversation.key(prepared.conversation),
    clock,
    done: Deferred.unsafeMake(FiberId.none),
    entry: undefined,
    renewedAt: 0,
    state: undefined,
    progress: undefined,
    fresh: new Set(),
    binding: Option.none(),
    isBound: false,
    fidelity: prepared.fidelity,
    waiters: 0,
    inLane: false,
    lost: false,
    gone: false,
    proven: false,
    overtaken: undefined,
    stop: undefined,
    events: [],
    told: 0,
    defect: undefined
  })

  /** Runs a delivery, which is on record as `entry` if it has a key, and waits for it. One whose claim was late runs already, if another caller took it over. */
  const start = (job: Job, entry: Entry | undefined, restore: Restore): Effect.Effect<Delivery, SendError.SendError> => {
    const same = jobs.get(job.id)
    if (same !== undefined) return wait(same, restore)
    job.entry = entry
    job.renewedAt = millis(job)
    if (jobs.set(job.id, job).size === 1) setup.busy.unsafeOpen()
    const running = Steady.drive(job.clock)(guarded(job, Effect.suspend(() => run(job, now(job)))))
    return Effect.flatMap(Effect.forkDaemon(running), () => wait(job, restore))
  }

  /** Waits for a delivery; who goes away while nobody else waits abandons it. */
  const wait = (job: Job, restore: Restore): Effect.Effect<Delivery, SendError.SendError> =>
    Effect.suspend(() => {
      job.waiters += 1
      const waiting = Effect.matchCauseEffect(restore(Deferred.await(job.done)), {
        onSuccess: identity,
        onFailure: (cause) => {
          job.waiters -= 1
          const left = job.waiters === 0 ? feed(job, { _tag: "Abandoned", at: now(job) }) : Effect.void
          return Effect.zipRight(left, Effect.failCause(cause))
        }
      })
      return job.waiters === 1 && job.state?.abandoned === true
        ? Effect.zipRight(feed(job, { _tag: "Rejoined", at: now(job) }), waiting)
        : waiting
    })

  // --- keys ---

  /** Nothing of it was asked of any carrier: whoever asked again under its key may have sent the message since, as another delivery. */
  const wasGivenBack = ({ key, state }: Entry): boolean =>
    key !== undefined && state.generation === 0 && state.result?.outcome._tag === "Rejected"

  const stillRunning = (id: DeliveryId, prepared: Prepared, at: number): SendError.SendError => {
    const error = MessagingError.make("Timeout", {
      operation: "send",
      blame: "caller",
      detail: "the first send under this key has not ended yet; ask again under the same key"
    })
    const answer = Messaging.conclude(id, prepared, Outcome.unknown({ error, parts: [], step: 0, startedAt: at }), [{
      carrierId: policy.prefer[0],
      line: prepared.conversation.line,
      outcome: "skipped",
      why: "the key's first send was waited for",
      startedAt: at,
      millis: 0
    }])
    return Either.isLeft(answer) ? answer.left : new SendError.Invalid({ deliveryId: id, losses: [], attempts: [], problems: [] })
  }

  /** Before its turn nothing is known of a delivery but what it is to say, and to whom; the route is made when its turn comes. */
  const waiting = (job: Job): Decision.State =>
    Decide.initial(
      job.id,
      [{ carrierId: preferred, line: job.prepared.conversation.line, reconcile: "none", replayFor: 0 }],
      RouteSettings.settings(policy, undefined, { at: now(job), jitter: jitterOf(job.id) }, true)
    )

  /**
   * Waits for the first send under a key, here or in another process, and takes it over from a process that is gone; `again` asks for the key
   * once more.
   */
  const join = (
    id: DeliveryId,
    prepared: Prepared,
    until: number,
    restore: Restore,
    again: Effect.Effect<Delivery, SendError.SendError> | undefined
  ): Effect.Effect<Delivery, SendError.SendError> =>
    Effect.suspend(() => {
      const job = jobs.get(id)
      if (job !== undefined) return wait(job, restore)
      return Effect.flatMap(ledger.read(id), (entry) => {
        // the key was given back meanwhile, and somebody else may have it by now
        if ((Option.isNone(entry) || wasGivenBack(entry.value)) && again !== undefined) return again
        const answer = Option.getOrUndefined(Option.map(entry, fromEntry))
        if (answer !== undefined) return answer
        return Effect.flatMap(Effect.zip(elsewhere.takeOver(id), Effect.clock), ([left, clock]) => {
          // of what its process left behind nothing has gone out: whoever asks for it again has it sent
          if (left?.state.phase._tag === "Idle") return start(jobOf(id, prepared, steadyOf(clock)), left, restore)
          if (left !== undefined) return join(id, prepared, until, restore, again)
          const rest = until - Time.steadyMillis(clock)
          return rest <= 0
            ? Effect.fail(stillRunning(id, prepared, clock.unsafeCurrentTimeMillis()))
            : Effect.zipRight(restore(Effect.sleep(Math.min(250, rest))), join(id, prepared, until, restore, again))
        })
      })
    })

  const taken: Problem.Problem = Problem.make(
    "key",
    ["options", "key"],
    "the key was used for another conversation or draft; take a new one"
  )

  /**
   * The ledger failed before anything was tried. What it may have written all the same is given back, or taken over by the next send under the
   * key. Only a ledger that can be read says that nobody else has the key; otherwise an equal send may have gone before.
   */
  const unstored = (job: Job, entry: Entry, cause: Cause.Cause<never>): Effect.Effect<never, SendError.SendError> => {
    const failed = (outcome: (at: number) => Outcome.Outcome) =>
      Effect.suspend(() => {
        const at = now(job)
        const told = answer(job, undefined, outcome(at), at, preferred)
        return Either.isLeft(told) ? Effect.fail(told.left) : Effect.failCause(cause)
      })
    const isReadable = Effect.catchAllCause(Effect.as(ledger.read(job.id), true), () => Effect.succeed(false))
    const givenBack = Effect.catchAllCause(
      ledger.release(entry),
      (again) => Effect.logError("a key could not be given back", Defect.placesIn(again))
    )
    return Effect.zipRight(
      Effect.zipRight(Effect.logError("a key could not be claimed", Defect.placesIn(cause)), givenBack),
      Effect.flatMap(
        isReadable,
        (known) => failed((at) => known ? broken(job, at) : Outcome.unknown({ error: unreachable, parts: [], step: 0, startedAt: at }))
      )
    )
  }

  const unreachable = MessagingError.make("Unavailable", {
    operation: "send",
    certainty: "unknown",
    next: "retry",
    detail: "the ledger cannot be reached: this send was not begun, and whether an equal one was is not known; ask again under the same key"
  })

  const deliverUnder = (
    key: string,
    fingerprint: string,
    job: Job,
    until: number,
    restore: Restore
  ): Effect.Effect<Delivery, SendError.SendError> => {
    const { prepared } = job
    const entry = { ...records.entryOf(job, waiting(job), now(job)), key }
    const claiming = ledger.claim({ entry, fingerprint, keepFor: policy.keys.rememberFor, lease: setup.lease })
    return Effect.flatMap(Effect.catchAllCause(claiming, (cause) => unstored(job, entry, cause)), (claim) => {
      switch (claim._tag) {
        case "Owned":
          return start(job, entry, restore)
        case "Conflict":
          return Effect.fail(
            new SendError.Invalid({ deliveryId: claim.deliveryId, losses: [], attempts: [], problems: [taken] }, {
              disableValidation: true
            })
          )
        case "InFlight":
          return join(claim.deliveryId, prepared, until, restore, Effect.suspend(() => deliverUnder(key, fingerprint, job, until, restore)))
        case "Done":
          return join(claim.deliveryId, prepared, until, restore, undefined)
      }
    })
  }

  const deliver: Shell["deliver"] = (deliveryId, prepared) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.clock, (clock) => {
        if (closing) return Effect.fail(refusedClosing(deliveryId, prepared, clock.unsafeCurrentTimeMillis()))
        const job = jobOf(deliveryId, prepared, steadyOf(clock))
        const { key } = prepared
        return key === undefined
          ? start(job, undefined, restore)
          : Effect.flatMap(fingerprintOf(prepared), (fingerprint) =>
            deliverUnder(key, fingerprint, job, millis(job) + policy.deadlines.send, restore))
      })
    )

  const refusedClosing = (id: DeliveryId, prepared: Prepared, at: number): SendError.SendError =>
    new SendError.NotSent({
      deliveryId: id,
      losses: [],
      attempts: attemptsOf(undefined, { carrierId: policy.prefer[0], line: prepared.conversation.line }, at),
      error: MessagingError.make("Cancelled", { operation: "send", detail: "the router is closing" })
    }, { disableValidation: true })

  /** Only what runs for longer than most sends needs it. */
  const renew: Shell["renew"] = Effect.suspend(() => {
    const aging = Array.from(jobs.values()).filter((job) => job.entry !== undefined && millis(job) - job.renewedAt >= setup.lease / 5)
    if (aging.length === 0) return jobs.size > 0 ? Effect.void : Effect.asVoid(setup.busy.close)
    const asked = aging.map((job) => ({ job, version: job.entry?.version, at: millis(job) }))
    return Effect.flatMap(
      ledger.renew(aging.map(({ id }) => id), setup.owner, setup.lease),
      (versions) =>
        Effect.forEach(asked, ({ at, job, version }) => {
          const stored = versions.get(job.id)
          if (stored !== undefined && at > job.renewedAt) job.renewedAt = at
          // what it writes itself meanwhile is no news
          return stored === undefined || version === undefined || stored <= version || job.entry?.version !== version
            ? Effect.void
            : elsewhere.overhear(job)
        }, { discard: true })
    )
  })

  const drain: Shell["drain"] = (millis) =>
    Effect.suspend(() => {
      closing = true
      const running = Array.from(jobs.values())
      const ended = Effect.forEach(running, (job) => Deferred.await(job.done), { concurrency: "unbounded", discard: true })
      return Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const waiting = running.length === 0
          ? Effect.void
          : Effect.logInfo(`closing: up to ${millis} ms for ${running.length} ${running.length === 1 ? "send" : "sends"} under way`)
        const stop = Effect.suspend(() => Effect.forEach(Array.from(jobs.values()), (job) => job.stop ?? Effect.void, { discard: true }))
        return Effect.zipRight(
          Effect.zipRight(waiting, Effect.forEach(running, (job) => feed(job, { _tag: "Abandoned", at }), { discard: true })),
          // a finalizer cannot be interrupted, and a wait that cannot be interrupted has no end
          Effect.zipRight(Effect.timeoutOption(Effect.interruptible(ended), millis), Effect.zipRight(stop, ended))
        )
      })
    })

  return {
    deliver,
    plan: (prepared, ids) => {
      const fidelity = Route.fidelityOf(policy, prepared)
      return ids === undefined
        ? Effect.map(plans.forSend(prepared, fidelity), (plans) => Array.from(plans.values()))
        : plans.of(ids, prepared, fidelity)
    },
    ...elsewhere,
    absentees: () => [...gone],
    forget: (absentee) => {
      const place = gone.indexOf(absentee)
      if (place >= 0) gone.splice(place, 1)
    },
    renew,
    drain
  }
}
