/** The official client, @linqapp/sdk 0.28.2, makes every call it has and reads back what it wrote. */
import LinqAPIV3 from "@linqapp/sdk"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Running, start, subscriber } from "./sandbox.ts"

const line = "+12025550101"
const other = "+12025550102"
const ada = "+14155550001"
const bob = "+14155550002"
const cyd = "+14155550003"
const dee = "+14155550004"

let running: Running
let client: LinqAPIV3

beforeAll(async () => {
  running = await start()
  client = new LinqAPIV3({
    apiKey: running.sandbox.credentials.linqToken,
    baseURL: running.sandbox.linq,
    maxRetries: 0
  })
})

beforeEach(() => running.run(running.sandbox.network.reset))

afterAll(() => running.stop())

const text = (value: string) => ({ parts: [{ type: "text" as const, value }] })
const open = (to: Array<string> = [ada]) => client.chats.create({ from: line, to, message: text("Hello") })
const advance = (time: `${number} millis` | `${number} minutes`) => running.run(running.sandbox.network.advance(time))
const phone = (handle: string) => running.run(running.sandbox.network.phone(handle))
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (cause: unknown) => (cause instanceof LinqAPIV3.APIError ? { status: cause.status, body: cause.error } : cause)
  )

describe("chats", () => {
  it("creates a chat, and uses it again for the same people", async () => {
    const first = await open([ada, bob])
    const second = await client.chats.create({ from: line, to: [bob, ada], message: text("Again") })
    expect(second.chat.id).toBe(first.chat.id)
    expect(first.chat.is_group).toBe(true)
    expect(first.chat.message.delivery_status).toBe("pending")
    expect(first.chat.handles.map(({ handle }) => handle)).toEqual([line, ada, bob])
    expect(first.chat.health_status.status).toBe("HEALTHY")
  })

  it("lists chats page by page, by line and by person", async () => {
    await open([ada])
    await open([bob])
    await client.chats.create({ from: other, to: [ada], message: text("Hello") })
    const seen = []
    for await (const chat of client.chats.listChats({ limit: 1 })) seen.push(chat.id)
    expect(new Set(seen).size).toBe(3)
    expect((await client.chats.listChats({ from: line })).chats).toHaveLength(2)
    expect((await client.chats.listChats({ to: ada })).chats).toHaveLength(2)
  })

  it("reads and renames a group", async () => {
    const { chat } = await open([ada, bob])
    expect((await client.chats.retrieve(chat.id)).display_name).toBe(`${ada}, ${bob}`)
    const answer = await client.chats.update(chat.id, {
      display_name: "Team",
      group_chat_icon: "https://example.com/icon.png"
    })
    expect(answer).toEqual({ chat_id: chat.id, status: "pending" })
    await advance("100 millis")
    const renamed = await client.chats.retrieve(chat.id)
    expect([renamed.display_name, renamed.group_chat_icon]).toEqual(["Team", "https://example.com/icon.png"])
  })

  it("marks a chat as read, types in it, shares a contact card", async () => {
    const { chat } = await open()
    await client.chats.markAsRead(chat.id)
    await client.chats.typing.start(chat.id)
    expect((await phone(ada)).typing).toEqual([line])
    await client.chats.typing.stop(chat.id)
    await client.contactCard.create({ phone_number: line, first_name: "Acme", last_name: "Support" })
    await client.chats.shareContactCard(chat.id)
    const { contactCards, read, typing } = await phone(ada)
    expect(typing).toEqual([])
    expect(read.map((receipt) => receipt.line)).toEqual([line])
    expect(contactCards.map(({ name }) => name)).toEqual(["Acme Support"])
  })

  it("adds and removes participants, and leaves", async () => {
    const { chat } = await open([ada, bob, cyd])
    expect((await client.chats.participants.add(chat.id, { handle: dee })).status).toBe("accepted")
    await advance("100 millis")
    expect((await client.chats.retrieve(chat.id)).handles.map(({ handle }) => handle)).toContain(dee)
    expect((await client.chats.participants.remove(chat.id, { handle: bob })).status).toBe("accepted")
    await advance("100 millis")
    const removed = (await client.chats.retrieve(chat.id)).handles.find(({ handle }) => handle === bob)
    expect(removed?.status).toBe("removed")
    expect((await client.chats.leaveChat(chat.id)).status).toBe("accepted")
    expect(await refusal(client.chats.messages.send(chat.id, { message: text("still here") }))).toMatchObject({
      status: 409,
      body: { success: false, error: { status: 409, code: 2013 } }
    })
  })

  it("sends a voice memo", async () => {
    const { chat } = await open()
    const { voice_memo: memo } = await client.chats.sendVoicememo(chat.id, {
      voice_memo_url: "https://example.com/memo.m4a"
    })
    expect([memo.from, memo.to, memo.status, memo.voice_memo.filename]).toEqual([line, [ada], "queued", "memo.m4a"])
    expect((await phone(ada)).messages.at(-1)).toMatchObject({ id: memo.id, voiceMemo: true })
  })

  it("asks for a location and reads it", async () => {
    const { chat } = await open()
    expect((await client.chats.location.request(chat.id)).success).toBe(true)
    await running.run(running.sandbox.network.shareLocation(ada, { longitude: -122.4, latitude: 37.8 }))
    expect((await phone(ada)).locationRequests.map((asked) => asked.line)).toEqual([line])
    const shared = await client.chats.location.retrieve(chat.id)
    expect(await refusal(client.chats.location.request(chat.id))).toMatchObject({ status: 409 })
    expect(shared.data.features.map(({ geometry, properties }) => [properties.handle, geometry.coordinates])).toEqual([
      [ada, [-122.4, 37.8]]
    ])
  })
})

