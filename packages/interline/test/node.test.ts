import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { vi } from "vitest"
import * as Node from "../src/node.ts"

// what Bun has under this name
vi.mock("undici", () => ({ Agent: class {}, buildConnector: () => ({}) }))

describe("where undici is something else", () => {
  it.effect("the layer is refused at once, with what to use instead", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Effect.provide(HttpClient.HttpClient, Node.layer()))
      expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain("Use FetchHttpClient.layer of @effect/platform here")
    }))
})
