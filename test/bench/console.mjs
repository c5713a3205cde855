// What each page of the console weighs and when it is there, in a real browser with an empty cache: medians.
// It asks a gateway that runs: `node test/bench/console.mjs --url http://127.0.0.1:8787 --key KEY`, with the key that `npm start` prints.
// Options: --times N (default 9), --browser PATH (default: the one that the tests use, on Linux for x64).
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { parseArgs } from "node:util"
import { chromium } from "playwright-core"

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8787" },
    key: { type: "string" },
    times: { type: "string", default: "9" },
    browser: { type: "string" }
  }
})
if (values.key === undefined) throw new Error("--key is missing: an API key of the gateway")
const times = Number(values.times)

const pages = ["messages", "held", "carriers", "webhooks-and-callbacks", "opt-outs", "plan", "migration", "keys", "audit", "try"]

const brought = async () => {
  const require = createRequire(import.meta.url)
  const { default: browser } = await import(require.resolve("@sparticuz/chromium"))
  return browser.executablePath()
}

const browser = await chromium.launch({ executablePath: values.browser ?? await brought() })
const median = (numbers) => [...numbers].sort((left, right) => left - right)[numbers.length >> 1]
const kib = (bytes) => (bytes / 1_024).toFixed(1)

/** Opens a page in a profile of its own, signed in. */
const open = async (path) => {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 }, locale: "en-GB" })
  const signedIn = await context.request.post(`${values.url}/v1/session`, {
    headers: { "x-interline-console": "1" },
    data: { key: values.key }
  })
  if (!signedIn.ok()) throw new Error(`signing in was answered with ${signedIn.status()}`)
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send("Network.enable")
  const isFile = new Map()
  const weight = { files: 0, data: 0 }
  session.on("Network.responseReceived", ({ requestId, response }) => isFile.set(requestId, response.url.includes("/console/")))
  session.on("Network.loadingFinished", ({ encodedDataLength, requestId }) => {
    weight[isFile.get(requestId) === true ? "files" : "data"] += encodedDataLength
  })
  const began = performance.now()
  await page.goto(`${values.url}/console/${path}`)
  await page.locator("h1").waitFor()
  await page.getByText(/^Reading /).first().waitFor({ state: "detached" })
  const whole = performance.now() - began
  const paint = await page.evaluate(`performance.getEntriesByName("first-contentful-paint")[0].startTime`)
  await context.close()
  return { paint, whole, ...weight }
}

// the first one starts the processes of the browser
await open("messages")
console.log("| Page | files | answers | first paint | all is there |\n|---|---:|---:|---:|---:|")
for (const path of pages) {
  const runs = []
  for (let time = 0; time < times; time += 1) runs.push(await open(path))
  const of = (field) => median(runs.map((run) => run[field]))
  console.log(
    `| ${path} | ${kib(of("files"))} KiB | ${kib(of("data"))} KiB | ${Math.round(of("paint"))} ms | ${Math.round(of("whole"))} ms |`
  )
}
const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve("playwright-core/package.json"), "utf8"))
console.error(`Chromium ${browser.version()}, playwright-core ${version}, ${times} times each`)
await browser.close()
