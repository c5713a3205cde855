/** Every operation except sending: which carrier it goes to, and what becomes of a lost answer. */
import { describe, expect, it } from "@effect/vitest"
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import * as Operation from "@interline/core/Operation"
import type { Finding } from "@interline/core/OperationSignatures"
import type { Page } from "@interline/core/Page"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { ada, bob, failure, hello, linq, numbers, right, sendblue, type Setup, support, toAda, toBob, world } from "./scripted.ts"

type Other = Exclude<Operation.Operation, "send">

interface Call {
  readonly carrierId: CarrierId.CarrierId
  readonly operation: Operation.Operation
  readonly input: ReadonlyArray<unknown>
}

interface Answers {
  /** What an operation gives at a carrier; by default its own name. */
  readonly answer?: (
    carrierId: CarrierId.CarrierId,
    operation: Other,
    input: ReadonlyArray<unknown>
  ) => Effect.Effect<unknown, MessagingError>
  readonly unsupported?: Partial<Record<"linq" | "sendblue", ReadonlyArray<Operation.Operation>>>
  readonly reconciliation?: (carrierId: CarrierId.CarrierId) => Partial<NonNullable<Carrier["reconciliation"]>>
}

/** The carriers of the script, with every other operation on record and answered at once. */
const recording = (answers: Answers = {}) => {
  const calls: Array<Call> = []
  const record = (carrier: Carrier): Carrier => {
    const missing = answers.unsupported?.[carrier.id as "linq" | "sendblue"] ?? []
    const operations = Object.fromEntries(
      Operation.all.filter((operation) => operation !== "send").map((operation) => [
        operation,
        (...input: ReadonlyArray<unknown>) =>
          Effect.suspend(() => {
            calls.push({ carrierId: carrier.id, operation, input })
            return answers.answer?.(carrier.id, operation, input) ?? Effect.succeed(operation)
          })
      ])
    )
    return {
      ...carrier,
      ...operations,
      capabilities: {
        ...carrier.capabilities,
        operations: {
          ...carrier.capabilities.operations,
          listLineUsage: Capabilities.everywhere("native"),
          getContactStatus: Capabilities.everywhere("native"),
          ...Object.fromEntries(missing.map((operation) => [operation, Capabilities.everywhere("unsupported")]))
        }
      },
      ...(answers.reconciliation === undefined
        ? {}
        : { reconciliation: { ...carrier.reconciliation, ...answers.reconciliation(carrier.id) } })
    }
  }
  const setup: Setup = { carriers: (first, second) => [record(first), record(second)] }
  return { calls, setup, asked: () => calls.map(({ carrierId, operation }) => `${carrierId} ${operation}`) }
}

const atSendblue = MessageRef.make(sendblue, "m")
const chat: Conversation.ChatRef = { carrierId: sendblue, id: "c" }
const photo = Part.media("https://images.example.com/memo.caf")
const love = Reaction.tapback("love")
const file = { carrierId: sendblue, id: "file" }
const upload = { fileName: "a.png", mimeType: "image/png", bytes: new Uint8Array([1]) }

type Run = (messaging: MessagingService, target: Conversation.ChatTarget) => Effect.Effect<unknown, unknown>

/** By the message's own carrier. */
const ofMessages = {
  getPoll: ({ getPoll }) => getPoll(atSendblue),
  addPollOptions: ({ addPollOptions }) => addPollOptions(atSendblue, ["maybe"]),
  voteInPoll: ({ voteInPoll }) => voteInPoll(atSendblue, "o1", true),
  getMessage: ({ getMessage }) => getMessage(atSendblue),
  listThread: ({ listThread }) => listThread(atSendblue),
  deleteRecord: ({ deleteRecord }) => deleteRecord(atSendblue),
  edit: ({ edit }) => edit(atSendblue, "new"),
  react: ({ react }) => react(atSendblue, love),
  unreact: ({ unreact }) => unreact(atSendblue, love),
  moveSticker: ({ moveSticker }) => moveSticker(atSendblue, "sticker-1", { x: 0.5 })
} as const satisfies Partial<Record<Other, Run>>

