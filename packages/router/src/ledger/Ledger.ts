/**
 * Defines the ledger, which stores what the router must not forget: the delivery of each key, each request before it leaves, the
 * delivery of each message ref, the bindings of conversations, and the unsettled deliveries. Several processes may share a ledger,
 * because each operation is atomic.
 */
import { CarrierId } from "@interline/core/CarrierId"
import { ChatRef, Conversation } from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import { Draft, Fidelity } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import { MessageRef } from "@interline/core/MessageRef"
import { optional } from "@interline/core/Optional"
import { Receipt } from "@interline/core/Outcome"
import { Sendable } from "@interline/core/Plan"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { State } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"

/**
 * The stored form of `Carrier.Progress`: the exact plan, byte for byte, and how many of its steps are done.
 *
 * @category models
 */
export const Progress = Schema.Struct({
  plan: Sendable,
  step: Schema.Number,
  receipts: Schema.Array(Receipt),
  startedAt: Schema.Number
})

/**
 * The content of a send. It is needed as long as the delivery may go on, or the router may look for its message.
 *
 * - `after`: the delivery that must have ended before this one begins, as the caller said.
 * - `follows`: the delivery of the same conversation that the same process passed on just before this one.
 *
 * @category models
 */
export const Content = Schema.Struct({
  conversation: Conversation,
  draft: Draft,
  fidelity: Fidelity,
  replyTo: optional(Schema.Struct({ ref: MessageRef, part: Schema.Number })),
  after: optional(DeliveryId),
  follows: optional(DeliveryId)
})

/** @category models */
export interface Content extends Schema.Schema.Type<typeof Content> {}

/**
 * One delivery. Times are in epoch milliseconds.
 *
 * - `conversation`: the key of its conversation.
 * - `likenesses`: one hash of each part's content, within the conversation. If two unsettled deliveries share one, they look the same
 *   in a carrier's list.
 * - `epoch`: the epoch of its shard under which it was opened or last taken over. If the shard has a later epoch, the process that ran the
 *   delivery is gone or has lost the shard.
 * - `version`: the number of saves.
 *
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
  epoch: Schema.Number,
  createdAt: Schema.Number,
  updatedAt: Schema.Number,
  version: Schema.Number
})

/** @category models */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * Whether a carrier may have a message of this delivery for which we have no ref. There are three cases: the message is being sent; it
 * is in doubt, also if the policy does not keep it; or the router left a carrier without a certain refusal. A look of an equal send
 * could take this message as its own.
 *
 * @category getters
 */
export const mayStillArrive = ({ behind, doubt, phase }: State): boolean =>
  phase._tag === "Sending" || doubt !== undefined || behind.some(({ receipt, why }) => why !== "refused" && receipt === undefined)

/**
 * How long a delivery that may still arrive counts as a rival of other deliveries after its end: one hour, in milliseconds.
 *
 * @category constants
 */
export const rivalFor = 3_600_000

/**
 * A caller's idempotency key, and the delivery that is to be opened under it.
 *
 * @category models
 */
export interface ClaimRequest {
  /** The delivery that is to be opened under the key `entry.key`. */
  readonly entry: Entry & { readonly key: string }
  /** Equal for equal conversation and draft. */
  readonly fingerprint: string
  /** How long the key is remembered from now on, in milliseconds of the ledger's own clock. */
  readonly keepFor: number
  /** Until when the delivery may begin, in milliseconds from now on the ledger's own clock. */
  readonly within: number
}

/**
 * The answer to a claim. `Owned`: the caller has the key and its delivery is open, so go on. The other answers name the delivery that
 * has the key. `InFlight`: the same message has no result yet. `Done`: the same message has a result, final or held. The store may
 * have forgotten the delivery itself. Do not send the message again then. `Conflict`: another message has the key. `Fenced`: the shard has a later
 * epoch, so another process owns it. Nothing was written.
 *
 * @category models
 */
export type Claim =
  | { readonly _tag: "Owned" }
  | { readonly _tag: "InFlight"; readonly deliveryId: DeliveryId }
  | { readonly _tag: "Done"; readonly deliveryId: DeliveryId }
  | { readonly _tag: "Conflict"; readonly deliveryId: DeliveryId }
  | { readonly _tag: "Fenced" }

/**
 * What came of opening a delivery. `Exists`: its id is on record already, or it has a key, and only `claim` opens such a delivery. `Fenced`: the
 * shard has a later epoch, so another process owns it. Nothing was written then, and the message must not be sent.
 *
 * @category models
 */
