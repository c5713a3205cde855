/**
 * A send whose answer was lost is settled by what the vendor reports unasked: by Sendblue's status callback with our signed token in its
 * address, and by Linq's webhook, which echoes the key. The reports come over real HTTP to a small server on this machine.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as LinqWords from "@interline/linq/LinqWords"
import * as SendblueCallback from "@interline/sendblue/SendblueCallback"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { brief, fault, hasty, impatient, losing, quiet, type RouterSetup, type RouterWorld, routerWorld } from "../support/router.ts"
import { ada } from "../support/sandbox.ts"

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")

type Report = Pick<RecordingServer.Received, "url" | "body">

/** Takes reports and answers 200. */
const mailbox: Effect.Effect<{ readonly origin: string; readonly reports: Queue.Queue<Report> }, never, Scope.Scope> = Effect.gen(
  function*() {
    const reports = yield* Queue.unbounded<Report>()
    const { origin } = yield* RecordingServer.make((report) => {
      reports.unsafeOffer(report)
      return {}
    })
    return { origin, reports }
  }
)

const SendblueReport = Schema.parseJson(Schema.Struct({
  message_handle: Schema.String,
  number: Schema.String,
  from_number: Schema.String,
  status: Schema.Literal(...Object.keys(SendblueWords.statusToNeutral) as ReadonlyArray<keyof typeof SendblueWords.statusToNeutral>),
  date_updated: Schema.String
}))

const secret = Redacted.make("a-secret-of-the-tests")
const verify = SendblueCallback.verify({ secret })

/** What the door in front of the router makes of a report: nothing, unless the token is ours and for these two numbers. */
const heard = ({ body, url }: Report): Effect.Effect<Option.Option<MessagingEvent & { readonly _tag: "Status" }>, unknown> =>
  Effect.gen(function*() {
    const report = yield* Schema.decodeUnknown(SendblueReport)(body)
    const token = new URL(url, "http://door").searchParams.get(SendblueCallback.parameter) ?? ""
    const key = yield* verify(token, { line: report.from_number, recipient: report.number }, yield* Clock.currentTimeMillis)
    return Option.map(key, (idempotencyKey) => ({
      _tag: "Status",
      carrierId: sendblue,
      id: `${report.message_handle} ${report.status} ${report.date_updated}`,
      fact: { ref: MessageRef.make(sendblue, report.message_handle), status: SendblueWords.statusToNeutral[report.status] },
      idempotencyKey
    }))
  })

const text = "the answer to this got lost"
const policy = { prefer: ["sendblue", "linq"], ...hasty } as const

const world = (setup: RouterSetup & { readonly policy?: object; readonly expiresAfter?: number } = {}) =>
  Effect.gen(function*() {
    const { origin, reports } = yield* mailbox
    const { expiresAfter, policy: more = {}, ...rest } = setup
    const callback: SendblueCallback.Options = {
      url: `${origin}/status?team=7`,
      secret,
      ...(expiresAfter === undefined ? {} : { expiresAfter })
    }
    return { ...(yield* routerWorld({ ...policy, ...more }, { callback, ...rest })), reports }
  })

type World = Effect.Effect.Success<ReturnType<typeof world>>

/** Feeds each report to the router as it comes. */
const listening = ({ reports, router }: World) =>
  Effect.forkScoped(
    Effect.forever(Effect.flatMap(Queue.take(reports), (report) =>
      Effect.flatMap(
        heard(report),
        Option.match({ onNone: () => Effect.void, onSome: router.observe })
      )))
  )

/** Accepted at Sendblue, which then cannot be reached; its report is on its way. */
const heldAtSendblue = ({ network, reports, router, send }: World) =>
  Effect.gen(function*() {
    yield* network.addFault(fault("sendblue", "ack-lost-reset"))
    yield* network.addFault({ vendor: "sendblue", kind: "reset-before", times: "forever" })
    const ended = yield* send(Draft.text(text))
    expect(ended).toMatchObject({ outcome: "Held", route: ["sendblue unknown"] })
    expect(yield* router.held()).toHaveLength(1)
    return { ended, report: yield* Queue.take(reports) }
  })

const outcomeOf = ({ router }: Pick<RouterWorld, "router">, id: Parameters<RouterWorld["decisions"]>[0]) =>
  Effect.map(router.explain(id), (explained) => Option.getOrThrow(explained).outcome?._tag)

