/** The verbs that send, look and settle, as processes of their own against gateways. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Net from "node:net"
import { describe } from "vitest"
import * as Command from "../support/command.ts"
import { gatewayWorld } from "../support/gateway.ts"
import { ada } from "../support/sandbox.ts"

const variables = { INTERLINE_CATCH_UP: "off" }

const parse = ({ out }: Command.Ended) => JSON.parse(out)

const linesOf = ({ out }: Command.Ended) => out.trimEnd().split("\n").map((line) => JSON.parse(line))

const world = (setup: Parameters<typeof gatewayWorld>[0]) =>
  Effect.gen(function*() {
    const program = yield* Command.program
    const gateway = yield* gatewayWorld({ ...setup, variables })
    const environment = { INTERLINE_API_KEYS: `tests=${gateway.apiKey}` }
    const interline = (args: ReadonlyArray<string>, input?: string) =>
      Command.run(program, [...args, "--url", gateway.url], { environment, ...(input === undefined ? {} : { input }) })
    return { ...gateway, program, environment, interline }
  })

describe("a message, from the command line", () => {
  it.scopedLive("is planned, sent once under its key, shown and explained", () =>
    Effect.gen(function*() {
      const { copies, environment, interline, network, program, url } = yield* world({ carriers: ["sendblue", "linq"] })

      const plans = linesOf(yield* interline(["plan", "Hi", "--to", ada, "--effect", "slam", "--jsonl"]))
      deepStrictEqual(plans.map(({ carrierId }) => carrierId).sort(), ["linq", "sendblue"])
      strictEqual(yield* copies("Hi"), 0)

      // the same key sends once, and gets the first answer again
      const args = ["send", "-", "--to", `${ada.slice(0, 5)} ${ada.slice(5)}`, "--key", "order-1", "--json"]
      const first = yield* interline(args, "Your table is ready\n")
      const second = yield* interline(args, "Your table is ready\n")
      deepStrictEqual([first.code, first.err, second.out], [0, "", first.out])
      const { carrierId, id, outcome } = parse(first)
      deepStrictEqual([carrierId, outcome, yield* copies("Your table is ready")], ["sendblue", "accepted", 1])

      const relay = yield* loseOneAnswer(url)
      const again = yield* Command.run(program, ["send", "Come in", "--to", ada, "--url", relay], { environment })
      deepStrictEqual([again.code, again.err, yield* copies("Come in")], [0, "", 1])

      const page = yield* interline(["status", id])
      assertTrue(page.out.startsWith("outcome:  accepted\n") && page.out.includes("\ntext:     Your table is ready\n"), page.out)
      strictEqual(parse(yield* interline(["status", id, "--ask", "--json"])).id, id)
      const explained = yield* interline(["explain", id])
      assertTrue(/\bConcluded\b.*outcome accepted/.test(explained.out) && explained.out.endsWith("In the end: Accepted\n"), explained.out)

      // a text of a stranger moves no cursor
      yield* network.say({ from: ada, to: "+12025550201", text: "\u001b[2JThanks" })
      const listed = yield* Effect.repeat(interline(["messages", "--with", ada]), { until: ({ out }) => out.includes("Thanks"), times: 20 })
      assertTrue(!listed.out.includes("\u001b") && listed.out.startsWith("time (UTC)"), listed.out)
      deepStrictEqual(linesOf(yield* interline(["messages", "--status", "failed", "--limit", "5", "--json"])), [{ items: [] }])
      const shown = parse(yield* interline(["conversations", "show", ada, "--json"]))
      deepStrictEqual(shown.items.map(({ direction }: { direction: string }) => direction), ["outbound", "outbound", "inbound"])
      strictEqual((yield* interline(["conversations", "list", "--with", ada, "--jsonl"])).code, 0)

      const carriers = yield* interline(["carriers"])
      assertTrue(carriers.out.includes("sendblue  sendblue  support") && carriers.out.includes("  ok"), carriers.out)
      assertTrue((yield* interline(["lines"])).out.includes("can send"))
    }), 180_000)

  it.scopedLive(
    "says by its exit code whether it was refused, not sent, or may have gone out, and is settled",
    () =>
      Effect.gen(function*() {
        const { copies, environment, interline, network, program } = yield* world({ carriers: ["sendblue"] })
        const send = (text: string) => interline(["send", text, "--to", ada])

        // nothing listens there, so nothing went out
        const alone = yield* Command.run(program, ["send", "a", "--to", ada, "--url", "http://127.0.0.1:9"], { environment })
        deepStrictEqual([alone.code, alone.err.startsWith("interline: the gateway does not answer; start it")], [4, true])
        deepStrictEqual((yield* interline(["send", "a", "--to", "0202"])).code, 2)
        const line = yield* interline(["send", "a", "--to", ada, "--line", "sales"])
        deepStrictEqual([line.code, line.err.includes("lines are: support") || line.err.includes("must be support")], [3, true])

        strictEqual((yield* interline(["opt-outs", "add", ada])).out, `${ada} is opted out, also at sendblue\n`)
        const refused = yield* send("after the opt-out")
        deepStrictEqual([refused.code, refused.out], [3, ""])
        const barred = yield* interline(["plan", "after the opt-out", "--to", ada])
        deepStrictEqual(
          [barred.code, barred.out.includes("sendblue: the gateway would not send it now"), barred.err.includes("opt-outs")],
          [3, true, true]
        )
        const unasked = yield* interline(["opt-outs", "remove", ada])
        deepStrictEqual([unasked.code, unasked.err.includes("give --yes")], [2, true])
        strictEqual((yield* interline(["opt-outs", "remove", ada, "--yes"])).code, 0)
        const counts = yield* interline(["opt-outs", "import", "-", "--json"], "+12025550190\nnobody\n")
        deepStrictEqual([counts.code, parse(counts).added, parse(counts).malformed], [1, 1, 1])
        strictEqual(linesOf(yield* interline(["opt-outs", "list", "--jsonl"])).length, 1)

        yield* network.addFault({ vendor: "sendblue", match: { method: "POST" }, kind: "reset-before", times: "forever" })
        const held = yield* interline(["send", "perhaps", "--to", ada, "--json"])
        deepStrictEqual([held.code, parse(held).outcome], [5, "held"])
        const id: string = parse(held).deliveryId
        assertTrue(held.err.includes(`\`interline status ${id}\` shows what becomes of it`), held.err)
        assertTrue((yield* interline(["held", "list"])).out.includes(id))
        assertTrue((yield* interline(["held", "look"])).out.startsWith("Still held: 1."))
        deepStrictEqual((yield* interline(["held", "settle", id, "--yes"])).code, 2)
        const settled = yield* interline(["held", "settle", id, "--not-sent", "--yes", "--json"])
        deepStrictEqual([settled.code, parse(settled).outcome], [0, "not-sent"])
        strictEqual((yield* interline(["held", "list"])).out, "Nothing is held.\n")
        strictEqual(yield* copies("perhaps"), 0)
      }),
    180_000
  )
})

/** A relay in front of a gateway. `cut` ends the connections on which an answer came, and says whether there was one. */
const relayTo = (url: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly cut: () => boolean; readonly close: () => void }>((resume) => {
      const all = new Set<Net.Socket>()
      const answered = new Set<Net.Socket>()
      const server = Net.createServer((socket) => {
        const gateway = Net.connect(Number(new URL(url).port), "127.0.0.1")
        for (const one of [socket, gateway]) all.add(one.on("error", () => undefined))
        socket.on("close", () => gateway.destroy()).pipe(gateway)
        gateway.on("data", (bytes) => socket.write(bytes, () => answered.add(socket)))
      })
      const cut = () => {
        const some = answered.size > 0
        // what was written arrives before the end
        for (const socket of answered) socket.end()
        answered.clear()
        return some
      }
      const close = () => {
        for (const socket of all) socket.destroy()
        server.close()
      }
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as Net.AddressInfo
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, cut, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A relay that loses the first answer of a gateway. */
const loseOneAnswer = (url: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        let isLost = false
        const server = Net.createServer((socket) => {
          const gateway = Net.connect(Number(new URL(url).port), "127.0.0.1")
          socket.on("error", () => undefined).on("close", () => gateway.destroy()).pipe(gateway)
          gateway.on("error", () => undefined).on("data", (bytes) => {
            if (isLost) return socket.write(bytes)
            isLost = true
            return socket.destroy()
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    ),
    (server) => `http://127.0.0.1:${(server.address() as Net.AddressInfo).port}`
  )

describe("what happens, from the command line", () => {
  it.scopedLive("is followed over a lost connection, and read from the begin of the log", () =>
    Effect.gen(function*() {
      const { environment, interline, network, program, url } = yield* world({ carriers: ["linq"] })
      const relay = yield* relayTo(url)
      const follower = ChildProcess.spawn(process.execPath, [program, "events", "--follow", "--types", "Received", "--url", relay.url], {
        env: { PATH: process.env["PATH"] ?? "", ...environment }
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => follower.kill("SIGKILL")))
      const printed = { out: "", err: "" }
      follower.stdout.on("data", (piece) => printed.out += String(piece))
      follower.stderr.on("data", (piece) => printed.err += String(piece))
      const until = (isTrue: () => boolean) => Effect.repeat(Effect.sleep("20 millis"), { until: isTrue })
      const says = (text: string) => network.say({ from: ada, to: "+12025550101", text })

      // the connection is lost before the first event; the second one comes while nobody is connected
      yield* until(() => relay.cut())
      yield* says("one")
      yield* until(() => printed.out.includes("\"one\""))
      yield* until(() => relay.cut())
      yield* says("two")
      yield* until(() => printed.out.includes("\"two\""))
      const events = linesOf({ ...printed, code: 0 })
      deepStrictEqual(events.map(({ event }) => event.data.message.parts[0].text), ["one", "two"])
      const words = [
        `connected to ${relay.url}, listening`,
        "the connection is lost; it goes on after the last event",
        `connected again to ${relay.url}, listening`
      ]
      assertTrue(printed.err.startsWith(words.map((line) => `${line}\n`).join("")), printed.err)

      deepStrictEqual(linesOf(yield* interline(["events", "--after", "0", "--types", "Received"])), events)
      const wrong = yield* interline(["events", "--after", "0", "--types", "Recieved"])
      deepStrictEqual([wrong.code, wrong.err.includes("did you mean \"Received\"?")], [2, true])
      deepStrictEqual((yield* interline(["events"])).code, 2)
      const ended = yield* Effect.async<number | null>((resume) => {
        follower.on("exit", (code) => resume(Effect.succeed(code)))
        follower.kill("SIGTERM")
      })
      strictEqual(ended, 0)
    }), 180_000)
})
