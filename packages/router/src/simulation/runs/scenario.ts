/** Draws from a seed the scenario of a run: the people, our sends, and what goes wrong at vendors. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Part from "@interline/core/Part"
import type { Faults } from "../Model.ts"
import type * as VendorsFaults from "../vendors/faults.ts"
import * as NewPeopleLimit from "../vendors/newPeopleLimit.ts"
import * as Random from "../vendors/random.ts"

/** The virtual time at which each run begins, in milliseconds since 1970. All times of a run are on this scale. */
export const start = 1_800_000_000_000

export const line = Line.name("support")

/** The names of our lines. Each line has a number at every carrier. */
export type Lines = readonly [Line.LineName, ...ReadonlyArray<Line.LineName>]

export interface Person {
  readonly index: number
  readonly handle: Handle.Handle
  readonly conversation: Conversation.Direct
  readonly key: string
  /** The person's opt-outs (`out`) and later opt-ins, each with its time and the vendor that gets it. */
  readonly wishes: ReadonlyArray<{ readonly at: number; readonly vendor: CarrierId.CarrierId; readonly out: boolean }>
}

/** One send. `text` is the number of its content. Two sends to one person with equal `text` look the same. */
export interface Send {
  readonly index: number
  readonly person: Person
  readonly text: number
  readonly calledAt: number
  /** When the caller goes away. Undefined if the caller stays. */
  readonly leavesAt: number | undefined
}

export interface Span {
  readonly from: number
  readonly until: number
}

export interface VendorPlan {
  readonly id: CarrierId.CarrierId
  readonly way: VendorsFaults.Way
  /** How far the vendor's clock is ahead of ours, in milliseconds. */
  readonly skew: number
  /** How long the vendor keeps a key after it took the request, in milliseconds. */
  readonly keepsKeys: number
  readonly outages: ReadonlyArray<Span & { readonly kind: VendorsFaults.Kind }>
  /** The spans in which the vendor's lines are flagged. */
  readonly flagged: ReadonlyArray<Span>
  /** The probability that a webhook comes. */
  readonly webhooks: number
  /** How many new people our line may write to. Undefined if the vendor does not limit it. */
  readonly limit: NewPeopleLimit.Limit | undefined
}

/** A message that another program sent on our line. It has the same text as a send of ours, and is older than this send. */
export interface Stranger {
  readonly at: number
  readonly vendor: CarrierId.CarrierId
  readonly person: Person
  readonly text: number
}

export interface Scenario {
  readonly seed: number
  readonly lists: number
  readonly strangers: ReadonlyArray<Stranger>
  readonly rate: number
  readonly refusalRate: number
  readonly kinds: readonly [VendorsFaults.Kind, ...ReadonlyArray<VendorsFaults.Kind>]
  /** Our lines. The people are spread over them. */
  readonly lines: Lines
  readonly people: ReadonlyArray<Person>
  readonly sends: ReadonlyArray<Send>
  readonly vendors: ReadonlyArray<VendorPlan>
  readonly crash: Span | undefined
  readonly inbound: ReadonlyArray<{ readonly at: number; readonly person: Person; readonly vendor: CarrierId.CarrierId }>
}

const seconds = 1000
const minutes = 60 * seconds

/** How long after a step left it may be repeated, in milliseconds. The carrier's adapter promises this time. */
export const replayFor = 10 * minutes

// the longest time that a request is under way: a vendor must keep a key for this time and `replayFor`, or the adapter's promise breaks
const underWay = 3 * minutes

const handles = Array.from({ length: 8 }, (_, index) => Handle.make(`+1202555010${index}`))
interface Place {
  readonly conversation: Conversation.Direct
  readonly key: string
}

const placeAt = (line: Line.LineName, handle: Handle.Handle): Place => {
  const conversation = Conversation.direct(line, handle)
  return { conversation, key: Conversation.key(conversation) }
}

// made once, because thousands of seeds have the same people
const places = handles.map((handle) => placeAt(line, handle))

const placeOf = (index: number, handle: Handle.Handle, lines: Lines): Place => {
  const own = lines[index % lines.length] ?? line
  return own === line ? places[index] ?? placeAt(own, handle) : placeAt(own, handle)
}

const someHandle = Handle.make("+12025550199")

/** A person who never opts out. */
export const stranger: Person = { index: 0, handle: someHandle, ...placeAt(line, someHandle), wishes: [] }

/** The number of parts of each content. */
const texts = [1, 1, 1, 1, 2, 1, 3, 1]

export const partsOf = (text: number): number => texts[text % texts.length] ?? 1

const drafts = Array.from({ length: 64 }, (_, text) => {
  const files = Array.from({ length: partsOf(text) - 1 }, (_, part) => Part.media(`https://example.com/${text}/${part}.png`))
  return Draft.make([Part.text(`text ${text}`), ...files])
})

export const draftOf = (text: number): Draft.Draft => drafts[text % drafts.length] ?? Draft.text(`text ${text}`)

