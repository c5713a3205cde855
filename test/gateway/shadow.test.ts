/** A gateway that plans each send for a second carrier too: what it counts, and that this carrier gets no request. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"

const ada = "+12025550123"
const bob = "+12025550124"
const carol = "+12025550125"

const ask = ({ apiKey, url }: GatewayWorld, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    return { status: answer.status, text: await answer.text() }
  })

const send = (world: GatewayWorld, handle: string, draft: object) => ask(world, "/v1/send", { to: { line: "support", handle }, ...draft })

interface Found {
  readonly kind: string
  readonly [field: string]: unknown
}

const comparisons = (world: GatewayWorld) =>
  Effect.map(ask(world, "/v1/migration"), ({ text }) =>
    JSON.parse(text) as {
      readonly shadow: {
        readonly carrierId?: string
        readonly comparisons: ReadonlyArray<
          & Readonly<Record<"sends" | "same" | "different" | "refused" | "skipped", number>>
          & Readonly<Record<"carrierId" | "against", string>>
          & {
            readonly differences: ReadonlyArray<
              { readonly difference: Found; readonly count: number; readonly share: number; readonly examples: ReadonlyArray<Found> }
            >
          }
        >
      }
    })

const valueOf = (text: string, sample: string): number =>
  Number(text.split("\n").find((line) => line.startsWith(`${sample} `))?.slice(sample.length + 1) ?? Number.NaN)

describe("a shadow", () => {
  it.scopedLive("is planned for each send, gets no request, and shows what would be different there", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({
        carriers: ["sendblue"],
        variables: { INTERLINE_SHADOW: "linq", INTERLINE_CATCH_UP: "off" }
      })
      yield* world.network.clearRequests
      const answers = [
        // the same at both
        yield* send(world, ada, { text: "Your table is ready" }),
        yield* send(world, ada, { text: "See https://shop.example/secret-path" }),
        // a chat cannot be opened with a URL, so the next message would open it
        yield* send(world, bob, { text: "See https://shop.example/secret-path" }),
        yield* send(world, bob, { text: "See www.shop.example again" }),
        // an effect is lost in the message that opens a chat, and not in the next one
        yield* send(world, carol, { text: "Happy birthday", effect: "confetti" }),
        yield* send(world, carol, { text: "Happy birthday", effect: "confetti" }),
        yield* send(world, ada, { parts: [{ _tag: "Text", text: "One" }, { _tag: "Text", text: "Two" }] })
      ]
      deepStrictEqual(answers.map(({ status }) => status), answers.map(() => 200))

      const { shadow } = yield* comparisons(world)
      strictEqual(shadow.carrierId, "linq")
      const [found, ...others] = shadow.comparisons
      deepStrictEqual(others, [])
      deepStrictEqual(
        [found?.carrierId, found?.against, found?.sends, found?.same, found?.different, found?.refused, found?.skipped],
        ["linq", "sendblue", 7, 3, 1, 3, 0]
      )
      deepStrictEqual(
        found?.differences.map(({ count, difference: { kind, loss, rule, path } }) => [kind, loss ?? rule, path, count]).sort(),
        [
          ["loss", "effect-dropped", undefined, 1],
          ["refused", "consecutive-text", "parts.*", 1],
          ["refused", "first-message", "parts.*.text", 2]
        ]
      )
      const first = found?.differences.find(({ difference }) => difference["rule"] === "first-message")
      strictEqual(first?.share, 2 / 7)
      deepStrictEqual(first?.examples.map(({ draft }) => draft), [{
        conversation: "direct",
        parts: ["text of 36 with a URL"],
        reply: false,
        fidelity: "adapt",
        extras: [],
        opensChat: true
      }, {
        conversation: "direct",
        parts: ["text of 26 with a URL"],
        reply: false,
        fidelity: "adapt",
        extras: [],
        opensChat: true
      }])

      const shown = (yield* ask(world, "/v1/migration")).text
      for (const secret of ["2025550", "secret-path", "shop.example", "birthday", "table"]) assertTrue(!shown.includes(secret))
      const { text } = yield* ask(world, "/metrics")
      deepStrictEqual(
        ["same", "different", "refused"].map((result) => valueOf(text, `interline_shadow_sends_total{result="${result}"}`)),
        [3, 1, 3]
      )
      strictEqual(valueOf(text, "interline_shadow_differences_total{kind=\"refused\"}"), 3)

      // not even when the carrier in use takes nothing
      yield* world.network.addFault({ vendor: "sendblue", kind: "refused", times: "forever" })
      strictEqual((yield* send(world, ada, { text: "To nobody" })).status >= 400, true)
      deepStrictEqual(yield* world.network.requests({ vendor: "linq" }), [])
      strictEqual((yield* world.network.requests({ vendor: "sendblue" })).length > 0, true)
    }))

  it.scopedLive("shows the other way too: a message that becomes several, what is lost, and what an answer would be", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_CATCH_UP: "off" }, policy: { shadow: "sendblue" } })
      yield* world.network.clearRequests
      const first = yield* send(world, ada, { text: "One" })
      const { id } = JSON.parse(first.text)
      yield* send(world, ada, { text: "Two", replyTo: { to: id } })
      yield* send(world, ada, {
        parts: [{ _tag: "Text", text: "Three" }, { _tag: "Media", url: "https://cdn.linqapp.com/cat.jpg" }, {
          _tag: "Media",
          url: "https://cdn.linqapp.com/dog.jpg"
        }]
      })
      yield* send(world, ada, { parts: [{ _tag: "Text", text: "Four", decorations: [{ start: 0, end: 4, style: "bold" }] }] })
      const { shadow } = yield* comparisons(world)
      const [found] = shadow.comparisons
      deepStrictEqual([found?.carrierId, found?.against, found?.sends, found?.same, found?.different], ["sendblue", "linq", 4, 2, 2])
      deepStrictEqual(
        found?.differences.map(({ difference: { certainty, from, kind, loss, to } }) => [kind, loss, certainty, from, to]).sort(),
        [
          ["loss", "decorations-dropped", "certain", undefined, undefined],
          ["split", undefined, undefined, 1, 2]
        ]
      )
      deepStrictEqual(yield* world.network.requests({ vendor: "sendblue" }), [])
    }))

  it.scopedLive("does not count what it answered itself, nor a send that reached no carrier, and is off if nothing names it", () =>
    Effect.gen(function*() {
      const both = yield* gatewayWorld({
        carriers: ["sendblue", "linq"],
        variables: { INTERLINE_SHADOW: "linq", INTERLINE_CATCH_UP: "off" }
      })
      yield* both.network.addFault({ vendor: "sendblue", kind: "refused", times: "forever" })
      strictEqual((yield* send(both, ada, { text: "By the other one" })).status, 200)
      yield* ask(both, "/v1/opt-outs", { handle: bob })
      strictEqual((yield* send(both, bob, { text: "To nobody" })).status >= 400, true)
      deepStrictEqual(yield* comparisons(both), { shadow: { carrierId: "linq", comparisons: [] } })
      const alone = yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_CATCH_UP: "off" } })
      yield* send(alone, ada, { text: "Alone" })
      deepStrictEqual(yield* comparisons(alone), { shadow: { comparisons: [] } })
    }))
})
