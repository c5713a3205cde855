/** Asks carriers which of their lines can send. It is for carriers that send no events about their lines. */
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineHealth } from "@interline/core/Health"
import type { LineName } from "@interline/core/Line"
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Health } from "../health/lineHealth.ts"
import * as OperatorFaults from "./operatorFaults.ts"

export const make = (
  carriers: ReadonlyMap<CarrierId, Carrier>,
  health: Health,
  publish: (event: RouterEvent) => Effect.Effect<void>
): Effect.Effect<void, MessagingError> => {
  // a list that does not mention a flag must not clear what an event said: only what a list closed, a list opens
  const closed = new Set<string>()

  const noteLine = (
    carrierId: CarrierId,
    line: LineName,
    { available, raw, status }: LineHealth,
    at: number
  ): ReadonlyArray<RouterEvent> => {
    const key = `${carrierId}|${line}`
    if (available && !closed.delete(key)) return health.lineSeen({ carrierId, line }, at, "the carrier lists the line")
    // each time: a line that rests is probed after a while, and a probe that a carrier takes proves nothing of a flagged line
    if (!available) closed.add(key)
    return health.lineChanged({ carrierId, line }, { available }, at, `the carrier lists the line as ${raw ?? status}`)
  }

  /** Logs what only a person can mend, once for each line. */
  const reportFault = (carrier: Carrier, lines: ReadonlyArray<LineName>, reason: ReasonTag): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const news = lines.filter((line) => health.faulted({ carrierId: carrier.id, line }, reason, at))
      return news.length === 0 ? Effect.void : OperatorFaults.logFault(carrier.id, news, reason)
    })

  /** An answer proves that the credentials are taken. A list of lines without ours says that the line is not the account's. */
  const readList = (carrier: Carrier, lines: ReadonlyArray<LineHealth>): Effect.Effect<void> => {
    const numbers = new Set<string>(lines.map(({ number }) => number))
    const ours = Array.from(carrier.lines)
    for (const [line, number] of ours) {
      health.mended({ carrierId: carrier.id, line }, "Authentication")
      if (numbers.has(number)) health.mended({ carrierId: carrier.id, line }, "LineNotAllowed")
    }
    const missing = lines.length === 0 ? [] : ours.flatMap(([line, number]) => numbers.has(number) ? [] : [line])
    return reportFault(carrier, missing, "LineNotAllowed")
  }

  const check = (carrier: Carrier): Effect.Effect<void, MessagingError> =>
    Effect.flatMap(
      Effect.zip(carrier.listLines(), Clock.currentTimeMillis),
      ([lines, at]) =>
        Effect.zipRight(
          readList(carrier, lines),
          Effect.forEach(
            lines.flatMap((line) => {
              const name = line.name ?? Array.from(carrier.lines).find(([, number]) => number === line.number)?.[0]
              return name === undefined ? [] : noteLine(carrier.id, name, line, at)
            }),
            publish,
            { discard: true }
          )
        )
    ).pipe(
      Effect.tapError((error) =>
        OperatorFaults.isForPerson(error) ? reportFault(carrier, Array.from(carrier.lines.keys()), error.reason) : Effect.void
      )
    )

  return Effect.suspend(() => {
    const listing = Array.from(carriers.values()).filter(({ capabilities }) => Capabilities.supports(capabilities, "listLines"))
    // a carrier that cannot be asked must not keep the others from being asked
    return Effect.flatMap(
      Effect.forEach(listing, (carrier) => Effect.either(check(carrier))),
      (results) => Effect.forEach(results, (result) => result, { discard: true })
    )
  })
}
