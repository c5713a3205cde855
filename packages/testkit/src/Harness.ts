/** Defines what the suite needs of a real or simulated vendor: a carrier, a view of the phones, and the number of requests. */
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
  /** The vendor's id. */
  readonly id: string
  /** All text of the message, or null. */
  readonly text: string | null
  /** URLs of the files. */
  readonly media: ReadonlyArray<string>
  /** The URL of a link preview, or null. */
  readonly link: string | null
  /** The name of the effect, or null. */
  readonly effect: string | null
  /** The number of ranges with a style or an animation. */
  readonly decorations: number
  /** Who is named in the text: each handle, a blank, and the words that name it. */
  readonly mentions: ReadonlyArray<string>
  /** Whether it answers another message. */
  readonly isReply: boolean
  /** The number of files that are shown as stickers. */
  readonly stickers: number
  /** Where the stickers on the message are: `x`, a blank and `y` of each. */
  readonly placements: ReadonlyArray<string>
  /** The names or emoji of the reactions on the message. */
  readonly reactions: ReadonlyArray<string>
  /** The text after the last edit, or null. */
  readonly editedText: string | null
  /** The texts of the options of a poll, each with the number of votes for it, or null. */
  readonly poll: Readonly<Record<string, number>> | null
  /** Whether it is a voice memo. */
  readonly isVoiceMemo: boolean
}

/**
 * A phone at one moment.
 *
 * @category models
 */
export interface PhoneView {
  /** The messages that arrived, oldest first. */
  readonly messages: ReadonlyArray<Seen>
  /** The messages that the person wrote. */
  readonly sent: ReadonlyArray<Seen>
  /** Whether the line shows that it is typing. */
  readonly isTyping: boolean
  /** The number of read receipts that the line sent. */
  readonly readReceipts: number
  /** The number of contact cards that the line shared. */
  readonly contactCards: number
  /** The number of requests for the person's location that the phone shows. */
  readonly locationRequests: number
}

/**
 * A fresh world for one test.
 *
 * @category models
 */
export interface World {
  /** The carrier under test. */
  readonly carrier: Carrier
  /** The suppression list of the carrier. A person on it gets nothing. */
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
  /** The number of requests that have reached the vendor. */
  readonly requests: Effect.Effect<number>
  /** The number of these requests that change something. */
  readonly writes: Effect.Effect<number>
  /** The phone of a person at this moment. */
  readonly phone: (handle: Handle) => Effect.Effect<PhoneView>
  /** A person writes to the line. Gives the carrier's reference of the message. */
  readonly says: (from: Handle, text: string) => Effect.Effect<MessageRef>
  /** A person shares a place with the line, in degrees. */
  readonly shares: (who: Handle, place: { readonly latitude: number; readonly longitude: number }) => Effect.Effect<void>
  /** Waits until all messages on their way have arrived. */
  readonly settle: Effect.Effect<void>
  /** The vendor accepts the next message, but its answer never arrives. */
  readonly loseNextAnswer: Effect.Effect<void>
  /** The next message never reaches the vendor, and the sender cannot know this. */
  readonly loseNextRequest: Effect.Effect<void>
}

/**
 * The carrier and the worlds that the suite tests.
 *
 * @category models
 */
export interface Harness {
  /** The name of the carrier in the tests. */
  readonly name: string
  /** The operations whose result the carrier can find out after a lost answer. */
  readonly reconciles: ReadonlyArray<keyof Reconciliation>
  /** Makes a world that ends with its scope. */
  readonly world: Effect.Effect<World, unknown, Scope.Scope>
}
