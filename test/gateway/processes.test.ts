/**
 * Gateways as processes. One on a SQLite file. Two on one PostgreSQL: what one of them knows, the other one knows, and what one of them was doing when it was
 * killed is done by nobody twice. One that is told to stop finishes what it was doing.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ChildProcess from "node:child_process"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Url from "node:url"
import { describe, inject } from "vitest"
import * as Databases from "../sql/databases.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import * as Postgres from "../support/postgres.ts"
import { bundled } from "../support/program.ts"
import { fault, quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const here = Path.dirname(Url.fileURLToPath(import.meta.url))
const apiKey = "a-key-for-the-tests"
const sendblueSecret = "a-secret-for-the-tests"
const bob = "+12025550124"
const carol = "+12025550125"

const program = Effect.suspend(() => bundled(Path.join(here, "program.ts"), inject("folder")))

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

const ask = (
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text) as Record<string, unknown> }
  })

const terminated = ({ child }: GatewayProcess.GatewayProcess) =>
  Effect.async<number | null>((resume) => {
    child.removeAllListeners("exit")
    child.once("exit", (code) => resume(Effect.succeed(code)))
    child.kill("SIGTERM")
  })

const toAda = { to: { line: "support", handle: ada }, text: "Only once" }

const environmentOf = (sandbox: Sandbox.SandboxService, database: string): Readonly<Record<string, string>> => ({
  PATH: process.env["PATH"] ?? "",
  DATABASE_URL: database,
  INTERLINE_PREFER: "linq, sendblue",
  INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
  INTERLINE_API_KEYS: `tests=${apiKey}`,
  LINQ_API_KEY: sandbox.credentials.linqToken,
  LINQ_BASE_URL: sandbox.linq,
  SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
  SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
  SENDBLUE_BASE_URL: sandbox.sendblue,
  SENDBLUE_WEBHOOK_SECRET: sendblueSecret
})

describe("a gateway that is killed while keyed sends wait for their turn", () => {
  it.scopedLive(
    "leaves keys that send as soon as they are repeated, once each, and deliveries that can be asked for meanwhile",
    () =>
      quiet(Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const { network } = sandbox
        const { url: database } = yield* Postgres.make
        const file = yield* program
        const environment = environmentOf(sandbox, database)
        const [one, other] = yield* Effect.all([GatewayProcess.start(file, environment), GatewayProcess.start(file, environment)], {
          concurrency: 2
        })
        const copies = (text: string) =>
          Effect.map(network.phone(ada), ({ messages }) => messages.filter((message) => message.text === text).length)
        yield* network.addFault(fault("linq", "hang-before"))
        yield* Effect.forkDaemon(Effect.exit(ask(one.url, "POST", "/v1/send", { ...toAda, text: "It hangs" })))
        yield* Effect.sleep("500 millis")
        const texts = ["first", "second", "third"]
        const send = (url: string, text: string) => ask(url, "POST", "/v1/send", { ...toAda, text }, { "idempotency-key": `key-${text}` })
        for (const text of texts) yield* Effect.forkDaemon(Effect.exit(send(one.url, text)))
        const listed = Effect.map(
          ask(other.url, "GET", "/v1/deliveries"),
          ({ body }) => body["items"] as ReadonlyArray<{ readonly id: string; readonly outcome: string }>
        )
        // what is promised under a key is on record
        const isPending = ({ outcome }: { readonly outcome: string }) => outcome === "pending"
        const items = yield* GatewayProcess.eventually(listed, (items) => items.filter(isPending).length >= 3)
        for (const { id } of items) assert.strictEqual((yield* ask(other.url, "GET", `/v1/deliveries/${id}/explain`)).status, 200)
        assert.strictEqual(yield* GatewayProcess.kill(one), "SIGKILL")

        const repeated = (text: string): Effect.Effect<Answer> =>
          Effect.flatMap(
            send(other.url, text),
            (answer) => answer.status === 409 ? Effect.delay(Effect.suspend(() => repeated(text)), "500 millis") : Effect.succeed(answer)
          )
        // two clients at once for each
        const answers = yield* Effect.timeout(Effect.forEach([...texts, ...texts], repeated, { concurrency: "unbounded" }), "40 seconds")
        deepStrictEqual(answers.map(({ status }) => status), Array(6).fill(200))
        deepStrictEqual(yield* Effect.forEach(texts, copies), [1, 1, 1])
      })),
    120_000
  )
})

describe("two gateways on one PostgreSQL", () => {
  it.scopedLive(
    "share claims, opt-outs and webhooks, and one goes on when the other is killed in the middle of a send",
    () =>
      quiet(Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const { network } = sandbox
        const { url: database } = yield* Postgres.make
        const environment = environmentOf(sandbox, database)
        const file = yield* program
        const [one, other] = yield* Effect.all([GatewayProcess.start(file, environment), GatewayProcess.start(file, environment)], {
          concurrency: 2
        })

        // opt-outs: told to one, honoured by the other
        assert.strictEqual((yield* ask(one.url, "POST", "/v1/opt-outs", { handle: bob })).status, 200)
        const refused = yield* ask(other.url, "POST", "/v1/send", { to: { line: "support", handle: bob }, text: "Never" })
        assert.deepInclude(refused.body, { certainty: "not-sent" })
        assert.lengthOf((yield* network.phone(bob)).messages, 0)

        // webhooks: told to both, taken in once
        const received = {
          accountEmail: "team@example.com",
          content: "Told twice",
          is_outbound: false,
          status: "RECEIVED",
          message_handle: Crypto.randomUUID(),
          date_sent: "2026-11-21T10:00:00.000Z",
          date_updated: "2026-11-21T10:00:00.000Z",
          from_number: ada,
          number: ada,
          to_number: numbers.sendblue,
          message_type: "message",
          service: "iMessage"
        }
        const tell = ({ url }: GatewayProcess.GatewayProcess) =>
          ask(url, "POST", "/webhooks/sendblue?type=receive", received, { "sb-signing-secret": sendblueSecret })
        deepStrictEqual((yield* Effect.all([tell(one), tell(other)], { concurrency: 2 })).map(({ status }) => status), [200, 200])
        assert.strictEqual((yield* tell(other)).status, 200)
        const messages = ask(other.url, "GET", `/v1/messages?peer=${encodeURIComponent(ada)}`)
        const archived = yield* GatewayProcess.eventually(messages, ({ body }) => body["total"] === 1)
        assert.strictEqual(archived.body["total"], 1, JSON.stringify(archived))

        // a send: one of them is killed when the phone has the message and the answer has not come
        yield* network.addFault(fault("sendblue", "ack-lost-hang"))
        yield* network.addFault(fault("linq", "ack-lost-hang"))
        const key = { "idempotency-key": "order-17" }
        const lost = yield* Effect.fork(Effect.exit(ask(one.url, "POST", "/v1/send", toAda, key)))
        const copies = Effect.map(network.phone(ada), ({ messages }) => messages.filter(({ text }) => text === "Only once").length)
        assert.strictEqual(yield* GatewayProcess.eventually(copies, (count) => count > 0), 1)
        assert.strictEqual(yield* GatewayProcess.kill(one), "SIGKILL")
        yield* lost.await
        const deliveries = yield* ask(other.url, "GET", "/v1/deliveries?limit=1")
        assert.deepInclude(
          (deliveries.body["items"] as ReadonlyArray<unknown>)[0],
          { outcome: "pending" },
          "the other one knows what was under way"
        )
        const again = ask(other.url, "POST", "/v1/send", toAda, key)
        const waiting = yield* Effect.fork(Effect.all([again, again], { concurrency: 2 }))
        const conflict = yield* ask(other.url, "POST", "/v1/send", { ...toAda, text: "Another" }, key)
        assert.strictEqual(conflict.status, 422)
        const [answer, same] = yield* Fiber.join(waiting)
        deepStrictEqual(same, answer)
        // the next owner may have found the message, or may have no way to
        assert.include(["accepted", "held"], answer.body["outcome"], "it waits for the delivery, and not for the record of its key")
        deepStrictEqual(yield* again, answer)
        assert.strictEqual(yield* copies, 1)

        // two at once, one at each of two processes
        const third = yield* GatewayProcess.start(file, environment)
        const both = yield* Effect.forEach(
          [other, third, other, third],
          ({ url }) =>
            ask(url, "POST", "/v1/send", { to: { line: "support", handle: carol }, text: "At once" }, { "idempotency-key": "order-18" }),
          { concurrency: "unbounded" }
        )
        deepStrictEqual(both, Array(4).fill(both[0]))
        assert.strictEqual(both[0]?.status, 200)
        assert.lengthOf((yield* network.phone(carol)).messages, 1)
      })),
    120_000
  )
})

describe("two gateways that are asked at the same time for two sends of one conversation", () => {
  it.scopedLive(
    "send them in the order that `after` says with a key, whichever came first",
    () =>
      quiet(Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const { url: database } = yield* Postgres.make
        const file = yield* program
        const environment = environmentOf(sandbox, database)
        const [one, other] = yield* Effect.all([GatewayProcess.start(file, environment), GatewayProcess.start(file, environment)], {
          concurrency: 2
        })
        const send = ({ url }: GatewayProcess.GatewayProcess, text: string, before?: string) =>
          ask(url, "POST", "/v1/send", {
            ...toAda,
            text,
            ...(before === undefined ? {} : { after: { key: before } })
          }, { "idempotency-key": text })
        const texts = Array.from({ length: 6 }, (_, index) => `text ${index}`)
        // the last one is asked for first
        const sends = yield* Effect.forEach(
          texts.toReversed(),
          (text) => {
            const index = texts.indexOf(text)
            return Effect.fork(send(index % 2 === 0 ? one : other, text, texts[index - 1]))
          }
        )
        const answers = yield* Effect.forEach(sends, Fiber.join)
        deepStrictEqual(answers.map(({ status }) => status), texts.map(() => 200))
        deepStrictEqual((yield* sandbox.network.phone(ada)).messages.map(({ text }) => text), texts)
      })),
    120_000
  )
})

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-processes-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
)

/** The output of a gateway that ends at its start, with an error. */
const refused = (file: string, environment: Readonly<Record<string, string>>) =>
  Effect.async<string>((resume) => {
    ChildProcess.execFile(process.execPath, [file], { env: environment }, (error, stdout, stderr) => {
      resume(error === null ? Effect.die("it did not fail") : Effect.succeed(`${stdout}${stderr}`))
    })
  })

