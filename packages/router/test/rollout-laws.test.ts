/** The laws of a rollout: who is in, who moves with a step forward, and who moves back. */
import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { guardrails } from "../src/policy/completePolicy.ts"
import * as Rollout from "../src/policy/Rollout.ts"

const from = CarrierId.make("sendblue")
const to = CarrierId.make("linq")

type Step = Rollout.Complete["steps"][number]

const step = (share: number, moves: Step["moves"] = "new and existing", waits = 0): Step => ({ share, moves, waits })

const rolloutOf = (first: Step, ...others: ReadonlyArray<Step>): Rollout.Complete => ({ from, to, steps: [first, ...others], guardrails })

const arbitraryRollout = FastCheck.uniqueArray(FastCheck.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 }).chain((shares) =>
  FastCheck.array(FastCheck.boolean(), { minLength: shares.length, maxLength: shares.length }).map((existing) => {
    const [first = step(1), ...others] = shares.toSorted((left, right) => left - right).map((share, index) =>
      step(share / 100, existing[index] === true ? "new and existing" : "new")
    )
    return rolloutOf(first, ...others)
  })
)

const arbitraryRequests = FastCheck.array(
  FastCheck.record({
    action: FastCheck.constantFrom<Array<Rollout.Action>>("start", "advance", "advance", "pause", "resume", "back"),
    anyway: FastCheck.constant(true)
  }),
  { minLength: 1, maxLength: 12 }
)

const positions = Array.from({ length: 200 }, (_, index) => index / 200)

/** The conversations as a rollout leaves them after each of them got a message. */
type Homes = ReadonlyMap<number, Rollout.Home>

const everybody = (home: Rollout.Home): Homes => new Map(positions.map((position) => [position, home]))

const send = (state: Rollout.State | undefined, homes: Homes): Homes =>
  new Map(
    Array.from(homes, ([position, home]) => {
      const place = Rollout.place(state, { position, home, isGroup: false })
      return [position, place === "stays" ? home : place]
    })
  )

const at = (homes: Homes, home: Rollout.Home): ReadonlyArray<number> => positions.filter((position) => homes.get(position) === home)

/** The states of a rollout under requests of which some are refused. */
const statesOf = (rollout: Rollout.Complete, requests: ReadonlyArray<Rollout.Request>): ReadonlyArray<Rollout.State | undefined> =>
  requests.reduce<ReadonlyArray<Rollout.State | undefined>>((states, request) => {
    const before = states.at(-1)
    return [...states, Either.getOrElse(Rollout.change(rollout, before, request, 0), () => before)]
  }, [undefined])

const play = (rollout: Rollout.Complete, ...requests: ReadonlyArray<Rollout.Request>): Rollout.State => {
  const state = requests.reduce<Rollout.State | undefined>(
    (before, request) => Either.getOrThrowWith(Rollout.change(rollout, before, request, 0), (why) => new Error(why)),
    undefined
  )
  if (state === undefined) throw new Error("nothing was done")
  return state
}

