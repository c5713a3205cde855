/** Bodies that are too long, too slow, packed, or built to cost more than they weigh. */
import * as Effect from "effect/Effect"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { expect } from "vitest"
import { numbers } from "../support/sandbox.ts"
import { raw, statusOf } from "./http.ts"
import type { Line } from "./line.ts"
import { credentials, secrets, type Wire, type World } from "./world.ts"

const key = secrets.keys.first

const recipient = "+12025550151"

/** What sends a text on each wire, the longest body it takes in bytes, and what it answers to a longer one. */
const sends = {
  v1: {
    path: "/v1/send",
    body: (text: string) => ({ to: { line: "support", handle: recipient }, text }),
    limit: 1024 * 1024,
    tooLong: 413
  },
  sendblue: {
    path: "/sendblue/api/send-message",
    body: (content: string) => ({ number: recipient, from_number: numbers.sendblue, content }),
    limit: 256 * 1024,
    tooLong: 413
  },
  linq: {
    path: "/linq/v3/chats",
    body: (value: string) => ({ from: numbers.linq, to: [recipient], message: { parts: [{ type: "text", value }] } }),
    limit: 4 * 1024 * 1024,
    tooLong: 400
  }
} as const satisfies Record<Wire, unknown>

const wires = Object.keys(sends) as ReadonlyArray<Wire>

const headersOf = (wire: Wire) => ({ "content-type": "application/json", ...credentials(wire, key) })

const copies = (world: World, text: string) =>
  Effect.map(world.network.phone(recipient), ({ messages }) => messages.filter((message) => message.text === text).length)

const alive = (world: World) =>
  Effect.gen(function*() {
    expect((yield* world.ask({ path: "/healthz" })).status).toBe(200)
    for (const wire of wires) {
      const text = `still there for ${wire} ${Math.random()}`
      expect((yield* world.call(wire, "POST", sends[wire].path, sends[wire].body(text))).status).toBeLessThan(300)
      expect(yield* copies(world, text)).toBe(1)
    }
  })

const line = (name: string, value: string | number) => `${name}: ${value}\r\n`

const head = (method: string, path: string, headers: Readonly<Record<string, string | number>>) =>
  `${method} ${path} HTTP/1.1\r\nhost: x\r\n${Object.entries(headers).map(([name, value]) => line(name, value)).join("")}\r\n`

