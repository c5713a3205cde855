/** Reads the body of a request within a size and a time: as bytes, as text, or as JSON with a limited number of values. */
import * as IncomingMessage from "@effect/platform/HttpIncomingMessage"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { Buffer } from "node:buffer"
import * as Http from "node:http"
import * as Timers from "node:timers"
import type * as BodyBudget from "./bodyBudget.ts"
import * as ContentEncoding from "./contentEncoding.ts"
import * as ContinueResponse from "./continueResponse.ts"

/**
 * Why there is no body. `size`: it is longer than `limit`. `slow`: it does not arrive in time. `body`: the client went away before its end.
 * `coding`: the gateway cannot undo its coding. `crowded`: it was stopped to free memory for other bodies.
 */
export type Unread = "size" | "slow" | "body" | "coding" | "crowded"

export interface Reading {
  /** Whether a packed body is unpacked, within the same limit (default: false). */
  readonly unpack?: boolean
  /** The memory that this body shares with other bodies (default: no limit). */
  readonly budget?: BodyBudget.Budget
}

// The longest time of a timer, in milliseconds.
const longest = 2 ** 31 - 1

/**
 * Reads from Node's server. It does not close the request early, because that would also cut off the answer. The end of the answer closes
 * both.
 */
const readNode = (
  source: Http.IncomingMessage,
  limit: number,
  within: Duration.DurationInput,
  budget?: BodyBudget.Budget
): Effect.Effect<Buffer, Unread> =>
  Effect.async((resume) => {
    // One list for all pieces. With a copy for each piece, the work for a body in small pieces would grow with the square of its length.
    const pieces: Array<Buffer> = []
    let size = 0
    const leave = (): void => {
      Timers.clearTimeout(timer)
      holder?.release()
      source.off("data", onData).off("end", onEnd).off("close", onClose).pause()
    }
    const fail = (why: Unread): void => {
      leave()
      resume(Effect.fail(why))
    }
    const onData = (piece: Buffer): void => {
      size += piece.length
      if (size > limit) return fail("size")
      pieces.push(piece)
      // This is the last step, because it may end this same request.
      holder?.take(piece.length)
    }
    const onEnd = (): void => {
      leave()
      resume(Effect.succeed(Buffer.concat(pieces, size)))
    }
    const onClose = (): void => fail("body")
    // This uses the clock of the machine, like the socket. A fiber would cost more than the reading, and the time nearly never runs out.
    const holder = budget?.open(() => fail("crowded"))
    const timer = Timers.setTimeout(fail, Math.min(Duration.toMillis(within), longest), "slow")
    // The event `close` follows an error, so `close` is enough. But an error without a listener would end the process.
    ContinueResponse.invite(source)
    source.on("error", () => undefined).on("data", onData).on("end", onEnd).on("close", onClose)
    return Effect.sync(leave)
  })

const readOther = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  within: Duration.DurationInput
): Effect.Effect<Buffer, Unread> =>
  request.arrayBuffer.pipe(
    IncomingMessage.withMaxBodySize(Option.some(limit)),
    Effect.mapBoth({ onFailure: () => "body" as const, onSuccess: (bytes) => Buffer.from(bytes) }),
    Effect.filterOrFail((bytes) => bytes.length <= limit, () => "size" as const),
    Effect.timeoutFail({ duration: within, onTimeout: () => "slow" as const })
  )

/** The bytes of a body, on Node's server or another one. */
export const read = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  within: Duration.DurationInput,
  { budget, unpack = false }: Reading = {}
): Effect.Effect<Buffer, Unread> => {
  const codings = ContentEncoding.of(request.headers["content-encoding"])
  if (codings.length > 0 && !(unpack && ContentEncoding.areKnown(codings))) return Effect.fail("coding")
  if (Number(request.headers["content-length"] ?? 0) > limit) return Effect.fail("size")
  const bytes = request.source instanceof Http.IncomingMessage
    ? readNode(request.source, limit, within, budget)
    : readOther(request, limit, within)
  return codings.length === 0 ? bytes : Effect.flatMap(bytes, (packed) => ContentEncoding.decode(packed, codings, limit))
}

// --- JSON ---

const jsonType = /^[\w.+-]+\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Whether a body of this type is read as JSON (RFC 6839). A body without a type is read as JSON too. */
export const isJson = (type: string | undefined): boolean => type === undefined || jsonType.test(type.trim())

