/** Answers a retry of a send anew, if the first answer was uncertain and the delivery has ended since then. */
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { MessagingService } from "@interline/core/MessagingService"
import type { SendError } from "@interline/core/SendError"
import type { Ended, RouterService } from "@interline/router/Router"
import type { Reply, RequestLogService } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The ended send of this request. If it is there, the request sends nothing and is only answered. */
export class EndedSend extends Context.Reference<EndedSend>()("@interline/gateway/internal/EndedSend", {
  defaultValue: (): Option.Option<Ended> => Option.none()
}) {}

/** Sends a message. If the request only asks for the result of an earlier send, it gives that result. */
export const send = ({ send }: Pick<MessagingService, "send">): MessagingService["send"] => (to, draft, options) =>
  Effect.flatMap(EndedSend, (ended): Effect.Effect<Delivery, SendError> => Option.getOrElse(ended, () => send(to, draft, options)))

interface Parts {
  readonly log: Pick<RequestLogService, "amend">
  readonly ended: RouterService["ended"]
  /** The delivery that an answer is about. */
  readonly deliveryOf: (reply: Reply) => Option.Option<DeliveryId>
}

/**
 * Answers with the present state of the delivery that a stored answer is about, in the form of a first answer. While the delivery has not
 * ended, the stored answer is given again. `answer` answers the request anew, with `EndedSend` in place of the send. The log stores the new
 * answer for the next retry.
 */
export const make =
  ({ deliveryOf, ended, log }: Parts) =>
  <R>(id: string, kept: Reply, answer: Effect.Effect<Reply, never, R>): Effect.Effect<Reply, never, R> => {
    const asked = deliveryOf(kept)
    if (Option.isNone(asked)) return Effect.succeed(kept)
    const found = Effect.flatMap(ended(asked.value), (end) =>
      Option.isNone(end)
        ? Effect.succeed(kept)
        : Effect.flatMap(Effect.provideService(answer, EndedSend, end), (current) =>
          // A changed configuration may refuse the request before its send. Then the answer is about no delivery.
          !Option.contains(deliveryOf(current), asked.value)
            ? Effect.succeed(kept)
            : Effect.as(Store.writeOrAbandon("an answer", log.amend(id, kept, current)), current)))
    // If the ledger cannot be read, use the stored answer.
    return Effect.catchAllDefect(found, () => Effect.succeed(kept))
  }
