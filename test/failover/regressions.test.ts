/**
 * What went wrong elsewhere, as far as it shows at the edge: at the phone, in the requests, or in what a caller is told. Each test is named after
 * where it happened.
 *
 * The rest is shown elsewhere:
 * - a carrier appears once per logical send unless it is a keyed replay (Hyperswitch#14154), also in the decisions:
 *   `packages/router/test/decide-regressions.test.ts`
 * - `failed`, then `delivered` (murph#1122), receipts in any order and more than once (chatwoot#14149, Twilio): `packages/core/test/status-fold.test.ts`,
 *   and as the router tells it `packages/router/test/observe.test.ts`
 * - nineteen new webhook events unnoticed: the tables of words break the build (`packages/linq/test/LinqWords.test.ts`,
 *   `packages/sendblue/test/SendblueWords.test.ts`)
 * - unsigned webhooks accepted, comparison not in constant time, signature over re-serialised JSON: tokens in
 *   `packages/sendblue/test/SendblueCallback.test.ts`; webhooks are verified where they are received
 */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import type { FaultKind } from "@interline/sandbox/Fault"
import LinqAPIV3 from "@linqapp/sdk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import SendblueAPI from "sendblue"
import { brief, fault, hasty, impatient, orders, other, quiet, type RouterWorld, routerWorld, sends, turn } from "../support/router.ts"
import { ada, numbers, support, type Vendor } from "../support/sandbox.ts"

const text = "sent once"
const bob = Handle.make("+12025550124")
const lost = ["ack-lost-reset", "ack-lost-hang", "ack-lost-502"] as const satisfies ReadonlyArray<FaultKind>

/** What a program does that uses a vendor's own client, with the retries that it comes with. */
const officially = ({ sandbox }: RouterWorld, vendor: Vendor, timeout: number): Effect.Effect<unknown> =>
  Effect.exit(Effect.tryPromise((): PromiseLike<unknown> =>
    vendor === "linq"
      ? new LinqAPIV3({ apiKey: sandbox.credentials.linqToken, baseURL: sandbox.linq, timeout }).chats.create({
        from: numbers.linq,
        to: [ada],
        message: { parts: [{ type: "text", value: text }] }
      })
      : new SendblueAPI({
        apiKey: sandbox.credentials.sendblueKeyId,
        apiSecret: sandbox.credentials.sendblueSecretKey,
        baseURL: sandbox.sendblue,
        timeout
      })
        .messages.send({ number: ada, from_number: numbers.sendblue, content: text })
  ))

const prefer = (first: Vendor): { readonly prefer: readonly [Vendor, Vendor] } => ({ prefer: [first, other[first]] })

const sendsTo = ({ network }: RouterWorld, vendor: Vendor) =>
  Effect.map(network.requests({ vendor, method: "POST", path: sends[vendor].path }), ({ length }) => length)

