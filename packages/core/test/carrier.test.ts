import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type * as Carrier from "../src/carrier/Carrier.ts"
import * as ChatBook from "../src/carrier/ChatBook.ts"
import * as Suppression from "../src/carrier/Suppression.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Loss from "../src/content/Loss.ts"
import * as Part from "../src/content/Part.ts"
import * as Reaction from "../src/content/Reaction.ts"
import * as Conversation from "../src/names/Conversation.ts"
import * as Line from "../src/names/Line.ts"
import * as Operation from "../src/names/Operation.ts"
import type { MessagingError } from "../src/outcome/MessagingError.ts"
import {
  alice,
  bob,
  carol,
  chatRef,
  deliveryId,
  directChat,
  failure,
  fake,
  groupChat,
  hello,
  linq,
  ourNumber,
  photo,
  receipt,
  ref,
  request,
  sendblue,
  support,
  textAndPhoto,
  toAlice,
  toGroup
} from "./support.ts"

/** Runs an effect to its end however long it waits, and says how long that was. */
const patiently = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.timed(effect))
    yield* TestClock.adjust("1 day")
    const [waited, result] = yield* Fiber.join(fiber)
    return { result, seconds: Duration.toSeconds(waited) }
  })

const never = { direct: "unsupported", group: "unsupported" } as const
const directOnly = { direct: "native", group: "unsupported" } as const
const groupOnly = { direct: "unsupported", group: "native" } as const
const love = Reaction.tapback("love")
const file = { carrierId: linq, id: "file-1" }

/** Every operation but send, as a caller would ask for it. */
const ask = {
  sendVoiceMemo: (carrier, to) => carrier.sendVoiceMemo(to, Part.media(photo)),
  sendPoll: (carrier, to) => carrier.sendPoll(to, { options: ["yes", "no"] }),
  getPoll: (carrier) => carrier.getPoll(ref("m")),
  addPollOptions: (carrier) => carrier.addPollOptions(ref("m"), ["maybe"]),
  voteInPoll: (carrier) => carrier.voteInPoll(ref("m"), "o-1", true),
  getMessage: (carrier) => carrier.getMessage(ref("m")),
  listMessages: (carrier, to) => carrier.listMessages(to),
  listThread: (carrier) => carrier.listThread(ref("m")),
  deleteRecord: (carrier) => carrier.deleteRecord(ref("m")),
  edit: (carrier) => carrier.edit(ref("m"), "better"),
  react: (carrier) => carrier.react(ref("m"), love),
  unreact: (carrier) => carrier.unreact(ref("m"), love),
  moveSticker: (carrier) => carrier.moveSticker(ref("m"), "sticker-1", { x: 0.5 }),
  listChats: (carrier) => carrier.listChats(),
  getChat: (carrier, to) => carrier.getChat(to),
  updateChat: (carrier, to) => carrier.updateChat(to, { name: "Trip" }),
  markRead: (carrier, to) => carrier.markRead(to),
  leaveChat: (carrier, to) => carrier.leaveChat(to),
  shareContactCard: (carrier, to) => carrier.shareContactCard(to),
  requestLocation: (carrier, to) => carrier.requestLocation(to),
  getLocations: (carrier, to) => carrier.getLocations(to),
  stopLocation: (carrier, to) => carrier.stopLocation(to, alice),
  addParticipant: (carrier, to) => carrier.addParticipant(to, carol),
  removeParticipant: (carrier, to) => carrier.removeParticipant(to, bob),
  startTyping: (carrier, to) => carrier.startTyping(to),
  stopTyping: (carrier, to) => carrier.stopTyping(to),
  uploadAttachment: (carrier) => carrier.uploadAttachment({ fileName: "a.jpg", mimeType: "image/jpeg", bytes: new Uint8Array(1) }),
  getAttachment: (carrier) => carrier.getAttachment(file),
  deleteAttachment: (carrier) => carrier.deleteAttachment(file),
  lookupService: (carrier) => carrier.lookupService(alice),
  listLines: (carrier) => carrier.listLines(),
  listLineUsage: (carrier) => carrier.listLineUsage(),
  getContactStatus: (carrier) => carrier.getContactStatus(support, alice),
  setForwarding: (carrier) => carrier.setForwarding(support, null),
  getContactCard: (carrier) => carrier.getContactCard(support),
  setContactCard: (carrier) => carrier.setContactCard(support, { firstName: "Ann" }),
  setOptOut: (carrier) => carrier.setOptOut(alice, true),
  listBlocked: (carrier) => carrier.listBlocked(),
  block: (carrier) => carrier.block(alice, "spam"),
  unblock: (carrier) => carrier.unblock(alice),
  listWebhooks: (carrier) => carrier.listWebhooks(),
  createWebhook: (carrier) => carrier.createWebhook({ url: "https://example.com", events: ["sent"] }),
  updateWebhook: (carrier) => carrier.updateWebhook("w", { active: false }),
  deleteWebhook: (carrier) => carrier.deleteWebhook("w")
} as const satisfies Record<
  Exclude<Operation.Operation, "send">,
  (carrier: Carrier.Carrier, to: Conversation.ChatTarget) => Effect.Effect<unknown, MessagingError>
>
type Asked = keyof typeof ask
const asked = Object.keys(ask) as ReadonlyArray<Asked>
const inChat: ReadonlyArray<Asked> = asked.filter((name) => ask[name].length === 2)
const onMessage: ReadonlyArray<Asked> = ["edit", "react", "unreact", "moveSticker", "addPollOptions", "voteInPoll"]
const reaching = asked.filter((name) => Operation.operations[name].reaches)

