/**
 * What becomes of one message when its first carrier misbehaves, in both orders, through real HTTP. The judge is the phone: which vendors'
 * copies of the text are on it.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type * as Policy from "@interline/router/Policy"
import * as Fault from "@interline/sandbox/Fault"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { later } from "../support/clock.ts"
import {
  brief,
  type Ended,
  fault,
  hasty,
  impatient,
  losing,
  orders,
  other,
  quiet,
  refuse,
  type RouterSetup,
  type RouterWorld,
  routerWorld
} from "../support/router.ts"
import { ada, numbers, type Vendor } from "../support/sandbox.ts"

/** In a cell, `first` and `second` are the carriers in the policy's order. */
interface Cell {
  readonly outcome: Ended["outcome"]
  readonly reason?: string
  readonly route: ReadonlyArray<string>
  readonly phone: ReadonlyArray<"first" | "second">
  readonly held?: boolean
  readonly decisions: ReadonlyArray<string>
  /** After the first carrier is well again and the router has looked for what it holds. */
  readonly afterwards?: { readonly held: boolean; readonly phone: ReadonlyArray<"first" | "second"> }
}

interface Row {
  readonly name: string
  readonly policy?: (first: Vendor) => Partial<Policy.Input>
  readonly setup?: (first: Vendor) => Effect.Effect<RouterSetup>
  readonly faults?: (first: Vendor) => ReadonlyArray<Fault.FaultInput>
  readonly before?: (world: RouterWorld, first: Vendor) => Effect.Effect<unknown, unknown>
  readonly check?: (world: RouterWorld, first: Vendor, ended: Ended, millis: number) => Effect.Effect<void, unknown>
  readonly linq?: Cell
  readonly sendblue?: Cell
}

const both = (cell: Cell): Pick<Row, "linq" | "sendblue"> => ({ linq: cell, sendblue: cell })

const taken: Cell = {
  outcome: "accepted",
  route: ["first accepted"],
  phone: ["first"],
  decisions: ["Started", "Tried", "Concluded", "Bound"]
}

/** The answer was lost and the carrier has it. */
const recovered: Cell = {
  outcome: "accepted",
  route: ["first accepted"],
  phone: ["first"],
  decisions: ["Started", "Tried", "Reconciled found", "Concluded", "Bound"]
}

/** It certainly did not go out by the first. */
const moved: Cell = {
  outcome: "accepted",
  route: ["first rejected", "second accepted"],
  phone: ["second"],
  decisions: ["Started", "Tried", "FailedOver", "Tried", "Concluded", "Bound"]
}

const held = (reason: string, looks: ReadonlyArray<string>, phone: Cell["phone"], afterwards: NonNullable<Cell["afterwards"]>): Cell => ({
  outcome: "Held",
  reason,
  route: ["first unknown"],
  phone,
  held: true,
  decisions: ["Started", "Tried", ...looks, "Held", "Concluded"],
  afterwards
})

const returned = (outcome: Ended["outcome"], reason: string): Cell => ({
  outcome,
  reason,
  route: ["first rejected"],
  phone: [],
  decisions: ["Started", "Tried", "Concluded"]
})

/** The carrier's refusal is remembered for every carrier, which is a decision of its own. */
const optedOut: Cell = { ...returned("NotSent", "OptedOut"), decisions: ["Started", "Tried", "Suppressed", "Concluded"] }

/** A replay can deliver what did not arrive; a list that does not show it proves nothing. */
const lostBefore = (reason: string): Pick<Row, "linq" | "sendblue"> => ({
  linq: recovered,
  sendblue: held(reason, ["Reconciled absent"], [], { held: true, phone: [] })
})

/** Only where nothing can be found do the looks end early. */
const briefAtSendblue = (first: Vendor): Partial<Policy.Input> => first === "sendblue" ? brief : {}

const proving = { carriers: { sendblue: { absenceProof: 300 } }, reconcile: { every: 200, within: 5_000 } } as const satisfies Partial<
  Policy.Input
>

const unreachable = (first: Vendor): Fault.FaultInput => ({ vendor: first, kind: "reset-before", times: "forever" })

const retryingFor = (at: { readonly least: number; readonly most: number }): NonNullable<Row["check"]> => (world, _, { id }) =>
  Effect.map(world.router.explain(id), (explained) => {
    const waits = Option.getOrThrow(explained).decisions.flatMap((event) => event._tag === "Retrying" ? [event.until - event.at] : [])
    expect(waits).toHaveLength(1)
    expect(waits[0]).toBeGreaterThanOrEqual(at.least)
    expect(waits[0]).toBeLessThanOrEqual(at.most)
  })

const lossesOf = (kind: Fault.FaultKind, label: string = kind): Row => ({
  name: `ack-lost: ${label}`,
  faults: (first) => [fault(first, kind, kind === "5xx-after" ? { status: 503 } : {})],
  ...both(recovered)
})

