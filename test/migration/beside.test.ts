/**
 * `interline migrate import --apply` as a process of its own, beside two gateways that send. It is killed twice and runs again. The phones say that
 * nobody who opted out got a message after the import knew it, and who was written to from which number last.
 */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import { inject } from "vitest"
import * as Client from "../chaos/client.ts"
import * as Judge from "../chaos/judge.ts"
import * as Load from "../chaos/load.ts"
import * as Message from "../chaos/message.ts"
import * as Stage from "../chaos/stage.ts"
import * as World from "../chaos/world.ts"
import { bundled } from "../support/program.ts"
import { quiet } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"

const many = 20
const everybody = Array.from({ length: many }, (_, conversation) => conversation)
/** They opted out at the vendor before there was a gateway. */
const before = everybody.filter((conversation) => conversation < 6)
/** They opt out at a gateway while the import runs. */
const meanwhile = [10, 11, 12]

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const until = <A>(look: Effect.Effect<A>, isSo: (found: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(Effect.delay(look, "50 millis"), { until: isSo, times: 1_200 })

it.scopedLive(
  "an import beside two gateways that send loses no opt-out, turns no conversation back, and may be killed",
  () =>
    quiet(Effect.gen(function*() {
      const world = yield* World.make(yield* Stage.make(inject("folder")), {
        processes: 2,
        policy: { prefer: ["linq", "sendblue"], rules: [] }
      })
      const { network } = world.sandbox
      const { sendblueKeyId, sendblueSecretKey } = world.sandbox.credentials
      const askVendor = (path: string, body: object) =>
        Effect.promise(() =>
          fetch(`${world.sandbox.sendblue}${path}`, {
            method: "POST",
            headers: { "content-type": "application/json", "sb-api-key-id": sendblueKeyId, "sb-api-secret-key": sendblueSecretKey },
            body: JSON.stringify(body)
          }).then((answer) => answer.json() as Promise<{ readonly message_handle?: string }>)
        )
      // the past: everybody knows the number of Sendblue
      const old = yield* Effect.forEach(everybody, (conversation) =>
        Effect.map(
          askVendor("/api/send-message", {
            number: Message.handle(conversation),
            from_number: numbers.sendblue,
            content: "From before"
          }),
          (sent) => String(sent.message_handle)
        ))
      yield* Effect.forEach(
        Array.from({ length: 350 }),
        (_, place) => network.say({ from: Message.handle(6 + place % 10), to: numbers.sendblue, text: `Question ${place}` }),
        { discard: true }
      )
      yield* Effect.forEach(before, (conversation) => askVendor("/api/v2/contacts/opt-out", { number: Message.handle(conversation) }), {
        discard: true
      })

      const program = yield* bundled(Path.join(Stage.root, "packages/cli/src/main.ts"), inject("folder"))
      const begin = Effect.acquireRelease(
        Effect.sync(() => {
          const child = ChildProcess.spawn(
            process.execPath,
            [program, "migrate", "import", "--from", "sendblue", "--apply", "--json", "--database", world.database.url],
            {
              env: {
                PATH: process.env["PATH"] ?? "",
                INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
                LINQ_API_KEY: world.sandbox.credentials.linqToken,
                LINQ_BASE_URL: world.sandbox.linq,
                SENDBLUE_API_KEY: sendblueKeyId,
                SENDBLUE_API_SECRET: sendblueSecretKey,
                SENDBLUE_BASE_URL: world.sandbox.sendblue
              },
              stdio: ["ignore", "pipe", "pipe"]
            }
          )
          let [out, err] = ["", ""]
          child.stdout.on("data", (piece) => {
            out += String(piece)
          })
          child.stderr.on("data", (piece) => {
            err += String(piece)
          })
          const ended = new Promise<Ended>((resolve) => {
            child.once("close", (code) => resolve({ code, out, err }))
          })
          return { child, ended: Effect.promise(() => ended) }
        }),
        ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const importAll = Effect.scoped(Effect.flatMap(begin, ({ ended }) => ended))

      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const stop = yield* Load.steady(world, client, { conversations: many, pause: 100, isKeyed: () => true })
      yield* until(
        Effect.sync(() => client.sent),
        (sent) => everybody.every((one) => sent.some(({ conversation, endedAt }) => conversation === one && endedAt !== undefined))
      )
      // each person whom the import has taken for opted out, with the time at which that was seen
      const knownSince = new Map<string, number>()
      const watch = Effect.map(world.database.rows("SELECT handle FROM interline_suppression"), (rows) => {
        for (const { handle } of rows) if (!knownSince.has(String(handle))) knownSince.set(String(handle), performance.now())
      })
      yield* Effect.forkScoped(Effect.forever(Effect.delay(watch, "20 millis")))

      const isBusy = Effect.map(
        network.requests({ vendor: "sendblue" }),
        (requests) => requests.filter(({ method, status }) => method === "GET" && status === 429).length
      )
      // the import waits for a vendor that is busy, and is killed meanwhile: first while it reads who opted out, then among the messages
      for (const [kill, path] of ["/api/v2/contacts", "/api/v2/messages"].entries()) {
        yield* network.addFault({ vendor: "sendblue", kind: "429", retryAfter: 100, match: { method: "GET", path }, skip: kill * 5 })
        yield* Effect.scoped(Effect.gen(function*() {
          const { child, ended } = yield* begin
          yield* until(isBusy, (busy) => busy > kill)
          child.kill("SIGKILL")
          strictEqual((yield* ended).code, null)
        }))
        yield* Effect.forEach(meanwhile.slice(kill, kill + 2), (conversation) =>
          Effect.promise(() =>
            fetch(`${world.process(kill).url}/v1/opt-outs`, {
              method: "POST",
              headers: { authorization: `Bearer ${World.apiKey}`, "content-type": "application/json" },
              body: JSON.stringify({ handle: Message.handle(conversation) })
            }).then(({ status }) =>
              strictEqual(status, 200)
            )
          ), { discard: true })
      }
      const first = yield* importAll
      strictEqual(first.code, 0, first.err)
      deepStrictEqual(JSON.parse(first.out).resumed, true)
      const mark = client.sent.length
      yield* until(
        Effect.sync(() =>
          client.sent.slice(mark)
        ),
        (sent) =>
          everybody.every((one) => sent.filter(({ conversation, endedAt }) => conversation === one && endedAt !== undefined).length > 1)
      )
      yield* stop

      const verdict = yield* Judge.judge(world, client)
      deepStrictEqual(verdict.broken, [])
      for (const conversation of [...before, ...meanwhile]) {
        const since = knownSince.get(Message.handle(conversation)) ?? Number.NaN
        const late = client.sent.filter((sent) => sent.conversation === conversation && sent.at > since)
        strictEqual(late.length > 0, true)
        deepStrictEqual(late.flatMap(({ outcome, tries }) => outcome === "not-sent" ? [] : [tries]), [])
        const { messages } = yield* network.phone(Message.handle(conversation))
        const got = new Set(messages.flatMap(({ text }) => Message.find(text ?? "none")?.number ?? []))
        deepStrictEqual(late.filter(({ number }) => got.has(number)), [])
      }
      deepStrictEqual(
        (yield* world.database.rows("SELECT handle FROM interline_suppression ORDER BY handle")).map(({ handle }) => handle),
        [...before, ...meanwhile].map(Message.handle).toSorted()
      )
      // each conversation is where its last message came from
      const bindings = new Map(
        (yield* world.database.rows("SELECT conversation, carrier_id FROM interline_bindings"))
          .map(({ carrier_id: carrier, conversation }) => [String(conversation), String(carrier)])
      )
      for (const conversation of everybody) {
        const { messages } = yield* network.phone(Message.handle(conversation))
        const last = messages.findLast(({ from }) => from !== Message.handle(conversation))
        const carrier = bindings.get(`support|${Message.handle(conversation)}`) ?? "nowhere"
        strictEqual(carrier, last?.from === numbers.linq ? "linq" : "sendblue", `conversation ${conversation}`)
      }
      // old ids are found, at both
      for (const [place, handle] of old.entries()) {
        const { url } = world.process(place % 2)
        const answer = yield* Effect.promise(() =>
          fetch(`${url}/sendblue/api/status?handle=${handle}`, {
            headers: { "sb-api-key-id": "chaos", "sb-api-secret-key": World.apiKey }
          }).then(({ status }) => status)
        )
        strictEqual(answer, 200)
      }
      yield* importAll
      const { chats, contacts, conversations, messages, optOuts } = JSON.parse((yield* importAll).out)
      deepStrictEqual([optOuts.new, messages.new, chats.new, conversations.new, contacts.new], [0, 0, 0, 0, 0])
    })),
  300_000
)