describe("capability gate", () => {
  it.effect.each(asked)("%s: reaches the adapter when native, stops before it when unsupported", (name) =>
    Effect.gen(function*() {
      const able = yield* fake()
      yield* ask[name](able.carrier, toAlice)
      expect(able.names()).toContain(name)
      const unable = yield* fake({ operations: { [name]: never } })
      const error = yield* Effect.flip(ask[name](unable.carrier, toAlice))
      expect(error).toMatchObject({ reason: "Unsupported", certainty: "not-sent", carrierId: linq, operation: name })
      expect(unable.names()).toEqual([])
    }))

  it.effect.each(inChat)(
    "%s: is refused for the kind of conversation that it does not cover, before any lookup",
    (name) =>
      Effect.gen(function*() {
        const noGroups = yield* fake({ operations: { [name]: directOnly } })
        expect((yield* Effect.flip(ask[name](noGroups.carrier, toGroup))).reason).toBe("Unsupported")
        expect(noGroups.names()).toEqual([])
        yield* ask[name](noGroups.carrier, toAlice)
        const onlyGroups = yield* fake({ operations: { [name]: groupOnly } })
        expect((yield* Effect.flip(ask[name](onlyGroups.carrier, toAlice))).reason).toBe("Unsupported")
        expect(onlyGroups.names()).toEqual([])
        yield* ask[name](onlyGroups.carrier, toGroup)
      })
  )

  it.effect.each(onMessage)("%s: is refused in the kind of chat that it does not cover", (name) =>
    Effect.gen(function*() {
      const { carrier, names } = yield* fake({ operations: { [name]: directOnly }, chatOf: Effect.succeed(groupChat) })
      expect((yield* Effect.flip(ask[name](carrier, toAlice))).reason).toBe("Unsupported")
      expect(names()).toEqual(["chatOf"])
    }))

  it.effect("send: is refused, and planned as refused, for the kind of conversation that it does not cover", () =>
    Effect.gen(function*() {
      for (const [coverage, conversation] of [[directOnly, toGroup], [groupOnly, toAlice], [never, toAlice]] as const) {
        const { calls, carrier, plans } = yield* fake({ operations: { send: coverage }, needsChat: true })
        const outcome = yield* carrier.send(request(hello, { conversation }))
        expect(outcome).toMatchObject({ _tag: "Rejected", error: { reason: "Unsupported", certainty: "not-sent" } })
        expect(yield* carrier.plan({ draft: hello, conversation, fidelity: "adapt" })).toMatchObject({
          _tag: "Refused",
          problems: [{ rule: "feature" }]
        })
        expect(calls()).toEqual([])
        expect(plans()).toEqual([])
      }
    }))

  it.effect("an operation that the adapter leaves out is unsupported, whatever its capabilities say", () =>
    Effect.gen(function*() {
      const { carrier } = yield* fake({ leftOut: ["getMessage"] })
      expect((yield* Effect.flip(carrier.getMessage(ref("m")))).reason).toBe("Unsupported")
    }))
})

