import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import * as Loss from "@interline/core/Loss"
import { ReasonTag } from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import { Invalid } from "@interline/core/SendError"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import { IdMap } from "@interline/sql/IdMap"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as World from "./world.ts"

const body = { number: World.ada, from_number: World.ours, content: "Hello" }

const sent = ({ asked }: World.World) =>
  asked.filter(({ operation }) => operation === "send").map(({ input: [to, draft] }) => ({ to, draft: draft as Draft }))

describe("who is let in", () => {
  it.scoped("answers as the vendor does without keys and with wrong ones", () =>
    Effect.gen(function*() {
      const { call } = yield* World.make()
      const without = yield* call("POST", "/sendblue/api/send-message", body, { "sb-api-secret-key": "", "sb-api-key-id": "" })
      expect([without.status, without.body]).toEqual([403, { message: "Did not get inputs for authorization" }])
      const wrong = yield* call("POST", "/sendblue/api/send-message", body, { "sb-api-secret-key": "guess" })
      expect([wrong.status, wrong.body]).toEqual([401, { status: "ERROR", message: "Invalid Credentials" }])
    }))
})

describe("a message", () => {
  it.scoped("goes to the conversation of line and number, with everything it holds", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      world.archive.set("00000000-0000-4000-8000-000000000009", World.outbound({ id: "00000000-0000-4000-8000-000000000009" }))
      const reply = yield* world.call("POST", "/sendblue/api/send-message", {
        ...body,
        number: "+1 (202) 555-0123",
        media_url: "https://example.com/a.jpg",
        send_style: "celebration",
        seat_id: "seat-1",
        reply_to: { message_handle: "00000000-0000-4000-8000-000000000009", part_index: 0 }
      })
      expect(sent(world)).toEqual([{
        to: Conversation.direct(World.support, World.ada),
        draft: {
          parts: [{ _tag: "Text", text: "Hello" }, { _tag: "Media", url: "https://example.com/a.jpg" }],
          effect: "celebration",
          replyTo: { to: "00000000-0000-4000-8000-000000000009", part: 0 },
          metadata: { seat_id: "seat-1" }
        }
      }])
      expect(reply.status).toBe(200)
      expect(reply.body).toMatchObject({
        status: "QUEUED",
        message_handle: World.accepted(Conversation.direct(World.support, World.ada)).id,
        content: "Hello",
        media_url: "https://example.com/a.jpg",
        send_style: "celebration",
        seat_id: "seat-1",
        from_number: World.ours,
        number: World.ada,
        error_code: null,
        reply_to: { message_handle: "00000000-0000-4000-8000-000000000009", part_index: 0 }
      })
      expect(reply.headers.get("interline-outcome")).toBe("accepted")
    }))

  it.scoped("takes a form, as older documents allow", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const form = new URLSearchParams(body).toString()
      const { status } = yield* world.call("POST", "/sendblue/api/send-message", form, {
        "content-type": "application/x-www-form-urlencoded"
      })
      expect([status, sent(world).length]).toEqual([200, 1])
    }))

  for (const style of Object.keys(SendblueWords.styleToEffect)) {
    it.scoped(`carries the style ${style}`, () =>
      Effect.gen(function*() {
        const world = yield* World.make()
        const reply = yield* world.call("POST", "/sendblue/api/send-message", { ...body, send_style: style })
        expect(sent(world)[0]?.draft.effect).toBe(style)
        expect(reply.body["send_style"]).toBe(style)
      }))
  }

  const refused: ReadonlyArray<readonly [what: string, change: object, code: unknown, sentence: RegExp]> = [
    ["without a number", { number: undefined }, undefined, /missing required parameter: "number"/],
    ["without a line", { from_number: "" }, undefined, /missing required parameter: "from_number"/],
    ["from a number that is no line", { from_number: "+19995550100" }, undefined, /not defined/],
    ["to the line itself", { number: World.ours }, undefined, /to self/],
    ["to a number without a country", { number: "2025550123" }, 4000, /E\.164/],
    ["with a style that nobody has", { send_style: "sparkle" }, 4000, /send_style must be one of: celebration/],
    ["with nothing in it", { content: null }, 4000, /content or media_url/],
    ["with content of another type", { content: 5 }, 4000, /content is not/],
    ["with an app card", { app_card: { appName: "x" } }, 4000, /app_card/],
    ["in reply to a message that never passed", { reply_to: { message_handle: "nobody" } }, 4000, /reply_to/],
    ["with a callback that must not be called", { status_callback: "http://10.0.0.1/" }, 4000, /status_callback: only HTTPS/]
  ]
  for (const [what, change, code, sentence] of refused) {
    it.scoped(`is refused before anything is sent ${what}`, () =>
      Effect.gen(function*() {
        const world = yield* World.make()
        const reply = yield* world.call("POST", "/sendblue/api/send-message", { ...body, ...change })
        expect(reply.status).toBe(400)
        expect(reply.body).toMatchObject({
          status: "ERROR",
          message: expect.stringMatching(sentence),
          error_message: expect.stringMatching(sentence)
        })
        expect(reply.body["error_code"]).toBe(code)
        expect(reply.headers.get("x-should-retry")).toBeNull()
        expect(sent(world)).toEqual([])
      }))
  }
})

