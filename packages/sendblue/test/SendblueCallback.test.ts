import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Part from "@interline/core/Part"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as SendblueCallback from "../src/wire/SendblueCallback.ts"
import { deliveryId, from, group, person, run, send } from "./support.ts"

const secret = Redacted.make("sixteen-characters-or-more")
const options: SendblueCallback.Options = { url: "https://hooks.example.com/status", secret }
const key = `${deliveryId}:1:0`
const audience: SendblueCallback.Audience = { line: from, recipient: person }
const sign = SendblueCallback.sign(options)
const verify = SendblueCallback.verify(options)
const day = Duration.toMillis("1 day")

describe("token", () => {
  it.effect("gives the key of its attempt back, for two days", () =>
    Effect.gen(function*() {
      const token = yield* sign(key, audience, 1000)
      expect(yield* verify(token, audience, 1000)).toEqual(Option.some(key))
      expect(yield* verify(token, audience, 1000 + 2 * day)).toEqual(Option.some(key))
      expect(yield* verify(token, audience, 1001 + 2 * day)).toEqual(Option.none())
    }))

  it.effect("expires when the options say so", () =>
    Effect.gen(function*() {
      const token = yield* SendblueCallback.sign({ secret, expiresAfter: "1 minute" })(key, audience, 0)
      expect(yield* verify(token, audience, 60_000)).toEqual(Option.some(key))
      expect(yield* verify(token, audience, 60_001)).toEqual(Option.none())
    }))

  it.effect.each(
    [
      ["another recipient", { ...audience, recipient: "+19998887778" }],
      ["another line", { ...audience, line: "+15122164638" }],
      ["line and recipient exchanged", { line: person, recipient: from }],
      ["one more recipient", { ...audience, recipient: [person, from] }],
      ["nobody", { ...audience, recipient: [] }]
    ] as const
  )("is not for %s", ([, other]) =>
    Effect.gen(function*() {
      const token = yield* sign(key, audience, 0)
      expect(yield* verify(token, other, 0)).toEqual(Option.none())
    }))

  it.effect("names the people of a group in any order", () =>
    Effect.gen(function*() {
      const token = yield* sign(key, { line: from, recipient: group.members }, 0)
      expect(yield* verify(token, { line: from, recipient: [...group.members].reverse() }, 0)).toEqual(Option.some(key))
      expect(yield* verify(token, { line: from, recipient: group.members.slice(1) }, 0)).toEqual(Option.none())
    }))

  it.effect("of another secret is not believed", () =>
    Effect.gen(function*() {
      const token = yield* SendblueCallback.sign({ secret: Redacted.make("another-secret-of-ours") })(key, audience, 0)
      expect(yield* verify(token, audience, 0)).toEqual(Option.none())
    }))

  it.effect("is not believed with any one character changed, left out or added", () =>
    Effect.gen(function*() {
      const token = yield* sign(key, audience, 0)
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      const last = token.slice(-1)
      const tampered = new Set([
        ...Array.from(token, (character, at) => `${token.slice(0, at)}${character === "A" ? "B" : "A"}${token.slice(at + 1)}`),
        ...Array.from(token, (_, at) => `${token.slice(0, at)}${token.slice(at + 1)}`),
        ...Array.from(token, (_, at) => `${token.slice(0, at)}A${token.slice(at)}`),
        // the last character carries two bits that decoding drops
        ...Array.from(alphabet).filter((character) => character !== last).map((character) => `${token.slice(0, -1)}${character}`),
        `${token}=`,
        `${token}A`,
        `${token} `,
        "",
        ".",
        token.replace(".", ""),
        `${token}.${token}`
      ])
      tampered.delete(token)
      for (const text of tampered) expect(yield* verify(text, audience, 0)).toEqual(Option.none())
      expect(tampered.size).toBeGreaterThan(250)
    }))

  it.effect("shows no phone number, in whatever way it is read", () =>
    Effect.gen(function*() {
      const token = yield* sign(key, { line: from, recipient: group.members }, 0)
      const seen = `${token} ${Buffer.from(token.split(".")[0] ?? "", "base64url").toString()} ${
        Buffer.from(token, "base64url").toString()
      }`
      for (const number of [from, ...group.members]) {
        expect(seen).not.toContain(number)
        expect(seen).not.toContain(number.slice(1))
      }
    }))
})

