/** What `npm start` prints works as it is printed. */
import { expect, it } from "@effect/vitest"
import * as Serve from "@interline/cli/Serve"
import * as Handle from "@interline/core/Handle"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe } from "vitest"
import { quiet } from "../support/router.ts"

const execute = promisify(execFile)
const person = Handle.make("+12025550123")

/** Pastes a line into a shell. */
const paste = (line: string): Effect.Effect<Record<string, unknown>> =>
  Effect.map(Effect.promise(() => execute("sh", ["-c", line])), ({ stdout }) => JSON.parse(stdout) as Record<string, unknown>)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-start-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** As somebody starts it over a vendor. Nobody listens at its address. */
const vendors = {
  INTERLINE_API_KEYS: "tests=a-key-for-the-tests",
  INTERLINE_CARRIER: "linq",
  INTERLINE_LINES: "support=linq:+12025550101",
  LINQ_API_KEY: "key",
  LINQ_BASE_URL: "http://127.0.0.1:9"
}

/** As somebody starts it who has set nothing. */
const started = (database: string, fresh = false) =>
  Effect.withConfigProvider(
    quiet(Serve.start({ port: Option.some(0), host: Option.none(), database: Option.some(database), embedded: false, fresh })),
    ConfigProvider.fromMap(new Map())
  )

describe("what `npm start` prints", () => {
  it.scopedLive("sends a message, tells what became of it, and sends one by Sendblue's wire", () =>
    Effect.gen(function*() {
      const { apiKey, origin, sandbox } = yield* started(join(yield* folder, "gateway.db"))
      const { network } = Option.getOrThrow(sandbox)
      const lines = Serve.lines(origin, Option.getOrThrow(apiKey))
      const [send, status, legacy] = lines.map(([, line]) => line) as [string, string, string]
      const sent = yield* paste(send)
      expect(sent).toMatchObject({ outcome: "accepted", carrierId: "linq", losses: [] })
      const found = yield* Effect.repeat(Effect.delay(paste(status), "20 millis"), {
        until: (answer) => JSON.stringify(answer).includes("\"settled\":true"),
        times: 200
      })
      expect(found).toMatchObject({
        total: 1,
        items: [{ id: sent["id"], outcome: "accepted", report: { status: expect.stringMatching(/^(delivered|read)$/) } }]
      })
      const front = yield* paste(legacy)
      expect(front).toMatchObject({ status: "QUEUED", content: "Table for two, as always?", send_style: "celebration", error_code: null })
      const { messages } = yield* network.phone(person)
      expect(messages.map(({ text, vendor }) => [text, vendor])).toEqual([
        ["Your table is ready", "linq"],
        ["Table for two, as always?", "linq"]
      ])
    }))

  it.scopedLive("is all there again after a restart on the same file", () =>
    Effect.gen(function*() {
      const database = join(yield* folder, "gateway.db")
      const first = yield* Effect.scoped(
        Effect.flatMap(started(database), ({ apiKey, origin }) => paste(Serve.lines(origin, Option.getOrThrow(apiKey))[0]?.[1] ?? ""))
      )
      const { apiKey, database: kept, origin } = yield* started(database)
      expect(Option.map(kept, ({ name, sandbox }) => [name, sandbox])).toEqual(
        Option.some([database, Option.some({ messages: 1, optOuts: 0 })])
      )
      const after = yield* paste(Serve.lines(origin, Option.getOrThrow(apiKey))[1]?.[1] ?? "")
      expect(after).toMatchObject({ items: [{ id: first["id"], outcome: "accepted" }] })
      // the carrier is asked by what the ledger remembers; the sandbox of this start has never heard of it
      const asked = yield* paste(
        `curl -s ${origin}/v1/deliveries/${String(first["id"])}/status -H 'authorization: Bearer ${Option.getOrThrow(apiKey)}'`
      )
      expect(asked).toMatchObject({ certainty: "not-sent", reason: "NotFound", carrierId: "linq" })
    }))

  it.scopedLive("has nothing of earlier runs if it begins anew, and no vendor gets what is left of it", () =>
    Effect.gen(function*() {
      const database = join(yield* folder, "gateway.db")
      const send = ({ apiKey, origin }: Serve.Running) => paste(Serve.lines(origin, Option.getOrThrow(apiKey))[0]?.[1] ?? "")
      const outcomeOf = (fresh: boolean) => Effect.scoped(Effect.flatMap(started(database, fresh), send))
      expect(yield* outcomeOf(false)).toMatchObject({ outcome: "accepted" })
      const { database: kept } = yield* Effect.scoped(started(database, true))
      expect(Option.map(kept, ({ state }) => state)).toEqual(Option.some("absent"))
      const overVendors = (fresh: boolean) =>
        Effect.scoped(Serve.start({ port: Option.some(0), host: Option.none(), database: Option.some(database), embedded: false, fresh }))
          .pipe(
            quiet,
            Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(vendors)))),
            Effect.flip,
            Effect.map(({ message }) => message)
          )
      expect(yield* overVendors(false)).toContain("this database holds the messages and opt-outs of a sandbox")
      expect(yield* overVendors(true)).toContain("--fresh is for a sandbox")
    }))
})
