/** Mentions on the API: they reach the phones of a group, what a carrier cannot carry is told, and a received one says whether it means us. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

const bob = Handle.make("+12025550124")
const carol = Handle.make("+12025550125")

interface Answer {
  readonly status: number
  readonly body: {
    readonly losses?: ReadonlyArray<{ readonly kind: string; readonly certainty: string; readonly from?: string }>
    readonly receipts?: ReadonlyArray<{ readonly chat?: { readonly id: string } }>
    readonly problems?: ReadonlyArray<{ readonly rule: string }>
    readonly items?: ReadonlyArray<{ readonly message?: { readonly parts: ReadonlyArray<object> } }>
  }
}

const ask = ({ apiKey, url }: GatewayWorld, path: string, body?: unknown): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    return { status: answer.status, body: await answer.json() as Answer["body"] }
  })

const toGroup = { line: "support", members: [ada, bob, carol] }

const mention = (handle: string, start: number, end: number) => ({ handle, start, end })

const draft = (...mentions: ReadonlyArray<object>) => ({ parts: [{ _tag: "Text", text: "😀 Bob and Carol, see above", mentions }] })

const told = ({ body: { losses = [], problems = [] }, status }: Answer) => [
  status,
  ...losses.map(({ certainty, from, kind }) => [kind, certainty, from].filter((each) => each !== undefined).join(" ")),
  ...problems.map(({ rule }) => rule)
]

const shown = (world: GatewayWorld, handle: Handle.Handle) =>
  Effect.map(world.phone(handle), (messages) => messages.map(({ mentions, text }) => [text, ...mentions.map(({ handle }) => handle)]))

describe("a mention", () => {
  it.scopedLive("reaches the group at Linq, one in a text, and the loss of the second names its range", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const answer = yield* ask(world, "/v1/send", { to: toGroup, ...draft(mention(bob, 3, 6), mention(carol, 11, 16)) })
      deepStrictEqual(told(answer), [200, "mention-dropped certain 11-16", "mention-dropped conditional 3-6"])
      deepStrictEqual(yield* shown(world, carol), [["😀 Bob and Carol, see above", bob]])
    }))

  it.scopedLive("stays words at Sendblue, and nowhere leaves under exact what would be lost", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue"] })
      const asked = { to: toGroup, ...draft(mention(bob, 3, 6)) }
      deepStrictEqual(told(yield* ask(world, "/v1/send", asked)), [200, "mention-dropped certain"])
      deepStrictEqual(yield* shown(world, bob), [["😀 Bob and Carol, see above"]])
      yield* world.network.clearRequests
      deepStrictEqual(told(yield* ask(world, "/v1/send", { ...asked, fidelity: "exact" })), [422, "fidelity"])
      deepStrictEqual(yield* world.network.requests({ method: "POST" }), [])
    }))

  it.scopedLive("is refused for a person outside the group and for a range within an emoji, before a request leaves", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      yield* world.network.clearRequests
      deepStrictEqual(told(yield* ask(world, "/v1/send", { to: toGroup, ...draft(mention("+12025550199", 3, 6)) })), [422, "mention"])
      deepStrictEqual(told(yield* ask(world, "/v1/send", { to: toGroup, ...draft(mention(bob, 1, 6)) })), [422, "mention-range"])
      deepStrictEqual(yield* world.network.requests({ method: "POST" }), [])
    }))

  it.scopedLive("follows its words where another number continues the conversation", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({
        carriers: ["sendblue", "linq"],
        policy: { affinity: { mode: "sticky", groups: "sticky", continuation: "New number 📱" } }
      })
      yield* ask(world, "/v1/send", { to: toGroup, text: "hello" })
      yield* world.network.addFault({ vendor: "sendblue", kind: "refused", times: "forever" })
      strictEqual((yield* ask(world, "/v1/send", { to: toGroup, ...draft(mention(bob, 3, 6)) })).status, 200)
      const { mentions, text } = (yield* world.phone(bob)).at(-1) ?? {}
      deepStrictEqual([text, mentions?.map(({ range: [start, end] }) => text?.slice(start, end))], [
        "New number 📱\n😀 Bob and Carol, see above",
        ["Bob"]
      ])
    }))

  it.scopedLive("that a person writes says who is meant, and that we are", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const sent = yield* ask(world, "/v1/send", { to: toGroup, text: "hello" })
      const group = sent.body.receipts?.[0]?.chat?.id ?? ""
      yield* world.network.say({
        from: ada,
        to: numbers.linq,
        group,
        text: "Support, or Bob?",
        mentions: [{ handle: numbers.linq, range: [0, 7] }, { handle: bob, range: [12, 15] }]
      })
      yield* world.network.settle
      const list = ask(world, "/v1/messages?direction=inbound")
      const { body } = yield* Effect.repeat(list, { until: ({ body }) => (body.items ?? []).length > 0, times: 200 })
      deepStrictEqual(body.items?.[0]?.message?.parts, [{
        _tag: "Text",
        text: "Support, or Bob?",
        decorations: [],
        mentions: [
          { peer: numbers.linq, isMine: true, start: 0, end: 7 },
          { peer: bob, isMine: false, start: 12, end: 15 }
        ],
        reactions: []
      }])
    }))
})
