/** Begins a delivery: waits for its lane, makes its route, and starts its loop. */
import * as Capabilities from "@interline/core/Capabilities"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Plan } from "@interline/core/Plan"
import type * as Problem from "@interline/core/Problem"
import * as SendError from "@interline/core/SendError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Decide from "../decision/Decide.ts"
import type { Turn } from "../health/engine.ts"
import * as Limits from "../health/Limits.ts"
import * as LineFacts from "../health/lineFacts.ts"
import * as AwaitEarlier from "../ledger/awaitEarlier.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Contact } from "../ledger/Ledger.ts"
import * as Affinity from "../policy/Affinity.ts"
import * as KnownContacts from "../policy/knownContacts.ts"
import type * as Plans from "../policy/plans.ts"
import type * as Rollout from "../policy/Rollout.ts"
import * as Route from "../policy/Route.ts"
import * as Job from "./job.ts"
import * as Loop from "./loop.ts"
import * as RunFor from "./runFor.ts"

export interface Parts extends Loop.Parts {
  readonly plans: Plans.Plans
  /** What is stored of the policy's rollout, by the key of a conversation. Absent if the policy has none. */
  readonly rollout?: (conversation: string) => Effect.Effect<Rollout.Stored>
}

const noContacts: KnownContacts.Contacts = new Map()

/** A factor from 0.75 to 1 that spreads the retries of many deliveries. */
export const jitterOf = (id: DeliveryId): number => 0.75 + (Fingerprint.hash(id) % 1024) / 4096

/** The carriers for which it must be known whether the recipients are new: by the policy, or because their line rests for new people now. */
const findCareful = ({ careful, carriers, engine }: Parts, job: Job.Job, at: number): ReadonlyArray<CarrierId> => {
  const { clock, prepared: { conversation: { line } } } = job
  const all: Array<CarrierId> = []
  for (const carrierId of carriers.keys()) {
    if (careful.has(carrierId) || engine.restsForNew({ carrierId, line }, at, clock.offset)) all.push(carrierId)
  }
  return all
}

/** How long a send waits for what the vendor knows of its person. */
const longestLook = "2 seconds"

/**
 * Whether a line that rests for new people knows the person all the same. Where the policy limits nothing, what we sent is not recorded for each
 * person, so the place of the conversation tells. The vendor also knows people from before this program, and from elsewhere. If it does not
 * say, our own records count.
 */
const isKnownElsewhere = (
  { careful, carriers, engine }: Parts,
  { binding, clock, prepared: { conversation } }: Job.Job,
  carrierId: CarrierId,
  at: number
): Effect.Effect<boolean> => {
  const place = { carrierId, line: conversation.line }
  if (!engine.restsForNew(place, at, clock.offset)) return Effect.succeed(false)
  if (!careful.has(carrierId) && !LineFacts.isNewTo(place, Option.getOrUndefined(binding), at)) return Effect.succeed(true)
  const carrier = carriers.get(carrierId)
  if (carrier === undefined || conversation._tag === "Group" || !Capabilities.supports(carrier.capabilities, "getContactStatus")) {
    return Effect.succeed(false)
  }
  const look = Effect.suspend(() => carrier.getContactStatus(conversation.line, conversation.handle)).pipe(
    Effect.disconnect,
    Effect.map(({ status }) => status === "known" || status === "exempt"),
    Effect.timeoutTo({ duration: longestLook, onSuccess: (isKnown) => isKnown, onTimeout: () => false }),
    Effect.orElseSucceed(() => false),
    // the send must not end because the look did
    Effect.catchAllDefect((defect) =>
      Effect.as(
        Effect.logError("a vendor could not be asked whether a person is new", { carrier: carrierId, defect: Defect.nameOf(defect) }),
        false
      )
    )
  )
  // a delivery is not interruptible, and the look is
  return Effect.flatMap(Effect.forkDaemon(Effect.interruptible(look)), Fiber.join)
}

