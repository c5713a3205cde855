/** The router keeps its promise in thousands of runs, and the judge who says so finds every mistake that is planted. */
import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import type { Outcome } from "@interline/core/Outcome"
import * as Effect from "effect/Effect"
import { decide } from "../src/decision/Decide.ts"
import { type Candidate, type Decide, type Event, type State } from "../src/decision/Decision.ts"
import type * as Policy from "../src/policy/Policy.ts"
import type * as Model from "../src/simulation/Model.ts"
import * as Simulation from "../src/simulation/Simulation.ts"

const policyOf = (input: Policy.Input): Policy.Complete => Effect.runSync(Simulation.policy(input))

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
const both = [linq, sendblue] as const

interface Found extends Model.Violation {
  readonly seed: number
}

/** So many seeds run without a turn of the event loop. The test runner needs one from time to time. */
const chunk = 25

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Runs something for each seed until it finds something. */
const firstOf = <A>(seeds: number, find: (seed: number) => A | undefined): Effect.Effect<A | undefined> => {
  const from = (first: number): Effect.Effect<A | undefined> =>
    Effect.suspend(() => {
      for (let seed = first; seed < first + chunk && seed <= seeds; seed += 1) {
        const found = find(seed)
        if (found !== undefined) return Effect.succeed(found)
      }
      return first + chunk > seeds ? Effect.succeed(undefined) : Effect.zipRight(turn, from(first + chunk))
    })
  return from(1)
}

/** The violations of the first seed that has one of these. */
const violations = (
  seeds: number,
  options: Omit<Model.Options, "seed">,
  wanted: (invariant: Model.Invariant) => boolean = () => true
): Effect.Effect<ReadonlyArray<Found>> =>
  Effect.map(
    firstOf(seeds, (seed) => {
      const found = Simulation.run({ ...options, seed }).violations.filter(({ invariant }) => wanted(invariant))
      return found.length > 0 ? found.map((violation) => ({ seed, ...violation })) : undefined
    }),
    (found) => found ?? []
  )

const rollout: Policy.Input["rollout"] = {
  from: "sendblue",
  to: "linq",
  steps: [{ share: 0.4, moves: "new" }, { share: 0.8, moves: "new and existing" }, { share: 1, moves: "new and existing" }],
  continuation: "We write from another number now."
}

const policies: Readonly<Record<string, Policy.Input>> = {
  "the default": { prefer: both },
  "the other way round": { prefer: [sendblue, linq] },
  "absence taken for proof": { prefer: [sendblue, linq], carriers: { sendblue: { absenceProof: "20 seconds" } } },
  "send anyway": { prefer: [sendblue, linq], onUnknown: "send-anyway" },
  "pinned conversations": { prefer: both, affinity: { mode: "pinned" } },
  "free conversations": { prefer: both, affinity: { mode: "free" } },
  "unknown sends that fail": { prefer: [sendblue, linq], onUnknown: "fail" },
  "three carriers and all risks": {
    prefer: [sendblue, linq, "linq-eu"],
    onUnknown: "send-anyway",
    carriers: { sendblue: { absenceProof: "5 seconds" } }
  },
  "looks for longer than keys are kept": {
    prefer: both,
    deadlines: { send: "1 hour" },
    reconcile: { every: "5 seconds", within: "50 minutes" }
  },
  "a rollout": { prefer: both, rollout },
  "a rollout back, with three carriers": {
    prefer: ["linq-eu", linq, sendblue],
    rollout: { ...rollout, from: "linq", to: "sendblue" },
    onUnknown: "send-anyway"
  },
  "limits and a nervous breaker": {
    prefer: both,
    carriers: { linq: { perSecond: 0.5, newContactsPerHour: 3 }, sendblue: { opens: "known" } },
    breaker: { failures: 2 }
  }
}

