import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { Carrier } from "../src/carrier/Carrier.ts"
import type { DeliveryReport, DeliveryStatus } from "../src/content/DeliveryStatus.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Loss from "../src/content/Loss.ts"
import type { Message } from "../src/content/Message.ts"
import * as Part from "../src/content/Part.ts"
import * as Reaction from "../src/content/Reaction.ts"
import type * as Backend from "../src/messaging/Backend.ts"
import * as Messaging from "../src/messaging/Messaging.ts"
import type * as MessagingService from "../src/messaging/MessagingService.ts"
import * as CarrierId from "../src/names/CarrierId.ts"
import * as Conversation from "../src/names/Conversation.ts"
import * as DeliveryId from "../src/names/DeliveryId.ts"
import * as Handle from "../src/names/Handle.ts"
import * as Problem from "../src/names/Problem.ts"
import type { Service } from "../src/names/Service.ts"
import * as Uuid from "../src/names/Uuid.ts"
import * as Delivery from "../src/outcome/Delivery.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import * as Outcome from "../src/outcome/Outcome.ts"
import * as Plan from "../src/outcome/Plan.ts"
import type { SendError } from "../src/outcome/SendError.ts"
import {
  alice,
  deliveryId,
  failure,
  fake,
  hello,
  linq,
  type Options,
  ourNumber,
  photo,
  receipt,
  ref,
  sendblue,
  support,
  textAndPhoto,
  toAlice,
  toGroup
} from "./support.ts"

const love = Reaction.tapback("love")
const nowhere = DeliveryId.DeliveryId.make("00000000-0000-4000-8000-000000000000")

const message = (id: string, status: DeliveryStatus | undefined, service?: Service): Message => ({
  ref: ref(id),
  direction: "outbound",
  to: [],
  parts: [],
  status: { raw: "VENDOR", ...(status === undefined ? {} : { neutral: status }) },
  ...(service === undefined ? {} : { service: { neutral: service, raw: service } }),
  metadata: {}
})

const over = (options: Options = {}, service?: MessagingService.Options) =>
  Effect.map(fake(options), (fake) => ({ ...fake, messaging: Messaging.fromCarrier(fake.carrier, service) }))

describe("send", () => {
  it.effect("an accepted send is a delivery with its receipts, losses, metadata and one attempt", () =>
    Effect.gen(function*() {
      const losses = [Loss.certain("split", "one request per part")]
      const { messaging } = yield* over({ losses, receipt: { service: "SMS" } })
      yield* TestClock.setTime(5000)
      const delivery = yield* messaging.send(toAlice, { ...textAndPhoto, metadata: { order: "17" } })
      expect(delivery).toMatchObject({
        conversation: toAlice,
        carrierId: linq,
        receipts: [{ ref: ref("message-1"), parts: [0] }, { ref: ref("message-2"), parts: [1] }],
        status: "queued",
        service: "SMS",
        losses,
        metadata: { order: "17" }
      })
      expect(delivery.attempts).toEqual([
        { carrierId: linq, line: support, outcome: "accepted", why: "the carrier took it", startedAt: 5000, millis: 0 }
      ])
      expect(Schema.is(DeliveryId.DeliveryId)(delivery.id)).toBe(true)
    }))

  it.effect("a certain refusal is NotSent, with the error, losses and attempt", () =>
    Effect.gen(function*() {
      const losses = [Loss.certain("effect-dropped", "none here")]
      const { messaging } = yield* over({ losses, answers: [failure("Authentication", { status: 401 })] })
      const error = yield* Effect.flip(messaging.send(toAlice, hello))
      expect(error).toMatchObject({
        _tag: "NotSent",
        error: { reason: "Authentication", status: 401 },
        losses,
        attempts: [{ outcome: "rejected", error: { reason: "Authentication" } }]
      })
    }))

  it.effect("an unknown is Held, with the evidence", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over({ answers: [failure("Timeout")] })
      const error = yield* Effect.flip(messaging.send(toAlice, hello))
      expect(error).toMatchObject({
        _tag: "Held",
        evidence: { error: { reason: "Timeout" }, parts: [0] },
        attempts: [{ outcome: "unknown" }]
      })
    }))

  it.effect.each(["Failed", "Timeout"] as const)(
    "a split draft that stops half way with %s is Partial, with what remains",
    (reason) =>
      Effect.gen(function*() {
        const { messaging } = yield* over({ answers: ["message-1", failure(reason)] })
        const error = yield* Effect.flip(messaging.send(toAlice, textAndPhoto))
        expect(error).toMatchObject({
          _tag: "Partial",
          receipts: [{ ref: ref("message-1") }],
          remaining: [1],
          error: { reason },
          attempts: [{ outcome: "partial" }]
        })
      })
  )

  it.effect("what a carrier's plan refuses is Invalid, with the plan's problems", () =>
    Effect.gen(function*() {
      const problem = { rule: "text-length", path: ["parts", 0, "text"], message: "too long" } as const
      const { calls, messaging } = yield* over({ problems: [problem] })
      expect(yield* Effect.flip(messaging.send(toAlice, hello))).toMatchObject({ _tag: "Invalid", problems: [problem] })
      expect(calls()).toEqual([])
    }))

  it.effect("the delivery's id is minted before anything is performed, and is the key's beginning", () =>
    Effect.gen(function*() {
      const { messaging, performed } = yield* over({ answers: [failure("Timeout")] })
      const id = "11111111-1111-4111-8111-111111111111"
      const error = yield* Effect.flip(messaging.send(toAlice, hello)).pipe(Effect.provideService(Uuid.Uuid, { next: () => id }))
      expect(error.deliveryId).toBe(id)
      expect(performed()[0]?.key).toBe(`${id}:1:0`)
    }))

  it.effect("two equal texts are two messages with two ids and two keys", () =>
    Effect.gen(function*() {
      const { messaging, performed } = yield* over()
      const first = yield* messaging.send(toAlice, hello)
      const second = yield* messaging.send(toAlice, hello)
      expect(first.id).not.toBe(second.id)
      expect(new Set(performed().map((call) => call.key)).size).toBe(2)
    }))

  const bad: ReadonlyArray<readonly [name: string, to: unknown, draft: unknown, options: unknown, paths: ReadonlyArray<string>]> = [
    ["no draft", toAlice, undefined, undefined, [""]],
    ["a text for a draft", toAlice, "hello", undefined, [""]],
    ["no address", undefined, hello, undefined, ["to"]],
    ["a handle for an address", alice, hello, undefined, ["to"]],
    ["a chat ref for an address", { carrierId: linq, id: "chat-1" }, hello, undefined, ["to"]],
    ["a malformed address and a malformed draft", { ...toAlice, handle: "alice" }, { parts: [] }, undefined, ["to.handle", "parts"]],
    ["an option that does not exist", toAlice, hello, { fidelity: "exactly" }, ["options.fidelity"]],
    ["a word for options", toAlice, hello, "exact", ["options"]],
    ["null for options", toAlice, hello, null, ["options"]],
    ["a malformed option and a malformed key", toAlice, hello, { fidelity: "exactly", key: "" }, ["options.fidelity", "options.key"]],
    ["a reply to an unknown delivery", toAlice, Draft.text("hi", { replyTo: { to: nowhere } }), undefined, ["replyTo.to"]],
    [
      "getters that throw",
      toAlice,
      {
        get parts(): unknown {
          throw new Error("do not read me")
        }
      },
      undefined,
      [""]
    ]
  ]

  it.effect.each(bad)(
    "%s: Invalid names the field, nothing is performed or planned",
    ([_, to, draft, options, paths]) =>
      Effect.gen(function*() {
        const { calls, messaging, plans } = yield* over()
        for (const ask of [messaging.send, messaging.plan]) {
          const exit = yield* Effect.exit(
            ask(to as typeof toAlice, draft as Draft.Draft, options as MessagingService.SendOptions) as Effect.Effect<unknown, SendError>
          )
          const error = Exit.isFailure(exit) ? Option.getOrThrow(Cause.failureOption(exit.cause)) : undefined
          expect(error?._tag).toBe("Invalid")
          if (error?._tag === "Invalid") expect(error.problems.map((problem) => problem.path.join("."))).toEqual(paths)
        }
        expect(calls()).toEqual([])
        expect(plans()).toEqual([])
      })
  )
})

