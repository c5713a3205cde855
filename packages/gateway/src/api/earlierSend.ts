/** Finds the send that an `after` means. It may name its delivery, or the key of its request, which may still be on its way. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Problem from "@interline/core/Problem"
import { Router } from "@interline/router/Router"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as AnswerOnce from "./answerOnce.ts"
import type { After } from "./ApiSchema.ts"
import * as Authorization from "./authorization.ts"

/**
 * A send is not on record before the owner of its conversation has it. If that process has died, it takes up to 17 seconds until there is another one. So
 * a request is looked for again so often, so long after each look: for 20 seconds.
 */
const looks = 80
const lookEvery = Duration.millis(250)

const itself = ProblemDetails.make("invalid", {
  certainty: "not-sent",
  next: "fix",
  problems: [Problem.make("after", ["after", "key"], "this is the key of this request itself; a send cannot wait for itself")]
})

const unknown = ProblemDetails.make("after-unknown", {
  certainty: "not-sent",
  next: "retry",
  retryAfter: 1,
  detail:
    "no send under the key in `after` is known: its request has not come yet, or nothing was sent for it and its key is free again; ask again, or leave `after` out"
})

/** Looks until the delivery is there, or the time is over. */
const lookFor = (find: Effect.Effect<Option.Option<DeliveryId>>, left: number): Effect.Effect<DeliveryId, ProblemDetails.ProblemDetails> =>
  Effect.flatMap(
    find,
    Option.match({
      onNone: () => left === 0 ? Effect.fail(unknown) : Effect.delay(lookFor(find, left - 1), lookEvery),
      onSome: Effect.succeed
    })
  )

/** Gives the delivery of an `after`. A key is one of the same caller, for `POST /v1/send`. */
export const make: Effect.Effect<
  (after: After) => Effect.Effect<DeliveryId, ProblemDetails.ProblemDetails>,
  never,
  Router
> = Effect.map(Router, ({ keyed }) => (after) =>
  typeof after === "string" ? Effect.succeed(after) : Effect.gen(function*() {
    const caller = yield* Authorization.actor
    const key = AnswerOnce.ledgerKey({ caller, key: after.key, method: "POST", path: "/v1/send" })
    if (Option.contains(yield* AnswerOnce.LedgerKey, key)) return yield* itself
    return yield* lookFor(keyed(key), looks)
  }))
