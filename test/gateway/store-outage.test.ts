/** A gateway whose database fails: what its callers get, and what it says to its operator. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Serve from "@interline/cli/Serve"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Relay from "../chaos/relay.ts"
import * as Postgres from "../support/postgres.ts"
import { hasty } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"

const apiKey = "a-key-for-the-tests"

/** A gateway on PostgreSQL, whose way to the database can be closed, and what it has logged. */
const make = (variables: Readonly<Record<string, string>>, cut?: (url: URL) => void) =>
  Effect.gen(function*() {
    const { database } = yield* Postgres.make
    const direct = yield* database
    const way = yield* Relay.make(Number(new URL(direct).port))
    const behind = new URL(direct)
    behind.port = String(way.port)
    cut?.(behind)
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (LogLevel.greaterThanEqual(logLevel, LogLevel.Info)) lines.push(`${logLevel.label} ${String(message)}`)
    })
    const environment = {
      INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: ["linq"] }),
      INTERLINE_LINES: `support=linq:${numbers.linq}`,
      INTERLINE_API_KEYS: `tests=${apiKey}`,
      INTERLINE_DRAIN: "1 second",
      INTERLINE_DRAIN_NOTICE: "0 seconds",
      INTERLINE_CATCH_UP_WAIT: "1 second",
      INTERLINE_RUNNER_HOST: "127.0.0.1",
      DATABASE_URL: behind.href,
      // its locks are held beside that, unless everything is cut
      INTERLINE_RUNNER_DATABASE_URL: cut === undefined ? direct : behind.href,
      ...variables
    }
    const running = yield* Serve.start({ embedded: true, port: Option.some(0), host: Option.none(), database: Option.none() }).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
    )
    const ask = (
      path: string,
      init: { readonly method?: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {}
    ) =>
      Effect.promise(async () => {
        const answer = await fetch(`${running.origin}${path}`, {
          method: init.method ?? "GET",
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...init.headers },
          ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) })
        })
        const text = await answer.text()
        const { certainty, cluster, type } = JSON.parse(text === "" ? "{}" : text) as {
          readonly certainty?: string
          readonly type?: string
          readonly cluster?: { readonly shards: number }
        }
        return {
          shards: cluster?.shards,
          status: answer.status,
          type: type?.replace("urn:interline:problem:", ""),
          certainty,
          again: answer.headers.get("x-should-retry")
        }
      })
    const send = (text: string, key?: string) =>
      ask("/v1/send", {
        method: "POST",
        body: { to: { line: "support", handle: "+12025550123" }, text },
        headers: key === undefined ? {} : { "idempotency-key": key }
      })
    yield* Effect.repeat(Effect.delay(ask("/readyz"), "50 millis"), { until: ({ status }) => status === 200 })
    yield* Effect.repeat(Effect.delay(send("Hello"), "50 millis"), { until: ({ status }) => status === 200 })
    return { ask, lines, running, send, way }
  })

describe("a gateway whose database refuses connections", () => {
  it.scopedLive("answers that its store failed, and says so once, whatever fails", () =>
    Effect.gen(function*() {
      const { ask, lines, send, way } = yield* make({})
      const before = lines.length
      yield* way.refuse
      for (const number of [1, 2, 3, 4, 5]) {
        deepStrictEqual(yield* send("With a key", `key-${number}`), {
          status: 503,
          type: "store-failed",
          certainty: "unknown",
          again: "true",
          shards: undefined
        })
      }
      const reads = yield* Effect.forEach(["/v1/deliveries", "/v1/messages", "/v1/callbacks", "/v1/queues"], (path) => ask(path))
      deepStrictEqual(reads.map(({ status, type }) => [status, type]), reads.map(() => [503, "store-failed"]))
      const unkeyed = yield* Effect.forEach([1, 2, 3], () => send("Without a key"))
      deepStrictEqual(unkeyed.filter(({ status }) => status === 500), [])
      const others = lines.slice(before).filter((line) => !line.includes("INFO request"))
      deepStrictEqual(others.map((line) => line.replace(/the database .* as user interline/, "the database")), [
        "ERROR the database does not work: it ended the connection; look into the server's log. "
        + "What needs it waits or is refused until it works again; this is said every 30 s at most"
      ])
      yield* way.mend
      deepStrictEqual((yield* send("With a key", "key-1")).status, 200)
      yield* Effect.repeat(Effect.delay(Effect.sync(() => lines.at(-1) ?? ""), "50 millis"), {
        until: (line) => line.includes("works again")
      })
      strictEqual(lines.filter((line) => line.includes("does not work")).length, 1)
    }), 120_000)
})

describe("a gateway that is cut off from its database in silence", () => {
  it.scopedLive(
    "answers every send in bounded time: under a key to ask again, and without one to ask for it by its id",
    () =>
      Effect.gen(function*() {
        const { ask, send, way } = yield* make({
          INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: ["linq"], deadlines: { attempt: 1_000, send: 3_000 } })
        }, (url) => url.searchParams.set("query_timeout", "1000"))
        yield* way.cut
        strictEqual((yield* ask("/readyz")).status, 503)
        const shards = Effect.map(ask("/readyz"), ({ shards }) => shards)
        const early = yield* Effect.all([send("With a key", "early"), send("Without a key")], { concurrency: "unbounded" })
        // it has given its shards up, and cannot learn who has them
        yield* Effect.repeat(Effect.delay(shards, "50 millis"), { until: (count) => count === 0 })
        const late = yield* Effect.all([send("With a key", "late"), send("Without a key")], { concurrency: "unbounded" })
        const again = { status: 503, type: "store-failed", certainty: "unknown", again: "true", shards: undefined }
        deepStrictEqual([early[0], late[0]], [again, again])
        deepStrictEqual([early[1].status === 500, late[1]], [false, {
          status: 202,
          type: "held",
          certainty: "unknown",
          again: null,
          shards: undefined
        }])
        yield* way.mend
        yield* Effect.repeat(Effect.delay(shards, "50 millis"), { until: (count) => count === 300 })
        yield* Effect.repeat(Effect.delay(send("With a key", "late"), "50 millis"), { until: ({ status }) => status === 200 })
      }),
    120_000
  )
})
