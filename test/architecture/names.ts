/** The rule about words: the glossary lists those that no exported name holds. */
import * as Layout from "./layout.ts"
import { exceptLeft, type Files, modulesOf, parse, publicNames, type Rule, textOf } from "./repository.ts"

const glossary = "docs/glossary.md"

/** The first column of the table under "Not used". */
const wordsIn = (files: Files): ReadonlyArray<string> => {
  const [, section = ""] = (files.has(glossary) ? textOf(files, glossary) : "").split("\n## Not used\n")
  return section.split("\n## ")[0]?.split("\n").flatMap((line) => /^\| ([a-z][a-z, ]*) \|/.exec(line)?.[1]?.split(", ") ?? []) ?? []
}

/** `chatRooms` holds `chat` and `room`. */
const wordsOf = (name: string): ReadonlyArray<string> =>
  name.split(/(?=[A-Z])|_/).map((word) => word.toLowerCase()).flatMap((word) => [word, word.replace(/s$/, "")])

export const exportedNamesAvoid: Rule = (files) => {
  const avoided = wordsIn(files)
  return exceptLeft(
    modulesOf(files).flatMap(({ path }) =>
      publicNames(parse(path, textOf(files, path))).flatMap(([name]) => {
        const word = wordsOf(name).find((word) => avoided.includes(word))
        return word === undefined ? [] : [`${path} exports ${name}: ${word} is not used`]
      })
    ),
    Layout.left.names,
    files
  )
}
