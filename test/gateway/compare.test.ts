/** A gateway compares its carriers: what `GET /v1/migration/compare` says after sends over both. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as MigrateCompare from "@interline/cli/MigrateCompare"
import * as Problem from "@interline/core/Problem"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { numbers } from "../support/sandbox.ts"

const ada = "+12025550123"
const bob = "+12025550124"

const ask = ({ apiKey, url }: GatewayWorld, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    return { status: answer.status, body: JSON.parse(await answer.text()) }
  })

interface Cohort {
  readonly carrierId: string
  readonly cohort: string
  readonly sends: number
  readonly notSent: { readonly count: number; readonly share: number; readonly high: number }
  readonly delivered: { readonly count: number }
  readonly optOuts: { readonly count: number }
  readonly timeToDelivered?: { readonly count: number }
}

const compare = (world: GatewayWorld, query = "") =>
  Effect.map(ask(world, `/v1/migration/compare${query}`), ({ body }) => body as { readonly cohorts: ReadonlyArray<Cohort> })

/** What `interline migrate compare` prints. */
const print = ({ apiKey }: Pick<GatewayWorld, "apiKey">, settings: MigrateCompare.Settings) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const recording = yield* Effect.map(Effect.console, (console) => ({
      ...console,
      log: (...parts: ReadonlyArray<unknown>) => Effect.sync(() => lines.push(parts.join(" ")))
    }))
    yield* MigrateCompare.run(settings).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["INTERLINE_API_KEYS", `tests=${apiKey}`]]))),
      Effect.withConsole(recording)
    )
    return lines.join("\n")
  })

const short = ({ carrierId, cohort, delivered, notSent, optOuts, sends, timeToDelivered }: Cohort) => [
  carrierId,
  cohort,
  sends,
  notSent.count,
  delivered.count,
  timeToDelivered?.count ?? 0,
  optOuts.count
]

describe("the comparison of carriers", () => {
  it.scopedLive("counts what each was asked for, what arrived, and who opted out after it", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue", "linq"], variables: { INTERLINE_CATCH_UP: "off" } })
      const send = (handle: string, text: string) => ask(world, "/v1/send", { to: { line: "support", handle }, text })
      strictEqual((yield* send(ada, "By the first one")).status, 200)
      yield* world.network.addFault({ vendor: "sendblue", kind: "refused", times: "forever" })
      strictEqual((yield* send(ada, "By the other one")).status, 200)
      strictEqual((yield* send(bob, "From the start by the other one")).status, 200)
      yield* world.network.say({ from: bob, to: numbers.linq, text: "STOP" })
      const whole = [
        ["linq", "all", 2, 0, 2, 2, 1],
        ["sendblue", "all", 3, 2, 1, 1, 0],
        ["linq", "line", 2, 0, 2, 2, 1],
        ["sendblue", "line", 3, 2, 1, 1, 0],
        ["linq", "bound", 1, 0, 1, 1, 1],
        ["sendblue", "bound", 2, 1, 1, 1, 0],
        ["linq", "moved", 1, 0, 1, 1, 0],
        ["sendblue", "moved", 1, 1, 0, 0, 0]
      ]
      const { cohorts } = yield* Effect.repeat(Effect.delay(compare(world), "50 millis"), {
        until: ({ cohorts }) => JSON.stringify(cohorts.map(short)) === JSON.stringify(whole),
        times: 200
      })
      deepStrictEqual(cohorts.map(short), whole)

      const settings = { url: Option.some(world.url), since: Option.none(), until: Option.none(), json: false }
      const table = yield* print(world, settings)
      assertTrue(/^ {2}sendblue +3 +2 = 66\.7 % \(20\.8-93\.9\) +0 = 0\.0 % \(0\.0-56\.1\) +1 = 100\.0 % /m.test(table), table)
      assertTrue(table.includes("Conversations that moved to the carrier"), table)
      const printed = JSON.parse(yield* print(world, { ...settings, json: true }))
      deepStrictEqual(printed.cohorts.map(short), whole)
      // the time that is asked for is the time that is compared
      const time = { since: Option.some("2025-12-31T00:00:00Z"), until: Option.some("2026-01-01T00:00:00Z") }
      const { cohorts: none, since, until } = JSON.parse(yield* print(world, { ...settings, ...time, json: true }))
      deepStrictEqual([none, since, until], [[], "2025-12-31T00:00:00.000Z", "2026-01-01T00:00:00.000Z"])
      strictEqual(
        (yield* Effect.flip(print(world, { ...settings, since: Option.some("yesterday") }))).message,
        "--since must be a time with its zone, like 2026-11-29T00:00:00Z, or epoch milliseconds"
      )
      const refused = yield* Effect.flip(print({ ...world, apiKey: "another-key-for-the-tests" }, settings))
      strictEqual(
        refused.message,
        "the gateway does not know the first key of INTERLINE_API_KEYS; set the variable as the gateway has it"
      )
      const away = yield* Effect.flip(print(world, { ...settings, url: Option.some("http://127.0.0.1:9") }))
      strictEqual(away.message, "the gateway does not answer; start it with `interline serve`, or name its address with --url")
      const standIn = (status: number, body: string) =>
        Effect.gen(function*() {
          const headers = { "content-type": status === 404 ? "text/plain" : "application/problem+json" }
          const { origin } = yield* RecordingServer.make([{ status, headers, body }])
          return (yield* Effect.flip(print(world, { ...settings, url: Option.some(origin) }))).message
        })
      strictEqual(
        yield* standIn(404, "nothing here"),
        "there is no gateway at that address, or one of another version; name its address with --url"
      )
      const unreadable = ProblemDetails.make("malformed", {
        certainty: "not-sent",
        next: "fix",
        detail: "the request cannot be read",
        problems: [Problem.make("type", ["since"], "must be a time"), Problem.make("one-of", [], "has no such field")]
      })
      strictEqual(
        yield* standIn(400, JSON.stringify(Schema.encodeSync(ProblemDetails.ProblemDetails)(unreadable))),
        `${unreadable.message}: since: must be a time; input: has no such field`
      )

      deepStrictEqual((yield* compare(world, "?until=2026-01-01T00:00:00Z")).cohorts, [])
      const wrong = yield* ask(world, "/v1/migration/compare?since=2027-01-01T00:00:00Z&until=2026-01-01T00:00:00Z")
      deepStrictEqual([wrong.status, wrong.body.problems[0].path], [400, ["since"]])
    }))
})