export type Opening = "Opened" | "Exists" | "Fenced"

/**
 * A delivery that was taken over. `left`: how long it may still begin, in milliseconds of the ledger's own clock. A number below 0 says for how
 * long it has been too late.
 *
 * @category models
 */
export interface TakenOver {
  readonly entry: Entry
  readonly left: number
}

/**
 * The carrier and line of a conversation. `at`: when the last message came or left, in epoch milliseconds. `chat`: the vendor's chat, if
 * it is known.
 *
 * @category models
 */
export const Binding = Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  at: Schema.Number,
  version: Schema.Number,
  chat: optional(ChatRef)
})

/** @category models */
export interface Binding extends Schema.Schema.Type<typeof Binding> {}

/**
 * When a person and a line were last in touch, in epoch milliseconds.
 *
 * @category models
 */
export interface Contact {
  /** When the person last wrote to the line, in epoch milliseconds. */
  readonly inboundAt: number | undefined
  /** When the line last wrote to the person, in epoch milliseconds. */
  readonly outboundAt: number | undefined
  /** How many messages of the line to the person were counted. Absent: none was. */
  readonly sent?: number
}

/**
 * A message that was taken for not sent, because its carrier did not list it. It may still arrive, so it is looked for later. Its delivery may go on
 * without it, or end, and then keeps no plan. So the plan is kept here.
 *
 * - `shard`: the shard of its conversation. The owner of the shard looks for it.
 * - `generation`: the attempt that made it.
 * - `progress`: the plan of that attempt, and the step that was not listed.
 * - `since`: when it was taken for not sent, in epoch milliseconds.
 *
 * @category models
 */
export const Absence = Schema.Struct({
  id: DeliveryId,
  shard: Schema.Number,
  generation: Schema.Number,
  progress: Progress,
  since: Schema.Number
})

/** @category models */
export interface Absence extends Schema.Schema.Type<typeof Absence> {}

/**
 * The operations of a ledger. No operation fails with an error. If the store cannot be reached, the operation dies with a defect, and
 * the process must not send. Each operation happens as a whole or not at all, also while other processes use the store. Times are in
 * epoch milliseconds. The store's own clock measures the ends of keys and the time until which a delivery may begin, because the clocks of the
 * processes may differ. `LedgerSuite` tests these promises.
 *
 * Deliveries belong to the shard of their conversation (`Shard.of`). The process that owns a shard has its latest epoch. Only this process opens and
 * takes over deliveries of the shard. Whoever has an earlier epoch has lost the shard, even if it does not know that yet.
 *
 * @category models
 */
