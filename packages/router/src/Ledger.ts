/**
 * What the router must not forget: who owns a key, what was about to be sent before it left, which refs belong to whom, where
 * a conversation lives, and which deliveries are unsettled. Atomic where two processes could meet.
 *
 * @since 0.1.0
 */
import { CarrierId } from "@interline/core/CarrierId"
import { ChatRef, Conversation } from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import { Draft, Fidelity } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import { Loss } from "@interline/core/Loss"
import { MessageRef } from "@interline/core/MessageRef"
import { Receipt } from "@interline/core/Outcome"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { State } from "./Decision.ts"
import type { RouterEvent } from "./RouterEvent.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/**
 * `Carrier.Progress` as it is stored: the plan that is carried out, byte for byte, and how far it got.
 *
 * @since 0.1.0
 * @category models
 */
export const Progress = Schema.Struct({
  plan: Schema.TaggedStruct("Sendable", {
    carrierId: CarrierId,
    steps: Schema.NonEmptyArray(
      Schema.Struct({
        operation: Schema.String,
        method: Schema.Literal("POST"),
        path: Schema.String,
        body: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
        parts: Schema.Array(Schema.Number),
        keyed: Schema.Boolean
      })
    ),
    losses: Schema.Array(Loss)
  }),
  step: Schema.Number,
  receipts: Schema.Array(Receipt),
  startedAt: Schema.Number
})

/**
 * What is to be sent. Needed as long as a delivery may still be continued or looked for.
 *
 * @since 0.1.0
 * @category models
 */
