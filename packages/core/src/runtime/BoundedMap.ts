/**
 * A map bounded by count and age. It keeps at least its newest `capacity` entries until their time is over, and at most twice
 * as many. It forgets a whole generation at once: deleting the oldest key of one large map on every write costs more than the
 * write. An entry may outlive its time; who needs the exact end keeps it in the value.
 */
export interface Expiring<K, V> {
  readonly get: (key: K) => V | undefined
  /** `until`: when it need not be kept any longer, on the same clock as `at`. */
  readonly set: (key: K, value: V, at: number, until: number) => void
  readonly delete: (key: K) => void
  readonly size: () => number
}

export const make = <K, V>(capacity: number): Expiring<K, V> => {
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  // when the first entry of the young generation has had its time, and the last one of each
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
