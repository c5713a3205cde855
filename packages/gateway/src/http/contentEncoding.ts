/** Undoes the codings of a body (`content-encoding`), within a limit. */
import * as Effect from "effect/Effect"
import type { Buffer } from "node:buffer"
import * as Zlib from "node:zlib"

/** Why a body cannot be decoded. `size`: it becomes longer than the limit. `coding`: its bytes do not match its coding. */
export type Undecoded = "size" | "coding"

type Decode = (bytes: Buffer, options: Zlib.ZlibOptions & Zlib.BrotliOptions, done: (error: Error | null, decoded: Buffer) => void) => void

const pass: Decode = (bytes, _, done) => done(null, bytes)

// A proxy may have decoded a body and left the header. So the first bytes are checked.
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

// In RFC 9110, 8.4.1.2, `deflate` is the zlib format. But some programs send the bare stream.
const isZlib = (bytes: Buffer): boolean => bytes.length > 1 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0

const decoders: Readonly<Record<string, (bytes: Buffer) => Decode>> = {
  gzip: (bytes) => isGzip(bytes) ? Zlib.gunzip : pass,
  "x-gzip": (bytes) => isGzip(bytes) ? Zlib.gunzip : pass,
  deflate: (bytes) => isZlib(bytes) ? Zlib.inflate : Zlib.inflateRaw,
  br: () => Zlib.brotliDecompress
}

/** The codings that can be decoded, in the form of `accept-encoding`. */
export const accepted = "gzip, deflate, br"

// No honest client packs a body more often than this.
const most = 2

/** The codings of a body, the outermost last. A body without coding has none. */
export const of = (header: string | undefined): ReadonlyArray<string> =>
  header === undefined
    ? []
    : header.toLowerCase().split(",").map((word) => word.trim()).filter((word) => word !== "" && word !== "identity")

/** Whether all of these codings can be decoded. */
export const areKnown = (codings: ReadonlyArray<string>): boolean =>
  codings.length <= most && codings.every((coding) => Object.hasOwn(decoders, coding))

// This is the number of Node's threads. A body that waits is still small, but a body that is being decoded may be as large as the limit.
const few = Effect.unsafeMakeSemaphore(4)

const decodeOne = (bytes: Buffer, coding: string, limit: number): Effect.Effect<Buffer, Undecoded> =>
  Effect.async((resume) => {
    const decode = decoders[coding]
    if (decode === undefined) return resume(Effect.fail("coding"))
    decode(bytes)(bytes, { maxOutputLength: limit }, (error, decoded) =>
      resume(
        error === null ? Effect.succeed(decoded) : Effect.fail("code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "size" : "coding")
      ))
  })

/** The bytes after every coding is undone. The result of each step may not be longer than the limit. */
export const decode = (bytes: Buffer, codings: ReadonlyArray<string>, limit: number): Effect.Effect<Buffer, Undecoded> =>
  few.withPermits(1)(Effect.reduce(codings.toReversed(), bytes, (packed, coding) => decodeOne(packed, coding, limit)))
