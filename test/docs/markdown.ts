/** Markdown, as the generated pages write it. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..")

const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/\n/g, " ")

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")

export const code = (text: string): string => `\`${text}\``

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
      : [])

/** Every document of the repository, by its path from the root with forward slashes. */
export const documents = (): ReadonlyArray<string> =>
  [
    "README.md",
    ...markdownIn("docs"),
    ...readdirSync(join(root, "packages")).flatMap((name) =>
      readdirSync(join(root, "packages", name)).includes("README.md") ? [join("packages", name, "README.md")] : [])
  ].map((path) => path.split(sep).join("/")).sort()

export const read = (path: string): string => readFileSync(join(root, path), "utf8").replace(/\r\n/g, "\n")

export const fromRoot = (path: string): string => relative(root, path).split(sep).join("/")
