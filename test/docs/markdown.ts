/** Markdown, as the generated pages write it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..")

const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/\n/g, " ")

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")

export const code = (text: string): string => `\`${text}\``

const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000], ["milli", 1]] as const

/** A time span in the words that the readers of the policy and of the options take. */
export const span = (millis: number): string => {
  const [name, size] = units.find(([, size]) => millis > 0 && millis % size === 0) ?? ["second", 1_000]
  const count = millis / size
  return `${count} ${name}${count === 1 ? "" : "s"}`
}

/** A page: what it is and where it comes from on the first line, then sections with an empty line between them. */
export const page = (title: string, ...sections: ReadonlyArray<string>): string =>
  [
    `<!-- Generated from the code by \`npm run docs\`; edits are overwritten. -->`,
    `# ${title}`,
    ...sections
  ].join("\n\n") + "\n"

const markdownIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? markdownIn(join(folder, entry.name))
      : entry.name.endsWith(".md")
      ? [join(folder, entry.name)]
      : []
  )

/** Every document of the repository, by its path from the root with forward slashes. */
export const documents = (): ReadonlyArray<string> =>
  [
    "README.md",
    ...markdownIn("docs"),
    ...readdirSync(join(root, "packages")).flatMap((name) =>
      readdirSync(join(root, "packages", name)).includes("README.md") ? [join("packages", name, "README.md")] : []
    )
  ].map((path) => path.split(sep).join("/")).sort()

export const read = (path: string): string => readFileSync(join(root, path), "utf8").replace(/\r\n/g, "\n")

export const fromRoot = (path: string): string => relative(root, path).split(sep).join("/")

const escaped = (text: string): string => text.replace(/[/\\^$*+?.()|[\]{}]/g, "\\$&")

/** A page with what stands between the markers `<!-- generated: name -->` and `<!-- /generated -->` replaced. */
export const replaceBlock = (whole: string, name: string, content: string): string => {
  const markers = new RegExp(`(<!-- generated: ${escaped(name)} -->\\n)[\\s\\S]*?(<!-- /generated -->)`)
  expect(whole, `there is no place for the generated part "${name}"`).toMatch(markers)
  return whole.replace(markers, (_, before: string, after: string) => `${before}\n${content}\n\n${after}`)
}

export const isWriting = process.env["INTERLINE_WRITE_DOCS"] === "1"

/** Writes a page, or compares it with what is on disk: a difference fails with the command that removes it. `expected` makes it of what is there. */
export const settle = (path: string, expected: (whole: string) => string): void => {
  const file = join(root, path)
  const page = expected(existsSync(file) ? read(path) : "")
  if (isWriting) {
    mkdirSync(dirname(file), { recursive: true })
    // other tests read the documents meanwhile
    writeFileSync(`${file}.new`, page)
    renameSync(`${file}.new`, file)
  }
  expect(existsSync(file), `${path} is missing; run \`npm run docs\``).toBe(true)
  expect(read(path), `${path} differs from the code; run \`npm run docs\``).toBe(page)
}
