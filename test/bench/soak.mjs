// `npm run soak`: a gateway over a sandbox with faults, for a long time. Sends at a steady rate, then asks the phones: whoever was told
// "sent" has one copy, whoever was told "not sent" has none, nobody has two. Watches the gateway's memory. Ends with 1 if a promise is
// broken or memory grows. Options: --minutes N (default 10), --rate N sends a second (default 200), --seed N of the faults (default 1),
// --faults N share of the requests that go wrong (default 0.02).
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Undici from "undici"

const here = dirname(fileURLToPath(import.meta.url))
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const [minutes, rate, seed, faulty] = [option("minutes", 10), option("rate", 200), option("seed", 1), option("faults", 0.02)]
const total = Math.round(minutes * 60 * rate)
const apiKey = "a-key-for-the-soak"
const sendblueSecret = "a-secret-of-sendblue"
const program = join(here, "../../packages/cli/bin/interline.mjs")
const folder = mkdtempSync(join(tmpdir(), "interline-soak-"))
const database = join(folder, "gateway.db")

const children = []
const start = (args, env, memory) => {
  const child = spawn(process.execPath, [...(memory === undefined ? [] : [`--max-old-space-size=${memory}`]), program, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env.PATH, ...env }
  })
  children.push(child)
  return child
}
process.on("exit", () => {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
})
// whoever stops this stops them
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1))
const firstLine = (child) => new Promise((resolve) => child.stdout.once("data", (line) => resolve(JSON.parse(String(line)))))

const agent = new Undici.Agent({ connections: 128, headersTimeout: 120_000, bodyTimeout: 120_000 })
const call = async (url, method = "GET", body = undefined, headers = {}) => {
  const answer = await Undici.request(url, {
    dispatcher: agent,
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, body: text === "" ? undefined : JSON.parse(text) }
}

const sandbox = await firstLine(start(["sandbox"], {}, 8192))
const port = await new Promise((resolve) => {
  const probe = spawn(process.execPath, [
    "-e",
    "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
  ], { stdio: ["ignore", "pipe", "ignore"] })
  probe.stdout.once("data", (line) => resolve(String(line).trim()))
})
const origin = `http://127.0.0.1:${port}`
const linq = { authorization: `Bearer ${sandbox.credentials.linqToken}` }
const sendblue = { "sb-api-key-id": sandbox.credentials.sendblueKeyId, "sb-api-secret-key": sandbox.credentials.sendblueSecretKey }
const subscribed = await call(`${sandbox.linq}/v3/webhook-subscriptions`, "POST", {
  target_url: `${origin}/webhooks/linq?version=2026-02-03`,
  subscribed_events: ["message.sent", "message.received", "message.delivered", "message.read", "message.failed"]
}, linq)
for (const type of ["receive", "outbound"]) {
  await call(`${sandbox.sendblue}/api/account/webhooks`, "POST", {
    type,
    webhooks: [{ url: `${origin}/webhooks/sendblue?type=${type}`, secret: sendblueSecret }]
  }, sendblue)
}
const gateway = start(["serve", "--json", "--port", String(port)], {
  INTERLINE_POLICY: JSON.stringify({
    prefer: ["linq", "sendblue"],
    reconcile: { every: "1 second", within: "20 seconds" },
    breaker: { failures: 1000 }
  }),
  INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
  INTERLINE_API_KEYS: `soak=${apiKey}`,
  INTERLINE_PUBLIC_URL: origin,
  INTERLINE_CALLBACK_SECRET: "a-secret-of-callbacks",
  INTERLINE_ALLOW_PRIVATE_URLS: "true",
  INTERLINE_OPEN_METRICS: "true",
  LINQ_API_KEY: sandbox.credentials.linqToken,
  LINQ_BASE_URL: sandbox.linq,
  LINQ_WEBHOOK_SECRET: subscribed.body.signing_secret,
  SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
  SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
  SENDBLUE_BASE_URL: sandbox.sendblue,
  SENDBLUE_WEBHOOK_SECRET: sendblueSecret,
  DATABASE_URL: `file:${database}`
})
await firstLine(gateway)

const kinds = [
  "reset-before",
  "5xx-before",
  "429",
  "ack-lost-reset",
  "ack-lost-half",
  "ack-lost-502",
  "5xx-after",
  "2xx-empty",
  "2xx-no-id",
  "delay",
  "late-listing",
  "webhook-duplicate",
  "webhook-late"
]
for (const [vendor, path] of [["linq", "/v3/chats"], ["sendblue", "/api/send-message"]]) {
  await call(`${sandbox.control}/faults`, "POST", {
    vendor,
    seed,
    rate: faulty,
    kinds,
    match: { method: "POST", path },
    ms: 300,
    retryAfter: 1
  })
}

const people = Array.from({ length: 400 }, (_, index) => `+1202556${String(1000 + index)}`)
const outcomes = new Array(total)
const ids = new Array(total)
const reasons = new Map()
const begun = performance.now()
const memory = []
const rss = () => Number(execFileSync("ps", ["-o", "rss=", "-p", String(gateway.pid)], { encoding: "utf8" }).trim()) / 1024

const outcomeOf = ({ body, status }) =>
  status < 300 && body.outcome === "accepted" ? "sent" : body?.certainty === "not-sent" ? "not-sent" : "unknown"

const one = async (number) => {
  try {
    const answer = await call(`${origin}/v1/send`, "POST", {
      to: { line: "support", handle: people[number % people.length] },
      text: `soak ${number}`
    }, { authorization: `Bearer ${apiKey}` })
    outcomes[number] = outcomeOf(answer)
    ids[number] = answer.body.id ?? answer.body.deliveryId
    const why = outcomes[number] === "sent" ? "sent" : answer.body.detail ?? answer.body.title
    reasons.set(why, (reasons.get(why) ?? 0) + 1)
  } catch (error) {
    outcomes[number] = "unknown"
    if (gateway.exitCode !== null) throw new Error("the gateway ended", { cause: error })
  }
}

const sending = []
let next = 0
let watched = 0
while (next < total) {
  const elapsed = (performance.now() - begun) / 1000
  for (const due = Math.min(total, Math.floor(elapsed * rate) + 1); next < due; next++) sending.push(one(next))
  if (elapsed - watched >= 5) {
    watched = elapsed
    memory.push(rss())
    await call(`${sandbox.control}/requests`, "DELETE")
    process.stderr.write(`\r${Math.round(elapsed)} s: ${next} sends, ${Math.round(memory.at(-1))} MiB   `)
  }
  await sleep(2)
}
await Promise.all(sending)
const met = (await call(`${sandbox.control}/faults`)).body.reduce((sum, fault) => sum + fault.met, 0)
await call(`${sandbox.control}/faults`, "DELETE")
process.stderr.write("\rwaiting for what is under way                    ")

// what is on its way through the inbox, and looks for lost answers
const depth = async () => {
  const { body } = await Undici.request(`${origin}/metrics`)
  return Number(/^interline_inbox_depth(?:\{[^}]*\})? (\S+)$/m.exec(await body.text())?.[1] ?? Number.NaN)
}
let left = Number.NaN
for (let wait = 0; wait < 120; wait++) {
  left = await depth()
  if (left === 0) break
  await sleep(1000)
}

