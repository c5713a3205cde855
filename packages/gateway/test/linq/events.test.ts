import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as AccountNotice from "@interline/core/AccountNotice"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { MessagingService } from "@interline/core/MessagingService"
import type { Poll } from "@interline/core/Poll"
import * as Linq from "@interline/linq/Linq"
import * as LinqWebhook from "@interline/linq/LinqWebhook"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { Endpoint } from "@interline/sql/EndpointTable"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Standard from "standardwebhooks"
import { NotRendered, type Renderer } from "../../src/events/Renderer.ts"
import * as RenderEvent from "../../src/fronts/linq/events/renderEvent.ts"
import type { Services } from "../../src/fronts/linq/services.ts"
import { outbound } from "../sendblue/world.ts"

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
const support = Line.name("support")
const number = Handle.phone("+12025550101")
const ada = Handle.make("+12025550123")
const conversation = Conversation.direct(support, ada)
const chatId = "6a1f7c9e-3c5d-4e0a-9a44-7d9f2b1c0e55"
const deliveryId = DeliveryId.make("00000000-0000-4000-8000-000000000001")
const now = 1_795_000_000_000

const nobody = () => Effect.dieMessage("nobody asks for this")

const carriers: MessagingService["carriers"] = [linq, sendblue].map((id) => ({
  id,
  vendor: id,
  capabilities: Linq.capabilities,
  lines: new Map([[support, number]])
}))

/** What is needed to tell of things that are not in the archive. */
const services = {
  archive: {
    recordArrival: nobody,
    recordMessage: nobody,
    recordStatus: nobody,
    report: () => Effect.succeedNone,
    find: () => Effect.succeedNone,
    list: () => Effect.succeed({ items: [], total: 0 }),
    count: () => Effect.succeed([])
  },
  ids: {
    toMessageId: ({ id }) => Effect.succeed(`shown-${id}`),
    findMessage: nobody,
    toChatId: () => Effect.succeed(chatId),
    findChat: () => Effect.succeedNone,
    toAttachmentId: ({ id }) => Effect.succeed(`shown-${id}`),
    findAttachment: nobody,
    openGroup: nobody,
    findGroup: nobody,
    remember: () => Effect.void,
    findConversation: () => Effect.succeedNone
  },
  front: {
    once: nobody,
    send: nobody,
    headers: () => ({}),
    strict: false,
    lineOf: (given) => given === number ? Option.some(support) : Option.none(),
    numberOf: () => Option.some(number),
    onlyLine: Option.some(support)
  },
  suppression: {
    find: () => Effect.succeedNone,
    add: nobody,
    addAll: nobody,
    lift: nobody,
    remove: nobody,
    confirm: nobody,
    list: Effect.succeed([]),
    page: nobody
  },
  files: { open: nobody, find: nobody, recordUpload: nobody, findByRef: () => Effect.succeedNone, remove: nobody },
  own: { has: (id) => id === linq, withLine: () => undefined }
} as const satisfies Partial<Services>

const poll = (id: string): Poll => ({
  ref: { carrierId: linq, id },
  options: [{ id: "o1", text: "Monday", creator: number, voters: [{ peer: ada, at: "2026-11-21T12:00:00Z" }] }],
  totalVoters: 1,
  reactions: [],
  metadata: {}
})

const getPoll = ({ id }: MessageRef.MessageRef) =>
  id === "gone" || id === "late"
    ? Effect.fail(MessagingError.make(id === "gone" ? "NotFound" : "Unavailable", { operation: "getPoll" }))
    : Effect.succeed(poll(id))

const getMessage = ({ id }: MessageRef.MessageRef) =>
  Effect.fail(MessagingError.make(id === "gone" ? "NotFound" : "Unavailable", { operation: "getMessage" }))

const render = RenderEvent.make(
  { ...services, messaging: { carriers, getPoll, getMessage }, chats: {}, carriersListChats: true } as unknown as Services
)

const secret = `whsec_${Encoding.encodeBase64(new Uint8Array(24).fill(7))}`

const endpoint = (version: string, more: Partial<Endpoint> = {}): Endpoint => ({
  id: "e1",
  url: `https://hooks.example.com/?version=${version}`,
  dialect: "linq",
  events: [],
  lines: [],
  secret: Redacted.make(secret),
  active: true,
  createdAt: 0,
  updatedAt: 0,
  ...more
})

