/** Serves readers of the event log over answers that do not end: with signs of life, and with an end for all of them when the process drains. */
import type { EventLogService, EventReader, GatewayEvent } from "@interline/sql/EventLog"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

export interface Parts {
  readonly log: EventLogService
  /** Ends when no reader may go on. */
  readonly ended: Effect.Effect<void>
}

/** What one reader gets. */
export interface Reading {
  /** The id after which it begins. */
  readonly after: number
  /** This is sent at once, so that the headers are sent too. */
  readonly greeting: Uint8Array
  /** The sign of life. */
  readonly beat: Uint8Array
  /** The bytes of the entries that the reader wants. */
  readonly write: (entries: ReadonlyArray<GatewayEvent>) => Effect.Effect<ReadonlyArray<Uint8Array>>
  /** Is asked before each sign of life. The answer ends if it is false. */
  readonly mayGoOn?: Effect.Effect<boolean>
  /** After this time the answer ends. */
  readonly endAfter?: Duration.DurationInput
}

const heartbeat = "15 seconds"

const over = Effect.fail(Option.none())

/**
 * Makes the body of an answer. While a reader waits, or its socket is full, only clocks run for it: entries are read when the reader is ready.
 */
export const make = ({ ended, log }: Parts): Effect.Effect<(reading: Reading) => Stream.Stream<Uint8Array>, never, Scope.Scope> =>
  Effect.gen(function*() {
    let isOver = false
    const open = new Set<EventReader>()
    yield* Effect.forkScoped(
      Effect.zipRight(
        ended,
        Effect.suspend(() => {
          isOver = true
          return Effect.forEach(open, ({ rouse }) => rouse, { discard: true })
        })
      )
    )

    /** Pulls the next bytes for a reader. */
    const makePull = (
      reader: EventReader,
      { beat, endAfter, greeting, mayGoOn = Effect.succeed(true), write }: Reading
    ): Effect.Effect<Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<never>>, never, Scope.Scope> =>
      Effect.gen(function*() {
        let isDue = false
        let isPast = false
        let isGreeted = false
        const beats = Effect.zipRight(
          Effect.sleep(heartbeat),
          Effect.suspend(() => {
            isDue = true
            return reader.rouse
          })
        )
        yield* Effect.forkScoped(Effect.forever(beats))
        if (endAfter !== undefined) {
          const end = Effect.suspend(() => {
            isPast = true
            return reader.rouse
          })
          yield* Effect.forkScoped(Effect.zipRight(Effect.sleep(endAfter), end))
        }
        const pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<never>> = Effect.suspend(() => {
          if (isOver || isPast) return over
          if (!isGreeted) {
            isGreeted = true
            return Effect.succeed(Chunk.of(greeting))
          }
          if (isDue) {
            isDue = false
            return Effect.flatMap(mayGoOn, (may) => may ? Effect.succeed(Chunk.of(beat)) : over)
          }
          return Effect.flatMap(
            Effect.flatMap(reader.next, write),
            (pieces) => pieces.length === 0 ? pull : Effect.succeed(Chunk.unsafeFromArray(pieces))
          )
        })
        return pull
      })

    return (reading) =>
      Stream.unwrapScoped(
        Effect.gen(function*() {
          const reader = yield* Effect.tap(
            log.reader(reading.after),
            (reader) => Effect.acquireRelease(Effect.sync(() => open.add(reader)), () => Effect.sync(() => open.delete(reader)))
          )
          return Stream.repeatEffectChunkOption(yield* makePull(reader, reading))
        })
      )
  })

/** The headers of such an answer. Without the last one, nginx would hold events back. */
export const headers = { "cache-control": "no-store", "x-accel-buffering": "no" } as const
