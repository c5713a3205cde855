/**
 * Asks carriers which of their lines can send, which they will take away, and whether our webhooks are called. It is for what no event
 * tells. The answer also shows whether a carrier accepts our credentials.
 */
import * as AccountNotice from "@interline/core/AccountNotice"
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineHealth } from "@interline/core/Health"
import type { LineName } from "@interline/core/Line"
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Confirmation, RouterEvent } from "../decision/RouterEvent.ts"
import type { Health } from "../health/lineHealth.ts"
import type { NoticeStoreService } from "./NoticeStore.ts"
import * as OperatorFaults from "./operatorFaults.ts"
import * as WebhookChecks from "./webhookChecks.ts"

export interface Parts {
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly health: Health
  readonly notices: NoticeStoreService
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
  /** Whether a notice counts as announced when somebody confirms it. Otherwise it does when it was published. */
  readonly waitsForConfirmation: boolean
  /** Absent if no webhook leads to this program. */
  readonly isOwnWebhook?: WebhookChecks.IsOwn
}

export interface LineChecks {
  /** Checks the lines of all carriers, or of the one that is named. */
  readonly check: (only?: CarrierId) => Effect.Effect<void, MessagingError>
  /** When a check last found that a webhook which leads to this program is called and none is off, in epoch milliseconds. */
  readonly webhooksRightAt: (carrierId: CarrierId) => number | undefined
  /** Announces what a process kept and did not announce, or what nobody confirmed. */
  readonly announceUnsaid: Effect.Effect<void>
  /** How to confirm an event that was announced here. Undefined for any other event. */
  readonly confirmationOf: (event: RouterEvent) => Confirmation | undefined
}

const timeOf = (text: string | undefined): number | undefined => {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

export const make = ({ carriers, health, isOwnWebhook, notices, publish, waitsForConfirmation }: Parts): LineChecks => {
  const checkWebhooks = WebhookChecks.make(isOwnWebhook ?? (() => false))
  // a list that does not mention a flag must not clear what an event said: only what a list closed, a list opens
  const closed = new Set<string>()
  const webhooksRightAt = new Map<CarrierId, number>()
  // an event holds no number, so it does not say which notice it is of
  const announced = new WeakMap<RouterEvent, AccountNotice.AccountNotice>()

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

  const announce = (notice: AccountNotice.AccountNotice): Effect.Effect<void> => {
    const { at, carrierId, dueAt, number, subject, what } = notice
    const line = Array.from(carriers.get(carrierId)?.lines ?? []).find(([, own]) => own === number)?.[0]
    const event: RouterEvent = { _tag: "Noticed", at, carrierId, what, ...present({ line, subject, dueAt }) }
    announced.set(event, notice)
    return waitsForConfirmation ? publish(event) : Effect.zipRight(publish(event), notices.said(notice))
  }

  /** Keeps what a check found, and announces it once. */
  const note = (notice: AccountNotice.AccountNotice): Effect.Effect<void> =>
    Effect.flatMap(notices.put(notice), (isNew) => isNew ? announce(notice) : Effect.void)

  /** Compares the numbers with the notices about them: a number that the carrier takes away, and one that is ours again. */
  const noteLines = (
    carrier: Carrier,
    lines: ReadonlyArray<LineHealth>,
    kept: ReadonlyArray<AccountNotice.AccountNotice>,
    at: number
  ): Effect.Effect<void> =>
    Effect.forEach(lines, ({ ending, endsAt, number }) => {
      const notice = { carrierId: carrier.id, at, number }
      const last = kept.find((one) => one.carrierId === carrier.id && one.number === number && one.subject === undefined)
      if (ending === true) {
        const dueAt = timeOf(endsAt)
        return last?.what === "line-ending" && last.dueAt === dueAt
          ? Effect.void
          : note({ ...notice, what: "line-ending", ...present({ dueAt }) })
      }
      return last?.what === "line-gone" || last?.what === "line-ending" ? note({ ...notice, what: "line-assigned" }) : Effect.void
    }, { discard: true })

  const noteWebhooks = (carrier: Carrier, kept: ReadonlyArray<AccountNotice.AccountNotice>, at: number): Effect.Effect<void> => {
    const off = kept.flatMap(({ carrierId, subject, what }) =>
      carrierId === carrier.id && what === "webhook-off" && subject !== undefined ? [subject] : []
    )
    return Effect.flatMap(
      checkWebhooks(carrier, new Set(off)),
      ({ found, isRight }) => {
        if (isRight) webhooksRightAt.set(carrier.id, at)
        return Effect.forEach(found, (one) => note({ ...one, at }), { discard: true })
      }
    )
  }

  const check = (carrier: Carrier): Effect.Effect<void, MessagingError> =>
    Effect.flatMap(
      Effect.all([carrier.listLines(), notices.all, Clock.currentTimeMillis]),
      ([lines, kept, at]) =>
        Effect.zipRight(
          Effect.all([readList(carrier, lines), noteLines(carrier, lines, kept, at), noteWebhooks(carrier, kept, at)], { discard: true }),
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

  return {
    webhooksRightAt: (carrierId) => webhooksRightAt.get(carrierId),
    confirmationOf: (event) => {
      const notice = announced.get(event)
      return notice === undefined
        ? undefined
        : { key: `notice/${AccountNotice.placeOf(notice)}/${notice.what}/${notice.at}`, confirm: notices.said(notice) }
    },
    announceUnsaid: Effect.flatMap(notices.takeUnsaid, Effect.forEach(announce, { discard: true })),
    check: (only) =>
      Effect.suspend(() => {
        const listing = Array.from(carriers.values()).filter(({ capabilities, id }) =>
          (only === undefined || id === only) && Capabilities.supports(capabilities, "listLines")
        )
        // a carrier that cannot be asked must not keep the others from being asked
        return Effect.flatMap(
          Effect.forEach(listing, (carrier) => Effect.either(check(carrier))),
          (results) => Effect.forEach(results, (result) => result, { discard: true })
        )
      })
  }
}
