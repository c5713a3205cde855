/** What the vendor lets a line do for new people, from the gateway's side: the limit is reached in the middle of a batch, known, unknown or refused. */
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Path from "node:path"
import * as Url from "node:url"
import { inject } from "vitest"
import { apiKey, gatewayWorld } from "../support/gateway.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import * as Postgres from "../support/postgres.ts"
import { bundled } from "../support/program.ts"
import { quiet } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"

const people = Array.from({ length: 6 }, (_, nth) => Handle.make(`+1202555041${nth}`))

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

interface Setup {
  /** In the order of preference. */
  readonly carriers: readonly ["sendblue", ...ReadonlyArray<"linq">]
  readonly policy?: Readonly<Record<string, unknown>>
}

const world = ({ carriers, policy = {} }: Setup) =>
  Effect.gen(function*() {
    const gateway = yield* gatewayWorld({ carriers, policy })
    const call = (method: string, path: string, body?: unknown): Effect.Effect<Answer> =>
      Effect.promise(async () => {
        const response = await fetch(`${gateway.url}${path}`, {
          method,
          headers: { authorization: `Bearer ${gateway.apiKey}`, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        const text = await response.text()
        return { status: response.status, body: text === "" ? {} : JSON.parse(text) }
      })
    const send = (handle: Handle.Handle, text: string) => call("POST", "/v1/send", { to: { line: "support", handle }, text })
    /** Who brought each text to a phone, oldest first. */
    const brought = (handle: Handle.Handle) =>
      Effect.map(gateway.phone(handle), (messages) => messages.map(({ text, vendor }) => [text, vendor]))
    /** The gateway asks the vendor now, and not only at its next turn. */
    const read = call("POST", "/v1/lines/check")
    return { ...gateway, call, send, brought, read }
  })

describe("a line at its vendor's limit of new people", () => {
  it.scopedLive("rests for new people only: they get theirs by the other carrier, once, and those whom it knows by it", () =>
    Effect.gen(function*() {
      const { brought, network, read, send } = yield* world({ carriers: ["sendblue", "linq"] })
      yield* network.limitLines({ perHour: 2, beyond: "refused" })
      const [one, two, ...others] = people
      assertTrue(one !== undefined && two !== undefined)
      for (const handle of [one, two]) deepStrictEqual((yield* send(handle, "One")).status, 200)
      yield* read
      const answers = yield* Effect.forEach(people, (handle) => send(handle, "Two"), { concurrency: "unbounded" })
      deepStrictEqual(answers.map(({ body, status }) => [status, body["carrierId"]]), [
        [200, "sendblue"],
        [200, "sendblue"],
        ...others.map(() => [200, "linq"])
      ])
      for (const handle of [one, two]) deepStrictEqual(yield* brought(handle), [["One", "sendblue"], ["Two", "sendblue"]])
      for (const handle of others) deepStrictEqual(yield* brought(handle), [["Two", "linq"]])
    }))

  it.scopedLive("in the middle of a batch that nobody knew of: what the vendor refuses goes by the other carrier, and nobody gets it twice", () =>
    Effect.gen(function*() {
      const { brought, network, read, send } = yield* world({ carriers: ["sendblue", "linq"] })
      yield* network.limitLines({ perHour: 3, beyond: "refused" })
      // the last reading says that there is room
      yield* read
      const answers = yield* Effect.forEach(people, (handle) => send(handle, "Now"), { concurrency: "unbounded" })
      deepStrictEqual(answers.map(({ status }) => status), people.map(() => 200))
      const got = yield* Effect.forEach(people, brought)
      deepStrictEqual(got.map((messages) => messages.map(([text]) => text)), people.map(() => ["Now"]))
      const bySendblue = got.flat().filter(([, vendor]) => vendor === "sendblue").length
      assertTrue(bySendblue <= 3 && bySendblue > 0, `${bySendblue} by Sendblue`)
    }))

  it.scopedLive("without another carrier: a new person's message waits as a row, and then is answered as not sent, and no phone has it", () =>
    Effect.gen(function*() {
      const { brought, call, network, read, send } = yield* world({
        carriers: ["sendblue"],
        policy: { maxWait: "300 millis" }
      })
      yield* network.limitLines({ perHour: 1, beyond: "refused" })
      const [one, two] = people
      assertTrue(one !== undefined && two !== undefined)
      yield* send(one, "One")
      yield* read
      const refused = yield* send(two, "Two")
      deepStrictEqual([refused.body["certainty"], refused.body["next"]], ["not-sent", "retry"])
      deepStrictEqual(yield* brought(two), [])
      // it is on record, with why
      const delivery = yield* call("GET", `/v1/deliveries/${String(refused.body["deliveryId"])}`)
      deepStrictEqual([delivery.status, delivery.body["outcome"]], [200, "not-sent"])
      // whom it knows it still writes to
      deepStrictEqual((yield* send(one, "Three")).status, 200)
    }))
})

describe.each(["off", "unavailable", "forbidden"] as const)("a vendor whose report of limits is %s", (reports) => {
  it.scopedLive("stops no send that it would take, and is shown as not known", () =>
    Effect.gen(function*() {
      const { brought, call, network, read, send } = yield* world({ carriers: ["sendblue", "linq"] })
      yield* network.limitLines({ perHour: 1, beyond: "taken", reports })
      yield* read
      const answers = yield* Effect.forEach(people, (handle) => send(handle, "Now"), { concurrency: "unbounded" })
      deepStrictEqual(answers.map(({ body, status }) => [status, body["carrierId"]]), people.map(() => [200, "sendblue"]))
      for (const handle of people) deepStrictEqual(yield* brought(handle), [["Now", "sendblue"]])
      const { body } = yield* call("GET", "/v1/carriers")
      const sendblue =
        (body["items"] as ReadonlyArray<{ readonly id: string; readonly health: ReadonlyArray<Readonly<Record<string, unknown>>> }>)
          .find(({ id }) => id === "sendblue")
      const usage = sendblue?.health[0]?.["usage"] as { readonly state: string; readonly why?: string } | undefined
      assertTrue(
        usage !== undefined && (reports === "off" ? usage.state === "exempt" || usage.state === "unknown" : usage.state === "unknown"),
        JSON.stringify(usage)
      )
    }))
})

const here = Path.dirname(Url.fileURLToPath(import.meta.url))

describe("two gateways on one PostgreSQL", () => {
  it.scopedLive(
    "know together that the limit is reached when one of them has read it, and nobody gets a text twice when that one dies",
    () =>
      quiet(Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({})
        const { credentials, network } = sandbox
        const { url: database } = yield* Postgres.make
        const file = yield* bundled(Path.join(here, "program.ts"), inject("folder"))
        yield* network.limitLines({ perHour: 1, beyond: "refused" })
        const environment = {
          PATH: process.env["PATH"] ?? "",
          DATABASE_URL: database,
          INTERLINE_PREFER: "sendblue, linq",
          INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
          INTERLINE_API_KEYS: `tests=${apiKey}`,
          INTERLINE_RUNNER_HOST: "127.0.0.1",
          INTERLINE_CATCH_UP: "off",
          LINQ_API_KEY: credentials.linqToken,
          LINQ_BASE_URL: sandbox.linq,
          SENDBLUE_API_KEY: credentials.sendblueKeyId,
          SENDBLUE_API_SECRET: credentials.sendblueSecretKey,
          SENDBLUE_BASE_URL: sandbox.sendblue
        }
        const [one, two] = yield* Effect.all([GatewayProcess.start(file, environment), GatewayProcess.start(file, environment)], {
          concurrency: 2
        })
        yield* GatewayProcess.awaitShared([one, two])
        const send = (by: GatewayProcess.GatewayProcess, handle: Handle.Handle) =>
          GatewayProcess.ask(by, "/v1/send", { to: { line: "support", handle }, text: "Hello" })
        const [first, second, third, fourth] = people
        assertTrue(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined)
        deepStrictEqual((yield* send(one, first)).status, 200)
        yield* GatewayProcess.ask(one, "/v1/lines/check", undefined, "POST")
        const isResting = (by: GatewayProcess.GatewayProcess) =>
          GatewayProcess.eventually(GatewayProcess.ask(by, "/v1/carriers"), ({ text }) => text.includes("\"restsForNew\":true"))
        yield* isResting(one)
        yield* isResting(two)
        for (const [by, handle] of [[two, second], [one, third]] as const) deepStrictEqual((yield* send(by, handle)).status, 200)
        yield* GatewayProcess.kill(one)
        yield* GatewayProcess.eventually(GatewayProcess.shardsOf(two), (shards) => shards === 300)
        deepStrictEqual((yield* send(two, fourth)).status, 200)
        const got = yield* Effect.forEach(
          [first, second, third, fourth],
          (handle) => Effect.map(network.phone(handle), ({ messages }) => messages.map(({ text, vendor }) => [text, vendor]))
        )
        deepStrictEqual(got, [[["Hello", "sendblue"]], [["Hello", "linq"]], [["Hello", "linq"]], [["Hello", "linq"]]])
      })),
    120_000
  )
})