const Body = Schema.parseJson(
  Schema.Struct({
    webhook_version: Schema.String,
    event_type: Schema.String,
    event_id: Schema.String,
    trace_id: Schema.String,
    data: Schema.Record({ key: Schema.String, value: Schema.Unknown })
  })
)

const attempt = { messageId: "delivery-1", at: now }

const gatewayEvent = (data: MessagingEvent, more: Partial<GatewayEvent> = {}): GatewayEvent => ({
  id: 7,
  at: now,
  conversation,
  event: { kind: "carrier", data },
  ...more
})

const told = (event: GatewayEvent, version = "2026-02-03", by = render) =>
  Effect.flatMap(
    by(event, endpoint(version), attempt),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: ({ body, headers, type }) => Effect.map(Schema.decode(Body)(body), (read) => Option.some({ read, body, headers, type }))
    })
  )

const received: MessagingEvent = {
  _tag: "Received",
  carrierId: sendblue,
  id: "v1",
  message: {
    ref: { carrierId: sendblue, id: "m1" },
    direction: "inbound",
    from: ada,
    to: [number],
    parts: [
      { _tag: "Text", text: "Hi", decorations: [], reactions: [] },
      { _tag: "Media", url: "https://example.com/a.jpg", reactions: [] }
    ],
    effect: { neutral: "shooting_star", raw: "shooting_star" },
    status: { neutral: "delivered", raw: "RECEIVED" },
    service: { neutral: "iMessage", raw: "iMessage" },
    metadata: {}
  }
}

