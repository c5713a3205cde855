import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import type { Conversation } from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import type * as Extras from "@interline/core/Extras"
import * as Handle from "@interline/core/Handle"
import * as Loss from "@interline/core/Loss"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as Part from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as FastCheck from "effect/FastCheck"
import * as LowerDraft from "../src/convert/lowerDraft.ts"
import * as Linq from "../src/Linq.ts"
import * as LinqWords from "../src/wire/LinqWords.ts"
import { chatRef, direct, from, group, messageRef, other, planOf, problemsOf, sendable } from "./support.ts"

const elsewhere = CarrierId.make("sendblue")
const make = (...parts: [Part.Part, ...ReadonlyArray<Part.Part>]) => Draft.make(parts)
const [text, photo] = [Part.text("hello"), Part.media("https://example.com/a.jpg")]
const times = <A>(
  count: number,
  item: (index: number) => A
): [A, ...ReadonlyArray<A>] => [item(0), ...Array.from({ length: count - 1 }, (_, index) => item(index + 1))]
const bold = (start: number, end: number): Part.Decoration => ({ start, end, style: "bold" })
const shake = (start: number, end: number): Part.Decoration => ({ start, end, animation: "shake" })
const isNew = { knowledge: Plan.isNew }
const toGroup = { conversation: group }
const mentioning = (...ranges: ReadonlyArray<readonly [number, number]>) =>
  Part.text("hello", undefined, ranges.map(([start, end]) => ({ handle: other, start, end })))

describe("a plan refuses", () => {
  const cases: ReadonlyArray<readonly [string, Plan.Plan, ReadonlyArray<readonly [string, string]>]> = [
    ["two texts in a row", planOf(make(text, text)), [["consecutive-text", "parts.1"]]],
    ["every further text in a row", planOf(make(text, photo, text, text)), [["consecutive-text", "parts.3"]]],
    ["a link beside a text", planOf(make(text, Part.link("https://example.com"))), [["link-alone", "parts.1"]]],
    ["two links", planOf(make(...times(2, () => Part.link("https://example.com")))), [["link-alone", "parts.0"], [
      "link-alone",
      "parts.1"
    ]]],
    ["101 parts", planOf(make(...times(101, () => Part.attachment(chatRef)))), [["part-count", "parts"]]],
    ["41 files by URL", planOf(make(...times(41, () => photo))), [["media-count", "parts"]]],
    ["a text of 10,001", planOf(Draft.text("x".repeat(10_001))), [["text-length", "parts.0.text"]]],
    ["an empty text", planOf(Draft.text("")), [["empty-text", "parts.0.text"]]],
    ["a link of 2,049", planOf(Draft.link(`https://example.com/${"x".repeat(2_029)}`)), [["link-length", "parts.0.url"]]],
    ["a file over http", planOf(Draft.media("http://example.com/a.jpg")), [["media-scheme", "parts.0.url"]]],
    ["a file of another format", planOf(make(text, Part.media("https://example.com/a.webp?x=.jpg"))), [["media-format", "parts.1.url"]]],
    ["an attachment of another carrier", planOf(make(Part.attachment({ carrierId: elsewhere, id: "a" }))), [[
      "attachment",
      "parts.0.attachment"
    ]]],
    ["101 decorations", planOf(make(Part.text("hello", times(101, () => bold(0, 1))))), [["decoration-count", "parts.0.decorations"]]],
    ["a decoration of nothing", planOf(make(Part.text("hello", [bold(2, 2)]))), [["decoration-range", "parts.0.decorations.0"]]],
    ["a decoration past the end", planOf(make(Part.text("hello", [bold(0, 5), bold(0, 6)]))), [[
      "decoration-range",
      "parts.0.decorations.1"
    ]]],
    [
      "a decoration of both kinds",
      planOf(make(Part.text("hello", [{ start: 0, end: 1, style: "bold", animation: "shake" } as Part.Decoration]))),
      [["decoration-kind", "parts.0.decorations.0"]]
    ],
    ["a mention past the end", planOf(make(mentioning([0, 6])), toGroup), [["mention-range", "parts.0.mentions.0"]]],
    ["an animation over a style", planOf(make(Part.text("hello", [bold(0, 3), shake(2, 5)]))), [[
      "decoration-overlap",
      "parts.0.decorations.1"
    ]]],
    ["a style over an animation", planOf(make(Part.text("hello", [shake(0, 3), bold(0, 1)]))), [[
      "decoration-overlap",
      "parts.0.decorations.1"
    ]]],
    ["a first message that is a link", planOf(Draft.link("https://example.com"), isNew), [["first-message", "parts.0.url"]]],
    ["a first message with a URL", planOf(make(photo, Part.text("see HTTPS://example.com")), isNew), [["first-message", "parts.1.text"]]],
    ["a link to a chat that may be new", planOf(Draft.link("https://example.com"), { knowledge: Plan.unknown }), [[
      "first-message",
      "parts.0.url"
    ]]],
    ["32 people in a new group", planOf(make(text), { ...isNew, conversation: groupOf(32) }), [["recipient-count", "to.members"]]],
    ["a line that writes to itself", planOf(make(text), { ...isNew, conversation: { ...direct, handle: from } }), [[
      "recipient",
      "to.handle"
    ]]],
    [
      "a group with our line among the members",
      planOf(make(text), { ...isNew, conversation: { ...group, members: [Handle.make("+12025550123"), from] } }),
      [["recipient", "to.members.1"]]
    ]
  ]
  for (const [name, plan, problems] of cases) it(name, () => expect(problemsOf(plan)).toEqual(problems))

  it("with every problem at once, and with the numbers that were over a limit", () => {
    const plan = planOf(make(Part.text("x".repeat(10_001)), Part.text(""), Part.media("ftp://x")))
    expect(problemsOf(plan)).toEqual([
      ["text-length", "parts.0.text"],
      ["empty-text", "parts.1.text"],
      ["consecutive-text", "parts.1"],
      ["media-scheme", "parts.2.url"]
    ])
    expect(plan).toMatchObject({ problems: [{ limit: 10_000, actual: 10_001 }, {}, {}, {}] })
  })

  it("certain losses under exact, and no others", () => {
    expect(problemsOf(planOf(Draft.text("hello", { effect: "shooting_star" }), { fidelity: "exact" }))).toEqual([["fidelity", ""]])
    expect(problemsOf(planOf(Draft.link("https://example.com"), { fidelity: "exact" }))).toBeUndefined()
  })
})

