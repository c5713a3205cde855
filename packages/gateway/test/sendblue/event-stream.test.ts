/** The event stream of Sendblue's front: what each entry of the log becomes, and where a reader begins and ends. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import { ada, error, inbound, linq, make, ours, outbound, sendblue, support, type World } from "./world.ts"

const deliveryId = DeliveryId.DeliveryId.make("00000000-0000-4000-8000-000000000003")
const ref = MessageRef.make(linq, "m1")
const conversation = { _tag: "Direct", line: support, handle: ada } as const
const at = Date.parse("2026-11-30T08:00:00Z")
const number = Handle.phone("+12025550101")

type Entry = Omit<GatewayEvent, "id" | "at">

const carrier = (data: MessagingEvent, more: Partial<Entry> = {}): Entry => ({ ...more, event: { kind: "carrier", data } })
const router = (data: RouterEvent): Entry => ({ deliveryId, event: { kind: "router", data } })

const status = (status: "sent" | "delivered", time?: string): Entry =>
  carrier({ _tag: "Status", carrierId: linq, fact: { ref, status, service: "iMessage", ...(time === undefined ? {} : { at: time }) } }, {
    deliveryId
  })

const blocksOf = (text: string): ReadonlyArray<Readonly<Record<string, string>>> =>
  text.split("\n\n").filter((block) => block.includes("data: ")).map((block) =>
    Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]))
  )

interface Asking {
  readonly query?: string
  readonly after?: string
}

/** Reads by the stream what is in the log, with these entries at its end; the drain ends the stream. */
const read = (world: World, entries: ReadonlyArray<Entry>, { after = "0", query = "" }: Asking = {}) =>
  Effect.gen(function*() {
    const first = world.log.length + 1
    world.log.push(...entries.map((entry, index) => ({ id: first + index, at: at + index, ...entry })))
    const reading = yield* Effect.fork(world.call("GET", `/sendblue/api/v2/events${query}`, undefined, { "last-event-id": after }))
    yield* world.caughtUp
    yield* world.drain.begin
    const { headers, status, text } = yield* Fiber.join(reading)
    strictEqual(status, 200)
    strictEqual(headers.get("content-type"), "text/event-stream; charset=utf-8")
    return {
      text,
      ids: blocksOf(text).map(({ id }) => id),
      events: blocksOf(text).map(({ data = "", event }) => {
        const read = JSON.parse(data) as Record<string, unknown> & { readonly data: Record<string, unknown> }
        strictEqual(read["type"], event)
        return read
      })
    }
  })

const brief = ({ events }: { readonly events: ReadonlyArray<Record<string, unknown>> }) => events.map(({ id, type }) => `${type} ${id}`)

