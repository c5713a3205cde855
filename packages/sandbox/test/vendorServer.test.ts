import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import type { Fate, HttpRequest } from "../src/http/http.ts"
import * as VendorServer from "../src/server/vendorServer.ts"
import * as LinqApi from "../src/vendors/linq/api.ts"
import * as LinqState from "../src/vendors/linq/state.ts"
import * as SendblueApi from "../src/vendors/sendblue/api.ts"
import * as SendblueState from "../src/vendors/sendblue/state.ts"
import type { Vendor } from "../src/world/Fault.ts"
import * as Faults from "../src/world/faults.ts"
import * as Ids from "../src/world/ids.ts"
import * as LineLimits from "../src/world/LineLimits.ts"
import * as Time from "../src/world/time.ts"
import * as World from "../src/world/world.ts"
import { start } from "./support.ts"

const request: HttpRequest = { method: "POST", path: "/", query: new URLSearchParams(), headers: {}, body: Buffer.from("{}") }

const defects = {
  dies: () => Effect.die("a mistake of the sandbox"),
  throws: () => {
    throw new Error("a mistake of the sandbox")
  }
}

const cases: ReadonlyArray<readonly [Vendor, keyof typeof defects]> = [
  ["linq", "dies"],
  ["linq", "throws"],
  ["sendblue", "dies"],
  ["sendblue", "throws"]
]

describe("a vendor's server", () => {
  it.scopedLive.each(cases)("of %s answers 500 in the vendor's envelope when a handler %s", ([vendor, defect]) =>
    Effect.gen(function*() {
      const time = yield* Time.make("manual")
      const world = World.make({ time, ids: Ids.make(1), statusDelay: 20, newcomers: "iMessage", lineLimits: LineLimits.defaults })
      const api = vendor === "linq"
        ? LinqApi.make(LinqState.make(world, "token", false))
        : SendblueApi.make(SendblueState.make(world, { id: "key", secret: "secret" }, false))
      const fates: Array<Fate> = []
      VendorServer.make(world, Faults.make(), [])({ ...api, answer: defects[defect] })(request, (fate) => fates.push(fate))
      const [fate] = fates
      const reply = fate?._tag === "Answer" ? fate.reply : undefined
      expect(reply?.status).toBe(500)
      expect(JSON.parse(String(reply?.body))).toMatchObject(
        vendor === "linq" ? { success: false, error: { status: 500, code: 3006 } } : { status: "ERROR" }
      )
    }))

  it.scopedLive("refuses a request target that is no URL, and goes on", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { body } = yield* sandbox.control("GET", "/")
      const origin = new URL(sandbox.urls.sendblue)
      const status = yield* Effect.async<number>((resume) => {
        Http.get({ host: origin.hostname, port: origin.port, path: "//" }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode ?? 0))
        })
      })
      expect(status).toBe(400)
      expect((yield* sandbox.control("GET", "/")).body.sendblue).toBe(body.sendblue)
    }))
})
