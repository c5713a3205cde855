/** The payload of an event. */
import type { Conversation } from "@interline/core/Conversation"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type * as SendblueWords from "@interline/sendblue/SendblueWords"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** What is posted to each endpoint. */
export interface EventPayload {
  readonly type: SendblueWords.WebhookType
  readonly payload: unknown
}

export type Rendering = Effect.Effect<Option.Option<EventPayload>>

export const noPayload: Rendering = Effect.succeedNone

export const renderPayload = (type: SendblueWords.WebhookType, payload: unknown): Option.Option<EventPayload> =>
  Option.some({ type, payload })

export type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }

export const withConversation = (conversation: Conversation | undefined) => conversation === undefined ? {} : { conversation }
