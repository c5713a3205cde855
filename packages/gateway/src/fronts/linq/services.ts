/** The services that the endpoints and the events of this wire use. */
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook, type ChatBookService } from "@interline/core/ChatBook"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import type { MessagingService } from "@interline/core/MessagingService"
import { Suppression, type SuppressionService } from "@interline/core/Suppression"
import { Archive, type ArchiveService } from "@interline/sql/Archive"
import { FileTable, type FileTableService } from "@interline/sql/FileTable"
import { IdMap, type IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Front } from "../kit/Front.ts"
import type { FrontService } from "../kit/FrontService.ts"
import * as NativeCarriers from "../kit/nativeCarriers.ts"
import { PassThrough } from "../kit/passing/PassThrough.ts"
import type { PassThroughService } from "../kit/passing/PassThroughService.ts"

export interface Services {
  readonly archive: ArchiveService
  readonly chats: ChatBookService
  readonly files: FileTableService
  readonly front: FrontService
  readonly ids: IdMapService
  readonly messaging: MessagingService
  /** The carriers of Linq. */
  readonly own: NativeCarriers.NativeCarriers
  /** What goes to an account of the vendor because the gateway does not carry it. */
  readonly passing: PassThroughService
  readonly suppression: SuppressionService
  /** Every carrier in use can list its chats. Then lists come from the carriers; else they come from the archive. */
  readonly carriersListChats: boolean
}

type Needed = Archive | ChatBook | FileTable | Front | IdMap | Messaging | Suppression

export const collectServices: Effect.Effect<Services, never, Needed> = Effect.map(
  Effect.all({
    archive: Archive,
    chats: ChatBook,
    files: FileTable,
    front: Front,
    ids: IdMap,
    messaging: Messaging,
    passing: PassThrough,
    suppression: Suppression
  }),
  (services) => ({
    ...services,
    own: NativeCarriers.make("linq", services.messaging.carriers),
    carriersListChats: services.messaging.carriers.every(({ capabilities: { operations: { listChats } } }) => listChats.direct === "native")
  })
)

/**
 * The number that a line shows to a program that speaks Linq. If Linq carries the message, or no carrier has it yet: the line's
 * number at Linq. Else the number that the program still knows. Else the number that the person sees.
 */
export const numberOf = (
  { front, messaging, own }: Pick<Services, "front" | "messaging" | "own">,
  line: LineName,
  carrierId?: CarrierId
): string | undefined => {
  const carrier = carrierId === undefined
    ? own.withLine(line)
    : messaging.carriers.find(({ id, lines }) => lines.has(line) && id === carrierId)
  if (carrier !== undefined && own.has(carrier.id)) return carrier.lines.get(line)
  // an alias, or a number at a carrier that is not in use: the program knows the line by it
  const kept = Option.filter(front.numberOf(line), (number) => !messaging.carriers.some(({ lines }) => lines.get(line) === number))
  return Option.getOrUndefined(Option.orElse(kept, () => front.numberOf(line, carrier?.id)))
}
