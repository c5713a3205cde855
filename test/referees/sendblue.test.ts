/** The official client, sendblue 3.17.0, makes every call it has for what the sandbox covers and reads back what it wrote. */
import SendblueAPI from "sendblue"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Running, start, subscriber } from "./sandbox.ts"

const line = "+12025550201"
const ada = "+14155550001"
const bob = "+14155550002"
const cyd = "+14155550003"
const dee = "+14155550004"

let running: Running
let client: SendblueAPI

const make = (options: { readonly maxRetries: number }) =>
  new SendblueAPI({
    apiKey: running.sandbox.credentials.sendblueKeyId,
    apiSecret: running.sandbox.credentials.sendblueSecretKey,
    baseURL: running.sandbox.sendblue,
    ...options
  })

beforeAll(async () => {
  running = await start()
  client = make({ maxRetries: 0 })
})

beforeEach(() => running.run(running.sandbox.network.reset))

afterAll(() => running.stop())

const advance = (time: `${number} millis`) => running.run(running.sandbox.network.advance(time))
const phone = (handle: string) => running.run(running.sandbox.network.phone(handle))
const send = (content: string, number = ada) => client.messages.send({ number, from_number: line, content })

describe("messages", () => {
  it("sends one with everything and finds it by status, id and list", async () => {
    const first = await send("Hello")
    const sent = await client.messages.send({
      number: ada,
      from_number: line,
      content: "Look",
      media_url: "https://example.com/photo.jpg",
      send_style: "celebration",
      reply_to: { message_handle: first.message_handle ?? "", part_index: 0 }
    })
    expect(sent).toMatchObject({
      status: "QUEUED",
      content: "Look",
      from_number: line,
      number: ada,
      send_style: "celebration",
      media_url: "https://example.com/photo.jpg",
      is_outbound: true
    })
    await advance("100 millis")
    const handle = sent.message_handle ?? ""
    expect((await client.messages.getStatus({ handle })).status).toBe("DELIVERED")
    expect((await client.messages.retrieve(handle)).data).toMatchObject({ content: "Look", status: "DELIVERED" })
    const { data, pagination } = await client.messages.list({ to_number: ada, order_direction: "asc", limit: 1 })
    expect(data?.map(({ content }) => content)).toEqual(["Hello"])
    expect(pagination).toEqual({ total: 2, limit: 1, offset: 0, hasMore: true })
    expect((await phone(ada)).messages[1]).toMatchObject({ text: "Look", effect: "celebration" })
  })

  it("filters the list by everything the client offers", async () => {
    await send("to Ada")
    await send("to Bob", bob)
    await running.run(running.sandbox.network.say({ from: ada, to: line, text: "from Ada" }))
    await advance("100 millis")
    const count = async (query: SendblueAPI.MessageListParams) => (await client.messages.list(query)).pagination?.total
    expect(await count({ number: ada })).toBe(2)
    expect(await count({ from_number: ada })).toBe(1)
    expect(await count({ is_outbound: "false" })).toBe(1)
    expect(await count({ sendblue_number: line })).toBe(3)
    expect(await count({ status: "DELIVERED" })).toBe(2)
    expect(await count({ service: "SMS" })).toBe(0)
    expect(await count({ message_type: "group" })).toBe(0)
    expect(await count({ created_at_gte: "2999-01-01T00:00:00Z" })).toBe(0)
    expect(await count({ updated_at_lte: "2999-01-01T00:00:00Z", order_by: "updatedAt" })).toBe(3)
    expect(await count({ sent_at_gte: "2000-01-01T00:00:00Z", order_by: "sentAt" })).toBe(3)
  })

  it("sends a carousel", async () => {
    const urls = ["https://example.com/1.jpg", "https://example.com/2.jpg"]
    const sent = await client.sendCarousel.send({ number: ada, from_number: line, media_urls: urls })
    expect(sent).toMatchObject({ status: "QUEUED", media_url: urls[0] })
    expect((await phone(ada)).messages[0]).toMatchObject({ media: urls, carousel: true })
  })

  it("updates an app card, once per key", async () => {
    const card = {
      appName: "Game",
      extensionBundleId: "com.example.game",
      teamId: "A1B2C3D4E5",
      url: "https://example.com/game",
      layout: { caption: "Your move" }
    }
    const sent = await client.messages.send({ number: ada, from_number: line, app_card: card })
    const handle = sent.message_handle ?? ""
    const params = { layout: { caption: "My move" }, idempotency_key: "move-1" }
    const updated = await client.messages.updateAppCard(handle, params)
    expect(updated.message_handle).not.toBe(handle)
    expect((await client.messages.updateAppCard(handle, params)).message_handle).toBe(updated.message_handle)
    expect((await phone(ada)).messages).toHaveLength(2)
  })
})