/** The faults that an outage can give to all requests. */
const outageKinds = [
  "refused",
  "reset-before",
  "hang-before",
  "5xx-before",
  "429",
  "ack-lost-reset",
  "ack-lost-hang",
  "ack-lost-502",
  "5xx-after"
] as const satisfies ReadonlyArray<VendorsFaults.Kind>

const spans = (random: Random.Random, chance: number, horizon: number, longest: number): ReadonlyArray<Span> => {
  const found: Array<Span> = []
  while (found.length < 3 && random.chance(chance)) {
    const from = start + random.between(-10 * seconds, horizon)
    found.push({ from, until: from + Math.exp(random.between(Math.log(seconds), Math.log(longest))) })
  }
  return found
}

const vendorPlan = (
  random: Random.Random,
  { id, way }: { readonly id: CarrierId.CarrierId; readonly way: VendorsFaults.Way },
  faults: Faults,
  horizon: number,
  limit: NewPeopleLimit.Limit | undefined
): VendorPlan => ({
  id,
  way,
  skew: random.chance(0.9) ? random.between(-50 * seconds, 50 * seconds) : random.between(-3 * minutes, 3 * minutes),
  keepsKeys: replayFor + underWay + random.between(0, 5 * minutes),
  outages: spans(random, faults.outages, horizon, random.chance(0.1) ? 40 * minutes : 3 * minutes).map((span) => ({
    ...span,
    kind: random.pick(outageKinds)
  })),
  flagged: spans(random, faults.outages / 4, horizon, 2 * minutes),
  webhooks: random.pick([0, 0.5, 0.95]),
  limit
})

export const make = (
  seed: number,
  carriers: ReadonlyArray<{ readonly id: CarrierId.CarrierId; readonly way: VendorsFaults.Way }>,
  faults: Faults,
  count: number,
  lines: Lines = [line]
): Scenario => {
  const random = Random.make(seed)
  const horizon = random.pick([30 * seconds, 2 * minutes, 6 * minutes])
  const ids = carriers.map(({ id }) => id)
  const someVendor = () => ids[random.int(ids.length)] ?? CarrierId.make("linq")
  const people = Array.from({ length: 3 + random.int(handles.length - 2) }, (_, index): Person => {
    const handle = handles[index] ?? someHandle
    const first = start + random.between(0, horizon)
    const vendor = someVendor()
    const changes = random.chance(faults.optOuts) ? random.pick([1, 1, 1, 2, 3]) : 0
    let at = first
    const wishes = Array.from({ length: changes }, (_, change) => {
      at += change === 0 ? 0 : random.between(seconds, minutes)
      return { at, vendor, out: change % 2 === 0 }
    })
    return { index, handle, ...placeOf(index, handle, lines), wishes }
  })
  const somebody = (): Person => people[random.int(people.length)] ?? stranger
  const bursts = random.chance(0.5)
  let before: Send | undefined
  const sends = Array.from({ length: count }, (_, index): Send => {
    // often the same text again before the first send is settled: the two look the same in a carrier's list
    const again = before !== undefined && random.chance(0.25)
    const person = again && before !== undefined ? before.person : somebody()
    const calledAt = again && before !== undefined && bursts
      ? before.calledAt + random.between(0, 20 * seconds)
      : start + random.between(0, horizon)
    const send: Send = {
      index,
      person,
      text: again && before !== undefined ? before.text : index,
      calledAt,
      leavesAt: random.chance(faults.departures) ? calledAt + Math.exp(random.between(Math.log(5), Math.log(40 * seconds))) : undefined
    }
    before = send
    return send
  })
  const crashes = start + random.between(0, horizon)
  const others = Random.keyed(seed, 0, 0, 5_000_000)
  return {
    seed,
    lists: faults.lists,
    // nobody could tell two kinds of foreign message from ours, so none are made: one between two equal sends of ours, and one that is
    // older than our send by less than the measuring error of the vendor's clock
    strangers: sends.flatMap(({ calledAt, index, person, text }) =>
      text === index && sends[index + 1]?.text !== text && others.chance(faults.lists)
        ? [{
          at: calledAt - others.between(6 * seconds, 58 * seconds),
          vendor: ids[others.int(ids.length)] ?? CarrierId.make("linq"),
          person,
          text
        }]
        : []
    ),
    rate: faults.rate ?? random.pick([0.02, 0.1, 0.25, 0.5]),
    refusalRate: faults.refusals,
    kinds: faults.kinds,
    lines,
    people,
    sends,
    vendors: carriers.map((carrier, place) =>
      vendorPlan(random, carrier, faults, horizon, NewPeopleLimit.draw(seed, place, faults.limits, start, start + horizon + 2 * minutes))
    ),
    crash: random.chance(faults.crashes) ? { from: crashes, until: crashes + random.between(100, 40 * seconds) } : undefined,
    inbound: Array.from(
      { length: random.int(4) },
      () => ({ at: start + random.between(0, horizon), person: somebody(), vendor: someVendor() })
    )
  }
}
