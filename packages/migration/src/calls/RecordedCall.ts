/** A request to a vendor's API that was recorded, from the forms in which programs and browsers write one down. */
import * as IsoTime from "@interline/core/IsoTime"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * A recorded request. Of its headers only the content type is kept, so no credential can reach a report. `host` is undefined if only a path
 * was recorded. `query` has no `?`. `body` is the text that was recorded, or the fields of a body that was recorded as JSON. `answer` is the
 * body of the vendor's answer, if it was recorded. `at` is the time in epoch milliseconds. `hadCredentials`: a header was there whose name
 * speaks of a credential.
 *
 * @category models
 */
export interface RecordedCall {
  readonly method: string
  readonly host: string | undefined
  readonly path: string
  readonly query: string
  readonly contentType: string | undefined
  readonly body: string | Readonly<Record<string, unknown>>
  readonly answer: string | Readonly<Record<string, unknown>> | undefined
  readonly at: number | undefined
  readonly hadCredentials: boolean
}

const absent = Schema.optional(Schema.NullOr(Schema.Unknown))

const Line = Schema.Struct({
  method: Schema.NonEmptyString,
  url: Schema.optional(Schema.NullOr(Schema.NonEmptyString)),
  path: Schema.optional(Schema.NullOr(Schema.NonEmptyString)),
  headers: absent,
  body: absent,
  response: absent,
  at: absent,
  time: absent,
  timestamp: absent
})

// HAR 1.2, https://w3c.github.io/web-performance/specs/HAR/Overview.html, read 2026-11
const HarEntry = Schema.Struct({
  startedDateTime: absent,
  response: absent,
  request: Schema.Struct({
    method: Schema.NonEmptyString,
    url: Schema.NonEmptyString,
    headers: absent,
    postData: Schema.optional(Schema.NullOr(Schema.Struct({
      mimeType: Schema.optional(Schema.NullOr(Schema.String)),
      text: Schema.optional(Schema.NullOr(Schema.String)),
      encoding: absent,
      params: absent
    })))
  })
})

// --- headers ---

const credential = /auth|secret|token|key|cookie|signature|password|credential|session/i

interface Headers {
  readonly contentType: string | undefined
  readonly hadCredentials: boolean
}

const noHeaders: Headers = { contentType: undefined, hadCredentials: false }

/** Reads headers as a record, or as a list of names and values. Everything but the content type is dropped here. */
const readHeaders = (given: unknown): Headers => {
  if (typeof given !== "object" || given === null) return noHeaders
  let contentType: string | undefined
  let hadCredentials = false
  const look = (name: string, value: unknown): void => {
    if (name.toLowerCase() === "content-type") contentType = typeof value === "string" ? value : undefined
    else if (credential.test(name)) hadCredentials = true
  }
  if (Array.isArray(given)) {
    for (const each of given) if (Predicate.isRecord(each) && typeof each["name"] === "string") look(each["name"], each["value"])
  } else {
    for (const [name, value] of Object.entries(given)) look(name, value)
  }
  return { contentType, hadCredentials }
}

// --- addresses ---

