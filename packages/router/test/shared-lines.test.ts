/** Lines that several processes share: one authority and a replica in each process, over exchanges that are late, lost or come twice. */
import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Line from "@interline/core/Line"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as LineAuthority from "../src/health/LineAuthority.ts"
import type * as LineFacts from "../src/health/lineFacts.ts"
import * as LineSnapshot from "../src/health/LineSnapshot.ts"
import * as Replica from "../src/health/sharing/replica.ts"
import * as Slots from "../src/health/sharing/slots.ts"

const linq = CarrierId.make("linq")
const place: LineFacts.Place = { carrierId: linq, line: Line.LineName.make("support") }
const hour = 3_600_000
const attempt = 3_000

const policyOf = (limits: LineFacts.Settings["limits"] = {}): LineFacts.HealthPolicy => ({
  breaker: { failures: 3, window: 60_000, openFor: 10_000, maxOpenFor: 40_000 },
  deadlines: { attempt },
  carriers: { [linq]: limits }
})

const roundTrip = <A, I>(schema: Schema.Schema<A, I>) => {
  const json = Schema.parseJson(schema)
  return (value: A): A => Schema.decodeSync(json)(Schema.encodeSync(json)(value))
}
const asRequest = roundTrip(LineAuthority.Request)
const asAnswer = roundTrip(LineAuthority.Answer)
const asSnapshot = roundTrip(LineSnapshot.Snapshot)

interface Call {
  readonly request: LineAuthority.Request
  answer: LineAuthority.Answer | undefined
}

/** What tests change in the authority to see that they notice. */
interface Mistakes {
  /** A request that comes again counts again. */
  readonly countsTwice?: boolean
  /** A takeover begins with nothing. */
  readonly forgets?: boolean
}

/** Some processes that share a line, and time that passes for all of them. Each machine has a clock of its own. */
const makeWorld = (limits: LineFacts.Settings["limits"], count: number, mistakes: Mistakes = {}) => {
  const policy = policyOf(limits)
  const settings: LineFacts.Settings = { place, breaker: { ...policy.breaker, probeFor: attempt * 2 }, limits }
  let now = 1_000_000
  let skew = 0
  let authority = LineAuthority.unused(settings, now)
  let record: { readonly snapshot: LineSnapshot.Snapshot; readonly at: number } | undefined
  let takeovers: Array<number> = []
  const processes = Array.from({ length: count }, (_, index) => {
    const offset = (index - 1) * 600_000
    const process = {
      index,
      now: () => now + offset,
      replica: Replica.make({ policy, process: `p${index}`, offset, onDue: () => {} }),
      call: undefined as Call | undefined
    }
    return process
  })
  const save = (): void => {
    record = { snapshot: asSnapshot(LineAuthority.toSnapshot(authority, now + skew)), at: now }
  }
  return {
    processes,
    now: () => now,
    takeovers: () => takeovers,
    authority: () => authority,
    pass: (millis: number): void => {
      now += millis
    },
    /** Sends what is due. */
    ask: ({ now, replica, ...process }: (typeof processes)[number]): Call | undefined => {
      if (replica.due(now()).places.length === 0) return undefined
      return (processes[process.index] ?? expect.fail()).call = { request: asRequest(replica.ask(place, now())), answer: undefined }
    },
    /** A request reaches the authority. */
    arrive: (call: Call): void => {
      const seen = mistakes.countsTwice === true
        ? { ...authority, askers: new Map([...authority.askers].map(([id, asker]) => [id, { ...asker, seq: -1 }])) }
        : authority
      const { answer, save: when, state } = LineAuthority.exchange(seen, call.request, now + skew, settings)
      authority = state
      if (when === "first") save()
      call.answer = asAnswer(answer)
    },
    save,
    /** The process with the authority ends, and another one goes on with what is on record. */
    takeOver: (): void => {
      takeovers = [...takeovers, now]
      skew = skew === 0 ? -3_000_000 : 0
      authority = record === undefined || mistakes.forgets === true
        ? LineAuthority.unused(settings, now + skew)
        : LineAuthority.fromSnapshot({ snapshot: record.snapshot, age: now - record.at }, settings, now + skew)
    },
    /** The answer of a call reaches its process. */
    hear: (process: (typeof processes)[number]): void => {
      const { call } = process
      if (call?.answer === undefined) return
      process.call = undefined
      process.replica.hear(place, call.answer, process.now())
    },
    lose: (process: (typeof processes)[number]): void => {
      if (process.call === undefined) return
      process.call = undefined
      process.replica.miss(place, process.now())
    }
  }
}

