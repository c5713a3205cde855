/** Gateways to break into: over a sandbox in this process, with everything that they say of what happens kept. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Serve from "@interline/cli/Serve"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { openBeside } from "../sql/databases.ts"
import { hasty } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"
import { type Answer, type Ask, ask } from "./http.ts"

const signing = (name: string): string => `whsec_${Buffer.from(`the signing secret that is ${name}`).toString("base64")}`

const european = "+442071838750"

/** What the gateways know, and what they once knew. */
export const secrets = {
  keys: { first: "key-one-0123456789abcdef", second: "key-two-0123456789abcdef", retired: "key-old-0123456789abcdef" },
  linq: { current: signing("current"), previous: signing("previous"), retired: signing("retired"), eu: signing("european") },
  sendblue: { current: "sendblue-current", previous: "sendblue-previous", retired: "sendblue-retired" },
  reports: "the-secret-of-the-reports"
} as const

export const publicUrl = "https://gateway.example.com"

export type Wire = "v1" | "sendblue" | "linq"

/** The headers by which a wire takes a key. */
export const credentials = (wire: Wire, key: string): Readonly<Record<string, string>> =>
  wire === "sendblue" ? { "sb-api-key-id": "any", "sb-api-secret-key": key } : { authorization: `Bearer ${key}` }

export interface World {
  readonly port: number
  readonly network: Sandbox.SandboxService["network"]
  readonly vendorSecrets: ReadonlyArray<string>
  readonly ask: (ask: Ask) => Effect.Effect<Answer>
  /** JSON with the key of a wire. */
  readonly call: (
    wire: Wire,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => Effect.Effect<Answer>
  /** How many events of webhooks were ever written down. */
  readonly taken: Effect.Effect<number>
  /** How many entries of the event log hold a text, when everything that was taken is worked off. */
  readonly events: (text: string) => Effect.Effect<number>
  /** Everything that was logged and traced. */
  readonly said: () => string
}

const print = (cause: Cause.Cause<unknown>): string =>
  [Cause.pretty(cause, { renderErrorCause: true }), JSON.stringify(cause), inspect(cause, { depth: null, showHidden: true })].join("\n")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-security-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const make = (variables: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const database = join(yield* folder, "gateway.db")
    const sandbox = yield* Sandbox.make()
    yield* sandbox.network.addLine("linq", european)
    const { keys, linq, reports, sendblue } = secrets
    const environment = {
      INTERLINE_CARRIERS: "linq-eu=linq",
      INTERLINE_POLICY: JSON.stringify({
        ...hasty,
        prefer: ["linq", "sendblue", "linq-eu"],
        // not started: it moves nobody
        rollout: { from: "linq", to: "sendblue", continuation: "none", steps: [{ share: 1 }] }
      }),
      INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue},linq-eu:${european}`,
      LINQ_API_KEY: sandbox.credentials.linqToken,
      LINQ_BASE_URL: sandbox.linq,
      LINQ_EU_LINQ_API_KEY: sandbox.credentials.linqToken,
      LINQ_EU_LINQ_BASE_URL: sandbox.linq,
      SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
      SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
      SENDBLUE_BASE_URL: sandbox.sendblue,
      LINQ_WEBHOOK_SECRET: `${linq.current},${linq.previous}`,
      LINQ_EU_LINQ_WEBHOOK_SECRET: linq.eu,
      SENDBLUE_WEBHOOK_SECRET: `${sendblue.current},${sendblue.previous}`,
      INTERLINE_API_KEYS: `first=${keys.first},second=${keys.second}`,
      INTERLINE_PASS_THROUGH: "sendblue:contacts, sendblue:carousels, sendblue:media, sendblue:messages",
      INTERLINE_PUBLIC_URL: publicUrl,
      INTERLINE_CALLBACK_SECRET: reports,
      INTERLINE_DRAIN: "2 seconds",
      ...variables
    }
    const recording = RecordingTracer.make()
    const { origin } = yield* Serve.start({ embedded: false, port: Option.some(0), host: Option.none(), database: Option.some(database) })
      .pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
        Effect.provide(recording.layer)
      )
    const port = Number(new URL(origin).port)
    const sql = Context.get(yield* Layer.build(openBeside(`file:${database}`)), SqlClient.SqlClient)
    const count = (rows: Effect.Effect<ReadonlyArray<{ readonly count: number }>, unknown>) =>
      Effect.orDie(Effect.map(rows, ([row]) => row?.count ?? 0))
    const waiting = count(sql<{ readonly count: number }>`SELECT count(*) AS count FROM interline_inbox WHERE due_at IS NOT NULL`)
    const idle: Effect.Effect<void> = Effect.flatMap(waiting, (left) =>
      left === 0 ? Effect.void : Effect.zipRight(Effect.sleep("20 millis"), idle))
    const asked: World["ask"] = (request) =>
      ask(port, request)
    return {
      port,
      network: sandbox.network,
      vendorSecrets: Object.values(sandbox.credentials),
      ask: asked,
      call: (wire, method, path, body, headers = {}) =>
        asked({
          method,
          path,
          ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
          headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...credentials(wire, keys.first), ...headers }
        }),
      taken: count(sql<{ readonly count: number }>`SELECT count(*) AS count FROM interline_inbox`),
      events: (text) =>
        Effect.zipRight(
          Effect.timeout(idle, "10 seconds").pipe(Effect.orDie),
          count(sql<{ readonly count: number }>`SELECT count(*) AS count FROM interline_events WHERE body LIKE ${`%${text}%`}`)
        ),
      said: () =>
        inspect([recording.contents(), recording.causes().map(print)], {
          depth: null,
          maxArrayLength: null,
          maxStringLength: null
        })
    } satisfies World
  })

/** As it comes out of the box: nothing private, no other origins. */
export class Closed extends Context.Tag("test/security/Closed")<Closed, World>() {}

/** Opened up: private addresses, some origins, and little time for bodies. */
export class Open extends Context.Tag("test/security/Open")<Open, World>() {}

export const origins = ["https://app.example.com", "https://ops.example.com"] as const

export const layer: Layer.Layer<Closed | Open, unknown> = Layer.merge(
  Layer.scoped(Closed, make({})),
  Layer.scoped(
    Open,
    make({ INTERLINE_ALLOW_PRIVATE_URLS: "true", INTERLINE_CORS_ORIGINS: origins.join(","), INTERLINE_BODY_TIMEOUT: "300 millis" })
  )
)
