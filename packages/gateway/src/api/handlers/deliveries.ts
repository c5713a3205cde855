/** Deliveries: their lists, their status, and why they went as they did. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import { Router } from "@interline/router/Router"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ConfiguredNumbers from "../../config/configuredNumbers.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import * as ArchivePages from "../archivePages.ts"
import * as ResolveAddress from "../resolveAddress.ts"

export const deliveries = HttpApiBuilder.group(GatewayApi, "deliveries", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    const archive = yield* Archive
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    const listing = {
      archive,
      resolve,
      carriers: messaging.carriers.map(({ id }) => id),
      lines: ResolveAddress.linesOf(yield* ConfiguredNumbers.configured)
    }
    const unknown = ResolveAddress.notFound("no delivery by that id is known here")
    return handlers
      .handle("listDeliveries", ({ urlParams: { outcome, status, ...params } }) =>
        Effect.map(
          ArchivePages.list(listing, params, {
            direction: "outbound",
            only: "deliveries",
            ...(outcome === undefined ? {} : { outcome }),
            ...(status === undefined ? {} : { status })
          }),
          ({ items, ...page }) => ({
            ...page,
            items: items.flatMap((archived) => archived._tag === "Outbound" ? [ArchivePages.deliveryRecord(archived)] : [])
          })
        ))
      .handle("getDelivery", ({ path: { id } }) =>
        Effect.flatMap(archive.find(id), (found) =>
          Option.isSome(found) && found.value._tag === "Outbound" ? Effect.succeed(ArchivePages.deliveryRecord(found.value)) : unknown))
      .handle("status", ({ path: { id } }) =>
        Effect.mapError(messaging.status(id), (error) =>
          ProblemDetails.fromMessagingError(error)))
      .handle("explain", ({ path: { id } }) =>
        Effect.flatMap(
          router.explain(id),
          Option.match({
            onNone: () => unknown,
            onSome: ({ doubt, outcome, ...explanation }) =>
              Effect.succeed({
                ...explanation,
                ...(doubt === undefined ? {} : { doubt }),
                ...(outcome === undefined ? {} : { outcome })
              })
          })
        ))
  }))
