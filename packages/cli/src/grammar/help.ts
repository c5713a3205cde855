/** Makes the pages of `--help`. They are plain text, so that they are readable in terminals, pipes and files. */
import * as ExitCodes from "./exitCodes.ts"
import type * as Flags from "./flags.ts"
import type { Flag } from "./verb.ts"
import * as Verbs from "./verbs.ts"

type Row = readonly [left: string, right: string]

// as wide as the terminals that are not made wider
const width = 80

/** Breaks a text into lines of at most `most` characters. */
const wrapped = (text: string, most: number): ReadonlyArray<string> =>
  text.split(" ").reduce<ReadonlyArray<string>>((lines, word) => {
    const last = lines.at(-1)
    return last === undefined || last.length + 1 + word.length > most ? [...lines, word] : [...lines.slice(0, -1), `${last} ${word}`]
  }, [])

const columns = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows.flatMap(([name, says]) =>
    wrapped(says, width - left).map((line, index) => `${(index === 0 ? `  ${name}` : "").padEnd(left)}${line}`)
  )
}

const written = (name: string, { takes }: Flag): string => takes === undefined ? `--${name}` : `--${name} <${takes}>`

const rowsOf = (flags: Readonly<Record<string, Flag>>): ReadonlyArray<Row> =>
  Object.entries(flags).map(([name, flag]) => [written(name, flag), flag.says])

const { help, ...others } = Verbs.everywhere

const ofWhole = (version: string): string =>
  [
    `interline ${version}`,
    "One message over many messaging vendors",
    "",
    "Usage: interline <command> [options]",
    "",
    "Commands:",
    ...columns(Verbs.verbNames.map((name) => [name, Verbs.verbs[name].says])),
    "",
    "Options:",
    ...columns([["-h, --help", help.says], ...rowsOf(others)]),
    "",
    "Exit codes:",
    ...columns(Object.entries(ExitCodes.exitCodes)),
    "",
    "`interline <command> --help` shows the options of a command, with examples."
  ].join("\n")

const ofVerb = (verb: Verbs.VerbName): string => {
  const { examples, flags, operands, says } = Verbs.verbOf(verb)
  return [
    ...wrapped(says, width),
    "",
    `Usage: interline ${verb} [options]${
      operands === undefined ? "" : operands.optional === true ? ` [${operands.takes}]` : ` <${operands.takes}>`
    }`,
    "",
    "Options:",
    ...columns([...rowsOf(flags), ["-h, --help", "show this page"]]),
    "",
    "Examples:",
    ...examples.map((example) => `  ${example}`)
  ].join("\n")
}

const ofGroup = (group: Verbs.GroupName): string =>
  [
    Verbs.groups[group],
    "",
    `Usage: interline ${group} <command> [options]`,
    "",
    "Commands:",
    ...columns(Verbs.verbsOf(group).map((name) => [name.slice(group.length + 1), Verbs.verbs[name].says])),
    "",
    `\`interline ${group} <command> --help\` shows the options of a command, with examples.`
  ].join("\n")

/** The text of a page. */
export const toText = (page: Flags.HelpPage, version: string): string => {
  switch (page._tag) {
    case "Whole":
      return ofWhole(version)
    case "Group":
      return ofGroup(page.group)
    case "Verb":
      return ofVerb(page.verb)
  }
}
