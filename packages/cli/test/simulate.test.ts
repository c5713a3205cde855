/** What `interline simulate` prints, and how it ends. */
import * as FileSystem from "@effect/platform/FileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Simulate from "../src/Simulate.ts"

const settings: Simulate.Settings = {
  seeds: Option.some(60),
  from: Option.none(),
  seed: Option.none(),
  trace: false,
  policy: Option.none(),
  json: false
}

/** Runs it over one file, and gives what it wrote to stdout. */
const run = (change: Partial<Simulate.Settings>, file = "") =>
  Effect.gen(function*() {
    const out: Array<unknown> = []
    const original = yield* Console.consoleWith(Effect.succeed)
    const exit = yield* Simulate.run({ ...settings, ...change }).pipe(
      Effect.withConsole({ ...original, log: (...lines) => Effect.sync(() => void out.push(...lines)) }),
      Effect.provide(FileSystem.layerNoop({ readFileString: () => Effect.succeed(file) })),
      Effect.exit
    )
    return { exit, text: out.join("\n") }
  })

const careless = { fence: "before" } as const

describe("simulate", () => {
  it.live("prints a summary when every invariant held", () =>
    Effect.gen(function*() {
      const { exit, text } = yield* run({})
      expect(Exit.isSuccess(exit)).toBe(true)
      expect(text).toMatch(/^60 seeds in .*: every invariant held/)
      expect(text).toMatch(/^sends +1,440 /m)
      expect(text).toMatch(/^false accepts +0 /m)
      expect(text).toMatch(/^time to failover: p50 .* ms, p99 .* ms$/m)
    }))

  it.live("prints one JSON document", () =>
    Effect.gen(function*() {
      const { text } = yield* run({ json: true })
      expect(JSON.parse(text)).toMatchObject({
        seeds: 60,
        sends: 1440,
        violations: 0,
        duplicates: 0,
        falseAccepts: 0,
        falseRejects: 0,
        failover: { p50: expect.any(Number) }
      })
    }))

  it.live("runs one seed and tells it", () =>
    Effect.gen(function*() {
      const { text } = yield* run({ seeds: Option.none(), seed: Option.some(12), trace: true })
      expect(text).toMatch(/^seed 12\n +\d/)
      expect(text).toContain("1 seed in")
    }))

  it.live("fails at a violation, with its trace and the command that shows it again", () =>
    Effect.gen(function*() {
      const { exit, text } = yield* run({ seeds: Option.some(2_000), subject: careless })
      expect(exit).toMatchObject(Exit.fail({ _tag: "Violated" }))
      expect(text).toMatch(
        /seed (\d+), delivery #\d+: written-to-after-opt-out: [\s\S]*VIOLATION[\s\S]*again: interline simulate --seed \1 --trace/
      )
      const { text: json } = yield* run({ seeds: Option.some(2_000), subject: careless, json: true })
      expect(JSON.parse(json)).toMatchObject({
        violation: {
          found: expect.arrayContaining([expect.objectContaining({ invariant: "written-to-after-opt-out" })]),
          replay: expect.stringContaining("--trace")
        }
      })
    }))

  it.live("goes by the policy of a file, and names it in the command", () =>
    Effect.gen(function*() {
      const policy = JSON.stringify({ prefer: ["sendblue", "linq"], onUnknown: "send-anyway" })
      const { text } = yield* run({ policy: Option.some("p.json"), subject: careless, seeds: Option.some(2_000) }, policy)
      expect(text).toContain("--trace --policy p.json")
      const { text: json } = yield* run({ policy: Option.some("p.json"), json: true, seeds: Option.some(100) }, policy)
      expect(JSON.parse(json).duplicates).toBeGreaterThan(0)
    }))

  it.live("names every carrier that it has when a policy names another", () =>
    Effect.gen(function*() {
      const unknown = (policy: object) =>
        Effect.flip(Effect.flatMap(run({ policy: Option.some("p.json") }, JSON.stringify(policy)), ({ exit }) => exit))
      expect(yield* unknown({ prefer: ["pigeon"] })).toMatchObject({
        message: expect.stringContaining("prefer.0: no carrier \"pigeon\" is configured; configured are linq, sendblue")
      })
      expect(yield* unknown({ prefer: ["linq-eu"], rules: [{ match: { kind: "group" }, prefer: ["owl", "sendblue-2"] }] })).toMatchObject({
        message: expect.stringContaining(
          "rules.0.prefer.0: no carrier \"owl\" is configured; configured are linq, sendblue, linq-eu, sendblue-2"
        )
      })
    }))

  it.live.each(
    [
      ["a line of the user's own", ["billing"], {
        prefer: ["linq", "sendblue"],
        rules: [{ match: { lines: ["billing"] }, prefer: ["sendblue"] }]
      }],
      ["several lines, one of them named twice, at carriers of other names", ["billing", "Sales_2"], {
        prefer: ["linq", "linq-eu"],
        rules: [{ match: { lines: ["billing", "Sales_2"], kind: "direct" }, prefer: ["linq-eu", "sendblue-us"] }, {
          match: { lines: ["support", "billing"] },
          prefer: ["linq"]
        }]
      }],
      ["people of other countries, and a share", ["uk"], {
        prefer: ["sendblue"],
        rules: [{ match: { countryCodes: ["+44", "+1202"], lines: ["uk"] }, prefer: ["linq"] }, {
          match: { share: 0.5 },
          prefer: ["linq", "sendblue"]
        }]
      }]
    ] as const
  )("simulates the policy's own lines, with people on each: %s", ([, lines, policy]) =>
    Effect.gen(function*() {
      const { exit, text } = yield* run({ policy: Option.some("p.json"), seeds: Option.some(40), json: true }, JSON.stringify(policy))
      expect(exit).toEqual(Exit.void)
      expect(JSON.parse(text)).toMatchObject({ seeds: 40, violations: 0 })
      const { text: told } = yield* run(
        { policy: Option.some("p.json"), seeds: Option.none(), seed: Option.some(3), trace: true },
        JSON.stringify(policy)
      )
      for (const line of lines) expect(told).toMatch(new RegExp(`to person \\d from line ${line}\\b`))
      expect(told).toMatch(/to person \d(;|$)/m)
    }))

  it.live("judges each line of a carrier by its own faults", () =>
    Effect.gen(function*() {
      const policy = {
        prefer: ["linq", "sendblue"],
        rules: [{ match: { lines: ["billing"] }, prefer: ["sendblue", "linq"] }, { match: { lines: ["sales"] }, prefer: ["linq"] }]
      }
      // here one line of Linq opens again while another one is at rest
      const { exit } = yield* run({ policy: Option.some("p.json"), seeds: Option.none(), seed: Option.some(1579) }, JSON.stringify(policy))
      expect(exit).toEqual(Exit.void)
    }))

  it.live("says what is wrong with a policy over lines of its own", () =>
    Effect.gen(function*() {
      const refused = (policy: object) =>
        Effect.map(run({ policy: Option.some("p.json") }, JSON.stringify(policy)), ({ exit }) =>
          Exit.isFailure(exit) ? String(exit.cause) : "")
      expect(yield* refused({ prefer: ["linq"], rules: [{ match: { lines: ["billing"] }, prefer: ["owl"] }] })).toContain(
        "rules.0.prefer.0: no carrier \"owl\" is configured"
      )
      expect(yield* refused({ prefer: ["linq"], rules: [{ match: { lines: ["no line"] }, prefer: ["linq"] }] })).toContain(
        "rules.0.match.lines.0"
      )
      expect(yield* refused({ prefer: ["linq"], rules: [{ match: { lines: "billing" }, prefer: ["linq"] }] })).toContain(
        "rules.0.match.lines"
      )
    }))

  it.live("refuses to run no seed, and one seed together with many", () =>
    Effect.gen(function*() {
      const refused = (message: string) => Exit.fail({ _tag: "SettingsError", message })
      for (const seeds of [0, -3]) {
        const { exit, text } = yield* run({ seeds: Option.some(seeds) })
        expect(exit).toMatchObject(refused(`--seeds takes a whole number from 1, not ${seeds}`))
        expect(text).toBe("")
      }
      const both = refused("--seed runs one seed and goes with neither --seeds nor --seed-from")
      expect((yield* run({ seed: Option.some(3) })).exit).toMatchObject(both)
      expect((yield* run({ seeds: Option.none(), seed: Option.some(3), from: Option.some(1) })).exit).toMatchObject(both)
    }))

  it.live("refuses a file without JSON, and a policy that cannot be used", () =>
    Effect.gen(function*() {
      expect((yield* run({ policy: Option.some("p.json") }, "prefer: linq")).exit).toMatchObject(
        Exit.fail({ _tag: "PolicyFileError", message: "the policy file p.json holds no JSON" })
      )
      expect((yield* run({ policy: Option.some("p.json") }, "{\"prefer\": [\"pigeon\"]}")).exit).toMatchObject(
        Exit.fail({ _tag: "PolicyError" })
      )
    }))
})
