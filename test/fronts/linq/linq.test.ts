/** The official client, @linqapp/sdk 0.28.2, unmodified, in front of either carrier; the phones judge. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { settleVerdicts } from "../../docs/generated/fronts.ts"
import { type Proxy, proxy } from "../proxy.ts"
import { type Carrier, eventually, type Row, rowsOf } from "../verdicts.ts"
import { opened, scenarios, text } from "./scenarios.ts"
import { type Running, start } from "./stage.ts"

const copies = async ({ network, run }: Running, number: string, value: string): Promise<number> =>
  (await run(network.phone(number))).messages.filter((message) => message.text === value).length

/** What a carrier cannot do is refused; nothing else is. */
const refusals = {
  linq: [
    "POST /v3/chats message.parts: link in a first message",
    "POST /v3/chats from: a number that is no line"
  ],
  sendblue: [
    "POST /v3/chats from: a number that is no line",
    "GET /v3/messages/{messageId}/thread messages",
    "PATCH /v3/messages/{messageId} text",
    "POST /v3/messages/{messageId}/reactions type: sticker",
    "PATCH /v3/messages/{messageId}/reactions/{reactionId} placement",
    "POST /v3/chats/{chatId}/leave leave",
    "POST /v3/chats/{chatId}/polls, GET /v3/messages/{messageId}/poll polls",
    "POST, GET, DELETE /v3/blocked_handles blocked_handles",
    "POST, GET, DELETE /v3/attachments delete"
  ]
} as const satisfies Record<Carrier, ReadonlyArray<string>>

// refused by the front itself, whatever is behind it
const always: ReadonlyArray<string> = [
  "POST /v3/chats/{chatId}/messages message.parts: imessage_app",
  "POST /v3/chats/{chatId}/messages mention in a direct chat",
  "POST /v3/chats/{chatId}/messages mention of a person who is not in the group",
  "GET /v3/messages/{messageId} an id that was never given",
  "GET /v3/messages/{messageId}/thread order: desc",
  "DELETE /v3/messages/{messageId} a deleted message",
  "POST /v3/messages/{messageId}/reactions operation: remove of a sticker",
  "PATCH /v3/messages/{messageId}/reactions/{reactionId} an id that is no sticker of ours",
  "GET, PUT /v3/chats/{chatId} display_name of a direct chat",
  "POST, GET, DELETE /v3/attachments attachment_id before the upload",
  "GET /v3/webhook-events; POST, GET, PUT, DELETE /v3/webhook-subscriptions subscribed_events: a word that Linq does not have"
]

const found: Array<Row> = []