const errorBody = (label: string, params: Pick<Fault.ScriptedFault, "errorCode" | "errorMessage" | "accepted">, cell: Cell): Row => ({
  name: `200-error-body ${label}`,
  policy: () => cell.outcome === "Held" ? brief : {},
  faults: (first) => [fault(first, "200-error-body", params)],
  sendblue: cell
})

const rows: ReadonlyArray<Row> = [
  { name: "healthy", ...both(taken) },
  {
    name: "refused",
    before: (world, first) => refuse(world, first),
    ...both({ ...moved })
  },
  {
    name: "refused, while connections to it are open",
    before: (world, first) => Effect.zipRight(world.send(Draft.text("opening")), refuse(world, first)),
    ...both({ ...moved })
  },
  {
    name: "503-before, then it recovers",
    policy: briefAtSendblue,
    faults: (first) => [fault(first, "5xx-before", { status: 503 })],
    ...lostBefore("Unavailable")
  },
  {
    name: "503-before-absence-proof",
    policy: () => proving,
    faults: (first) => [fault(first, "5xx-before", { status: 503 })],
    linq: recovered,
    sendblue: {
      ...moved,
      decisions: ["Started", "Tried", "Reconciled absent", "AbsenceTaken", "FailedOver", "Tried", "Concluded", "Bound"]
    }
  },
  {
    name: "500 before acceptance",
    policy: briefAtSendblue,
    faults: (first) => [fault(first, "5xx-before", { status: 500 })],
    ...lostBefore("Unavailable")
  },
  { name: "reset-before", policy: briefAtSendblue, faults: (first) => [fault(first, "reset-before")], ...lostBefore("Transport") },
  {
    name: "hang-before",
    policy: (first) => ({ ...impatient, ...briefAtSendblue(first) }),
    faults: (first) => [fault(first, "hang-before")],
    ...lostBefore("Timeout")
  },
  lossesOf("ack-lost-reset", "reset"),
  lossesOf("ack-lost-half", "half a body"),
  lossesOf("ack-lost-502", "502"),
  lossesOf("5xx-after", "503"),
  lossesOf("2xx-empty"),
  lossesOf("2xx-no-id"),
  lossesOf("2xx-not-json"),
  {
    name: "hang: accepted, never answers, then recovers",
    policy: () => impatient,
    faults: (first) => [fault(first, "ack-lost-hang")],
    ...both(recovered)
  },
  {
    name: "delay: accepted, answers too late",
    policy: () => impatient,
    faults: (first) => [fault(first, "delay", { ms: 1_500 })],
    ...both(recovered)
  },
  { name: "delay: slow, and in time", faults: (first) => [fault(first, "delay", { ms: 200 })], ...both(taken) },
  {
    name: "rate-limited for a second: waits and stays",
    faults: (first) => [fault(first, "429", { retryAfter: 1 })],
    check: retryingFor({ least: 1_000, most: 1_000 }),
    ...both({ ...taken, decisions: ["Started", "Limited", "Tried", "Retrying", "Tried", "Concluded", "Bound"] })
  },
  {
    name: "rate-limited for hours: goes on at once",
    faults: (first) => [fault(first, "429", { retryAfter: 8_549 })],
    check: (world, first, _, millis) =>
      Effect.map(world.router.health, (standings) => {
        expect(millis).toBeLessThan(50_000)
        const standing = standings.find(({ carrierId }) => carrierId === first)
        // full is not broken
        expect(standing).toMatchObject({ state: "resting", failures: 0 })
        expect(standing?.pausedUntil).toBeDefined()
      }),
    ...both({ ...moved, decisions: ["Started", "Limited", "Tried", "FailedOver", "Tried", "Concluded", "Bound"] })
  },
  // Linq refuses to send from a flagged line; Sendblue takes the message and fails it later, unless its event came first
  { name: "line-flagged: the carrier refuses", faults: (first) => [fault(first, "line-flagged")], linq: moved },
  {
    name: "line-flagged: the carrier said so before",
    before: ({ network, router }, first) =>
      Effect.zipRight(
        network.flagLine(numbers[first]),
        router.observe({
          _tag: "Line",
          carrierId: CarrierId.make(first),
          number: Handle.phone(numbers[first]),
          status: "critical",
          available: false,
          raw: "line_blocked"
        })
      ),
    check: (world, first) => Effect.map(world.posts(first), (posts) => expect(posts).toBe(0)),
    ...both({
      outcome: "accepted",
      route: ["first skipped", "second accepted"],
      phone: ["second"],
      decisions: ["Started", "Skipped", "Tried", "Concluded", "Bound"]
    })
  },
  {
    name: "line-flagged: the carrier takes it all the same, and says later that it failed",
    faults: (first) => [fault(first, "line-flagged")],
    check: ({ decisions, messaging, network, phone, posts, router }, first, { id }) =>
      Effect.gen(function*() {
        yield* network.advance("1 minute")
        const report = yield* messaging.status(id)
        expect(report).toMatchObject({ status: "failed", settled: true })
        const [message] = report.messages
        if (message === undefined) return expect.fail("no message")
        yield* router.observe({ _tag: "Status", carrierId: message.ref.carrierId, fact: { ref: message.ref, status: "failed" } })
        expect((yield* decisions(id)).at(-1)).toBe("FailedLater")
        // accepted and later failed is told, never sent again by itself
        expect(yield* posts(other[first])).toBe(0)
        expect(yield* phone(text)).toEqual([])
      }),
    sendblue: { ...taken, phone: [] }
  },
  {
    name: "opted-out at both",
    before: ({ network }) => network.optOut(ada),
    check: (world, first) =>
      Effect.gen(function*() {
        expect(yield* world.posts(other[first])).toBe(0)
        expect(Option.isSome(yield* world.suppression.find(ada))).toBe(true)
        // what one carrier taught stops the other
        expect(yield* world.send(Draft.text("again"))).toMatchObject({ outcome: "NotSent", reason: "Suppressed" })
        expect((yield* world.network.phone(ada)).messages).toEqual([])
      }),
    ...both(optedOut)
  },
  {
    name: "opted-out at the first alone",
    before: ({ network }, first) => network.optOut(ada, first),
    check: (world, first) =>
      Effect.gen(function*() {
        expect(yield* world.posts(other[first])).toBe(0)
        expect((yield* world.network.phone(ada)).messages).toEqual([])
      }),
    ...both(optedOut)
  },
  {
    name: "down-unknown: accepted, then unreachable",
    policy: () => brief,
    faults: (first) => [fault(first, "ack-lost-reset"), unreachable(first)],
    linq: held("Transport", ["Reconciled unproven"], ["first"], { held: true, phone: ["first"] }),
    sendblue: held("Transport", ["Reconciled unproven"], ["first"], { held: false, phone: ["first"] })
  },
  {
    name: "down-unknown: not accepted, then unreachable",
    policy: () => brief,
    faults: (first) => [unreachable(first)],
    ...both(held("Transport", ["Reconciled unproven"], [], { held: true, phone: [] }))
  },
  {
    name: "down-unknown: hangs for ever",
    policy: () => ({ ...impatient, ...brief }),
    faults: (first) => [{ vendor: first, kind: "hang-before", times: "forever" }],
    ...both(held("Timeout", ["Reconciled unproven"], [], { held: true, phone: [] }))
  },
  {
    name: "down-unknown under fail: the same answer, and it is not kept",
    policy: () => ({ ...brief, onUnknown: "fail" }),
    faults: (first) => [fault(first, "ack-lost-reset"), unreachable(first)],
    ...both({ ...held("Transport", ["Reconciled unproven"], ["first"], { held: false, phone: ["first"] }), held: false })
  },
  {
    name: "down-unknown under send-anyway: two copies, as the policy says",
    policy: () => ({ ...brief, onUnknown: "send-anyway" }),
    faults: (first) => [fault(first, "ack-lost-reset"), unreachable(first)],
    ...both({
      outcome: "accepted",
      route: ["first unknown", "second accepted"],
      phone: ["first", "second"],
      decisions: ["Started", "Tried", "Reconciled unproven", "RiskTaken", "FailedOver", "Tried", "Concluded", "Bound"]
    })
  },
  {
    name: "both refuse",
    before: (world, first) => Effect.zipRight(refuse(world, first), refuse(world, other[first])),
    ...both({
      outcome: "NotSent",
      reason: "ConnectionFailed",
      route: ["first rejected", "second rejected"],
      phone: [],
      decisions: ["Started", "Tried", "FailedOver", "Tried", "Concluded"]
    })
  },
  { name: "late-listing: the usual answer", faults: (first) => [fault(first, "late-listing", { ms: 60_000 })], ...both(taken) },
  {
    name: "late-listing: the answer is lost, and the list shows it after a while",
    setup: () => Effect.map(losing((url) => url.endsWith("/send-message") || url.endsWith("/chats")), (client) => ({ client })),
    faults: (first) => [fault(first, "late-listing", { ms: 2_500 })],
    linq: recovered,
    sendblue: { ...recovered, decisions: ["Started", "Tried", "Reconciled absent", "Reconciled found", "Concluded", "Bound"] }
  },
  {
    name: "late-listing: the answer is lost, and the list shows it when nobody waits any more",
    policy: briefAtSendblue,
    setup: () => Effect.map(losing((url) => url.endsWith("/send-message") || url.endsWith("/chats")), (client) => ({ client })),
    faults: (first) => [fault(first, "late-listing", { ms: 60_000 })],
    linq: recovered,
    sendblue: held("Transport", ["Reconciled absent"], ["first"], { held: false, phone: ["first"] })
  },
  {
    name: "late-listing: its absence is taken for proof too early, which is told as an incident",
    policy: () => proving,
    setup: () => Effect.map(losing((url) => url.endsWith("/send-message") || url.endsWith("/chats")), (client) => ({ client })),
    faults: (first) => [fault(first, "late-listing", { ms: 60_000 })],
    check: (world, first, { id }) =>
      first === "linq" ? Effect.void : Effect.gen(function*() {
        yield* world.network.advance("2 minutes")
        yield* later("2 minutes")(world.router.look)
        expect((yield* world.decisions(id)).at(-1)).toBe("LateArrival")
      }),
    linq: recovered,
    sendblue: {
      outcome: "accepted",
      route: ["first rejected", "second accepted"],
      phone: ["first", "second"],
      decisions: ["Started", "Tried", "Reconciled absent", "AbsenceTaken", "FailedOver", "Tried", "Concluded", "Bound"]
    }
  },
  errorBody(
    "4000: the caller's fault is returned",
    { errorCode: 4000, errorMessage: "Validation Error" },
    returned("NotSent", "InvalidInput")
  ),
  errorBody("402: an opt-out is returned", { errorCode: 402, errorMessage: "OPTED_OUT" }, optedOut),
  errorBody("10001: the carrier's failure", { errorCode: 10_001 }, moved),
  errorBody("10002, accepted", { errorCode: 10_002, accepted: true }, recovered),
  errorBody("10002, not accepted", { errorCode: 10_002 }, held("Unrecognized", ["Reconciled absent"], [], { held: true, phone: [] })),
  { name: "downgrade-sms", faults: (first) => [fault(first, "downgrade-sms")], ...both(taken) },
  ...(["webhook-duplicate", "webhook-reorder", "webhook-late"] as const).map((kind): Row => ({
    name: `${kind} does not touch a send`,
    faults: (first) => [{ vendor: first, kind, times: "forever" }],
    ...both(taken)
  }))
]

