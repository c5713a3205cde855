import { describe, expect, it } from "@effect/vitest"
import * as Loss from "@interline/core/Loss"
import * as Report from "../src/demo/report.ts"
import type { Scenario } from "../src/demo/scenarios.ts"
import type { PhoneMessage } from "../src/demo/world.ts"

const message = (service: string, parts: PhoneMessage["parts"] = [{ type: "text", value: "Hi" }]): PhoneMessage => ({
  id: "1",
  text: "Hi",
  media: [],
  link: null,
  parts,
  effect: null,
  decorations: [],
  replyTo: null,
  reactions: [],
  group: null,
  service,
  editedText: null
})

const page = (scenario: Partial<Scenario>): string =>
  Report.forPeople([{
    carrier: "linq",
    scenarios: [{
      name: "text",
      asked: "a text",
      outcome: "accepted",
      detail: null,
      losses: [],
      status: null,
      statuses: [],
      sent: [],
      reads: 0,
      phone: [],
      ...scenario
    }]
  }])

const conditional = (condition: "not-iMessage" | "SMS") => [Loss.conditional("effect-dropped", condition, "only iMessage shows it")]

describe("the demo's page", () => {
  it.each(
    [
      ["not-iMessage", "SMS", "~", "happened: it went by SMS"],
      ["not-iMessage", "RCS", "~", "happened: it went by RCS"],
      ["SMS", "SMS", "~", "happened: it went by SMS"],
      ["SMS", "RCS", "+", "if it goes by SMS"],
      ["not-iMessage", "iMessage", "+", "if it goes by anything but iMessage"]
    ] as const
  )("of a loss if %s, delivered by %s, says %s and %s", (condition, service, mark, words) => {
    const text = page({ losses: conditional(condition), phone: [message(service)] })
    expect(text).toContain(`  ${mark} text `)
    expect(text).toContain(words)
  })

  it("shows the parts of a message in their order", () => {
    const parts = [{ type: "text", value: "Menu:" }, { type: "media", value: "https://x.com/a.jpg" }, { type: "text", value: "Yes?" }]
    expect(page({ phone: [message("iMessage", parts)] })).toContain("\"Menu:\" [media https://x.com/a.jpg] \"Yes?\"")
  })

  it("shortens a long request after a whole sign", () => {
    const request = { method: "POST", path: "/", status: 200, body: `${"x".repeat(159)}😀 and more` }
    expect(page({ sent: [request] })).toContain(`POST / ${"x".repeat(159)}…`)
  })

  it.each([[0, "nothing"], [1, "1 read"], [2, "2 reads"]] as const)("of %s reads and no send says %s", (reads, words) => {
    expect(page({ reads })).toMatch(new RegExp(`sent +${words}\n`))
  })
})
