/** Stickers on the API: put on a message and moved at Linq, refused or sent as a picture at Sendblue. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const ask = ({ apiKey, url }: GatewayWorld, method: string, path: string, body?: unknown): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": body instanceof Uint8Array ? "image/png" : "application/json" },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text) as Answer["body"] }
  })

const upload = (world: GatewayWorld) =>
  Effect.map(ask(world, "POST", "/v1/attachments?fileName=star.png", new Uint8Array([1, 2, 3])), ({ body }) => body["ref"])

const send = (world: GatewayWorld, draft: object) => ask(world, "POST", "/v1/send", { to: { line: "support", handle: ada }, ...draft })

describe("a sticker", () => {
  it.scopedLive("is put on a message of ours and moved by the id of its reaction", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const { body: { id } } = yield* send(world, { text: "hello" })
      const reaction = { _tag: "Sticker", attachment: yield* upload(world), placement: { x: 0.5, rotation: 45 } }
      strictEqual((yield* ask(world, "POST", `/v1/messages/${id}/reactions`, { reaction })).status, 204)
      const { body } = yield* ask(world, "GET", `/v1/messages/${id}`)
      const [{ reactions }] = body["parts"] as readonly [
        { readonly reactions: ReadonlyArray<{ readonly id?: string; readonly raw: string }> }
      ]
      strictEqual(reactions[0]?.raw, "sticker")
      const path = `/v1/messages/${id}/reactions/${reactions[0]?.id}`
      strictEqual((yield* ask(world, "PATCH", path, { placement: { y: -1 } })).status, 204)
      const [message] = yield* world.phone()
      deepStrictEqual(message?.reactions[0]?.sticker?.placement, { x: 0.5, y: -1, scale: 1, rotation: 45 })
      // a move that moves nothing is a mistake
      strictEqual((yield* ask(world, "PATCH", path, { placement: {} })).status, 422)
    }))

  it.scopedLive("is refused at Sendblue before a request leaves, and a picture as a sticker arrives as a picture", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue"] })
      const file = "https://images.example.com/star.png"
      const sent = yield* send(world, { parts: [{ _tag: "Media", url: file, sticker: true }] })
      deepStrictEqual((sent.body["losses"] as ReadonlyArray<object>).map((loss) => "kind" in loss && loss.kind), ["sticker-dropped"])
      deepStrictEqual((yield* world.phone()).map(({ media, stickers }) => [media, stickers]), [[[file], []]])
      const attachment = yield* upload(world)
      yield* world.network.clearRequests
      const path = `/v1/messages/${String(sent.body["id"])}/reactions`
      strictEqual((yield* ask(world, "POST", path, { reaction: { _tag: "Sticker", attachment } })).status, 422)
      strictEqual((yield* ask(world, "PATCH", `${path}/1`, { placement: { x: 0 } })).status, 422)
      deepStrictEqual(yield* world.network.requests({ vendor: "sendblue" }), [])
    }))

  it.scopedLive("does not reach a person who opted out", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const { body: { id } } = yield* send(world, { text: "hello" })
      const reaction = { _tag: "Sticker", attachment: yield* upload(world) }
      yield* world.network.say({ from: ada, to: numbers.linq, text: "STOP" })
      yield* world.network.settle
      const react = ask(world, "POST", `/v1/messages/${id}/reactions`, { reaction })
      const { status } = yield* Effect.repeat(react, { until: ({ status }) => status !== 204, times: 50 })
      strictEqual(status, 403)
    }))
})
