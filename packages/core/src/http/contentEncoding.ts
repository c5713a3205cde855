/**
 * Decodes answers that are compressed although we asked for `identity`. `fetch` decodes the body itself but keeps the header. Other
 * clients keep the compressed bytes.
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as PlatformError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as PlatformGlobals from "../runtime/platformGlobals.ts"

// every runtime that has `fetch` has this class, but the type libraries of this project do not declare it
declare const Blob: new(
  parts: ReadonlyArray<Uint8Array>
) => { readonly stream: () => { readonly pipeThrough: (transform: unknown) => unknown } }
declare const DecompressionStream: new(format: "gzip" | "deflate") => unknown
declare const TextDecoder: new() => { readonly decode: (bytes: Uint8Array) => string }

/** The largest decoded answer, in bytes. A few compressed bytes could become gigabytes. */
export const largest = 32 * 1024 * 1024

/** The codings of a `Content-Encoding` header in the order in which they are undone; none for `identity`. */
export const of = (header: string | undefined): ReadonlyArray<string> =>
  header === undefined
    ? []
    : header.toLowerCase().split(",").map((coding) => coding.trim()).filter((coding) => coding !== "" && coding !== "identity").reverse()

class TooLarge extends Error {}

const together = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let position = 0
  for (const chunk of chunks) {
    bytes.set(chunk, position)
    position += chunk.length
  }
  return bytes
}

const collect = <E, E2>(stream: Stream.Stream<Uint8Array, E>, tooLarge: () => E2): Effect.Effect<Uint8Array, E | E2> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return Effect.map(
      Stream.runForEach(stream, (chunk) => {
        size += chunk.length
        if (size > largest) return Effect.fail(tooLarge())
        chunks.push(chunk)
        return Effect.void
      }),
      () => together(chunks, size)
    )
  })

const formats = { gzip: "gzip", "x-gzip": "gzip", deflate: "deflate" } as const

const isFormat = (coding: string): coding is keyof typeof formats => Object.hasOwn(formats, coding)

const decode = (bytes: Uint8Array, coding: string): Effect.Effect<Uint8Array, unknown> => {
  if (isFormat(coding)) {
    return Effect.suspend(() =>
      collect(
        Stream.fromReadableStream<Uint8Array, unknown>(
          // a stream of bytes; not every project has its type
          () => new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream(formats[coding])) as never,
          (error) => error
        ),
        () => new TooLarge()
      )
    )
  }
  const zlib = coding === "br" ? PlatformGlobals.builtin("node:zlib") : undefined
  if (zlib === undefined) return Effect.fail(`no decoder for ${coding}`)
  return Effect.async((resume) => {
    zlib.brotliDecompress(
      bytes,
      { maxOutputLength: largest },
      (error, decoded) =>
        resume(
          error === null
            ? Effect.succeed(decoded)
            : Effect.fail("code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? new TooLarge() : error)
        )
    )
  })
}

const isJson = (text: string): boolean => Either.isRight(Either.try(() => JSON.parse(text)))

const utf8 = new TextDecoder()

/**
 * The decoded text of an answer. If it cannot be decoded, the text stays as it came, because the status may be enough. Fails if the
 * decoded answer is too large.
 */
export const text = (
  response: HttpClientResponse.HttpClientResponse,
  codings: ReadonlyArray<string>
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  const tooLarge = () =>
    new PlatformError.ResponseError({ request: response.request, response, reason: "Decode", description: "the answer is too large" })
  const whole = Effect.catchIf(
    collect(response.stream, tooLarge),
    (error) => error._tag === "ResponseError" && error.reason === "EmptyBody",
    () => Effect.succeed(new Uint8Array(0))
  )
  return Effect.flatMap(whole, (bytes) => {
    const plain = utf8.decode(bytes)
    // compressed bytes are never JSON, so the client has decoded this body already
    if (bytes.length === 0 || isJson(plain)) return Effect.succeed(plain)
    return Effect.reduce(codings, bytes, decode).pipe(
      Effect.map((decoded) => utf8.decode(decoded)),
      Effect.catchAll((error) => error instanceof TooLarge ? Effect.fail(tooLarge()) : Effect.succeed(plain))
    )
  })
}
