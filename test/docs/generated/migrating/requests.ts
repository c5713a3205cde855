/** The fields of the requests that are no sends, found by running each operation at both vendors twice, with one thing changed. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Capabilities from "@interline/core/Capabilities"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import * as Suppression from "@interline/core/Suppression"
import { type Endpoint, endpoints as linq } from "@interline/linq/LinqEndpoints"
import { endpoints as sendblue } from "@interline/sendblue/SendblueEndpoints"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { code, table } from "../../markdown.ts"
import { carriers, type Described, makeCarrier, ours, person, support } from "../carriers.ts"
import * as Calls from "./calls.ts"
import * as Others from "./others.ts"
import { otherTalk, type Run, salesTalk, talk, type Wish, wishes } from "./wishes.ts"
import { names } from "./words.ts"

// --- the requests that a carrier makes ---

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: Calls.Fields
  readonly body: unknown
}

const toText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

const parse = (text: string): unknown => text.startsWith("{") ? JSON.parse(text) : {}

const fileOf = (form: FormData): string =>
  Array.from(form.values(), (value) => typeof value === "string" ? value : `${value.name} ${value.type} ${value.size}`).join()

const toAsked = (request: HttpClientRequest.HttpClientRequest): Asked => {
  const url = new URL(request.url)
  return {
    method: request.method,
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries([...url.searchParams, ...request.urlParams]),
    body: request.body._tag === "FormData" ? { file: fileOf(request.body.formData) } : parse(toText(request))
  }
}

const numbers = { phone_numbers: [{ id: "a-number", phone_number: ours }, { id: "another-number", phone_number: "+12025550102" }] }

const us = { handle: ours, is_me: true }
const they = { handle: person }

/** Answers that let an operation of several requests go on. */
const answers: ReadonlyArray<readonly [endpoint: RegExp, answer: unknown]> = [
  [/^GET .*\/phone_numbers$/, numbers],
  [/\/attachments$/, { attachment_id: "a-file", upload_url: "https://storage.example.com/a-file", required_headers: {} }],
  [/\/account\/webhooks$/, { status: "OK", webhooks: { receive: ["https://app.example.com/events"] } }],
  [/^GET \/api\/v2\/messages\/\w+$/, {
    data: { message_handle: "a", is_outbound: false, from_number: person, number: person, to_number: ours, sendblue_number: ours }
  }],
  [/^GET .*\/v3\/messages\/\w+$/, { id: "a", chat_id: "a-chat", from_handle: they, parts: [{ type: "text", value: "hello" }] }],
  [/^GET .*\/v3\/chats\/a-chat$/, { id: "a-chat", is_group: false, handles: [us, they] }]
]

const answerTo = ({ method, path }: Asked): unknown => answers.find(([endpoint]) => endpoint.test(`${method} ${path}`))?.[1] ?? {}

const recordTo = (asked: Array<Asked>): HttpClient.HttpClient =>
  HttpClient.make((request) =>
    Effect.sync(() => {
      const found = toAsked(request)
      asked.push(found)
      return HttpClientResponse.fromWeb(request, new Response(JSON.stringify(answerTo(found)), { status: 200 }))
    })
  )

const members = [Handle.make("+12025550160"), Handle.make("+12025550161")] as const

/** What a carrier asks its vendor. What it makes of the answers does not matter. */
const askedBy = (described: Described, run: Run): Promise<ReadonlyArray<Asked>> => {
  const asked: Array<Asked> = []
  return Effect.gen(function*() {
    const book = yield* ChatBook.ChatBook
    const group = yield* Conversation.group(support, members)
    const otherGroup = yield* Conversation.group(support, [...members, Handle.make("+12025550162")])
    const chats = [["a-chat", talk], ["b-chat", otherTalk], ["c-chat", salesTalk], ["a-group", group], ["b-group", otherGroup]] as const
    for (const [id, conversation] of chats) yield* book.bind(conversation, { carrierId: described.id, id })
    const carrier = yield* makeCarrier(described.id)
    yield* Effect.exit(run({ carrier, group, otherGroup, message: (id) => MessageRef.make(described.id, id) }))
    return asked
  }).pipe(
    Effect.provide(
      Layer.mergeAll(Suppression.layerMemory, ChatBook.layerMemory(), Layer.succeed(HttpClient.HttpClient, recordTo(asked)))
    ),
    Effect.runPromise
  )
}

// --- where a thing is in them ---

interface Pattern {
  readonly name: string
  readonly path: RegExp
  readonly parameters: ReadonlyArray<string>
}

const toPatterns = (endpoints: Readonly<Record<string, Endpoint>>): ReadonlyArray<Pattern> =>
  Object.values(endpoints).filter(({ path }) => path.startsWith("/")).map(({ method, path }) => ({
    name: `${method} ${path}`,
    path: new RegExp(`^${method} .*${path.replace(/\{\w+\}/g, "([^/]+)")}$`),
    parameters: path.match(/\{\w+\}/g) ?? []
  }))

const patterns = { linq: toPatterns(linq), sendblue: toPatterns(sendblue) } as const satisfies Record<Calls.Vendor, ReadonlyArray<Pattern>>

