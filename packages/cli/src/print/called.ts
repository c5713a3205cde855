/** Says how the command is called where it runs, for the commands that it prints. */
import * as Path from "node:path"
import * as Verbs from "../grammar/verbs.ts"

/** Where the command runs. `script`: the file that Node was given. `exists`: whether there is such a file. */
interface Place {
  readonly script: string | undefined
  readonly cwd: string
  readonly exists: (path: string) => boolean
}

/** The words for a shell in the same folder. Their output is that of the command alone. */
export const decide = ({ cwd, exists, script }: Place): string => {
  if (script === undefined) return "interline"
  const clone = Path.resolve(script, "../../../..")
  if (Path.join(clone, "packages", "cli", "bin", "interline.mjs") === script && exists(Path.join(clone, "workspace.mjs"))) {
    return cwd === clone ? "npm run --silent interline --" : `node ${Path.relative(cwd, script)}`
  }
  const folders = script.split(Path.sep)
  const modules = folders.indexOf("node_modules")
  if (modules === -1) return "interline"
  // without an installed package, npx takes the command out of its own store
  if (folders[modules - 2] === "_npx") return "npx @interline/cli"
  const project = folders.slice(0, modules).join(Path.sep)
  return cwd === project || cwd.startsWith(`${project}${Path.sep}`) ? "npx interline" : "interline"
}

const firstWords = Array.from(new Set(Verbs.verbNames.map((name) => name.split(" ")[0])))

/** A command of ours in a text: in a code span, at the begin of a line, or after a sign or a variable. */
const written = new RegExp(`(?<=^ *|: |[\`|;] ?|[A-Z_]=\\S+ )interline (?=(?:${firstWords.join("|")})\\b|<)`, "gm")

/** Writes the commands in one of our own texts as they are called here. */
export const withWords = (words: string) => (text: string): string =>
  words === "interline" ? text : text.replace(written, () => `${words} `)
