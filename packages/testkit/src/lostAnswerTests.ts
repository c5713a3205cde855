/** Tests what the carrier can find out after a lost answer, and that it sends nothing twice. */
import { describe, expect } from "@effect/vitest"
import * as Capabilities from "@interline/core/Capabilities"
import * as Draft from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import * as Outcome from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { alone, find, follow, isReadBack, lostVoiceMemo, owning, readBacks } from "./following.ts"
import type { Harness, World } from "./Harness.ts"
import { probes, sendDraft, settingOf } from "./probes.ts"
import type { Suite } from "./suite.ts"

/** Waits until all messages have arrived. Then counts the messages with a text on a phone. */
const copies = (world: World, text: string, friend: Handle = world.friends[0]) =>
  Effect.zipRight(
    world.settle,
    Effect.map(world.phone(friend), ({ messages }) => messages.filter((message) => message.text === text).length)
  )

/** Tests sends that did not arrive, and other sends that look like the lost send. */
const testLostSends = ({ inWorld }: Suite): void => {
  inWorld("a send that did not arrive is sent by a replay, and absent from a list", (world) =>
    Effect.gen(function*() {
      const { carrier, message, to } = yield* settingOf(world, "direct")
      yield* world.loseNextRequest
      const followed = yield* follow(world, to, Draft.text("are you there?"))
      expect(followed.outcome._tag).toBe("Unknown")
      const writes = yield* world.writes
      const { _tag } = yield* find(world, followed, owning(message))
      const sent = carrier.reconciliation?.send?.way === "replay" ? 1 : 0
      expect([_tag, yield* copies(world, "are you there?"), (yield* world.writes) - writes]).toEqual([
        sent === 1 ? "Found" : "Absent",
        sent,
        sent
      ])
    }))

  inWorld(
    "the same text to someone else, and another text to the same person, are not taken for it",
    (world) =>
      Effect.gen(function*() {
        const { carrier, message, to } = yield* settingOf(world, "direct")
        const other = { ...to, _tag: "Direct" as const, handle: world.friends[1] }
        yield* sendDraft(world, other, Draft.text("are you there?"))
        const another = Outcome.receipts(yield* sendDraft(world, to, Draft.text("are you there"))).map(({ ref }) => ref)
        yield* world.loseNextRequest
        const finding = yield* find(world, yield* follow(world, to, Draft.text("are you there?")), owning(message, ...another))
        expect(finding._tag).toBe(carrier.reconciliation?.send?.way === "replay" ? "Found" : "Absent")
        expect(yield* copies(world, "are you there?")).toBe(finding._tag === "Found" ? 1 : 0)
        expect(yield* copies(world, "are you there?", world.friends[1])).toBe(1)
      })
  )

  inWorld("a message that belongs to another send is not taken for it", (world) =>
    Effect.gen(function*() {
      const { to } = yield* settingOf(world, "direct")
      const first = yield* sendDraft(world, to, Draft.text("are you there?"))
      yield* world.loseNextAnswer
      const finding = yield* find(
        world,
        yield* follow(world, to, Draft.text("are you there?")),
        owning(...Outcome.receipts(first).map(({ ref }) => ref))
      )
      expect(finding._tag).toBe("Found")
      if (finding._tag === "Found") expect(finding.receipt.ref).not.toEqual(Outcome.receipts(first)[0]?.ref)
      expect(yield* copies(world, "are you there?")).toBe(2)
    }))

  inWorld("someone who opted out meanwhile receives nothing", (world) =>
    Effect.gen(function*() {
      const { to } = yield* settingOf(world, "direct")
      yield* world.loseNextRequest
      const followed = yield* follow(world, to, Draft.text("are you there?"))
      yield* world.suppression.add(world.friends[0], "explicit")
      const writes = yield* world.writes
      expect((yield* find(world, followed))._tag).not.toBe("Found")
      expect([yield* copies(world, "are you there?"), yield* world.writes]).toEqual([0, writes])
    }))

  inWorld("the rest of a split draft follows what was found, and nothing is sent twice", (world) =>
    Effect.gen(function*() {
      const { carrier, to } = yield* settingOf(world, "direct")
      const draft = Draft.make([Part.text("one"), Part.media(world.imageUrl), Part.text("two")])
      yield* world.loseNextAnswer
      const followed = yield* follow(world, to, draft)
      const finding = yield* find(world, followed)
      const [first] = followed.reports
      if (first === undefined || finding._tag !== "Found") return yield* Effect.dieMessage(`the first step is ${finding._tag}`)
      const resume = { ...first, step: 1, receipts: [finding.receipt] }
      const outcome = yield* carrier.send({ ...followed.request, resume })
      expect(Outcome.receipts(outcome).flatMap(({ parts }) => parts)).toEqual([0, 1, 2])
      expect(outcome._tag).toBe("Accepted")
      yield* world.settle
      const seen = (yield* world.phone(world.friends[0])).messages.slice(1)
      expect(seen.map((message) => message.text ?? "").join("")).toBe("onetwo")
      expect(seen.flatMap((message) => message.media)).toEqual([world.imageUrl])
    }))
}

