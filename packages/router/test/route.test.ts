import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Part from "@interline/core/Part"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { decide, initial } from "../src/decision/Decide.ts"
import type { Binding, Contact } from "../src/ledger/Ledger.ts"
import * as Affinity from "../src/policy/Affinity.ts"
import * as Policy from "../src/policy/Policy.ts"
import * as Route from "../src/policy/Route.ts"

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
const support = Line.name("support")
const sales = Line.name("sales")
const number = Handle.phone("+12025550101")
const ada = Handle.make("+12025550123")
const bob = Handle.make("+442071838750")
const day = 86_400_000
const at = 1_700_000_000_000

const find = () => Effect.succeed({ _tag: "Absent" as const })
const replays = { send: { way: "replay" as const, replayFor: Duration.minutes(10), find } }
const lists = { send: { way: "list" as const, replayFor: Duration.zero, find } }

const carriers: Route.Known["carriers"] = new Map([
  [linq, { lines: new Map([[support, number], [sales, number]]), reconciliation: replays }],
  [sendblue, { lines: new Map([[support, number]]), reconciliation: lists }]
])

const configured = Array.from(carriers, ([id, { lines }]) => ({ id, lines }))

const to = Conversation.direct(support, ada)
const group: Conversation.Group = {
  _tag: "Group",
  line: support,
  id: Conversation.ConversationId.make("7d9e8c2a-4b1f-4c3d-9e8f-0a1b2c3d4e5f"),
  members: [ada, bob]
}

const request = (fields: Partial<Route.Request> = {}): Route.Request => ({
  conversation: to,
  draft: Draft.text("hello"),
  fidelity: "adapt",
  ...fields
})

const known = (fields: Partial<Route.Known> = {}): Route.Known => ({
  plans: new Map(),
  carriers,
  binding: Option.none(),
  contacts: new Map(),
  at,
  jitter: 1,
  ...fields
})

const boundAt = (carrierId: CarrierId.CarrierId, fields: Partial<Binding> = {}) =>
  Option.some<Binding>({ carrierId, line: support, at: at - day, version: 1, ...fields })

const refusing = (
  carrierId: CarrierId.CarrierId,
  ...rules: readonly [Problem.Rule, ...ReadonlyArray<Problem.Rule>]
): Route.Known["plans"] => {
  const [first, ...rest] = rules
  return new Map([[carrierId, {
    _tag: "Refused",
    carrierId,
    problems: [Problem.make(first, [], "no"), ...rest.map((rule) => Problem.make(rule, [], "no"))]
  }]])
}

const policyOf = (fields: object = {}) => Policy.make({ prefer: ["linq", "sendblue"], ...fields }, configured)

const routed = (policy: Policy.Complete, what: Route.Request, given: Route.Known) =>
  Effect.suspend(() => {
    const route = Route.make(policy, what, given)
    return "problems" in route ? Effect.dieMessage(route.problems[0].message) : Effect.succeed(route)
  })

const go = (fields: object, what: Partial<Route.Request> = {}, given: Partial<Route.Known> = {}) =>
  Effect.flatMap(policyOf(fields), (policy) => routed(policy, request(what), known(given)))

const ids = ({ route }: Route.Route) => route.map(({ carrierId }) => carrierId)