describe("gateways with different settings", () => {
  it.scopedLive(
    "say in which groups they differ, in /readyz, in the list of processes and in the metrics",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const { url: database } = yield* Postgres.make
        const file = yield* program
        const start = (variables: Readonly<Record<string, string>>) =>
          GatewayProcess.start(file, {
            ...environmentOf(sandbox, database),
            INTERLINE_RUNNER_HOST: "127.0.0.1",
            INTERLINE_OPEN_METRICS: "true",
            ...variables
          })
        const keys = `tests=${apiKey},ops=another-key-for-tests`
        // what is written in another way is the same
        const [one, alike, other] = yield* Effect.all([
          start({ INTERLINE_OPT_OUT_WORDS: "alto, parar", INTERLINE_API_KEYS: keys }),
          start({ INTERLINE_OPT_OUT_WORDS: "parar,alto", INTERLINE_API_KEYS: keys.split(",").reverse().join(",") }),
          start({ INTERLINE_FIDELITY: "exact", SENDBLUE_WEBHOOK_SECRET: "another-secret-of-webhooks" })
        ], { concurrency: 3 })
        const groups = ["policy", "api-keys", "webhook-secrets", "consent-words"]
        const clusterOf = ({ url }: GatewayProcess.GatewayProcess) =>
          Effect.map(ask(url, "GET", "/readyz"), ({ body }) =>
            body["cluster"] as { readonly address: string; readonly differing: ReadonlyArray<string> })
        for (const each of [one, alike, other]) {
          deepStrictEqual(
            (yield* GatewayProcess.eventually(clusterOf(each), ({ differing }) =>
              differing.length > 0)).differing,
            groups
          )
        }
        const { address } = yield* clusterOf(other)
        const listed = yield* GatewayProcess.eventually(
          Effect.map(
            ask(one.url, "GET", "/v1/processes"),
            ({ body }) => body["items"] as ReadonlyArray<{ readonly address: string; readonly differing?: unknown }>
          ),
          (items) => items.length === 3
        )
        deepStrictEqual(
          listed.flatMap(({ address, differing }) => differing === undefined ? [] : [{ address, differing }]),
          [{ address, differing: groups }]
        )
        const metrics = yield* Effect.promise(async () => (await fetch(`${one.url}/metrics`)).text())
        assert.include(metrics, "\ninterline_cluster_processes_differing 1\n")
      }),
    120_000
  )
})