describe("Sendblue's report", () => {
  it.scopedLive("that comes before the send's own answer stands in for it, and nobody looks at the list", () =>
    Effect.gen(function*() {
      const all = yield* world({ policy: impatient })
      yield* listening(all)
      yield* all.network.addFault(fault("sendblue", "ack-lost-hang"))
      const ended = yield* all.send(Draft.text(text))
      expect(ended).toMatchObject({ outcome: "accepted", route: ["sendblue accepted"] })
      expect(yield* all.phone(text)).toEqual(["sendblue"])
      expect(yield* all.network.requests({ vendor: "sendblue", method: "GET" })).toEqual([])
      const { decisions } = Option.getOrThrow(yield* all.router.explain(ended.id))
      expect(decisions.find(({ _tag }) => _tag === "Reconciled")).toMatchObject({ finding: "found", by: "event" })
    }).pipe(quiet))

  it.scopedLive("that comes while the list does not show it ends the wait at once", () =>
    Effect.gen(function*() {
      const client = yield* losing((url) => url.endsWith("/send-message"))
      const all = yield* world({ client, policy: { reconcile: { every: 100, within: 15_000 } } })
      yield* all.network.addFault(fault("sendblue", "late-listing", { ms: 60_000 }))
      const looked = yield* Deferred.make<void>()
      yield* Effect.forkScoped(
        Stream.runForEach(all.router.events, (event) => event._tag === "Reconciled" ? Deferred.succeed(looked, undefined) : Effect.void)
      )
      yield* Effect.yieldNow()
      const sending = yield* Effect.fork(all.send(Draft.text(text)))
      yield* Deferred.await(looked)
      expect(Option.isNone(yield* Fiber.poll(sending))).toBe(true)
      yield* listening(all)
      const ended = yield* Fiber.join(sending)
      expect(ended).toMatchObject({ outcome: "accepted", route: ["sendblue accepted"] })
      expect(yield* all.decisions(ended.id)).toEqual(["Started", "Tried", "Reconciled absent", "Reconciled found", "Concluded", "Bound"])
      expect(yield* all.phone(text)).toEqual(["sendblue"])
    }).pipe(quiet))

  it.scopedLive("that comes after the caller was told Held settles it, and the delivery is as good as accepted", () =>
    Effect.gen(function*() {
      const all = yield* world({ policy: brief })
      const { ended, report } = yield* heldAtSendblue(all)
      const event = Option.getOrThrow(yield* heard(report))
      yield* all.router.observe(event)
      expect(yield* all.router.held()).toEqual([])
      expect(yield* outcomeOf(all, ended.id)).toBe("Accepted")
      expect((yield* all.decisions(ended.id)).slice(-3)).toEqual(["Settled", "Concluded", "Bound"])
      yield* all.network.clearFaults()
      yield* all.network.advance("10 seconds")
      expect(yield* all.messaging.status(ended.id)).toMatchObject({ status: "delivered", messages: [{ ref: event.fact.ref }] })
      // the conversation is where its message went
      expect(yield* all.send(Draft.text("and another"))).toMatchObject({ outcome: "accepted", route: ["sendblue accepted"] })
      expect(yield* all.phone(text)).toEqual(["sendblue"])
    }).pipe(quiet))

  it.scopedLive("that comes twice and in the wrong order settles once", () =>
    Effect.gen(function*() {
      const all = yield* world({ policy: brief })
      yield* all.network.addFault({ vendor: "sendblue", kind: "webhook-duplicate", times: "forever" })
      const { ended, report } = yield* heldAtSendblue(all)
      yield* all.network.advance("10 seconds")
      yield* all.network.settle
      const reports = [report, ...(yield* Queue.takeAll(all.reports))]
      expect(reports.length).toBeGreaterThan(new Set(reports.map(({ body }) => body)).size)
      for (const each of reports.toReversed()) yield* all.router.observe(Option.getOrThrow(yield* heard(each)))
      expect((yield* all.decisions(ended.id)).filter((word) => word === "Settled")).toEqual(["Settled"])
      expect(yield* outcomeOf(all, ended.id)).toBe("Accepted")
      yield* all.network.clearFaults()
      expect(yield* all.messaging.status(ended.id)).toMatchObject({ status: "delivered" })
    }).pipe(quiet))

  it.scopedLive("that was tampered with is nobody's: another person, another line, another token", () =>
    Effect.gen(function*() {
      const all = yield* world({ policy: brief })
      const { report } = yield* heldAtSendblue(all)
      const { body, url } = report
      const forged: ReadonlyArray<Report> = [
        { url, body: body.replaceAll(ada, "+12025550124") },
        { url, body: body.replaceAll("+12025550201", "+12025550202") },
        { url: url.replace(/interline=./, "interline=A"), body },
        { url: `${url}x`, body },
        { url: url.replace(/interline=.*/, ""), body }
      ]
      for (const each of forged) expect(yield* heard(each)).toEqual(Option.none())
      expect(Option.isSome(yield* heard(report))).toBe(true)
      expect(yield* all.router.held()).toHaveLength(1)
    }).pipe(quiet))

  it.scopedLive("that comes after its token has ended is nobody's", () =>
    Effect.gen(function*() {
      const all = yield* world({ policy: brief, expiresAfter: 1 })
      const { report } = yield* heldAtSendblue(all)
      expect(yield* heard(report)).toEqual(Option.none())
    }).pipe(quiet))

  it.scopedLive("settles nothing but its own attempt", () =>
    Effect.gen(function*() {
      const all = yield* world({ policy: brief })
      const { ended, report } = yield* heldAtSendblue(all)
      const event = Option.getOrThrow(yield* heard(report))
      const other = "00000000-0000-4000-8000-000000000000"
      const others: ReadonlyArray<MessagingEvent> = [
        // another carrier's mouth, another generation, another step, another delivery, another program's key, no key
        { ...event, id: "1", carrierId: linq, fact: { ...event.fact, ref: MessageRef.make(linq, event.fact.ref.id) } },
        { ...event, id: "2", idempotencyKey: `${ended.id}:2:0` },
        { ...event, id: "3", idempotencyKey: `${ended.id}:1:1` },
        { ...event, id: "4", idempotencyKey: `${other}:1:0` },
        { ...event, id: "5", idempotencyKey: "order-17" },
        { _tag: "Status", carrierId: sendblue, id: "6", fact: event.fact }
      ]
      for (const each of others) yield* all.router.observe(each)
      expect(yield* all.router.held()).toHaveLength(1)
      yield* all.router.observe(event)
      expect(yield* all.router.held()).toEqual([])
    }).pipe(quiet))
})