describe("a plan takes", () => {
  const taken: ReadonlyArray<readonly [string, Plan.Plan]> = [
    ["text, media, text", planOf(make(text, photo, text))],
    ["a text of 10,000", planOf(Draft.text("x".repeat(10_000)))],
    ["a link of 2,048", planOf(Draft.link(`https://example.com/${"x".repeat(2_028)}`))],
    ["100 attachments", planOf(make(...times(100, () => Part.attachment(chatRef))))],
    [
      "40 files by URL and more of Linq's own",
      planOf(make(
        ...times(40, () => photo),
        ...times(30, () => Part.media("https://cdn.linqapp.com/a/b.jpg")),
        ...times(30, () => Part.media("https://uploads.linqapp.com/a?X-Amz=1"))
      ))
    ],
    ["a file without an extension", planOf(Draft.media("https://example.com/files/42"))],
    ["an extension in capitals, before a query", planOf(Draft.media("https://example.com/A.JPG?size=1.exe#x.exe"))],
    ["a host with dots and no path", planOf(Draft.media("https://files.example.com"))],
    ["a dot in a folder's name", planOf(Draft.media("https://example.com/v1.2/file"))],
    ["styles that overlap and animations that touch", planOf(make(Part.text("hello", [bold(0, 5), bold(0, 5)])))],
    ["an animation beside a style", planOf(make(Part.text("hello", [bold(0, 2), shake(2, 5)])))],
    ["a decoration of an emoji of two units", planOf(make(Part.text("😍", [bold(0, 2)])))],
    ["31 people in a new group", planOf(make(text), { ...isNew, conversation: groupOf(31) })],
    ["a group that exists, whatever its size", planOf(make(text), { conversation: groupOf(40) })],
    ["a link to a chat that is known", planOf(Draft.link("https://example.com"))],
    ["a first message with a dot", planOf(Draft.text("Hello.How are you? 3.14 e.g. this"), isNew)]
  ]
  for (const [name, plan] of taken) it(name, () => expect(problemsOf(plan)).toBeUndefined())
})

const groupOf = (count: number): Conversation => ({ ...group, members: times(count, (index) => Handle.make(`+1202555${1000 + index}`)) })

