/**
 * Maps that forget their oldest entries: bounded by count, and by age where an entry has an end.
 *
 * A map keeps at least its newest `capacity` entries, and at most twice as many. It forgets half of them at once, by dropping a whole
 * generation: deleting the oldest key of one large map on every write costs more than the write.
 */

/**
 * A map that is bounded by count.
 *
 * @category models
 */
export interface BoundedMap<K, V> {
  /** The value of a key; undefined if it was never set, was deleted or is forgotten. */
  readonly get: (key: K) => V | undefined
  /** Sets the value of a key. The key counts as the newest. */
  readonly set: (key: K, value: V) => void
  /** Deletes a key, if the map has it. */
  readonly delete: (key: K) => void
  /** How many entries the map holds: at most twice its capacity. An entry that was set again may count twice. */
  readonly size: () => number
}

/**
 * A map that is bounded by count and by age.
 *
 * @category models
 */
export interface ExpiringMap<K, V> extends Omit<BoundedMap<K, V>, "set"> {
  /**
   * Sets the value of a key, at the time `at`, to be kept until `until`. Both are read from one clock, which the caller chooses. Unless
   * the map is full, the entry stays until its end; it may stay longer. A caller who needs the exact end keeps it in the value.
   */
  readonly set: (key: K, value: V, at: number, until: number) => void
}

/**
 * Makes a map that forgets its oldest entries when it is full.
 *
 * @category constructors
 */
export const make = <K, V>(capacity: number): BoundedMap<K, V> => {
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  return {
    get: (key) => young.get(key) ?? old.get(key),
    // an older value may stay in the old generation. It is never read, and a search for it would cost as much as the write
    set: (key, value) => {
      if (young.size >= capacity) {
        old = young
        young = new Map()
      }
      young.set(key, value)
    },
    delete: (key) => {
      young.delete(key)
      old.delete(key)
    },
    size: () => young.size + old.size
  }
}

/**
 * Makes a map that also forgets entries after their end.
 *
 * @category constructors
 */
export const makeExpiring = <K, V>(capacity: number): ExpiringMap<K, V> => {
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  // the end of the first entry of the young generation, and the last end of each generation
  let youngFrom = Number.POSITIVE_INFINITY
  let youngUntil = Number.NEGATIVE_INFINITY
  let oldUntil = Number.NEGATIVE_INFINITY

  return {
    get: (key) => young.get(key) ?? old.get(key),
    set: (key, value, at, until) => {
      if (young.size >= capacity || (at >= youngFrom && at >= oldUntil)) {
        old = young
        oldUntil = youngUntil
        young = new Map()
        youngFrom = Number.POSITIVE_INFINITY
        youngUntil = Number.NEGATIVE_INFINITY
      }
      young.set(key, value)
      old.delete(key)
      if (youngFrom === Number.POSITIVE_INFINITY) youngFrom = until
      if (until > youngUntil) youngUntil = until
    },
    delete: (key) => {
      if (!young.delete(key)) old.delete(key)
    },
    size: () => young.size + old.size
  }
}
