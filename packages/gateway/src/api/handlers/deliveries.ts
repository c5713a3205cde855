/** Deliveries: their lists, their status, and why they went as they did. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { DeliveryId } from "@interline/core/DeliveryId"
import { Messaging } from "@interline/core/Messaging"
import { Router } from "@interline/router/Router"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ConfiguredNumbers from "../../config/configuredNumbers.ts"
import { ApiKeys } from "../../http/ApiKeys.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import * as ArchivePages from "../archivePages.ts"
import * as Authorization from "../authorization.ts"
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
      lines: ResolveAddress.linesOf(yield* ConfiguredNumbers.configured),
      ledgerKeys: ArchivePages.ledgerKeysBy(yield* ApiKeys)
    }
    const unknown = ResolveAddress.notFound("no delivery by that id is known here")
    /** Fails if the request's key is not for the line of the delivery, as if there were no such delivery. */
    const checkLine = (id: DeliveryId) =>
      Effect.flatMap(Authorization.lines, (own) =>
        own === undefined
          ? Effect.void
          : Effect.flatMap(archive.find(id), (found) =>
            Option.exists(found, (one) => one._tag === "Outbound" && own.has(one.entry.content.conversation.line))
              ? Effect.void
              : unknown))
    return handlers
      .handle("listDeliveries", ({ urlParams }) =>
        Effect.map(
          ArchivePages.list(listing, urlParams, { direction: "outbound", only: "deliveries" }),
          ({ items, ...page }) => ({
            ...page,
            items: items.flatMap((archived) => archived._tag === "Outbound" ? [ArchivePages.deliveryRecord(archived)] : [])
          })
        ))
      .handle("getDelivery", ({ path: { id } }) =>
        Effect.flatMap(Effect.zipRight(checkLine(id), archive.find(id)), (found) =>
          Option.isSome(found) && found.value._tag === "Outbound" ? Effect.succeed(ArchivePages.deliveryRecord(found.value)) : unknown))
      .handle("status", ({ path: { id } }) =>
        Effect.zipRight(
          checkLine(id),
          Effect.mapError(messaging.status(id), (error) =>
            ProblemDetails.fromMessagingError(error))
        ))
      .handle("explain", ({ path: { id } }) =>
        Effect.flatMap(
          Effect.zipRight(checkLine(id), router.explain(id)),
          Option.match({
            onNone: () =>
              unknown,
            onSome: ({ doubt, outcome, ...explanation }) =>
              Effect.succeed({
                ...explanation,
                ...(doubt === undefined ? {} : { doubt }),
                ...(outcome === undefined ? {} : { outcome })
              })
          })
        ))
  }))
