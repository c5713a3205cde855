/**
 * Serves large answers that stay the same while the process runs. Each answer is made once and packed once. A client that already has it
 * gets only a 304.
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as Zlib from "node:zlib"

type Response = HttpServerResponse.HttpServerResponse

type Pack = (bytes: Uint8Array, done: (error: Error | null, packed: Uint8Array) => void) => void

const compress = (pack: Pack, bytes: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.async((resume) => pack(bytes, (error, packed) => resume(error === null ? Effect.succeed(packed) : Effect.die(error))))

// Brotli's strongest setting needs seconds for this page, and saves little.
const quality = 6

const packs = {
  br: (bytes, done) => Zlib.brotliCompress(bytes, { params: { [Zlib.constants.BROTLI_PARAM_QUALITY]: quality } }, done),
  gzip: (bytes, done) => Zlib.gzip(bytes, done)
} as const satisfies Record<string, Pack>

type Coding = keyof typeof packs

/** The codings that a client accepts, each with its weight: `br;q=1.0, gzip, *;q=0` (RFC 9110, 12.5.3). */
const weights = (header: string): ReadonlyMap<string, number> =>
  new Map(
    header.toLowerCase().split(",").map((word) => {
      const [coding = "", ...rest] = word.split(";").map((part) => part.trim())
      const weight = Number(rest.find((part) => part.startsWith("q="))?.slice(2) ?? 1)
      return [coding, Number.isFinite(weight) ? weight : 0]
    })
  )

const choose = (header: string | undefined): Coding | undefined => {
  if (header === undefined) return undefined
  const taken = weights(header)
  const weight = (coding: Coding): number => taken.get(coding) ?? taken.get("*") ?? 0
  const best = weight("br") >= weight("gzip") ? "br" : "gzip"
  return weight(best) > 0 ? best : undefined
}

/** Whether the client already has this content, in any coding. */
const has = (header: string | undefined, etag: string): boolean =>
  header !== undefined && (header.trim() === "*" || header.split(",").some((one) => one.trim() === etag))

interface Made {
  readonly response: Response
  readonly etag: string
  readonly bytes: Record<Coding, Effect.Effect<Uint8Array>>
}

const prepare = (response: Response): Effect.Effect<Made> => {
  const body = response.body._tag === "Uint8Array" ? response.body.body : new Uint8Array()
  const etag = `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  return Effect.map(
    Effect.all({ br: Effect.cached(compress(packs.br, body)), gzip: Effect.cached(compress(packs.gzip, body)) }),
    (bytes): Made => ({ response, etag, bytes })
  )
}

/**
 * Makes the answer at its first request, so that a process without such a request starts faster. `caching` is the `cache-control` of the
 * answer (default: it is asked for each time).
 */
export const makeLasting = <R>(
  make: Effect.Effect<Response, never, R>,
  caching = "no-cache"
): Effect.Effect<(request: HttpServerRequest.HttpServerRequest) => Effect.Effect<Response, never, R>> =>
  Effect.map(Effect.cached(Effect.flatMap(make, prepare)), (made) => ({ headers }) =>
    Effect.flatMap(made, ({ bytes, etag, response }) => {
      const common = { etag, vary: "accept-encoding", "cache-control": caching }
      if (has(headers["if-none-match"], etag)) return Effect.succeed(HttpServerResponse.empty({ status: 304, headers: common }))
      const coding = choose(headers["accept-encoding"])
      return coding === undefined
        ? Effect.succeed(HttpServerResponse.setHeaders(response, common))
        : Effect.map(bytes[coding], (body) =>
          HttpServerResponse.uint8Array(body, {
            headers: { ...common, "content-encoding": coding },
            contentType: response.headers["content-type"] ?? "application/octet-stream"
          }))
    }))