describe("losses", () => {
  const losses = (draft: Draft.Draft, rest: Partial<Plan.PlanInput> = {}) =>
    sendable(planOf(draft, rest)).losses.map(({ certainty, condition, kind, part }) =>
      [kind, certainty, ...(condition === undefined ? [] : [condition]), ...(part === undefined ? [] : [part])].join(" ")
    )
  const reply = { replyTo: { ref: messageRef, part: 0 } }
  const decorated = make(Part.text("hello", [bold(0, 1)]))

  it("are none for text and media", () => expect(losses(make(text, photo))).toEqual([]))
  it("depend on the service for an effect", () =>
    expect(losses(Draft.text("x", { effect: "slam" }))).toEqual(["effect-dropped conditional not-iMessage"]))
  it("depend on the service for decorations", () => expect(losses(decorated)).toEqual(["decorations-dropped conditional not-iMessage 0"]))
  it("depend on the service for a sticker, which elsewhere is sent as a picture", () => {
    const stuck = make(text, { ...photo, sticker: true }, { ...Part.attachment(chatRef), sticker: false })
    const plan = sendable(planOf(stuck))
    expect(plan.losses).toMatchObject([{ kind: "sticker-dropped", certainty: "conditional", part: 1 }])
    expect(plan.steps[0].body).toEqual({
      message: {
        parts: [
          { type: "text", value: "hello" },
          { type: "media", url: "https://example.com/a.jpg", sticker: true },
          { type: "media", attachment_id: chatRef.id }
        ]
      }
    })
    const sms = sendable(planOf({ ...stuck, preferredService: "SMS" }))
    expect(sms.losses).toMatchObject([{ kind: "sticker-dropped", certainty: "certain", part: 1 }])
    expect(JSON.stringify(sms.steps[0].body)).not.toContain("sticker")
    expect(sendable(planOf(stuck, { fidelity: "exact" })).steps[0].body).toMatchObject({ message: { preferred_service: "iMessage" } })
  })
  it("depend on the service for a mention", () =>
    expect(losses(make(mentioning([0, 3])), toGroup)).toEqual(["mention-dropped conditional not-iMessage 0"]))
  it("are certain for every further mention of a text, which Linq takes one of, and name its range", () => {
    const plan = sendable(planOf(make(mentioning([0, 1], [1, 2], [3, 5]), photo, mentioning([2, 4])), toGroup))
    expect(plan.losses.map(({ certainty, from, kind, part }) => [kind, certainty, part, from])).toEqual([
      ["mention-dropped", "certain", 0, "1-2"],
      ["mention-dropped", "certain", 0, "3-5"],
      ["mention-dropped", "conditional", 0, "0-1"],
      ["mention-dropped", "conditional", 2, "2-4"]
    ])
    expect(plan.steps[0].body).toEqual({
      message: {
        parts: [
          { type: "text", value: "hello", mention: other, mention_range: [0, 1] },
          { type: "media", url: "https://example.com/a.jpg" },
          { type: "text", value: "hello", mention: other, mention_range: [2, 4] }
        ]
      }
    })
  })
  it("are certain for a mention in a direct chat, where Linq would refuse it, and the words stay", () => {
    const plan = sendable(planOf(make(mentioning([0, 3]))))
    expect(plan.losses).toMatchObject([{ kind: "mention-dropped", certainty: "certain", part: 0 }])
    expect(plan.steps[0].body).toEqual({ message: { parts: [{ type: "text", value: "hello" }] } })
    expect(problemsOf(planOf(make(mentioning([0, 3])), { fidelity: "exact" }))).toEqual([["fidelity", "parts.0"]])
  })
  it("are certain for a mention where another service is preferred", () => {
    const plan = sendable(planOf({ ...make(mentioning([0, 3])), preferredService: "SMS" }, toGroup))
    expect(plan.losses).toMatchObject([{ kind: "mention-dropped", certainty: "certain", part: 0, from: "0-3" }])
    expect(plan.steps[0].body).toEqual({ message: { parts: [{ type: "text", value: "hello" }], preferred_service: "SMS" } })
  })
  it("are certain for extras that name a mention beside the draft's own, and not where the draft has none", () => {
    const extras = { vendor: "linq", parts: [{ part: 0, fields: { mention: "+12025550190", mention_range: [0, 1] } }] }
    const both = sendable(planOf({ ...make(mentioning([0, 3])), extras }, toGroup))
    expect(both.losses.map(({ from, kind }) => `${kind} ${from}`)).toEqual([
      "mention-dropped 0-3",
      "unknown-field mention",
      "unknown-field mention_range"
    ])
    expect(both.steps[0].body).toMatchObject({ message: { parts: [{ mention: other, mention_range: [0, 3] }] } })
    const alone = sendable(planOf({ ...make(text), extras }, toGroup))
    expect([alone.losses, alone.steps[0].body]).toMatchObject([[], { message: { parts: [{ mention: "+12025550190" }] } }])
  })
  it("depend on the service for a reply", () => expect(losses(make(text), reply)).toEqual(["reply-dropped conditional not-iMessage"]))
  it("depend on SMS for a preview", () => expect(losses(Draft.link("https://x.com"))).toEqual(["link-preview-dropped conditional SMS 0"]))
  it("are none when iMessage is preferred", () => {
    expect(losses(Draft.text("x", { effect: "slam", preferredService: "iMessage" }), reply)).toEqual([])
    expect(losses({ ...decorated, preferredService: "iMessage" })).toEqual([])
    expect(losses(Draft.link("https://x.com", { preferredService: "iMessage" }))).toEqual([])
  })
  it("are certain when another service is preferred, and then nothing is sent for show", () => {
    const draft = { ...decorated, effect: "slam", preferredService: "RCS" } as const
    expect(losses(draft, reply)).toEqual(["decorations-dropped certain 0", "effect-dropped certain", "reply-dropped certain"])
    expect(sendable(planOf(draft, reply)).steps[0].body).toEqual({
      message: { parts: [{ type: "text", value: "hello" }], preferred_service: "RCS" }
    })
  })
  it("are certain for a shooting star", () => {
    const plan = sendable(planOf(Draft.text("x", { effect: "shooting_star" })))
    expect(plan.losses).toMatchObject([{ kind: "effect-dropped", certainty: "certain", from: "shooting_star" }])
    expect(plan.steps[0].body).toEqual({ message: { parts: [{ type: "text", value: "x" }] } })
  })
  it("are certain for effects and replies of a first message", () => {
    expect(losses(Draft.text("x", { effect: "slam" }), { ...reply, ...isNew })).toEqual(["effect-dropped certain", "reply-dropped certain"])
    expect(sendable(planOf(Draft.text("x", { effect: "slam" }), { ...reply, ...isNew })).steps[0].body).toMatchObject({
      message: { parts: [{}] }
    })
  })
  it("are certain for a reply to another carrier's message, or to one that is not known", () => {
    expect(losses(make(text), { replyTo: { ref: { carrierId: elsewhere, id: "m" }, part: 0 } })).toEqual(["reply-dropped certain"])
    expect(losses(Draft.text("x", { replyTo: { to: messageRef } }))).toEqual(["reply-dropped certain"])
  })
})