describe("the order", () => {
  it.effect("is the policy's", () =>
    Effect.gen(function*() {
      const route = yield* go({ prefer: ["sendblue", "linq"], rules: [{ match: { lines: ["sales"] }, prefer: ["linq"] }] })
      expect(ids(route)).toEqual(["sendblue", "linq"])
      expect(route).toMatchObject({ bound: false, why: "the policy prefers sendblue, linq" })
    }))

  it.effect("leaves out who does not have the line, and says so where nobody has", () =>
    Effect.gen(function*() {
      const policy = yield* policyOf()
      expect(ids(yield* routed(policy, request({ conversation: Conversation.direct(sales, ada) }), known()))).toEqual(["linq"])
      expect(Route.make(policy, request({ conversation: Conversation.direct(Line.name("other"), ada) }), known())).toEqual({
        problems: [Problem.make("line", ["to", "line"], "there is no line \"other\"; lines are: support, sales")]
      })
      expect(Route.make(policy, request({ conversation: Conversation.direct(Line.name("suport"), ada) }), known())).toMatchObject({
        problems: [{ message: "there is no line \"suport\"; lines are: support, sales; did you mean \"support\"?" }]
      })
      expect(Route.make({ ...policy, prefer: [sendblue] }, request({ conversation: Conversation.direct(sales, ada) }), known()))
        .toMatchObject({
          problems: [{
            message:
              "the line \"sales\" has a number at linq, but this message may go by sendblue only; add the line there, or change the policy"
          }]
        })
    }))

  it.effect("carries how each carrier finds a lost answer", () =>
    Effect.gen(function*() {
      const { route } = yield* go({ carriers: { sendblue: { absenceProof: "20 seconds" } } })
      expect(route).toEqual([
        { carrierId: linq, line: support, reconcile: "replay", replayFor: 600_000 },
        { carrierId: sendblue, line: support, reconcile: "list", replayFor: 0, absenceProof: 20_000 }
      ])
      const bare = yield* go({}, {}, { carriers: new Map([[linq, { lines: new Map([[support, number]]) }]]) })
      expect(bare.route).toEqual([{ carrierId: linq, line: support, reconcile: "none", replayFor: 0 }])
    }))

  it.effect("comes with the policy's settings, a rule's first", () =>
    Effect.gen(function*() {
      const rules = [{ match: { kind: "group" }, prefer: ["linq"], onUnknown: "fail" }]
      const groups = { rules: [{ ...rules[0], match: { kind: "group", lines: ["support"] } }], onUnknown: "send-anyway" }
      const { settings } = yield* go(groups, {}, { jitter: 0.8 })
      expect(settings).toEqual({
        onUnknown: "send-anyway",
        deadline: at + 90_000,
        attempt: 30_000,
        retryTimes: 2,
        retryBase: 500,
        maxRetryAfter: 10_000,
        maxWait: 10_000,
        lookEvery: 500,
        lookFor: 30_000,
        movesWhenIncapable: true,
        jitter: 0.8
      })
      expect((yield* go(groups, { conversation: group })).settings.onUnknown).toBe("fail")
    }))
})

