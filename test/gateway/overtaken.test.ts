/** Retries that come before the request that they repeat, at two gateways over one database. What arrives on the phone decides. */
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Serve from "@interline/cli/Serve"
import * as Handle from "@interline/core/Handle"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Databases from "../sql/databases.ts"
import { quiet } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"

const apiKey = "a-key-for-the-tests"

const fronts = {
  sendblue: {
    headers: { "sb-api-key-id": "tests", "sb-api-secret-key": apiKey },
    path: "/sendblue/api/send-message",
    bodyOf: (person: Handle.Handle, text: string): unknown => ({ number: person, from_number: numbers.sendblue, content: text })
  },
  linq: {
    headers: { authorization: `Bearer ${apiKey}` },
    path: "/linq/v3/chats",
    bodyOf: (person: Handle.Handle, text: string): unknown => ({
      from: numbers.linq,
      to: [person],
      message: { parts: [{ type: "text", value: text }] }
    })
  }
}

const makeWorld = (fresh: Databases.Fresh) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "real" })
    const { network } = sandbox
    const database = yield* fresh
    const environment = new Map(Object.entries({
      INTERLINE_PREFER: "linq",
      INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
      INTERLINE_API_KEYS: `tests=${apiKey}`,
      INTERLINE_DRAIN: "2 seconds",
      // no balancer has to notice that it stops
      INTERLINE_DRAIN_NOTICE: "0 seconds",
      LINQ_API_KEY: sandbox.credentials.linqToken,
      LINQ_BASE_URL: sandbox.linq,
      LINQ_WEBHOOK_SECRET: "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
      SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
      SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
      SENDBLUE_BASE_URL: sandbox.sendblue,
      SENDBLUE_WEBHOOK_SECRET: "a-secret-for-the-tests"
    }))
    const gateway = Serve.start({ embedded: false, port: Option.some(0), host: Option.none(), database: Option.some(database) }).pipe(
      quiet,
      Effect.withConfigProvider(ConfigProvider.fromMap(environment)),
      Effect.map(({ origin }) => origin)
    )
    const one = yield* gateway
    // A SQLite file is for one gateway: both requests come to it.
    const other = database.startsWith("file:") ? one : yield* gateway
    const copies = (person: Handle.Handle, text: string) =>
      Effect.map(network.phone(person), ({ messages }) => messages.filter((message) => message.text === text).length)
    return { one, other, copies }
  })

/** Two gateways that all tests over one database share. Each test writes to a person of its own. */
class World extends Context.Tag("test/gateway/World")<World, Effect.Effect.Success<ReturnType<typeof makeWorld>>>() {}

const asking =
  ({ bodyOf, headers, path }: (typeof fronts)[keyof typeof fronts], person: Handle.Handle) => (url: string, text: string, count: number) =>
    Effect.promise(async () => {
      const answer = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-stainless-retry-count": String(count), ...headers },
        body: JSON.stringify(bodyOf(person, text))
      })
      return { status: answer.status, replayed: answer.headers.get("idempotent-replayed"), body: await answer.text() }
    })

const simultaneous = 16

Databases.overBoth("a first try that comes after its own retry", (it, fresh) => {
  it.layer(Layer.scoped(World, makeWorld(fresh)), { timeout: "1 minute" })((it) => {
    for (const [place, [name, front]] of Object.entries(fronts).entries()) {
      /** What one test needs, by its number among those of a front. */
      const start = (test: number) =>
        Effect.map(World, ({ copies, one, other }) => {
          const person = Handle.make(`+1202555${1000 + 10 * place + test}`)
          return { ask: asking(front, person), copies: (text: string) => copies(person, text), one, other }
        })

      it.scoped(`joins the retry, and the next equal message is one of its own (${name})`, () =>
        Effect.gen(function*() {
          const { ask, copies, one, other } = yield* start(0)
          const retry = yield* ask(other, "ok", 1)
          assert.strictEqual(retry.replayed, null)
          deepStrictEqual(yield* ask(one, "ok", 0), { ...retry, replayed: "true" })
          assert.strictEqual(yield* copies("ok"), 1)
          const second = yield* ask(one, "ok", 0)
          assert.strictEqual(second.replayed, null)
          assert.notStrictEqual(second.body, retry.body)
          assert.strictEqual(yield* copies("ok"), 2)
        }))

      it.scoped(`joins two retries that came before it, and others join them later (${name})`, () =>
        Effect.gen(function*() {
          const { ask, copies, one, other } = yield* start(1)
          const retry = yield* ask(other, "ok", 1)
          deepStrictEqual(yield* ask(one, "ok", 2), { ...retry, replayed: "true" })
          deepStrictEqual(yield* ask(other, "ok", 0), { ...retry, replayed: "true" })
          deepStrictEqual(yield* ask(one, "ok", 2), { ...retry, replayed: "true" })
          yield* ask(other, "other words", 0)
          assert.strictEqual(yield* copies("ok"), 1)
          assert.strictEqual(yield* copies("other words"), 1)
        }))

      it.scoped(`is one of two equal messages that come at once, and only one of them joins (${name})`, () =>
        Effect.gen(function*() {
          const { ask, copies, one, other } = yield* start(2)
          const texts = Array.from({ length: 8 }, (_, index) => `twice ${index}`)
          yield* Effect.forEach(texts, (text) =>
            Effect.zipRight(
              ask(one, text, 1),
              Effect.all([ask(one, text, 0), ask(other, text, 0)], { concurrency: "unbounded" })
            ))
          deepStrictEqual(yield* Effect.forEach(texts, (text) => copies(text)), texts.map(() => 2))
        }))

      it.scoped(`and comes at the same moment at another gateway is one message with it (${name})`, () =>
        Effect.gen(function*() {
          const { ask, copies, one, other } = yield* start(3)
          const texts = Array.from({ length: simultaneous }, (_, index) => `ok ${index}`)
          yield* Effect.forEach(
            texts,
            (text, index) =>
              Effect.all(
                index % 2 === 0
                  ? [ask(one, text, 1), ask(other, text, 0), ask(other, text, 2)]
                  : [ask(one, text, 0), ask(other, text, 1), ask(one, text, 2)],
                { concurrency: "unbounded" }
              ),
            { concurrency: 4 }
          )
          deepStrictEqual(yield* Effect.forEach(texts, (text) => copies(text)), texts.map(() => 1))
        }))
    }
  })
})