/** By the chat's own carrier, or the one where the conversation is. */
const inChats = {
  sendVoiceMemo: ({ sendVoiceMemo }, target) => sendVoiceMemo(target, photo),
  listMessages: ({ listMessages }, target) => listMessages(target),
  getChat: ({ getChat }, target) => getChat(target),
  updateChat: ({ updateChat }, target) => updateChat(target, { name: "new" }),
  markRead: ({ markRead }, target) => markRead(target),
  leaveChat: ({ leaveChat }, target) => leaveChat(target),
  shareContactCard: ({ shareContactCard }, target) => shareContactCard(target),
  sendPoll: ({ sendPoll }, target) => sendPoll(target, { options: ["yes", "no"] }),
  requestLocation: ({ requestLocation }, target) => requestLocation(target),
  getLocations: ({ getLocations }, target) => getLocations(target),
  stopLocation: ({ stopLocation }, target) => stopLocation(target, bob),
  addParticipant: ({ addParticipant }, target) => addParticipant(target, bob),
  removeParticipant: ({ removeParticipant }, target) => removeParticipant(target, bob),
  startTyping: ({ startTyping }, target) => startTyping(target),
  stopTyping: ({ stopTyping }, target) => stopTyping(target)
} as const satisfies Partial<Record<Other, Run>>

/** By the attachment's own carrier. */
const ofFiles = {
  getAttachment: ({ getAttachment }) => getAttachment(file),
  deleteAttachment: ({ deleteAttachment }) => deleteAttachment(file)
} as const satisfies Partial<Record<Other, Run>>

/** By the first carrier in the policy's order that can. */
const byPreference = {
  uploadAttachment: ({ uploadAttachment }) => uploadAttachment(upload),
  lookupService: ({ lookupService }) => lookupService(ada, support),
  getContactCard: ({ getContactCard }) => getContactCard(support),
  getContactStatus: ({ getContactStatus }) => getContactStatus(support, ada),
  listChats: ({ listChats }) => listChats()
} as const satisfies Partial<Record<Other, Run>>

/** At every carrier that can. */
const everywhere = {
  listLines: ({ listLines }) => listLines(),
  listLineUsage: ({ listLineUsage }) => listLineUsage(),
  setForwarding: ({ setForwarding }) => setForwarding(support, null),
  setContactCard: ({ setContactCard }) => setContactCard(support, { firstName: "A" }),
  setOptOut: ({ setOptOut }) => setOptOut(ada, false),
  listBlocked: ({ listBlocked }) => listBlocked(),
  block: ({ block }) => block(ada),
  unblock: ({ unblock }) => unblock(ada),
  listWebhooks: ({ listWebhooks }) => listWebhooks()
} as const satisfies Partial<Record<Other, Run>>

const webhooks = ["createWebhook", "updateWebhook", "deleteWebhook"] as const satisfies ReadonlyArray<Other>

const page: Page<unknown> = { items: [], next: Option.none(), total: Option.none() }

// pages and lists are read, so they must be some
const empty = (_: CarrierId.CarrierId, operation: Other): Effect.Effect<unknown> =>
  Effect.succeed(operation === "listChats" ? page : operation.startsWith("list") ? [] : operation)

it("every operation is in one of these tables", () => {
  const named = [ofMessages, inChats, ofFiles, byPreference, everywhere].flatMap((table) => Object.keys(table))
  expect([...named, ...webhooks, "send"].sort()).toEqual([...Operation.all].sort())
})

const rows = (table: Partial<Record<Other, Run>>) => Object.entries(table)

describe("what names its carrier goes there, and nowhere else", () => {
  it.scoped.each([...rows(ofMessages), ...rows(inChats), ...rows(ofFiles)])("%s", ([operation, run]) =>
    Effect.gen(function*() {
      const { asked, setup } = recording({ answer: empty })
      const { messaging } = yield* world(setup)
      yield* run(messaging, chat)
      expect(asked()).toEqual([`sendblue ${operation}`])
    }))

  it.scoped.each([...rows(ofMessages), ...rows(inChats), ...rows(ofFiles)])(
    "%s of a carrier that is not configured fails with the path",
    ([, run]) =>
      Effect.gen(function*() {
        const { asked, setup } = recording({ answer: empty })
        const { messaging } = yield* world({
          policy: { prefer: ["linq"] },
          carriers: (first, second) => setup.carriers?.(first, second).slice(0, 1) ?? []
        })
        const error = yield* Effect.flip(run(messaging, chat))
        expect(error).toMatchObject({ reason: "InvalidInput", certainty: "not-sent" })
        expect(JSON.stringify(error)).toContain("carrierId")
        expect(asked()).toEqual([])
      })
  )
})