describe("our own numbers", () => {
  const elsewhere = Handle.phone("+5215512345678")
  const elsewhereToo = Handle.make("+525512345678")

  it.effect("are written to by no line, whichever line or carrier has them", () =>
    Effect.gen(function*() {
      const { messaging, names, plans } = yield* over({}, { ours: [elsewhere] })
      for (const ours of [ourNumber, elsewhere, elsewhereToo]) {
        const direct = Conversation.direct(support, ours)
        const refusal = { problems: [{ rule: "recipient", path: ["to", "handle"] }] }
        expect(yield* Effect.flip(messaging.send(direct, hello))).toMatchObject({ _tag: "Invalid", ...refusal })
        expect(yield* Effect.flip(messaging.plan(direct, hello))).toMatchObject({ _tag: "Invalid", ...refusal })
        expect(yield* Effect.flip(messaging.startTyping(direct))).toMatchObject({ reason: "InvalidInput", ...refusal })
        expect(yield* Effect.flip(messaging.sendVoiceMemo(direct, Part.media(photo)))).toMatchObject({ reason: "InvalidInput", ...refusal })
        const group = { ...toGroup, members: [alice, ours] }
        expect(yield* Effect.flip(messaging.send(group, hello))).toMatchObject({
          problems: [{ rule: "recipient", path: ["to", "members", 1] }]
        })
        expect(yield* Effect.flip(messaging.addParticipant(toGroup, ours))).toMatchObject({
          problems: [{ rule: "recipient", path: ["handle"] }]
        })
      }
      expect([...names(), ...plans()]).toEqual([])
      expect(JSON.stringify(yield* Effect.flip(messaging.send(Conversation.direct(support, ourNumber), hello)))).not.toContain(ourNumber)
    }))

  it.effect("are one problem of an address, and none where it is malformed anyway", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over()
      expect(yield* Effect.flip(messaging.send({ ...toGroup, members: [ourNumber] }, hello))).toMatchObject({
        problems: [{ rule: "members" }]
      })
      expect((yield* messaging.send(toAlice, hello)).receipts).toHaveLength(1)
    }))

  it.effect("may leave a chat", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over({}, { ours: [elsewhere] })
      yield* messaging.removeParticipant({ ...toGroup, members: [alice, elsewhere] }, elsewhere)
    }))
})