for (const carrier of ["linq", "sendblue"] as const satisfies ReadonlyArray<Carrier>) {
  describe(`the official client before ${carrier}`, () => {
    let stage: Running
    let between: Proxy

    beforeAll(async () => {
      stage = await start({ carriers: [carrier] })
      between = await proxy(stage.world.url)
    })

    afterAll(async () => {
      await between.stop()
      await stage.stop()
    })

    for (const scenario of scenarios) {
      it(`${scenario.endpoint}: what it gives arrives, or is said to have changed`, async () => {
        const rows = await rowsOf("linq", carrier, [scenario], stage)
        expect(rows.length).toBeGreaterThan(0)
        found.push(...rows)
        const refused = rows.filter(({ verdict }) => verdict === "refused").map(({ endpoint, field }) => `${endpoint} ${field}`)
        const expected = [...refusals[carrier], ...always].filter((row) => row.startsWith(`${scenario.endpoint} `))
        expect(refused.sort()).toEqual(expected.sort())
      })
    }

    const send = async (maxRetries: number, to: string, value: string) =>
      (await stage.clientAt(between.url, maxRetries).chats.create({ from: stage.line, to: [to], message: text(value) })).chat.message.id

    it("sends one message, and names it once, when answers are lost on the way back", async () => {
      const person = stage.newcomer()
      between.plan("lost", "lost")
      const id = await send(2, person, "once?")
      expect(await copies(stage, person, "once?")).toBe(1)
      const { chats: [chat] } = await stage.client.chats.listChats({ to: person })
      const { messages } = await stage.client.chats.messages.list(chat?.id ?? "none")
      expect(messages.map((message) => message.id)).toEqual([id])
    })

    it("sends one message when the first request never came", async () => {
      const person = stage.newcomer()
      between.plan("unsent")
      await send(2, person, "late")
      expect(await copies(stage, person, "late")).toBe(1)
    })

    it("takes two equal texts for two messages", async () => {
      const person = stage.newcomer()
      const ids = [await send(0, person, "ok"), await send(0, person, "ok")]
      expect(new Set(ids).size).toBe(2)
      expect(await copies(stage, person, "ok")).toBe(2)
    })

    it("opens one group and writes to it once when the answer is lost", async () => {
      const people = [stage.newcomer(), stage.newcomer(), stage.newcomer()]
      between.plan("lost")
      await stage.clientAt(between.url, 2).chats.create({ from: stage.line, to: people, message: text("all") })
      expect(await Promise.all(people.map((person) => copies(stage, person, "all")))).toEqual([1, 1, 1])
    })

    it("subscribes once when the answer is lost, and gives the same secret again", async () => {
      const target_url = `https://hooks.example.com/${carrier}`
      between.plan("lost")
      const made = await stage.clientAt(between.url, 2).webhookSubscriptions.create({ target_url, subscribed_events: ["message.sent"] })
      const { subscriptions } = await stage.client.webhookSubscriptions.list()
      expect(subscriptions.filter((one) => one.target_url === target_url).map(({ id }) => id)).toEqual([made.id])
      expect(made.signing_secret).toMatch(/^whsec_/)
    })

    it("excludes its only line from a chat that does not exist yet, and never from one that does", async () => {
      const exclude_from = [stage.line]
      const { client } = stage
      const [chat, stranger] = [await opened(stage), stage.newcomer()]
      const write = (to: string) => client.post("/v3/messages", { body: { to: [to], message: text("which line?"), exclude_from } })
      const refused = (status: number, code: number) => ({ status, error: { error: { code } } })
      await expect(write(stranger)).rejects.toMatchObject(refused(409, 2015))
      await write(chat.person)
      expect(await Promise.all([stranger, chat.person].map((person) => copies(stage, person, "which line?")))).toEqual([0, 1])
      const ask = (query: object) => client.get("/v3/available_number", { query })
      await expect(ask({ exclude_from })).rejects.toMatchObject(refused(400, 1005))
      await expect(ask({ exclude_from: ["ada@example.com"] })).rejects.toMatchObject(refused(400, 1002))
      await expect(ask({ to: ["12"] })).rejects.toMatchObject(refused(400, 1002))
      expect(await ask({ exclude_from: ["+19995550100"] })).toMatchObject({ phone_number: stage.line })
    })

    it("refuses the headers of a subscription that it would not set", async () => {
      const subscribe = (header: string | null) =>
        stage.client.post("/v3/webhook-subscriptions", {
          body: {
            target_url: `https://hooks.example.com/${carrier}/routed`,
            subscribed_events: ["message.sent"],
            routing_id_header: header
          }
        })
      await expect(subscribe("Linq-Chat-Id")).rejects.toMatchObject({ status: 403, error: { error: { code: 2011 } } })
      expect(await subscribe(null)).toMatchObject({ routing_id_header: null })
    })

    it("answers a send that nobody knows about as pending, with an id that leads to what became of it", async () => {
      const person = stage.newcomer()
      const sends = carrier === "linq" ? "/v3/chats" : "/api/send-message"
      await stage.run(stage.network.addFault({ vendor: carrier, kind: "ack-lost-reset", times: 1, match: { method: "POST", path: sends } }))
      const id = await send(2, person, "maybe")
      expect(await copies(stage, person, "maybe")).toBe(1)
      const message = await eventually(() => stage.client.messages.retrieve(id), ({ delivery_status }) => delivery_status === "delivered")
      expect(message.delivery_status).toBe("delivered")
    })

    it("does not write to a person who opted out, and says so in Linq's words", async () => {
      const { id, person } = await opened(stage)
      await stage.run(stage.network.say({ from: person, to: stage.lineBehind, text: "STOP" }))
      const chat = await eventually(() => stage.client.chats.retrieve(id), ({ health_status }) => health_status.status === "OPTED_OUT")
      expect(chat.health_status.status).toBe("OPTED_OUT")
      await expect(stage.client.chats.messages.send(id, { message: text("Please?") })).rejects.toMatchObject({
        status: 403,
        error: { error: { code: 2024 } }
      })
      expect(await copies(stage, person, "Please?")).toBe(0)
    })

    it("lets nobody in without a key of the gateway", async () => {
      const stranger = stage.client.withOptions({ apiKey: "somebody-elses-key" })
      await expect(stranger.chats.listChats()).rejects.toMatchObject({ status: 401, error: { success: false, error: { code: 2004 } } })
    })

    it("finds nothing behind a path that only looks like one of its own", async () => {
      const at = (path: string) => fetch(`${stage.world.url}${path}`, { headers: { authorization: `Bearer ${stage.world.apiKey}` } })
      for (
        const path of [
          "/linq/v3/nothing",
          "/linq//v3/chats",
          "/linq/v3/Chats",
          "/linq/v3/chats/",
          "/linq/sendblue/api/lines",
          "/linq/v3/chats%2f"
        ]
      ) {
        const answer = await at(path)
        expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 404, "application/json"])
      }
    })
  })
}

