/** Random operations, on the ledger in memory and on a model that is too simple to be wrong: it looks at everything each time. */
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import type { Binding, Claim, ClaimRequest, Entry, LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
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
  /** Whose lease has ended, in the order of the ends. */
  readonly ended: Map<string, number> = new Map()
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

  claim({ entry, fingerprint, keepFor, lease }: ClaimRequest): Claim {
    const claim = this.claimOf(entry.key)
    const known = claim === undefined ? undefined : this.entries.find(({ id }) => id === claim.deliveryId)
    if (claim === undefined || (!claim.isLong && known?.state.phase._tag === "Done")) {
      this.dropClaim(entry.key)
      this.claims.push({ key: entry.key, fingerprint, deliveryId: entry.id, isLong: keepFor > 0 })
      this.write(entry, lease)
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

  open(entry: Entry, lease: number): boolean {
    if (entry.key !== undefined || this.entries.some((known) => known.id === entry.id)) return false
    this.write(entry, lease)
    return true
  }

  renew(nths: ReadonlyArray<number>, owner: string, lease: number): ReadonlyArray<readonly [string, number]> {
    return nths.flatMap((nth) => {
      const known = this.read(nth)
      if (known?.owner !== owner || known.state.phase._tag === "Done") return []
      this.lease(known.id, lease)
      return [[known.id, known.version] as const]
    })
  }

  lease(of: string, lease: number): void {
    if (lease < 0) this.ended.set(of, lease)
    else this.ended.delete(of)
  }

  write(entry: Entry, lease?: number): void {
    if (lease !== undefined) this.lease(entry.id, lease)
    const kept = entry.state.phase._tag === "Done" ? without(entry, "progress") : entry
    this.entries = [...this.entries.filter((known) => known.id !== entry.id), kept]
    for (const { ref } of [...entry.state.taken, ...entry.state.proofs.map(({ receipt }) => receipt)]) {
      this.own(`${ref.carrierId}:${ref.id}`, entry.id)
    }
  }

  save(entry: Entry, lease?: number): boolean {
    const known = this.entries.find((known) => known.id === entry.id)
    if (known?.version !== entry.version) return false
    this.write({ ...entry, version: entry.version + 1 }, lease)
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

  held(limit: number): ReadonlyArray<Entry> {
    return this.entries.filter(({ state }) => state.phase._tag === "Held")
      .sort((left, right) => left.createdAt - right.createdAt || left.id.localeCompare(right.id)).slice(0, limit)
  }

  orphans(limit: number): ReadonlyArray<Entry> {
    const end = ({ id }: Entry) => this.ended.get(id) ?? 0
    return this.entries.filter((entry) => end(entry) < 0 && entry.state.phase._tag !== "Held" && entry.state.phase._tag !== "Done")
      .sort((left, right) => end(left) - end(right) || left.id.localeCompare(right.id)).slice(0, limit)
  }

  adopt(nth: number, owner: string, lease: number, at: number): Option.Option<Entry> {
    const known = this.read(nth)
    if (known === undefined || known.state.phase._tag === "Done" || !this.ended.has(known.id)) return Option.none()
    const adopted = { ...known, owner, updatedAt: at, version: known.version + 1 }
    this.write(adopted, lease)
    return Option.some(adopted)
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
    return { inboundAt: latest("inbound"), outboundAt: latest("outbound") }
  }

  first(event: string): boolean {
    const isNew = !this.seen.includes(event)
    if (isNew) this.seen.push(event)
    return isNew
  }
}

/** What an operation answered in the ledger and in the model. */
type Run = (ledger: LedgerService, model: Model) => readonly [unknown, unknown]

// leases end by the ledger's clock, which stands still here
const clock: Clock.Clock = Object.assign(Clock.make(), { unsafeCurrentTimeNanos: () => 0n })

const run = <A>(effect: Effect.Effect<A>): A => Effect.runSync(Effect.withClock(effect, clock))

const nths = FastCheck.integer({ min: 1, max: 8 })
const times = FastCheck.integer({ min: 0, max: 20 })
// ended so long ago, or not within a test
const leases = FastCheck.constantFrom(-300_000, -200_000, -100_000, 1_000_000, 1_000_000)
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
  ...(known.key === undefined ? {} : { key: known.key }),
  version: stale ? known.version - 1 : known.version
})

const claiming: FastCheck.Arbitrary<Run> = FastCheck.record({
  fingerprint: FastCheck.constantFrom("hello", "hello", "goodbye"),
  nth: nths,
  keepFor: FastCheck.constantFrom(-1, 1_000_000),
  lease: leases
}).map(
  ({ nth, ...more }): Run => (ledger, model) => {
    // ids are new for each claim
    const fresh = model.read(nth) === undefined ? nth : nth + 100 + model.entries.length
    const request: ClaimRequest = { ...more, entry: { ...Specimens.idle(fresh), key: keyOf(nth) } }
    return [run(ledger.claim(request)), model.claim(request)]
  }
)

const opening: FastCheck.Arbitrary<Run> = FastCheck.tuple(entries, leases).map(
  ([opened, lease]): Run => (ledger, model) => [run(ledger.open(opened, lease)), model.open(opened, lease)]
)

const saving: FastCheck.Arbitrary<Run> = FastCheck.record({
  entry: entries,
  isStale: FastCheck.boolean(),
  lease: FastCheck.option(leases, { nil: undefined })
}).map(
  ({ entry, isStale, lease }): Run => (ledger, model) => {
    const known = model.entries.find((known) => known.id === entry.id)
    const { key: _, ...bare } = entry
    const saved = known === undefined ? entry : next(known, bare, isStale)
    return [run(ledger.save(saved, lease)), model.save(saved, lease)]
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
  FastCheck.tuple(FastCheck.array(nths, { maxLength: 4 }), FastCheck.constantFrom("process-1", "process-2"), leases).map(
    ([several, owner, lease]): Run => (ledger, model) => {
      const distinct = Array.from(new Set(several))
      return [[...run(ledger.renew(distinct.map(id), owner, lease))], model.renew(distinct, owner, lease)]
    }
  ),
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
  FastCheck.integer({ min: 0, max: 5 }).map((limit): Run => (ledger, model) => [run(ledger.held(limit)), model.held(limit)]),
  nths.map((limit): Run => (ledger, model) => [run(ledger.orphans(limit)), model.orphans(limit)]),
  FastCheck.tuple(nths, leases, times).map(([nth, lease, at]): Run => (ledger, model) => [
    run(ledger.adopt(id(nth), "process-2", lease, at)),
    model.adopt(nth, "process-2", lease, at)
  ]),
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
        if (typeof expected === "object" && expected !== null && "_tag" in expected) {
          ends.set(String(expected._tag), (ends.get(String(expected._tag)) ?? 0) + 1)
        }
      }
      for (const nth of [1, 2, 3, 4, 5, 6, 7, 8]) expect(run(ledger.read(id(nth)))).toEqual(Option.fromNullable(model.read(nth)))
    }),
    { numRuns: 250, seed: 20_261_121 }
  )
  // the sequences do reach every answer
  for (const answer of ["Owned", "InFlight", "Done", "Conflict", "Some", "None"]) expect(ends.get(answer)).toBeGreaterThan(20)
})
