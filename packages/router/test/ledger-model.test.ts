/** Random operations, on the ledger in memory and on a model that is too simple to be wrong: it looks at everything each time. */
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import type { Binding, Claim, ClaimRequest, Entry, LedgerService, Opening, TakenOver } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import * as Specimens from "../src/ledger/suite/specimens.ts"

const { id, linq, ref, sendblue, support } = Specimens

const without = <K extends keyof Entry>(entry: Entry, key: K): Omit<Entry, K> => {
  const { [key]: _, ...rest } = entry
  return rest
}

interface Claimed {
  readonly key: string
  readonly fingerprint: string
  readonly deliveryId: string
  readonly isLong: boolean
}

class Model {
  readonly claims: Array<Claimed> = []
  entries: Array<Entry> = []
  /** How long each delivery may begin: the clock stands still. */
  readonly withins: Map<string, number> = new Map()
  /** One for each time that somebody has taken a shard. */
  readonly takings: Array<number> = []
  readonly owned: Array<readonly [string, string]> = []
  readonly bindings: Array<readonly [string, Binding]> = []
  readonly touches: Array<readonly [string, "inbound" | "outbound", number]> = []
  readonly seen: Array<string> = []

  read(nth: number): Entry | undefined {
    return this.entries.find((entry) => entry.id === id(nth))
  }

  claimOf(key: string): Claimed | undefined {
    return this.claims.find((claim) => claim.key === key)
  }

  dropClaim(key: string): void {
    this.claims.splice(0, this.claims.length, ...this.claims.filter((claim) => claim.key !== key))
  }

  epochOf({ conversation }: Entry): number {
    return this.takings.filter((shard) => shard === Shard.of(conversation)).length
  }

  claim({ entry, fingerprint, keepFor, within }: ClaimRequest): Claim {
    const claim = this.claimOf(entry.key)
    const known = claim === undefined ? undefined : this.entries.find(({ id }) => id === claim.deliveryId)
    if (claim === undefined || (!claim.isLong && known?.state.phase._tag === "Done")) {
      if (entry.epoch !== this.epochOf(entry)) return { _tag: "Fenced" }
      this.dropClaim(entry.key)
      this.claims.push({ key: entry.key, fingerprint, deliveryId: entry.id, isLong: keepFor > 0 })
      this.withins.set(entry.id, within)
      this.write(entry)
      return { _tag: "Owned" }
    }
    const deliveryId = Specimens.id(Number(claim.deliveryId.slice(-12)))
    if (claim.fingerprint !== fingerprint) return { _tag: "Conflict", deliveryId }
    return { _tag: known?.state.result === undefined ? "InFlight" : "Done", deliveryId }
  }

  release(entry: Entry): void {
    const known = this.entries.find(({ id }) => id === entry.id)
    if (entry.key === undefined || known?.version !== entry.version || known.state.phase._tag === "Held") return
    if (this.claimOf(entry.key)?.deliveryId === entry.id) this.dropClaim(entry.key)
    if (known.state.phase._tag !== "Done") this.entries = this.entries.filter(({ id }) => id !== entry.id)
  }

  open(entry: Entry, within: number): Opening {
    if (entry.key !== undefined || this.entries.some((known) => known.id === entry.id)) return "Exists"
    if (entry.epoch !== this.epochOf(entry)) return "Fenced"
    this.withins.set(entry.id, within)
    this.write(entry)
    return "Opened"
  }

  write(entry: Entry): void {
    const kept = entry.state.phase._tag === "Done" ? without(entry, "progress") : entry
    this.entries = [...this.entries.filter((known) => known.id !== entry.id), kept]
    for (const { ref } of [...entry.state.taken, ...entry.state.proofs.map(({ receipt }) => receipt)]) {
      this.own(`${ref.carrierId}:${ref.id}`, entry.id)
    }
  }

  save(entry: Entry): boolean {
    const known = this.entries.find((known) => known.id === entry.id)
    if (known?.version !== entry.version) return false
    this.write({ ...entry, version: entry.version + 1 })
    return true
  }

  own(ref: string, owner: string): void {
    if (!this.owned.some(([known]) => known === ref)) this.owned.push([ref, owner])
  }