describe("groups", () => {
  it("writes to a group, changes its members, its name and its photo", async () => {
    const sent = await client.groups.sendMessage({ numbers: [ada, bob, cyd], from_number: line, content: "All" })
    const groupId = (await client.messages.retrieve(sent.message_handle ?? "")).data?.group_id ?? ""
    await client.groups.sendMessage({ group_id: groupId, from_number: line, content: "Again" })
    expect((await phone(cyd)).messages.map(({ text }) => text)).toEqual(["All", "Again"])
    const added = await client.groups.modify({ group_id: groupId, modify_type: "add_recipient", number: dee })
    expect(added).toMatchObject({ status: "OK", number: dee })
    await client.groups.modify({ group_id: groupId, modify_type: "remove_recipient", number: ada })
    await client.v2.groups.rename(groupId, { group_name: "Team" })
    await client.v2.groups.setPhoto(groupId, { photo_url: "https://example.com/team.png" })
    const { data } = await client.v2.groups.retrieve(groupId)
    expect(data).toMatchObject({ group_name: "Team", participant_numbers: [bob, cyd, dee] })
    expect(data?.group_photo?.url).toBe("https://example.com/team.png")
  })
})

describe("people", () => {
  it("types to somebody it has written to", async () => {
    await send("Hello")
    const typing = await client.typingIndicators.send({ number: ada, from_number: line })
    expect(typing.number).toBe(ada)
    expect((await phone(ada)).typing).toEqual([line])
  })

  it("looks up a service", async () => {
    await running.run(running.sandbox.network.person({ handle: bob, service: "SMS" }))
    expect(await client.lookups.lookupNumber({ number: ada })).toEqual({ number: ada, service: "iMessage" })
    expect(await client.lookups.lookupNumber({ number: bob })).toEqual({ number: bob, service: "SMS" })
  })

  it("keeps contacts, and opts them out", async () => {
    await client.contacts.create({ number: ada, first_name: "Ada", tags: ["friend"] })
    await client.contacts.update(ada, { last_name: "Lovelace" })
    expect((await client.contacts.retrieve(ada)).contact).toMatchObject({ first_name: "Ada", last_name: "Lovelace" })
    await client.contacts.bulk.create({ contacts: [{ phone: bob }, { phone: cyd }] })
    expect(await client.contacts.count()).toEqual({ count: 3 })
    expect((await client.contacts.list({ limit: 2 })).map(({ phone: number }) => number)).toEqual([ada, bob])
    expect((await client.contacts.update(ada, { opt_out: true })).contact).toMatchObject({ opt_out: true })
    await expect(send("Hello")).rejects.toMatchObject({ status: 400 })
    expect((await client.contacts.update(ada, { opt_out: false })).contact).toMatchObject({ opt_out: false })
    await client.contacts.verify({ number: ada })
    await client.contacts.optOut({ number: ada })
    expect((await client.contacts.retrieve(ada)).contact).toMatchObject({ opt_out: true, verified: true })
    await expect(send("Hello?")).rejects.toMatchObject({ status: 400, error: { error_message: "OPTED_OUT", error_code: 402 } })
    await client.contacts.optOut({ number: ada, opted_out: false })
    await send("Hello!")
    await client.contacts.delete(cyd)
    await client.contacts.bulk.delete({ contact_ids: [bob] })
    expect(await client.contacts.count()).toEqual({ count: 1 })
  })

  it("verifies a contact of the shared line, once the person has written to it", async () => {
    const { data } = await client.verifiedContacts.create({ phone_number: "(415) 555-0001" })
    expect(data?.contact).toMatchObject({ phone_number: ada, verified: false, verification_status: "pending" })
    expect([data?.line, typeof data?.verification_instructions]).toEqual([{ phone_number: line, type: "shared" }, "string"])
    await running.run(running.sandbox.network.say({ from: ada, to: "+12025550202", text: "not this line" }))
    expect((await client.verifiedContacts.retrieve(ada)).data?.contact?.verified).toBe(false)
    await running.run(running.sandbox.network.say({ from: ada, to: line, text: "Hi" }))
    expect((await client.verifiedContacts.retrieve(ada)).data?.contact).toMatchObject({ verified: true, verification_status: "verified" })
    expect((await client.verifiedContacts.create({ phone_number: ada })).data?.verification_instructions).toBeNull()
    expect((await client.verifiedContacts.retrieve(bob)).data).toMatchObject({ contact: null })
    expect((await client.verifiedContacts.list()).data?.contacts.map((contact) => contact.phone_number)).toEqual([ada])
  })

  it("asks for a location", async () => {
    const asked = await client.requestLocation.create({ number: ada, from_number: line })
    expect(asked).toMatchObject({ status: "QUEUED", number: ada })
    expect((await phone(ada)).locationRequests.map((request) => request.line)).toEqual([line])
  })

  it("reads who shares a location", async () => {
    await send("Hello")
    expect(await client.location.retrieve(ada, { from_number: line })).toMatchObject({ number: ada, state: "not_shared" })
    await running.run(running.sandbox.network.shareLocation(ada, { longitude: -122.4, latitude: 37.8 }))
    const { location, state } = await client.location.retrieve(ada, { from_number: line })
    expect([state, location?.longitude, location?.latitude]).toEqual(["shared_with_fix", -122.4, 37.8])
    const { locations } = await client.location.list({ from_number: line })
    expect(locations?.map(({ number, state }) => [number, state])).toEqual([[ada, "shared_with_fix"]])
  })
})

