/** What a person sees of a text: whether there is anything to see, and where one sign ends and the next begins. */

// U+FFFC stands for a picture that was there, U+2800 is a cell of Braille without dots
const seen = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\ufffc\u2800]/u

/**
 * Whether a text shows anything: blanks, line breaks, characters that nobody sees and placeholders alone do not.
 *
 * @category refinements
 */
export const isVisible = (text: string): boolean => seen.test(text)

/**
 * A text that came in, without the U+FFFC that some phones write where a file stood. Blanks beside it go with it.
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

// signs of several units begin here; below are letters, digits and punctuation of one unit each
const isSimple = (text: string): boolean => /^[\0-\u02ff]*$/.test(text)

/**
 * Makes a check of one text: whether a position, in UTF-16 units, lies inside of a sign, as between the halves of an emoji, an emoji and
 * its skin tone, or a letter and its accent. Both ends of a text are outside. A runtime without `Intl.Segmenter` knows of halves only.
 *
 * @category constructors
 */
export const splitter = (text: string): (position: number) => boolean => {
  if (isSimple(text)) return () => false
  if (typeof Intl === "undefined" || Intl.Segmenter === undefined) return (position) => splitsPair(text, position)
  const starts = new Set<number>()
  for (const { index } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) starts.add(index)
  // \r\n is one sign to the segmenter, but nothing that a person sees cut
  return (position) => position > 0 && position < text.length && !starts.has(position) && text.charCodeAt(position) !== 10
}

/**
 * A text of at most `most` UTF-16 units as it is; of a longer one the beginning, cut after a whole sign, and `mark` after it.
 *
 * @category combinators
 */
export const shorten = (text: string, most: number, mark = "…"): string => {
  if (text.length <= most) return text
  // whether a sign ends at a position is seen from what stands before it and from the next code point
  const splits = splitter(text.slice(0, most + 2))
  let end = most
  while (splits(end)) end--
  return text.slice(0, end) + mark
}
