// One compared program in a process of its own: warms up, sends at concurrency 32, prints throughput and CPU per send.
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import * as Router from "@interline/router/Router"
import * as Sendblue from "@interline/sendblue/Sendblue"
import LinqClient from "@linqapp/sdk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as NodeHttp from "interline/node"
import SendblueClient from "sendblue"
import * as Undici from "undici"

const [program, port, count, concurrency] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])]
const base = `http://127.0.0.1:${port}`
const chatId = "94c6bf33-31d9-40e3-a0e9-f94250ecedb9"
const url = `${base}/v3/chats/${chatId}/messages`
const body = { message: { parts: [{ type: "text", value: "Hello, world!" }], idempotency_key: "7c1f6d0e-6e1d-4ad5-a0a6-0c8c35a0a6b1:1:0" } }
const headers = { authorization: "Bearer token", "content-type": "application/json" }
const Reply = Schema.Struct({ chat_id: Schema.String, message: Schema.Struct({ id: Schema.String, delivery_status: Schema.String }) })

/** Runs `count` sends as an Effect program does: one fiber per slot. */
const effectful = (layer, send) => () => {
  const runtime = ManagedRuntime.make(layer)
  return (times) => runtime.runPromise(Effect.forEach(Array.from({ length: times }), () => send, { concurrency, discard: true }))
}

/** Runs sends as promises, as many at a time. */
const promised = (make) => () => {
  const send = make()
  return async (times) => {
    let left = times
    const slot = async () => {
      while (left-- > 0) await send()
    }
    await Promise.all(Array.from({ length: concurrency }, slot))
  }
}

const bareEffect = Effect.flatMap(HttpClient.HttpClient, (client) =>
  HttpClientRequest.post(url, { headers }).pipe(
    HttpClientRequest.bodyText(JSON.stringify(body), "application/json"),
    client.execute,
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Reply)),
    Effect.scoped
  ))

// a router sends one message of a conversation at a time, so there are more people than slots
const people = Array.from(
  { length: 128 },
  (_, index) => Conversation.direct(Line.name("support"), Handle.make(`+1202555${String(1000 + index)}`))
)
const draft = Draft.text("Hello, world!")
let turn = 0
const sendToNext = Effect.suspend(() => Messaging.send(people[turn++ % people.length], draft))

const credentials = {
  linq: { token: Redacted.make("token"), lines: { support: "+12025550101" }, baseUrl: base },
  sendblue: { apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret"), lines: { support: "+12025550201" }, baseUrl: base }
}
const memory = Layer.merge(ChatBook.layerMemory(), Suppression.layerMemory)
const direct = {
  linq: Messaging.layer(Linq.Linq).pipe(Layer.provide(Linq.layer(credentials.linq)), Layer.provide(memory)),
  sendblue: Messaging.layer(Sendblue.Sendblue).pipe(Layer.provide(Sendblue.layer(credentials.sendblue)), Layer.provide(memory))
}

const ours = (carrier, http, traced) =>
  effectful(direct[carrier].pipe(Layer.provide(http), Layer.provideMerge(traced ? Layer.empty : Layer.setTracerEnabled(false))), sendToNext)

/** The same sends with the other carrier behind it, over a ledger in memory. */
const routed = (prefer, http, traced) =>
  effectful(
    Router.layer({ prefer, deadlines: { attempt: "30 seconds", send: "90 seconds" } }).pipe(
      Layer.provide(
        Layer.effect(
          Carriers.Carriers,
          Effect.flatMap(Effect.all([Linq.make(credentials.linq), Sendblue.make(credentials.sendblue)]), Carriers.make)
        )
      ),
      Layer.provide(Layer.merge(memory, MemoryLedger.layer())),
      Layer.provide(http),
      Layer.provideMerge(traced ? Layer.empty : Layer.setTracerEnabled(false))
    ),
    sendToNext
  )

const untraced = (layer) => Layer.merge(layer, Layer.setTracerEnabled(false))

const programs = {
  undici: promised(() => {
    const dispatcher = new Undici.Agent({ connections: 128 })
    return async () => {
      const response = await Undici.request(url, { method: "POST", headers, body: JSON.stringify(body), dispatcher })
      await response.body.json()
    }
  }),
  fetch: promised(() => async () => {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
    await response.json()
  }),
  "effect HttpClient": effectful(NodeHttpClient.layerUndici, bareEffect),
  "effect HttpClient, no tracer": effectful(untraced(NodeHttpClient.layerUndici), bareEffect),
  "@linqapp/sdk": promised(() => {
    const client = new LinqClient({ apiKey: "token", baseURL: base })
    return () => client.chats.messages.send(chatId, body)
  }),
  sendblue: promised(() => {
    const client = new SendblueClient({ apiKey: "key", apiSecret: "secret", baseURL: base })
    return () => client.messages.send({ number: "+12025550123", from_number: "+12025550201", content: "Hello, world!" })
  }),
  "interline linq": ours("linq", NodeHttpClient.layerUndici, true),
  "interline linq, no tracer": ours("linq", NodeHttpClient.layerUndici, false),
  "interline linq, lean": ours("linq", NodeHttp.layer(), true),
  "interline linq, lean, no tracer": ours("linq", NodeHttp.layer(), false),
  "router linq, sendblue; lean": routed(["linq", "sendblue"], NodeHttp.layer(), true),
  "router linq, sendblue; lean, no tracer": routed(["linq", "sendblue"], NodeHttp.layer(), false),
  "router sendblue, linq; lean": routed(["sendblue", "linq"], NodeHttp.layer(), true),
  "interline sendblue": ours("sendblue", NodeHttpClient.layerUndici, true),
  "interline sendblue, lean": ours("sendblue", NodeHttp.layer(), true)
}

if (program === "--list") {
  process.stdout.write(JSON.stringify(Object.keys(programs)))
} else {
  const run = programs[program]()
  await run(Math.ceil(count / 3))
  const cpu = process.cpuUsage()
  const started = performance.now()
  await run(count)
  const seconds = (performance.now() - started) / 1000
  const used = process.cpuUsage(cpu)
  process.stdout.write(JSON.stringify({ perSecond: count / seconds, cpuMicros: (used.user + used.system) / count }))
  process.exit(0)
}
