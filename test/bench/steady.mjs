// Sends at a steady rate and measures how long each takes from the moment it was due, so that a stall is not forgotten.
// `node steady.mjs direct <vendor's port> <per second> <seconds>`: the carrier in this process.
// `node steady.mjs gateway <port> <per second> <seconds> <API key>`: POST /v1/send.
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as NodeHttp from "interline/node"
import * as Undici from "undici"

const [way, port, rate, seconds, apiKey] = [
  process.argv[2],
  process.argv[3],
  Number(process.argv[4]),
  Number(process.argv[5]),
  process.argv[6]
]

const people = Array.from({ length: 128 }, (_, index) => `+1202555${String(1000 + index)}`)

const direct = () => {
  const runtime = ManagedRuntime.make(
    Messaging.layer(Linq.Linq).pipe(
      Layer.provide(Linq.layer({ token: Redacted.make("token"), lines: { support: "+12025550101" }, baseUrl: `http://127.0.0.1:${port}` })),
      Layer.provide(Layer.merge(ChatBook.layerMemory(), Suppression.layerMemory)),
      Layer.provide(NodeHttp.layer())
    )
  )
  const conversations = people.map((number) => Conversation.direct(Line.name("support"), Handle.make(number)))
  const draft = Draft.text("Hello, world!")
  return (turn) => runtime.runPromise(Messaging.send(conversations[turn % conversations.length], draft))
}

const gateway = () => {
  const agent = new Undici.Agent({ connections: 64 })
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" }
  return async (turn) => {
    const { body, statusCode } = await Undici.request(`http://127.0.0.1:${port}/v1/send`, {
      dispatcher: agent,
      method: "POST",
      headers,
      body: JSON.stringify({ to: { line: "support", handle: people[turn % people.length] }, text: "Hello, world!" })
    })
    const answer = await body.json()
    if (statusCode !== 200 && statusCode !== 201) throw new Error(`${statusCode} ${JSON.stringify(answer)}`)
  }
}

const send = way === "direct" ? direct() : gateway()

const run = (count) =>
  new Promise((resolve) => {
    const millis = new Float64Array(count)
    const start = performance.now()
    let begun = 0
    let ended = 0
    let failed = 0
    const finish = () => {
      ended += 1
      if (ended === count) resolve({ millis, failed })
    }
    const tick = () => {
      const due = Math.min(count, Math.floor((performance.now() - start) / 1000 * rate) + 1)
      for (; begun < due; begun++) {
        const turn = begun
        const dueAt = start + turn * 1000 / rate
        send(turn).then(
          () => {
            millis[turn] = performance.now() - dueAt
            finish()
          },
          (error) => {
            if (failed === 0) process.stderr.write(`${error}\n`)
            failed += 1
            finish()
          }
        )
      }
      if (begun < count) setTimeout(tick, 1)
    }
    tick()
  })

await run(rate * 3)
const { failed, millis } = await run(rate * seconds)
const sorted = Array.from(millis).sort((left, right) => left - right)
const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
process.stdout.write(JSON.stringify({ p50: at(0.5), p95: at(0.95), p99: at(0.99), failed }))
process.exit(0)