/** The endpoint of a request, and the values of the parameters of its path. Bytes of a file go to no endpoint of the API. */
const endpointOf = (
  vendor: Calls.Vendor,
  { method, path }: Asked
): { readonly name: string; readonly params: Calls.Fields } | undefined => {
  for (const { name, parameters, path: pattern } of patterns[vendor]) {
    const match = pattern.exec(`${method} ${path}`)
    if (match !== null) return { name, params: Object.fromEntries(parameters.map((each, index) => [each, match[index + 1]])) }
  }
  return undefined
}

const leavesOf = (vendor: Calls.Vendor, asked: Asked): unknown => ({
  ...endpointOf(vendor, asked)?.params,
  ...Object.fromEntries(Object.entries(asked.query).map(([name, value]) => [`?${name}`, value])),
  ...(typeof asked.body === "object" ? asked.body : {})
})

interface Place {
  readonly endpoints: ReadonlyArray<string>
  readonly fields: ReadonlyArray<string>
}

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> => Array.from(new Set(texts))

const carrierOf = (vendor: Calls.Vendor): Described => {
  const found = carriers.find(({ id }) => id === vendor)
  if (found === undefined) throw new Error(`no carrier ${vendor}`)
  return found
}

/** A read that only prepares a change is no part of it. */
const isPart = (all: ReadonlyArray<Asked>) => ({ method }: Asked): boolean => method !== "GET" || all.every((each) => each.method === "GET")

const otherEndpoint = "another endpoint"

/** What differs between the requests of both runs. `undefined`: the vendor cannot be asked for it. */
const placeOf = async (vendor: Calls.Vendor, { changed, operation, plain }: Wish): Promise<Place | undefined> => {
  const described = carrierOf(vendor)
  if (!Capabilities.supports(described.capabilities, operation)) return undefined
  const before = await askedBy(described, plain)
  const after = await askedBy(described, changed)
  const namesOf = (all: ReadonlyArray<Asked>) => distinct(all.filter(isPart(all)).flatMap((asked) => endpointOf(vendor, asked)?.name ?? []))
  const [was, is] = [namesOf(before), namesOf(after)]
  if (before.length === 0 || after.length === 0) return undefined
  if (was.join() !== is.join()) return { endpoints: distinct([...was, ...is]), fields: [otherEndpoint] }
  const leaves = [before, after].map((all) => all.filter(isPart(all)).map((each) => leavesOf(vendor, each)))
  const [first = [], second = []] = leaves
  return { endpoints: is, fields: distinct([...Calls.changesOf(first, second), ...Calls.changesOf(second, first)]) }
}

const shown = (place: Place | undefined): readonly [request: string, field: string] =>
  place === undefined
    ? ["none", ""]
    : [
      place.endpoints.map(code).join(", "),
      place.fields.map((field) => field === otherEndpoint ? field : code(field)).join(", ") || "none"
    ]

export const requestsTable = async ({ from, to }: Calls.Direction): Promise<string> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const each of wishes) {
    const own = await placeOf(from, each)
    // what this vendor cannot be asked for, its programs do not ask for. A message that is a file is a send there
    if (own === undefined || own.fields.length === 0 || own.endpoints.includes("POST /api/send-message")) continue
    const [request, field] = shown(own)
    rows.push([request, field, each.says, ...shown(await placeOf(to, each))])
  }
  return table([`${names[from]}'s request`, "Field", "Says", `${names[to]}'s request`, "Field"], rows)
}

/** By endpoint: the fields of its requests that a row names. */
const namedIn = async (vendor: Calls.Vendor): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const found = new Map<string, Set<string>>()
  for (const each of wishes) {
    const place = await placeOf(vendor, each)
    for (const endpoint of place?.endpoints ?? []) {
      const fields = found.get(endpoint) ?? new Set()
      found.set(endpoint, fields)
      place?.fields.forEach((field) => fields.add(field.replace("?", "").replace("[]", "").split(".")[0] ?? field))
    }
  }
  return found
}

/** The fields that no row of the first table names, and what to do about each. */
export const othersTable = async ({ from }: Calls.Direction): Promise<string> => {
  const named = await namedIn(from)
  const rows = new Map<string, { readonly endpoint: string; readonly fields: Array<string>; readonly says: string }>()
  for (const [endpoint, fields] of Object.entries(Others.fields[from])) {
    for (const [field, says] of Object.entries(fields)) {
      const isNamed = named.get(endpoint)?.has(field) === true
      if (isNamed !== (says === null)) throw new Error(`${endpoint}: ${field} needs ${isNamed ? "no sentence" : "a row or a sentence"}`)
      if (says === null) continue
      const known = rows.get(`${endpoint} ${says}`)
      if (known === undefined) rows.set(`${endpoint} ${says}`, { endpoint, fields: [field], says })
      else known.fields.push(field)
    }
  }
  return table(
    ["Request", "Field", "What to do instead"],
    Array.from(rows.values(), ({ endpoint, fields, says }) => [code(endpoint), fields.map(code).join(", "), says])
  )
}