describe("suppression fence", () => {
  it.effect.each(reaching)("%s: stops before the request when one recipient is suppressed", (name) =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* fake({ chatOf: Effect.succeed(groupChat) })
      yield* suppression.add(bob, "explicit")
      const error = yield* Effect.flip(ask[name](carrier, toGroup))
      expect(error).toMatchObject({ reason: "Suppressed", certainty: "not-sent", next: "stop", operation: name })
      expect(names()).not.toContain(name)
    }))

  it.effect.each(asked.filter((name) => !Operation.operations[name].reaches))(
    "%s: reaches nobody and is not stopped",
    (name) =>
      Effect.gen(function*() {
        const { carrier, names, suppression } = yield* fake()
        yield* suppression.add(alice, "explicit")
        yield* suppression.add(bob, "explicit")
        yield* ask[name](carrier, toGroup)
        expect(names()).toContain(name)
      })
  )

  it.effect.each(reaching.filter((name) => inChat.includes(name)))(
    "%s: stops in a chat that only the vendor can describe",
    (name) =>
      Effect.gen(function*() {
        const { carrier, names, suppression } = yield* fake({ described: Effect.succeed(groupChat) })
        yield* suppression.add(bob, "explicit")
        expect((yield* Effect.flip(ask[name](carrier, chatRef))).reason).toBe("Suppressed")
        expect(names()).toEqual(["describeChat"])
      })
  )

  it.effect("stops the handle that would be added to a group", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* fake()
      yield* suppression.add(carol, "event")
      expect((yield* Effect.flip(carrier.addParticipant(toGroup, carol))).reason).toBe("Suppressed")
      expect(names()).not.toContain("addParticipant")
    }))

  it.effect("rejects a send and performs nothing", () =>
    Effect.gen(function*() {
      const { carrier, performed, suppression } = yield* fake()
      yield* suppression.add(bob, "explicit")
      expect(yield* carrier.send(request(hello, { conversation: toGroup }))).toMatchObject({
        _tag: "Rejected",
        error: { reason: "Suppressed", certainty: "not-sent" }
      })
      expect(performed()).toEqual([])
    }))

  it.effect("stands in front of each step: an opt-out between two steps stops the second", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const { carrier, performed } = yield* fake({
        suppression,
        answers: [Effect.as(suppression.add(alice, "event"), "message-1"), "message-2"]
      })
      const outcome = yield* carrier.send(request(textAndPhoto))
      expect(outcome).toMatchObject({
        _tag: "Partial",
        receipts: [{ ref: ref("message-1"), parts: [0] }],
        rest: { _tag: "Rejected", error: { reason: "Suppressed" } },
        remaining: [1]
      })
      expect(performed()).toHaveLength(1)
    }))

  it.effect("stands in front of each replay: an opt-out between two tries stops the second, and the first stays unknown", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const { carrier, performed } = yield* fake({
        suppression,
        keyed: true,
        answers: [Effect.zipRight(suppression.add(alice, "event"), Effect.fail(failure("Timeout"))), "message-1"]
      })
      const { result, seconds } = yield* patiently(carrier.send(request()))
      expect(result).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "Timeout" } } })
      expect(performed()).toHaveLength(1)
      // one wait for the replay, none for another after the fence
      expect(seconds).toBeLessThan(1)
    }))

  it.effect("stands in front of each repetition of an operation that was refused with later", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const { carrier, names } = yield* fake({
        suppression,
        implemented: { startTyping: () => Effect.zipRight(suppression.add(alice, "event"), Effect.fail(failure("RateLimited"))) }
      })
      const { result } = yield* patiently(Effect.flip(carrier.startTyping(toAlice)))
      expect(result.reason).toBe("Suppressed")
      expect(names().filter((name) => name === "startTyping")).toHaveLength(1)
    }))

  it.effect("lets a person through again after an opt-in", () =>
    Effect.gen(function*() {
      const { carrier, suppression } = yield* fake()
      yield* suppression.add(alice, "event")
      yield* suppression.remove(alice)
      expect((yield* carrier.send(request()))._tag).toBe("Accepted")
    }))

  it.effect("learns an opt-out from a refusal and then blocks every carrier that shares the list", () =>
    Effect.gen(function*() {
      const first = yield* fake({ answers: [failure("OptedOut")] })
      expect(yield* first.carrier.send(request())).toMatchObject({ _tag: "Rejected", error: { reason: "OptedOut" } })
      const second = yield* fake({ id: sendblue, suppression: first.suppression })
      expect(yield* second.carrier.send(request())).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
      expect(second.performed()).toEqual([])
      expect(yield* first.suppression.find(alice)).toMatchObject(Option.some({ handle: alice, source: "error", carrierId: linq }))
    }))

  it.effect("learns an opt-out from any operation, but not from a group, where it is unknown who opted out", () =>
    Effect.gen(function*() {
      const direct = yield* fake({ implemented: { startTyping: () => Effect.fail(failure("OptedOut")) } })
      yield* Effect.flip(direct.carrier.startTyping(toAlice))
      expect((yield* direct.suppression.list).map((entry) => entry.handle)).toEqual([alice])
      const group = yield* fake({ answers: [failure("OptedOut")] })
      yield* group.carrier.send(request(hello, { conversation: toGroup }))
      expect(yield* group.suppression.list).toEqual([])
    }))
})