describe("fidelity", () => {
  it.effect("the draft's own wins over the send's, which wins over the service's, which wins over adapt", () =>
    Effect.gen(function*() {
      const used = (draft: Draft.Fidelity | undefined, send: Draft.Fidelity | undefined, service: Draft.Fidelity | undefined) =>
        Effect.gen(function*() {
          const { messaging, plans } = yield* over({}, service === undefined ? {} : { fidelity: service })
          yield* messaging.send(
            toAlice,
            draft === undefined ? hello : Draft.text("hi", { fidelity: draft }),
            send === undefined ? {} : { fidelity: send }
          )
          yield* messaging.plan(
            toAlice,
            draft === undefined ? hello : Draft.text("hi", { fidelity: draft }),
            send === undefined ? {} : { fidelity: send }
          )
          return plans().map((input) => input.fidelity)
        })
      expect(yield* used("exact", "adapt", "adapt")).toEqual(["exact", "exact"])
      expect(yield* used("adapt", "exact", "exact")).toEqual(["adapt", "adapt"])
      expect(yield* used(undefined, "exact", "adapt")).toEqual(["exact", "exact"])
      expect(yield* used(undefined, undefined, "exact")).toEqual(["exact", "exact"])
      expect(yield* used(undefined, undefined, undefined)).toEqual(["adapt", "adapt"])
    }))
})

describe("plan", () => {
  it.effect("asks nobody and sends nothing, also for a draft that needs its chat", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over({ needsChat: true })
      expect(yield* messaging.plan(toAlice, textAndPhoto)).toMatchObject([{
        _tag: "Sendable",
        carrierId: linq,
        steps: [{ parts: [0] }, { parts: [1] }]
      }])
      expect(calls()).toEqual([])
    }))
})

describe("messages by delivery id", () => {
  const merged = Draft.make([Part.text("a"), Part.text("b"), Part.media(photo)])

  it.effect("reply, reaction and edit go to the vendor message and part that carry the draft's part", () =>
    Effect.gen(function*() {
      const { calls, messaging, plans } = yield* over()
      const delivery = yield* messaging.send(toGroup, merged)
      yield* messaging.react(delivery.id, love, { part: 2 })
      yield* messaging.unreact(delivery.id, love)
      yield* messaging.edit(delivery.id, "better", { part: 1 })
      const contexts = calls().slice(3).map((
        { input: [context], name }
      ) => [name, (context as { ref: unknown }).ref, (context as { part: unknown }).part])
      expect(contexts).toEqual([["react", ref("message-3"), 0], ["unreact", ref("message-1"), 0], ["edit", ref("message-2"), 0]])
      yield* messaging.send(toGroup, Draft.text("re", { replyTo: { to: delivery.id, part: 2 } }))
      expect(plans().at(-1)?.replyTo).toEqual({ ref: ref("message-3"), part: 0 })
    }))

  it.effect("a part that was merged into one vendor message is found by its place in it", () =>
    Effect.gen(function*() {
      const { calls, messaging, plans } = yield* over({ split: false })
      const delivery = yield* messaging.send(toAlice, merged)
      yield* messaging.react(delivery.id, love, { part: 2 })
      expect(calls().at(-1)?.input[0]).toMatchObject({ ref: ref("message-1"), part: 2 })
      yield* messaging.send(toAlice, Draft.text("re", { replyTo: { to: delivery.id, part: 1 } }))
      expect(plans().at(-1)?.replyTo).toEqual({ ref: ref("message-1"), part: 1 })
    }))

  it.effect("what went out of a partial delivery can be answered; what did not is not found", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over({ answers: ["message-1", failure("Failed")] })
      const { deliveryId } = yield* Effect.flip(messaging.send(toAlice, textAndPhoto))
      yield* messaging.react(deliveryId, love)
      expect(calls().at(-1)?.input[0]).toMatchObject({ ref: ref("message-1"), part: 0 })
      expect(yield* Effect.flip(messaging.react(deliveryId, love, { part: 1 }))).toMatchObject({
        reason: "NotFound",
        certainty: "not-sent"
      })
    }))

  it.effect("a message is read, listed and deleted by delivery id, even if its first part was not carried", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over({
        receipt: { parts: [1] },
        implemented: { getMessage: () => Effect.succeed(message("message-1", "sent")) }
      })
      const delivery = yield* messaging.send(toAlice, hello)
      yield* messaging.getMessage(delivery.id)
      yield* messaging.listThread(delivery.id)
      yield* messaging.deleteRecord(delivery.id)
      expect(calls().slice(1).map(({ input, name }) => [name, input[0]])).toEqual([
        ["getMessage", ref("message-1")],
        ["listThread", ref("message-1")],
        ["deleteRecord", ref("message-1")]
      ])
    }))

  it.effect("deleting the record of a split delivery deletes every message of it", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over()
      const delivery = yield* messaging.send(toAlice, merged)
      yield* messaging.deleteRecord(delivery.id)
      expect(calls().slice(3).map(({ input, name }) => [name, input[0]])).toEqual([
        ["deleteRecord", ref("message-1")],
        ["deleteRecord", ref("message-2")],
        ["deleteRecord", ref("message-3")]
      ])
    }))

  const asks: ReadonlyArray<
    readonly [
      string,
      (messaging: MessagingService.MessagingService, id: Draft.MessageTarget) => Effect.Effect<unknown, MessagingError.MessagingError>
    ]
  > = [
    ["getMessage", (messaging, id) => messaging.getMessage(id)],
    ["listThread", (messaging, id) => messaging.listThread(id)],
    ["deleteRecord", (messaging, id) => messaging.deleteRecord(id)],
    ["edit", (messaging, id) => messaging.edit(id, "x")],
    ["react", (messaging, id) => messaging.react(id, love)],
    ["unreact", (messaging, id) => messaging.unreact(id, love)],
    ["status", (messaging, id) => messaging.status(id)]
  ]

  it.effect.each(asks)(
    "%s: an unknown delivery, another carrier's message and junk are typed refusals",
    ([_, ask]) =>
      Effect.gen(function*() {
        const { calls, messaging } = yield* over()
        expect(yield* Effect.flip(ask(messaging, nowhere))).toMatchObject({ reason: "NotFound", certainty: "not-sent", carrierId: linq })
        expect((yield* Effect.flip(ask(messaging, ref("m", sendblue)))).certainty).toBe("not-sent")
        for (const junk of [undefined, null, "hello", 7, {}]) {
          expect(yield* Effect.flip(ask(messaging, junk as never))).toMatchObject({
            reason: "InvalidInput",
            problems: [{ path: ["message"] }]
          })
        }
        expect(calls()).toEqual([])
      })
  )

  it.effect("deliveries beyond what is remembered are not found, and their refs still work", () =>
    Effect.gen(function*() {
      const { messaging, names } = yield* over({}, { remember: 2 })
      const first = yield* messaging.send(toAlice, hello)
      // at least 2 and at most twice as many are remembered
      yield* messaging.send(toAlice, hello)
      yield* messaging.react(first.id, love)
      for (let more = 0; more < 4; more++) yield* messaging.send(toAlice, hello)
      expect((yield* Effect.flip(messaging.react(first.id, love))).reason).toBe("NotFound")
      yield* messaging.react(first.receipts[0].ref, love)
      expect(names().at(-1)).toBe("react")
    }))
})