describe("a rollout", () => {
  it("puts everybody at the old carrier before it starts, and moves nobody", () => {
    deepStrictEqual(at(send(undefined, everybody("none")), "from"), positions)
    deepStrictEqual(at(send(undefined, everybody("to")), "to"), positions)
  })

  it("leaves a conversation where it is after a message, in every state", () => {
    FastCheck.assert(
      FastCheck.property(
        arbitraryRollout,
        arbitraryRequests,
        FastCheck.constantFrom<Array<Rollout.Home>>("none", "from", "to"),
        (rollout, requests, home) => {
          for (const state of statesOf(rollout, requests)) {
            const once = send(state, everybody(home))
            deepStrictEqual(send(state, once), once)
          }
        }
      )
    )
  })

  it("keeps those who are in when its share grows, and moves exactly the new ones", () => {
    FastCheck.assert(
      FastCheck.property(arbitraryRollout, FastCheck.constantFrom<Array<Rollout.Home>>("none", "from"), (rollout, home) => {
        let before = at(send(play(rollout, { action: "start" }), everybody(home)), "to")
        for (let steps = 1; steps < rollout.steps.length; steps++) {
          const state = play(rollout, { action: "start" }, ...Array.from({ length: steps }, () => ({ action: "advance" as const })))
          const after = at(send(state, everybody(home)), "to")
          deepStrictEqual(before.filter((position) => !after.includes(position)), [])
          const share = home === "none" ? state.share : state.existing
          deepStrictEqual(after, positions.filter((position) => position < share))
          before = after
        }
      })
    )
  })

  it("moves back only those whom it could have moved, and none of those who are still in", () => {
    FastCheck.assert(
      FastCheck.property(arbitraryRollout, arbitraryRequests, (rollout, requests) => {
        for (const state of statesOf(rollout, requests)) {
          const back = at(send(state, everybody("to")), "from")
          deepStrictEqual(back.filter((position) => position < (state?.share ?? 0) || position >= (state?.reached ?? 0)), [])
        }
      })
    )
  })

  it("is why a message goes by a carrier only if it moves the conversation, or the conversation is at the new one since the start", () => {
    const isMoved = (state: Rollout.State | undefined, home: Rollout.Home, position: number, assigned?: "from" | "to") =>
      Rollout.isMoved(state, { position, home, isGroup: false, assigned })
    FastCheck.assert(
      FastCheck.property(arbitraryRollout, arbitraryRequests, (rollout, requests) => {
        for (const state of statesOf(rollout, requests)) {
          for (const position of [0, 0.3, 0.7, 0.99]) {
            const goesTo = (home: Rollout.Home) => Rollout.place(state, { position, home, isGroup: false })
            deepStrictEqual(
              (["none", "from", "to", "elsewhere"] as const).map((home) => isMoved(state, home, position)),
              [goesTo("none") === "to", goesTo("from") === "to", state !== undefined, false]
            )
          }
        }
      })
    )
    const byName = (["none", "from", "to", "elsewhere"] as const).map((home) => [
      isMoved(undefined, home, 0, "from"),
      isMoved(undefined, home, 0, "to")
    ])
    deepStrictEqual(byName, [[false, true], [false, true], [true, true], [true, true]])
  })

  it("brings everybody back who was at the old carrier before", () => {
    FastCheck.assert(
      FastCheck.property(arbitraryRollout, arbitraryRequests, (rollout, requests) => {
        const states = statesOf(rollout, requests)
        const moved = states.reduce((homes, state) => send(state, homes), everybody("from"))
        const last = states.at(-1)
        const backed = last === undefined || last.phase === "back"
          ? last
          : Either.getOrThrow(Rollout.change(rollout, last, { action: "back", step: 0 }, 0))
        deepStrictEqual(at(send(backed, moved), "from"), positions)
      })
    )
  })

  it("moves nobody while it is paused, and begins new conversations at the old carrier", () => {
    FastCheck.assert(
      FastCheck.property(arbitraryRollout, arbitraryRequests, (rollout, requests) => {
        for (const state of statesOf(rollout, requests)) {
          if (state?.phase !== "paused") continue
          for (const home of ["from", "to", "elsewhere"] as const) deepStrictEqual(send(state, everybody(home)), everybody(home))
          deepStrictEqual(at(send(state, everybody("none")), "from"), positions)
        }
      })
    )
  })

  it("moves only new conversations in a step that says so, also on the way back", () => {
    const rollout = rolloutOf(step(0.1, "new"), step(0.5, "new"))
    const state = play(rollout, { action: "start" }, { action: "advance" })
    deepStrictEqual(at(send(state, everybody("from")), "to"), [])
    strictEqual(at(send(state, everybody("none")), "to").length, 100)
    deepStrictEqual(at(send(play(rollout, { action: "start" }, { action: "back" }), everybody("to")), "from"), [])
  })

  it("never moves a group that exists, or a conversation of a third carrier", () => {
    const state = play(rolloutOf(step(1)), { action: "start" })
    const subject = { position: 0.5, home: "from", isGroup: false } as const
    strictEqual(Rollout.place(state, subject), "to")
    strictEqual(Rollout.place(state, { ...subject, isGroup: true }), "stays")
    strictEqual(Rollout.place(state, { ...subject, home: "none", isGroup: true }), "to")
    strictEqual(Rollout.place(state, { ...subject, home: "elsewhere" }), "stays")
  })

  it("follows an operator's assignment in every state, but for a group that exists", () => {
    const rollout = rolloutOf(step(0.5))
    const states = [undefined, play(rollout, { action: "start" }), play(rollout, { action: "start" }, { action: "pause" })]
    for (const state of states) {
      for (const assigned of ["from", "to"] as const) {
        const subject = { position: 0.2, isGroup: false, assigned }
        strictEqual(Rollout.place(state, { ...subject, home: "none" }), assigned)
        strictEqual(Rollout.place(state, { ...subject, home: assigned }), "stays")
        strictEqual(Rollout.place(state, { ...subject, home: assigned === "to" ? "from" : "to" }), assigned)
        strictEqual(Rollout.place(state, { ...subject, home: "elsewhere" }), assigned)
      }
    }
    strictEqual(Rollout.place(undefined, { position: 0.2, isGroup: true, home: "from", assigned: "to" }), "stays")
  })

  it("says why a change is not possible", () => {
    const rollout = rolloutOf(step(0.1, "new", 60_000), step(1))
    const refusal = (state: Rollout.State | undefined, request: Rollout.Request, at = 0) =>
      Either.getOrElse(Either.flip(Rollout.change(rollout, state, request, at)), () => "")
    const running = play(rollout, { action: "start" })
    expect(refusal(undefined, { action: "advance" })).toBe("the rollout was not started")
    expect(refusal(running, { action: "start" })).toBe("the rollout is running already")
    expect(refusal(running, { action: "advance" }, 1_000)).toBe("step 1 lasts for 59 more seconds; wait, or say anyway")
    expect(refusal(running, { action: "advance", anyway: true }, 1_000)).toBe("")
    expect(refusal(running, { action: "advance" }, 60_000)).toBe("")
    expect(refusal(running, { action: "resume" })).toBe("the rollout is not paused")
    expect(refusal(running, { action: "back", step: 1 })).toBe("a rollout goes back to an earlier step; the step before is 0")
    const paused = play(rollout, { action: "start" }, { action: "pause" })
    expect(refusal(paused, { action: "pause" })).toBe("the rollout is paused already")
    expect(refusal(paused, { action: "advance" })).toBe("the rollout is paused; resume it first")
    const back = play(rollout, { action: "start" }, { action: "back" })
    expect(refusal(back, { action: "advance" })).toBe("the rollout went back to its beginning; start it again")
    const last = play(rollout, { action: "start" }, { action: "advance", anyway: true })
    expect(refusal(last, { action: "advance" })).toBe("this is the last step")
  })

  it("goes on by shares when the steps of the policy were changed meanwhile", () => {
    const state = play(rolloutOf(step(0.1), step(0.5)), { action: "start" }, { action: "advance" })
    const changed = rolloutOf(step(0.05), step(0.2), step(0.4), step(0.9))
    deepStrictEqual(Either.getOrThrow(Rollout.change(changed, state, { action: "advance" }, 7)), {
      phase: "running",
      step: 4,
      share: 0.9,
      existing: 0.9,
      reached: 0.9,
      since: 7
    })
    strictEqual(Either.getOrThrow(Rollout.change(changed, state, { action: "back" }, 7)).share, 0.4)
  })
})
