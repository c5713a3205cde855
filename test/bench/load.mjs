// One compared program in a process of its own: warms up, sends at concurrency 32, prints throughput and CPU per send.
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import LinqClient from "@linqapp/sdk"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Interline from "interline/Interline"
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

const to = Conversation.direct(Line.name("support"), Handle.make("+12025550123"))
const draft = Draft.text("Hello, world!")

const ours = (carrier, http, traced) => {
  const configuration = ConfigProvider.fromMap(new Map([
    ["INTERLINE_CARRIER", carrier],
    ["INTERLINE_LINES", "support=linq:+12025550101,sendblue:+12025550201"],
    ["LINQ_API_KEY", "token"],
    ["LINQ_BASE_URL", base],
    ["SENDBLUE_API_KEY", "key"],
    ["SENDBLUE_API_SECRET", "secret"],
    ["SENDBLUE_BASE_URL", base]
  ]))
  return effectful(
    Interline.layerConfig().pipe(
      Layer.provide(http),
      Layer.provide(Layer.setConfigProvider(configuration)),
      Layer.provideMerge(traced ? Layer.empty : Layer.setTracerEnabled(false))
    ),
    Messaging.send(to, draft)
  )
}

const untraced = (layer) => Layer.merge(layer, Layer.setTracerEnabled(false))

const programs = {
  "undici": promised(() => {
    const dispatcher = new Undici.Agent({ connections: 128 })
    return async () => {
      const response = await Undici.request(url, { method: "POST", headers, body: JSON.stringify(body), dispatcher })
      await response.body.json()
    }
  }),
  "fetch": promised(() => async () => {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
    await response.json()
  }),
  "effect HttpClient": effectful(NodeHttpClient.layerUndici, bareEffect),
  "effect HttpClient, no tracer": effectful(untraced(NodeHttpClient.layerUndici), bareEffect),
  "@linqapp/sdk": promised(() => {
    const client = new LinqClient({ apiKey: "token", baseURL: base })
    return () => client.chats.messages.send(chatId, body)
  }),
  "sendblue": promised(() => {
    const client = new SendblueClient({ apiKey: "key", apiSecret: "secret", baseURL: base })
    return () => client.messages.send({ number: "+12025550123", from_number: "+12025550201", content: "Hello, world!" })
  }),
  "interline linq": ours("linq", NodeHttpClient.layerUndici, true),
  "interline linq, no tracer": ours("linq", NodeHttpClient.layerUndici, false),
  "interline linq, lean": ours("linq", NodeHttp.layer(), true),
  "interline linq, lean, no tracer": ours("linq", NodeHttp.layer(), false),
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
