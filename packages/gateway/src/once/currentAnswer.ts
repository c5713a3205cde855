/** Answers a retry of a send anew, where its first answer was uncertain and the delivery has ended since. */
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

/** What the send of this request came to. If it is there, the request sends nothing and is only answered. */
export class EndedSend extends Context.Reference<EndedSend>()("@interline/gateway/internal/EndedSend", {
  defaultValue: (): Option.Option<Ended> => Option.none()
}) {}

/** Sends a message, unless the request only asks what has become of it. */
export const send = ({ send }: Pick<MessagingService, "send">): MessagingService["send"] => (to, draft, options) =>
  Effect.flatMap(EndedSend, (ended): Effect.Effect<Delivery, SendError> => Option.getOrElse(ended, () => send(to, draft, options)))

interface Parts {
  readonly log: Pick<RequestLogService, "amend">
  readonly ended: RouterService["ended"]
  /** The delivery that an answer is about. */
  readonly deliveryOf: (reply: Reply) => Option.Option<DeliveryId>
}

/**
 * Answers with what is true now of the delivery that a kept answer is about, in the words of a first answer. While the delivery has not ended, the
 * kept answer is given again. `answer` answers the request anew, with `EndedSend` in place of the send. The log keeps the current answer for the next
 * retry.
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
          // a configuration that has changed may refuse the request before it comes to its send
          !Option.contains(deliveryOf(current), asked.value)
            ? Effect.succeed(kept)
            : Effect.as(Store.writeOrAbandon("an answer", log.amend(id, kept, current)), current)))
    // where the ledger cannot be read, the kept answer is what is known
    return Effect.catchAllDefect(found, () => Effect.succeed(kept))
  }
