/** The names of the vendors, for the help, which does not load their code. */
import type { VendorName } from "interline/Vendors"

const known = { linq: true, sendblue: true } as const satisfies Readonly<Record<VendorName, true>>

const isVendorName = (word: string): word is VendorName => Object.hasOwn(known, word)

export const vendorNames: ReadonlyArray<VendorName> = Object.keys(known).filter(isVendorName)