describe("a group message", () => {
  it.scoped("to numbers goes to one group however they are ordered, and by its id", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const first = yield* world.call("POST", "/sendblue/api/send-group-message", {
        from_number: World.ours,
        content: "All",
        numbers: [World.ada, World.bob, World.cyd]
      })
      const second = yield* world.call("POST", "/sendblue/api/send-group-message", {
        from_number: World.ours,
        content: "All",
        numbers: [World.cyd, World.bob, World.ada, World.ada]
      })
      const third = yield* world.call("POST", "/sendblue/api/send-group-message", {
        from_number: World.ours,
        content: "All",
        group_id: first.body["group_id"]
      })
      expect(first.body).toMatchObject({
        message_type: "group",
        participants: [World.ada, World.bob, World.cyd, World.ours],
        number: World.ada
      })
      expect([second.body["group_id"], third.body["group_id"]]).toEqual([first.body["group_id"], first.body["group_id"]])
      expect(new Set(sent(world).map(({ to }) => (to as Conversation.Group).id)).size).toBe(1)
    }))

  it.scoped("to a group that somebody else opened is bound to the carrier that has it", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const chat = { carrierId: World.linq, id: "chat-1" }
      const id = yield* Effect.flatMap(IdMap, (ids) => ids.toChatId(chat)).pipe(Effect.provide(world.context))
      world.answers.set(
        "getChat",
        Effect.succeed({
          ref: chat,
          isGroup: true,
          participants: [World.ada, World.bob, "+12025550101"].map((peer) => ({ peer, isMine: false, metadata: {} })),
          metadata: {}
        })
      )
      const reply = yield* world.call("POST", "/sendblue/api/send-group-message", { from_number: World.ours, content: "Hi", group_id: id })
      expect(reply.body).toMatchObject({ group_id: id, participants: [World.ada, World.bob, World.ours] })
      expect(Option.map(yield* world.ledger.binding(id), ({ carrierId, chat }) => [carrierId, chat])).toEqual(
        Option.some([World.linq, chat])
      )
      yield* world.call("POST", "/sendblue/api/send-group-message", { from_number: World.ours, content: "Again", group_id: id })
      expect(world.asked.filter(({ operation }) => operation === "getChat")).toHaveLength(1)
    }))

  it.scoped("to nobody, to a strange number or to an unknown group is refused", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const send = (more: object) =>
        world.call("POST", "/sendblue/api/send-group-message", { from_number: World.ours, content: "All", ...more })
      expect((yield* send({})).body["message"]).toMatch(/"numbers" or "group_id"/)
      expect((yield* send({ numbers: ["five"] })).body["error_code"]).toBe(4000)
      expect((yield* send({ group_id: "nobody" })).body["message"]).toBe("group_id was not found")
      expect(sent(world)).toEqual([])
    }))
})

