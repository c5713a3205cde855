import { describe, expect, it } from "@effect/vitest"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { Endpoint } from "@interline/sql/EndpointTable"
import type { GatewayEvent } from "@interline/sql/EventLog"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { NotRendered } from "../../src/events/Renderer.ts"
import * as SendblueFront from "../../src/fronts/sendblue/SendblueFront.ts"
import { ada, error, inbound, linq, make, ours, outbound, sendblue, support, type World } from "./world.ts"

const deliveryId = DeliveryId.DeliveryId.make("00000000-0000-4000-8000-000000000003")
const ref = MessageRef.make(linq, "m1")
const conversation = { _tag: "Direct", line: support, handle: ada } as const

const account: Endpoint = {
  id: "e1",
  url: "https://app.example/",
  dialect: "sendblue",
  events: [],
  lines: [],
  secret: Redacted.make("s3cret"),
  active: true,
  createdAt: 0,
  updatedAt: 0
}

const single: Endpoint = { ...account, deliveryId }

const carrier = (data: MessagingEvent, more: Partial<GatewayEvent> = {}): GatewayEvent => ({
  id: 7,
  at: 0,
  event: { kind: "carrier", data },
  ...more
})
const router = (data: RouterEvent): GatewayEvent => ({ id: 7, at: 0, deliveryId, event: { kind: "router", data } })

const render = (world: World, event: GatewayEvent, endpoint = account) =>
  Effect.flatMap(SendblueFront.renderer, (renderer) => renderer(event, endpoint, { messageId: "x", at: 0 })).pipe(
    Effect.provide(world.context),
    Effect.map(Option.map(({ body, headers, type }) => ({ type, headers, body: JSON.parse(body) as Record<string, unknown> }))),
    Effect.map(Option.getOrUndefined)
  )

const fact = (status: "sent" | "delivered" | "failed", more: object = {}): MessagingEvent => ({
  _tag: "Status",
  carrierId: linq,
  fact: { ref, status, service: "iMessage", ...more }
})

