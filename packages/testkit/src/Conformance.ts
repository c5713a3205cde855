/**
 * The suite that every carrier must pass. It reads the carrier's `Capabilities` and proves them in both directions: what is
 * declared works, what is denied fails before a request leaves.
 *
 * @since 0.1.0
 */
import { describe, expect, it } from "@effect/vitest"
import * as Capabilities from "@interline/core/Capabilities"
import * as Draft from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import * as Loss from "@interline/core/Loss"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as Operation from "@interline/core/Operation"
import * as Outcome from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { alone, find, follow, isReadBack, lostVoiceMemo, owning, readBacks } from "./following.ts"
import type { Harness, World } from "./Harness.ts"
import { conversationOf, probes, sendDraft, settingOf } from "./probes.ts"

/**
 * Registers the suite with vitest. Pass the capabilities that the carrier declares; each test checks that it still does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const suite = (harness: Harness, declared: Capabilities.Capabilities): void => {
  const inWorld = (name: string, test: (world: World) => Effect.Effect<void, unknown, Scope.Scope>) =>
    it.scopedLive(name, () => Effect.flatMap(harness.world, test))

  /** Runs something that must fail here, and nothing may reach the vendor meanwhile. */
  const refusedWithoutARequest = <A, E>(world: World, effect: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      const before = yield* world.requests
      const error = yield* Effect.flip(effect)
      expect(yield* world.requests).toBe(before)
      return error
    })

  describe(`${harness.name} conforms`, () => {
    inWorld("to the capabilities that are tested here", ({ carrier }) =>
      Effect.sync(() => {
        expect(carrier.capabilities).toEqual(declared)
      }))

    describe("operations", () => {
      for (const operation of Operation.all) {
        for (const kind of ["direct", "group"] as const) {
          const supported = Capabilities.supports(declared, operation, kind)
          inWorld(
            `${operation} in ${kind} conversations ${supported ? "works" : "is refused before a request leaves"}`,
            (world) =>
              Effect.gen(function*() {
                const setting = yield* settingOf(world, kind)
                const probe = probes[operation]
                if (supported) {
                  const answer = yield* probe.use(setting)
                  expect(yield* probe.seen(setting, answer)).toBe(true)
                } else {
                  const error = yield* refusedWithoutARequest(world, probe.use(setting))
                  expect(error).toMatchObject({ reason: "Unsupported" })
                }
              })
          )
        }
      }
    })

    describe("the fence", () => {
      for (const operation of Operation.all) {
        const { reaches } = Operation.operations[operation]
        if (!reaches || !Capabilities.supports(declared, operation)) continue
        const kind = Capabilities.supports(declared, operation, "direct") ? "direct" : "group"
        inWorld(`stands in front of ${operation}`, (world) =>
          Effect.gen(function*() {
            const setting = yield* settingOf(world, kind)
            yield* world.suppression.add(world.friends[0], "explicit")
            const before = yield* world.phone(world.friends[0])
            const writes = yield* world.writes
            const result = yield* Effect.either(probes[operation].use(setting))
            if (result._tag === "Right") expect(result.right).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
            else expect(result.left).toMatchObject({ reason: "Suppressed" })
            yield* world.settle
            expect(yield* world.phone(world.friends[0])).toEqual(before)
            // setting the contact card that a probe shares afterwards is about the line, not about the person
            if (operation !== "shareContactCard") expect(yield* world.writes).toBe(writes)
          }))
      }
    })

    describe("effects", () => {
      for (const effect of MessageEffect.all) {
        const support: Capabilities.Support = declared.effects[effect]
        inWorld(`${effect} is ${support}`, (world) =>
          Effect.gen(function*() {
            const { to } = yield* settingOf(world, "direct")
            const draft = Draft.text("look", { effect })
            const adapted = yield* sendDraft(world, to, draft, "adapt")
            yield* world.settle
            const seen = (yield* world.phone(world.friends[0])).messages.at(-1)
            expect(adapted._tag).toBe("Accepted")
            expect(seen?.text).toBe("look")
            expect(adapted.losses.filter(Loss.isCertain).map((loss) => loss.kind)).toEqual(
              { native: [], emulated: ["effect-approximated"], unsupported: ["effect-dropped"] }[support]
            )
            expect(seen?.effect === null).toBe(support === "unsupported")
            const before = yield* world.requests
            const exact = yield* sendDraft(world, to, draft, "exact")
            if (support === "native") expect(exact._tag).toBe("Accepted")
            else {
              expect(exact).toMatchObject({ _tag: "Rejected", error: { problems: [{ rule: "fidelity" }] } })
              expect(yield* world.requests).toBe(before)
            }
          }))
      }
    })

    describe("reactions", () => {
      for (const tapback of Reaction.Tapback.literals) {
        if (!Capabilities.supports(declared, "react", "direct")) continue
        const support = declared.reactions[tapback]
        inWorld(`${tapback} is ${support}`, (world) =>
          Effect.gen(function*() {
            const { carrier, theirs } = yield* settingOf(world, "direct")
            const react = carrier.react(theirs, Reaction.tapback(tapback))
            if (support === "unsupported") yield* refusedWithoutARequest(world, react)
            else {
              yield* react
              yield* world.settle
              expect((yield* world.phone(world.friends[0])).sent[0]?.reactions).toContain(tapback)
            }
          }))
      }
      inWorld(`an emoji is ${declared.emojiReactions}`, (world) =>
        Effect.gen(function*() {
          const { carrier, theirs } = yield* settingOf(world, "direct")
          const react = carrier.react(theirs, Reaction.emoji("🎉"))
          if (declared.emojiReactions === "unsupported" || !Capabilities.supports(declared, "react", "direct")) {
            yield* refusedWithoutARequest(world, react)
          } else {
            yield* react
            yield* world.settle
            expect((yield* world.phone(world.friends[0])).sent[0]?.reactions).toContain("🎉")
          }
        }))
    })

    describe("features", () => {
      const feature = (name: Capabilities.Feature) => declared.features[name].iMessage
      inWorld(`decorations are ${feature("decorations")}`, (world) =>
        Effect.gen(function*() {
          const { to } = yield* settingOf(world, "direct")
          const outcome = yield* sendDraft(world, to, Draft.make([Part.text("bold move", [{ start: 0, end: 4, style: "bold" }])]))
          yield* world.settle
          const seen = (yield* world.phone(world.friends[0])).messages.at(-1)
          expect(seen?.text).toBe("bold move")
          expect(seen?.decorations).toBe(feature("decorations") === "unsupported" ? 0 : 1)
          expect(outcome.losses.some((loss) => loss.kind === "decorations-dropped" && Loss.isCertain(loss))).toBe(
            feature("decorations") === "unsupported"
          )
        }))
      inWorld(`a reply is ${feature("reply")}`, (world) =>
        Effect.gen(function*() {
          const { message, to } = yield* settingOf(world, "direct")
          const outcome = yield* sendDraft(world, to, Draft.text("yes"), "adapt", { ref: message, part: 0 })
          yield* world.settle
          expect((yield* world.phone(world.friends[0])).messages.at(-1)?.isReply).toBe(feature("reply") !== "unsupported")
          expect(outcome.losses.some((loss) => loss.kind === "reply-dropped" && Loss.isCertain(loss))).toBe(
            feature("reply") === "unsupported"
          )
        }))
      inWorld(`a link preview is ${feature("link")}`, (world) =>
        Effect.gen(function*() {
          const { to } = yield* settingOf(world, "direct")
          const outcome = yield* sendDraft(world, to, Draft.link("https://example.com/page"))
          yield* world.settle
          const seen = (yield* world.phone(world.friends[0])).messages.at(-1)
          expect(feature("link") === "native" ? seen?.link : seen?.text).toBe("https://example.com/page")
          expect(outcome.losses.some((loss) => loss.kind === "link-preview-dropped" && Loss.isCertain(loss))).toBe(
            feature("link") !== "native"
          )
        }))
      inWorld(`text, media, text in one message is ${feature("multipart")}`, (world) =>
        Effect.gen(function*() {
          const { to } = yield* settingOf(world, "direct")
          const outcome = yield* sendDraft(world, to, Draft.make([Part.text("one"), Part.media(world.imageUrl), Part.text("two")]))
          yield* world.settle
          const seen = (yield* world.phone(world.friends[0])).messages.slice(1)
          expect(seen.flatMap((message) => message.media)).toEqual([world.imageUrl])
          expect(seen.map((message) => message.text ?? "").join("")).toBe("onetwo")
          expect(seen.length === 1).toBe(feature("multipart") === "native")
          expect(outcome.losses.some((loss) => loss.kind === "split")).toBe(feature("multipart") !== "native")
        }))
    })

    describe("limits", () => {
      const refusesOver = (
        name: string,
        limit: number | undefined,
        draft: (size: number) => Draft.Draft,
        rule: string,
        sendable = true
      ) => {
        if (limit === undefined) return
        inWorld(`${name}: ${limit} passes and one more is refused before a request leaves`, (world) =>
          Effect.gen(function*() {
            const { to } = yield* settingOf(world, "direct")
            if (sendable) expect((yield* sendDraft(world, to, draft(limit)))._tag).toBe("Accepted")
            const before = yield* world.requests
            const over = yield* sendDraft(world, to, draft(limit + 1))
            expect(over).toMatchObject({ _tag: "Rejected", error: { reason: "InvalidInput", problems: [{ rule }] } })
            expect(yield* world.requests).toBe(before)
          }))
      }
      refusesOver("text length", declared.limits.textLength, (size) => Draft.text("x".repeat(size)), "text-length")
      refusesOver(
        "link length",
        declared.limits.linkLength,
        (size) => Draft.link(`https://example.com/${"x".repeat(size - 20)}`),
        "link-length"
      )
      refusesOver(
        "media by URL",
        declared.limits.mediaUrls,
        (size) =>
          Draft.make([
            Part.media("https://example.com/a.png"),
            ...Array.from({ length: size - 1 }, () => Part.media("https://example.com/a.png"))
          ]),
        "media-count"
      )
    })

    describe("after a lost answer", () => {
      const can = (name: Harness["reconciles"][number]) => harness.reconciles.includes(name)
      const copies = (world: World, text: string, friend: Handle = world.friends[0]) =>
        Effect.zipRight(
          world.settle,
          Effect.map(world.phone(friend), ({ messages }) => messages.filter((message) => message.text === text).length)
        )

      inWorld(`the carrier tells of ${harness.reconciles.join(", ") || "nothing"}`, ({ carrier }) =>
        Effect.sync(() => {
          expect(Object.keys(carrier.reconciliation ?? {}).sort()).toEqual([...harness.reconciles].sort())
        }))

      inWorld("a followed send tells of each step in order, before it leaves", (world) =>
        Effect.gen(function*() {
          const { to } = yield* settingOf(world, "direct")
          const before = yield* world.writes
          const { outcome, told } = yield* follow(world, to, Draft.make([Part.text("one"), Part.media(world.imageUrl), Part.text("two")]))
          expect(outcome._tag).toBe("Accepted")
          expect(told.map(({ receipts, step, writes }) => [step, receipts.length, writes - before])).toEqual(
            (told[0]?.plan.steps ?? []).map((_, index) => [index, index, index])
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

      if (can("send")) {
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
            const [first] = followed.told
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

      for (const operation of harness.reconciles.filter(isReadBack)) {
        const kind = Capabilities.supports(declared, operation, "direct") ? "direct" : "group"
        inWorld(`${operation} is read back, and nothing is repeated`, (world) =>
          Effect.gen(function*() {
            const setting = yield* settingOf(world, kind)
            // before a reaction is put on, it is not there
            if (operation !== "unreact") expect(yield* readBacks[operation](setting)).toBe(false)
            yield* probes[operation].use(setting)
            yield* world.settle
            const writes = yield* world.writes
            expect(yield* readBacks[operation](setting)).toBe(true)
            expect(yield* world.writes).toBe(writes)
          }))
      }

      if (can("sendVoiceMemo")) {
        inWorld("a voice memo is found if it arrived, absent if it did not, and never repeated", (world) =>
          Effect.gen(function*() {
            const setting = yield* settingOf(world, "direct")
            expect((yield* lostVoiceMemo(setting, world.loseNextRequest, owning(setting.message)))._tag).toBe("Absent")
            const since = yield* Clock.currentTimeMillis
            expect((yield* lostVoiceMemo(setting, world.loseNextAnswer))._tag).toBe("Found")
            // two of them in the same time cannot be told apart
            expect((yield* lostVoiceMemo(setting, world.loseNextAnswer, alone, since))._tag).toBe("Unproven")
            yield* world.settle
            expect((yield* world.phone(world.friends[0])).messages).toHaveLength(3)
          }))
      }
    })

    inWorld(
      "a phone without iMessage still gets the text, and a conditional loss foretold what is missing",
      (world) =>
        Effect.gen(function*() {
          const to = { ...(yield* conversationOf(world, "direct")), _tag: "Direct" as const, handle: world.landline, line: world.line }
          yield* sendDraft(world, to, Draft.text("first"))
          yield* world.settle
          const outcome = yield* sendDraft(world, to, Draft.text("surprise", { effect: "confetti" }))
          yield* world.settle
          const seen = (yield* world.phone(world.landline)).messages.at(-1)
          expect(seen).toMatchObject({ text: "surprise", effect: null })
          expect(outcome.losses).toContainEqual(expect.objectContaining({ kind: "effect-dropped", certainty: "conditional" }))
        })
    )
  })
}
