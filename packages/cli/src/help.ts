/** Makes the pages of `--help`. They are plain text, so that they are readable in terminals, pipes and files. */
import * as Verbs from "./verbs.ts"

type Row = readonly [left: string, right: string]

const width = 100

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

const written = (name: string, { takes }: Verbs.Flag): string => takes === undefined ? `--${name}` : `--${name} <${takes}>`

const rowsOf = (flags: Readonly<Record<string, Verbs.Flag>>): ReadonlyArray<Row> =>
  Object.entries(flags).map(([name, flag]) => [written(name, flag), flag.says])

const { help, ...others } = Verbs.everywhere

/** The help page of the whole program. */
export const whole = (version: string): string =>
  [
    `interline ${version}`,
    "One message over many messaging vendors",
    "",
    "Usage: interline <command> [options]",
    "",
    "Commands:",
    ...columns(Object.entries(Verbs.verbs).map(([name, { says }]) => [name, says])),
    "",
    "Options:",
    ...columns([["-h, --help", help.says], ...rowsOf(others)]),
    "",
    "`interline <command> --help` shows the options of a command."
  ].join("\n")

/** The help page of one command. */
export const of = (verb: Verbs.VerbName): string => {
  const { flags, says } = Verbs.verbs[verb]
  const operands = Verbs.operandsOf(verb)
  return [
    says,
    "",
    `Usage: interline ${verb} [options]${operands === undefined ? "" : ` <${operands.takes}>`}`,
    "",
    "Options:",
    ...columns([...rowsOf(flags), ["-h, --help", "show this page"]])
  ].join("\n")
}

/** The help page of a group of commands. */
export const ofGroup = (group: Verbs.GroupName): string =>
  [
    Verbs.groups[group],
    "",
    `Usage: interline ${group} <command> [options]`,
    "",
    "Commands:",
    ...columns(Verbs.verbsOf(group).map((name) => [name.slice(group.length + 1), Verbs.verbs[name].says])),
    "",
    `\`interline ${group} <command> --help\` shows the options of a command.`
  ].join("\n")
