/**
 * Five hundred messages to sixty people while both vendors misbehave at random and one is gone for a while. The phones say what was sent twice, what was lost, and who was
 * written to after opting out.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type * as Policy from "@interline/router/Policy"
import type { FaultKind } from "@interline/sandbox/Fault"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { later } from "../support/clock.ts"
import { type Ended, hasty, orders, other, quiet, routerWorld, sends } from "../support/router.ts"

const people = Array.from({ length: 60 }, (_, index) => Handle.make(`+1202555${String(3000 + index)}`))

// some people opt out while messages to them are on their way: the vendor tells us, or we learn it from a refusal
const leavers = people.slice(0, 12)

const kinds = [
  "reset-before",
  "5xx-before",
  "429",
  "ack-lost-reset",
  "ack-lost-half",
  "ack-lost-502",
  "5xx-after",
  "2xx-empty",
  "2xx-no-id",
  "2xx-not-json",
  "delay",
  "late-listing",
  "downgrade-sms"
] as const satisfies ReadonlyArray<FaultKind>

const hanging = ["hang-before", "ack-lost-hang"] as const satisfies ReadonlyArray<FaultKind>

const policy = {
  ...hasty,
  deadlines: { attempt: 1_000, send: 30_000 },
  reconcile: { every: 50, within: 800 },
  retry: { times: 2, base: 20, maxRetryAfter: 1_000 },
  breaker: { failures: 60, window: "1 second", openFor: 200, maxOpenFor: 400 }
} as const satisfies Partial<Policy.Input>

interface Sent {
  readonly index: number
  readonly handle: Handle.Handle
  readonly text: string
  readonly key: string | undefined
  /** Whether our side knew of an opt-out when this was handed over. */
  readonly afterOptOut: boolean
  readonly ended: Ended
}

interface Judged {
  readonly text: string
  readonly copies: number
  readonly accepted: number
  readonly held: number
}

const judge = (all: ReadonlyArray<Sent>, copiesOf: (handle: Handle.Handle, text: string) => number): ReadonlyArray<Judged> => {
  const texts = new Map<string, { readonly handle: Handle.Handle; readonly text: string; readonly deliveries: Map<DeliveryId, Ended> }>()
  for (const { ended, handle, text } of all) {
    const known = texts.get(`${handle} ${text}`) ?? { handle, text, deliveries: new Map<DeliveryId, Ended>() }
    known.deliveries.set(ended.id, ended)
    texts.set(`${handle} ${text}`, known)
  }
  return Array.from(texts.values(), ({ deliveries, handle, text }) => {
    const count = (outcome: Ended["outcome"]) => Array.from(deliveries.values()).filter((ended) => ended.outcome === outcome).length
    return { text, copies: copiesOf(handle, text), accepted: count("accepted"), held: count("Held") }
  })
}

