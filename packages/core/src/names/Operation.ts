/**
 * The table of operations: every operation of `Messaging`, and what is true of each at any carrier.
 *
 * An operation is one row here and one signature in `Operations`. Capability keys, gate, checks of its address, fence, repetition, spans,
 * the carrier that a router asks and the pages of the documentation derive from its row.
 */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"

/**
 * What the first arguments of an operation name.
 *
 * `conversation`: who a draft goes to (`send` only). `chat`: a conversation, or a chat of a carrier. `message`: a message and the chat
 * that it is in. `ref`: a message alone. `file`: a stored file. `line`: one of our lines. `person`: a handle, and perhaps one of our
 * lines. `query`: which chats to list. `none`: nothing; all arguments are the operation's own.
 *
 * @category models
 */
export type Address = "conversation" | "chat" | "message" | "ref" | "file" | "line" | "person" | "query" | "none"

/**
 * Which carrier a router asks.
 *
 * `policy`: the one that the policy chooses (`send` only). `address`: the one that the address names, or where the conversation is.
 * `first`: the first that can. `every`: all that can. `pages`: one after the other, a page at a time. `webhook`: the one that has the
 * webhook. `own`: the router decides by the arguments.
 *
 * @category models
 */
export type Route = "policy" | "address" | "first" | "every" | "pages" | "webhook" | "own"

/**
 * What is true of an operation at any carrier.
 *
 * @category models
 */
export interface Row {
  /** What its first arguments name. */
  readonly address: Address
  /** Which carrier a router asks. */
  readonly route: Route
  /**
   * `read` may be repeated freely. `settle` sets a state that setting twice does not change. `act` must never be repeated without a key
   * that the vendor honours.
   */
  readonly effect: "read" | "settle" | "act"
  /** Whether the request shows or sends something to a person, so that the suppression fence stands in front of it. */
  readonly reaches: boolean
  /** What it does, in a few words without a subject. */
  readonly summary: string
  /** The position of an argument that names a person who is reached too. */
  readonly alsoReaches?: number
  /** The position of the argument that says which part of a message is meant. It is the last one. */
  readonly part?: number
  /** The position of the argument that asks for a page. An adapter always gets one. */
  readonly page?: number
  /** Whether its answer is the receipt of a message that went out. */
  readonly sends?: true
  /** Whether reads can show that it has happened, after its answer was lost. */
  readonly readBack?: true
}

// one row a line: a table is read by its columns
// dprint-ignore
/**
 * Every operation, by name.
 *
 * @category constants
 */