describe("an event in Linq's words", () => {
  it.effect("is verified by Standard Webhooks, and by the deprecated pair", () =>
    Effect.gen(function*() {
      const { body, headers } = yield* Effect.flatten(told(gatewayEvent(received)))
      assert.strictEqual(headers["webhook-id"], attempt.messageId)
      // the library reads the time of the day
      const signature = new Standard.Webhook(secret).sign(attempt.messageId, new Date(now), body)
      assert.strictEqual(headers["webhook-signature"], signature)
      assert.strictEqual(headers["x-webhook-subscription-id"], "e1")
      const receiver = yield* LinqWebhook.make({ secrets: [Redacted.make(secret)], maxAge: "36500 days", tolerance: "36500 days" })
      const { "webhook-id": _id, "webhook-signature": _signature, "webhook-timestamp": _time, ...legacy } = headers
      for (const shown of [headers, legacy]) {
        const [event] = yield* receiver.receive({ headers: shown, body: new TextEncoder().encode(body), url: "" })
        assert.strictEqual(event?._tag, "Received")
      }
    }))

  it.effect("carries no signature of Standard Webhooks under a secret that is no key of theirs", () =>
    Effect.gen(function*() {
      const rendered = yield* Effect.flatten(
        render(gatewayEvent(received), endpoint("2026-02-03", { secret: Redacted.make("not base64!") }), attempt)
      )
      assert.isUndefined(rendered.headers["webhook-signature"])
      assert.isString(rendered.headers["x-webhook-signature"])
    }))

  it.effect("names who is mentioned in a text, in both versions, and nobody where nobody is", () =>
    Effect.gen(function*() {
      // the line's number at the carrier, which the program does not know
      const mentions = [{ peer: "+12025550177", isMine: true, start: 0, end: 4 }, {
        peer: "ben@example.com",
        isMine: false,
        start: 5,
        end: 8
      }] as const
      const data = {
        ...received,
        message: { ...received.message, parts: [{ _tag: "Text", text: "Ada, Ben", decorations: [], reactions: [], mentions }] }
      } as unknown as MessagingEvent
      const written = [{ handle: "+12025550101", is_me: true, range: [0, 4] }, { handle: "ben@example.com", is_me: false, range: [5, 8] }]
      const { read } = yield* Effect.flatten(told(gatewayEvent(data)))
      deepStrictEqual(Object(read.data["parts"])[0].mentions, written)
      const { mention, mention_range } = Object(read.data["parts"])[0]
      deepStrictEqual([mention, mention_range], ["+12025550101", [0, 4]])
      const older = yield* Effect.flatten(told(gatewayEvent(data), "2025-01-01"))
      deepStrictEqual(Object(older.read.data["message"]).parts[0].mentions, written)
      assert.notInclude((yield* Effect.flatten(told(gatewayEvent(received)))).body, "mentions")
    }))

  it.effect("says of a message that is history when it was recovered, and nothing of the kind of another", () =>
    Effect.gen(function*() {
      const late = { ...received, message: { ...received.message, recoveredAt: "2026-11-21T12:00:00Z" } }
      const { read } = yield* Effect.flatten(told(gatewayEvent(late)))
      assert.strictEqual(read.data["reconciled_at"], "2026-11-21T12:00:00Z")
      const older = yield* Effect.flatten(told(gatewayEvent(late), "2025-01-01"))
      assert.strictEqual(Object(older.read.data["message"])["reconciled_at"], "2026-11-21T12:00:00Z")
      assert.notProperty((yield* Effect.flatten(told(gatewayEvent(received)))).read.data, "reconciled_at")
    }))

  it.effect("reads back as what it was, in both payload versions", () =>
    Effect.gen(function*() {
      const receiver = yield* LinqWebhook.make({ secrets: [Redacted.make(secret)], maxAge: "36500 days", tolerance: "36500 days" })
      const ref = { carrierId: sendblue, id: "m1" }
      const common = { carrierId: sendblue, at: "2026-11-21T12:00:00.000Z" }
      const reaction = { reaction: { _tag: "Emoji" as const, emoji: "👀" }, from: ada, isMine: false, raw: "custom" }
      const chat = { carrierId: sendblue, id: "g1" }
      const participant = { peer: ada, isMine: false, metadata: {} }
      const option = { id: "o1", text: "Monday", creator: ada, voters: [{ peer: ada, at: "2026-11-21T12:00:00.000Z" }] }
      const events: ReadonlyArray<MessagingEvent> = [
        received,
        { _tag: "Status", ...common, fact: { ref, status: "failed" }, failure: { code: "4000", detail: "no such phone" } },
        { _tag: "Reaction", ...common, ref, change: "added", reaction },
        { _tag: "Reaction", ...common, ref, change: "removed", reaction },
        { _tag: "Participant", ...common, chat, change: "added", participant },
        { _tag: "Participant", ...common, chat, change: "removed", participant },
        { _tag: "Chat", ...common, change: "renamed", ref: chat, before: "Old", after: "New" },
        { _tag: "Chat", ...common, change: "icon", ref: chat, after: "https://example.com/i.png" },
        { _tag: "Chat", ...common, change: "rename-failed", ref: chat },
        { _tag: "Chat", ...common, change: "icon-failed", ref: chat, vendorCode: "3007" },
        { _tag: "Typing", ...common, from: ada, line: number, typing: true },
        { _tag: "Typing", ...common, from: ada, line: number, typing: false },
        { _tag: "Line", ...common, number, status: "critical", available: false, raw: "OFFLINE" },
        { _tag: "Location", ...common, change: "started", from: ada, line: number, endsAt: "2026-11-21T13:00:00.000Z" },
        { _tag: "Location", ...common, change: "stopped", from: ada, line: number },
        {
          _tag: "Poll",
          ...common,
          change: "received",
          ref,
          chat,
          from: ada,
          byMe: false,
          options: [{ id: "o1", text: "Monday", voters: [] }]
        },
        { _tag: "Poll", ...common, change: "options-added", ref, chat, from: ada, byMe: false, options: [option] },
        { _tag: "Poll", ...common, change: "vote-added", ref, chat, from: ada, byMe: false, options: [], option: "o1" },
        { _tag: "Poll", ...common, change: "vote-removed", ref, chat, from: ada, byMe: false, options: [], option: "o1" }
      ]
      for (const version of ["2025-01-01", "2026-02-03"]) {
        for (const event of events) {
          const { body, headers, read, type } = yield* Effect.flatten(told(gatewayEvent(event), version))
          assert.strictEqual(read.webhook_version, version)
          assert.strictEqual(read.event_type, type)
          const [back] = yield* receiver.receive({ headers, body: new TextEncoder().encode(body), url: "" })
          assert.strictEqual(back?._tag, event._tag, `${version} ${type}`)
          if (back !== undefined && "change" in back && "change" in event) assert.strictEqual(back.change, event.change)
        }
      }
    }))

  it.effect("of a poll of ours has the poll as its carrier shows it, waits if it cannot be read now, and is left out if it is gone", () =>
    Effect.gen(function*() {
      const status = (raw: string, id = "poll"): MessagingEvent => ({
        _tag: "Status",
        carrierId: linq,
        fact: { ref: { carrierId: linq, id }, status: "sent", raw, at: "2026-11-21T12:00:00Z" }
      })
      const sent = yield* Effect.flatten(told(gatewayEvent(status("poll.sent"))))
      assert.strictEqual(sent.type, "poll.sent")
      assert.deepInclude(sent.read.data, { message_id: "shown-poll", direction: "outbound", sent_at: "2026-11-21T12:00:00Z" })
      assert.deepInclude(sent.read.data["poll"], { total_voters: 1 })
      const failed = yield* Effect.flatten(told(gatewayEvent(status("poll.failed"))))
      assert.deepInclude(failed.read.data, { sender_handle: null, failed_at: "2026-11-21T12:00:00Z" })
      assert.isTrue(Option.isNone(yield* told(gatewayEvent(status("poll.sent", "gone")))))
      const late = yield* Effect.flip(told(gatewayEvent(status("poll.sent", "late"))))
      deepStrictEqual(late, new NotRendered({ why: "the poll cannot be read from its carrier now: Unavailable" }))
    }))

  it.effect("of another program's message has what is known of it if it is gone, and waits if it cannot be read now", () =>
    Effect.gen(function*() {
      const status = (id: string): MessagingEvent => ({
        _tag: "Status",
        carrierId: linq,
        fact: { ref: { carrierId: linq, id }, status: "delivered", at: "2026-11-21T12:00:00Z" }
      })
      assert.strictEqual((yield* Effect.flatten(told(gatewayEvent(status("gone"))))).type, "message.delivered")
      const late = yield* Effect.flip(told(gatewayEvent(status("late"))))
      deepStrictEqual(late, new NotRendered({ why: "the message cannot be read from its carrier now: Unavailable" }))
    }))

  it.effect("of another vendor's failure has Linq's number for a delivery that failed, and the reason", () =>
    Effect.gen(function*() {
      const failed = (carrierId: CarrierId.CarrierId, code: string): MessagingEvent => ({
        _tag: "Status",
        carrierId,
        fact: { ref: { carrierId, id: "m1" }, status: "failed", at: "2026-11-21T12:00:00Z" },
        failure: { code, detail: "no such phone" }
      })
      const other = yield* Effect.flatten(told(gatewayEvent(failed(sendblue, "4000"), { deliveryId })))
      deepStrictEqual(other.read.data, {
        chat_id: chatId,
        message_id: deliveryId,
        code: 4001,
        reason: "no such phone",
        failed_at: "2026-11-21T12:00:00Z"
      })
      const own = yield* Effect.flatten(told(gatewayEvent(failed(linq, "3007"), { deliveryId })))
      assert.strictEqual(own.read.data["code"], 3007)
    }))

  it.effect("is no failure where the message is known to have arrived", () =>
    Effect.gen(function*() {
      const failed: MessagingEvent = { _tag: "Status", carrierId: linq, fact: { ref: { carrierId: linq, id: "m1" }, status: "failed" } }
      const isTold = (more: Partial<GatewayEvent>) => Effect.map(told(gatewayEvent(failed, { deliveryId, ...more })), Option.isSome)
      deepStrictEqual([yield* isTold({ status: "delivered" }), yield* isTold({ status: "read" })], [false, false])
      deepStrictEqual([yield* isTold({ status: "failed" }), yield* isTold({})], [true, true])
    }))

  it.effect("waits until every message of a delivery has got that far, and a decision is no news where a carrier said more", () =>
    Effect.gen(function*() {
      const [one, two] = [MessageRef.make(linq, "m1"), MessageRef.make(linq, "m2")]
      const given = outbound({ id: deliveryId })
      const after = (facts: ReadonlyArray<DeliveryStatus.StatusFact>): Renderer => {
        const report = DeliveryStatus.report(facts.reduce(DeliveryStatus.add, DeliveryStatus.empty), [one, two].slice(0, facts.length))
        return RenderEvent.make(
          {
            ...services,
            archive: { ...services.archive, find: () => Effect.succeedSome({ ...given, report }) },
            messaging: { carriers },
            chats: {},
            carriersListChats: true
          } as unknown as Services
        )
      }
      const type = (event: GatewayEvent, facts: ReadonlyArray<DeliveryStatus.StatusFact>) =>
        Effect.map(told(event, undefined, after(facts)), Option.map(({ type }) => type))
      const delivered = gatewayEvent({ _tag: "Status", carrierId: linq, fact: { ref: one, status: "delivered" } }, { deliveryId })
      deepStrictEqual(yield* type(delivered, [{ ref: one, status: "delivered" }, { ref: two, status: "sent" }]), Option.none())
      deepStrictEqual(
        yield* type(delivered, [{ ref: one, status: "delivered" }, { ref: two, status: "delivered" }]),
        Option.some("message.delivered")
      )
      const late: GatewayEvent = {
        id: 8,
        at: now,
        deliveryId,
        conversation,
        event: { kind: "router", data: { _tag: "LateArrival", deliveryId, at: now, carrierId: linq, line: support, generation: 1 } }
      }
      deepStrictEqual(yield* type(late, [{ ref: one, status: "sent" }]), Option.some("message.sent"))
      deepStrictEqual(yield* type(late, [{ ref: one, status: "delivered" }]), Option.none())
    }))

  it.effect("has the trace of the delivery that it is about", () =>
    Effect.gen(function*() {
      const failed: MessagingEvent = { _tag: "Status", carrierId: linq, fact: { ref: { carrierId: linq, id: "m1" }, status: "failed" } }
      const { read } = yield* Effect.flatten(told(gatewayEvent(failed, { deliveryId })))
      assert.strictEqual(read.trace_id, deliveryId.replaceAll("-", ""))
    }))

  it.effect("is told where Linq has a word for it, and of decisions only what no carrier's event says", () =>
    Effect.gen(function*() {
      const isTold = (data: MessagingEvent) => Effect.map(told(gatewayEvent(data)), Option.isSome)
      const common = { carrierId: linq }
      assert.isFalse(yield* isTold({ _tag: "OptedOut", ...common, handle: ada }))
      assert.isFalse(yield* isTold({ _tag: "Status", ...common, fact: { ref: { carrierId: linq, id: "m" }, status: "queued" } }))
      assert.isFalse(yield* isTold({ _tag: "Unrecognized", ...common, kind: "poll.received", raw: { data: {} } }))
      assert.isFalse(yield* isTold({ _tag: "Unrecognized", ...common, kind: "team_member.added", raw: { data: {} } }))
      const card = { first_name: "Ada", last_name: "", owner_handle: number, sender_handle: ada, media_url: null }
      const shown = yield* Effect.flatten(
        told(gatewayEvent({ _tag: "Unrecognized", ...common, kind: "contact_card.received", raw: { data: card } }))
      )
      deepStrictEqual([shown.type, shown.read.data], ["contact_card.received", card])
      assert.isTrue(yield* isTold({ _tag: "Unrecognized", ...common, kind: "location.sharing.started", raw: { data: { shared_by: ada } } }))
      const decision = (data: RouterEvent) => told({ id: 8, at: now, deliveryId, conversation, event: { kind: "router", data } })
      const settled = { _tag: "Settled" as const, deliveryId, at: now, carrierId: linq, line: support, arrived: false }
      const denied = yield* Effect.flatten(decision({ ...settled, by: "operator" }))
      deepStrictEqual([denied.type, denied.read.data["message_id"]], ["message.failed", deliveryId])
      assert.isTrue(Option.isNone(yield* decision({ ...settled, by: "event" })))
      assert.isTrue(Option.isNone(yield* decision({ _tag: "Abandoned", deliveryId, at: now })))
    }))

  it.effect("tells of a number that has come or gone, whoever found it, and of nothing else of the account", () =>
    Effect.gen(function*() {
      const at = "2026-11-21T12:00:00Z"
      const account = (what: AccountNotice.What): MessagingEvent => ({
        _tag: "Account",
        carrierId: linq,
        at,
        kind: "phone_number.released",
        what,
        ...AccountNotice.meaningOf(what),
        // the line's number at the carrier, or one that is no line of ours
        number: what === "line-gone" ? number : Handle.phone("+12025550177")
      })
      const noticed = (what: AccountNotice.What, line?: Line.LineName) =>
        gatewayEvent(received, {
          event: { kind: "router", data: { _tag: "Noticed", at: now, carrierId: linq, what, ...(line === undefined ? {} : { line }) } }
        })
      const shown = (event: GatewayEvent) => Effect.map(told(event), Option.map(({ read, type }) => [type, read.data]))
      deepStrictEqual(
        yield* shown(gatewayEvent(account("line-gone"))),
        Option.some(["phone_number.released", { phone_number: number, changed_at: at }])
      )
      deepStrictEqual(
        yield* shown(gatewayEvent(account("line-assigned"))),
        Option.some(["phone_number.assigned", { phone_number: "+12025550177", changed_at: at }])
      )
      deepStrictEqual(
        yield* shown(noticed("line-assigned", support)),
        Option.some(["phone_number.assigned", { phone_number: number, changed_at: new Date(now).toISOString() }])
      )
      deepStrictEqual(
        yield* Effect.forEach(
          [gatewayEvent(account("token-ended")), noticed("webhook-off", support), noticed("line-gone")],
          shown
        ),
        [Option.none(), Option.none(), Option.none()]
      )
    }))

  it.effect("shows an effect that Linq does not have by its neutral name, and a file without its size", () =>
    Effect.gen(function*() {
      const { read } = yield* Effect.flatten(told(gatewayEvent(received)))
      deepStrictEqual(read.data["effect"], { type: "screen", name: "shooting_star" })
      assert.deepInclude(JSON.parse(JSON.stringify(read.data["parts"])) as ReadonlyArray<unknown>, {
        type: "media",
        id: JSON.parse(JSON.stringify(read.data["parts"]))[1].id,
        url: "https://example.com/a.jpg",
        filename: "a.jpg",
        mime_type: "image/jpeg",
        size_bytes: null
      })
    }))
})

