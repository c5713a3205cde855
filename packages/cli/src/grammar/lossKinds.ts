/** The kinds of loss, for the help, which does not load the code of messages. */
import type { LossKind } from "@interline/core/Loss"

const known = {
  "effect-dropped": true,
  "effect-approximated": true,
  "decorations-dropped": true,
  "mention-dropped": true,
  "sticker-dropped": true,
  "reply-dropped": true,
  "link-preview-dropped": true,
  split: true,
  "service-preference-dropped": true,
  "before-reply": true,
  "new-person": true,
  "unknown-field": true
} as const satisfies Readonly<Record<LossKind, true>>

const isLossKind = (word: string): word is LossKind => Object.hasOwn(known, word)

export const lossKinds: ReadonlyArray<LossKind> = Object.keys(known).filter(isLossKind)
