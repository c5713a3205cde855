/** Whom a request would reach, while a carrier that may know more of them could not be read back. */
import { describe, expect, it } from "@effect/vitest"
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import * as Part from "@interline/core/Part"
import type * as Plan from "@interline/core/Plan"
import * as Reaction from "@interline/core/Reaction"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as WaitingMessaging from "../src/consent/waitingMessaging.ts"

const [linq, sendblue] = [CarrierId.make("linq"), CarrierId.make("sendblue")]
const support = Line.name("support")
const number = Handle.phone("+12025550100")
const [ada, bob] = [Handle.make("+12025550123"), Handle.make("+12025550124")]

/** How a carrier knows a person: it carried something from them or to them, or has their conversation. */
type Trace = "inbound" | "outbound" | "bound"

/** Linq could not be read back, and knows Ada; a message or a chat at Sendblue is with the person of its name. */
const world = (unread: ReadonlyArray<CarrierId>, trace: Trace = "outbound") => {
  const calls: Array<string> = []
  const called = (name: string) => () => Effect.sync(() => void calls.push(name))
  const personOf = (id: string) => id.startsWith("ada") ? ada : bob
  const messaging = {
    ...Object.fromEntries(
      [
        ...[
          "sendVoiceMemo",
          "edit",
          "react",
          "unreact",
          "moveSticker",
          "updateChat",
          "shareContactCard",
          "requestLocation",
          "addParticipant"
        ],
        ...["sendPoll", "addPollOptions", "voteInPoll"],
        ...["startTyping", "send"]
      ].map((name) => [name, called(name)])
    ),
    plan: () => Effect.succeed([sendable]),
    getMessage: (ref: MessageRef.MessageRef) =>
      ref.id === "gone"
        ? Effect.fail(MessagingError.make("NotFound", { operation: "getMessage" }))
        : ref.id === "nobody"
        ? Effect.succeed({ ref, to: [number] })
        : ref.id === "crowd"
        ? Effect.succeed({ ref, from: bob, to: [number], isGroup: true })
        : Effect.succeed({
          ref,
          from: personOf(ref.id),
          to: [number],
          ...(ref.id.endsWith("group") ? { isGroup: true, chat: { carrierId: sendblue, id: "ada-chat" } } : {})
        }),
    getChat: (chat: Conversation.ChatRef) =>
      Effect.succeed({ participants: [{ peer: number }, { peer: personOf(chat.id) }, { peer: bob }] })
  } as unknown as MessagingService
  const guarded = WaitingMessaging.make(
    messaging,
    { unread: () => unread, read: () => Effect.void, waited: Effect.void, ungated: (list) => list },
    {
      contact: (carrierId, _, person) => {
        const at = carrierId === linq && person === ada ? 1 : undefined
        return Effect.succeed({ inboundAt: trace === "inbound" ? at : undefined, outboundAt: trace === "outbound" ? at : undefined })
      },
      binding: (key) =>
        Effect.succeed(
          trace === "bound" && key === Conversation.key(to(ada))
            ? Option.some({ carrierId: linq, line: support, at: 1, version: 1 })
            : Option.none()
        )
    },
    [{ id: linq, lines: new Map([[support, number]]) }, { id: sendblue, lines: new Map([[support, number]]) }]
  )
  return { calls, guarded }
}

const to = (handle: Handle.Handle) => Conversation.direct(support, handle)
const chat = (id: string, carrierId = sendblue) => ({ carrierId, id })
const message = (id: string, carrierId = sendblue) => MessageRef.make(carrierId, id)
const love = Reaction.tapback("love")
const memo = Part.media("https://example.com/a.m4a")

const sendable: Plan.Forecast = {
  _tag: "Sendable",
  carrierId: sendblue,
  steps: [{ operation: "send", method: "POST", path: "/send", body: {}, parts: [0], keyed: false }],
  losses: []
}

describe("a plan", () => {
  it.effect("says of a person in doubt what the send would be refused with, and waits for nothing", () =>
    Effect.gen(function*() {
      const { guarded } = world([linq])
      expect(yield* guarded.plan(to(ada), Draft.text("hi"))).toMatchObject([{ ...sendable, _tag: "Barred", error: { reason: "NotReady" } }])
      expect(yield* guarded.plan(to(bob), Draft.text("hi"))).toEqual([sendable])
      expect(yield* world([]).guarded.plan(to(ada), Draft.text("hi"))).toEqual([sendable])
    }))
})