type World = ReturnType<typeof makeWorld>
type Process = World["processes"][number]

/** One exchange of a process without any mishap. */
const exchange = (world: World, process: Process): void => {
  const call = world.ask(process)
  if (call === undefined) return
  world.arrive(call)
  world.hear(process)
}

interface Happening {
  readonly kind: "send" | "new" | "exchange" | "ask" | "arrive" | "again" | "hear" | "lose" | "save" | "takeOver" | "good" | "fail" | "busy"
  readonly who: number
  readonly wait: number
}

const happenings = (kinds: ReadonlyArray<Happening["kind"]>, longest: number) =>
  FastCheck.array(
    FastCheck.record({
      kind: FastCheck.constantFrom(...kinds),
      who: FastCheck.nat(2),
      wait: FastCheck.oneof({ weight: 9, arbitrary: FastCheck.nat(300) }, { weight: 1, arbitrary: FastCheck.nat(longest) })
    }),
    { minLength: 60, maxLength: 400, size: "max" }
  )

interface Sent {
  readonly at: number
  readonly isNew: boolean
  readonly probe: boolean
  readonly by: number
  readonly begunAt: number
  endedAt: number
}

/** Lets things happen, and gives the sends that left, with times of a clock that nobody has. */
const live = (world: World, story: ReadonlyArray<Happening>): ReadonlyArray<Sent> => {
  const sent: Array<Sent> = []
  const late: Array<Call> = []
  const open = (who: number) => sent.find(({ by, endedAt }) => by === who && endedAt === Number.POSITIVE_INFINITY)
  const end = (of: Sent, verdict: "ok" | "failed" | "limited"): void => {
    const process = world.processes[of.by] ?? expect.fail()
    of.endedAt = world.now()
    process.replica.report(
      place,
      { verdict, startedAt: of.begunAt, why: verdict, ...(verdict === "limited" ? { until: process.now() + 150_000 } : {}) },
      process.now()
    )
  }
  for (const { kind, wait, who } of story) {
    world.pass(wait)
    // no try lasts longer than its deadline
    for (const of of sent) if (of.endedAt === Number.POSITIVE_INFINITY && world.now() - of.at >= attempt) end(of, "failed")
    const process = world.processes[who % world.processes.length] ?? expect.fail()
    switch (kind) {
      case "send":
      case "new": {
        const admission = process.replica.admit(place, process.now(), kind === "new")
        if (admission._tag === "Admitted") {
          sent.push({
            at: world.now(),
            begunAt: process.now(),
            isNew: kind === "new",
            probe: admission.probe,
            by: process.index,
            endedAt: Number.POSITIVE_INFINITY
          })
        }
        break
      }
      case "exchange":
        if (process.call === undefined) world.ask(process)
        if (process.call !== undefined && process.call.answer === undefined) {
          late.push({ ...process.call })
          world.arrive(process.call)
        }
        world.hear(process)
        break
      case "ask":
        if (process.call === undefined) world.ask(process)
        break
      case "arrive":
        if (process.call !== undefined) {
          world.arrive(process.call)
          late.push({ ...process.call })
        }
        break
      case "again": {
        const call = late.at(-1 - (wait % 3))
        if (call !== undefined) world.arrive({ ...call })
        break
      }
      case "hear":
        world.hear(process)
        break
      case "lose":
        if (process.call !== undefined) late.push(process.call)
        world.lose(process)
        break
      case "save":
        world.save()
        break
      case "takeOver":
        world.takeOver()
        break
      case "good":
      case "fail":
      case "busy": {
        const of = open(process.index)
        if (of !== undefined) end(of, kind === "good" ? "ok" : kind === "fail" ? "failed" : "limited")
      }
    }
  }
  return sent
}

