/**
 * `interline messages` with each of its conditions, what destructive verbs ask a person, and verbs at a gateway that is silent or none, in this
 * process.
 */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as Table from "../src/print/table.ts"
import * as InProcess from "./inProcess.ts"

const ada = "+12025550123"

const variables = { INTERLINE_API_KEYS: `tests=${InProcess.apiKey}`, APP_SECRET: "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" }

/** The verbs that follow the events of a gateway, and the one that reads what is there. */
const follows = [
  ["events", "--follow"],
  ["events", "--after", "0"],
  ["webhooks", "listen", "--forward-to", "http://127.0.0.1:9", "--secret-from", "APP_SECRET"]
]

describe("a gateway that takes a request and does not answer", () => {
  it.scoped("is waited for with a word, and given up after five minutes", () =>
    Effect.gen(function*() {
      const asked = yield* Queue.unbounded<string>()
      const silent = yield* InProcess.listen(({ url = "" }) => void Queue.unsafeOffer(asked, url))
      const ended = (args: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const running = yield* Effect.fork(InProcess.run([...args, "--url", silent], { variables }))
          yield* Queue.take(asked)
          yield* TestClock.adjust("6 minutes")
          const { code, err, out } = yield* Fiber.join(running)
          const lines = err.trimEnd().split("\n")
          deepStrictEqual([lines[0], lines.length, out], ["the gateway has not answered for 5s; it is waited for", 11, ""])
          return [code, lines.at(-1)]
        })
      const sentence = "interline: the gateway took the request and did not answer; look at its log, and at what stands in front of it"
      deepStrictEqual(yield* ended(["messages"]), [1, sentence])
      deepStrictEqual(yield* ended(["send", "Hi", "--to", ada, "--key", "order-1"]), [
        5,
        `${sentence}; the message may have gone out: give the same command with --key order-1, which sends nothing twice`
      ])
      deepStrictEqual(yield* ended(["opt-outs", "import", "--carrier", "linq"]), [
        1,
        `${sentence}; give the same command again, because nobody is added twice`
      ])
      for (const args of follows) deepStrictEqual([args, yield* ended(args)], [args, [1, sentence]])
      deepStrictEqual(yield* Queue.size(asked), 0)
    }))

  it.scoped("is not followed, and neither is what is no gateway, or refuses", () =>
    Effect.gen(function*() {
      const page = yield* InProcess.listen((_, response) => void response.end("<p>Hello</p>\n\n"))
      const draining = JSON.stringify(ProblemDetails.encode(ProblemDetails.make("draining")))
      const stopping = yield* InProcess.listen((_, response) =>
        void response.writeHead(503, { "content-type": "application/problem+json" }).end(draining)
      )
      const cutting = yield* InProcess.listen(({ socket }) => void socket.destroy())
      const silence = "the gateway does not answer; start it with `interline serve`, or name its address with --url"
      const places: ReadonlyArray<readonly [url: string, sentence: string]> = [
        ["http://127.0.0.1:9", silence],
        [cutting, silence],
        [page, "there is no gateway at that address, or one of another version; name its address with --url"],
        [stopping, "this process is about to stop; nothing was done"]
      ]
      for (const [url, sentence] of places) {
        for (const args of follows) {
          const { code, err, out } = yield* InProcess.run([...args, "--url", url], { variables })
          deepStrictEqual([args, code, err, out], [args, 1, `interline: ${sentence}\n`, ""])
        }
      }
    }))
})

describe("a table", () => {
  const text = "Your table is ready, and the kitchen has kept the last two pieces of the cake that you liked so much for you"
  const id = "9b63eca1-ba4c-467a-9d4e-6623d23db58a"
  const inColumns = (columns: number) => Table.toTable(["text", "id"], [[text, id]], "none", columns)

  it("is cut only where a terminal is too narrow for it, and never an id", () => {
    strictEqual(inColumns(Number.POSITIVE_INFINITY).split("\n")[1], `${text}  ${id}`)
    strictEqual(inColumns(text.length + 2 + id.length), inColumns(Number.POSITIVE_INFINITY))
    strictEqual(inColumns(100).split("\n")[1], `${text.slice(0, 100 - 2 - id.length - 1)}…  ${id}`)
    strictEqual(inColumns(60), `text:  ${text}\nid:    ${id}`)
    strictEqual(Table.toTable(["text", "id"], [], "none", 60), "none")
  })
})

