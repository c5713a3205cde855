/** Writes a summary as a page of text for people. */
import type { Example, Kind } from "./Kind.ts"
import * as ShadowCounts from "./shadowCounts.ts"
import type { Summary } from "./Summary.ts"

const number = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",")

/** A number with its noun. */
const many = (value: number, one: string, more = `${one}s`): string => `${number(value)} ${value === 1 ? one : more}`

/** A share in percent. A share that is not zero is never written as zero. */
export const percent = (share: number): string =>
  !Number.isFinite(share) ? "0 %" : share > 0 && share < 0.001 ? "< 0.1 %" : `${(share * 100).toFixed(1)} %`

const indent = (lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.map((line) => `  ${line}`)

const requestLine = ({ body, request }: Example["call"]): string => body === undefined ? request : `${request} ${JSON.stringify(body)}`

const example = ({ becomes, call, where }: Example): ReadonlyArray<string> => [
  `${where}: ${requestLine(call)}`,
  ...becomes.map((request) => `  becomes ${requestLine(request)}`)
]

const kindLines = ({ count, examples, kind, says, share }: Kind): ReadonlyArray<string> => [
  `${kind}: ${number(count)} (${percent(share)})`,
  ...indent([says, ...examples.flatMap(example)])
]

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...indent(lines)]

const counts = (list: ReadonlyArray<{ readonly name: string; readonly count: number }>): ReadonlyArray<string> =>
  list.map(({ count, name }) => `${name}: ${number(count)}`)

/** The sentences about inputs that ended too early. Both pages begin with them. */
export const cutOffOf = ({ calls, cutOff }: Summary): ReadonlyArray<string> =>
  cutOff.length === 0 ? [] : [
    `The report is incomplete, because what follows could not be read: ${cutOff.join("; ")}. ${many(calls, "call was", "calls were")} read.`
  ]

/** The sentences about what was read. Both pages have them. */
export const factsOf = (summary: Summary): ReadonlyArray<string> => {
  const {
    calls,
    conversations: { direct, groups, groupsAtLeast, isExact, unknown },
    damaged,
    foreign,
    lines,
    notes,
    optOuts,
    withCredentials,
    withoutTime
  } = summary
  const most = isExact ? "" : "at most "
  return [
    ...notes,
    `${many(calls, "call was", "calls were")} read. ${many(damaged, "place holds", "places hold")} no call. ${
      many(foreign, "call went to another host and was", "calls went to other hosts and were")
    } not read further.`,
    `${many(withCredentials, "call", "calls")} had credentials in ${
      withCredentials === 1 ? "its" : "their"
    } headers. No header but the content type was kept.`,
    `Messages went to ${most}${many(direct, "person", "people")} and ${most}${many(groups, "group")}, from ${
      number(lines.used)
    } of our numbers.`,
    ...(groupsAtLeast === groups ? [] : [
      `There may be only ${
        number(groupsAtLeast)
      } of these groups: some calls name a group by its id and others by its members, and no answer says which are the same.`
    ]),
    ...(unknown === 0 ? [] : [
      `Of ${most}${many(unknown, "chat")}, nothing says who is in ${unknown === 1 ? "it" : "them"}, or whether ${
        unknown === 1 ? "it is a group" : "they are groups"
      }. ${unknown === 1 ? "It" : "They"} may be among the people and groups above.`
    ]),
    `${many(optOuts.recorded, "call records", "calls record")} an opt-out, ${many(optOuts.lifted, "lifts", "lift")} one, and ${
      many(optOuts.wordsInTexts, "message names", "messages name")
    } a word that opts out.`,
    `The most first messages of a day are ${number(lines.newContactsInADay)}. If a line may write first to ${
      number(lines.limit)
    } people in a day, ${number(lines.needed)} ${
      lines.needed === 1 ? "line is" : "lines are"
    } needed. The limit is an assumption: ask the vendor for yours.`,
    ...(withoutTime === 0
      ? []
      : [`${many(withoutTime, "message has", "messages have")} no time, so ${withoutTime === 1 ? "it is" : "they are"} in no day.`])
  ]
}

const shadowLines = (shadow: NonNullable<Summary["shadow"]>): ReadonlyArray<string> =>
  shadow.length === 0 ? ["The gateway has compared no sends."] : shadow.map(ShadowCounts.of).flatMap((
    { differences, results, skipped, title }
  ) => [
    title,
    ...indent([
      ...counts(results),
      ...(skipped === 0 ? [] : [`not compared: ${number(skipped)}`]),
      ...differences.map(({ count, says, share }) => `${number(count)} (${percent(share)}): ${says}`)
    ])
  ])

/** The page. */
export const make = (summary: Summary): string => {
  const { damagedAt, days, endpoints, foreignHosts, kinds, media, others, sends, shadow, unknownFields } = summary
  const all = sends.whole + sends.lossy + sends.refused
  return [
    ...cutOffOf(summary),
    `From ${summary.from} to ${summary.to}. Nothing was sent.`,
    "",
    `Messages: ${number(all)}`,
    ...indent([
      `whole: ${number(sends.whole)} (${percent(sends.whole / all)})`,
      `lossy: ${number(sends.lossy)} (${percent(sends.lossy / all)})`,
      `refused: ${number(sends.refused)} (${percent(sends.refused / all)})`
    ]),
    `Other calls: ${number(others.carried)} are carried, ${number(others.refused)} are refused, ${
      number(others.notCarried)
    } ask for what the gateway does not carry, ${number(others.unknown)} have an unknown address`,
    ...section("What was read", factsOf(summary)),
    ...(shadow === undefined ? [] : section("Shadow", shadowLines(shadow))),
    ...section("Kinds", kinds.flatMap(kindLines)),
    ...section(
      "Endpoints",
      endpoints.map(({ becomes, count, endpoint }) =>
        `${endpoint}: ${number(count)}${becomes.length === 0 ? "" : ` -> ${becomes.join(", ")}`}`
      )
    ),
    ...section("Fields that are lost", counts(unknownFields)),
    ...section("Files", counts(media)),
    ...section("Other hosts", counts(foreignHosts)),
    ...section(
      "Messages by day",
      days.map(({ day, newContacts, sends }) => `${day}: ${number(sends)}, ${number(newContacts)} of them first`)
    ),
    ...section("Places that hold no call", damagedAt.map(({ where, why }) => `${where}: ${why}`))
  ].join("\n")
}
