/**
 * The ids that the fronts show: one for a message, a chat or a file, whichever carrier has it, and the way back. They
 * survive a restart, and a conversation keeps its id when it moves to another carrier.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { ChatRef, ChatTarget, Conversation, Group } from "@interline/core/Conversation"
import type { MessageTarget } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessageRef } from "@interline/core/MessageRef"
import type { AttachmentRef } from "@interline/core/Part"
import type { Ledger } from "@interline/router/Ledger"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as IdMapLive from "./idMapLive.ts"

/**
 * Every id is a lower-case UUID. The id of a message of a delivery of ours is the delivery's; any other is derived from the
 * vendor's ref, so that the same ref has the same id in every process. The id of a group is its `ConversationId`; of a direct
 * conversation it is derived from line and handle. `messageId`, `chatId` and `attachmentId` write down what they answer.
 *
 * `message`, `chat` and `attachment` lead back; they also read the string form of a ref (`linq:69a3…`). `None`: never shown.
 *
 * `chat` leads to the conversation rather than to a carrier's chat as soon as it is known. `group` answers the group of exactly these members on
 * this line, whatever their order, opening one if there is none; of several, the one that had them first. `remember` writes a
 * conversation down under its id, with the members that it has by then. `conversationOf` answers the conversation that lives in a carrier's chat, if it is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface IdMapService {
  readonly messageId: (ref: MessageRef) => Effect.Effect<string>
  readonly message: (id: string) => Effect.Effect<Option.Option<MessageTarget>>
  readonly chatId: (target: ChatTarget) => Effect.Effect<string>
  readonly chat: (id: string) => Effect.Effect<Option.Option<ChatTarget>>
  readonly attachmentId: (ref: AttachmentRef) => Effect.Effect<string>
  readonly attachment: (id: string) => Effect.Effect<Option.Option<AttachmentRef>>
  readonly group: (line: LineName, members: ReadonlyArray<Handle>) => Effect.Effect<Group>
  readonly remember: (conversation: Conversation) => Effect.Effect<void>
  readonly conversationOf: (chat: ChatRef) => Effect.Effect<Option.Option<Conversation>>
}

/**
 * @since 0.1.0
 * @category services
 */
export class IdMap extends Context.Tag("@interline/sql/IdMap")<IdMap, IdMapService>() {}

/**
 * Ids in SQL. An id that was not shown for 400 days may be forgotten, unless a conversation or a delivery has it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<IdMapService, never, SqlClient.SqlClient | Ledger | Scope.Scope> = IdMapLive.make

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IdMap, never, SqlClient.SqlClient | Ledger> = Layer.scoped(IdMap, make)
