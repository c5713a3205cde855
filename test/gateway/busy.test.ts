/** A SQLite file that another program is writing to. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import Database from "libsql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gatewayWorld } from "../support/gateway.ts"

const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-busy-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => join(folder, "gateway.db")
)

const world = Effect.gen(function*() {
  const database = yield* file
  const { apiKey, copies, url } = yield* gatewayWorld({ carriers: ["linq"], database })
  const other = yield* Effect.acquireRelease(Effect.sync(() => new Database(database)), (other) => Effect.sync(() => other.close()))
  const call = (method: string, path: string, body?: unknown) =>
    Effect.promise(async () => {
      const begun = performance.now()
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      return {
        status: response.status,
        millis: performance.now() - begun,
        body: await response.json() as Readonly<Record<string, unknown>>
      }
    })
  const send = (text: string) => call("POST", "/v1/send", { to: { line: "support", handle: "+12025550123" }, text })
  return { other, call, send, copies }
})

/** The longest that a probe waits while something goes on. */
const slowest = (
  call: (method: string, path: string) => Effect.Effect<{ readonly status: number; readonly millis: number }>,
  until: Fiber.Fiber<unknown>
) =>
  Effect.gen(function*() {
    let longest = 0
    while ((yield* Fiber.poll(until))._tag === "None") {
      for (const path of ["/healthz", "/readyz", "/v1/opt-outs"]) {
        const { millis, status } = yield* call("GET", path)
        expect([path, status]).toEqual([path, 200])
        longest = Math.max(longest, millis)
      }
      yield* Effect.sleep("20 millis")
    }
    return longest
  })

describe("while another program holds the write lock", () => {
  it.scopedLive("probes and reads are answered at once, and a send waits for its turn", () =>
    Effect.gen(function*() {
      const { call, copies, other, send } = yield* world
      expect((yield* send("before")).status).toBe(200)
      other.exec("BEGIN IMMEDIATE")
      const sends = yield* Effect.fork(Effect.all(["one", "two", "three"].map(send), { concurrency: "unbounded" }))
      yield* Effect.fork(Effect.delay(Effect.sync(() => other.exec("COMMIT")), "1500 millis"))
      expect(yield* slowest(call, sends)).toBeLessThan(500)
      for (const { millis, status } of yield* sends) {
        expect(status).toBe(200)
        expect(millis).toBeGreaterThan(1_000)
      }
      for (const text of ["one", "two", "three"]) expect(yield* copies(text)).toBe(1)
    }))

  it.scopedLive("for longer than a send may wait, it is refused as not sent, and nobody gets it", () =>
    Effect.gen(function*() {
      const { call, copies, other, send } = yield* world
      other.exec("BEGIN IMMEDIATE")
      const sent = yield* Effect.fork(send("too late"))
      expect(yield* slowest(call, sent)).toBeLessThan(500)
      const { body, status } = yield* sent
      other.exec("COMMIT")
      expect(status).toBe(503)
      expect(body).toMatchObject({
        title: "the database did not answer here, and no carrier was asked",
        certainty: "not-sent",
        next: "retry"
      })
      expect(yield* copies("too late")).toBe(0)
      expect((yield* send("afterwards")).status).toBe(200)
      expect(yield* copies("too late")).toBe(0)
    }))
})
