/** Reads a request that was stored: as HTTP, or as JSON with its headers and its body. */
import * as FileSystem from "@effect/platform/FileSystem"
import type { WebhookRequest } from "@interline/core/WebhookReceiver"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Terminal from "../gateway/terminal.ts"
import * as Failure from "../grammar/failure.ts"

const Stored = Schema.Struct({
  url: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String),
  headers: Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Array(Schema.String)) }),
  body: Schema.optional(Schema.String),
  bodyBase64: Schema.optional(Schema.String)
})

const decode = Schema.decodeUnknownOption(Schema.parseJson(Stored))

const form = "write it as HTTP (POST /path HTTP/1.1, the headers, an empty line and the body), or as JSON like " +
  "{\"url\":\"/webhooks/linq\",\"headers\":{\"webhook-id\":\"…\"},\"body\":\"the exact text\"}; bodyBase64 has a body that is no text"

const unusable = (why: string) => new Failure.Failure({ message: `the request cannot be read: ${why}; ${form}`, code: 2 })

const lower = (headers: Iterable<readonly [name: string, value: string]>): WebhookRequest["headers"] =>
  Object.fromEntries(Array.from(headers, ([name, value]) => [name.toLowerCase(), value.trim()]))

const text = new TextEncoder()

const latin = new TextDecoder("latin1")

/** The first empty line: where it begins and ends. */
const emptyLine = (bytes: Uint8Array): readonly [from: number, to: number] | undefined => {
  const found = /\r?\n\r?\n/.exec(latin.decode(bytes))
  return found === null ? undefined : [found.index, found.index + found[0].length]
}

const readHttp = (bytes: Uint8Array): Either.Either<WebhookRequest, Failure.Failure> => {
  const [from, to] = emptyLine(bytes) ?? [bytes.length, bytes.length]
  const [first = "", ...lines] = latin.decode(bytes.subarray(0, from)).split(/\r?\n/)
  const [, url = ""] = /^[A-Z]+ (\S+) HTTP\/[\d.]+$/.exec(first) ?? []
  const headers = lines.map((line) => /^([^:\s]+):(.*)$/.exec(line))
  const wrong = headers.findIndex((header) => header === null)
  if (url === "") return Either.left(unusable("it has no line like POST /webhooks/linq HTTP/1.1"))
  if (wrong >= 0) return Either.left(unusable(`line ${wrong + 2} is no header`))
  return Either.right({
    url,
    headers: lower(headers.flatMap((header) => header === null ? [] : [[header[1] ?? "", header[2] ?? ""] as const])),
    body: bytes.subarray(to)
  })
}

const readJson = (bytes: Uint8Array): Either.Either<WebhookRequest, Failure.Failure> =>
  Option.match(decode(new TextDecoder().decode(bytes)), {
    onNone: () => Either.left(unusable("the JSON has not these fields, or the body is no text")),
    onSome: ({ body, bodyBase64, headers, path, url }) => {
      if ((body === undefined) === (bodyBase64 === undefined)) return Either.left(unusable("give one of body and bodyBase64"))
      const bytes = bodyBase64 === undefined ? Either.right(text.encode(body)) : Encoding.decodeBase64(bodyBase64)
      return Either.mapBoth(bytes, {
        onLeft: () => unusable("bodyBase64 is no base64"),
        onRight: (body) => ({
          url: url ?? path ?? "",
          headers: lower(Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : value.join(", ")])),
          body
        })
      })
    }
  })

/** Reads the request of a file, or of the standard input for `-`. */
export const read = (path: string): Effect.Effect<WebhookRequest, Failure.Failure, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const bytes = path === "-"
      ? text.encode(yield* Terminal.readInput)
      : yield* Effect.mapError(files.readFile(path), () => new Failure.Failure({ message: `the file ${path} cannot be read`, code: 2 }))
    return yield* /^\s*\{/.test(latin.decode(bytes.subarray(0, 100))) ? readJson(bytes) : readHttp(bytes)
  })