describe("exact", () => {
  const exact = { fidelity: "exact" } as const
  const pinned = (draft: Draft.Draft, rest: Partial<Plan.PlanInput> = {}) => {
    const plan = sendable(planOf(draft, { ...exact, ...rest }))
    return [JSON.stringify(plan.steps[0].body).includes("\"preferred_service\":\"iMessage\""), plan.losses.length]
  }
  it("pins iMessage for what only iMessage shows", () => {
    expect(pinned(Draft.text("x", { effect: "slam" }))).toEqual([true, 0])
    expect(pinned(make(Part.text("hello", [bold(0, 1)])))).toEqual([true, 0])
    expect(pinned(make(mentioning([0, 1])), toGroup)).toEqual([true, 0])
    expect(pinned(make(text), { replyTo: { ref: messageRef, part: 1 } })).toEqual([true, 0])
    expect(pinned(Draft.link("https://x.com", { effect: "slam" }))).toEqual([true, 0])
  })
  it("pins nothing else", () => {
    expect(pinned(make(text, photo))).toEqual([false, 0])
    expect(pinned(Draft.link("https://x.com"))).toEqual([false, 1])
  })
  it("does not override the service that the caller prefers", () => {
    expect(problemsOf(planOf(Draft.text("x", { effect: "slam", preferredService: "SMS" }), exact))).toEqual([["fidelity", ""]])
  })
})

