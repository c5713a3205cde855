import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Validate from "../src/carrier/validate.ts"
import * as Placement from "../src/carrier/validation/placement.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Part from "../src/content/Part.ts"
import * as Reaction from "../src/content/Reaction.ts"
import * as CarrierId from "../src/names/CarrierId.ts"
import type * as Problem from "../src/names/Problem.ts"
import { alice, bob, support, toAlice, toGroup } from "./support.ts"

const paths = (problems: ReadonlyArray<Problem.Problem>): ReadonlyArray<string> => problems.map((problem) => problem.path.join("."))

// What the schema cannot say of one field alone: ranges lie in the text, URLs are absolute
const url = FastCheck.webUrl({ withQueryParameters: true, withFragments: true })
const decorated = (part: Part.Text): FastCheck.Arbitrary<Part.Text> =>
  part.decorations === undefined
    ? FastCheck.constant(part)
    : FastCheck.tuple(...part.decorations.map((decoration) =>
      FastCheck.tuple(FastCheck.nat(part.text.length - 1), FastCheck.nat(part.text.length - 1)).map(([a, b]) => ({
        ...decoration,
        start: Math.min(a, b),
        end: Math.max(a, b) + 1
      }))
    )).map((decorations) => ({ ...part, decorations }))
/** Each mention names the signs between two neighbouring cuts of the text, so that no two share a sign. */
const mentioning = (part: Part.Text): FastCheck.Arbitrary<Part.Text> => {
  const { mentions = [] } = part
  return FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: part.text.length }), { minLength: 2, maxLength: 8 }).map((cuts) => {
    const ends = cuts.toSorted((left, right) => left - right)
    return {
      ...part,
      mentions: mentions.slice(0, ends.length - 1).map(({ handle }, index) => ({
        handle,
        start: ends[index] ?? 0,
        end: ends[index + 1] ?? part.text.length
      })).toReversed()
    }
  })
}
const within = (part: Part.Text): FastCheck.Arbitrary<Part.Text> =>
  part.mentions === undefined ? decorated(part) : decorated(part).chain(mentioning)
const part = Arbitrary.make(Part.Part).chain((part): FastCheck.Arbitrary<Part.Part> =>
  part._tag === "Text" ? within(part) : "url" in part ? url.map((url) => ({ ...part, url })) : FastCheck.constant(part)
)
const draft = FastCheck.tuple(Arbitrary.make(Draft.Draft), part, FastCheck.array(part, { maxLength: 4 })).map(
  ([{ extras, ...draft }, first, rest]): Draft.Draft => ({
    ...draft,
    parts: [first, ...rest],
    // each part of this draft once
    ...(extras === undefined
      ? {}
      : {
        extras: {
          ...extras,
          ...(extras.parts === undefined ? {} : { parts: extras.parts.slice(0, 1).map(({ fields }) => ({ part: 0, fields })) })
        }
      })
  })
).filter(({ metadata = {} }) => !Object.hasOwn(metadata, "__proto__"))

const decodes = (value: unknown): boolean => Schema.decodeUnknownEither(Draft.Draft)(value)._tag === "Right"

/** Every place of a JSON-like value, as a path. */
const places = (value: unknown, path: ReadonlyArray<string | number> = []): ReadonlyArray<ReadonlyArray<string | number>> => [
  path,
  ...(Array.isArray(value)
    ? value.flatMap((item, index) => places(item, [...path, index]))
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))
    : [])
]

const replaced = (value: unknown, path: ReadonlyArray<string | number>, by: unknown): unknown => {
  const [head, ...rest] = path
  if (head === undefined) return by
  if (Array.isArray(value)) return value.map((item, index) => index === head ? replaced(item, rest, by) : item)
  return { ...(value as object), [head]: replaced((value as Record<string, unknown>)[head], rest, by) }
}

const explosive = (): unknown => ({
  get _tag(): unknown {
    throw new Error("do not read me")
  },
  get length(): unknown {
    throw new Error("do not read me")
  },
  toString(): string {
    throw new Error("do not print me")
  }
})

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const nested = (depth: number): unknown => {
  let value: unknown = {}
  for (let index = 0; index < depth; index++) value = { parts: [value], _tag: value, text: value }
  return value
}

