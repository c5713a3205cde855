/** Defines the data of the fake phone network. */
import type { JsonObject } from "../http/json.ts"
import type { Vendor } from "./Fault.ts"

export type Service = "iMessage" | "RCS" | "SMS"

export type Status = "pending" | "queued" | "sent" | "delivered" | "read" | "received" | "failed"

export interface Person {
  readonly handle: string
  service: Service
  name: string | null
  /** The vendors that know of the person's opt-out. */
  readonly optedOutOf: Set<Vendor>
  sharesLocation: readonly [longitude: number, latitude: number] | undefined
  /** The vendors with which the person does not share the place any more. */
  readonly sharingEnded: Set<Vendor>
}

export interface Line {
  readonly id: string
  readonly vendor: Vendor
  readonly number: string
  flagged: boolean
  forwarding: string | null
  /** When the vendor takes the line away. Null if it does not. */
  endsAt: number | null
}

export interface Decoration {
  readonly range: readonly [number, number]
  readonly style?: string
  readonly animation?: string
}

/** A person or a line that is named in a text. */
export interface Mention {
  readonly handle: string
  readonly range: readonly [number, number]
}

export type Part =
  | {
    readonly type: "text"
    readonly value: string
    readonly decorations: ReadonlyArray<Decoration> | null
    readonly mentions?: ReadonlyArray<Mention>
  }
  | {
    readonly type: "media"
    readonly id: string
    readonly url: string
    readonly filename: string
    readonly mimeType: string
    readonly sizeBytes: number
    readonly sticker?: boolean
  }
  | { readonly type: "link"; readonly value: string }
  | { readonly type: "app"; readonly card: JsonObject }

/** Where a sticker is on a message. `x` and `y` are from -1 to 1, the rotation is in degrees. */
export interface Placement {
  readonly x: number
  readonly y: number
  readonly scale: number
  readonly rotation: number
}

export interface Sticker {
  /** The vendor's id of the reaction. */
  readonly id: string
  readonly url: string
  readonly filename: string
  readonly mimeType: string
  readonly placement: Placement
}

export interface Reaction {
  readonly by: string
  readonly type: string
  readonly emoji: string | null
  readonly partIndex: number
  readonly at: number
  readonly sticker?: Sticker
}

/** An option of a poll. A voter is a person or a line. */
export interface PollOption {
  readonly id: string
  readonly text: string
  readonly by: string
  votes: ReadonlyArray<{ readonly by: string; readonly at: number }>
}

export interface Message {
  readonly id: string
  readonly vendor: Vendor
  readonly direction: "outbound" | "inbound"
  readonly line: string
  /** The sender: a line or a person. */
  readonly from: string
  /** The receivers: people, or the line for an inbound message. */
  readonly to: ReadonlyArray<string>
  /** The vendor's id of the chat or group. Null for a direct message at Sendblue. */
  readonly thread: string | null
  readonly group: boolean
  parts: ReadonlyArray<Part>
  readonly effect: { readonly type: string | null; readonly name: string | null } | null
  readonly replyTo: { readonly id: string; readonly partIndex: number } | null
  readonly preferredService: Service | null
  readonly service: Service
  readonly downgraded: boolean
  readonly voiceMemo: boolean
  status: Status
  failure: { readonly code: number; readonly reason: string } | null
  readonly createdAt: number
  updatedAt: number
  sentAt: number | null
  /** When the vendor recovered a message that came late. Null for every other message. */
  readonly recoveredAt: number | null
  deliveredAt: number | null
  readAt: number | null
  /** The time from which the vendor's lists show the message. */
  listedAt: number
  readonly edits: Array<{ readonly partIndex: number; readonly text: string; readonly at: number }>
  reactions: ReadonlyArray<Reaction>
  /** Whether the vendor's record is deleted. The phones keep the message. */
  deleted: boolean
  readonly idempotencyKey: string | null
  readonly traceId: string
  readonly statusCallback: string | null
  readonly carousel: boolean
  /** The receivers who had opted out at any vendor when the message was sent. */
  readonly despiteOptOutOf: ReadonlySet<string>
  /** The options, if the message is a poll. */
  poll: ReadonlyArray<PollOption> | null
  /** Fields of the vendor that the sandbox only gives back. */
  readonly echo: JsonObject
}

export interface Phone {
  readonly handle: string
  messages: Array<string>
  typing: Set<string>
  readByLine: Array<{ readonly line: string; readonly at: number }>
  contactCards: Array<{ readonly line: string; readonly name: string; readonly at: number }>
  /** The requests for the person's location that the phone shows. */
  locationRequests: Array<{ readonly line: string; readonly at: number }>
  /** The calls that the phone rang for. */
  calls: Array<{ readonly line: string; readonly at: number }>
}

/** An event that a vendor may report to its customer. */
export type NetworkEvent =
  | { readonly _tag: "Message"; readonly message: Message; readonly phase: Status | "edited" }
  | {
    readonly _tag: "Reaction"
    readonly message: Message
    readonly reaction: Reaction
    readonly added: boolean
    readonly mine: boolean
  }
  | {
    readonly _tag: "Poll"
    readonly message: Message
    readonly by: string
    readonly change: "options-added" | "vote-added" | "vote-removed"
    readonly options: ReadonlyArray<PollOption>
  }
  | {
    readonly _tag: "Typing"
    readonly vendor: Vendor
    readonly line: string
    readonly handle: string
    readonly on: boolean
  }
  | { readonly _tag: "Line"; readonly line: Line; readonly was: boolean }
  | { readonly _tag: "Assigned"; readonly line: Line }
  /** `to`: the part of the account that has the line now. Null if no part has it. */
  | { readonly _tag: "Released"; readonly line: Line; readonly to: string | null }
  /** The credentials end at `at`, or have ended. */
  | { readonly _tag: "Credentials"; readonly vendor: Vendor; readonly at: number; readonly ended: boolean }
  | {
    readonly _tag: "Location"
    readonly handle: string
    readonly on: boolean
    /** The vendor to which the event belongs. Null: every vendor. */
    readonly vendor: Vendor | null
  }