describe("the account", () => {
  it("shows lines and forwards calls", async () => {
    const { data } = await client.lines.getState()
    expect(data?.map(({ sendblue_number, status }) => [sendblue_number, status])).toEqual([
      [line, "ONLINE"],
      ["+12025550202", "ONLINE"]
    ])
    await client.lines.callForwarding.update(line, { forwarding_number: dee })
    expect(await client.lines.callForwarding.retrieve(line)).toEqual({ sendblue_number: line, forwarding_number: dee })
    expect((await client.lines.callForwarding.delete(line)).forwarding_number).toBeNull()
  })

  it("hands out a token for one line, which works until it is revoked", async () => {
    const made = await client.auth.tokens.create({ phone_number: line, expires_in_seconds: 60 })
    expect(made).toMatchObject({ token_type: "Bearer", phone_numbers: [line] })
    const limited = new SendblueAPI({ accessToken: made.token, baseURL: running.sandbox.sendblue, maxRetries: 0 })
    expect((await limited.messages.send({ number: ada, from_number: line, content: "Hello" })).status).toBe("QUEUED")
    await expect(limited.get("/api/v2/lines/usage")).rejects.toMatchObject({ status: 403 })
    await expect(limited.auth.tokens.create()).rejects.toMatchObject({ status: 403 })
    const stream = await limited.events.stream()
    await client.auth.tokens.revoke(made.token_id)
    await expect(limited.messages.list()).rejects.toMatchObject({ status: 401 })
    // the stream of a token ends with it at the latest
    await advance("60000 millis")
    for await (const event of stream) expect(event.type).toMatch(/^message/)
  })

  it("uploads a media object", async () => {
    const uploaded = await client.mediaObjects.upload({ media_url: "https://example.com/photo.jpg" })
    expect(uploaded.mediaObjectId).toMatch(/^MO_.*\.jpg$/)
  })

  it("keeps webhooks and calls them with the shared secret", async () => {
    const hook = await subscriber()
    await client.webhooks.create({ webhooks: [{ url: hook.url, secret: "s3cret" }] })
    await client.webhooks.create({ webhooks: [`${hook.url}?out`], type: "outbound" })
    expect((await client.webhooks.list()).webhooks).toMatchObject({
      receive: [{ url: hook.url, secret: "s3cret" }],
      outbound: [`${hook.url}?out`]
    })
    await running.run(running.sandbox.network.say({ from: ada, to: line, text: "Hi" }))
    await running.run(running.sandbox.network.settle)
    expect(hook.received[0]?.headers["sb-signing-secret"]).toBe("s3cret")
    expect(JSON.parse(hook.received[0]?.body ?? "{}")).toMatchObject({ content: "Hi", status: "RECEIVED", from_number: ada })
    await client.webhooks.update({ webhooks: { receive: ["https://example.com/in"] } })
    await client.webhooks.delete({ webhooks: ["https://example.com/in"] })
    expect((await client.webhooks.list()).webhooks).toMatchObject({ receive: [], outbound: [] })
    await hook.stop()
  })
})

