/** Draws plots as SVG, without scripts: bars with their words and numbers. */

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

const width = 720
const rowHeight = 26
const labelWidth = 260
const numberWidth = 120

const cut = (text: string, most: number): string => text.length <= most ? text : `${text.slice(0, most - 1)}…`

const svg = (height: number, title: string, content: string): string =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}"><title>${escape(title)}</title>${content}</svg>`

/** One horizontal bar for each value. */
export const bars = (title: string, given: ReadonlyArray<Bar>): string => {
  const most = Math.max(1, ...given.map(({ value }) => value))
  const room = width - labelWidth - numberWidth
  return svg(
    given.length * rowHeight + 4,
    title,
    given.map(({ label, look, value, written }, index) => {
      const top = index * rowHeight
      const length = value === 0 ? 0 : Math.max(1, value / most * room)
      return `<g><title>${escape(`${label}: ${written}`)}</title><text x="${labelWidth - 8}" y="${top + 18}" text-anchor="end">${
        escape(cut(label, 40))
      }</text><rect class="${look}" x="${labelWidth}" y="${top + 4}" width="${length.toFixed(1)}" height="${
        rowHeight - 8
      }" rx="2"/><text x="${(labelWidth + length + 6).toFixed(1)}" y="${top + 18}">${escape(written)}</text></g>`
    }).join("")
  )
}

export interface Column {
  readonly label: string
  readonly value: number
  /** The part of the value that is drawn darker. */
  readonly part: number
}

const plotHeight = 160
const axis = 24

/** One column for each value, over time. */
export const columns = (title: string, given: ReadonlyArray<Column>): string => {
  const most = Math.max(1, ...given.map(({ value }) => value))
  const step = width / Math.max(1, given.length)
  const heightOf = (value: number): number => value / most * plotHeight
  const rect = (index: number, value: number, look: string): string =>
    `<rect class="${look}" x="${(index * step).toFixed(2)}" y="${(plotHeight - heightOf(value)).toFixed(2)}" width="${
      Math.max(0.5, step - 1).toFixed(2)
    }" height="${heightOf(value).toFixed(2)}"/>`
  const labels = given.length === 0 ? "" : [0, given.length - 1].map((index) => {
    const label = given[index]?.label
    return label === undefined || (index > 0 && given.length === 1)
      ? ""
      : `<text x="${index === 0 ? 0 : width}" y="${plotHeight + 18}" text-anchor="${index === 0 ? "start" : "end"}">${escape(label)}</text>`
  }).join("")
  return svg(
    plotHeight + axis,
    title,
    given.map(({ label, part, value }, index) =>
      `<g><title>${escape(`${label}: ${value}, ${part} of them first`)}</title>${rect(index, value, "day")}${
        rect(index, part, "first")
      }</g>`
    ).join("") + labels
  )
}
