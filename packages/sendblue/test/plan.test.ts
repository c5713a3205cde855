import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import type * as Extras from "@interline/core/Extras"
import * as Handle from "@interline/core/Handle"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import { isVisible } from "@interline/core/VisibleText"
import * as FastCheck from "effect/FastCheck"
import * as LowerDraft from "../src/convert/lowerDraft.ts"
import * as SendblueWords from "../src/wire/SendblueWords.ts"
import { carrierId, direct, from, group, line, person } from "./support.ts"

const picture = "https://example.com/photos/cat.jpg"
const other = CarrierId.make("linq")

const plan = (draft: Draft.Draft, input: Partial<Plan.PlanInput> = {}, callback?: string) =>
  LowerDraft.plan(carrierId, { draft, conversation: direct, knowledge: Plan.unknown, from, fidelity: "adapt", ...input }, callback)

const steps = (draft: Draft.Draft, input: Partial<Plan.PlanInput> = {}) => {
  const made = plan(draft, input)
  return made._tag === "Sendable" ? made.steps : expect.fail(made.problems.map(Problem.format).join())
}

const losses = (draft: Draft.Draft, input: Partial<Plan.PlanInput> = {}) => {
  const made = plan(draft, input)
  return made._tag === "Sendable" ? made.losses : expect.fail(made.problems.map(Problem.format).join())
}

const problems = (draft: Draft.Draft, input: Partial<Plan.PlanInput> = {}) => {
  const made = plan(draft, input)
  return made._tag === "Refused" ? made.problems.map(({ path, rule }) => `${path.join(".")}: ${rule}`) : []
}

const text = Part.text("words")
const media = Part.media(picture)
const link = Part.link("https://example.com/page")

describe("the split table", () => {
  const address = { number: person, from_number: from }
  const content = { ...address, content: "words" }
  const picturePost = { ...address, media_url: picture }
  const both = { ...content, media_url: picture }
  const linkPost = { ...address, content: "https://example.com/page" }

  const table: ReadonlyArray<
    readonly [string, readonly [Part.Part, ...ReadonlyArray<Part.Part>], ReadonlyArray<readonly [unknown, ReadonlyArray<number>]>]
  > = [
    ["text", [text], [[content, [0]]]],
    ["media", [media], [[picturePost, [0]]]],
    ["link", [link], [[linkPost, [0]]]],
    ["text, media", [text, media], [[both, [0, 1]]]],
    ["media, text", [media, text], [[picturePost, [0]], [content, [1]]]],
    ["text, text", [text, text], [[content, [0]], [content, [1]]]],
    ["text, media, media", [text, media, media], [[both, [0, 1]], [picturePost, [2]]]],
    ["text, text, media", [text, text, media], [[content, [0]], [both, [1, 2]]]],
    ["media, text, media", [media, text, media], [[picturePost, [0]], [both, [1, 2]]]],
    ["text, link, media", [text, link, media], [[content, [0]], [linkPost, [1]], [picturePost, [2]]]],
    ["link, media", [link, media], [[linkPost, [0]], [picturePost, [1]]]]
  ]

  for (const [name, parts, expected] of table) {
    it(name, () => {
      const made = steps(Draft.make(parts))
      expect(made.map(({ body, parts }) => [body, parts])).toEqual(expected)
      for (const step of made) {
        expect(step).toMatchObject({ operation: "send-message", method: "POST", path: "/api/send-message", keyed: false })
      }
    })
    it(`${name}: a split is ${expected.length > 1 ? "a certain loss" : "none"}`, () => {
      const split = losses(Draft.make(parts)).filter((loss) => loss.kind === "split" && loss.certainty === "certain")
      expect(split).toHaveLength(expected.length > 1 ? 1 : 0)
    })
  }

  it("the first request carries the reply, the first with a text the effect", () => {
    const made = steps(Draft.make([media, link, text, text], { effect: "slam" }), {
      replyTo: { ref: MessageRef.make(carrierId, "parent"), part: 2 }
    })
    expect(made.map(({ body }) => [body["reply_to"], body["send_style"]])).toEqual([
      [{ message_handle: "parent", part_index: 2 }, undefined],
      [undefined, undefined],
      [undefined, "slam"],
      [undefined, undefined]
    ])
  })

  it("the effect goes on the first request where none has a text", () => {
    expect(steps(Draft.make([media, media], { effect: "slam" })).map(({ body }) => body["send_style"])).toEqual(["slam", undefined])
  })

  it("part 0 of a reply is left to Sendblue, as its client says", () => {
    expect(steps(Draft.text("yes"), { replyTo: { ref: MessageRef.make(carrierId, "parent"), part: 0 } })[0].body["reply_to"]).toEqual({
      message_handle: "parent"
    })
  })

  it("a status callback goes on every request", () => {
    const made = plan(Draft.make([text, text]), {}, "https://example.com/callback")
    expect(made._tag === "Sendable" ? made.steps.map(({ body }) => body["status_callback"]) : made).toEqual([
      "https://example.com/callback",
      "https://example.com/callback"
    ])
  })

  it("an own upload is sent by its URL, whatever the URL looks like", () => {
    const upload = Part.attachment({ carrierId, id: "https://storage.example/file-without-extension" })
    expect(steps(Draft.make([upload]))[0].body["media_url"]).toBe("https://storage.example/file-without-extension")
  })
})