describe("addresses", () => {
  it.effect("an unknown line is a typed problem and reaches no adapter", () =>
    Effect.gen(function*() {
      const elsewhere = Conversation.direct(Line.name("sales"), alice)
      const { calls, carrier, plans } = yield* fake()
      expect(yield* carrier.send(request(hello, { conversation: elsewhere }))).toMatchObject({
        _tag: "Rejected",
        error: { reason: "InvalidInput", problems: [{ rule: "line", path: ["to", "line"] }] }
      })
      expect(yield* carrier.plan({ draft: hello, conversation: elsewhere, fidelity: "adapt" })).toMatchObject({
        _tag: "Refused",
        problems: [{ rule: "line" }]
      })
      for (
        const refused of [
          carrier.getChat(elsewhere),
          carrier.listChats({ line: Line.name("sales") }),
          carrier.setForwarding(Line.name("sales"), null),
          carrier.getContactCard(Line.name("sales")),
          carrier.getContactStatus(Line.name("sales"), alice),
          carrier.lookupService(alice, Line.name("sales"))
        ]
      ) expect(yield* Effect.flip(refused)).toMatchObject({ reason: "InvalidInput", problems: [{ rule: "line" }] })
      expect(calls()).toEqual([])
      expect(plans()).toEqual([])
    }))

  it.effect("refs, chats and files of another carrier are refused before the adapter", () =>
    Effect.gen(function*() {
      const { calls, carrier } = yield* fake()
      const foreign = ref("m", sendblue)
      const refused: ReadonlyArray<Effect.Effect<unknown, MessagingError>> = [
        carrier.getMessage(foreign),
        carrier.listThread(foreign),
        carrier.deleteRecord(foreign),
        carrier.edit(foreign, "x"),
        carrier.react(foreign, love),
        carrier.unreact(foreign, love),
        carrier.getChat(foreign),
        carrier.startTyping(foreign),
        carrier.getAttachment(foreign),
        carrier.deleteAttachment(foreign),
        carrier.sendVoiceMemo(toAlice, Part.attachment(foreign))
      ]
      for (const effect of refused) {
        const error = yield* Effect.flip(effect)
        expect(error).toMatchObject({ reason: "InvalidInput", certainty: "not-sent" })
        expect(error.problems?.[0]?.path.at(-1)).toBe("carrierId")
      }
      expect(calls()).toEqual([])
    }))

  it.effect("malformed input is a typed refusal that names the field, never a defect", () =>
    Effect.gen(function*() {
      const { calls, carrier } = yield* fake()
      const junk = undefined as never
      const refused: ReadonlyArray<readonly [path: string, Effect.Effect<unknown, MessagingError>]> = [
        ["message", Effect.suspend(() => carrier.getMessage(junk))],
        ["message", Effect.suspend(() => carrier.react(junk, love))],
        ["reaction", Effect.suspend(() => carrier.react(ref("m"), junk))],
        ["part", Effect.suspend(() => carrier.react(ref("m"), love, { part: -1 }))],
        ["text", Effect.suspend(() => carrier.edit(ref("m"), ""))],
        ["to", Effect.suspend(() => carrier.getChat(junk))],
        ["page.limit", Effect.suspend(() => carrier.listMessages(toAlice, { limit: 0 }))],
        ["page.cursor", Effect.suspend(() => carrier.listChats({ cursor: "" }))],
        ["page", Effect.suspend(() => carrier.listChats(7 as never))],
        ["with", Effect.suspend(() => carrier.listChats({ with: "bob" as never }))],
        ["audio", Effect.suspend(() => carrier.sendVoiceMemo(toAlice, junk))],
        ["change", Effect.suspend(() => carrier.updateChat(toGroup, junk))],
        ["change", Effect.suspend(() => carrier.updateChat(toGroup, {}))],
        ["change.name", Effect.suspend(() => carrier.updateChat(toGroup, { name: 7 as never }))],
        ["handle", Effect.suspend(() => carrier.addParticipant(toGroup, junk))],
        ["handle", Effect.suspend(() => carrier.removeParticipant(toGroup, "Ann@example.com" as never))],
        ["upload", Effect.suspend(() => carrier.uploadAttachment(junk))],
        ["attachment", Effect.suspend(() => carrier.getAttachment(junk))],
        ["handle", Effect.suspend(() => carrier.lookupService(junk))],
        ["handle", Effect.suspend(() => carrier.getContactStatus(support, junk))],
        ["number", Effect.suspend(() => carrier.setForwarding(support, "ann@example.com" as never))],
        ["card", Effect.suspend(() => carrier.setContactCard(support, junk))],
        ["card.firstName", Effect.suspend(() => carrier.setContactCard(support, { firstName: "" }))],
        ["optedOut", Effect.suspend(() => carrier.setOptOut(alice, "no" as never))],
        ["subscription", Effect.suspend(() => carrier.createWebhook(junk))],
        ["change", Effect.suspend(() => carrier.updateWebhook("w", junk))],
        ["change.url", Effect.suspend(() => carrier.updateWebhook("w", { url: "x" }))],
        ["id", Effect.suspend(() => carrier.deleteWebhook(""))]
      ]
      for (const [path, effect] of refused) {
        const error = yield* Effect.flip(effect)
        expect(error.reason, path).toBe("InvalidInput")
        expect(error.problems?.map((problem) => problem.path.join("."))).toEqual([path])
      }
      expect(calls()).toEqual([])
    }))

  it.effect("a chat is looked up once and then remembered", () =>
    Effect.gen(function*() {
      const { carrier, names } = yield* fake({ found: [Option.some(chatRef)] })
      yield* carrier.getChat(toAlice)
      yield* carrier.markRead(toAlice)
      expect(names()).toEqual(["findChat", "getChat", "markRead"])
    }))

  it.effect("the adapter gets the conversation resolved: kind, people, our number and the chat", () =>
    Effect.gen(function*() {
      const { calls, carrier } = yield* fake({ found: [Option.some(chatRef)] })
      yield* carrier.startTyping(toGroup)
      expect(calls().at(-1)?.input[0]).toEqual({ kind: "group", recipients: [alice, bob], from: ourNumber, chat: chatRef })
    }))

  it.effect.each(["sendVoiceMemo", "startTyping", "react"] as const)(
    "%s: a failed lookup of the chat is certain: nothing was sent",
    (name) =>
      Effect.gen(function*() {
        const lost = Effect.fail(failure("Timeout", { operation: "getChat", vendorMessage: "slow", vendorCode: "42" }))
        const { carrier, names } = yield* fake({ described: lost, chatOf: lost })
        const { result } = yield* patiently(Effect.flip(ask[name](carrier, chatRef)))
        expect(result).toMatchObject({ reason: "Timeout", certainty: "not-sent", operation: name, carrierId: linq, vendorCode: "42" })
        expect(result.next).not.toBe("reconcile")
        expect(result.vendorMessage).toBeDefined()
        expect(names()).not.toContain(name)
      })
  )
})

