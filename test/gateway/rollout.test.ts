/** A rollout of a whole gateway, changed by the API: who gets which message from which number, and that a fault of the new vendor stops it. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as ApiClient from "@interline/gateway/ApiClient"
import type * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Node from "interline/node"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld, temporaryFile } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

const reason = "as planned"

const rollout = {
  from: "sendblue",
  to: "linq",
  steps: [{ share: 0.5, moves: "new" }, { share: 1, moves: "new and existing" }],
  continuation: "We write from this number now.",
  guardrails: { every: 20, minimum: 3, notSent: 0.5, crossed: "pause" }
} as const satisfies Policy.Input["rollout"]

const rolling = gatewayWorld({ carriers: ["sendblue", "linq"], policy: { rollout }, variables: { INTERLINE_CATCH_UP: "off" } })

const connect = ({ apiKey, url }: GatewayWorld) =>
  Effect.flatMap(
    Layer.build(Node.layer()),
    (http) => Effect.provide(ApiClient.make({ baseUrl: url, apiKey: Redacted.make(apiKey) }), http)
  )

const get = ({ apiKey, url }: GatewayWorld, path: string) =>
  Effect.promise(() => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } }).then((answer) => answer.text()))

/** Waits until a metric is what it has to be: a change is counted when its event is in the log. */
const counted = (world: GatewayWorld, line: string) => Effect.repeat(get(world, "/metrics"), { until: (text) => text.includes(line) })

/** Everything that a phone got, with the number that it came from. */
const got = (world: GatewayWorld, handle = ada) =>
  Effect.map(world.phone(handle), (messages) => messages.map(({ from, text }) => [from, text]))

const people = Array.from({ length: 6 }, (_, nth) => Handle.make(`+1202555030${nth}`))

