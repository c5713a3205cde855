/** A gateway that cannot start says which variable to change. */
import { expect, it } from "@effect/vitest"
import * as Serve from "@interline/cli/Serve"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe } from "vitest"
import { quiet } from "../support/router.ts"

const complete = {
  INTERLINE_API_KEYS: "app=a-secret-of-some-length",
  INTERLINE_PREFER: "linq, sendblue",
  INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
  LINQ_API_V3_API_KEY: "a-token",
  SENDBLUE_API_API_KEY: "a-key",
  SENDBLUE_API_API_SECRET: "a-secret"
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-refusals-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const refusal = (variables: Readonly<Record<string, string>>, flags: { readonly host?: string; readonly port?: number } = {}) =>
  Effect.gen(function*() {
    const environment = { ...complete, DATABASE_URL: join(yield* folder, "gateway.db"), ...variables }
    const { message } = yield* Serve.start({
      port: Option.some(flags.port ?? 0),
      host: Option.fromNullable(flags.host),
      database: Option.none(),
      embedded: false
    }).pipe(
      quiet,
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
      Effect.flip
    )
    return message
  }).pipe(Effect.scoped)

const taken = Effect.acquireRelease(
  Effect.async<ReturnType<typeof createServer>>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
)

describe("a gateway that cannot start", () => {
  it.live.each([
    ["INTERLINE_API_KEYS", "app=short"],
    ["LINQ_WEBHOOK_SECRET", "whsec_%%%"],
    ["SENDBLUE_WEBHOOK_SECRET", "with a space"],
    ["INTERLINE_CALLBACK_SECRET", "short"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"],
    ["INTERLINE_ALIASES", "+12025550177=sales"],
    ["DATABASE_URL", "mysql://nowhere/name"]
  ] as ReadonlyArray<readonly [string, string]>)("names the variable %s", ([name, value]) =>
    Effect.gen(function*() {
      const said = yield* refusal({ [name]: value })
      expect(said).toMatch(name === "DATABASE_URL" ? /^DATABASE_URL: / : new RegExp(`^the variable ${name} `))
      expect(said).not.toContain("pass the option")
      expect(said).not.toContain(value)
    }))

  it.scopedLive("advises another port only where the port is taken", () =>
    Effect.gen(function*() {
      const { port } = (yield* taken).address() as AddressInfo
      expect(yield* refusal({}, { host: "127.0.0.1", port })).toMatch(/EADDRINUSE.*; choose another port with --port or PORT$/)
      expect(yield* refusal({}, { host: "192.0.2.1" })).toMatch(/EADDRNOTAVAIL.*; choose another address with --host or HOST/)
    }))
})
