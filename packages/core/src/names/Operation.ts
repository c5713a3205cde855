/**
 * Every operation of `Messaging`, and what is true of each at any carrier.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category models
 */
export const Operation = Schema.Literal(
  "send",
  "sendVoiceMemo",
  "getMessage",
  "listMessages",
  "listThread",
  "deleteRecord",
  "edit",
  "react",
  "unreact",
  "listChats",
  "getChat",
  "updateChat",
  "markRead",
  "leaveChat",
  "shareContactCard",
  "addParticipant",
  "removeParticipant",
  "startTyping",
  "stopTyping",
  "uploadAttachment",
  "getAttachment",
  "deleteAttachment",
  "lookupService",
  "listLines",
  "setForwarding",
  "getContactCard",
  "setContactCard",
  "setOptOut",
  "listWebhooks",
  "createWebhook",
  "updateWebhook",
  "deleteWebhook"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Operation = typeof Operation.Type

/**
 * `reaches`: the request shows or sends something to a person, so the suppression fence stands in front of it.
 * `effect`: `read` may be repeated freely; `settle` sets a state that setting twice does not change; `act` must never be
 * repeated without a key that the vendor honours.
 *
 * @since 0.1.0
 * @category models
 */
export interface Trait {
  readonly reaches: boolean
  readonly effect: "read" | "settle" | "act"
  readonly summary: string
}

/**
 * @since 0.1.0
 * @category models
 */
export const traits: Record<Operation, Trait> = {
  send: { reaches: true, effect: "act", summary: "send a draft to a conversation" },
  sendVoiceMemo: { reaches: true, effect: "act", summary: "send audio as a voice memo bubble" },
  getMessage: { reaches: false, effect: "read", summary: "read one message and its delivery status" },
  listMessages: { reaches: false, effect: "read", summary: "list the messages of a conversation" },
  listThread: { reaches: false, effect: "read", summary: "list the replies around a message" },
  deleteRecord: { reaches: false, effect: "settle", summary: "delete the carrier's record of a message; phones keep it" },
  edit: { reaches: true, effect: "act", summary: "replace the text of a part that was sent" },
  react: { reaches: true, effect: "act", summary: "put a reaction on a message" },
  unreact: { reaches: true, effect: "act", summary: "take a reaction of ours off a message" },
  listChats: { reaches: false, effect: "read", summary: "list the chats of a line" },
  getChat: { reaches: false, effect: "read", summary: "read one chat with its participants and health" },
  updateChat: { reaches: true, effect: "act", summary: "rename a group or change its icon" },
  markRead: { reaches: false, effect: "settle", summary: "mark a conversation as read" },
  leaveChat: { reaches: false, effect: "settle", summary: "leave a group" },
  shareContactCard: { reaches: true, effect: "act", summary: "offer the line's contact card to a conversation" },
  addParticipant: { reaches: true, effect: "act", summary: "add a person to a group" },
  removeParticipant: { reaches: false, effect: "act", summary: "remove a person from a group" },
  startTyping: { reaches: true, effect: "settle", summary: "show the typing indicator" },
  stopTyping: { reaches: false, effect: "settle", summary: "hide the typing indicator" },
  uploadAttachment: { reaches: false, effect: "act", summary: "store a file at the carrier for later sends" },
  getAttachment: { reaches: false, effect: "read", summary: "read what the carrier knows of a stored file" },
  deleteAttachment: { reaches: false, effect: "settle", summary: "delete a stored file" },
  lookupService: { reaches: false, effect: "read", summary: "ask which service a handle can be reached by" },
  listLines: { reaches: false, effect: "read", summary: "list the account's lines with their health" },
  setForwarding: { reaches: false, effect: "settle", summary: "set or clear a line's call forwarding" },
  getContactCard: { reaches: false, effect: "read", summary: "read a line's contact card" },
  setContactCard: { reaches: false, effect: "settle", summary: "create or change a line's contact card" },
  setOptOut: { reaches: false, effect: "settle", summary: "record at the carrier that a person opted out or in" },
  listWebhooks: { reaches: false, effect: "read", summary: "list webhook subscriptions" },
  createWebhook: { reaches: false, effect: "act", summary: "subscribe a URL to events" },
  updateWebhook: { reaches: false, effect: "settle", summary: "change a webhook subscription" },
  deleteWebhook: { reaches: false, effect: "settle", summary: "delete a webhook subscription" }
}

/**
 * Every operation, in the order of the schema.
 *
 * @since 0.1.0
 * @category models
 */
export const all: ReadonlyArray<Operation> = Operation.literals

/**
 * What a caller's idempotency key looks like: 1 to 255 printable ASCII characters.
 *
 * @since 0.1.0
 * @category constants
 */
export const keyPattern = /^[\x20-\x7e]{1,255}$/
