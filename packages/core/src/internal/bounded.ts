/** A map that forgets its oldest entry above its capacity. */
export interface Bounded<K, V> {
  readonly get: (key: K) => V | undefined
  readonly set: (key: K, value: V) => void
}

export const make = <K, V>(capacity: number): Bounded<K, V> => {
  const entries = new Map<K, V>()
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      entries.set(key, value)
      if (entries.size > capacity) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest)
          break
        }
      }
    }
  }
}
