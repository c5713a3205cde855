/** The summary of recorded calls: what they become at another vendor, by kind, with examples. */
import * as ConsentWords from "@interline/core/ConsentWords"
import * as IsoTime from "@interline/core/IsoTime"
import { optional } from "@interline/core/Optional"
import type { Part } from "@interline/core/Part"
import { Comparison } from "@interline/gateway/Difference"
import * as Schema from "effect/Schema"
import type { Damaged, Located } from "../calls/CallReader.ts"
import type { Doubts, Translation } from "../translate/Translator.ts"
import * as CallBody from "./callBody.ts"
import * as EndpointCounter from "./endpointCounter.ts"
import * as Findings from "./findings.ts"
import * as Kind from "./Kind.ts"
import * as KindCounter from "./kindCounter.ts"
import * as Tally from "./tally.ts"

const Count = Schema.Struct({ name: Schema.String, count: Schema.Number })

/**
 * - `notes`: what the sources of the calls cannot tell.
 * - `calls`: all calls that were read. `damaged`: places that hold no call; the first are named in `damagedAt`. `cutOff`: the places from
 *   which the rest of an input could not be read. `foreign`: calls to other hosts. `withCredentials`: calls whose headers held a credential. None was kept.
 * - `sends`: messages that arrive whole, that certainly lose something, and that are refused. What is lost only on some services counts as
 *   whole.
 * - `others`: calls that are no messages. `carried`: also those that the gateway answers by itself. `notCarried`: the gateway refuses the
 *   endpoint. `unknown`: the vendor has no such endpoint.
 * - `conversations`: people and groups that were written to. `groupsAtLeast`: fewer than `groups` if some calls name a group by its id and
 *   others by its members, and no answer says which are the same. `unknown`: chats that calls name by their ids, and nothing says who is in them.
 *   `isExact`: false if there were too many to remember them all; then the numbers are "at most".
 * - `optOuts`: calls that record or lift an opt-out, and messages whose text names a word that opts out.
 * - `lines`: an estimate. `used`: our numbers. `newContactsInADay`: the most first messages of a day. `needed`: how many lines they need if
 *   a line may write first to `limit` people in a day.
 * - `shadow`: what a running gateway has counted of its live traffic, if it was asked: the plans of a carrier that gets no request, compared with
 *   what another carrier did.
 *
 * @category models
 */
export const Summary = IsoTime.encodeTimes(Schema.Struct({
  from: Schema.String,
  to: Schema.String,
  notes: Schema.Array(Schema.String),
  calls: Schema.Number,
  damaged: Schema.Number,
  damagedAt: Schema.Array(Schema.Struct({ where: Schema.String, why: Schema.String })),
  cutOff: Schema.Array(Schema.String),
  foreign: Schema.Number,
  foreignHosts: Schema.Array(Count),
  withCredentials: Schema.Number,
  sends: Schema.Struct({ whole: Schema.Number, lossy: Schema.Number, refused: Schema.Number }),
  others: Schema.Struct({ carried: Schema.Number, refused: Schema.Number, notCarried: Schema.Number, unknown: Schema.Number }),
  kinds: Schema.Array(Kind.Kind),
  endpoints: Schema.Array(Schema.Struct({ endpoint: Schema.String, count: Schema.Number, becomes: Schema.Array(Schema.String) })),
  unknownFields: Schema.Array(Count),
  conversations: Schema.Struct({
    direct: Schema.Number,
    groups: Schema.Number,
    groupsAtLeast: Schema.Number,
    unknown: Schema.Number,
    isExact: Schema.Boolean
  }),
  media: Schema.Array(Count),
  optOuts: Schema.Struct({ recorded: Schema.Number, lifted: Schema.Number, wordsInTexts: Schema.Number }),
  days: Schema.Array(Schema.Struct({ day: Schema.String, sends: Schema.Number, newContacts: Schema.Number })),
  withoutTime: Schema.Number,
  lines: Schema.Struct({ used: Schema.Number, newContactsInADay: Schema.Number, limit: Schema.Number, needed: Schema.Number }),
  shadow: optional(Schema.Array(Comparison))
}))