  rivals(entry: Entry): number {
    return this.entries.filter(({ conversation, id, likenesses, state, updatedAt }) =>
      id !== entry.id && conversation === entry.conversation && likenesses.some((likeness) => entry.likenesses.includes(likeness)) &&
      (state.phase._tag === "Sending" || state.doubt !== undefined ||
        state.behind.some((left) => left.why !== "refused" && left.receipt === undefined)) &&
      (state.phase._tag !== "Done" || entry.createdAt - updatedAt < 60 * 60 * 1000)
    ).length
  }

  held(limit: number, shards: ReadonlyArray<number>): ReadonlyArray<Entry> {
    return this.oldest(limit, ({ conversation, state }) => state.phase._tag === "Held" && shards.includes(Shard.of(conversation)))
  }

  oldest(limit: number, isWanted: (entry: Entry) => boolean): ReadonlyArray<Entry> {
    return this.entries.filter(isWanted)
      .sort((left, right) => left.createdAt - right.createdAt || left.id.localeCompare(right.id)).slice(0, limit)
  }

  acquire(shards: ReadonlyArray<number>): ReadonlyArray<readonly [number, number]> {
    this.takings.push(...shards)
    return shards.map((shard) => [shard, this.takings.filter((taken) => taken === shard).length])
  }

  leftBehind(shards: ReadonlyArray<number>, limit: number): ReadonlyArray<Entry> {
    return this.oldest(
      limit,
      (entry) =>
        entry.state.phase._tag !== "Held" && entry.state.phase._tag !== "Done" && shards.includes(Shard.of(entry.conversation)) &&
        entry.epoch < this.epochOf(entry)
    )
  }

  adopt({ id, version }: Entry, epoch: number, at: number): Option.Option<TakenOver> {
    const known = this.entries.find((known) => known.id === id)
    if (known?.version !== version || known.state.phase._tag === "Done" || epoch !== this.epochOf(known)) return Option.none()
    const entry = { ...known, epoch, updatedAt: at, version: version + 1 }
    this.write(entry)
    return Option.some({ entry, left: this.withins.get(id) ?? Number.NaN })
  }

  binding(conversation: string): Option.Option<Binding> {
    return Option.fromNullable(this.bindings.findLast(([known]) => known === conversation)?.[1])
  }

  bind(conversation: string, at: number, expected: number): boolean {
    if (Option.match(this.binding(conversation), { onNone: () => 0, onSome: ({ version }) => version }) !== expected) return false
    this.bindings.push([conversation, { carrierId: linq, line: support, at, version: expected + 1 }])
    return true
  }

  contact(who: string) {
    const latest = (way: "inbound" | "outbound") => {
      const times = this.touches.flatMap(([person, direction, at]) => person === who && direction === way ? [at] : [])
      return times.length === 0 ? undefined : Math.max(...times)
    }
    const sent = this.touches.filter(([person, direction, at], index) =>
      person === who && direction === "outbound" &&
      this.touches.slice(0, index).every(([other, way, before]) => other !== who || way !== "outbound" || before < at)
    ).length
    return { inboundAt: latest("inbound"), outboundAt: latest("outbound"), ...(sent === 0 ? {} : { sent }) }
  }

  first(event: string): boolean {
    const isNew = !this.seen.includes(event)
    if (isNew) this.seen.push(event)
    return isNew
  }
}

/** What an operation answered in the ledger and in the model. */
type Run = (ledger: LedgerService, model: Model) => readonly [unknown, unknown]

// times are measured by the ledger's clock, which stands still here
const clock: Clock.Clock = Object.assign(Clock.make(), { unsafeCurrentTimeNanos: () => 0n })

const run = <A>(effect: Effect.Effect<A>): A => Effect.runSync(Effect.withClock(effect, clock))

