/** The tables and the diagram of docs/failover.md: read from the code, the diagram by playing every event in every state. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import * as Outcome from "@interline/core/Outcome"
import * as Affinity from "@interline/router/Affinity"
import * as Blame from "@interline/router/Blame"
import * as Decide from "@interline/router/Decide"
import * as Decision from "@interline/router/Decision"
import * as Policy from "@interline/router/Policy"
import * as Route from "@interline/router/Route"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { code, table } from "../markdown.ts"

// --- affinity ---

const sentence = ({ does, sentence }: Affinity.Rule): string => `**${does}**: ${sentence}`

export const affinity = (): string =>
  table(
    ["What happens", "`sticky`", "`pinned`", "`free`"],
    Object.values(Affinity.rows).map(({ event, free, pinned, sticky }) => {
      const same = sentence(sticky) === sentence(pinned) && sentence(sticky) === sentence(free)
      return [event, sentence(sticky), ...(same ? ["the same", "the same"] : [sentence(pinned), sentence(free)])]
    })
  )

// --- what a change of the policy moves ---

const at = 1_700_000_000_000
const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
const support = Line.name("support")
const carriers: Route.Known["carriers"] = new Map(
  [linq, sendblue].map((id) => [id, { lines: new Map([[support, Handle.phone("+12025550101")]]) }])
)
const ada = Conversation.direct(support, Handle.make("+12025550123"))
/** A share that takes in this conversation, and one that does not. */
const [larger, smaller] = [(1 + Route.positionOf(ada)) / 2, Route.positionOf(ada) / 2]

const shared = (share: number): Policy.Input => ({ prefer: ["sendblue"], rules: [{ match: { share }, prefer: ["linq"] }] })

interface Change {
  readonly change: string
  readonly after: Policy.Input
  /** Where the conversation was before, if it is known. */
  readonly from: CarrierId.CarrierId
  readonly isKnown?: boolean
  readonly silent?: number
}

const changes: ReadonlyArray<Change> = [
  {
    change: "`prefer` names the same carriers in another order: `sendblue, linq` becomes `linq, sendblue`",
    from: sendblue,
    after: { prefer: ["linq", "sendblue"] }
  },
  {
    change: "`prefer` gets another carrier in front and keeps the old one: `sendblue` becomes `linq, sendblue`",
    from: sendblue,
    after: { prefer: ["linq", "sendblue"] }
  },
  {
    change: "only a rule for other lines names the conversation's carrier",
    from: sendblue,
    after: { prefer: ["linq"], rules: [{ match: { lines: ["sales"] }, prefer: ["sendblue"] }] }
  },
  { change: "the policy leaves out its carrier: `sendblue` becomes `linq`", from: sendblue, after: { prefer: ["linq"] } },
  { change: "the `share` of a rule for `linq` grows and now includes the conversation", from: sendblue, after: shared(larger) },
  { change: "that `share` shrinks and no longer includes the conversation", from: linq, after: shared(smaller) },
  {
    change: "the policy names its carrier, but nobody wrote for longer than `expiresAfter`",
    from: sendblue,
    after: { prefer: ["linq", "sendblue"] },
    silent: 31 * 86_400_000
  },
  {
    change: "the database is new or lost, so that no conversation is bound",
    from: sendblue,
    after: { prefer: ["linq", "sendblue"] },
    isKnown: false
  }
]

const modes: ReadonlyArray<Policy.AffinityMode> = ["sticky", "pinned", "free"]

/** Read from the routes that the code makes. */
const consequence = ({ after, from, isKnown = true, silent = 1000 }: Change, mode: Policy.AffinityMode): string => {
  const configured = Array.from(
    carriers,
    ([id, { lines }]) => ({ id, lines: new Map([...lines, [Line.name("sales"), Handle.phone("+12025550102")]]) })
  )
  const policy = Effect.runSync(Policy.make({ ...after, affinity: { mode } }, configured))
  const routed = Route.make(policy, { conversation: ada, draft: Draft.text("hello"), fidelity: "adapt" }, {
    plans: new Map(),
    carriers,
    binding: isKnown ? Option.some({ carrierId: from, line: support, at: at - silent, version: 1 }) : Option.none(),
    contacts: new Map(),
    at,
    jitter: 1
  })
  const [first] = "problems" in routed ? [] : routed.route
  if (first === undefined) throw new Error("no route")
  return first.carrierId === from ? `stays at ${from}` : `**goes by ${first.carrierId}**`
}

export const moving = (): string =>
  table(
    ["What changes", ...modes.map((mode) => `Next message under ${code(mode)}`)],
    changes.map((change) => [change.change, ...modes.map((mode) => consequence(change, mode))])
  )