describe("a key over one carrier", () => {
  it.effect("is refused before anything is planned or performed, under the delivery's id, with what to do", () =>
    Effect.gen(function*() {
      const { calls, messaging, plans } = yield* over()
      for (const ask of [messaging.send(toAlice, hello, { key: "order-17" }), messaging.plan(toAlice, hello, { key: "order-17" })]) {
        const error = yield* Effect.flip(ask as Effect.Effect<unknown, SendError>)
        expect(error).toMatchObject({ _tag: "Invalid", attempts: [], problems: [{ rule: "key", path: ["options", "key"] }] })
        expect(error.message).toContain("router")
        expect(Schema.is(DeliveryId.DeliveryId)(error.deliveryId)).toBe(true)
      }
      expect(calls()).toEqual([])
      expect(plans()).toEqual([])
    }))

  it.effect("and an earlier delivery to wait for are refused in the same way, for there is no record of either", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over()
      const after = yield* DeliveryId.mint
      const error = yield* Effect.flip(messaging.send(toAlice, hello, { key: "order-17", after }))
      expect(error).toMatchObject({ _tag: "Invalid", problems: [{ rule: "key" }, { rule: "after", path: ["options", "after"] }] })
      expect(calls()).toEqual([])
    }))

  it.effect("that is undefined is no key", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over()
      const options: { readonly key?: string | undefined } = { key: undefined }
      expect((yield* messaging.send(toAlice, hello, options as MessagingService.SendOptions)).carrierId).toBe(linq)
    }))
})

