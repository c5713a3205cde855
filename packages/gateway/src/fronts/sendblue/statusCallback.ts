/** The address that one send's status is posted to. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { GatewayEvent } from "../../sql/records/EventLog.ts"
import * as Refusal from "./refusal.ts"
import type { Services } from "./services.ts"

/** For how long a status may still come. */
const expiresAfter = Duration.days(7)

const pageSize = 500

/** Every event about a delivery that is in the log after a place, oldest first, page by page. */
const missed = (
  { callbacks, events }: Pick<Services, "callbacks" | "events">,
  deliveryId: DeliveryId,
  after: number
): Effect.Effect<void> =>
  Effect.flatMap(events.read(after, pageSize), (page: ReadonlyArray<GatewayEvent>) => {
    const last = page[page.length - 1]
    const own = page.filter((event) => event.deliveryId === deliveryId)
    const published = own.length === 0 ? Effect.void : callbacks.published(own)
    return last === undefined || page.length < pageSize
      ? published
      : Effect.zipRight(published, Effect.suspend(() => missed({ callbacks, events }, deliveryId, last.id)))
  })

const isRegistered = ({ callbacks }: Services, deliveryId: DeliveryId): Effect.Effect<boolean> =>
  Effect.map(callbacks.list("sendblue"), (endpoints) => endpoints.some((endpoint) => endpoint.deliveryId === deliveryId))

/**
 * Checks the address before anything is sent, and answers what to do once the delivery has its id. The id is known only after
 * the send, when its first statuses may have been heard already: what is in the log since before the send is published
 * again, which tells this address what it missed and nobody anything twice.
 */
export const prepare = (
  services: Services,
  url: string | undefined
): Effect.Effect<(deliveryId: DeliveryId) => Effect.Effect<void>, Refusal.Refusal> =>
  url === undefined
    ? Effect.succeed(() => Effect.void)
    : Effect.gen(function*() {
      const { callbacks, egress, events } = services
      yield* Effect.catchAll(egress.check(url), ({ why }) => Refusal.invalidSend(`status_callback: ${why}`))
      const before = yield* events.latest
      const register = (deliveryId: DeliveryId) =>
        Effect.gen(function*() {
          // a retry that joins the first request's delivery finds its address there
          if (yield* isRegistered(services, deliveryId)) return
          const now = yield* Clock.currentTimeMillis
          yield* callbacks.create({
            url,
            dialect: "sendblue",
            events: ["outbound"],
            lines: [],
            active: true,
            deliveryId,
            expiresAt: now + Duration.toMillis(expiresAfter)
          })
          yield* missed(services, deliveryId, before)
        })
      // the message went out, and its handle must be answered whatever becomes of the reports about it
      return (deliveryId) =>
        Effect.catchAllCause(register(deliveryId), () =>
          Effect.annotateLogs(Effect.logWarning("the status callback of a send could not be registered"), { delivery: deliveryId }))
    })