const wrong: ReadonlyArray<readonly [string, () => unknown]> = [
  ["null", () => null],
  ["a number", () => 17],
  ["a negative number", () => -1],
  ["a fraction", () => 0.5],
  ["NaN", () => Number.NaN],
  ["infinity", () => Number.POSITIVE_INFINITY],
  ["a bigint", () => 1n],
  ["a boolean", () => true],
  ["an empty string", () => ""],
  ["another string", () => "no such word"],
  ["half of a surrogate pair", () => "hi \uD83D"],
  ["a symbol", () => Symbol("x")],
  ["a function", () => () => "x"],
  ["an empty list", () => []],
  ["an empty object", () => ({})],
  ["an object without prototype", () => Object.create(null)],
  ["a date", () => new Date(0)],
  ["a map", () => new Map([["_tag", "Text"]])],
  ["an own __proto__", () => JSON.parse("{\"__proto__\":{\"_tag\":\"Text\",\"text\":\"x\"}}")],
  ["getters that throw", explosive],
  ["a revoked proxy", revoked],
  ["a deep object", () => nested(10_000)],
  ["a sparse list", () => new Array(3)]
]

const whole: Draft.Draft = {
  parts: [
    Part.text("hello", [{ start: 0, end: 5, style: "bold" }, { start: 1, end: 2, animation: "shake" }], [
      { handle: alice, start: 0, end: 3 },
      { handle: bob, start: 3, end: 5 }
    ]),
    Part.media("https://example.com/a.jpg"),
    Part.attachment({ carrierId: "linq" as Part.AttachmentRef["carrierId"], id: "file-1" }),
    Part.link("https://example.com")
  ],
  effect: "confetti",
  replyTo: { to: { carrierId: "linq" as Part.AttachmentRef["carrierId"], id: "message-1" }, part: 0 },
  preferredService: "iMessage",
  fidelity: "exact",
  metadata: { order: "17" }
}

const mentioned = (text: string, ...ranges: ReadonlyArray<readonly [number, number]>): Draft.Draft =>
  Draft.make([Part.text(text, undefined, ranges.map(([start, end]) => ({ handle: bob, start, end })))])

describe("mentions", () => {
  it("touch, and cover signs of several units", () => {
    for (const text of ["😀😀", "👩‍👩‍👧 Ana", "é e\u0301", "a\r\nb"]) {
      const cuts = Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text), ({ index }) => index)
      const ranges = cuts.map((start, at) => [start, cuts[at + 1] ?? text.length] as const)
      expect(Validate.draft(mentioned(text, ...ranges))).toEqual([])
    }
  })

  it("name members of the group, and in a direct conversation anybody", () => {
    const draft = mentioned("hey you", [0, 3], [4, 7])
    expect(Validate.mentioned(toGroup, draft)).toEqual([])
    expect(Validate.mentioned(toAlice, draft)).toEqual([])
    const outside = { ...toGroup, members: toGroup.members.filter((member) => member !== bob) }
    expect(Validate.mentioned(outside, draft).map(({ path, rule }) => [rule, path.join(".")])).toEqual([
      ["mention", "parts.0.mentions.0.handle"],
      ["mention", "parts.0.mentions.1.handle"]
    ])
  })

  it("are refused exactly where their range is empty, outside the text, or cuts a surrogate pair", () => {
    const units = FastCheck.array(FastCheck.constantFrom("a", " ", "😀", "🎉"), { minLength: 1, maxLength: 6 }).map((signs) =>
      signs.join("")
    )
    const bound = FastCheck.integer({ min: -2, max: 14 })
    const isHigh = (text: string, at: number) => /[\ud800-\udbff]/.test(text.charAt(at))
    FastCheck.assert(
      FastCheck.property(units.filter((text) => text.trim() !== ""), bound, bound, (text, start, end) => {
        const isRight = start >= 0 && start < end && end <= text.length && !isHigh(text, start - 1) && !isHigh(text, end - 1)
        expect(Validate.draft(mentioned(text, [start, end])).map(({ rule }) => rule)).toEqual(isRight ? [] : ["mention-range"])
      }),
      { numRuns: 500 }
    )
  })
})