describe("messages", () => {
  it("sends every part, effect and decoration, and reads them back", async () => {
    const { chat } = await open()
    const message = {
      parts: [
        {
          type: "text" as const,
          value: "Hello world",
          text_decorations: [{ range: [0, 5], style: "bold" as const }, { range: [6, 11], animation: "shake" as const }]
        },
        { type: "media" as const, url: "https://example.com/photo.jpg" }
      ],
      effect: { type: "screen" as const, name: "confetti" },
      reply_to: { message_id: chat.message.id, part_index: 0 },
      preferred_service: "iMessage" as const
    }
    const sent = await client.chats.messages.send(chat.id, { message })
    expect(sent.chat_id).toBe(chat.id)
    await advance("100 millis")
    const read = await client.messages.retrieve(sent.message.id)
    expect(read).toMatchObject({
      delivery_status: "delivered",
      effect: message.effect,
      reply_to: message.reply_to,
      preferred_service: "iMessage",
      service: "iMessage",
      is_from_me: true,
      chat_id: chat.id
    })
    expect(read.parts?.[0]).toMatchObject({ value: "Hello world", text_decorations: message.parts[0]?.text_decorations })
    expect(read.parts?.[1]).toMatchObject({ type: "media", filename: "photo.jpg", mime_type: "image/jpeg" })
    expect((await phone(ada)).messages.at(-1)).toMatchObject({ text: "Hello world", effect: "confetti" })
  })

  it("lists a chat's messages page by page", async () => {
    const { chat } = await open()
    for (const value of ["one", "two", "three"]) await client.chats.messages.send(chat.id, { message: text(value) })
    const ids = []
    for await (const message of client.chats.messages.list(chat.id, { limit: 2 })) ids.push(message.id)
    expect(new Set(ids).size).toBe(4)
  })

  it("sends without a line, and again with the same key only once", async () => {
    const params = { to: [ada], message: text("Hi"), "Idempotency-Key": "key-1" }
    const first = await client.messages.create(params)
    const second = await client.messages.create(params)
    expect(first.from_selection).toEqual({ reason: "new_best_number", reused_existing_chat: false })
    expect(second.message.id).toBe(first.message.id)
    expect((await phone(ada)).messages).toHaveLength(1)
    const third = await client.messages.create({ to: [ada], message: text("More") })
    expect(third.from_selection.reason).toBe("reused_active_chat")
  })

  it("edits, reacts, follows a thread and forgets", async () => {
    const { chat } = await open()
    const edited = await client.messages.update(chat.message.id, { text: "Hello, edited" })
    expect(edited.parts?.[0]).toMatchObject({ value: "Hello, edited" })
    const said = await running.run(running.sandbox.network.say({ from: ada, to: line, text: "Hi!" }))
    expect((await client.messages.addReaction(said.id, { operation: "add", type: "love" })).status).toBe("accepted")
    expect((await client.messages.retrieve(said.id)).parts?.[0]?.reactions).toMatchObject([{ type: "love", is_me: true }])
    await client.messages.addReaction(said.id, { operation: "remove", type: "love" })
    expect((await client.messages.retrieve(said.id)).parts?.[0]?.reactions).toBeNull()
    const reply = await client.chats.messages.send(chat.id, {
      message: { ...text("Answer"), reply_to: { message_id: said.id } }
    })
    const thread = []
    for await (const message of client.messages.listMessagesThread(said.id, { order: "desc" })) thread.push(message.id)
    expect(thread).toEqual([reply.message.id, said.id])
    await client.messages.delete(reply.message.id)
    expect(await refusal(client.messages.retrieve(reply.message.id))).toMatchObject({ status: 404 })
    expect((await phone(ada)).messages.at(-1)).toMatchObject({ text: "Answer" })
  })

  it("sends an app card and updates it once it is delivered", async () => {
    const { chat } = await open()
    const card = {
      type: "imessage_app" as const,
      app: { name: "Game", team_id: "A1B2C3D4E5", bundle_id: "com.example.game" },
      layout: { caption: "Your move" },
      url: "https://example.com/game"
    }
    const sent = await client.chats.messages.send(chat.id, { message: { parts: [card] } })
    await advance("100 millis")
    const updated = await client.messages.updateAppCard(sent.message.id, { layout: { caption: "My move" }, url: card.url })
    expect(updated.message.parts[0]).toMatchObject({ app: card.app, layout: { caption: "My move" } })
  })
})

