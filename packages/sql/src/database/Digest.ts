/**
 * Digests: short names for texts and bytes.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

/**
 * A short name for some texts, in this order; nothing of them can be read from it. 64 letters of hexadecimal.
 *
 * @since 0.1.0
 * @category constructors
 */
export const of = (...texts: ReadonlyArray<string>): string => createHash("sha256").update(JSON.stringify(texts)).digest("hex")

/**
 * The same of bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofBytes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
