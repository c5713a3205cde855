/** What one of several processes holds of a line, and how it decides about its sends with that. */
import * as Breaker from "../Breaker.ts"
import * as KnownUsage from "../knownUsage.ts"
import * as Limits from "../Limits.ts"
import type * as LineAuthority from "../LineAuthority.ts"
import * as LineFacts from "../lineFacts.ts"
import type { Admission } from "../lineHealth.ts"
import * as Slots from "./slots.ts"

/** A place for a new contact: which request got it, when it came, and until when it may be used. */
interface ContactPlace {
  readonly seq: number
  readonly at: number
  readonly to: number
}

/** A place for a new contact that is not needed. */
export type UnusedPlace = Pick<ContactPlace, "seq" | "at">

/** Something learned, and whether its events are told already. */
export interface Learned {
  readonly change: LineFacts.Change
  readonly told: ReadonlyArray<LineAuthority.News["what"]>
}

/** A request that has no answer yet. */
export interface Asking {
  readonly seq: number
  readonly learned: ReadonlyArray<Learned>
  readonly took: number
  readonly slots: number
  readonly contacts: number
  readonly back: ReadonlyArray<UnusedPlace>
  readonly probe: boolean
  readonly probeBack: boolean
  readonly waiters: Set<() => void>
  readonly firstAskedAt: number
  askedAt: number
  /** A call with it is under way. */
  isCalling: boolean
}

/** What one process knows and holds of a line. It is changed in place. */
export interface Mine {
  /** The line is to be asked before the time that was said last. */
  readonly onDue: () => void
  readonly settings: LineFacts.Settings
  /** What the authority said last, with what was learned here since. */
  line: LineFacts.Line
  newContacts: LineFacts.NewContacts
  full: LineAuthority.Answer["full"] | undefined
  // --- what this process holds ---
  slots: Array<Slots.Slot>
  contacts: Array<ContactPlace>
  /** Until when this process may test the line with one send. */
  probeUntil: number | undefined
  /** When the test of this process began. */
  probing: number | undefined
  // --- what the next request says ---
  learned: Array<Learned>
  took: number
  slotsWanted: number
  contactsWanted: number
  probeWanted: boolean
  back: Array<UnusedPlace>
  probeBack: boolean
  waiters: Set<() => void>
  /** When it is to be asked at the latest. */
  dueAt: number
  // --- requests ---
  seq: number
  asking: Asking | undefined
  /** When the last answer came. */
  heardAt: number | undefined
  usedAt: number
  /** How many slots were used in this second and in the one before. */
  used: { second: number; count: number; before: number }
}

/** What was learned is told within this time. A line that sends asks as often for what others learned. */
export const tellEvery = 1_000
/** After this time without an answer a send does not wait for what it can do without. */
const silentAfter = 1_000

/** A line that was never used here. */
export const make = (settings: LineFacts.Settings, onDue: () => void, at: number): Mine => ({
  onDue,
  settings,
  line: LineFacts.unused(settings.limits),
  newContacts: { hour: 0, day: 0, since: at, per: Limits.limitsContacts(settings.limits) ? "person" : "conversation" },
  full: undefined,
  slots: [],
  contacts: [],
  probeUntil: undefined,
  probing: undefined,
  learned: [],
  took: 0,
  slotsWanted: 0,
  contactsWanted: 0,
  probeWanted: false,
  back: [],
  probeBack: false,
  waiters: new Set(),
  dueAt: at,
  seq: 0,
  asking: undefined,
  heardAt: undefined,
  usedAt: at,
  used: { second: 0, count: 0, before: 0 }
})

/** Asks the authority at `at` at the latest. */
export const askBy = (mine: Mine, at: number): void => {
  if (at >= mine.dueAt) return
  mine.dueAt = at
  mine.onDue()
}

/** Nobody has answered for a while. */
const isSilent = ({ asking }: Mine, at: number): boolean => asking !== undefined && at - asking.firstAskedAt >= silentAfter

const waitForAnswer = (mine: Mine, at: number, until?: number): Admission => {
  askBy(mine, at)
  return { _tag: "Barred", by: "place", why: "another process says whether there is a place", ...(until === undefined ? {} : { until }) }
}

/** Whether a send may test a line that failed or rests. Undefined if it may. */
const barTest = (mine: Mine, at: number): Admission | undefined => {
  const { line: { breaker, limited }, settings } = mine
  const isMine = mine.probeUntil !== undefined && at < mine.probeUntil
  const leave = Breaker.ask(breaker, at, settings.breaker)
  if (leave._tag === "Refused" && !(isMine && breaker._tag === "HalfOpen")) {
    return { _tag: "Barred", by: "breaker", why: leave.why, until: leave.until }
  }
  if (isMine) return undefined
  if (at < limited.pausedUntil && at < limited.probeAt) {
    return { _tag: "Barred", by: "limit", why: "the carrier asked to wait", until: limited.pausedUntil }
  }
  mine.probeWanted = true
  if (!isSilent(mine, at)) return waitForAnswer(mine, at, at + silentAfter)
  return breaker._tag === "Closed"
    ? { _tag: "Barred", by: "limit", why: "the carrier asked to wait", until: limited.pausedUntil }
    : { _tag: "Barred", by: "breaker", why: "another process decides whether the line is tested", until: at + silentAfter }
}