describe("draft", () => {
  it("refuses a key of the metadata that is lost where an object is copied key by key", () => {
    const metadata: unknown = JSON.parse("{\"__proto__\":\"x\",\"constructor\":\"y\",\"toString\":\"z\"}")
    expect(Validate.draft({ ...whole, metadata }).map(({ path }) => path)).toEqual([["metadata", "__proto__"]])
    expect(Validate.draft({ ...whole, metadata: { constructor: "y", toString: "z", 17: "w" } })).toEqual([])
  })

  it("passes every draft that the schema makes, with ranges in the text and absolute URLs", () => {
    FastCheck.assert(
      FastCheck.property(draft, (draft) => {
        expect(Validate.draft(draft)).toEqual([])
        expect(decodes(draft)).toBe(true)
      }),
      { numRuns: 300 }
    )
  })

  it("passes nothing that the schema refuses, at any place, and never throws", () => {
    FastCheck.assert(
      FastCheck.property(
        draft.chain((draft) => FastCheck.tuple(FastCheck.constant(draft), FastCheck.constantFrom(...places(draft)), FastCheck.anything())),
        ([draft, place, junk]) => {
          const changed = replaced(draft, place, junk)
          // absent and undefined are the same to callers from JavaScript, and only to them
          if (junk === undefined) Validate.draft(changed)
          else if (Validate.draft(changed).length === 0) expect(decodes(changed)).toBe(true)
        }
      ),
      { numRuns: 1000 }
    )
  })

  const allowed: ReadonlyArray<readonly [path: string, kind: string]> = [
    ["parts.0.text", "another string"],
    ["parts.0.decorations", "an empty list"],
    ["parts.0.mentions", "an empty list"],
    ["parts.2.attachment.id", "another string"],
    ["replyTo.to.id", "another string"],
    ["metadata.order", "another string"],
    ["metadata.order", "an empty string"],
    ["metadata.order", "half of a surrogate pair"],
    ["replyTo.part", "a number"],
    // objects without entries of their own are empty records
    ["metadata", "an empty object"],
    ["metadata", "an object without prototype"],
    ["metadata", "a date"],
    ["metadata", "a map"]
  ]

  it.each(wrong)("names the field that holds %s", (kind, make) => {
    for (const place of places(whole)) {
      const path = place.join(".")
      if (allowed.some(([allowedPath, allowedKind]) => allowedPath === path && allowedKind === kind)) {
        expect(Validate.draft(replaced(whole, place, make()))).toEqual([])
        continue
      }
      const problems = Validate.draft(replaced(whole, place, make()))
      expect(problems, path).not.toEqual([])
      // the problem is at the field itself or at the whole that it belongs to, a part at the widest
      const owner = place[0] === "parts" ? place.slice(0, 2).join(".") : String(place[0] ?? "")
      expect(paths(problems).every((found) => found.startsWith(owner)), `${path} is blamed on ${paths(problems).join()}`).toBe(true)
    }
  })

  it.each([
    ["no parts", { parts: [] }, "empty-draft", "parts"],
    ["an empty text", Draft.text(""), "empty-text", "parts.0.text"],
    ["half of a surrogate pair in a text", Draft.text("hi \uD83D"), "type", "parts.0.text"],
    [
      "a media with url and attachment",
      { parts: [{ _tag: "Media", url: "https://a.example", attachment: { carrierId: "linq", id: "1" } }] },
      "one-of",
      "parts.0"
    ],
    ["a media with neither", { parts: [{ _tag: "Media" }] }, "one-of", "parts.0"],
    ["a relative url", Draft.media("/photo.jpg"), "url", "parts.0.url"],
    ["a url with a space", Draft.link("https://example.com/a b"), "url", "parts.0.url"],
    [
      "a decoration past the text",
      Draft.make([Part.text("hey", [{ start: 0, end: 4, style: "bold" }])]),
      "decoration-range",
      "parts.0.decorations.0"
    ],
    [
      "a decoration of nothing",
      Draft.make([Part.text("hey", [{ start: 1, end: 1, style: "bold" }])]),
      "decoration-range",
      "parts.0.decorations.0"
    ],
    [
      "a decoration with style and animation",
      { parts: [{ _tag: "Text", text: "hey", decorations: [{ start: 0, end: 1, style: "bold", animation: "big" }] }] },
      "one-of",
      "parts.0.decorations.0"
    ],
    [
      "an unknown style",
      { parts: [{ _tag: "Text", text: "hey", decorations: [{ start: 0, end: 1, style: "blink" }] }] },
      "decoration-kind",
      "parts.0.decorations.0"
    ],
    ["a mention past the text", mentioned("hey", [0, 4]), "mention-range", "parts.0.mentions.0"],
    ["a mention of nothing", mentioned("hey", [1, 1]), "mention-range", "parts.0.mentions.0"],
    ["a mention that cuts an emoji in two", mentioned("😀 Ana", [1, 6]), "mention-range", "parts.0.mentions.0"],
    ["a mention that cuts a family", mentioned("👩‍👩‍👧 Ana", [0, 2]), "mention-range", "parts.0.mentions.0"],
    ["a mention that ends within a skin tone", mentioned("Ana 👋🏽", [0, 6]), "mention-range", "parts.0.mentions.0"],
    ["two mentions of the same words", mentioned("hey you", [0, 3], [0, 3]), "mention-range", "parts.0.mentions"],
    ["two mentions that overlap, in whatever order", mentioned("hey you", [2, 5], [0, 3]), "mention-range", "parts.0.mentions"],
    [
      "101 mentions",
      mentioned("x".repeat(101), ...Array.from({ length: 101 }, (_, at) => [at, at + 1] as const)),
      "mention-count",
      "parts.0.mentions"
    ],
    ["mentions that are no list", { parts: [{ _tag: "Text", text: "hey", mentions: {} }] }, "type", "parts.0.mentions"],
    ["an effect that is a property of every object", { ...Draft.text("hey"), effect: "constructor" }, "effect", "effect"],
    ["a reply to a sentence", { ...Draft.text("hey"), replyTo: { to: "the last one" } }, "reply", "replyTo.to"]
  ])("refuses %s", (_, draft, rule, path) => {
    expect(Validate.draft(draft).map((problem) => [problem.rule, problem.path.join(".")])).toEqual([[rule, path]])
  })

  it("gives problems that JSON can carry and that never quote the input", () => {
    const secret = "the secret text"
    const bad = {
      parts: [{ _tag: secret }, { _tag: "Link", url: secret }, {
        _tag: "Text",
        text: "a",
        decorations: [{ start: 0, end: Number.POSITIVE_INFINITY, style: secret }]
      }],
      effect: secret,
      preferredService: secret,
      fidelity: secret,
      metadata: secret
    }
    const problems = Validate.draft(bad)
    expect(problems.length).toBeGreaterThan(5)
    expect(JSON.stringify(problems)).not.toContain(secret)
    expect(JSON.parse(JSON.stringify(problems))).toEqual(problems)
  })

  it("takes undefined for an absent option, as JavaScript callers write it", () => {
    expect(Validate.draft({ ...Draft.text("hey"), effect: undefined, replyTo: undefined, fidelity: undefined, metadata: undefined }))
      .toEqual([])
  })
})

