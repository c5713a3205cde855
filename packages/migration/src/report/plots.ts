/** Draws plots as HTML and SVG, without scripts. Words and numbers are HTML, so a narrow page does not make them smaller. */

/** Text that is safe in HTML and SVG. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd")

export interface Bar {
  readonly label: string
  readonly value: number
  /** The value in words. */
  readonly written: string
  /** A class of the page's style. */
  readonly look: string
}

/** A share that is not zero is seen. */
const least = 0.3

/** One horizontal bar for each value. */
export const bars = (title: string, given: ReadonlyArray<Bar>): string => {
  const most = Math.max(1, ...given.map(({ value }) => value))
  const rows = given.map(({ label, look, value, written }) => {
    const length = value === 0 ? 0 : Math.max(least, value / most * 100)
    return `<li><span>${escape(label)}</span><svg aria-hidden="true"><rect class="${look}" width="${
      length.toFixed(1)
    }%" height="100%" rx="2"/></svg><span class="n">${escape(written)}</span></li>`
  })
  return `<ul class="bars" aria-label="${escape(title)}">${rows.join("")}</ul>`
}

export interface Column {
  readonly label: string
  readonly value: number
  /** The part of the value that is drawn darker. */
  readonly part: number
}

/** The unit of a plot. The page stretches it to its width. */
const plotHeight = 100

/** So many columns fill the width at least, so that few columns do not look like walls. */
const fewest = 14

/** One column for each value, over time. The caption names the first, the highest and the last. */
export const columns = (title: string, given: ReadonlyArray<Column>): string => {
  const [first] = given
  if (first === undefined) return ""
  const highest = given.reduce((one, other) => other.value > one.value ? other : one, first)
  const last = given.at(-1) ?? first
  const most = Math.max(1, highest.value)
  const rect = (index: number, value: number, look: string): string => {
    const height = value / most * plotHeight
    return `<rect class="${look}" x="${index + 0.05}" y="${(plotHeight - height).toFixed(2)}" width="0.9" height="${height.toFixed(2)}"/>`
  }
  const drawn = given.map(({ label, part, value }, index) =>
    `<g><title>${escape(`${label}: ${value}, ${part} of them first`)}</title>${rect(index, value, "day")}${rect(index, part, "first")}</g>`
  )
  const words = [first.label, `most: ${highest.value.toLocaleString("en-US")} on ${highest.label}`, ...(last === first ? [] : [last.label])]
  return `<figure class="columns"><svg viewBox="0 0 ${
    Math.max(fewest, given.length)
  } ${plotHeight}" preserveAspectRatio="none" role="img" aria-label="${escape(title)}">${drawn.join("")}</svg><figcaption>${
    words.map((word) => `<span>${escape(word)}</span>`).join("")
  }</figcaption></figure>`
}
