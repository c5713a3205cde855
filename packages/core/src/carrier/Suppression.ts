/** Keeps the list of people who opted out. All carriers of the application share it. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { Handle, variants } from "../names/Handle.ts"
import { EpochMillis } from "../runtime/Time.ts"

/**
 * How we know: an application said so, a carrier refused a send because of it, a carrier's event reported it, or a carrier has it in
 * the list that it keeps.
 *
 * @category models
 */
export const Source = Schema.Literal("explicit", "error", "event", "list")

/** @category models */
export type Source = typeof Source.Type

/**
 * What one source of an opt-out may do.
 *
 * @category models
 */
export interface Authority {
  /** A higher rank replaces a lower one in the entry of a handle, and never the other way round. */
  readonly rank: number
  /** Whether the person's own opt-in takes such an entry back; the application's always does. */
  readonly liftedByPerson: boolean
  /** Whether it is the person's own word, which may be answered with one confirmation. */
  readonly confirmable: boolean
}

/**
 * What an opt-out of each source may do. Every store uses this table.
 *
 * @category models
 */
export const authority = {
  // the application may have reasons that no carrier knows, so only the application may remove it
  explicit: { rank: 2, liftedByPerson: false, confirmable: false },
  error: { rank: 1, liftedByPerson: true, confirmable: false },
  event: { rank: 0, liftedByPerson: true, confirmable: true },
  list: { rank: 0, liftedByPerson: true, confirmable: false }
} as const satisfies Record<Source, Authority>

/**
 * An opt-out in the list. All times are in epoch milliseconds.
 *
 * - `since`: when the opt-out was first recorded.
 * - `saidAt`: the latest known time at which the person opted out. Only a later opt-in of the person removes the entry. An application that
 *   opts a person out again does not move it.
 * - `firstSaidAt`: the time of the opt-out that was recorded first.
 * - `confirmedAt`: when the one confirmation of this opt-out was allowed to leave.
 *
 * @category models
 */
export const Entry = Schema.Struct({
  handle: Handle,
  since: EpochMillis,
  saidAt: EpochMillis,
  source: Source,
  carrierId: Schema.optionalWith(CarrierId, { exact: true }),
  firstSaidAt: Schema.optionalWith(EpochMillis, { exact: true }),
  confirmedAt: Schema.optionalWith(EpochMillis, { exact: true })
})

/** @category models */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * An opt-out to record.
 *
 * @category models
 */
export interface OptOut {
  /** Who opted out. */
  readonly handle: Handle
  /** How we know. */
  readonly source: Source
  /** The carrier that it was said at, if it was at one. */
  readonly carrierId?: CarrierId
  /** When it was said, in epoch milliseconds. Default: now. */
  readonly saidAt?: number
  /** When the carrier noted it in its list, in epoch milliseconds; absent where the carrier does not say. */
  readonly markedAt?: number
}

/**
 * What became of a person's opt-in: `lifted`, `explicit` (the application said the opt-out, and takes it back itself), `newer` (the
 * opt-out was said at that time or later), or `none` (there was no opt-out).
 *
 * @category models
 */
export type Lifting = "lifted" | "explicit" | "newer" | "none"

/**
 * Whether the one confirmation of an opt-out may leave: `confirmed`, and it is on record, so that no other may. Or why not: `none` (no opt-out
 * stands), `source` (it is not the person's own word), `carrier` (it was said at another carrier), `repeated` (a confirmation was let through
 * before), `late` (it was said more than five minutes ago, or its time cannot be right).
 *
 * @category models
 */
export type Confirming = "confirmed" | "none" | "source" | "carrier" | "repeated" | "late"

/**
 * The list of the people who must not be written to. An entry is kept under the handle as it was written. `find`, `lift`, `remove` and
 * `confirm` mean the person: they look under every spelling of a number (`Handle.variants`).
 *
 * @category models
 */