/** Reads earlier contacts with the recipients, for the careful carriers, and notes at which carriers the recipients are new. */
const readContacts = (
  parts: Parts,
  job: Job.Job,
  careful: ReadonlyArray<CarrierId>,
  at: number
): Effect.Effect<KnownContacts.Contacts> =>
  Effect.gen(function*() {
    const { ledger } = parts
    const { newContacts, prepared: { conversation } } = job
    const contacts = new Map<CarrierId, Contact>()
    for (const id of careful) {
      const contact = yield* KnownContacts.readContact(ledger, id, conversation)
      contacts.set(id, contact)
      if (Limits.isNew(contact, at) && !(yield* isKnownElsewhere(parts, job, id, at))) newContacts.add(id)
    }
    return contacts
  })

/** No carrier may be asked. The key is given back, because nothing was decided under it. */
const refuse = ({ jobs, ledger }: Parts, job: Job.Job, problems: ReadonlyArray<Problem.Problem>): Effect.Effect<void> =>
  Effect.map(job.entry === undefined ? Effect.void : ledger.release(job.entry), () =>
    Job.finish(
      jobs,
      job,
      Either.left(SendError.invalid(job.id, problems))
    ))

/** What is known of a delivery when its route is made, but for what a rollout needs. */
const knownOf = (parts: Parts, job: Job.Job, plans: ReadonlyMap<CarrierId, Plan>, contacts: KnownContacts.Contacts): Route.Known => ({
  plans,
  carriers: parts.carriers,
  breaches: KnownContacts.findBreaches(parts, job.prepared, contacts),
  binding: job.binding,
  contacts,
  at: Job.now(job),
  jitter: jitterOf(job.id)
})

const isRefused = (plan: Plan | undefined): boolean =>
  plan?._tag === "Refused" && plan.problems.some(({ rule }) => rule !== "first-message")

/**
 * Whether the rollout must leave the conversation where it is for this send. Our number changes only together with the text that says so,
 * and a confirmation of an opt-out is only allowed at the carrier where the person said it.
 */
const keepsNumber = ({ plans, policy }: Parts, { binding, fidelity, prepared }: Job.Job, known: Route.Known): Effect.Effect<boolean> => {
  if (Option.isNone(binding)) return Effect.succeed(false)
  if (prepared.confirmsOptOut === true) return Effect.succeed(true)
  const routed = Route.make(policy, prepared, known)
  const first = "problems" in routed ? undefined : routed.route[0].carrierId
  const text = first === undefined ? undefined : Affinity.continuationOf(policy, binding, false, first)
  if (first === undefined || text === undefined) return Effect.succeed(false)
  const draft = Affinity.withContinuation(prepared.draft, text)
  return draft === prepared.draft
    ? Effect.succeed(true)
    : Effect.map(plans.of([first], { ...prepared, draft }, fidelity), ([plan]) => isRefused(plan) && !isRefused(known.plans.get(first)))
}

/** The first turn of a delivery, or why no carrier may be asked. */
const decideFirst = (
  { engine, policy }: Parts,
  job: Job.Job,
  known: Route.Known
): Turn | ReadonlyArray<Problem.Problem> => {
  const { deadline, id, prepared } = job
  const { at } = known
  const routed = Route.make(policy, prepared, known)
  if ("problems" in routed) return routed.problems
  const { bound, route, settings, why } = routed
  job.isBound = bound
  const state = Decide.initial(id, route, { ...settings, deadline })
  const turn = Job.decide(engine, job, state, { _tag: job.isAbandoned ? "Abandoned" : "Started", at })
  const places = route.map(({ carrierId, line }) => ({ carrierId, line }))
  return { ...turn, events: [{ _tag: "Started", deliveryId: id, at, why, route: places }, ...turn.events] }
}

const finishNotHere = (parts: Parts, job: Job.Job): Effect.Effect<void> => Effect.sync(() => Job.finish(parts.jobs, job, Job.notHere(job)))

