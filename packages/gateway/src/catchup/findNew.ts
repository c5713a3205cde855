/** Finds which events of a read-back are new. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { SuppressionService } from "@interline/core/Suppression"
import type { ArchiveService } from "@interline/sql/Archive"
import * as Digest from "@interline/sql/Digest"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CatchUpTable } from "./catchUpTable.ts"

export interface Parts {
  readonly table: CatchUpTable
  readonly suppression: Pick<SuppressionService, "find">
  readonly ids: Pick<IdMapService, "toMessageId">
  readonly archive: Pick<ArchiveService, "find">
}

export type DropKnown = (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<ReadonlyArray<MessagingEvent>>

/**
 * An event is known if its id is known, or if its content is known: a status of a message, a message in the archive, an opt-out in the
 * list.
 */
export const make = ({ archive, ids, suppression, table }: Parts): DropKnown => {
  const isKnown = (event: MessagingEvent): Effect.Effect<boolean> => {
    switch (event._tag) {
      case "Status":
        return table.isHeard(event)
      case "Received":
        return Effect.map(Effect.flatMap(ids.toMessageId(event.message.ref), archive.find), Option.isSome)
      case "OptedOut":
        return Effect.map(
          suppression.find(event.handle),
          Option.exists(({ saidAt }) => event.at === undefined || saidAt >= Date.parse(event.at))
        )
      default:
        return Effect.succeed(false)
    }
  }
  return (carrierId, events) =>
    Effect.flatMap(
      table.findKnownIds(carrierId, events),
      (known) =>
        Effect.filter(events, (event) =>
          event.id !== undefined && known.has(Digest.of(event.id))
            ? Effect.succeed(false)
            : Effect.map(isKnown(event), (isKnown) => !isKnown))
    )
}
