/** The payload of an event. */
import type { Conversation } from "@interline/core/Conversation"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { NotRendered } from "../../../events/Renderer.ts"
import type * as Wire from "../wire.ts"

/** A person who starts or stops typing, in Sendblue's words. */
export interface Typing {
  readonly number: string
  readonly is_typing: boolean
  readonly from_number: string | null
  readonly timestamp: string
}

/** What is posted to each endpoint. */
export type EventPayload =
  | { readonly type: "receive" | "outbound"; readonly payload: Wire.Shown }
  | { readonly type: "typing_indicator"; readonly payload: Typing }
  | { readonly type: "line_blocked"; readonly payload: { readonly sendblue_number: string | null } }

export type Rendering = Effect.Effect<Option.Option<EventPayload>, NotRendered>

export const noPayload: Rendering = Effect.succeedNone

export const renderPayload = (payload: EventPayload): Option.Option<EventPayload> => Option.some(payload)

export type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }

export const withConversation = (conversation: Conversation | undefined) => conversation === undefined ? {} : { conversation }