// --- blame ---

const examples = {
  caller: "the input is not acceptable; the caller went away; a deadline that the caller set has passed",
  recipient: "the recipient opted out, blocked us, cannot be reached, or has not verified the line",
  account: "the credentials are wrong; a permission is missing",
  line: "the line is down or not allowed; its rate limit is reached (this does not count against its health)",
  carrier: "the carrier says that it failed",
  network: "there is no connection, or no answer in time"
} as const satisfies Record<MessagingError.Blame, string>

const yes = (is: boolean): string => is ? "yes" : "no"

const faults: ReadonlyArray<MessagingError.Blame> = MessagingError.Blame.literals

export const blame = (): string =>
  table(
    ["Blame", "For example", "The next carrier is asked after a certain refusal", "Counts against the line's health"],
    faults.map((fault) => [code(fault), examples[fault], yes(Blame.rows[fault].reroutes), yes(Blame.rows[fault].counts)])
  )

// --- the state machine ---

const line = Line.name("support")
const deliveryId = DeliveryId.DeliveryId.make("7f3f1d7e-3c55-4ad8-9d1c-0c8a5bb0f001")

const replays: Decision.Candidate = { carrierId: CarrierId.make("replays"), line, reconcile: "replay", replayFor: 20_000 }
const lists: Decision.Candidate = { carrierId: CarrierId.make("lists"), line, reconcile: "list", replayFor: 0, absenceProof: 4000 }
const cannot: Decision.Candidate = { carrierId: CarrierId.make("cannot"), line, reconcile: "none", replayFor: 0 }

// few different times, so that every state can be visited
const settings: Decision.Settings = {
  onUnknown: "hold",
  deadline: 12_000,
  attempt: 2000,
  retryTimes: 1,
  retryBase: 2000,
  maxRetryAfter: 10_000,
  maxWait: 2000,
  lookEvery: 2000,
  lookFor: 4000,
  movesWhenIncapable: false,
  jitter: 1
}

/** Routes and policies that differ in what they can lead to. */
const beginnings: ReadonlyArray<Decision.State> = [
  Decide.initial(deliveryId, [lists, replays], settings),
  Decide.initial(deliveryId, [replays, lists], { ...settings, onUnknown: "fail" }),
  Decide.initial(deliveryId, [cannot, lists], { ...settings, onUnknown: "send-anyway" })
]

const receipt = (generation: number, step: number): Outcome.Receipt => ({
  ref: MessageRef.make(CarrierId.make(`carrier-${generation}`), `message-${step}`),
  parts: [step],
  status: "queued"
})

const error = (reason: MessagingError.ReasonTag) => MessagingError.make(reason, { operation: "send" })

const refusals = {
  refused: Outcome.rejected(error("InvalidInput")),
  "refused by a fault of its own": Outcome.rejected(error("Failed")),
  "refused for now": Outcome.rejected(error("RateLimited"))
}

const lost = error("Timeout")

/** Drafts that are sent whole, and in two steps. */
const drafts: ReadonlyArray<Decision.State["steps"]> = [[[0]], [[0], [1]]]

/** Every answer to a send, by the word on the arrow. */
const answers = (
  at: number,
  { generation, step }: Decision.State,
  steps: Decision.State["steps"]
): ReadonlyArray<readonly [string, Decision.Event]> => {
  const [first, second] = [receipt(generation, 0), receipt(generation, 1)]
  const ends = { ...refusals, "not known": Outcome.unknown({ error: lost, parts: [step], step, startedAt: at }) }
  const all: ReadonlyArray<readonly [string, Outcome.Outcome]> = [
    ["taken", Outcome.accepted(steps.length === 1 ? [first] : [first, second])],
    ...Object.entries(ends).map(([word, rest]): readonly [string, Outcome.Outcome] => [
      word,
      step === 0 ? rest : { _tag: "Partial", receipts: [first], rest, remaining: [1], losses: [] }
    ]),
    ...(step === 0 && steps.length > 1
      ? [["a part taken", { _tag: "Partial", receipts: [first], rest: refusals.refused, remaining: [1], losses: [] }] as const]
      : [])
  ]
  return all.map(([word, outcome]) => [word, { _tag: "Sent", at, outcome, steps }])
}

