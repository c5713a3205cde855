/** Tests drafts: which parts of a message arrive, which parts are lost, and where the limits are. */
import { describe, expect } from "@effect/vitest"
import * as Capabilities from "@interline/core/Capabilities"
import * as Draft from "@interline/core/Draft"
import * as Loss from "@interline/core/Loss"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import * as Effect from "effect/Effect"
import { conversationOf, sendDraft, settingOf } from "./probes.ts"
import { refusedWithoutARequest, type Suite } from "./suite.ts"

/** Tests that each effect is native, approximated with a loss, or dropped with a loss. */
export const testEffects = ({ declared, inWorld }: Suite): void =>
  void describe("effects", () => {
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

/** Tests that each reaction arrives, or is refused before a request leaves. */
export const testReactions = ({ declared, inWorld }: Suite): void =>
  void describe("reactions", () => {
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
    inWorld(`a sticker is ${declared.stickerReactions}`, (world) =>
      Effect.gen(function*() {
        const { carrier, theirs } = yield* settingOf(world, "direct")
        const picture = { fileName: "star.png", mimeType: "image/png", bytes: new Uint8Array([1]) }
        if (declared.stickerReactions === "unsupported" || !Capabilities.supports(declared, "react", "direct")) {
          const nothing = Reaction.sticker({ carrierId: carrier.id, id: "none" })
          yield* refusedWithoutARequest(world, carrier.react(theirs, nothing))
        } else {
          const { ref } = yield* carrier.uploadAttachment(picture)
          yield* carrier.react(theirs, Reaction.sticker(ref, { x: 0.25, y: -1 }))
          yield* carrier.react(theirs, Reaction.sticker(ref))
          yield* world.settle
          expect((yield* world.phone(world.friends[0])).sent[0]?.placements).toEqual(["0.25 -1", "0 0"])
        }
      }))
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

/** Tests decorations, mentions, replies, link previews and several parts in one message. */
export const testFeatures = ({ declared, inWorld }: Suite): void =>
  void describe("features", () => {
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
    inWorld(`a mention in a group is ${feature("mentions")}`, (world) =>
      Effect.gen(function*() {
        const { to } = yield* settingOf(world, "group")
        const isSupported = feature("mentions") !== "unsupported"
        const draft = Draft.make([Part.text("😀 Ana, see above", undefined, [{ handle: world.friends[1], start: 3, end: 6 }])])
        const outcome = yield* sendDraft(world, to, draft)
        yield* world.settle
        const seen = (yield* world.phone(world.friends[1])).messages.at(-1)
        expect(seen).toMatchObject({ text: "😀 Ana, see above", mentions: isSupported ? [`${world.friends[1]} Ana`] : [] })
        expect(outcome.losses.some((loss) => loss.kind === "mention-dropped" && Loss.isCertain(loss))).toBe(!isSupported)
        const before = yield* world.requests
        const exact = yield* sendDraft(world, to, draft, "exact")
        if (isSupported) expect(exact._tag).toBe("Accepted")
        else {
          expect(exact).toMatchObject({ _tag: "Rejected", error: { problems: [{ rule: "fidelity" }] } })
          expect(yield* world.requests).toBe(before)
        }
      }))
    inWorld("a mention in a direct conversation is a loss, and the words arrive", (world) =>
      Effect.gen(function*() {
        const { to } = yield* settingOf(world, "direct")
        const draft = Draft.make([Part.text("Ana, see above", undefined, [{ handle: world.friends[0], start: 0, end: 3 }])])
        const outcome = yield* sendDraft(world, to, draft)
        yield* world.settle
        expect((yield* world.phone(world.friends[0])).messages.at(-1)).toMatchObject({ text: "Ana, see above", mentions: [] })
        expect(outcome.losses).toContainEqual(expect.objectContaining({ kind: "mention-dropped", certainty: "certain", part: 0 }))
      }))
    inWorld("a mention of a person outside the group is refused before a request leaves", (world) =>
      Effect.gen(function*() {
        const { to } = yield* settingOf(world, "group")
        const before = yield* world.requests
        const draft = Draft.make([Part.text("Ana, see above", undefined, [{ handle: world.friends[3], start: 0, end: 3 }])])
        expect(yield* sendDraft(world, to, draft)).toMatchObject({ _tag: "Rejected", error: { problems: [{ rule: "mention" }] } })
        expect(yield* world.requests).toBe(before)
      }))
    inWorld(`a picture as a sticker is ${feature("sticker")}`, (world) =>
      Effect.gen(function*() {
        const { to } = yield* settingOf(world, "direct")
        const isSupported = feature("sticker") !== "unsupported"
        const draft = Draft.make([{ ...Part.media(world.imageUrl), sticker: true }])
        const outcome = yield* sendDraft(world, to, draft)
        yield* world.settle
        const seen = (yield* world.phone(world.friends[0])).messages.at(-1)
        expect(seen).toMatchObject({ media: [world.imageUrl], stickers: isSupported ? 1 : 0 })
        expect(outcome.losses.some((loss) => loss.kind === "sticker-dropped" && Loss.isCertain(loss))).toBe(!isSupported)
        const before = yield* world.requests
        const exact = yield* sendDraft(world, to, draft, "exact")
        expect(exact._tag).toBe(isSupported ? "Accepted" : "Rejected")
        if (!isSupported) expect(yield* world.requests).toBe(before)
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

/** Tests that a draft at a limit passes, and that a draft over it by one is refused. */
export const testLimits = ({ declared, inWorld }: Suite): void =>
  void describe("limits", () => {
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

/** Tests a send to a phone with SMS only. */
export const testSms = ({ inWorld }: Suite): void =>
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