describe("a chat has to be known", () => {
  for (
    const [draft, needed] of [
      [Draft.text("hello"), false],
      [Draft.text("It is 3.15 pm. See you"), false],
      [Draft.media("https://example.com/a.jpg"), false],
      [Draft.text("hello", { effect: "slam" }), true],
      [Draft.text("hello", { replyTo: { to: messageRef } }), true],
      [Draft.link("https://example.com"), true],
      [Draft.text("see http://example.com"), true],
      [Draft.text("see www.example.com"), true],
      [Draft.text("see example.com/a"), true]
    ] as const
  ) it(`${needed ? "for" : "not for"} ${JSON.stringify(draft)}`, () => expect(LowerDraft.needsChat(draft)).toBe(needed))
})

describe("every plan", () => {
  const texts = FastCheck.string({ minLength: 1, maxLength: 40 })
  const decorations = FastCheck.array(
    FastCheck.record({ start: FastCheck.nat(10), end: FastCheck.nat(12), style: FastCheck.constant("bold" as const) })
  )
  const part: FastCheck.Arbitrary<Part.Part> = FastCheck.oneof(
    FastCheck.tuple(texts, FastCheck.option(decorations, { nil: undefined })).map(([value, decorations]) => Part.text(value, decorations)),
    FastCheck.constantFrom("a.jpg", "a.exe", "a", "").map((name) => Part.media(`https://example.com/${name}`)),
    FastCheck.constantFrom(chatRef, { carrierId: elsewhere, id: "a" }).map(Part.attachment),
    FastCheck.webUrl().map(Part.link)
  )
  const input: FastCheck.Arbitrary<Plan.PlanInput> = FastCheck.record({
    parts: FastCheck.array(part, { minLength: 1, maxLength: 5 }).map((
      [first, ...rest]
    ): [Part.Part, ...Part.Part[]] => [first ?? text, ...rest]),
    effect: FastCheck.constantFrom(undefined, ...MessageEffect.all),
    service: FastCheck.constantFrom(undefined, "iMessage" as const, "RCS" as const, "SMS" as const),
    reply: FastCheck.constantFrom(undefined, { ref: messageRef, part: 1 }, { ref: { carrierId: elsewhere, id: "m" }, part: 0 }),
    knowledge: FastCheck.constantFrom(Plan.known(chatRef), Plan.isNew, Plan.unknown),
    fidelity: FastCheck.constantFrom("exact" as const, "adapt" as const),
    conversation: FastCheck.constantFrom<Conversation>(direct, group)
  }).map(({ effect, parts, reply, service, ...rest }) => ({
    ...rest,
    from,
    draft: Draft.make(parts, {
      ...(effect === undefined ? {} : { effect }),
      ...(service === undefined ? {} : { preferredService: service })
    }),
    ...(reply === undefined ? {} : { replyTo: reply })
  }))
  const property = (name: string, holds: (input: Plan.PlanInput, plan: Plan.Plan) => void) =>
    it(name, () => {
      const planned = FastCheck.property(input, (input) => {
        holds(input, Linq.plan(chatRef.carrierId, input))
      })
      FastCheck.assert(planned, { numRuns: 500 })
    })

  property("is the same for the same input", (input, plan) => expect(Linq.plan(chatRef.carrierId, input)).toEqual(plan))

  property("names problems inside the draft or the address", (_, plan) => {
    if (plan._tag === "Refused") { for (const { path } of plan.problems) expect(["parts", "to", undefined]).toContain(path[0]) }
  })

  property("is one keyed request that carries every part", ({ draft, knowledge }, plan) => {
    if (plan._tag === "Refused") return
    const [step, ...others] = plan.steps
    expect(others).toEqual([])
    expect(step).toMatchObject({ keyed: true, method: "POST", parts: draft.parts.map((_, index) => index) })
    expect(step.path).toBe(knowledge._tag === "Known" ? `/v3/chats/${chatRef.id}/messages` : "/v3/chats")
    expect(JSON.stringify(step.body)).not.toContain("override")
  })

  property("carries an effect or reports its loss", ({ draft }, plan) => {
    if (plan._tag === "Refused" || draft.effect === undefined) return
    const carried = JSON.stringify(plan.steps[0].body).includes("\"effect\"")
    const lost = plan.losses.some((loss) => loss.kind === "effect-dropped" && Loss.isCertain(loss))
    expect(carried).toBe(!lost)
  })

  property("under exact has no certain loss", ({ fidelity }, plan) => {
    if (plan._tag === "Sendable" && fidelity === "exact") expect(plan.losses.filter(Loss.isCertain)).toEqual([])
  })

  property("gets the key where Linq reads it, and is otherwise untouched", (_, plan) => {
    if (plan._tag === "Refused") return
    const { body } = plan.steps[0]
    const before = JSON.stringify(body)
    const keyed = LowerDraft.withKey(body, "key-1")
    expect(keyed).toMatchObject({ message: { idempotency_key: "key-1" } })
    expect(JSON.stringify(body)).toBe(before)
    expect({ ...keyed, message: { ...(keyed["message"] as object), idempotency_key: undefined } }).toEqual(body)
  })
})

