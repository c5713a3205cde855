/**
 * The health of lines in one of several processes. It decides at once about each send, with what the authority of the line gave this process
 * and said last. It keeps what the authority is to be told and asked, and takes its answers in. It runs nothing by itself.
 */
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import type { RouterEvent } from "../../decision/RouterEvent.ts"
import * as KnownUsage from "../knownUsage.ts"
import * as Limits from "../Limits.ts"
import type * as LineAuthority from "../LineAuthority.ts"
import * as LineFacts from "../lineFacts.ts"
import type { Health } from "../lineHealth.ts"
import * as ReplicaLine from "./replicaLine.ts"
import * as ReplicaRequests from "./replicaRequests.ts"

export interface Replica extends Health {
  readonly offset: number
  /** Ends when the authorities of these lines have answered, also of lines that were not used here. */
  readonly learnAll: (places: ReadonlyArray<LineFacts.Place>, at: number) => Effect.Effect<void>
  readonly awaitPlace: (place: LineFacts.Place) => Effect.Effect<void>
  /** The lines whose authority is to be asked at `at`, and when the next one is due. */
  readonly due: (at: number) => { readonly places: ReadonlyArray<LineFacts.Place>; readonly next: number }
  /** What to ask the authority of a line. Until its answer is heard, the same request comes again. */
  readonly ask: (place: LineFacts.Place, at: number) => LineAuthority.Request
  /** Takes in the answer to the last request. The events are those that are not told yet. */
  readonly hear: (place: LineFacts.Place, answer: LineAuthority.Answer, at: number) => ReadonlyArray<RouterEvent>
  /** Nobody answered the last request. */
  readonly miss: (place: LineFacts.Place, at: number) => void
  /** Gives back what is not used. The result is the lines whose authority is to be told something. */
  readonly leave: (at: number) => ReadonlyArray<LineFacts.Place>
}

const whatOf = { BreakerOpened: "opened", BreakerClosed: "closed", Limited: "paused" } as const

const toldOf = (events: ReadonlyArray<RouterEvent>): ReplicaLine.Learned["told"] =>
  events.flatMap((event) =>
    event._tag === "BreakerOpened" || event._tag === "BreakerClosed" || event._tag === "Limited" ? [whatOf[event._tag]] : []
  )

/** `process`: the id of this start of the process. `onDue`: a line is to be asked before the time that `due` said. */
export interface Parts {
  readonly policy: LineFacts.HealthPolicy
  readonly process: string
  readonly offset: number
  readonly onDue: () => void
}