describe("attachments", () => {
  it("uploads a file and sends it", async () => {
    const bytes = new TextEncoder().encode("not really a jpeg")
    const upload = await client.attachments.create({
      filename: "photo.jpg",
      content_type: "image/jpeg",
      size_bytes: bytes.length
    })
    const { chat } = await open()
    const part = { type: "media" as const, attachment_id: upload.attachment_id }
    expect(await refusal(client.chats.messages.send(chat.id, { message: { parts: [part] } }))).toMatchObject({
      status: 404,
      body: { error: { code: 2007 } }
    })
    const put = await fetch(upload.upload_url, { method: "PUT", headers: upload.required_headers, body: bytes })
    expect(put.status).toBe(200)
    const sent = await client.chats.messages.send(chat.id, { message: { parts: [part] } })
    expect(sent.message.parts[0]).toMatchObject({ id: upload.attachment_id, size_bytes: bytes.length })
    const attachment = await client.attachments.retrieve(upload.attachment_id)
    expect(attachment).toMatchObject({ filename: "photo.jpg", content_type: "image/jpeg", size_bytes: bytes.length })
    expect(await (await fetch(upload.download_url)).text()).toBe("not really a jpeg")
    await client.attachments.delete(upload.attachment_id)
    expect(await refusal(client.attachments.retrieve(upload.attachment_id))).toMatchObject({ status: 404 })
  })
})

describe("numbers", () => {
  it("lists lines and forwards calls", async () => {
    const { phone_numbers: numbers } = await client.phoneNumbers.list()
    expect(numbers.map(({ phone_number }) => phone_number)).toEqual([line, other])
    expect(numbers[0]?.reputation.status).toBe("HEALTHY")
    const id = numbers[0]?.id ?? ""
    expect(await client.phoneNumbers.update(id, { forwarding_number: dee })).toMatchObject({ forwarding_number: dee })
    expect((await client.phoneNumbers.list()).phone_numbers[0]?.forwarding_number).toBe(dee)
    expect((await client.phonenumbers.list()).phone_numbers.map(({ phone_number }) => phone_number)).toEqual([line, other])
  })

  it("picks an available number and checks what a handle can receive", async () => {
    expect((await client.availableNumber.retrieve({ to: [ada] })).phone_number).toBe(line)
    await running.run(running.sandbox.network.person({ handle: bob, service: "RCS" }))
    expect(await client.capability.checkIMessage({ address: ada })).toEqual({ address: ada, available: true })
    expect(await client.capability.checkRCS({ address: ada })).toEqual({ address: ada, available: false })
    expect(await client.capability.checkRCS({ address: bob })).toEqual({ address: bob, available: true })
  })

  it("keeps a contact card", async () => {
    await client.contactCard.create({ phone_number: line, first_name: "Acme" })
    await client.contactCard.update({ phone_number: line, last_name: "Support" })
    expect((await client.contactCard.retrieve({ phone_number: line })).contact_cards).toEqual([
      { phone_number: line, first_name: "Acme", last_name: "Support", is_active: true }
    ])
    expect(await refusal(client.contactCard.create({ phone_number: line, first_name: "Acme" }))).toMatchObject({
      status: 409,
      body: { error: { code: 2014 } }
    })
  })
})