describe("a reaction that came as a text, in Linq's words", () => {
  const text = (raw: string, more: Partial<Extract<MessagingEvent, { _tag: "Reaction" }>> = {}): MessagingEvent => ({
    _tag: "Reaction",
    carrierId: sendblue,
    id: "h-9 RECEIVED",
    line: number,
    change: "added",
    reaction: { reaction: { _tag: "Tapback", tapback: "like" }, from: ada, isMine: false, raw },
    ...more
  })

  const message = (id: string, words: string) => ({
    _tag: "Inbound" as const,
    id,
    at: 0,
    updatedAt: 0,
    message: {
      ...(received as Extract<MessagingEvent, { _tag: "Received" }>).message,
      parts: [{ _tag: "Text" as const, text: words, decorations: [], reactions: [] }]
    }
  })

  const rendering = (event: GatewayEvent) => {
    const archive = {
      ...services.archive,
      list: () =>
        Effect.succeed({
          items: [message("newest", "see you at nine"), message("older", "see you at nine"), message("long", "a long text that goes on")],
          total: 3
        })
    }
    return Effect.flatMap(
      RenderEvent.make({ ...services, archive, messaging: { carriers }, chats: {}, carriersListChats: true } as unknown as Services)(
        event,
        endpoint("2026-02-03"),
        attempt
      ),
      Effect.map(({ body, type }) => ({ type, data: Schema.decodeSync(Body)(body).data }))
    )
  }

  it.effect("is on the newest message that it quotes, also where the quotation is cut off", () =>
    Effect.gen(function*() {
      const { data, type } = yield* rendering(gatewayEvent(text("Liked “see you at nine”")))
      assert.deepInclude(data, { chat_id: chatId, message_id: "newest", reaction_type: "like", from: ada, part_index: 0 })
      assert.strictEqual(type, "reaction.added")
      for (
        const raw of [
          "Liked “a long text…”",
          "A aimé « a long text… »",
          "Gefällt „a long text…“",
          "\u200a\u200b👍\u200b to “\u200aa long text…\u200a”\u200a"
        ]
      ) {
        assert.deepInclude((yield* rendering(gatewayEvent(text(raw)))).data, { chat_id: chatId, message_id: "long" })
      }
    }))

  it.effect("is told as the text that it came as where no message is quoted, or none is found", () =>
    Effect.gen(function*() {
      for (const raw of ["Liked an image", "Liked “what nobody wrote”"]) {
        const { data, type } = yield* rendering(gatewayEvent(text(raw)))
        assert.strictEqual(type, "message.received")
        assert.strictEqual(Object(data["chat"])["id"], chatId)
        assert.strictEqual(Object(Object(data["parts"])[0])["value"], raw)
        assert.strictEqual(data["service"], "iMessage")
      }
    }))
})
