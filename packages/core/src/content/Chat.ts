/** A chat as a carrier reports it, with its participants and health. */
import * as Schema from "effect/Schema"
import { ChatRef } from "../names/Conversation.ts"
import { Peer } from "../names/Peer.ts"
import { Service } from "../names/Service.ts"
import { optional } from "../runtime/Optional.ts"
import { ChatHealth } from "./Health.ts"
import { word } from "./Message.ts"

/**
 * Someone in a chat. `isMine` marks our own line.
 *
 * @category models
 */
export const Participant = Schema.Struct({
  peer: Peer,
  id: optional(Schema.String),
  isMine: Schema.Boolean,
  status: optional(word(Schema.Literal("active", "left", "removed"))),
  service: optional(word(Service)),
  name: optional(Schema.String),
  joinedAt: optional(Schema.String),
  leftAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface Participant extends Schema.Schema.Type<typeof Participant> {}

/**
 * `metadata` holds the fields that only this carrier has, under the vendor's names.
 *
 * @category models
 */
export const Chat = Schema.Struct({
  ref: ChatRef,
  name: optional(Schema.String),
  icon: optional(Schema.String),
  isGroup: Schema.Boolean,
  participants: Schema.Array(Participant),
  service: optional(word(Service)),
  archived: optional(Schema.Boolean),
  health: optional(ChatHealth),
  createdAt: optional(Schema.String),
  updatedAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface Chat extends Schema.Schema.Type<typeof Chat> {}