describe("500 messages, 32 at a time, both vendors misbehaving", () => {
  for (const first of orders) {
    for (const seed of [first === "linq" ? 1 : 2]) {
      it.scopedLive(
        `${first} first, seed ${seed}: nothing twice, nothing lost silently, nobody after opting out`,
        () =>
          Effect.gen(function*() {
            const { network, router, send } = yield* routerWorld({ prefer: [first, other[first]], ...policy })
            for (const vendor of orders) {
              yield* network.addFault({
                vendor,
                seed: seed * 10 + vendor.length,
                rate: 0.2,
                kinds,
                match: sends[vendor],
                retryAfter: 0,
                ms: 150,
                status: 503
              })
              yield* network.addFault({ vendor, seed: seed * 100 + vendor.length, rate: 0.01, kinds: hanging, match: sends[vendor] })
              // the looks for lost answers meet faults too
              yield* network.addFault({
                vendor,
                seed: seed * 1_000 + vendor.length,
                rate: 0.1,
                kinds: ["reset-before", "5xx-before"],
                match: { method: "GET" }
              })
            }

            const optedOut = new Set<Handle.Handle>()
            const leave = (handle: Handle.Handle, index: number) =>
              index % 2 === 0
                ? Effect.zipRight(
                  network.optOut(handle),
                  Effect.zipRight(
                    router.observe({ _tag: "OptedOut", carrierId: CarrierId.make(first), handle, id: `opt-out-${index}` }),
                    Effect.sync(() => optedOut.add(handle))
                  )
                )
                // only the first vendor knows: the other would take the message
                : network.optOut(handle, first)

            const one = (index: number) =>
              Effect.gen(function*() {
                const handle = people[yield* Random.nextIntBetween(0, people.length)] ?? expect.fail("nobody")
                const isSame = index % 25 === 3
                const isKeyed = index % 10 === 7
                const text = isSame ? "ok" : `message ${index}`
                const key = isKeyed ? `key ${index}` : undefined
                const leaver = leavers[index / 40]
                // the first vendor is gone for a while
                if (index === 200) yield* network.addFault({ vendor: first, kind: "refused", times: "forever" })
                if (index === 260) {
                  yield* Effect.flatMap(
                    network.faults,
                    (faults) => Effect.forEach(faults.filter(({ rule }) => "kind" in rule), ({ id }) => network.clearFaults(id))
                  )
                }
                if (leaver !== undefined) yield* leave(leaver, index / 40)
                // a key's later calls give the result of the first
                const afterOptOut = optedOut.has(handle)
                const attempt = Effect.map(send(Draft.text(text), handle, key === undefined ? {} : { key }), (ended): Sent => {
                  if (ended.reason === "OptedOut" || ended.reason === "Suppressed") optedOut.add(handle)
                  return { index, handle, text, key, afterOptOut, ended }
                })
                if (!isKeyed) return [yield* attempt]
                // three at the same time, and one more when the first have ended
                const together = yield* Effect.all([attempt, attempt, attempt], { concurrency: "unbounded" })
                return [...together, yield* attempt]
              })

            const all = (yield* Effect.withRandom(
              Effect.forEach(Array.from({ length: 500 }, (_, index) => index), one, { concurrency: 32 }),
              Random.make(seed)
            )).flat()

            const phones = yield* network.phones
            const copiesOf = (handle: Handle.Handle, text: string) =>
              phones.find((phone) => phone.handle === handle)?.messages.filter((message) => message.text === text).length ?? 0
            const judged = judge(all, copiesOf)

            // the storm was one: much was taken, much was doubtful, and both vendors carried some of it
            expect(judged.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThan(300)
            expect(all.filter(({ ended }) => ended.route.length > 1).length).toBeGreaterThan(5)

            expect(judged.filter(({ accepted, copies, held }) => copies < accepted || copies > accepted + held)).toEqual([])

            // a key's calls are one delivery with one answer
            for (const { ended, key } of all.filter((sent) => sent.key !== undefined)) {
              const others = all.filter((sent) => sent.key === key)
              expect(new Set(others.map((sent) => sent.ended.id)).size).toBe(1)
              expect(others.every((sent) => sent.ended.outcome === ended.outcome)).toBe(true)
            }

            const late = all.filter(({ afterOptOut }) => afterOptOut)
            expect(late.length).toBeGreaterThan(0)
            expect(late.filter(({ ended }) => ended.outcome !== "NotSent").map(({ ended, text }) => ({ text, ended }))).toEqual([])
            expect(late.filter(({ handle, text }) => text !== "ok" && copiesOf(handle, text) > 0)).toEqual([])

            // what is not known is listed, and nothing else
            const held = (yield* router.held(1_000)).map(({ deliveryId }) => deliveryId)
            const unknown = new Set(all.filter(({ ended }) => ended.outcome === "Held").map(({ ended }) => ended.id))
            expect(new Set(held)).toEqual(unknown)

            // calm again: what a list can settle is settled, nothing more is sent
            yield* network.clearFaults()
            yield* network.advance("1 minute")
            yield* later("1 minute")(router.look)
            const still = new Set((yield* router.held(1_000)).map(({ deliveryId }) => deliveryId))
            const after = yield* network.phones
            expect(after.map(({ messages }) => messages.length)).toEqual(phones.map(({ messages }) => messages.length))
            for (const { ended, handle, text } of all) {
              if (!unknown.has(ended.id) || text === "ok") continue
              const [arrivedAt] = after.find((phone) => phone.handle === handle)?.messages.filter((message) => message.text === text) ?? []
              if (arrivedAt === undefined) expect(still.has(ended.id)).toBe(true)
              // a look at Sendblue sends nothing; a replay at Linq might
              else if (arrivedAt.vendor === "sendblue") expect(still.has(ended.id)).toBe(false)
            }
          }).pipe(quiet),
        60_000
      )
    }
  }
})
