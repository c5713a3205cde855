/** What is decided from a look at the carrier. The adapter's looks are scripted. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type * as Adapter from "../src/carrier/Adapter.ts"
import type * as OperationSignatures from "../src/carrier/OperationSignatures.ts"
import * as Part from "../src/content/Part.ts"
import * as Reaction from "../src/content/Reaction.ts"
import type { Sight } from "../src/http/ListEvidence.ts"
import * as MessageRef from "../src/names/MessageRef.ts"
import type { MessagingError } from "../src/outcome/MessagingError.ts"
import type { Receipt } from "../src/outcome/Outcome.ts"
import type { Sendable } from "../src/outcome/Plan.ts"
import {
  alice,
  bob,
  carol,
  chatRef,
  deliveryId,
  directChat,
  failure,
  fake,
  linq,
  type Options,
  photo,
  receipt,
  ref,
  request,
  sendblue,
  textAndPhoto,
  toAlice,
  toGroup
} from "./support.ts"

const shown: Adapter.AdapterReconciliation["shown"] = ["edit", "react", "unreact", "updateChat", "addParticipant", "removeParticipant"]

const byReplay: Adapter.AdapterReconciliation = { send: { way: "replay", replayFor: Duration.minutes(10) }, shown }

const suspects = (
  more: Partial<OperationSignatures.Suspects> & { readonly takenIds?: ReadonlyArray<string> } = {}
): OperationSignatures.Suspects => {
  const { takenIds = [], ...rest } = more
  return { taken: () => Effect.succeed(new Set(takenIds.map((id) => MessageRef.format(ref(id))))), rivals: 0, ...rest }
}

/** A carrier, and where a send of a text and a photo stood at its second step. */
const stuck = (options: Options & { readonly reconciliation: Adapter.AdapterReconciliation }, startedAt = 0) =>
  Effect.gen(function*() {
    const world = yield* fake({ keyed: true, ...options })
    const plan = (yield* world.carrier.plan({ draft: textAndPhoto, conversation: toAlice, fidelity: "adapt" })) as Sendable
    const progress: OperationSignatures.Progress = { plan, step: 1, receipts: [receipt("first", [0])], startedAt }
    const find = (
      more: Partial<OperationSignatures.Suspects> & { readonly takenIds?: ReadonlyArray<string> } = {},
      other: Partial<OperationSignatures.Progress> = {}
    ) =>
      world.carrier.reconciliation?.send?.find(request(textAndPhoto, { generation: 2 }), { ...progress, ...other }, suspects(more)) ??
        Effect.dieMessage("the carrier cannot reconcile")
    return { ...world, plan, find }
  })

describe("a carrier without a way to reconcile", () => {
  it.effect("has no reconciliation", () => Effect.map(fake(), ({ carrier }) => expect(carrier.reconciliation).toBeUndefined()))
})

describe("a send, by replay", () => {
  it.effect("the same step under the same key is found, and its chat and message are remembered", () =>
    Effect.gen(function*() {
      const { calls, carrier, chats, find, performed, plan } = yield* stuck({
        reconciliation: byReplay,
        answers: ["again"],
        receipt: { chat: chatRef }
      })
      expect(yield* find()).toMatchObject({ _tag: "Found", receipt: { ref: ref("again"), parts: [1] } })
      expect(performed()).toEqual([{ step: plan.steps[1], key: `${deliveryId}:2:1` }])
      expect(yield* chats.find(linq, toAlice)).toEqual(Option.some(chatRef))
      yield* carrier.react(ref("again"), Reaction.tapback("love"))
      expect(calls().map(({ name }) => name)).toEqual(["perform", "react"])
    }))

  it.effect.each(["Failed", "NotFound", "OptedOut", "RateLimited", "Timeout", "ConnectionFailed"] as const)(
    "%s proves nothing, after one request",
    (reason) =>
      Effect.gen(function*() {
        const { find, performed } = yield* stuck({ reconciliation: byReplay, answers: [failure(reason)] })
        expect(yield* find()).toMatchObject({ _tag: "Unproven", error: { reason } })
        expect(performed()).toHaveLength(1)
      })
  )

  it.effect("someone who opted out meanwhile is not written to, and that proves nothing", () =>
    Effect.gen(function*() {
      const { find, performed, suppression } = yield* stuck({ reconciliation: byReplay })
      yield* suppression.add(alice, "event")
      expect(yield* find()).toMatchObject({ _tag: "Unproven", error: { reason: "Suppressed" } })
      expect(performed()).toEqual([])
    }))

  it.effect("is done until replayFor after the step left, and never later", () =>
    Effect.gen(function*() {
      const { find, performed } = yield* stuck({ reconciliation: byReplay }, 1000)
      yield* TestClock.setTime(601_000)
      expect((yield* find())._tag).toBe("Found")
      yield* TestClock.setTime(601_001)
      expect(yield* find()).toMatchObject({ _tag: "Unproven" })
      expect(performed()).toHaveLength(1)
    }))

  it.effect("a step without a key, another carrier's plan and a step that the plan has not are not repeated", () =>
    Effect.gen(function*() {
      const keyless = yield* stuck({ reconciliation: byReplay, keyed: false })
      expect((yield* keyless.find())._tag).toBe("Unproven")
      const { find, performed, plan } = yield* stuck({ reconciliation: byReplay })
      expect((yield* find({}, { plan: { ...plan, carrierId: sendblue } }))._tag).toBe("Unproven")
      expect((yield* find({}, { step: 2 }))._tag).toBe("Unproven")
      expect([...performed(), ...keyless.performed()]).toEqual([])
    }))
})

