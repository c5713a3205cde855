// Runs in a page, as one expression: what is drawn there, and how well it is seen. `browser.ts` says what the fields mean.
;(() => {
  const light = (color) =>
    (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0)
  const contrast = (one, other) => {
    const [bright, dark] = [light(one), light(other)].sort((left, right) => right - left)
    return (bright + 0.05) / (dark + 0.05)
  }
  const { clientWidth, scrollWidth } = document.documentElement
  const paper = getComputedStyle(document.body).backgroundColor
  const seen = (element, color) => {
    const { height, left, right, width } = element.getBoundingClientRect()
    return { width, height, isIn: left >= 0 && right <= clientWidth + 0.5, contrast: contrast(color, paper) }
  }
  const isDrawn = (rect) => parseFloat(rect.getAttribute("height")) > 0 && parseFloat(rect.getAttribute("width")) > 0
  const elements = (selector) => Array.from(document.querySelectorAll(selector))
  return {
    title: document.title,
    isLight: light(paper) > 0.5,
    scrolls: scrollWidth > clientWidth,
    plots: elements("svg").map((plot) => seen(plot, getComputedStyle(plot).fill)),
    shapes: elements("svg rect").filter(isDrawn).map((rect) => seen(rect, getComputedStyle(rect).fill)),
    texts: elements("h1, h2, p, li, span, b, th, td, figcaption, summary").map((element) => ({
      ...seen(element, getComputedStyle(element).color),
      size: parseFloat(getComputedStyle(element).fontSize)
    }))
  }
})()
