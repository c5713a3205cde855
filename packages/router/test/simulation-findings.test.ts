/** What the simulation found, each as the shortest history that shows it. */
import { describe, expect, it } from "vitest"
import * as Specimens from "./decide-specimens.ts"

const { action, admitted, begin, linq, looked, observed, play, result, sendblue, started, unknown, unproven, woke } = Specimens

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
