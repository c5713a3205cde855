import { expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import * as Part from "@interline/core/Part"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import * as AddressCheck from "../src/egress/AddressCheck.ts"
import { OutboundError, OutboundHttp } from "../src/egress/OutboundHttp.ts"

const line = Line.name("support")
const to = Conversation.direct(line, Handle.make("+12025550123"))
const chat = { carrierId: CarrierId.make("linq"), id: "chat" }
const bad = "https://10.0.0.1/photo.jpg"

const guarded = Effect.gen(function*() {
  const asked: Array<string> = []
  const reached = (name: string) => () =>
    Effect.suspend(() => {
      asked.push(name)
      return Effect.fail(MessagingError.make("Unavailable", { operation: "send" }))
    })
  const messaging = Layer.mock(Messaging, {
    carriers: [],
    plan: () => Effect.sync(() => (asked.push("plan"), [])),
    send: () => Effect.suspend(() => Effect.die(asked.push("send"))),
    sendVoiceMemo: reached("sendVoiceMemo"),
    updateChat: reached("updateChat"),
    setContactCard: reached("setContactCard"),
    createWebhook: reached("createWebhook"),
    updateWebhook: reached("updateWebhook"),
    markRead: reached("markRead")
  })
  const egress = Layer.mock(OutboundHttp, {
    check: (url) => url === bad ? Effect.fail(new OutboundError({ why: "a private address" })) : Effect.void
  })
  const context = yield* Layer.build(Layer.provide(AddressCheck.layer(messaging), egress))
  return { asked, service: Context.get(context, Messaging) }
})

describe("the guarded service", () => {
  it.scoped("refuses a draft with a file at a refused address, naming the part, and plans it no more than it sends it", () =>
    Effect.gen(function*() {
      const { asked, service } = yield* guarded
      const draft = Draft.make([Part.text("look"), Part.media(bad)])
      const refused = yield* Effect.flip(Effect.asVoid(service.send(to, draft)))
      expect(refused).toMatchObject({
        _tag: "Invalid",
        problems: [{ rule: "url", path: ["parts", 1, "url"], message: "a private address" }]
      })
      expect(yield* Effect.flip(service.plan(to, draft))).toMatchObject({ _tag: "Invalid" })
      expect(asked).toEqual([])
    }))

  it.scoped("lets through what names no address, or a link that only a person's phone opens", () =>
    Effect.gen(function*() {
      const { asked, service } = yield* guarded
      yield* service.plan(
        to,
        Draft.make([
          Part.text("look"),
          Part.media("https://images.example.com/a.jpg"),
          Part.attachment({ carrierId: chat.carrierId, id: "file" })
        ])
      )
      yield* service.plan(to, Draft.link(bad))
      yield* Effect.ignore(service.markRead(to))
      expect(asked).toEqual(["plan", "plan", "markRead"])
    }))

  it.scoped("refuses a private address in a field that only the vendor knows, however it is written and however deep it stands", () =>
    Effect.gen(function*() {
      const { asked, service } = yield* guarded
      const carrying = (value: unknown): Draft.Draft =>
        Draft.text("look", { extras: { vendor: "linq", parts: [{ part: 0, fields: { card: { images: [value] } } }] } })
      for (const value of [bad, ` ${bad}`, "ht\ntps://10.0.0.1/photo.jpg"]) {
        expect(yield* Effect.flip(service.plan(to, carrying(value)))).toMatchObject({
          _tag: "Invalid",
          problems: [{ rule: "url", path: ["extras"], message: "a private address" }]
        })
      }
      yield* service.plan(to, carrying("https://images.example.com/a.jpg"))
      yield* service.plan(to, carrying("10.0.0.1 is what I saw"))
      expect(asked).toEqual(["plan", "plan"])
    }))

  it.scoped("hands every spelling of an address in such a field to the check", () =>
    Effect.gen(function*() {
      const checked: Array<string> = []
      const messaging = Layer.mock(Messaging, { carriers: [], plan: () => Effect.succeed([]) })
      const egress = Layer.mock(OutboundHttp, { check: (url) => Effect.sync(() => void checked.push(url)) })
      const service = Context.get(yield* Layer.build(Layer.provide(AddressCheck.layer(messaging), egress)), Messaging)
      const spelled = ["http://x", "HTTPS:x", "//x/a", "\\\\x\\a", "gopher://x", "file:/etc", "ws:/x", "\u0000http://x"]
      yield* service.plan(
        to,
        Draft.text("look", { extras: { vendor: "linq", message: { spelled, plain: ["a/b", "note: x", "data", 7, null] } } })
      )
      expect(checked).toEqual([...spelled.slice(0, -1), "http://x"])
    }))

  it.scoped("refuses every other address that a vendor would be told", () =>
    Effect.gen(function*() {
      const { asked, service } = yield* guarded
      const refusals = yield* Effect.all([
        Effect.flip(Effect.asVoid(service.sendVoiceMemo(to, Part.media(bad)))),
        Effect.flip(service.updateChat(chat, { icon: bad })),
        Effect.flip(Effect.asVoid(service.setContactCard(line, { firstName: "Ada", imageUrl: bad }))),
        Effect.flip(Effect.asVoid(service.createWebhook({ url: bad, events: [] }))),
        Effect.flip(Effect.asVoid(service.updateWebhook("id", { url: bad })))
      ])
      expect(refusals.map(({ operation, reason }) => [operation, reason])).toEqual([
        ["sendVoiceMemo", "InvalidInput"],
        ["updateChat", "InvalidInput"],
        ["setContactCard", "InvalidInput"],
        ["createWebhook", "InvalidInput"],
        ["updateWebhook", "InvalidInput"]
      ])
      expect(asked).toEqual([])
      yield* Effect.ignore(service.updateChat(chat, { icon: null, name: "friends" }))
      expect(asked).toEqual(["updateChat"])
    }))
})
