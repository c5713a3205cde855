/** Makes random numbers that are the same for the same seed on every machine. */

export interface Random {
  /** At least 0 and below 1. */
  readonly next: () => number
  readonly between: (low: number, high: number) => number
  readonly int: (below: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(from: readonly [A, ...ReadonlyArray<A>]) => A
}

const spread = (hash: number, value: number): number => {
  let mixed = Math.imul((hash ^ value) | 0, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/**
 * Mulberry32, by Tommy Ettinger. It has one word of state, which is enough for a few hundred draws. It is a class, because a run makes
 * thousands of them.
 */
class Mulberry implements Random {
  private state: number
  constructor(start: number) {
    this.state = start | 0
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }
  int(below: number): number {
    return Math.floor(this.next() * below)
  }
  chance(probability: number): boolean {
    return this.next() < probability
  }
  pick<A>(list: readonly [A, ...ReadonlyArray<A>]): A {
    return list[this.int(list.length)] ?? list[0]
  }
}

export const make = (seed: number): Random => new Mulberry(spread(spread(0x1b873593, seed), Math.floor(seed / 4_294_967_296)))

/** Draws that depend only on the key, not on earlier draws. So the judge can ask at any time what would have happened. */
export const keyed = (seed: number, first: number, second: number, third: number): Random =>
  new Mulberry(spread(spread(spread(spread(0x2545f491, seed), first), second), third))