describe("the promise holds", () => {
  for (const [name, input] of Object.entries(policies)) {
    it.effect(`for every seed under ${name}`, () =>
      Effect.map(violations(200, { policy: policyOf(input) }), (found) => deepStrictEqual(found, [])))
  }

  for (const kind of Simulation.faultKinds) {
    it.effect(`for the single fault ${kind}, as often as not`, () =>
      Effect.map(violations(15, { faults: { kinds: [kind], rate: 0.5 } }), (found) => deepStrictEqual(found, [])))
  }

  it.effect("where several processes share a ledger, are lost and frozen, and their wall clocks differ and are set", () =>
    Effect.map(violations(150, { sends: 1, faults: { processes: 1 } }), (found) => deepStrictEqual(found, [])))

  // a fact that came to a process which had lost its delivery; a claim and a takeover that crossed; places that were not on record; a slow telling
  it.effect("for the seeds of several processes that have found mistakes", () =>
    Effect.sync(() => {
      const found = [642, 706, 1743, 2502, 2625, 4867].flatMap((seed) =>
        Simulation.run({ seed, policy: policyOf({ prefer: both }), faults: { processes: 1 } }).violations.map((violation) => ({
          seed,
          ...violation
        }))
      )
      deepStrictEqual(found, [])
    }))

  it.effect("when nothing goes wrong, and then everything is accepted at once by the first carrier", () => {
    const calm = { rate: 0, refusals: 0, outages: 0, crashes: 0, departures: 0, optOuts: 0, processes: 0 }
    return firstOf(50, (seed) => {
      const { accepted, held, rejected, requests, sends, violations } = Simulation.run({ seed, faults: calm })
      deepStrictEqual({ held, rejected, violations }, { held: 0, rejected: 0, violations: [] })
      strictEqual(accepted, sends)
      expect(requests).toBeGreaterThanOrEqual(sends)
    })
  })
})

// --- planted mistakes ---

const inHand = (state: State): Candidate => state.route[state.position] ?? state.route[0]

const certain = (error: MessagingError.MessagingError): MessagingError.MessagingError =>
  MessagingError.make(error.reason, { operation: "send", certainty: "not-sent", blame: "carrier", next: "reroute" })

const asRejected = (outcome: Outcome): Outcome =>
  outcome._tag === "Unknown" ? { _tag: "Rejected", error: certain(outcome.evidence.error), losses: outcome.losses } : outcome

/** Changes what the decision is made from. */
const before = (change: (state: State, event: Event) => readonly [State, Event]): Decide => (state, event) =>
  decide(...change(state, event))

const withCandidate = (state: State, change: Partial<Candidate>): State => {
  const [first, ...others] = state.route.map((candidate, index) => index === state.position ? { ...candidate, ...change } : candidate)
  return first === undefined ? state : { ...state, route: [first, ...others] }
}

/** The state as if the policy called an absence proof, and a look that showed one. */
const provenAbsent = (state: State, at: number): readonly [State, Event] => [
  withCandidate(state, { absenceProof: 0, reconcile: "list" }),
  { _tag: "Looked", at, finding: { _tag: "Absent" } }
]

/** What is decided by a wall clock that is set while an answer is looked for. */
const wallClock = (step: number): Decide =>
  before((state, event) => state.doubt === undefined ? [state, event] : [state, { ...event, at: event.at + step }])

interface Mutant {
  readonly subject: Model.SystemUnderTest
  readonly policy?: Policy.Input
  /** Only a part of the seeds has several processes, unless they all are to. */
  readonly shared?: true
  /** The share of requests that have a fault, if the mistake needs many. */
  readonly rate?: number
  /** A seed that is tried first, if it takes long to find one. */
  readonly known?: number
  readonly finds: ReadonlyArray<Model.Invariant>
}

