/**
 * HMAC-SHA-256 over Web Crypto, and comparisons that take as long for a wrong value as for a right one: what webhooks,
 * tokens and keys are checked with. Runs wherever `fetch` does.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/**
 * A secret that signs. `sign` gives 32 bytes. `verify` says whether `signature` is what `sign` gives for `content`, in
 * constant time; a signature of another length is never right. Text is taken as UTF-8.
 *
 * @category models
 */
export interface Hmac {
  readonly sign: (content: string | Uint8Array) => Effect.Effect<Uint8Array>
  readonly verify: (signature: Uint8Array, content: string | Uint8Array) => Effect.Effect<boolean>
}

// not in the ES library; every runtime that has fetch has it
interface HmacKey {
  readonly type: string
}
declare const crypto: {
  readonly getRandomValues: (bytes: Uint8Array) => Uint8Array
  readonly subtle: {
    readonly importKey: (
      format: "raw",
      secret: Uint8Array,
      algorithm: { readonly name: "HMAC"; readonly hash: "SHA-256" },
      extractable: false,
      uses: ReadonlyArray<"sign" | "verify">
    ) => PromiseLike<HmacKey>
    readonly sign: (name: "HMAC", key: HmacKey, content: Uint8Array) => PromiseLike<ArrayBuffer>
    readonly verify: (name: "HMAC", key: HmacKey, signature: Uint8Array, content: Uint8Array) => PromiseLike<boolean>
  }
}
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

const bytesOf = (content: string | Uint8Array): Uint8Array => typeof content === "string" ? new TextEncoder().encode(content) : content

/**
 * A signer of one secret: text, taken as UTF-8, or bytes. The secret is imported once, when it is first used. An empty secret
 * is a defect then: check what users configure before.
 *
 * @category constructors
 */
export const make = (secret: Redacted.Redacted<string | Uint8Array>): Hmac => {
  let known: HmacKey | undefined
  const imported = Effect.tap(
    Effect.promise(() =>
      crypto.subtle.importKey("raw", bytesOf(Redacted.value(secret)), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"])
    ),
    (key) =>
      Effect.sync(() => {
        known = key
      })
  )
  const key = Effect.suspend(() => known === undefined ? imported : Effect.succeed(known))
  return {
    sign: (content) =>
      Effect.flatMap(
        key,
        (key) =>
          Effect.map(Effect.promise(() => crypto.subtle.sign("HMAC", key, bytesOf(content))), (signature) => new Uint8Array(signature))
      ),
    verify: (signature, content) =>
      Effect.flatMap(key, (key) => Effect.promise(() => crypto.subtle.verify("HMAC", key, signature, bytesOf(content))))
  }
}

// a random key. The time of the comparison may depend on the two signatures, but it shows nothing about the two texts
let comparison: Hmac | undefined
const unguessable = Effect.sync(() => comparison ??= make(Redacted.make(crypto.getRandomValues(new Uint8Array(32)))))

// UTF-16 units, not UTF-8: two different texts never have the same bytes
const unitsOf = (text: string): Uint8Array =>
  new Uint8Array(Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)).buffer)

/**
 * Whether two texts are the same, in a time that does not say where they differ. It grows with the length of each text.
 *
 * @category refinements
 */
export const equal = (left: string, right: string): Effect.Effect<boolean> =>
  Effect.flatMap(unguessable, (hmac) => Effect.flatMap(hmac.sign(unitsOf(left)), (signature) => hmac.verify(signature, unitsOf(right))))
