/** The sandbox's Linq webhooks, over real HTTP, through the receiver's own web handler; and the official checks of a signature. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as WebhookReceiver from "@interline/core/WebhookReceiver"
import * as LinqWebhook from "@interline/linq/LinqWebhook"
import * as LinqWords from "@interline/linq/LinqWords"
import LinqAPIV3 from "@linqapp/sdk"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { createHmac } from "node:crypto"
import { Webhook } from "standardwebhooks"
import { ada, numbers, support, world } from "../support/sandbox.ts"
import { serve } from "./server.ts"

const line = numbers.linq
const bob = Handle.make("+12025550124")
const cyd = Handle.make("+12025550125")
// the official client of this version does not know the names of polls
const events = [...Object.keys(LinqWords.eventToNeutral), ...Object.keys(LinqWords.pollEventToNeutral)].filter(
  (word): word is LinqWords.LinqEvent => word !== "poll.reaction.added"
)

/** A sandbox whose webhooks come to a receiver that knows the subscription's secret. */
const listening = (version: LinqWords.LinqWebhookVersion = "2026-02-03", onEvents: () => Effect.Effect<void> = () => Effect.void) =>
  Effect.gen(function*() {
    const all = yield* world("linq")
    const client = new LinqAPIV3({ apiKey: all.sandbox.credentials.linqToken, baseURL: all.sandbox.linq, maxRetries: 0 })
    const heard: Array<MessagingEvent> = []
    let endpoint = (_request: Request): Promise<Response> => Promise.reject(new Error("not open"))
    const server = yield* serve((request) => endpoint(request))
    const { signing_secret: secret } = yield* Effect.promise(() =>
      client.webhookSubscriptions.create({ target_url: `${server.origin}/hook?version=${version}`, subscribed_events: events })
    )
    const receiver = yield* LinqWebhook.make({ secrets: [Redacted.make(secret)] })
    // the assignment also shows that any framework's types fit
    endpoint = yield* WebhookReceiver.toWebHandler(
      receiver,
      (found) => Effect.tap(onEvents(), () => Effect.sync(() => void heard.push(...found)))
    )
    const deliveryId = yield* DeliveryId.mint
    const send = (text: string, to: Conversation.Conversation = Conversation.direct(support, ada)) =>
      all.carrier.send({ deliveryId, generation: 1, conversation: to, draft: Draft.text(text), fidelity: "adapt" })
    const settled = Effect.zipRight(all.network.advance("10 seconds"), all.network.settle)
    /** What was told since the last time. */
    const told = Effect.map(settled, () => heard.splice(0))
    return { ...all, ...server, client, deliveryId, receiver, secret, send, settled, told }
  })

const say = (text: string) => ({ from: ada, to: line, text })

for (const version of ["2026-02-03", "2025-01-01"] as const) {
  describe(`Linq's webhooks of ${version}`, () => {
    it.scopedLive("tell how far a send came, under its key", () =>
      Effect.gen(function*() {
        const { deliveryId, network, send, told } = yield* listening(version)
        const outcome = yield* send("hello")
        if (outcome._tag !== "Accepted") throw new Error(outcome._tag)
        const ref = outcome.receipts[0].ref
        const [opened, ...statuses] = yield* told
        expect(opened).toMatchObject({
          _tag: "Chat",
          change: "created",
          chat: { participants: [{ peer: line, isMine: true }, { peer: ada }] }
        })
        const of = (status: string) => ({ _tag: "Status", fact: { ref, status, service: "iMessage" }, idempotencyKey: `${deliveryId}:1:0` })
        expect(statuses).toMatchObject([of("sent"), of("delivered")])
        yield* network.read(ada)
        expect(yield* told).toMatchObject([of("read")])
      }))

    it.scopedLive("tell what people write, and who opts out and in", () =>
      Effect.gen(function*() {
        const { network, told } = yield* listening(version)
        const said = yield* network.say({ ...say("hello"), media: ["https://images.example.com/photo.jpg"], effect: "slam" })
        expect(yield* told).toMatchObject([{ _tag: "Chat" }, {
          _tag: "Received",
          message: {
            ref: { id: said.id },
            chat: { id: said.thread },
            from: ada,
            to: [line],
            direction: "inbound",
            isGroup: false,
            parts: [{ text: "hello" }, { _tag: "Media" }],
            effect: { neutral: "slam" }
          }
        }])
        yield* network.say({ ...say("and this"), replyTo: said.id })
        expect(yield* told).toMatchObject([{ _tag: "Received", message: { replyTo: { ref: { id: said.id } } } }])
        yield* network.say(say("Stop"))
        expect(yield* told).toMatchObject([{ _tag: "OptedOut", handle: ada, line }, { _tag: "Received" }])
        yield* network.say(say("START"))
        expect(yield* told).toMatchObject([{ _tag: "OptedIn", handle: ada, line }, { _tag: "Received" }])
      }))
  })
}