describe("the event stream", () => {
  it.scoped("tells a person's message with its few fields, and the message as the list shows it", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const { events: [event], ids } = yield* read(world, [
        carrier({ _tag: "Received", carrierId: linq, message: inbound() }, { conversation })
      ])
      const { data = {}, ...rest }: { readonly data?: Readonly<Record<string, unknown>> } = event ?? {}
      const handle = String(data["message_id"])
      deepStrictEqual(ids, ["1"])
      deepStrictEqual(rest, {
        version: 1,
        id: `message:${handle}:received`,
        type: "message.received",
        occurred_at: "2026-11-30T08:00:00.000Z"
      })
      const { message, ...few } = data
      deepStrictEqual(few, {
        message_id: handle,
        is_outbound: false,
        status: "RECEIVED",
        updated_at: "2026-11-30T08:00:00.000Z",
        number: ada,
        sendblue_number: ours,
        error_code: null,
        error_message: null
      })
      const { content, message_handle } = message as Record<string, unknown>
      deepStrictEqual([content, message_handle], ["Hi", handle])
    }))

  it.scoped("tells each state of a message of ours under an id of its own, and a message of another program when it was sent", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set(deliveryId, outbound())
      const time = "2026-11-30T08:00:00Z"
      const told = yield* read(world, [
        carrier({ _tag: "Received", carrierId: linq, message: inbound({ direction: "outbound", from: number, to: [ada] }) }, {
          conversation
        }),
        // the vendor's times are the same
        status("sent", time),
        status("delivered", time),
        router({ _tag: "Settled", deliveryId, at, carrierId: linq, line: support, arrived: true, by: "look" }),
        router({ _tag: "FailedOver", deliveryId, at, from: linq, to: sendblue, line: support, why: "" })
      ])
      const other = String(told.events[0]?.data["message_id"])
      deepStrictEqual(brief(told), [
        `message.created message:${other}:created`,
        `message.updated message:${deliveryId}:updated:2`,
        `message.updated message:${deliveryId}:updated:3`,
        `message.updated message:${deliveryId}:updated:4`
      ])
      deepStrictEqual(told.events.map(({ data }) => [data["status"], data["is_outbound"]]), [
        ["DELIVERED", true],
        ["SENT", true],
        ["DELIVERED", true],
        ["QUEUED", true]
      ])
    }))

  it.scoped("asks a carrier once for all who read at the same time, also if the first of them leaves", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const answer = yield* Deferred.make<void>()
      const asked = yield* Deferred.make<void>()
      const message = inbound({ direction: "outbound", ref, from: number, to: [ada] })
      world.answers.set(
        "getMessage",
        Deferred.succeed(asked, undefined).pipe(Effect.zipRight(Deferred.await(answer)), Effect.as(message))
      )
      world.log.push({ id: 1, at, ...carrier({ _tag: "Status", carrierId: linq, fact: { ref, status: "delivered" } }) })
      const open = Effect.fork(world.call("GET", "/sendblue/api/v2/events", undefined, { "last-event-id": "0" }))
      const first = yield* open
      yield* Deferred.await(asked)
      const others = [yield* open, yield* open]
      yield* Effect.repeatN(Effect.yieldNow(), 100)
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(answer, undefined)
      yield* world.caughtUp
      yield* world.drain.begin
      for (const other of others) deepStrictEqual(blocksOf((yield* Fiber.join(other)).text).map(({ event }) => event), ["message.updated"])
      deepStrictEqual(world.asked.filter(({ operation }) => operation === "getMessage").length, 1)
    }))

  it.scoped("leaves out what a carrier cannot be asked for now, says so, and gives it to those who read it later", () => {
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void logged.push(`${logLevel.label} ${String(message)}`))
    return Effect.gen(function*() {
      const world = yield* make()
      const entry = carrier({ _tag: "Status", carrierId: linq, fact: { ref, status: "delivered" } })
      world.answers.set("getMessage", Effect.fail(error("Unavailable")))
      world.log.push({ id: 1, at, ...entry })
      const open = Effect.fork(world.call("GET", "/sendblue/api/v2/events", undefined, { "last-event-id": "0" }))
      const first = yield* open
      yield* world.caughtUp
      const askedAgain = yield* Deferred.make<void>()
      world.answers.set(
        "getMessage",
        Effect.as(Deferred.succeed(askedAgain, undefined), inbound({ direction: "outbound", ref, from: number, to: [ada] }))
      )
      const second = yield* open
      yield* Deferred.await(askedAgain)
      yield* world.drain.begin
      deepStrictEqual(blocksOf((yield* Fiber.join(first)).text), [])
      deepStrictEqual(blocksOf((yield* Fiber.join(second)).text).map(({ event }) => event), ["message.updated"])
      deepStrictEqual(logged.filter((line) => line.startsWith("WARN")), [
        "WARN an event is left out of the event stream of a front: the message cannot be read from its carrier now: Unavailable"
      ])
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })

  it.scoped("tells typing, and what happens to lines", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const line = { _tag: "Line", carrierId: linq, number, status: "healthy", raw: "x" } as const
      const account = { _tag: "Account", carrierId: linq, kind: "x", severity: "note", summary: "", number } as const
      const told = yield* read(world, [
        carrier({ _tag: "Typing", carrierId: linq, from: ada, typing: true, line: number }),
        carrier({ ...line, available: true }),
        carrier({ ...line, available: false }),
        // the account's notice says it
        carrier({ ...line, available: false, gone: true }),
        carrier({ ...account, what: "line-gone" }),
        carrier({ ...account, what: "line-assigned" }),
        carrier({ ...account, what: "token-ended" }),
        router({ _tag: "Noticed", at, carrierId: linq, what: "line-gone", line: support })
      ])
      deepStrictEqual(brief(told), [
        "typing.changed typing:1",
        "line.status.changed line:2:status:ONLINE",
        "line.status.changed line:3:status:OFFLINE",
        "line.blocked line:3:blocked",
        "line.unassigned line:5:unassigned",
        "line.assigned line:6:assigned",
        "line.unassigned line:8:unassigned"
      ])
      // a line has its number at Sendblue, whichever carrier reports it
      deepStrictEqual(told.events.map(({ data }) => data["sendblue_number"] ?? data["from_number"]), told.events.map(() => ours))
      deepStrictEqual([told.events[0]?.data["is_typing"], told.events[0]?.data["number"]], [true, ada])
      deepStrictEqual(told.events[1]?.data, {
        worker_id: support,
        sendblue_number: ours,
        status: "ONLINE",
        status_changed_at: "2026-11-30T08:00:00.001Z",
        assignment: "assigned"
      })
    }))

  it.scoped("gives only the types that are asked for, and refuses a word that names none", () =>
    Effect.gen(function*() {
      const world = yield* make()
      for (const query of ["?types=message.received,message.receive", "?types=Received", "?types=typing.changed&types=all"]) {
        const { body, status } = yield* world.call("GET", `/sendblue/api/v2/events${query}`)
        deepStrictEqual([
          status,
          body["status"],
          String(body["message"]).startsWith("Invalid event type. Must be one of: message.received, ")
        ], [
          400,
          "ERROR",
          true
        ])
      }
      const entries = [
        carrier({ _tag: "Typing", carrierId: linq, from: ada, typing: true, line: number }),
        carrier({ _tag: "Received", carrierId: linq, message: inbound() }, { conversation }),
        carrier({ _tag: "Line", carrierId: linq, number, status: "healthy", available: false, raw: "x" })
      ]
      const { events, ids } = yield* read(world, entries, { query: "?types=line.blocked,%20message.received" })
      deepStrictEqual(events.map(({ type }) => type), ["message.received", "line.blocked"])
      deepStrictEqual(ids, ["2", "3"])
    }))

  it.scoped("begins with what happens from now on, or after the last id that the reader names", () =>
    Effect.gen(function*() {
      const typing = carrier({ _tag: "Typing", carrierId: linq, from: ada, typing: true, line: number })
      const idsAfter = (after: string) =>
        Effect.scoped(Effect.flatMap(make(), (world) =>
          Effect.map(read(world, [typing, typing, typing], { after }), ({ ids, text }) => [
            text.slice(0, text.indexOf("\n\n")),
            ids
          ])))
      deepStrictEqual(yield* idsAfter("1"), [": open\nid: 1", ["2", "3"]])
      // none, one that is no id of this stream, and one of a database that was newer
      for (const after of ["", "message:x:received", "-1", "90000"]) deepStrictEqual(yield* idsAfter(after), [": open\nid: 3", []])
    }))

  it.scoped("wants a key", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const answers = yield* Effect.forEach([{ "sb-api-secret-key": "" }, { "sb-api-secret-key": "another" }], (headers) =>
        Effect.map(world.call("GET", "/sendblue/api/v2/events", undefined, headers), ({ status }) => status))
      deepStrictEqual(answers, [403, 401])
    }))
})
