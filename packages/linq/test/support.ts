import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { Carrier } from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Plan from "@interline/core/Plan"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Linq from "../src/Linq.ts"
import * as LinqClient from "../src/wire/LinqClient.ts"

export const carrierId = CarrierId.make("linq")
export const line = Line.name("support")
export const from = Handle.phone("+12052535597")
export const person = Handle.phone("+12052532136")
export const other = Handle.make("someone@example.com")
export const direct = Conversation.direct(line, person)
export const group: Conversation.Group = {
  _tag: "Group",
  line,
  id: Conversation.ConversationId.make("018f4f3e-0000-7000-8000-000000000001"),
  members: [person, other]
}
export const deliveryId = DeliveryId.DeliveryId.make("018f4f3e-0000-7000-8000-00000000000a")
export const chatId = "550e8400-e29b-41d4-a716-446655440000"
export const chatRef = { carrierId, id: chatId }
export const messageId = "69a37c7d-af4f-4b5e-af42-e28e98ce873a"
export const messageRef = { carrierId, id: messageId }
export const secret = "linq-token-1"
export const token = Redacted.make(secret)

export interface Recorded {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
}

export interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A bare string is answered as it is, everything else as JSON. */
const response = (request: HttpClientRequest.HttpClientRequest, { body, headers, status = 200 }: Answer) =>
  HttpClientResponse.fromWeb(
    request,
    new Response(body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body), {
      status,
      headers: { ...headers }
    })
  )

const bodyOf = (request: HttpClientRequest.HttpClientRequest): unknown => {
  if (request.body._tag !== "Uint8Array") return undefined
  return request.body.contentType === "application/json"
    ? JSON.parse(new TextDecoder().decode(request.body.body))
    : Array.from(request.body.body)
}

/** An HTTP client that answers from a list (the last answer again and again) and records what it was asked. */
export const recording = (...answers: ReadonlyArray<Answer>) => {
  const requests: Array<Recorded> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      requests.push({ method: request.method, url: url.toString(), headers: request.headers, body: bodyOf(request) })
      return response(request, answers[Math.min(requests.length, answers.length) - 1] ?? {})
    })
  )
  return { client, requests }
}

export const base = LinqClient.defaultBaseUrl

export const clientOf = (...answers: ReadonlyArray<Answer>) => {
  const { client, requests } = recording(...answers)
  return { requests, client: LinqClient.make({ carrierId, client, token }) }
}

export const surroundings = (client: HttpClient.HttpClient) =>
  Layer.mergeAll(Layer.succeed(HttpClient.HttpClient, client), Suppression.layerMemory, ChatBook.layerMemory())

export const run = <A, E>(
  answers: ReadonlyArray<Answer>,
  use: (carrier: Carrier, requests: ReadonlyArray<Recorded>) => Effect.Effect<A, E, Suppression.Suppression>,
  options: Partial<Linq.Options> = {}
) => {
  const { client, requests } = recording(...answers)
  return Effect.flatMap(
    Linq.make({ token, lines: { support: from }, retry: { times: 0 }, ...options }),
    (carrier) => use(carrier, requests)
  ).pipe(Effect.provide(surroundings(client)))
}

export const send = (carrier: Carrier, draft: Draft, to: Conversation.Conversation = direct) =>
  carrier.send({ deliveryId, generation: 0, conversation: to, draft, fidelity: "adapt" })

/** A plan of a draft in the chat that the tests know, unless the rest says otherwise. */
export const planOf = (draft: Draft, rest: Partial<Plan.PlanInput> = {}): Plan.Plan =>
  Linq.plan(carrierId, { draft, conversation: direct, knowledge: Plan.known(chatRef), from, fidelity: "adapt", ...rest })

/** The paths of a refused plan's problems by rule; undefined if it is sendable. */
export const problemsOf = (plan: Plan.Plan) =>
  plan._tag === "Refused" ? plan.problems.map(({ path, rule }) => [rule, path.join(".")]) : undefined

export const sendable = (plan: Plan.Plan): Plan.Sendable => {
  if (plan._tag === "Refused") throw new Error(`refused: ${JSON.stringify(plan.problems)}`)
  return plan
}

export interface Fixture {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly kind: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

type Folder = "requests" | "responses" | "errors" | "webhooks" | "webhooks-v2" | "made"

const filesOf = (folder: Folder | "events"): ReadonlyArray<readonly [name: string, text: string]> => {
  const path = fileURLToPath(new URL(`./fixtures/${folder}/`, import.meta.url))
  return readdirSync(path).filter((file) => file.endsWith(".json")).map((
    file
  ) => [file.replace(/\.json$/, ""), readFileSync(`${path}${file}`, "utf8")])
}

/** The vendor's own examples, by file name; those of `made` are ours, where the vendor shows none. */
export const fixtures = (folder: Folder): ReadonlyArray<Fixture> => filesOf(folder).map(([name, text]) => ({ ...JSON.parse(text), name }))

/** What is made of each webhook, by the webhook's file name. */
export const events: ReadonlyMap<string, unknown> = new Map(filesOf("events").map(([name, text]) => [name, JSON.parse(text)]))

export const fixture = (folder: Folder, name: string): Fixture => {
  const found = fixtures(folder).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no fixture ${folder}/${name}`)
  return found
}
