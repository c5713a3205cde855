/** Digests: short names for texts and bytes. */
import { createHash } from "node:crypto"

/**
 * A short name for some texts, in this order; nothing of them can be read from it. 64 letters of hexadecimal.
 *
 * @category constructors
 */
export const of = (...texts: ReadonlyArray<string>): string => createHash("sha256").update(JSON.stringify(texts)).digest("hex")

/**
 * The same of bytes.
 *
 * @category constructors
 */
export const ofBytes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