describe("conversation", () => {
  it("passes a direct conversation and a group", () => {
    expect(Validate.conversation(toAlice)).toEqual([])
    expect(Validate.conversation(toGroup)).toEqual([])
  })

  it.each([
    ["undefined", undefined, "to"],
    ["a handle alone", alice, "to"],
    ["a chat ref", { carrierId: "linq", id: "chat-1" }, "to"],
    ["an unknown tag", { ...toAlice, _tag: "Broadcast" }, "to._tag"],
    ["a number without a country code", { ...toAlice, handle: "2025550111" }, "to.handle"],
    ["an address in capitals", { ...toAlice, handle: "Ann@example.com" }, "to.handle"],
    ["no line", { ...toAlice, line: undefined }, "to.line"],
    ["a group of one", { ...toGroup, members: [alice] }, "to.members"],
    ["a member named twice", { ...toGroup, members: [alice, alice] }, "to.members"],
    ["a malformed member", { ...toGroup, members: [alice, "bob"] }, "to.members.1"],
    ["a hole among the members", { ...toGroup, members: Object.assign(new Array(2), { 0: alice }) }, "to.members.1"],
    ["a group without an id", { ...toGroup, id: "friends" }, "to.id"],
    ["getters that throw", explosive(), "to"],
    ["a revoked proxy", revoked(), "to"]
  ])("refuses %s by name", (_, to, path) => {
    expect(paths(Validate.conversation(to))).toEqual([path])
  })

  it.each(wrong)("never throws on %s, anywhere", (_, make) => {
    for (const to of [toAlice, toGroup]) {
      for (const place of places(to)) expect(Validate.conversation(replaced(to, place, make()))).not.toEqual([])
    }
  })
})

