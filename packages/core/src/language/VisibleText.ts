/** Finds out what a person sees of a text: whether it shows anything, and where one visible sign ends and the next begins. */

// U+FFFC stands for a file that was removed. U+2800 is a Braille cell without dots
const seen = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\ufffc\u2800]/u

/**
 * Whether a text shows anything. Blanks, line breaks, invisible characters and placeholders show nothing.
 *
 * @category refinements
 */
export const isVisible = (text: string): boolean => seen.test(text)

/**
 * Removes U+FFFC from a text that came in. Some phones write it in the place of a file. One blank replaces it and the blanks beside it.
 *
 * @category combinators
 */
export const withoutPlaceholders = (text: string): string =>
  text.includes("\ufffc") ? text.replace(/[^\S\n]*\ufffc[^\S\n]*/g, " ").trim() : text

interface Segmenter {
  readonly segment: (text: string) => Iterable<{ readonly index: number }>
}

// some runtimes have no Intl.Segmenter
declare const Intl: { readonly Segmenter?: new(locales: undefined, options: { readonly granularity: "grapheme" }) => Segmenter } | undefined

const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff
const isLow = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff

const splitsPair = (text: string, position: number): boolean =>
  position > 0 && position < text.length && isHigh(text.charCodeAt(position - 1)) && isLow(text.charCodeAt(position))

// below U+0300 there are only letters, digits and punctuation of one unit each, so no sign has several units
const isSimple = (text: string): boolean => /^[\0-\u02ff]*$/.test(text)

/**
 * Makes a check for one text: whether a position (in UTF-16 units) lies inside a visible sign. Examples are the position between the two
 * halves of an emoji, between an emoji and its skin tone, or between a letter and its accent. The two ends of a text lie outside. A
 * runtime without `Intl.Segmenter` finds only positions between the two halves of a surrogate pair.
 *
 * @category constructors
 */
export const splitter = (text: string): (position: number) => boolean => {
  if (isSimple(text)) return () => false
  if (typeof Intl === "undefined" || Intl.Segmenter === undefined) return (position) => splitsPair(text, position)
  const starts = new Set<number>()
  for (const { index } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) starts.add(index)
  // the segmenter takes \r\n as one sign, but a person cannot see a cut in it
  return (position) => position > 0 && position < text.length && !starts.has(position) && text.charCodeAt(position) !== 10
}

/**
 * Shortens a text of more than `most` UTF-16 units: it keeps the beginning, cuts after a whole sign, and adds `mark`. A shorter text
 * stays as it is.
 *
 * @category combinators
 */
export const shorten = (text: string, most: number, mark = "…"): string => {
  if (text.length <= most) return text
  // to know whether a sign ends at a position, the text before it and the next code point are enough
  const splits = splitter(text.slice(0, most + 2))
  let end = most
  while (splits(end)) end--
  return text.slice(0, end) + mark
}