/** Every event that can come in a state, with the word on its arrow. */
const eventsIn = (state: Decision.State, at: number, steps: Decision.State["steps"]): ReadonlyArray<readonly [string, Decision.Event]> => {
  const { doubt, generation, phase, step } = state
  const due = phase._tag === "Resting" ? phase.until : at
  const findings: ReadonlyArray<readonly [string, OperationSignatures.Finding]> = [
    ["found", { _tag: "Found", receipt: receipt(generation, doubt?.evidence.step ?? 0) }],
    ["absent", { _tag: "Absent" }],
    ["unproven", { _tag: "Unproven", why: "" }]
  ]
  // whether a carrier may be asked is answered at once
  if (phase._tag === "Admitting") {
    return [
      ["admitted", { _tag: "Admitted", at }],
      ["barred", { _tag: "Barred", at, by: "breaker", why: "" }],
      ["full for a while", { _tag: "Barred", at, by: "limit", why: "", until: at + 2000 }]
    ]
  }
  return [
    ["started", { _tag: "Started", at }],
    ...answers(at, state, steps),
    ...answers(settings.deadline, state, steps).filter(([word]) => word === "not known"),
    ["woke", { _tag: "Woke", at: due }],
    ["woke at the deadline", { _tag: "Woke", at: settings.deadline }],
    ...findings.flatMap(([word, finding]): ReadonlyArray<readonly [string, Decision.Event]> => [[word, { _tag: "Looked", at, finding }]]),
    [state.behind.some((entry) => entry.generation === generation) ? "a late arrival" : "a fact", {
      _tag: "Observed",
      at,
      generation,
      step,
      receipt: receipt(generation, step),
      by: "event"
    }],
    ...(generation > 1
      ? [
        ["a late arrival", {
          _tag: "Observed",
          at,
          generation: generation - 1,
          step: 0,
          receipt: receipt(generation - 1, 0),
          by: "event"
        }] as const
      ]
      : []),
    ["denied", { _tag: "Denied", at }],
    ["caller gone", { _tag: "Abandoned", at }]
  ]
}

const resting = { admit: "WaitingForRoom", send: "WaitingToRetry", look: "WaitingToLook" } as const
const ends = { Accepted: "Accepted", Rejected: "NotSent", Partial: "Partial", Unknown: "NotKnown" } as const

const place = ({ phase, result }: Decision.State): string =>
  phase._tag === "Resting" ? resting[phase.next] : phase._tag === "Done" && result !== undefined ? ends[result.outcome._tag] : phase._tag

/** States that this does not tell apart lead to the same places. */
const likeness = (state: Decision.State, now: number): string => {
  const {
    abandoned,
    position: at,
    behind,
    doubt,
    generation,
    phase,
    proofs,
    settings: { onUnknown },
    step,
    steps,
    taken,
    repetitions: tries
  } = state
  return JSON.stringify([
    place(state),
    phase,
    onUnknown,
    at,
    generation,
    tries,
    step,
    steps.length,
    taken.length,
    abandoned,
    proofs.map((proof) => proof.step),
    behind.map(({ generation, receipt, why }) => [generation, why, receipt !== undefined]),
    doubt?.looks,
    doubt?.evidence.startedAt,
    now
  ])
}

/** Every move from place to place, with the words that lead there. */
const moves = (): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const steps of drafts) {
    const seen = new Set<string>()
    const left = beginnings.map((state) => ({ state, now: 0 }))
    for (let here = left.pop(); here !== undefined; here = left.pop()) {
      const { now, state } = here
      for (const [word, event] of eventsIn(state, now, steps)) {
        const next = Decide.decide(state, event).state
        if (next === state) continue
        if (place(next) !== place(state) || next.position !== state.position) {
          const name = `${place(state)} --> ${place(next)}`
          found.set(name, (found.get(name) ?? new Set()).add(word))
        }
        const key = likeness(next, event.at)
        if (!seen.has(key)) left.push({ state: next, now: event.at })
        seen.add(key)
      }
    }
  }
  return found
}

const order = [
  "Idle",
  "Admitting",
  "WaitingForRoom",
  "Sending",
  "WaitingToRetry",
  "WaitingToLook",
  "Looking",
  "Held",
  "Accepted",
  "Partial",
  "NotSent",
  "NotKnown"
]

const rank = (name: string): number => {
  const [from = "", to = ""] = name.split(" --> ")
  return order.indexOf(from) * 100 + order.indexOf(to)
}

const finals = ["Accepted", "Partial", "NotSent", "NotKnown"]

export const diagram = (): string =>
  [
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> Idle",
    ...Array.from(moves())
      .sort(([left], [right]) => rank(left) - rank(right))
      .map(([name, words]) => `  ${name}: ${Array.from(words).sort().join(", ")}`),
    ...finals.map((name) => `  ${name} --> [*]`),
    "```"
  ].join("\n")
