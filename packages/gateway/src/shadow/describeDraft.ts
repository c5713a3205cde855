/** Describes a draft by its shape only: no text, no address and no person. */
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import type { Extras, Fields } from "@interline/core/Extras"
import { present } from "@interline/core/Optional"
import type { Part } from "@interline/core/Part"
import type { Answered } from "@interline/router/Router"
import type { DraftShape } from "./Difference.ts"

const url = /https?:\/\/|\bwww\./i

// endings that files have; anything else behind a dot may be a part of a name
const ending = /\.([a-z0-9]{2,5})(?:[?#]|$)/i

/** The length of a text, as two digits and zeros, so that it identifies no text. */
const roughly = (length: number): number => {
  const unit = 10 ** Math.max(0, String(length).length - 2)
  return Math.round(length / unit) * unit
}

const describePart = (part: Part): string => {
  switch (part._tag) {
    case "Text":
      return `text of ${roughly(part.text.length)}${url.test(part.text) ? " with a URL" : ""}${
        part.decorations === undefined || part.decorations.length === 0 ? "" : " with decorations"
      }${part.mentions === undefined || part.mentions.length === 0 ? "" : " with mentions"}`
    case "Link":
      return "link"
    case "Media": {
      const as = part.sticker === true ? " as a sticker" : ""
      if ("attachment" in part) return `attachment of ${part.attachment.carrierId}${as}`
      const [, found] = ending.exec(part.url) ?? []
      return `${found === undefined ? "media" : `media .${found.toLowerCase()}`}${as}`
    }
  }
}

const names = (fields: Fields | undefined): ReadonlyArray<string> => fields === undefined ? [] : Object.keys(fields)

const extrasOf = (extras: Extras | undefined): ReadonlyArray<string> =>
  extras === undefined
    ? []
    : [
      ...names(extras.message),
      ...names(extras.effect).map((name) => `effect.${name}`),
      ...(extras.parts ?? []).flatMap(({ fields }) => names(fields).map((name) => `parts.${name}`))
    ]

// a draft of a hundred parts is told by its first ones
const most = 10

export const describeDraft = ({ conversation, draft, fidelity }: Answered["prepared"], opensChat: boolean): DraftShape => {
  const { effect, extras, parts, preferredService, replyTo }: Draft = draft
  const more = parts.length - most
  return {
    conversation: Conversation.kind(conversation),
    parts: [...parts.slice(0, most).map(describePart), ...(more > 0 ? [`${more} more`] : [])],
    reply: replyTo !== undefined,
    fidelity,
    extras: Array.from(new Set(extrasOf(extras))).slice(0, most),
    opensChat,
    ...present({ effect, preferredService })
  }
}