describe("Linq's webhooks", () => {
  it.scopedLive("tell of an opt-out that no message said, by the chat's mark", () =>
    Effect.gen(function*() {
      const { network, told } = yield* listening()
      yield* network.say(say("hello"))
      yield* network.optOut(ada, "linq")
      yield* told
      yield* network.say(say("still here"))
      expect(yield* told).toMatchObject([{ _tag: "OptedOut", handle: ada, line }, { _tag: "Received" }])
    }))

  it.scopedLive("tell of reactions, edits and typing", () =>
    Effect.gen(function*() {
      const { carrier, network, send, told } = yield* listening()
      const outcome = yield* send("hello")
      if (outcome._tag !== "Accepted") throw new Error(outcome._tag)
      const { ref } = outcome.receipts[0]
      yield* told
      yield* network.react({ from: ada, messageId: ref.id, type: "laugh" })
      yield* network.react({ from: ada, messageId: ref.id, type: "custom", emoji: "👀" })
      yield* network.react({ from: ada, messageId: ref.id, type: "laugh", remove: true })
      expect(yield* told).toMatchObject([
        { _tag: "Reaction", ref, change: "added", part: 0, reaction: { reaction: { tapback: "laugh" }, from: ada, isMine: false } },
        { _tag: "Reaction", ref, change: "added", reaction: { reaction: { emoji: "👀" } } },
        { _tag: "Reaction", ref, change: "removed", reaction: { reaction: { tapback: "laugh" } } }
      ])
      yield* carrier.edit(ref, "hello you")
      expect(yield* told).toMatchObject([{ _tag: "Edited", ref, part: 0, text: "hello you", byMe: true }])
      yield* network.typing(ada, line, true)
      yield* network.typing(ada, line, false)
      expect(yield* told).toMatchObject([{ _tag: "Typing", typing: true }, { _tag: "Typing", typing: false }])
    }))

  it.scopedLive("tell who began and ended to share a location, and never where", () =>
    Effect.gen(function*() {
      const { network, send, told } = yield* listening()
      yield* send("where are you?")
      yield* told
      yield* network.shareLocation(ada, { longitude: -122.4, latitude: 37.8 })
      yield* network.shareLocation(ada, { longitude: -122.5, latitude: 37.8 })
      yield* network.shareLocation(ada)
      const [began, ended, ...more] = yield* told
      expect([began, ended, more]).toMatchObject([
        { _tag: "Location", change: "started", from: ada, line },
        { _tag: "Location", change: "stopped", from: ada, line },
        []
      ])
      expect(JSON.stringify([began, ended])).not.toContain("122.4")
    }))

  it.scopedLive("tell of polls: how far ours came, votes, options and a person's own", () =>
    Effect.gen(function*() {
      const { carrier, network, send, told } = yield* listening()
      yield* send("lunch?")
      yield* told
      const { poll, ref } = yield* carrier.sendPoll(Conversation.direct(support, ada), { options: ["Pizza", "Sushi"] })
      yield* network.vote({ from: ada, messageId: ref.id, option: "Soup" })
      yield* network.vote({ from: ada, messageId: ref.id, option: "Pizza" })
      yield* network.vote({ from: ada, messageId: ref.id, option: "Pizza", remove: true })
      const [pizza] = poll.options
      const heard = yield* told
      expect(heard.filter(({ _tag }) => _tag === "Status")).toMatchObject([
        { fact: { ref, status: "sent", raw: "poll.sent" } },
        { fact: { ref, status: "delivered", raw: "poll.delivered" } }
      ])
      expect(heard.filter(({ _tag }) => _tag === "Poll")).toMatchObject([
        { change: "options-added", ref, from: ada, byMe: false, options: [{ text: "Soup", creator: ada }] },
        { change: "vote-added", ref, from: ada, byMe: false },
        { change: "vote-added", ref, from: ada, option: pizza?.id },
        { change: "vote-removed", ref, from: ada, option: pizza?.id }
      ])
      yield* carrier.voteInPoll(ref, pizza?.id ?? "", true)
      expect(yield* told).toMatchObject([{ _tag: "Poll", change: "vote-added", from: line, byMe: true, option: pizza?.id }])
      const theirs = yield* network.sendPoll({ from: ada, to: line, options: ["Monday", "Tuesday"] })
      expect(yield* told).toMatchObject([{
        _tag: "Poll",
        change: "received",
        ref: { id: theirs.id },
        from: ada,
        byMe: false,
        options: [{ text: "Monday" }, { text: "Tuesday" }]
      }])
    }))

  it.scopedLive("tell nothing of a person who is blocked, not even a STOP", () =>
    Effect.gen(function*() {
      const { carrier, network, send, told } = yield* listening()
      yield* send("hello")
      yield* told
      yield* carrier.block(ada)
      yield* network.say(say("STOP"))
      expect(yield* told).toEqual([])
      yield* carrier.unblock(ada)
      yield* network.say(say("hello again"))
      expect(yield* told).toMatchObject([{ _tag: "Received" }])
    }))

  it.scopedLive("tell of a group's people, its name and its icon", () =>
    Effect.gen(function*() {
      const { client, network, told } = yield* listening()
      const { chat } = yield* Effect.promise(() =>
        client.chats.create({ from: line, to: [ada, bob, cyd], message: { parts: [{ type: "text", value: "hi all" }] } })
      )
      const ref = { carrierId: "linq", id: chat.id }
      expect((yield* told)[0]).toMatchObject({ _tag: "Chat", change: "created", ref, chat: { isGroup: true } })
      yield* Effect.promise(() =>
        client.chats.update(chat.id, { display_name: "All", group_chat_icon: "https://images.example.com/icon.png" })
      )
      yield* Effect.promise(() => client.chats.participants.add(chat.id, { handle: "+12025550126" }))
      yield* Effect.promise(() => client.chats.participants.remove(chat.id, { handle: bob }))
      expect(yield* told).toMatchObject([
        { _tag: "Chat", change: "renamed", ref, after: "All" },
        { _tag: "Chat", change: "icon", ref, after: "https://images.example.com/icon.png" },
        { _tag: "Participant", change: "added", chat: ref, participant: { peer: "+12025550126" } },
        { _tag: "Participant", change: "removed", chat: ref, participant: { peer: bob, status: { neutral: "removed" } } }
      ])
      yield* network.say({ ...say("STOP"), group: chat.id })
      expect(yield* told).toMatchObject([{ _tag: "Received", message: { isGroup: true, from: ada, to: [line] } }])
    }))

  it.scopedLive("tell of a line that is flagged and works again, and of a message that fails", () =>
    Effect.gen(function*() {
      const { client, network, told } = yield* listening()
      yield* network.flagLine(line)
      yield* network.unflagLine(line)
      expect(yield* told).toMatchObject([
        { _tag: "Line", number: line, available: false, status: "critical", raw: "FLAGGED" },
        { _tag: "Line", number: line, available: true, status: "healthy", raw: "ACTIVE" }
      ])
      yield* network.person({ handle: bob, service: "SMS" })
      yield* Effect.promise(() =>
        client.chats.create({ from: line, to: [bob], message: { parts: [{ type: "text", value: "hi" }], preferred_service: "iMessage" } })
      )
      expect((yield* told).find(({ _tag }) => _tag === "Status")).toMatchObject({
        fact: { status: "failed", vendorCode: "4001" },
        failure: { code: "4001" }
      })
    }))

  it.scopedLive("are called again until their events are taken, and say the same then", () =>
    Effect.gen(function*() {
      let broken = 2
      const { answered, received, network, settled, told } = yield* listening("2026-02-03", () =>
        broken-- > 0 ? Effect.die(new Error("full")) : Effect.void)
      yield* network.say(say("hello"))
      yield* settled
      expect((yield* told).map(({ _tag }) =>
        _tag
      )).toEqual(["Chat", "Received"])
      expect(answered).toEqual([503, 503, 200, 200])
      expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(2)
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.scopedLive("reach nobody with another subscription's secret", () =>
    Effect.gen(function*() {
      const { answered, client, network, origin, told } = yield* listening()
      yield* Effect.promise(() =>
        client.webhookSubscriptions.create({ target_url: `${origin}/other`, subscribed_events: ["message.received"] })
      )
      yield* network.say(say("hello"))
      expect((yield* told).filter(({ _tag }) => _tag === "Received")).toHaveLength(1)
      expect(Array.from(answered).sort()).toEqual([200, 200, 401])
    }))
})

describe("a signature", () => {
  it.scopedLive("is right or wrong here as it is for the official client and for standardwebhooks", () =>
    Effect.gen(function*() {
      const { received, client, network, receiver, secret, settled } = yield* listening()
      yield* network.say(say("hello – ü 👀"))
      yield* settled
      const call = received.at(-1)
      if (call === undefined) throw new Error("no call came")
      const { body, headers } = call
      const signed = (content: string, at: number, key = secret): Record<string, string> => {
        const bytes = Buffer.from(key.replace("whsec_", ""), "base64")
        const signature = createHmac("sha256", bytes).update(`event-1.${at}.${content}`).digest("base64")
        return { "webhook-id": "event-1", "webhook-timestamp": String(at), "webhook-signature": `v1,${signature}` }
      }
      const now = Math.floor(Date.now() / 1000)
      const { "webhook-id": _, ...nameless } = headers
      const cases: Record<string, readonly [body: string, headers: Record<string, string>, isGenuine: boolean]> = {
        "as it came": [body, headers, true],
        "a space more": [`${body} `, headers, false],
        "one letter less": [body.slice(0, -1), headers, false],
        "another letter": [body.replace("hello", "hullo"), headers, false],
        "written anew": [JSON.stringify(JSON.parse(body), null, 1), headers, false],
        "another id": [body, { ...headers, "webhook-id": "event-2" }, false],
        "no id": [body, nameless, false],
        "another time": [body, { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) }, false],
        "no signature": [body, { ...headers, "webhook-signature": "" }, false],
        "another scheme": [body, { ...headers, "webhook-signature": String(headers["webhook-signature"]).replace("v1,", "v2,") }, false],
        "a second signature": [body, { ...headers, "webhook-signature": `v1,bm9uZQ== ${headers["webhook-signature"]}` }, true],
        "signed by hand": [body, signed(body, now), true],
        "another secret": [body, signed(body, now, `whsec_${Buffer.from("x".repeat(32)).toString("base64")}`), false],
        "in the future": [body, signed(body, now + 3600), false]
      }
      const told = (content: string, given: WebhookReceiver.WebhookRequest["headers"]) =>
        Effect.isSuccess(receiver.receive({ headers: given, body: new Uint8Array(Buffer.from(content)), url: "" }))
      const isTaken = (check: () => unknown) => Effect.isSuccess(Effect.try(check))
      for (const [name, [content, given, isGenuine]] of Object.entries(cases)) {
        const verdicts = {
          ours: yield* told(content, given),
          client: yield* isTaken(() => client.webhooks.unwrap(content, { headers: given, key: secret })),
          library: yield* isTaken(() => new Webhook(secret).verify(content, given))
        }
        expect([name, verdicts]).toEqual([name, { ours: isGenuine, client: isGenuine, library: isGenuine }])
      }
      // the one difference: the others drop what Linq sends again after an outage of ours
      const late = signed(body, now - 25 * 60)
      expect([yield* told(body, late), yield* isTaken(() => new Webhook(secret).verify(body, late))]).toEqual([true, false])
      const { "x-webhook-signature": signature, "x-webhook-timestamp": timestamp } = headers
      expect(yield* told(body, { "x-webhook-signature": signature, "x-webhook-timestamp": timestamp })).toBe(true)
      expect(receiver.carrierId).toBe(CarrierId.make("linq"))
    }))
})
