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
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Sendblue from "../src/Sendblue.ts"
import * as SendblueClient from "../src/wire/SendblueClient.ts"

export const carrierId = CarrierId.make("sendblue")
export const line = Line.name("support")
export const from = Handle.phone("+15122164639")
export const person = Handle.phone("+19998887777")
export const direct = Conversation.direct(line, person)
export const group: Conversation.Group = {
  _tag: "Group",
  line,
  id: Conversation.ConversationId.make("018f4f3e-0000-7000-8000-000000000001"),
  members: [person, Handle.phone("+17778889999")]
}
export const deliveryId = DeliveryId.DeliveryId.make("018f4f3e-0000-7000-8000-00000000000a")

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
  switch (request.body._tag) {
    case "Uint8Array":
      return JSON.parse(new TextDecoder().decode(request.body.body))
    case "FormData":
      return request.body.formData
    default:
      return undefined
  }
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

export const credentials = { apiKey: Redacted.make("key-id-1"), apiSecret: Redacted.make("secret-key-1") }

export const clientOf = (...answers: ReadonlyArray<Answer>) => {
  const { client, requests } = recording(...answers)
  return { requests, client: SendblueClient.make({ carrierId, client, ...credentials }) }
}

export const run = <A, E>(
  answers: ReadonlyArray<Answer>,
  use: (carrier: Carrier, requests: ReadonlyArray<Recorded>) => Effect.Effect<A, E>,
  options: Partial<Sendblue.Options> = {}
) => {
  const { client, requests } = recording(...answers)
  return Effect.flatMap(
    Sendblue.make({ ...credentials, lines: { support: from }, retry: { times: 0 }, ...options }),
    (carrier) => use(carrier, requests)
  ).pipe(
    Effect.provide(Layer.mergeAll(Layer.succeed(HttpClient.HttpClient, client), Suppression.layerMemory, ChatBook.layerMemory()))
  )
}

export const send = (carrier: Carrier, draft: Draft, to: Conversation.Conversation = direct) =>
  carrier.send({ deliveryId, generation: 0, conversation: to, draft, fidelity: "adapt" })
