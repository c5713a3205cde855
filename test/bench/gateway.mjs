// What the gateway adds to a send: `POST /v1/send` against the carrier called directly, at a steady rate, in rounds that alternate.
// The vendor, the gateway (a SQLite file) and the load are processes of their own. Options: --rounds N (default 5), --rate N
// (default 300), --seconds N of each round (default 10), --warm-up N seconds before the first (default 30).
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const rounds = option("rounds", 5)
const rate = option("rate", 300)
const seconds = option("seconds", 10)
const warmUp = option("warm-up", 30)
const apiKey = "a-key-for-the-bench"

const firstLine = (child) => new Promise((resolve) => child.stdout.once("data", (line) => resolve(String(line).trim())))
const folder = mkdtempSync(join(tmpdir(), "interline-bench-"))
const vendor = spawn(process.execPath, [join(here, "server.mjs")], { stdio: ["ignore", "pipe", "inherit"] })
const vendorPort = await firstLine(vendor)
const gateway = spawn(process.execPath, [join(here, "../../packages/cli/bin/interline.mjs"), "serve", "--json", "--port", "0"], {
  stdio: ["ignore", "pipe", "ignore"],
  env: {
    PATH: process.env.PATH,
    INTERLINE_CARRIER: "linq",
    INTERLINE_LINES: "support=linq:+12025550101",
    INTERLINE_API_KEYS: `bench=${apiKey}`,
    LINQ_API_KEY: "token",
    LINQ_BASE_URL: `http://127.0.0.1:${vendorPort}`,
    // this vendor has no lists to read back
    INTERLINE_CATCH_UP: "off",
    DATABASE_URL: process.env.BENCH_DATABASE_URL ?? `file:${join(folder, "gateway.db")}`
  }
})
process.on("exit", () => {
  vendor.kill()
  gateway.kill()
  rmSync(folder, { recursive: true, force: true })
})
// whoever stops this stops them
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1))
const { url } = JSON.parse(await firstLine(gateway))
const gatewayPort = new URL(url).port

const steady = (args) => {
  const result = spawnSync(process.execPath, [join(here, "steady.mjs"), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  if (result.status !== 0) throw new Error(`steady.mjs ${args.join(" ")} failed`)
  return JSON.parse(result.stdout)
}
const median = (values) => [...values].sort((left, right) => left - right)[values.length >> 1]

// a gateway runs for days; its first seconds, in which code is still being compiled, are not what is measured
process.stderr.write("warming up the gateway")
steady(["gateway", gatewayPort, String(Math.min(rate, 150)), String(warmUp), apiKey])

const samples = { direct: [], gateway: [] }
for (let round = 0; round < rounds; round++) {
  process.stderr.write(`\rround ${round + 1}/${rounds} of the gateway's`)
  samples.direct.push(steady(["direct", vendorPort, String(rate), String(seconds)]))
  samples.gateway.push(steady(["gateway", gatewayPort, String(rate), String(seconds), apiKey]))
}
process.stderr.write(`\r${" ".repeat(40)}\r`)

const millis = (value) => `${value.toFixed(2)} ms`
const of = (way, what) => median(samples[way].map((sample) => sample[what]))
console.log(`Medians of ${rounds} rounds of ${seconds} seconds at ${rate} sends a second\n`)
console.log("| A send at a steady rate | p50 | p95 | p99 | failed |\n|---|---:|---:|---:|---:|")
for (const [way, name] of [["direct", "the carrier, called directly"], ["gateway", "`POST /v1/send`, SQLite"]]) {
  const failed = samples[way].reduce((sum, sample) => sum + sample.failed, 0)
  console.log(`| ${name} | ${millis(of(way, "p50"))} | ${millis(of(way, "p95"))} | ${millis(of(way, "p99"))} | ${failed} |`)
}
const added = (what) => median(samples.gateway.map((sample, round) => sample[what] - samples.direct[round][what]))
console.log(`| the gateway adds | ${millis(added("p50"))} | ${millis(added("p95"))} | ${millis(added("p99"))} | |`)
process.exit(0)
