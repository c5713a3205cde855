/** What each carrier loses: found by planning one draft per wish, so that the tables say what the code does. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Loss from "@interline/core/Loss"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import type { Problem } from "@interline/core/Problem"
import { code, page, table } from "../markdown.ts"
import { carriers, type Described, names, ours, person, support } from "./carriers.ts"

const photo = Part.media("https://images.example.com/photo.jpg")

interface Wish {
  readonly name: string
  readonly draft: Draft.Draft
  readonly to?: "group"
  readonly replyTo?: Plan.PlanInput["replyTo"] | "own"
  /** Shown in the README too. */
  readonly common: boolean
}

const elsewhere = { ref: MessageRef.make(CarrierId.make("elsewhere"), "1"), part: 0 }

/** Effects that the carriers support alike are one wish; the first stands for all. */
const effectWishes: ReadonlyArray<Wish> = (() => {
  const groups = new Map<string, Array<MessageEffect.MessageEffect>>()
  for (const effect of MessageEffect.all) {
    const support = carriers.map(({ capabilities }) => capabilities.effects[effect]).join()
    groups.set(support, [...groups.get(support) ?? [], effect])
  }
  return Array.from(groups, ([support, [first = "confetti", ...others]]): Wish => ({
    name: support === carriers.map(() => "native").join()
      ? `an effect that both have, like ${first}`
      : `the effect ${[first, ...others].join(" or ")}`,
    draft: Draft.text("hello", { effect: first }),
    common: true
  }))
})()

const group: Conversation.Group = {
  _tag: "Group",
  line: support,
  id: Conversation.ConversationId.make("6a1f7c9e-3c5d-4e0a-9a44-7d9f2b1c0e55"),
  members: [person, Handle.make("+12025550124")]
}

const mentioning = (...ranges: ReadonlyArray<readonly [number, number]>): Draft.Draft =>
  Draft.make([Part.text("Ana Bob", undefined, ranges.map(([start, end]) => ({ handle: person, start, end })))])

const wishes: ReadonlyArray<Wish> = [
  { name: "one text", draft: Draft.text("hello"), common: true },
  { name: "one media by URL", draft: Draft.make([photo]), common: false },
  { name: "a text, then a media", draft: Draft.make([Part.text("one"), photo]), common: true },
  { name: "text, media, text", draft: Draft.make([Part.text("one"), photo, Part.text("two")]), common: true },
  { name: "two texts in a row", draft: Draft.make([Part.text("one"), Part.text("two")]), common: true },
  { name: "two media", draft: Draft.make([photo, photo]), common: false },
  { name: "a link with a preview", draft: Draft.link("https://example.com/"), common: true },
  { name: "a link beside a text", draft: Draft.make([Part.text("see"), Part.link("https://example.com/")]), common: true },
  { name: "a URL inside a text", draft: Draft.text("see https://example.com/"), common: true },
  ...effectWishes,
  { name: "styles or animations on a text", draft: Draft.make([Part.text("hello", [{ start: 0, end: 5, style: "bold" }])]), common: true },
  { name: "a mention in a group", draft: mentioning([0, 3]), to: "group", common: true },
  { name: "two mentions in a text of a group", draft: mentioning([0, 3], [4, 7]), to: "group", common: false },
  { name: "a picture as a sticker", draft: Draft.make([{ ...photo, sticker: true }]), common: true },
  { name: "a mention in a chat with one person", draft: mentioning([0, 3]), common: false },
  { name: "a reply to a message at the same carrier", draft: Draft.text("yes"), replyTo: "own", common: true },
  { name: "a reply to a message at another carrier", draft: Draft.text("yes"), replyTo: elsewhere, common: true },
  { name: "a preferred service (iMessage)", draft: Draft.text("hello", { preferredService: "iMessage" }), common: true },
  {
    name: "a field that only Linq knows",
    draft: Draft.text("hello", { extras: { vendor: "linq", message: { subject: "x" } } }),
    common: false
  },
  {
    name: "a field that only Sendblue knows",
    draft: Draft.text("hello", { extras: { vendor: "sendblue", message: { subject: "x" } } }),
    common: false
  },
  { name: "confetti, SMS preferred", draft: Draft.text("hello", { effect: "confetti", preferredService: "SMS" }), common: false }
]

const planOf = (carrier: Described, wish: Wish, knowledge: Plan.Knowledge, fidelity: Draft.Fidelity): Plan.Plan => {
  const replyTo = wish.replyTo === "own" ? { ref: MessageRef.make(carrier.id, "1"), part: 0 } : wish.replyTo
  return carrier.plan({
    draft: replyTo === undefined ? wish.draft : { ...wish.draft, replyTo: { to: replyTo.ref, part: replyTo.part } },
    conversation: wish.to === "group" ? group : Conversation.direct(support, person),
    knowledge,
    from: ours,
    fidelity,
    ...(replyTo === undefined ? {} : { replyTo })
  })
}