const common = ["send", "send", "send", "exchange", "exchange", "exchange", "ask", "arrive", "hear", "again", "again", "lose"] as const

/** Whether any span had more sends than it may have. */
const exceeds = (times: ReadonlyArray<number>, most: (from: number, to: number) => number): boolean =>
  times.some((from, first) => times.slice(first).some((to, more) => more + 1 > most(from, to) + 1e-6))

const timesOf = (sends: ReadonlyArray<Sent>): ReadonlyArray<number> => sends.map(({ at }) => at)

/** Whether a property fails for some story. */
const isBroken = <T>(law: FastCheck.IProperty<T>): boolean => FastCheck.check(law, { numRuns: 500, endOnFailure: true }).failed

const processes = FastCheck.integer({ min: 1, max: 3 })

/** To make a counterexample smaller takes more than a minute. It ends before the time of the test is over, so that the test says it. */
const runs = { numRuns: 200, interruptAfterTimeLimit: 30_000 }

describe("sends a second of several processes", () => {
  const perSecond = FastCheck.constantFrom(0.5, 1, 3, 10, 40)

  it("are never more than those of one process would be, however the exchanges go", () => {
    FastCheck.assert(
      FastCheck.property(perSecond, processes, happenings(common, 5_000), (perSecond, count, story) => {
        const times = timesOf(live(makeWorld({ perSecond }, count), story))
        return !exceeds(times, (from, to) => Math.ceil(perSecond) + 1 + (to - from) * perSecond / 1000)
      }),
      runs
    )
  })

  it("exceed the limit by at most one batch for each process when another authority takes over", () => {
    FastCheck.assert(
      FastCheck.property(perSecond, processes, happenings([...common, "save", "takeOver"], 5_000), (perSecond, count, story) => {
        const world = makeWorld({ perSecond }, count)
        const times = timesOf(live(world, story))
        const excess = count * Slots.batch({ perSecond }) + 1
        return !exceeds(times, (from, to) => {
          const changes = world.takeovers().filter((time) => time >= from - 3_000 && time <= to).length
          return Math.ceil(perSecond) + 1 + (to - from) * perSecond / 1000 + changes * excess
        })
      }),
      runs
    )
  })

  it.each([[1, 1], [10, 1], [10, 3], [200, 3]])("are all that %s a second allow, with %s processes that want more", (perSecond, count) => {
    const world = makeWorld({ perSecond }, count)
    const sent = Array.from({ length: count }, () => 0)
    for (let step = 0; step < 60_000; step += 5) {
      for (const process of world.processes) {
        for (let tried = 0; tried < 5; tried += 1) {
          exchange(world, process)
          const admission = process.replica.admit(place, process.now(), false)
          if (admission._tag === "Admitted") sent[process.index] = (sent[process.index] ?? 0) + 1
          // a send that lacks nothing but an answer rests, and asks again
          else strictEqual(admission.by === "place" || admission.until !== undefined, true)
        }
      }
      world.pass(5)
    }
    const all = sent.reduce((sum, each) => sum + each, 0)
    strictEqual(all >= 60 * perSecond * 0.99 && all <= 61 * perSecond + 1, true, `${all}`)
    strictEqual(Math.min(...sent) >= all / count / 2, true, `${sent}`)
  })
})

