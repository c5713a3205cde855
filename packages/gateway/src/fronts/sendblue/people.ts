/** People: by which services a person can be reached, and opting out. */
import type { Reply } from "@interline/sql/RequestLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"

export const evaluate = (services: Services) => ({ query }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const handle = Option.flatMap(Option.fromNullable(query.get("number")), Request.handleOf)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    const { services: { iMessage } } = yield* Refusal.lift(services.messaging.lookupService(handle.value))
    return iMessage === undefined
      ? yield* Refusal.refuse(503, "The lookup was inconclusive; try again later")
      : Refusal.json(200, { number: handle.value, service: iMessage ? "iMessage" : "SMS" })
  })

const decodeOptOut = Request.decode(Request.OptOut, {
  missing: () => Refusal.refuse(400, "Missing fields"),
  wrong: (field) => Refusal.refuse(400, `\`${field}\` is not what this endpoint takes`)
})

export const optOut = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { number, opted_out = true } = yield* decodeOptOut(call.fields)
    const handle = Request.handleOf(number)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    yield* Refusal.lift(services.messaging.setOptOut(handle.value, opted_out))
    return Refusal.json(200, { status: "OK", number, opted_out })
  })
