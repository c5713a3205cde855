/**
 * The fake phone network as the people on it, and as whoever watches their phones: everything the control API can do,
 * as functions.
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Fault, FaultInput, Vendor } from "../world/Fault.ts"

/**
 * How a phone can be reached.
 *
 * @category models
 */
export type Service = "iMessage" | "RCS" | "SMS"

/**
 * How far a message has come, in one vocabulary for both vendors.
 *
 * @category models
 */
export type Status = "pending" | "queued" | "sent" | "delivered" | "read" | "received" | "failed"

/**
 * Somebody with a phone.
 *
 * @category models
 */
export interface Person {
  /** The phone number in E.164, or the e-mail address. */
  readonly handle: string
  /** How the phone can be reached. */
  readonly service: Service
  /** Null if nobody gave one. */
  readonly name: string | null
  /** Whether any vendor knows of an opt-out. */
  readonly optedOut: boolean
  /** The vendors that know of an opt-out. */
  readonly optedOutOf: ReadonlyArray<Vendor>
}

/**
 * A person to create or to change. What is left out stays as it is; a new person has iMessage, no name, and is opted in.
 *
 * @category models
 */
export interface PersonInput {
  /** Who is meant. */
  readonly handle: string
  /** How the phone can be reached. */
  readonly service?: Service
  /** The name that a phone book shows. */
  readonly name?: string
  /** Whether every vendor knows of an opt-out. */
  readonly optedOut?: boolean
}

/**
 * A number that a vendor's customer sends from.
 *
 * @category models
 */
export interface Line {
  /** The vendor's id of the line. */
  readonly id: string
  /** Whose line it is. */
  readonly vendor: Vendor
  /** The number in E.164. */
  readonly number: string
  /** Whether carriers filter it: it cannot send. */
  readonly flagged: boolean
}

/**
 * What a person writes.
 *
 * @category models
 */
export interface SayInput {
  /** The handle of the person. */
  readonly from: string
  /** The number of the line. */
  readonly to: string
  /** The text. Without it the message has media. */
  readonly text?: string
  /** URLs of files. */
  readonly media?: ReadonlyArray<string>
  /** The vendor's word for an effect. */
  readonly effect?: string
  /** The id of a message on the person's phone, or of one of their own. */
  readonly replyTo?: string
  /** The vendor's id of a chat or group, if the message goes to a group. */
  readonly group?: string
}

/**
 * A message that a person sent.
 *
 * @category models
 */
export interface Said {
  /** The vendor's id of the message. */
  readonly id: string
  /** Whose line it went to. */
  readonly vendor: Vendor
  /** The Linq chat or Sendblue group that it is in. Null for a direct message at Sendblue. */
  readonly thread: string | null
}

/**
 * A person's reaction.
 *
 * @category models
 */
export interface ReactInput {
  /** The handle of the person. */
  readonly from: string
  /** The message that it is on. */
  readonly messageId: string
  /** love, like, dislike, laugh, emphasize, question or custom. */
  readonly type: string
  /** The emoji of a custom reaction. */
  readonly emoji?: string
  /** The part that it is on. Default: 0. */
  readonly partIndex?: number
  /** Takes the reaction away. Default: false. */
  readonly remove?: boolean
}

/**
 * A reaction on a message of a phone.
 *
 * @category models
 */
export interface PhoneReaction {
  /** Who reacted: a person or a line. */
  readonly from: string
  /** The kind, as in `ReactInput`. */
  readonly type: string
  /** The emoji of a custom reaction, else null. */
  readonly emoji: string | null
  /** The part that it is on. */
  readonly partIndex: number
}

/**
 * One message as its receiver sees it. Effects and decorations show on iMessage only.
 *
 * @category models
 */
export interface PhoneMessage {
  /** The vendor's id. */
  readonly id: string
  /** Who carried it. */
  readonly vendor: Vendor
  /** Our number. */
  readonly line: string
  /** Who wrote it. */
  readonly from: string
  /** The vendor's id of the group, or null. */
  readonly group: string | null
  /** All text of the message, or null. */
  readonly text: string | null
  /** URLs of the files. */
  readonly media: ReadonlyArray<string>
  /** The URL of a link preview, or null. */
  readonly link: string | null
  /** The card of an app, or null. */
  readonly app: unknown
  /** The parts in order. */
  readonly parts: ReadonlyArray<{ readonly type: "text" | "media" | "link" | "app"; readonly value: string }>
  /** The vendor's word for the effect, or null. */
  readonly effect: string | null
  /** Styles and animations of ranges of the text. */
  readonly decorations: ReadonlyArray<{
    readonly partIndex: number
    readonly range: readonly [number, number]
    readonly style?: string
    readonly animation?: string
  }>
  /** The message that it answers, or null. */
  readonly replyTo: { readonly id: string; readonly partIndex: number } | null
  /** The reactions on it now. */
  readonly reactions: ReadonlyArray<PhoneReaction>
  /** What carried it. */
  readonly service: Service
  /** What the sender asked for, or null. */
  readonly preferredService: Service | null
  /** How far the sending vendor says it came. */
  readonly status: Status
  /** Whether it is a voice memo. */
  readonly voiceMemo: boolean
  /** Whether it is a carousel. */
  readonly carousel: boolean
  /** The text after the last edit, or null if nobody edited it. */
  readonly editedText: string | null
  /** Whether the person had opted out of this vendor or any other when it came. */
  readonly despiteOptOut: boolean
  /** ISO 8601. */
  readonly receivedAt: string
}

