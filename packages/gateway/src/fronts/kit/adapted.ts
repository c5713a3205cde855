/** The part of a draft that went out, if the carrier could not carry all of it. */
import type { Draft } from "@interline/core/Draft"
import * as Loss from "@interline/core/Loss"
import { MessageEffect } from "@interline/core/MessageEffect"
import * as Schema from "effect/Schema"
import type { SendResult } from "./FrontService.ts"

const isEffect = Schema.is(MessageEffect)

export const lossesOf = (sent: SendResult): ReadonlyArray<Loss.Loss> => sent._tag === "Accepted" ? sent.delivery.losses : sent.error.losses

/** The draft without its certain losses. A loss that depends on the service that the message will use is not certain. */
export const dropLost = (draft: Draft, losses: ReadonlyArray<Loss.Loss>): Draft => {
  const certain = losses.filter(Loss.isCertain)
  if (certain.length === 0) return draft
  const has = (kind: Loss.Loss["kind"]): boolean => certain.some((loss) => loss.kind === kind)
  const { effect, preferredService, replyTo, ...rest } = draft
  const approximated = certain.find(({ kind }) => kind === "effect-approximated")?.to
  const played = has("effect-dropped") ? undefined : approximated === undefined ? effect : isEffect(approximated) ? approximated : undefined
  const [first, ...others] = draft.parts.map((part, index) =>
    part._tag === "Text" && part.decorations !== undefined &&
      certain.some(({ kind, part }) => kind === "decorations-dropped" && (part === undefined || part === index))
      ? { _tag: part._tag, text: part.text }
      : part
  )
  return {
    ...rest,
    ...(first === undefined ? {} : { parts: [first, ...others] }),
    ...(played === undefined ? {} : { effect: played }),
    ...(replyTo === undefined || has("reply-dropped") ? {} : { replyTo }),
    ...(preferredService === undefined || has("service-preference-dropped") ? {} : { preferredService })
  }
}
