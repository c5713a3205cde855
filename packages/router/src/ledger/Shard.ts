/**
 * Divides conversations into shards. At any time one process owns a shard. It runs the deliveries of the shard's conversations, and works on
 * the rows of the shard.
 */
import * as Fingerprint from "./fingerprint.ts"

/**
 * The number of shards. It never changes, because stored rows hold the number of their shard.
 *
 * @category constants
 */
export const count = 300

/**
 * The shard of a key, from 1 to `count`. The same key always has the same shard. Use the key of a conversation, or another text for work that
 * belongs to no conversation.
 *
 * @category getters
 */
export const of = (key: string): number => Fingerprint.hash(key) % count + 1

/**
 * All shards.
 *
 * @category constants
 */
export const all: ReadonlyArray<number> = Array.from({ length: count }, (_, index) => index + 1)