describe("retries of operations", () => {
  const always = (reason: MessagingError["reason"], more: Parameters<typeof failure>[1] = {}) => () => Effect.fail(failure(reason, more))

  it.effect.each(["Timeout", "Transport", "Unavailable", "Unrecognized", "ConnectionFailed", "RateLimited", "NotReady"] as const)(
    "a read is repeated at most twice on %s",
    (reason) =>
      Effect.gen(function*() {
        const { carrier, names } = yield* fake({ implemented: { getMessage: always(reason), getChat: always(reason) } })
        yield* patiently(Effect.flip(carrier.getMessage(ref("m"))))
        expect(names()).toEqual(["getMessage", "getMessage", "getMessage"])
        yield* patiently(Effect.flip(carrier.getChat(chatRef)))
        expect(names().filter((name) => name === "getChat")).toHaveLength(3)
      })
  )

  it.effect.each(["NotFound", "Authentication", "BadResponse", "InvalidInput", "Permission"] as const)(
    "a read is not repeated on %s",
    (reason) =>
      Effect.gen(function*() {
        const { carrier, names } = yield* fake({ implemented: { getMessage: always(reason) } })
        yield* Effect.flip(carrier.getMessage(ref("m")))
        expect(names()).toEqual(["getMessage"])
      })
  )

  it.effect("a lookup on the way is repeated at most twice, not again for each repetition of what follows", () =>
    Effect.gen(function*() {
      const lost = Effect.fail(failure("RateLimited"))
      const { carrier, names } = yield* fake({ found: [failure("Timeout")], described: lost, chatOf: lost })
      yield* patiently(Effect.flip(carrier.listMessages(toAlice)))
      yield* patiently(Effect.flip(carrier.getChat(chatRef)))
      yield* patiently(Effect.flip(carrier.react(ref("m"), love)))
      const count = (name: string) => names().filter((found) => found === name).length
      expect([count("findChat"), count("describeChat"), count("chatOf")]).toEqual([3, 3, 3])
    }))

  it.effect.each(["react", "addParticipant", "sendVoiceMemo", "createWebhook", "startTyping"] as const)(
    "%s is never repeated when it is unknown whether it happened",
    (name) =>
      Effect.gen(function*() {
        const { carrier, names } = yield* fake({ implemented: { [name]: always("Timeout") } })
        const { result } = yield* patiently(Effect.flip(ask[name](carrier, toAlice)))
        expect(result).toMatchObject({ reason: "Timeout", certainty: "unknown" })
        expect(names().filter((found) => found === name)).toHaveLength(1)
      })
  )

  it.effect("an act that was certainly refused with later is repeated", () =>
    Effect.gen(function*() {
      const { carrier, names } = yield* fake({ implemented: { react: always("RateLimited") } })
      yield* patiently(Effect.flip(carrier.react(ref("m"), love)))
      expect(names().filter((name) => name === "react")).toHaveLength(3)
    }))

  it.effect("Retry-After is waited for up to the cap and surfaces at once above it", () =>
    Effect.gen(function*() {
      const short = yield* fake({ implemented: { getMessage: always("RateLimited", { retryAfter: Duration.seconds(7) }) } })
      expect((yield* patiently(Effect.flip(short.carrier.getMessage(ref("m"))))).seconds).toBe(14)
      const long = yield* fake({ implemented: { getMessage: always("RateLimited", { retryAfter: Duration.seconds(8549) }) } })
      const { result, seconds } = yield* patiently(Effect.flip(long.carrier.getMessage(ref("m"))))
      expect(seconds).toBe(0)
      expect(result.retryAfter).toEqual(Duration.hours(1))
      expect(long.names()).toHaveLength(1)
    }))

  it.effect("without Retry-After the waits double from the base, with jitter, and stay under the cap", () =>
    Effect.gen(function*() {
      const retry = { times: 5, base: "1 second", maxRetryAfter: "3 seconds" } as const
      const { carrier, names } = yield* fake({ retry, implemented: { getMessage: always("Timeout") } })
      const { seconds } = yield* patiently(Effect.flip(carrier.getMessage(ref("m"))))
      expect(names()).toHaveLength(6)
      expect(seconds).toBeGreaterThanOrEqual(0.75 * (1 + 2) + 3 * 3)
      expect(seconds).toBeLessThanOrEqual(1 + 2 + 3 * 3)
    }))

  it.effect("times: 0 repeats nothing", () =>
    Effect.gen(function*() {
      const { carrier, names } = yield* fake({ retry: { times: 0 }, implemented: { getMessage: always("Timeout") } })
      yield* Effect.flip(carrier.getMessage(ref("m")))
      expect(names()).toHaveLength(1)
    }))
})