const mutants: Readonly<Record<string, Mutant>> = {
  "failover on Unknown": {
    subject: {
      decide: before((state, event) => [state, event._tag === "Sent" ? { ...event, outcome: asRejected(event.outcome) } : event])
    },
    finds: ["received-twice", "moved-without-certainty", "answered-without-proof", "not-sent-but-received"]
  },
  "replay refusal taken as proof": {
    subject: {
      decide: before((state, event) =>
        event._tag === "Looked" && event.finding._tag === "Unproven" && event.finding.error?.certainty === "not-sent" &&
          inHand(state).reconcile === "replay"
          ? provenAbsent(state, event.at)
          : [state, event]
      )
    },
    finds: ["answered-without-proof"]
  },
  "absence taken as proof": {
    subject: {
      decide: before((state, event) =>
        event._tag === "Looked" && event.finding._tag === "Absent" ? provenAbsent(state, event.at) : [state, event]
      )
    },
    policy: { prefer: [sendblue, linq] },
    finds: ["answered-without-proof"]
  },
  "absence taken as proof before its time": {
    subject: {
      decide: before((state, event) =>
        event._tag === "Looked" && event.finding._tag === "Absent" ? provenAbsent(state, event.at) : [state, event]
      )
    },
    policy: { prefer: [sendblue, linq], carriers: { sendblue: { absenceProof: "25 seconds" } } },
    finds: ["answered-without-proof"]
  },
  "a wrong key at the new carrier of a rollout that ends the send": {
    subject: {
      decide: before((state, event) => [{ ...state, settings: { ...state.settings, movesOnAccountFault: false } }, event])
    },
    policy: { prefer: both, rollout },
    finds: ["lost-in-rollout"]
  },
  "a wrong key that another carrier hides": {
    subject: {
      decide: before((state, event) => [{ ...state, settings: { ...state.settings, movesOnAccountFault: true } }, event])
    },
    finds: ["moved-against-blame"]
  },
  "a wrong key at the old carrier of a rollout that the new one hides": {
    subject: {
      decide: before((state, event) => [
        state.route[0].carrierId === sendblue ? { ...state, settings: { ...state.settings, movesOnAccountFault: true } } : state,
        event
      ])
    },
    policy: { prefer: both, rollout },
    finds: ["moved-against-blame"]
  },
  "an opt-out that goes on to the other carrier of a rollout": {
    subject: {
      decide: before((state, event) => [
        state,
        event._tag === "Sent" && event.outcome._tag === "Rejected" && event.outcome.error.reason === "OptedOut"
          ? { ...event, outcome: { ...event.outcome, error: certain(event.outcome.error) } }
          : event
      ])
    },
    policy: { prefer: both, rollout },
    known: 594,
    finds: ["moved-against-blame"]
  },
  "breaker counting recipient faults": {
    subject: {
      decide: (state, event) => {
        const { commands, state: next } = decide(state, event)
        return {
          state: next,
          commands: commands.map((command) =>
            command._tag === "Report" && command.verdict === "none" ? { ...command, verdict: "failed" } : command
          )
        }
      }
    },
    finds: ["breaker-without-faults"]
  },
  "a limit that holds after the vendor said that there is room": { subject: { limits: "kept" }, finds: ["stopped-without-limit"] },
  "a limit that stops people who are known": { subject: { limits: "for-everybody" }, finds: ["stopped-without-limit"] },
  "a limit that loses the sends that wait for it": {
    subject: { limits: "lost" },
    policy: { prefer: ["linq", "sendblue"], maxWait: "1 minute" },
    finds: ["no-answer"]
  },
  "fence before instead of at egress": { subject: { fence: "before" }, finds: ["written-to-after-opt-out"] },
  "hold everything": {
    subject: {
      decide: before((state, event) => [
        withCandidate(state, { reconcile: "none" }),
        event._tag === "Observed"
          ? { _tag: "Observed", at: event.at, generation: -1, step: event.step, receipt: event.receipt, by: event.by }
          : event
      ])
    },
    finds: ["held-although-decidable"]
  },
  "facts from webhooks are not heard": {
    subject: { decide: (state, event) => event._tag === "Observed" ? { state, commands: [] } : decide(state, event) },
    finds: ["held-although-decidable"]
  },
  "replay after the key has expired": {
    subject: { replays: "always", decide: before((state, event) => [withCandidate(state, { replayFor: Number.MAX_SAFE_INTEGER }), event]) },
    policy: { prefer: both, deadlines: { send: "1 hour" }, reconcile: { every: "5 seconds", within: "50 minutes" } },
    finds: ["answered-without-proof", "received-twice"]
  },
  "a new attempt after the caller went away": {
    subject: { decide: (state, event) => decide(event._tag === "Abandoned" ? state : { ...state, abandoned: false }, event) },
    finds: ["sent-for-nobody"]
  },
  "an absence proved by a wall clock that was set forward": {
    subject: { decide: wallClock(65_000) },
    policy: { prefer: [sendblue, linq], carriers: { sendblue: { absenceProof: "1 minute" } } },
    finds: ["answered-without-proof", "received-twice"]
  },
  "a rival's message claimed": {
    subject: { rivals: "ignored" },
    policy: { prefer: [sendblue, linq] },
    finds: ["accepted-but-not-received", "answered-without-proof"]
  },
  "an absence taken from a list that is short": {
    subject: { gaps: "ignored" },
    policy: { prefer: [sendblue, linq], carriers: { sendblue: { absenceProof: "5 seconds" } } },
    finds: ["answered-without-proof"]
  },
  "a message in another spelling taken for no message": {
    subject: { others: "ignored" },
    policy: { prefer: [sendblue, linq], carriers: { sendblue: { absenceProof: "5 seconds" } } },
    finds: ["answered-without-proof"]
  },
  "a stranger's older message taken for ours": {
    subject: { clocks: "forgiven" },
    policy: { prefer: [sendblue, linq] },
    known: 147,
    finds: ["accepted-but-not-received"]
  },
  "a vendor's clock that differs forgiven, where absence counts": {
    subject: { clocks: "forgiven" },
    policy: { prefer: [sendblue, linq], carriers: { sendblue: { absenceProof: "5 seconds" } } },
    finds: ["answered-without-proof"]
  },
  "a failure of TLS called unknown": { subject: { handshakes: "unknown" }, finds: ["held-although-decidable"] },
  "a takeover that sends again what was about to leave": {
    subject: { intents: "sent-again" },
    shared: true,
    policy: { prefer: [sendblue, linq] },
    finds: ["received-twice"]
  },
  "a takeover that forgets an open delivery": { subject: { takeovers: "forgetful" }, shared: true, finds: ["no-answer"] },
  "an owner that opens deliveries after it lost the shard": {
    subject: { epochs: "ignored" },
    shared: true,
    known: 133,
    finds: ["two-at-once", "out-of-order", "no-answer"]
  },
  "an answer for a lost delivery that is dropped": {
    subject: { facts: "dropped" },
    shared: true,
    rate: 0.5,
    known: 332,
    finds: ["held-although-decidable"]
  },
  "a front that does not name the send before it": { subject: { fronts: "unordered" }, shared: true, finds: ["out-of-order"] },
  "a wall clock set back that lets a replay go past its time": {
    subject: { time: "wall" },
    shared: true,
    policy: { prefer: both, deadlines: { send: "1 hour" }, reconcile: { every: "5 seconds", within: "50 minutes" } },
    known: 143,
    finds: ["replayed-too-late"]
  },
  "the same carrier asked again, as another attempt": {
    subject: {
      decide: (state, event) => {
        const { commands, state: next } = decide(state, event)
        return event._tag === "Woke" && next.phase._tag === "Sending" && next.step === 0
          ? {
            state: { ...next, generation: next.generation + 1 },
            commands: commands.map((command) => command._tag === "Send" ? { ...command, generation: command.generation + 1 } : command)
          }
          : { commands, state: next }
      }
    },
    finds: ["asked-twice"]
  },
  "a risk taken that the policy does not allow": {
    subject: { decide: before((state, event) => [{ ...state, settings: { ...state.settings, onUnknown: "send-anyway" } }, event]) },
    finds: ["answered-without-proof"]
  },
  "late arrivals kept quiet": {
    subject: {
      decide: (state, event) => {
        const { commands, state: next } = decide(state, event)
        return { state: next, commands: commands.filter((command) => command._tag !== "Note" || command.event._tag !== "LateArrival") }
      }
    },
    policy: { prefer: [sendblue, linq], onUnknown: "send-anyway" },
    known: 251,
    finds: ["late-arrival-unreported"]
  },
  "a rest that nothing ends": {
    subject: { decide: (state, event) => event._tag === "Woke" ? { state, commands: [] } : decide(state, event) },
    finds: ["no-answer"]
  },
  "a pinned conversation that moves": {
    subject: {
      decide: before((state, event) => {
        const [first] = state.route
        const other = first.carrierId === linq ? sendblue : linq
        return state.route.length === 1
          ? [{ ...state, route: [first, { ...first, carrierId: other, reconcile: other === linq ? "replay" : "list" }] }, event]
          : [state, event]
      })
    },
    policy: { prefer: both, affinity: { mode: "pinned" } },
    finds: ["pinned-moved"]
  },
  "retries without end": {
    subject: {
      decide: before((
        state,
        event
      ) => [{ ...state, repetitions: 0, settings: { ...state.settings, maxRetryAfter: 40_000, deadline: Number.MAX_SAFE_INTEGER } }, event])
    },
    finds: ["unbounded"]
  }
}

