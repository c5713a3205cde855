/** Models how many new people a vendor lets our line write to, and what it answers when it is asked for that. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as KnownUsage from "../../health/knownUsage.ts"
import type * as LineFacts from "../../health/lineFacts.ts"
import type { Person, Scenario } from "../runs/scenario.ts"
import * as NewPeopleLimit from "./newPeopleLimit.ts"

/** What was told of a line, and when the process learned it. */
export interface Notice {
  readonly at: number
  readonly place: LineFacts.Place
  readonly usage: KnownUsage.KnownUsage
}

/** Counts new people for one vendor. */
export interface NewPeople {
  /** Whether there was a message between the vendor's line and the person by `at`. */
  readonly knows: (person: Person, at: number) => boolean
  /** The vendor took a message to the person. */
  readonly took: (person: Person, at: number) => void
  /** What a reading tells of each line. The vendor counts when it is asked. */
  readonly read: (reading: NewPeopleLimit.Reading) => ReadonlyArray<Notice>
}

export const make = (scenario: Scenario, carrierId: CarrierId, limit: NewPeopleLimit.Limit): NewPeople => {
  const since = new Map<Person, number>()
  const beginnings = new Map<string, Array<number>>()

  const knows: NewPeople["knows"] = (person, at) =>
    (since.get(person) ?? Number.POSITIVE_INFINITY) <= at ||
    scenario.inbound.some((inbound) => inbound.vendor === carrierId && inbound.person === person && inbound.at <= at)

  const usageOf = (line: string, at: number, readAt: number): KnownUsage.KnownUsage => {
    const times = (beginnings.get(line) ?? []).filter((time) => time > at - limit.span)
    const last = times[times.length - limit.most]
    const left = Math.max(0, limit.most - times.length)
    const hour = { used: times.length, limit: limit.most, left }
    return last === undefined
      ? { readAt, state: "available", sampledAt: at, hour }
      : { readAt, state: "limited", sampledAt: at, availableAt: last + limit.span, hour }
  }

  return {
    knows,
    took: (person, at) => {
      if (knows(person, at)) return
      since.set(person, at)
      const { line } = person.conversation
      const times = beginnings.get(line) ?? []
      beginnings.set(line, times)
      times.push(at)
    },
    read: ({ at, lag, says }) =>
      scenario.lines.map((line): Notice => {
        const place = { carrierId, line }
        if (lag > NewPeopleLimit.longestRead) {
          const learnedAt = at + NewPeopleLimit.longestRead
          return { at: learnedAt, place, usage: KnownUsage.unknown(learnedAt, "the vendor did not answer in time") }
        }
        const learnedAt = at + lag
        return { at: learnedAt, place, usage: says === "numbers" ? usageOf(line, at, learnedAt) : KnownUsage.unknown(learnedAt, says) }
      })
  }
}