describe("groups", () => {
  it("a group that is not known is opened by its members", () => {
    expect(steps(Draft.text("all"), { conversation: group })[0]).toMatchObject({
      operation: "send-group-message",
      path: "/api/send-group-message",
      body: { numbers: group.members, from_number: from, content: "all" }
    })
  })

  it("a known group is named by its id", () => {
    const [step] = steps(Draft.text("all", { effect: "echo" }), { conversation: group, knowledge: Plan.known({ carrierId, id: "g-1" }) })
    expect(step.body).toEqual({ group_id: "g-1", from_number: from, content: "all", send_style: "echo" })
  })

  const members = (count: number): Conversation.Group => ({
    ...group,
    members: Array.from({ length: count }, (_, index) => Handle.phone(`+1202555${1000 + index}`))
  })

  it("takes 25 people and refuses 26", () => {
    expect(problems(Draft.text("all"), { conversation: members(25) })).toEqual([])
    expect(problems(Draft.text("all"), { conversation: members(26) })).toEqual(["to.members: recipient-count"])
    expect(problems(Draft.text("all"), { conversation: members(26), knowledge: Plan.known({ carrierId, id: "g" }) })).toEqual([])
  })
})

describe("rules", () => {
  const cases: ReadonlyArray<readonly [string, Draft.Draft, ReadonlyArray<string>]> = [
    ["a text of 18,995 units", Draft.text("x".repeat(18_995)), []],
    ["a text of 18,996 units", Draft.text("x".repeat(18_996)), ["parts.0.text: text-length"]],
    ["a link of 18,996 units", Draft.link("https://example.com/" + "x".repeat(18_976)), ["parts.0.url: text-length"]],
    ["an empty text", { parts: [{ _tag: "Text", text: "" }] }, ["parts.0.text: empty-text"]],
    ["media over HTTP", Draft.media("http://example.com/a.jpg"), ["parts.0.url: media-scheme"]],
    ["media over HTTPS in capitals", Draft.media("HTTPS://example.com/a.jpg"), []],
    ["media without an extension", Draft.make([text, Part.media("https://example.com/a")]), ["parts.1.url: media-format"]],
    ["media whose host has the only dot", Draft.media("https://example.com"), ["parts.0.url: media-format"]],
    ["media whose folder has the only dot", Draft.media("https://example.com/a.b/c"), ["parts.0.url: media-format"]],
    ["media that ends in a dot", Draft.media("https://example.com/a."), ["parts.0.url: media-format"]],
    ["media whose last dot starts no extension", Draft.media("https://example.com/v1.2-final"), ["parts.0.url: media-format"]],
    ["media with an extension in the query only", Draft.media("https://example.com/a?file=b.jpg"), ["parts.0.url: media-format"]],
    ["media with a query", Draft.media("https://example.com/a.jpg?size=2"), []],
    ["media with a fragment", Draft.media("https://example.com/a.tar.gz#x.y/z"), []],
    ["media with an Amazon signature", Draft.media("https://example.com/a.jpg?X-Amz-Signature=00"), ["parts.0.url: media-format"]],
    ["media signed for Amazon S3, version 2", Draft.media("https://example.com/a.jpg?AWSAccessKeyId=A&Expires=1893456000&Signature=x%3D"), [
      "parts.0.url: media-format"
    ]],
    ["media signed for Google, version 4", Draft.media("https://example.com/a.jpg?X-Goog-Algorithm=GOOG4&x-goog-signature=00"), [
      "parts.0.url: media-format"
    ]],
    ["media signed for Google, version 2", Draft.media("https://example.com/a.jpg?GoogleAccessId=a&Expires=1&Signature=x"), [
      "parts.0.url: media-format"
    ]],
    ["media signed for CloudFront", Draft.media("https://example.com/a.jpg?Expires=1&Signature=x&Key-Pair-Id=K"), [
      "parts.0.url: media-format"
    ]],
    ["media signed for CloudFront by a policy", Draft.media("https://example.com/a.jpg?Policy=e&Signature=x&Key-Pair-Id=K"), [
      "parts.0.url: media-format"
    ]],
    ["media signed for Azure", Draft.media("https://example.com/a.jpg?sv=2024-11-04&se=2030-01-01&sr=b&sp=r&sig=x%3D"), [
      "parts.0.url: media-format"
    ]],
    ["media signed by a bare sig", Draft.media("https://example.com/a.jpg?sig=x"), ["parts.0.url: media-format"]],
    ["media signed by a token", Draft.media("https://example.com/a.jpg?size=2&token=x"), ["parts.0.url: media-format"]],
    ["media signed by an Akamai token", Draft.media("https://example.com/a.jpg?hdnts=exp=1~hmac=0"), ["parts.0.url: media-format"]],
    ["media signed for Alibaba, version 4", Draft.media("https://example.com/a.jpg?x-oss-date=1&x-oss-expires=60&x-oss-signature=00"), [
      "parts.0.url: media-format"
    ]],
    ["media signed for Tencent", Draft.media("https://example.com/a.jpg?q-sign-algorithm=sha1&q-ak=k&q-signature=00"), [
      "parts.0.url: media-format"
    ]],
    ["media with a Google signature", Draft.media("https://example.com/a.jpg?b&X-Goog-Signature=00"), ["parts.0.url: media-format"]],
    ["an upload of another carrier", Draft.make([Part.attachment({ carrierId: other, id: "1" })]), ["parts.0.attachment: attachment"]],
    ["every problem at once", Draft.make([Part.media("http://a.b/c.jpg"), Part.text("x".repeat(18_996)), Part.media("https://a.b/c")]), [
      "parts.0.url: media-scheme",
      "parts.1.text: text-length",
      "parts.2.url: media-format"
    ]]
  ]
  for (const [name, draft, expected] of cases) {
    it(`${name}: ${expected.length === 0 ? "is sendable" : expected.join(", ")}`, () => {
      expect(problems(draft)).toEqual(expected)
    })
  }

  it("an e-mail address is a recipient", () => {
    const to = Conversation.direct(line, Handle.make("ada@example.com"))
    expect(steps(Draft.text("hi"), { conversation: to })[0].body["number"]).toBe("ada@example.com")
  })
})

