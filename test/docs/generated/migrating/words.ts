/** The vendors' words side by side: statuses, effects, reactions, services, lines, errors. Words of one meaning stand in one row. */
import type { LossKind } from "@interline/core/Loss"
import { type ReasonTag, verdicts } from "@interline/core/MessagingError"
import * as LinqWords from "@interline/linq/LinqWords"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import { code, table } from "../../markdown.ts"
import { carriers } from "../carriers.ts"
import { inWords } from "../losses.ts"
import * as Calls from "./calls.ts"

export const names = { linq: "Linq", sendblue: "Sendblue" } as const satisfies Record<Calls.Vendor, string>

const entries = <A>(record: Readonly<Record<string, A>>): ReadonlyArray<readonly [string, A]> => Object.entries(record)

type Words = Readonly<Record<Calls.Vendor, Readonly<Record<string, string>>>>

/** Each word of one vendor with the words of the other that mean the same. */
const pairs = ({ from, to }: Calls.Direction, words: Words, means: string): string =>
  table(
    [names[from], means, names[to]],
    entries(words[from]).map(([word, meaning]) => {
      const others = entries(words[to]).flatMap(([other, itsMeaning]) => itsMeaning === meaning ? [other] : [])
      return [code(word), meaning, others.length === 0 ? "none" : others.map(code).join(", ")]
    })
  )

export const statuses = (direction: Calls.Direction): string =>
  pairs(direction, { linq: LinqWords.statusToNeutral, sendblue: SendblueWords.statusToNeutral }, "Means")

export const reactions = (direction: Calls.Direction): string =>
  pairs(direction, { linq: LinqWords.reactionToNeutral, sendblue: { ...SendblueWords.reactionToNeutral, "an emoji": "Emoji" } }, "Means")

export const services = (direction: Calls.Direction): string =>
  pairs(direction, { linq: LinqWords.serviceToNeutral, sendblue: SendblueWords.serviceToNeutral }, "Means")

const sendblueLines = Object.fromEntries(entries(SendblueWords.lineStatusToNeutral).map(([word, { status }]) => [word, status]))

export const lines = (direction: Calls.Direction): string =>
  pairs(direction, { linq: LinqWords.healthToNeutral, sendblue: sendblueLines }, "Means")

// --- effects ---

const ours = "+12025550101"
const person = "+12025550123"

const effectCalls = {
  sendblue: {
    words: Object.keys(SendblueWords.styleToEffect),
    toCall: (word: string): Calls.Call => ({
      endpoint: "POST /api/send-message",
      body: { number: person, from_number: ours, content: "hello", send_style: word }
    })
  },
  linq: {
    words: Object.keys(LinqWords.effectToNeutral),
    toCall: (word: string): Calls.Call => ({
      endpoint: "POST /v3/chats",
      body: { from: ours, to: [person], message: { parts: [{ type: "text", value: "hello" }], effect: { name: word } } }
    })
  }
} as const satisfies Readonly<
  Record<Calls.Vendor, { readonly words: ReadonlyArray<string>; readonly toCall: (word: string) => Calls.Call }>
>

const styleIn = (send: Calls.Send): string => {
  const text = JSON.stringify(send.plan._tag === "Sendable" ? send.plan.steps.map(({ body }) => body) : [])
  const [, type, name] = /"effect":\{"type":"(\w+)","name":"(\w+)"\}/.exec(text) ?? []
  const [, style] = /"send_style":"(\w+)"/.exec(text) ?? []
  return name !== undefined && type !== undefined ? `${type}/${name}` : style ?? ""
}

const planOf = async (direction: Calls.Direction, calls: ReadonlyArray<Calls.Call>) => {
  const found = await Calls.translate(direction, calls)
  if (found._tag !== "Send" || found.plan._tag !== "Sendable") throw new Error("an effect is no send")
  return { style: styleIn(found), losses: found.plan.losses }
}

const effectCell = async (direction: Calls.Direction, calls: ReadonlyArray<Calls.Call>): Promise<string> => {
  const { losses, style } = await planOf(direction, calls)
  return [style === "" ? "none" : code(style), ...losses.map(inWords)].join(", ")
}