describe.concurrent("at the edge", () => {
  for (const vendor of orders) {
    for (const kind of lost) {
      it.scopedLive(
        `official clients POST three times when an acknowledgement is lost: ${vendor}, ${kind}: three messages by its own client, one by ours`,
        () =>
          Effect.gen(function*() {
            const theirs = yield* routerWorld({ ...prefer(vendor), ...hasty })
            yield* theirs.network.addFault(fault(vendor, kind, { times: "forever" }))
            yield* officially(theirs, vendor, kind === "ack-lost-hang" ? 1_500 : 30_000)
            expect(yield* theirs.copies(text)).toBe(3)

            const ours = yield* routerWorld({ ...prefer(vendor), ...hasty, ...impatient, ...brief })
            yield* ours.network.addFault(fault(vendor, kind, { times: "forever" }))
            const { route } = yield* ours.send(Draft.text(text))
            expect(yield* ours.phone(text)).toEqual([vendor])
            expect(route).toHaveLength(1)
            const posts = yield* ours.network.requests({ vendor, method: "POST", path: sends[vendor].path })
            if (vendor === "sendblue") expect(posts).toHaveLength(1)
            // replays are the same bytes under the same key
            else expect(new Set(posts.map(({ body }) => body)).size).toBe(1)
          }).pipe(quiet),
        30_000
      )
    }
  }

  for (const vendor of orders) {
    it.scopedLive(`notifme, Symfony, Courier, Portkey, a naive ExecutionPlan: ${vendor} first: a timeout does not mean "not sent", so the next vendor does not send again`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ ...prefer(vendor), ...hasty, ...impatient, ...brief })
        yield* world.network.addFault({ ...fault(vendor, "ack-lost-hang"), times: "forever" })
        yield* world.network.addFault({ vendor, kind: "hang-before", times: "forever" })
        const { outcome, route } = yield* world.send(Draft.text(text))
        expect({ outcome, route }).toEqual({ outcome: "Held", route: [`${vendor} unknown`] })
        expect(yield* world.phone(text)).toEqual([vendor])
        expect(yield* sendsTo(world, other[vendor])).toBe(0)
      }).pipe(quiet))

    it.scopedLive(`notifme: ${vendor} hangs before it took anything, and every attempt still has its end`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ ...prefer(vendor), ...hasty, ...impatient, ...brief })
        yield* world.network.addFault({ vendor, kind: "hang-before", times: "forever" })
        const answer = yield* Effect.timeoutOption(world.send(Draft.text(text)), "10 seconds")
        expect(Option.map(answer, ({ outcome }) => outcome)).toEqual(Option.some("Held"))
      }).pipe(quiet))
  }

  it.scopedLive("Hyperswitch#14154: the list of carriers does not contain the one just tried: each is asked once", () =>
    Effect.gen(function*() {
      const world = yield* routerWorld({ ...prefer("sendblue"), ...hasty })
      yield* world.network.addFault(fault("sendblue", "200-error-body", { errorCode: 10_001, times: "forever" }))
      yield* world.network.flagLine(numbers.linq)
      const ended = yield* world.send(Draft.text(text))
      expect(ended).toMatchObject({ outcome: "NotSent", route: ["sendblue rejected", "linq rejected"] })
      expect([yield* sendsTo(world, "sendblue"), yield* sendsTo(world, "linq")]).toEqual([1, 1])
    }).pipe(quiet))

  for (const vendor of orders) {
    it.scopedLive(`Symfony#52551, #50162: one bad recipient does not mark ${vendor} dead: the next message goes out at once`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ ...prefer(vendor), ...hasty, breaker: { failures: 1 } })
        yield* world.network.optOut(bob)
        for (const round of [1, 2, 3]) expect((yield* world.send(Draft.text(`${round}`), bob)).outcome).toBe("NotSent")
        expect(yield* world.send(Draft.text(text))).toMatchObject({ outcome: "accepted", route: [`${vendor} accepted`] })
      }).pipe(quiet))
  }

  for (const vendor of orders) {
    it.scopedLive(`LiteLLM#41323: a caller's own short timeout does not bench ${vendor}, and leaves no claim open`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ ...prefer(vendor), ...hasty, breaker: { failures: 1 } })
        yield* world.network.addFault(fault(vendor, "delay", { ms: 800 }))
        const to = Conversation.direct(support, ada)
        const send = world.messaging.send(to, Draft.text(text), { key: "order-17" })
        // the caller has had enough as soon as the carrier has the request
        const enough = Effect.repeat(Effect.zipRight(turn, sendsTo(world, vendor)), { until: (count) => count > 0 })
        expect(yield* Effect.raceFirst(Effect.as(send, "answered"), Effect.as(enough, "gone"))).toBe("gone")
        // the same key gives the same message's result, and the carrier is as well as before
        const delivery = yield* send
        expect(delivery.attempts).toMatchObject([{ carrierId: vendor, outcome: "accepted" }])
        expect(yield* world.phone(text)).toEqual([vendor])
        expect(yield* world.router.health).toMatchObject([{ carrierId: vendor, state: "closed", failures: 0 }])
        expect(yield* world.send(Draft.text("next"))).toMatchObject({ route: [`${vendor} accepted`] })
      }).pipe(quiet))
  }

  for (const vendor of orders) {
    it.scopedLive(`neurolink#1251: ${vendor}: a Retry-After of 8549 s is not obeyed for hours: without another carrier it surfaces at once`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ prefer: [vendor], ...hasty })
        yield* world.network.addFault(fault(vendor, "429", { retryAfter: 8_549, times: "forever" }))
        const error = yield* Effect.flip(world.messaging.send(Conversation.direct(support, ada), Draft.text(text)))
        expect(error).toMatchObject({ _tag: "NotSent", error: { reason: "RateLimited", certainty: "not-sent" } })
        expect(JSON.stringify(error)).toContain("3600000")
        expect(yield* sendsTo(world, vendor)).toBe(1)
      }).pipe(quiet))
  }

  it.scopedLive("Symfony#40895: the first transport is the policy's, not one at random", () =>
    Effect.gen(function*() {
      for (const vendor of orders) {
        const world = yield* routerWorld({ ...prefer(vendor), ...hasty, affinity: { mode: "free" } })
        const people = Array.from({ length: 20 }, (_, index) => Handle.make(`+1202555${String(4000 + index)}`))
        const routes = yield* Effect.forEach(people, (person) => world.send(Draft.text(text), person), { concurrency: 5 })
        expect(new Set(routes.map(({ route }) => route.join()))).toEqual(new Set([`${vendor} accepted`]))
      }
    }).pipe(quiet))

  for (const vendor of orders) {
    for (const kind of ["2xx-no-id", "2xx-empty"] as const) {
      it.scopedLive(`elizaOS#24861, murph#2645: ${vendor}, ${kind}: a 2xx without an id is not booked as sent under no name`, () =>
        Effect.gen(function*() {
          const world = yield* routerWorld({ ...prefer(vendor), ...hasty, ...brief })
          yield* world.network.addFault(fault(vendor, kind, { times: "forever" }))
          yield* world.network.addFault({ vendor, kind: "reset-before", match: { method: "GET" }, times: "forever" })
          const { outcome, route } = yield* world.send(Draft.text(text))
          expect({ outcome, route }).toEqual({ outcome: "Held", route: [`${vendor} unknown`] })
          expect(yield* world.phone(text)).toEqual([vendor])
        }).pipe(quiet))
    }
  }

  it.scopedLive("larkin#80, LibreChat#14349: the key depends on conversation and draft alone, and is looked at before limits are", () =>
    Effect.gen(function*() {
      const world = yield* routerWorld({
        ...prefer("linq"),
        ...hasty,
        carriers: { linq: { newContactsPerDay: 1 }, sendblue: { newContactsPerDay: 0 } },
        maxWait: 0
      })
      const first = yield* world.send(Draft.text(text), ada, { key: "order-17" })
      expect(first.outcome).toBe("accepted")
      // the line is full for anybody new
      expect((yield* world.send(Draft.text(text), bob)).outcome).toBe("NotSent")
      // later, in another process' words, and with nothing left of the limit: the same key, the same message
      yield* world.network.advance("1 hour")
      expect(yield* world.send(Draft.make([{ text, _tag: "Text" }]), ada, { key: "order-17" })).toMatchObject({
        outcome: "accepted",
        id: first.id
      })
      expect(yield* world.phone(text)).toEqual(["linq"])
      expect(yield* world.send(Draft.text("another"), ada, { key: "order-17" })).toMatchObject({ outcome: "Invalid", reason: "key" })
    }).pipe(quiet))

  it.scopedLive("background-agents#627: what is recognised as repeated is the event, by its own id and carrier", () =>
    Effect.gen(function*() {
      const { ledger, router, suppression } = yield* routerWorld({ ...prefer("linq"), ...hasty })
      const [linq, sendblue] = (yield* routerWorld({ ...prefer("linq"), ...hasty })).messaging.carriers.map(({ id }) => id)
      if (linq === undefined || sendblue === undefined) return expect.fail("two carriers")
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, id: "subscription-1", handle: ada })
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, id: "subscription-1", handle: bob })
      // an opt-out is never lost to a repeated id
      expect((yield* suppression.list).map(({ handle }) => handle)).toEqual([ada, bob])
      expect(yield* ledger.first(sendblue, "subscription-1", 0)).toBe(true)
    }).pipe(quiet))

  for (const vendor of orders) {
    it.scopedLive(`a production service texted an opted-out person through its second vendor: who opted out at ${vendor} is not texted by ${other[vendor]} either, whoever is preferred`, () =>
      Effect.gen(function*() {
        const first = yield* routerWorld({ ...prefer(vendor), ...hasty })
        yield* first.network.optOut(ada, vendor)
        expect(yield* first.send(Draft.text(text))).toMatchObject({ outcome: "NotSent", reason: "OptedOut" })
        // the same list, a program that prefers the other vendor
        const second = yield* routerWorld({ ...prefer(other[vendor]), ...hasty }, { suppression: first.suppression })
        expect(yield* second.send(Draft.text(text))).toMatchObject({ outcome: "NotSent", reason: "Suppressed" })
        expect((yield* first.network.phone(ada)).messages).toEqual([])
        expect((yield* second.network.phone(ada)).messages).toEqual([])
        expect(yield* sendsTo(second, other[vendor])).toBe(0)
      }).pipe(quiet))
  }

  it.scopedLive("Chat SDK: thread ids and dedupe keys embed the adapter: the conversation's identity is neutral: switching is configuration, and keys and bindings outlive it", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const before = yield* routerWorld({ ...prefer("linq"), ...hasty }, { ledger })
      const first = yield* before.send(Draft.text(text), ada, { key: "order-17" })
      // the order of the policy is another one; the conversation and the key are the same
      const after = yield* routerWorld({ ...prefer("sendblue"), ...hasty }, { ledger })
      expect(yield* after.send(Draft.text(text), ada, { key: "order-17" })).toMatchObject({ outcome: "accepted", id: first.id })
      expect(yield* after.send(Draft.text("next"), ada)).toMatchObject({ route: ["linq accepted"] })
      expect(yield* after.send(Draft.text("next"), bob)).toMatchObject({ route: ["sendblue accepted"] })
      expect((yield* after.network.phone(ada)).messages.map((message) => message.text)).toEqual(["next"])
    }).pipe(quiet))

  it.scopedLive("Sendblue accepts any send_style string: ours is refused before anything leaves", () =>
    Effect.gen(function*() {
      const world = yield* routerWorld({ ...prefer("sendblue"), ...hasty })
      const made = Draft.text(text)
      expect(yield* world.send({ ...made, effect: "glitter" as never })).toMatchObject({ outcome: "Invalid" })
      expect([yield* world.posts("linq"), yield* world.posts("sendblue")]).toEqual([0, 0])
    }).pipe(quiet))

  it.scopedLive("Spectrum: unsupported content is never dropped in silence: it is a loss that is told, or nothing is sent", () =>
    Effect.gen(function*() {
      const world = yield* routerWorld({ ...prefer("sendblue"), ...hasty })
      const to = Conversation.direct(support, ada)
      // no word of Sendblue's is this effect
      const adapted = yield* world.messaging.send(to, Draft.text(text, { effect: "sparkles" }))
      expect(adapted.carrierId).toBe("sendblue")
      expect(adapted.losses.length).toBeGreaterThan(0)
      const before = yield* world.posts("sendblue")
      const exact = yield* Effect.flip(
        world.messaging.send(Conversation.direct(support, bob), Draft.text(text, { effect: "sparkles", fidelity: "exact" }))
      )
      expect(exact._tag).toBe("Invalid")
      expect(exact.message).toContain("sendblue")
      expect([yield* world.posts("linq"), yield* world.posts("sendblue")]).toEqual([0, before])
    }).pipe(quiet))
})
