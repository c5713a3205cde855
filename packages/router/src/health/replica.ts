/**
 * The health of lines in one of several processes. It decides at once about each send, with what the authority of the line gave this process
 * and said last. It keeps what the authority is to be told and asked, and takes its answers in. It runs nothing by itself.
 */
import type { ReasonTag } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as Breaker from "./Breaker.ts"
import * as Limits from "./Limits.ts"
import * as Line from "./line.ts"
import * as LineAuthority from "./LineAuthority.ts"
import type { Admission, Health } from "./lineHealth.ts"
import * as LineSnapshot from "./LineSnapshot.ts"

/** When a slot begins and ends. */
interface Slot {
  readonly from: number
  readonly to: number
}

/** A place for a new contact: when it came, and until when it may be used. */
interface ContactPlace {
  readonly at: number
  readonly to: number
}

/** Something learned, and whether its events are told already. */
interface Learned {
  readonly change: Line.Change
  readonly told: ReadonlyArray<LineAuthority.News["what"]>
}

/** A request that has no answer yet. */
interface Asking {
  readonly seq: number
  readonly learned: ReadonlyArray<Learned>
  readonly took: number
  readonly slots: number
  readonly contacts: number
  readonly back: ReadonlyArray<number>
  readonly probe: boolean
  readonly probeBack: boolean
  readonly waiters: Set<() => void>
  readonly firstAskedAt: number
  askedAt: number
  /** A call with it is under way. */
  isCalling: boolean
}