describe("over a back end", () => {
  interface Asked {
    readonly what: "plan" | "deliver" | "recall"
    readonly deliveryId?: DeliveryId.DeliveryId
    readonly prepared?: Backend.Prepared
  }

  /** Two carriers; each operation goes to the one that a ref names, each delivery is answered by the next of `answers`. */
  const behind = (
    answers: ReadonlyArray<
      (deliveryId: DeliveryId.DeliveryId, prepared: Backend.Prepared) => Effect.Effect<Delivery.Delivery, SendError>
    > = [],
    more: Partial<Backend.Backend> = {},
    options?: MessagingService.Options,
    implemented: Options["implemented"] = {}
  ) =>
    Effect.gen(function*() {
      const { calls, carrier } = yield* fake({ implemented })
      const asked: Array<Asked> = []
      const left = [...answers]
      const { recall, ...rest } = more
      const { recordStatus: heard, service } = Messaging.make({
        carriers: [linq, sendblue].map((id) => ({ id, vendor: "fake", capabilities: carrier.capabilities, lines: carrier.lines })),
        operations: carrier,
        plan: (prepared) =>
          Effect.sync(() => {
            asked.push({ what: "plan", prepared })
            return [sendblue, linq].map((carrierId) =>
              Plan.make(carrierId, "adapt", [Problem.make("feature", [], "not here")], [], () => [] as never)
            )
          }),
        deliver: (deliveryId, prepared) =>
          Effect.suspend(() => {
            asked.push({ what: "deliver", deliveryId, prepared })
            return (left.shift() ?? accept("message-1"))(deliveryId, prepared)
          }),
        ...rest,
        ...(recall === undefined ? {} : {
          recall: (deliveryId) => {
            asked.push({ what: "recall", deliveryId })
            return recall(deliveryId)
          }
        })
      }, options)
      return { asked, calls, heard, messaging: service, whats: () => asked.map(({ what }) => what) }
    })

  const tried = (outcome: Outcome.Outcome) => Delivery.attempt(linq, support, outcome, { startedAt: 1, endedAt: 3 })

  const answer = (outcome: Outcome.Outcome) => (deliveryId: DeliveryId.DeliveryId, prepared: Backend.Prepared) =>
    Messaging.conclude(deliveryId, prepared, outcome, [tried(outcome)])

  const accept = (...ids: readonly [string, ...ReadonlyArray<string>]) => {
    const [first, ...others] = ids
    return answer(Outcome.accepted([receipt(first, [0]), ...others.map((id, index) => receipt(id, [index + 1]))]))
  }

  const partial = answer({
    _tag: "Partial",
    receipts: [receipt("message-1", [0])],
    rest: Outcome.rejected(failure("Failed")),
    remaining: [1],
    losses: []
  })

  it.effect("gets the minted id, the decided fidelity, the resolved reply target and the key", () =>
    Effect.gen(function*() {
      const { asked, messaging } = yield* behind([accept("message-1", "message-2")], {}, { fidelity: "exact" })
      const first = yield* messaging.send(toAlice, textAndPhoto)
      const reply = Draft.text("re", { replyTo: { to: first.id, part: 1 } })
      const second = yield* messaging.send(toAlice, reply, { key: "order-17" })
      yield* messaging.plan(toGroup, hello, { fidelity: "adapt", key: "k" })
      expect(asked).toEqual([
        { what: "deliver", deliveryId: first.id, prepared: { conversation: toAlice, draft: textAndPhoto, fidelity: "exact" } },
        {
          what: "deliver",
          deliveryId: second.id,
          prepared: { conversation: toAlice, draft: reply, fidelity: "exact", key: "order-17", replyTo: { ref: ref("message-2"), part: 0 } }
        },
        { what: "plan", prepared: { conversation: toGroup, draft: hello, fidelity: "adapt", key: "k" } }
      ])
    }))

  it.effect("is never asked for what is malformed, and the refusal carries the delivery's id", () =>
    Effect.gen(function*() {
      const { messaging, whats } = yield* behind()
      const id = "11111111-1111-4111-8111-111111111111"
      const asks = [
        [toAlice, { parts: [] }, undefined],
        [{ ...toAlice, handle: "alice" }, hello, undefined],
        [toAlice, hello, { key: "k".repeat(256) }],
        [toAlice, Draft.text("re", { replyTo: { to: nowhere } }), undefined]
      ] as const
      for (const [to, draft, options] of asks) {
        for (const ask of [messaging.send, messaging.plan]) {
          const asking = ask(to as typeof toAlice, draft as Draft.Draft, options) as Effect.Effect<unknown, SendError>
          const error = yield* Effect.flip(asking).pipe(Effect.provideService(Uuid.Uuid, { next: () => id }))
          expect(error).toMatchObject({ _tag: "Invalid", deliveryId: id, attempts: [] })
        }
      }
      expect(whats()).toEqual([])
    }))

  it.effect("what it does not take is Invalid before it plans or delivers", () =>
    Effect.gen(function*() {
      const problem = Problem.make("line", ["to", "line"], "no route has this line")
      const { messaging, whats } = yield* behind([], {
        check: ({ draft, replyTo }) => draft === hello || replyTo?.ref.id === "m" ? [problem] : []
      })
      const reply = Draft.text("re", { replyTo: { to: ref("m") } })
      for (const ask of [messaging.send(toAlice, hello), messaging.plan(toAlice, hello), messaging.send(toAlice, reply)]) {
        expect(yield* Effect.flip(ask as Effect.Effect<unknown, SendError>)).toMatchObject({ _tag: "Invalid", problems: [problem] })
      }
      expect(whats()).toEqual([])
      yield* messaging.send(toAlice, textAndPhoto)
      expect(whats()).toEqual(["deliver"])
    }))

  it.effect("is asked for the plans of exactly those carriers that are named, also of one that is not in use, each once and in that order", () =>
    Effect.gen(function*() {
      const owl = CarrierId.make("owl")
      const ids: Array<ReadonlyArray<CarrierId.CarrierId> | undefined> = []
      const { messaging } = yield* behind([], { idle: [owl], plan: (_, named) => Effect.sync(() => (ids.push(named), [])) })
      yield* messaging.plan(toAlice, hello, { carrier: owl })
      yield* messaging.plan(toAlice, hello, { carrier: [owl, linq, owl] })
      yield* messaging.plan(toAlice, hello)
      expect(ids).toEqual([[owl], [owl, linq], undefined])
    }))

  it.effect.each(
    [
      [
        "a name that is nearly one",
        "sendblu",
        [["options", "carrier"]],
        "no carrier \"sendblu\" is configured; carriers are: linq, sendblue, owl; did you mean \"sendblue\"?"
      ],
      [
        "one of a list",
        ["linq", "pigeon"],
        [["options", "carrier", 1]],
        "no carrier \"pigeon\" is configured; carriers are: linq, sendblue, owl"
      ],
      ["nobody", [], [["options", "carrier"]], "names no carrier; carriers are: linq, sendblue, owl"],
      ["what is no name", "+12025550123", [["options", "carrier"]], "there is no such carrier; carriers are: linq, sendblue, owl"],
      ["a number", 7, [["options", "carrier"]], "there is no such carrier; carriers are: linq, sendblue, owl"]
    ] as const
  )(
    "refuses to plan for a carrier that is not configured, and names those that are: %s",
    ([, carrier, paths, message]) =>
      Effect.gen(function*() {
        const { messaging, whats } = yield* behind([], { idle: [CarrierId.make("owl")] })
        const refused = (draft: typeof hello) =>
          Effect.flip(messaging.plan(toAlice, draft, { carrier } as unknown as MessagingService.PlanOptions))
        expect(yield* refused(hello)).toMatchObject({ _tag: "Invalid", problems: paths.map((path) => ({ rule: "one-of", path, message })) })
        // together with every other mistake
        expect((yield* refused(Draft.text(""))).problems.map(({ path }) => path)).toEqual([["parts", 0, "text"], ...paths])
        expect(whats()).toEqual([])
      })
  )

  it.effect("gives all its carriers and plans, in its own order", () =>
    Effect.gen(function*() {
      const { messaging } = yield* behind()
      expect(messaging.carriers.map(({ id }) => id)).toEqual([linq, sendblue])
      expect((yield* messaging.plan(toAlice, hello)).map(({ carrierId }) => carrierId)).toEqual([sendblue, linq])
    }))

  it.effect("a send that joins an earlier one is known by the earlier one's id", () =>
    Effect.gen(function*() {
      const joined = (_: DeliveryId.DeliveryId, prepared: Backend.Prepared) => accept("message-9")(deliveryId, prepared)
      const { asked, calls, messaging } = yield* behind([joined])
      expect((yield* messaging.send(toAlice, hello, { key: "k" })).id).toBe(deliveryId)
      yield* messaging.react(deliveryId, love)
      expect(calls().at(-1)?.input[0]).toMatchObject({ ref: ref("message-9") })
      expect((yield* Effect.flip(messaging.react(asked[0]?.deliveryId ?? nowhere, love))).reason).toBe("NotFound")
    }))

  it.effect("recalls a delivery that memory does not hold: reply, reaction, deletion and status go to its messages", () =>
    Effect.gen(function*() {
      const slots = [receipt("old-1", [0]), { ...receipt("old-2", [1, 2]), facts: [{ ref: ref("old-2"), status: "failed" as const }] }]
      const { asked, calls, messaging } = yield* behind(
        [],
        { recall: (id) => Effect.succeed(id === deliveryId ? Option.some(slots) : Option.none()) },
        undefined,
        { getMessage: ({ id }) => Effect.succeed(message(id, "delivered")) }
      )
      yield* messaging.react(deliveryId, love, { part: 2 })
      expect(calls().at(-1)?.input[0]).toMatchObject({ ref: ref("old-2"), part: 1 })
      yield* messaging.deleteRecord(deliveryId)
      expect(calls().slice(-2).map(({ input }) => input[0])).toEqual([ref("old-1"), ref("old-2")])
      yield* messaging.send(toAlice, Draft.text("re", { replyTo: { to: deliveryId, part: 1 } }))
      expect(asked.at(-1)?.prepared?.replyTo).toEqual({ ref: ref("old-2"), part: 0 })
      expect(yield* messaging.status(deliveryId)).toMatchObject({
        status: "delivered",
        corrected: true,
        messages: [{ failedOnce: false }, { failedOnce: true }]
      })
      const error = yield* Effect.flip(messaging.react(nowhere, love))
      expect(error).toMatchObject({ reason: "NotFound", certainty: "not-sent" })
      expect(error.carrierId).toBeUndefined()
    }))

  it.effect("is not asked to recall a whole delivery that memory holds, and is for a partial one, of which more may have gone out", () =>
    Effect.gen(function*() {
      const stored: Array<Outcome.Receipt> = []
      const { calls, messaging, whats } = yield* behind([accept("whole"), partial], {
        recall: () => Effect.sync(() => stored.length === 0 ? Option.none() : Option.some(stored))
      })
      const { id } = yield* messaging.send(toAlice, hello)
      yield* messaging.react(id, love)
      expect(whats()).toEqual(["deliver"])
      const { deliveryId } = yield* Effect.flip(messaging.send(toAlice, textAndPhoto))
      yield* messaging.react(deliveryId, love)
      expect(calls().at(-1)?.input[0]).toMatchObject({ ref: ref("message-1") })
      expect((yield* Effect.flip(messaging.react(deliveryId, love, { part: 1 }))).reason).toBe("NotFound")
      stored.push(receipt("message-1", [0]), receipt("message-2", [1]))
      yield* messaging.react(deliveryId, love, { part: 1 })
      expect(calls().at(-1)?.input[0]).toMatchObject({ ref: ref("message-2") })
    }))

  describe("what is heard", () => {
    const polled = { getMessage: ({ id }: { readonly id: string }) => Effect.succeed(message(id, "sent")) }

    it.effect("counts also when it comes before the send's own answer, in any order and repeated", () =>
      Effect.gen(function*() {
        const { heard, messaging } = yield* behind([accept("message-1", "message-2")], {}, undefined, polled)
        const delivered = { ref: ref("message-1"), status: "delivered", service: "SMS", downgraded: true } as const
        yield* heard(delivered)
        yield* heard({ ref: ref("message-1"), status: "failed" })
        const { id } = yield* messaging.send(toAlice, textAndPhoto)
        yield* heard({ ref: ref("message-2"), status: "read" })
        yield* heard({ ref: ref("message-2", sendblue), status: "failed" })
        yield* heard(delivered)
        expect(yield* messaging.status(id)).toMatchObject({
          status: "delivered",
          corrected: true,
          settled: true,
          service: "SMS",
          downgraded: true,
          messages: [{ status: "delivered" }, { status: "read", failedOnce: false }]
        })
        expect(yield* messaging.status(ref("message-2"))).toMatchObject({ status: "read" })
      }))

    it.effect("is kept for as many messages as deliveries are remembered, and at most twice as many", () =>
      Effect.gen(function*() {
        const { heard, messaging } = yield* behind([], {}, { remember: 2 }, polled)
        const word = (id: string) => Effect.map(messaging.status(ref(id)), ({ status }) => status)
        yield* heard({ ref: ref("first"), status: "read" })
        yield* heard({ ref: ref("second"), status: "read" })
        expect([yield* word("first"), yield* word("second")]).toEqual(["read", "read"])
        for (let other = 0; other < 4; other++) yield* heard({ ref: ref(`other-${other}`), status: "read" })
        expect(yield* word("first")).toBe("sent")
      }))
  })

  describe("conclude", () => {
    const skipped: Delivery.Attempt = {
      carrierId: linq,
      line: support,
      outcome: "skipped",
      why: "its breaker is open",
      startedAt: 1,
      millis: 0
    }
    const losses = [Loss.certain("split", "one request per part")]
    const ended = (outcome: Outcome.Outcome) =>
      Messaging.conclude(deliveryId, { conversation: toAlice, draft: hello }, outcome, [skipped, tried(outcome)])

    it("keeps every attempt and the losses, whatever the outcome, and takes the carrier from the receipts", () => {
      const problem = Problem.make("text-length", [], "too long")
      const evidence = { error: failure("Timeout"), parts: [0], step: 0, startedAt: 1 }
      const here = { ...receipt("message-1", [0]), ref: ref("message-1", sendblue) }
      const cases: ReadonlyArray<readonly [Outcome.Outcome, object]> = [
        [Outcome.accepted([here], losses), { _tag: "Right", right: { id: deliveryId, carrierId: sendblue, status: "queued" } }],
        [Outcome.rejected(failure("Failed"), losses), { left: { _tag: "NotSent", deliveryId, error: { reason: "Failed" } } }],
        [Outcome.rejected(MessagingError.invalid("send", [problem]), losses), {
          left: { _tag: "Invalid", deliveryId, problems: [problem] }
        }],
        [Outcome.unknown(evidence, losses), { left: { _tag: "Held", deliveryId, evidence } }],
        [
          { _tag: "Partial", receipts: [here], rest: Outcome.unknown(evidence), remaining: [1], losses },
          { left: { _tag: "Partial", deliveryId, receipts: [here], remaining: [1], evidence, error: { reason: "Timeout" } } }
        ]
      ]
      for (const [outcome, expected] of cases) {
        const result = ended(outcome)
        expect(result).toMatchObject(expected)
        expect(Either.merge(result)).toMatchObject({
          losses,
          attempts: [skipped, { carrierId: linq, line: support, startedAt: 1, millis: 2 }]
        })
      }
    })

    it("an attempt says what its outcome means, or why the caller says it ended", () => {
      const outcome = Outcome.rejected(failure("Failed"))
      expect(tried(outcome)).toMatchObject({ outcome: "rejected", why: "the carrier did not take it", error: { reason: "Failed" } })
      expect(Delivery.attempt(linq, support, outcome, { startedAt: 1, endedAt: 1, why: "found in the list" }).why).toBe("found in the list")
      expect("error" in tried(Outcome.accepted([receipt("m", [0])]))).toBe(false)
    })
  })
})