describe("other input", () => {
  const checks: ReadonlyArray<readonly [string, (value: unknown) => ReadonlyArray<Problem.Problem>]> = [
    ["target", (value) => Validate.target(value)],
    ["reaction", Validate.reaction],
    ["upload", Validate.upload],
    ["subscription", Validate.subscription],
    ["ref", (value) => Validate.ref(value, ["message"])],
    ["handles", (value) => Validate.handles(value, ["handle"])],
    ["media", (value) => Validate.media(value, ["audio"])]
  ]

  it.each(checks)("%s refuses everything wrong and never throws", (_, check) => {
    for (const [kind, make] of wrong) expect(check(make()), kind).not.toEqual([])
  })

  it("page refuses everything wrong but no page and an empty request", () => {
    for (const [kind, make] of wrong) {
      const limit = Validate.page({ limit: make() })
      const cursor = Validate.page({ cursor: make() })
      if (kind !== "a number") expect(limit, kind).not.toEqual([])
      if (!kind.includes("string") && !kind.includes("surrogate")) expect(cursor, kind).not.toEqual([])
    }
    expect(Validate.page(undefined)).toEqual([])
    expect(Validate.page({ limit: 101 })).not.toEqual([])
    expect(Validate.page({ limit: 100, cursor: "c" })).toEqual([])
  })

  it("subscription refuses a hole among the events", () => {
    expect(paths(Validate.subscription({ url: "https://example.com", events: new Array(1) }))).toEqual(["subscription.events"])
    expect(Validate.subscription({ url: "https://example.com", events: ["message.sent"] })).toEqual([])
  })

  it("reaction takes the six tapbacks and an emoji", () => {
    expect(Validate.reaction({ _tag: "Tapback", tapback: "love" })).toEqual([])
    expect(Validate.reaction({ _tag: "Emoji", emoji: "🎉" })).toEqual([])
    expect(Validate.reaction({ _tag: "Tapback", tapback: "hug" })).not.toEqual([])
    expect(Validate.reaction({ _tag: "Sticker" })).not.toEqual([])
  })

  it("a sticker has one source, of the same carrier, and a placement within its bounds", () => {
    const id = CarrierId.make("linq")
    const rules = (value: unknown) => Validate.reactionOrSticker(id, value, true).map(({ path, rule }) => `${rule} ${path.join(".")}`)
    const attachment = { carrierId: id, id: "file-1" }
    expect(rules({ _tag: "Sticker", attachment, placement: { x: -1, y: 1, scale: 0.01, rotation: -720 } })).toEqual([])
    expect(rules({ _tag: "Sticker", url: "https://cdn.linqapp.com/star.png" })).toEqual([])
    expect(rules(Reaction.tapback("love"))).toEqual([])
    expect(rules({ _tag: "Sticker" })).toEqual(["one-of reaction"])
    expect(rules({ _tag: "Sticker", url: "https://a.example", attachment })).toEqual(["one-of reaction"])
    expect(rules({ _tag: "Sticker", url: "star.png" })).toEqual(["url reaction.url"])
    expect(rules({ _tag: "Sticker", attachment: { ...attachment, carrierId: "sendblue" } })).toEqual([
      "attachment reaction.attachment.carrierId"
    ])
    expect(rules({ _tag: "Sticker", attachment, placement: { x: 1.1, y: Number.NaN, scale: 0, rotation: "up" } })).toEqual([
      "reaction reaction.placement.x",
      "reaction reaction.placement.y",
      "reaction reaction.placement.scale",
      "reaction reaction.placement.rotation"
    ])
    for (const [kind, make] of wrong) {
      expect(rules(make()), kind).not.toEqual([])
      if (kind !== "an empty object") expect(rules({ _tag: "Sticker", attachment: make() }), kind).not.toEqual([])
    }
  })

  it("a sticker is refused where the carrier has none, and nothing that is wrong throws there", () => {
    const { react } = Validate.makeChecks(CarrierId.make("linq"), { stickerReactions: "unsupported" })
    expect(react({ _tag: "Sticker", url: "https://cdn.linqapp.com/star.png" })).toMatchObject([{ rule: "feature", path: ["reaction"] }])
    expect(react(Reaction.tapback("love"))).toEqual([])
    for (const [kind, make] of wrong) expect(react(make() as never), kind).not.toEqual([])
  })

  it("a move of a sticker names at least one number", () => {
    expect(Placement.placement({ rotation: 90 })).toEqual([])
    for (const [kind, make] of wrong) expect(Placement.placement(make()), kind).not.toEqual([])
    expect(Placement.placement({ x: 2 })).not.toEqual([])
  })

  it("a picture as a sticker is marked by a boolean, and a voice memo is none", () => {
    expect(Validate.media({ _tag: "Media", url: "https://a.example/star.png", sticker: true }, ["audio"])).toEqual([])
    expect(Validate.media({ _tag: "Media", url: "https://a.example/star.png", sticker: "yes" }, ["audio"])).not.toEqual([])
    const checks = Validate.makeChecks(CarrierId.make("linq"), { stickerReactions: "native" })
    expect(checks.sendVoiceMemo({ _tag: "Media", url: "https://a.example/a.caf", sticker: true })).toMatchObject([{ rule: "feature" }])
  })

  it("text refuses nothing and half of a pair", () => {
    expect(Validate.text("ok", ["text"])).toEqual([])
    for (const bad of ["", "\uDC00", null, 7]) expect(paths(Validate.text(bad, ["text"]))).toEqual(["text"])
  })

  it("members of a valid group are people, each once", () => {
    expect(Validate.target({ ...toGroup, line: support, members: [alice, bob] })).toEqual([])
  })
})

