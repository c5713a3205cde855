/** What a gateway says while it starts, and how long its end takes. */
import { describe, expect, it } from "@effect/vitest"
import * as Serve from "@interline/cli/Serve"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import Database from "libsql"
import { mkdtempSync, rmSync } from "node:fs"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { quiet } from "../support/router.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-listening-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const started = (database: string, port: number, variables: Readonly<Record<string, string>> = {}) =>
  Effect.withConfigProvider(
    quiet(Serve.start({ port: Option.some(port), host: Option.none(), database: Option.some(database), embedded: false })),
    ConfigProvider.fromMap(new Map(Object.entries(variables)))
  )

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly keepAlive: string | undefined
}

/** A request that must be answered although the start waits for another process. `agent` keeps its connection. */
const ask = (port: number, method: string, path: string, agent: Http.Agent | false = false): Effect.Effect<Answer> =>
  Effect.async<Answer>((resume) => {
    const request = Http.request({ host: "127.0.0.1", port, method, path, agent }, (response) => {
      response.resume().on("end", () => {
        const { "keep-alive": keepAlive, "retry-after": retryAfter } = response.headers
        resume(
          Effect.succeed({ status: response.statusCode ?? 0, retryAfter, keepAlive: typeof keepAlive === "string" ? keepAlive : undefined })
        )
      })
    })
    request.on("error", () => resume(Effect.succeed({ status: 0, retryAfter: undefined, keepAlive: undefined })))
    request.end(method === "POST" ? "{}" : undefined)
  }).pipe(Effect.timeout("30 seconds"), Effect.orDie)

describe("a start that waits for another process's migration", () => {
  it.scopedLive("answers probes, webhooks and sends at once, and serves when it is ready", () =>
    Effect.gen(function*() {
      const database = join(yield* folder, "gateway.db")
      const other = yield* Effect.acquireRelease(Effect.sync(() => new Database(database)), (other) => Effect.sync(() => other.close()))
      other.exec("PRAGMA journal_mode = WAL; CREATE TABLE theirs (a); BEGIN IMMEDIATE; INSERT INTO theirs VALUES (1)")
      const port = yield* RecordingServer.freePort
      const starting = yield* Effect.forkScoped(started(database, port))
      yield* Effect.repeat(Effect.delay(ask(port, "GET", "/healthz"), "20 millis"), { until: ({ status }) => status !== 0, times: 2_000 })
      yield* Effect.sleep("500 millis")
      for (
        const [method, path] of [["GET", "/healthz"], ["GET", "/readyz"], ["POST", "/webhooks/linq"], ["POST", "/v1/send"], [
          "POST",
          "/sendblue/api/send-message"
        ]] as const
      ) {
        const { retryAfter, status } = yield* ask(port, method, path)
        expect(status, path).toBe(503)
        expect(Number(retryAfter), path).toBeGreaterThan(0)
      }
      other.exec("COMMIT")
      yield* starting
      expect((yield* ask(port, "GET", "/healthz")).status).toBe(200)
    }))
})

describe("a gateway with connections that are kept", () => {
  it.scopedLive("ends soon, keeps them as long as the variable says, and refuses what is no time", () =>
    Effect.gen(function*() {
      const database = join(yield* folder, "gateway.db")
      const scope = yield* Scope.make()
      const { origin } = yield* Scope.extend(started(database, 0, { INTERLINE_KEEP_ALIVE: "90 seconds" }), scope)
      const agent = new Http.Agent({ keepAlive: true })
      expect(yield* ask(Number(new URL(origin).port), "GET", "/healthz", agent)).toMatchObject({ status: 200, keepAlive: "timeout=90" })
      yield* Scope.close(scope, Exit.void).pipe(Effect.timeout("30 seconds"))
      agent.destroy()
      for (const time of ["0", "soon", "2 days"]) {
        const refused = yield* Effect.flip(Effect.scoped(started(database, 0, { INTERLINE_KEEP_ALIVE: time })))
        expect(refused.message).toContain("INTERLINE_KEEP_ALIVE")
      }
    }))
})