describe("new contacts of several processes", () => {
  const limits = { newContactsPerHour: 5, newContactsPerDay: 12 }
  const kinds = [...common, "new", "new", "new", "new", "exchange", "exchange", "save", "takeOver"] as const
  const crowd = (mistakes: Mistakes, longest = 2_000_000) =>
    FastCheck.property(processes, happenings(kinds, longest), (count, story) => {
      const times = timesOf(live(makeWorld(limits, count, mistakes), story).filter(({ isNew }) => isNew))
      return times.every((from) => {
        const within = (span: number) => times.filter((time) => time >= from && time < from + span).length
        return within(hour) <= 5 && within(24 * hour) <= 12
      })
    })

  it("are never more than the caps, through any exchanges and takeovers", () => {
    FastCheck.assert(crowd({}), runs)
  })

  it("would be more if a takeover began with nothing", () => {
    strictEqual(isBroken(crowd({ forgets: true })), true)
  })

  /** Whether a send to a new contact leaves, if the process asks before it. */
  const sendOne = (world: World, process: Process): boolean => {
    if (process.replica.admit(place, process.now(), true)._tag === "Admitted") return true
    exchange(world, process)
    return process.replica.admit(place, process.now(), true)._tag === "Admitted"
  }

  /** A process asks for a place. It does not use it. */
  const takeUnused = (world: World, process: Process): void => {
    process.replica.admit(place, process.now(), true)
    exchange(world, process)
  }

  const makePair = () => {
    const world = makeWorld({ newContactsPerHour: 2 }, 2)
    const [first, second] = world.processes
    return first === undefined || second === undefined ? expect.fail() : { world, first, second }
  }

  /** A place is not used, and the request that gives it back comes five minutes late. Meanwhile another process used a place. */
  const giveBackLate = (change: (request: LineAuthority.Request) => LineAuthority.Request) => {
    const { first, second, world } = makePair()
    takeUnused(world, first)
    world.pass(5_000)
    const { request } = world.ask(first) ?? expect.fail()
    deepStrictEqual([request.back, request.backOf], [[-5_000], [1]])
    world.pass(300_000)
    strictEqual(sendOne(world, second), true)
    world.arrive({ request: change(request), answer: undefined })
    world.pass(1_000)
    exchange(world, second)
    deepStrictEqual([sendOne(world, second), sendOne(world, second)], [true, false])
    strictEqual(second.replica.inspect(second.now())[0]?.newContacts.day, 2)
    // an hour after the unused place
    world.pass(hour - 300_000)
    strictEqual(sendOne(world, second), false)
    world.pass(304_000)
    deepStrictEqual([sendOne(world, second), sendOne(world, second)], [true, false])
  }

  it("count although a place that was not used is given back late", () => {
    giveBackLate((request) => request)
  })

  it("count although a process of an older version does not say which place it gives back", () => {
    giveBackLate(({ backOf: _, ...older }) => older)
  })

  it("count although the answer with a place that was not used came late", () => {
    const { first, second, world } = makePair()
    first.replica.admit(place, first.now(), true)
    world.arrive(world.ask(first) ?? expect.fail())
    world.pass(3_900)
    takeUnused(world, second)
    world.pass(100)
    world.hear(first)
    world.pass(1_000)
    exchange(world, first)
    world.pass(3_800)
    exchange(world, second)
    // the place that came at 3.9 seconds is used at 8.8, and another one after it
    deepStrictEqual([sendOne(world, second), sendOne(world, second), sendOne(world, second)], [true, true, false])
    world.pass(hour - 3_700)
    strictEqual(sendOne(world, first), false)
  })

  it("count although a request that gave a place back comes again after its process was forgotten", () => {
    const { first, second, world } = makePair()
    takeUnused(world, first)
    world.pass(5_000)
    const givingBack = world.ask(first) ?? expect.fail()
    world.arrive(givingBack)
    world.hear(first)
    world.pass(hour / 2)
    deepStrictEqual([sendOne(world, second), sendOne(world, second), sendOne(world, second)], [true, true, false])
    world.arrive({ ...givingBack })
    world.pass(1_000)
    exchange(world, second)
    strictEqual(sendOne(world, second), false)
  })

  /** How many sends to new contacts leave although every request comes twice. One process first asks for a place and then does not use it. */
  const sendTwice = (mistakes: Mistakes): number => {
    const world = makeWorld({ newContactsPerHour: 4 }, 2, mistakes)
    const [first, second] = world.processes
    if (first === undefined || second === undefined) return expect.fail()
    const exchangeTwice = (process: Process): void => {
      const call = world.ask(process)
      if (call === undefined) return
      world.arrive(call)
      world.arrive(call)
      world.hear(process)
    }
    let admitted = 0
    const tryTo = (process: Process): void => {
      if (process.replica.admit(place, process.now(), true)._tag === "Admitted") admitted += 1
      exchangeTwice(process)
    }
    first.replica.admit(place, first.now(), true)
    exchangeTwice(first)
    for (let times = 0; times < 12; times += 1) tryTo(second)
    world.pass(5_000)
    exchangeTwice(first)
    world.pass(1_000)
    for (let times = 0; times < 12; times += 1) tryTo(second)
    strictEqual(second.replica.inspect(second.now())[0]?.newContacts.hour, 4)
    return admitted
  }

  it("reach the cap exactly, although every request comes twice and a place is given back", () => {
    strictEqual(sendTwice({}), 4)
  })

  it("would not if what comes again were counted twice", () => {
    expect(sendTwice({ countsTwice: true })).not.toBe(4)
  })
})