describe("what is about a conversation goes where it is", () => {
  it.scoped.each(rows(inChats))(
    "%s: to the carrier that took its last message, else to the preferred",
    ([operation, run]) =>
      Effect.gen(function*() {
        const { asked, setup } = recording({ answer: empty })
        const { messaging, send } = yield* world({ ...setup, linq: { answers: [failure("LineUnavailable")] } })
        yield* run(messaging, toBob)
        expect(right(yield* send()).carrierId).toBe("sendblue")
        yield* run(messaging, toAda)
        expect(asked()).toEqual([`linq ${operation}`, `sendblue ${operation}`])
      })
  )

  it.scoped("at the first carrier that can and has the line, where nobody wrote yet", () =>
    Effect.gen(function*() {
      const { asked, setup } = recording({ unsupported: { linq: ["startTyping"] } })
      const { messaging } = yield* world(setup)
      yield* messaging.startTyping(toAda)
      const error = yield* Effect.flip(messaging.startTyping(Conversation.direct(Line.name("sales"), ada)))
      expect(error.reason).toBe("Unsupported")
      expect(asked()).toEqual(["sendblue startTyping"])
    }))
})

describe("what is about nobody in particular", () => {
  it.scoped.each(rows(byPreference))("%s goes to the first in the policy's order that can", ([operation, run]) =>
    Effect.gen(function*() {
      const first = recording({ answer: empty })
      yield* run((yield* world({ ...first.setup, policy: { prefer: ["sendblue", "linq"] } })).messaging, toAda)
      expect(first.asked()).toEqual([`sendblue ${operation}`])
      const other = recording({ answer: empty, unsupported: { sendblue: [operation as Other] } })
      yield* run((yield* world({ ...other.setup, policy: { prefer: ["sendblue", "linq"] } })).messaging, toAda)
      expect(other.asked()).toEqual([`linq ${operation}`])
    }))

  it.scoped.each(rows(everywhere))("%s goes to all that can", ([operation, run]) =>
    Effect.gen(function*() {
      const all = recording({ answer: empty })
      yield* run((yield* world(all.setup)).messaging, toAda)
      expect(all.asked()).toEqual([`linq ${operation}`, `sendblue ${operation}`])
      const one = recording({ answer: empty, unsupported: { linq: [operation as Other] } })
      yield* run((yield* world(one.setup)).messaging, toAda)
      expect(one.asked()).toEqual([`sendblue ${operation}`])
    }))

  it.scoped.each([...rows(byPreference), ...rows(everywhere).filter(([operation]) => operation !== "setOptOut")])(
    "%s that nobody can fails before anything leaves",
    ([operation, run]) =>
      Effect.gen(function*() {
        const { asked, setup } = recording({ unsupported: { linq: [operation as Other], sendblue: [operation as Other] } })
        expect(yield* Effect.flip(run((yield* world(setup)).messaging, toAda))).toMatchObject({ reason: "Unsupported" })
        expect(asked()).toEqual([])
      })
  )

  it.scoped("one carrier's failure does not keep the others from being asked, and is told", () =>
    Effect.gen(function*() {
      const { asked, setup } = recording({
        answer: (carrierId, operation) => carrierId === linq ? Effect.fail(failure("Unavailable", { operation })) : Effect.void
      })
      const { messaging } = yield* world(setup)
      expect(yield* Effect.flip(messaging.setForwarding(support, null))).toMatchObject({ reason: "Unavailable" })
      expect(asked()).toEqual(["linq setForwarding", "sendblue setForwarding"])
    }))
})

describe("an opt-out that the application says", () => {
  it.scoped("is ours before the carriers are asked, whatever they answer, and where none of them can keep it", () =>
    Effect.gen(function*() {
      const failing = recording({ answer: (_, operation) => Effect.fail(failure("Unavailable", { operation })) })
      const broken = yield* world(failing.setup)
      yield* Effect.flip(broken.messaging.setOptOut(ada, true))
      expect(Option.isSome(yield* broken.suppression.find(ada))).toBe(true)
      const none = recording({ unsupported: { linq: ["setOptOut"], sendblue: ["setOptOut"] } })
      const without = yield* world(none.setup)
      yield* without.messaging.setOptOut(ada, true)
      expect(Option.isSome(yield* without.suppression.find(ada))).toBe(true)
      expect(Either.isLeft(yield* without.send())).toBe(true)
      yield* without.messaging.setOptOut(ada, false)
      right(yield* without.send())
    }))

  it.scoped("is not taken back as long as a carrier does not know it", () =>
    Effect.gen(function*() {
      const { setup } = recording({
        answer: (_, operation, [, optedOut]) => optedOut === false ? Effect.fail(failure("Unavailable", { operation })) : Effect.void
      })
      const { messaging, suppression } = yield* world(setup)
      yield* messaging.setOptOut(ada, true)
      yield* Effect.flip(messaging.setOptOut(ada, false))
      expect(Option.isSome(yield* suppression.find(ada))).toBe(true)
    }))
})

