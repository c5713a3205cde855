/** Random operations, on the ledger in memory and on a model that is too simple to be wrong: it looks at everything each time. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Specimens from "../src/internal/suite/specimens.ts"
import type { Binding, Claim, ClaimRequest, Entry, LedgerService } from "../src/Ledger.ts"
import * as LedgerMemory from "../src/LedgerMemory.ts"

const { id, linq, ref, sendblue, support } = Specimens

const without = <K extends keyof Entry>(entry: Entry, key: K): Omit<Entry, K> => {
  const { [key]: _, ...rest } = entry
  return rest
}

class Model {
  // time does not go back, or the end of a claim could come and go again
  now = 0
  readonly claims: Array<ClaimRequest & { opened: boolean }> = []
  entries: Array<Entry> = []
  readonly owned: Array<readonly [string, string]> = []
  readonly bindings: Array<readonly [string, Binding]> = []
  readonly touches: Array<readonly [string, "inbound" | "outbound", number]> = []
  readonly seen: Array<string> = []

  read(nth: number): Entry | undefined {
    return this.entries.find((entry) => entry.id === id(nth))
  }

  claimOf(key: string): (ClaimRequest & { opened: boolean }) | undefined {
    return this.claims.find((claim) => claim.key === key)
  }

  dropClaim(key: string): void {
    this.claims.splice(0, this.claims.length, ...this.claims.filter((claim) => claim.key !== key))
  }

  claim(request: ClaimRequest): Claim {
    const claim = this.claimOf(request.key)
    const entry = claim?.opened === true ? this.entries.find((entry) => entry.id === claim.deliveryId) : undefined
    const isOver = claim !== undefined && claim.expiresAt <= request.at && (entry === undefined || entry.state.phase._tag === "Done")
    if (claim === undefined || isOver) {
      this.dropClaim(request.key)
      this.claims.push({ ...request, opened: false })
      return { _tag: "Owned" }
    }
    const { deliveryId } = claim
    if (claim.fingerprint !== request.fingerprint) return { _tag: "Conflict", deliveryId }
    return { _tag: entry?.state.result === undefined ? "InFlight" : "Done", deliveryId }
  }

  release(key: string, nth: number): void {
    const claim = this.claimOf(key)
    if (claim?.deliveryId === id(nth) && !claim.opened) this.dropClaim(key)
  }

  open(entry: Entry): boolean {
    if (this.entries.some((known) => known.id === entry.id)) return false
    if (entry.key !== undefined) {
      const claim = this.claimOf(entry.key)
      if (claim === undefined || claim.deliveryId !== entry.id) return false
      claim.opened = true
    }
    this.write(entry)
    return true
  }

  write(entry: Entry): void {
    const kept = entry.state.phase._tag === "Done" ? without(entry, "progress") : entry
    this.entries = [...this.entries.filter((known) => known.id !== entry.id), kept]
    for (const { ref } of [...entry.state.taken, ...entry.state.proofs.map(({ receipt }) => receipt)]) this.own(`${ref.carrierId}:${ref.id}`, entry.id)
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
      (state.phase._tag === "Sending" || state.doubt !== undefined || state.behind.some((left) => left.why !== "refused" && left.receipt === undefined)) &&
      (state.phase._tag !== "Done" || entry.createdAt - updatedAt < 60 * 60 * 1000)
    ).length
  }

  held(limit: number): ReadonlyArray<Entry> {
    return this.entries.filter(({ state }) => state.phase._tag === "Held")
      .sort((left, right) => left.createdAt - right.createdAt || left.id.localeCompare(right.id)).slice(0, limit)
  }

  orphans(at: number, limit: number): ReadonlyArray<Entry> {
    return this.entries.filter(({ leaseUntil, state }) => leaseUntil <= at && state.phase._tag !== "Held" && state.phase._tag !== "Done")
      .sort((left, right) => left.leaseUntil - right.leaseUntil || left.id.localeCompare(right.id)).slice(0, limit)
  }

  adopt(nth: number, owner: string, leaseUntil: number, at: number): Option.Option<Entry> {
    const known = this.read(nth)
    if (known === undefined || known.state.phase._tag === "Done" || known.leaseUntil > at) return Option.none()
    const adopted = { ...known, owner, leaseUntil, updatedAt: at, version: known.version + 1 }
    this.write(adopted)
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

const run = Effect.runSync

const nths = FastCheck.integer({ min: 1, max: 8 })
const times = FastCheck.integer({ min: 0, max: 20 })
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
  createdAt: times,
  leaseUntil: times
}).map(({ isKeyed, nth, phase, ...more }) => phase(Specimens.idle(nth, { ...more, ...(isKeyed ? { key: keyOf(nth) } : {}) })))

// what a delivery is under its id does not change; an end is final
const next = (known: Entry, entry: Entry, stale: boolean): Entry => ({
  ...(known.state.phase._tag === "Done" ? { ...entry, state: known.state } : entry),
  id: known.id,
  ...(known.key === undefined ? {} : { key: known.key }),
  version: stale ? known.version - 1 : known.version
})

const claiming: FastCheck.Arbitrary<Run> =
  FastCheck.record({ fingerprint: FastCheck.constantFrom("hello", "hello", "goodbye"), nth: nths, passed: FastCheck.integer({ min: 0, max: 3 }), age: FastCheck.integer({ min: 0, max: 60 }) }).map(
    ({ age, fingerprint, nth, passed }): Run => (ledger, model) => {
      model.now += passed
      const request = { key: keyOf(nth), fingerprint, deliveryId: id(nth), at: model.now, expiresAt: model.now + age }
      return [run(ledger.claim(request)), model.claim(request)]
    }
  )

const opening: FastCheck.Arbitrary<Run> =
  entries.map((entry): Run => (ledger, model) => {
    const opened = { ...entry, updatedAt: model.now }
    return [run(ledger.open(opened)), model.open(opened)]
  })

const saving: FastCheck.Arbitrary<Run> =
  FastCheck.record({ entry: entries, isStale: FastCheck.boolean() }).map(({ entry, isStale }): Run => (ledger, model) => {
    const known = model.entries.find((known) => known.id === entry.id)
    const { key: _, ...bare } = entry
    const saved = { ...(known === undefined ? entry : next(known, bare, isStale)), updatedAt: model.now }
    return [run(ledger.save(saved)), model.save(saved)]
  })

const operations: FastCheck.Arbitrary<Run> = FastCheck.oneof(
  claiming,
  claiming,
  claiming,
  nths.map((nth): Run => (ledger, model) => [run(ledger.release(keyOf(nth), id(nth))), model.release(keyOf(nth), nth)]),
  opening,
  opening,
  saving,
  saving,
  saving,
  nths.map((nth): Run => (ledger, model) => [run(ledger.read(id(nth))), Option.fromNullable(model.read(nth))]),
  FastCheck.tuple(refs, nths).map(([ref, nth]): Run => (ledger, model) => [run(ledger.own(ref, id(nth))), model.own(`${ref.carrierId}:${ref.id}`, id(nth))]),
  refs.map((ref): Run => (ledger, model) => {
    const key = `${ref.carrierId}:${ref.id}`
    return [[...run(ledger.owners([ref]))], model.owned.filter(([known]) => known === key)]
  }),
  FastCheck.tuple(entries, FastCheck.constantFrom(0, 3_600_000)).map(([entry, later]): Run => (ledger, model) => {
    const asking = { ...entry, createdAt: entry.createdAt + later }
    return [run(ledger.rivals(asking)), model.rivals(asking)]
  }),
  FastCheck.integer({ min: 0, max: 5 }).map((limit): Run => (ledger, model) => [run(ledger.held(limit)), model.held(limit)]),
  FastCheck.tuple(times, nths).map(([at, limit]): Run => (ledger, model) => [run(ledger.orphans(at, limit)), model.orphans(at, limit)]),
  FastCheck.tuple(nths, times, times).map(([nth, leaseUntil, at]): Run => (ledger, model) => [
    run(ledger.adopt(id(nth), "process-2", leaseUntil, at)),
    model.adopt(nth, "process-2", leaseUntil, at)
  ]),
  conversations.map((conversation): Run => (ledger, model) => [run(ledger.binding(conversation)), model.binding(conversation)]),
  FastCheck.tuple(conversations, times, FastCheck.integer({ min: 0, max: 3 })).map(([conversation, at, expected]): Run => (ledger, model) => [
    run(ledger.bind(conversation, { carrierId: linq, line: support, at }, expected)),
    model.bind(conversation, at, expected)
  ]),
  FastCheck.tuple(carriers, people, FastCheck.constantFrom("inbound" as const, "outbound" as const), times).map(([carrierId, person, way, at]): Run => (ledger, model) => [
    run(ledger.touch(carrierId, support, person, way, at)),
    void model.touches.push([`${carrierId} ${person}`, way, at])
  ]),
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
      const ledger = run(LedgerMemory.make())
      const model = new Model()
      for (const step of steps) {
        const [actual, expected] = step(ledger, model)
        expect(actual).toEqual(expected)
        if (typeof expected === "object" && expected !== null && "_tag" in expected) ends.set(String(expected._tag), (ends.get(String(expected._tag)) ?? 0) + 1)
      }
      for (const nth of [1, 2, 3, 4, 5, 6, 7, 8]) expect(run(ledger.read(id(nth)))).toEqual(Option.fromNullable(model.read(nth)))
    }),
    { numRuns: 250, seed: 20_261_121 }
  )
  // the sequences do reach every answer
  for (const answer of ["Owned", "InFlight", "Done", "Conflict", "Some", "None"]) expect(ends.get(answer)).toBeGreaterThan(20)
})