/** Tests operations whose result can be read back from the vendor. */
const testReadBacks = ({ declared, harness, inWorld }: Suite): void => {
  for (const operation of harness.reconciles.filter(isReadBack)) {
    const kind = Capabilities.supports(declared, operation, "direct") ? "direct" : "group"
    inWorld(`${operation} is read back, and nothing is repeated`, (world) =>
      Effect.gen(function*() {
        const setting = yield* settingOf(world, kind)
        // `unreact` is left out: its reaction does not exist before the probe, so its read gives true
        if (operation !== "unreact") expect(yield* readBacks[operation](setting)).toBe(false)
        yield* probes[operation].use(setting)
        yield* world.settle
        const writes = yield* world.writes
        expect(yield* readBacks[operation](setting)).toBe(true)
        expect(yield* world.writes).toBe(writes)
      }))
  }

  if (harness.reconciles.includes("sendVoiceMemo")) {
    inWorld("a voice memo is found if it arrived, absent if it did not, and never repeated", (world) =>
      Effect.gen(function*() {
        const setting = yield* settingOf(world, "direct")
        expect((yield* lostVoiceMemo(setting, world.loseNextRequest, owning(setting.message)))._tag).toBe("Absent")
        const since = yield* Clock.currentTimeMillis
        expect((yield* lostVoiceMemo(setting, world.loseNextAnswer))._tag).toBe("Found")
        // two voice memos in the same time look the same, so nothing is proven
        expect((yield* lostVoiceMemo(setting, world.loseNextAnswer, alone, since))._tag).toBe("Unproven")
        yield* world.settle
        expect((yield* world.phone(world.friends[0])).messages).toHaveLength(3)
      }))
  }
}

export const testLostAnswers = (suite: Suite): void =>
  void describe("after a lost answer", () => {
    const { declared, harness, inWorld } = suite
    const can = (name: Harness["reconciles"][number]) => harness.reconciles.includes(name)

    inWorld(`the carrier tells of ${harness.reconciles.join(", ") || "nothing"}`, ({ carrier }) =>
      Effect.sync(() => {
        expect(Object.keys(carrier.reconciliation ?? {}).sort()).toEqual([...harness.reconciles].sort())
      }))

    inWorld("a followed send tells of each step in order, before it leaves", (world) =>
      Effect.gen(function*() {
        const { to } = yield* settingOf(world, "direct")
        const before = yield* world.writes
        const { outcome, reports } = yield* follow(world, to, Draft.make([Part.text("one"), Part.media(world.imageUrl), Part.text("two")]))
        expect(outcome._tag).toBe("Accepted")
        expect(reports.map(({ receipts, step, writes }) => [step, receipts.length, writes - before])).toEqual(
          (reports[0]?.plan.steps ?? []).map((_, index) => [index, index, index])
        )
      }))

    for (const kind of ["direct", "group"] as const) {
      if (!can("send") || !Capabilities.supports(declared, "send", kind)) continue
      inWorld(`a ${kind} send that arrived is found, once on the phone and by its name at the vendor`, (world) =>
        Effect.gen(function*() {
          const { carrier, to } = yield* settingOf(world, kind)
          yield* world.loseNextAnswer
          const followed = yield* follow(world, to, Draft.text("are you there?"))
          expect(followed.outcome._tag).toBe("Unknown")
          const finding = yield* find(world, followed)
          expect(finding._tag).toBe("Found")
          expect(yield* copies(world, "are you there?")).toBe(1)
          if (finding._tag === "Found") {
            const message = yield* carrier.getMessage(finding.receipt.ref)
            expect(message.parts[0]).toMatchObject({ text: "are you there?" })
          }
        }))
    }

    if (can("send")) testLostSends(suite)
    testReadBacks(suite)
  })