describe("what happens, as Sendblue tells it", () => {
  it.scoped("tells a received message, with the shared secret", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const told = yield* render(world, carrier({ _tag: "Received", carrierId: linq, message: inbound() }, { conversation }))
      expect(told).toMatchObject({
        type: "receive",
        headers: { "sb-signing-secret": "s3cret" },
        body: {
          content: "Hi",
          status: "RECEIVED",
          is_outbound: false,
          from_number: ada,
          number: ada,
          to_number: ours,
          sendblue_number: ours,
          media_url: ""
        }
      })
    }))

  it.scoped("says of a message that is history when it was recovered, and nothing of the kind of another", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const late = { ...inbound(), recoveredAt: "2026-11-21T12:00:00Z" }
      expect((yield* render(world, carrier({ _tag: "Received", carrierId: linq, message: late }, { conversation })))?.body).toMatchObject({
        recovered_at: "2026-11-21T12:00:00Z"
      })
      expect((yield* render(world, carrier({ _tag: "Received", carrierId: linq, message: inbound() }, { conversation })))?.body).not
        .toHaveProperty("recovered_at")
    }))

  it.scoped("tells each status with its own word, though a later one is known already", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set(deliveryId, outbound({ facts: [{ ref, status: "delivered" }] }))
      const sent = yield* render(world, carrier(fact("sent"), { deliveryId }))
      const delivered = yield* render(world, carrier(fact("delivered", { at: "2026-11-21T12:00:01Z" }), { deliveryId }))
      expect([sent?.type, sent?.body["status"], sent?.body["message_handle"]]).toEqual(["outbound", "SENT", deliveryId])
      expect([delivered?.body["status"], delivered?.body["date_updated"]]).toEqual(["DELIVERED", "2026-11-21T12:00:01Z"])
    }))

  it.scoped("tells a failure in codes of this wire", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set(deliveryId, outbound())
      const told = yield* render(
        world,
        carrier({ ...fact("failed"), failure: { code: "4001", message: "no" } } as MessagingEvent, { deliveryId })
      )
      expect(told?.body).toMatchObject({ status: "ERROR", error_code: 10001, error_detail: "no" })
    }))

  it.scoped("tells no failure of what is known to have arrived", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set(deliveryId, outbound())
      const told = (status: GatewayEvent["status"]) =>
        Effect.map(render(world, carrier(fact("failed"), { deliveryId, ...(status === undefined ? {} : { status }) })), (event) =>
          event?.body["status"])
      expect([yield* told("delivered"), yield* told("read")]).toEqual([undefined, undefined])
      expect([yield* told("failed"), yield* told(undefined)]).toEqual(["ERROR", "ERROR"])
    }))

  it.scoped("tells of a delivery in several messages how far all of them got", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const other = MessageRef.make(linq, "m2")
      const facts = [{ ref, status: "delivered" }, { ref: other, status: "sent" }] as const
      const report = DeliveryStatus.report(facts.reduce(DeliveryStatus.add, DeliveryStatus.empty), [ref, other])
      const archived = outbound()
      if (archived._tag === "Outbound") world.archive.set(deliveryId, { ...archived, report })
      expect((yield* render(world, carrier(fact("delivered"), { deliveryId })))?.body).toMatchObject({ status: "SENT" })
    }))

  it.scoped("posts to a send's own address without the secret, and only about that send", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set(deliveryId, outbound())
      expect((yield* render(world, carrier(fact("sent"), { deliveryId }), single))?.headers).toEqual({ "content-type": "application/json" })
      const other = DeliveryId.DeliveryId.make("00000000-0000-4000-8000-00000000000f")
      expect(yield* render(world, carrier(fact("sent"), { deliveryId: other }), single)).toBeUndefined()
    }))

  it.scoped("asks the carrier what is in a message that another program sent", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.answers.set("getMessage", Effect.succeed(inbound({ direction: "outbound", ref, from: Handle.make("+12025550101"), to: [ada] })))
      expect((yield* render(world, carrier(fact("delivered"))))?.body).toMatchObject({
        content: "Hi",
        status: "DELIVERED",
        is_outbound: true,
        from_number: ours,
        number: ada
      })
      // the carrier does not answer now, which says nothing about the message
      world.answers.set("getMessage", Effect.fail(error("Unavailable")))
      expect(yield* Effect.flip(render(world, carrier(fact("delivered"))))).toEqual(
        new NotRendered({ why: "the message cannot be read from its carrier now: Unavailable" })
      )
      world.answers.set("getMessage", Effect.fail(error("NotFound")))
      expect(yield* render(world, carrier(fact("delivered")))).toBeUndefined()
      // what came in has no status to tell
      world.answers.set("getMessage", Effect.succeed(inbound({ ref })))
      expect(yield* render(world, carrier(fact("delivered")))).toBeUndefined()
    }))

  it.scoped("tells a reaction that came as a text as it came, with a service and both numbers, though nothing is known of what it is on", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const event = (raw: string, change: "added" | "removed" = "added"): MessagingEvent => ({
        _tag: "Reaction",
        carrierId: sendblue,
        id: "h-9 RECEIVED",
        line: Handle.phone(ours),
        change,
        reaction: { reaction: { _tag: "Tapback", tapback: "like" }, from: ada, isMine: false, raw }
      })
      for (const text of ["Liked “see you at nine”", "Liked an image", "Reacted with a sticker to “see you”"]) {
        expect((yield* render(world, carrier(event(text))))?.body).toMatchObject({
          ...{ content: text, service: "iMessage", status: "RECEIVED" },
          ...{ from_number: ada, number: ada, to_number: ours, sendblue_number: ours }
        })
      }
    }))

  it.scoped("tells a reaction as the text that it is at this vendor", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const id = yield* Effect.flatMap(IdMap, (ids) => ids.toMessageId(ref)).pipe(Effect.provide(world.context))
      world.archive.set(id, { ...outbound(), id })
      const react = (
        reaction: Extract<MessagingEvent, { _tag: "Reaction" }>["reaction"]["reaction"],
        change: "added" | "removed",
        isMine = false
      ) =>
        Effect.map(
          render(
            world,
            carrier({ _tag: "Reaction", carrierId: linq, id: "ev-1", ref, change, reaction: { reaction, from: ada, isMine, raw: "" } }, {
              conversation
            })
          ),
          (told) => told?.body["content"]
        )
      expect(yield* react({ _tag: "Tapback", tapback: "love" }, "added")).toBe("Loved “Hello”")
      expect(yield* react({ _tag: "Tapback", tapback: "laugh" }, "removed")).toBe("Removed a laugh from “Hello”")
      expect(yield* react({ _tag: "Emoji", emoji: "👀" }, "added")).toBe("Reacted 👀 to “Hello”")
      expect(yield* react({ _tag: "Sticker" }, "added")).toBeUndefined()
      expect(yield* react({ _tag: "Tapback", tapback: "love" }, "added", true)).toBeUndefined()
    }))

  it.scoped("tells typing, and a line that cannot send", () =>
    Effect.gen(function*() {
      const world = yield* make()
      expect(yield* render(world, carrier({ _tag: "Typing", carrierId: linq, typing: true, at: "2026-11-21T12:00:00Z" }, { conversation })))
        .toMatchObject({
          type: "typing_indicator",
          body: { number: ada, is_typing: true, from_number: ours, timestamp: "2026-11-21T12:00:00Z" }
        })
      const line = (available: boolean): MessagingEvent => ({
        _tag: "Line",
        carrierId: linq,
        number: Handle.phone("+12025550101"),
        status: "critical",
        available,
        raw: "x"
      })
      expect(yield* render(world, carrier(line(false)))).toMatchObject({ type: "line_blocked", body: { sendblue_number: ours } })
      expect(yield* render(world, carrier(line(true)))).toBeUndefined()
    }))

  it.scoped("tells what an operator found out, and the end of a send that was answered before it", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set(deliveryId, outbound({ facts: [{ ref, status: "sent" }] }))
      const settled: RouterEvent = { _tag: "Settled", deliveryId, at: 0, carrierId: linq, line: support, arrived: true, by: "operator" }
      expect((yield* render(world, router(settled)))?.body["status"]).toBe("SENT")
      const ended: RouterEvent = { _tag: "Concluded", deliveryId, at: 0, outcome: "not-sent", attempts: 1 }
      expect(yield* render(world, router(ended))).toBeUndefined()
      expect((yield* render(world, router(ended), single))?.type).toBe("outbound")
      expect(yield* render(world, router({ ...ended, outcome: "held" }), single)).toBeUndefined()
      expect(yield* render(world, router({ _tag: "Abandoned", deliveryId, at: 0 }), single)).toBeUndefined()
    }))

  it.scoped("has no word for the rest", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const events: ReadonlyArray<MessagingEvent> = [
        { _tag: "Edited", carrierId: linq, ref, part: 0, text: "x", byMe: false },
        { _tag: "OptedOut", carrierId: linq, handle: ada },
        { _tag: "Unrecognized", carrierId: linq, kind: "x", raw: {} }
      ]
      for (const event of events) expect(yield* render(world, carrier(event))).toBeUndefined()
    }))
})