type Request = (guarded: MessagingService) => Effect.Effect<unknown, MessagingError.MessagingError>

const inDoubt: ReadonlyArray<readonly [string, Request]> = [
  ["typing to a person whom it knows", (one) => one.startTyping(to(ada))],
  ["a voice memo to a person whom it knows", (one) => one.sendVoiceMemo(to(ada), memo)],
  ["a poll to a person whom it knows", (one) => one.sendPoll(to(ada), { options: ["yes", "no"] })],
  ["new options of a poll to a person", (one) => one.addPollOptions(message("ada-1"), ["maybe"])],
  ["a vote in a poll to a person", (one) => one.voteInPoll(message("ada-1"), "o", true)],
  ["a request for a location to a person whom it knows", (one) => one.requestLocation(to(ada))],
  ["a contact card to a person whom it knows", (one) => one.shareContactCard(to(ada))],
  ["a person whom it knows for a group", (one) => one.addParticipant(chat("bob"), ada)],
  ["a reaction to a person's message", (one) => one.react(message("ada-1"), love)],
  ["the end of a reaction to a person's message", (one) => one.unreact(message("ada-1"), love)],
  ["a sticker that is moved on a message to a person", (one) => one.moveSticker(message("ada-1"), "sticker-1", { x: 0 })],
  ["an edit of a message to a person", (one) => one.edit(message("ada-1"), "better")],
  ["a reaction in a group with a person", (one) => one.react(message("bob-group"), love)],
  ["typing in a chat with a person", (one) => one.startTyping(chat("ada-chat"))],
  ["a new name for a chat with a person", (one) => one.updateChat(chat("ada-chat"), { name: "Trip" })],
  ["a chat of its own, whoever is in it", (one) => one.startTyping(chat("bob", linq))],
  ["a message of its own, whoever wrote it", (one) => one.react(message("bob", linq), love)]
]

describe("while a carrier could not be read back", () => {
  it.effect.each(inDoubt)("refuses %s", ([, ask]) =>
    Effect.gen(function*() {
      const { calls, guarded } = world([linq])
      expect(yield* Effect.flip(ask(guarded))).toMatchObject({ reason: "NotReady", certainty: "not-sent", carrierId: linq })
      expect(calls).toEqual([])
      const later = world([])
      yield* ask(later.guarded)
      expect(later.calls).toHaveLength(1)
    }))

  it.effect("refuses what reaches somebody of whom nobody says who it is", () =>
    Effect.gen(function*() {
      const { calls, guarded } = world([linq])
      expect((yield* Effect.flip(guarded.react(message("gone"), love))).reason).toBe("NotFound")
      for (const id of ["nobody", "crowd"]) expect((yield* Effect.flip(guarded.react(message(id), love))).reason).toBe("NotReady")
      expect(calls).toEqual([])
    }))

  it.effect.each(["inbound", "outbound", "bound"] as const)(
    "refuses whom the carrier knows by its last trace of them: %s",
    (trace) =>
      Effect.gen(function*() {
        const { calls, guarded } = world([linq], trace)
        expect((yield* Effect.flip(guarded.startTyping(to(ada)))).reason).toBe("NotReady")
        expect(yield* Effect.flip(guarded.send(to(ada), Draft.text("hello")))).toMatchObject({
          _tag: "NotSent",
          attempts: [],
          error: { reason: "NotReady", certainty: "not-sent", carrierId: linq }
        })
        expect(calls).toEqual([])
        yield* guarded.send(to(bob), Draft.text("hello"))
        expect(calls).toEqual(["send"])
      })
  )

  it.effect("lets through what reaches people whom that carrier does not know", () =>
    Effect.gen(function*() {
      const { calls, guarded } = world([linq])
      yield* guarded.startTyping(to(bob))
      yield* guarded.sendVoiceMemo(to(bob), memo)
      yield* guarded.react(message("bob-1"), love)
      yield* guarded.edit(message("bob-1"), "better")
      yield* guarded.startTyping(chat("bob"))
      yield* guarded.addParticipant(chat("bob"), bob)
      expect(calls).toEqual(["startTyping", "sendVoiceMemo", "react", "edit", "startTyping", "addParticipant"])
    }))
})
