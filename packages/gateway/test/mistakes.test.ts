import { assert, describe, it } from "@effect/vitest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Gateway from "../src/Gateway.ts"

const refusal = (entries: Record<string, string>) =>
  Layer.build(Layer.provide(Gateway.layer(), NodeHttpServer.layerTest)).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(entries)))),
    Effect.flip,
    Effect.map(({ message }) => message),
    Effect.scoped
  )

describe("a gateway that cannot start", () => {
  it.effect("tells every mistake at once, and no secret", () =>
    Effect.gen(function*() {
      const message = yield* refusal({ INTERLINE_API_KEYS: "app=short", INTERLINE_LINES: "support=lynq:+1", INTERLINE_CARRIER: "linq", PORT: "many", INTERLINE_SQLITE_SYNCHRONOUS: "ful" })
      for (const part of ["INTERLINE_API_KEYS", "lynq", "PORT", "must be one of normal, full; \"ful\" is none of them; did you mean \"full\"?"]) assert.include(message, part)
      assert.notInclude(message, "short")
    }))

  it.effect("tells one mistake once", () =>
    Effect.gen(function*() {
      const message = yield* refusal({ INTERLINE_API_KEYS: "app=0123456789abcdef", INTERLINE_CARRIER: "linc", INTERLINE_LINES: "support=linq:+12025550101" })
      assert.strictEqual(message.split("INTERLINE_CARRIER,").length, 2, message)
      assert.include(message, "\"linc\" is none of them; did you mean \"linq\"?")
    }))
})
