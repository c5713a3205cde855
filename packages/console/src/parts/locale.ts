/** The language in which times and numbers are written. Browsers name languages that `Intl` refuses, such as `en-US@posix`. */

const isTaken = (tag: string): boolean => {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch {
    return false
  }
}

/** A tag as `Intl` takes it: without what an operating system puts behind it. */
const clean = (tag: string): string => tag.replace(/[@.].*$/, "").replaceAll("_", "-")

/** The first of a reader's languages that `Intl` takes. English if there is none. */
const chooseLocale = (languages: ReadonlyArray<string>): string => languages.map(clean).find(isTaken) ?? "en"

export const locale: string = chooseLocale([...navigator.languages, navigator.language])

// uPlot gives the browser's own word to `Intl`
if (!isTaken(navigator.language)) Object.defineProperty(navigator, "language", { value: locale })

const count = new Intl.NumberFormat(locale)

/** A number as the reader writes it. */
export const formatCount = (value: number): string => count.format(value)
