/** The rehearsal of a move in both directions, with the programs that use the official clients. In one of them mistakes are planted on phones. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Rehearse from "@interline/cli/Rehearse"
import * as Effect from "effect/Effect"
import { numbers, type Vendor } from "../support/sandbox.ts"

type Phones = Effect.Effect.Success<ReturnType<typeof Rehearse.readPhones>>

const rehearse = (from: Vendor, to: Vendor, tamper: (phones: Phones) => Phones = (phones) => phones) =>
  Rehearse.play({ from, to, seed: 1, node: process.execPath }, {
    readPhones: (network) => Effect.map(Rehearse.readPhones(network), tamper),
    onStep: () => Effect.void
  }).pipe(Effect.provide(NodeContext.layer))

const failed = ({ steps }: Rehearse.Document) => steps.filter(({ ok }) => !ok).map(({ name, proved }) => [name, proved])

const names = ["record", "report", "import", "shadow", "10 %", "fault", "resume", "100 %", "by name", "compare", "back", "phones"]

it.live("from Linq to Sendblue and back: each step proves something, and the phones agree", () =>
  Effect.gen(function*() {
    const document = yield* rehearse("linq", "sendblue")
    deepStrictEqual(Rehearse.faults(document), [])
    deepStrictEqual(document.steps.map(({ name }) => name), names)
    const { messages, ...others } = document.phones
    deepStrictEqual(others, { duplicates: 0, toOptedOut: 0, numberChangesUntold: 0 })
    assert(messages > 500)
  }), 300_000)

/** One mistake of each kind, on three phones. */
const plant = (phones: Phones): Phones => {
  const last = (phone: Phones[number]) => phone.messages.at(-1)
  const isTold = (text: string | null) => text?.startsWith("It is us") === true
  const [twice, untold] = phones.filter(({ messages }) => messages.some(({ text }) => isTold(text)))
  const stopped = phones.find(({ messages }) => messages.every(({ text }) => !isTold(text)) && messages.length < 6)
  assert(twice !== undefined && untold !== undefined && stopped !== undefined)
  return phones.map((phone) => {
    const copy = last(phone)
    if (copy === undefined) return phone
    if (phone === twice) return { ...phone, messages: [...phone.messages, copy] }
    if (phone === stopped) return { ...phone, messages: [...phone.messages, { ...copy, line: numbers.sendblue, text: "Hello?" }] }
    if (phone !== untold) return phone
    const place = phone.messages.findIndex(({ text }) => isTold(text))
    return {
      ...phone,
      messages: phone.messages.map((one, at) => at === place ? { ...one, text: one.text?.split("\n").slice(1).join("\n") ?? null } : one)
    }
  })
}

it.live("from Sendblue to Linq and back: what is wrong on the phones is found, whatever the steps say", () =>
  Effect.gen(function*() {
    const document = yield* rehearse("sendblue", "linq", plant)
    deepStrictEqual(failed(document), [["phones", "texts that are missing: 0; messages that belong on no phone or on another one: 1"]])
    const { messages: _, ...others } = document.phones
    deepStrictEqual(others, { duplicates: 1, toOptedOut: 1, numberChangesUntold: 1 })
    deepStrictEqual(Rehearse.faults(document).slice(1), [
      "copies beside the first are on phones: 1",
      "texts went to people who had opted out: 1",
      "changes of the number came without the words of the policy: 1"
    ])
  }), 300_000)
