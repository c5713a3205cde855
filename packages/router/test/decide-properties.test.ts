/** Random carriers, answers, facts and timings played against `decide`: what holds in every history. */
import { describe, expect, it } from "@effect/vitest"
import type { Finding } from "@interline/core/OperationSignatures"
import * as Decide from "@interline/router/Decide"
import * as Decision from "@interline/router/Decision"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as FastCheck from "effect/FastCheck"
import {
  absent,
  type Action,
  begin,
  isAction,
  linq,
  lost,
  outcome,
  plain,
  receipt,
  refusals,
  sendblue,
  sent,
  settings,
  stepsOf,
  unproven
} from "./decide-specimens.ts"

type Send = Action & { readonly _tag: "Send" }

interface Line {
  readonly at: number
  readonly event: Decision.Event
  readonly before: Decision.State
  readonly state: Decision.State
  readonly commands: ReadonlyArray<Decision.Command>
}

const refusal = Object.values(refusals)

/** Plays a delivery to its end: `choices` say what carriers answer, when, and what comes in between. */
const run = (first: Decision.State, choices: ReadonlyArray<number>): ReadonlyArray<Line> => {
  let cursor = 0
  const pick = (below: number): number => {
    const choice = choices[cursor % choices.length] ?? 0
    cursor += 1
    return (choice + cursor) % below
  }
  const history: Array<Line> = []
  const counts = new Map<number, number>()
  let state = first
  let now = 0
  let pending: Action | undefined
  const happen = (event: Decision.Event) => {
    now = event.at
    const step = Decide.decide(state, event)
    history.push({ at: now, event, before: state, state: step.state, commands: step.commands })
    state = step.state
    pending = step.commands.find(isAction) ?? pending
  }

  const stepsIn = (generation: number): number => {
    const known = counts.get(generation)
    if (known !== undefined) return known
    const count = 1 + pick(3)
    counts.set(generation, count)
    return count
  }

  const answer = ({ generation, step, until }: Send): Decision.Event => {
    const count = stepsIn(generation)
    const taken = step + pick(count - step + 1)
    const at = now + pick(Math.max(1, until - now + 1))
    const end = pick(3)
    return sent(
      at,
      outcome(
        generation,
        count,
        taken,
        taken === count ? undefined : end === 0
          ? { unknown: lost, startedAt: now + pick(at - now + 1) }
          : { refused: refusal[pick(refusal.length)] ?? refusals.carrier }
      ),
      count
    )
  }

  const finding = (generation: number, step: number): Finding => {
    const choice = pick(4)
    return choice === 0 ? { _tag: "Found", receipt: receipt(generation, step) } : choice === 1 ? unproven : absent
  }

  const fromOutside = (limit: number): Decision.Event => {
    const at = now + pick(Math.max(1, Math.min(limit - now, 500) + 1))
    const choice = pick(8)
    if (choice === 0) return { _tag: "Abandoned", at }
    if (choice === 1) return { _tag: "Denied", at }
    const generation = 1 + pick(3)
    const step = pick(3)
    return { _tag: "Observed", at, generation, step, receipt: receipt(generation, step), by: "event" }
  }

  happen({ _tag: "Started", at: 0 })
  for (let turns = 0; turns < 300 && pending !== undefined && pending._tag !== "Conclude"; turns += 1) {
    const current: Action = pending
    if (current._tag !== "Admit" && current._tag !== "Conclude" && pick(6) === 0) {
      happen(fromOutside(current.until))
      continue
    }
    pending = undefined
    switch (current._tag) {
      case "Admit": {
        const choice = pick(5)
        happen(
          choice === 0
            ? { _tag: "Barred", at: now, by: "breaker", why: "it failed", until: now + 1000 }
            : choice === 1
            ? { _tag: "Barred", at: now, by: "limit", why: "full", until: now + 1 + pick(8000) }
            : { _tag: "Admitted", at: now }
        )
        break
      }
      case "Send":
        happen(answer(current))
        break
      case "Look":
        happen({
          _tag: "Looked",
          at: now + pick(current.until - now + 1),
          finding: finding(current.generation, current.doubt.evidence.step)
        })
        break
      case "Rest":
        happen({ _tag: "Woke", at: Math.max(now, current.until) })
    }
  }
  for (let after = pick(6); after > 0; after -= 1) happen(fromOutside(Number.MAX_SAFE_INTEGER))
  return history
}

const candidates = [
  linq,
  sendblue,
  plain,
  { ...sendblue, absenceProof: 3000 },
  { ...linq, replayFor: 2500 },
  { ...plain, barred: { why: "cannot", error: refusals.incapable } }
] as const

