/** The contract of a store that keeps what is known of lines, so that a restart or another process goes on with it. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Snapshot } from "./LineSnapshot.ts"

/**
 * A line that is on record. `age`: how long ago it was written, in milliseconds of the store's own clock. `version` grows with each write.
 *
 * @category models
 */
export interface Stored {
  /** The carrier of the line. */
  readonly carrierId: CarrierId
  /** The line. */
  readonly line: LineName
  /** What was known of it. */
  readonly snapshot: Snapshot
  /** Which write this was. */
  readonly version: number
  /** How long ago the write was, in milliseconds. */
  readonly age: number
}

/**
 * Keeps lines. A failure of the store is a defect.
 *
 * @category models
 */
export interface HealthStoreService {
  /** What is on record of one line. Undefined if there is nothing. */
  readonly load: (place: Pick<Stored, "carrierId" | "line">) => Effect.Effect<Stored | undefined>
  /** Every line that is on record. */
  readonly all: Effect.Effect<ReadonlyArray<Stored>>
  /**
   * Writes a line, as the version after `version` (0: nothing is on record yet). False, and nothing is written, if another process wrote the
   * line since.
   */
  readonly save: (place: Pick<Stored, "carrierId" | "line">, snapshot: Snapshot, version: number) => Effect.Effect<boolean>
}

/**
 * The tag of the store of lines. It is optional: without it, a router forgets its lines when it ends.
 *
 * @category services
 */
export class HealthStore extends Context.Tag("@interline/router/HealthStore")<HealthStore, HealthStoreService>() {}

/**
 * A store in memory, for tests.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<HealthStoreService> = Effect.sync(() => {
  const rows = new Map<string, Omit<Stored, "age"> & { readonly savedAt: number }>()
  const keyOf = ({ carrierId, line }: Pick<Stored, "carrierId" | "line">): string => `${carrierId}/${line}`
  const aged = (at: number) => ({ savedAt, ...row }: Omit<Stored, "age"> & { readonly savedAt: number }): Stored => ({
    ...row,
    age: at - savedAt
  })
  return {
    load: (place) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const row = rows.get(keyOf(place))
        return row === undefined ? undefined : aged(at)(row)
      }),
    all: Effect.map(Clock.currentTimeMillis, (at) => Array.from(rows.values(), aged(at))),
    save: ({ carrierId, line }, snapshot, version) =>
      Effect.map(Clock.currentTimeMillis, (savedAt) => {
        const key = keyOf({ carrierId, line })
        if ((rows.get(key)?.version ?? 0) !== version) return false
        rows.set(key, { carrierId, line, snapshot, version: version + 1, savedAt })
        return true
      })
  }
})

/**
 * The store in memory.
 *
 * @category layers
 */
export const layerMemory: Layer.Layer<HealthStore> = Layer.effect(HealthStore, makeMemory)
