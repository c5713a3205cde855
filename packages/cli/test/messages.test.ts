/** `interline messages` with each of its conditions, and what destructive verbs ask a person, against a gateway in this process. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as InProcess from "./inProcess.ts"

const ada = "+12025550123"

describe("the messages of a gateway", () => {
  it.scopedLive("are found by each condition, and opt-outs are lifted only if a person says yes", () =>
    Effect.gen(function*() {
      const { interline } = yield* InProcess.gateway()
      const sent = yield* interline(["send", "Hi", "--to", ada, "--key", "order-1", "--json"])
      deepStrictEqual([sent.code, sent.err], [0, ""])
      const { id } = JSON.parse(sent.out)
      const ids = (...conditions: ReadonlyArray<string>) =>
        Effect.map(
          interline(["messages", "--jsonl", ...conditions]),
          ({ out }) => out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).id)
        )
      const found: ReadonlyArray<ReadonlyArray<string>> = [
        ["--key", "order-1"],
        ["--failed-over", "no"],
        ["--outcome", "accepted", "--carrier", "linq", "--line", "support", "--with", ada, "--direction", "outbound"],
        ["--since", "2000-01-01", "--until", "2999-01-01T00:00:00Z"]
      ]
      for (const conditions of found) deepStrictEqual([conditions, yield* ids(...conditions)], [conditions, [id]])
      const notFound: ReadonlyArray<ReadonlyArray<string>> = [
        ["--key", "order-2"],
        ["--failed-over", "yes"],
        ["--loss", "effect-dropped"],
        ["--outcome", "held"],
        ["--carrier", "sendblue"],
        ["--until", "2000-01-01"]
      ]
      for (const conditions of notFound) deepStrictEqual([conditions, yield* ids(...conditions)], [conditions, []])
      const wrongSide = yield* interline(["messages", "--loss", "split", "--key", "order-1", "--direction", "inbound"])
      deepStrictEqual([wrongSide.code, wrongSide.err], [2, "interline: --loss and --key are of sends, which are outbound\n"])
      const wrongKind = yield* interline(["messages", "--loss", "spilt"])
      deepStrictEqual([wrongKind.code, wrongKind.err.includes("did you mean \"split\"?")], [2, true])
      const wrongTime = yield* interline(["messages", "--since", "yesterday"])
      deepStrictEqual([wrongTime.code, wrongTime.err.includes("must be a time with its zone")], [2, true])

      // --- what a person is asked ---
      strictEqual((yield* interline(["opt-outs", "add", ada])).code, 0)
      const listed = Effect.map(interline(["opt-outs", "list", "--jsonl"]), ({ out }) => out.includes(ada))
      const refusals: ReadonlyArray<readonly [keys: ReadonlyArray<string>, what: string]> = [
        [["n"], "no"],
        [["Enter"], "the default"],
        [[], "the person goes away"]
      ]
      for (const [keys, what] of refusals) {
        const refused = yield* interline(["opt-outs", "remove", ada], keys)
        deepStrictEqual([what, refused.code, refused.out, yield* listed], [what, 1, "", true])
        assertTrue(refused.screen.includes("Go on?") && refused.err.endsWith("interline: nothing was done\n"), refused.screen)
      }
      const agreed = yield* interline(["opt-outs", "remove", ada], ["y"])
      deepStrictEqual([agreed.code, agreed.err, yield* listed], [0, "", false])
    }), 240_000)
})
