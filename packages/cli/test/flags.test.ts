/** What the command line refuses, and in which words. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Flags from "../src/grammar/flags.ts"
import * as Verbs from "../src/grammar/verbs.ts"

const read = (verb: Verbs.VerbName, flag: string, text: string) =>
  Flags.readNumber(flag, Verbs.verbOf(verb).flags[flag] ?? { says: "" }, text)

describe("a number", () => {
  it.each(
    [
      ["simulate", "seeds", "1", 1],
      ["simulate", "seeds", "100000", 100_000],
      ["simulate", "seed", "0", 0],
      ["simulate", "seed", "-7", -7],
      ["sandbox", "linq-port", "65535", 65_535]
    ] as const
  )("%s --%s %s is taken", (verb, flag, text, value) => {
    expect(read(verb, flag, text)).toEqual(Either.right(value))
  })

  it.each(
    [
      ["simulate", "seeds", "0", "--seeds takes a whole number from 1, not \"0\""],
      ["simulate", "seeds", "-3", "--seeds takes a whole number from 1, not \"-3\""],
      ["simulate", "seeds", "many", "--seeds takes a whole number from 1, not \"many\""],
      ["simulate", "seeds", "1.5", "--seeds takes a whole number from 1, not \"1.5\""],
      ["simulate", "seeds", "Infinity", "--seeds takes a whole number from 1, not \"Infinity\""],
      ["simulate", "seed", "x", "--seed takes a whole number, not \"x\""],
      ["simulate", "seed-from", "1e300", "--seed-from takes a whole number, not \"1e300\""],
      ["sandbox", "control-port", "65536", "--control-port takes a port from 0 to 65535, not \"65536\""]
    ] as const
  )("%s --%s %s is refused", (verb, flag, text, sentence) => {
    expect(read(verb, flag, text)).toEqual(Either.left(sentence))
  })
})

describe("a flag", () => {
  it.each([
    [["simulate", "--seeds"], "--seeds takes a whole number from 1, and none is given"],
    [["simulate", "--seeds", "--json"], "--seeds takes a whole number from 1, and none is given"],
    [["simulate", "--seed=", "--trace"], "--seed takes a whole number, and none is given"],
    [["simulate", "--policy"], "--policy takes the path of a JSON file, and none is given"],
    [["demo", "--sandbox"], "--sandbox takes the control URL of a sandbox, and none is given"],
    [["simulate", "--seeds", "10", "--seeds=20"], "--seeds is given twice"],
    [["rollout", "status", "--url", "http://a.example", "--profile", "b"], "--url and --profile exclude each other; give one of them"],
    [["profiles", "add", "a", "b"], "profiles add takes the name of the profile, and more is given; put quotes around a text"]
  ])("without its value or given twice is refused: %j", (args, sentence) => {
    expect(Flags.mistake(args)).toEqual(Option.some(sentence))
  })

  it.each([
    [["simulate", "--seeds", "10", "--json", "--policy=p.json"]],
    [["simulate", "--seed", "-1", "--trace"]],
    [["sandbox"]],
    [["simulate", "--seeds", "--help"]]
  ])("with its value is left to the library: %j", (args) => {
    expect(Flags.mistake(args)).toEqual(Option.none())
  })
})

describe("what to do today instead of a command that is not there", () => {
  it.each([["console", "/console/"], ["dev", "use `interline serve`"], ["check", "use `interline doctor`"], [
    "tail",
    "use `interline events`"
  ], ["optouts", "use `interline opt-outs list`"]])("%s", (word, sentence) => {
    expect(Verbs.today(word)).toContain(sentence)
  })

  it.each(["", "constructor", "__proto__", "toString", "frobnicate"])("is unknown for %j", (word) => {
    expect(Verbs.today(word)).toBeUndefined()
  })
})

describe("the operands of a command", () => {
  it.each([
    [["migrate", "report", "a", "--json", "b", "--from", "linq", "-"], ["migrate", "report", "--json", "--from", "linq", "a", "b", "-"]],
    [["migrate", "report", "a", "--html=b"], ["migrate", "report", "--html=b", "a"]],
    [["serve", "--port", "1"], ["serve", "--port", "1"]],
    [["--version"], ["--version"]],
    [[], []]
  ])("stand behind its options: %j", (args, arranged) => {
    expect(Flags.arrange(args)).toEqual(arranged)
  })
})