describe("the messages of a gateway", () => {
  it.scoped("are searched by a status page after page, and the person who waits is told how far", () =>
    Effect.gen(function*() {
      const asked = yield* Queue.unbounded<readonly [url: string, answer: (body: object) => void]>()
      const url = yield* InProcess.listen(({ url = "" }, response) =>
        void Queue.unsafeOffer(asked, [
          url,
          (body) => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
        ])
      )
      const running = yield* Effect.fork(InProcess.run(["messages", "--status", "queued", "--url", url], { variables }))
      const cursors: Array<string | null> = []
      for (const [wait, body] of [[3_000, { next: "b", lookedTo: 3 }], [100, { next: "c", lookedTo: 2 }], [3_000, {}]] as const) {
        const [path, answer] = yield* Queue.take(asked)
        cursors.push(new URL(path, url).searchParams.get("cursor"))
        yield* TestClock.adjust(wait)
        answer({ items: [], ...body })
      }
      const { code, err } = yield* Fiber.join(running)
      deepStrictEqual([code, cursors, err], [
        0,
        [null, "b", "c"],
        "Still searching: no index has statuses, so every send is looked at. Now at 1970-01-01T00:00:00.003Z\n"
      ])
    }))

  it.scopedLive("are found by each condition, and opt-outs are lifted only if a person says yes", () =>
    Effect.gen(function*() {
      const { interline, url } = yield* InProcess.gateway()
      const sent = yield* interline(["send", "Hi", "--to", ada, "--key", "order-1", "--json"])
      deepStrictEqual([sent.code, sent.err], [0, ""])
      const { id } = JSON.parse(sent.out)

      // a terminal would break the lines of a table that is wider
      const wide = yield* interline(["messages"])
      assertTrue(wide.out.split("\n").some((line) => line.length > 80 && line.includes(id)), wide.out)
      const narrow = yield* InProcess.run(["messages", "--url", url], { columns: 80, variables })
      assertTrue(narrow.out.split("\n").every((line) => line.length <= 80) && narrow.out.includes(`id:          ${id}\n`), narrow.out)

      const compared = yield* InProcess.run(["migrate", "compare", "--url", url], { columns: 80, variables })
      assertTrue(compared.out.split("\n").every((line) => line.length <= 80), compared.out)
      assertTrue(
        compared.out.includes("All sends\n  carrier:    linq\n  sends:      1\n  not sent:   0 = 0.0 % (0.0-79.3)\n"),
        compared.out
      )

      const ids = (...conditions: ReadonlyArray<string>) =>
        Effect.map(
          interline(["messages", "--jsonl", ...conditions]),
          ({ out }) => out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).id)
        )
      const found: ReadonlyArray<ReadonlyArray<string>> = [
        ["--key", "order-1"],
        ["--failed-over", "no"],
        ["--outcome", "accepted", "--carrier", "linq", "--line", "support", "--with", ada, "--direction", "outbound"],
        ["--since", "2000-01-01", "--until", "2999-01-01T00:00:00Z"]
      ]
      for (const conditions of found) deepStrictEqual([conditions, yield* ids(...conditions)], [conditions, [id]])
      const notFound: ReadonlyArray<ReadonlyArray<string>> = [
        ["--key", "order-2"],
        ["--failed-over", "yes"],
        ["--loss", "effect-dropped"],
        ["--outcome", "held"],
        ["--carrier", "sendblue"],
        ["--until", "2000-01-01"]
      ]
      for (const conditions of notFound) deepStrictEqual([conditions, yield* ids(...conditions)], [conditions, []])
      const wrongSide = yield* interline(["messages", "--loss", "split", "--key", "order-1", "--direction", "inbound"])
      deepStrictEqual([wrongSide.code, wrongSide.err], [2, "interline: --loss and --key are of sends, which are outbound\n"])
      const wrongKind = yield* interline(["messages", "--loss", "spilt"])
      deepStrictEqual([wrongKind.code, wrongKind.err.includes("did you mean \"split\"?")], [2, true])
      const wrongTime = yield* interline(["messages", "--since", "yesterday"])
      deepStrictEqual([wrongTime.code, wrongTime.err.includes("must be a time with its zone")], [2, true])

      // --- what a person is asked ---
      strictEqual((yield* interline(["opt-outs", "add", ada])).code, 0)
      const listed = Effect.map(interline(["opt-outs", "list", "--jsonl"]), ({ out }) => out.includes(ada))
      const refusals: ReadonlyArray<readonly [keys: ReadonlyArray<string>, what: string]> = [
        [["n"], "no"],
        [["Enter"], "the default"],
        [[], "the person goes away"]
      ]
      for (const [keys, what] of refusals) {
        const refused = yield* interline(["opt-outs", "remove", ada], keys)
        deepStrictEqual([what, refused.code, refused.out, yield* listed], [what, 1, "", true])
        assertTrue(refused.screen.includes("Go on?") && refused.err.endsWith("interline: nothing was done\n"), refused.screen)
      }
      const agreed = yield* interline(["opt-outs", "remove", ada], ["y"])
      deepStrictEqual([agreed.code, agreed.err, yield* listed], [0, "", false])
    }), 240_000)
})
