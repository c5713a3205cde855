/** Where the gateway may be made to call, and where it calls. */
import { describe, expect, it } from "@effect/vitest"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Http from "node:http"
import * as OutboundHttp from "../../src/egress/OutboundHttp.ts"
import * as PublicAddress from "../../src/egress/publicAddress.ts"

const why = <A>(result: Either.Either<A, string>): string => Either.match(result, { onLeft: (why) => why, onRight: () => "allowed" })

const refused: ReadonlyArray<readonly [url: string, because: string]> = [
  ["https://127.0.0.1/hook", "private"],
  ["https://127.1/hook", "private"],
  ["https://0x7f.1/hook", "private"],
  ["https://2130706433/hook", "private"],
  ["https://017700000001/hook", "private"],
  ["https://127.0.0.1./hook", "private"],
  ["https://%31%32%37.0.0.1/hook", "private"],
  ["https://１２７.0.0.1/hook", "private"],
  ["https://0.0.0.0/hook", "private"],
  ["https://10.1.2.3/hook", "private"],
  ["https://100.64.0.1/hook", "private"],
  ["https://169.254.169.254/latest/meta-data", "private"],
  ["https://172.16.0.1/hook", "private"],
  ["https://172.31.255.255/hook", "private"],
  ["https://192.168.1.1/hook", "private"],
  ["https://198.18.0.1/hook", "private"],
  ["https://224.0.0.1/hook", "private"],
  ["https://255.255.255.255/hook", "private"],
  ["https://[::1]/hook", "private"],
  ["https://[::]/hook", "private"],
  ["https://[::ffff:127.0.0.1]/hook", "private"],
  ["https://[::ffff:7f00:1]/hook", "private"],
  ["https://[::127.0.0.1]/hook", "private"],
  ["https://[64:ff9b::7f00:1]/hook", "private"],
  ["https://[2002:7f00:1::]/hook", "private"],
  ["https://[2001:0:7f00:1::]/hook", "private"],
  ["https://[fe80::1]/hook", "private"],
  ["https://[fc00::1]/hook", "private"],
  ["https://[fd12:3456::1]/hook", "private"],
  ["https://[ff02::1]/hook", "private"],
  ["https://localhost/hook", "private"],
  ["https://LOCALHOST./hook", "private"],
  ["https://a.localhost/hook", "private"],
  ["https://metadata.google.internal/hook", "private"],
  ["https://printer.local/hook", "private"],
  ["https://database/hook", "private"],
  ["http://example.com/hook", "https"],
  ["file:///etc/passwd", "https"],
  ["gopher://example.com/", "https"],
  ["https://user@example.com/", "password"],
  ["https://user:word@example.com/", "password"],
  ["https://example.com\\@127.0.0.1/", "backslash"],
  ["https://example.com/\r\nx: y", "control"],
  [" https://example.com/", "space"],
  ["https://exa\tmple.com/", "control"],
  ["/hook", "not a URL"],
  ["", "not a URL"],
  [`https://example.com/${"a".repeat(2_048)}`, "longer"]
]

const allowed = [
  "https://example.com/hook?a=b#c",
  "https://example.com:8443/hook",
  "https://example.com./hook",
  "https://8.8.8.8/hook",
  "https://172.32.0.1/hook",
  "https://100.128.0.1/hook",
  "https://[2606:4700:4700::1111]/hook",
  "https://bücher.example/hook"
]

describe("an address", () => {
  it.each(refused)("%s is refused", (url, because) => {
    expect(why(PublicAddress.read(url, false))).toContain(because)
  })

  it.each(allowed)("%s is allowed", (url) => {
    expect(why(PublicAddress.read(url, false))).toBe("allowed")
  })

  it.scoped("is not repeated in what is said about it", () =>
    Effect.gen(function*() {
      const egress = yield* OutboundHttp.make()
      for (const [url] of refused.filter(([url]) => url.length > 5)) {
        const error = yield* Effect.flip(egress.check(url))
        expect(error.message).not.toContain(url.trim().slice(8, 20) || url)
      }
    }))

  it("of one's own machine is allowed where private ones are, and credentials in it never", () => {
    expect(why(PublicAddress.read("http://127.0.0.1:3000/hook", true))).toBe("allowed")
    expect(why(PublicAddress.read("http://localhost/hook", true))).toBe("allowed")
    expect(why(PublicAddress.read("http://me@localhost/hook", true))).toContain("password")
    expect(why(PublicAddress.read("file:///etc/passwd", true))).toContain("https")
  })
})

