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
      : renderPayload({
        type: "typing_indicator",
        payload: {
          number,
          is_typing: typing,
          from_number: ours === undefined ? line ?? null : Services.numberOf(services, ours),
          timestamp: event.at ?? Wire.iso(at)
        }
      })
  )
}

/** The number that the line with this number shows. */
export const showNumber = (services: Services.RenderServices, number: string): string | null =>
  Option.match(services.front.lineOf(number), { onNone: () => number, onSome: (line) => Services.numberOf(services, line) })

export const renderLine = (
  services: Services.RenderServices,
  { available, number }: Pick<Of<"Line">, "available" | "number">
): Rendering => {
  if (available || number === undefined) return noPayload
  return Effect.succeed(renderPayload({ type: "line_blocked", payload: { sendblue_number: showNumber(services, number) } }))
}
