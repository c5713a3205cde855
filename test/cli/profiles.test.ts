/** `interline profiles` and `--profile` as processes of their own, against two gateways. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "vitest"
import * as Command from "../support/command.ts"
import { gatewayWorld, temporaryFile } from "../support/gateway.ts"

const quiet = { INTERLINE_CATCH_UP: "off" }

describe("the profiles of the command", () => {
  it.scopedLive("name gateways, with a key that only the user can read and that is never shown", () =>
    Effect.gen(function*() {
      const program = yield* Command.program
      const home = Path.dirname(yield* temporaryFile)
      const file = Path.join(home, "interline", "profiles.json")
      const interline = (args: ReadonlyArray<string>, more: Command.More = {}) =>
        Command.run(program, args, { ...more, environment: { XDG_CONFIG_HOME: home, ...more.environment } })
      const one = yield* gatewayWorld({ carriers: ["sendblue"], variables: quiet })
      const two = yield* gatewayWorld({
        carriers: ["linq"],
        variables: { ...quiet, INTERLINE_API_KEYS: "tests=another-key-for-the-tests" }
      })

      deepStrictEqual(yield* interline(["profiles", "list"]), {
        code: 0,
        out: "There are no profiles. `interline profiles add` adds one.\n",
        err: ""
      })
      const added = yield* interline(["profiles", "add", "one", "--url", `${one.url}/`], { input: `${one.apiKey}\n` })
      deepStrictEqual([added.code, added.err, added.out], [
        0,
        "",
        `The profile one is ${one.url}. It is kept in ${file}, which only you can read.\n`
      ])
      strictEqual(Fs.statSync(file).mode & 0o777, 0o600)
      strictEqual(Fs.statSync(Path.dirname(file)).mode & 0o777, 0o700)
      strictEqual((yield* interline(["profiles", "add", "two", "--url", two.url, "--key-from", "TWO_KEY"])).code, 0)

      const listed = yield* interline(["profiles", "list", "--json"])
      deepStrictEqual(JSON.parse(listed.out), {
        items: [{ name: "one", url: one.url, key: "in the file" }, { name: "two", url: two.url, key: "in TWO_KEY" }]
      })
      assertTrue((yield* interline(["profiles", "list"])).out.startsWith("name  url"))

      // each gateway is asked with its own key: neither has a rollout, and says so
      const noRollout = yield* interline(["rollout", "status", "--profile", "one"])
      const other = yield* interline(["rollout", "status", "--profile", "two"], { environment: { TWO_KEY: "another-key-for-the-tests" } })
      assertTrue(noRollout.err.includes("rollout"), noRollout.err)
      strictEqual(other.err, noRollout.err)
      const wrong = yield* interline(["rollout", "status", "--profile", "two"], { environment: { TWO_KEY: "a-wrong-key-for-the-tests" } })
      assertTrue(wrong.err.startsWith("interline: the gateway does not know the key of the profile two; give it another one"), wrong.err)
      const unset = yield* interline(["rollout", "status", "--profile", "two"])
      deepStrictEqual([unset.code, unset.err], [2, "interline: the profile two has its key in the variable TWO_KEY, which is not set\n"])
      const unknown = yield* interline(["rollout", "status", "--profile", "tow"])
      deepStrictEqual([unknown.code, unknown.err], [
        2,
        "interline: --profile must be one of one, two; \"tow\" is none of them; did you mean \"two\"?\n"
      ])
    }), 180_000)

  it.scopedLive("are refused where others can read them, where a key is none, and where nobody says yes", () =>
    Effect.gen(function*() {
      const program = yield* Command.program
      const home = Path.dirname(yield* temporaryFile)
      const file = Path.join(home, "interline", "profiles.json")
      const interline = (args: ReadonlyArray<string>, input?: string) =>
        Command.run(program, args, { environment: { XDG_CONFIG_HOME: home }, ...(input === undefined ? {} : { input }) })
      const address = ["--url", "https://gateway.example"]
      const short = yield* interline(["profiles", "add", "prod", ...address], "short")
      deepStrictEqual([short.code, short.out, Fs.existsSync(file)], [2, "", false])
      strictEqual((yield* interline(["profiles", "add", "prod", ...address], "a-key-for-the-tests")).code, 0)
      const again = yield* interline(["profiles", "add", "prod", ...address], "a-second-key-for-tests")
      deepStrictEqual([again.code, again.err], [
        2,
        "interline: the profile prod is replaced: give --yes, because nobody can be asked here\n"
      ])
      assertTrue(Fs.readFileSync(file, "utf8").includes("\"a-key-for-the-tests\""))
      Fs.chmodSync(file, 0o640)
      const open = yield* interline(["rollout", "status", "--profile", "prod"])
      deepStrictEqual([open.code, open.out], [2, ""])
      assertTrue(open.err.startsWith(`interline: other users can read ${file}, and it has API keys; run chmod 600 ${file}`), open.err)
      Fs.chmodSync(file, 0o600)
      strictEqual((yield* interline(["profiles", "remove", "prod", "--yes"])).out, "The profile prod is removed.\n")
      strictEqual((yield* interline(["profiles", "list"])).out, "There are no profiles. `interline profiles add` adds one.\n")
    }), 180_000)
})