describe("a call", () => {
  it.scoped("posts the body and headers as they are, and answers the status", () =>
    Effect.gen(function*() {
      const { port, received } = yield* RecordingServer.make([{ status: 410, body: "gone" }])
      const egress = yield* OutboundHttp.make({ allowPrivate: true })
      const status = yield* egress.post({
        url: `http://127.0.0.1:${port}/hook?a=b`,
        headers: { "content-type": "application/json", "webhook-id": "1" },
        body: "{\"a\":\"ü\"}"
      })
      expect(status).toBe(410)
      expect(received).toMatchObject([{
        method: "POST",
        url: "/hook?a=b",
        body: "{\"a\":\"ü\"}",
        headers: { "content-type": "application/json", "webhook-id": "1" }
      }])
    }))

  it.scoped("does not follow a redirect", () =>
    Effect.gen(function*() {
      const { port, received } = yield* RecordingServer.make([{ status: 302, headers: { location: "/elsewhere" } }])
      const egress = yield* OutboundHttp.make({ allowPrivate: true })
      expect(yield* egress.post({ url: `http://127.0.0.1:${port}/hook`, headers: {}, body: "{}" })).toBe(302)
      expect(received).toHaveLength(1)
    }))

  it.scoped("to a name that leads to this machine is refused when it connects", () =>
    Effect.gen(function*() {
      const { port, received } = yield* RecordingServer.make()
      const rebinding = (name: string, _: unknown, found: (error: null, addresses: Array<{ address: string; family: number }>) => void) =>
        found(
          null,
          name === "mixed.example.com"
            ? [{ address: "::ffff:127.0.0.1", family: 6 }, { address: "10.0.0.1", family: 4 }]
            : [{ address: "127.0.0.1", family: 4 }]
        )
      const egress = yield* OutboundHttp.make({}, rebinding)
      for (const name of ["rebound.example.com", "mixed.example.com"]) {
        const error = yield* Effect.flip(egress.post({ url: `https://${name}:${port}/hook`, headers: {}, body: "{}" }))
        expect(error.why).toContain("private")
      }
      expect(received).toEqual([])
    }))

  it("to a name goes to its public addresses only", () => {
    const several = (_: string, __: unknown, found: (error: null, addresses: Array<{ address: string; family: number }>) => void) =>
      found(null, [{ address: "127.0.0.1", family: 4 }, { address: "8.8.8.8", family: 4 }, { address: "2606:4700:4700::1111", family: 6 }])
    const answers: Array<unknown> = []
    PublicAddress.guardedLookup(several)("example.com", { all: true }, (error, addresses) => void answers.push(error, addresses))
    PublicAddress.guardedLookup(several)("example.com", {}, (error, address, family) => void answers.push(error, address, family))
    expect(answers).toEqual([null, [{ address: "8.8.8.8", family: 4 }, { address: "2606:4700:4700::1111", family: 6 }], null, "8.8.8.8", 4])
  })

  it.scoped("checks the address itself", () =>
    Effect.gen(function*() {
      const egress = yield* OutboundHttp.make()
      expect((yield* Effect.flip(egress.post({ url: "https://127.0.0.1/", headers: {}, body: "{}" }))).why).toContain("private")
    }))

  it.scoped.each([{ "x-a": "b\r\nx-c: d" }, { "x-a\r\nx-c": "d" }, { "x-a": "b\u0000" }, { "x-a": "ü" }, { "": "b" }])(
    "with the header %j does not leave",
    (headers) =>
      Effect.gen(function*() {
        const { port, received } = yield* RecordingServer.make()
        const egress = yield* OutboundHttp.make({ allowPrivate: true })
        const error = yield* Effect.flip(
          egress.post({ url: `http://127.0.0.1:${port}/`, headers: headers as Record<string, string>, body: "{}" })
        )
        expect(error.why).toContain("header")
        expect(received).toEqual([])
      })
  )

  it.scopedLive("that nobody answers ends in time", () =>
    Effect.gen(function*() {
      const { port } = yield* RecordingServer.make(() => Effect.never)
      const egress = yield* OutboundHttp.make({ allowPrivate: true, timeout: "50 millis" })
      const error = yield* Effect.flip(egress.post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: "{}" }))
      expect(error.why).toBe("nothing was answered within 50ms")
    }))

  it.scopedLive("whose answer has no end answers its status", () =>
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(Http.createServer((_, response) => {
        response.writeHead(200)
        const write = (): void => {
          if (!response.destroyed && response.write("x".repeat(65_536))) setImmediate(write)
          else response.once("drain", write)
        }
        write()
      }))
      const egress = yield* OutboundHttp.make({ allowPrivate: true })
      expect(yield* egress.post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: "{}" })).toBe(200)
    }))

  it.scoped("that is refused says the code and not the address", () =>
    Effect.gen(function*() {
      const { port } = yield* Effect.scoped(RecordingServer.make())
      const egress = yield* OutboundHttp.make({ allowPrivate: true })
      const error = yield* Effect.flip(egress.post({ url: `http://127.0.0.1:${port}/secret`, headers: {}, body: "{}" }))
      expect(error.why).toBe("the address could not be called (ECONNREFUSED)")
    }))
})