const LinqReport = Schema.parseJson(Schema.Struct({
  event_id: Schema.String,
  event_type: Schema.String,
  data: Schema.Struct({ id: Schema.String, idempotency_key: Schema.String })
}))

/** A world with Linq first whose webhooks come to us. */
const subscribed = (more: object) =>
  Effect.gen(function*() {
    const { origin, reports } = yield* mailbox
    const all = yield* routerWorld({ ...hasty, prefer: ["linq", "sendblue"], ...more })
    const answer = yield* Effect.promise(() =>
      fetch(`${all.sandbox.linq}/v3/webhook-subscriptions`, {
        method: "POST",
        headers: { authorization: `Bearer ${all.sandbox.credentials.linqToken}`, "content-type": "application/json" },
        body: JSON.stringify({ target_url: `${origin}/linq?version=2026-02-03`, subscribed_events: ["message.sent", "message.delivered"] })
      })
    )
    expect(answer.status).toBe(201)
    return { ...all, reports }
  })

const heardOfLinq = ({ body }: Report): Effect.Effect<MessagingEvent & { readonly _tag: "Status" }, unknown> =>
  Effect.map(Schema.decodeUnknown(LinqReport)(body), ({ data, event_id: id, event_type: type }) => ({
    _tag: "Status",
    carrierId: linq,
    id,
    fact: {
      ref: MessageRef.make(linq, data.id),
      status: type === "message.delivered" ? LinqWords.statusToNeutral.delivered : LinqWords.statusToNeutral.sent
    },
    idempotencyKey: data.idempotency_key
  }))

describe("Linq's webhook", () => {
  it.scopedLive("names the attempt by its key, and settles what is held", () =>
    Effect.gen(function*() {
      const all = yield* subscribed(brief)
      yield* all.network.addFault(fault("linq", "ack-lost-reset"))
      yield* all.network.addFault({ vendor: "linq", kind: "reset-before", times: "forever" })
      const ended = yield* all.send(Draft.text(text))
      expect(ended).toMatchObject({ outcome: "Held", route: ["linq unknown"] })
      const [held] = yield* all.router.held()
      const event = yield* heardOfLinq(yield* Queue.take(all.reports))
      expect(event.idempotencyKey).toBe(held?.evidence.key)
      yield* all.router.observe(event)
      expect(yield* all.router.held()).toEqual([])
      expect(yield* outcomeOf(all, ended.id)).toBe("Accepted")
      expect(yield* all.phone(text)).toEqual(["linq"])
      // a second send, which must not repeat the first
      yield* all.network.clearFaults()
      expect(yield* all.send(Draft.text("and another"))).toMatchObject({ outcome: "accepted", route: ["linq accepted"] })
      expect((yield* all.network.phone(ada)).messages).toHaveLength(2)
    }).pipe(quiet))

  it.scopedLive("that comes before the send's own answer stands in for it, and nothing is sent again", () =>
    Effect.gen(function*() {
      const all = yield* subscribed(impatient)
      yield* Effect.forkScoped(
        Effect.forever(Effect.flatMap(Queue.take(all.reports), (report) => Effect.flatMap(heardOfLinq(report), all.router.observe)))
      )
      yield* all.network.addFault(fault("linq", "ack-lost-hang"))
      expect(yield* all.send(Draft.text(text))).toMatchObject({ outcome: "accepted", route: ["linq accepted"] })
      expect(yield* all.network.requests({ vendor: "linq", method: "POST", path: "/v3/chats" })).toHaveLength(1)
      expect(yield* all.phone(text)).toEqual(["linq"])
    }).pipe(quiet))
})