describe("sends", () => {
  it.effect("an accepted send gives the receipts and the plan's losses", () =>
    Effect.gen(function*() {
      const losses = [Loss.certain("effect-dropped", "no effects here")]
      const { carrier } = yield* fake({ losses })
      expect(yield* carrier.send(request())).toEqual({ _tag: "Accepted", receipts: [receipt("message-1", [0])], losses })
    }))

  it.effect.each(["Timeout", "Transport", "Unavailable", "BadResponse", "Unrecognized"] as const)(
    "an unkeyed send is performed exactly once when it ends in %s",
    (reason) =>
      Effect.gen(function*() {
        const { carrier, performed } = yield* fake({ answers: [failure(reason), "message-1"] })
        yield* TestClock.setTime(1234)
        const { result, seconds } = yield* patiently(carrier.send(request()))
        expect(result).toMatchObject({
          _tag: "Unknown",
          evidence: { error: { reason, certainty: "unknown" }, parts: [0], step: 0, startedAt: 1234 }
        })
        expect(result._tag === "Unknown" && "key" in result.evidence).toBe(false)
        expect(performed()).toHaveLength(1)
        expect(seconds).toBe(0)
      })
  )

  it.effect("a keyed unknown is replayed byte for byte under the same key, at most twice, and keeps the first error", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({
        keyed: true,
        answers: [failure("Timeout"), failure("Transport"), failure("Unavailable")]
      })
      const { result } = yield* patiently(carrier.send(request()))
      expect(result).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "Timeout" }, key: `${deliveryId}:1:0` } })
      expect(performed().map((call) => call.key)).toEqual(new Array(3).fill(`${deliveryId}:1:0`))
      expect(new Set(performed().map((call) => JSON.stringify(call.step))).size).toBe(1)
    }))

  it.effect("a replay that is accepted settles an unknown", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({ keyed: true, answers: [failure("Timeout"), "message-1"] })
      const { result } = yield* patiently(carrier.send(request()))
      expect(result).toMatchObject({ _tag: "Accepted", receipts: [{ ref: ref("message-1") }] })
      expect(performed()).toHaveLength(2)
    }))

  it.effect.each(["Conflict", "Failed", "ConnectionFailed", "InvalidInput", "OptedOut"] as const)(
    "a replay refused with %s proves nothing about the first try: it stays unknown",
    (reason) =>
      Effect.gen(function*() {
        const { carrier } = yield* fake({ keyed: true, answers: [failure("Transport"), failure(reason)] })
        const { result } = yield* patiently(carrier.send(request()))
        expect(result).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "Transport" } } })
      })
  )

  it.effect("a later unknown after a certain refusal is unknown, even without a key", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({ answers: [failure("RateLimited"), failure("Timeout"), "message-1"] })
      const { result } = yield* patiently(carrier.send(request()))
      expect(result).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "Timeout" } } })
      expect(performed()).toHaveLength(2)
    }))

  it.effect("a certain refusal that says later is repeated under the same key, keyed or not", () =>
    Effect.gen(function*() {
      for (const keyed of [true, false]) {
        const { carrier, performed } = yield* fake({ keyed, answers: [failure("RateLimited"), failure("NotReady"), "message-1"] })
        const { result } = yield* patiently(carrier.send(request()))
        expect(result._tag).toBe("Accepted")
        expect(performed().map((call) => call.key)).toEqual(new Array(3).fill(`${deliveryId}:1:0`))
      }
    }))

  it.effect.each(["ConnectionFailed", "Authentication", "LineUnavailable", "Failed", "MediaRejected", "RecipientUnreachable"] as const)(
    "%s is rejected after one try: the router decides what follows",
    (reason) =>
      Effect.gen(function*() {
        const { carrier, performed } = yield* fake({ keyed: true, answers: [failure(reason), "message-1"] })
        const { result } = yield* patiently(carrier.send(request()))
        expect(result).toMatchObject({ _tag: "Rejected", error: { reason, certainty: "not-sent" } })
        expect(performed()).toHaveLength(1)
      })
  )

  it.effect("Retry-After is waited for up to the cap and surfaces at once above it", () =>
    Effect.gen(function*() {
      const short = yield* fake({ answers: [failure("RateLimited", { retryAfter: Duration.seconds(10) }), "message-1"] })
      const waited = yield* patiently(short.carrier.send(request()))
      expect([waited.result._tag, waited.seconds]).toEqual(["Accepted", 10])
      const long = yield* fake({ answers: [failure("RateLimited", { retryAfter: Duration.seconds(8549) }), "message-1"] })
      const surfaced = yield* patiently(long.carrier.send(request()))
      expect(surfaced).toMatchObject({ seconds: 0, result: { _tag: "Rejected", error: { reason: "RateLimited" } } })
      expect(long.performed()).toHaveLength(1)
    }))

  it.effect("each step has a key of its own, and each generation too", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({ keyed: true })
      yield* carrier.send(request(textAndPhoto))
      yield* carrier.send(request(textAndPhoto, { generation: 2 }))
      expect(performed().map((call) => call.key)).toEqual([
        `${deliveryId}:1:0`,
        `${deliveryId}:1:1`,
        `${deliveryId}:2:0`,
        `${deliveryId}:2:1`
      ])
    }))

  it.effect("malformed drafts, addresses and refused plans are rejected before anything is performed", () =>
    Effect.gen(function*() {
      const problems = [{ rule: "text-length", path: ["parts", 0, "text"], message: "too long", limit: 1, actual: 5 }] as const
      const { calls, carrier } = yield* fake({ problems })
      expect(yield* carrier.send(request())).toMatchObject({ _tag: "Rejected", error: { reason: "InvalidInput", problems } })
      expect(yield* carrier.send({ ...request(), draft: undefined as never })).toMatchObject({
        _tag: "Rejected",
        error: { problems: [{ path: [] }] }
      })
      expect(yield* carrier.send(request(Draft.text("")))).toMatchObject({
        _tag: "Rejected",
        error: { problems: [{ rule: "empty-text" }] }
      })
      expect(yield* carrier.send(request(hello, { conversation: null as never }))).toMatchObject({
        _tag: "Rejected",
        error: { problems: [{ path: ["to"] }] }
      })
      expect(calls()).toEqual([])
    }))

  it.effect("a draft of which exact fidelity would lose something is refused before anything is performed", () =>
    Effect.gen(function*() {
      const { calls, carrier } = yield* fake({
        losses: [Loss.certain("effect-dropped", "no effects"), Loss.conditional("effect-dropped", "SMS", "SMS")]
      })
      expect(yield* carrier.send(request(hello, { fidelity: "exact" }))).toMatchObject({
        _tag: "Rejected",
        error: { reason: "InvalidInput", problems: [{ rule: "fidelity" }] }
      })
      expect(calls()).toEqual([])
    }))
})

