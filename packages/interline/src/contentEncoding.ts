/** Decodes answers that a server compressed although the request asked for `identity`. */
import * as Effect from "effect/Effect"

/** Decodes into at most `maxOutputLength` bytes, or fails with `ERR_BUFFER_TOO_LARGE`. */
export type Decoder = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, plain: Uint8Array) => void
) => void

export const isTooLarge = (error: Error): boolean => "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"

/**
 * Undoes the codings of a `Content-Encoding` header, the last coding first. A body that cannot be decoded is given back unchanged,
 * because the status alone may be enough. Fails if the decoded body has more than `limit` bytes.
 */
export const decoded = (
  decoders: Readonly<Record<string, Decoder>>,
  header: string,
  bytes: Uint8Array,
  limit: number
): Effect.Effect<Uint8Array, Error> => {
  const codings = header.toLowerCase().split(",").map((coding) => coding.trim()).filter((coding) => coding !== "" && coding !== "identity")
    .reverse()
  const undo = (given: Uint8Array, coding: string): Effect.Effect<Uint8Array, Error> => {
    const decoder = decoders[coding]
    return decoder === undefined
      ? Effect.fail(new Error(`no decoder for ${coding}`))
      : Effect.async((resume) => {
        decoder(given, { maxOutputLength: limit }, (error, plain) => resume(error === null ? Effect.succeed(plain) : Effect.fail(error)))
      })
  }
  return Effect.catchAll(Effect.reduce(codings, bytes, undo), (error) => isTooLarge(error) ? Effect.fail(error) : Effect.succeed(bytes))
}
