/**
 * Decides for all processes what one line may do: whether it may be asked, and who gets its places. Each process asks it now and then, and
 * decides about its own sends with what it got. The code is pure. Times in requests and answers are relative to the moment at which these
 * were written, in milliseconds: a negative number lies in the past.
 */
import { ReasonTag } from "@interline/core/MessagingError"
import { optional, present } from "@interline/core/Optional"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as Breaker from "./Breaker.ts"
import * as KnownUsage from "./knownUsage.ts"
import * as Limits from "./Limits.ts"
import * as LineFacts from "./lineFacts.ts"
import * as LineSnapshot from "./LineSnapshot.ts"
import * as RecentCounts from "./recentCounts.ts"
import * as ContactPlaces from "./sharing/contactPlaces.ts"
import * as Slots from "./sharing/slots.ts"

/**
 * Something that a process learned of a line.
 *
 * - `Reported`: what a try showed that began at `startedAt`. `probe`: the try was a test of the line.
 * - `Changed`: the carrier says whether the line can send. `Seen`: the carrier lists the line.
 * - `Faulted`, `Mended`: a fault that only an operator can mend began, or ended. Without a `reason` all faults ended.
 * - `Told`: what the vendor said of the new people that the line may write to, or that it said nothing.
 *
 * @category models
 */
export const Change = Schema.Union(
  Schema.TaggedStruct("Reported", {
    at: Schema.Number,
    startedAt: Schema.Number,
    verdict: Schema.Literal("ok", "failed", "limited", "none"),
    until: optional(Schema.Number),
    why: Schema.String,
    probe: Schema.Boolean
  }),
  Schema.TaggedStruct("Changed", { at: Schema.Number, available: Schema.Boolean, gone: Schema.Boolean, why: Schema.String }),
  Schema.TaggedStruct("Seen", { at: Schema.Number, why: Schema.String }),
  Schema.TaggedStruct("Faulted", { at: Schema.Number, reason: ReasonTag }),
  Schema.TaggedStruct("Mended", { reason: optional(ReasonTag) }),
  Schema.TaggedStruct("Told", { usage: KnownUsage.KnownUsage })
)

/** @category models */
export type Change = typeof Change.Type

/**
 * A list without the members that this version does not know. During a deployment processes of different versions share a line: what only the newer
 * one knows is nothing to the older one, and the rest of the request counts.
 */
const known = <A, I>(member: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(member)
  const encode = Schema.encodeSync(member)
  return Schema.transform(Schema.Array(Schema.Unknown), Schema.Array(Schema.typeSchema(member)), {
    strict: true,
    decode: (all) => all.flatMap((one) => Option.toArray(decode(one))),
    encode: (all) => all.map((one) => encode(one))
  })
}

/**
 * What a process tells and asks. A request that comes again with the same `seq` counts once.
 *
 * - `process`: the id of the process. It is new each time the process starts. `seq` grows with each request of the process.
 * - `changes`: what the process learned since its last request, in order.
 * - `took`: how many messages to new contacts the line took since then, if nothing limits them.
 * - `slots`: for how many more sends the process needs a slot. `held`: how many unused slots it has.
 * - `contacts`: how many sends wait for a place for a new contact. `back`: when it got the places that it does not need. `backOf`: the `seq` of the
 *   request that got each of these places. Requests of older versions do not say it.
 * - `probe`: whether a send waits to test the line. `probeBack`: the test that the process may make is not needed.
 *
 * @category models
 */
export const Request = Schema.Struct({
  process: Schema.String,
  seq: Schema.Number,
  changes: known(Change),
  took: Schema.Number,
  slots: Schema.Number,
  held: Schema.Number,
  contacts: Schema.Number,
  back: Schema.Array(Schema.Number),
  backOf: optional(Schema.Array(Schema.Number)),
  probe: Schema.Boolean,
  probeBack: Schema.Boolean
})

/** @category models */
export interface Request extends Schema.Schema.Type<typeof Request> {}

