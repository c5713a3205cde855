/** What the other vendor refuses, rule by rule, found by translating a call that breaks the rule. A new rule breaks the build. */
import type { Rule } from "@interline/core/Problem"
import { code, table } from "../../markdown.ts"
import * as Calls from "./calls.ts"

interface Breaker {
  readonly what: string
  readonly call: Calls.Call
  readonly instead: string
}

const ours = "+12025550101"
const person = "+12025550123"

const people = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, index) => `+1202555${1000 + index}`)

const legacy = (what: string, fields: Calls.Fields, instead: string): Breaker => ({
  what,
  instead,
  call: { endpoint: "POST /api/send-message", body: { number: person, from_number: ours, ...fields } }
})

const legacyGroup = (what: string, numbers: ReadonlyArray<string>, instead: string): Breaker => ({
  what,
  instead,
  call: { endpoint: "POST /api/send-group-message", body: { numbers, from_number: ours, content: "hello" } }
})

const chat = (what: string, part: Calls.Fields, instead: string, to: ReadonlyArray<string> = [person]): Breaker => ({
  what,
  instead,
  call: { endpoint: "POST /v3/chats", body: { from: ours, to, message: { parts: [part] } } }
})

const upload = "Upload the file at the new vendor, through the front, and use the new id."
const publicFile = "Use a public `https` address that ends in the type of the file and is not signed, or upload the file."

/** `undefined`: no call of this vendor's API breaks the rule at the other vendor. */
const breakers: Readonly<Record<Calls.Vendor, Readonly<Record<Rule, Breaker | undefined>>>> = {
  sendblue: {
    type: undefined,
    handle: undefined,
    line: undefined,
    "empty-draft": undefined,
    "empty-text": undefined,
    url: undefined,
    "one-of": undefined,
    "decoration-range": undefined,
    "decoration-kind": undefined,
    effect: undefined,
    members: legacyGroup("a group of one person", people(1), "Send to the person: `POST /api/send-message`."),
    recipient: undefined,
    key: undefined,
    after: undefined,
    "text-length": legacy("a text of 10,001 characters", { content: "x".repeat(10_001) }, "Send two messages."),
    "link-length": undefined,
    "link-alone": undefined,
    "consecutive-text": undefined,
    "part-count": undefined,
    "media-count": undefined,
    "media-format": legacy(
      "a file whose ending Linq does not take",
      { media_url: "https://files.example.com/program.exe" },
      "Send another type of file, or its address as text."
    ),
    "media-size": undefined,
    "media-scheme": legacy("a file at an `http` address", { media_url: "http://images.example.com/photo.jpg" }, publicFile),
    attachment: undefined,
    "decoration-overlap": undefined,
    "decoration-count": undefined,
    mention: undefined,
    "mention-range": undefined,
    "mention-count": undefined,
    "key-length": undefined,
    "first-message": legacy(
      "a first message with a URL",
      { content: "see https://example.com/" },
      "Send a text without a URL first, and the URL with the next message. Or let the person write first."
    ),
    reply: undefined,
    "recipient-count": legacyGroup("a group of 32 people", people(32), "Make smaller groups."),
    fidelity: undefined,
    feature: undefined,
    edit: undefined,
    reaction: undefined,
    name: undefined
  },
  linq: {
    type: undefined,
    handle: undefined,
    line: undefined,
    "empty-draft": undefined,
    "empty-text": undefined,
    url: undefined,
    "one-of": undefined,
    "decoration-range": undefined,
    "decoration-kind": undefined,
    effect: undefined,
    members: undefined,
    recipient: undefined,
    key: undefined,
    after: undefined,
    "text-length": undefined,
    "link-length": undefined,
    "link-alone": undefined,
    "consecutive-text": undefined,
    "part-count": undefined,
    "media-count": undefined,
    "media-format": chat(
      "a file whose address shows no type",
      { type: "media", url: "https://files.example.com/file" },
      publicFile
    ),
    "media-size": undefined,
    "media-scheme": chat("a file at an `http` address", { type: "media", url: "http://images.example.com/photo.jpg" }, publicFile),
    attachment: chat("a file that was uploaded at Linq", { type: "media", attachment_id: "a-file" }, upload),
    "decoration-overlap": undefined,
    "decoration-count": undefined,
    mention: undefined,
    "mention-range": undefined,
    "mention-count": undefined,
    "key-length": undefined,
    "first-message": undefined,
    reply: undefined,
    "recipient-count": chat("a group of 31 people", { type: "text", value: "hello" }, "Make smaller groups.", people(31)),
    fidelity: undefined,
    feature: undefined,
    edit: undefined,
    reaction: undefined,
    name: undefined
  }
}

export const refusalsTable = async (direction: Calls.Direction): Promise<string> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const [rule, breaker] of Object.entries(breakers[direction.from])) {
    if (breaker === undefined) continue
    const found = await Calls.translate(direction, [breaker.call])
    const problems = found._tag === "Send" && found.plan._tag === "Refused" ? found.plan.problems : []
    const problem = problems.find((each) => each.rule === rule)
    if (problem === undefined) throw new Error(`${breaker.what} does not break ${rule}: ${JSON.stringify(found)}`)
    rows.push([breaker.what, code(rule), problem.message, breaker.instead])
  }
  return table(["Message", "Rule", "What the gateway says", "What to do instead"], rows)
}
