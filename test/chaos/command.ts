/** `npm run chaos`: all scenarios in full, and a table with the bar beside each figure. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as NodeUtil from "node:util"
import * as Scenario from "./scenario.ts"
import * as Scenarios from "./scenarios.ts"
import * as Stage from "./stage.ts"

const usage = `npm run chaos -- [OPTION ...]

Runs several gateways on one PostgreSQL, ends, freezes and cuts them off under load, and lets the phones of the sandbox judge.
Ends with 1 if a bar is missed. All scenarios together take about an hour.

--only NAME     one scenario, or all whose names begin with NAME and a dash; may be repeated
--times N       how often the fault happens
--seconds N     how long it lasts, where it lasts
--short         the short form that tests run
--list          names the scenarios and ends
--json          figures as JSON
--logs FOLDER   where the processes write their logs
--help          this page`

const stop = (why: string): never => {
  console.error(`${why}\n\n${usage}`)
  process.exit(2)
}

const read = () => {
  try {
    const options = {
      help: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] as Array<string> },
      times: { type: "string" },
      seconds: { type: "string" },
      short: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      logs: { type: "string" }
    } as const
    return NodeUtil.parseArgs({ options }).values
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error))
  }
}

const values = read()

const chosen = Scenarios.scenarios.filter(({ name }) =>
  values.only.length === 0 || values.only.some((part) => name === part || name.startsWith(`${part}-`))
)

const lengthOf = ({ full, short }: Scenario.Scenario): Scenario.Length => {
  const usual = values.short ? short ?? full : full
  return {
    times: values.times === undefined ? usual.times : Number(values.times),
    seconds: values.seconds === undefined ? usual.seconds : Number(values.seconds)
  }
}

const barOf = ({ atLeast, atMost }: Scenario.Figure): string =>
  [...(atLeast === undefined ? [] : [`at least ${round(atLeast)}`]), ...(atMost === undefined ? [] : [`at most ${round(atMost)}`])].join(
    ", "
  )

const round = (value: number): string => Number.isInteger(value) ? String(value) : value.toFixed(2)

/** How many stories are told of each scenario. */
const stories = 12

const page = (scenario: Scenario.Scenario, length: Scenario.Length, { evidence, figures }: Scenario.Report): string =>
  [
    "",
    `## ${scenario.name}`,
    `${scenario.shows} (${length.times} times)`,
    "",
    "| Figure | Measured | Bar | |",
    "|---|---:|---|---|",
    ...figures.map((figure) =>
      `| ${figure.what} | ${round(figure.value)} | ${barOf(figure)} | ${Scenario.isMissed(figure) ? "MISSED" : ""} |`
    ),
    ...(evidence.length === 0 ? [] : ["", ...evidence.slice(0, stories).map((story) => `- ${story}`)]),
    ...(evidence.length > stories ? [`- … and ${evidence.length - stories} more`] : [])
  ].join("\n")

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

/** Every user of the machine can get to it: the database's server is another one. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const made = Fs.mkdtempSync(Path.join(Fs.realpathSync(Os.tmpdir()), "interline-chaos-"))
    Fs.chmodSync(made, 0o755)
    return made
  }),
  (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true, maxRetries: 5 }))
)

const program = Effect.gen(function*() {
  if (values.help) {
    yield* say(usage)
    return 0
  }
  if (chosen.length === 0) {
    yield* say(`there is no scenario ${values.only.join(", ")}; --list names them`)
    return 1
  }
  if (values.list) {
    yield* say(chosen.map(({ name, shows }) => `${name}: ${shows}`).join("\n"))
    return 0
  }
  const stage = yield* Effect.flatMap(folder, (shared) => Stage.make(shared, values.logs))
  const reports: Array<Scenario.Report & { readonly scenario: string }> = []
  for (const scenario of chosen) {
    const length = lengthOf(scenario)
    const report = yield* Effect.scoped(scenario.run(stage, length))
    reports.push({ scenario: scenario.name, ...report })
    if (!values.json) yield* say(page(scenario, length, report))
  }
  if (values.json) yield* say(JSON.stringify(reports, undefined, 2))
  const missed = reports.flatMap(({ figures, scenario }) => figures.filter(Scenario.isMissed).map(({ what }) => `${scenario}: ${what}`))
  if (!values.json) yield* say(missed.length === 0 ? "\nAll bars are met." : `\nMissed:\n${missed.map((one) => `- ${one}`).join("\n")}`)
  return missed.length === 0 ? 0 : 1
})

// connections to processes that are gone must not keep this one
NodeRuntime.runMain(Effect.scoped(program), { teardown: (exit) => process.exit(Exit.isSuccess(exit) ? Number(exit.value) : 1) })
