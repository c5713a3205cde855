/**
 * What the conformance suite needs of a vendor, real or simulated: a carrier, and eyes on the phones and on the wire.
 *
 * @since 0.1.0
 */
import type { Carrier } from "@interline/core/Carrier"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessageRef } from "@interline/core/MessageRef"
import type { Reconciliation } from "@interline/core/Operations"
import type { SuppressionService } from "@interline/core/Suppression"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * One message as a phone shows it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seen {
  readonly text: string | null
  readonly media: ReadonlyArray<string>
  readonly link: string | null
  readonly effect: string | null
  readonly decorations: number
  readonly isReply: boolean
  readonly reactions: ReadonlyArray<string>
  readonly editedText: string | null
  readonly isVoiceMemo: boolean
}

/**
 * A phone at one moment.
 *
 * @since 0.1.0
 * @category models
 */
export interface PhoneView {
  readonly messages: ReadonlyArray<Seen>
  readonly sent: ReadonlyArray<Seen>
  readonly isTyping: boolean
  readonly readReceipts: number
  readonly contactCards: number
}

/**
 * A fresh world for one test. `says` lets a person write to the line, and names the message as the carrier does. `requests` counts what
 * has reached the vendor so far, `writes` the part of it that is not a read. `friends` are four people
 * with iMessage, `landline` has SMS only. `settle` lets everything under way arrive. `loseNextAnswer`: the vendor takes the
 * next message and its answer never arrives; `loseNextRequest`: the request itself never arrives, and the sender cannot tell.
 *
 * @since 0.1.0
 * @category models
 */
export interface World {
  readonly carrier: Carrier
  readonly suppression: SuppressionService
  readonly line: LineName
  readonly friends: readonly [Handle, Handle, Handle, Handle]
  readonly landline: Handle
  readonly imageUrl: string
  readonly audioUrl: string
  /** Names of events, in the vendor's words, that a webhook of the account can be subscribed to. At least one. */
  readonly webhookEvents: ReadonlyArray<string>
  readonly requests: Effect.Effect<number>
  readonly writes: Effect.Effect<number>
  readonly phone: (handle: Handle) => Effect.Effect<PhoneView>
  readonly says: (from: Handle, text: string) => Effect.Effect<MessageRef>
  readonly settle: Effect.Effect<void>
  readonly loseNextAnswer: Effect.Effect<void>
  readonly loseNextRequest: Effect.Effect<void>
}

/**
 * Makes worlds; each is closed with its scope. `reconciles` names what the carrier can find out after a lost answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Harness {
  readonly name: string
  readonly reconciles: ReadonlyArray<keyof Reconciliation>
  readonly world: Effect.Effect<World, unknown, Scope.Scope>
}