/** Forgets slots that are over, and gives the other places back that were not used in time. `all`: those that could still be used as well. */
export const giveBack = (mine: Mine, at: number, all = false): void => {
  const isOver = (to: number): boolean => all || to <= at
  if (mine.slots.length > 0) mine.slots = mine.slots.filter(({ to }) => to > at)
  if (mine.contacts.some(({ to }) => isOver(to))) {
    mine.back.push(...mine.contacts.filter(({ to }) => isOver(to)))
    mine.contacts = mine.contacts.filter(({ to }) => !isOver(to))
  }
  if (mine.probeUntil !== undefined && isOver(mine.probeUntil)) {
    mine.probeUntil = undefined
    mine.probeBack = true
  }
}

/** How many slots it asks for before they are needed. */
export const ahead = ({ settings: { limits }, used }: Mine, at: number): number => {
  const passed = Math.floor(at / 1000) - used.second
  const lately = passed === 0 ? Math.max(used.count, used.before) : passed === 1 ? used.count : 0
  return Math.min(Math.floor(lately / 2), Slots.batch(limits))
}

const useSlot = (mine: Mine, at: number): void => {
  mine.slots.shift()
  const second = Math.floor(at / 1000)
  const { used } = mine
  if (second !== used.second) mine.used = { second, count: 1, before: second === used.second + 1 ? used.count : 0 }
  else used.count += 1
  // asks for more in time, so that no send has to wait for an answer
  if (mine.slots.length * 2 < ahead(mine, at)) askBy(mine, at)
}

/** Takes a slot and a place for a new contact, or says why not. Undefined if the send has them. */
const takePlaces = (mine: Mine, at: number, isNew: boolean): Admission | undefined => {
  const { settings: { limits } } = mine
  const needsSlot = limits.perSecond !== undefined
  const needsContact = isNew && Limits.limitsContacts(limits)
  if (!needsSlot && !needsContact) return undefined
  giveBack(mine, at)
  const [slot] = mine.slots
  const lacksContact = needsContact && mine.contacts.length === 0
  if (lacksContact && mine.full !== undefined && (mine.full.until === undefined || at < mine.full.until)) {
    return { _tag: "Barred", by: "limit", ...mine.full }
  }
  if (needsSlot && slot !== undefined && slot.from > at) {
    return { _tag: "Barred", by: "limit", why: "the line takes no more sends this second", until: slot.from }
  }
  if (lacksContact || (needsSlot && slot === undefined)) {
    if (lacksContact) mine.contactsWanted += 1
    if (needsSlot && slot === undefined) mine.slotsWanted += 1
    return waitForAnswer(mine, at)
  }
  if (needsSlot) useSlot(mine, at)
  if (needsContact) mine.contacts.shift()
  return undefined
}

/** Whether a send may leave now. */
export const admit = (mine: Mine, at: number, isNew: boolean): Admission => {
  mine.usedAt = at
  // the first send waits for the first answer, because the line may be closed for all
  if (mine.heardAt === undefined && !isSilent(mine, at)) {
    const { limits } = mine.settings
    if (limits.perSecond !== undefined) mine.slotsWanted += 1
    if (isNew && Limits.limitsContacts(limits)) mine.contactsWanted += 1
    return waitForAnswer(mine, at, at + silentAfter)
  }
  const rest = isNew ? KnownUsage.restOf(mine.line.usage, at) : undefined
  if (rest !== undefined) return { _tag: "Barred", by: "limit", ...rest }
  const tests = mine.line.breaker._tag !== "Closed" || at < mine.line.limited.pausedUntil
  const barred = (tests ? barTest(mine, at) : undefined) ?? takePlaces(mine, at, isNew)
  if (barred !== undefined) return barred
  // what others learned is asked for after the first send of a while
  if (mine.heardAt !== undefined && at - mine.heardAt > tellEvery) askBy(mine, at)
  if (!tests) return { _tag: "Admitted", probe: false }
  mine.probeUntil = undefined
  mine.probing = at
  return { _tag: "Admitted", probe: true }
}

/** Why a send could not leave now, as far as the authority has said it. It takes no place, and asks for none. */
export const findBar = (mine: Mine, at: number, isNew: boolean): LineFacts.Bar | undefined => {
  const { contacts, full, line, settings } = mine
  // the authority has the places of the line
  const bar = LineFacts.findBar(line, { ...settings, limits: {} }, at, isNew)
  if (bar !== undefined || !isNew || !Limits.limitsContacts(settings.limits) || contacts.some(({ to }) => to > at)) return bar
  return full === undefined || (full.until !== undefined && at >= full.until) ? undefined : { by: "limit", ...full }
}