describe("the breaker of several processes", () => {
  /** Two failures at one process and one at another, each told twice. Says what each process knows then. */
  const failAt = (count: number, mistakes: Mistakes = {}): ReadonlyArray<string | undefined> => {
    const world = makeWorld({}, 2, mistakes)
    for (const process of world.processes) {
      process.replica.admit(place, process.now(), false)
      exchange(world, process)
    }
    for (const index of [0, 0, 1].slice(0, count)) {
      const process = world.processes[index] ?? expect.fail()
      process.replica.report(place, { verdict: "failed", startedAt: process.now(), why: "it failed" }, process.now())
      world.pass(1_000)
      const call = world.ask(process)
      if (call === undefined) continue
      world.arrive(call)
      world.arrive(call)
      world.hear(process)
    }
    world.pass(1_000)
    for (const process of world.processes) exchange(world, process)
    return world.processes.map(({ now, replica }) => replica.inspect(now())[0]?.state)
  }

  it("counts the failures of all, each once, and is open for all within a second", () => {
    deepStrictEqual(failAt(2), ["closed", "closed"])
    deepStrictEqual(failAt(3), ["open", "open"])
  })

  it("would open too early if what comes again were counted twice", () => {
    deepStrictEqual(failAt(2, { countsTwice: true }), ["open", "open"])
  })
})

describe("tests of a line that failed or rests", () => {
  it("are one at a time over all processes, through any exchanges and takeovers", () => {
    let tests = 0
    FastCheck.assert(
      FastCheck.property(
        processes,
        happenings([...common, "send", "exchange", "good", "fail", "fail", "fail", "busy", "takeOver"], 20_000),
        (count, story) => {
          const probes = live(makeWorld({}, count), story).filter(({ probe }) => probe)
          tests += probes.length
          return probes.every((one) => probes.every((other) => other === one || other.at >= one.endedAt || one.at >= other.endedAt))
        }
      ),
      runs
    )
    strictEqual(tests > 20, true, `${tests} tests`)
  })
})

describe("a request of a newer version", () => {
  it("is taken in without the changes that this version does not know, and answered", () => {
    const settings: LineFacts.Settings = { place, breaker: { ...policyOf().breaker, probeFor: attempt * 2 }, limits: {} }
    const request = Schema.decodeUnknownSync(LineAuthority.Request)({
      process: "newer",
      seq: 1,
      changes: [
        { _tag: "Invented", at: -1 },
        { _tag: "Faulted", at: -1, reason: "InventedReason" },
        { _tag: "Faulted", at: -1, reason: "Authentication", invented: true }
      ],
      took: 0,
      slots: 0,
      held: 0,
      contacts: 0,
      back: [],
      probe: false,
      probeBack: false,
      invented: true
    })
    deepStrictEqual(request.changes.map(({ _tag }) => _tag), ["Faulted"])
    const { answer, state } = LineAuthority.exchange(LineAuthority.unused(settings, 1_000), request, 1_000, settings)
    deepStrictEqual(state.line.faults.map(({ reason }) => reason), ["Authentication"])
    const answered = Schema.decodeUnknownSync(LineAuthority.Answer)({
      ...Schema.encodeSync(LineAuthority.Answer)(answer),
      news: [{ what: "invented", why: "" }, { what: "opened", why: "it failed" }]
    })
    deepStrictEqual(answered.news, [{ what: "opened", why: "it failed" }])
  })
})