/** Whether the conversation of a delivery that another process began is bound, so that a change of its number needs the continuation. */
const keepsToBinding = ({ carriers, policy }: Parts, job: Job.Job): boolean =>
  Route.modeOf(policy, job.prepared.conversation) !== "free" &&
  Affinity.findPlacement(policy, carriers, job.binding, Job.now(job))._tag === "Bound"

/** Goes on in the lane. The binding is read only now, because the send before may have changed it. */
const goOnInLane = (parts: Parts, job: Job.Job): Effect.Effect<void> => {
  if (job.isLost || job.isMoving) return finishNotHere(parts, job)
  return Effect.flatMap(parts.ledger.binding(job.lane), (binding) => {
    const fidelity = Route.fidelityOf(parts.policy, job.prepared)
    job.binding = binding
    job.fidelity = fidelity
    const begun = (contacts: KnownContacts.Contacts): Effect.Effect<void> => {
      const { lastEvent } = job
      job.lastEvent = undefined
      if (lastEvent !== undefined) {
        job.isBound = keepsToBinding(parts, job)
        return Loop.goOn(parts, job, { ...lastEvent, at: Job.now(job) })
      }
      return Effect.flatMap(parts.plans.forSend(job.prepared, fidelity), (plans) => {
        const begin = (known: Route.Known): Effect.Effect<void> => {
          // its shard may have been given up meanwhile
          if (job.isLost || job.isMoving) return finishNotHere(parts, job)
          const turn = decideFirst(parts, job, known)
          return "state" in turn ? Loop.run(parts, job, turn) : refuse(parts, job, turn)
        }
        const known = knownOf(parts, job, plans, contacts)
        // the state is read for each send, so that a change counts at once in every process
        return parts.rollout === undefined ? begin(known) : Effect.flatMap(parts.rollout(job.lane), (rollout) => {
          const rolled = { ...known, rollout }
          return Effect.flatMap(keepsNumber(parts, job, rolled), (keepsNumber) => begin({ ...rolled, keepsNumber }))
        })
      })
    }
    const at = Job.now(job)
    const careful = findCareful(parts, job, at)
    return careful.length === 0 ? begun(noContacts) : Effect.flatMap(readContacts(parts, job, careful, at), begun)
  })
}

/** Enters the lane of the delivery's conversation, and goes on there. */
const enterLane = (parts: Parts, job: Job.Job): Effect.Effect<void> => {
  if (job.isLost || job.isMoving) return finishNotHere(parts, job)
  const { arrivals, lanes, running } = parts.jobs
  const onEntered = (): void => {
    // the job may be over when it gets the lane: then the lane is given back here
    if (running.get(job.id) === job) job.inLane = true
    else lanes.leave(job.lane)
  }
  arrivals.place(job.id)
  // most lanes are free, and then nothing has to be waited for
  if (lanes.take(job.lane, onEntered)) return goOnInLane(parts, job)
  const entering: RunFor.Wait<void, true> = {
    until: job.deadline,
    effect: lanes.enter(job.lane, onEntered),
    toEvent: () => Effect.succeed(true)
  }
  const resume = (next: Effect.Effect<true>) => Loop.recordDefects(parts, job, Effect.zipRight(next, goOnInLane(parts, job)))
  return Effect.flatMap(
    RunFor.runFor(parts.timers, job, entering, resume),
    (isHere) => isHere === true ? goOnInLane(parts, job) : Effect.void
  )
}

/**
 * How long a delivery waits for one that is not here yet, in milliseconds: as long as a takeover. Its caller repeats a lost call twice a second. So after
 * a takeover it comes soon, or never.
 */
const longestGap = ({ isResumed }: Job.Job): number => isResumed ? 5_000 : 15_000

/** Ends when a delivery has its place. If it has ended already, nothing is waited for. */
const untilPlaced = ({ jobs: { arrivals }, ledger }: Parts, id: DeliveryId): Effect.Effect<void> => {
  const ended = arrivals.find(id) === "coming"
    ? Effect.succeed(false)
    : Effect.map(ledger.read(id), Option.exists(({ state }) => state.result !== undefined))
  return Effect.flatMap(ended, (hasEnded) => hasEnded ? Effect.void : arrivals.await(id))
}