describe("split drafts", () => {
  const three = Draft.make([Part.text("one"), Part.media(photo), Part.text("three")])

  it.effect("parts are performed in order and all accepted", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake()
      const outcome = yield* carrier.send(request(three))
      expect(outcome).toMatchObject({ _tag: "Accepted", receipts: [{ parts: [0] }, { parts: [1] }, { parts: [2] }] })
      expect(performed().map((call) => call.step.parts)).toEqual([[0], [1], [2]])
    }))

  it.effect("a refusal of the first step is a rejection: nothing went out", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({ answers: [failure("Failed")] })
      expect(yield* carrier.send(request(three))).toMatchObject({ _tag: "Rejected" })
      expect(performed()).toHaveLength(1)
    }))

  it.effect("an unknown first step stops the rest", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({ answers: [failure("Timeout"), "message-2"] })
      expect(yield* carrier.send(request(three))).toMatchObject({ _tag: "Unknown", evidence: { step: 0, parts: [0] } })
      expect(performed()).toHaveLength(1)
    }))

  it.effect.each([["Failed", "Rejected"], ["Timeout", "Unknown"]] as const)(
    "%s at a later step is partial, with what remains, and nothing after it is performed",
    ([reason, rest]) =>
      Effect.gen(function*() {
        const losses = [Loss.certain("split", "one request per part")]
        const { carrier, performed } = yield* fake({ losses, answers: ["message-1", failure(reason), "message-3"] })
        const outcome = yield* carrier.send(request(three))
        expect(outcome).toMatchObject({
          _tag: "Partial",
          receipts: [{ ref: ref("message-1"), parts: [0] }],
          rest: { _tag: rest },
          remaining: [1, 2],
          losses
        })
        if (outcome._tag === "Partial" && outcome.rest._tag === "Unknown") {
          expect(outcome.rest.evidence).toMatchObject({ step: 1, parts: [1], error: { reason } })
        }
        expect(performed()).toHaveLength(2)
      })
  )
})

describe("chats", () => {
  const chat2 = { carrierId: linq, id: "chat-2" }

  it.effect("a draft that needs the chat has it looked up, and is planned with what was found", () =>
    Effect.gen(function*() {
      const known = yield* fake({ needsChat: true, found: [Option.some(chatRef)] })
      yield* known.carrier.send(request())
      expect(known.names()).toEqual(["findChat", "perform"])
      expect(known.plans()[0]?.knowledge).toEqual({ _tag: "Known", chat: chatRef })
      const fresh = yield* fake({ needsChat: true })
      yield* fresh.carrier.send(request())
      expect(fresh.plans()[0]?.knowledge).toEqual({ _tag: "New" })
      const careless = yield* fake()
      yield* careless.carrier.send(request())
      expect(careless.names()).toEqual(["perform"])
      expect(careless.plans()[0]?.knowledge).toEqual({ _tag: "Unknown" })
    }))

  it.effect("a receipt that names the chat binds it for the next send and for chat operations", () =>
    Effect.gen(function*() {
      const { carrier, chats, names, performed } = yield* fake({ needsChat: true, receipt: { chat: chatRef } })
      yield* carrier.send(request())
      expect(yield* chats.find(linq, toAlice)).toEqual(Option.some(chatRef))
      yield* carrier.send(request())
      expect(performed().map((call) => call.step.path)).toEqual(["/messages", "/chats/chat-1/messages"])
      yield* carrier.startTyping(toAlice)
      expect(names()).toEqual(["findChat", "perform", "perform", "startTyping"])
    }))

  it.effect("a voice memo binds its chat too, and can be reacted to without a lookup", () =>
    Effect.gen(function*() {
      const { carrier, chats, names } = yield* fake({
        implemented: { sendVoiceMemo: () => Effect.succeed(receipt("memo", [0], { chat: chatRef })) }
      })
      yield* carrier.sendVoiceMemo(toAlice, Part.media(photo))
      expect(yield* chats.find(linq, toAlice)).toEqual(Option.some(chatRef))
      yield* carrier.react(ref("memo"), love)
      expect(names()).toEqual(["findChat", "sendVoiceMemo", "react"])
    }))

  it.effect("a chat of another carrier is not mistaken for ours", () =>
    Effect.gen(function*() {
      const chats = yield* ChatBook.makeMemory()
      yield* chats.bind(toAlice, { carrierId: sendblue, id: "theirs" })
      const { carrier, plans } = yield* fake({ chats })
      yield* carrier.send(request())
      expect(plans()[0]?.knowledge).toEqual({ _tag: "Unknown" })
    }))

  it.effect("reacting to a message that we sent needs no lookup of its chat; to another it does", () =>
    Effect.gen(function*() {
      const { calls, carrier, names } = yield* fake({ receipt: { chat: chatRef } })
      yield* carrier.send(request(hello, { conversation: toGroup }))
      yield* carrier.react(ref("message-1"), love, { part: 2 })
      expect(names()).toEqual(["perform", "react"])
      expect(calls().at(-1)?.input).toEqual([{ ref: ref("message-1"), part: 2, chat: groupChat }, love])
      yield* carrier.edit(ref("theirs"), "x")
      expect(names().slice(2)).toEqual(["chatOf", "edit"])
      expect(calls().at(-1)?.input).toEqual([{ ref: ref("theirs"), part: 0, chat: directChat }, "x"])
    }))

  it.effect("a receipt that names no chat leaves the message in the chat that it was sent to", () =>
    Effect.gen(function*() {
      const { calls, carrier, chats } = yield* fake()
      yield* chats.bind(toAlice, chatRef)
      yield* carrier.send(request())
      yield* carrier.react(ref("message-1"), love)
      expect(calls().at(-1)?.input[0]).toMatchObject({ chat: directChat })
    }))

  it.effect("a chat that the vendor no longer knows is forgotten, looked up again once, and the draft sent there once", () =>
    Effect.gen(function*() {
      const { carrier, chats, names, performed } = yield* fake({
        needsChat: true,
        found: [Option.some(chat2)],
        answers: [failure("NotFound"), "message-1"]
      })
      yield* chats.bind(toAlice, chatRef)
      expect(yield* carrier.send(request())).toMatchObject({ _tag: "Accepted", receipts: [{ ref: ref("message-1") }] })
      expect(performed().map((call) => call.step.path)).toEqual(["/chats/chat-1/messages", "/chats/chat-2/messages"])
      expect(names()).toEqual(["perform", "findChat", "perform"])
      expect(yield* chats.find(linq, toAlice)).toEqual(Option.some(chat2))
    }))

  it.effect("a second NotFound is the answer", () =>
    Effect.gen(function*() {
      const { carrier, chats, performed } = yield* fake({ needsChat: true, found: [Option.some(chat2)], answers: [failure("NotFound")] })
      yield* chats.bind(toAlice, chatRef)
      expect(yield* carrier.send(request())).toMatchObject({ _tag: "Rejected", error: { reason: "NotFound" } })
      expect(performed()).toHaveLength(2)
    }))

  it.effect("a NotFound without a remembered chat is the answer at once", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake({ answers: [failure("NotFound"), "message-1"] })
      expect(yield* carrier.send(request())).toMatchObject({ _tag: "Rejected", error: { reason: "NotFound" } })
      expect(performed()).toHaveLength(1)
    }))

  it.effect("a NotFound after a part went out sends nothing twice", () =>
    Effect.gen(function*() {
      const { carrier, chats, performed } = yield* fake({ answers: ["message-1", failure("NotFound"), "message-3"] })
      yield* chats.bind(toAlice, chatRef)
      expect(yield* carrier.send(request(textAndPhoto))).toMatchObject({ _tag: "Partial", remaining: [1] })
      expect(performed().map((call) => call.step.parts)).toEqual([[0], [1]])
    }))

  it.effect("an unknown at a remembered chat is not sent again", () =>
    Effect.gen(function*() {
      const { carrier, chats, performed } = yield* fake({ keyed: true, answers: [failure("Timeout"), failure("NotFound")] })
      yield* chats.bind(toAlice, chatRef)
      const { result } = yield* patiently(carrier.send(request()))
      expect(result).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "Timeout" } } })
      expect(new Set(performed().map((call) => call.step.path))).toEqual(new Set(["/chats/chat-1/messages"]))
    }))

  it.effect("a lookup that fails rejects the send: nothing went out, whatever the lookup is uncertain about", () =>
    Effect.gen(function*() {
      const { carrier, names } = yield* fake({ needsChat: true, found: [failure("Timeout", { operation: "getChat", traceId: "t-1" })] })
      const { result } = yield* patiently(carrier.send(request()))
      expect(result).toMatchObject({
        _tag: "Rejected",
        error: { reason: "Timeout", certainty: "not-sent", next: "reroute", operation: "send", traceId: "t-1" }
      })
      expect(names()).toEqual(["findChat", "findChat", "findChat"])
    }))

  it.effect("planning performs nothing and looks nothing up", () =>
    Effect.gen(function*() {
      const { calls, carrier, chats } = yield* fake({ needsChat: true })
      expect(yield* carrier.plan({ draft: hello, conversation: toAlice, fidelity: "adapt" })).toMatchObject({
        _tag: "Sendable",
        steps: [{ path: "/messages" }]
      })
      yield* chats.bind(toAlice, chatRef)
      expect(yield* carrier.plan({ draft: hello, conversation: toAlice, fidelity: "adapt" })).toMatchObject({
        steps: [{ path: "/chats/chat-1/messages" }]
      })
      expect(calls()).toEqual([])
    }))
})

