/**
 * Asks carriers whether the webhooks that lead to this program are called. A webhook that is switched off cannot tell it itself.
 */
import type * as AccountNotice from "@interline/core/AccountNotice"
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"

/** Whether a webhook of this carrier with this address leads to this program. */
export type IsOwn = (carrierId: CarrierId, url: string) => boolean

/** What a check of a carrier's webhooks found. `at` is left to the caller. */
export type Found = Pick<AccountNotice.AccountNotice, "carrierId" | "subject" | "what">

/** `isRight`: a webhook that leads to this program is called, and none is off. */
export interface Checked {
  readonly found: ReadonlyArray<Found>
  readonly isRight: boolean
}

const unread: Checked = { found: [], isRight: false }

/**
 * Each check gives the webhooks that are not called, and those of `off` that are called again. `off`: the ids of webhooks of which it is
 * known that they are not called. A webhook that a former check of this process saw, and that is not in the list any more, was removed.
 */
export const make = (isOwn: IsOwn): (carrier: Carrier, off: ReadonlySet<string>) => Effect.Effect<Checked> => {
  const seen = new Map<CarrierId, ReadonlySet<string>>()
  return (carrier, off) =>
    !Capabilities.supports(carrier.capabilities, "listWebhooks") ? Effect.succeed(unread) : carrier.listWebhooks().pipe(
      Effect.map((webhooks) => {
        const { id: carrierId } = carrier
        const own = webhooks.filter(({ url }) => isOwn(carrierId, url))
        const called = new Set(own.flatMap(({ active, id }) => active ? [id] : []))
        const removed = Array.from(seen.get(carrierId) ?? []).filter((id) => webhooks.every((webhook) => webhook.id !== id))
        seen.set(carrierId, called)
        const found = [
          ...own.flatMap(({ active, id }): ReadonlyArray<Found> => active ? [] : [{ carrierId, what: "webhook-off", subject: id }]),
          ...removed.map((subject): Found => ({ carrierId, what: "webhook-off", subject })),
          ...Array.from(called).flatMap((subject): ReadonlyArray<Found> =>
            off.has(subject) ? [{ carrierId, what: "webhook-on", subject }] : []
          )
        ]
        return { found, isRight: called.size > 0 && found.every(({ what }) => what !== "webhook-off") }
      }),
      // credentials may be allowed to see the lines and not the webhooks
      Effect.catchAllCause(() =>
        Effect.as(Effect.annotateLogs(Effect.logDebug("a carrier's webhooks could not be listed"), { carrier: carrier.id }), unread)
      )
    )
}