const scenario = FastCheck.record({
  route: FastCheck.uniqueArray(FastCheck.constantFrom(...candidates), {
    minLength: 1,
    maxLength: 3,
    selector: ({ carrierId }) => carrierId
  }),
  onUnknown: FastCheck.constantFrom<Array<Decision.OnUnknown>>("hold", "fail", "send-anyway"),
  deadline: FastCheck.constantFrom(3000, 20_000, 90_000),
  movesWhenIncapable: FastCheck.boolean(),
  movesOnAccountFault: FastCheck.boolean(),
  retryTimes: FastCheck.nat(2),
  choices: FastCheck.array(FastCheck.nat(100_000), { minLength: 20, maxLength: 60 })
})

const always = (title: string, check: (history: ReadonlyArray<Line>) => void) =>
  it(title, () => {
    FastCheck.assert(
      FastCheck.property(scenario, ({ choices, route, ...settings }) => {
        const [first, ...others] = route
        if (first === undefined) return
        check(run(begin([first, ...others], settings), choices))
      }),
      { numRuns: 1000 }
    )
  })

const sendsOf = (history: ReadonlyArray<Line>) =>
  history.flatMap(({ at, commands }) => commands.flatMap((command) => command._tag === "Send" ? [{ ...command, at }] : []))

const notesIn = ({ commands }: Pick<Line, "commands">): ReadonlyArray<RouterEvent> =>
  commands.flatMap((command) => command._tag === "Note" ? [command.event] : [])

const concluding = ({ commands }: Line): Decision.Result | undefined =>
  commands.flatMap((command) => command._tag === "Conclude" ? [command.result] : [])[0]