describe("losses", () => {
  const decorated = Part.text("bold move", [{ start: 0, end: 4, style: "bold" }])
  const mentioned = Part.text("Ana, look", undefined, [{ handle: Handle.make("+12025550142"), start: 0, end: 3 }])
  const parent = { to: MessageRef.make(other, "m") }

  const cases: ReadonlyArray<readonly [string, Draft.Draft, Partial<Plan.PlanInput>, ReadonlyArray<unknown>]> = [
    ["a plain text loses nothing", Draft.text("hi"), {}, []],
    ["empty decorations are none", Draft.make([Part.text("hi", [])]), {}, []],
    ["decorations of each part", Draft.make([decorated, media, decorated]), {}, [
      { kind: "decorations-dropped", certainty: "certain", part: 0 },
      { kind: "decorations-dropped", certainty: "certain", part: 2 },
      { kind: "split", certainty: "certain" }
    ]],
    ["mentions of each part, which stay words", Draft.make([mentioned, media, mentioned]), {}, [
      { kind: "mention-dropped", certainty: "certain", part: 0 },
      { kind: "mention-dropped", certainty: "certain", part: 2 },
      { kind: "split", certainty: "certain" }
    ]],
    ["a sticker, beside a text and alone", Draft.make([Part.text("look"), { ...media, sticker: true }, { ...media, sticker: true }]), {}, [
      { kind: "sticker-dropped", certainty: "certain", part: 1 },
      { kind: "sticker-dropped", certainty: "certain", part: 2 },
      { kind: "split", certainty: "certain" }
    ]],
    ["a link's preview", Draft.link("https://example.com"), {}, [{ kind: "link-preview-dropped", certainty: "certain", part: 0 }]],
    ["a preferred service", Draft.text("hi", { preferredService: "iMessage" }), {}, [{
      kind: "service-preference-dropped",
      certainty: "certain"
    }]],
    ["a native effect, on SMS", Draft.text("hi", { effect: "confetti" }), {}, [
      { kind: "effect-dropped", certainty: "conditional", condition: "not-iMessage" }
    ]],
    ["an effect that is approximated", Draft.text("hi", { effect: "hearts" }), {}, [
      { kind: "effect-approximated", certainty: "certain", from: "hearts", to: "love" },
      { kind: "effect-dropped", certainty: "conditional", condition: "not-iMessage" }
    ]],
    ["a reply, on SMS", Draft.text("hi"), { replyTo: { ref: MessageRef.make(carrierId, "m"), part: 0 } }, [
      { kind: "reply-dropped", certainty: "conditional", condition: "not-iMessage" }
    ]],
    ["a reply to another carrier", Draft.text("hi", { replyTo: parent }), { replyTo: { ref: parent.to, part: 0 } }, [
      { kind: "reply-dropped", certainty: "certain" }
    ]],
    ["a reply that nobody resolved", Draft.text("hi", { replyTo: parent }), {}, [{ kind: "reply-dropped", certainty: "certain" }]]
  ]
  for (const [name, draft, input, expected] of cases) {
    it(name, () => {
      const found = losses(draft, input)
      expect(found).toHaveLength(expected.length)
      expect(found).toMatchObject(expected)
      const isCertain = found.some((loss) => loss.certainty === "certain")
      expect(plan(draft, { ...input, fidelity: "exact" })._tag).toBe(isCertain ? "Refused" : "Sendable")
    })
  }

  for (const effect of MessageEffect.all) {
    it(`${effect} is sent as ${SendblueWords.effectToStyle[effect].style}`, () => {
      expect(steps(Draft.text("hi", { effect }))[0].body["send_style"]).toBe(SendblueWords.effectToStyle[effect].style)
    })
  }
})

