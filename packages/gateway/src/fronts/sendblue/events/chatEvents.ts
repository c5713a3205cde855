/** Events of chats and lines in Sendblue's words. */
import type { Peer } from "@interline/core/Peer"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Services from "../services.ts"
import * as Wire from "../wire.ts"
import { noPayload, type Of, type Rendering, renderPayload } from "./payload.ts"

export const renderTyping = (
  services: Services.RenderServices,
  { from, line, typing, ...event }: Of<"Typing">,
  { at, conversation }: GatewayEvent
): Rendering => {
  const number: Peer | undefined = from ?? (conversation?._tag === "Direct" ? conversation.handle : undefined)
  const ours = conversation?.line ?? (line === undefined ? undefined : Option.getOrUndefined(services.front.lineOf(line)))
  return Effect.succeed(
    number === undefined
      ? Option.none()
      : renderPayload("typing_indicator", {
        number,
        is_typing: typing,
        from_number: ours === undefined ? line ?? null : Services.numberOf(services, ours),
        timestamp: event.at ?? Wire.iso(at)
      })
  )
}

export const renderLine = (services: Services.RenderServices, { available, number }: Of<"Line">): Rendering => {
  if (available || number === undefined) return noPayload
  const ours = Option.getOrUndefined(services.front.lineOf(number))
  return Effect.succeed(renderPayload("line_blocked", { sendblue_number: ours === undefined ? number : Services.numberOf(services, ours) }))
}