describe("a rollout of a gateway", () => {
  it.scopedLive("moves a conversation with the words of the policy, and back", () =>
    Effect.gen(function*() {
      const world = yield* rolling
      const client = yield* connect(world)
      const send = (text: string) => client.sending.send({ payload: { to: { handle: ada }, text } })
      strictEqual((yield* client.rollout.getRollout()).phase, "not-started")
      yield* send("One")
      const started = yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
      deepStrictEqual([started.phase, started.step, started.share], ["running", 1, 0.5])
      yield* send("Two")
      const refused = yield* Effect.flip(client.rollout.changeRollout({ path: { action: "advance" }, payload: { reason } }))
      assertTrue(refused._tag === "ProblemDetails")
      deepStrictEqual([refused.status, refused.type, refused.certainty], [409, "urn:interline:problem:rollout-refused", "not-sent"])
      strictEqual(refused.detail, "0 messages went by linq since the step began, and 3 are needed to judge it; wait, or say anyway")
      const advance = ApiClient.underKey("one")(
        client.rollout.changeRollout({ path: { action: "advance" }, payload: { reason, anyway: true } })
      )
      // the same request under its key is made once
      deepStrictEqual(yield* advance, yield* advance)
      yield* send("Three")
      const { conversations } = yield* client.rollout.getRollout()
      deepStrictEqual([conversations?.from, conversations?.to.count, conversations?.assigned], [{ count: 0 }, 1, 0])
      const back = yield* client.rollout.changeRollout({ path: { action: "back" }, payload: { reason, step: 0 } })
      deepStrictEqual(back.changes.map(({ action, actor, reason }) => [action, actor, reason]), [
        ["back", "tests", reason],
        ["advance", "tests", reason],
        ["start", "tests", reason]
      ])
      yield* send("Four")
      deepStrictEqual(yield* got(world), [
        [numbers.sendblue, "One"],
        [numbers.sendblue, "Two"],
        [numbers.linq, "We write from this number now.\nThree"],
        [numbers.sendblue, "We write from this number now.\nFour"]
      ])
      yield* counted(world, "interline_rollout_changes_total{action=\"back\",by=\"operator\"} 1\n")
    }))

  it.scopedLive("moves named conversations, and refuses what is none of its carriers", () =>
    Effect.gen(function*() {
      const world = yield* rolling
      const client = yield* connect(world)
      yield* client.sending.send({ payload: { to: { handle: ada }, text: "One" } })
      const move = (carrier: string) =>
        client.rollout.moveConversations({ payload: { handles: [ada], carrier: CarrierId.make(carrier), reason } })
      deepStrictEqual(yield* move("linq"), { moved: 1 })
      yield* client.sending.send({ payload: { to: { handle: ada }, text: "Two" } })
      deepStrictEqual(yield* got(world), [[numbers.sendblue, "One"], [numbers.linq, "We write from this number now.\nTwo"]])
      const refused = yield* Effect.flip(move("linq-eu"))
      strictEqual(refused._tag === "ProblemDetails" ? refused.detail : "", "the rollout is between sendblue and linq; name one of them")
    }))

  it.scopedLive("stops by itself when the new vendor does not take messages, and everybody still gets one copy", () =>
    Effect.gen(function*() {
      const world = yield* rolling
      const client = yield* connect(world)
      yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
      yield* client.rollout.changeRollout({ path: { action: "advance" }, payload: { reason, anyway: true } })
      yield* world.network.addFault({ vendor: "linq", kind: "refused", times: "forever" })
      yield* Effect.forEach(people, (handle) => client.sending.send({ payload: { to: { handle }, text: "Hello" } }), { discard: true })
      const { changes, crossed, phase } = yield* Effect.repeat(client.rollout.getRollout(), { until: ({ phase }) => phase === "paused" })
      strictEqual(phase, "paused")
      deepStrictEqual(crossed.map(({ guardrail }) => guardrail), ["notSent"])
      strictEqual(changes[0]?.actor, "guardrail")
      assertTrue(changes[0]?.reason.includes("messages by linq were not sent") === true)
      for (const handle of people) deepStrictEqual(yield* got(world, handle), [[numbers.sendblue, "Hello"]])
      yield* counted(world, "interline_rollout_changes_total{action=\"pause\",by=\"guardrail\"} 1\n")
    }))

  it.scopedLive("does not count messages against the new vendor that it was not asked for", () =>
    Effect.gen(function*() {
      const world = yield* rolling
      const client = yield* connect(world)
      yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
      yield* client.rollout.changeRollout({ path: { action: "advance" }, payload: { reason, anyway: true } })
      // Linq takes no URL in the first message of a chat
      const text = "Look at https://example.com"
      yield* Effect.forEach(people, (handle) => client.sending.send({ payload: { to: { handle }, text } }), { discard: true })
      for (const handle of people) deepStrictEqual(yield* got(world, handle), [[numbers.sendblue, text]])
      const { cohorts, crossed, phase } = yield* client.rollout.getRollout()
      deepStrictEqual([phase, crossed, cohorts?.to.sends, cohorts?.from.sends], ["running", [], 0, people.length])
    }))

  it.scopedLive("is named although the policy has none any more", () =>
    Effect.gen(function*() {
      const database = yield* temporaryFile
      yield* Effect.scoped(Effect.gen(function*() {
        const world = yield* gatewayWorld({
          carriers: ["sendblue", "linq"],
          policy: { rollout },
          variables: { INTERLINE_CATCH_UP: "off" },
          database
        })
        const client = yield* connect(world)
        deepStrictEqual((yield* client.rollout.getRollout()).leftOut, [])
        yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
      }))
      const world = yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_CATCH_UP: "off" }, database })
      const refused = yield* Effect.flip((yield* connect(world)).rollout.getRollout())
      strictEqual(
        refused._tag === "ProblemDetails" ? refused.detail : "",
        "the policy of this gateway has no rollout; add `rollout` to the policy and start the gateway again; "
          + "the database has the one from sendblue to linq, running at a share of 0.5"
      )
    }))

  it.scopedLive("is not there if the policy has none", () =>
    Effect.gen(function*() {
      const client = yield* connect(yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_CATCH_UP: "off" } }))
      const refused = yield* Effect.flip(client.rollout.getRollout())
      deepStrictEqual(refused._tag === "ProblemDetails" ? [refused.status, refused.detail] : [], [
        404,
        "the policy of this gateway has no rollout; add `rollout` to the policy and start the gateway again"
      ])
    }))
})