describe("chats", () => {
  it.effect("another carrier's chat is refused alike by every operation", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over()
      const foreign = { carrierId: sendblue, id: "chat-9" }
      const asks: ReadonlyArray<Effect.Effect<unknown, MessagingError.MessagingError>> = [
        messaging.getChat(foreign),
        messaging.listMessages(foreign),
        messaging.sendVoiceMemo(foreign, Part.media(photo)),
        messaging.markRead(foreign),
        messaging.startTyping(foreign)
      ]
      const reasons = new Set<string>()
      for (const ask of asks) {
        const error = yield* Effect.flip(ask)
        expect(error.certainty).toBe("not-sent")
        reasons.add(error.reason)
      }
      expect(reasons.size).toBe(1)
      expect(calls()).toEqual([])
    }))
})

describe("status", () => {
  const polled = (...answers: ReadonlyArray<Message>) => {
    const left = [...answers]
    return { getMessage: () => Effect.sync(() => (left.length > 1 ? left.shift() : left[0]) ?? message("message-1", "pending")) }
  }

  it.effect("folds what the carrier says with everything heard before", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over({
        implemented: polled(message("message-1", "failed"), message("message-1", "delivered", "iMessage"), message("message-1", "sent"))
      })
      const { id } = yield* messaging.send(toAlice, hello)
      expect(yield* messaging.status(id)).toMatchObject({ status: "failed", corrected: false })
      expect(yield* messaging.status(id)).toMatchObject({ status: "delivered", corrected: true, service: "iMessage" })
      expect(yield* messaging.status(id)).toMatchObject({ status: "delivered", corrected: true, settled: true })
    }))

  it.effect("asks for every message of a split delivery and makes one status of them", () =>
    Effect.gen(function*() {
      const { messaging, names } = yield* over({
        implemented: {
          getMessage: (message_) => Effect.succeed(message(message_.id, message_.id === "message-1" ? "read" : "sent", "iMessage"))
        }
      })
      const { id } = yield* messaging.send(toAlice, textAndPhoto)
      expect(yield* messaging.status(id)).toMatchObject({
        status: "sent",
        settled: false,
        messages: [{ status: "read" }, { status: "sent" }]
      })
      expect(names().filter((name) => name === "getMessage")).toHaveLength(2)
    }))

  it.effect("a word that no table knows adds no fact", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over({ implemented: polled(message("message-1", undefined)) })
      const { id } = yield* messaging.send(toAlice, hello)
      expect((yield* messaging.status(id)).status).toBe("queued")
    }))

  it.effect("asks by ref without knowing the delivery", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over({ implemented: polled(message("m", "sent", "SMS")) })
      expect(yield* messaging.status(ref("m"))).toMatchObject({ status: "sent", settled: true, service: "SMS" })
    }))
})