describe("rules", () => {
  const first = (match: object) => ({ rules: [{ match: { lines: ["support"], ...match }, prefer: ["sendblue"] }] })
  const decorated = Draft.make([Part.text("hello", [{ start: 0, end: 1, style: "bold" }])])
  const mail = Conversation.direct(support, Handle.make("ada@example.com"))

  it.effect.each(
    [
      [{}, {}, true],
      [{ lines: ["sales"] }, {}, false],
      [{ kind: "direct" }, {}, true],
      [{ kind: "group" }, {}, false],
      [{ kind: "group" }, { conversation: group }, true],
      [{ countryCodes: ["+1"] }, {}, true],
      [{ countryCodes: ["+44", "+1202"] }, {}, true],
      [{ countryCodes: ["+44"] }, {}, false],
      [{ countryCodes: ["+1"] }, { conversation: mail }, false],
      [{ countryCodes: ["+1"] }, { conversation: group }, false],
      [{ countryCodes: ["+1", "+44"] }, { conversation: group }, true],
      [{ countryCodes: ["+1"] }, { conversation: { ...group, members: [] } }, false],
      [{ features: ["text"] }, {}, true],
      [{ features: ["media", "link", "effect", "reply", "attachment", "decorations", "multipart", "preferredService"] }, {}, false],
      [{ features: ["media"] }, { draft: Draft.media("https://example.com/a") }, true],
      [{ features: ["text"] }, { draft: Draft.media("https://example.com/a") }, false],
      [{ features: ["attachment"] }, { draft: Draft.make([Part.attachment({ carrierId: linq, id: "a" as never })]) }, true],
      [{ features: ["media"] }, { draft: Draft.make([Part.attachment({ carrierId: linq, id: "a" as never })]) }, false],
      [{ features: ["link"] }, { draft: Draft.link("https://example.com") }, true],
      [{ features: ["effect"] }, { draft: Draft.text("a", { effect: "slam" }) }, true],
      [{ features: ["reply"] }, { draft: Draft.text("a", { replyTo: { to: { carrierId: linq, id: "a" as never } } }) }, true],
      [{ features: ["decorations"] }, { draft: decorated }, true],
      [{ features: ["multipart"] }, { draft: Draft.make([Part.text("a"), Part.text("b")]) }, true],
      [{ features: ["preferredService"] }, { draft: Draft.text("a", { preferredService: "SMS" }) }, true],
      [{ features: ["link", "text"] }, {}, true],
      [{ kind: "direct", countryCodes: ["+44"] }, {}, false]
    ] as const
  )("%j matches %j: %s", ([match, what, matched]) =>
    Effect.gen(function*() {
      const conditions = "lines" in match ? { rules: [{ match, prefer: ["linq"] }], prefer: ["linq"] } : first(match)
      const route = yield* go(conditions, what)
      expect(route.why.includes("rule 0")).toBe(matched)
      if (!("lines" in match)) expect(ids(route)).toEqual(matched ? ["sendblue"] : ["linq", "sendblue"])
    }))

  it.effect("the first that matches counts", () =>
    Effect.gen(function*() {
      const rules = [
        { match: { countryCodes: ["+44"] }, prefer: ["linq"] },
        { match: { kind: "direct", lines: ["support"] }, prefer: ["sendblue"] },
        { match: { lines: ["support"] }, prefer: ["linq", "sendblue"] }
      ]
      const route = yield* go({ rules })
      expect(ids(route)).toEqual(["sendblue"])
      expect(route.why).toBe("rule 1 of the policy prefers sendblue")
    }))

  it.effect.each(
    [
      ["adapt", undefined, undefined, undefined, "adapt"],
      ["exact", undefined, undefined, undefined, "exact"],
      ["adapt", "exact", undefined, undefined, "exact"],
      ["exact", undefined, "adapt", undefined, "exact"],
      ["adapt", "exact", undefined, "adapt", "adapt"],
      ["adapt", undefined, undefined, "exact", "exact"]
    ] as const
  )("fidelity %s, a rule's %s (or %s), a draft's %s: %s", ([asked, exact, loose, own, expected]) =>
    Effect.gen(function*() {
      const fidelity = exact ?? loose
      const policy = yield* policyOf({
        rules: [{ match: { kind: "direct" }, prefer: ["linq"], ...(fidelity === undefined ? {} : { fidelity }) }]
      })
      const what = request({ fidelity: asked, draft: Draft.text("hello", own === undefined ? {} : { fidelity: own }) })
      expect(Route.fidelityOf(policy, what)).toBe(expected)
      expect((yield* routed(policy, what, known())).fidelity).toBe(expected)
    }))
})

describe("a share of the conversations", () => {
  const person = (digits: number) => Conversation.direct(support, Handle.make(`+1202${digits}`))
  const digits = FastCheck.integer({ min: 2_000_000, max: 9_999_999 })

  it("keeps the same ones in as it grows, whatever is sent and wherever it is computed", () => {
    FastCheck.assert(
      FastCheck.property(
        digits,
        FastCheck.double({ min: 0, max: 1, noNaN: true }),
        FastCheck.double({ min: 0, max: 1, noNaN: true }),
        (who, one, other) => {
          const [small, large] = [Math.min(one, other), Math.max(one, other)]
          const inside = (share: number) => {
            const policy: Policy.Complete = { ...Policy.defaults, prefer: [linq], rules: [{ match: { share }, prefer: [sendblue] }] }
            return Route.ruleOf(policy, { conversation: person(who), draft: Draft.text(String(share)) }) !== undefined
          }
          return !inside(small) || inside(large)
        }
      )
    )
    expect(Route.positionOf(person(5550123))).toBe(Route.positionOf(person(5550123)))
  })

  it("is about that part of people whose numbers follow each other", () => {
    for (const start of [2_000_000, 5_550_000, 9_000_000]) {
      for (const share of [0.1, 0.5, 0.9]) {
        const inside = Array.from({ length: 1000 }, (_, index) => Route.positionOf(person(start + index))).filter((position) =>
          position < share
        )
        expect(Math.abs(inside.length / 1000 - share)).toBeLessThan(0.05)
      }
    }
  })

  it.effect("that grows takes in those who are nowhere yet; a conversation that is at a carrier stays there", () =>
    Effect.gen(function*() {
      const moving = (share: number) => ({ prefer: ["sendblue", "linq"], rules: [{ match: { share }, prefer: ["linq", "sendblue"] }] })
      const position = Route.positionOf(to)
      const [before, after] = [position / 2, (1 + position) / 2]
      expect(ids(yield* go(moving(before)))).toEqual(["sendblue", "linq"])
      expect(ids(yield* go(moving(after)))).toEqual(["linq", "sendblue"])
      for (const share of [before, after, 1]) {
        expect(ids(yield* go(moving(share), {}, { binding: boundAt(sendblue) }))).toEqual(["sendblue", "linq"])
      }
      // a share that shrinks brings nobody back
      expect(ids(yield* go(moving(before), {}, { binding: boundAt(linq) }))).toEqual(["linq", "sendblue"])
      // it moves by silence, by its own mode, or when the policy names its carrier no more
      expect(ids(yield* go(moving(after), {}, { binding: boundAt(sendblue, { at: at - 30 * day }) }))).toEqual(["linq", "sendblue"])
      expect(ids(yield* go({ ...moving(after), affinity: { mode: "free" } }, {}, { binding: boundAt(sendblue) }))).toEqual([
        "linq",
        "sendblue"
      ])
      expect(ids(yield* go({ prefer: ["linq"] }, {}, { binding: boundAt(sendblue) }))).toEqual(["linq"])
    }))

  it.effect("of 1 is everybody", () =>
    Effect.gen(function*() {
      const route = yield* go({ rules: [{ match: { share: 1, lines: ["support"] }, prefer: ["sendblue"] }] })
      expect(ids(route)).toEqual(["sendblue"])
    }))
})

