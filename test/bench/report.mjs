// Recorded calls as JSON Lines: how many a second on one core. `report` makes a report of them. `count` is the script that somebody would
// write instead: it parses each line and counts endpoints and effects, and says nothing of the other vendor. `memory` reads calls that
// are made while they are read, and says how much memory the process took at most.
import * as Report from "@interline/migration/Report"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const [way = "report", calls = "200000"] = process.argv.slice(2)

const lineOf = (index) =>
  `${
    JSON.stringify({
      method: "POST",
      url: "https://api.sendblue.com/api/send-message",
      headers: { "content-type": "application/json", "sb-api-secret-key": "a secret" },
      body: {
        number: `+1202555${String(1000 + (index * 7) % 9000)}`,
        from_number: "+12025550201",
        content: index % 10 === 0 ? `your order ${index}: https://example.com/orders/${index}` : `Hello, this is message ${index}`,
        ...(index % 5 === 0 ? { send_style: "confetti" } : {}),
        ...(index % 7 === 0 ? { media_url: "https://images.example.com/photo.jpg" } : {})
      },
      at: new Date(1_790_000_000_000 + index * 60_000).toISOString()
    })
  }\n`

/** Pieces as a file gives them: of 64 KiB, and not at the ends of lines. */
function* piecesOf(count) {
  let rest = ""
  for (let index = 0; index < count; index++) {
    rest += lineOf(index)
    if (rest.length < 65_536) continue
    yield Buffer.from(rest.slice(0, 65_536))
    rest = rest.slice(65_536)
  }
  yield Buffer.from(rest)
}

const report = async (pieces) => {
  // one piece at a time, as a file gives them
  const bytes = Stream.fromIteratorSucceed(pieces[Symbol.iterator](), 1)
  const { sends } = await Effect.runPromise(
    Report.run([{ name: "calls", bytes, size: Option.none() }], { from: "sendblue", to: "linq" })
  )
  return sends.whole + sends.lossy + sends.refused
}

const count = async (pieces) => {
  const counts = new Map()
  const add = (name) => counts.set(name, (counts.get(name) ?? 0) + 1)
  let rest = ""
  let lines = 0
  for (const piece of pieces) {
    const [first, ...others] = String(piece).split("\n")
    rest += first
    for (const other of others) {
      const { body, method, url } = JSON.parse(rest)
      add(`${method} ${new URL(url).pathname}`)
      if (body.send_style !== undefined) add(body.send_style)
      lines += 1
      rest = other
    }
  }
  return lines
}

const run = way === "count" ? count : report

await run(piecesOf(20_000))
const pieces = way === "memory" ? piecesOf(Number(calls)) : [...piecesOf(Number(calls))]
const before = process.cpuUsage()
if (await run(pieces) !== Number(calls)) throw new Error("the benchmark misses calls")
const { system, user } = process.cpuUsage(before)
process.stdout.write(JSON.stringify({
  perCpuSecond: Number(calls) / ((system + user) / 1_000_000),
  mebibytes: process.resourceUsage().maxRSS / 1_024
}))
