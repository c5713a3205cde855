/** Where a limit does not hold yet is written down, and the list may only shrink. */
import { ESLint, type Linter } from "eslint"
import { readFileSync } from "node:fs"
import { posix } from "node:path"
import { fileURLToPath } from "node:url"
import tseslint from "typescript-eslint"
import { describe, expect, it } from "vitest"

type Counts = Readonly<Record<string, number>>

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The rules, and the files where they do not hold yet, each with how often it breaks a rule. */
const { left, rules: limits } = JSON.parse(readFileSync(new URL("./limits.json", import.meta.url), "utf8")) as {
  readonly rules: Linter.RulesRecord
  readonly left: Readonly<Record<string, Counts>>
}

const config: Linter.Config = {
  files: ["**/*.ts"],
  languageOptions: { parser: tseslint.parser as Linter.Parser },
  rules: limits
}

const count = (results: ReadonlyArray<ESLint.LintResult>): ReadonlyMap<string, Counts> =>
  new Map(results.map(({ filePath, messages }) => {
    const counts: Record<string, number> = {}
    for (const { ruleId } of messages) counts[String(ruleId)] = (counts[String(ruleId)] ?? 0) + 1
    return [posix.relative(root, filePath), counts]
  }))

const eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: [config], ignore: false })

/** What is wrong with a list of exceptions, in sentences. */
const complaints = (excepted: Readonly<Record<string, Counts>>, found: ReadonlyMap<string, Counts>): ReadonlyArray<string> =>
  Object.entries(excepted).flatMap(([path, counts]) =>
    Object.keys(limits).flatMap((rule) => {
      const allowed = counts[rule] ?? 0
      const actual = found.get(path)?.[rule] ?? 0
      return allowed === actual ? [] : [`${path} breaks ${rule} ${actual} times, and limits.json says ${allowed}`]
    })
  )

describe("the exceptions of the limits", () => {
  it("are all needed, and no more than needed", async () => {
    const paths = Object.keys(left)
    const found = count(paths.length === 0 ? [] : await eslint.lintFiles(paths))
    expect(complaints(left, found).join("\n")).toBe("")
  })

  it("are refused where nothing is broken, and where more is broken", async () => {
    const [result] = await eslint.lintText("export const add = (a, b, c, d, e, f) => a + b + c + d + e + f\n", {
      filePath: "packages/bad.ts"
    })
    const found = count(result === undefined ? [] : [result])
    expect(complaints({ "packages/bad.ts": { "max-params": 1 } }, found)).toEqual([])
    expect(complaints({ "packages/bad.ts": {} }, found)).toEqual(["packages/bad.ts breaks max-params 1 times, and limits.json says 0"])
    expect(complaints({ "packages/good.ts": { "max-lines": 1 } }, found)).toEqual([
      "packages/good.ts breaks max-lines 0 times, and limits.json says 1"
    ])
  })
})