describe("refusals", () => {
  it("answers as the vendor does, with the client's error classes", async () => {
    const stranger = new SendblueAPI({
      apiKey: "x",
      apiSecret: "y",
      baseURL: running.sandbox.sendblue,
      maxRetries: 0
    })
    await expect(stranger.lines.getState()).rejects.toBeInstanceOf(SendblueAPI.AuthenticationError)
    await expect(client.messages.getStatus({ handle: "nobody" })).rejects.toBeInstanceOf(SendblueAPI.NotFoundError)
    await expect(client.messages.send({ number: ada, from_number: "+19995550100", content: "x" })).rejects.toMatchObject({
      status: 400,
      error: { error_message: "This phone number is not defined." }
    })
  })

  it("puts three messages on the phone when the acknowledgement is lost", async () => {
    await running.run(
      running.sandbox.network.addFault({ vendor: "sendblue", kind: "ack-lost-502", times: "forever" })
    )
    await expect(
      make({ maxRetries: 2 }).messages.send({ number: ada, from_number: line, content: "once?" })
    ).rejects.toBeInstanceOf(SendblueAPI.InternalServerError)
    expect((await phone(ada)).messages).toHaveLength(3)
  })
})

describe("the event stream", () => {
  it("is read as it is told, with heartbeats in between, and ends", async () => {
    const stream = await client.events.stream({ types: "message.received,message.updated" })
    const events: Array<SendblueAPI.AccountEvent> = []
    const sent = await send("Hello")
    await advance("100 millis")
    await advance("60000 millis")
    const { id } = await running.run(running.sandbox.network.say({ from: ada, to: line, text: "Hi" }))
    for await (const event of stream) {
      events.push(event)
      if (event.type === "message.received") break
    }
    expect(events.map(({ data, type, version }) => [version, type, data["message_id"]])).toEqual([
      [1, "message.updated", sent.message_handle],
      [1, "message.updated", sent.message_handle],
      [1, "message.received", id]
    ])
    expect(new Set(events.map((event) => event.id)).size).toBe(3)
    expect((await client.lines.getState()).data[0]?.status).toBe("ONLINE")
  })

  it("is not there for every account", async () => {
    await running.run(running.sandbox.network.addFault({ vendor: "sendblue", kind: "stream-absent" }))
    await expect(client.events.stream()).rejects.toMatchObject({ status: 404 })
  })
})