const copies = new Array(total).fill(0)
for (const person of people) {
  const { body } = await call(`${sandbox.control}/phones/${encodeURIComponent(person)}`)
  for (const { text } of body.messages) {
    const number = Number(/^soak (\d+)$/.exec(text ?? "")?.[1])
    if (!Number.isNaN(number)) copies[number] += 1
  }
}
process.stderr.write(`\r${" ".repeat(60)}\r`)

const count = (test) => copies.reduce((sum, copy, number) => sum + (test(outcomes[number], copy) ? 1 : 0), 0)
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
const quarter = Math.max(1, Math.floor(memory.length / 4))
const [second, last] = [median(memory.slice(quarter, 2 * quarter)), median(memory.slice(-quarter))]
const rows = [
  ["sends", total],
  ["sends a second, as asked and as done", `${rate} and ${(total / ((performance.now() - begun) / 1000)).toFixed(0)} with the end`],
  ["requests and webhooks that went wrong", met],
  ["told sent", count((outcome) => outcome === "sent")],
  ["told not sent", count((outcome) => outcome === "not-sent")],
  ["told not known", count((outcome) => outcome === "unknown")],
  ["... of them on a phone", count((outcome, copy) => outcome === "unknown" && copy === 1)],
  ["memory of the gateway, second quarter and last", `${Math.round(second)} MiB and ${Math.round(last)} MiB`],
  ["size of its database", `${Math.round(statSync(database).size / 2 ** 20)} MiB`],
  ["events left in the inbox", left]
]
const broken = [
  ["told sent, and no copy", count((outcome, copy) => outcome === "sent" && copy === 0)],
  ["told not sent, and a copy", count((outcome, copy) => outcome === "not-sent" && copy > 0)],
  ["two copies or more", count((_, copy) => copy > 1)],
  ["no answer", count((outcome) => outcome === undefined)],
  ["runs in which nothing went wrong", faulty > 0 && met === 0 ? 1 : 0]
]
for (const [name, value] of [...rows, ...broken]) console.log(`${name}: ${value}`)
for (const [why, times] of [...reasons].sort((left, right) => right[1] - left[1])) if (why !== "sent") console.log(`  ${times} x ${why}`)
// the story of each that should not be
for (const [number, outcome] of outcomes.entries()) {
  if (!(copies[number] > 1 || (outcome === "sent" && copies[number] === 0) || (outcome === "not-sent" && copies[number] > 0))) continue
  const { body } = await call(`${origin}/v1/deliveries/${ids[number]}/explain`, "GET", undefined, { authorization: `Bearer ${apiKey}` })
  console.log(`soak ${number}, ${outcome}, ${copies[number]} copies: ${JSON.stringify(body)}`)
}
const grew = minutes >= 4 && last > second * 1.25
if (grew) console.log("The gateway's memory grows.")
process.exit(broken.some(([, value]) => value > 0) || grew || left !== 0 ? 1 : 0)