/**
 * How the changes of a request changed the line. `until`: when the line is asked again.
 *
 * @category models
 */
export const News = Schema.Struct({
  what: Schema.Literal("opened", "closed", "paused"),
  until: optional(Schema.Number),
  why: Schema.String
})

/** @category models */
export interface News extends Schema.Schema.Type<typeof News> {}

/**
 * What a process may do, and what is known of the line.
 *
 * - `slots`: when each new slot begins. It may be used for `slotFor` milliseconds.
 * - `contacts`: how many places for new contacts the process got. It gives back what it does not use within `contactFor` milliseconds.
 * - `full`: the line may not write to more new contacts. `until`: when it may.
 * - `probe`: the process may test the line with one send that begins within `probeFor` milliseconds.
 * - `newContacts`: as in `Router.LineState`, of all processes.
 *
 * @category models
 */
export const Answer = Schema.Struct({
  seq: Schema.Number,
  known: LineSnapshot.Known,
  slots: Schema.Array(Schema.Number),
  slotFor: Schema.Number,
  contacts: Schema.Number,
  contactFor: Schema.Number,
  full: optional(Schema.Struct({ until: optional(Schema.Number), why: Schema.String })),
  probe: Schema.Boolean,
  probeFor: Schema.Number,
  newContacts: Schema.Struct({
    hour: Schema.Number,
    day: Schema.Number,
    since: Schema.Number,
    per: Schema.Literal("person", "conversation")
  }),
  news: known(News)
})

/** @category models */
export interface Answer extends Schema.Schema.Type<typeof Answer> {}

/** What the last request of a process got. */
interface Granted {
  readonly slots: ReadonlyArray<Slots.Slot>
  readonly contacts: number
  readonly probe: boolean
  readonly news: ReadonlyArray<News>
}

/** What the authority knows of a process. */
interface Asker {
  readonly seq: number
  /** When it asked last. */
  readonly at: number
  /** The slots that it may still use. */
  readonly held: ReadonlyArray<Slots.Slot>
  /** The places for new contacts that it got lately and has not given back, in order. */
  readonly places: ReadonlyArray<ContactPlaces.Given>
  readonly granted: Granted
}

/**
 * What the authority knows of its line.
 *
 * @category models
 */
export interface State {
  /** What is known of the line. The slots that begin later are taken from its tokens already. */
  readonly line: LineFacts.Line
  /** Counts the sends to new contacts. It is changed in place, by a new state only. */
  readonly counts: RecentCounts.Tally
  /** Since when they are counted, in epoch milliseconds. */
  readonly countedSince: number
  /** The processes that asked within the last minutes. */
  readonly askers: ReadonlyMap<string, Asker>
  /** The process that tests the line. */
  readonly probeBy: string | undefined
}

/**
 * The state after a request, and its answer. `first`: the answer gives places for new contacts or a test of the line, so the state must be on
 * record before it is given. `soon`: something changed that should be on record. `later`: only a count grew that limits nothing.
 *
 * @category models
 */
export interface Exchanged {
  /** The state after the request. */
  readonly state: State
  /** The answer. */
  readonly answer: Answer
  /** When the state must be on record. */
  readonly save: "first" | "soon" | "later" | "no"
}

/** The longest time between the answer and the begin of a test. */
const longestProbeFor = 2_000
/** A process that has not asked for this long is forgotten. */
const forgetAfter = 600_000

const none: Granted = { slots: [], contacts: 0, probe: false, news: [] }

/**
 * The state of a line of which nothing is on record.
 *
 * @category constructors
 */
export const unused = ({ limits }: LineFacts.Settings, at: number): State => ({
  line: LineFacts.unused(limits),
  counts: RecentCounts.make(),
  countedSince: at,
  askers: new Map(),
  probeBy: undefined
})

/**
 * What is to be on record.
 *
 * @category combinators
 */