describe("affinity", () => {
  it.effect.each(
    [
      ["sticky", sendblue, ["sendblue", "linq"], true],
      ["pinned", sendblue, ["sendblue"], true],
      ["free", sendblue, ["linq", "sendblue"], false]
    ] as const
  )("%s, bound", ([mode, carrierId, expected, bound]) =>
    Effect.gen(function*() {
      const route = yield* go({ affinity: { mode } }, {}, { binding: boundAt(carrierId) })
      expect(ids(route)).toEqual(expected)
      expect(route.bound).toBe(bound)
      expect(route.settings.movesWhenIncapable).toBe(mode === "free")
      if (bound) expect(route.why).toBe(`the conversation is at sendblue (${mode}); the policy prefers linq, sendblue`)
    }))

  it.effect.each(["sticky", "pinned", "free"] as const)(
    "%s, not bound: it may fail over until the first acceptance",
    (mode) =>
      Effect.gen(function*() {
        const route = yield* go({ affinity: { mode } })
        expect(ids(route)).toEqual(["linq", "sendblue"])
        expect(route).toMatchObject({ bound: false, settings: { movesWhenIncapable: true } })
      })
  )

  it.effect("groups are pinned unless the policy says otherwise", () =>
    Effect.gen(function*() {
      const binding = boundAt(sendblue)
      expect(ids(yield* go({}, { conversation: group }, { binding }))).toEqual(["sendblue"])
      expect(ids(yield* go({ affinity: { groups: "sticky" } }, { conversation: group }, { binding }))).toEqual(["sendblue", "linq"])
      expect(ids(yield* go({ affinity: { mode: "pinned", groups: "free" } }, { conversation: group }, { binding }))).toEqual([
        "linq",
        "sendblue"
      ])
    }))

  it.effect("silence ends a binding at the very end of expiresAfter", () =>
    Effect.gen(function*() {
      const affinity = { mode: "pinned", expiresAfter: "1 day" }
      expect(ids(yield* go({ affinity }, {}, { binding: boundAt(sendblue, { at: at - day + 1 }) }))).toEqual(["sendblue"])
      const ended = yield* go({ affinity }, {}, { binding: boundAt(sendblue, { at: at - day }) })
      expect(ids(ended)).toEqual(["linq", "sendblue"])
      expect(ended).toMatchObject({
        bound: false,
        why: "it was at sendblue, and nobody wrote for too long; the policy prefers linq, sendblue"
      })
    }))

  it.effect.each(
    [
      ["a carrier that is gone", {}, boundAt(CarrierId.make("pigeon")), "it was at pigeon, which is configured no more"],
      ["a line that is gone", {}, boundAt(sendblue, { line: sales }), "it was at sendblue, which has no line \"sales\" any more"],
      ["a carrier that the policy left out", { prefer: ["linq"] }, boundAt(sendblue), "it was at sendblue, which the policy names no more"]
    ] as const
  )("a binding to %s is none", ([, fields, binding, why]) =>
    Effect.gen(function*() {
      const route = yield* go({ affinity: { mode: "pinned" }, ...fields }, {}, { binding })
      expect(route.bound).toBe(false)
      expect(route.why).toContain(why)
    }))

  it.effect("a bound carrier stays first although the rule prefers only another", () =>
    Effect.gen(function*() {
      const rules = [{ match: { kind: "direct" }, prefer: ["linq"] }]
      expect(ids(yield* go({ rules }, {}, { binding: boundAt(sendblue) }))).toEqual(["sendblue", "linq"])
    }))

  it.effect("what moves a sticky conversation does not move a pinned one", () =>
    Effect.gen(function*() {
      const affinity = { mode: "pinned", movesOn: ["failure", "incapable"] }
      const route = yield* go({ affinity }, {}, { binding: boundAt(sendblue), plans: refusing(sendblue, "text-length") })
      expect(ids(route)).toEqual(["sendblue"])
      expect(route.settings.movesWhenIncapable).toBe(false)
    }))

  it.effect("it stays on the line that it is bound to", () =>
    Effect.gen(function*() {
      const route = yield* go({}, { conversation: group }, { binding: boundAt(linq, { line: sales }) })
      expect(route.route).toMatchObject([{ carrierId: "linq", line: "sales" }])
    }))

  it.effect.each(
    [
      [undefined, [], ["sendblue", "linq"], false],
      [["failure"], ["sendblue"], ["sendblue", "linq"], false],
      [["failure", "incapable"], [], ["sendblue", "linq"], true],
      [["incapable"], [], ["sendblue"], true],
      [["incapable"], ["sendblue"], ["sendblue", "linq"], true],
      [[], ["sendblue"], ["sendblue"], false]
    ] as const
  )("sticky that moves on %j, with plans refused by %j", ([movesOn, refused, expected, incapable]) =>
    Effect.gen(function*() {
      const affinity = movesOn === undefined ? {} : { movesOn }
      const plans: Route.Known["plans"] = refused.length === 0 ? new Map() : refusing(sendblue, "text-length")
      const route = yield* go({ affinity }, {}, { binding: boundAt(sendblue), plans })
      expect(ids(route)).toEqual(expected)
      expect(route.settings.movesWhenIncapable).toBe(incapable)
    }))

  it.effect.each(["sticky", "pinned", "free"] as const)(
    "the table says what %s does with a carrier that fails or cannot",
    (mode) =>
      Effect.gen(function*() {
        const binding = boundAt(linq)
        const failing = yield* go({ affinity: { mode } }, {}, { binding })
        expect(failing.route.length > 1 ? "tries-next" : "stays").toBe(Affinity.rows.failure[mode].does)
        const incapable = yield* go({ affinity: { mode } }, {}, { binding, plans: refusing(linq, "text-length") })
        const { commands } = decide(initial("d" as never, incapable.route, incapable.settings), { _tag: "Started", at })
        const asked = commands.flatMap((command) => command._tag === "Admit" ? [command.candidate.carrierId] : [])
        expect(asked.length > 0 ? "tries-next" : "stays").toBe(Affinity.rows.incapable[mode].does)
        const silent = yield* go({ affinity: { mode } }, {}, { binding: boundAt(sendblue, { at: 0 }) })
        expect(ids(silent)).toEqual(["linq", "sendblue"])
      })
  )
})

