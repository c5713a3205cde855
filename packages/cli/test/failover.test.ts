import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Cases from "../src/demo/cases.ts"
import * as Failover from "../src/demo/failover.ts"
import * as FailoverReport from "../src/demo/failoverReport.ts"
import * as Report from "../src/demo/report.ts"
import * as World from "../src/demo/world.ts"

const healthy: Failover.Entry = {
  case: "healthy",
  first: "linq",
  outcome: "accepted",
  route: [{ carrier: "linq", line: "support", outcome: "accepted", why: "the carrier took it" }],
  phone: 1
}

const refused: Failover.Entry = {
  ...healthy,
  case: "refused",
  route: [
    { carrier: "linq", line: "support", outcome: "rejected", why: "connection refused" },
    { carrier: "sendblue", line: "support", outcome: "accepted", why: "the carrier took it" }
  ]
}

const held: Failover.Entry = {
  ...healthy,
  case: "down-unknown",
  outcome: "held",
  route: [{ carrier: "linq", line: "support", outcome: "unknown", why: "it is not known whether the carrier took it" }],
  phone: 0
}

const names = [
  "healthy",
  "refused",
  "503-before",
  "ack-lost",
  "hang",
  "rate-limited",
  "line-flagged",
  "opted-out",
  "down-unknown",
  "503-before-absence-proof"
] as const

const isHeld = (name: Cases.CaseName, first: Failover.Entry["first"]): boolean =>
  name === "down-unknown" || (name === "503-before" && first === "sendblue")

describe("what part two promises", () => {
  it("is told of these cases, in this order", () => {
    expect(Cases.all.map(([name]) => name)).toEqual(names)
  })

  for (const name of names) {
    it.each(["linq", "sendblue"] as const)(`${name}, %s first`, (first) => {
      const outcomes = ["accepted", "not-sent", "held", "partial", "invalid"] as const
      const promised = outcomes.flatMap((outcome) =>
        [0, 1, 2, 3].filter((phone) => Failover.isExpected({ ...healthy, case: name, first, outcome, phone })).map((phone) =>
          `${outcome} ${phone}`
        )
      )
      expect(promised).toEqual(
        name === "opted-out" ? ["not-sent 0"] : isHeld(name, first) ? ["held 0", "held 1"] : ["accepted 1"]
      )
    })
  }

  it("is kept at the phones, and the sandbox is left as it was", { timeout: 120_000 }, () =>
    Effect.gen(function*() {
      const { control, network } = yield* Sandbox.make()
      const entries = yield* Failover.run(yield* World.make(control))
      expect(FailoverReport.surprises(entries)).toEqual([])
      expect(entries.map((entry) => `${entry.case} ${entry.first}`)).toEqual(names.flatMap((name) => [`${name} linq`, `${name} sendblue`]))
      expect(yield* network.faults).toEqual([])
      expect((yield* network.lines).filter(({ flagged }) => flagged)).toEqual([])
      expect((yield* network.people).filter(({ optedOut }) => optedOut)).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer), Effect.runPromise))
})

describe("the page of part two", () => {
  it("shows the route, what is certain, and the phone", () => {
    expect(FailoverReport.forPeople([refused]).split("\n")).toEqual(expect.arrayContaining([
      "  refused                   the first refuses connections",
      "    linq first      accepted  1 copy    sendblue took it, linq certainly did not",
      "      linq          rejected  connection refused",
      "      sendblue      accepted  the carrier took it"
    ]))
  })

  it("says of a held text that it is held, how many copies there may be, and who ends it", () => {
    const page = FailoverReport.forPeople([held])
    expect(page).toContain("it may have gone out by linq, so nobody else was asked")
    expect(page).toContain("held by the default policy: 0 or 1 copy, never 2; Router.held lists it, Router.settle ends it")
    expect(FailoverReport.forPeople([refused])).not.toContain("held by the default policy")
  })

  it("does not call certain what the policy takes for proof", () => {
    const route = refused.route.map((hop) => ({ ...hop, carrier: hop.carrier === "linq" ? "sendblue" : "linq" }))
    const page = FailoverReport.forPeople([{ ...refused, case: "503-before-absence-proof", first: "sendblue", route }])
    expect(page).toContain("linq took it; the policy says that sendblue did not")
    expect(page).not.toContain("certainly")
  })

  it("shows what a case adds to the policy, and for which order", () => {
    const both = FailoverReport.forPeople([{ ...healthy, case: "503-before" }, { ...held, case: "503-before", first: "sendblue" }])
    expect(both).toMatch(/policy, sendblue first +\{"reconcile"/)
    expect(both).not.toContain("policy, linq first")
    expect(FailoverReport.forPeople([{ ...healthy, case: "hang" }, { ...healthy, case: "hang", first: "sendblue" }])).toMatch(
      /policy +\{"deadlines"/
    )
  })

  it("says of a flagged line that the demo told the router of it", () => {
    const page = FailoverReport.forPeople([{ ...healthy, case: "line-flagged", first: "sendblue" }]).replaceAll(/\s+/g, " ")
    expect(page).toContain("note Sendblue first: one copy only because the demo itself tells Router.observe of the line")
    expect(FailoverReport.forPeople([healthy])).not.toContain("note")
  })

  it("keeps to 100 columns", () => {
    const why = "the carrier did not take it: ".repeat(10)
    const lines = FailoverReport.forPeople([{ ...refused, route: refused.route.map((hop) => ({ ...hop, why })) }, { ...held, phone: 2 }])
      .split("\n")
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    expect(lines.join(" ").replaceAll(/ +/g, " ").split("did not take it").length - 1).toBe(20)
  })

  it("sums up what was promised and what the phones show", () => {
    const page = FailoverReport.forPeople([healthy, refused, { ...held, phone: 1 }])
    expect(page).toContain("2 sends with a certain end: 2 copies promised, 2 on the phones.")
    expect(page).toContain("1 held sends: 0 or 1 copy each, 1 on the phones.")
    expect(page).toContain("Texts that somebody got twice: 0. All as promised.")
  })

  it("points at what is not as promised", () => {
    const entries: ReadonlyArray<Failover.Entry> = [healthy, { ...refused, phone: 2 }, { ...held, outcome: "accepted", phone: 1 }, {
      ...refused,
      first: "sendblue",
      phone: 0
    }]
    expect(FailoverReport.surprises(entries)).toEqual([
      "refused, linq first: accepted with 2 copies on the phone; promised is accepted with 1 copy",
      "down-unknown, linq first: accepted with 1 copy on the phone; promised is held with 0 or 1 copies",
      "refused, sendblue first: accepted with 0 copies on the phone; promised is accepted with 1 copy"
    ])
    expect(FailoverReport.forPeople(entries)).toContain("Texts that somebody got twice: 1. Not as promised: 3.")
    expect(FailoverReport.surprises([healthy, refused, held])).toEqual([])
  })

  it("is one JSON document with the runs of part one", () => {
    expect(JSON.parse(Report.asJson([], [refused]))).toEqual({ runs: [], failover: [refused] })
  })
})