describe("a send, by list", () => {
  type Looked = Either.Either<Sight, string> | MessagingError
  const receipts = (names: ReadonlyArray<string>): ReadonlyArray<Receipt> => names.map((name) => receipt(name, [1]))
  const ids = (...names: ReadonlyArray<string>): Looked => Either.right({ matches: receipts(names), others: [] })
  const others = (names: ReadonlyArray<string>, ...matches: ReadonlyArray<string>): Looked =>
    Either.right({ matches: receipts(matches), others: receipts(names) })
  const short = (...names: ReadonlyArray<string>): Looked => Either.right({ matches: receipts(names), others: [], gap: "it is short" })
  const byList = (rows: Looked, named: Option.Option<Receipt> | MessagingError = Option.none()): Adapter.AdapterReconciliation => ({
    send: {
      way: "list",
      search: () => Either.isEither(rows) ? Effect.succeed(rows) : Effect.fail(rows),
      lookUp: () => Option.isOption(named) ? Effect.succeed(named) : Effect.fail(named)
    },
    shown: []
  })

  const cases: ReadonlyArray<readonly [string, Looked, Parameters<typeof suspects>[0], string]> = [
    ["nothing that fits", ids(), {}, "Absent"],
    ["one that fits", ids("a"), {}, "Found a"],
    ["two that fit", ids("a", "b"), {}, "Found a"],
    ["one that another delivery has", ids("a"), { takenIds: ["a"] }, "Absent"],
    ["the first of which another delivery has", ids("a", "b"), { takenIds: ["a"] }, "Found b"],
    ["one for two senders", ids("a"), { rivals: 1 }, "Unproven"],
    ["two for two senders", ids("a", "b"), { rivals: 1 }, "Found a"],
    ["two, one of them taken, for two senders", ids("a", "b"), { rivals: 1, takenIds: ["b"] }, "Unproven"],
    ["nothing for two senders", ids(), { rivals: 1 }, "Absent"],
    ["not everything", Either.left("too many"), {}, "Unproven"],
    ["nothing that fits, in a list that is short", short(), {}, "Unproven"],
    ["one that fits, in a list that is short", short("a"), {}, "Found a"],
    ["one that fits and is another delivery's, in a list that is short", short("a"), { takenIds: ["a"] }, "Unproven"],
    ["one that is nearly it", others(["a"]), {}, "Unproven"],
    ["one that is nearly it and one that is it", others(["a"], "b"), {}, "Found b"],
    ["one that is nearly it and is another delivery's", others(["a"]), { takenIds: ["a"] }, "Absent"],
    ["one that fits and is another delivery's, and one that is nearly it", others(["a"], "b"), { takenIds: ["b"] }, "Unproven"],
    ["a refusal", failure("Permission", { operation: "listMessages" }), {}, "Unproven"]
  ]
  it.effect.each(cases)("a look that shows %s", ([, rows, more, expected]) =>
    Effect.gen(function*() {
      const { find, performed } = yield* stuck({ reconciliation: byList(rows), keyed: false })
      const finding = yield* find(more)
      expect(finding._tag === "Found" ? `Found ${finding.receipt.ref.id}` : finding._tag).toBe(expected)
      expect(performed()).toEqual([])
    }))

  it.effect("a message that the failed answer named is asked for first, and is it", () =>
    Effect.gen(function*() {
      const { find } = yield* stuck({ reconciliation: byList(ids("other"), Option.some(receipt("named", [1]))) })
      expect(yield* find({ ref: ref("named"), rivals: 3 })).toMatchObject({ _tag: "Found", receipt: { ref: ref("named") } })
    }))

  it.effect("a named message that the carrier does not know leaves it to the list; one that cannot be asked for leaves absence open", () =>
    Effect.gen(function*() {
      const named = { ref: ref("named") }
      const unknown = yield* stuck({ reconciliation: byList(ids()) })
      expect((yield* unknown.find(named))._tag).toBe("Absent")
      const failing = yield* stuck({ reconciliation: byList(ids(), failure("Permission", { operation: "getMessage" })) })
      expect((yield* failing.find(named))._tag).toBe("Unproven")
      const both = yield* stuck({ reconciliation: byList(ids("a"), failure("Permission", { operation: "getMessage" })) })
      expect((yield* both.find(named))._tag).toBe("Found")
    }))

  it.effect("a message that another carrier named is not asked for", () =>
    Effect.gen(function*() {
      const { find } = yield* stuck({ reconciliation: byList(ids(), Option.some(receipt("named", [1]))) })
      expect((yield* find({ ref: ref("named", sendblue) }))._tag).toBe("Absent")
    }))
})