describe("follow", () => {
  const following = (statuses: ReadonlyArray<Message>, options?: Messaging.FollowOptions) =>
    Effect.gen(function*() {
      const left = [...statuses]
      const { messaging, names } = yield* over({
        implemented: { getMessage: () => Effect.sync(() => (left.length > 1 ? left.shift() : left[0]) ?? message("message-1", "pending")) }
      })
      const { id } = yield* messaging.send(toAlice, hello)
      const fiber = yield* Messaging.follow(id, options).pipe(
        Stream.mapEffect((report) => Effect.map(Effect.clockWith((clock) => clock.currentTimeMillis), (at) => [at, report] as const)),
        Stream.runCollect,
        Effect.provideService(Messaging.Messaging, messaging),
        Effect.fork
      )
      yield* TestClock.adjust("1 hour")
      const seen = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
      return { seen, asked: names().filter((name) => name === "getMessage").length }
    })
  const statuses = (seen: ReadonlyArray<readonly [number, DeliveryReport]>) => seen.map(([at, report]) => [at, report.status])

  it.effect("asks every second, gives each change once, and ends when it is settled", () =>
    Effect.gen(function*() {
      const { asked, seen } = yield* following([
        message("message-1", "queued"),
        message("message-1", "sent"),
        message("message-1", "sent"),
        message("message-1", "delivered"),
        message("message-1", "read")
      ])
      expect(statuses(seen)).toEqual([[0, "queued"], [1000, "sent"], [3000, "delivered"]])
      expect(asked).toBe(4)
    }))

  it.effect("gives a report that differs in anything, also when the status is the same", () =>
    Effect.gen(function*() {
      const { seen } = yield* following([
        message("message-1", "sent"),
        { ...message("message-1", "sent"), downgraded: true },
        message("message-1", "sent", "iMessage"),
        message("message-1", "sent", "SMS")
      ])
      expect(seen.map(([, report]) => [report.downgraded, report.service])).toEqual([
        [false, undefined],
        [true, undefined],
        [true, "iMessage"],
        [true, "SMS"]
      ])
    }))

  it.effect("ends after the given number of questions, at the given pace", () =>
    Effect.gen(function*() {
      const { asked, seen } = yield* following([message("message-1", "queued"), message("message-1", "sent")], {
        every: "10 seconds",
        times: 3
      })
      expect(asked).toBe(3)
      expect(statuses(seen)).toEqual([[0, "queued"], [10_000, "sent"]])
    }))

  it.effect("fails with the carrier's error", () =>
    Effect.gen(function*() {
      const { messaging } = yield* over({ implemented: { getMessage: () => Effect.fail(failure("NotFound")) } })
      const { id } = yield* messaging.send(toAlice, hello)
      const error = yield* Messaging.follow(id).pipe(Stream.runDrain, Effect.provideService(Messaging.Messaging, messaging), Effect.flip)
      expect(error.reason).toBe("NotFound")
    }))
})

