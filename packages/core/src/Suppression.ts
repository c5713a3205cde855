/**
 * Who must not be written to, shared by every carrier of the application.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CarrierId } from "./CarrierId.ts"
import { Handle } from "./Handle.ts"

/**
 * How we know: an application said so, a carrier refused a send because of it, or a carrier's event reported it.
 *
 * @since 0.1.0
 * @category models
 */
export const Source = Schema.Literal("explicit", "error", "event")

/**
 * @since 0.1.0
 * @category models
 */
export type Source = typeof Source.Type

/**
 * `since` is in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export const Entry = Schema.Struct({
  handle: Handle,
  since: Schema.Number,
  source: Source,
  carrierId: Schema.optionalWith(CarrierId, { exact: true })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * `add` keeps the first entry of a handle; `remove` is the effect of an opt-in.
 *
 * @since 0.1.0
 * @category models
 */
export interface SuppressionService {
  readonly find: (handle: Handle) => Effect.Effect<Option.Option<Entry>>
  readonly add: (handle: Handle, source: Source, carrierId?: CarrierId) => Effect.Effect<void>
  readonly remove: (handle: Handle) => Effect.Effect<void>
  readonly list: Effect.Effect<ReadonlyArray<Entry>>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Suppression extends Context.Tag("@interline/core/Suppression")<Suppression, SuppressionService>() {}

/**
 * A list in memory, gone with the process. Keep it elsewhere when opt-outs must survive a restart.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<SuppressionService> = Effect.sync(() => {
  const entries = new Map<Handle, Entry>()
  return {
    find: (handle) => Effect.sync(() => Option.fromNullable(entries.get(handle))),
    add: (handle, source, carrierId) =>
      Effect.map(Clock.currentTimeMillis, (since) => {
        if (!entries.has(handle)) entries.set(handle, { handle, since, source, ...(carrierId === undefined ? {} : { carrierId }) })
      }),
    remove: (handle) =>
      Effect.sync(() => {
        entries.delete(handle)
      }),
    list: Effect.sync(() => Array.from(entries.values()))
  }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Suppression> = Layer.effect(Suppression, makeMemory)
