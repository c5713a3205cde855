/** The page of a report, as people see it in a browser. */
import { describe, expect, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Report from "@interline/migration/Report"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import { inject } from "vitest"
import * as Browser from "../support/browser.ts"

const styles = ["confetti", "shooting_star", "odd", undefined]

/** Three weeks of calls of many kinds, with words that are long, foreign, or look like elements of a page. */
const calls = Array.from({ length: 400 }, (_, index) => ({
  method: "POST",
  url: `https://${index % 50 === 49 ? "a-very-long-name-of-another-host-that-does-not-break.example" : "api.sendblue.com"}/api/${
    index % 20 === 19 ? "send-carousel" : "send-message"
  }`,
  headers: { "sb-api-secret-key": "hush" },
  at: new Date(Date.UTC(2026, 10, 1 + index % 21, 9)).toISOString(),
  body: {
    number: `+1202555${String(1000 + index % 90)}`,
    from_number: "+12025550201",
    content: index % 3 === 0 ? "<script>document.title = 'broken'</script> https://example.com/a" : "שלום & \"hello\"",
    send_style: styles[index % styles.length],
    ...(index % 7 === 0 ? { media_url: "https://images.example.com/photo.jpg", [`x${"long".repeat(20)}`]: 1 } : {})
  }
}))

const lines = `${calls.map((call) => JSON.stringify(call)).join("\n")}\nno call\n`

const reportOf = (text: string) =>
  Report.run([{ name: "calls", bytes: Stream.make(Buffer.from(text)), size: Option.none() }], { from: "sendblue", to: "linq", shows: true })

/** Writes the page as the command does, and opens the file. */
const write = (name: string, text: string) =>
  Effect.map(Effect.orDie(reportOf(text)), (summary) => {
    const file = Path.join(inject("folder"), `${name}.html`)
    Fs.writeFileSync(file, Report.toHtml(summary))
    return Url.pathToFileURL(file).href
  })

/** In milliseconds. The browser is unpacked by the first test that needs it. */
const patient = 120_000

const least = (values: ReadonlyArray<number>): number => Math.min(...values)

describe("the page of a report", () => {
  it.scopedLive("shows its plots and its words at every width, in light and in dark, and asks for nothing", () =>
    Effect.gen(function*() {
      const browser = yield* Browser.make
      const url = yield* write("report", lines)
      for (const colors of ["light", "dark"] as const) {
        for (const width of [320, 768, 1_400]) {
          const { look, requests, said } = yield* browser.visit(url, { colors, width })
          const { isLight, plots, scrolls, shapes, texts, title } = yield* look
          const where = `${colors}, ${width}`
          deepStrictEqual([said, requests], [[], [url]])
          deepStrictEqual([title, isLight, scrolls], ["The move from Sendblue to Linq", colors === "light", false], where)
          // bars of what becomes of messages and of the kinds, and the columns of the days
          expect(plots.length, where).toBeGreaterThan(8)
          assertTrue(plots.every(({ height, isIn, width }) => isIn && width > 90 && height > 15), where)
          expect(shapes.length, where).toBeGreaterThan(25)
          expect(least(shapes.map(({ height, width }) => Math.min(height, width))), where).toBeGreaterThan(0)
          expect(least(shapes.map(({ contrast }) => contrast)), where).toBeGreaterThanOrEqual(3)
          expect(least(texts.map(({ contrast }) => contrast)), where).toBeGreaterThanOrEqual(4.5)
          expect(least(texts.map(({ size }) => size)), where).toBeGreaterThanOrEqual(13)
          assertTrue(texts.every(({ isIn }) => isIn), where)
        }
      }
    }), patient)

  it.scopedLive("shows the examples of a kind when it is opened", () =>
    Effect.gen(function*() {
      const { page, said } = yield* (yield* Browser.make).visit(yield* write("examples", lines))
      const details = page.locator("details").first()
      const isShown = Effect.promise(() => details.locator("pre").first().isVisible())
      strictEqual(yield* isShown, false)
      yield* Effect.promise(() => details.locator("summary").click())
      strictEqual(yield* isShown, true)
      deepStrictEqual(said, [])
    }), patient)

  it.scopedLive("of nothing is a page, too", () =>
    Effect.gen(function*() {
      const { page, said } = yield* (yield* Browser.make).visit(yield* write("nothing", ""))
      assertTrue((yield* Effect.promise(() => page.innerText("body"))).includes("0 calls were read"))
      deepStrictEqual(said, [])
    }), patient)
})