interface Mine {
  readonly settings: Line.Settings
  /** What the authority said last, with what was learned here since. */
  line: Line.Line
  newContacts: Line.NewContacts
  full: LineAuthority.Answer["full"] | undefined
  // --- what this process holds ---
  slots: Array<Slot>
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
  back: Array<number>
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

export interface Replica extends Health {
  readonly offset: number
  readonly awaitPlace: (place: Line.Place) => Effect.Effect<void>
  /** The lines whose authority is to be asked at `at`, and when the next one is due. */
  readonly due: (at: number) => { readonly places: ReadonlyArray<Line.Place>; readonly next: number }
  /** What to ask the authority of a line. Until its answer is heard, the same request comes again. */
  readonly ask: (place: Line.Place, at: number) => LineAuthority.Request
  /** Takes in the answer to the last request. The events are those that are not told yet. */
  readonly hear: (place: Line.Place, answer: LineAuthority.Answer, at: number) => ReadonlyArray<RouterEvent>
  /** Nobody answered the last request. */
  readonly miss: (place: Line.Place, at: number) => void
  /** The lines of which the authority does not know everything yet. */
  readonly unheard: () => ReadonlyArray<Line.Place>
}

/** What was learned is told within this time. A line that sends asks as often for what others learned. */
const tellEvery = 1_000
/** A line that does not send asks this often. */
const idleEvery = 30_000
/** A line sends until this long after its last send. */
const activeFor = 10_000
/** With many lines that send, each asks less often, so that all of them together ask about this often. */
const askApart = 20
/** How soon a request without an answer comes again. */
const retryAfter = 500
/** After this time without an answer a send does not wait for what it can do without. */
const silentAfter = 1_000

const whatOf = { BreakerOpened: "opened", BreakerClosed: "closed", Limited: "paused" } as const

const toldOf = (events: ReadonlyArray<RouterEvent>): Learned["told"] =>
  events.flatMap((event) =>
    event._tag === "BreakerOpened" || event._tag === "BreakerClosed" || event._tag === "Limited" ? [whatOf[event._tag]] : []
  )

const toEvent = ({ carrierId, line }: Line.Place, { until = 0, what, why }: LineAuthority.News, at: number): RouterEvent => {
  switch (what) {
    case "opened":
      return { _tag: "BreakerOpened", at, carrierId, line, until: at + until, why }
    case "closed":
      return { _tag: "BreakerClosed", at, carrierId, line }
    case "paused":
      return { _tag: "Limited", at, carrierId, line, until: at + until, why }
  }
}

/** `process`: the id of this start of the process. `onDue`: a line is to be asked before the time that `due` said. */
export interface Parts {
  readonly policy: Line.HealthPolicy
  readonly process: string
  readonly offset: number
  readonly onDue: () => void
}

export const make = ({ offset, onDue, policy, process }: Parts): Replica => {
  const settingsOf = Line.settingsOf(policy)
  const lines = new Map<string, Mine>()
  let faulty = 0

  const findLine = (place: Line.Place, at: number): Mine => {
    const name = `${place.carrierId}/${place.line}`
    const known = lines.get(name)
    if (known !== undefined) return known
    const settings = settingsOf(place)
    const fresh: Mine = {
      settings,
      line: Line.unused(settings.limits),
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
    }
    lines.set(name, fresh)
    onDue()
    return fresh
  }

  const askBy = (mine: Mine, at: number): void => {
    if (at >= mine.dueAt) return
    mine.dueAt = at
    onDue()
  }

  const setLine = (mine: Mine, line: Line.Line): void => {
    faulty += line.faults.length - mine.line.faults.length
    mine.line = line
  }

  /** Applies what was learned here, and tells the authority soon. */
  const learn = (mine: Mine, change: Line.Change, at: number): ReadonlyArray<RouterEvent> => {
    const { events, line } = Line.apply(mine.line, change, mine.settings)
    setLine(mine, line)
    mine.learned.push({ change, told: toldOf(events) })
    askBy(mine, events.length > 0 || change._tag !== "Reported" || change.probe ? at : at + tellEvery)
    return events
  }

  // --- admission ---

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

  /** Forgets slots that are over, and gives places back that were not used in time. */
  const expire = (mine: Mine, at: number): void => {
    if (mine.slots.length > 0) mine.slots = mine.slots.filter(({ to }) => to > at)
    if (mine.contacts.some(({ to }) => to <= at)) {
      mine.back.push(...mine.contacts.flatMap((place) => place.to <= at ? [place.at] : []))
      mine.contacts = mine.contacts.filter(({ to }) => to > at)
    }
    if (mine.probeUntil !== undefined && mine.probeUntil <= at) {
      mine.probeUntil = undefined
      mine.probeBack = true
    }
  }

  /** How many slots it asks for before they are needed. */
  const ahead = ({ settings: { limits }, used }: Mine, at: number): number => {
    const passed = Math.floor(at / 1000) - used.second
    const lately = passed === 0 ? Math.max(used.count, used.before) : passed === 1 ? used.count : 0
    return Math.min(Math.floor(lately / 2), LineAuthority.batch(limits))
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
    expire(mine, at)
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

  const admit: Health["admit"] = (place, at, isNew) => {
    const mine = findLine(place, at)
    mine.usedAt = at
    // the first send waits for the first answer, because the line may be closed for all
    if (mine.heardAt === undefined && !isSilent(mine, at)) {
      const { limits } = mine.settings
      if (limits.perSecond !== undefined) mine.slotsWanted += 1
      if (isNew && Limits.limitsContacts(limits)) mine.contactsWanted += 1
      return waitForAnswer(mine, at, at + silentAfter)
    }
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

  // --- requests and answers ---

  /** When the authority of a line is to be asked. */
  const dueAt = (mine: Mine, active: number): number => {
    const { asking, contacts, heardAt, probeUntil, usedAt } = mine
    if (asking !== undefined) return asking.isCalling ? Number.POSITIVE_INFINITY : asking.askedAt + retryAfter
    if (heardAt === undefined) return mine.dueAt
    const expiry = Math.min(probeUntil ?? Number.POSITIVE_INFINITY, ...contacts.map(({ to }) => to))
    const every = heardAt - usedAt < activeFor ? Math.max(tellEvery, active * askApart) : idleEvery
    return Math.min(mine.dueAt, expiry, heardAt + every)
  }

  const compose = (mine: Mine, at: number): Asking => {
    expire(mine, at)
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

  const isAskedFor = ({ contactsWanted, probeWanted, slotsWanted }: Mine): boolean => slotsWanted > 0 || contactsWanted > 0 || probeWanted

  /** Takes over what the authority gave. It counts from the moment of the call, so that it never lasts longer than the authority thinks. */
  const takeOver = (mine: Mine, { askedAt }: Asking, answer: LineAuthority.Answer, at: number): void => {
    const { full, newContacts, probe, probeFor, slotFor, slots } = answer
    mine.slots = [
      ...mine.slots,
      ...slots.map((begin) => ({ from: at + Math.max(0, begin), to: askedAt + begin + slotFor })).filter(({ from, to }) => from < to)
    ].sort((left, right) => left.from - right.from)
    for (let count = 0; count < answer.contacts; count += 1) mine.contacts.push({ at, to: askedAt + answer.contactFor })
    mine.full = full === undefined ? undefined : { ...full, ...(full.until === undefined ? {} : { until: full.until + at }) }
    if (probe) mine.probeUntil = askedAt + probeFor
    mine.newContacts = { ...newContacts, since: newContacts.since + at }
  }

  const hear: Replica["hear"] = (place, answer, at) => {
    const mine = findLine(place, at)
    const { asking } = mine
    if (asking === undefined || asking.seq !== answer.seq) return []
    mine.asking = undefined
    mine.heardAt = at
    // what was learned since the request is not in the answer yet
    let line = LineSnapshot.fromKnown(answer.known, at, mine.settings.limits)
    for (const { change } of mine.learned) line = Line.apply(line, change, mine.settings).line
    setLine(mine, line)
    takeOver(mine, asking, answer, at)
    for (const wake of asking.waiters) wake()
    const told = new Set(asking.learned.flatMap(({ told }) => told))
    return answer.news.flatMap((news) => told.has(news.what) ? [] : [toEvent(mine.settings.place, news, at)])
  }

  return {
    offset,
    admit,
    // the time of a slot is over soon, so it is not given back
    release: (place, admittedAt, isNew) => {
      const mine = findLine(place, admittedAt)
      if (mine.probing === admittedAt) {
        mine.probing = undefined
        mine.probeBack = true
      }
      if (isNew && Limits.limitsContacts(mine.settings.limits)) mine.back.push(admittedAt)
      askBy(mine, admittedAt)
    },
    took: (place, before, at) => {
      const mine = findLine(place, at)
      if (!Limits.limitsContacts(mine.settings.limits) && Line.isNewTo(place, before, at)) mine.took += 1
    },
    report: (place, report, at) => {
      const mine = findLine(place, at)
      const { line, probing } = mine
      const probe = probing !== undefined && report.startedAt >= probing
      if (probe) mine.probing = undefined
      const change: Line.Change = { _tag: "Reported", at, probe, ...report }
      const isNews = probe || (report.verdict === "failed" && line.breaker._tag === "Closed") ||
        (report.verdict !== "failed" && Line.apply(line, change, mine.settings).line !== line)
      return isNews ? learn(mine, change, at) : []
    },
    lineChanged: (place, { available, gone = false }, at, why) =>
      learn(findLine(place, at), { _tag: "Changed", at, available, gone, why }, at),
    lineSeen: (place, at, why) => {
      const mine = lines.get(`${place.carrierId}/${place.line}`)
      return mine?.line.gone === true ? learn(mine, { _tag: "Seen", at, why }, at) : []
    },
    faulted: (place, reason, at) => {
      const mine = findLine(place, at)
      if (mine.line.faults.some((fault) => fault.reason === reason)) return false
      learn(mine, { _tag: "Faulted", at, reason }, at)
      return true
    },
    mended: ({ carrierId, line }, reason?: ReasonTag) => {
      // nearly always true, so skip the look-up
      if (faulty === 0) return false
      const mine = lines.get(`${carrierId}/${line}`)
      if (mine === undefined || Line.mend(mine.line, reason) === mine.line) return false
      learn(mine, present({ _tag: "Mended" as const, reason }), mine.usedAt)
      return true
    },
    inspect: (at) =>
      Array.from(lines.values(), ({ line, newContacts, settings, took }) =>
        Line.inspect(
          settings.place,
          line,
          { ...newContacts, hour: newContacts.hour + took, day: newContacts.day + took },
          at,
          settings.breaker
        )),
    awaitPlace: (place) =>
      Effect.async<void>((resume) => {
        const mine = lines.get(`${place.carrierId}/${place.line}`)
        const waiters = mine === undefined ? undefined : isAskedFor(mine) || mine.heardAt === undefined && mine.asking === undefined
          ? mine.waiters
          : mine.asking?.waiters
        if (waiters === undefined) return resume(Effect.void)
        const wake = (): void => resume(Effect.void)
        waiters.add(wake)
        return Effect.sync(() => waiters.delete(wake))
      }),
    due: (at) => {
      const all = Array.from(lines.values())
      const active = all.filter(({ usedAt }) => at - usedAt < activeFor).length
      const places: Array<Line.Place> = []
      let next = Number.POSITIVE_INFINITY
      for (const mine of all) {
        const due = dueAt(mine, active)
        if (due <= at) places.push(mine.settings.place)
        else next = Math.min(next, due)
      }
      return { places, next }
    },
    ask: (place, at) => {
      const mine = findLine(place, at)
      const asking = mine.asking ??= compose(mine, at)
      asking.askedAt = at
      asking.isCalling = true
      const { back, contacts, learned, probe, probeBack, seq, slots, took } = asking
      return {
        process,
        seq,
        changes: learned.map(({ change }) => Line.shift(change, -at)),
        took,
        slots,
        held: mine.slots.filter(({ to }) => to > at).length,
        contacts,
        back: back.map((time) => time - at),
        probe,
        probeBack
      }
    },
    hear,
    miss: (place, at) => {
      const { asking } = findLine(place, at)
      if (asking === undefined) return
      asking.isCalling = false
      asking.askedAt = at
    },
    unheard: () =>
      Array.from(lines.values())
        .filter(({ asking, back, contacts, learned, took }) =>
          asking !== undefined || learned.length > 0 || took > 0 || back.length > 0 || contacts.length > 0
        )
        .map(({ settings }) => settings.place)
  }
}
