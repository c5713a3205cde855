/** Words of other packages for the help, which does not load their code. */
import type { LossKind } from "@interline/core/Loss"
import type { VendorName } from "interline/Vendors"

const vendors = { linq: true, sendblue: true } as const satisfies Readonly<Record<VendorName, true>>

const losses = {
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

const isVendorName = (word: string): word is VendorName => Object.hasOwn(vendors, word)

const isLossKind = (word: string): word is LossKind => Object.hasOwn(losses, word)

/** The names of the vendors. */
export const vendorNames: ReadonlyArray<VendorName> = Object.keys(vendors).filter(isVendorName)

/** The kinds of loss. */
export const lossKinds: ReadonlyArray<LossKind> = Object.keys(losses).filter(isLossKind)