describe("every plan", () => {
  const part: FastCheck.Arbitrary<Part.Part> = FastCheck.oneof(
    FastCheck.string({ minLength: 1 }).filter(isVisible).map((text) => Part.text(text)),
    FastCheck.constantFrom(media, Part.attachment({ carrierId, id: "https://storage.example/a.pdf" })),
    FastCheck.webUrl().map(Part.link)
  )
  const draft = FastCheck.record({
    parts: FastCheck.array(part, { minLength: 1, maxLength: 12 }),
    effect: FastCheck.option(FastCheck.constantFrom(...MessageEffect.all), { nil: undefined })
  }).map(({ effect, parts: [first = text, ...rest] }) => Draft.make([first, ...rest], effect === undefined ? {} : { effect }))

  it("carries every part in exactly one request, in order, with one text and one media at most", () => {
    FastCheck.assert(FastCheck.property(draft, (draft) => {
      const made = steps(draft)
      expect(made.flatMap(({ parts }) => parts)).toEqual(draft.parts.map((_, index) => index))
      for (const { body, parts } of made) {
        const kinds = parts.map((index) => draft.parts[index]?._tag)
        expect(kinds.join()).toMatch(/^(Text|Media|Link|Text,Media)$/)
        expect("content" in body).toBe(kinds.includes("Text") || kinds.includes("Link"))
        expect("media_url" in body).toBe(kinds.includes("Media"))
      }
      expect(made.filter(({ body }) => "send_style" in body)).toHaveLength(draft.effect === undefined ? 0 : 1)
    }))
  })

  it("is the same for the same input", () => {
    FastCheck.assert(FastCheck.property(draft, (draft) => {
      expect(plan(draft)).toEqual(plan(draft))
    }))
  })
})

