/** The part of a draft that went out, if the carrier could not carry all of it. */
import type { Draft } from "@interline/core/Draft"
import * as Loss from "@interline/core/Loss"
import { MessageEffect } from "@interline/core/MessageEffect"
import * as Part from "@interline/core/Part"
import * as Schema from "effect/Schema"
import type { SendResult } from "./FrontService.ts"

const isEffect = Schema.is(MessageEffect)

export const lossesOf = (sent: SendResult): ReadonlyArray<Loss.Loss> => sent._tag === "Accepted" ? sent.delivery.losses : sent.error.losses

const isAt = (loss: Loss.Loss, index: number): boolean => loss.part === undefined || loss.part === index

/** The text without the decorations and mentions that are lost. A loss of one mention names its range. */
const dropFromText = (text: Part.Text, index: number, certain: ReadonlyArray<Loss.Loss>): Part.Text => {
  const isLost = certain.some((loss) => loss.kind === "decorations-dropped" && isAt(loss, index))
  const lost = certain.filter((loss) => loss.kind === "mention-dropped" && isAt(loss, index))
  const { decorations, mentions } = text
  const kept = mentions?.filter((mention) => !lost.some(({ from }) => from === undefined || from === Loss.rangeOf(mention)))
  return Part.text(text.text, isLost ? undefined : decorations, kept === undefined || kept.length === 0 ? undefined : kept)
}

const dropSticker = (media: Part.Media, index: number, certain: ReadonlyArray<Loss.Loss>): Part.Media => {
  if (media.sticker !== true || !certain.some((loss) => loss.kind === "sticker-dropped" && isAt(loss, index))) return media
  return "url" in media ? Part.media(media.url) : Part.attachment(media.attachment)
}

/** The draft without its certain losses. A loss that depends on the service that the message will use is not certain. */
export const dropLost = (draft: Draft, losses: ReadonlyArray<Loss.Loss>): Draft => {
  const certain = losses.filter(Loss.isCertain)
  if (certain.length === 0) return draft
  const has = (kind: Loss.Loss["kind"]): boolean => certain.some((loss) => loss.kind === kind)
  const { effect, preferredService, replyTo, ...rest } = draft
  const approximated = certain.find(({ kind }) => kind === "effect-approximated")?.to
  const played = has("effect-dropped") ? undefined : approximated === undefined ? effect : isEffect(approximated) ? approximated : undefined
  const [first, ...others] = draft.parts.map((part, index) =>
    part._tag === "Text" ? dropFromText(part, index, certain) : part._tag === "Media" ? dropSticker(part, index, certain) : part
  )
  return {
    ...rest,
    ...(first === undefined ? {} : { parts: [first, ...others] }),
    ...(played === undefined ? {} : { effect: played }),
    ...(replyTo === undefined || has("reply-dropped") ? {} : { replyTo }),
    ...(preferredService === undefined || has("service-preference-dropped") ? {} : { preferredService })
  }
}
