// How fast the simulation goes: seeds per second of CPU on one core, after a warm-up. `node simulation.mjs <seeds>`
import * as Simulation from "@interline/router/Simulation"

const seeds = Number(process.argv[2])
for (let seed = 1; seed <= seeds / 4; seed++) Simulation.run({ seed: 1_000_000 + seed })
const cpu = process.cpuUsage()
const started = performance.now()
let sends = 0
for (let seed = 1; seed <= seeds; seed++) sends += Simulation.run({ seed }).sends
const seconds = (performance.now() - started) / 1000
const { system, user } = process.cpuUsage(cpu)
process.stdout.write(JSON.stringify({ perSecond: seeds / seconds, perCpuSecond: seeds / ((user + system) / 1e6), sends: sends / seeds }))