describe("webhooks", () => {
  it("manages subscriptions", async () => {
    const { events } = await client.webhookEvents.list()
    expect(events).toContain("message.received")
    const created = await client.webhookSubscriptions.create({
      target_url: "https://example.com/hook?version=2026-02-03",
      subscribed_events: ["message.received"],
      phone_numbers: [line]
    })
    expect(created.signing_secret).toMatch(/^whsec_/)
    const updated = await client.webhookSubscriptions.update(created.id, {
      subscribed_events: ["message.sent"],
      is_active: false,
      phone_numbers: []
    })
    expect(updated).toMatchObject({ subscribed_events: ["message.sent"], is_active: false, phone_numbers: null })
    expect((await client.webhookSubscriptions.list()).subscriptions).toEqual([updated])
    expect(await client.webhookSubscriptions.retrieve(created.id)).toEqual(updated)
    await client.webhookSubscriptions.delete(created.id)
    expect((await client.webhookSubscriptions.list()).subscriptions).toEqual([])
  })

  it("delivers events that the client verifies and unwraps", async () => {
    const hook = await subscriber()
    const { signing_secret: secret } = await client.webhookSubscriptions.create({
      target_url: hook.url,
      subscribed_events: ["chat.created", "message.sent", "message.delivered", "message.received", "message.read", "reaction.added"]
    })
    const { chat } = await open()
    await advance("100 millis")
    await running.run(running.sandbox.network.read(ada))
    await running.run(running.sandbox.network.react({ from: ada, messageId: chat.message.id, type: "like" }))
    await running.run(running.sandbox.network.say({ from: ada, to: line, text: "Hi!" }))
    await running.run(running.sandbox.network.settle)
    const events = hook.received.map(({ body, headers }) => client.webhooks.unwrap(body, { headers, key: secret }))
    expect(events.map((event) => event.event_type)).toEqual([
      "chat.created",
      "message.sent",
      "message.delivered",
      "message.read",
      "reaction.added",
      "message.received"
    ])
    expect(() => client.webhooks.unwrap(`${hook.received[0]?.body} `, { headers: hook.received[0]?.headers ?? {}, key: secret })).toThrow()
    await hook.stop()
  })
})

describe("refusals", () => {
  it("answers as the vendor does, with the client's error classes", async () => {
    const stranger = new LinqAPIV3({ apiKey: "wrong", baseURL: running.sandbox.linq, maxRetries: 0 })
    await expect(stranger.chats.listChats()).rejects.toBeInstanceOf(LinqAPIV3.AuthenticationError)
    await expect(client.messages.retrieve("00000000-0000-4000-8000-000000000000")).rejects.toBeInstanceOf(
      LinqAPIV3.NotFoundError
    )
    await expect(client.chats.create({ from: "+19995550100", to: [ada], message: text("x") })).rejects.toBeInstanceOf(
      LinqAPIV3.PermissionDeniedError
    )
    await expect(client.chats.create({ from: line, to: ["0155"], message: text("x") })).rejects.toBeInstanceOf(
      LinqAPIV3.BadRequestError
    )
  })

  it("puts three messages on the phone when the acknowledgement is lost and the send has no key", async () => {
    const retrying = new LinqAPIV3({ apiKey: running.sandbox.credentials.linqToken, baseURL: running.sandbox.linq })
    await running.run(running.sandbox.network.addFault({ vendor: "linq", kind: "ack-lost-reset", times: "forever" }))
    await expect(retrying.chats.create({ from: line, to: [ada], message: text("once?") })).rejects.toBeInstanceOf(
      LinqAPIV3.APIConnectionError
    )
    expect((await phone(ada)).messages).toHaveLength(3)
  })
})