describe("what a path, a header or a phone cannot carry", () => {
  const ref = (id: string) => Validate.ref({ carrierId: "linq", id }, ["message"])

  it.each([".", "..", "", "a\0b", "\ud800", "x".repeat(5000)])("an id %j is refused", (id) => {
    expect(ref(id)).toMatchObject([{ rule: "type", path: ["message"] }])
  })

  it("an ordinary id is not", () => {
    expect(ref("69a37c7d-af4f-4b5e-af42-e28e98ce873a")).toEqual([])
    expect(ref("...")).toEqual([])
  })

  it("a text with a NUL is refused by name", () => {
    expect(Validate.draft({ parts: [{ _tag: "Text", text: "a\0b" }] })).toMatchObject([{ rule: "type", path: ["parts", 0, "text"] }])
  })

  it("a million parts are one problem", () => {
    const parts = new Array(1_000_000).fill({ _tag: "Text", text: "" })
    expect(Validate.draft({ parts })).toMatchObject([{ rule: "part-count", path: ["parts"], limit: 100, actual: 1_000_000 }])
  })

  it("100,000 decorations are one problem", () => {
    const decorations = new Array(100_000).fill({ start: 5, end: 1 })
    expect(Validate.draft({ parts: [{ _tag: "Text", text: "hi", decorations }] })).toMatchObject([{
      rule: "decoration-count",
      limit: 1_000
    }])
  })

  it("a cursor, a file name and a webhook's secret are checked", () => {
    expect(Validate.page({ cursor: "\ud800" })).toMatchObject([{ path: ["page", "cursor"] }])
    expect(Validate.upload({ fileName: "a\ud800.jpg", mimeType: "image/jpeg", bytes: new Uint8Array(1) })).toMatchObject([{
      path: ["upload", "fileName"]
    }])
    expect(Validate.subscription({ url: "https://example.com/", events: ["a"], secret: "plain" })).toMatchObject([{
      path: ["subscription", "secret"]
    }])
  })

  it("options that throw when they are read are no part index", () => {
    const options = {
      get part(): number {
        throw new Error("+12025550123")
      }
    }
    expect(Validate.partIndex(Validate.partOf(options))).toMatchObject([{ path: ["part"] }])
    expect(Validate.partIndex(Validate.partOf(null))).toEqual([])
  })
})

describe("what a caller asks of one send", () => {
  it.each([undefined, {}, { fidelity: "exact" }, { key: undefined }, { key: "k" }, { key: "Order 17/a:~!" }, { key: "k".repeat(255) }])(
    "takes %j",
    (options) => {
      expect(Validate.sendOptions(options)).toEqual([])
    }
  )

  it.each([null, 7, true, ["k"], { id: "k" }, "", "k".repeat(256), "ключ", "k\n", "a\u0000b", "a\tb", "a\u007fb", "a\u0080b"])(
    "refuses the key %j and does not quote it",
    (key) => {
      const problems = Validate.sendOptions({ key })
      expect(problems).toEqual([{ rule: "key", path: ["options", "key"], message: "not a key: 1 to 255 printable ASCII characters" }])
    }
  )

  it("takes the id of an earlier delivery, and refuses what is none", () => {
    expect(Validate.sendOptions({ after: "3b9e4e33-1c5b-409e-a40b-d7400a85f357" })).toEqual([])
    for (const after of ["", "linq:m1", 7, null]) {
      expect(Validate.sendOptions({ after })).toEqual([{ rule: "after", path: ["options", "after"], message: "not the id of a delivery" }])
    }
  })

  it("names every option that is malformed", () => {
    expect(paths(Validate.sendOptions({ fidelity: "exactly", key: "", after: "1" }))).toEqual([
      "options.fidelity",
      "options.key",
      "options.after"
    ])
  })
})
