/** What an event is told as. */
import type { Conversation } from "@interline/core/Conversation"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type * as SendblueWords from "@interline/sendblue/SendblueWords"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** What is posted, before it is known to whom. */
export interface Told {
  readonly type: SendblueWords.WebhookType
  readonly payload: unknown
}

export type Tale = Effect.Effect<Option.Option<Told>>

export const nothing: Tale = Effect.succeedNone

export const told = (type: SendblueWords.WebhookType, payload: unknown): Option.Option<Told> => Option.some({ type, payload })

export type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }

export const known = (conversation: Conversation | undefined) => conversation === undefined ? {} : { conversation }