describe("a gateway whose locks would be in another database", () => {
  it.scopedLive(
    "does not start, and names the variable",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const { database } = yield* Postgres.make
        const [own, another] = [yield* database, yield* database]
        const said = yield* refused(yield* program, { ...environmentOf(sandbox, own), INTERLINE_RUNNER_DATABASE_URL: another })
        assert.include(said, "INTERLINE_RUNNER_DATABASE_URL: this is not the database of the ledger, or it is a standby of it")
        assert.notInclude(said, new URL(another).password + "@")
      }),
    120_000
  )
})

describe("a gateway on a SQLite file", () => {
  it.scopedLive(
    "is alone there until it is killed; the next one starts at once, and knows what the first one did",
    () =>
      quiet(Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const database = `file:${Path.join(yield* folder, "gateway.db")}`
        const environment = environmentOf(sandbox, database)
        const file = yield* program
        const one = yield* GatewayProcess.start(file, environment)
        const send = (url: string) => ask(url, "POST", "/v1/send", toAda, { "idempotency-key": "order-17" })
        const sent = yield* send(one.url)

        const said = yield* refused(file, environment)
        assert.include(said, `${database.slice("file:".length)} is in use: only one process at a time can use a SQLite file`)
        assert.include(said, "DATABASE_URL=postgres://…")
        strictEqual((yield* ask(one.url, "GET", "/readyz")).status, 200)

        yield* GatewayProcess.kill(one)
        const next = yield* GatewayProcess.start(file, environment)
        deepStrictEqual(yield* send(next.url), sent)
        strictEqual((yield* sandbox.network.phone(ada)).messages.length, 1)
      })),
    120_000
  )
})

