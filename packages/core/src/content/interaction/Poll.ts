/** A poll in a conversation: options that people and our line vote for. iMessage only. A poll has no title; a text before it may ask the question. */
import * as Schema from "effect/Schema"
import { ChatRef } from "../../names/Conversation.ts"
import { MessageRef } from "../../names/MessageRef.ts"
import { Peer } from "../../names/Peer.ts"
import { optional } from "../../runtime/Optional.ts"
import { ReceivedReaction } from "../Reaction.ts"

/**
 * Somebody who voted for an option: a person, or a line of ours. `at` is when, as the carrier writes it.
 *
 * @category models
 */
export const PollVoter = Schema.Struct({ peer: Peer, at: optional(Schema.String) })

/** @category models */
export interface PollVoter extends Schema.Schema.Type<typeof PollVoter> {}

/**
 * An option of a poll. `id` is the carrier's; a vote names it. `text` is empty where the carrier does not keep texts. `creator` is who added
 * the option, absent if the carrier does not know. The number of votes is the number of `voters`.
 *
 * @category models
 */
export const PollOption = Schema.Struct({
  id: Schema.String,
  text: Schema.String,
  creator: optional(Peer),
  canBeEdited: optional(Schema.Boolean),
  voters: Schema.Array(PollVoter)
})

/** @category models */
export interface PollOption extends Schema.Schema.Type<typeof PollOption> {}

/**
 * A poll as its carrier reports it. `ref` is the message that shows it. `totalVoters` counts a person once who voted for several options.
 * `metadata` holds the fields that only this carrier has, under the vendor's names.
 *
 * @category models
 */
export const Poll = Schema.Struct({
  ref: MessageRef,
  chat: optional(ChatRef),
  options: Schema.Array(PollOption),
  totalVoters: optional(Schema.NonNegativeInt),
  reactions: Schema.Array(ReceivedReaction),
  createdAt: optional(Schema.String),
  updatedAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface Poll extends Schema.Schema.Type<typeof Poll> {}

/**
 * A poll to send: the texts of its options, at least two. Options are only ever added, never changed or taken away. `key` is the caller's own
 * idempotency key, 1 to 255 printable ASCII characters. The carrier gets it with the poll, so that repeating a poll whose result is unknown
 * makes no second one. Linq documents the key, and not how long it keeps it or how far it reaches (Go client 0.38.3, read 2026-11): take one
 * that no other poll has.
 *
 * @category models
 */
export const PollDraft = Schema.Struct({
  options: Schema.Array(Schema.String),
  key: optional(Schema.String)
})

/** @category models */
export interface PollDraft extends Schema.Schema.Type<typeof PollDraft> {}
