/** Events of chats and lines in Sendblue's words. */
import type { Peer } from "@interline/core/Peer"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Services from "../services.ts"
import * as Wire from "../wire.ts"
import { nothing, type Of, type Tale, told } from "./payload.ts"

export const typing = (
  telling: Services.Telling,
  { from, line, typing, ...event }: Of<"Typing">,
  { at, conversation }: GatewayEvent
): Tale => {
  const number: Peer | undefined = from ?? (conversation?._tag === "Direct" ? conversation.handle : undefined)
  const ours = conversation?.line ?? (line === undefined ? undefined : Option.getOrUndefined(telling.front.lineOf(line)))
  return Effect.succeed(
    number === undefined
      ? Option.none()
      : told("typing_indicator", {
        number,
        is_typing: typing,
        from_number: ours === undefined ? line ?? null : Services.numberOf(telling, ours),
        timestamp: event.at ?? Wire.iso(at)
      })
  )
}

export const line = (telling: Services.Telling, { available, number }: Of<"Line">): Tale => {
  if (available || number === undefined) return nothing
  const ours = Option.getOrUndefined(telling.front.lineOf(number))
  return Effect.succeed(told("line_blocked", { sendblue_number: ours === undefined ? number : Services.numberOf(telling, ours) }))
}
