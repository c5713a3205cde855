// `npm run bench`: rounds that alternate between the compared programs, each in a process of its own against one server
// process; prints medians. Options: --rounds N (default 5), --sends N per round (default 6000), --concurrency N (default 32),
// --only WORD (the programs whose names hold it; `router` adds what the router costs without a network, and
// the simulation; `gateway` is what the gateway adds, and `report` a report of recorded calls, and nothing else).
import { spawn, spawnSync } from "node:child_process"
import { cpus } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const rounds = option("rounds", 5)
const sends = option("sends", 6000)
const concurrency = option("concurrency", 32)
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined

const child = (script, args) => {
  const result = spawnSync(process.execPath, [join(here, script), ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })
  if (result.status !== 0) throw new Error(`${script} ${args.join(" ")} failed`)
  return JSON.parse(result.stdout)
}
const median = (values) => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const server = spawn(process.execPath, [join(here, "server.mjs")], { stdio: ["ignore", "pipe", "inherit"] })
const port = await new Promise((resolve) => server.stdout.once("data", (line) => resolve(String(line).trim())))

// whatever happens below, the server ends with this process
process.on("exit", () => server.kill())

const programs = child("load.mjs", ["--list"]).filter((name) => only === undefined || name.includes(only))
const results = new Map(programs.map((name) => [name, []]))
const plans = []
const ways = only === undefined || only === "router"
  ? ["direct", "router"].flatMap((way) => ["traced", "untraced"].map((tracing) => [way, tracing]))
  : []
const simulations = []
const reports = []
const inProcess = new Map(ways.map((way) => [way.join(" "), []]))
for (let round = 0; round < rounds; round++) {
  for (const name of programs) {
    process.stderr.write(`\rround ${round + 1}/${rounds}: ${name.padEnd(40)}`)
    results.get(name).push(child("load.mjs", [name, port, String(sends), String(concurrency)]))
  }
  for (const way of ways) {
    process.stderr.write(`\rround ${round + 1}/${rounds}: in process, ${way.join(" ").padEnd(30)}`)
    inProcess.get(way.join(" ")).push(child("router.mjs", [...way, "20000"]))
  }
  if (ways.length > 0) simulations.push(child("simulation.mjs", ["1000"]))
  if (only === undefined) plans.push(child("plan.mjs", []))
  if (only === undefined || only === "report") {
    for (const way of ["report", "count"]) {
      process.stderr.write(`\rround ${round + 1}/${rounds}: recorded calls, ${way.padEnd(30)}`)
      reports.push({ way, ...child("report.mjs", [way]) })
    }
  }
}
process.stderr.write(`\r${" ".repeat(60)}\r`)
server.kill()

const rows = programs.map((name) => {
  const samples = results.get(name)
  return {
    name,
    perSecond: median(samples.map((sample) => sample.perSecond)),
    cpuMicros: median(samples.map((sample) => sample.cpuMicros))
  }
})
const of = (name) => rows.find((row) => row.name === name)
const ratio = (value, to) => to === undefined ? "" : (value / to).toFixed(2)

console.log(`Node ${process.versions.node}, ${cpus().length} cores, medians of ${rounds} rounds`)
if (rows.length > 0) {
  console.log(`\n${sends} sends a round, at concurrency ${concurrency}\n`)
  console.log("| Program | sends/s | CPU per send | x @linqapp/sdk sends/s | CPU x effect HttpClient | CPU x undici |")
  console.log("|---|---:|---:|---:|---:|---:|")
}
for (const { cpuMicros, name, perSecond } of rows) {
  console.log(
    `| ${name} | ${Math.round(perSecond).toLocaleString("en")} | ${cpuMicros.toFixed(0)} µs | ${
      ratio(perSecond, of("@linqapp/sdk")?.perSecond)
    } | ` +
      `${ratio(cpuMicros, of("effect HttpClient")?.cpuMicros)} | ${ratio(cpuMicros, of("undici")?.cpuMicros)} |`
  )
}
if (ways.length > 0) {
  const middle = (way, what) => median(inProcess.get(way).map((sample) => sample[what]))
  console.log(
    "\n| In process, carriers that answer at once | one carrier | router over two | the router adds | steps of Effect |\n|---|---:|---:|---:|---:|"
  )
  for (const tracing of ["traced", "untraced"]) {
    const [direct, router] = ["direct", "router"].map((way) => middle(`${way} ${tracing}`, "cpuMicros"))
    // each round's own difference: what else the machine does meanwhile is in both
    const added = median(
      inProcess.get(`router ${tracing}`).map(({ cpuMicros }, round) => cpuMicros - inProcess.get(`direct ${tracing}`)[round].cpuMicros)
    )
    const steps = ["direct", "router"].map((way) => Math.round(middle(`${way} ${tracing}`, "steps"))).join(" and ")
    console.log(
      `| CPU per send, ${tracing === "traced" ? "default tracer" : "no tracer"} | ${direct.toFixed(0)} µs | ${router.toFixed(0)} µs | ${
        added.toFixed(0)
      } µs | ${steps} |`
    )
  }
}
if (simulations.length > 0) {
  const perSecond = Math.round(median(simulations.map((simulation) => simulation.perCpuSecond))).toLocaleString("en")
  console.log(`\nSimulation: ${perSecond} seeds a second of one core, ${simulations[0].sends} sends a seed.`)
}
if (reports.length > 0) {
  const perSecond = (way) => median(reports.filter((report) => report.way === way).map((report) => report.perCpuSecond))
  const [made, counted] = ["report", "count"].map(perSecond)
  const shown = (value) => Math.round(value).toLocaleString("en")
  console.log("\n| Recorded calls | calls a second of one core | CPU x parse and count |\n|---|---:|---:|")
  console.log(`| report | ${shown(made)} | ${(counted / made).toFixed(1)} |`)
  console.log(`| parse and count | ${shown(counted)} | 1.0 |`)
  const memory = [100_000, 1_000_000].map((calls) => `${Math.round(child("report.mjs", ["memory", String(calls)]).mebibytes)} MiB`)
  console.log(`\nMemory of a report at most: ${memory[0]} for 100,000 calls, ${memory[1]} for 1,000,000.`)
}
if (plans.length > 0) console.log("\n| Plan of a validated draft | drafts/s |\n|---|---:|")
for (const carrier of plans.length > 0 ? ["linq", "sendblue"] : []) {
  console.log(`| ${carrier} | ${Math.round(median(plans.map((plan) => plan[carrier]))).toLocaleString("en")} |`)
}

if (only === undefined || only === "gateway") {
  const result = spawnSync(process.execPath, [join(here, "gateway.mjs"), "--rounds", String(rounds)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  if (result.status !== 0) throw new Error("gateway.mjs failed")
  console.log(`\n${result.stdout.trimEnd()}`)
}