/** @category models */
export type Summary = typeof Summary.Type

/**
 * Options of a summary.
 *
 * @category models
 */
export interface Options {
  /** The names of both vendors. */
  readonly from: string
  readonly to: string
  /** What the sources of the calls cannot tell. Default: nothing. */
  readonly notes?: ReadonlyArray<string>
  /** What a gateway has counted of its live traffic. Default: it was not asked. */
  readonly shadow?: ReadonlyArray<Comparison>
  /** Whether people and texts are shown in examples. Default: false. */
  readonly shows?: boolean
  /** How many people a line may write to first in a day. Default: 50, an assumption. */
  readonly newContactsPerDay?: number
}

/**
 * Counts calls, one after the other.
 *
 * @category models
 */
export interface Counter {
  readonly addDamaged: (damaged: Damaged) => void
  readonly add: (located: Located, translation: Translation) => void
  /** How many calls were counted. */
  readonly calls: () => number
  /** `hasForgotten`: whether people were forgotten because there were too many. */
  readonly summary: (hasForgotten: boolean, doubts: Doubts) => Summary
}

const mostNamed = 20

const mediaKind = (part: Part): string | undefined => {
  if (part._tag !== "Media") return undefined
  if ("attachment" in part) return "uploaded before"
  const [, extension] = /\/[^/?#]*\.([A-Za-z0-9]{1,5})(?:[?#]|$)/.exec(part.url) ?? []
  return extension?.toLowerCase() ?? "no extension"
}

const tellsHowToOptOut = /\b(?:stop|unsubscribe)\b/i

const millisOfDay = 86_400_000

/** The day of a time, in UTC. Calls mostly come in their order, so the last day is kept. */
const makeDayOf = (): (at: number) => string => {
  let number: number | undefined
  let day = ""
  return (at) => {
    const next = Math.floor(at / millisOfDay)
    if (next !== number) {
      number = next
      day = new Date(at).toISOString().slice(0, 10)
    }
    return day
  }
}

type Send = Extract<Translation, { readonly _tag: "Send" }>

const lostFieldsOf = ({ plan, unknown }: Send): ReadonlyArray<string> =>
  (plan._tag === "Sendable" ? [...plan.losses, ...unknown] : unknown).flatMap(({ from, kind }) =>
    kind === "unknown-field" && from !== undefined ? [from] : []
  )

const becomesOf = ({ plan }: Send): ReadonlyArray<string> =>
  plan._tag === "Refused" ? [] : plan.steps.map(({ method, path }) => `${method} ${path}`)

/** Whether the text of a message names a word that opts out, or is one. */
const namesOptOut = (part: Part): boolean =>
  part._tag === "Text" && (tellsHowToOptOut.test(part.text) || ConsentWords.read(part.text) === "opt-out")

const estimateLines = (used: number, newByDay: Tally.Tally, limit: number): Summary["lines"] => {
  const newContactsInADay = Math.max(0, ...newByDay.list().map(({ count }) => count))
  return { used, newContactsInADay, limit, needed: Math.max(used, Math.ceil(newContactsInADay / limit)) }
}

const isLost = ({ weight }: Findings.Finding): boolean => weight === "lost"

/**
 * Makes a counter. It needs the same memory for any number of calls.
 *
 * @category constructors
 */
export const make = ({ from, newContactsPerDay = 50, notes = [], shadow, shows = false, to }: Options): Counter => {
  const damagedAt: Array<Damaged> = []
  const cutOff: Array<string> = []
  const foreignHosts = Tally.make(200)
  const unknownFields = Tally.make(500)
  const media = Tally.make(200)
  const lines = Tally.make(10_000)
  const sendsByDay = Tally.make(4_000)
  const newByDay = Tally.make(4_000)
  const dayOf = makeDayOf()
  const kinds = KindCounter.make(shows)
  const endpoints = EndpointCounter.make()
  const numbers = { calls: 0, damaged: 0, foreign: 0, withCredentials: 0, direct: 0, groups: 0, unknown: 0, withoutTime: 0 }
  const sends = { whole: 0, lossy: 0, refused: 0 }
  const others = { carried: 0, refused: 0, notCarried: 0, unknown: 0 }
  const optOuts = { recorded: 0, lifted: 0, wordsInTexts: 0 }

  const addSend = ({ call }: Located, sent: Send, findings: ReadonlyArray<Findings.Finding>): void => {
    const { draft, isFirst, knows, plan, to } = sent
    if (plan._tag === "Refused") sends.refused += 1
    else if (findings.some(isLost)) sends.lossy += 1
    else sends.whole += 1
    lines.add(to.line)
    if (isFirst) numbers[knows === "no chat" ? "unknown" : to._tag === "Direct" ? "direct" : "groups"] += 1
    for (const part of draft.parts) {
      const kind = mediaKind(part)
      if (kind !== undefined) media.add(kind)
      if (namesOptOut(part)) optOuts.wordsInTexts += 1
    }
    if (call.at === undefined) numbers.withoutTime += 1
    else {
      const day = dayOf(call.at)
      sendsByDay.add(day)
      if (isFirst) newByDay.add(day)
    }
    for (const name of lostFieldsOf(sent)) unknownFields.add(name)
  }

  const addOperation = (
    { call }: Located,
    { endpoint, operations, unknown }: Extract<Translation, { readonly _tag: "Operation" }>
  ): void => {
    others.carried += 1
    for (const { from } of unknown) if (from !== undefined) unknownFields.add(`${endpoint} ${from}`)
    if (!operations.includes("setOptOut")) return
    const body = CallBody.toRecord(CallBody.read(call))
    optOuts["opted_out" in body && body.opted_out === false ? "lifted" : "recorded"] += 1
  }

  return {
    calls: () => numbers.calls,
    addDamaged: ({ endsInput, where, why }) => {
      numbers.damaged += 1
      if (damagedAt.length < mostNamed) damagedAt.push({ where, why })
      if (endsInput === true) cutOff.push(where)
    },
    add: (located, translation) => {
      numbers.calls += 1
      if (located.call.hadCredentials) numbers.withCredentials += 1
      if (translation._tag === "Foreign") {
        numbers.foreign += 1
        foreignHosts.add(translation.host)
        return
      }
      const findings = Findings.of(translation)
      switch (translation._tag) {
        case "Send":
          addSend(located, translation, findings)
          endpoints.add(translation.endpoint, becomesOf(translation))
          break
        case "Operation":
          addOperation(located, translation)
          endpoints.add(translation.endpoint, translation.requests)
          break
        case "Refused":
          if (translation.isSend) sends.refused += 1
          else others[translation.isCarried ? "refused" : "notCarried"] += 1
          endpoints.add(translation.endpoint, [])
          break
        case "NoEndpoint":
          others.unknown += 1
      }
      kinds.add(findings, located, translation)
    },
    summary: (hasForgotten, doubts) => {
      const ours = numbers.calls - numbers.foreign
      const groups = numbers.groups - doubts.doubled.groups
      return {
        from,
        to,
        notes,
        calls: numbers.calls,
        damaged: numbers.damaged,
        damagedAt,
        cutOff,
        foreign: numbers.foreign,
        foreignHosts: foreignHosts.list().slice(0, mostNamed),
        withCredentials: numbers.withCredentials,
        sends,
        others,
        kinds: kinds.list(ours),
        endpoints: endpoints.list(),
        unknownFields: unknownFields.list(),
        conversations: {
          direct: numbers.direct,
          groups,
          groupsAtLeast: groups - doubts.groups,
          unknown: numbers.unknown - doubts.doubled.unknown,
          isExact: !hasForgotten
        },
        media: media.list(),
        optOuts,
        days: sendsByDay.list()
          .map(({ count, name }) => ({ day: name, sends: count, newContacts: newByDay.count(name) }))
          .sort((one, other) => one.day < other.day ? -1 : 1),
        withoutTime: numbers.withoutTime,
        lines: estimateLines(lines.list().length, newByDay, newContactsPerDay),
        ...(shadow === undefined ? {} : { shadow })
      }
    }
  }
}