describe("what came of a send", () => {
  // the answers that a program sees; certainly nothing went out in any of them
  const rows: Record<typeof ReasonTag.Type, readonly [status: number, code: unknown]> = {
    InvalidInput: [400, 4000],
    Unsupported: [400, 4000],
    Suppressed: [400, 402],
    OptedOut: [400, 402],
    RecipientNotAllowed: [400, null],
    RecipientBlocked: [400, 4002],
    RecipientUnreachable: [400, 10001],
    Authentication: [400, 10001],
    Permission: [400, 10001],
    LineNotAllowed: [400, null],
    LineUnavailable: [503, 10001],
    NotFound: [400, 4000],
    NotReady: [503, 10001],
    Conflict: [400, 4000],
    RateLimited: [429, 4001],
    MediaRejected: [400, 4000],
    Unavailable: [503, 10001],
    ConnectionFailed: [503, 10001],
    Transport: [503, 10001],
    Timeout: [503, 10001],
    Cancelled: [503, 10001],
    BadResponse: [503, 10001],
    Failed: [400, 10001],
    Unrecognized: [503, 10001]
  }
  for (const [reason, [status, code]] of Object.entries(rows)) {
    it.scoped(`is ${status} with code ${String(code)} for ${reason}, and may be tried again`, () =>
      Effect.gen(function*() {
        const world = yield* World.make()
        world.answers.set(
          "send",
          World.failing(
            World.notSent(reason as typeof ReasonTag.Type, { retryAfter: Duration.seconds(3), vendorMessage: "+12025550123 said Hello" })
          )
        )
        const reply = yield* world.call("POST", "/sendblue/api/send-message", body)
        expect([reply.status, reply.body["error_code"], reply.body["status"]]).toEqual([status, code, "ERROR"])
        expect(reply.headers.get("x-should-retry")).toBeNull()
        expect(reply.headers.get("retry-after")).toBe("3")
        expect(reply.headers.get("interline-outcome")).toBe("not-sent")
        expect(reply.text).not.toContain("said Hello")
        world.answers.delete("send")
        expect((yield* world.call("POST", "/sendblue/api/send-message", body, { "x-stainless-retry-count": "1" })).status).toBe(200)
      }))
  }

  it.scoped("is the vendor's opt-out where somebody opted out", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      world.answers.set("send", World.failing(World.notSent("Suppressed")))
      expect((yield* world.call("POST", "/sendblue/api/send-message", body)).body).toMatchObject({
        status: "ERROR",
        error_code: 402,
        error_message: "OPTED_OUT",
        error_reason: "SpamRule",
        number: World.ada,
        from_number: World.ours
      })
    }))

  it.scoped("is 202 with a handle where nobody knows, and a retry gets the same", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      world.answers.set("send", World.failing(World.held))
      const first = yield* world.call("POST", "/sendblue/api/send-message", body)
      expect([first.status, first.body["status"], first.body["message_handle"]]).toEqual([202, "PENDING", World.held.deliveryId])
      expect(first.body["message"]).toMatch(/^Timeout waiting for message status/)
      const again = yield* world.call("POST", "/sendblue/api/send-message", body, { "x-stainless-retry-count": "1" })
      expect([again.text, again.headers.get("idempotent-replayed")]).toEqual([first.text, "true"])
      expect(sent(world)).toHaveLength(1)
    }))

  it.scoped("says in a header what was lost, and in the body what a plan refused", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      world.answers.set(
        "send",
        Effect.succeed({
          ...World.accepted(Conversation.direct(World.support, World.ada)),
          losses: [Loss.certain("effect-dropped", "first message")]
        })
      )
      const lossy = yield* world.call("POST", "/sendblue/api/send-message", body)
      expect(JSON.parse(lossy.headers.get("interline-losses") ?? "[]")).toMatchObject([{ kind: "effect-dropped" }])
      world.answers.set(
        "send",
        World.failing(
          new Invalid({
            deliveryId: World.held.deliveryId,
            losses: [],
            attempts: [],
            problems: [Problem.make("effect", ["effect"], "not here")]
          })
        )
      )
      expect((yield* world.call("POST", "/sendblue/api/send-message", body)).body).toMatchObject({
        error_code: 4000,
        error_message: "effect: not here"
      })
    }))

  it.scoped("says in the body what went out: no effect and no reply where the carrier dropped them", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const asked = { ...body, send_style: "shooting_star" }
      expect((yield* world.call("POST", "/sendblue/api/send-message", asked)).body["send_style"]).toBe("shooting_star")
      world.answers.set(
        "send",
        Effect.succeed({
          ...World.accepted(Conversation.direct(World.support, World.ada)),
          losses: [Loss.certain("effect-dropped", "no such effect", { from: "shooting_star" })]
        })
      )
      expect((yield* world.call("POST", "/sendblue/api/send-message", asked)).body["send_style"]).toBe("")
      // it depends on the service, which is not known yet
      world.answers.set(
        "send",
        Effect.succeed({
          ...World.accepted(Conversation.direct(World.support, World.ada)),
          losses: [Loss.conditional("effect-dropped", "not-iMessage", "only there")]
        })
      )
      expect((yield* world.call("POST", "/sendblue/api/send-message", asked)).body["send_style"]).toBe("shooting_star")
    }))

  it.scoped("tells of every field that is not known here, and sends the rest", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const answer = yield* world.call("POST", "/sendblue/api/send-message", {
        ...body,
        "not-a-name": 1,
        nothing: null,
        reply_to: undefined
      })
      expect(answer.status).toBe(200)
      expect(JSON.parse(answer.headers.get("interline-losses") ?? "[]")).toMatchObject([{
        kind: "unknown-field",
        certainty: "certain",
        from: "not-a-name"
      }])
      const group = yield* world.call("POST", "/sendblue/api/send-group-message", {
        from_number: body.from_number,
        numbers: [World.ada, "+12025550188"],
        content: "hi",
        "+12025550190": { at: 1 }
      })
      expect(JSON.parse(group.headers.get("interline-losses") ?? "[]")).toMatchObject([{ kind: "unknown-field", from: "+12025550190" }])
    }))

  it.scoped("gives the fields that only the vendor knows to whichever carrier the message goes to", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const answer = yield* world.call("POST", "/sendblue/api/send-message", {
        ...body,
        mention: "+12025550190",
        layout: { rows: [1, null] },
        nothing: null
      })
      expect([answer.status, answer.headers.get("interline-losses")]).toEqual([200, null])
      expect(sent(world).at(-1)?.draft.extras).toEqual({
        vendor: "sendblue",
        message: { mention: "+12025550190", layout: { rows: [1, null] } }
      })
    }))

  it.scoped("leaves out a caption that shows nothing, and refuses a message of nothing else", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      const picture = { ...body, media_url: "https://example.com/cat.jpg" }
      for (const content of [" ", "\n\t", "\u200b", "\u2800", "\ufffc"]) {
        expect((yield* world.call("POST", "/sendblue/api/send-message", { ...picture, content })).body).toMatchObject({
          status: "QUEUED",
          content: ""
        })
        expect(sent(world).at(-1)?.draft.parts).toEqual([{ _tag: "Media", url: picture.media_url }])
        const blank = yield* world.call("POST", "/sendblue/api/send-message", { ...body, content })
        expect([blank.status, blank.body["error_message"]]).toEqual([400, "message content or media_url is required"])
      }
      expect(sent(world)).toHaveLength(5)
    }))

  it.scoped("refuses what it does not know where nothing may be lost", () =>
    Effect.gen(function*() {
      const world = yield* World.make({ strict: true })
      const answer = yield* world.call("POST", "/sendblue/api/send-message", { ...body, "not-a-name": 1 })
      expect([answer.status, answer.body["error_message"]]).toEqual([
        400,
        "this gateway does not know not-a-name, and is told to refuse what it would lose"
      ])
      expect(sent(world)).toHaveLength(0)
    }))

  it.scoped("two equal messages that nobody calls a retry are two", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      yield* world.call("POST", "/sendblue/api/send-message", body)
      yield* world.call("POST", "/sendblue/api/send-message", body)
      expect(sent(world)).toHaveLength(2)
    }))
})

