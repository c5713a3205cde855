import * as HttpApi from "@effect/platform/HttpApi"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { LineName } from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import * as Operation from "@interline/core/Operation"
import * as Reaction from "@interline/core/Reaction"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import manifest from "../../package.json" with { type: "json" }
import { GatewayApi } from "../../src/api/Api.ts"
import {
  ada,
  ben,
  block,
  chatId,
  delivery,
  deliveryId,
  group,
  groupId,
  lineUsage,
  linq,
  number,
  poll,
  receipt,
  ref,
  serve,
  support,
  then,
  toAda
} from "./world.ts"

const message = { path: { message: "linq:m1" } }
const chat = { path: { chat: chatId } }
const file = { path: { attachment: "linq:f1" } }
const line = { path: { line: support } }

const names: Array<string> = []
HttpApi.reflect(GatewayApi, { onGroup: () => undefined, onEndpoint: ({ endpoint }) => names.push(endpoint.name) })

describe("the API's endpoints", () => {
  it("there is one for every operation", () => {
    const own = { setOptOut: ["optOut", "optIn"] } as const
    const missing = Operation.all.filter((operation) =>
      operation === "setOptOut" ? !own.setOptOut.every((name) => names.includes(name)) : !names.includes(operation)
    )
    deepStrictEqual(missing, [])
    assert.isDefined(Messaging.Messaging)
  })

  it.scoped("send takes a text, or parts with everything that a draft has", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const sent = yield* client.sending.send({ payload: { to: { line: support, handle: ada }, text: "hi", effect: "confetti" } })
      deepStrictEqual(sent, { outcome: "accepted", ...delivery })
      yield* client.sending.send({
        payload: { to: group, parts: [{ _tag: "Link", url: "https://example.com" }], metadata: { order: "7" } }
      })
      deepStrictEqual(calls, [
        ["send", toAda, { effect: "confetti", parts: [{ _tag: "Text", text: "hi" }] }, {}],
        ["send", group, { parts: [{ _tag: "Link", url: "https://example.com" }], metadata: { order: "7" } }, {}]
      ])
    }))

  it.scoped("a group is named by its id, by its members or by its chat", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      yield* client.sending.send({ payload: { to: { group: groupId }, text: "a" } })
      yield* client.sending.send({ payload: { to: { line: support, members: [ada, ben] }, text: "b" } })
      yield* client.sending.send({ payload: { to: { chat: groupId }, text: "c" } })
      deepStrictEqual(calls.map(([, to]) => to), [group, group, group])
      const error = yield* Effect.flip(client.sending.send({ payload: { to: { chat: "linq:c9" }, text: "d" } }))
      assert.strictEqual(error._tag, "ProblemDetails")
      assert.strictEqual(calls.length, 3)
    }))

  it.scoped("deliveries are read, asked for and explained", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const path = { id: deliveryId }
      assert.strictEqual((yield* client.deliveries.status({ path })).status, "delivered")
      assert.strictEqual((yield* client.deliveries.explain({ path })).trials.length, 1)
      assert.strictEqual((yield* client.sending.plan({ payload: { to: toAda, text: "x" } }))[0]?._tag, "Refused")
      yield* client.held.listHeld({ urlParams: { limit: 3 } })
      yield* client.held.settle({ path, payload: { verdict: "arrived", ref } })
      deepStrictEqual(calls.at(-1), ["settle", deliveryId, { _tag: "Arrived", ref }, "crm"])
      deepStrictEqual(yield* client.held.look({}), {
        found: 0,
        notFound: 0,
        failed: 1,
        unasked: 0,
        elsewhere: 0,
        looks: [{ deliveryId, carrierId: linq, result: "failed", why: "the look failed", reason: "Authentication" }]
      })
      deepStrictEqual(calls.map(([operation]) => operation), ["status", "plan", "held", "settle", "held", "look"])
      const unknown = yield* Effect.flip(client.held.settle({ path: { id: groupId as never }, payload: { verdict: "not-sent" } }))
      assert.strictEqual((unknown as { readonly status?: number }).status, 404)
    }))

  it.scoped("messages are addressed by a delivery's id or a carrier's ref", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      yield* client.messages.getMessage({ path: { message: deliveryId }, urlParams: { part: 1 } })
      yield* client.messages.listThread({ ...message, urlParams: { limit: 5, cursor: "there" } })
      yield* client.messages.edit({ ...message, payload: { text: "new", part: 1 } })
      yield* client.messages.deleteRecord(message)
      yield* client.messages.react({ ...message, payload: { tapback: "love" } })
      yield* client.messages.react({ ...message, payload: { emoji: "🦊", part: 2 } })
      yield* client.messages.unreact({ ...message, urlParams: { emoji: "🦊" } })
      const placement = { x: 0.5 }
      const sticker = Reaction.sticker({ carrierId: ref.carrierId, id: "file-1" }, placement)
      yield* client.messages.react({ ...message, payload: { reaction: sticker } })
      yield* client.messages.moveSticker({ path: { ...message.path, reaction: "r/1" }, payload: { placement, part: 1 } })
      yield* client.messages.sendVoiceMemo({ payload: { to: toAda, url: "https://example.com/a.m4a" } })
      deepStrictEqual(calls, [
        ["getMessage", deliveryId, { part: 1 }],
        ["listThread", ref, { limit: 5, cursor: "there" }],
        ["edit", ref, "new", { part: 1 }],
        ["deleteRecord", ref],
        ["react", ref, { _tag: "Tapback", tapback: "love" }, {}],
        ["react", ref, { _tag: "Emoji", emoji: "🦊" }, { part: 2 }],
        ["unreact", ref, { _tag: "Emoji", emoji: "🦊" }, {}],
        ["react", ref, sticker, {}],
        ["moveSticker", ref, "r/1", placement, { part: 1 }],
        ["sendVoiceMemo", toAda, { _tag: "Media", url: "https://example.com/a.m4a" }]
      ])
    }))

  it.scoped("a vendor's id may hold what means something in a path", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const id = `a/b?c#d%20é ${"x".repeat(500)}`
      yield* client.messages.deleteRecord({ path: { message: `linq:${id}` } })
      deepStrictEqual(calls, [["deleteRecord", { carrierId: linq, id }]])
    }))

  it.scoped("chats are opened, read and changed", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      deepStrictEqual(yield* client.chats.openConversation({ payload: { line: support, handle: ada } }), {
        id: chatId,
        conversation: toAda
      })
      deepStrictEqual((yield* client.chats.openGroup({ payload: { line: support, members: [ada, ben] } })).conversation, group)
      const page = yield* client.chats.listChats({ urlParams: { line: support, with: ada } })
      deepStrictEqual([page.items.length, page.next, page.total], [1, "more", 7])
      yield* client.chats.getChat(chat)
      yield* client.chats.updateChat({ ...chat, payload: { name: null } })
      yield* client.chats.listMessages({ ...chat, urlParams: {} })
      yield* client.chats.markRead(chat)
      yield* client.chats.leaveChat(chat)
      yield* client.chats.startTyping(chat)
      yield* client.chats.stopTyping(chat)
      yield* client.chats.addParticipant({ ...chat, payload: { handle: ben } })
      yield* client.chats.removeParticipant({ ...chat, payload: { handle: ben } })
      yield* client.chats.shareContactCard({ path: { chat: "linq:c1" } })
      deepStrictEqual(yield* client.chats.requestLocation(chat), { ref })
      deepStrictEqual(yield* client.chats.getLocations(chat), {
        items: [{ peer: ada, sharing: "located", position: { latitude: 37.8, longitude: -122.4 }, metadata: {} }]
      })
      yield* client.chats.stopLocation({ ...chat, payload: { handle: ada } })
      deepStrictEqual(calls, [
        ["listChats", { line: support, with: ada }],
        ["getChat", toAda],
        ["updateChat", toAda, { name: null }],
        ["listMessages", toAda, {}],
        ["markRead", toAda],
        ["leaveChat", toAda],
        ["startTyping", toAda],
        ["stopTyping", toAda],
        ["addParticipant", toAda, ben],
        ["removeParticipant", toAda, ben],
        ["shareContactCard", { carrierId: linq, id: "c1" }],
        ["requestLocation", toAda],
        ["getLocations", toAda],
        ["stopLocation", toAda, ada]
      ])
    }))

  it.scoped("blocked people", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      deepStrictEqual(yield* client.people.listBlocked(), { items: [block] })
      deepStrictEqual(yield* client.people.block({ payload: { peer: " Ben@Example.com ", reason: "spam" } }), block)
      yield* client.people.unblock({ payload: { peer: "262966" } })
      deepStrictEqual(calls, [["listBlocked"], ["block", "ben@example.com", "spam"], ["unblock", "262966"]])
    }))

  it.scoped("polls", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const path = { path: { message: "linq:m1" } }
      const sent = yield* client.messages.sendPoll({ payload: { to: { handle: ada }, options: ["Monday", "Tuesday"], key: "k" } })
      deepStrictEqual(sent, { ...receipt, poll })
      deepStrictEqual(yield* client.messages.getPoll(path), poll)
      deepStrictEqual(yield* client.messages.addPollOptions({ ...path, payload: { options: ["Sunday"] } }), poll)
      yield* client.messages.voteInPoll({ ...path, payload: { option: "o1" } })
      yield* client.messages.voteInPoll({ ...path, payload: { option: "o1", voted: false } })
      deepStrictEqual(calls, [
        ["sendPoll", toAda, { options: ["Monday", "Tuesday"], key: "k" }],
        ["getPoll", ref],
        ["addPollOptions", ref, ["Sunday"]],
        ["voteInPoll", ref, "o1", true],
        ["voteInPoll", ref, "o1", false]
      ])
    }))

  it.scoped("a file's bytes arrive as they are", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const bytes = Uint8Array.from([0, 255, 10, 13, 128])
      yield* client.attachments.uploadAttachment({ urlParams: { fileName: "a.bin", mimeType: "image/png" }, payload: bytes })
      yield* client.attachments.getAttachment(file)
      yield* client.attachments.deleteAttachment(file)
      deepStrictEqual(calls, [
        ["uploadAttachment", { fileName: "a.bin", mimeType: "image/png", bytes: Buffer.from(bytes) }],
        ["getAttachment", { carrierId: linq, id: "f1" }],
        ["deleteAttachment", { carrierId: linq, id: "f1" }]
      ])
    }))

  it.scoped("lines, people, carriers and their subscriptions are managed", () =>
    Effect.gen(function*() {
      const { calls, client, suppression } = yield* serve()
      const newContacts = { hour: 3, day: 4, since: then, per: "conversation" } as const
      deepStrictEqual((yield* client.lines.listLines({})).items.map(({ name, newContacts }) => ({ name, newContacts })), [{
        name: support,
        newContacts
      }])
      deepStrictEqual((yield* client.lines.listLineUsage({})).items, [lineUsage])
      assert.strictEqual((yield* client.lines.getContactStatus({ ...line, payload: { handle: ada } })).status, "known")
      const shown = (yield* client.lines.listLines({})).items[0]?.usage
      deepStrictEqual([shown?.state, shown?.readAt, shown?.hour?.left, shown?.day?.resetsAt], ["limited", then, 0, then + 3_600_000])
      const health = (yield* client.carriers.listCarriers({})).items[0]?.health
      deepStrictEqual(health?.map(({ restsForNew, usage }) => [usage?.state, usage?.why, restsForNew]), [
        ["limited", undefined, true],
        ["unknown", "the vendor was not asked yet", undefined]
      ])
      yield* client.lines.checkLines({})
      yield* client.lines.setForwarding({ ...line, payload: { number: null } })
      assert.strictEqual((yield* client.lines.getContactCard(line)).firstName, "Ada")
      yield* client.lines.setContactCard({ ...line, payload: { firstName: "Ben" } })
      deepStrictEqual((yield* client.lines.lookupService({ payload: { handle: ada } })).services, { iMessage: true })
      yield* suppression.add(ben, "explicit")
      deepStrictEqual((yield* client.people.listOptOuts({ urlParams: {} })).items.map(({ handle }) => handle), [ben])
      deepStrictEqual(yield* client.people.optOut({ payload: { handle: ada } }), { optedOut: true, carriers: [linq] })
      deepStrictEqual(yield* client.people.optIn({ payload: { handle: ada } }), { optedOut: false, carriers: [linq] })
      const [carrier] = (yield* client.carriers.listCarriers({})).items
      deepStrictEqual([carrier?.id, carrier?.lines, carrier?.health[0]?.state], [linq, { [support]: number }, "open"])
      deepStrictEqual((yield* client.webhooks.listWebhooks({})).items.map((webhook) => webhook.secret), [undefined])
      const created = yield* client.webhooks.createWebhook({ payload: { url: "https://example.com/in", events: [] } })
      assert.strictEqual(created.secret === undefined ? "" : Redacted.value(created.secret), "made-by-the-carrier")
      assert.isUndefined((yield* client.webhooks.updateWebhook({ path: { id: "w1" }, payload: { active: false } })).secret)
      yield* client.webhooks.deleteWebhook({ path: { id: "w1" } })
      deepStrictEqual(calls.filter(([operation]) => operation !== "createWebhook"), [
        ["listLines"],
        ["listLineUsage"],
        ["getContactStatus", support, ada],
        ["listLines"],
        ["checkLines"],
        ["setForwarding", support, null],
        ["getContactCard", support],
        ["setContactCard", support, { firstName: "Ben" }],
        ["lookupService", ada, undefined],
        ["setOptOut", ada, true],
        ["setOptOut", ada, false],
        ["listWebhooks"],
        ["updateWebhook", "w1", { active: false }],
        ["deleteWebhook", "w1"]
      ])
    }))

  it.scoped("a callback's secret is made if none is given, and shown once", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const made = yield* client.callbacks.createCallback({ payload: { url: "https://example.com/hook" } })
      assert.match(made.secret === undefined ? "" : Redacted.value(made.secret), /^whsec_[A-Za-z0-9+/]{32}$/)
      const path = { id: made.id }
      assert.isUndefined((yield* client.callbacks.getCallback({ path })).secret)
      assert.isUndefined((yield* client.callbacks.listCallbacks({})).items[0]?.secret)
      assert.isUndefined(
        (yield* client.callbacks.updateCallback({ path, payload: { active: false, secret: Redacted.make("another") } })).secret
      )
      deepStrictEqual(yield* client.callbacks.testCallback({ path }), { taken: true, status: 204, millis: 31 })
      yield* client.callbacks.deleteCallback({ path })
      assert.strictEqual(((yield* Effect.flip(client.callbacks.testCallback({ path }))) as { readonly status?: number }).status, 404)
      assert.strictEqual(((yield* Effect.flip(client.callbacks.deleteCallback({ path }))) as { readonly status?: number }).status, 404)
      assert.strictEqual((yield* client.callbacks.listDeadLetters({ urlParams: {} })).items[0]?.attempts, 9)
      yield* client.callbacks.redeliver({ path: { id: "d1" } })
      yield* client.callbacks.dropDeadLetter({ path: { id: "d1" } })
      deepStrictEqual(calls, [["callbacks retry", "d1"], ["callbacks drop", "d1"]])
      const refused = yield* Effect.flip(client.callbacks.createCallback({ payload: { url: "http://10.0.0.1" } }))
      assert.strictEqual((refused as { readonly detail?: string }).detail, "only https")
    }))

  it.scoped("the version is shown", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      deepStrictEqual(yield* client.processes.getVersion({}), { name: "interline", version: manifest.version, api: "v1" })
    }))

  it.scoped("the processes are listed, with and without an address", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      deepStrictEqual((yield* client.processes.listProcesses({})).items, [
        { address: "10.0.0.7:34431", shards: 151, since: then },
        { shards: 149, since: then + 1 }
      ])
    }))

  it.scoped("the queues are listed, paused and resumed, and what failed is tried again or dropped", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      const waiting = { waiting: 2, failed: 1, oldestDueAt: then }
      deepStrictEqual((yield* client.queues.listQueues({})).items, [{ name: "inbox", ...waiting }, { name: "callbacks", ...waiting }])
      const path = { queue: "inbox" } as const
      deepStrictEqual(yield* client.queues.pauseQueue({ path }), { name: "inbox", ...waiting, pausedAt: then })
      deepStrictEqual(yield* client.queues.resumeQueue({ path }), { name: "inbox", ...waiting })
      deepStrictEqual(yield* client.queues.retryQueue({ path: { queue: "callbacks" } }), { retried: 1 })
      deepStrictEqual((yield* client.queues.listFailedEvents({ urlParams: { limit: 3 } })).items, [
        { id: "f1", carrierId: linq, kind: "Received", attempts: 8, why: "StoreFailure", receivedAt: then, at: then }
      ])
      yield* client.queues.retryFailedEvent({ path: { id: "f1" } })
      yield* client.queues.dropFailedEvent({ path: { id: "f1" } })
      deepStrictEqual(calls, [
        ["inbox pause"],
        ["inbox resume"],
        ["callbacks retry all"],
        ["inbox retry", "f1"],
        ["inbox drop", "f1"]
      ])
      for (const ask of [client.queues.retryFailedEvent, client.queues.dropFailedEvent, client.callbacks.dropDeadLetter]) {
        const problem = yield* Effect.flip(ask({ path: { id: "another" } }))
        assert.strictEqual((problem as { readonly status?: number }).status, 404)
      }
    }))

  it.scoped("a callback that waits for what cannot come is refused, and the problem names the field", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      const url = "https://example.com/hook"
      const { id } = yield* client.callbacks.createCallback({ payload: { url, events: ["Received", "FailedOver"], lines: [support] } })
      yield* client.callbacks.createCallback({ payload: { url, dialect: "linq", events: ["message.received"] } })
      const sales = [LineName.make("sales")]
      const refusals = yield* Effect.all([
        client.callbacks.createCallback({ payload: { url, events: ["Received", "received"] } }),
        client.callbacks.createCallback({ payload: { url, lines: sales } }),
        client.callbacks.updateCallback({ path: { id }, payload: { events: ["Nope"] } }),
        client.callbacks.updateCallback({ path: { id }, payload: { lines: sales } })
      ].map(Effect.flip))
      deepStrictEqual(
        refusals.map((refusal) => {
          const { detail = "", status } = refusal as { readonly detail?: string; readonly status?: number }
          return [status, detail.split(" ")[0]]
        }),
        [[400, "events"], [400, "lines"], [400, "events"], [400, "lines"]]
      )
    }))
})
