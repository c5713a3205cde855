/** The table of verbs: every page of help is in our words, and every example can be meant. */
import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Flags from "../src/grammar/flags.ts"
import * as Help from "../src/grammar/help.ts"
import * as Verbs from "../src/grammar/verbs.ts"

/** The words of an example, as a shell gives them to the command that is named in it. */
const wordsOf = (example: string): ReadonlyArray<string> => {
  const [, line = ""] = /\binterline ([^|>]*)/.exec(example) ?? []
  return Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? "")
}

describe("the table of verbs", () => {
  it.each(Verbs.verbNames)("has a sentence, options with a text, and examples that can be meant: %s", (verb) => {
    const { examples, flags, says } = Verbs.verbOf(verb)
    const page = Help.toText({ _tag: "Verb", verb }, "1.2.3")
    expect(page.replace(/\s+/g, " ")).toContain(says)
    for (const [name, { takes, says }] of Object.entries(flags)) {
      expect(page.replace(/\s+/g, " ")).toContain(`--${name}${takes === undefined ? "" : ` <${takes}>`} ${says}`)
    }
    for (const example of examples) {
      const words = wordsOf(example)
      expect([example, Flags.mistake(words), Option.getOrUndefined(Flags.findVerb(words))]).toEqual([example, Option.none(), verb])
    }
  })

  it("says what a value is for every option that takes one", () => {
    const silent = Verbs.verbNames.flatMap((verb) =>
      Object.entries(Verbs.verbOf(verb).flags).filter(([, { oneOf, takes, wants }]) =>
        takes !== undefined && wants === undefined && oneOf === undefined
      )
        .map(([name]) => `${verb} --${name}`)
    )
    expect(silent).toEqual([])
  })

  it("is not wider than a terminal", () => {
    const pages = [
      Help.toText({ _tag: "Whole" }, "1.2.3"),
      ...Verbs.verbNames.map((verb) => Help.toText({ _tag: "Verb", verb }, "1.2.3").replace(/\nExamples:[^]*$/, ""))
    ]
    expect(pages.flatMap((page) => page.split("\n")).filter((line) => line.length > 80)).toEqual([])
  })
})
