/** An outbound message before any carrier is chosen. */
import * as Schema from "effect/Schema"
import { DeliveryId } from "../names/DeliveryId.ts"
import { MessageRef } from "../names/MessageRef.ts"
import { Service } from "../names/Service.ts"
import { Extras } from "./Extras.ts"
import { MessageEffect } from "./MessageEffect.ts"
import * as Part from "./Part.ts"

/**
 * What to do where a carrier cannot carry a draft whole. `exact` refuses certain losses before anything is sent, and pins
 * iMessage where the vendor can; `adapt` applies them and returns them.
 *
 * @category models
 */
export const Fidelity = Schema.Literal("exact", "adapt")

/** @category models */
export type Fidelity = typeof Fidelity.Type

/**
 * A message by our own delivery id, or by a vendor's ref.
 *
 * @category models
 */
export const MessageTarget = Schema.Union(DeliveryId, MessageRef)

/** @category models */
export type MessageTarget = typeof MessageTarget.Type

/**
 * `part` is the index in the draft for a delivery, and in the vendor's message for a ref. Default 0.
 *
 * @category models
 */
export const ReplyTarget = Schema.Struct({
  to: MessageTarget,
  part: Schema.optionalWith(Schema.NonNegativeInt, { exact: true })
})

/** @category models */
export interface ReplyTarget extends Schema.Schema.Type<typeof ReplyTarget> {}

/**
 * `parts` arrive in order. `metadata` stays with the delivery and is never sent to a vendor. `extras` are fields for one kind of carrier; at every other one they
 * are a loss.
 *
 * @category models
 */
export const Draft = Schema.Struct({
  parts: Schema.NonEmptyArray(Part.Part),
  effect: Schema.optionalWith(MessageEffect, { exact: true }),
  replyTo: Schema.optionalWith(ReplyTarget, { exact: true }),
  preferredService: Schema.optionalWith(Service, { exact: true }),
  fidelity: Schema.optionalWith(Fidelity, { exact: true }),
  metadata: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { exact: true }),
  extras: Schema.optionalWith(Extras, { exact: true })
})

/** @category models */
export interface Draft extends Schema.Schema.Type<typeof Draft> {}

/**
 * Everything about a draft but its parts.
 *
 * @category models
 */
export type Options = Omit<Draft, "parts">

/**
 * Makes a draft of one part or more.
 *
 * @category constructors
 */
export const make = (parts: readonly [Part.Part, ...ReadonlyArray<Part.Part>], options?: Options): Draft => ({ ...options, parts })

/**
 * A message of one text.
 *
 * @category constructors
 */
export const text = (text: string, options?: Options): Draft => ({ ...options, parts: [Part.text(text)] })

/**
 * A message of one file, by its public HTTPS URL.
 *
 * @category constructors
 */
export const media = (url: string, options?: Options): Draft => ({ ...options, parts: [Part.media(url)] })

/**
 * A message of one link with a rich preview.
 *
 * @category constructors
 */
export const link = (url: string, options?: Options): Draft => ({ ...options, parts: [Part.link(url)] })
