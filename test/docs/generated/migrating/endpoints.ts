/** What each endpoint of a vendor becomes at the other vendor, found by translating a call of it. */
import type { Operation } from "@interline/core/Operation"
import { endpoints as linq } from "@interline/linq/LinqEndpoints"
import type { Translation } from "@interline/migration/Translator"
import { endpoints as sendblue } from "@interline/sendblue/SendblueEndpoints"
import { code, table } from "../../markdown.ts"
import * as Passing from "../passing.ts"
import * as Calls from "./calls.ts"
import * as Instead from "./instead.ts"

/** Vendors and we give a parameter other names: `{groupId}`, `{group_id}`. */
const pattern = (endpoint: string): string => endpoint.replace(/\{\w+\}/g, "{}")

/** The endpoints that the vendor's client here speaks. */
const spoken = {
  sendblue: Object.values(sendblue).map(({ method, path }) => `${method} ${path}`),
  // the bytes of a file go to an address that the vendor gives
  linq: Object.values(linq).filter(({ path }) => path.startsWith("/")).map(({ method, path }) => `${method} ${path}`)
} as const satisfies Readonly<Record<Calls.Vendor, ReadonlyArray<string>>>

const ours = "+12025550101"
const person = "+12025550123"
const hello = { parts: [{ type: "text", value: "hello" }] }

/** Calls of endpoints that do not take an empty body. */
const bodies: Readonly<Record<string, Calls.Fields>> = {
  "POST /api/send-message": { number: person, from_number: ours, content: "hello" },
  "POST /api/send-group-message": { numbers: [person, "+12025550124"], from_number: ours, content: "hello" },
  "POST /api/modify-group": { group_id: "a group", number: person, modify_type: "add_recipient" },
  "POST /api/send-typing-indicator": { number: person, from_number: ours },
  "POST /api/request-location": { number: person, from_number: ours },
  "POST /api/mark-read": { number: person, from_number: ours },
  "POST /api/send-reaction": { from_number: ours, message_handle: "a message", reaction: "love" },
  "POST /api/v2/contacts/opt-out": { number: person },
  "PUT /api/lines/{}/call-forwarding": { forwarding_number: ours },
  "POST /api/v2/contact-sharing/profile": { fromNumber: ours, firstName: "Ada" },
  "POST /api/v2/contact-sharing/share": { fromNumber: ours, toNumber: person },
  "POST /v3/chats": { from: ours, to: [person], message: hello },
  "POST /v3/chats/{}/messages": { message: hello },
  "POST /v3/messages": { to: [person], message: hello },
  "POST /v3/chats/{}/participants": { handle: person },
  "DELETE /v3/chats/{}/participants": { handle: person },
  "DELETE /v3/chats/{}/location": { handle: person },
  "POST /v3/chats/{}/polls": { poll: { options: [{ text: "Pizza" }, { text: "Sushi" }] } },
  "POST /v3/messages/{}/poll/options": { options: [{ text: "Pasta" }] },
  "POST /v3/messages/{}/poll/votes": { option_id: "an option", operation: "add" },
  "POST /v3/blocked_handles": { handle: person },
  "DELETE /v3/blocked_handles": { handle: person },
  "POST /v3/chats/{}/voicememo": { voice_memo_url: "https://files.example.com/memo.m4a" },
  "PATCH /v3/messages/{}": { text: "hello" },
  "POST /v3/messages/{}/reactions": { operation: "add", type: "love" },
  "PATCH /v3/messages/{}/reactions/{}": { placement: { x: 0 } },
  "POST /v3/attachments": { filename: "photo.jpg", content_type: "image/jpeg", size_bytes: 1 },
  "PUT /v3/phone_numbers/{}": { forwarding_number: ours },
  "POST /v3/capability/check_imessage": { address: person },
  "POST /v3/capability/check_rcs": { address: person },
  "POST /v3/contact_card": { phone_number: ours, first_name: "Ada" },
  "POST /v3/webhook-subscriptions": { target_url: "https://app.example.com/events", subscribed_events: ["message.received"] }
}

type Becomes =
  | { readonly _tag: "Requests"; readonly first: ReadonlyArray<string>; readonly later: ReadonlyArray<string> }
  | { readonly _tag: "Own" }
  | { readonly _tag: "Missing"; readonly operations: ReadonlyArray<Operation>; readonly requests: ReadonlyArray<string> }
  | { readonly _tag: "NotCarried"; readonly said: string }

export interface Found {
  readonly endpoint: string
  readonly becomes: Becomes
}

const requestsOf = (translation: Translation): ReadonlyArray<string> => translation._tag === "Send" ? Calls.requestsOf(translation) : []