export const make = ({ offset, onDue, policy, process }: Parts): Replica => {
  const settingsOf = LineFacts.settingsOf(policy)
  const lines = new Map<string, ReplicaLine.Mine>()
  let faulty = 0

  const findLine = (place: LineFacts.Place, at: number): ReplicaLine.Mine => {
    const name = `${place.carrierId}/${place.line}`
    const known = lines.get(name)
    if (known !== undefined) return known
    const fresh = ReplicaLine.make(settingsOf(place), onDue, at)
    lines.set(name, fresh)
    onDue()
    return fresh
  }

  const setLine = (mine: ReplicaLine.Mine, line: LineFacts.Line): void => {
    faulty += line.faults.length - mine.line.faults.length
    mine.line = line
  }

  /** Applies what was learned here, and tells the authority soon. */
  const learn = (mine: ReplicaLine.Mine, change: LineFacts.Change, at: number): ReadonlyArray<RouterEvent> => {
    const { events, line } = LineFacts.apply(mine.line, change, mine.settings)
    setLine(mine, line)
    mine.learned.push({ change, told: toldOf(events) })
    ReplicaLine.askBy(mine, events.length > 0 || change._tag !== "Reported" || change.probe ? at : at + ReplicaLine.tellEvery)
    return events
  }

  return {
    offset,
    admit: (place, at, isNew) => ReplicaLine.admit(findLine(place, at), at, isNew),
    findBar: (place, at, isNew) => {
      const mine = lines.get(`${place.carrierId}/${place.line}`)
      return mine === undefined ? undefined : ReplicaLine.findBar(mine, at, isNew)
    },
    took: (place, before, at) => {
      const mine = findLine(place, at)
      if (!Limits.limitsContacts(mine.settings.limits) && LineFacts.isNewTo(place, before, at)) mine.took += 1
    },
    report: (place, { startedAt, until, verdict, why }, at) => {
      const mine = findLine(place, at)
      const { line, probing } = mine
      const probe = probing !== undefined && startedAt >= probing
      if (probe) mine.probing = undefined
      const change: LineFacts.Change = present({ _tag: "Reported" as const, at, probe, verdict, startedAt, why, until })
      const isNews = probe || (verdict === "failed" && line.breaker._tag === "Closed") ||
        (verdict !== "failed" && LineFacts.apply(line, change, mine.settings).line !== line)
      return isNews ? learn(mine, change, at) : []
    },
    lineChanged: (place, { available, gone = false }, at, why) =>
      learn(findLine(place, at), { _tag: "Changed", at, available, gone, why }, at),
    lineSeen: (place, at, why) => {
      const mine = lines.get(`${place.carrierId}/${place.line}`)
      return mine?.line.gone === true ? learn(mine, { _tag: "Seen", at, why }, at) : []
    },
    told: (place, usage) => void learn(findLine(place, usage.readAt), { _tag: "Told", usage }, usage.readAt),
    restsForNew: ({ carrierId, line }, at) => KnownUsage.restOf(lines.get(`${carrierId}/${line}`)?.line.usage, at) !== undefined,
    faulted: (place, reason, at) => {
      const mine = findLine(place, at)
      if (mine.line.faults.some((fault) => fault.reason === reason)) return false
      learn(mine, { _tag: "Faulted", at, reason }, at)
      return true
    },
    mended: ({ carrierId, line }, reason) => {
      // nearly always true, so skip the look-up
      if (faulty === 0) return false
      const mine = lines.get(`${carrierId}/${line}`)
      if (mine === undefined || LineFacts.mend(mine.line, reason) === mine.line) return false
      learn(mine, present({ _tag: "Mended" as const, reason }), mine.usedAt)
      return true
    },
    inspect: (at) =>
      Array.from(lines.values(), ({ line, newContacts, settings, took }) =>
        LineFacts.inspect(
          settings.place,
          line,
          { ...newContacts, hour: newContacts.hour + took, day: newContacts.day + took },
          at,
          settings.breaker
        )),
    awaitPlace: (place) => ReplicaRequests.awaitAnswer(lines.get(`${place.carrierId}/${place.line}`)),
    learnAll: (places, at) =>
      Effect.forEach(places, (place) => ReplicaRequests.awaitNews(findLine(place, at), at), {
        concurrency: "unbounded",
        discard: true
      }),
    due: (at) => {
      const all = Array.from(lines.values())
      const active = all.filter(({ usedAt }) => at - usedAt < ReplicaRequests.activeFor).length
      const places: Array<LineFacts.Place> = []
      let next = Number.POSITIVE_INFINITY
      for (const mine of all) {
        const due = ReplicaRequests.dueAt(mine, active)
        if (due <= at) places.push(mine.settings.place)
        else next = Math.min(next, due)
      }
      return { places, next }
    },
    ask: (place, at) => ReplicaRequests.ask(findLine(place, at), process, at),
    hear: (place, answer, at) => {
      const mine = findLine(place, at)
      const before = mine.line
      const events = ReplicaRequests.hear(mine, answer, at)
      faulty += mine.line.faults.length - before.faults.length
      return events
    },
    miss: (place, at) => {
      const { asking } = findLine(place, at)
      if (asking === undefined) return
      asking.isCalling = false
      asking.askedAt = at
    },
    leave: (at) =>
      Array.from(lines.values()).flatMap((mine) => {
        ReplicaLine.giveBack(mine, at, true)
        return mine.asking !== undefined || mine.learned.length > 0 || mine.took > 0 || mine.back.length > 0 ? [mine.settings.place] : []
      })
  }
}
