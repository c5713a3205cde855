/** Lists held deliveries, and settles them. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import * as VisibleText from "@interline/core/VisibleText"
import { type HeldDelivery as Held, Router } from "@interline/router/Router"
import { Archive } from "@interline/sql/Archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import type { HeldDelivery } from "../ApiSchema.ts"
import type * as ArchivePages from "../archivePages.ts"
import * as Authorization from "../authorization.ts"
import * as PageCursor from "../pageCursor.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const pages = PageCursor.make(Schema.Struct({ createdAt: Schema.Int, deliveryId: DeliveryId }))

const previewLength = 80

/** The first characters of a draft, so that a person can find it on a phone or in a vendor's console. */
const previewOf = ({ parts }: Draft): string | undefined => {
  const [text] = parts.flatMap((part) => part._tag === "Text" ? [part.text] : part._tag === "Link" ? [part.url] : [])
  return text === undefined ? undefined : VisibleText.shorten(text, previewLength)
}

const heldRecord = (
  { createdAt: _, ...held }: Held,
  { conversation, draft }: ArchivePages.Outbound["entry"]["content"],
  at: number
): typeof HeldDelivery.Type => {
  const preview = previewOf(draft)
  return {
    ...held,
    conversation,
    sinceTime: new Date(held.since).toISOString(),
    ageSeconds: Math.max(0, Math.floor((at - held.since) / 1000)),
    ...(preview === undefined ? {} : { preview })
  }
}

export const held = HttpApiBuilder.group(
  GatewayApi,
  "held",
  (handlers) =>
    Effect.map(Effect.all([Router, Archive]), ([router, archive]) =>
      handlers
        .handle("listHeld", ({ urlParams: { cursor, limit = 100 } }) =>
          Effect.gen(function*() {
            const at = yield* Clock.currentTimeMillis
            const found = yield* router.held(limit + 1, yield* pages.readIfGiven(cursor))
            const shown = found.slice(0, limit)
            const last = shown.at(-1)
            // The router gives no person and no text, so they are read from the ledger.
            const items = yield* Effect.forEach(shown, (one) =>
              Effect.map(
                archive.find(one.deliveryId),
                Option.match({
                  // It may have been settled and removed meanwhile.
                  onNone: () => [],
                  onSome: (found) => found._tag === "Outbound" ? [heldRecord(one, found.entry.content, at)] : []
                })
              ), { concurrency: 8 })
            return {
              items: items.flat(),
              ...(last === undefined || found.length <= limit
                ? {}
                : { next: pages.write({ createdAt: last.createdAt, deliveryId: last.deliveryId }) })
            }
          }))
        .handle("settle", ({ path: { id }, payload }) =>
          Effect.flatMap(
            Effect.flatMap(Authorization.actor, (actor) =>
              Effect.mapError(
                router.settle(
                  id,
                  payload.verdict === "arrived" ? { _tag: "Arrived", ref: payload.ref } : { _tag: "NotSent" },
                  actor
                ),
                (error) => ProblemDetails.fromMessagingError(error)
              )),
            (was) => was ? Effect.void : ResolveAddress.notFound("no delivery by that id is held")
          ))
        .handle("look", () => router.look))
)