export const bodies: ReadonlyArray<Line> = [
  {
    threat: "a body that fills memory",
    against: "each wire has a size limit; the bytes are counted while the body comes",
    name: "an oversized body is refused on every wire, also in pieces that do not say how much comes",
    run: (world) =>
      Effect.gen(function*() {
        for (const wire of wires) {
          const { limit, path, tooLong } = sends[wire]
          const headers = headersOf(wire)
          const declared = yield* world.ask({ method: "POST", path, headers: { ...headers, "content-length": limit + 1 } })
          const half = "x".repeat(limit / 2)
          const pieces = yield* world.ask({ method: "POST", path, headers, pieces: [half, half, "x"] })
          expect([wire, declared.status, declared.headers["connection"]]).toEqual([wire, tooLong, "close"])
          expect([wire, pieces.status, pieces.headers["connection"]]).toEqual([wire, tooLong, "close"])
        }
        const file = yield* world.ask({
          method: "POST",
          path: "/v1/attachments?fileName=a.jpg&mimeType=image%2Fjpeg",
          headers: { ...credentials("v1", key), "content-type": "image/jpeg", "content-length": 100 * 1024 * 1024 + 1 }
        })
        expect(file.status, file.body).toBe(413)
        const many = Array.from({ length: 50 }, (_, n) => `--edge\r\ncontent-disposition: form-data; name="field${n}"\r\n\r\nx\r\n`).join(
          ""
        )
        const form = yield* world.ask({
          method: "POST",
          path: "/sendblue/api/upload-file",
          headers: { ...credentials("sendblue", key), "content-type": "multipart/form-data; boundary=edge" },
          body: `${many}--edge--\r\n`
        })
        expect([form.status, form.body]).toEqual([400, expect.stringContaining("The form could not be read")])
        yield* alive(world)
      })
  },
  {
    threat: "headers that fill memory",
    against: "Node limits the size of all headers together",
    name: "headers longer than 16 KiB are refused",
    run: (world) =>
      Effect.gen(function*() {
        const { text } = yield* raw(world.port, head("GET", "/v1/carriers", { ...headersOf("v1"), "x-long": "x".repeat(20_000) }))
        expect(statusOf(text)).toBe(431)
        yield* alive(world)
      })
  },
  {
    threat: "a body that never ends",
    against: "a body must arrive within a time limit; after that the connection is closed",
    name: "a client that sends its headers and then nothing is cut off, on every wire and at webhooks",
    over: "open",
    run: (world) =>
      Effect.gen(function*() {
        const places = [
          ...wires.map((wire) => [sends[wire].path, headersOf(wire)] as const),
          ["/webhooks/linq", { "content-type": "application/json" }] as const,
          ["/webhooks/sendblue", { "content-type": "application/json" }] as const
        ]
        const cut = yield* Effect.forEach(
          places.flatMap(([path, headers]) => [["", path, headers] as const, ["{\"to\":", path, headers] as const]),
          ([begun, path, headers]) =>
            Effect.map(
              raw(world.port, head("POST", path, { ...headers, "content-length": 1_000 }) + begun),
              (heard) => ({ path, ...heard })
            ),
          { concurrency: "unbounded" }
        )
        for (const { closed, path, text } of cut) {
          expect([path, statusOf(text), closed]).toEqual([path, path.startsWith("/webhooks/") ? 503 : 408, true])
        }
        const pieces = yield* Effect.forEach(
          places,
          ([path, headers]) =>
            Effect.map(
              raw(world.port, `${head("POST", path, { ...headers, "transfer-encoding": "chunked" })}3\r\n{"a\r\n`),
              (heard) => ({ path, ...heard })
            ),
          { concurrency: "unbounded" }
        )
        for (const { closed, path, text } of pieces) {
          expect([path, statusOf(text), closed]).toEqual([path, path.startsWith("/webhooks/") ? 503 : 408, true])
        }
        yield* alive(world)
      })
  },
  {
    threat: "a request states two lengths, and a proxy in front reads the other one",
    against: "Node's parser is strict; after a body that was not read to its end, nothing more is read from the connection",
    name: "two lengths, a length beside chunks, and broken chunks are refused, and nothing after them is taken for a request",
    run: (world) =>
      Effect.gen(function*() {
        const smuggled = head("DELETE", "/v1/carriers", headersOf("v1"))
        for (
          const headers of [
            "content-length: 5\r\ncontent-length: 6\r\n",
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: chunked, identity\r\n",
            "transfer-encoding: xchunked\r\n",
            "content-length: +5\r\n",
            "content-length: 5, 5\r\n"
          ]
        ) {
          const { text } = yield* raw(
            world.port,
            `POST /v1/send HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n${headers}\r\n0\r\n\r\n${smuggled}`,
            1_000
          )
          expect([headers, statusOf(text)]).toEqual([headers, 400])
          expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
        }
      })
  },
  {
    threat: "a small compressed body unpacks into a large one",
    against: "requests are never unpacked; webhooks are, up to the size limit of a body",
    name: "a packed body is refused on every wire, and a webhook that unpacks into more than it may",
    run: (world) =>
      Effect.gen(function*() {
        for (const wire of wires) {
          const { body, path } = sends[wire]
          const text = `packed for ${wire}`
          for (
            const [plain, encoding] of [[JSON.stringify(body(text)), "gzip"], [" ".repeat(50_000_000), "gzip"], [
              JSON.stringify(body(text)),
              "deflate"
            ]] as const
          ) {
            const answer = yield* world.ask({
              method: "POST",
              path,
              headers: { ...headersOf(wire), "content-encoding": encoding },
              body: gzipSync(plain)
            })
            expect(answer.status, `${wire}: ${answer.body}`).toBe(415)
            expect(answer.body).toContain("content-encoding")
          }
          expect(yield* copies(world, text)).toBe(0)
        }
        for (
          const [coding, bomb] of [["gzip", gzipSync(" ".repeat(50_000_000))], ["gzip, gzip", gzipSync(gzipSync(" ".repeat(50_000_000)))], [
            "br",
            brotliCompressSync(" ".repeat(50_000_000))
          ]] as const
        ) {
          expect(bomb.length).toBeLessThan(100_000)
          const answer = yield* world.ask({ method: "POST", path: "/webhooks/linq", headers: { "content-encoding": coding }, body: bomb })
          expect(answer.status, coding).toBe(413)
        }
      })
  },
  {
    threat: "small JSON that takes much work to read",
    against: "the body, the parts and the recipients have limits; fields that no schema names are not read recursively",
    name: "JSON nested without end, a hundred thousand parts and a hundred thousand recipients are refused, soon and with a reason",
    run: (world) =>
      Effect.gen(function*() {
        const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
        const objects = (depth: number) => "{\"a\":".repeat(depth) + "1" + "}".repeat(depth)
        const many = (count: number, one: string) => `[${Array.from({ length: count }, () => one).join(",")}]`
        const refused = (wire: Wire, path: string, body: string) =>
          Effect.gen(function*() {
            const { limit } = sends[wire]
            expect(body.length).toBeLessThanOrEqual(limit)
            const begun = performance.now()
            const answer = yield* world.ask({ method: "POST", path, headers: headersOf(wire), body })
            expect([400, 413, 422], `${wire} ${body.slice(0, 60)}: ${answer.status} ${answer.body.slice(0, 300)}`).toContain(answer.status)
            expect(answer.body.length).toBeLessThan(20_000)
            expect(performance.now() - begun, `${wire} ${body.slice(0, 60)}`).toBeLessThan(30_000)
          })
        const to = JSON.stringify({ line: "support", handle: recipient })
        yield* refused("v1", "/v1/send", nested(500_000))
        yield* refused("v1", "/v1/send", `{"to":${to},"text":${nested(400_000)}}`)
        yield* refused("v1", "/v1/send", `{"to":${to},"text":"deep","metadata":${objects(150_000)}}`)
        yield* refused("v1", "/v1/send", `{"to":${to},"parts":${many(25_000, "{\"_tag\":\"Text\",\"text\":\"a\"}")}}`)
        yield* refused("v1", "/v1/send", `{"to":${to},"parts":${many(100_000, "{}")}}`)
        yield* refused("v1", "/v1/send", `{"to":${to},"parts":${many(2_400, "{}")}}`)
        yield* refused("v1", "/v1/send", `{"to":${to},"parts":${many(4_900, "1")}}`)
        yield* refused("v1", "/v1/send", `{"to":${to},"text":"x",${Array.from({ length: 4_000 }, (_, n) => `"f${n}":1`).join(",")}}`)
        yield* refused("sendblue", "/sendblue/api/send-message", nested(100_000))
        yield* refused(
          "sendblue",
          "/sendblue/api/send-message",
          `{"number":"${recipient}","from_number":"${numbers.sendblue}","content":${nested(100_000)}}`
        )
        yield* refused(
          "sendblue",
          "/sendblue/api/send-group-message",
          `{"from_number":"${numbers.sendblue}","content":"many","numbers":${many(15_000, "\"+12025550199\"")}}`.replace(
            /\+12025550199/g,
            () => `+1${2_025_000_000 + Math.floor(Math.random() * 9_999_999)}`
          )
        )
        yield* refused("linq", "/linq/v3/chats", nested(2_000_000))
        const parts = (all: string) => `{"from":"${numbers.linq}","to":["${recipient}"],"message":{"parts":${all}}}`
        yield* refused("linq", "/linq/v3/chats", parts(nested(1_000_000)))
        yield* refused("linq", "/linq/v3/chats", parts(many(100_000, "{\"type\":\"text\",\"value\":\"a\"}")))
        yield* refused(
          "linq",
          "/linq/v3/chats",
          `{"from":"${numbers.linq}","to":${many(100_000, "\"+12025550199\"")},"message":{"parts":[]}}`
        )
        yield* alive(world)
      })
  },
  {
    threat: "two programs read the same JSON differently",
    against: "a body is parsed once, and the result that was checked is sent; the key __proto__ is refused or left out",
    name: "of a key that comes twice the last one counts everywhere, and __proto__ gives no object anything",
    run: (world) =>
      Effect.gen(function*() {
        for (const wire of wires) {
          const { body, path } = sends[wire]
          const text = `twice for ${wire}`
          const twice = JSON.stringify(body(text)).replace(/"(text|content|value)":/, (found) => `${found}"not this for ${wire}",${found}`)
          expect((yield* world.ask({ method: "POST", path, headers: headersOf(wire), body: twice })).status).toBeLessThan(300)
          expect([yield* copies(world, text), yield* copies(world, `not this for ${wire}`)]).toEqual([1, 0])

          const hidden = JSON.stringify(body(`hidden for ${wire}`))
          for (const poisoned of [`{"__proto__":${hidden}}`, `{"constructor":{"prototype":${hidden}}}`, `[${hidden}]`]) {
            const answer = yield* world.ask({ method: "POST", path, headers: headersOf(wire), body: poisoned })
            expect([400, 422], answer.body).toContain(answer.status)
          }
          expect(yield* copies(world, `hidden for ${wire}`)).toBe(0)
          yield* world.ask({
            method: "POST",
            path,
            headers: headersOf(wire),
            body: hidden.replace("{", "{\"__proto__\":{\"polluted\":true},")
          })
          expect("polluted" in {}).toBe(false)
        }
        const form = yield* world.ask({
          method: "POST",
          path: "/sendblue/api/send-message",
          headers: { ...credentials("sendblue", key), "content-type": "application/x-www-form-urlencoded" },
          body: "__proto__[polluted]=1&__proto__=polluted&number=1"
        })
        expect(form.status).toBe(400)
        expect("polluted" in {}).toBe(false)
      })
  }
]
