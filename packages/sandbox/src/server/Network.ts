/**
 * The fake phone network as the people on it, and as whoever watches their phones: everything the control API can do,
 * as functions.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Fault, FaultInput, Vendor } from "../world/Fault.ts"

/**
 * How a phone can be reached.
 *
 * @since 0.1.0
 * @category models
 */
export type Service = "iMessage" | "RCS" | "SMS"

/**
 * How far a message has come, in one vocabulary for both vendors.
 *
 * @since 0.1.0
 * @category models
 */
export type Status = "pending" | "queued" | "sent" | "delivered" | "read" | "received" | "failed"

/**
 * Somebody with a phone. `optedOutOf` names the vendors that know of an opt-out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Person {
  readonly handle: string
  readonly service: Service
  readonly name: string | null
  readonly optedOut: boolean
  readonly optedOutOf: ReadonlyArray<Vendor>
}

/**
 * A person to create or change; absent fields keep what is known (a new person: iMessage, no name, opted in).
 *
 * @since 0.1.0
 * @category models
 */
export interface PersonInput {
  readonly handle: string
  readonly service?: Service
  readonly name?: string
  readonly optedOut?: boolean
}

/**
 * A number that a vendor's customer sends from.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  readonly id: string
  readonly vendor: Vendor
  readonly number: string
  readonly flagged: boolean
}

/**
 * What a person writes. `to` is a line; `group` is a vendor's chat or group id, when the message goes to a group.
 * `replyTo` is the id of a message on the person's phone or of one of their own.
 *
 * @since 0.1.0
 * @category models
 */
export interface SayInput {
  readonly from: string
  readonly to: string
  readonly text?: string
  readonly media?: ReadonlyArray<string>
  readonly effect?: string
  readonly replyTo?: string
  readonly group?: string
}

/**
 * A message that a person sent: its vendor's id, and the Linq chat or Sendblue group it is in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Said {
  readonly id: string
  readonly vendor: Vendor
  readonly thread: string | null
}

/**
 * A person's reaction. `type` is love, like, dislike, laugh, emphasize, question or custom (then with `emoji`).
 *
 * @since 0.1.0
 * @category models
 */
export interface ReactInput {
  readonly from: string
  readonly messageId: string
  readonly type: string
  readonly emoji?: string
  readonly partIndex?: number
  readonly remove?: boolean
}

/**
 * A reaction on a message of a phone.
 *
 * @since 0.1.0
 * @category models
 */
export interface PhoneReaction {
  readonly from: string
  readonly type: string
  readonly emoji: string | null
  readonly partIndex: number
}

/**
 * One message as its receiver sees it. Effects and decorations show on iMessage only. `text` is all text of the
 * message or null; `media` holds URLs; `effect` is the vendor's word; `status` is the sending vendor's view.
 *
 * @since 0.1.0
 * @category models
 */
export interface PhoneMessage {
  readonly id: string
  readonly vendor: Vendor
  readonly line: string
  readonly from: string
  readonly group: string | null
  readonly text: string | null
  readonly media: ReadonlyArray<string>
  readonly link: string | null
  readonly app: unknown
  readonly parts: ReadonlyArray<{ readonly type: "text" | "media" | "link" | "app"; readonly value: string }>
  readonly effect: string | null
  readonly decorations: ReadonlyArray<{
    readonly partIndex: number
    readonly range: readonly [number, number]
    readonly style?: string
    readonly animation?: string
  }>
  readonly replyTo: { readonly id: string; readonly partIndex: number } | null
  readonly reactions: ReadonlyArray<PhoneReaction>
  readonly service: Service
  readonly preferredService: Service | null
  readonly status: Status
  readonly voiceMemo: boolean
  readonly carousel: boolean
  readonly editedText: string | null
  /** Whether the person had opted out of this vendor or any other when it came. */
  readonly despiteOptOut: boolean
  readonly receivedAt: string
}

/**
 * A phone: the ground truth about what arrived. `sent` is what the person wrote, with the reactions it got. `typing`
 * lists the lines that show a typing bubble, `read` the lines that sent a read receipt for this person's messages.
 *
 * @since 0.1.0
 * @category models
 */
