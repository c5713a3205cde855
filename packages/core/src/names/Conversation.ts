/** Where a draft goes: one person or a group, always from one of our lines. Neutral: no vendor id is needed to write to it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CarrierId } from "./CarrierId.ts"
import { Handle } from "./Handle.ts"
import { LineName } from "./Line.ts"
import * as Uuid from "./Uuid.ts"
import { VendorId } from "./VendorId.ts"

/**
 * The identity of a group, minted by us: members change, and one set of members can be several chats.
 *
 * @category models
 */
export const ConversationId = Schema.UUID.pipe(Schema.brand("ConversationId"), Schema.annotations({ identifier: "ConversationId" }))

/** @category models */
export type ConversationId = typeof ConversationId.Type

/**
 * A conversation between one of our lines and one person.
 *
 * @category models
 */
export const Direct = Schema.TaggedStruct("Direct", { line: LineName, handle: Handle })

/** @category models */
export interface Direct extends Schema.Schema.Type<typeof Direct> {}

/**
 * `members` excludes our own line and is a lookup hint: it names the people when the group is opened at a carrier.
 *
 * @category models
 */
export const Group = Schema.TaggedStruct("Group", {
  line: LineName,
  id: ConversationId,
  members: Schema.Array(Handle)
})

/** @category models */
export interface Group extends Schema.Schema.Type<typeof Group> {}

/**
 * Where a message goes: one person or a group, from one of our lines.
 *
 * @category models
 */
export const Conversation = Schema.Union(Direct, Group)

/** @category models */
export type Conversation = typeof Conversation.Type

/**
 * Where a conversation lives at a carrier.
 *
 * @category models
 */
export const ChatRef = Schema.Struct({ carrierId: CarrierId, id: VendorId })

/** @category models */
export interface ChatRef extends Schema.Schema.Type<typeof ChatRef> {}

/**
 * What chat operations are addressed to: a conversation, or a chat that a carrier named.
 *
 * @category models
 */
export type ChatTarget = Conversation | ChatRef

/**
 * Makes a conversation with one person.
 *
 * @category constructors
 */
export const direct = (line: LineName, handle: Handle): Direct => ({ _tag: "Direct", line, handle })

/**
 * Opens the identity of a group. Keep the value (or its id): the same people under another id are another conversation.
 *
 * @category constructors
 */
export const group = (line: LineName, members: ReadonlyArray<Handle>): Effect.Effect<Group> =>
  Effect.map(Uuid.mint, (id) => ({ _tag: "Group", line, id: ConversationId.make(id, true), members }))

/**
 * Every person who would be reached.
 *
 * @category getters
 */
export const recipients = (conversation: Conversation): ReadonlyArray<Handle> =>
  conversation._tag === "Direct" ? [conversation.handle] : conversation.members

/**
 * Whether a conversation is with one person or with a group.
 *
 * @category getters
 */
export const kind = (conversation: Conversation): "direct" | "group" => conversation._tag === "Direct" ? "direct" : "group"

/**
 * Whether a target is a conversation, and not a chat that a carrier named.
 *
 * @category refinements
 */
export const isConversation = (target: ChatTarget): target is Conversation => "_tag" in target

/**
 * A key that is equal for equal conversations: line and handle, or the group's id. Holds a phone number; not for logs.
 *
 * @category getters
 */
export const key = (conversation: Conversation): string =>
  conversation._tag === "Direct" ? `${conversation.line}|${conversation.handle}` : conversation.id