it.each([
  ["https://a.example.com/status", "https://a.example.com/status?interline=t"],
  ["https://a.example.com/status?x=1", "https://a.example.com/status?x=1&interline=t"],
  ["https://a.example.com/status?", "https://a.example.com/status?interline=t"],
  ["https://a.example.com/status?x=1&", "https://a.example.com/status?x=1&interline=t"],
  ["https://a.example.com/status?x=1#end", "https://a.example.com/status?x=1&interline=t#end"]
])("the address of %s keeps its own query", (url, expected) => {
  expect(SendblueCallback.address(url, "t")).toBe(expected)
})

describe("a send with a callback", () => {
  const callback = { ...options, url: "https://hooks.example.com/status?team=7", expiresAfter: "1 hour" } as const
  const draft = Draft.make([Part.text("one"), Part.text("two")])
  const tokenOf = (body: unknown): string => {
    const address = new URL((body as { readonly status_callback: string }).status_callback)
    expect(address.searchParams.get("team")).toBe("7")
    return address.searchParams.get(SendblueCallback.parameter) ?? ""
  }

  it.effect("names each attempt by its key, to whom and from where", () =>
    run([{ body: { status: "QUEUED", message_handle: "h" } }], (carrier, requests) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(5000)
        yield* send(carrier, draft)
        expect(requests.map(({ body }) => Object.keys(body as object))).toEqual(
          new Array(2).fill(["number", "from_number", "content", "status_callback"])
        )
        const keys = yield* Effect.forEach(requests, ({ body }) => verify(tokenOf(body), audience, 5000))
        expect(keys).toEqual([Option.some(`${deliveryId}:0:0`), Option.some(`${deliveryId}:0:1`)])
        expect(yield* verify(tokenOf(requests[0]?.body), audience, 5001 + 3_600_000)).toEqual(Option.none())
      }), { callback }))

  it.effect("to a group is bound to its people, and to its id once that is known", () =>
    run([{ body: { status: "QUEUED", message_handle: "h", group_id: "g-1" } }], (carrier, requests) =>
      Effect.gen(function*() {
        yield* send(carrier, Draft.text("first"), group)
        yield* send(carrier, Draft.text("second"), group)
        expect(yield* verify(tokenOf(requests[0]?.body), { line: from, recipient: group.members }, 0)).toEqual(
          Option.some(`${deliveryId}:0:0`)
        )
        expect(yield* verify(tokenOf(requests[1]?.body), { line: from, recipient: "g-1" }, 0)).toEqual(Option.some(`${deliveryId}:0:0`))
      }), { callback }))

  it.effect("plans the same as without one", () =>
    run([{}], (carrier, requests) =>
      Effect.gen(function*() {
        const plan = yield* carrier.plan({ draft, conversation: { _tag: "Direct", line: group.line, handle: person }, fidelity: "adapt" })
        expect(JSON.stringify(plan)).not.toContain("callback")
        expect(plan).toMatchObject({ _tag: "Sendable", steps: [{ body: { content: "one" } }, { body: { content: "two" } }] })
        expect(requests).toEqual([])
      }), { callback }))

  it.effect("without the option asks for no reports", () =>
    run(
      [{ body: { status: "QUEUED", message_handle: "h" } }],
      (carrier, requests) =>
        Effect.map(send(carrier, Draft.text("one")), () =>
          expect(requests[0]?.body).toEqual({ number: person, from_number: from, content: "one" }))
    ))
})