export interface SuppressionService {
  /** The entry of a person, if there is one. */
  readonly find: (handle: Handle) => Effect.Effect<Option.Option<Entry>>
  /**
   * Records an opt-out. One entry is kept for each handle: the first `since`, the latest `saidAt`, and the source
   * with the higher rank. `saidAt` is in epoch milliseconds; default: now.
   */
  readonly add: (handle: Handle, source: Source, carrierId?: CarrierId, saidAt?: number) => Effect.Effect<void>
  /**
   * Does what `add` does for many at once, and answers how many handles had no entry before. A handle may be there
   * twice. An opt-out of a carrier's list is left out if its `markedAt` is before the person last opted in here (`lift`, `remove`).
   */
  readonly addAll: (optOuts: ReadonlyArray<OptOut>) => Effect.Effect<number>
  /**
   * Does what a person's own opt-in at that time does (epoch milliseconds). It is one step, so that no opt-out that
   * is added meanwhile is lost.
   */
  readonly lift: (handle: Handle, saidAt: number) => Effect.Effect<Lifting>
  /** Does what the application's opt-in does: the entry goes, whatever its source. */
  readonly remove: (handle: Handle) => Effect.Effect<void>
  /**
   * Claims the one confirmation of a person's opt-out at a carrier, in one step: of any number of tries, in any
   * number of processes, one is `confirmed`.
   */
  readonly confirm: (handle: Handle, carrierId: CarrierId) => Effect.Effect<Confirming>
  /** Everybody, in the order of `since`. */
  readonly list: Effect.Effect<ReadonlyArray<Entry>>
  /** At most `limit` entries in the order of `list`, from the one after `after` on. */
  readonly page: (limit: number, after?: Pick<Entry, "since" | "handle">) => Effect.Effect<ReadonlyArray<Entry>>
}

/**
 * The tag of the suppression list.
 *
 * @category services
 */
export class Suppression extends Context.Tag("@interline/core/Suppression")<Suppression, SuppressionService>() {}

const withoutCarrier = ({ carrierId: _, ...entry }: Entry): Omit<Entry, "carrierId"> => entry

/**
 * The entry of a handle after another opt-out of the same handle was learned at `at`.
 *
 * @category combinators
 */
export const merge = (known: Entry | undefined, { carrierId, handle, saidAt, source }: OptOut, at: number): Entry => {
  const from = carrierId === undefined ? {} : { carrierId }
  if (known === undefined) return { handle, since: at, saidAt: saidAt ?? at, firstSaidAt: saidAt ?? at, source, ...from }
  const latest = source === "explicit" ? known.saidAt : Math.max(known.saidAt, saidAt ?? at)
  return authority[source].rank > authority[known.source].rank
    ? { ...withoutCarrier(known), saidAt: latest, source, ...from }
    : { ...known, saidAt: latest }
}

/**
 * What a person's opt-in of that time does to an entry.
 *
 * @category combinators
 */
export const lifting = (known: Entry | undefined, saidAt: number): Lifting =>
  known === undefined
    ? "none"
    : !authority[known.source].liftedByPerson
    ? "explicit"
    : saidAt > known.saidAt
    ? "lifted"
    : "newer"

/**
 * What a person's opt-in of that time does to the entries of all spellings of their number: it lifts all of them or none.
 *
 * @category combinators
 */
export const liftingAll = (known: ReadonlyArray<Entry>, saidAt: number): Lifting => {
  const each = known.map((entry) => lifting(entry, saidAt))
  return (["explicit", "newer", "lifted"] as const).find((word) => each.includes(word)) ?? "none"
}

/**
 * How long after a person's opt-out its one confirmation is taken for an answer to it: 47 CFR 64.1200(a)(12), read 2026-11.
 *
 * @category constants
 */
export const confirmableFor: Duration.Duration = Duration.minutes(5)

/**
 * How far a time of an opt-out may lie ahead of the clock here. A time that is further ahead says nothing about how long ago it was.
 *
 * @category constants
 */
export const aheadBy: Duration.Duration = Duration.minutes(1)

const isRecent = (time: number | undefined, at: number): boolean =>
  time !== undefined && at - time <= Duration.toMillis(confirmableFor) && time - at <= Duration.toMillis(aheadBy)

/**
 * Whether the entries of all spellings of a number let a confirmation at that carrier leave at `at`: all of them do, or none.
 *
 * @category combinators
 */