/**
 * A phone: the ground truth about what arrived.
 *
 * @category models
 */
export interface Phone {
  /** Whose phone it is. */
  readonly handle: string
  /** What arrived, oldest first. */
  readonly messages: ReadonlyArray<PhoneMessage>
  /** What the person wrote, with the reactions on it. */
  readonly sent: ReadonlyArray<PhoneMessage>
  /** The lines that show a typing bubble. */
  readonly typing: ReadonlyArray<string>
  /** The lines that sent a read receipt for this person's messages. */
  readonly read: ReadonlyArray<{ readonly line: string; readonly at: string }>
  /** The contact cards that lines shared. */
  readonly contactCards: ReadonlyArray<{ readonly line: string; readonly name: string; readonly at: string }>
}

/**
 * A request that a vendor received.
 *
 * @category models
 */
export interface LoggedRequest {
  /** Who received it. */
  readonly vendor: Vendor
  /** The HTTP method. */
  readonly method: string
  /** The path without the query. */
  readonly path: string
  /** The query without the question mark. */
  readonly query: string
  /** The body, read as UTF-8. */
  readonly body: string
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** What was answered: `pending` until then, `dropped` if nothing ever is. */
  readonly status: number | "pending" | "dropped"
  /** The fault that it met, or null. */
  readonly fault: string | null
  /** When it came, in ISO 8601. */
  readonly at: string
}

/**
 * Which requests to read. What is left out matches all.
 *
 * @category models
 */
export interface RequestFilter {
  /** Who received them. */
  readonly vendor?: Vendor
  /** The HTTP method. */
  readonly method?: string
  /** A substring of the path. */
  readonly path?: string
}

/**
 * One attempt to deliver a webhook.
 *
 * @category models
 */
export interface LoggedWebhook {
  /** Who calls. */
  readonly vendor: Vendor
  /** The vendor's name of the event. */
  readonly event: string
  /** The event's id. */
  readonly id: string
  /** The address that is called. */
  readonly url: string
  /** What is posted. */
  readonly body: string
  /** Which attempt it is, from 1. */
  readonly attempt: number
  /** The subscriber's status, or why there was none. */
  readonly status: number | "unreachable" | "not-loopback" | "pending"
  /** When the attempt was made, in ISO 8601. */
  readonly at: string
}

/**
 * The network has no such person, line or message, or cannot do that with it.
 *
 * @category errors
 */
export class NetworkError extends Data.TaggedError("NetworkError")<{
  readonly reason: "not-found" | "invalid"
  readonly message: string
}> {}

/**
 * The network, in process.
 *
 * @category models
 */
export interface Network {
  /** Creates a person, or changes one. */
  readonly person: (input: PersonInput) => Effect.Effect<Person, NetworkError>
  /** Everybody on the network. */
  readonly people: Effect.Effect<ReadonlyArray<Person>>
  /** Makes vendors know of an opt-out; all of them unless one is named. No message is sent. */
  readonly optOut: (handle: string, vendor?: Vendor) => Effect.Effect<Person, NetworkError>
  /** The reverse of `optOut`. */
  readonly optIn: (handle: string, vendor?: Vendor) => Effect.Effect<Person, NetworkError>
  /** A person sends a message to a line. STOP opts out of that line's vendor, START opts back in. */
  readonly say: (input: SayInput) => Effect.Effect<Said, NetworkError>
  /** A person reacts to a message, or takes a reaction away. */
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
  /** Every line of every vendor. */
  readonly lines: Effect.Effect<ReadonlyArray<Line>>
  /** Gives a vendor a line. A line that it has stays as it is. */
  readonly addLine: (vendor: Vendor, number: string) => Effect.Effect<Line, NetworkError>
  /** From now on the line cannot send. */
  readonly flagLine: (number: string) => Effect.Effect<Line, NetworkError>
  /** The reverse of `flagLine`. */
  readonly unflagLine: (number: string) => Effect.Effect<Line, NetworkError>
  /** Every phone that a message ever came to. */
  readonly phones: Effect.Effect<ReadonlyArray<Phone>>
  /** The phone of a handle; empty if nothing ever came. */
  readonly phone: (handle: string) => Effect.Effect<Phone>
  /** Forgets what is on one phone, or on all. */
  readonly clearPhones: (handle?: string) => Effect.Effect<void>
  /** Puts a fault in place. It meets what comes from now on. */
  readonly addFault: (fault: FaultInput) => Effect.Effect<Fault, NetworkError>
  /** The faults in place, oldest first. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  /** Takes away one fault, or all. */
  readonly clearFaults: (id?: string) => Effect.Effect<void>
  /** The latest 20,000 at least. */
  readonly requests: (filter?: RequestFilter) => Effect.Effect<ReadonlyArray<LoggedRequest>>
  /** Forgets the requests so far. */
  readonly clearRequests: Effect.Effect<void>
  /** The latest 20,000 attempts at least. */
  readonly webhooks: Effect.Effect<ReadonlyArray<LoggedWebhook>>
  /** Moves time on: status steps, delays and webhooks that fall due happen in order. Works on a real clock too. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
  /** The time of the network. */
  readonly now: Effect.Effect<Date>
  /** Waits until every webhook on its way has been answered. */
  readonly settle: Effect.Effect<void>
  /** The person behind a handle, if anybody is. */
  readonly find: (handle: string) => Effect.Effect<Option.Option<Person>>
  /** Back to the first day: no people, messages, faults, chats, webhooks or logs; the default lines. */
  readonly reset: Effect.Effect<void>
}
