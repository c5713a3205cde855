/** What the simulation found, each as the shortest history that shows it. */
import { describe, expect, it } from "vitest"
import type { State } from "../src/decision/Decision.ts"
import * as Simulation from "../src/simulation/Simulation.ts"
import * as DecideSpecimens from "./decide-specimens.ts"

const {
  abandoned,
  absent,
  action,
  admitted,
  begin,
  found,
  linq,
  looked,
  observed,
  play,
  result,
  sendblue,
  started,
  unknown,
  unproven,
  woke
} = DecideSpecimens

describe("a fact that another process put on record while this one is gone or looks", () => {
  const put = (state: State): State => ({ ...state, proofs: [...state.proofs, { step: 0, receipt: DecideSpecimens.receipt(1, 0) }] })
  const resting = play(begin([sendblue, linq]), started, admitted(0), unknown(10))
  const looking = play(resting.state, woke(510))

  it("settles a delivery that is taken over between two looks", () => {
    expect(result(play(put(resting.state), abandoned(60_000)))).toBe("Accepted")
  })

  it("settles a delivery that is taken over during a look", () => {
    expect(result(play(put(looking.state), abandoned(60_000), looked(60_000, unproven)))).toBe("Accepted")
  })

  it("outranks an absence that the policy would take for proof", () => {
    const proving = play(begin([{ ...sendblue, absenceProof: 100 }, linq]), started, admitted(0), unknown(10), woke(510))
    const late = play(put(proving.state), looked(520, absent))
    expect(result(late)).toBe("Accepted")
    expect(late.notes.map(({ _tag }) => _tag)).not.toContain("AbsenceTaken")
  })

  it("changes nothing where the look itself finds it", () => {
    expect(result(play(put(looking.state), looked(520, found())))).toBe("Accepted")
  })
})

describe("a first part that arrives late while another attempt is in doubt", () => {
  // the other attempt may have brought every part: "the rest was not sent" would be a guess
  const history = play(
    begin([sendblue, linq], { onUnknown: "send-anyway", lookFor: 500, lookEvery: 500 }),
    started,
    admitted(0),
    unknown(10, 0, 1, 2),
    woke(510),
    looked(520, unproven),
    admitted(520),
    unknown(530, 520, 2, 1)
  )

  it("was left at a risk", () => {
    expect(history.notes.map(({ _tag }) => _tag)).toContain("RiskTaken")
    expect(history.state.phase._tag).toBe("Resting")
  })

  it("leaves the rest unknown", () => {
    const late = play(history.state, observed(600, 1, 0))
    expect(action(late)?._tag).toBe("Conclude")
    expect(result(late)).toBe("Partial")
    expect(late.state.result?.outcome).toMatchObject({ _tag: "Partial", rest: { _tag: "Unknown", evidence: { startedAt: 520 } } })
  })
})

describe("a process that was frozen while another one had its delivery, and that one is gone too", () => {
  it("ends the delivery itself instead of telling its caller to wait for nobody", () => {
    expect(Simulation.run({ seed: 29_238 }).violations).toEqual([])
  })
})
