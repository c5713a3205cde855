/**
 * The slots of a line: when each send may leave, if the policy limits the sends of a second. The authority gives them to processes. The code is
 * pure.
 */
import type * as Limits from "../Limits.ts"

/** When a slot begins and ends. */
export interface Slot {
  readonly from: number
  readonly to: number
}

/** How long a slot may be used. */
export const slotFor = 2_000
/** How far ahead slots are given to a process that has some. */
const slotsAhead = 500

/** The most slots that a process has at a time. */
export const batch = ({ perSecond }: Limits.Settings): number => perSecond === undefined ? 50 : Math.max(1, Math.ceil(perSecond / 2))

// rounding errors make a sum of token fractions slightly smaller than 1
const whole = 1 - 1e-6

/**
 * The tokens at `at`. Together with the slots that are given out and may still be used they are never more than may leave at once. Then any
 * span has at most so many sends more than the span earns, however many processes there are.
 */
export const refill = (
  { filledAt, tokens }: Limits.State,
  held: ReadonlyArray<Slot>,
  at: number,
  perSecond: number
): number => {
  const burst = Math.ceil(perSecond)
  let filled = tokens
  let time = filledAt
  let left = held.length
  const grow = (until: number): void => {
    if (until <= time) return
    filled = Math.max(filled, Math.min(burst - left, filled + (until - time) * perSecond / 1000))
    time = until
  }
  for (const { to } of [...held].sort((first, second) => first.to - second.to)) {
    if (to > at) break
    grow(to)
    left -= 1
  }
  grow(at)
  return filled
}

/** Gives a process slots. One that has none gets one at least, however far ahead that is. */
export const give = (
  limited: Limits.State,
  wanted: number,
  held: ReadonlyArray<Slot>,
  at: number,
  limits: Limits.Settings
): { readonly limited: Limits.State; readonly slots: ReadonlyArray<Slot> } => {
  const { perSecond } = limits
  const room = Math.min(wanted, batch(limits) - held.length)
  const slots: Array<Slot> = []
  let { tokens } = limited
  while (slots.length < room) {
    const from = perSecond === undefined || tokens >= whole ? at : at + Math.max(1, Math.ceil((1 - tokens) * 1000 / perSecond))
    if (from > at + slotsAhead && held.length + slots.length > 0) break
    slots.push({ from, to: from + slotFor })
    tokens -= 1
  }
  return { slots, limited: perSecond === undefined || slots.length === 0 ? limited : { ...limited, tokens } }
}

/** The slots that a process has not used: those that end last. An authority that has just begun does not know them, and takes them for new. */
export const heldBy = (before: ReadonlyArray<Slot> | undefined, count: number, at: number): ReadonlyArray<Slot> => {
  const known = count === 0 ? [] : before?.slice(-count) ?? []
  return [...known, ...Array.from({ length: count - known.length }, () => ({ from: at, to: at + slotFor }))]
}
