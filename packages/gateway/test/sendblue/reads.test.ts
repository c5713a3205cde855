import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import type { Archived } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import { ada, bob, error, failing, inbound, linq, make, ours, outbound, sales, sendblue, support, type World } from "./world.ts"

const id = "00000000-0000-4000-8000-000000000003"
const ref = MessageRef.make(linq, "m1")

const put = (world: World, archived: Archived): void => {
  world.archive.set(archived.id, archived)
}

const statusOf = (world: World, handle = id) => world.call("GET", `/sendblue/api/status?handle=${handle}`)

describe("status", () => {
  it.scoped("asks the carrier about what is not settled, and not about what is", () =>
    Effect.gen(function*() {
      const world = yield* make()
      put(world, outbound())
      world.answers.set("status", failing(error("Timeout")))
      expect((yield* statusOf(world)).body).toMatchObject({
        status: "QUEUED",
        message_handle: id,
        account_email: "interline",
        is_outbound: true
      })
      expect(world.asked.map(({ operation }) => operation)).toEqual(["status"])
      put(world, outbound({ facts: [{ ref, status: "delivered", service: "iMessage" }] }))
      expect((yield* statusOf(world)).body).toMatchObject({ status: "DELIVERED", service: "iMessage", was_downgraded: false })
      expect(world.asked).toHaveLength(1)
    }))

  it.scoped("finds a handle in any case", () =>
    Effect.gen(function*() {
      const world = yield* make()
      put(world, outbound({ id: "abcdef00-0000-4000-8000-000000000003", facts: [{ ref, status: "read" }] }))
      expect((yield* statusOf(world, "ABCDEF00-0000-4000-8000-000000000003")).body["status"]).toBe("READ")
    }))

  const codes: ReadonlyArray<readonly [what: string, archived: Archived, word: string, code: unknown]> = [
    ["is under way", outbound({ result: undefined }), "PENDING", null],
    [
      "is held",
      outbound({
        result: {
          outcome: { _tag: "Unknown", evidence: { error: error("Timeout"), parts: [0], step: 0, startedAt: 0 }, losses: [] },
          carrierId: linq,
          line: support,
          kept: true
        }
      }),
      "PENDING",
      null
    ],
    [
      "is given up without knowing",
      outbound({
        result: {
          outcome: { _tag: "Unknown", evidence: { error: error("Timeout"), parts: [0], step: 0, startedAt: 0 }, losses: [] },
          carrierId: linq,
          line: support,
          kept: false
        }
      }),
      "ERROR",
      10002
    ],
    [
      "was refused",
      outbound({
        result: { outcome: { _tag: "Rejected", error: error("RecipientBlocked"), losses: [] }, carrierId: linq, line: support, kept: false }
      }),
      "ERROR",
      4002
    ],
    [
      "failed at another vendor, whose code means nothing here",
      outbound({ facts: [{ ref, status: "failed" }], failure: { code: "4001", message: "x" } }),
      "ERROR",
      10001
    ],
    [
      "failed at Sendblue, whose code is this wire's",
      outbound({
        facts: [{ ref, status: "failed" }],
        failure: { code: "4002" },
        result: {
          outcome: { _tag: "Accepted", receipts: [{ ref, parts: [0], status: "pending" }], losses: [] },
          carrierId: sendblue,
          line: support,
          kept: false
        }
      }),
      "ERROR",
      4002
    ]
  ]
  for (const [what, archived, word, code] of codes) {
    it.scoped(`is ${word} with code ${String(code)} for a message that ${what}`, () =>
      Effect.gen(function*() {
        const world = yield* make()
        put(world, archived)
        const { body } = yield* statusOf(world)
        expect([body["status"], body["error_code"]]).toEqual([word, code])
      }))
  }

  it.scoped("of an unknown handle is the vendor's 404, which is not JSON", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const reply = yield* statusOf(world, "nobody")
      expect([reply.status, reply.headers.get("content-type"), reply.text]).toEqual([404, "text/html; charset=utf-8", "Message not found"])
      const retrieved = yield* world.call("GET", "/sendblue/api/v2/messages/nobody")
      expect([retrieved.status, retrieved.body]).toEqual([404, { status: "ERROR", message: "Message not found" }])
    }))

  it.scoped("of a message that did not pass through is the carrier's", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const handle = yield* Effect.flatMap(IdMap, (ids) => ids.toMessageId(ref)).pipe(Effect.provide(world.context))
      world.answers.set("getMessage", Effect.succeed(inbound()))
      const { body } = yield* world.call("GET", `/sendblue/api/v2/messages/${handle}`)
      expect(body["data"]).toEqual({
        accountEmail: "interline",
        content: "Hi",
        is_outbound: false,
        status: "RECEIVED",
        error_code: null,
        error_message: null,
        error_reason: null,
        error_detail: null,
        message_handle: handle,
        date_sent: "2026-11-21T11:59:00Z",
        date_updated: "1970-01-01T00:00:00.000Z",
        from_number: ada,
        number: ada,
        to_number: ours,
        sendblue_number: ours,
        was_downgraded: null,
        service: "iMessage",
        plan: "interline",
        media_url: "",
        message_type: "message",
        group_id: "",
        group_display_name: null,
        participants: [],
        send_style: "",
        opted_out: false
      })
    }))

  it.scoped("shows no style that the vendor has only an approximation of", () =>
    Effect.gen(function*() {
      const world = yield* make()
      put(world, outbound({ draft: Draft.make([Part.text("Hello")], { effect: "sparkles" }), facts: [{ ref, status: "delivered" }] }))
      expect((yield* statusOf(world)).body["send_style"]).toBe("")
    }))
})

