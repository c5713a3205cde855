/**
 * Asks vendors how many new people each line may still write to. An answer that says nothing is kept as "not known", and stops no send.
 */
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { LineUsage } from "@interline/core/Health"
import * as Time from "@interline/core/Time"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as KnownUsage from "./knownUsage.ts"
import type * as LineFacts from "./lineFacts.ts"
import type { Health } from "./lineHealth.ts"

/** How long one answer is waited for. */
const longestRead = "10 seconds"
/** How often it is looked whether a line must be read again before its turn. */
const lookEvery = 15_000
/** A line that rests for new people is read again after this time, because its limit may be lifted. */
const restEvery = 60_000

export interface UsageReadings {
  /** Asks every vendor that tells it. */
  readonly readAll: Effect.Effect<void>
  /**
   * Asks each vendor again after `every` milliseconds, and earlier if one of its lines is near its limit or rests. It does not end. Absent if no
   * vendor tells it.
   */
  readonly watch: ((every: number) => Effect.Effect<never>) | undefined
}

const nearLimit = (left: number, limit: number | undefined): boolean => left <= Math.max(2, Math.ceil((limit ?? 0) / 5))

/**
 * Whether a line must be read again. `before`: how many new people it had written to when it was read. `since`: how many milliseconds ago its vendor
 * was asked.
 */
const isDue = ({ newContacts, restsForNew, usage }: LineFacts.Inspection, before: number | undefined, since: number): boolean => {
  if (usage === undefined || usage.state === "unknown" || usage.state === "exempt") return false
  if (usage.state !== "available") return restsForNew !== true || since >= restEvery
  const left = KnownUsage.leftOf(usage)
  const written = Math.max(0, newContacts.day - (before ?? newContacts.day))
  return left !== undefined && written > 0 && nearLimit(left - written, usage.hour?.limit)
}

/** What a vendor answers, or why there is no answer. A defect must not end the readings. */
const ask = (carrier: Carrier): Effect.Effect<ReadonlyArray<LineUsage> | string> =>
  Effect.suspend(() => carrier.listLineUsage()).pipe(
    Effect.disconnect,
    Effect.timeoutTo<ReadonlyArray<LineUsage>, ReadonlyArray<LineUsage> | string, string>({
      duration: longestRead,
      onSuccess: (usages) => usages,
      onTimeout: () => "the vendor did not answer in time"
    }),
    Effect.catchAll(({ reason }) => Effect.succeed(`the vendor did not tell it: ${reason}`)),
    Effect.catchAllDefect((defect) =>
      Effect.as(
        Effect.logError("a vendor could not be asked how many new people its lines may write to", {
          carrier: carrier.id,
          defect: Defect.nameOf(defect)
        }),
        "the vendor could not be asked"
      )
    )
  )

export const make = (carriers: ReadonlyMap<CarrierId, Carrier>, health: Health): UsageReadings => {
  const telling = Array.from(carriers.values()).filter(({ capabilities }) => Capabilities.supports(capabilities, "listLineUsage"))
  /** How many new people each line had written to when it was read. */
  const written = new Map<string, number>()
  /** When each vendor was asked last, in milliseconds of `Time.steadyMillis`: the time of day may be set. */
  const askedAt = new Map<CarrierId, number>()
  /** When each vendor was asked for the newest answer that is there. */
  const readAt = new Map<CarrierId, number>()

  const now = Effect.map(Effect.clock, Time.steadyMillis)

  const inspect = Effect.zipRight(health.refresh ?? Effect.void, Effect.map(Clock.currentTimeMillis, health.inspect))

  const note = (carrier: Carrier, toUsage: (line: LineFacts.Place["line"]) => KnownUsage.KnownUsage): void => {
    for (const line of carrier.lines.keys()) health.told({ carrierId: carrier.id, line }, toUsage(line))
  }

  /**
   * What is written while the vendor is asked may not be in its answer. So the answer is as old as the question: one that was asked for earlier does
   * not replace it, and what was written since the question counts as written after the reading.
   */
  const read = (carrier: Carrier): Effect.Effect<void> =>
    Effect.flatMap(Effect.all([inspect, now, Clock.currentTimeMillis]), ([before, steadyAt, at]) => {
      askedAt.set(carrier.id, steadyAt)
      return Effect.map(ask(carrier), (answer) => {
        if (steadyAt < (readAt.get(carrier.id) ?? steadyAt)) return
        readAt.set(carrier.id, steadyAt)
        for (const name of carrier.lines.keys()) {
          const line = before.find((one) => one.carrierId === carrier.id && one.line === name)
          written.set(`${carrier.id}/${name}`, line?.newContacts.day ?? 0)
        }
        note(carrier, (line) => {
          if (typeof answer === "string") return KnownUsage.unknown(at, answer)
          const usage = answer.find(({ name }) => name === line)
          return usage === undefined ? KnownUsage.unknown(at, "the vendor does not list the line") : KnownUsage.fromUsage(usage, at)
        })
      })
    })

  /** `startedAt`: when the readings began. */
  const look = (every: number, startedAt: number) =>
    Effect.flatMap(Effect.zip(inspect, now), ([lines, at]) => {
      const sinceAsked = (id: CarrierId): number => at - (askedAt.get(id) ?? startedAt)
      const due = new Set(
        lines.flatMap((line) =>
          isDue(line, written.get(`${line.carrierId}/${line.line}`), sinceAsked(line.carrierId)) ? [line.carrierId] : []
        )
      )
      const isTime = ({ id }: Carrier): boolean => sinceAsked(id) >= every
      return Effect.forEach(telling.filter((carrier) => due.has(carrier.id) || isTime(carrier)), read, {
        concurrency: "unbounded",
        discard: true
      })
    })

  return {
    readAll: Effect.forEach(telling, read, { concurrency: "unbounded", discard: true }),
    watch: telling.length === 0
      ? undefined
      : (every) =>
        Effect.flatMap(
          now,
          (startedAt) => Effect.forever(Effect.zipRight(Effect.sleep(Math.min(lookEvery, Math.max(1_000, every))), look(every, startedAt)))
        )
  }
}

/** A check of the lines, with a reading beside it. A check that fails does not end the reading. */
export const beside = <E>({ readAll }: UsageReadings, check: Effect.Effect<void, E>): Effect.Effect<void, E> =>
  Effect.flatten(Effect.zipLeft(Effect.exit(check), readAll, { concurrent: true }))
