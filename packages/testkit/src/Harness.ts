/** What the conformance suite needs of a vendor, real or simulated: a carrier, and eyes on the phones and on the wire. */
import type { Carrier } from "@interline/core/Carrier"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessageRef } from "@interline/core/MessageRef"
import type { Reconciliation } from "@interline/core/OperationSignatures"
import type { SuppressionService } from "@interline/core/Suppression"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * One message as a phone shows it.
 *
 * @category models
 */
export interface Seen {
  /** All text of the message, or null. */
  readonly text: string | null
  /** URLs of the files. */
  readonly media: ReadonlyArray<string>
  /** The URL of a link preview, or null. */
  readonly link: string | null
  /** The word for the effect, or null. */
  readonly effect: string | null
  /** How many ranges are styled or animated. */
  readonly decorations: number
  /** Whether it answers another message. */
  readonly isReply: boolean
  /** The words or emoji of the reactions on it. */
  readonly reactions: ReadonlyArray<string>
  /** The text after the last edit, or null. */
  readonly editedText: string | null
  /** Whether it is a voice memo. */
  readonly isVoiceMemo: boolean
}

/**
 * A phone at one moment.
 *
 * @category models
 */
export interface PhoneView {
  /** What arrived, oldest first. */
  readonly messages: ReadonlyArray<Seen>
  /** What the person wrote. */
  readonly sent: ReadonlyArray<Seen>
  /** Whether the line shows that it is typing. */
  readonly isTyping: boolean
  /** How many read receipts the line sent. */
  readonly readReceipts: number
  /** How many contact cards the line shared. */
  readonly contactCards: number
}

/**
 * A fresh world for one test.
 *
 * @category models
 */
export interface World {
  /** The carrier under test. */
  readonly carrier: Carrier
  /** The list that its fence reads. */
  readonly suppression: SuppressionService
  /** The one line of the carrier. */
  readonly line: LineName
  /** Four people with iMessage. */
  readonly friends: readonly [Handle, Handle, Handle, Handle]
  /** A person with SMS only. */
  readonly landline: Handle
  /** The URL of an image that the vendor can fetch. */
  readonly imageUrl: string
  /** The URL of a sound that the vendor can fetch. */
  readonly audioUrl: string
  /** Names of events, in the vendor's words, that a webhook of the account can be subscribed to. At least one. */
  readonly webhookEvents: ReadonlyArray<string>
  /** How many requests have reached the vendor. */
  readonly requests: Effect.Effect<number>
  /** How many of them are no reads. */
  readonly writes: Effect.Effect<number>
  /** What is on a person's phone. */
  readonly phone: (handle: Handle) => Effect.Effect<PhoneView>
  /** A person writes to the line. Gives the message as the carrier names it. */
  readonly says: (from: Handle, text: string) => Effect.Effect<MessageRef>
  /** Lets everything under way arrive. */
  readonly settle: Effect.Effect<void>
  /** The vendor takes the next message, and its answer never arrives. */
  readonly loseNextAnswer: Effect.Effect<void>
  /** The next message never arrives, and the sender cannot tell. */
  readonly loseNextRequest: Effect.Effect<void>
}

/**
 * What the suite is run over.
 *
 * @category models
 */
export interface Harness {
  /** How the tests call the carrier. */
  readonly name: string
  /** What the carrier can find out after a lost answer. */
  readonly reconciles: ReadonlyArray<keyof Reconciliation>
  /** Makes a world that ends with its scope. */
  readonly world: Effect.Effect<World, unknown, Scope.Scope>
}
