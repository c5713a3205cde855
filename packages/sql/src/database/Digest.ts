/** Digests: short names for texts and bytes. */
import { createHash } from "node:crypto"

/**
 * A short name for some texts in this order: 64 hexadecimal letters. Nobody can read the texts from it.
 *
 * @category constructors
 */
export const of = (...texts: ReadonlyArray<string>): string => createHash("sha256").update(JSON.stringify(texts)).digest("hex")

/**
 * The same for bytes.
 *
 * @category constructors
 */
export const ofBytes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