describe("fields that only Sendblue knows", () => {
  const parts = [text, media, Part.media("https://example.com/dog.jpg")] as const
  const carrying = (extras: Extras.Extras) => Draft.make(parts, { extras })
  const bare = steps(Draft.make(parts)).map(({ body }) => body)
  const told = (draft: Draft.Draft) =>
    losses(draft).flatMap(({ from, kind, part }) => kind === "unknown-field" ? [`${part ?? "-"} ${from}`] : [])

  it("of the message are in the first request only, those of a part in the one that carries it", () => {
    const draft = carrying({
      vendor: "sendblue",
      message: { tone: 1 },
      parts: [{ part: 1, fields: { alt: "cat" } }, { part: 2, fields: { alt: "dog" } }]
    })
    expect(steps(draft).map(({ body }) => body)).toEqual([{ ...bare[0], tone: 1, alt: "cat" }, { ...bare[1], alt: "dog" }])
    expect(told(draft)).toEqual([])
  })

  it("that two parts of one request name alike are the first one's, and the other's are a loss", () => {
    const draft = carrying({
      vendor: "sendblue",
      message: { tone: 1 },
      parts: [{ part: 0, fields: { tone: 2, alt: "a" } }, { part: 1, fields: { alt: "b" } }]
    })
    expect(steps(draft)[0].body).toEqual({ ...bare[0], tone: 1, alt: "a" })
    expect(told(draft)).toEqual(["0 tone", "1 alt"])
  })

  it("of another vendor and of effects are losses, and refuse the draft under exact", () => {
    const draft = Draft.text("words", { extras: { vendor: "linq", parts: [{ part: 0, fields: { mention: "@ada" } }] } })
    expect(told(draft)).toEqual(["0 mention"])
    expect(problems(draft, { fidelity: "exact" })).toEqual(["parts.0.mention: fidelity"])
    expect(told(carrying({ vendor: "sendblue", effect: { speed: 2 } }))).toEqual(["- effect.speed"])
  })

  it("change nothing of what is known, whatever they are", () => {
    const known = [
      "number",
      "numbers",
      "group_id",
      "from_number",
      "fromNumber",
      "content",
      "media_url",
      "mediaURLs",
      "send_style",
      "reply_to",
      "status_callback",
      "statusCallback",
      "to",
      "tone"
    ]
    const fields = FastCheck.dictionary(
      FastCheck.oneof(FastCheck.constantFrom(...known), FastCheck.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/)),
      FastCheck.jsonValue()
    )
    FastCheck.assert(
      FastCheck.property(fields, fields, fields, (message, first, last) => {
        const draft = carrying({ vendor: "sendblue", message, parts: [{ part: 0, fields: first }, { part: 2, fields: last }] })
        const bodies = steps(draft).map(({ body }) => body)
        expect(bodies).toMatchObject(bare)
        const count = (list: ReadonlyArray<object>): number => list.reduce((sum, each) => sum + Object.keys(each).length, 0)
        // each of them arrives or is told
        expect(count(bodies) - count(bare) + told(draft).length).toBe(count([message, first, last]))
      }),
      { numRuns: 300 }
    )
  })
})