describe("ChatBook.makeMemory", () => {
  it.effect("keeps the newest up to its capacity, and is bounded", () =>
    Effect.gen(function*() {
      const chats = yield* ChatBook.makeMemory(2)
      const others = new Array(6).fill(0).map((_, index) => Conversation.direct(Line.name(`line-${index}`), alice))
      yield* chats.bind(toAlice, chatRef)
      for (const [index, other] of others.entries()) yield* chats.bind(other, { ...chatRef, id: `chat-${index}` })
      expect(yield* chats.find(linq, toAlice)).toEqual(Option.none())
      for (const index of [4, 5]) {
        expect(yield* chats.find(linq, others[index] ?? toAlice)).toEqual(Option.some({ ...chatRef, id: `chat-${index}` }))
      }
    }))

  it.effect("binds anew, unbinds, and keeps groups with the same members apart", () =>
    Effect.gen(function*() {
      const chats = yield* ChatBook.makeMemory()
      const other = { ...toGroup, id: Conversation.ConversationId.make("2d1f1c9e-0d0c-4c9b-9a53-1f6d3f3b2a12") }
      yield* chats.bind(toGroup, { ...chatRef, id: "group-0" })
      yield* chats.bind(toGroup, { ...chatRef, id: "group-1" })
      yield* chats.bind(other, { ...chatRef, id: "group-2" })
      expect(yield* chats.find(linq, toGroup)).toEqual(Option.some({ ...chatRef, id: "group-1" }))
      expect(yield* chats.find(linq, other)).toEqual(Option.some({ ...chatRef, id: "group-2" }))
      yield* chats.unbind(linq, other)
      expect(yield* chats.find(linq, other)).toEqual(Option.none())
    }))
})

describe("Suppression.makeMemory", () => {
  it.effect("keeps when it was first written down, and the strongest reason", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      yield* TestClock.setTime(1000)
      yield* suppression.add(alice, "event", linq)
      yield* TestClock.setTime(2000)
      yield* suppression.add(alice, "explicit")
      expect(yield* suppression.list).toEqual([{ handle: alice, since: 1000, saidAt: 1000, firstSaidAt: 1000, source: "explicit" }])
    }))
})