export interface Phone {
  readonly handle: string
  readonly messages: ReadonlyArray<PhoneMessage>
  readonly sent: ReadonlyArray<PhoneMessage>
  readonly typing: ReadonlyArray<string>
  readonly read: ReadonlyArray<{ readonly line: string; readonly at: string }>
  readonly contactCards: ReadonlyArray<{ readonly line: string; readonly name: string; readonly at: string }>
}

/**
 * A request that a vendor received. `status` is what it answered, or that it never did; `fault` is the fault it met.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoggedRequest {
  readonly vendor: Vendor
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number | "pending" | "dropped"
  readonly fault: string | null
  readonly at: string
}

/**
 * Which requests to read; absent fields match all. `path` is a substring.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestFilter {
  readonly vendor?: Vendor
  readonly method?: string
  readonly path?: string
}

/**
 * One attempt to deliver a webhook. `status` is the subscriber's answer, or why there was none.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoggedWebhook {
  readonly vendor: Vendor
  readonly event: string
  readonly id: string
  readonly url: string
  readonly body: string
  readonly attempt: number
  readonly status: number | "unreachable" | "not-loopback" | "pending"
  readonly at: string
}

/**
 * The network has no such person, line or message, or cannot do that with it.
 *
 * @since 0.1.0
 * @category errors
 */
export class NetworkError extends Data.TaggedError("NetworkError")<{
  readonly reason: "not-found" | "invalid"
  readonly message: string
}> {}

/**
 * The network, in process.
 *
 * @since 0.1.0
 * @category models
 */
export interface Network {
  /** Creates a person, or changes one. */
  readonly person: (input: PersonInput) => Effect.Effect<Person, NetworkError>
  readonly people: Effect.Effect<ReadonlyArray<Person>>
  /** Makes vendors know of an opt-out; all of them unless one is named. No message is sent. */
  readonly optOut: (handle: string, vendor?: Vendor) => Effect.Effect<Person, NetworkError>
  readonly optIn: (handle: string, vendor?: Vendor) => Effect.Effect<Person, NetworkError>
  /** A person sends a message to a line. STOP opts out of that line's vendor, START opts back in. */
  readonly say: (input: SayInput) => Effect.Effect<Said, NetworkError>
  readonly react: (input: ReactInput) => Effect.Effect<void, NetworkError>
  /** A person reads what a line, or every line, has sent. Nothing happens on SMS. */
  readonly read: (handle: string, line?: string) => Effect.Effect<void, NetworkError>
  /** A person starts or stops typing to a line. */
  readonly typing: (handle: string, line: string, on: boolean) => Effect.Effect<void, NetworkError>
  /** A person shares a place with everybody, or, without one, stops. */
  readonly shareLocation: (
    handle: string,
    place?: { readonly longitude: number; readonly latitude: number }
  ) => Effect.Effect<void>
  readonly lines: Effect.Effect<ReadonlyArray<Line>>
  readonly addLine: (vendor: Vendor, number: string) => Effect.Effect<Line, NetworkError>
  readonly flagLine: (number: string) => Effect.Effect<Line, NetworkError>
  readonly unflagLine: (number: string) => Effect.Effect<Line, NetworkError>
  readonly phones: Effect.Effect<ReadonlyArray<Phone>>
  /** The phone of a handle; empty if nothing ever came. */
  readonly phone: (handle: string) => Effect.Effect<Phone>
  readonly clearPhones: (handle?: string) => Effect.Effect<void>
  readonly addFault: (fault: FaultInput) => Effect.Effect<Fault, NetworkError>
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  readonly clearFaults: (id?: string) => Effect.Effect<void>
  /** The latest 20,000 at least. */
  readonly requests: (filter?: RequestFilter) => Effect.Effect<ReadonlyArray<LoggedRequest>>
  readonly clearRequests: Effect.Effect<void>
  /** The latest 20,000 attempts at least. */
  readonly webhooks: Effect.Effect<ReadonlyArray<LoggedWebhook>>
  /** Moves time on: status steps, delays and webhooks that fall due happen in order. Works on a real clock too. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
  readonly now: Effect.Effect<Date>
  /** Waits until every webhook on its way has been answered. */
  readonly settle: Effect.Effect<void>
  /** The person behind a handle, if anybody is. */
  readonly find: (handle: string) => Effect.Effect<Option.Option<Person>>
  /** Back to the first day: no people, messages, faults, chats, webhooks or logs; the default lines. */
  readonly reset: Effect.Effect<void>
}
