/** Carriers, answers and a way to play events through `decide`, for the tests of the decisions. */
import * as CarrierId from "@interline/core/CarrierId"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import * as Outcome from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import * as Decide from "@interline/router/Decide"
import * as Decision from "@interline/router/Decision"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as Duration from "effect/Duration"

export const deliveryId = DeliveryId.DeliveryId.make("7f3f1d7e-3c55-4ad8-9d1c-0c8a5bb0f001")
export const line = Line.name("support")

/** It answers a replay; it shows a list; it can do neither. */
export const linq: Decision.Candidate = { carrierId: CarrierId.make("linq"), line, reconcile: "replay", replayFor: 20_000 }
export const sendblue: Decision.Candidate = { carrierId: CarrierId.make("sendblue"), line, reconcile: "list", replayFor: 0 }
export const plain: Decision.Candidate = { carrierId: CarrierId.make("plain"), line, reconcile: "none", replayFor: 0 }

export const settings: Decision.Settings = {
  onUnknown: "hold",
  deadline: 90_000,
  attempt: 10_000,
  retryTimes: 2,
  retryBase: 500,
  maxRetryAfter: 10_000,
  maxWait: 5_000,
  lookEvery: 500,
  lookFor: 30_000,
  movesWhenIncapable: false,
  jitter: 1
}

export const error = (reason: MessagingError.ReasonTag, context: Partial<MessagingError.Context> = {}): MessagingError.MessagingError =>
  MessagingError.make(reason, { operation: "send", ...context })

export const refusals = {
  network: error("ConnectionFailed"),
  line: error("LineUnavailable"),
  carrier: error("Failed"),
  limited: error("RateLimited", { retryAfter: Duration.seconds(2) }),
  limitedForHours: error("RateLimited", { retryAfter: Duration.seconds(8549) }),
  notReady: error("NotReady"),
  caller: error("InvalidInput", { status: 400 }),
  incapable: error("InvalidInput", { problems: [Problem.make("text-length", ["parts", 0], "too long")] }),
  recipient: error("RecipientUnreachable"),
  optedOut: error("OptedOut"),
  account: error("Authentication")
} as const

export const lost = error("Timeout")

export const receipt = (generation: number, step: number): Outcome.Receipt => ({
  ref: MessageRef.make(CarrierId.make(`carrier-${generation}`), `message-${step}`),
  parts: [step],
  status: "queued"
})

const receipts = (generation: number, count: number): ReadonlyArray<Outcome.Receipt> =>
  Array.from({ length: count }, (_, step) => receipt(generation, step))

export const stepsOf = (count: number): Decision.State["steps"] => Array.from({ length: count }, (_, step) => [step])

/** What comes of a send of a draft in `count` steps of which the first `taken` are taken in all. */
export const outcome = (
  generation: number,
  count: number,
  taken: number,
  end:
    | { readonly refused: MessagingError.MessagingError }
    | { readonly unknown: MessagingError.MessagingError; readonly startedAt: number }
    | undefined
): Outcome.Outcome => {
  const [first, ...others] = receipts(generation, taken)
  const rest = end === undefined
    ? undefined
    : "refused" in end
    ? Outcome.rejected(end.refused)
    : Outcome.unknown({ error: end.unknown, parts: [taken], step: taken, startedAt: end.startedAt, key: `key-${generation}-${taken}` })
  if (first === undefined) return rest ?? Outcome.rejected(refusals.carrier)
  return rest === undefined
    ? Outcome.accepted([first, ...others])
    : { _tag: "Partial", receipts: [first, ...others], rest, remaining: stepsOf(count).slice(taken).flat(), losses: [] }
}

type Sent = Decision.Event & { readonly _tag: "Sent" }

export const sent = (at: number, came: Outcome.Outcome, count = 1): Sent => ({ _tag: "Sent", at, outcome: came, steps: stepsOf(count) })

/** Answers to the first step of a draft of one step. */
export const accepted = (at: number, generation = 1): Sent => sent(at, outcome(generation, 1, 1, undefined))
export const refused = (at: number, why: MessagingError.MessagingError): Sent => sent(at, outcome(1, 1, 0, { refused: why }))
export const unknown = (at: number, startedAt = at, generation = 1, count = 1): Sent =>
  sent(at, outcome(generation, count, 0, { unknown: lost, startedAt }), count)

export const observed = (at: number, generation: number, step = 0, by: "event" | "look" | "operator" = "event"): Decision.Event => ({
  _tag: "Observed",
  at,
  generation,
  step,
  receipt: receipt(generation, step),
  by
})

export const started: Decision.Event = { _tag: "Started", at: 0 }
export const admitted = (at: number): Decision.Event => ({ _tag: "Admitted", at })
export const woke = (at: number): Decision.Event => ({ _tag: "Woke", at })
export const looked = (at: number, finding: Finding): Decision.Event => ({ _tag: "Looked", at, finding })
export const absent: Finding = { _tag: "Absent" }
export const unproven: Finding = { _tag: "Unproven", why: "cannot be told apart" }
export const found = (generation = 1, step = 0): Finding => ({ _tag: "Found", receipt: receipt(generation, step) })
export const denied = (at: number): Decision.Event => ({ _tag: "Denied", at })
export const abandoned = (at: number): Decision.Event => ({ _tag: "Abandoned", at })

export const begin = (route: Decision.State["route"], change: Partial<Decision.Settings> = {}): Decision.State =>
  Decide.initial(deliveryId, route, { ...settings, ...change })

export type Action = Decision.Command & { readonly _tag: "Admit" | "Send" | "Look" | "Rest" | "Conclude" }

export const isAction = (command: Decision.Command): command is Action =>
  command._tag === "Admit" || command._tag === "Send" || command._tag === "Look" || command._tag === "Rest" || command._tag === "Conclude"

export interface Played {
  readonly state: Decision.State
  /** Of all events. */
  readonly commands: ReadonlyArray<Decision.Command>
  /** Of the last event. */
  readonly last: ReadonlyArray<Decision.Command>
  readonly notes: ReadonlyArray<RouterEvent>
}

export const play = (state: Decision.State, ...events: ReadonlyArray<Decision.Event>): Played => {
  const commands: Array<Decision.Command> = []
  let last: ReadonlyArray<Decision.Command> = []
  let now = state
  for (const event of events) {
    const step = Decide.decide(now, event)
    now = step.state
    last = step.commands
    commands.push(...last)
  }
  return { state: now, commands, last, notes: commands.flatMap((command) => command._tag === "Note" ? [command.event] : []) }
}

export const action = ({ last }: Played): Action | undefined => last.find(isAction)

/** The carriers that were asked, in order; again for each request. */
export const asked = ({ commands }: Played): ReadonlyArray<string> =>
  commands.flatMap((command) => command._tag === "Send" ? [command.candidate.carrierId] : [])

export const result = ({ state }: Played): Decision.Result["outcome"]["_tag"] | undefined => state.result?.outcome._tag

export const notesOf = <Tag extends RouterEvent["_tag"]>(
  { notes }: Pick<Played, "notes">,
  tag: Tag
): ReadonlyArray<Extract<RouterEvent, { readonly _tag: Tag }>> =>
  notes.filter((event): event is Extract<RouterEvent, { readonly _tag: Tag }> => event._tag === tag)