describe("streams and accessors", () => {
  const page = (ids: ReadonlyArray<string>, next?: string) => ({
    items: ids.map((id) => message(id, "sent")),
    next: Option.fromNullable(next),
    total: Option.none<number>()
  })

  it.effect("messages gives every message once, page after page", () =>
    Effect.gen(function*() {
      const { calls, messaging } = yield* over({
        implemented: {
          listMessages: (_, request) => Effect.succeed(request.cursor === undefined ? page(["a", "b"], "2") : page(["b", "c"]))
        }
      })
      const seen = yield* Messaging.messages(toAlice, 2).pipe(Stream.runCollect, Effect.provideService(Messaging.Messaging, messaging))
      expect(Chunk.toReadonlyArray(seen).map((item) => item.ref.id)).toEqual(["a", "b", "c"])
      expect(calls().filter((call) => call.name === "listMessages").map((call) => call.input[1])).toEqual([{ limit: 2 }, {
        cursor: "2",
        limit: 2
      }])
    }))

  it.effect("the layer gives the service over the carrier of a tag", () =>
    Effect.gen(function*() {
      class Configured extends Context.Tag("Configured")<Configured, Carrier>() {}
      const { carrier } = yield* fake()
      const layer = Layer.provide(Messaging.layer(Configured), Layer.succeed(Configured, carrier))
      const sent = yield* Effect.provide(Messaging.send(toAlice, hello), layer)
      expect(sent.carrierId).toBe(linq)
      const { carriers } = yield* Effect.provide(Messaging.Messaging, layer)
      expect(carriers).toMatchObject([{ id: linq, vendor: "fake", capabilities: carrier.capabilities }])
    }))
})