describe("a lost answer", () => {
  const readable = {
    edit: ofMessages.edit,
    react: ofMessages.react,
    unreact: ofMessages.unreact,
    updateChat: inChats.updateChat,
    addParticipant: inChats.addParticipant,
    removeParticipant: inChats.removeParticipant
  } as const

  const lost = (reason: "Timeout" | "NotFound" = "Timeout"): NonNullable<Answers["answer"]> => (_, operation) =>
    Effect.fail(failure(reason, { operation }))

  it.scoped.each(rows(readable))(
    "of %s is read back: done, not done, and no answer again; nothing is repeated",
    ([operation, run]) =>
      Effect.gen(function*() {
        for (
          const [shows, isDone] of [
            [Effect.succeed(true), true],
            [Effect.succeed(false), false],
            [Effect.fail(failure("Timeout")), false]
          ] as ReadonlyArray<readonly [Effect.Effect<boolean, MessagingError>, boolean]>
        ) {
          const { asked, setup } = recording({ answer: lost(), reconciliation: () => ({ [operation]: () => shows }) })
          const answer = yield* Effect.either(run((yield* world(setup)).messaging, chat))
          expect(Either.isRight(answer)).toBe(isDone)
          if (Either.isLeft(answer)) expect(answer.left).toMatchObject({ reason: "Timeout", certainty: "unknown" })
          expect(asked()).toEqual([`sendblue ${operation}`])
        }
      })
  )

  it.scoped.each(rows(readable))(
    "of %s is not read back after a certain refusal, nor where the carrier cannot",
    ([operation, run]) =>
      Effect.gen(function*() {
        let looks = 0
        const looking = { [operation]: () => Effect.sync(() => (looks += 1, true)) }
        const refused = recording({ answer: lost("NotFound"), reconciliation: () => looking })
        expect(yield* Effect.flip(run((yield* world(refused.setup)).messaging, chat))).toMatchObject({ reason: "NotFound" })
        expect(looks).toBe(0)
        const blind = recording({ answer: lost() })
        expect(yield* Effect.flip(run((yield* world(blind.setup)).messaging, chat))).toMatchObject({ certainty: "unknown" })
      })
  )

  it.scoped("of a voice memo is looked for among the memos since, without those of others", () =>
    Effect.gen(function*() {
      const memo = { ref: MessageRef.make(sendblue, "memo"), parts: [0], status: "sent" } as const
      const finding = (found: Finding) => {
        const looks: Array<number> = []
        const { asked, setup } = recording({
          answer: lost(),
          reconciliation: () => ({ sendVoiceMemo: (_, since) => Effect.sync(() => (looks.push(since), found)) })
        })
        return Effect.map(
          Effect.flatMap(world(setup), ({ messaging }) => Effect.either(messaging.sendVoiceMemo(chat, photo))),
          (answer) => ({ answer, asked: asked(), looks })
        )
      }
      const found = yield* finding({ _tag: "Found", receipt: memo })
      expect(found).toMatchObject({ answer: { _tag: "Right", right: memo }, asked: ["sendblue sendVoiceMemo"], looks: [0] })
      expect(yield* finding({ _tag: "Absent" })).toMatchObject({
        answer: { _tag: "Left", left: { certainty: "unknown" } },
        asked: ["sendblue sendVoiceMemo"]
      })
    }))
})

