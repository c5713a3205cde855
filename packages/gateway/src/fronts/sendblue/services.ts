/** The services that the endpoints and the events of this wire use. */
import { ChatBook, type ChatBookService } from "@interline/core/ChatBook"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import type { MessagingService } from "@interline/core/MessagingService"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import { Archive, type ArchiveService } from "@interline/sql/Archive"
import { EventLog, type EventLogService } from "@interline/sql/EventLog"
import { IdMap, type IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { OutboundHttp, type OutboundHttpService } from "../../egress/OutboundHttp.ts"
import { Callbacks, type CallbacksService } from "../../events/Callbacks.ts"
import { Front } from "../kit/Front.ts"
import type { FrontService } from "../kit/FrontService.ts"
import * as NativeCarriers from "../kit/nativeCarriers.ts"
import { PassThrough } from "../kit/passing/PassThrough.ts"
import type { PassThroughService } from "../kit/passing/PassThroughService.ts"

/** The services that render a message in Sendblue's words. */
export interface RenderServices {
  readonly archive: ArchiveService
  readonly front: FrontService
  readonly ids: IdMapService
  readonly messaging: MessagingService
  /** The carriers of Sendblue. */
  readonly own: NativeCarriers.NativeCarriers
}

export interface Services extends RenderServices {
  readonly callbacks: CallbacksService
  readonly chats: ChatBookService
  readonly egress: OutboundHttpService
  readonly events: EventLogService
  readonly ledger: LedgerService
  /** What goes to an account of the vendor because the gateway does not carry it. */
  readonly passing: PassThroughService
}

export const collectRenderServices: Effect.Effect<RenderServices, never, Archive | Front | IdMap | Messaging> = Effect.map(
  Effect.all({ archive: Archive, front: Front, ids: IdMap, messaging: Messaging }),
  (services) => ({ ...services, own: NativeCarriers.make("sendblue", services.messaging.carriers) })
)

export const collectServices: Effect.Effect<
  Services,
  never,
  Archive | Callbacks | ChatBook | OutboundHttp | EventLog | Front | IdMap | Ledger | Messaging
> = Effect.zipWith(
  collectRenderServices,
  Effect.all({ callbacks: Callbacks, chats: ChatBook, egress: OutboundHttp, events: EventLog, ledger: Ledger, passing: PassThrough }),
  (rendering, services) => ({ ...rendering, ...services })
)

/** The number that a line shows to a program that speaks Sendblue: its number at Sendblue if it has one. */
export const numberOf = ({ front, own }: Pick<RenderServices, "front" | "own">, line: LineName): string | null =>
  Option.getOrNull(front.numberOf(line, own.withLine(line)?.id))
