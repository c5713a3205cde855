/** Limits the memory for bodies that are read before their sender has shown a key or a secret. */

export interface Holder {
  /** Counts bytes that arrived. */
  readonly take: (bytes: number) => void
  /** Gives all bytes back. Calling it again does nothing. */
  readonly release: () => void
}

export interface Budget {
  /** Starts counting for one body. `end` is called when its memory must be freed. */
  readonly open: (end: () => void) => Holder
}

interface Held {
  size: number
  readonly end: () => void
}

// The cost of a request before the first byte of its body: its connection and its headers.
const overhead = 16 * 1024

/**
 * Makes a budget of this many bytes. When it is used up, the largest body is ended. So a small body, which arrives at once, still gets
 * through while other clients fill the memory with large bodies that never end.
 */
export const make = (most: number): Budget => {
  const holders = new Set<Held>()
  let total = 0

  const release = (held: Held): void => {
    if (holders.delete(held)) total -= held.size
  }

  const largest = (): Held | undefined => {
    let found: Held | undefined
    for (const held of holders) if (found === undefined || held.size > found.size) found = held
    return found
  }

  const take = (held: Held, bytes: number): void => {
    if (!holders.has(held)) return
    held.size += bytes
    total += bytes
    while (total > most) {
      const victim = largest()
      if (victim === undefined) return
      release(victim)
      victim.end()
    }
  }

  return {
    open: (end) => {
      const held: Held = { size: 0, end }
      holders.add(held)
      take(held, overhead)
      return { take: (bytes) => take(held, bytes), release: () => release(held) }
    }
  }
}