describe("a status callback", () => {
  const id = World.accepted(Conversation.direct(World.support, World.ada)).id
  const event = (number: number, deliveryId = id): GatewayEvent => ({
    id: number,
    at: 0,
    deliveryId,
    event: { kind: "router", data: { _tag: "Abandoned", deliveryId, at: 0 } }
  })

  it.scoped("is told what was heard between the send and its registration, and is registered once", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      world.log.push(event(1))
      world.answers.set(
        "send",
        Effect.sync(() => {
          world.log.push(event(2), event(3, DeliveryId.DeliveryId.make("00000000-0000-4000-8000-00000000000f")), event(4))
          return World.accepted(Conversation.direct(World.support, World.ada))
        })
      )
      const send = world.call("POST", "/sendblue/api/send-message", { ...body, status_callback: "https://app.example/status?x=1" })
      yield* send
      expect(Array.from(world.endpoints.values())).toMatchObject([
        { url: "https://app.example/status?x=1", dialect: "sendblue", deliveryId: id, events: ["outbound"], active: true }
      ])
      expect(world.published.map((events) => events.map((one) => one.id))).toEqual([[2, 4]])
      yield* send
      expect(world.endpoints.size).toBe(1)
    }))

  it.scoped("is not kept for a send of which nothing went out", () =>
    Effect.gen(function*() {
      const world = yield* World.make()
      world.answers.set("send", World.failing(World.notSent("RateLimited")))
      yield* world.call("POST", "/sendblue/api/send-message", { ...body, status_callback: "https://app.example/status" })
      expect(world.endpoints.size).toBe(0)
    }))
})