const nths = FastCheck.integer({ min: 1, max: 8 })
const times = FastCheck.integer({ min: 0, max: 20 })
const withins = FastCheck.constantFrom(-300_000, 0, 1_000_000)
// an epoch is right, or one too early, or one too late
const epochsOff = FastCheck.constantFrom(0, 0, 0, 0, -1, 1)
const shards = FastCheck.subarray([Specimens.shardOfAlice, Specimens.shardOfBob])
// few keys for many deliveries, so that they meet
const keyOf = (nth: number) => `key-${nth % 2}`
const people = FastCheck.constantFrom(Specimens.alice, Specimens.bob)
const carriers = FastCheck.constantFrom(linq, sendblue)
const conversations = FastCheck.constantFrom(Specimens.toAlice, Specimens.toBob)
const refs = FastCheck.constantFrom(ref("a"), ref("b"), ref("proof"))
const phases = FastCheck.constantFrom<(entry: Entry) => Entry>(
  (entry) => entry,
  Specimens.sending,
  Specimens.doubted,
  Specimens.held,
  (entry) => Specimens.done(entry, "a"),
  (entry) => Specimens.done(entry, "b"),
  Specimens.failed,
  (entry) => Specimens.leftBehind(entry, "absent"),
  (entry) => Specimens.leftBehind(entry, "risk", true)
)

const entries = FastCheck.record({
  nth: nths,
  phase: phases,
  conversation: conversations,
  likenesses: FastCheck.subarray(["text:hello", "media:photo"]),
  isKeyed: FastCheck.constantFrom(true, true, true, false),
  createdAt: times
}).map(({ isKeyed, nth, phase, ...more }) => phase(Specimens.idle(nth, { ...more, ...(isKeyed ? { key: keyOf(nth) } : {}) })))

// what a delivery is under its id does not change; an end is final
const next = (known: Entry, entry: Entry, stale: boolean): Entry => ({
  ...(known.state.phase._tag === "Done" ? { ...entry, state: known.state } : entry),
  id: known.id,
  epoch: known.epoch,
  ...(known.key === undefined ? {} : { key: known.key }),
  version: stale ? known.version - 1 : known.version
})

const claiming: FastCheck.Arbitrary<Run> = FastCheck.record({
  fingerprint: FastCheck.constantFrom("hello", "hello", "goodbye"),
  nth: nths,
  keepFor: FastCheck.constantFrom(-1, 1_000_000),
  within: withins,
  off: epochsOff
}).map(
  ({ nth, off, ...more }): Run => (ledger, model) => {
    // ids are new for each claim
    const fresh = model.read(nth) === undefined ? nth : nth + 100 + model.entries.length
    const entry = { ...Specimens.idle(fresh), key: keyOf(nth) }
    const request: ClaimRequest = { ...more, entry: { ...entry, epoch: model.epochOf(entry) + off } }
    return [run(ledger.claim(request)), model.claim(request)]
  }
)

const opening: FastCheck.Arbitrary<Run> = FastCheck.tuple(entries, withins, epochsOff).map(
  ([entry, within, off]): Run => (ledger, model) => {
    const opened = { ...entry, epoch: model.epochOf(entry) + off }
    return [run(ledger.open(opened, within)), model.open(opened, within)]
  }
)

const saving: FastCheck.Arbitrary<Run> = FastCheck.record({
  entry: entries,
  isStale: FastCheck.boolean()
}).map(
  ({ entry, isStale }): Run => (ledger, model) => {
    const known = model.entries.find((known) => known.id === entry.id)
    const { key: _, ...bare } = entry
    const saved = known === undefined ? entry : next(known, bare, isStale)
    return [run(ledger.save(saved)), model.save(saved)]
  }
)

const releasing: FastCheck.Arbitrary<Run> = FastCheck.tuple(nths, FastCheck.boolean()).map(([nth, isStale]): Run => (ledger, model) => {
  const known = model.read(nth)
  const entry = known === undefined ? Specimens.idle(nth, { key: keyOf(nth) }) : next(known, known, isStale)
  return [run(ledger.release(entry)), model.release(entry)]
})

