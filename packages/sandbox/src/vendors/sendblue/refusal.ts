/** Makes Sendblue's error bodies. The shape depends on the endpoint (docs.sendblue.com, read 2026-11-21). */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"

export class Refusal extends Data.TaggedError("SendblueRefusal")<{ readonly reply: Http.Reply }> {}

export const refuseWith = (status: number, body: unknown): Effect.Effect<never, Refusal> =>
  Effect.fail(new Refusal({ reply: Http.json(status, body) }))

export const refuse = (status: number, message: string): Effect.Effect<never, Refusal> => refuseWith(status, { status: "ERROR", message })

/** Refuses a send. The message is in both keys, because both have been seen. */
export const refuseSend = (message: string, fields: object = {}): Effect.Effect<never, Refusal> =>
  refuseWith(400, { status: "ERROR", message, error_message: message, ...fields })

export const invalidSend = (message: string, fields: object = {}): Effect.Effect<never, Refusal> =>
  refuseSend(message, { error_code: 4000, ...fields })