describe("in every history", () => {
  always("at most one action comes at a time, last", (history) => {
    for (const { commands } of history) expect(commands.slice(0, -1).filter(isAction)).toEqual([])
  })

  always("a delivery that is not done always has something under way, or is held", (history) => {
    expect(history.at(-1)?.state.phase._tag).toMatch(/^(Held|Done)$/)
  })

  always("a carrier is asked under one generation, and a generation is one carrier's", (history) => {
    const pairs = new Set(sendsOf(history).map(({ candidate, generation }) => `${candidate.carrierId} ${generation}`))
    expect(new Set(Array.from(pairs, (pair) => pair.split(" ")[0])).size).toBe(pairs.size)
    expect(new Set(Array.from(pairs, (pair) => pair.split(" ")[1])).size).toBe(pairs.size)
  })

  always("a step is not sent again, nor another one instead, after an answer that may have been lost", (history) => {
    for (const { candidate, at, generation, step } of sendsOf(history)) {
      const doubts = history.filter((line) =>
        line.at <= at && line.before.generation === generation && line.event._tag === "Sent" && line.state.doubt !== undefined
      )
      expect(
        doubts.some(({ state }) => state.generation === generation && state.doubt?.evidence.step === step && state.doubt.since < at),
        candidate.carrierId
      ).toBe(false)
    }
  })

  always("another carrier is asked only when the one before certainly did not take it, or the policy says so", (history) => {
    let open: number | undefined
    for (const line of history) {
      const { event, before, commands } = line
      if (event._tag === "Sent" && before.phase._tag === "Sending") {
        const rest = event.outcome._tag === "Partial" ? event.outcome.rest : event.outcome
        open = rest._tag === "Unknown" ? before.generation : undefined
      }
      for (const note of notesIn(line)) {
        if (note._tag === "RiskTaken") {
          expect(before.settings.onUnknown).toBe("send-anyway")
          open = undefined
        }
        if (note._tag === "AbsenceTaken") {
          const { absenceProof = Number.POSITIVE_INFINITY } = before.route[before.position] ?? linq
          expect(note.afterMillis).toBeGreaterThanOrEqual(absenceProof)
          open = undefined
        }
        if (note._tag === "Reconciled" && note.finding === "found") open = undefined
      }
      for (const command of commands) {
        if (command._tag === "Send" && open !== undefined) expect(command.generation).toBe(open)
        if (command._tag === "Admit") expect(open).toBeUndefined()
      }
    }
  })

  always("nothing moves once a part of a split draft went out", (history) => {
    for (const { before, commands } of history) {
      if (before.taken.length > 0) {
        for (const command of commands) if (command._tag === "Send") expect(command.generation).toBe(before.generation)
      }
    }
  })

  always("after the end nothing is done, except that what is held is settled", (history) => {
    const ended = history.findIndex((line) => concluding(line)?.kept === false)
    for (const { commands } of ended < 0 ? [] : history.slice(ended + 1)) expect(commands.filter(isAction)).toEqual([])
    const held = history.findIndex((line) => concluding(line)?.kept === true)
    for (const { commands } of held < 0 ? [] : history.slice(held + 1)) {
      for (const command of commands.filter(isAction)) expect(command._tag).toBe("Conclude")
    }
  })

  always("requests are as many as retries allow", (history) => {
    const perStep = new Map<string, number>()
    for (const { generation, step } of sendsOf(history)) {
      perStep.set(`${generation} ${step}`, (perStep.get(`${generation} ${step}`) ?? 0) + 1)
    }
    const { route, settings: { retryTimes } } = history[0]?.state ?? begin([linq])
    for (const count of perStep.values()) expect(count).toBeLessThanOrEqual(retryTimes + 1)
    expect(new Set(sendsOf(history).map(({ generation }) => generation)).size).toBeLessThanOrEqual(route.length)
  })

  always("nothing is sent after the deadline, and the answer comes at most one attempt later", (history) => {
    const { deadline } = history[0]?.state.settings ?? settings
    for (const { at, until } of sendsOf(history)) {
      expect(at).toBeLessThan(deadline)
      expect(until).toBeLessThanOrEqual(deadline)
    }
    const end = history.find((line) => concluding(line) !== undefined)
    expect(end?.at).toBeLessThanOrEqual(deadline + settings.attempt)
  })

  always("a request is repeated under its key only as long as the carrier knows the key", (history) => {
    for (const { at, commands } of history) {
      for (const command of commands) {
        if (command._tag === "Look" && command.candidate.reconcile === "replay") {
          expect(at).toBeLessThanOrEqual(command.doubt.evidence.startedAt + command.candidate.replayFor)
        }
        if (command._tag === "Look") expect(command.candidate.reconcile).not.toBe("none")
      }
    }
  })

  always("a delivery is held if and only if it is unknown and kept", (history) => {
    for (const { state } of history) {
      expect(state.phase._tag === "Held").toBe(state.result?.kept === true)
      if (state.result?.kept === true) {
        expect(state.result.outcome._tag).toBe("Unknown")
        expect(state.settings.onUnknown).not.toBe("fail")
      }
    }
  })

  always("not sent is said only of what certainly was not", (history) => {
    for (const line of history) {
      const { outcome: end } = concluding(line) ?? {}
      if (end?._tag !== "Rejected") continue
      expect(end.error.certainty).toBe("not-sent")
      for (const trial of line.state.attempts) expect(["rejected", "skipped"]).toContain(trial.outcome)
      expect(line.state.taken).toEqual([])
      // nobody has said by then that an attempt's first step arrived
      const known = new Set(line.state.behind.map(({ generation }) => generation))
      for (const { before, event } of history.slice(0, history.indexOf(line))) {
        if (event._tag === "Observed" && event.step === 0 && known.has(event.generation)) {
          expect(before.generation).toBeLessThan(event.generation)
        }
      }
    }
  })

  always("accepted is said with a receipt for each step, each of one attempt", (history) => {
    for (const line of history) {
      const { outcome: end } = concluding(line) ?? {}
      if (end?._tag !== "Accepted") continue
      expect(end.receipts.length).toBe(line.state.steps.length)
      expect(end.receipts.map(({ parts }) => parts)).toEqual(stepsOf(end.receipts.length))
      expect(new Set(end.receipts.map(({ ref }) => ref.carrierId)).size).toBe(1)
    }
  })

  always("nothing is sent for a caller who is gone", (history) => {
    const gone = history.findIndex(({ event }) => event._tag === "Abandoned")
    expect(gone < 0 ? [] : sendsOf(history.slice(gone))).toEqual([])
  })

  always("nobody new is asked once it is known that it has arrived", (history) => {
    const late = history.findIndex((line) => notesIn(line).some(({ _tag }) => _tag === "LateArrival"))
    const generation = history[late]?.state.generation
    for (const send of late < 0 ? [] : sendsOf(history.slice(late))) expect(send.generation).toBe(generation)
  })

  always("a late arrival is told once for each attempt", (history) => {
    const told = history.flatMap((line) => notesIn(line).flatMap((note) => note._tag === "LateArrival" ? [note.generation] : []))
    expect(new Set(told).size).toBe(told.length)
  })
})

describe("the random histories", () => {
  it("reach every outcome and every turn", () => {
    const seen = new Set<string>()
    FastCheck.assert(
      FastCheck.property(scenario, ({ choices, route, ...settings }) => {
        const [first, ...others] = route
        if (first === undefined) return
        for (const line of run(begin([first, ...others], settings), choices)) {
          const end = concluding(line)
          if (end !== undefined) seen.add(`${end.outcome._tag}${end.kept ? ", kept" : ""}`)
          for (const note of notesIn(line)) seen.add(note._tag)
        }
      }),
      { numRuns: 2000, seed: 1 }
    )
    for (
      const wanted of [
        "Accepted",
        "Rejected",
        "Partial",
        "Unknown",
        "Unknown, kept",
        "Skipped",
        "Tried",
        "Retrying",
        "FailedOver",
        "Reconciled",
        "AbsenceTaken",
        "RiskTaken",
        "Held",
        "Settled",
        "Abandoned",
        "LateArrival"
      ]
    ) expect(seen).toContain(wanted)
  })
})
