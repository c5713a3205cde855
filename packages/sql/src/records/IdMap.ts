/**
 * The public ids of the fronts: one id for each message, chat or file, whichever carrier has it. It also finds the thing that an id stands
 * for. The ids survive a restart, and a conversation keeps its id when it moves to another carrier.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as BoundedMap from "@interline/core/BoundedMap"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { MessageTarget } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import type { AttachmentRef } from "@interline/core/Part"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"
import * as Conversations from "./conversations.ts"
import * as DerivedIds from "./derivedIds.ts"

/**
 * Every id is a lower-case UUID. A message of our own delivery has the delivery's id. Any other id is derived from the vendor's ref, so the
 * same ref has the same id in every process. A group has its `ConversationId`. The id of a direct conversation is derived from its line and
 * handle. But what programs know from before by the vendor's own id has that id here too (`AdoptedIds`).
 *
 * @category models
 */
export interface IdMapService {
  /** The id of a message. The id is recorded before it is returned. */
  readonly toMessageId: (ref: MessageRef.MessageRef) => Effect.Effect<string>
  /** The message of an id or of a ref's string form (`linq:69a3…`). `None`: the id was never shown. */
  readonly findMessage: (id: string) => Effect.Effect<Option.Option<MessageTarget>>
  /**
   * The id of a chat or a conversation. The id is recorded before it is returned. If the conversation of a chat is known, the chat has the
   * conversation's id.
   */
  readonly toChatId: (target: Conversation.ChatTarget) => Effect.Effect<string>
  /**
   * The target of an id, or of a ref's string form: the conversation if it is known, else the carrier's chat. `None`: the id was never
   * shown.
   */
  readonly findChat: (id: string) => Effect.Effect<Option.Option<Conversation.ChatTarget>>
  /** The id of a file. The id is recorded before it is returned. */
  readonly toAttachmentId: (ref: AttachmentRef) => Effect.Effect<string>
  /** The file of an id or of a ref's string form. `None`: the id was never shown. */
  readonly findAttachment: (id: string) => Effect.Effect<Option.Option<AttachmentRef>>
  /**
   * The group of exactly these members on this line. The order of the members does not matter. If there is no such group, one is opened. If
   * there are several, it is the one that had these members first.
   */
  readonly openGroup: (line: LineName, members: ReadonlyArray<Handle>) => Effect.Effect<Conversation.Group>
  /** The same group, if there is one. None is opened. */
  readonly findGroup: (line: LineName, members: ReadonlyArray<Handle>) => Effect.Effect<Option.Option<Conversation.Group>>
  /** Records a conversation under its id, with its present members. */
  readonly remember: (conversation: Conversation.Conversation) => Effect.Effect<void>
  /** The conversation that lives in a carrier's chat, if it is known. */
  readonly findConversation: (chat: Conversation.ChatRef) => Effect.Effect<Option.Option<Conversation.Conversation>>
}

/**
 * The tag of the map between our ids and those of the fronts.
 *
 * @category services
 */
export class IdMap extends Context.Tag("@interline/sql/IdMap")<IdMap, IdMapService>() {}

const isDeliveryId = Schema.is(DeliveryId)

const makeWith = (sql: SqlClient.SqlClient, ledger: LedgerService): IdMapService => {
  const ids = DerivedIds.make(sql)
  const conversations = Conversations.make(sql)

  // In every process, a message keeps its delivery for ever.
  const owned = BoundedMap.make<string, DeliveryId>(20_000)

  const toChatId: IdMapService["toChatId"] = (target) =>
    Conversation.isConversation(target)
      ? Effect.flatMap(conversations.introduce(target), () => ids.shownAs(Conversations.idOf(target)))
      : Effect.flatMap(conversations.findIn(target), (conversation) =>
        Option.isSome(conversation) ? toChatId(conversation.value) : ids.show("chat", target))

  return {
    toMessageId: (ref) => {
      const text = MessageRef.format(ref)
      const owner = owned.get(text)
      return owner !== undefined ? Effect.succeed(owner) : Effect.flatMap(ledger.owners([ref]), (owners) => {
        const found = owners.get(text)
        if (found === undefined) return ids.show("message", ref)
        owned.set(text, found)
        return Effect.succeed(found)
      })
    },
    findMessage: (id) =>
      Effect.flatMap(
        ids.findRef("message", id),
        (ref): Effect.Effect<Option.Option<MessageTarget>> =>
          Option.isSome(ref) || !isDeliveryId(id)
            ? Effect.succeed(ref)
            : Effect.map(ledger.read(id), Option.map((entry) => entry.id))
      ),
    toChatId,
    findChat: (id) =>
      Effect.flatMap(
        conversations.find(id),
        (conversation) =>
          Option.isSome(conversation) ?
            Effect.succeed(conversation) :
            Effect.flatMap(ids.findRef("chat", id), (ref) =>
              Option.isNone(ref) || id.includes(":") ? Effect.succeed<Option.Option<Conversation.ChatTarget>>(ref) : Effect.map(
                conversations.findIn(ref.value),
                (later) => Option.isSome(later) ? later : Option.some<Conversation.ChatTarget>(ref.value)
              ))
      ),
    toAttachmentId: (ref) => ids.show("attachment", ref),
    findAttachment: (id) => ids.findRef("attachment", id),
    openGroup: conversations.openGroup,
    findGroup: conversations.findGroup,
    remember: conversations.remember,
    findConversation: conversations.findIn
  }
}

/**
 * Ids in SQL. An id may be removed if it was not shown for 400 days, unless a conversation or a delivery has it.
 *
 * @category constructors
 */
export const make: Effect.Effect<IdMapService, never, SqlClient.SqlClient | Ledger | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Store.forgetOldRows("ids", [DerivedIds.forget])
  return makeWith(sql, yield* Ledger)
})

/**
 * The map as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<IdMap, never, SqlClient.SqlClient | Ledger> = Layer.scoped(IdMap, make)
