/** A call that an operator makes to see whether an address takes events. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { OutboundError, type Post } from "@interline/gateway/OutboundHttp"
import type { Endpoint } from "@interline/sql/EndpointTable"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Webhook } from "standardwebhooks"
import * as TestCall from "../../src/events/testCall.ts"

const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`

const endpoint: Endpoint = {
  id: "e1",
  url: "https://app.example/events",
  dialect: "neutral",
  events: ["Received"],
  lines: [],
  secret: Redacted.make(secret),
  active: false,
  createdAt: 0,
  updatedAt: 0
}

const callWith = (answer: Effect.Effect<number, OutboundError>, called: Endpoint = endpoint) => {
  const posts: Array<Post> = []
  const post = (given: Post) => Effect.zipRight(Effect.sync(() => void posts.push(given)), answer)
  return Effect.map(Effect.either(TestCall.make({ post })(called)), (result) => ({ posts, result }))
}

describe("a test call", () => {
  it.effect("is signed like an event, and says what it is", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.now())
      const { posts: [post], result } = yield* callWith(Effect.delay(Effect.succeed(204), 0))
      deepStrictEqual([result._tag, post?.url], ["Right", endpoint.url])
      // throws if the signature is wrong
      const body = new Webhook(secret).verify(post?.body ?? "", { ...post?.headers }) as { readonly id: number; readonly event: unknown }
      deepStrictEqual([body.id, body.event], [0, { kind: "test", data: { _tag: "Test" } }])
    }))

  it.effect("tells what came of it", () =>
    Effect.gen(function*() {
      const answers = [
        Effect.succeed(200),
        Effect.succeed(410),
        Effect.succeed(301),
        Effect.fail(new OutboundError({ why: "nobody answers" }))
      ]
      const results = yield* Effect.forEach(answers, (answer) => Effect.map(callWith(answer), ({ result }) => result))
      deepStrictEqual(results.map((result) => result._tag === "Right" ? result.right : undefined), [
        { taken: true, status: 200, millis: 0 },
        { taken: false, status: 410, millis: 0 },
        { taken: false, status: 301, millis: 0 },
        { taken: false, why: "nobody answers", millis: 0 }
      ])
    }))

  it.effect("is not made in the form of a vendor", () =>
    Effect.gen(function*() {
      const { posts, result } = yield* callWith(Effect.succeed(200), { ...endpoint, dialect: "linq", secret: Redacted.make("no base64!") })
      deepStrictEqual([posts.length, result._tag === "Left" ? result.left.why : undefined], [
        0,
        "a test call is only made in the neutral dialect, and this address has linq"
      ])
    }))
})