export const Content = Schema.Struct({
  conversation: Conversation,
  draft: Draft,
  fidelity: Fidelity,
  replyTo: optional(Schema.Struct({ ref: MessageRef, part: Schema.Number }))
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Content extends Schema.Schema.Type<typeof Content> {}

/**
 * One delivery. Times are in epoch milliseconds.
 *
 * `conversation` is the key of its conversation. `likenesses` name what its parts hold, within the conversation: two unsettled
 * deliveries that share one cannot be told apart in a carrier's list. `owner` is the process that runs it, until `leaseUntil`; a
 * delivery that is not done and has no owner any more is an orphan. `version` counts saves.
 *
 * @since 0.1.0
 * @category models
 */
export const Entry = Schema.Struct({
  id: DeliveryId,
  conversation: Schema.String,
  likenesses: Schema.Array(Schema.String),
  key: optional(Schema.String),
  content: Content,
  state: State,
  progress: optional(Progress),
  owner: Schema.String,
  leaseUntil: Schema.Number,
  createdAt: Schema.Number,
  updatedAt: Schema.Number,
  version: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * Whether a carrier may have a message of this delivery that no ref leads to: it is being sent, in doubt (also where the policy
 * does not keep it), or was left behind at a carrier without a certain refusal. An equal send could take that message for its own.
 *
 * @since 0.1.0
 * @category getters
 */
export const mayStillArrive = ({ behind, doubt, phase }: State): boolean =>
  phase._tag === "Sending" || doubt !== undefined || behind.some(({ receipt, why }) => why !== "refused" && receipt === undefined)

/**
 * How long after its end a delivery that may still arrive is counted among the rivals of others, in milliseconds: an hour.
 *
 * @since 0.1.0
 * @category constants
 */
export const rivalFor = 3_600_000

/**
 * A caller's idempotency key for a delivery. `fingerprint` is equal for equal conversation and draft.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClaimRequest {
  readonly key: string
  readonly fingerprint: string
  readonly deliveryId: DeliveryId
  readonly at: number
  readonly expiresAt: number
}

/**
 * `Owned`: the caller's, go on. The others name the delivery that has the key. `InFlight`: the same message, without a result
 * so far; it may not even be opened. `Done`: the same message, with a result, be it final or held; a store that forgets may
 * have forgotten the delivery itself, which is no reason to send it again. `Conflict`: another message's.
 *
 * @since 0.1.0
 * @category models
 */
export type Claim =
  | { readonly _tag: "Owned" }
  | { readonly _tag: "InFlight"; readonly deliveryId: DeliveryId }
  | { readonly _tag: "Done"; readonly deliveryId: DeliveryId }
  | { readonly _tag: "Conflict"; readonly deliveryId: DeliveryId }

/**
 * Where a conversation lives: `at` is when somebody last wrote in it. `chat` is the vendor's chat, where known.
 *
 * @since 0.1.0
 * @category models
 */
export const Binding = Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  at: Schema.Number,
  version: Schema.Number,
  chat: optional(ChatRef)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Binding extends Schema.Schema.Type<typeof Binding> {}

/**
 * When a person and a line were last in touch, in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Contact {
  readonly inboundAt: number | undefined
  readonly outboundAt: number | undefined
}

/**
 * The store. No operation fails: a store that cannot be reached is a defect of the process, which must not send then. Each
 * operation happens as a whole or not at all, whoever else is at work. Times are in epoch milliseconds. `LedgerSuite` holds
 * what is promised here as tests.
 *
 * @since 0.1.0
 * @category models
 */
export interface LedgerService {
  /**
   * Asks for a key. Of any number of equal claims one is `Owned`. A claim ends at `expiresAt`, but not before the delivery
   * that was opened under it is done.
   */
  readonly claim: (request: ClaimRequest) => Effect.Effect<Claim>
  /** Gives up a claim whose delivery was never opened; any other stays. */
  readonly release: (key: string, deliveryId: DeliveryId) => Effect.Effect<void>
  /**
   * Writes a delivery before its first request leaves. False, and nothing is written: the id is there already, or its key is
   * not (any more) claimed for it. Then it must not be sent.
   */
  readonly open: (entry: Entry) => Effect.Effect<boolean>
  /**
   * Replaces an entry if its stored version is `entry.version`, and stores it with the next one. False: it was never opened,
   * or another process was faster. Of an entry that is done a store may forget the progress, and of
   * any entry the vendors' answers as they came (`Receipt.raw`).
   */
  readonly save: (entry: Entry) => Effect.Effect<boolean>
  readonly read: (id: DeliveryId) => Effect.Effect<Option.Option<Entry>>
  /** Adds to a delivery's history, in the order given. */
  readonly append: (id: DeliveryId, events: ReadonlyArray<RouterEvent>) => Effect.Effect<void>
  /** A delivery's history in the order of its appends. A store may bound it by leaving out what is in the middle. */
  readonly history: (id: DeliveryId) => Effect.Effect<ReadonlyArray<RouterEvent>>
  /** Says whose a ref is. A ref stays with the delivery that had it first; so do the refs of receipts that a saved state holds. */
  readonly own: (ref: MessageRef, id: DeliveryId) => Effect.Effect<void>
  /** The deliveries that refs belong to, by the ref's string form. A ref that nobody owns is not in it. */
  readonly owners: (refs: ReadonlyArray<MessageRef>) => Effect.Effect<ReadonlyMap<string, DeliveryId>>
  /**
   * How many other deliveries of the conversation share a likeness and `mayStillArrive`. One that is done counts for those
   * created before `rivalFor` has passed since its `updatedAt`, unless a store has forgotten it.
   */
  readonly rivals: (entry: Entry) => Effect.Effect<number>
  /** What waits for a fact or an operator, by `createdAt`, oldest first. */
  readonly held: (limit: number) => Effect.Effect<ReadonlyArray<Entry>>
  /** What is neither done nor held and whose lease has ended (`leaseUntil` is not after `at`), the longest ended first. */
  readonly orphans: (at: number, limit: number) => Effect.Effect<ReadonlyArray<Entry>>
  /** Takes over what is not done and whose lease has ended, with the next version: of any number of processes one gets it. */
  readonly adopt: (id: DeliveryId, owner: string, leaseUntil: number, at: number) => Effect.Effect<Option.Option<Entry>>
  readonly binding: (conversation: string) => Effect.Effect<Option.Option<Binding>>
  /** Replaces a binding if its stored version is `expected` (0: there is none), and stores it with the next one. */
  readonly bind: (conversation: string, binding: Omit<Binding, "version">, expected: number) => Effect.Effect<boolean>
  /** Remembers who was in touch with which line. The latest time counts, in whatever order they are told. */
  readonly touch: (carrierId: CarrierId, line: LineName, handle: Handle, way: "inbound" | "outbound", at: number) => Effect.Effect<void>
  readonly contact: (carrierId: CarrierId, line: LineName, handle: Handle) => Effect.Effect<Contact>
  /** True once for each event id of a carrier. */
  readonly first: (carrierId: CarrierId, eventId: string, at: number) => Effect.Effect<boolean>
  /** Whether `first` was asked for this event already. Changes nothing. */
  readonly seen: (carrierId: CarrierId, eventId: string) => Effect.Effect<boolean>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Ledger extends Context.Tag("@interline/router/Ledger")<Ledger, LedgerService>() {}
