/**
 * The gaps that this process knows of: the times in which webhooks may be missing. The table has them for all processes, because a webhook
 * is refused in one process, its subscription is found switched off in a second, and is called again in a third.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CatchUpState, Gap } from "./catchUpState.ts"
import * as CatchUpTable from "./catchUpTable.ts"

export interface Parts {
  readonly table: CatchUpTable.CatchUpTable
  readonly state: CatchUpState
  /** The carriers whose events come by webhook. */
  readonly carriers: ReadonlyArray<CarrierId>
}

export interface KnownGaps {
  /** Events may be missing between two times. */
  readonly open: (carrierId: CarrierId, from: number, until: number) => Effect.Effect<void>
  /** No events go missing any more. */
  readonly end: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** The time from which events may be missing, as far as any process knows. */
  readonly findStart: (carrierId: CarrierId) => Effect.Effect<number | undefined>
  /** Takes over what the table says: a gap of another process, or the end of one. What is known only here is written down before. */
  readonly synchronize: (carrierId: CarrierId) => Effect.Effect<void>
  /** Does the same after everything between two times was read. */
  readonly noteRead: (carrierId: CarrierId, from: number, until: number) => Effect.Effect<void>
  /** Records of each carrier without a gap that every event until now is known. */
  readonly recordUpToDate: Effect.Effect<void>
}

/** In milliseconds. Anybody can make a gap grow with webhooks that are refused, so its growth is written down at most once in this time. */
const often = 10_000

export const make = ({ carriers, state, table }: Parts): KnownGaps => {
  const { gaps } = state
  /** By carrier, when a gap was written down. */
  const writtenAt = new Map<CarrierId, number>()
  /** The carriers of which this process knows more than it has written down. */
  const unwritten = new Set<CarrierId>()

  const write = (carrierId: CarrierId, gap: Gap): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      writtenAt.set(carrierId, at)
      return Effect.map(table.recordGap(carrierId, gap.from, gap.until), () => {
        if (gaps.get(carrierId) === gap) unwritten.delete(carrierId)
      })
    })

  const synchronize: KnownGaps["synchronize"] = (carrierId) =>
    Effect.gen(function*() {
      const before = gaps.get(carrierId)
      if (before !== undefined && unwritten.has(carrierId)) yield* write(carrierId, before)
      const row = yield* table.find(carrierId)
      // a webhook that was refused meanwhile says more than the row
      if (gaps.get(carrierId) !== before || unwritten.has(carrierId)) return
      if (row === undefined || row.gap_at === null) {
        gaps.delete(carrierId)
        return
      }
      const from = Number(row.gap_at)
      gaps.set(carrierId, { from, until: Number(row.gap_until ?? from) })
      yield* state.note(carrierId, { heardUntil: from })
    })

  return {
    open: (carrierId, from, until) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const known = gaps.get(carrierId)
        const gap = { from: Math.min(known?.from ?? from, from), until: Math.max(known?.until ?? until, until) }
        if (known?.from === gap.from && known.until === gap.until) return Effect.void
        gaps.set(carrierId, gap)
        unwritten.add(carrierId)
        const noted = state.note(carrierId, { heardUntil: gap.from })
        const isGrowth = known !== undefined && until !== CatchUpTable.open
        return isGrowth && at - (writtenAt.get(carrierId) ?? Number.NEGATIVE_INFINITY) < often
          ? noted
          : Effect.zipRight(noted, write(carrierId, gap))
      }),
    end: (carrierId, at) => {
      const known = gaps.get(carrierId)
      if (known?.until === CatchUpTable.open) gaps.set(carrierId, { ...known, until: at })
      return table.endGap(carrierId, at)
    },
    findStart: (carrierId) =>
      Effect.map(table.find(carrierId), (row) => {
        const here = gaps.get(carrierId)?.from
        const recorded = row === undefined || row.gap_at === null ? undefined : Number(row.gap_at)
        return here === undefined || recorded === undefined ? here ?? recorded : Math.min(here, recorded)
      }),
    synchronize,
    noteRead: (carrierId, from, until) => {
      const known = gaps.get(carrierId)
      if (known !== undefined && known.from >= from && known.from <= until) {
        if (known.until > until) gaps.set(carrierId, { ...known, from: until })
        else {
          gaps.delete(carrierId)
          unwritten.delete(carrierId)
        }
      }
      return synchronize(carrierId)
    },
    recordUpToDate: Effect.forEach(carriers, (carrierId) =>
      Effect.zipRight(
        synchronize(carrierId),
        Effect.flatMap(Clock.currentTimeMillis, (at) =>
          state.upToDate().includes(carrierId)
            ? Effect.zipRight(table.recordHeard(carrierId, at), state.note(carrierId, { heardUntil: at }))
            : Effect.void)
      ), { discard: true })
  }
}
