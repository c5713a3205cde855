/** Splits the bytes of an event stream into the data of its events (WHATWG, server-sent events). */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createParser } from "eventsource-parser"

/** The longest event in characters. A longer one ends the stream, so that a broken stream does not fill the memory. */
const longest = 1_048_576

/**
 * For each piece of the body, the data of the events that it completes. Comments and the like give an empty list: they are signs of life. An
 * event that is not complete when the body ends is left out. `onTooLong` is the failure for an event that is too long.
 */
export const decode = <E>(body: Stream.Stream<Uint8Array, E>, onTooLong: () => E): Stream.Stream<ReadonlyArray<string>, E> =>
  Stream.suspend(() => {
    let found: Array<string> = []
    let isTooLong = false
    const parser = createParser({
      maxBufferSize: longest,
      onEvent: ({ data }) => {
        found.push(data)
      },
      onError: ({ type }) => {
        isTooLong ||= type === "max-buffer-size-exceeded"
      }
    })
    return Stream.mapEffect(Stream.decodeText(body), (piece) =>
      Effect.suspend(() => {
        parser.feed(piece)
        if (isTooLong) return Effect.fail(onTooLong())
        const complete = found
        found = []
        return Effect.succeed(complete)
      }))
  })