export const toSnapshot = ({ askers, countedSince, counts, line, probeBy }: State, at: number): LineSnapshot.Snapshot =>
  present({
    ...LineSnapshot.toKnown(line, at),
    contacts: line.limited.contacts.map((time) => time - at),
    counts: counts.ages(at),
    countedSince: countedSince - at,
    askers: Array.from(
      askers,
      ([process, { at: askedAt, granted, places, seq }]) => ({
        process,
        seq,
        at: askedAt - at,
        contacts: granted.contacts,
        places: places.map(({ countedAt, seq }) => ({ seq, at: countedAt - at }))
      })
    ),
    probeBy
  })

/**
 * The state of a line whose snapshot was written `age` milliseconds ago. How many slots were given out is not on record, so it begins with
 * one.
 *
 * @category combinators
 */
export const fromSnapshot = (
  { age, snapshot }: { readonly snapshot: LineSnapshot.Snapshot; readonly age: number },
  { limits }: LineFacts.Settings,
  now: number
): State => {
  const at = now - age
  const line = LineSnapshot.fromKnown(snapshot, at, limits)
  return {
    line: {
      ...line,
      limited: {
        ...line.limited,
        tokens: Math.min(1, line.limited.tokens),
        filledAt: now,
        contacts: snapshot.contacts.map((time) => time + at)
      }
    },
    counts: RecentCounts.make(snapshot.counts, at),
    countedSince: snapshot.countedSince + at,
    askers: new Map(snapshot.askers.map(({ at: askedAt, contacts, places = [], process, seq }) => [
      process,
      {
        seq,
        at: askedAt + at,
        held: [],
        places: places.map((place) => ({ seq: place.seq, countedAt: place.at + at })),
        granted: { ...none, contacts }
      }
    ])),
    probeBy: snapshot.probeBy
  }
}

// --- requests ---

const tellNews = (events: ReadonlyArray<RouterEvent>, at: number): ReadonlyArray<News> =>
  events.flatMap((event): ReadonlyArray<News> => {
    switch (event._tag) {
      case "BreakerOpened":
        return [{ what: "opened", until: event.until - at, why: event.why }]
      case "BreakerClosed":
        return [{ what: "closed", why: "" }]
      case "Limited":
        return [{ what: "paused", until: event.until - at, why: event.why }]
      default:
        return []
    }
  })

/** Lets one process test a line that failed or rests. */
const giveProbe = (line: LineFacts.Line, at: number, settings: LineFacts.Settings): LineFacts.Line | undefined => {
  const leave = Breaker.ask(line.breaker, at, settings.breaker)
  if (leave._tag === "Refused") return undefined
  if (at >= line.limited.pausedUntil) return leave.probe ? { ...line, breaker: leave.state } : undefined
  const { filledAt, tokens } = line.limited
  const allowance = Limits.take(line.limited, at, false, {})
  return allowance._tag === "Full"
    ? undefined
    : { ...line, breaker: leave.state, limited: { ...allowance.state, filledAt, tokens } }
}

/** `since`: when the places were given. A place does not last longer because its answer is given again. */
const view = (
  state: State,
  { granted, seq, since }: { readonly granted: Granted; readonly seq: number; readonly since: number },
  at: number,
  settings: LineFacts.Settings
): Answer => {
  const { limited } = state.line
  const full = Limits.crowdedWith(limited, at, settings.limits)
  const exact = Limits.newContacts(limited, at, settings.limits)
  return present({
    seq,
    known: LineSnapshot.toKnown(state.line, at),
    slots: granted.slots.map(({ from }) => from - at),
    slotFor: Slots.slotFor,
    contacts: granted.contacts,
    contactFor: Math.max(0, ContactPlaces.contactFor + since - at),
    full: full === undefined ? undefined : present({ why: full.why, until: full.until === undefined ? undefined : full.until - at }),
    probe: granted.probe,
    probeFor: Math.max(0, Math.min(longestProbeFor, settings.breaker.probeFor / 2) + since - at),
    newContacts: {
      ...state.counts.within(at),
      ...exact,
      since: state.countedSince - at,
      per: exact === undefined ? "conversation" as const : "person" as const
    },
    news: granted.news
  })
}

