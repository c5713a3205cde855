import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { createHmac } from "node:crypto"
import * as Hmac from "../src/http/Hmac.ts"

const text = FastCheck.string({ unit: "binary" })
const nodeHmac = (secret: string | Uint8Array, content: string | Uint8Array) =>
  new Uint8Array(createHmac("sha256", secret).update(content).digest())

describe("Hmac", () => {
  it.effect("signs as node's crypto does, with a secret of text and of bytes", () =>
    Effect.gen(function*() {
      for (const secret of ["s3cret – ü", new Uint8Array([0, 255, 7])]) {
        const hmac = Hmac.make(Redacted.make(secret))
        for (const content of ["", "message ü", new Uint8Array([1, 2, 0, 255])]) {
          expect(yield* hmac.sign(content)).toEqual(nodeHmac(secret, content))
          expect(yield* hmac.verify(nodeHmac(secret, content), content)).toBe(true)
        }
      }
    }))

  it.effect("believes no changed, shorter, longer or empty signature, and none of another secret", () =>
    Effect.gen(function*() {
      const hmac = Hmac.make(Redacted.make("one"))
      const signature = yield* hmac.sign("content")
      for (let index = 0; index < signature.length; index++) {
        expect(yield* hmac.verify(signature.map((byte, at) => at === index ? byte ^ 1 : byte), "content")).toBe(false)
      }
      expect(yield* hmac.verify(signature.slice(0, 31), "content")).toBe(false)
      expect(yield* hmac.verify(new Uint8Array([...signature, 0]), "content")).toBe(false)
      expect(yield* hmac.verify(new Uint8Array(), "content")).toBe(false)
      expect(yield* hmac.verify(signature, "content ")).toBe(false)
      expect(yield* hmac.verify(nodeHmac("two", "content"), "content")).toBe(false)
    }))

  it("finds two texts equal when they are the same, and only then", () =>
    FastCheck.assert(FastCheck.asyncProperty(text, text, async (left, right) => {
      expect(await Effect.runPromise(Hmac.equal(left, left))).toBe(true)
      expect(await Effect.runPromise(Hmac.equal(left, right))).toBe(left === right)
    })))

  it.effect("tells a lone surrogate from the character that replaces it", () =>
    Effect.gen(function*() {
      expect(yield* Hmac.equal("\ud800", "\ufffd")).toBe(false)
      expect(yield* Hmac.equal("a", "a\0")).toBe(false)
    }))
})
