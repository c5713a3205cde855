/**
 * `interline messages` with each of its conditions, what destructive verbs ask a person, and verbs at a gateway that is silent or none, in this
 * process.
 */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "vitest"
import * as Flags from "../src/grammar/flags.ts"
import * as Verbs from "../src/grammar/verbs.ts"
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

describe("an exit code", () => {
  const nobody = "00000000-0000-4000-8000-000000000000"
  const secret = { APP_SECRET: variables.APP_SECRET }

  /** What is wrong at a gateway that works, by verb. `variables`: instead of a key that the gateway knows. */
  const atGateway: ReadonlyArray<readonly [args: ReadonlyArray<string>, code: number, variables?: Readonly<Record<string, string>>]> = [
    [["send", "Hi"], 2],
    [["send", "Hi", "--to", "nobody"], 2],
    [["send", "Hi", "--to", ada, "--line", "nowhere"], 3],
    [["send", "Hi", "--to", ada], 2, {}],
    [["send", "Hi", "--to", ada], 3, { INTERLINE_API_KEYS: "tests=a-key-that-nobody-has" }],
    [["plan", "Hi", "--to", ada, "--effect", "fireworkz"], 2],
    [["status", "nothing"], 2],
    [["status", nobody], 2],
    [["explain", nobody], 2],
    [["messages", "--since", "yesterday"], 2],
    [["messages", "--cursor", "nowhere"], 2],
    [["messages"], 3, { INTERLINE_API_KEYS: "tests=a-key-that-nobody-has" }],
    [["held", "list"], 2, { INTERLINE_API_KEYS: "no key" }],
    [["held", "look"], 2, {}],
    [["held", "settle", nobody, "--not-sent"], 2],
    [["held", "settle", nobody, "--not-sent", "--yes"], 2],
    [["lines"], 2, {}],
    [["carriers"], 3, { INTERLINE_API_KEYS: "tests=a-key-that-nobody-has" }],
    [["opt-outs", "list", "--cursor", "nowhere"], 2],
    [["opt-outs", "add", "nobody"], 2],
    [["opt-outs", "remove", ada], 2],
    [["opt-outs", "import", "nowhere.csv"], 2],
    [["opt-outs", "import", "--carrier", "nowhere"], 2],
    [["callbacks", "list"], 2, {}],
    [["callbacks", "add", "https://app.example/events", "--events", "massage"], 2],
    [["callbacks", "remove", nobody, "--yes"], 2],
    [["callbacks", "test", nobody], 2],
    [["callbacks", "dead-letters", "--limit", "0"], 2],
    [["callbacks", "redeliver", "12"], 2],
    [["callbacks", "drop", "12", "--yes"], 2],
    [["conversations", "list", "--cursor", "nowhere"], 2],
    [["conversations", "show", "nobody"], 2],
    [["conversations", "move", "nobody", "--reason", "x"], 2],
    [["conversations", "move", ada, "--reason", "x"], 2],
    [["keys", "list"], 2, {}],
    [["keys", "create", "app", "--scopes", "everything"], 2],
    [["keys", "revoke", "nobody", "--yes"], 2],
    [["audit", "--since", "yesterday"], 2],
    [["webhooks", "list"], 2, {}],
    [["webhooks", "subscribe", "https://app.example", "--events", "massage", "--carrier", "linq"], 2],
    [["webhooks", "subscribe", "https://app.example", "--events", "message.received"], 2],
    [["webhooks", "listen", "--forward-to", "http://127.0.0.1:9", "--secret-from", "NOTHING"], 2],
    [["webhooks", "listen", "--forward-to", "http://127.0.0.1:9", "--secret-from", "APP_SECRET", "--types", "massage"], 2, {
      ...variables,
      ...secret
    }],
    [["events"], 2],
    [["events", "--follow", "--types", "massage"], 2],
    [["rollout", "status"], 2, {}],
    [["rollout", "start", "--reason", "x"], 2],
    [["rollout", "advance", "--reason", "x"], 2],
    [["rollout", "pause", "--reason", "x"], 2],
    [["rollout", "resume", "--reason", "x"], 2],
    [["rollout", "back", "--reason", "x"], 2],
    [["migrate", "compare", "--since", "2999-01-01"], 2],
    [["doctor"], 2, {}]
  ]

  /** What is wrong here, by verb. */
  const here: ReadonlyArray<readonly [args: ReadonlyArray<string>, code: number, variables?: Readonly<Record<string, string>>]> = [
    [["serve", "--port", "0"], 2, { INTERLINE_CARRIER: "linq" }],
    [["serve", "--fresh"], 2, { INTERLINE_CARRIER: "linq", PORT: "0" }],
    [["serve"], 2, { PORT: "http" }],
    [["demo", "--sandbox", "http://127.0.0.1:9"], 1],
    [["sandbox", "--linq-port", "http"], 2],
    [["simulate", "--policy", "nowhere.json"], 2],
    [["migrate", "report", "nowhere.jsonl"], 2],
    [["migrate", "import"], 2],
    [["migrate", "rehearse", "--from", "owl"], 2],
    [["profiles", "list", "--limit", "0"], 2],
    [["profiles", "add", "a name", "--url", "https://gateway.example"], 2],
    [["profiles", "remove", "nobody"], 2, { HOME: "/nowhere" }],
    [["init", "--prefer", "owl"], 2],
    [["doctor"], 0],
    [["doctor"], 1, { INTERLINE_CARRIER: "linq" }],
    [["webhooks", "verify", "nowhere.http", "--from", "linq"], 2],
    [["policy", "check", "nowhere.json"], 2],
    [["policy", "check"], 2, { INTERLINE_POLICY: "{\"prefer\":[\"owl\"]}" }],
    [["policy", "explain", "Hi", "--to", ada], 2, { INTERLINE_POLICY: "{\"prefer\":[\"owl\"]}" }],
    [["policy", "simulate"], 2, { INTERLINE_POLICY: "{\"prefer\":[\"owl\"]}" }]
  ]

  it("is tested for every verb", () => {
    const tested = new Set([...atGateway, ...here].flatMap(([args]) => Option.toArray(Flags.findVerb(args))))
    deepStrictEqual(Verbs.verbNames.filter((name) => !tested.has(name)), [])
  })

  it.scopedLive("says what kind of mistake it was, for every verb", () =>
    Effect.gen(function*() {
      const { url } = yield* InProcess.gateway()
      const cases = [
        ...atGateway.map(([args, code, given = variables]) => [[...args, "--url", url], code, given] as const),
        ...here.map(([args, code, given = {}]) => [args, code, given] as const)
      ]
      const others: Array<string> = []
      for (const [args, code, given] of cases) {
        const ended = yield* InProcess.run(args, { variables: given })
        if (ended.code !== code) others.push(`${args.join(" ")}: ${ended.code}, not ${code}: ${ended.err}`)
      }
      deepStrictEqual(others, [])

      // a port that is taken is told before the gateway is loaded, which takes seconds
      const read: Array<string> = []
      const taken = yield* InProcess.run(["serve", "--port", new URL(url).port], { onRead: (name) => read.push(name) })
      deepStrictEqual([taken.code, taken.err.includes("choose another port with --port or PORT"), read], [1, true, ["HOST"]])
    }), 240_000)

  it.scopedLive("says that lines of an import name no person, and the head of a table is no such line", () =>
    Effect.gen(function*() {
      const { interline } = yield* InProcess.gateway()
      const file = Path.join(yield* InProcess.folder, "opt-outs.csv")
      Fs.writeFileSync(file, `Phone number,Name\n${ada},Ada\n\nsomebody,Bob\n[1]\n`)
      const imported = yield* interline(["opt-outs", "import", file, "--json"])
      deepStrictEqual([imported.code, imported.err], [1, "interline: 2 lines name no person; all others were taken\n"])
      deepStrictEqual(JSON.parse(imported.out), {
        read: 3,
        added: 1,
        known: 0,
        malformed: 2,
        lines: [4, 5],
        without: [
          { line: 4, why: "it is not a phone number in E.164 (+12025550123) or an e-mail address; add the country code" },
          { line: 5, why: "it is a list; give each person a line" }
        ]
      })
      const said = Effect.map(interline(["opt-outs", "list", "--jsonl"]), ({ out }) => JSON.parse(out).saidAt)
      const before = yield* said
      Fs.writeFileSync(file, `Phone number,Name\n${ada},Ada\n`)
      strictEqual((yield* interline(["opt-outs", "import", file])).code, 0)
      strictEqual(yield* said, before)
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
