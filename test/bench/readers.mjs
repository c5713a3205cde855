// What an event costs the gateway with readers of `GET /v1/events`: webhooks with long texts, nobody reading, readers that do not read
// (their sockets are full) and readers that do, in rounds that alternate. The gateway (a SQLite file), the readers and this program are processes of
// their own. Options: --rounds N (default 5), --readers N (default 200), --events N of each round (default 30), --gap N milliseconds between
// two events (default 150), --profile DIR (writes a profile of the gateway's CPU there).
import { fork, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { Agent, request } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const text = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}
const option = (name, fallback) => Number(text(name, fallback))
const apiKey = "a-key-for-the-bench"
const secret = "a-secret-for-the-bench"

// --- the readers' process ---

if (process.argv[2] === "read") {
  const [port, count, silent] = [Number(process.argv[3]), Number(process.argv[4]), process.argv[5] === "silent"]
  let bytes = 0
  let open = 0
  for (let nth = 0; nth < count; nth++) {
    request({ port, host: "127.0.0.1", path: "/v1/events", headers: { authorization: `Bearer ${apiKey}` }, agent: false }, (response) => {
      if (response.statusCode !== 200) throw new Error(`a reader got ${response.statusCode}`)
      if (silent) response.pause()
      else response.on("data", (chunk) => void (bytes += chunk.length))
      open += 1
      if (open === count) process.send("ready")
    }).end()
  }
  process.on("message", () => process.send({ bytes }))
  process.on("disconnect", () => process.exit(0))
} else await measure()

// --- the measuring one ---

async function measure() {
  const rounds = option("rounds", 5)
  const readers = option("readers", 200)
  const events = option("events", 30)
  const gap = option("gap", 150)
  const profile = text("profile", undefined)

  const firstLine = (child) => new Promise((resolve) => child.stdout.once("data", (line) => resolve(String(line).trim())))
  const message = (child) => new Promise((resolve) => child.once("message", resolve))
  const asked = (child) => {
    const answer = message(child)
    child.send("usage")
    return answer
  }
  const folder = mkdtempSync(join(tmpdir(), "interline-bench-"))
  const gateway = spawn(
    process.execPath,
    [
      ...(profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile]),
      "--import",
      join(here, "usage.mjs"),
      process.env.BENCH_CLI ?? join(here, "../../packages/cli/bin/interline.mjs"),
      "serve",
      "--json",
      "--port",
      "0"
    ],
    {
      stdio: ["ignore", "pipe", "ignore", "ipc"],
      env: {
        PATH: process.env.PATH,
        INTERLINE_CARRIER: "sendblue",
        INTERLINE_LINES: "support=sendblue:+12025550101",
        INTERLINE_API_KEYS: `bench=${apiKey}`,
        SENDBLUE_API_KEY: "key",
        SENDBLUE_API_SECRET: "secret",
        SENDBLUE_WEBHOOK_SECRET: secret,
        SENDBLUE_BASE_URL: "http://127.0.0.1:9",
        INTERLINE_CATCH_UP: "off",
        DATABASE_URL: process.env.BENCH_DATABASE_URL ?? `file:${join(folder, "gateway.db")}`
      }
    }
  )
  process.on("exit", () => {
    gateway.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1))
  const { port } = new URL(JSON.parse(await firstLine(gateway)).url)

  const agent = new Agent({ keepAlive: true })
  let sent = 0
  const webhook = () =>
    new Promise((resolve, reject) => {
      const id = `bench-${sent++}`
      const at = new Date().toISOString()
      const body = JSON.stringify({
        accountEmail: "team@example.com",
        content: "x".repeat(15_000),
        is_outbound: false,
        status: "RECEIVED",
        error_code: null,
        error_message: null,
        message_handle: id,
        date_sent: at,
        date_updated: at,
        from_number: "+12025550123",
        number: "+12025550123",
        to_number: "+12025550101",
        sendblue_number: "+12025550101",
        was_downgraded: false,
        plan: "dedicated",
        media_url: "",
        message_type: "message",
        group_id: "",
        participants: [],
        send_style: "",
        opted_out: false,
        error_detail: null,
        service: "iMessage"
      })
      const begun = performance.now()
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), "sb-signing-secret": secret }
      request({ port, host: "127.0.0.1", path: "/webhooks/sendblue?type=receive", method: "POST", agent, headers }, (response) => {
        response.resume().on("end", () =>
          response.statusCode < 300 ? resolve(performance.now() - begun) : reject(new Error(`a webhook got ${response.statusCode}`)))
      }).on("error", reject).end(body)
    })

  const median = (values) => [...values].sort((left, right) => left - right)[values.length >> 1]

  for (let nth = 0; nth < 100; nth++) await webhook()
  await sleep(1_000)

  const ways = ["nobody", "silent", "reading"]
  const samples = Object.fromEntries(ways.map((way) => [way, []]))
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`\rround ${round + 1}/${rounds} of the readers'`)
    for (const way of ways) {
      const child = way === "nobody" ? undefined : fork(fileURLToPath(import.meta.url), ["read", port, String(readers), way])
      if (child !== undefined) await message(child)
      // until the sockets of those that do not read are full: the system takes up to 4 MB for each
      for (let nth = 0; nth < (way === "silent" ? 450 : 30); nth++) await webhook()
      await sleep(2_000)
      const before = await asked(gateway)
      for (let nth = 0; nth < events; nth++) {
        await webhook()
        await sleep(gap)
      }
      await sleep(1_000)
      const after = await asked(gateway)
      const waits = []
      for (let nth = 0; nth < events; nth++) waits.push(await webhook())
      await sleep(1_500)
      samples[way].push({
        cpu: (after.cpuMicros - before.cpuMicros) / events / 1_000,
        wait: median(waits),
        longest: Math.max(...waits),
        rss: (await asked(gateway)).rss
      })
      child?.disconnect()
      await sleep(500)
    }
  }
  process.stderr.write(`\r${" ".repeat(40)}\r`)
  const of = (way, what) => median(samples[way].map((sample) => sample[what]))
  console.log(`Medians of ${rounds} rounds of ${events} events of 15 kB, ${readers} readers\n`)
  console.log(
    "| Readers of `/v1/events` | CPU per event | each reader adds | a webhook takes | the longest | memory |\n|---|---:|---:|---:|---:|---:|"
  )
  const millis = (value) => `${value.toFixed(1)} ms`
  for (const [way, name] of [["nobody", "none"], ["silent", `${readers} that do not read`], ["reading", `${readers} that read`]]) {
    const added = way === "nobody" ? "" : `${((of(way, "cpu") - of("nobody", "cpu")) * 1_000 / readers).toFixed(0)} µs`
    console.log(
      `| ${name} | ${millis(of(way, "cpu"))} | ${added} | ${millis(of(way, "wait"))} | ${millis(of(way, "longest"))} | ${
        (of(way, "rss") / 1_048_576).toFixed(0)
      } MiB |`
    )
  }
  gateway.disconnect()
  if (profile !== undefined) {
    gateway.kill("SIGTERM")
    await new Promise((resolve) => gateway.once("exit", resolve))
  }
  process.exit(0)
}
