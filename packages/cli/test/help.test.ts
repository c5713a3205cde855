/** The table of verbs: every page of help is in our words, and every example can be meant. */
import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Flags from "../src/grammar/flags.ts"
import * as Help from "../src/grammar/help.ts"
import * as Verbs from "../src/grammar/verbs.ts"
import * as Called from "../src/print/called.ts"

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

describe("a command that is printed", () => {
  const clone = "/srv/ada/clone"
  const inClone = `${clone}/packages/cli/bin/interline.mjs`
  const places: ReadonlyArray<readonly [script: string | undefined, cwd: string, words: string]> = [
    [inClone, clone, "npm run --silent interline --"],
    [inClone, `${clone}/packages`, "node cli/bin/interline.mjs"],
    ["/srv/ada/app/node_modules/.bin/interline", "/srv/ada/app", "npx interline"],
    ["/srv/ada/app/node_modules/@interline/cli/bin/interline.mjs", "/srv/ada/app/src", "npx interline"],
    ["/srv/ada/.npm/_npx/a1/node_modules/.bin/interline", "/srv/ada", "npx @interline/cli"],
    ["/usr/lib/node_modules/@interline/cli/bin/interline.mjs", "/srv/ada", "interline"],
    ["/usr/bin/interline", "/srv/ada", "interline"],
    [undefined, "/srv/ada", "interline"]
  ]

  it.each(places)("by %s in %s begins with %s", (script, cwd, words) => {
    expect(Called.decide({ script, cwd, exists: (path) => path === `${clone}/workspace.mjs` })).toBe(words)
  })

  it("is written so wherever it stands in our texts", () => {
    const say = Called.withWords("npx interline")
    expect([
      "start it with `interline serve`, or",
      "Usage: interline <command> [options]",
      "  echo \"Hi\" | interline send - --to +12025550123",
      "INTERLINE_API_KEYS=demo=key interline messages",
      "interline: interline has no option",
      "interline 1.2.3"
    ].map(say)).toEqual([
      "start it with `npx interline serve`, or",
      "Usage: npx interline <command> [options]",
      "  echo \"Hi\" | npx interline send - --to +12025550123",
      "INTERLINE_API_KEYS=demo=key npx interline messages",
      "interline: interline has no option",
      "interline 1.2.3"
    ])
  })
})