describe("a rollout", () => {
  const eu = CarrierId.make("linq-eu")
  const three = new Map([...carriers, [eu, { lines: new Map([[support, number]]), reconciliation: replays }]])
  const rollout = { from: "sendblue", to: "linq", steps: [{ share: 1, moves: "new and existing" }], continuation: "It is us." } as const
  const started = { phase: "running", step: 1, share: 1, existing: 1, reached: 1, since: 0 } as const

  /** The carriers in order, and whether the second one is asked after a fault of our account. */
  const order = (fields: object, given: Partial<Route.Known>, what: Partial<Route.Request> = {}) =>
    Effect.gen(function*() {
      const policy = yield* Policy.make(
        { prefer: ["linq-eu", "linq", "sendblue"], rollout, ...fields },
        Array.from(three, ([id, { lines }]) => ({ id, lines }))
      )
      const route = yield* routed(
        policy,
        request(what),
        known({ carriers: three, rollout: { state: started, assigned: undefined }, ...given })
      )
      return [ids(route), route.settings.movesOnAccountFault === true]
    })

  it.effect("has the number that the person knows second, and goes on there after a fault of our account", () =>
    Effect.gen(function*() {
      const chosen = [["linq", "sendblue", "linq-eu"], true]
      expect(yield* order({}, {})).toEqual(chosen)
      expect(yield* order({}, { binding: boundAt(sendblue) })).toEqual(chosen)
      expect(yield* order({}, { binding: boundAt(linq) })).toEqual(chosen)
      // the person knows the number at another carrier, and an operator named this one
      expect(yield* order({}, { binding: boundAt(eu), rollout: { state: undefined, assigned: linq } })).toEqual([
        ["linq", "linq-eu", "sendblue"],
        true
      ])
      expect(yield* order({ affinity: { mode: "pinned" } }, { binding: boundAt(sendblue) })).toEqual([["linq", "sendblue"], true])
    }))

  it.effect("that did not choose the carrier, or has no other one, lets a fault of our account end the delivery", () =>
    Effect.gen(function*() {
      const notStarted = { rollout: { state: undefined, assigned: undefined } }
      expect(yield* order({}, notStarted)).toEqual([["sendblue", "linq-eu", "linq"], false])
      expect(yield* order({}, { ...notStarted, binding: boundAt(linq) })).toEqual([["linq", "sendblue", "linq-eu"], false])
      expect(yield* order({}, { binding: boundAt(eu) })).toEqual([["linq-eu", "linq", "sendblue"], false])
      expect(yield* order({ affinity: { mode: "pinned" } }, { binding: boundAt(linq) })).toEqual([["linq"], false])
      expect(yield* order({ affinity: { movesOn: [] } }, { binding: boundAt(linq) })).toEqual([["linq"], false])
      expect(yield* order({}, {}, { confirmsOptOut: true })).toEqual([["linq"], false])
    }))
})