const knownAt = (carrier: Described): Plan.Knowledge => Plan.known({ carrierId: carrier.id, id: "1" })

const conditions = { "not-iMessage": "unless it travels by iMessage", SMS: "if it travels by SMS" } as const

const change = ({ from, to }: Loss.Loss): string => to === undefined ? "" : ` (${from} as ${to})`

export const inWords = (loss: Loss.Loss): string =>
  `${code(loss.kind)}${change(loss)}${loss.condition === undefined ? "" : ` ${conditions[loss.condition]}`}`

const requests = (plan: Plan.Plan): string =>
  plan._tag === "Refused" ? "refused" : plan.steps.length === 1 ? "1 request" : `${plan.steps.length} requests`

const verdict = (plan: Plan.Plan, refusal: (problem: Problem) => string): string => {
  if (plan._tag === "Refused") return `refused: ${plan.problems.map(refusal).join(", ")}`
  const certain = plan.losses.filter(Loss.isCertain)
  const conditional = plan.losses.filter((loss) => !Loss.isCertain(loss))
  const lost = [...certain, ...conditional].map(inWords)
  return lost.length === 0 ? "whole" : lost.join(", ")
}

const byRule = ({ rule }: Problem): string => code(rule)
const bySentence = ({ message, rule }: Problem): string => `${code(rule)}: ${message}`

const both = (known: string, first: string): string => known === first ? known : `${known}; first message of a chat: ${first}`

/** The README's table: what an application gets under each vendor with fidelity `adapt`. */
export const readme = (): string =>
  table(
    ["A draft that asks for", ...names],
    wishes.filter(({ common }) => common).map((wish) => [
      wish.name,
      ...carriers.map((carrier) =>
        both(
          verdict(planOf(carrier, wish, knownAt(carrier), "adapt"), byRule),
          verdict(planOf(carrier, wish, Plan.isNew, "adapt"), byRule)
        )
      )
    ])
  )

const details = (carrier: Described): string =>
  table(
    ["Draft", "Chat", "Under `adapt`", "Losses, or why not", "Under `exact`"],
    wishes.flatMap((wish) => {
      const rows = ([["known", knownAt(carrier)], ["new", Plan.isNew]] as const).map(([chat, knowledge]) => {
        const adapted = planOf(carrier, wish, knowledge, "adapt")
        const exact = planOf(carrier, wish, knowledge, "exact")
        return {
          chat,
          cells: [
            requests(adapted),
            adapted._tag === "Refused"
              ? adapted.problems.map(bySentence).join("; ")
              : adapted.losses.length === 0
              ? "none"
              : adapted.losses.map((loss) => `${inWords(loss)}: ${loss.reason}`).join("; "),
            exact._tag === "Sendable" && pinned(exact) && !pinned(adapted) ? `${requests(exact)}, pinned to iMessage` : requests(exact)
          ]
        }
      })
      const [known, first] = rows
      return known === undefined || first === undefined || known.cells.join() !== first.cells.join()
        ? rows.map(({ cells, chat }) => [wish.name, chat, ...cells])
        : [[wish.name, "any", ...known.cells]]
    })
  )

const pinned = (plan: Plan.Plan): boolean =>
  plan._tag === "Sendable" && plan.steps.some(({ body }) => JSON.stringify(body).includes("preferred_service"))

const kindsOf = (carrier: Described): ReadonlySet<string> =>
  new Set(
    wishes.flatMap((wish) =>
      [knownAt(carrier), Plan.isNew].flatMap((knowledge) => {
        const plan = planOf(carrier, wish, knowledge, "adapt")
        return plan._tag === "Sendable" ? plan.losses.map(({ kind }) => kind) : []
      })
    )
  )

export const lossesPage = (): string => {
  const kinds = carriers.map(kindsOf)
  return page(
    "Losses",
    "What a carrier cannot carry of a draft. Under the fidelity `adapt` a loss is applied and returned with the outcome; under `exact` " +
      "a certain loss refuses the draft before anything is sent. A conditional loss happens only on the services that it names.",
    "## Kinds",
    table(
      ["Kind", "Means", ...names.map((name) => `${name} reports it`)],
      Loss.LossKind.literals.map((kind) => [
        code(kind),
        Loss.sentences[kind],
        ...kinds.map((reported) => reported.has(kind) ? "yes" : "")
      ])
    ),
    ...carriers.flatMap((carrier) => [
      `## ${carrier.name}, draft by draft`,
      details(carrier)
    ])
  )
}