describe("fields that only Linq knows", () => {
  const asked = make(text, photo)
  const carrying = (extras: Extras.Extras, more: Draft.Options = {}) => Draft.make(asked.parts, { ...more, extras })

  it("stand where they were meant: in the message, a part, the effect", () => {
    const { losses, steps: [{ body }] } = sendable(
      planOf(
        carrying({ vendor: "linq", message: { subject: "x" }, effect: { speed: 2 }, parts: [{ part: 1, fields: { caption: "y" } }] }, {
          effect: "confetti",
          preferredService: "iMessage"
        })
      )
    )
    expect(body).toEqual({
      message: {
        subject: "x",
        parts: [{ type: "text", value: "hello" }, { type: "media", url: "https://example.com/a.jpg", caption: "y" }],
        effect: { speed: 2, ...LinqWords.effectFromNeutral.confetti },
        preferred_service: "iMessage"
      }
    })
    expect(losses).toEqual([])
  })

  it("of an effect that does not go out are lost with it", () => {
    const plan = sendable(planOf(carrying({ vendor: "linq", effect: { speed: 2 } }, { effect: "confetti" }), isNew))
    expect(plan.losses.map(({ from, kind }) => `${kind} ${from}`)).toEqual(["effect-dropped confetti", "unknown-field effect.speed"])
  })

  it("of another vendor are losses, and refuse the draft under exact", () => {
    const draft = carrying({ vendor: "sendblue", message: { subject: "x" } })
    expect(sendable(planOf(draft)).losses.map(({ from, kind }) => `${kind} ${from}`)).toEqual(["unknown-field subject"])
    expect(problemsOf(planOf(draft, { fidelity: "exact" }))).toEqual([["fidelity", "subject"]])
  })

  it("change nothing of what is known, whatever they are, also not the key", () => {
    const known = [
      "parts",
      "effect",
      "reply_to",
      "replyTo",
      "idempotency_key",
      "preferred_service",
      "type",
      "value",
      "url",
      "from",
      "to",
      "override_optout",
      "mention",
      "subject"
    ]
    const fields = FastCheck.dictionary(
      FastCheck.oneof(FastCheck.constantFrom(...known), FastCheck.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/)),
      FastCheck.jsonValue()
    )
    const bare = sendable(planOf(Draft.make(asked.parts, { effect: "confetti" }))).steps[0].body
    FastCheck.assert(
      FastCheck.property(fields, fields, fields, fields, (message, effect, first, second) => {
        const plan = sendable(
          planOf(
            carrying({ vendor: "linq", message, effect, parts: [{ part: 0, fields: first }, { part: 1, fields: second }] }, {
              effect: "confetti"
            })
          )
        )
        const body = LowerDraft.withKey(plan.steps[0].body, "key")
        expect(body).toMatchObject(LowerDraft.withKey(bare, "key"))
        const count = (fields: object): number => Object.keys(fields).length
        const lost = plan.losses.filter(({ kind }) => kind === "unknown-field").length
        const { message: written } = body as { readonly message: { readonly parts: ReadonlyArray<object>; readonly effect: object } }
        const base = LowerDraft.withKey(bare, "key") as { readonly message: typeof written }
        const size = (each: typeof written): number =>
          count(each) + count(each.effect) + each.parts.reduce((sum, part) => sum + count(part), 0)
        // each of them arrives or is told
        expect(size(written) - size(base.message) + lost).toBe([message, effect, first, second].reduce((sum, each) => sum + count(each), 0))
      }),
      { numRuns: 300 }
    )
  })
})