describe("a carrier is barred", () => {
  it.effect("by its plan's refusal", () =>
    Effect.gen(function*() {
      const { route: [first, second] } = yield* go({}, {}, { plans: refusing(linq, "text-length") })
      expect(first.barred).toMatchObject({
        why: "linq send: the input is not acceptable: input: no",
        error: { reason: "InvalidInput", certainty: "not-sent", problems: [{ rule: "text-length" }] }
      })
      expect(second?.barred).toBeUndefined()
    }))

  it.effect("but not by one that only concerns a first message, which a lookup may show not to be one", () =>
    Effect.gen(function*() {
      expect((yield* go({}, {}, { plans: refusing(linq, "first-message", "first-message") })).route[0].barred).toBeUndefined()
      expect((yield* go({}, {}, { plans: refusing(linq, "first-message", "link-alone") })).route[0].barred).toBeDefined()
    }))

  it.effect.each(
    [
      ["nobody was in touch", new Map<CarrierId.CarrierId, Contact>(), true],
      ["we wrote and the person did not", new Map([[linq, { inboundAt: undefined, outboundAt: 5 }]]), true],
      ["the person wrote elsewhere", new Map([[sendblue, { inboundAt: 5, outboundAt: undefined }]]), true],
      ["the person wrote", new Map([[linq, { inboundAt: 5, outboundAt: undefined }]]), false]
    ] as const
  )("where it opens only known people and %s", ([, contacts, barred]) =>
    Effect.gen(function*() {
      const { route } = yield* go({ carriers: { linq: { opens: "known" } } }, {}, { contacts })
      if (barred) {
        expect(route[0].barred).toMatchObject({
          error: { reason: "RecipientNotAllowed", certainty: "not-sent", next: "reroute", carrierId: "linq" }
        })
        expect(route[0].barred?.why).not.toContain(ada)
      } else expect(route[0].barred).toBeUndefined()
      expect(route[1]?.barred).toBeUndefined()
    }))
})