/**
 * A delivery takes no place of its own, because it ended before, or is another one under its key. So what follows it follows the one before it. The
 * other one may be among those that follow it.
 */
export const passPlace = (parts: Parts, job: Job.Job): Effect.Effect<void> => {
  const { follows, id } = job
  const { arrivals } = parts.jobs
  const place = (): void => {
    // it is forgotten if it goes on in another process
    if (arrivals.find(id) === "coming") arrivals.place(id)
  }
  if (follows === undefined || arrivals.find(id) !== "coming" || arrivals.find(follows) === "placed") return Effect.sync(place)
  const isComing = arrivals.find(follows) === "coming"
  const within = isComing ? Math.max(0, job.deadline - Job.now(job)) : longestGap(job)
  const goOn = Effect.suspend(() => !isComing && arrivals.find(follows) === "coming" ? passPlace(parts, job) : Effect.sync(place))
  const waiting = Effect.ignore(Effect.timeout(untilPlaced(parts, follows), within))
  return Effect.asVoid(Effect.forkDaemon(Effect.interruptible(Effect.ensuring(waiting, goOn))))
}

/** Waits until the delivery in front has its place. */
const awaitPlace = (parts: Parts, job: Job.Job, before: DeliveryId): Effect.Effect<void> => {
  const { jobs: { arrivals }, timers } = parts
  const isComing = arrivals.find(before) === "coming"
  const waiting: RunFor.Wait<void, true> = {
    until: isComing ? job.deadline : Math.min(job.deadline, Job.now(job) + longestGap(job)),
    effect: untilPlaced(parts, before),
    toEvent: () => Effect.succeed(true)
  }
  // it may have come meanwhile, and then it gets its place for certain
  const goOn = Effect.suspend(() =>
    !isComing && arrivals.find(before) === "coming" && !job.isAbandoned ? awaitPlace(parts, job, before) : enterLane(parts, job)
  )
  const resume = (next: Effect.Effect<true>) => Loop.recordDefects(parts, job, Effect.zipRight(next, goOn))
  return Effect.flatMap(
    RunFor.runFor(timers, job, waiting, resume),
    (isHere) => isHere === true ? goOn : Effect.void
  )
}

/** Takes the delivery's turn in its conversation. */
const takeTurn = (parts: Parts, job: Job.Job): Effect.Effect<void> => {
  const { follows } = job
  return follows === undefined || parts.jobs.arrivals.find(follows) === "placed"
    ? enterLane(parts, job)
    : awaitPlace(parts, job, follows)
}

/**
 * Waits for an earlier delivery, and then takes its turn. It has no place in the lane meanwhile, because the earlier one may be behind it there.
 * When its time is over, or its callers went away, it goes on without a turn.
 */
const beginAfter = (parts: Parts, job: Job.Job, after: DeliveryId): Effect.Effect<void> => {
  const waiting: RunFor.Wait<ReadonlyArray<Problem.Problem>, Effect.Effect<void>> = {
    until: job.deadline,
    effect: AwaitEarlier.awaitEarlier(parts, job, after),
    toEvent: (exit) =>
      exit === undefined
        ? Effect.succeed(goOnInLane(parts, job))
        : Effect.map(exit, (problems) => problems.length > 0 ? refuse(parts, job, problems) : takeTurn(parts, job))
  }
  const resume = (next: Effect.Effect<Effect.Effect<void>>) => Loop.recordDefects(parts, job, Effect.flatten(next))
  return Effect.flatMap(RunFor.runFor(parts.timers, job, waiting, resume), (goOn) => goOn ?? Effect.void)
}

/** Runs a delivery from its beginning, or from where another process left it, to its end. */
export const begin = (parts: Parts, job: Job.Job): Effect.Effect<void> => {
  const { after } = job.prepared
  return after === undefined ? takeTurn(parts, job) : beginAfter(parts, job, after)
}
