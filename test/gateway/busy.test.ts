/** A SQLite file that another program is writing to. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
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
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      return { status: response.status, body: await response.json() as Readonly<Record<string, unknown>> }
    })
  const send = (text: string) => call("POST", "/v1/send", { to: { line: "support", handle: "+12025550123" }, text })
  return { other, call, send, copies }
})

/** Probes and reads are answered. The write lock is held meanwhile, so what needed it would not be answered. */
const probe = (call: (method: string, path: string) => Effect.Effect<{ readonly status: number }>) =>
  Effect.forEach(
    ["/healthz", "/readyz", "/v1/opt-outs"],
    (path) => Effect.map(call("GET", path), ({ status }) => expect([path, status]).toEqual([path, 200])),
    { discard: true }
  )

describe("while another program holds the write lock", () => {
  it.scopedLive("probes and reads are answered, and a send waits for its turn", () =>
    Effect.gen(function*() {
      const { call, copies, other, send } = yield* world
      expect((yield* send("before")).status).toBe(200)
      other.exec("BEGIN IMMEDIATE")
      const sends = yield* Effect.fork(Effect.all(["one", "two", "three"].map(send), { concurrency: "unbounded" }))
      yield* probe(call)
      yield* Effect.sleep("300 millis")
      yield* probe(call)
      expect(yield* Fiber.poll(sends)).toEqual(Option.none())
      other.exec("COMMIT")
      for (const { status } of yield* sends) expect(status).toBe(200)
      for (const text of ["one", "two", "three"]) expect(yield* copies(text)).toBe(1)
    }))

  it.scopedLive("for longer than a send may wait, it is refused as not sent, and nobody gets it", () =>
    Effect.gen(function*() {
      const { call, copies, other, send } = yield* world
      other.exec("BEGIN IMMEDIATE")
      const sent = yield* Effect.fork(send("too late"))
      while ((yield* Fiber.poll(sent))._tag === "None") yield* Effect.zipRight(probe(call), Effect.sleep("20 millis"))
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
