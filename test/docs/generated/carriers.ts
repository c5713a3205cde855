/** Both carriers as the pages see them: their tables, and what they make of one answer, through their public doors. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { Capabilities } from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { Outcome } from "@interline/core/Outcome"
import type { Plan, PlanInput } from "@interline/core/Plan"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as Sendblue from "@interline/sendblue/Sendblue"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface Described {
  readonly id: CarrierId.CarrierId
  readonly name: string
  readonly capabilities: Capabilities
  readonly plan: (input: PlanInput) => Plan
}

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")

export const carriers: ReadonlyArray<Described> = [
  { id: linq, name: "Linq", capabilities: Linq.capabilities, plan: (input) => Linq.plan(linq, input) },
  { id: sendblue, name: "Sendblue", capabilities: Sendblue.capabilities, plan: (input) => Sendblue.plan(sendblue, input) }
]

export const names: ReadonlyArray<string> = carriers.map(({ name }) => name)

export const support = Line.name("support")
export const ours = Handle.phone("+12025550101")
export const person = Handle.make("+12025550123")

/** What the HTTP layer gives: a complete answer, or a failure with the platform's code. */
export type Answer =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly fails: string | undefined; readonly call?: string }
  | { readonly hangs: true }

const clientOf = (answer: Answer): HttpClient.HttpClient =>
  HttpClient.make((request) =>
    "hangs" in answer
      ? Effect.never
      : "fails" in answer
      ? Effect.fail(
        new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: answer.fails === undefined ? undefined : { code: answer.fails, syscall: answer.call }
        })
      )
      : Effect.succeed(
        HttpClientResponse.fromWeb(
          request,
          new Response(answer.body, { status: answer.status, ...(answer.headers === undefined ? {} : { headers: answer.headers }) })
        )
      )
  )

type Made = Effect.Effect<Carrier, unknown, HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook>

/** A second line, with its number. */
export const sales = Line.name("sales")
const salesNumber = Handle.phone("+12025550102")

const lines = { support: ours, sales: salesNumber }

const makers: Record<string, (common: Pick<Linq.Options, "lines" | "retry" | "timeouts">) => Made> = {
  linq: (common) => Linq.make({ token: Redacted.make("token"), ...common }),
  sendblue: (common) => Sendblue.make({ apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret"), ...common })
}

export const makeCarrier = (id: CarrierId.CarrierId, timeouts: Linq.Options["timeouts"] = {}): Made =>
  makers[id]?.({ lines, retry: { times: 0 }, timeouts }) ?? Effect.dieMessage(`no maker for ${id}`)

const answering = (answer: Answer) =>
  Layer.mergeAll(Suppression.layerMemory, ChatBook.layerMemory(), Layer.succeed(HttpClient.HttpClient, clientOf(answer)))

/** What a carrier reads in the vendor's answer to the question for a message. */
export const messageOf = (carrier: Described, answer: Answer): Promise<Message> =>
  Effect.flatMap(makeCarrier(carrier.id), ({ getMessage }) => getMessage(MessageRef.make(carrier.id, "1"))).pipe(
    Effect.provide(answering(answer)),
    Effect.runPromise
  )

/** The outcome of one plain text whose request is answered so. */
export const outcomeOf = (carrier: Described, answer: Answer): Promise<Outcome> =>
  Effect.gen(function*() {
    const { send } = yield* makeCarrier(carrier.id, { send: "hangs" in answer ? "20 millis" : "5 minutes" })
    return yield* send({
      deliveryId: yield* DeliveryId.mint,
      generation: 1,
      conversation: Conversation.direct(support, person),
      draft: Draft.text("hello"),
      fidelity: "adapt"
    })
  }).pipe(
    Effect.provide(answering(answer)),
    Effect.runPromise
  )