export const confirming = (known: ReadonlyArray<Entry>, carrierId: CarrierId, at: number): Confirming => {
  const each = known.map((entry): Confirming =>
    !authority[entry.source].confirmable
      ? "source"
      : entry.carrierId !== carrierId
      ? "carrier"
      : entry.confirmedAt !== undefined
      ? "repeated"
      : isRecent(entry.since, at) && isRecent(entry.firstSaidAt, at)
      ? "confirmed"
      : "late"
  )
  return (["source", "carrier", "repeated", "late", "confirmed"] as const).find((word) => each.includes(word)) ?? "none"
}

/**
 * Of the entries of all spellings of a number, the one that holds longest.
 *
 * @category combinators
 */
export const strongest = (known: ReadonlyArray<Entry>): Option.Option<Entry> =>
  Option.fromNullable(
    known.reduce<Entry | undefined>((best, entry) =>
      best === undefined || authority[entry.source].rank > authority[best.source].rank ||
        (entry.source === best.source && entry.saidAt > best.saidAt)
        ? entry
        : best, undefined)
  )

const inOrder = (left: Pick<Entry, "since" | "handle">, right: Pick<Entry, "since" | "handle">): number =>
  left.since - right.since || (left.handle < right.handle ? -1 : left.handle > right.handle ? 1 : 0)

/**
 * Whether an opt-out was taken back before it was learned: a carrier noted it in its list, and the person opted in here after that. An opt-out
 * without `markedAt` always counts, because a person who may have opted out is not written to.
 *
 * @category getters
 */
export const isOutdated = ({ markedAt, source }: OptOut, optedInAt: number | undefined): boolean =>
  source === "list" && markedAt !== undefined && optedInAt !== undefined && markedAt < optedInAt

/**
 * A list in memory, gone with the process. Keep it elsewhere when opt-outs must survive a restart.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<SuppressionService> = Effect.sync(() => {
  const entries = new Map<Handle, Entry>()
  const optIns = new Map<Handle, number>()
  const optIn = (handle: Handle, at: number): void => {
    for (const spelling of variants(handle)) optIns.set(spelling, Math.max(at, optIns.get(spelling) ?? at))
  }
  const learn = (optOut: OptOut, at: number): boolean => {
    if (isOutdated(optOut, optIns.get(optOut.handle))) return false
    const known = entries.get(optOut.handle)
    entries.set(optOut.handle, merge(known, optOut, at))
    return known === undefined
  }
  const of = (handle: Handle): ReadonlyArray<Entry> => variants(handle).flatMap((spelling) => entries.get(spelling) ?? [])
  const forget = (handle: Handle): void => {
    for (const spelling of variants(handle)) entries.delete(spelling)
  }
  const sorted = (): ReadonlyArray<Entry> => Array.from(entries.values()).sort(inOrder)
  return {
    find: (handle) => Effect.sync(() => strongest(of(handle))),
    add: (handle, source, carrierId, saidAt) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        learn({ handle, source, ...(carrierId === undefined ? {} : { carrierId }), ...(saidAt === undefined ? {} : { saidAt }) }, at)
      }),
    addAll: (optOuts) => Effect.map(Clock.currentTimeMillis, (at) => optOuts.filter((optOut) => learn(optOut, at)).length),
    lift: (handle, saidAt) =>
      Effect.sync(() => {
        optIn(handle, saidAt)
        const result = liftingAll(of(handle), saidAt)
        if (result === "lifted") forget(handle)
        return result
      }),
    remove: (handle) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        optIn(handle, at)
        forget(handle)
      }),
    confirm: (handle, carrierId) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const known = of(handle)
        const result = confirming(known, carrierId, at)
        if (result === "confirmed") { for (const entry of known) entries.set(entry.handle, { ...entry, confirmedAt: at }) }
        return result
      }),
    list: Effect.sync(sorted),
    page: (limit, after) => Effect.sync(() => sorted().filter((entry) => after === undefined || inOrder(entry, after) > 0).slice(0, limit))
  }
})

/**
 * A suppression list in memory. It forgets everything with the process, so use it for tests and trials only.
 *
 * @category layers
 */
export const layerMemory: Layer.Layer<Suppression> = Layer.effect(Suppression, makeMemory)
