/** Undoes the codings of a body (`content-encoding`) within a limit. */
import * as Effect from "effect/Effect"
import type { Buffer } from "node:buffer"
import * as Zlib from "node:zlib"

/** Why a body cannot be decoded: it becomes longer than it may, or is not what its coding says. */
export type Undecoded = "size" | "coding"

type Decode = (bytes: Buffer, options: Zlib.ZlibOptions & Zlib.BrotliOptions, done: (error: Error | null, decoded: Buffer) => void) => void

const pass: Decode = (bytes, _, done) => done(null, bytes)

// something on the way may have decoded a body and left the header
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

// RFC 9110, 8.4.1.2: `deflate` is the zlib format, but some send the bare stream
const isZlib = (bytes: Buffer): boolean => bytes.length > 1 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0

const decoders: Readonly<Record<string, (bytes: Buffer) => Decode>> = {
  gzip: (bytes) => isGzip(bytes) ? Zlib.gunzip : pass,
  "x-gzip": (bytes) => isGzip(bytes) ? Zlib.gunzip : pass,
  deflate: (bytes) => isZlib(bytes) ? Zlib.inflate : Zlib.inflateRaw,
  br: () => Zlib.brotliDecompress
}

/** What is decoded, as `accept-encoding` says it. */
export const accepted = "gzip, deflate, br"

// no honest client packs a body more often
const most = 2

/** The codings of a body, the outermost last. A body that is as it is has none. */
export const of = (header: string | undefined): ReadonlyArray<string> =>
  header === undefined
    ? []
    : header.toLowerCase().split(",").map((word) => word.trim()).filter((word) => word !== "" && word !== "identity")

/** Whether all of them can be undone. */
export const areKnown = (codings: ReadonlyArray<string>): boolean =>
  codings.length <= most && codings.every((coding) => Object.hasOwn(decoders, coding))

// as many as Node has threads for it: a body that waits is small, one that is being decoded may be as large as the limit
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

/** The bytes as they were before each coding. No step may become longer than the limit. */
export const decode = (bytes: Buffer, codings: ReadonlyArray<string>, limit: number): Effect.Effect<Buffer, Undecoded> =>
  few.withPermits(1)(Effect.reduce(codings.toReversed(), bytes, (packed, coding) => decodeOne(packed, coding, limit)))
