/** Which events go in order, because they share a lane. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as EventLane from "../src/inbox/eventLane.ts"

const carrierId = CarrierId.make("sendblue")
const support = Line.name("support")
const ours = Handle.phone("+12025550101")
const ada = Handle.phone("+12025550123")
const bob = Handle.phone("+12025550124")
const chat = { carrierId, id: "chat-1" }
const ref = MessageRef.make(carrierId, "m1")
const toAda = Conversation.key(Conversation.direct(support, ada))

const laneOf = EventLane.make([{ id: carrierId, lines: new Map([[support, ours]]) }])

const received = (more: Partial<Message>): MessagingEvent => ({
  _tag: "Received",
  carrierId,
  message: {
    ref,
    direction: "inbound",
    from: ada,
    to: [ours],
    parts: [],
    status: { neutral: "delivered", raw: "received" },
    metadata: {},
    ...more
  }
})

const reaction = { reaction: { _tag: "Tapback", tapback: "love" }, isMine: false, raw: "love" } as const

const lanes = (...events: ReadonlyArray<MessagingEvent>) => Array.from(new Set(events.map(laneOf)))

describe("the lane of an event", () => {
  it("is its conversation's", () =>
    deepStrictEqual(
      lanes(
        received({}),
        received({ direction: "outbound", from: ours, to: [ada] }),
        { _tag: "Typing", carrierId, from: ada, line: ours, typing: true },
        { _tag: "Reaction", carrierId, line: ours, ref, change: "added", reaction: { ...reaction, from: ada } }
      ),
      [toAda]
    ))

  it("is its chat's, where the carrier names one", () =>
    deepStrictEqual(
      lanes(
        received({ chat }),
        received({ chat, isGroup: true, to: [ours, bob] }),
        { _tag: "Typing", carrierId, chat, from: ada, line: ours, typing: true },
        { _tag: "Reaction", carrierId, chat, ref, change: "added", reaction: { ...reaction, from: ada } },
        { _tag: "Participant", carrierId, chat, change: "added", participant: { peer: bob, isMine: false, metadata: {} } },
        { _tag: "Chat", carrierId, change: "renamed", ref: chat }
      ),
      ["chat sendblue:chat-1"]
    ))

  it("is its message's, for a status, an edit, and a reaction of which no more is known", () =>
    deepStrictEqual(
      lanes(
        { _tag: "Status", carrierId, fact: { ref, status: "sent" } },
        { _tag: "Status", carrierId, fact: { ref, status: "delivered" } },
        { _tag: "Edited", carrierId, ref, part: 0, text: "x", byMe: false },
        { _tag: "Reaction", carrierId, ref, change: "added", reaction }
      ),
      ["message sendblue:m1"]
    ))

  it("is the person's, for an opt-out and an opt-in", () =>
    deepStrictEqual(lanes({ _tag: "OptedOut", carrierId, handle: ada, line: ours }, { _tag: "OptedIn", carrierId, handle: ada }), [
      `person ${ada}`
    ]))

  it("is the carrier's, for everything else", () =>
    deepStrictEqual(
      lanes(
        { _tag: "Unrecognized", carrierId, kind: "new", raw: {} },
        { _tag: "Account", carrierId, kind: "notice", severity: "note", summary: "A note." },
        { _tag: "Participant", carrierId, change: "added", participant: { peer: bob, isMine: false, metadata: {} } },
        received({ to: [ours, bob], isGroup: true }),
        received({ to: [bob] })
      ),
      ["carrier sendblue"]
    ))
})