export const operations = {
  send: { address: "conversation", route: "policy", effect: "act", reaches: true, sends: true, summary: "send a draft to a conversation" },
  sendVoiceMemo: { address: "chat", route: "address", effect: "act", reaches: true, sends: true, summary: "send audio as a voice memo bubble" },
  sendPoll: { address: "chat", route: "address", effect: "act", reaches: true, sends: true, summary: "send a poll to a conversation that has begun" },
  getPoll: { address: "ref", route: "address", effect: "read", reaches: false, summary: "read a poll with its votes" },
  addPollOptions: { address: "message", route: "address", effect: "act", reaches: true, summary: "add options to a poll" },
  voteInPoll: { address: "message", route: "address", effect: "act", reaches: true, readBack: true, summary: "give or take back our vote for one option of a poll" },
  getMessage: { address: "ref", route: "address", effect: "read", reaches: false, part: 1, summary: "read one message and its delivery status" },
  listMessages: { address: "chat", route: "address", effect: "read", reaches: false, page: 1, summary: "list the messages of a conversation" },
  listThread: { address: "ref", route: "address", effect: "read", reaches: false, page: 1, summary: "list the replies around a message" },
  deleteRecord: { address: "ref", route: "address", effect: "settle", reaches: false, summary: "delete the carrier's record of a message; phones keep it" },
  edit: { address: "message", route: "address", effect: "act", reaches: true, part: 2, readBack: true, summary: "replace the text of a part that was sent" },
  react: { address: "message", route: "address", effect: "act", reaches: true, part: 2, readBack: true, summary: "put a reaction on a message" },
  unreact: { address: "message", route: "address", effect: "act", reaches: true, part: 2, readBack: true, summary: "take a reaction of ours off a message" },
  moveSticker: { address: "message", route: "address", effect: "settle", reaches: true, part: 3, summary: "move a sticker of ours on a message" },
  listChats: { address: "query", route: "pages", effect: "read", reaches: false, summary: "list the chats of a line" },
  getChat: { address: "chat", route: "address", effect: "read", reaches: false, summary: "read one chat with its participants and health" },
  updateChat: { address: "chat", route: "address", effect: "act", reaches: true, readBack: true, summary: "rename a group or change its icon" },
  markRead: { address: "chat", route: "address", effect: "settle", reaches: false, summary: "mark a conversation as read" },
  leaveChat: { address: "chat", route: "address", effect: "settle", reaches: false, summary: "leave a group" },
  shareContactCard: { address: "chat", route: "address", effect: "act", reaches: true, summary: "offer the line's contact card to a conversation" },
  requestLocation: { address: "chat", route: "address", effect: "act", reaches: true, summary: "ask a person to share their location" },
  getLocations: { address: "chat", route: "address", effect: "read", reaches: false, summary: "read where the people of a conversation are, as far as they share it" },
  stopLocation: { address: "chat", route: "address", effect: "settle", reaches: false, summary: "end a person's sharing of their location with us" },
  addParticipant: { address: "chat", route: "address", effect: "act", reaches: true, alsoReaches: 1, readBack: true, summary: "add a person to a group" },
  removeParticipant: { address: "chat", route: "address", effect: "act", reaches: false, readBack: true, summary: "remove a person from a group" },
  startTyping: { address: "chat", route: "address", effect: "settle", reaches: true, summary: "show the typing indicator" },
  stopTyping: { address: "chat", route: "address", effect: "settle", reaches: false, summary: "hide the typing indicator" },
  uploadAttachment: { address: "none", route: "first", effect: "act", reaches: false, summary: "store a file at the carrier for later sends" },
  getAttachment: { address: "file", route: "address", effect: "read", reaches: false, summary: "read what the carrier knows of a stored file" },
  deleteAttachment: { address: "file", route: "address", effect: "settle", reaches: false, summary: "delete a stored file" },
  lookupService: { address: "person", route: "first", effect: "read", reaches: false, summary: "ask which service a handle can be reached by" },
  listLines: { address: "none", route: "every", effect: "read", reaches: false, summary: "list the account's lines with their health" },
  listLineUsage: { address: "none", route: "every", effect: "read", reaches: false, summary: "list how many new people each line may still write to" },
  getContactStatus: { address: "line", route: "first", effect: "read", reaches: false, summary: "ask whether a person counts as new at a line" },
  setForwarding: { address: "line", route: "every", effect: "settle", reaches: false, summary: "set or clear a line's call forwarding" },
  getContactCard: { address: "line", route: "first", effect: "read", reaches: false, summary: "read a line's contact card" },
  setContactCard: { address: "line", route: "every", effect: "settle", reaches: false, summary: "create or change a line's contact card" },
  setOptOut: { address: "none", route: "own", effect: "settle", reaches: false, summary: "record at the carrier that a person opted out or in" },
  listBlocked: { address: "none", route: "every", effect: "read", reaches: false, summary: "list the people and senders whom the account blocked" },
  block: { address: "none", route: "every", effect: "settle", reaches: false, summary: "block a person or sender at the carrier" },
  unblock: { address: "none", route: "every", effect: "settle", reaches: false, summary: "end the block of a person or sender" },
  listWebhooks: { address: "none", route: "every", effect: "read", reaches: false, summary: "list webhook subscriptions" },
  createWebhook: { address: "none", route: "own", effect: "act", reaches: false, summary: "subscribe a URL to events" },
  updateWebhook: { address: "none", route: "webhook", effect: "settle", reaches: false, summary: "change a webhook subscription" },
  deleteWebhook: { address: "none", route: "webhook", effect: "settle", reaches: false, summary: "delete a webhook subscription" }
} as const satisfies Record<string, Row>

/**
 * The name of an operation.
 *
 * @category models
 */
export type Operation = keyof typeof operations

/**
 * Every operation, in the order of the table.
 *
 * @category constants
 */
export const all: ReadonlyArray<Operation> = Struct.keys(operations)

/**
 * The schema of an operation's name.
 *
 * @category schemas
 */
export const Operation = Schema.Literal(...all)

/**
 * The names of the operations whose rows have these columns.
 *
 * @category models
 */
export type With<Columns> = { [O in Operation]: (typeof operations)[O] extends Columns ? O : never }[Operation]

/**
 * What a caller's idempotency key looks like: 1 to 255 printable ASCII characters.
 *
 * @category constants
 */
export const keyPattern = /^[\x20-\x7e]{1,255}$/
