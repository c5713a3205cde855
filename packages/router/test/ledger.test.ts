/** The suite over the ledger in memory, and the suite itself: a ledger that breaks a promise must be caught by the case that names it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Absence, Entry, LedgerService } from "../src/ledger/Ledger.ts"
import * as LedgerSuite from "../src/ledger/LedgerSuite.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"

describe("the ledger in memory", () => {
  for (const { name, run } of LedgerSuite.cases) {
    it.effect(name, () => Effect.flatMap(MemoryLedger.make(), run))
  }

  it("is held to cases with names of their own", () => {
    expect(new Set(LedgerSuite.cases.map(({ name }) => name)).size).toBe(LedgerSuite.cases.length)
  })
})

/** Lets others in between two steps that should be one. */
const between = Effect.yieldNow()

const isDone = (entry: Entry) => entry.state.phase._tag === "Done"

type Broken = (ledger: LedgerService) => Partial<LedgerService>

const broken: Record<string, { readonly wrap: Broken; readonly caughtBy: string }> = {
  "claims by looking first and writing later": {
    caughtBy: "of a hundred equal claims at once one is owned",
    wrap: (ledger) => {
      const claimed = new Set<string>()
      return {
        claim: (request) =>
          Effect.gen(function*() {
            const known = claimed.has(request.entry.key)
            yield* between
            claimed.add(request.entry.key)
            return known ? yield* ledger.claim(request) : { _tag: "Owned" }
          })
      }
    }
  },
  "takes another message under a key for the same": {
    caughtBy: "another message under a claimed key is a conflict, whatever became of the first",
    wrap: (ledger) => ({ claim: (request) => ledger.claim({ ...request, fingerprint: "any" }) })
  },
  "calls a claim done when its delivery is opened": {
    caughtBy: "a claim is in flight until its delivery has a result, and then done",
    wrap: (ledger) => ({
      claim: (request) =>
        Effect.gen(function*() {
          const claim = yield* ledger.claim(request)
          return claim._tag === "InFlight" && Option.isSome(yield* ledger.read(claim.deliveryId)) ? { ...claim, _tag: "Done" } : claim
        })
    })
  },
  "finds a delivery under a key that was given back": {
    caughtBy: "the delivery that has a key is found by it, until the key is given back",
    wrap: (ledger) => {
      const claimed = new Map<string, Entry["id"]>()
      return {
        claim: (request) => Effect.zipRight(Effect.sync(() => claimed.set(request.entry.key, request.entry.id)), ledger.claim(request)),
        keyed: (key) => Effect.sync(() => Option.fromNullable(claimed.get(key)))
      }
    }
  },
  "never ends a claim": {
    caughtBy: "a claim does not end before its delivery is done",
    wrap: (ledger) => ({ claim: (request) => ledger.claim({ ...request, keepFor: 1_000_000 }) })
  },
  "ends the claim of a held delivery": {
    caughtBy: "a claim does not end before its delivery is done",
    wrap: (ledger) => {
      const ended = new Set<string>()
      return {
        claim: (request) => {
          if (ended.has(request.entry.key)) return Effect.succeed({ _tag: "Owned" })
          if (request.keepFor < 0) ended.add(request.entry.key)
          return ledger.claim(request)
        }
      }
    }
  },
  "opens nothing when it gives a key away": {
    caughtBy: "the delivery is open as soon as its key is owned, and no other is written",
    wrap: (ledger) => ({
      claim: (request) => Effect.tap(ledger.claim(request), (claim) => claim._tag === "Owned" ? ledger.release(request.entry) : Effect.void)
    })
  },
  "gives a key away again as soon as it has ended": {
    caughtBy: "of a hundred equal claims at once under a key that has ended one is owned",
    wrap: (ledger) => ({
      claim: (request) => Effect.map(ledger.claim(request), (claim) => request.keepFor < 0 ? { _tag: "Owned" } : claim)
    })
  },
  "gives away the key of a process that is gone": {
    caughtBy: "a claim whose process is gone is taken over with its delivery, by one",
    wrap: (ledger) => ({
      claim: (request) =>
        Effect.zipWith(
          ledger.leftBehind(Shard.all, 10),
          ledger.claim(request),
          (left, claim) => left.length > 0 ? { _tag: "Owned" } : claim
        )
    })
  },
  "claims whatever the epoch": {
    caughtBy: "a claim under another epoch than the shard's is fenced, and writes nothing",
    wrap: (ledger) => {
      const epochs = new Map<number, number>()
      return {
        acquire: (shards) =>
          Effect.tap(ledger.acquire(shards), (acquired) => {
            for (const [shard, epoch] of acquired) epochs.set(shard, epoch)
          }),
        claim: (request) =>
          ledger.claim({ ...request, entry: { ...request.entry, epoch: epochs.get(Shard.of(request.entry.conversation)) ?? 0 } })
      }
    }
  },
  "looks at the epoch before it looks at the key": {
    caughtBy: "a key that has a delivery names it also to those who have lost the shard",
    wrap: (ledger) => {
      const taken = new Set<number>()
      return {
        acquire: (shards) => Effect.zipRight(Effect.sync(() => shards.forEach((shard) => taken.add(shard))), ledger.acquire(shards)),
        claim: (request) =>
          request.entry.epoch === 0 && taken.has(Shard.of(request.entry.conversation))
            ? Effect.succeed({ _tag: "Fenced" })
            : ledger.claim(request)
      }
    }
  },
  "keeps the key of what was not sent": {
    caughtBy: "what was certainly not sent gives its key back and stays on record",
    wrap: (ledger) => ({
      release: (entry) =>
        Effect.flatMap(ledger.read(entry.id), (known) => Option.exists(known, isDone) ? Effect.void : ledger.release(entry))
    })
  },
  "releases anybody's claim": {
    caughtBy: "a key that is given back is free, and its delivery is gone",
    wrap: (ledger) => {
      const owners = new Map<string, Entry>()
      return {
        claim: (request) =>
          Effect.tap(ledger.claim(request), (claim) => {
            if (claim._tag === "Owned") owners.set(request.entry.key, request.entry)
          }),
        release: (entry) => ledger.release(owners.get(entry.key ?? "") ?? entry)
      }
    }
  },
  "releases whatever the version": {
    caughtBy: "a key is not given back by a process that does not know the latest of its delivery, nor while that is held",
    wrap: (ledger) => ({
      release: (entry) =>
        Effect.flatMap(
          ledger.read(entry.id),
          (known) => ledger.release({ ...entry, version: Option.isSome(known) ? known.value.version : entry.version })
        )
    })
  },
  "opens a delivery under another's claim": {
    caughtBy: "a delivery with a key opens only by its claim",
    wrap: (ledger) => ({ open: ({ key: _, ...entry }, within) => ledger.open(entry, within) })
  },
  "writes over a delivery that is there": {
    caughtBy: "a delivery opens once",
    wrap: (ledger) => ({
      open: (entry, within) =>
        Effect.gen(function*() {
          const opening = yield* ledger.open(entry, within)
          const known = yield* ledger.read(entry.id)
          if (opening !== "Exists" || Option.isNone(known)) return opening
          return (yield* ledger.save({ ...entry, version: known.value.version })) ? "Opened" : opening
        })
    })
  },
  "opens whatever the epoch": {
    caughtBy: "a delivery opens only under the epoch of its shard",
    wrap: (ledger) => ({
      open: (entry, within) =>
        Effect.flatMap(
          ledger.open(entry, within),
          (opening) => opening === "Fenced" && entry.epoch === 0 ? ledger.open({ ...entry, epoch: 1 }, within) : Effect.succeed(opening)
        )
    })
  },
  "saves whatever the version": {
    caughtBy: "a save with an old version is refused and changes nothing",
    wrap: (ledger) => ({
      save: (entry) =>
        Effect.flatMap(
          ledger.read(entry.id),
          (known) => ledger.save({ ...entry, version: Option.isSome(known) ? known.value.version : entry.version })
        )
    })
  },
  "saves by looking first and writing later": {
    caughtBy: "of a hundred saves of one version at once one is stored",
    wrap: (ledger) => ({
      save: (entry) =>
        Effect.gen(function*() {
          const known = yield* ledger.read(entry.id)
          yield* between
          if (Option.isNone(known) || known.value.version !== entry.version) return false
          const stored = Option.getOrElse(yield* ledger.read(entry.id), () => entry)
          return yield* ledger.save({ ...entry, version: stored.version })
        })
    })
  },
  "loses the evidence of a doubt": {
    caughtBy: "a delivery is read as it was written, in every state",
    wrap: (ledger) => ({
      save: ({ state: { doubt: _, ...state }, ...entry }) => ledger.save({ ...entry, state })
    })
  },
  "lists the newest event first": {
    caughtBy: "a history holds every kind of event, in the order of its appends",
    wrap: (ledger) => ({ history: (id) => Effect.map(ledger.history(id), (events) => events.toReversed()) })
  },
  "forgets the history of what is done": {
    caughtBy: "a history outlives the end of its delivery, and loses no event of several at once",
    wrap: (ledger) => ({
      history: (id) => Effect.flatMap(ledger.read(id), (entry) => Option.exists(entry, isDone) ? Effect.succeed([]) : ledger.history(id))
    })
  },
  "knows only the refs that it was told": {
    caughtBy: "refs of saved receipts and refs that were told have an owner",
    wrap: (ledger) => ({ save: (entry) => ledger.save({ ...entry, state: { ...entry.state, taken: [], proofs: [] } }) })
  },
  "gives a ref to who asked last": {
    caughtBy: "a ref stays with the delivery that had it first",
    wrap: (ledger) => {
      const told = new Map<string, string>()
      return {
        own: (ref, id) => Effect.zipRight(Effect.sync(() => told.set(ref.id, id)), ledger.own(ref, id)),
        owners: (refs) =>
          Effect.map(
            ledger.owners(refs),
            (owners) => new Map([...owners].map(([key, id]) => [key, (told.get(key.slice(5)) ?? id) as typeof id]))
          )
      }
    }
  },
  "counts a delivery as its own rival": {
    caughtBy: "rivals are the others that may have a message of nobody's, and share a likeness",
    wrap: (ledger) => ({ rivals: (entry) => Effect.map(ledger.rivals(entry), (count) => count + 1) })
  },
  "forgets the doubt of what is done": {
    caughtBy: "what is done is a rival for an hour, if a message of it may still arrive",
    wrap: (ledger) => {
      const settled = ({ state: { doubt: _, ...state }, ...entry }: Entry): Entry => ({ ...entry, state: { ...state, behind: [] } })
      const forgetful = (entry: Entry) => isDone(entry) ? settled(entry) : entry
      return { open: (entry, within) => ledger.open(forgetful(entry), within), save: (entry) => ledger.save(forgetful(entry)) }
    }
  },
  "counts what is done as a rival": {
    caughtBy: "a delivery is a rival from its first request until it is accepted",
    wrap: (ledger) => {
      let done = 0
      return {
        save: (entry) => Effect.zipRight(Effect.sync(() => done += isDone(entry) ? 1 : 0), ledger.save(entry)),
        rivals: (entry) => Effect.map(ledger.rivals(entry), (count) => count + done)
      }
    }
  },
  "lists the newest held first": {
    caughtBy: "what is held is listed oldest first, and nothing else",
    wrap: (ledger) => ({ held: (limit) => Effect.map(ledger.held(limit), (entries) => entries.toReversed()) })
  },
  "lists what is held again on every page": {
    caughtBy: "what is held is listed oldest first, and nothing else",
    wrap: (ledger) => ({ held: (limit, shards) => ledger.held(limit, shards) })
  },
  "lists what is held in any shard": {
    caughtBy: "what is held in some shards is listed without the others",
    wrap: (ledger) => ({ held: (limit) => ledger.held(limit) })
  },
  "gives every owner the same epoch": {
    caughtBy: "a shard gets its next epoch each time it is taken",
    wrap: () => ({ acquire: (shards) => Effect.succeed(new Map(shards.map((shard) => [shard, 1]))) })
  },
  "takes a shard by looking first and writing later": {
    caughtBy: "of a hundred processes that take a shard at once each gets an epoch of its own",
    wrap: () => {
      const epochs = new Map<number, number>()
      return {
        acquire: (shards) =>
          Effect.gen(function*() {
            const next = new Map(shards.map((shard) => [shard, (epochs.get(shard) ?? 0) + 1]))
            yield* between
            for (const [shard, epoch] of next) epochs.set(shard, epoch)
            return next
          })
      }
    }
  },
  "lists held deliveries as left behind": {
    caughtBy: "what earlier owners left behind is listed oldest first, and nothing else",
    wrap: (ledger) => ({
      leftBehind: (shards, limit) =>
        Effect.zipWith(ledger.leftBehind(shards, limit), ledger.held(limit), (left, held) => [...left, ...held])
    })
  },
  "lets an earlier owner take over": {
    caughtBy: "a delivery is taken over in its latest version under the epoch of its shard",
    wrap: (ledger) => ({ adopt: (entry, epoch, at) => ledger.adopt(entry, epoch === 1 ? 2 : epoch, at) })
  },
  "gives a delivery more time at each takeover": {
    caughtBy: "whoever takes a delivery over is told how long it may still begin",
    wrap: (ledger) => ({
      adopt: (entry, epoch, at) => Effect.map(ledger.adopt(entry, epoch, at), Option.map((taken) => ({ ...taken, left: 60_000 })))
    })
  },
  "takes over by looking first and writing later": {
    caughtBy: "of a hundred processes that take one delivery over at once one gets it",
    wrap: (ledger) => ({
      adopt: (entry, epoch, at) =>
        Effect.gen(function*() {
          const left = yield* ledger.leftBehind(Shard.all, 10)
          yield* between
          const known = left.find(({ id }) => id === entry.id)
          if (known === undefined) return Option.none()
          const stored = Option.getOrElse(yield* ledger.read(entry.id), () => known)
          yield* ledger.adopt(stored, epoch, at)
          return Option.some({ entry: { ...known, epoch, updatedAt: at, version: known.version + 1 }, left: 0 })
        })
    })
  },
  "takes over what is done": {
    caughtBy: "what is done is not taken over",
    wrap: (ledger) => ({
      adopt: (entry, epoch, at) =>
        Effect.flatMap(
          ledger.adopt(entry, epoch, at),
          (taken) =>
            Option.isSome(taken) ? Effect.succeed(taken) : Effect.map(ledger.read(entry.id), Option.map((entry) => ({ entry, left: 0 })))
        )
    })
  },
  "lets the one before save after a takeover": {
    caughtBy: "who lost a delivery cannot save it any more",
    wrap: (ledger) => {
      const adopted = new Set<string>()
      return {
        adopt: (entry, epoch, at) =>
          Effect.tap(ledger.adopt(entry, epoch, at), (taken) => {
            if (Option.isSome(taken)) adopted.add(entry.id)
          }),
        save: (entry) => ledger.save(adopted.has(entry.id) ? { ...entry, version: entry.version + 1 } : entry)
      }
    }
  },
  "keeps absences with their deliveries": {
    caughtBy: "an absence is read as it was written, also after its delivery is done",
    wrap: (ledger) => ({
      absences: (limit, shards) =>
        Effect.flatMap(
          ledger.absences(limit, shards),
          (absences) => Effect.filter(absences, ({ id }) => Effect.map(ledger.read(id), (entry) => !Option.exists(entry, isDone)))
        )
    })
  },
  "lists absences of any shard": {
    caughtBy: "absences are listed oldest first, those of some shards without the others",
    wrap: (ledger) => ({ absences: (limit) => ledger.absences(limit) })
  },
  "ends all absences of a delivery": {
    caughtBy: "an absence ends alone, and once",
    wrap: (ledger) => ({ endAbsence: (id) => Effect.zipRight(ledger.endAbsence(id, 1), ledger.endAbsence(id, 2)) })
  },
  "notes an absence anew": {
    caughtBy: "an absence that is noted again stays as it was",
    wrap: (ledger) => ({
      noteAbsence: (absence) => Effect.zipRight(ledger.endAbsence(absence.id, absence.generation), ledger.noteAbsence(absence))
    })
  },
  "notes an absence by looking first and writing later": {
    caughtBy: "of a hundred equal absences that are noted at once one is stored",
    wrap: () => {
      const noted: Array<Absence> = []
      return {
        noteAbsence: (absence) =>
          Effect.gen(function*() {
            const isKnown = noted.some(({ generation, id }) => id === absence.id && generation === absence.generation)
            yield* between
            if (!isKnown) noted.push(absence)
          }),
        absences: () => Effect.succeed(noted)
      }
    }
  },
  "binds whatever the version": {
    caughtBy: "a binding is replaced only by who knows its version",
    wrap: (ledger) => ({
      bind: (conversation, binding) =>
        Effect.flatMap(
          ledger.binding(conversation),
          (known) => ledger.bind(conversation, binding, Option.match(known, { onNone: () => 0, onSome: ({ version }) => version }))
        )
    })
  },
  "binds by looking first and writing later": {
    caughtBy: "of a hundred bindings of one version at once one is stored",
    wrap: (ledger) => {
      const versionOf = (conversation: string) =>
        Effect.map(ledger.binding(conversation), Option.match({ onNone: () => 0, onSome: ({ version }) => version }))
      return {
        bind: (conversation, binding, expected) =>
          Effect.gen(function*() {
            if ((yield* versionOf(conversation)) !== expected) return false
            yield* between
            return yield* ledger.bind(conversation, binding, yield* versionOf(conversation))
          })
      }
    }
  },
  "takes the last word for the latest time": {
    caughtBy: "of several touches the latest time counts, in whatever order they come",
    wrap: (ledger) => {
      const last = new Map<string, number>()
      return {
        touch: (carrierId, line, handle, way, at) =>
          Effect.zipRight(Effect.sync(() => last.set(way, at)), ledger.touch(carrierId, line, handle, way, at)),
        contact: (carrierId, line, handle) =>
          Effect.map(ledger.contact(carrierId, line, handle), ({ inboundAt, outboundAt }) => ({
            inboundAt: inboundAt === undefined ? undefined : last.get("inbound"),
            outboundAt: outboundAt === undefined ? undefined : last.get("outbound")
          }))
      }
    }
  },
  "counts a message as often as it is told of it": {
    caughtBy: "the messages of a line to a person are counted, each once",
    wrap: (ledger) => {
      let sent = 0
      return {
        touch: (carrierId, line, handle, way, at) =>
          Effect.zipRight(Effect.sync(() => void (sent += way === "outbound" ? 1 : 0)), ledger.touch(carrierId, line, handle, way, at)),
        contact: (carrierId, line, handle) =>
          Effect.map(ledger.contact(carrierId, line, handle), (contact) => contact.sent === undefined ? contact : { ...contact, sent })
      }
    }
  },
  "knows a person at one line for a person at all": {
    caughtBy: "a contact is known both ways, by carrier, line and person",
    wrap: (ledger) => ({
      touch: (carrierId, _, handle, way, at) => ledger.touch(carrierId, "any" as typeof _, handle, way, at),
      contact: (carrierId, _, handle) => ledger.contact(carrierId, "any" as typeof _, handle)
    })
  },
  "recognises an event by its id alone": {
    caughtBy: "an event is new once, by carrier and id",
    wrap: (ledger) => ({ first: (_, eventId, at) => ledger.first("linq" as typeof _, eventId, at) })
  },
  "recognises an event by looking first and writing later": {
    caughtBy: "of a hundred equal events at once one is new",
    wrap: () => {
      const seen = new Set<string>()
      return {
        first: (carrierId, eventId) =>
          Effect.gen(function*() {
            const isNew = !seen.has(`${carrierId} ${eventId}`)
            yield* between
            seen.add(`${carrierId} ${eventId}`)
            return isNew
          })
      }
    }
  },
  "remembers what it only heard of": {
    caughtBy: "what was never written is nowhere",
    wrap: (ledger) => ({ save: (entry) => Effect.zipRight(ledger.open(entry, 60_000), ledger.save(entry)) })
  },
  "loses a carrier of the route": {
    caughtBy: "a delivery survives the way to JSON and back",
    wrap: (ledger) => ({
      read: (id) =>
        Effect.map(
          ledger.read(id),
          Option.map((entry) =>
            entry.state.route[1] === undefined ? entry : { ...entry, state: { ...entry.state, route: [entry.state.route[0]] as const } }
          )
        )
    })
  }
}

describe("the suite catches a ledger that", () => {
  for (const [name, { caughtBy, wrap }] of Object.entries(broken)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const ledger = yield* MemoryLedger.make()
        const failures = yield* Effect.forEach(LedgerSuite.cases.filter((entry) => entry.name === caughtBy), ({ run }) =>
          Effect.flip(run({ ...ledger, ...wrap(ledger) })))
        expect(failures.map((failure) =>
          failure.case
        )).toEqual([caughtBy])
        expect(failures[0]?.message).toMatch(/: .+: expected .+, got .+/s)
      }))
  }

  it("does so with every case", () => {
    const catching = new Set(Object.values(broken).map(({ caughtBy }) => caughtBy))
    expect(LedgerSuite.cases.map(({ name }) => name).filter((name) => !catching.has(name))).toEqual([])
  })
})
