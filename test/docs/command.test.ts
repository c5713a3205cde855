/** The page of the command is what the command says of itself. */
import { expect, it } from "vitest"
import { help } from "../support/help.ts"
import { code, page, settle, table } from "./markdown.ts"

/** The lines of a page of help under a title. */
const under = (lines: ReadonlyArray<string>, title: string): ReadonlyArray<string> => {
  const from = lines.indexOf(`${title}:`) + 1
  const to = lines.indexOf("", from)
  return from === 0 ? [] : lines.slice(from, to < 0 ? undefined : to)
}

/** What stands in two columns. A line without a left side goes on with the one above. */
const rowsOf = (lines: ReadonlyArray<string>): ReadonlyArray<readonly [left: string, right: string]> =>
  lines.reduce<ReadonlyArray<readonly [string, string]>>((rows, line) => {
    const [, left, right = ""] = /^ {2}(\S.*?) {2,}(.*)$/.exec(line) ?? []
    const last = rows.at(-1)
    return left === undefined && last !== undefined
      ? [...rows.slice(0, -1), [last[0], `${last[1]} ${line.trim()}`]]
      : [...rows, [left ?? line.trim(), right]]
  }, [])

const section = async (verb: string): Promise<string> => {
  const lines = await help(verb.split(" "))
  const says = lines.slice(0, lines.indexOf("")).join(" ")
  const usage = lines.find((line) => line.startsWith("Usage: ")) ?? ""
  const options = rowsOf(under(lines, "Options")).filter(([option]) => option !== "-h, --help")
  return [
    `## ${verb}`,
    `${says}.`,
    `\`\`\`sh\n${usage.slice("Usage: ".length)}\n\`\`\``,
    ...(options.length === 0 ? [] : [table(["Option", "Means"], options.map(([option, means]) => [code(option), means]))]),
    `\`\`\`sh\n${under(lines, "Examples").map((line) => line.trim()).join("\n")}\n\`\`\``
  ].join("\n\n")
}

it("docs/reference/command.md", async () => {
  const whole = await help([])
  const verbs = rowsOf(under(whole, "Commands"))
  expect(verbs.length).toBeGreaterThan(30)
  const sections: Array<string> = []
  for (const [verb] of verbs) sections.push(await section(verb))
  const expected = page(
    "The command",
    "In this repository: `npm run --silent interline -- <command>`; without `--silent`, npm prints lines of its own to stdout. Elsewhere: `npx interline <command>`, of the package `@interline/cli`. The commands that it prints are called as they work where it runs.",
    "Results go to stdout, and everything else to stderr. With `--json` the result is one JSON document, in the fields and times of the gateway's API. With `--jsonl` a list is one document a line.",
    table(["Command", "Does"], verbs.map(([verb, says]) => [`[\`${verb}\`](#${verb.replaceAll(" ", "-")})`, says])),
    "## Exit codes",
    table(["Code", "Means"], rowsOf(under(whole, "Exit codes"))),
    "## Options of every command",
    table(["Option", "Means"], rowsOf(under(whole, "Options")).map(([option, means]) => [code(option), means])),
    ...sections
  )
  settle("docs/reference/command.md", () => expected)
})