const becomesOf = async (direction: Calls.Direction, endpoint: string, said: string | undefined): Promise<Becomes> => {
  const call = { endpoint: endpoint.replace(/\{\w+\}/g, "an-id"), body: bodies[pattern(endpoint)] ?? {} }
  const found = await Calls.translate(direction, [call])
  switch (found._tag) {
    case "Send":
      return { _tag: "Requests", first: requestsOf(found), later: requestsOf(await Calls.translate(direction, [call, call])) }
    case "Operation":
      return found.missing.length > 0
        ? { _tag: "Missing", operations: found.missing, requests: found.requests }
        : found.requests.length > 0
        ? { _tag: "Requests", first: found.requests, later: found.requests }
        : { _tag: "Own" }
    case "Refused":
      if (found.isCarried || said === undefined) throw new Error(`${endpoint} needs a call that is taken: ${found.why}`)
      return { _tag: "NotCarried", said }
    case "NoEndpoint":
    case "Foreign":
      throw new Error(`${endpoint} is not known`)
  }
}

/** Every endpoint of the vendor that the client speaks or the front knows. */
export const found = async (direction: Calls.Direction): Promise<ReadonlyArray<Found>> => {
  const known = Passing.endpointsOf(direction.from)
  const names = spoken[direction.from]
  const strange = names.filter((name) => !known.some(({ endpoint }) => pattern(endpoint) === pattern(name)))
  if (strange.length > 0) throw new Error(`the front does not know ${strange.join(", ")}`)
  const all: Array<Found> = []
  for (const { endpoint, said } of known) {
    const name = names.find((other) => pattern(other) === pattern(endpoint)) ?? endpoint
    all.push({ endpoint: name, becomes: await becomesOf(direction, name, said) })
  }
  return all
}

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> => Array.from(new Set(texts))

const sentences = (texts: ReadonlyArray<string | undefined>, endpoint: string): string =>
  distinct(texts.map((text) => {
    if (text === undefined) throw new Error(`say in instead.ts what to do without ${endpoint}`)
    return text
  })).join(" ")

const cells = ({ becomes, endpoint }: Found): readonly [counterpart: string, front: string, instead: string] => {
  switch (becomes._tag) {
    case "Requests":
      return [distinct([...becomes.first, ...becomes.later]).map(code).join(", "), "carried", Instead.remarks[endpoint] ?? ""]
    case "Own":
      return ["none", "answered by the gateway", sentences([Instead.own[endpoint]], endpoint)]
    case "Missing": {
      const ways = becomes.operations.map((operation) => Instead.operations[operation])
      return [
        becomes.requests.length === 0 ? "none" : distinct(becomes.requests).map(code).join(", "),
        ways.every((way) => way?.isOwn) ? "answered by the gateway" : "refused: the carrier cannot do this",
        sentences(ways.map((way) => way?.instead), endpoint)
      ]
    }
    case "NotCarried":
      return ["", becomes.said, sentences([Instead.endpoints[endpoint]], endpoint)]
  }
}

/** Rows that say the same stand in one. */
export const endpointsTable = (all: ReadonlyArray<Found>, vendor: string, other: string): string => {
  const rows = new Map<string, { readonly endpoints: Array<string>; readonly cells: ReadonlyArray<string> }>()
  for (const each of all) {
    const said = cells(each)
    const key = said[2] === "" || each.becomes._tag === "Requests" ? each.endpoint : JSON.stringify(said)
    const known = rows.get(key)
    if (known === undefined) rows.set(key, { endpoints: [each.endpoint], cells: said })
    else known.endpoints.push(each.endpoint)
  }
  return table(
    [`${vendor}'s endpoint`, `Counterpart at ${other}`, "Through the front", "What to know, or what to do instead"],
    Array.from(rows.values(), ({ cells, endpoints }) => [endpoints.map(code).join(", "), ...cells])
  )
}

/** Sentences for what no vendor has any more. */
export const leftOver = (all: ReadonlyArray<Found>): ReadonlyArray<string> => {
  const operations = new Set(all.flatMap(({ becomes }) => becomes._tag === "Missing" ? becomes.operations : []))
  const names = (tag: Becomes["_tag"]): ReadonlySet<string> =>
    new Set(all.flatMap(({ becomes, endpoint }) => becomes._tag === tag ? [endpoint] : []))
  const unused = (table: object, used: ReadonlySet<string>): ReadonlyArray<string> => Object.keys(table).filter((name) => !used.has(name))
  return [
    ...unused(Instead.operations, operations),
    ...unused(Instead.endpoints, names("NotCarried")),
    ...unused(Instead.own, names("Own")),
    ...unused(Instead.remarks, names("Requests"))
  ]
}
