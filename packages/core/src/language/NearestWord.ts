/** Finds the known word that is nearest to an unknown word, and writes the sentence that suggests it. */

const longest = 64

const bare = (word: string): string => word.slice(0, longest).toLowerCase().replace(/[\s_-]+/g, "")

/** How many letters must be added, removed, changed or swapped with the next letter (optimal string alignment). */
const distance = (one: string, other: string): number => {
  let before: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: other.length + 1 }, (_, position) => position)
  for (let row = 1; row <= one.length; row++) {
    const next: Array<number> = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      next.push(Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      ))
    }
    before = last
    last = next
  }
  return last[other.length] ?? 0
}

/**
 * The known word that is nearest to the given word; undefined if none is near. A third of the letters may be wrong. Case, blanks, dashes
 * and underscores make no difference. If no word is near, the given word may be the beginning (3 letters or more) of one known word.
 *
 * @category getters
 */
export const find = (word: string, known: Iterable<string>): string | undefined => {
  const given = bare(word)
  if (given === "") return undefined
  let nearest: string | undefined
  let least = Number.POSITIVE_INFINITY
  const begun: Array<string> = []
  for (const candidate of known) {
    const name = bare(candidate)
    const far = distance(given, name)
    if (given.length >= 3 && name.startsWith(given)) begun.push(candidate)
    if (far < least && far <= Math.max(1, Math.floor(Math.max(given.length, name.length) / 3)) && far < name.length) {
      nearest = candidate
      least = far
    }
  }
  return nearest ?? (begun.length === 1 ? begun[0] : undefined)
}

/**
 * A wrong word in quotes. Undefined unless the word is at most 32 letters, dashes, dots and underscores. Anything else is not shown,
 * because it may be a number, a text or a secret.
 *
 * @category combinators
 */
export const quote = (word: unknown): string | undefined =>
  typeof word === "string" && /^[\p{L}](?:[\p{L}_.-]{0,31})$/u.test(word) ? `"${word}"` : undefined

/**
 * `"c" is none of them; did you mean "a"?`
 *
 * @category combinators
 */
export const noneOf = (word: unknown, known: ReadonlyArray<string>): string => {
  const nearest = typeof word === "string" ? find(word, known) : undefined
  return `${quote(word) ?? "the value given"} is none of them${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`
}

/**
 * `must be one of a, b; "c" is none of them; did you mean "a"?`
 *
 * @category combinators
 */
export const oneOf = (word: unknown, known: ReadonlyArray<string>): string =>
  `${known.length === 1 ? `must be ${known[0]}` : `must be one of ${known.join(", ")}`}; ${noneOf(word, known)}`
