/**
 * The places for new contacts of a line, if the policy limits them. The authority gives them to processes, and takes back those that a process did
 * not use. The code is pure.
 */
import * as Limits from "../Limits.ts"
import * as RecentCounts from "../recentCounts.ts"

/** A place that a process got: with which request, and the time for which it counts. */
export interface Given {
  readonly seq: number
  readonly countedAt: number
}

/** What counts the new contacts of a line. */
interface Counted {
  readonly limited: Limits.State
  readonly counts: RecentCounts.Tally
}

/** How many places a process needs, and which ones it does not need. */
interface Asked {
  readonly seq: number
  readonly contacts: number
  readonly back: ReadonlyArray<number>
  readonly backOf?: ReadonlyArray<number>
}

/** How long a process may keep a place for a send, in milliseconds. Until it is used, it counts for the end of that time. */
export const contactFor = 5_000

/** A place that is not given back within this time was used. */
const usedAfter = 600_000

/**
 * Takes back the places that a process does not need. The request that got a place says which one it is. Its time does not: a request may come
 * late. Then it would take back the place of another send, and the line could write to more people than it may.
 */
const takeBack = (before: Counted, places: ReadonlyArray<Given>, { back, backOf }: Asked, at: number) => {
  const left = [...places]
  const counts = RecentCounts.make(before.counts.ages(at), at)
  let { limited } = before
  for (const index of back.keys()) {
    const seq = backOf?.[index]
    // an older version does not say which one. The oldest one stops counting first, so without it the line may not write to more people
    const position = seq === undefined ? 0 : left.findIndex((place) => place.seq === seq)
    const place = left[position]
    if (place === undefined) continue
    left.splice(position, 1)
    limited = Limits.uncountContact(limited, place.countedAt)
    counts.add(place.countedAt - contactFor, -1)
  }
  return { limited, counts, places: left }
}

/** Gives places, as many as there are. */
const give = (before: Counted, wanted: number, at: number, limits: Limits.Settings) => {
  let { limited } = before
  let given = 0
  while (given < wanted && Limits.crowdedWith(limited, at, limits) === undefined) {
    given += 1
    if (Limits.limitsContacts(limits)) limited = Limits.countContact(limited, at, at + contactFor, limits)
  }
  if (given === 0) return { ...before, given }
  const counts = RecentCounts.make(before.counts.ages(at), at)
  counts.add(at, given)
  return { limited, counts, given }
}

/** Takes back and gives what a request of a process says. `before`: the places that the process has, the oldest first. */
export const exchange = (line: Counted, before: ReadonlyArray<Given>, asked: Asked, at: number, limits: Limits.Settings) => {
  const returned = asked.back.length === 0 ? { ...line, places: before } : takeBack(line, before, asked, at)
  const { counts, given, limited } = give(returned, asked.contacts, at, limits)
  const places = [
    ...returned.places.filter(({ countedAt }) => countedAt > at - usedAfter),
    ...Array.from({ length: given }, (): Given => ({ seq: asked.seq, countedAt: at + contactFor }))
  ]
  return { limited, counts, given, places }
}
