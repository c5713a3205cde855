import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Client from "../src/http/Client.ts"
import type * as Transport from "../src/http/Transport.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import { linq } from "./support.ts"

const failing = (operation: Transport.Call["operation"], detail: string) =>
  Effect.fail(MessagingError.make("BadResponse", { carrierId: linq, operation, detail }))

/** A client whose vendor gives this answer, and says `{"ok":false}` for a failure. */
const answering = (status: number, json: unknown) =>
  Client.make({
    transport: () => Effect.succeed({ status, json, text: "", headers: {} }),
    isFailure: (reply) => typeof reply.json === "object" && reply.json !== null && "ok" in reply.json && reply.json.ok === false,
    fromReply: ({ operation }, reply, detail) =>
      failing(operation, `refused with ${reply.status}${detail === undefined ? "" : `: ${detail}`}`),
    badReply: ({ operation }, _, error) => failing(operation, `not decoded: ${error._tag}`)
  })

const named = Schema.Struct({ name: Schema.String })
const call = Client.get("getChat", "/chats/1")
const details = <A>(effect: Effect.Effect<A, MessagingError.MessagingError>) => Effect.map(Effect.flip(effect), ({ detail }) => detail)

describe("a vendor's API", () => {
  it.effect("gives a success as the schema reads it", () =>
    Effect.gen(function*() {
      const client = answering(201, { name: "Ada", more: 1 })
      deepStrictEqual(yield* client.asker(named)(call), { name: "Ada" })
      strictEqual(yield* client.acknowledge(call), undefined)
      strictEqual((yield* client.request(call)).status, 201)
    }))

  it.effect.each([[199, {}], [300, {}], [404, {}], [200, { ok: false, name: "Ada" }]] as const)(
    "%i %j is refused",
    ([status, json]) =>
      Effect.gen(function*() {
        const client = answering(status, json)
        strictEqual(yield* details(client.asker(named)(call, "that chat")), `refused with ${status}: that chat`)
        strictEqual(yield* details(client.acknowledge(call)), `refused with ${status}`)
        strictEqual(yield* details(client.request(call)), `refused with ${status}`)
      })
  )

  it.effect("a success without what it must say is no answer", () =>
    Effect.gen(function*() {
      strictEqual(yield* details(answering(200, {}).asker(named)(call)), "not decoded: ParseError")
      strictEqual(yield* details(answering(200, undefined).asker(named)(call)), "not decoded: ParseError")
    }))

  it.effect("a call may have a failure of its own", () =>
    Effect.gen(function*() {
      const client = answering(200, { ok: false, name: "Ada" })
      deepStrictEqual(yield* client.asker(named, () => false)(call), { name: "Ada" })
      strictEqual(yield* details(answering(200, { name: "Ada" }).asker(named, () => true)(call)), "refused with 200")
    }))

  it("calls say their method, path, query and body", () => {
    deepStrictEqual(Client.get("getChat", "/a", { b: "c" }), { operation: "getChat", method: "GET", path: "/a", query: { b: "c" } })
    const json = { name: "Ada" }
    const methods = [Client.post, Client.put, Client.patch, Client.remove].map((make) => make("updateChat", "/a", json))
    expect(methods).toEqual(
      ["POST", "PUT", "PATCH", "DELETE"].map((method) => ({ operation: "updateChat", method, path: "/a", json }))
    )
  })
})