/** The kinds of losses of effects. */
export const effectLosses = async (direction: Calls.Direction): Promise<ReadonlyArray<LossKind>> => {
  const { toCall, words } = effectCalls[direction.from]
  const found: Array<LossKind> = []
  for (const word of words) found.push(...(await planOf(direction, [toCall(word), toCall(word)])).losses.map(({ kind }) => kind))
  return found
}

export const effects = async (direction: Calls.Direction): Promise<string> => {
  const { toCall, words } = effectCalls[direction.from]
  const rows: Array<ReadonlyArray<string>> = []
  for (const word of words) {
    const call = toCall(word)
    const first = await effectCell(direction, [call])
    const later = await effectCell(direction, [call, call])
    rows.push([code(word), later, first === later ? "the same" : first])
  }
  return table([`${names[direction.from]}'s effect`, `At ${names[direction.to]}`, "In the first message to somebody"], rows)
}

// --- errors ---

interface Row {
  readonly vendor: Calls.Vendor
  readonly reason: ReasonTag
  readonly shown: string
}

const phrases: Readonly<Record<string, ReadonlyArray<string>>> = SendblueWords.phrases

const sendblueShown = (key: string): string => {
  const [where = "", vendorCode = ""] = key.split("/")
  const [operation, only] = where.includes(" ") ? where.split(" ") : [undefined, where]
  const status = operation === undefined ? where.replace("*", "") : `${only} of ${code(operation)}`
  const sentences = phrases[vendorCode]
  const said = vendorCode === "*"
    ? ""
    : sentences === undefined
    ? code(vendorCode)
    : sentences.map((sentence) => `“${sentence}”`).join(" or ")
  return [status, said].filter((each) => each !== "").join(" ")
}

const errorRows: ReadonlyArray<Row> = [
  ...entries(SendblueWords.errors).map(([key, { reason }]): Row => ({ vendor: "sendblue", reason, shown: sendblueShown(key) })),
  ...entries(LinqWords.statusErrors).map(([status, { reason }]): Row => ({ vendor: "linq", reason, shown: `${status} with any code` })),
  ...entries(LinqWords.errors).map(([key, { reason }]): Row => {
    const [status, vendorCode = ""] = key.split("/")
    return { vendor: "linq", reason, shown: `${status} ${code(vendorCode)}` }
  })
]

const shownOf = (vendor: Calls.Vendor, reason: ReasonTag): string => {
  const found = Array.from(new Set(errorRows.flatMap((row) => row.vendor === vendor && row.reason === reason ? [row.shown] : [])))
  return found.length === 0 ? "none" : found.join(", ")
}

/** What a program of the old vendor reads, and what it reads at the new one. */
export const errors = ({ from, to }: Calls.Direction): string => {
  const reasons = Array.from(new Set(errorRows.flatMap(({ reason, vendor }) => vendor === from ? [reason] : [])))
  return table(
    [`${names[from]} answers`, "Means", `${names[to]} answers`],
    reasons.map((reason) => [shownOf(from, reason), `${code(reason)}: ${verdicts[reason].sentence}`, shownOf(to, reason)])
  )
}

// --- messages that fail later ---

const meansOfFailure = {
  "not-sent": "the person did not get the message",
  unknown: "the person may have the message",
  "by-reason": "the person did not get the message if the reason is \"Message send failed\", else they may have it"
} as const satisfies Record<typeof LinqWords.failureToCertainty[keyof typeof LinqWords.failureToCertainty], string>

/** The codes with which the vendors say that a message failed which they had taken. */
export const failures = (direction: Calls.Direction): string => {
  const linq = entries(LinqWords.failureToCertainty).map(([word, certainty]) => [names.linq, code(word), meansOfFailure[certainty]])
  const sendblue = [
    ...SendblueWords.unresolvedCodes.map((word) => [names.sendblue, code(word), `${meansOfFailure.unknown}: Sendblue does not know it`]),
    [names.sendblue, "every other", "the message failed"]
  ]
  return table(["Vendor", "Code", "Means"], direction.from === "linq" ? [...linq, ...sendblue] : [...sendblue, ...linq])
}

/** Which vendors honour a key on a send by themselves. */
export const keys = (): string =>
  carriers.map(({ capabilities, name }) => `${name} itself ${capabilities.idempotent ? "honours a key" : "has no key"}`).join(", and ") +
  "."