describe("a voice memo", () => {
  const memos = (...names: ReadonlyArray<string>): Adapter.AdapterReconciliation => ({
    ...byReplay,
    searchVoiceMemos: () => Effect.succeed(Either.right({ matches: names.map((name) => receipt(name, [0])), others: [] }))
  })
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, Parameters<typeof suspects>[0], string]> = [
    ["none", [], {}, "Absent"],
    ["exactly one", ["a"], {}, "Found"],
    ["one and a rival", ["a"], { rivals: 1 }, "Unproven"],
    ["two", ["a", "b"], {}, "Unproven"],
    ["two, one of them taken", ["a", "b"], { takenIds: ["a"] }, "Found"]
  ]
  it.effect.each(cases)("with %s in the chat", ([, names, more, expected]) =>
    Effect.gen(function*() {
      const { carrier, names: called } = yield* fake({ reconciliation: memos(...names) })
      const finding = yield* carrier.reconciliation?.sendVoiceMemo?.(toAlice, 0, suspects(more)) ?? Effect.dieMessage("cannot")
      expect(finding._tag).toBe(expected)
      expect(called()).toEqual(["findChat"])
    }))

  it.effect("is not looked for where the adapter cannot", () =>
    Effect.map(fake({ reconciliation: byReplay }), ({ carrier }) => expect(carrier.reconciliation?.sendVoiceMemo).toBeUndefined()))
})

