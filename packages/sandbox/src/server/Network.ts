/**
 * Defines the functions of the fake phone network. They play its people and read their phones. The control API offers the same functions.
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Fault, FaultInput, Vendor } from "../world/Fault.ts"
import type { LineLimits } from "../world/LineLimits.ts"

/**
 * How a phone can be reached.
 *
 * @category models
 */
export type Service = "iMessage" | "RCS" | "SMS"

/**
 * The status of a message, with the same words for both vendors.
 *
 * @category models
 */
export type Status = "pending" | "queued" | "sent" | "delivered" | "read" | "received" | "failed"

/**
 * A person with a phone.
 *
 * @category models
 */
export interface Person {
  /** The phone number in E.164, or the e-mail address. */
  readonly handle: string
  /** How the phone can be reached. */
  readonly service: Service
  /** The person's name. Null if it is not known. */
  readonly name: string | null
  /** Whether any vendor knows of an opt-out. */
  readonly optedOut: boolean
  /** The vendors that know of an opt-out. */
  readonly optedOutOf: ReadonlyArray<Vendor>
}

/**
 * A person to create or to change. A field that is left out does not change. A new person has the sandbox's default service (iMessage for
 * an e-mail address), no name and no opt-out.
 *
 * @category models
 */
export interface PersonInput {
  /** The phone number in E.164, or the e-mail address. */
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
  /** The vendor of the line. */
  readonly vendor: Vendor
  /** The number in E.164. */
  readonly number: string
  /** Whether carriers filter the line. A flagged line cannot send. */
  readonly flagged: boolean
  /** When the vendor takes the line away, in ISO 8601. Null if it does not. */
  readonly endsAt: string | null
}

/**
 * A message that a person writes.
 *
 * @category models
 */
export interface SayInput {
  /** The handle of the person. */
  readonly from: string
  /** The number of the line. */
  readonly to: string
  /** The text. A message without text must have media. */
  readonly text?: string
  /** URLs of files. */
  readonly media?: ReadonlyArray<string>
  /** The vendor's word for an effect. */
  readonly effect?: string
  /** The id of the message to answer: one on the person's phone, or one that the person wrote. */
  readonly replyTo?: string
  /** The vendor's id of a chat or group, if the message goes to a group. */
  readonly group?: string
  /** Who is named in the text, and where, in UTF-16 units. Only a person with iMessage names anybody. */
  readonly mentions?: ReadonlyArray<{ readonly handle: string; readonly range: readonly [number, number] }>
  /** How long ago it was written, in milliseconds: the vendor recovers it only now. Only Linq marks such a message. */
  readonly lateBy?: number
}

/**
 * A message that a person sent.
 *
 * @category models
 */
export interface Said {
  /** The vendor's id of the message. */
  readonly id: string
  /** The vendor of the line that got the message. */
  readonly vendor: Vendor
  /** The Linq chat or Sendblue group that it is in. Null for a direct message at Sendblue. */
  readonly thread: string | null
}

/**
 * A poll that a person sends. Only Linq has polls.
 *
 * @category models
 */
export interface PollInput {
  /** The handle of the person. */
  readonly from: string
  /** The number of the line. */
  readonly to: string
  /** The texts of the options. */
  readonly options: ReadonlyArray<string>
  /** Linq's id of the chat, if the poll goes to a group. */
  readonly group?: string
}

/**
 * What a person does in a poll.
 *
 * @category models
 */
export interface VoteInput {
  /** The handle of the person. */
  readonly from: string
  /** The message that shows the poll. */
  readonly messageId: string
  /** The text of an option. An option that is not there is added first. */
  readonly option: string
  /** Whether to take the vote back. Default: false. */
  readonly remove?: boolean
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
  /** Whether to remove the reaction. Default: false. */
  readonly remove?: boolean
}

/**
 * A reaction on a message of a phone.
 *
 * @category models
 */
export interface PhoneReaction {
  /** The person or the line that reacted. */
  readonly from: string
  /** The kind, as in `ReactInput`. */
  readonly type: string
  /** The emoji of a custom reaction, else null. */
  readonly emoji: string | null
  /** The part that it is on. */
  readonly partIndex: number
  /** The picture of a sticker, and where it is. Only a sticker has it. */
  readonly sticker?: {
    readonly url: string
    readonly placement: { readonly x: number; readonly y: number; readonly scale: number; readonly rotation: number }
  }
}

/**
 * One message as its receiver sees it. Only iMessage shows effects, decorations, mentions and stickers.
 *
 * @category models
 */