/** What is known of the processes, without those that have not asked for long and the slots that are over. */
const prune = (askers: State["askers"], at: number): Map<string, Asker> => {
  const left = new Map<string, Asker>()
  for (const [process, asker] of askers) {
    if (asker.at < at - forgetAfter) continue
    const held = asker.held.filter(({ to }) => to > at)
    left.set(process, held.length === asker.held.length ? asker : { ...asker, held })
  }
  return left
}

const isSame = (left: LineFacts.Line, right: LineFacts.Line): boolean =>
  left.breaker === right.breaker && left.gone === right.gone && left.faults === right.faults && left.usage === right.usage &&
  left.limited.pausedUntil === right.limited.pausedUntil && left.limited.contacts === right.limited.contacts

/** Takes in what the process learned. */
const takeIn = (before: State, { changes, probeBack, process, took }: Request, at: number, settings: LineFacts.Settings) => {
  let state = before
  const events: Array<RouterEvent> = []
  for (const change of changes) {
    // the test of a process that lost it to another one decides nothing
    const learned = change._tag === "Reported" && change.probe && state.probeBy !== process ? { ...change, probe: false } : change
    const changed = LineFacts.apply(state.line, LineFacts.shift(learned, at), settings)
    events.push(...changed.events)
    state = { ...state, line: changed.line }
  }
  const { breaker } = state.line
  if (probeBack && state.probeBy === process && breaker._tag === "HalfOpen") {
    state = { ...state, probeBy: undefined, line: { ...state.line, breaker: { ...breaker, probe: undefined } } }
  }
  if (took > 0) {
    const counts = RecentCounts.make(state.counts.ages(at), at)
    counts.add(at, took)
    state = { ...state, counts }
  }
  return { state, news: tellNews(events, at) }
}

/**
 * Takes in a request, and answers it.
 *
 * @category combinators
 */
export const exchange = (before: State, request: Request, at: number, settings: LineFacts.Settings): Exchanged => {
  const { process, seq } = request
  const asker = before.askers.get(process)
  if (asker !== undefined && seq <= asker.seq) {
    // it came again. If it is not even the last one, nobody waits for its answer
    const granted = seq === asker.seq ? asker.granted : none
    return { state: before, answer: view(before, { seq, granted, since: asker.at }, at, settings), save: "no" }
  }
  const { perSecond } = settings.limits
  const everyone = Array.from(before.askers.values()).flatMap(({ held }) => held)
  const tokens = perSecond === undefined ? 0 : Slots.refill(before.line.limited, everyone, at, perSecond)
  const askers = prune(before.askers, at)
  const { news, state: informed } = takeIn(before, request, at, settings)
  const contacts = ContactPlaces.exchange(
    { limited: informed.line.limited, counts: informed.counts },
    asker?.places ?? [],
    request,
    at,
    settings.limits
  )
  const counted: LineFacts.Line = { ...informed.line, limited: contacts.limited }
  const tested = request.probe ? giveProbe(counted, at, settings) : undefined
  const line = tested ?? counted
  const held = Slots.heldBy(askers.get(process)?.held, request.held, at)
  const filled: Limits.State = { ...line.limited, tokens, filledAt: Math.max(at, line.limited.filledAt) }
  const { limited, slots } = Slots.give(filled, request.slots, held, at, settings.limits)
  const granted: Granted = { slots, contacts: contacts.given, probe: tested !== undefined, news }
  askers.set(process, { seq, at, held: [...held, ...slots], places: contacts.places, granted })
  const state: State = {
    ...informed,
    counts: contacts.counts,
    line: { ...line, limited },
    askers,
    probeBy: tested === undefined ? informed.probeBy : process
  }
  const isGiven = tested !== undefined || (contacts.given > 0 && Limits.limitsContacts(settings.limits))
  return {
    state,
    answer: view(state, { seq, granted, since: at }, at, settings),
    save: isGiven ? "first" : !isSame(before.line, state.line) ? "soon" : request.took > 0 ? "later" : "no"
  }
}