describe("reading back", () => {
  const message = (text: string, reactions: ReadonlyArray<unknown> = []) => ({
    ref: ref("m"),
    direction: "outbound",
    to: [],
    parts: [{ _tag: "Media", reactions: [] }, { _tag: "Text", text, decorations: [], reactions }],
    status: { raw: "sent" },
    metadata: {}
  })
  const love = { reaction: Reaction.tapback("love"), isMine: true, raw: "love" }
  const party = { reaction: Reaction.emoji("🎉"), isMine: true, raw: "custom" }
  const at = { part: 1 }
  const person = (peer: string, status?: string, neutral?: string) => ({
    peer,
    isMine: false,
    ...(status === undefined ? {} : { status: { raw: status, ...(neutral === undefined ? {} : { neutral }) } }),
    metadata: {}
  })
  const chat = (participants: ReadonlyArray<unknown>, name?: string) => ({
    ref: chatRef,
    isGroup: true,
    participants,
    metadata: {},
    ...(name === undefined ? {} : { name })
  })

  const ask = <A>(read: object, use: (back: OperationSignatures.Reconciliation) => Effect.Effect<A, MessagingError> | undefined) =>
    Effect.gen(function*() {
      const { carrier, names } = yield* fake({
        reconciliation: byReplay,
        described: Effect.succeed({ ...directChat, kind: "group" }),
        implemented: { getMessage: () => Effect.succeed(read as never), getChat: () => Effect.succeed(read as never) }
      })
      const answer = yield* use(carrier.reconciliation ?? {}) ?? Effect.dieMessage("the carrier cannot read it back")
      expect(names().filter((name) => !["getMessage", "getChat", "findChat", "describeChat"].includes(name))).toEqual([])
      return answer
    })

  const cases: ReadonlyArray<
    readonly [string, object, (back: OperationSignatures.Reconciliation) => Effect.Effect<boolean, MessagingError> | undefined, boolean]
  > = [
    ["an edited text is edited", message("new"), (back) => back.edit?.(ref("m"), "new", at), true],
    ["another text is not", message("old"), (back) => back.edit?.(ref("m"), "new", at), false],
    ["another part is not", message("new"), (back) => back.edit?.(ref("m"), "new"), false],
    ["our tapback is there", message("x", [love]), (back) => back.react?.(ref("m"), Reaction.tapback("love"), at), true],
    ["another tapback of ours is not it", message("x", [love]), (back) => back.react?.(ref("m"), Reaction.tapback("like"), at), false],
    [
      "someone else's tapback is not ours",
      message("x", [{ ...love, isMine: false }]),
      (back) => back.react?.(ref("m"), Reaction.tapback("love"), at),
      false
    ],
    ["our emoji is there", message("x", [party]), (back) => back.react?.(ref("m"), Reaction.emoji("🎉"), at), true],
    ["another emoji is not it", message("x", [party]), (back) => back.react?.(ref("m"), Reaction.emoji("👋"), at), false],
    ["our tapback is gone", message("x"), (back) => back.unreact?.(ref("m"), Reaction.tapback("love"), at), true],
    ["our tapback is still there", message("x", [love]), (back) => back.unreact?.(ref("m"), Reaction.tapback("love"), at), false],
    [
      "a part that is not shown proves no removal",
      message("x"),
      (back) => back.unreact?.(ref("m"), Reaction.tapback("love"), { part: 7 }),
      false
    ],
    ["the name is the new one", chat([], "Team"), (back) => back.updateChat?.(toGroup, { name: "Team" }), true],
    ["the name is another", chat([], "Old"), (back) => back.updateChat?.(toGroup, { name: "Team" }), false],
    ["the name is cleared", chat([]), (back) => back.updateChat?.(toGroup, { name: null }), true],
    ["the person is in", chat([person(carol)]), (back) => back.addParticipant?.(toGroup, carol), true],
    ["the person is active", chat([person(carol, "active", "active")]), (back) => back.addParticipant?.(toGroup, carol), true],
    ["the person has left", chat([person(carol, "left", "left")]), (back) => back.addParticipant?.(toGroup, carol), false],
    ["an unknown word does not prove presence", chat([person(carol, "invited")]), (back) => back.addParticipant?.(toGroup, carol), false],
    ["others are in", chat([person(alice)]), (back) => back.addParticipant?.(toGroup, carol), false],
    ["the person is no longer listed", chat([person(alice)]), (back) => back.removeParticipant?.(toGroup, bob), true],
    ["the person is listed as removed", chat([person(bob, "removed", "removed")]), (back) => back.removeParticipant?.(toGroup, bob), true],
    ["the person is still in", chat([person(bob)]), (back) => back.removeParticipant?.(toGroup, bob), false],
    ["an unknown word does not prove removal", chat([person(bob, "invited")]), (back) => back.removeParticipant?.(toGroup, bob), false]
  ]
  it.effect.each(cases)("%s", ([, read, use, expected]) => Effect.map(ask(read, use), (answer) => expect(answer).toBe(expected)))

  it.effect("an icon cannot be read back", () =>
    Effect.map(
      Effect.flip(ask(chat([], "Team"), (back) => back.updateChat?.(toGroup, { name: "Team", icon: photo }))),
      (error) => expect(error).toMatchObject({ reason: "Unsupported", operation: "updateChat" })
    ))

  it.effect("only what the adapter's reads show is offered", () =>
    Effect.gen(function*() {
      const { carrier } = yield* fake({ reconciliation: { ...byReplay, shown: ["edit"] } })
      expect(Object.keys(carrier.reconciliation ?? {}).sort()).toEqual(["edit", "send"])
    }))
})

describe("what a failed answer names", () => {
  it.effect("is part of the evidence", () =>
    Effect.gen(function*() {
      const { carrier } = yield* fake({ answers: [failure("Unavailable", { ref: ref("handle-9") })] })
      expect(yield* carrier.send(request())).toMatchObject({ _tag: "Unknown", evidence: { ref: ref("handle-9") } })
      const memo = yield* fake({
        implemented: { sendVoiceMemo: () => Effect.fail(failure("Unavailable", { operation: "sendVoiceMemo", ref: ref("handle-9") })) }
      })
      const error = yield* Effect.flip(memo.carrier.sendVoiceMemo(toAlice, Part.media(photo)))
      expect([error.ref, error.message]).toEqual([ref("handle-9"), expect.stringContaining("message handle-9")])
    }))
})