const absolute = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?/i
const defaultPort = /:(?:80|443)$/
const relative = /^(\/[^?#]*)(?:\?([^#]*))?/

const readAddress = (address: string): Pick<RecordedCall, "host" | "path" | "query"> | undefined => {
  const [whole, host = "", path = "", query = ""] = absolute.exec(address) ?? []
  if (whole !== undefined) {
    return host === ""
      ? undefined
      : { host: host.toLowerCase().replace(defaultPort, ""), path: path === "" ? "/" : path, query }
  }
  const [, ownPath, ownQuery = ""] = relative.exec(address) ?? []
  return ownPath === undefined ? undefined : { host: undefined, path: ownPath, query: ownQuery }
}

// --- times ---

/** The last time of the year 9999. */
const latest = 253_402_300_799_999

const inRange = (at: number): number | undefined => Number.isFinite(at) && at > 0 && at <= latest ? at : undefined

/** Reads an ISO time with its zone, or a number of seconds or milliseconds since 1970. */
const readTime = (given: unknown): number | undefined => {
  if (typeof given === "string") {
    return Option.getOrUndefined(Option.flatMapNullable(Either.getRight(IsoTime.read(given)), inRange))
  }
  return typeof given !== "number" ? undefined : inRange(given < 100_000_000_000 ? given * 1_000 : given)
}

// --- bodies ---

/**
 * The most levels of a body that is read.
 *
 * @category constants
 */
export const deepest = 64

/**
 * Whether a value has at most `deepest` levels. A deeper one could end the process that walks through it.
 *
 * @category refinements
 */
export const isShallow = (value: unknown, depth = 0): boolean =>
  typeof value !== "object" || value === null ||
  (depth < deepest && Object.values(value).every((each) => isShallow(each, depth + 1)))

const readBody = (given: unknown): RecordedCall["body"] | undefined =>
  given === undefined || given === null
    ? ""
    : typeof given === "string"
    ? given
    : Predicate.isRecord(given) && isShallow(given)
    ? given
    : undefined

/** A text of a HAR file. `encoding` says if it is base64. Undefined: it is no text. */
const readHarText = (text: unknown, encoding: unknown): string | undefined =>
  typeof text !== "string"
    ? undefined
    : encoding === "base64"
    ? Either.getOrUndefined(Encoding.decodeBase64String(text))
    : text

/** The fields of a form, which a HAR file may have instead of a text. */
const readHarParams = (params: unknown): RecordedCall["body"] =>
  !Array.isArray(params) ? "" : Object.fromEntries(
    params.flatMap((param: unknown) =>
      Predicate.isRecord(param) && typeof param["name"] === "string" ? [[param["name"], String(param["value"] ?? "")]] : []
    )
  )

/** The body of an answer. An answer that cannot be read is as good as none. */
const readAnswer = (given: unknown): RecordedCall["answer"] =>
  typeof given === "string" ? given : Predicate.isRecord(given) && isShallow(given) ? given : undefined

// --- whole calls ---

const decodeLine = Schema.decodeUnknownEither(Line)
const decodeHarEntry = Schema.decodeUnknownEither(HarEntry)

const noCall = "it is no recorded call: a method and a url or a path are needed"
const noAddress = "its address is no URL and no path"

/**
 * Reads `{method, url or path, headers?, body?, response?, at?}`. `headers` is a record, or a list of `{name, value}`. `response` may have a
 * `body`. `at` (or `time`, `timestamp`) is an ISO time, or a number of seconds or milliseconds. Left: why it is no call, without what it
 * holds.
 *
 * @category constructors
 */
export const ofLine = (given: unknown): Either.Either<RecordedCall, string> => {
  const decoded = decodeLine(given)
  if (Either.isLeft(decoded)) return Either.left(noCall)
  const { at, headers, method, path, response, time, timestamp, url } = decoded.right
  const address = url ?? path
  if (address == null) return Either.left(noCall)
  const where = readAddress(address)
  if (where === undefined) return Either.left(noAddress)
  const body = readBody(decoded.right.body)
  if (body === undefined) return Either.left("its body is neither a text nor an object of at most 64 levels")
  return Either.right({
    method: method.toUpperCase(),
    ...where,
    ...readHeaders(headers),
    body,
    answer: Predicate.isRecord(response) ? readAnswer(response["body"]) : undefined,
    at: readTime(at ?? time ?? timestamp)
  })
}

/**
 * Reads an entry of a HAR file. Left: why it is no call, without what it holds.
 *
 * @category constructors
 */
export const ofHarEntry = (given: unknown): Either.Either<RecordedCall, string> => {
  const decoded = decodeHarEntry(given)
  if (Either.isLeft(decoded)) return Either.left("it is no entry of a HAR file: a request with a method and a url is needed")
  const { request: { headers, method, postData, url }, response, startedDateTime } = decoded.right
  const where = readAddress(url)
  if (where === undefined) return Either.left(noAddress)
  const { contentType, hadCredentials } = readHeaders(headers)
  const body = postData?.text == null ? readHarParams(postData?.params) : readHarText(postData.text, postData.encoding)
  if (body === undefined) return Either.left("its body is not the base64 that it is said to be")
  const content = Predicate.isRecord(response) && Predicate.isRecord(response["content"]) ? response["content"] : {}
  return Either.right({
    method: method.toUpperCase(),
    ...where,
    contentType: postData?.mimeType ?? contentType,
    hadCredentials,
    body,
    answer: readAnswer(readHarText(content["text"], content["encoding"])),
    at: readTime(startedDateTime)
  })
}