describe("a gateway that is told to stop", () => {
  it.scopedLive("takes nothing new, finishes what is under way, and ends without an error", () =>
    quiet(Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ clock: "real" })
      const { network } = sandbox
      const running = yield* GatewayProcess.start(yield* program, {
        PATH: process.env["PATH"] ?? "",
        DATABASE_URL: `file:${Path.join(yield* folder, "gateway.db")}`,
        INTERLINE_CARRIER: "linq",
        INTERLINE_LINES: `support=linq:${numbers.linq}`,
        INTERLINE_API_KEYS: `tests=${apiKey}`,
        LINQ_API_KEY: sandbox.credentials.linqToken,
        LINQ_BASE_URL: sandbox.linq
      })
      yield* network.addFault({ ...fault("linq", "delay"), ms: 2_000 })
      const underWay = yield* Effect.fork(ask(running.url, "POST", "/v1/send", toAda))
      yield* GatewayProcess.eventually(Effect.map(network.phone(ada), ({ messages }) => messages.length), (count) => count === 1)
      const ended = yield* Effect.fork(terminated(running))
      // on a connection that is open already; a new one may not be taken any more
      const readiness = yield* GatewayProcess.eventually(ask(running.url, "GET", "/readyz"), ({ status }) => status === 503)
      assert.deepInclude(readiness.body, { ready: false, draining: true })
      const refused = yield* ask(running.url, "POST", "/v1/send", { ...toAda, text: "Too late" })
      assert.strictEqual(refused.status, 503)
      assert.deepInclude(refused.body, { certainty: "not-sent" })
      assert.deepInclude(yield* underWay.await.pipe(Effect.flatten), { status: 200 })
      assert.strictEqual(yield* ended.await.pipe(Effect.flatten), 0)
      deepStrictEqual((yield* network.phone(ada)).messages.map(({ text }) => text), ["Only once"])
    })), 120_000)

  const databases = {
    SQLite: Effect.map(folder, (folder) => `file:${Path.join(folder, "gateway.db")}`),
    PostgreSQL: Effect.map(Postgres.make, ({ url }) => url)
  }
  for (const [where, database] of Object.entries(databases)) {
    it.scopedLive(
      `answers what it has accepted, and publishes what became of it, also if there is no time to end it, over ${where}`,
      () =>
        quiet(Effect.gen(function*() {
          const sandbox = yield* Sandbox.make({ clock: "real" })
          const { network } = sandbox
          const url = yield* database
          const running = yield* GatewayProcess.start(yield* program, {
            ...environmentOf(sandbox, url),
            INTERLINE_PREFER: "sendblue",
            INTERLINE_LINES: `support=sendblue:${numbers.sendblue}`,
            INTERLINE_DRAIN: "1 second"
          })
          yield* network.addFault({ ...fault("sendblue", "ack-lost-hang"), times: "forever" })
          const front = { "sb-api-key-id": "crm", "sb-api-secret-key": apiKey }
          const written = (number: string) => ({ number, from_number: numbers.sendblue, content: "Only once" })
          const sends = [
            ask(running.url, "POST", "/v1/send", toAda, { "idempotency-key": "order-17" }),
            ask(running.url, "POST", "/sendblue/api/send-message", written(bob), front),
            ask(running.url, "POST", "/sendblue/api/send-message", written(carol), { ...front, "idempotency-key": "order-18" })
          ]
          const underWay = yield* Effect.forEach(sends, (send) => Effect.fork(send))
          for (const person of [ada, bob, carol]) {
            yield* GatewayProcess.eventually(Effect.map(network.phone(person), ({ messages }) => messages.length), (count) => count === 1)
          }
          const ended = yield* Effect.fork(terminated(running))
          const answers = yield* Effect.forEach(underWay, (fiber) => Effect.flatten(fiber.await))
          deepStrictEqual(answers.map(({ body, status }) => [status, body["outcome"] ?? body["status"]]), [
            [202, "held"],
            [202, "PENDING"],
            [202, "PENDING"]
          ])
          strictEqual(yield* ended.await.pipe(Effect.flatten), 0)
          const sql = yield* Effect.map(Layer.build(Databases.connect(url)), (context) => Context.get(context, SqlClient.SqlClient))
          const events = yield* sql<{ readonly body: string }>`SELECT body FROM interline_events`
          strictEqual(events.filter(({ body }) => body.includes("\"_tag\":\"Held\"")).length, 3)
        })),
      120_000
    )
  }
})
