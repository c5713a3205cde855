/**
 * Runs deliveries: does what the engine says, writes down what is about to happen before it does, and tells the engine what
 * came of it. Each delivery runs in a fiber of its own; callers only wait for it.
 */
import type { Carrier, Progress, SendRequest } from "@interline/core/Carrier"
import * as Carriers from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversations from "@interline/core/Conversation"
import type { Attempt, Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Messaging from "@interline/core/Messaging"
import type { MessageRef } from "@interline/core/MessageRef"
import * as MessageRefs from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Errors from "@interline/core/MessagingError"
import type { Outcome } from "@interline/core/Outcome"
import * as Outcomes from "@interline/core/Outcome"
import type { Plan } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import type { SendError } from "@interline/core/SendError"
import * as SendErrors from "@interline/core/SendError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Affinity from "../Affinity.ts"
import type { Candidate, Event, Found, State } from "../Decision.ts"
import * as Decisions from "../Decision.ts"
import type { Binding, Contact, Entry, LedgerService } from "../Ledger.ts"
import type { Complete } from "../Policy.ts"
import * as Routes from "../Route.ts"
import type { RouterEvent } from "../RouterEvent.ts"
import * as Alarm from "./alarm.ts"
import type { Action, Engine, Turn } from "./engine.ts"
import * as Fingerprint from "./fingerprint.ts"
import * as Lanes from "./lanes.ts"
import * as Span from "./span.ts"

type Prepared = Messaging.Prepared
type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
type Answer = Either.Either<Delivery, SendError>

export interface Setup {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly ledger: LedgerService
  readonly engine: Engine
  /** Names this process in the ledger. */
  readonly owner: string
  /** How long an entry is this process's own after each save, in milliseconds. */
  readonly lease: number
  /** Tells whoever listens, at once; what is left to do, if anything, is logging. */
  readonly announce: (event: RouterEvent) => Effect.Effect<void> | undefined
}

/** A look for something that was taken for not sent. */
export interface Absentee {
  readonly entry: Entry
  readonly candidate: Candidate
  readonly generation: number
  readonly progress: Progress
}

export interface Shell {
  readonly deliver: (deliveryId: DeliveryId, prepared: Prepared) => Effect.Effect<Delivery, SendError>
  readonly plan: (prepared: Prepared) => Effect.Effect<ReadonlyArray<Plan>>
  /** Tells a delivery what was learned of it; false if nobody knows it. */
  readonly tell: (deliveryId: DeliveryId, event: (entry: Entry) => Event | undefined) => Effect.Effect<boolean>
  /** Looks once for the step in doubt of a held delivery, where looking sends nothing. */
  readonly lookAgain: (entry: Entry) => Effect.Effect<void>
  readonly lookForAbsent: (absentee: Absentee) => Effect.Effect<boolean>
  readonly absentees: () => ReadonlyArray<Absentee>
  readonly forget: (absentee: Absentee) => void
  /** Takes over what a process that is gone left unfinished. */
  readonly adopt: Effect.Effect<number>
  /** Ends what is under way: first by itself within `millis`, then as not known. */
  readonly drain: (millis: number) => Effect.Effect<void>
}

/** A delivery that this process runs. */
interface Job {
  readonly id: DeliveryId
  readonly prepared: Prepared
  readonly lane: string
  readonly clock: Clock.Clock
  readonly done: Deferred.Deferred<Answer>
  entry: Entry | undefined
  state: State | undefined
  /** Of the attempt in hand: what is about to leave or under way. */
  progress: { readonly generation: number; readonly of: Progress } | undefined
  readonly fresh: Set<CarrierId>
  binding: Option.Option<Binding>
  /** Whether the binding counts: it has not ended, and the conversation goes by it. */
  isBound: boolean
  fidelity: Prepared["fidelity"]
  waiters: number
  inLane: boolean
  lost: boolean
  gone: boolean
  /** What a fact from outside decided while something was under way. */
  overtaken: Turn | undefined
  stop: Effect.Effect<void> | undefined
  events: Array<RouterEvent>
  /** How many of the events were told already. */
  told: number
  /** Why what was about to leave could not be written down. */
  defect: Cause.Cause<never> | undefined
}

/** Spreads retries of many deliveries, from 0.75 to 1. */
const jitterOf = (id: DeliveryId): number => 0.75 + (Fingerprint.hash(id) % 1024) / 4096

const newcomer = 30 * 24 * 3_600_000

const asAttempt = ({ generation: _, moved: __, ...attempt }: Decisions.Trial): Attempt => attempt

const earlier = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? undefined : Math.min(left, right)

/** A group is as well known as the one in it who is known least. */
const lessInTouch = (left: Contact, right: Contact): Contact => ({
  inboundAt: earlier(left.inboundAt, right.inboundAt),
  outboundAt: earlier(left.outboundAt, right.outboundAt)
})

const nobody: ReadonlyMap<CarrierId, Contact> = new Map()

const attemptsOf = (state: State | undefined, { carrierId, line }: { readonly carrierId: CarrierId; readonly line: Prepared["conversation"]["line"] }, at: number): readonly [Attempt, ...ReadonlyArray<Attempt>] => {
  const [first, ...others] = (state?.trials ?? []).map(asAttempt)
  return first === undefined
    ? [{ carrierId, line, outcome: "skipped", why: "it was not asked", startedAt: at, millis: 0 }]
    : [first, ...others]
}

export const make = (setup: Setup): Shell => {
  const { carriers, engine, ledger, policy } = setup
  const jobs = new Map<DeliveryId, Job>()
  const lanes = Lanes.make()
  const alarm = Alarm.make()
  const gone: Array<Absentee> = []
  let closing = false

  /** The carriers whose policy asks who was in touch with them. */
  const careful: ReadonlySet<CarrierId> = new Set(
    Array.from(carriers.keys()).filter((id) => {
      const own = policy.carriers[id]
      return own !== undefined && (own.opens === "known" || own.newContactsPerDay !== undefined || own.newContactsPerHour !== undefined)
    })
  )

  const carrierOf = (candidate: { readonly carrierId: CarrierId }): Carrier | undefined => carriers.get(candidate.carrierId)

  const isFresh = (job: Job) => (candidate: Candidate): boolean => job.fresh.has(candidate.carrierId)

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
      const cancel = until === Number.POSITIVE_INFINITY ? () => {} : alarm.set(until, stop)
      job.stop = stop
      const attending = alarm.attend()
      return attending === undefined ? running : Effect.flatMap(attending, () => running)
    })

  /** What is known is told when a store fails, and nothing more is done. */
  const guarded = (job: Job, effect: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.uninterruptible(Effect.catchAllCause(effect, (cause) =>
      Effect.map(Effect.logError("a delivery ended with a defect", Cause.pretty(cause)), () => {
        const at = now(job)
        finish(job, answer(job, job.state, broken(job, at), at))
      })))

  const now = ({ clock }: Job): number => clock.unsafeCurrentTimeMillis()

  // --- what is written down ---

  const entryOf = (job: Job, state: State, at: number): Entry => ({
    ...(job.entry ?? {
      id: job.id,
      conversation: job.lane,
      likenesses: Fingerprint.likenesses(job.prepared),
      ...(job.prepared.key === undefined ? {} : { key: job.prepared.key }),
      content: contentOf(job.prepared),
      owner: setup.owner,
      createdAt: at,
      version: 0
    }),
    state,
    ...(job.progress === undefined ? {} : { progress: job.progress.of }),
    leaseUntil: at + setup.lease,
    updatedAt: at
  })

  /**
   * Another process may have written down only what it heard of the delivery. Then it is still this process's, and the fact
   * takes effect here.
   */
  const regain = (job: Job, state: State, at: number, goOn: () => Effect.Effect<void>, orElse: () => Effect.Effect<void>): Effect.Effect<void> =>
    Effect.flatMap(ledger.read(job.id), (read) => {
      const stored = Option.getOrUndefined(read)
      const { entry } = job
      if (entry === undefined || stored === undefined || stored.owner !== setup.owner || stored.version <= entry.version) {
        job.lost = true
        return orElse()
      }
      job.entry = { ...entry, version: stored.version }
      const heard = stored.state.generation === state.generation
        ? stored.state.proofs.filter(({ step }) => !state.proofs.some((proof) => proof.step === step))
        : []
      const facts = Effect.forEach(heard, ({ receipt, step }) =>
        tell(job.id, () => ({ _tag: "Observed", at, generation: state.generation, step, receipt, by: "event" })), { discard: true })
      return save(
        job,
        { ...state, proofs: [...state.proofs, ...heard] },
        at,
        // an end that is being written down is one before the fact changes it
        () => state.result === undefined ? Effect.flatMap(facts, goOn) : Effect.flatMap(goOn(), () => facts),
        orElse
      )
    })

  /** Goes on unless another process has taken the delivery over: then nothing more may be done for it here. */
  const save = (job: Job, state: State, at: number, goOn: () => Effect.Effect<void>, orElse: () => Effect.Effect<void>): Effect.Effect<void> => {
    const entry = entryOf(job, state, at)
    const isOpen = job.entry !== undefined
    return Effect.flatMap(isOpen ? ledger.save(entry) : ledger.open(entry), (written) => {
      if (!written) return regain(job, state, at, goOn, orElse)
      job.entry = isOpen ? { ...entry, version: entry.version + 1 } : entry
      return goOn()
    })
  }

  const announce = (events: ReadonlyArray<RouterEvent>, from = 0): Effect.Effect<void> | undefined => {
    let logging: Effect.Effect<void> | undefined
    for (let index = from; index < events.length; index++) {
      const event = events[index]
      const log = event === undefined ? undefined : setup.announce(event)
      if (log !== undefined) logging = logging === undefined ? log : Effect.zipRight(logging, log)
    }
    return logging
  }

  const publish = (id: DeliveryId, events: ReadonlyArray<RouterEvent>): Effect.Effect<void> =>
    events.length === 0 ? Effect.void : Effect.flatMap(ledger.append(id, events), () => announce(events) ?? Effect.void)

  /** A delivery's history begins with its entry; what happened before is told at once and written then. */
  const flush = (job: Job, goOn: () => Effect.Effect<void>): Effect.Effect<void> => {
    const { events, told } = job
    if (events.length === 0) return goOn()
    const logging = announce(events, told)
    if (job.entry === undefined) {
      job.told = events.length
      return logging === undefined ? goOn() : Effect.flatMap(logging, goOn)
    }
    job.events = []
    job.told = 0
    return Effect.flatMap(ledger.append(job.id, events), logging === undefined ? goOn : () => Effect.flatMap(logging, goOn))
  }

  /** Binds the conversation, given what its binding was when somebody last looked; gives what is to be told of it. */
  const bind = (
    conversation: Conversations.Conversation,
    known: Option.Option<Binding>,
    candidate: Candidate,
    id: DeliveryId,
    at: number,
    attempts = 3
  ): Effect.Effect<RouterEvent | undefined> => {
    const next = Affinity.afterAcceptance(Routes.modeOf(policy, conversation), known, candidate, at)
    if (Option.isNone(next)) return Effect.succeed(undefined)
    const key = Conversations.key(conversation)
    const before = Option.getOrUndefined(known)
    return Effect.flatMap(ledger.bind(key, next.value, before?.version ?? 0), (bound) =>
      bound
        ? Effect.succeed<RouterEvent | undefined>(
          before?.carrierId === candidate.carrierId
            ? undefined
            : {
              _tag: "Bound",
              deliveryId: id,
              at,
              carrierId: candidate.carrierId,
              line: candidate.line,
              ...(before === undefined ? {} : { from: before.carrierId })
            }
        )
        : attempts <= 0
        ? Effect.succeed(undefined)
        : Effect.flatMap(ledger.binding(key), (binding) => bind(conversation, binding, candidate, id, at, attempts - 1)))
  }

  // --- what takes time ---

  const request = (job: Job, action: Action & { readonly _tag: "Send" | "Look" }): SendRequest => {
    const { conversation, draft, replyTo } = job.prepared
    const bound = Option.getOrUndefined(job.binding)
    const { continuation } = policy.affinity
    const moves = continuation !== undefined && job.isBound && bound !== undefined && bound.carrierId !== action.candidate.carrierId
    return {
      deliveryId: job.id,
      generation: action.generation,
      conversation,
      draft: moves ? Affinity.withContinuation(draft, continuation) : draft,
      fidelity: job.fidelity,
      retry: { times: 0 },
      ...(replyTo === undefined ? {} : { replyTo })
    }
  }

  /** What is certain of a try that was ended before its answer came. */
  const interrupted = (job: Job, action: Action & { readonly _tag: "Send" }, blame: Errors.Blame, why: string): Outcome => {
    const { candidate, generation } = action
    const progress = job.progress?.generation === generation ? job.progress.of : undefined
    const step = progress?.plan.steps[progress.step]
    const made = (certainty: Errors.Certainty) =>
      Errors.make("Timeout", {
        operation: "send",
        carrierId: candidate.carrierId,
        certainty,
        blame,
        next: certainty === "unknown" ? "reconcile" : "reroute",
        detail: why
      })
    const [first, ...others] = progress?.receipts ?? action.taken
    const losses = progress?.plan.losses ?? []
    const rest = progress === undefined || step === undefined
      ? Outcomes.rejected(made("not-sent"), losses)
      : Outcomes.unknown({
        error: made("unknown"),
        parts: step.parts,
        step: progress.step,
        startedAt: progress.startedAt,
        ...(step.keyed ? { key: Carriers.idempotencyKey(job.id, generation, progress.step) } : {})
      }, losses)
    return first === undefined
      ? rest
      : { _tag: "Partial", receipts: [first, ...others], rest, remaining: progress?.plan.steps.slice(progress.step).flatMap(({ parts }) => parts) ?? [], losses }
  }

  const stepsOf = (job: Job, generation: number): State["steps"] =>
    job.progress?.generation === generation ? job.progress.of.plan.steps.map(({ parts }) => parts) : []

  const send = (job: Job, action: Action & { readonly _tag: "Send" }, goOn: (event: Event) => Effect.Effect<void>): Effect.Effect<void> => {
    const { candidate, generation, step, taken, until } = action
    const carrier = carrierOf(candidate)
    // a plan of which nothing was taken is made again
    if (step === 0) job.progress = undefined
    const before = job.progress
    const resume: Progress | undefined = before === undefined || before.generation !== generation
      ? undefined
      : { ...before.of, step, receipts: taken }
    const sending: Effect.Effect<Outcome> = carrier === undefined
      ? Effect.dieMessage(`no carrier ${candidate.carrierId}`)
      : carrier.send({
        ...request(job, action),
        ...(resume === undefined ? {} : { resume }),
        onProgress: (progress) => {
          const { progress: before, state } = job
          job.progress = { generation, of: progress }
          // what is about to leave is on record before it does, or does not leave
          return state === undefined
            ? Effect.void
            : Effect.uninterruptible(
              Effect.catchAllCause(save(job, state, now(job), () => Effect.void, () => Effect.interrupt), (cause) => {
                job.progress = before
                if (!Cause.isInterruptedOnly(cause)) job.defect = cause
                return Effect.failCause(cause)
              })
            )
        }
      })
    const ended = (exit: Exit.Exit<Outcome> | undefined): Effect.Effect<void> => {
      const at = now(job)
      // the store's failure is not the carrier's
      if (job.defect !== undefined) return Effect.failCause(job.defect)
      const sent = (outcome: Outcome) => goOn({ _tag: "Sent", at, outcome, steps: stepsOf(job, generation) })
      if (exit === undefined) {
        const ours = closing || until >= (job.state?.settings.deadline ?? until)
        return sent(interrupted(job, action, ours ? "caller" : "network", closing ? "the router was closed" : ours ? "the send's deadline passed" : "the carrier did not answer in time"))
      }
      if (Exit.isSuccess(exit)) return sent(exit.value)
      const outcome = interrupted(job, action, "carrier", "the carrier's adapter failed")
      return Cause.isInterruptedOnly(exit.cause)
        ? sent(outcome)
        : Effect.zipRight(Effect.logError("a carrier's adapter failed", Cause.isDie(exit.cause) ? Cause.pretty(exit.cause) : ""), sent(outcome))
    }
    const attributes = { delivery: job.id, carrier: candidate.carrierId, line: candidate.line, generation }
    return Span.within("Router.attempt", attributes, job.clock, (leave) =>
      under(job, until, sending, (exit) => Effect.flatMap(leave(exit), () => ended(exit))))
  }

  const suspects = (entry: Entry): Effect.Effect<Carriers.Suspects> =>
    Effect.map(ledger.rivals(entry), (rivals) => ({
      rivals,
      ...(entry.state.doubt?.evidence.ref === undefined ? {} : { ref: entry.state.doubt.evidence.ref }),
      taken: (refs: ReadonlyArray<MessageRef>) =>
        Effect.map(ledger.owners(refs), (owners) => {
          const taken = new Set<string>()
          for (const [ref, id] of owners) if (id !== entry.id) taken.add(ref)
          for (const receipt of entry.state.taken) taken.add(MessageRefs.format(receipt.ref))
          return taken
        })
    }))

  const unproven = (why: string): Found => ({ _tag: "Unproven", why })

  const find = (carrier: Carrier | undefined, request: SendRequest, entry: Entry, progress: Progress | undefined): Effect.Effect<Found> => {
    const look = carrier?.reconciliation?.send
    return look === undefined || progress === undefined
      ? Effect.succeed(unproven("the carrier has no way to look"))
      : Effect.flatMap(suspects(entry), (suspects) => look.find(request, progress, suspects))
  }

  const lookUp = (job: Job, action: Action & { readonly _tag: "Look" }, goOn: (event: Event) => Effect.Effect<void>): Effect.Effect<void> => {
    const progress = job.progress?.generation === action.generation ? job.progress.of : undefined
    const { entry, state } = job
    const looking = entry === undefined || state === undefined
      ? Effect.succeed(unproven("nothing is on record"))
      : find(carrierOf(action.candidate), request(job, action), { ...entry, state }, progress)
    return under(job, action.until, looking, (exit) =>
      goOn({
        _tag: "Looked",
        at: now(job),
        finding: exit === undefined
          ? unproven("the look did not end in time")
          : Exit.isSuccess(exit)
          ? exit.value
          : unproven("the carrier's adapter failed")
      }))
  }

  // --- one delivery ---

  const answer = (job: Job, state: State | undefined, outcome: Outcome, at: number): Answer =>
    Messaging.conclude(
      job.id,
      job.prepared,
      outcome,
      attemptsOf(state, { carrierId: state?.route[0].carrierId ?? policy.prefer[0], line: job.prepared.conversation.line }, at)
    )

  const finish = (job: Job, result: Answer): void => {
    jobs.delete(job.id)
    if (job.inLane) lanes.leave(job.lane)
    Deferred.unsafeDone(job.done, Exit.succeed(result))
  }

  const end = (job: Job, result: Answer): Effect.Effect<void> => {
    finish(job, result)
    return Effect.void
  }

  /** Another process took the delivery over while this one thought it had it. */
  const lost = (job: Job, at: number): Answer => {
    const error = Errors.make("Conflict", {
      operation: "send",
      certainty: "unknown",
      next: "reconcile",
      detail: "another process has taken this delivery over; ask for it by its id"
    })
    return answer(job, job.state, Outcomes.unknown({ error, parts: [], step: 0, startedAt: at }), at)
  }

  const conclude = (job: Job, turn: Turn, outcome: Outcome): Effect.Effect<void> => {
    const at = now(job)
    const tell = () => end(job, job.lost ? lost(job, at) : answer(job, turn.state, outcome, at))
    return save(job, turn.state, at, () => flush(job, tell), () => flush(job, tell))
  }

  const settle = (job: Job, turn: Turn, at: number, goOn: () => Effect.Effect<void>): Effect.Effect<void> => {
    job.state = turn.state
    job.events.push(...turn.events)
    for (const event of turn.events) if (event._tag === "AbsenceTaken") remember(job)
    const { bound } = turn
    if (bound === undefined) return flush(job, goOn)
    const { conversation } = job.prepared
    const binding = Effect.flatMap(bind(conversation, job.binding, bound, job.id, at), (event) => {
      if (event !== undefined) job.events.push(event)
      return flush(job, goOn)
    })
    return careful.has(bound.carrierId)
      ? Effect.zipRight(
        Effect.forEach(Conversations.recipients(conversation), (handle) => ledger.touch(bound.carrierId, bound.line, handle, "outbound", at), { discard: true }),
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
      const goOn = (event: Event): Effect.Effect<void> => {
        if (job.lost) return end(job, lost(job, event.at))
        const { overtaken, state } = job
        job.overtaken = undefined
        return drive(job, overtaken ?? engine.step(state ?? turn.state, event, isFresh(job)))
      }
      const act = (): Effect.Effect<void> => {
        if (job.overtaken !== undefined) return goOn({ _tag: "Woke", at })
        switch (action._tag) {
          case "Send":
            return send(job, action, goOn)
          case "Look":
            return lookUp(job, action, goOn)
          case "Rest":
            return under(job, action.until, Effect.never, () => goOn({ _tag: "Woke", at: now(job) }))
        }
      }
      // a first try is written down with its plan, before anything of it leaves; a caller's key is looked for earlier
      const later = action._tag === "Rest" ? turn.state.doubt === undefined : action._tag === "Send" && job.entry === undefined && job.prepared.key === undefined
      return later ? act() : save(job, turn.state, at, act, () => end(job, lost(job, at)))
    })
  }

  /** A fact for a delivery that runs here; it takes effect at once. */
  const feed = (job: Job, event: Event): Effect.Effect<void> => {
    const { state } = job
    if (state === undefined) {
      // it still waits for its turn
      if (event._tag !== "Abandoned") return Effect.void
      job.gone = true
      return job.stop ?? Effect.void
    }
    const turn = engine.step(job.overtaken?.state ?? state, event, isFresh(job))
    if (turn.action === undefined) {
      job.state = turn.state
      job.events.push(...turn.events)
      return Effect.void
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
    const recipients = Conversations.recipients(conversation)
    return Effect.map(
      Effect.forEach(careful, (id) =>
        Effect.map(
          Effect.forEach(recipients, (person) => ledger.contact(id, conversation.line, person)),
          (all) => [id, all.reduce(lessInTouch)] as const
        )),
      (contacts) => {
        for (const [id, { inboundAt, outboundAt }] of contacts) {
          if (Math.max(inboundAt ?? 0, outboundAt ?? 0) < at - newcomer) job.fresh.add(id)
        }
        return new Map(contacts)
      }
    )
  }

  const everyCarrier = Array.from(carriers.values())

  const plansFor = ({ conversation, draft, replyTo }: Prepared, fidelity: Prepared["fidelity"]): Effect.Effect<ReadonlyMap<CarrierId, Plan>> => {
    const request = { conversation, draft, fidelity, ...(replyTo === undefined ? {} : { replyTo }) }
    const plans = new Map<CarrierId, Plan>()
    const from = (index: number): Effect.Effect<ReadonlyMap<CarrierId, Plan>> => {
      const carrier = everyCarrier[index]
      if (carrier === undefined) return Effect.succeed(plans)
      return !carrier.lines.has(conversation.line) ? from(index + 1) : Effect.flatMap(carrier.plan(request), (plan) => {
        plans.set(carrier.id, plan)
        return from(index + 1)
      })
    }
    return from(0)
  }

  const refuse = (job: Job, problems: ReadonlyArray<Problem.Problem>): Effect.Effect<void> => {
    const { key } = job.prepared
    return Effect.map(key === undefined ? Effect.void : ledger.release(key, job.id), () =>
      finish(job, Either.left(new SendErrors.Invalid({ deliveryId: job.id, losses: [], attempts: [], problems }, { disableValidation: true }))))
  }

  /** The lane first: where a conversation is may be decided by the send before. */
  const run = (job: Job, startedAt: number): Effect.Effect<void> => {
    const deadline = startedAt + policy.deadlines.send
    // whose turn comes in the very moment in which it has ended has nobody to give the lane back
    const onEntered = () => {
      if (jobs.has(job.id)) job.inLane = true
      else lanes.leave(job.lane)
    }
    // most lanes are free, and then nothing has to be waited for
    return lanes.take(job.lane, onEntered) ? begin(job, deadline) : under(job, deadline, lanes.enter(job.lane, onEntered), () => begin(job, deadline))
  }

  const begin = (job: Job, deadline: number): Effect.Effect<void> =>
    Effect.flatMap(ledger.binding(job.lane), (binding) => {
      const { conversation, draft, replyTo } = job.prepared
      const at = now(job)
      const content = { conversation, draft, fidelity: job.prepared.fidelity, ...(replyTo === undefined ? {} : { replyTo }) }
      const fidelity = Routes.fidelityOf(policy, content)
      job.binding = binding
      job.fidelity = fidelity
      const routed = (contacts: ReadonlyMap<CarrierId, Contact>) =>
        Effect.flatMap(plansFor(job.prepared, fidelity), (plans) => {
          const routed = Routes.make(policy, content, { plans, carriers, binding, contacts, at, jitter: jitterOf(job.id) })
          if ("problems" in routed) return refuse(job, routed.problems)
          const { bound, route, settings, why } = routed
          job.isBound = bound
          const state = Decisions.initial(job.id, route, { ...settings, deadline })
          const turn = engine.step(state, job.gone ? { _tag: "Abandoned", at } : { _tag: "Started", at }, isFresh(job))
          const started: RouterEvent = { _tag: "Started", deliveryId: job.id, at, why, route: route.map(({ carrierId, line }) => ({ carrierId, line })) }
          return drive(job, { ...turn, events: [started, ...turn.events] })
        })
      return careful.size === 0 ? routed(nobody) : Effect.flatMap(contactsOf(job, at), routed)
    })

  const start = (id: DeliveryId, prepared: Prepared, goOn: (job: Job) => Effect.Effect<Delivery, SendError>): Effect.Effect<Delivery, SendError> =>
    Effect.clockWith((clock) => {
      const job: Job = {
        id,
        prepared,
        lane: Conversations.key(prepared.conversation),
        clock,
        done: Deferred.unsafeMake(FiberId.none),
        entry: undefined,
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
        overtaken: undefined,
        stop: undefined,
        events: [],
        told: 0,
        defect: undefined
      }
      jobs.set(id, job)
      return Effect.flatMap(Effect.forkDaemon(guarded(job, Effect.suspend(() => run(job, now(job))))), () => goOn(job))
    })

  const broken = (job: Job, at: number): Outcome => {
    const error = (certainty: Errors.Certainty) =>
      Errors.make("Unavailable", { operation: "send", certainty, next: certainty === "unknown" ? "reconcile" : "retry", detail: "the ledger failed" })
    return job.progress === undefined
      ? Outcomes.rejected(error("not-sent"))
      : Outcomes.unknown({ error: error("unknown"), parts: [], step: job.progress.of.step, startedAt: at })
  }

  /** Waits for a delivery; who goes away while nobody else waits abandons it. */
  const wait = (job: Job, restore: Restore): Effect.Effect<Delivery, SendError> =>
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
        ? Effect.zipRight(feed(job, { _tag: "Rejoined", at: job.state.triedAt }), waiting)
        : waiting
    })

  // --- keys ---

  const fromEntry = (entry: Entry): Answer | undefined => {
    const { id, state } = entry
    return state.result === undefined
      ? undefined
      : Messaging.conclude(id, entry.content, state.result.outcome, attemptsOf(state, state.route[0], entry.createdAt))
  }

  const stillRunning = (id: DeliveryId, prepared: Prepared, at: number): SendError => {
    const error = Errors.make("Timeout", { operation: "send", blame: "caller", detail: "the first send under this key has not ended yet; ask again under the same key" })
    const answer = Messaging.conclude(id, prepared, Outcomes.unknown({ error, parts: [], step: 0, startedAt: at }), [{
      carrierId: policy.prefer[0],
      line: prepared.conversation.line,
      outcome: "skipped",
      why: "the key's first send was waited for",
      startedAt: at,
      millis: 0
    }])
    return Either.isLeft(answer) ? answer.left : new SendErrors.Invalid({ deliveryId: id, losses: [], attempts: [], problems: [] })
  }

  /** Waits for the first send under a key, here or in another process. */
  const join = (id: DeliveryId, prepared: Prepared, until: number, restore: Restore): Effect.Effect<Delivery, SendError> =>
    Effect.suspend(() => {
      const job = jobs.get(id)
      if (job !== undefined) return wait(job, restore)
      return Effect.flatMap(ledger.read(id), (entry) => {
        const answer = Option.isNone(entry) ? undefined : fromEntry(entry.value)
        if (answer !== undefined) return answer
        return Effect.flatMap(Clock.currentTimeMillis, (at) =>
          at >= until
            ? Effect.fail(stillRunning(id, prepared, at))
            : Effect.zipRight(restore(Effect.sleep(Math.min(250, until - at))), join(id, prepared, until, restore)))
      })
    })

  const taken: Problem.Problem = Problem.make("key", ["options", "key"], "the key was used for another conversation or draft; take a new one")

  const deliver: Shell["deliver"] = (deliveryId, prepared) =>
    Effect.uninterruptibleMask((restore) =>
      closing
        ? Effect.flatMap(Clock.currentTimeMillis, (at) => Effect.fail(refusedClosing(deliveryId, prepared, at)))
        : prepared.key === undefined
        ? start(deliveryId, prepared, (job) => wait(job, restore))
        : Effect.flatMap(Effect.zip(Fingerprint.of(prepared), Clock.currentTimeMillis), ([fingerprint, at]) =>
          Effect.flatMap(
            ledger.claim({ key: prepared.key ?? "", fingerprint, deliveryId, at, expiresAt: at + policy.keys.rememberFor }),
            (claim) => {
              switch (claim._tag) {
                case "Owned":
                  return start(deliveryId, prepared, (job) => wait(job, restore))
                case "Conflict":
                  return Effect.fail(new SendErrors.Invalid({ deliveryId, losses: [], attempts: [], problems: [taken] }, { disableValidation: true }))
                default:
                  return join(claim.deliveryId, prepared, at + policy.deadlines.send, restore)
              }
            }
          ))
    )

  const refusedClosing = (id: DeliveryId, prepared: Prepared, at: number): SendError =>
    new SendErrors.NotSent({
      deliveryId: id,
      losses: [],
      attempts: attemptsOf(undefined, { carrierId: policy.prefer[0], line: prepared.conversation.line }, at),
      error: Errors.make("Unavailable", { operation: "send", certainty: "not-sent", blame: "caller", next: "retry", detail: "the router is closing" })
    }, { disableValidation: true })

  // --- deliveries that do not run here ---

  const stored = (entry: Entry, event: Event): Effect.Effect<boolean> => {
    const turn = engine.step(entry.state, event, () => false)
    if (turn.state === entry.state) return Effect.succeed(true)
    return Effect.flatMap(ledger.save({ ...entry, state: turn.state, updatedAt: event.at }), (saved) => {
      if (!saved) return Effect.succeed(false)
      const { bound } = turn
      return Effect.as(
        Effect.zipRight(
          publish(entry.id, turn.events),
          bound === undefined ? Effect.void : bindIfOlder(entry, bound, event.at)
        ),
        true
      )
    })
  }

  /** What another process is at work on is left to it; the fact is put where it finds it. */
  const heard = (entry: Entry, event: Event): Effect.Effect<boolean> => {
    const { state } = entry
    if (state.phase._tag === "Held" || state.phase._tag === "Done") return stored(entry, event)
    return event._tag !== "Observed" || event.generation !== state.generation || state.proofs.some(({ step }) => step === event.step)
      ? Effect.succeed(true)
      : ledger.save({ ...entry, state: { ...state, proofs: [...state.proofs, { step: event.step, receipt: event.receipt }] } })
  }

  /** A conversation that has moved on since stays where it is. */
  const bindIfOlder = (entry: Entry, candidate: Candidate, at: number): Effect.Effect<void> =>
    Effect.flatMap(ledger.binding(entry.conversation), (binding) =>
      Option.isSome(binding) && binding.value.at > entry.createdAt
        ? Effect.void
        : Effect.flatMap(bind(entry.content.conversation, binding, candidate, entry.id, at), (event) =>
          event === undefined ? Effect.void : publish(entry.id, [event])))

  const told = (deliveryId: DeliveryId, event: (entry: Entry) => Event | undefined, attempts: number): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      const job = jobs.get(deliveryId)
      if (job !== undefined) {
        const happened = job.entry === undefined ? undefined : event({ ...job.entry, state: job.state ?? job.entry.state })
        return happened === undefined ? Effect.succeed(true) : Effect.as(feed(job, happened), true)
      }
      return Effect.flatMap(ledger.read(deliveryId), (entry) => {
        if (Option.isNone(entry)) return Effect.succeed(false)
        const happened = event(entry.value)
        if (happened === undefined) return Effect.succeed(true)
        return Effect.flatMap(heard(entry.value, happened), (saved) => saved || attempts <= 1 ? Effect.succeed(true) : told(deliveryId, event, attempts - 1))
      })
    })

  // another process may be changing the same delivery: what it learned is looked at, too
  const tell: Shell["tell"] = (deliveryId, event) => told(deliveryId, event, 5)

  const requestOf = (entry: Entry, generation: number): SendRequest => ({ ...entry.content, deliveryId: entry.id, generation, retry: { times: 0 } })

  const lookAgain: Shell["lookAgain"] = (entry) => {
    const { doubt, generation } = entry.state
    const candidate = entry.state.route[entry.state.at]
    // a replay may send, and nobody waits for the message any more
    if (doubt === undefined || candidate?.reconcile !== "list") return Effect.void
    return Effect.flatMap(find(carrierOf(candidate), requestOf(entry, generation), entry, entry.progress), (finding) =>
      finding._tag !== "Found"
        ? Effect.void
        : Effect.flatMap(Clock.currentTimeMillis, (at) =>
          Effect.asVoid(tell(entry.id, () => ({ _tag: "Observed", at, generation, step: doubt.evidence.step, receipt: finding.receipt, by: "look" })))))
  }

  const lookForAbsent: Shell["lookForAbsent"] = (absentee) => {
    const { candidate, entry, generation, progress } = absentee
    return candidate.reconcile !== "list"
      ? Effect.succeed(false)
      : Effect.flatMap(find(carrierOf(candidate), requestOf(entry, generation), entry, progress), (finding) => {
        if (finding._tag !== "Found") return Effect.succeed(false)
        const { receipt } = finding
        return Effect.flatMap(Clock.currentTimeMillis, (at) =>
          Effect.zipRight(
            ledger.own(receipt.ref, entry.id),
            Effect.as(tell(entry.id, () => ({ _tag: "Observed", at, generation, step: progress.step, receipt, by: "look" })), true)
          ))
      })
  }

  /** What the process that is gone cannot say is not known; nobody waits for the rest. */
  const recover = (entry: Entry, at: number): Effect.Effect<void> => {
    const { state } = entry
    const candidate = state.route[state.at] ?? state.route[0]
    const { progress } = entry
    const step = progress?.plan.steps[progress.step]
    const error = (certainty: Errors.Certainty): MessagingError =>
      Errors.make("Timeout", {
        operation: "send",
        carrierId: candidate.carrierId,
        certainty,
        blame: "caller",
        next: certainty === "unknown" ? "reconcile" : "retry",
        detail: "the process that sent it is gone"
      })
    const mine = progress !== undefined && progress.plan.carrierId === candidate.carrierId
    const rest = mine && step !== undefined
      ? Outcomes.unknown({
        error: error("unknown"),
        parts: step.parts,
        step: progress.step,
        startedAt: progress.startedAt,
        ...(step.keyed ? { key: Carriers.idempotencyKey(entry.id, state.generation, progress.step) } : {})
      }, progress.plan.losses)
      : Outcomes.rejected(error("not-sent"))
    const [first, ...others] = mine ? progress.receipts : state.taken
    const outcome: Outcome = first === undefined
      ? rest
      : { _tag: "Partial", receipts: [first, ...others], rest, remaining: [], losses: rest.losses }
    const ends: Record<State["phase"]["_tag"], Event | undefined> = {
      Idle: undefined,
      Admitting: undefined,
      Resting: undefined,
      Sending: { _tag: "Sent", at, outcome, steps: mine ? progress.plan.steps.map(({ parts }) => parts) : state.steps },
      Looking: { _tag: "Looked", at, finding: unproven("the process that looked is gone") },
      Held: undefined,
      Done: undefined
    }
    const left: State = engine.step(state, { _tag: "Abandoned", at }, () => false).state
    const end = ends[state.phase._tag]
    return end === undefined
      ? Effect.asVoid(stored(entry, { _tag: "Abandoned", at }))
      : Effect.asVoid(stored({ ...entry, state: left }, end))
  }

  const adopt: Shell["adopt"] = Effect.flatMap(Clock.currentTimeMillis, (at) =>
    Effect.flatMap(ledger.orphans(at, 100), (orphans) =>
      Effect.map(
        Effect.forEach(orphans, (orphan) =>
          jobs.has(orphan.id)
            ? Effect.succeed(0)
            : Effect.flatMap(ledger.adopt(orphan.id, setup.owner, at + setup.lease, at), (entry) =>
              Option.isNone(entry) ? Effect.succeed(0) : Effect.as(recover(entry.value, at), 1))),
        (counts) => counts.reduce<number>((sum, count) => sum + count, 0)
      )))

  const drain: Shell["drain"] = (millis) =>
    Effect.suspend(() => {
      closing = true
      const running = Array.from(jobs.values())
      const ended = Effect.forEach(running, (job) => Deferred.await(job.done), { concurrency: "unbounded", discard: true })
      return Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const stop = Effect.suspend(() => Effect.forEach(Array.from(jobs.values()), (job) => job.stop ?? Effect.void, { discard: true }))
        return Effect.zipRight(
          Effect.forEach(running, (job) => feed(job, { _tag: "Abandoned", at }), { discard: true }),
          // a finalizer cannot be interrupted, and a wait that cannot be interrupted has no end
          Effect.zipRight(Effect.timeoutOption(Effect.interruptible(ended), millis), Effect.zipRight(stop, ended))
        )
      })
    })

  return {
    deliver,
    plan: (prepared) =>
      Effect.map(plansFor(prepared, Routes.fidelityOf(policy, prepared)), (plans) => Array.from(plans.values())),
    tell,
    lookAgain,
    lookForAbsent,
    absentees: () => [...gone],
    forget: (absentee) => {
      const place = gone.indexOf(absentee)
      if (place >= 0) gone.splice(place, 1)
    },
    adopt,
    drain
  }
}

const contentOf = ({ conversation, draft, fidelity, replyTo }: Prepared): Entry["content"] => ({
  conversation,
  draft,
  fidelity,
  ...(replyTo === undefined ? {} : { replyTo })
})
