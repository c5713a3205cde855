/** What one of several processes asks the authority of a line, and how it takes in the answers. */
import * as Effect from "effect/Effect"
import type { RouterEvent } from "../../decision/RouterEvent.ts"
import type * as LineAuthority from "../LineAuthority.ts"
import * as LineFacts from "../lineFacts.ts"
import * as LineSnapshot from "../LineSnapshot.ts"
import { ahead, askBy, type Asking, giveBack, type Mine, tellEvery } from "./replicaLine.ts"

/** A line that does not send asks this often. */
const idleEvery = 30_000
/** A line sends until this long after its last send. */
export const activeFor = 10_000
/** With many lines that send, each asks less often, so that all of them together ask about this often. */
const askApart = 20
/** How soon a request without an answer comes again. */
const retryAfter = 500

const toEvent = ({ carrierId, line }: LineFacts.Place, { until = 0, what, why }: LineAuthority.News, at: number): RouterEvent => {
  switch (what) {
    case "opened":
      return { _tag: "BreakerOpened", at, carrierId, line, until: at + until, why }
    case "closed":
      return { _tag: "BreakerClosed", at, carrierId, line }
    case "paused":
      return { _tag: "Limited", at, carrierId, line, until: at + until, why }
  }
}

/** When the authority of a line is to be asked. */
export const dueAt = (mine: Mine, active: number): number => {
  const { asking, contacts, heardAt, probeUntil, usedAt } = mine
  if (asking !== undefined) return asking.isCalling ? Number.POSITIVE_INFINITY : asking.askedAt + retryAfter
  if (heardAt === undefined) return mine.dueAt
  const expiry = Math.min(probeUntil ?? Number.POSITIVE_INFINITY, ...contacts.map(({ to }) => to))
  const every = heardAt - usedAt < activeFor ? Math.max(tellEvery, active * askApart) : idleEvery
  return Math.min(mine.dueAt, expiry, heardAt + every)
}

const compose = (mine: Mine, at: number): Asking => {
  giveBack(mine, at)
  const more = Math.max(0, ahead(mine, at) - mine.slots.length)
  const asking: Asking = {
    seq: mine.seq += 1,
    learned: mine.learned,
    took: mine.took,
    slots: mine.settings.limits.perSecond === undefined ? 0 : mine.slotsWanted + more,
    contacts: mine.contactsWanted,
    back: mine.back,
    probe: mine.probeWanted,
    probeBack: mine.probeBack,
    waiters: mine.waiters,
    firstAskedAt: at,
    askedAt: at,
    isCalling: true
  }
  mine.learned = []
  mine.took = 0
  mine.slotsWanted = 0
  mine.contactsWanted = 0
  mine.probeWanted = false
  mine.back = []
  mine.probeBack = false
  mine.waiters = new Set()
  mine.dueAt = Number.POSITIVE_INFINITY
  return asking
}

/** Takes over what the authority gave. It counts from the moment of the call, so that it never lasts longer than the authority thinks. */
const takeOver = (mine: Mine, { askedAt, seq }: Asking, answer: LineAuthority.Answer, at: number): void => {
  const { full, newContacts, probe, probeFor, slotFor, slots } = answer
  mine.slots = [
    ...mine.slots,
    ...slots.map((begin) => ({ from: at + Math.max(0, begin), to: askedAt + begin + slotFor })).filter(({ from, to }) => from < to)
  ].sort((left, right) => left.from - right.from)
  for (let count = 0; count < answer.contacts; count += 1) mine.contacts.push({ seq, at, to: askedAt + answer.contactFor })
  mine.full = full === undefined ? undefined : { ...full, ...(full.until === undefined ? {} : { until: full.until + at }) }
  if (probe) mine.probeUntil = askedAt + probeFor
  mine.newContacts = { ...newContacts, since: newContacts.since + at }
}

/** What to ask the authority. Until its answer is heard, the same request comes again. */
export const ask = (mine: Mine, process: string, at: number): LineAuthority.Request => {
  const asking = mine.asking ??= compose(mine, at)
  asking.askedAt = at
  asking.isCalling = true
  const { back, contacts, learned, probe, probeBack, seq, slots, took } = asking
  return {
    process,
    seq,
    changes: learned.map(({ change }) => LineFacts.shift(change, -at)),
    took,
    slots,
    held: mine.slots.filter(({ to }) => to > at).length,
    contacts,
    back: back.map((place) => place.at - at),
    backOf: back.map((place) => place.seq),
    probe,
    probeBack
  }
}

/** Takes in the answer to the last request. The events are those that are not told yet. */
export const hear = (mine: Mine, answer: LineAuthority.Answer, at: number): ReadonlyArray<RouterEvent> => {
  const { asking } = mine
  if (asking === undefined || asking.seq !== answer.seq) return []
  mine.asking = undefined
  mine.heardAt = at
  // what was learned since the request is not in the answer yet
  let line = LineSnapshot.fromKnown(answer.known, at, mine.settings.limits)
  for (const { change } of mine.learned) line = LineFacts.apply(line, change, mine.settings).line
  mine.line = line
  takeOver(mine, asking, answer, at)
  for (const wake of asking.waiters) wake()
  const told = new Set(asking.learned.flatMap(({ told }) => told))
  return answer.news.flatMap((news) => told.has(news.what) ? [] : [toEvent(mine.settings.place, news, at)])
}

/** Those who wait for the answer in which the places are that they asked for. Undefined if it has come. */
const waitersOf = (mine: Mine): Set<() => void> | undefined => {
  const { asking, contactsWanted, heardAt, probeWanted, slotsWanted } = mine
  const isAskedNext = slotsWanted > 0 || contactsWanted > 0 || probeWanted || (heardAt === undefined && asking === undefined)
  return isAskedNext ? mine.waiters : asking?.waiters
}

/** Asks the authority, and ends when it has answered. At once if the last answer is not a second old. */
export const awaitNews = (mine: Mine, at: number): Effect.Effect<void> =>
  mine.heardAt !== undefined && at - mine.heardAt < tellEvery ? Effect.void : Effect.async<void>((resume) => {
    const wake = (): void => resume(Effect.void)
    mine.waiters.add(wake)
    askBy(mine, at)
    return Effect.sync(() => mine.waiters.delete(wake))
  })

/** Ends when the answer has come in which the places are that a send asked for just now. */
export const awaitAnswer = (mine: Mine | undefined): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const waiters = mine === undefined ? undefined : waitersOf(mine)
    if (waiters === undefined) return resume(Effect.void)
    const wake = (): void => resume(Effect.void)
    waiters.add(wake)
    return Effect.sync(() => waiters.delete(wake))
  })
