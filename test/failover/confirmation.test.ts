/** The one text to a person who opted out, through the router: at most one message, at one carrier, whatever happens to it. */
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Suppression from "@interline/core/Suppression"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import type { FaultKind } from "@interline/sandbox/Fault"
import * as Effect from "effect/Effect"
import { brief, fault, hasty, impatient, quiet, routerOver, type RouterWorld, routerWorld, sends } from "../support/router.ts"
import { ada, type Vendor } from "../support/sandbox.ts"

const text = "you are out"
const options = { confirmsOptOut: true } as const
const policy = { ...hasty, ...impatient, ...brief }

const saysStop = ({ messaging, network, router }: RouterWorld, vendor: Vendor) =>
  Effect.gen(function*() {
    const id = messaging.carriers.find((carrier) => carrier.vendor === vendor)?.id
    if (id === undefined) return yield* Effect.dieMessage("no carrier")
    yield* network.optOut(ada, vendor)
    yield* router.observe({ _tag: "OptedOut", carrierId: id, handle: ada })
  })

const posts = ({ network }: RouterWorld, vendor: Vendor) =>
  Effect.map(network.requests({ vendor, method: "POST", path: sends[vendor].path }), ({ length }) => length)

describe.concurrent("the confirmation of an opt-out", () => {
  for (const prefer of [["linq", "sendblue"], ["sendblue", "linq"]] as const) {
    it.scopedLive(`goes out by the carrier where it was said, which ${prefer[0] === "linq" ? "is" : "is not"} preferred, once`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ prefer, ...policy })
        yield* saysStop(world, "linq")
        expect(yield* world.send(Draft.text(text))).toMatchObject({ outcome: "NotSent", reason: "Suppressed" })
        expect(yield* world.send(Draft.text(text), ada, options)).toMatchObject({ outcome: "accepted" })
        expect(yield* world.send(Draft.text(text), ada, options)).toMatchObject({ outcome: "NotSent", reason: "Suppressed" })
        expect(yield* world.send(Draft.text(text))).toMatchObject({ outcome: "NotSent", reason: "Suppressed" })
        expect(yield* world.phone(text)).toEqual(["linq"])
      }).pipe(quiet))

    it.scopedLive(`does not go out by another carrier than the one where it was said (${prefer[0]} first)`, () =>
      Effect.gen(function*() {
        const world = yield* routerWorld({ prefer, ...policy })
        yield* saysStop(world, "sendblue")
        expect((yield* world.send(Draft.text(text), ada, options)).outcome).toBe("NotSent")
        expect([yield* posts(world, "linq"), yield* posts(world, "sendblue")]).toEqual([0, 0])
      }).pipe(quiet))
  }

  const kinds = [
    "ack-lost-reset",
    "ack-lost-hang",
    "ack-lost-502",
    "refused",
    "hang-before",
    "429",
    "5xx-before",
    "line-flagged",
    "2xx-empty"
  ] as ReadonlyArray<FaultKind>
  for (const onUnknown of ["hold", "fail", "send-anyway"] as const) {
    for (const kind of kinds) {
      it.scopedLive(`is never tried again and never moved: ${kind}, ${onUnknown} on unknown`, () =>
        Effect.gen(function*() {
          const world = yield* routerWorld({ prefer: ["linq", "sendblue"], ...policy, onUnknown })
          yield* saysStop(world, "linq")
          yield* world.network.addFault(fault("linq", kind, { times: 1 }))
          const ended = yield* world.send(Draft.text(text), ada, options)
          expect(ended.outcome).not.toBe("accepted")
          yield* world.router.look
          expect(yield* posts(world, "linq")).toBeLessThanOrEqual(1)
          expect(yield* posts(world, "sendblue")).toBe(0)
          expect(yield* world.copies(text)).toBeLessThanOrEqual(1)
          expect(yield* world.send(Draft.text(text), ada, options)).toMatchObject({ outcome: "NotSent", reason: "Suppressed" })
        }).pipe(quiet))
    }
  }

  it.scopedLive("under a key gives the first result again, and the key is no other text's", () =>
    Effect.gen(function*() {
      const world = yield* routerWorld({ prefer: ["linq", "sendblue"], ...policy })
      yield* saysStop(world, "linq")
      const first = yield* world.send(Draft.text(text), ada, { ...options, key: "out-1" })
      expect(first.outcome).toBe("accepted")
      expect(yield* world.send(Draft.text(text), ada, { ...options, key: "out-1" })).toMatchObject({ outcome: "accepted", id: first.id })
      expect(yield* world.send(Draft.text(text), ada, { key: "out-1" })).toMatchObject({ outcome: "Invalid", reason: "key" })
      expect(yield* world.copies(text)).toBe(1)
    }).pipe(quiet))

  it.scopedLive("goes out once, whichever of two processes is asked how often", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const ledger = yield* MemoryLedger.make()
      const one = yield* routerWorld({ prefer: ["linq", "sendblue"], ...policy }, { suppression, ledger })
      const two = yield* routerOver(one.sandbox, { prefer: ["sendblue", "linq"], ...policy }, { suppression, ledger })
      yield* saysStop(one, "linq")
      const all = yield* Effect.all(Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? one : two).send(Draft.text(text), ada, options)), {
        concurrency: "unbounded"
      })
      expect(all.filter(({ outcome }) => outcome === "accepted")).toHaveLength(1)
      expect(yield* one.copies(text)).toBe(1)
    }).pipe(quiet))
})
