/** Judges each send that a vendor's limit of new people stops: the vendor must have said so lately, and the person must be new. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { RouterEvent } from "../../decision/RouterEvent.ts"
import * as KnownUsage from "../../health/knownUsage.ts"
import type { Person } from "../runs/scenario.ts"
import type { Notice } from "../vendors/newPeople.ts"
import type { Vendor } from "../vendors/vendor.ts"

export interface LimitsJudge {
  /** The process learned what a vendor says. */
  readonly told: (told: Notice) => void
  /** The process forgot everything. */
  readonly forgot: () => void
  /** Why a decision about a send that began at `startedAt` is wrong. Undefined if it is right, or concerns no limit. */
  readonly findFault: (event: RouterEvent, person: Person, startedAt: number) => string | undefined
}

const whys: ReadonlySet<string> = new Set(Object.values(KnownUsage.whys))

/** Whether a limit of new people stopped the send, at least for now. */
export const isStopped = (event: RouterEvent): boolean => (event._tag === "Skipped" || event._tag === "Retrying") && whys.has(event.why)

export const make = (vendors: ReadonlyMap<CarrierId, Vendor>): LimitsJudge => {
  const last = new Map<string, KnownUsage.KnownUsage>()
  return {
    told: ({ place, usage }) => void last.set(`${place.carrierId} ${place.line}`, usage),
    forgot: () => last.clear(),
    findFault: (event, person, startedAt) => {
      if (!isStopped(event) || (event._tag !== "Skipped" && event._tag !== "Retrying")) return undefined
      const { at, carrierId, line } = event
      const usage = last.get(`${carrierId} ${line}`)
      const vendor = vendors.get(carrierId)
      if (usage?.state !== "limited") return `${carrierId} did not say that ${line} is limited`
      if (at >= (usage.availableAt ?? Number.POSITIVE_INFINITY)) return `${carrierId} said that ${line} may write to new people again`
      if (at - usage.readAt >= KnownUsage.restsFor) return `what ${carrierId} said of ${line} is too old`
      // a send that began before the limit came is judged by our own records of the person
      return usage.readAt <= startedAt && vendor?.plan.limit?.tellsOfPeople === true && vendor.knows(person, startedAt)
        ? `${carrierId} knows the person`
        : undefined
    }
  }
}
