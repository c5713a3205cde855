/** `interline policy`: a policy over the user's own carriers and lines is checked, explained and simulated, without a gateway. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "vitest"
import * as InProcess from "./inProcess.ts"

const ada = "+12025550123"

const lines = "desk=acme:+12025550101,sendblue:+12025550201;shop=sendblue:+12025550202"

const variables = { INTERLINE_CARRIERS: "acme=linq", INTERLINE_LINES: lines }

const written = { prefer: ["acme", "sendblue"], rules: [{ match: { lines: ["shop"] }, prefer: ["sendblue"] }] }

const world = Effect.map(InProcess.folder, (folder) => ({
  file: (name: string, content: unknown) => {
    const path = Path.join(folder, name)
    Fs.writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
    return path
  },
  policy: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
    InProcess.run(["policy", ...args], { variables: { ...variables, ...more } })
}))

describe("a policy, from the command line", () => {
  it.scopedLive(
    "is checked over the user's own lines, and each mistake names its field and the nearest right word",
    () =>
      Effect.gen(function*() {
        const { file, policy } = yield* world
        const right = file("right.json", written)
        const checked = yield* policy(["check", right, "--json"])
        deepStrictEqual([checked.code, checked.err], [0, ""])
        const document = JSON.parse(checked.out)
        deepStrictEqual([document.ok, document.policy.prefer, document.policy.onUnknown], [true, ["acme", "sendblue"], "hold"])
        deepStrictEqual(document.carriers.find(({ id }: { id: string }) => id === "acme"), { id: "acme", vendor: "linq", lines: ["desk"] })
        assertTrue(!/\+1\d{5}/.test(checked.out))
        assertTrue((yield* policy(["check", right])).out.startsWith(`the policy in ${right} can be used.\n`))

        const wrong = file("wrong.json", {
          prefer: ["acmee", "sendblue"],
          rules: [{ match: { lines: ["shpo"] }, prefer: ["sendblue"] }],
          deadlines: { attempt: "60 seconds", send: "5 seconds" }
        })
        const refused = yield* policy(["check", wrong])
        deepStrictEqual([refused.code, refused.err], [2, `interline: the policy in ${wrong} cannot be used\n`])
        assertTrue(refused.out.includes("prefer.0: no carrier \"acmee\" is configured") && refused.out.includes("did you mean \"acme\"?"))
        assertTrue(refused.out.includes("rules.0.match.lines.0: ") && refused.out.includes("did you mean \"shop\"?"), refused.out)
        assertTrue(refused.out.includes("deadlines.attempt: is longer than deadlines.send"), refused.out)
        const unknownField = JSON.parse((yield* policy(["check", file("field.json", { preffer: ["acme"] }), "--json"])).out)
        deepStrictEqual([unknownField.ok, unknownField.mistakes.map(({ field }: { field: string }) => field).sort()], [false, [
          "prefer",
          "preffer"
        ]])
        assertTrue(JSON.stringify(unknownField).includes("did you mean \\\"prefer\\\"?"))

        const broken = yield* policy(["check", file("broken.json", "{\n  \"prefer\": [\"acme\",]\n}")])
        deepStrictEqual([broken.code, broken.out, broken.err.includes("holds no JSON")], [2, "", true])
        strictEqual((yield* policy(["check", "no-such-file.json"])).code, 2)

        // the environment's own policy needs no credentials
        strictEqual((yield* policy(["check"], { INTERLINE_PREFER: "acme, sendblue" })).code, 0)
        const unset = yield* policy(["check"])
        deepStrictEqual([unset.code, unset.out.includes("nothing says which carrier to use: name a file with a policy, like")], [2, true])
        // who types a command gives no options of a program
        const wrongSettings = {
          INTERLINE_PREFER: "acme, pigeon",
          INTERLINE_LINES: "desk=pigeon:+12025550101",
          INTERLINE_CARRIERS: "acme=pigeon",
          INTERLINE_FIDELITY: "mostly",
          INTERLINE_POLICY: "{"
        }
        for (const [name, value] of Object.entries(wrongSettings)) {
          const { code, out } = yield* policy(["check"], { INTERLINE_PREFER: name === "INTERLINE_POLICY" ? "" : "acme", [name]: value })
          deepStrictEqual([code, out.includes(`the variable ${name} `), /the option|,,/.test(out)], [2, true, false], out)
        }
        for (const args of [["explain", "Hi", "--to", ada], ["simulate"]]) {
          const { code, err } = yield* policy(args)
          deepStrictEqual([code, err.includes("set the variable INTERLINE_PREFER like linq, sendblue"), err.includes("option")], [
            2,
            true,
            false
          ])
        }
      }),
    240_000
  )

  it.scopedLive("is explained: which carrier comes first and why, what it would be asked, and what is lost", () =>
    Effect.gen(function*() {
      const { file, policy } = yield* world
      const path = file("policy.json", written)
      const explain = (...args: ReadonlyArray<string>) => policy(["explain", "Hi", "--to", ada, "--policy", path, ...args])
      const desk = yield* explain("--line", "desk", "--effect", "shooting_star")
      deepStrictEqual([desk.code, desk.err], [0, ""])
      assertTrue(
        desk.out.startsWith("Because the conversation is at no carrier yet") || desk.out.includes("the policy prefers acme, sendblue")
      )
      assertTrue(/^1\. acme, from the line desk: one request$/m.test(desk.out) && /^2\. sendblue, from the line desk: /m.test(desk.out))
      assertTrue(/^ {3}lost: .*effect/m.test(desk.out) && desk.out.includes("it is held for a person's word"), desk.out)
      const shop = JSON.parse((yield* explain("--line", "shop", "--json")).out)
      deepStrictEqual(
        [
          shop.why.includes("rule 0 of the policy prefers sendblue"),
          shop.carriers.map(({ carrierId }: { carrierId: string }) => carrierId)
        ],
        [true, ["sendblue"]]
      )
      const exact = yield* explain("--line", "shop", "--effect", "sparkles", "--exact")
      deepStrictEqual([exact.code, exact.out.includes("1. sendblue, from the line shop: is not asked")], [3, true])
      const lineless = yield* explain()
      deepStrictEqual([lineless.code, lineless.err], [2, "interline: say from which line: --line takes one of desk, shop\n"])
      const nowhere = yield* explain("--line", "sales")
      deepStrictEqual([nowhere.code, nowhere.err.includes("there is no line \"sales\"; lines are: ")], [3, true])
      const opens = file("opens.json", { prefer: ["acme"], carriers: { acme: { opens: "known" } } })
      const first = yield* policy(["explain", "Hi", "--to", ada, "--policy", opens, "--lines", "desk"])
      deepStrictEqual([first.code, first.out.includes("the person never wrote to the line \"desk\" at acme")], [3, true])
      strictEqual((yield* policy(["explain", "Hi", "--to", ada, "--policy", opens, "--lines", "desk", "--known"])).code, 0)
    }), 240_000)

  it.scopedLive("is simulated over the user's own carriers and lines", () =>
    Effect.gen(function*() {
      const { file, policy } = yield* world
      const path = file("policy.json", written)
      const run = yield* policy(["simulate", path, "--seeds", "20", "--json"])
      deepStrictEqual([run.code, JSON.parse(run.out).seeds, JSON.parse(run.out).violations], [0, 20, 0])
      assertTrue(JSON.parse(run.out).sends > 0 && JSON.parse(run.out).accepted > 0)
      const trace = (yield* policy(["simulate", path, "--seed", "3", "--trace"])).out
      assertTrue(trace.includes("from line shop") && /\bacme\b/.test(trace) && !trace.includes("linq"), trace.slice(0, 2_000))
      const named =
        (yield* policy(["simulate", file("plain.json", { prefer: ["acme"] }), "--lines", "north,south", "--seed", "3", "--trace"])).out
      assertTrue(named.includes("from line north") && named.includes("from line south"), named.slice(0, 2_000))
      strictEqual((yield* policy(["simulate", path, "--seed", "3", "--seeds", "4"])).code, 2)
      strictEqual((yield* policy(["simulate", file("wrong.json", { prefer: ["acmee"] })])).code, 2)
    }), 240_000)
})
