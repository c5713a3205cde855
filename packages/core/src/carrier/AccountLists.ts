/** Defines the lists of a vendor's account, from which an application takes over chats and message ids when it changes its vendor. */
import type * as Effect from "effect/Effect"
import type { ChatRef } from "../names/Conversation.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"

/**
 * What every record of a list says of its chat. `number`: our number in the chat. `people`: everybody else in it. `at`: the time of the
 * message, or of the last change of the chat, in epoch milliseconds.
 *
 * @category models
 */
export interface Place {
  readonly isGroup: boolean
  readonly number?: Phone
  readonly people: ReadonlyArray<Handle>
  readonly at?: number
}

/**
 * A record of a list. `Chat`: a chat that the vendor names. `Message`: a message, and its chat if the vendor names it.
 *
 * @category models
 */
export type AccountRecord =
  | Place & { readonly _tag: "Chat"; readonly chat: ChatRef }
  | Place & {
    readonly _tag: "Message"
    readonly ref: MessageRef
    readonly direction: "inbound" | "outbound"
    readonly chat?: ChatRef
  }

/**
 * A record that cannot be used. `what` names it by the vendor's id, never by a phone number.
 *
 * @category models
 */
export interface Unreadable {
  readonly what: string
  readonly why: string
}

/**
 * One page of a list.
 *
 * @category models
 */
export interface AccountPage {
  readonly records: ReadonlyArray<AccountRecord>
  readonly unreadable: ReadonlyArray<Unreadable>
  /** The place of the next page. Absent at the end of the list. */
  readonly next?: string
}

/**
 * One list of an account. A place can be kept and used in another process. While the account is in use, a record may come twice.
 *
 * @category models
 */
export interface AccountList {
  /** The name of the list, in the vendor's word. */
  readonly name: string
  /** Reads the page at a place, or the first page. Only reads. */
  readonly read: (place: string | undefined) => Effect.Effect<AccountPage, MessagingError>
}