export interface PhoneMessage {
  /** The vendor's id. */
  readonly id: string
  /** The vendor that carried the message. */
  readonly vendor: Vendor
  /** Our number. */
  readonly line: string
  /** The sender: a person or a line. */
  readonly from: string
  /** The vendor's id of the group, or null. */
  readonly group: string | null
  /** All text of the message, or null. */
  readonly text: string | null
  /** URLs of the files. */
  readonly media: ReadonlyArray<string>
  /** URLs of the files that are shown as stickers. */
  readonly stickers: ReadonlyArray<string>
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
  /** Who is named in the text, and where, in UTF-16 units. */
  readonly mentions: ReadonlyArray<{ readonly partIndex: number; readonly handle: string; readonly range: readonly [number, number] }>
  /** The message that it answers, or null. */
  readonly replyTo: { readonly id: string; readonly partIndex: number } | null
  /** The reactions on it now. */
  readonly reactions: ReadonlyArray<PhoneReaction>
  /** The service that carried the message. */
  readonly service: Service
  /** The service that the sender asked for, or null. */
  readonly preferredService: Service | null
  /** The status of the message at its vendor. */
  readonly status: Status
  /** Whether it is a voice memo. */
  readonly voiceMemo: boolean
  /** Whether it is a carousel. */
  readonly carousel: boolean
  /** The options of a poll, each with the people and lines that voted for it, or null. */
  readonly poll: ReadonlyArray<{ readonly id: string; readonly text: string; readonly votes: ReadonlyArray<string> }> | null
  /** The text after the last edit, or null if nobody edited it. */
  readonly editedText: string | null
  /** Whether the person had opted out at any vendor when the message came. */
  readonly despiteOptOut: boolean
  /** The time of arrival, in ISO 8601. */
  readonly receivedAt: string
}

/**
 * A phone. It shows what really arrived.
 *
 * @category models
 */
export interface Phone {
  /** The handle of the phone's owner. */
  readonly handle: string
  /** The messages that arrived, oldest first. */
  readonly messages: ReadonlyArray<PhoneMessage>
  /** The messages that the person wrote, with their reactions. */
  readonly sent: ReadonlyArray<PhoneMessage>
  /** The lines that show a typing bubble. */
  readonly typing: ReadonlyArray<string>
  /** The lines that sent a read receipt for this person's messages. */
  readonly read: ReadonlyArray<{ readonly line: string; readonly at: string }>
  /** The contact cards that lines shared. */
  readonly contactCards: ReadonlyArray<{ readonly line: string; readonly name: string; readonly at: string }>
  /** The lines that asked for the person's location. */
  readonly locationRequests: ReadonlyArray<{ readonly line: string; readonly at: string }>
  /** The lines that called the person by FaceTime. */
  readonly calls: ReadonlyArray<{ readonly line: string; readonly at: string }>
}

/**
 * A request that a vendor received.
 *
 * @category models
 */
export interface LoggedRequest {
  /** The vendor that received the request. */
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
  /** The status of the answer. `pending`: no answer yet. `dropped`: no answer will come. */
  readonly status: number | "pending" | "dropped"
  /** The fault that the request met, or null. */
  readonly fault: string | null
  /** The time of the request, in ISO 8601. */
  readonly at: string
}

/**
 * The requests to read. A field that is left out matches every request.
 *
 * @category models
 */
export interface RequestFilter {
  /** The vendor that received the requests. */
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
  /** The vendor that calls. */
  readonly vendor: Vendor
  /** The vendor's name of the event. */
  readonly event: string
  /** The event's id. */
  readonly id: string
  /** The address that is called. */
  readonly url: string
  /** The body of the call. */
  readonly body: string
  /** The number of the attempt, from 1. */
  readonly attempt: number
  /** The status of the subscriber's answer, or the reason why there is none. */
  readonly status: number | "unreachable" | "not-loopback" | "pending"
  /** When the attempt was made, in ISO 8601. */
  readonly at: string
}