describe("the list of chats", () => {
  const pages: Record<string, ReadonlyArray<Page<string>>> = {
    linq: [{ items: ["l1", "l2"], next: Option.some("2"), total: Option.some(3) }, {
      items: ["l3"],
      next: Option.none(),
      total: Option.some(3)
    }],
    sendblue: [{ items: ["s1"], next: Option.some("x|2"), total: Option.none() }, {
      items: ["s2"],
      next: Option.none(),
      total: Option.none()
    }]
  }
  const paged = recording({
    answer: (carrierId, _, [query]) => Effect.succeed(pages[carrierId]?.["cursor" in (query as object) ? 1 : 0])
  })

  it.scoped("goes through every carrier, page after page, each cursor at its own", () =>
    Effect.gen(function*() {
      const { messaging } = yield* world(paged.setup)
      const seen: Array<unknown> = []
      let cursor: string | undefined
      for (;;) {
        const { items, next } = yield* messaging.listChats({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...items)
        if (Option.isNone(next)) break
        cursor = next.value
      }
      expect(seen).toEqual(["l1", "l2", "l3", "s1", "s2"])
      expect(paged.calls.map(({ carrierId, input: [query] }) => [carrierId, query])).toEqual([
        ["linq", { limit: 2 }],
        ["linq", { limit: 2, cursor: "2" }],
        ["sendblue", { limit: 2 }],
        ["sendblue", { limit: 2, cursor: "x|2" }]
      ])
    }))

  it.scoped.each(["2", "nobody|2", "|2"])("refuses the cursor %s, which it never gave", (cursor) =>
    Effect.gen(function*() {
      const { asked, setup } = recording({ answer: empty })
      const { messaging } = yield* world(setup)
      expect(yield* Effect.flip(messaging.listChats({ cursor }))).toMatchObject({ reason: "InvalidInput" })
      expect(asked()).toEqual([])
    }))
})

describe("webhooks", () => {
  const owned = (carrierId: CarrierId.CarrierId, operation: Other): Effect.Effect<unknown> =>
    Effect.succeed(operation === "listWebhooks" ? [{ id: `of-${carrierId}` }] : operation)
  const subscription = { url: "https://example.com/hook", events: ["message.sent"] }

  it.scoped("are changed and deleted at the carrier that has them", () =>
    Effect.gen(function*() {
      const { calls, setup } = recording({ answer: owned })
      const { messaging } = yield* world(setup)
      yield* messaging.updateWebhook("of-sendblue", { active: false })
      yield* messaging.deleteWebhook("of-linq")
      expect(calls.filter(({ operation }) => operation !== "listWebhooks").map(({ carrierId, operation }) => `${carrierId} ${operation}`))
        .toEqual([
          "sendblue updateWebhook",
          "linq deleteWebhook"
        ])
      expect(yield* Effect.flip(messaging.deleteWebhook("of-nobody"))).toMatchObject({ reason: "NotFound" })
    }))

  it.scoped("are made at the carrier whose lines they name, and by nobody's guess", () =>
    Effect.gen(function*() {
      const { asked, setup } = recording({ answer: owned })
      const { messaging } = yield* world(setup)
      yield* messaging.createWebhook({ ...subscription, lines: [numbers.sendblue] })
      expect(yield* Effect.flip(messaging.createWebhook(subscription))).toMatchObject({ reason: "InvalidInput" })
      expect(yield* Effect.flip(messaging.createWebhook({ ...subscription, lines: [Handle.phone("+12025550299")] }))).toMatchObject({
        reason: "InvalidInput"
      })
      yield* messaging.createWebhook({ ...subscription, carrierId: linq })
      expect(yield* Effect.flip(messaging.createWebhook({ ...subscription, carrierId: CarrierId.make("pigeon") }))).toMatchObject({
        reason: "InvalidInput",
        problems: [{ path: ["subscription", "carrierId"] }]
      })
      expect(asked()).toEqual(["sendblue createWebhook", "linq createWebhook"])
    }))
})

describe("what was sent", () => {
  it.scoped("is found by its delivery id at the carrier that took it, also by the next process", () =>
    Effect.gen(function*() {
      const { asked, setup } = recording()
      const { ledger, messaging, send } = yield* world({
        ...setup,
        linq: { answers: [failure("LineUnavailable")] },
        sendblue: { answers: ["m"] }
      })
      const { id } = right(yield* send(hello))
      yield* messaging.react(id, love)
      const next = recording()
      const later = yield* world({ ...next.setup, ledger })
      yield* later.messaging.react(id, love)
      expect([...asked(), ...next.asked()]).toEqual(["sendblue react", "sendblue react"])
      expect(next.calls[0]?.input[0]).toEqual({ carrierId: "sendblue", id: "m" })
    }))
})