const operations: FastCheck.Arbitrary<Run> = FastCheck.oneof(
  claiming,
  claiming,
  claiming,
  releasing,
  shards.map((taken): Run => (ledger, model) => [[...run(ledger.acquire(taken))], model.acquire(taken)]),
  opening,
  opening,
  saving,
  saving,
  saving,
  nths.map((nth): Run => (ledger, model) => [run(ledger.read(id(nth))), Option.fromNullable(model.read(nth))]),
  FastCheck.tuple(refs, nths).map(
    ([ref, nth]): Run => (ledger, model) => [run(ledger.own(ref, id(nth))), model.own(`${ref.carrierId}:${ref.id}`, id(nth))]
  ),
  refs.map((ref): Run => (ledger, model) => {
    const key = `${ref.carrierId}:${ref.id}`
    return [[...run(ledger.owners([ref]))], model.owned.filter(([known]) => known === key)]
  }),
  FastCheck.tuple(entries, FastCheck.constantFrom(0, 3_600_000)).map(([entry, later]): Run => (ledger, model) => {
    const asking = { ...entry, createdAt: entry.createdAt + later }
    return [run(ledger.rivals(asking)), model.rivals(asking)]
  }),
  FastCheck.tuple(FastCheck.integer({ min: 0, max: 5 }), shards).map(([limit, shards]): Run => (ledger, model) => [
    [run(ledger.held(limit)), run(ledger.held(limit, new Set(shards)))],
    [model.held(limit, Shard.all), model.held(limit, shards)]
  ]),
  FastCheck.tuple(shards, nths).map(([shards, limit]): Run => (ledger, model) => [
    run(ledger.leftBehind(shards, limit)),
    model.leftBehind(shards, limit)
  ]),
  FastCheck.record({ nth: nths, isStale: FastCheck.boolean(), off: epochsOff, at: times }).map(
    ({ at, isStale, nth, off }): Run => (ledger, model) => {
      const known = model.read(nth)
      const entry = known === undefined ? Specimens.idle(nth) : next(known, known, isStale)
      const epoch = model.epochOf(entry) + off
      return [run(ledger.adopt(entry, epoch, at)), model.adopt(entry, epoch, at)]
    }
  ),
  conversations.map((conversation): Run => (ledger, model) => [run(ledger.binding(conversation)), model.binding(conversation)]),
  FastCheck.tuple(conversations, times, FastCheck.integer({ min: 0, max: 3 })).map(
    ([conversation, at, expected]): Run => (ledger, model) => [
      run(ledger.bind(conversation, { carrierId: linq, line: support, at }, expected)),
      model.bind(conversation, at, expected)
    ]
  ),
  FastCheck.tuple(carriers, people, FastCheck.constantFrom("inbound" as const, "outbound" as const), times).map(
    ([carrierId, person, way, at]): Run => (ledger, model) => [
      run(ledger.touch(carrierId, support, person, way, at)),
      void model.touches.push([`${carrierId} ${person}`, way, at])
    ]
  ),
  FastCheck.tuple(carriers, people).map(([carrierId, person]): Run => (ledger, model) => [
    run(ledger.contact(carrierId, support, person)),
    model.contact(`${carrierId} ${person}`)
  ]),
  FastCheck.tuple(carriers, FastCheck.constantFrom("event-1", "event-2"), times).map(([carrierId, event, at]): Run => (ledger, model) => [
    run(ledger.first(carrierId, event, at)),
    model.first(`${carrierId} ${event}`)
  ])
)

it("the ledger in memory answers as the model does, whatever is asked in whatever order", () => {
  const ends = new Map<string, number>()
  FastCheck.assert(
    FastCheck.property(FastCheck.array(operations, { minLength: 20, maxLength: 80, size: "max" }), (steps) => {
      const ledger = run(MemoryLedger.make())
      const model = new Model()
      for (const step of steps) {
        const [actual, expected] = step(ledger, model)
        expect(actual).toEqual(expected)
        if (typeof expected === "string") ends.set(expected, (ends.get(expected) ?? 0) + 1)
        if (typeof expected === "object" && expected !== null && "_tag" in expected) {
          ends.set(String(expected._tag), (ends.get(String(expected._tag)) ?? 0) + 1)
        }
      }
      for (const nth of [1, 2, 3, 4, 5, 6, 7, 8]) expect(run(ledger.read(id(nth)))).toEqual(Option.fromNullable(model.read(nth)))
    }),
    { numRuns: 250, seed: 20_261_121 }
  )
  // the sequences do reach every answer, of claims, openings and reads
  for (const answer of ["Owned", "InFlight", "Done", "Conflict", "Fenced", "Opened", "Exists", "Some", "None"]) {
    expect(ends.get(answer)).toBeGreaterThan(20)
  }
})