describe("a subscription before linq", () => {
  it("is told everything that happens, in the payload version of its address, so that the official client verifies it", async () => {
    const stage = await start({ carriers: ["linq"] })
    const { client, line, network, run } = stage
    const hook = await stage.subscriber()
    const { events } = await client.webhookEvents.list()
    const secrets = new Map<string, string>()
    for (const version of ["2025-01-01", "2026-02-03"]) {
      const { id, signing_secret } = await client.webhookSubscriptions.create({
        target_url: `${hook.url}?version=${version}`,
        subscribed_events: events
      })
      secrets.set(id, signing_secret)
    }
    const told = () =>
      Promise.resolve(hook.received.map(({ body, headers }) => {
        const event = client.webhooks.unwrap(body, { headers, key: secrets.get(headers["x-webhook-subscription-id"] ?? "") ?? "none" })
        return { ...event, name: `${event.webhook_version} ${event.event_type}` }
      }))
    const people = [stage.newcomer(), stage.newcomer(), stage.newcomer(), stage.newcomer()]
    const direct = await opened(stage)
    const group = await opened(stage, people)
    await client.chats.update(group.id, { display_name: "Team", group_chat_icon: "https://images.example.com/team.png" })
    await client.chats.participants.add(group.id, { handle: stage.newcomer() })
    await client.chats.participants.remove(group.id, { handle: group.person })
    await client.messages.update(direct.chat.message.id, { text: "Hullo" })
    const { messages: [arrived] } = await run(network.phone(direct.person))
    await run(network.react({ from: direct.person, messageId: arrived?.id ?? "none", type: "love" }))
    await run(network.react({ from: direct.person, messageId: arrived?.id ?? "none", type: "love", remove: true }))
    await run(network.say({ from: direct.person, to: line, text: "Hi" }))
    await run(network.typing(direct.person, line, true))
    await run(network.typing(direct.person, line, false))
    // a vendor does not say that a message arrived after it was read
    await eventually(told, (events) => events.some(({ name }) => name === "2026-02-03 message.delivered"))
    await run(network.read(direct.person, line))
    await run(network.flagLine(line))
    const expected = [
      "chat.group_icon_updated",
      "chat.group_name_updated",
      "chat.created",
      "chat.typing_indicator.started",
      "chat.typing_indicator.stopped",
      "message.delivered",
      "message.read",
      "message.received",
      "message.sent",
      "participant.added",
      "participant.removed",
      "phone_number.status_updated",
      "reaction.added",
      "reaction.removed"
    ]
    const names = ["2025-01-01", "2026-02-03"].flatMap((version) => expected.map((type) => `${version} ${type}`))
    // an edit is only told in the later version
    const all = [...names, "2026-02-03 message.edited"].sort()
    const events_ = await eventually(told, (events) => all.every((name) => events.some((event) => event.name === name)))
    expect(Array.from(new Set(events_.map(({ name }) => name))).sort()).toEqual(all)
    // the same event has the same id in every payload, and another event another
    const sent = events_.filter(({ event_type }) => event_type === "reaction.added")
    expect(new Set(sent.map(({ event_id }) => event_id)).size).toBe(1)
    await hook.stop()
    await stage.stop()
  })
})

for (const [first, second] of [["linq", "sendblue"], ["sendblue", "linq"]] as const) {
  describe(`the official client before ${first}, which is down, and ${second}`, () => {
    it("has its message delivered by the other, under one id, in one chat", async () => {
      const stage = await start({ carriers: [first, second] })
      await stage.run(stage.network.addFault({ vendor: first, kind: "refused", times: "forever" }))
      const person = stage.newcomer()
      const { data: { chat }, response } = await stage.client.chats
        .create({ from: stage.line, to: [person], message: text("still here") })
        .withResponse()
      const { messages } = await stage.run(stage.network.phone(person))
      expect(messages.map(({ text, vendor }) => [text, vendor])).toEqual([["still here", second]])
      expect(response.headers.get("interline-outcome")).toBe("accepted")
      expect((await stage.client.messages.retrieve(chat.message.id)).chat_id).toBe(chat.id)
      expect((await stage.client.chats.listChats()).chats.map(({ id }) => id)).toEqual([chat.id])
      const reply = await stage.client.chats.messages.send(chat.id, { message: text("and on") })
      expect((await stage.client.chats.messages.list(chat.id)).messages.map(({ id }) => id)).toEqual([reply.message.id, chat.message.id])
      await stage.stop()
    })
  })
}

describe("a strict gateway", () => {
  it("refuses before anything is sent what would lose something, and sends the rest", async () => {
    const stage = await start({ carriers: ["sendblue"], variables: { INTERLINE_STRICT: "true" } })
    const { id, person } = await opened(stage)
    const refused = stage.client.chats.messages.send(id, {
      message: { parts: [{ type: "text", value: "Bold", text_decorations: [{ range: [0, 4], style: "bold" }] }] }
    })
    await expect(refused).rejects.toMatchObject({ status: 403, error: { error: { code: 2011 } } })
    expect((await stage.run(stage.network.phone(person))).messages.map((message) => message.text)).toEqual(["Hello"])
    await stage.stop()
  })
})

it("docs/fronts.md says what was found out, field by field", () => {
  settleVerdicts("linq", scenarios.map(({ endpoint }) => endpoint), found)
})
