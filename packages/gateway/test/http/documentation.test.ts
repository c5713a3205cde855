/** The addresses that a person opens first, and what they weigh. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import * as ConsoleFiles from "../../src/console/ConsoleFiles.ts"
import { serve } from "../api/world.ts"

const unpack = { br: Zlib.brotliDecompressSync, gzip: Zlib.gunzipSync, plain: (bytes: Uint8Array) => Buffer.from(bytes) } as const

const world = Effect.map(
  // without the console, whether it is built or not
  Effect.provideService(serve(), ConsoleFiles.ConsoleFolder, "none"),
  ({ anybody }) => (path: string, headers: Readonly<Record<string, string>> = {}, method: "GET" | "HEAD" | "POST" = "GET") =>
    Effect.flatMap(
      anybody.execute(HttpClientRequest.make(method)(path, { headers: { "accept-encoding": "identity", ...headers } })),
      (answer) =>
        Effect.map(answer.arrayBuffer, (bytes) => ({ status: answer.status, headers: answer.headers, bytes: new Uint8Array(bytes) }))
    )
)

describe.each(["/openapi.json", "/docs"])("%s", (path) => {
  it.scopedLive("is sent as small as the client takes it, and says the same", () =>
    Effect.gen(function*() {
      const get = yield* world
      const plain = yield* get(path)
      expect([plain.status, plain.headers["content-encoding"], plain.headers["vary"]]).toEqual([200, undefined, "accept-encoding"])
      for (
        const [accepted, coding] of [
          ["gzip", "gzip"],
          ["gzip, deflate, br", "br"],
          ["br;q=0.1, gzip;q=0.9", "gzip"],
          ["*", "br"],
          ["br;q=0, gzip", "gzip"],
          ["gzip;q=0", "plain"],
          ["zstd", "plain"],
          ["identity", "plain"]
        ] as const
      ) {
        const answer = yield* get(path, { "accept-encoding": accepted })
        expect([accepted, answer.headers["content-encoding"] ?? "plain"]).toEqual([accepted, coding])
        expect(answer.headers["content-type"]).toBe(plain.headers["content-type"])
        expect(Buffer.compare(unpack[coding](answer.bytes), Buffer.from(plain.bytes))).toBe(0)
        if (coding !== "plain") expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 2)
      }
    }))

  it.scopedLive("is not sent again to who has it", () =>
    Effect.gen(function*() {
      const get = yield* world
      const { headers } = yield* get(path, { "accept-encoding": "gzip" })
      const etag = headers["etag"] ?? ""
      expect(etag).toMatch(/^W\/"[^"]+"$/)
      for (const known of [etag, `"other", ${etag}`, "*"]) {
        const again = yield* get(path, { "if-none-match": known })
        expect([again.status, again.bytes.length, again.headers["etag"]]).toEqual([304, 0, etag])
      }
      expect((yield* get(path, { "if-none-match": "\"other\"" })).status).toBe(200)
      expect((yield* get(path, {}, "HEAD")).headers["etag"]).toBe(etag)
    }))
})

describe("the first address", () => {
  it.scopedLive("is a page for a browser, and JSON for a program, and leads on", () =>
    Effect.gen(function*() {
      const get = yield* world
      const page = yield* get("/", { accept: "text/html,application/xhtml+xml,*/*;q=0.8" })
      expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"])
      const text = Buffer.from(page.bytes).toString()
      expect(text.length).toBeLessThan(1_000)
      for (const place of ["/docs", "/openapi.json", "/healthz"]) expect(text).toContain(`href="${place}"`)
      for (const accept of [undefined, "*/*", "application/json"]) {
        const answer = yield* get("/", accept === undefined ? {} : { accept })
        expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"])
        expect(JSON.parse(Buffer.from(answer.bytes).toString())).toMatchObject({
          name: "interline-gateway",
          docs: "/docs",
          openapi: "/openapi.json",
          health: "/healthz"
        })
      }
      expect((yield* get("/", {}, "HEAD")).status).toBe(200)
      const posted = yield* get("/", {}, "POST")
      expect([posted.status, posted.headers["allow"]]).toEqual([405, "GET"])
    }))
})
