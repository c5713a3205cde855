// A report of recorded calls: how many calls a second on one core, and how much memory stays while there are more and more calls.
import * as Report from "@interline/migration/Report"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const [calls = "200000"] = process.argv.slice(2)

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

const run = (pieces) =>
  Effect.runPromise(
    Report.run([{ name: "calls", bytes: Stream.fromIterable(pieces), size: Option.none() }], { from: "sendblue", to: "linq" })
  )

await run(piecesOf(20_000))
const pieces = [...piecesOf(Number(calls))]
const before = process.cpuUsage()
const { sends } = await run(pieces)
const { system, user } = process.cpuUsage(before)
if (sends.whole + sends.lossy + sends.refused !== Number(calls)) throw new Error("the report of the benchmark misses calls")
process.stdout.write(JSON.stringify({ perCpuSecond: Number(calls) / ((system + user) / 1_000_000) }))