export interface LedgerService {
  /**
   * Asks for a key, and opens the delivery under it in the same step. Of any number of equal claims one is `Owned`. A claim ends when
   * `keepFor` has passed, but not before its delivery is done. If a store can be read but not written, it still names the delivery that
   * has the key. So if the claim dies with a defect, no other delivery has the key.
   */
  readonly claim: (request: ClaimRequest) => Effect.Effect<Claim>
  /** The delivery that has a key. It may be forgotten already. None if the key is free. */
  readonly keyed: (key: string) => Effect.Effect<Option.Option<DeliveryId>>
  /**
   * Gives the key of an entry back if the stored version is still `entry.version`. The next claim owns the key. A delivery that is not
   * done is removed with it. A held delivery keeps its key. Use it only for a delivery that was certainly not sent.
   */
  readonly release: (entry: Entry) => Effect.Effect<void>
  /**
   * Writes a delivery without a key, before its first request leaves. It may begin within `within` milliseconds from now.
   */
  readonly open: (entry: Entry, within: number) => Effect.Effect<Opening>
  /**
   * Replaces an entry if its stored version is `entry.version`, and stores it with the next one. False if it was never opened, or if
   * another process was faster. Of an entry that is done a store may forget the progress, and of any entry the vendors' answers as they
   * came (`Receipt.raw`).
   */
  readonly save: (entry: Entry) => Effect.Effect<boolean>
  /** A delivery as it is on record. */
  readonly read: (id: DeliveryId) => Effect.Effect<Option.Option<Entry>>
  /** Adds to a delivery's history, in the order given. */
  readonly append: (id: DeliveryId, events: ReadonlyArray<RouterEvent>) => Effect.Effect<void>
  /** A delivery's history in the order of its appends. A store may bound it by leaving out what is in the middle. */
  readonly history: (id: DeliveryId) => Effect.Effect<ReadonlyArray<RouterEvent>>
  /** Records that a ref belongs to a delivery. A ref stays with its first delivery. `save` records the refs of the receipts in its state. */
  readonly own: (ref: MessageRef, id: DeliveryId) => Effect.Effect<void>
  /** The deliveries that refs belong to, by the ref's string form, without refs that belong to none. */
  readonly owners: (refs: ReadonlyArray<MessageRef>) => Effect.Effect<ReadonlyMap<string, DeliveryId>>
  /**
   * How many other deliveries of the conversation share a likeness and `mayStillArrive`. A delivery that is done counts only if `entry`
   * was created before `rivalFor` had passed since its `updatedAt`, and only as long as the store remembers it.
   */
  readonly rivals: (entry: Entry) => Effect.Effect<number>
  /**
   * The deliveries that wait for a fact or an operator, by `createdAt` and then by `id`, oldest first. `shards`: only those of these shards
   * (default: of all). `after`: only those that come after this one, which may have been settled meanwhile.
   */
  readonly held: (
    limit: number,
    shards?: ReadonlySet<number>,
    after?: Pick<Entry, "createdAt" | "id">
  ) => Effect.Effect<ReadonlyArray<Entry>>
  /** Writes down an absence. If the same attempt of the delivery has one already, nothing changes. */
  readonly noteAbsence: (absence: Absence) => Effect.Effect<void>
  /**
   * The absences that have not ended, by `since`, oldest first. `shards`: only those of these shards (default: of all). A store may forget the
   * oldest ones.
   */
  readonly absences: (limit: number, shards?: ReadonlySet<number>) => Effect.Effect<ReadonlyArray<Absence>>
  /** Removes the absence of an attempt: its message is not looked for any more. */
  readonly endAbsence: (id: DeliveryId, generation: number) => Effect.Effect<void>
  /**
   * Takes shards: each gets its next epoch. From now on nobody opens or takes over a delivery of the shard under an earlier one. `who` names the
   * process, for people. A ledger that outlives the process keeps it.
   */
  readonly acquire: (shards: ReadonlyArray<number>, who?: string) => Effect.Effect<ReadonlyMap<number, number>>
  /**
   * Deliveries of these shards that are neither done nor held, and whose epoch is earlier than the latest of their shard. They are what
   * earlier owners left behind. The oldest `createdAt` comes first.
   */
  readonly leftBehind: (shards: ReadonlyArray<number>, limit: number) => Effect.Effect<ReadonlyArray<Entry>>
  /**
   * Takes over a delivery that is not done, with the epoch and the next version, if its stored version is `entry.version` and `epoch` is the
   * latest epoch of its shard. `at` is the time of the change. Of any number of processes one gets it.
   */
  readonly adopt: (entry: Entry, epoch: number, at: number) => Effect.Effect<Option.Option<TakenOver>>
  /** The binding of a conversation. `conversation` is its key. */
  readonly binding: (conversation: string) => Effect.Effect<Option.Option<Binding>>
  /** Replaces a binding if its stored version is `expected` (0: there is none), and stores it with the next one. */
  readonly bind: (conversation: string, binding: Omit<Binding, "version">, expected: number) => Effect.Effect<boolean>
  /**
   * Records that a person and a line were in touch. The latest time counts, also if it is recorded first. A message of the line is counted once: the
   * same time again, and an earlier one, count nothing.
   */
  readonly touch: (carrierId: CarrierId, line: LineName, handle: Handle, way: "inbound" | "outbound", at: number) => Effect.Effect<void>
  /**
   * When a person and a line were last in touch. Neither time is there if they never were, or if a store has
   * forgotten it.
   */
  readonly contact: (carrierId: CarrierId, line: LineName, handle: Handle) => Effect.Effect<Contact>
  /** True once for each event id of a carrier. */
  readonly first: (carrierId: CarrierId, eventId: string, at: number) => Effect.Effect<boolean>
  /** Whether `first` was asked for this event already. Changes nothing. */
  readonly seen: (carrierId: CarrierId, eventId: string) => Effect.Effect<boolean>
}

/**
 * The tag of the ledger.
 *
 * @category services
 */
export class Ledger extends Context.Tag("@interline/router/Ledger")<Ledger, LedgerService>() {}
