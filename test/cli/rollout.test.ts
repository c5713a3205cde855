/** `interline rollout` and `interline conversations move` as processes of their own, against a gateway. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as Command from "../support/command.ts"
import { gatewayWorld } from "../support/gateway.ts"

const run = (program: string, args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Command.run(program, args, { environment })

const policy = {
  rollout: { from: "sendblue", to: "linq", continuation: "none", steps: [{ share: 0.1 }, { share: 1, moves: "new and existing" }] }
} as const

describe("the rollout of a gateway, from the command line", () => {
  it.scopedLive("is shown, started, advanced and taken back, each change with its reason", () =>
    Effect.gen(function*() {
      const program = yield* Command.program
      const world = yield* gatewayWorld({ carriers: ["sendblue", "linq"], policy, variables: { INTERLINE_CATCH_UP: "off" } })
      const key = { INTERLINE_API_KEYS: `tests=${world.apiKey}` }
      const interline = (args: ReadonlyArray<string>) => run(program, [...args, "--url", world.url], key)

      const before = yield* interline(["rollout", "status"])
      deepStrictEqual([before.code, before.err], [0, ""])
      strictEqual(
        before.out,
        "Rollout from sendblue to linq: not-started, step 0 of 2, 0 % of all conversations\nThe next step is 10 % (new).\n".replaceAll(
          "\\\n",
          "\n"
        )
      )
      const started = yield* interline(["rollout", "start", "--reason", "as planned"])
      strictEqual(started.code, 0)
      assertTrue(started.out.startsWith("Rollout from sendblue to linq: running, step 1 of 2, 10 % of all conversations"))
      assertTrue(started.out.includes("tests: as planned"))

      const early = yield* interline(["rollout", "advance", "--reason", "too early"])
      deepStrictEqual([early.code, early.out], [3, ""])
      assertTrue(early.err.includes("the rollout cannot be changed like this now: 0 messages went by linq since the step began"))
      const advanced = yield* interline(["rollout", "advance", "--reason", "in a test", "--anyway", "--json"])
      strictEqual(JSON.parse(advanced.out).share, 1)
      const moved = yield* interline(["conversations", "move", "+12025550123", "--carrier", "sendblue", "--reason", "asked for it"])
      strictEqual(moved.out, "Conversations that move to sendblue, each with its next message: 1\n".replaceAll("\\\n", "\n"))
      const assigned = yield* interline(["rollout", "status"])
      assertTrue(assigned.out.includes("\nDirect conversations now:\n  0 at sendblue\n  0 at linq\n  1 assigned by name\n"))
      const nowhere = yield* interline(["conversations", "move", "+12025550123", "--line", "sales", "--reason", "x"])
      deepStrictEqual([nowhere.code, nowhere.out], [2, ""])
      assertTrue(nowhere.err.includes("must be support; \"sales\" is none of them"), nowhere.err)
      const back = yield* interline(["rollout", "back", "--step", "0", "--reason", "done", "--json"])
      deepStrictEqual([JSON.parse(back.out).phase, JSON.parse(back.out).changes.length], ["back", 3])
      const times = JSON.parse(back.out).changes.map(({ at }: { at: unknown }) => at)
      assertTrue(times.every((at: unknown) => typeof at === "string" && new Date(at).toISOString() === at), JSON.stringify(times))
      const paused = yield* interline(["rollout", "pause", "--reason", "again"])
      assertTrue(paused.err.includes("the rollout went back to its beginning; start it again"))
    }), 180_000)

  it.scopedLive("is refused in one sentence without a reason, a key that the gateway knows, or a gateway", () =>
    Effect.gen(function*() {
      const program = yield* Command.program
      const url = ["--url", "http://127.0.0.1:9"]
      const reasonless = yield* run(program, ["rollout", "start"])
      deepStrictEqual([reasonless.code, reasonless.err.trim()], [2, "interline: rollout start needs --reason, which takes a text"])
      const keyless = yield* run(program, ["rollout", "status", ...url])
      assertTrue(keyless.err.startsWith("interline: set INTERLINE_API_KEYS"))
      const alone = yield* run(program, ["rollout", "status", ...url], { INTERLINE_API_KEYS: "ops=a-key-for-the-tests" })
      strictEqual(
        alone.err.trim(),
        "interline: the gateway does not answer; start it with `interline serve`, or name its address with --url"
      )
      const cut = yield* run(program, ["rollout", "advance", "--reason", "x", ...url], { INTERLINE_API_KEYS: "ops=a-key-for-the-tests" })
      strictEqual(
        cut.err.trim(),
        `${alone.err.trim()}; if it stopped meanwhile, the change may have been made: look at \`interline rollout status\` before you repeat it`
      )
      const nobody = yield* run(program, ["conversations", "move", "Ada", "--reason", "x", ...url], {
        INTERLINE_API_KEYS: "ops=a-key-for-the-tests"
      })
      strictEqual(nobody.err.trim(), "interline: person 1 is neither a number like +12025550123 nor an e-mail address")
    }), 180_000)
})
