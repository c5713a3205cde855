/** A rollout to a vendor that does not take our key, of a whole gateway: who may move people there, what the phones get, and what is said. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Rollout from "@interline/cli/Rollout"
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { describe } from "vitest"
import { apiKey } from "../support/gateway.ts"
import { keyWorld, wrongKey } from "../support/keys.ts"
import { ada, numbers } from "../support/sandbox.ts"

const reason = "as planned"

/** Both directions of a rollout. */
const directions = [{ from: "sendblue", to: "linq" }, { from: "linq", to: "sendblue" }] as const

const worldOf = ({ from, to }: (typeof directions)[number]) =>
  keyWorld({
    prefer: [from, to],
    rollout: {
      from,
      to,
      steps: [{ share: 1, moves: "new and existing" }],
      continuation: "We write from this number now.",
      guardrails: { every: 20, minimum: 3, notSent: 0.5, crossed: "pause" }
    }
  })

/** What `interline rollout status` prints. */
const printed = (origin: string) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const keep = { ...(yield* Effect.console), log: (text: unknown) => Effect.sync(() => void lines.push(String(text))) }
    yield* Effect.withConfigProvider(
      Effect.withConsole(Rollout.status({ url: Option.some(origin), json: false }), keep),
      ConfigProvider.fromMap(new Map([["INTERLINE_API_KEYS", `tests=${apiKey}`]]))
    )
    return lines.join("\n")
  })

const people = Array.from({ length: 6 }, (_, nth) => Handle.make(`+1202555030${nth}`))

const [one, two, ...others] = people

describe.each(directions)("a rollout from $from to $to, which does not take our key", (direction) => {
  const { from, to } = direction
  const fault = `line support at ${to}: the carrier did not accept the credentials; give it credentials that the carrier takes`
  const world = worldOf(direction)
  const isWrong = { [to]: wrongKey }

  it.scopedLive("is not started, nobody is moved by name, and the status says why, until the key is right or somebody says anyway", () =>
    Effect.gen(function*() {
      const { gateway } = yield* world
      yield* Effect.scoped(Effect.gen(function*() {
        const { client, origin } = yield* gateway(isWrong)
        const start = (anyway?: boolean) =>
          client.rollout.changeRollout({ path: { action: "start" }, payload: { reason, ...(anyway === undefined ? {} : { anyway }) } })
        const move = (carrier: string, anyway?: boolean) =>
          client.rollout.moveConversations({
            payload: { handles: [ada], carrier: CarrierId.make(carrier), reason, ...(anyway === undefined ? {} : { anyway }) }
          })
        for (const refused of [yield* Effect.flip(start()), yield* Effect.flip(move(to))]) {
          assertTrue(refused._tag === "ProblemDetails")
          deepStrictEqual([refused.status, refused.next, refused.detail], [409, "fix", `${fault}, or say anyway`])
        }
        const { faults, phase } = yield* client.rollout.getRollout()
        deepStrictEqual([phase, faults?.map(({ line, reason, sentence }) => [line, reason, sentence])], ["not-started", [[
          "support",
          "Authentication",
          fault
        ]]])
        const page = yield* printed(origin)
        assertTrue(
          /\n\nFaults at (linq|sendblue):\n {2}since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}line support at \1: /.test(page) &&
            page.endsWith(fault),
          page
        )
        // to the old vendor everybody may move
        deepStrictEqual(yield* move(from), { moved: 1 })
        deepStrictEqual(yield* move(to, true), { moved: 1 })
        strictEqual((yield* start(true)).phase, "running")
        yield* client.rollout.changeRollout({ path: { action: "back" }, payload: { reason, step: 0 } })
      }))
      const { client } = yield* gateway()
      const started = yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
      deepStrictEqual([started.phase, started.faults], ["running", []])
    }))

  it.scopedLive("loses no message: each arrives once, from the old number, until the guardrail stops the rollout by itself", () =>
    Effect.gen(function*() {
      const { gateway, got } = yield* world
      const { client } = yield* gateway(isWrong)
      const send = (handle: Handle.Handle, text: string) => client.sending.send({ payload: { to: { handle }, text } })
      assertTrue(one !== undefined && two !== undefined)
      // two people know the old number, and the others are new
      yield* Effect.forEach([one, two], (handle) => send(handle, "One"), { discard: true })
      yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason, anyway: true } })
      const sent = yield* Effect.forEach(people, (handle) => send(handle, "Two"))
      deepStrictEqual(Array.from(new Set<string>(sent.map(({ carrierId }) => carrierId))), [from])
      const { changes, crossed, faults, phase } = yield* Effect.repeat(client.rollout.getRollout(), {
        until: ({ phase }) => phase === "paused"
      })
      deepStrictEqual([phase, changes[0]?.actor, crossed.map(({ guardrail }) => guardrail)], ["paused", "guardrail", ["notSent"]])
      assertTrue(changes[0]?.reason.includes(`messages by ${to} were not sent`) === true)
      deepStrictEqual(faults?.map(({ line, reason }) => [line, reason]), [["support", "Authentication"]])
      // what is sent after that does not ask the new vendor any more
      yield* Effect.forEach(people, (handle) => send(handle, "Three"), { discard: true })
      for (const handle of [one, two]) {
        deepStrictEqual(yield* got(handle), [[numbers[from], "One"], [numbers[from], "Two"], [numbers[from], "Three"]])
      }
      for (const handle of others) deepStrictEqual(yield* got(handle), [[numbers[from], "Two"], [numbers[from], "Three"]])
      const [first] = sent
      assertTrue(first !== undefined)
      const { decisions } = yield* client.deliveries.explain({ path: { id: first.id } })
      const moves = decisions.flatMap((event) => event._tag === "FailedOver" ? [[event.from, event.to, event.why]] : [])
      const why = `the carrier did not take it: ${to} send: the carrier did not accept the credentials`
      deepStrictEqual(moves.map(([from, to, said]) => [from, to, said?.slice(0, why.length)]), [[to, from, why]])
    }))

  it.scopedLive("tells those who were at the new number already, and once", () =>
    Effect.gen(function*() {
      const { gateway, got } = yield* world
      yield* Effect.scoped(Effect.gen(function*() {
        const { client } = yield* gateway()
        yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
        yield* client.sending.send({ payload: { to: { handle: ada }, text: "One" } })
      }))
      const { client } = yield* gateway(isWrong)
      yield* client.sending.send({ payload: { to: { handle: ada }, text: "Two" } })
      yield* client.sending.send({ payload: { to: { handle: ada }, text: "Three" } })
      deepStrictEqual(yield* got(ada), [
        [numbers[to], "One"],
        [numbers[from], "We write from this number now.\nTwo"],
        [numbers[from], "Three"]
      ])
    }))

  it.scopedLive("returns the fault of the old vendor's key, because no rollout chose that vendor", () =>
    Effect.gen(function*() {
      const { gateway, got } = yield* world
      const { client } = yield* gateway({ [from]: wrongKey })
      const refused = yield* Effect.flip(client.sending.send({ payload: { to: { handle: ada }, text: "One" } }))
      strictEqual(refused._tag === "ProblemDetails" ? refused.type : "", "urn:interline:problem:authentication")
      deepStrictEqual(yield* got(ada), [])
    }))
})
