/** The types of the API's JSON, made from the schemas of the gateway's own contract. */
import type { Audit as AuditSchema, CreatedKey as CreatedKeySchema, Keys as KeysSchema } from "@interline/gateway/AccessSchema"
import type * as ApiSchema from "@interline/gateway/ApiSchema"
import type { OptOutCounts as OptOutCountsSchema, Progress as ProgressSchema } from "@interline/gateway/CatchUpProgress"
import type { Wire as ProblemSchema } from "@interline/gateway/ProblemDetails"
import type { Renderer } from "@interline/gateway/Renderer"
import type { Redacted } from "effect/Redacted"
import type { Schema } from "effect/Schema"

/** The fields that are times. They are numbers inside of the gateway and ISO 8601 in its answers. */
type TimeField =
  | "at"
  | "availableAt"
  | "confirmedAt"
  | "createdAt"
  | "dueAt"
  | "endedAt"
  | "expiresAt"
  | "failedAt"
  | "failingSince"
  | "firstAt"
  | "firstSaidAt"
  | "givenUpAt"
  | "heardUntil"
  | "lastAt"
  | "lastUsedAt"
  | "nextSlotAt"
  | "oldestDueAt"
  | "pausedAt"
  | "pausedUntil"
  | "readAt"
  | "receivedAt"
  | "resetsAt"
  | "revokedAt"
  | "sampledAt"
  | "saidAt"
  | "silentSince"
  | "since"
  | "startedAt"
  | "streamSeenAt"
  | "until"
  | "updatedAt"

/** What is left of a decoded type in JSON: brands go, secrets are texts, and times are texts. */
type Json<A> = A extends string ? (string extends A ? string : Unbranded<A>)
  : A extends number ? number
  : A extends boolean | null | undefined ? A
  : A extends ReadonlyArray<infer Item> ? ReadonlyArray<Json<Item>>
  : A extends Redacted<infer Secret> ? Secret
  : A extends object ?
    { readonly [Field in keyof A as Field extends string ? Field : never]: Field extends TimeField ? Time<A[Field]> : Json<A[Field]> }
  : unknown

// a brand is an object beside the text; a literal has none
type Unbranded<A extends string> = A extends object ? string : A
type Time<A> = undefined extends A ? string | undefined : string

type WireOf<S> = S extends Schema<infer A, infer _, infer __> ? Json<A> : never

export type Delivery = WireOf<typeof ApiSchema.DeliveryRecord>
export type Received = WireOf<typeof ApiSchema.ReceivedRecord>
export type Row = Delivery | Received
export type Attempt = Delivery["attempts"][number]
export type Explanation = WireOf<typeof ApiSchema.Explanation>
export type Decision = Explanation["decisions"][number]
export type Held = WireOf<typeof ApiSchema.HeldDelivery>
export type LookReport = WireOf<typeof ApiSchema.LookReport>
export type Settlement = WireOf<typeof ApiSchema.Settlement>
export type Counts = WireOf<typeof ApiSchema.Counts>
export type Plan = WireOf<typeof ApiSchema.Plan>
export type Carrier = WireOf<typeof ApiSchema.CarrierRecord>
export type LineState = Carrier["health"][number]
export type LineRecord = WireOf<typeof ApiSchema.LineRecord>
export type Webhook = WireOf<typeof ApiSchema.WebhookRecord>
export type Callback = WireOf<typeof ApiSchema.CallbackRecord>
export type DeadLetter = WireOf<typeof ApiSchema.DeadLetters>["items"][number]
export type FailedEvent = WireOf<typeof ApiSchema.FailedEvents>["items"][number]
export type Queue = WireOf<typeof ApiSchema.QueueRecord>
export type OptOut = WireOf<typeof ApiSchema.OptOuts>["items"][number]
export type Imported = WireOf<typeof OptOutCountsSchema>
export type Key = WireOf<typeof KeysSchema>["items"][number]
export type CreatedKey = WireOf<typeof CreatedKeySchema>
export type Act = WireOf<typeof AuditSchema>["items"][number]
export type CatchUp = WireOf<typeof ProgressSchema>
/** The types of what the gateway writes down as it happens. Not all of them are in the stream. */
export type EventType = Parameters<Renderer>[0]["event"]["data"]["_tag"]
export type Migration = WireOf<typeof ApiSchema.Migration>
export type Comparison = WireOf<typeof ApiSchema.CarrierComparison>
export type Rollout = WireOf<typeof ApiSchema.RolloutRecord>
export type Problem = WireOf<typeof ProblemSchema>
export type Message = Received["message"]
export type Loss = Delivery["losses"][number]
export type Reaction = Message["parts"][number]["reactions"][number]
export type Part = Delivery["draft"]["parts"][number]
export type Conversation = Delivery["conversation"]

/** A page of a list. */
export interface Page<Item> {
  readonly items: ReadonlyArray<Item>
  readonly next?: string
  readonly total?: number
  /** There are more than `total`. */
  readonly totalIs?: "at-least"
  /** The search ended early, at this time. It goes on at `next`. */
  readonly lookedTo?: string
}

/** Who is signed in. `masked`: numbers and texts come masked unless a request asks for people. */
export interface Session {
  readonly name: string
  readonly scopes: ReadonlyArray<string>
  readonly lines?: ReadonlyArray<string>
  readonly until: string
  readonly masked: boolean
}