/**
 * The network does not know the person, the line or the message, or the action is not possible.
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
  /** All people on the network. */
  readonly people: Effect.Effect<ReadonlyArray<Person>>
  /** Opts a person out at one vendor. Without a vendor, at all vendors. Sends no message. */
  readonly optOut: (handle: string, vendor?: Vendor) => Effect.Effect<Person, NetworkError>
  /** The reverse of `optOut`. */
  readonly optIn: (handle: string, vendor?: Vendor) => Effect.Effect<Person, NetworkError>
  /**
   * A person sends a message to a line. In a direct message, STOP opts the person out at the line's vendor, and START opts the person in
   * again.
   */
  readonly say: (input: SayInput) => Effect.Effect<Said, NetworkError>
  /** A person reacts to a message, or takes a reaction away. */
  readonly react: (input: ReactInput) => Effect.Effect<void, NetworkError>
  /** A person sends a poll to a line of Linq. */
  readonly sendPoll: (input: PollInput) => Effect.Effect<Said, NetworkError>
  /** A person votes in a poll, takes a vote back, or adds an option and votes for it. */
  readonly vote: (input: VoteInput) => Effect.Effect<void, NetworkError>
  /** A person reads the messages of one line, or of all lines. Messages by SMS and messages in groups are left out. */
  readonly read: (handle: string, line?: string) => Effect.Effect<void, NetworkError>
  /** A person starts or stops typing to a line. */
  readonly typing: (handle: string, line: string, on: boolean) => Effect.Effect<void, NetworkError>
  /**
   * A person shares a place with everybody, or moves. Without a place, the person stops sharing. Linq reports when it begins and ends.
   * Sendblue reports only the beginning, as a message to each line that the person was in touch with or that asked for the place.
   */
  readonly shareLocation: (
    handle: string,
    place?: { readonly longitude: number; readonly latitude: number }
  ) => Effect.Effect<void>
  /** Every line of every vendor. */
  readonly lines: Effect.Effect<ReadonlyArray<Line>>
  /** Adds a line to a vendor. A line that the vendor already has does not change. */
  readonly addLine: (vendor: Vendor, number: string) => Effect.Effect<Line, NetworkError>
  /** Changes what Sendblue's lines may do for people who are new to them. A field that is left out does not change. */
  readonly limitLines: (limits: LineLimits) => Effect.Effect<void>
  /** Flags a line. After this the line cannot send. */
  readonly flagLine: (number: string) => Effect.Effect<Line, NetworkError>
  /** The reverse of `flagLine`. */
  readonly unflagLine: (number: string) => Effect.Effect<Line, NetworkError>
  /**
   * The vendor takes a line away: after a time that it announces, or at once. Linq announces nothing. `addLine` brings the line back.
   */
  readonly releaseLine: (number: string, after?: Duration.DurationInput) => Effect.Effect<void, NetworkError>
  /** A line goes to another environment of the account at Linq, where these credentials cannot use it. */
  readonly moveLine: (number: string, environment: string) => Effect.Effect<void, NetworkError>
  /** Switches a webhook at the vendor off, or on again. Sendblue has no such switch. */
  readonly switchWebhook: (vendor: Vendor, id: string, on: boolean) => Effect.Effect<void, NetworkError>
  /** The credentials end: after a time that the vendor announces, or at once. `reset` makes them valid again. */
  readonly endCredentials: (vendor: Vendor, after?: Duration.DurationInput) => Effect.Effect<void>
  /** All phones that ever got a message. */
  readonly phones: Effect.Effect<ReadonlyArray<Phone>>
  /** The phone of a handle. It is empty if no message ever came. */
  readonly phone: (handle: string) => Effect.Effect<Phone>
  /** Empties one phone, or all phones. */
  readonly clearPhones: (handle?: string) => Effect.Effect<void>
  /** Puts a fault in place for the requests and webhooks after this. */
  readonly addFault: (fault: FaultInput) => Effect.Effect<Fault, NetworkError>
  /** The faults in place, oldest first. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  /** Removes one fault, or all faults. */
  readonly clearFaults: (id?: string) => Effect.Effect<void>
  /** The requests so far. At least the latest 20,000 are kept. */
  readonly requests: (filter?: RequestFilter) => Effect.Effect<ReadonlyArray<LoggedRequest>>
  /** Forgets the requests so far. */
  readonly clearRequests: Effect.Effect<void>
  /** The webhook attempts so far. At least the latest 20,000 are kept. */
  readonly webhooks: Effect.Effect<ReadonlyArray<LoggedWebhook>>
  /** Moves time forward. Statuses, delays and webhooks that become due happen in order. Also works with a real clock. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
  /** The current time of the network. */
  readonly now: Effect.Effect<Date>
  /** Waits until every webhook on its way has an answer. */
  readonly settle: Effect.Effect<void>
  /** The person with a handle. None if nobody has it. */
  readonly find: (handle: string) => Effect.Effect<Option.Option<Person>>
  /** Resets the network: removes people, messages, faults, chats, webhooks and logs, and restores the default lines. */
  readonly reset: Effect.Effect<void>
}
