/** Which recorded calls are read, and that no header of theirs is kept. */
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import * as Either from "effect/Either"
import * as RecordedCall from "../src/calls/RecordedCall.ts"

const call = {
  method: "POST",
  host: "api.sendblue.com",
  path: "/api/send-message",
  query: "",
  contentType: undefined,
  body: "",
  answer: undefined,
  at: undefined,
  hadCredentials: false
}

const address = "https://api.sendblue.com/api/send-message"

describe("a recorded call", () => {
  it.each<[string, unknown, Partial<RecordedCall.RecordedCall>]>([
    ["by its URL", { method: "post", url: address }, {}],
    ["by its path", { method: "POST", path: "/api/send-message?a=1" }, { host: undefined, query: "a=1" }],
    ["with credentials in its URL", { method: "POST", url: "https://me:secret@API.sendblue.com/api/send-message#x" }, {}],
    ["with the usual port", { method: "POST", url: "https://api.sendblue.com:443/api/send-message" }, {}],
    ["with fields", { method: "POST", url: address, body: { number: "+1" } }, { body: { number: "+1" } }],
    ["with a text", { method: "POST", url: address, body: "{}" }, { body: "{}" }],
    ["with a time", { method: "POST", url: address, at: "2026-11-01T00:00:00Z" }, { at: 1_793_491_200_000 }],
    ["with a time in seconds", { method: "POST", url: address, timestamp: 1_793_491_200 }, { at: 1_793_491_200_000 }],
    ["with a time that is out of range", { method: "POST", url: address, at: 1e20 }, {}],
    ["with no time that can be read", { method: "POST", url: address, at: "soon" }, {}]
  ])("%s is read", (_, given, expected) => {
    deepStrictEqual(RecordedCall.ofLine(given), Either.right({ ...call, ...expected }))
  })

  it.each<[string, unknown]>([
    ["a record", { "Content-Type": "application/json", "sb-api-secret-key": "hush", accept: "*/*" }],
    ["a list", [{ name: "content-type", value: "application/json" }, { name: "Authorization", value: "hush" }, 7]]
  ])("keeps none of its headers but the content type: %s", (_, headers) => {
    const read = RecordedCall.ofLine({ method: "POST", url: address, headers })
    deepStrictEqual(read, Either.right({ ...call, contentType: "application/json", hadCredentials: true }))
    assertTrue(!JSON.stringify(read).includes("hush"))
  })

  it.each<[string, unknown]>([
    ["no object", 7],
    ["no method", { url: address }],
    ["no address", { method: "POST" }],
    ["an address that is none", { method: "POST", url: "ftp://x/y" }],
    ["a body that is none", { method: "POST", url: address, body: [1] }]
  ])("without what it needs is refused: %s", (_, given) => {
    assertTrue(Either.isLeft(RecordedCall.ofLine(given)))
  })

  it("of a HAR file is read", () => {
    deepStrictEqual(
      RecordedCall.ofHarEntry({
        startedDateTime: "2026-11-01T00:00:00.000Z",
        request: {
          method: "POST",
          url: address,
          headers: [{ name: "Cookie", value: "hush" }],
          postData: { mimeType: "application/json", text: "{\"number\":\"+1\"}" }
        }
      }),
      Either.right({
        ...call,
        contentType: "application/json",
        body: "{\"number\":\"+1\"}",
        at: 1_793_491_200_000,
        hadCredentials: true
      })
    )
    assertTrue(Either.isLeft(RecordedCall.ofHarEntry({ request: {} })))
  })
})