describe("a planted mistake is found in fewer than 2,000 seeds", () => {
  for (const [name, { finds, known, policy, rate, shared, subject }] of Object.entries(mutants)) {
    it.effect(name, () => {
      const options = {
        subject,
        ...(shared ? { sends: 1, faults: { processes: 1, outages: 0.9, ...(rate === undefined ? {} : { rate }) } } : {}),
        ...(policy === undefined ? {} : { policy: policyOf(policy) })
      }
      const isWanted = (invariant: Model.Invariant) => finds.includes(invariant)
      const isFound = known !== undefined &&
        Simulation.run({ ...options, seed: known }).violations.some(({ invariant }) => isWanted(invariant))
      return isFound ? Effect.void : Effect.map(
        violations(2_000, options, isWanted),
        (found) => expect(found.length).toBeGreaterThan(0)
      )
      // the number of seeds is the bar, and not how fast a busy machine plays them
    }, 90_000)
  }
})

describe("a run", () => {
  it.effect("is the same for the same seed", () =>
    firstOf(20, (seed) => deepStrictEqual(Simulation.run({ seed }), Simulation.run({ seed }))))

  it("is not changed by being told line by line", () => {
    const { violations } = Simulation.run({ seed: 7, subject: { fence: "before" }, faults: { optOuts: 1 } })
    const lines = Simulation.trace({ seed: 7, subject: { fence: "before" }, faults: { optOuts: 1 } })
    expect(lines.filter((line) => line.includes("VIOLATION"))).toHaveLength(violations.length)
    expect(lines.length).toBeGreaterThan(50)
  })

  it("tells no number and no text of anybody", () => {
    expect(Simulation.trace({ seed: 3 }).filter((line) => /\+1202|example\.com/.test(line))).toEqual([])
  })

  it.effect("meets every kind of end and incident, so that the invariants have something to hold for", () => {
    const policy = policyOf({ prefer: [sendblue, linq], onUnknown: "send-anyway", carriers: { sendblue: { absenceProof: "5 seconds" } } })
    let summary = Simulation.emptySummary
    const running = firstOf(300, (seed) => {
      summary = Simulation.add(summary, Simulation.run({ seed, policy }))
    })
    return Effect.map(running, () => expectAll(summary))
  })

  const expectAll = (summary: Model.Summary): void => {
    const { accepted, duplicates, held, lateArrivals, partial, rejected, settledLater, undecidable } = summary
    for (const count of [accepted, duplicates, held, lateArrivals, partial, rejected, settledLater, undecidable]) {
      expect(count).toBeGreaterThan(0)
    }
    expect(Simulation.failoverWithin(summary, 0.99)).toBeGreaterThanOrEqual(
      Simulation.failoverWithin(summary, 0.5) ?? Number.POSITIVE_INFINITY
    )
  }

  it("adds up", () => {
    const reports = [1, 2, 3, 4].map((seed) => Simulation.run({ seed }))
    const one = reports.reduce(Simulation.add, Simulation.emptySummary)
    const two = Simulation.combine(
      reports.slice(0, 2).reduce(Simulation.add, Simulation.emptySummary),
      reports.slice(2).reduce(Simulation.add, Simulation.emptySummary)
    )
    expect(two).toEqual(one)
    expect(one.sends).toBe(96)
  })
})