/** The media type alone, for a sentence. Everything else in the header is left out. */
export const nameOfType = (type: string | undefined): string => /^[\w.+-]{1,40}\/[\w.+-]{1,80}/.exec(type?.trim() ?? "")?.[0] ?? "this type"

/** The same request with this text as its body, of the type JSON. It is needed because a body can be read only once. */
export const withText = (request: HttpServerRequest.HttpServerRequest, text: string): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    text: { value: Effect.succeed(text) },
    // The decoder knows fewer JSON types than this gateway. For a type that it does not know, it would wait for the body again.
    headers: {
      value: request.headers["content-type"] === "application/json"
        ? request.headers
        : { ...request.headers, "content-type": "application/json" }
    }
  })

// The limits of depth and values. No useful request comes near them.
const deepest = 64
const most = 5_000

// A text this short is within both limits, and parsing it cannot overflow the stack.
const harmless = 4_000

/**
 * Whether JSON is nested deeper, or has more values, than any request of this API. A refusal explains each value, so without this limit a
 * small body with many wrong values would keep a process busy for minutes.
 */
export const isBulky = (json: string): boolean => {
  if (json.length <= harmless) return false
  let depth = 0
  let values = 0
  let inText = false
  for (let index = 0; index < json.length; index++) {
    switch (json.charCodeAt(index)) {
      case 0x22: // "
        inText = !inText
        break
      case 0x5c: // a backslash: what it stands before says nothing
        if (inText) index += 1
        break
      case 0x2c: // ,
        if (!inText && ++values > most) return true
        break
      case 0x5b:
      case 0x7b:
        if (!inText && (++depth > deepest || ++values > most)) return true
        break
      case 0x5d:
      case 0x7d:
        if (!inText) depth -= 1
    }
  }
  return false
}

// --- text ---

/**
 * Why bytes cannot be read as text. `charset`: their type names another charset than UTF-8. `mark`: they begin with a byte order mark.
 * `garbled`: a part of them is not UTF-8. A decoder would put U+FFFD there, and a person would get a text that nobody wrote. A client that
 * wants this character can write it as `\\ufffd`.
 */
export type Illegible = "charset" | "mark" | "garbled"

/** The sentences for the caller. */
export const explanations = {
  charset: "the charset of the content-type is not read; send the body in UTF-8",
  mark: "the body begins with a byte order mark; send UTF-8 without one",
  garbled: "the body is not UTF-8; write U+FFFD as \\ufffd if you mean it"
} as const satisfies Record<Illegible, string>

// ASCII is a part of UTF-8
const readCharset = /^(?:utf-?8|(?:us-)?ascii)$/i

/** Whether a type names no charset, or one that can be read. */
export const isUtf8 = (type: string | undefined): boolean => {
  if (type === undefined || !/charset/i.test(type)) return true
  for (const [, charset = ""] of type.matchAll(/;\s*charset\s*=\s*["']?([^\s;"']*)/gi)) if (!readCharset.test(charset)) return false
  return true
}

/** Reads the bytes of a body as text. On the left is the reason if they are not text. */
export const decode = (bytes: Buffer, type: string | undefined): Either.Either<string, Illegible> => {
  if (!isUtf8(type)) return Either.left("charset")
  const [first, second, third] = bytes
  const isMarked = (first === 0xef && second === 0xbb && third === 0xbf) || (first === 0xfe && second === 0xff) ||
    (first === 0xff && second === 0xfe)
  if (isMarked) return Either.left("mark")
  const text = bytes.toString()
  return text.includes("\ufffd") ? Either.left("garbled") : Either.right(text)
}

// This also finds the key in escapes: letters and underscores can be written as \uXXXX.
const mayNamePrototype = /__proto__|\\u00(?:5f|7[024]|6f)/i

/**
 * Whether JSON has an object with the key `__proto__`. Code that copies an object key by key loses this key silently. So a request with
 * this key is refused at once.
 */
export const namesPrototype = (json: string): boolean => {
  if (!mayNamePrototype.test(json)) return false
  let found = false
  const read = Either.try(() =>
    JSON.parse(json, (key, value: unknown) => {
      if (key === "__proto__") found = true
      return value
    }) as unknown
  )
  // Text that is not JSON is refused for that reason, elsewhere.
  return Either.isRight(read) && found
}
