/**
 * A map that keeps at least its newest `capacity` entries and at most twice as many. It forgets half of them at once by
 * dropping a whole generation: deleting the oldest key of one large map on every write costs more than the write.
 */
export interface Bounded<K, V> {
  readonly get: (key: K) => V | undefined
  readonly set: (key: K, value: V) => void
}

export const make = <K, V>(capacity: number): Bounded<K, V> => {
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  return {
    get: (key) => young.has(key) ? young.get(key) : old.get(key),
    set: (key, value) => {
      if (young.size >= capacity) {
        old = young
        young = new Map()
      }
      young.set(key, value)
    }
  }
}