describe("the list", () => {
  const narrowings: ReadonlyArray<readonly [query: string, asked: object]> = [
    ["", { order: "newest", limit: 100, offset: 0 }],
    ["limit=5&offset=7&order_direction=asc", { order: "oldest", limit: 5, offset: 7 }],
    ["limit=5000", { order: "newest", limit: 100, offset: 0 }],
    [`number=${encodeURIComponent(ada)}`, { peer: ada, order: "newest", limit: 100, offset: 0 }],
    [`from_number=${encodeURIComponent(ada)}`, { peer: ada, direction: "inbound", order: "newest", limit: 100, offset: 0 }],
    [`to_number=${encodeURIComponent(ada)}`, { peer: ada, direction: "outbound", order: "newest", limit: 100, offset: 0 }],
    [`from_number=${encodeURIComponent(ours)}`, { line: support, direction: "outbound", order: "newest", limit: 100, offset: 0 }],
    [`to_number=${encodeURIComponent(ours)}&is_outbound=false`, {
      line: support,
      direction: "inbound",
      order: "newest",
      limit: 100,
      offset: 0
    }],
    [`sendblue_number=${encodeURIComponent("+12025550202")}`, { line: sales, order: "newest", limit: 100, offset: 0 }],
    [
      "created_at_gte=2026-11-21T00:00:00Z&created_at_lte=2026-11-22T00:00:00Z",
      { since: Date.parse("2026-11-21T00:00:00Z"), until: Date.parse("2026-11-22T00:00:00Z") + 1, order: "newest", limit: 100, offset: 0 }
    ],
    ["worker_id=5", { order: "newest", limit: 100, offset: 0 }]
  ]
  for (const [query, asked] of narrowings) {
    it.scoped(`asks the archive for ?${query}`, () =>
      Effect.gen(function*() {
        const world = yield* make()
        const { status } = yield* world.call("GET", `/sendblue/api/v2/messages?${query}`)
        expect([status, world.queries]).toEqual([200, [asked]])
      }))
  }

  it.scoped("is empty where its filters contradict each other, or name nobody", () =>
    Effect.gen(function*() {
      const world = yield* make()
      put(world, outbound())
      for (const query of [`from_number=${encodeURIComponent(ada)}&is_outbound=true`, "number=nobody", "sendblue_number=%2B19995550100"]) {
        const { body } = yield* world.call("GET", `/sendblue/api/v2/messages?${query}`)
        expect(body).toEqual({ status: "OK", data: [], pagination: { total: 0, limit: 100, offset: 0, hasMore: false } })
      }
      expect(world.queries).toEqual([])
    }))

  it.scoped("filters by what the archive does not know, and counts what is left", () =>
    Effect.gen(function*() {
      const world = yield* make()
      for (let index = 0; index < 3; index++) {
        put(
          world,
          outbound({ id: `00000000-0000-4000-8000-00000000001${index}`, ...(index === 1 ? { facts: [{ ref, status: "delivered" }] } : {}) })
        )
      }
      const list = (query: string) => Effect.map(world.call("GET", `/sendblue/api/v2/messages?${query}`), ({ body }) => body["pagination"])
      expect(yield* list("status=DELIVERED")).toMatchObject({ total: 1 })
      expect(yield* list("status=QUEUED&limit=1")).toMatchObject({ total: 2, hasMore: true })
      expect(yield* list("message_type=group")).toMatchObject({ total: 0 })
      expect(yield* list("service=iMessage")).toMatchObject({ total: 0 })
      expect(yield* list("sent_at_gte=2026-11-21T12:00:00Z")).toMatchObject({ total: 3 })
      expect(yield* list("sent_at_lte=2026-11-21T11:59:59Z")).toMatchObject({ total: 0 })
      expect(yield* list("updated_at_gte=2026-11-21T12:00:01Z")).toMatchObject({ total: 0 })
      expect(yield* list("account_email=somebody")).toMatchObject({ total: 0 })
      expect(yield* list("constructor=x&__proto__=y")).toMatchObject({ total: 3 })
    }))

  it.scoped("knows a group that nobody has written to by the name on its messages", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const chat = { carrierId: linq, id: "chat-1" }
      put(world, { _tag: "Inbound", id: "in-1", at: 0, updatedAt: 0, message: inbound({ isGroup: true, chat }) })
      put(world, outbound())
      const group = yield* Effect.flatMap(IdMap, (ids) => ids.toChatId(chat)).pipe(Effect.provide(world.context))
      const { body } = yield* world.call("GET", `/sendblue/api/v2/messages?group_id=${group}`)
      expect(body["data"]).toMatchObject([{ message_handle: "in-1", group_id: group, message_type: "group" }])
    }))

  it.scoped("refuses dates that are none, and types that are none", () =>
    Effect.gen(function*() {
      const world = yield* make()
      expect((yield* world.call("GET", "/sendblue/api/v2/messages?created_at_gte=soon")).status).toBe(400)
      expect((yield* world.call("GET", "/sendblue/api/v2/messages?message_type=inbound")).status).toBe(400)
    }))

  it.scoped("does not look through more than it can", () =>
    Effect.gen(function*() {
      const world = yield* make()
      for (let index = 0; index < 10_001; index++) {
        put(world, { _tag: "Inbound", id: `in-${index}`, at: 0, updatedAt: 0, message: inbound() })
      }
      const { body, status } = yield* world.call("GET", "/sendblue/api/v2/messages?status=RECEIVED")
      expect([status, body["message"]]).toEqual([
        400,
        "More than 10000 messages to look through; narrow the list by number, created_at or updated_at_gte"
      ])
    }))
})

describe("forgetting a message", () => {
  it.scoped("deletes the carrier's record, once", () =>
    Effect.gen(function*() {
      const world = yield* make()
      put(world, outbound())
      const reply = yield* world.call("DELETE", `/sendblue/api/message/${id}`)
      expect(reply.body).toEqual({ status: "OK", message: "Message deleted" })
      expect(world.asked).toEqual([{ operation: "deleteRecord", input: [id] }])
      expect((yield* world.call("DELETE", "/sendblue/api/message/nobody")).status).toBe(404)
    }))
})

describe("a group message in the archive", () => {
  it.scoped("shows the group and its people", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const group = {
        _tag: "Group",
        line: support,
        id: Conversation.ConversationId.make("20000000-0000-4000-8000-000000000001"),
        members: [ada, bob]
      } as const
      put(world, outbound({ to: group, facts: [{ ref, status: "sent", service: "SMS", downgraded: true }] }))
      expect((yield* statusOf(world)).body).toMatchObject({
        group_id: group.id,
        message_type: "group",
        participants: [ada, bob, ours],
        status: "SENT",
        service: "SMS",
        was_downgraded: true
      })
    }))
})