const text = "your table is ready"

for (const first of orders) {
  const second = other[first]
  const named = (word: string) => word.replace("first", first).replace("second", second)
  describe.concurrent(`${first} first`, () => {
    for (const row of rows) {
      const cell = row[first]
      if (cell === undefined) continue
      it.scopedLive(row.name, () =>
        Effect.gen(function*() {
          const setup = row.setup === undefined ? {} : yield* row.setup(first)
          const world = yield* routerWorld({ prefer: [first, second], ...hasty, ...row.policy?.(first) }, setup)
          const { decisions, network, phone, router, send } = world
          if (row.before !== undefined) yield* row.before(world, first)
          for (const each of row.faults?.(first) ?? []) yield* network.addFault(each)
          const [took, ended] = yield* Effect.timed(send(Draft.text(text)))
          const heldIds = Effect.map(router.held(), (all) => all.map(({ deliveryId }) => deliveryId))
          expect({
            outcome: ended.outcome,
            reason: ended.reason,
            route: ended.route,
            phone: yield* phone(text),
            held: (yield* heldIds).includes(ended.id),
            decisions: yield* decisions(ended.id)
          }).toEqual({
            outcome: cell.outcome,
            reason: cell.reason,
            route: cell.route.map(named),
            phone: cell.phone.map(named),
            held: cell.held ?? false,
            decisions: cell.decisions
          })
          if (row.check !== undefined) yield* row.check(world, first, ended, Duration.toMillis(took))

          yield* network.clearFaults()
          yield* network.advance("2 minutes")
          yield* later("2 minutes")(router.look)
          const { afterwards } = cell
          expect({ held: (yield* heldIds).includes(ended.id), phone: yield* phone(text) }).toEqual({
            held: afterwards?.held ?? false,
            phone: (afterwards?.phone ?? cell.phone).map(named)
          })
        }).pipe(quiet))
    }
  })
}

it("every fault of the sandbox that a send can meet is in at least one row", () => {
  const kinds = new Set(
    orders.flatMap((first) => rows.flatMap((row) => (row.faults?.(first) ?? []).flatMap((each) => "kind" in each ? [each.kind] : [])))
  )
  // those of the event stream only change how events come
  const met = Object.keys(Fault.faults).filter((kind) => !kind.startsWith("stream-"))
  expect(met.filter((kind) => !new Set<string>([...kinds, "refused"]).has(kind))).toEqual([])
  expect(rows.filter(({ before }) => before !== undefined).map(({ name }) => name)).toContain("refused")
})
