/** Says in one sentence why a report cannot be relied on: no call of the vendor was read, or an input ended too early. */
import * as Option from "effect/Option"
import type { Options } from "../translate/Translator.ts"
import * as Vendors from "../translate/vendors.ts"
import type { Summary } from "./Summary.ts"
import * as TextPage from "./textPage.ts"

const mostHosts = 3

const many = (count: number): string => count === 1 ? "the only call" : `all ${count} calls`

const hostsOf = ({ foreignHosts }: Summary): string => {
  const more = foreignHosts.length - mostHosts
  return `${foreignHosts.slice(0, mostHosts).map(({ name }) => name).join(", ")}${more > 0 ? `, and ${more} more` : ""}`
}

/** No call was read that could be one of the vendor. */
const nothingOf = (summary: Summary, { from, to }: Options): string => {
  const { calls, damaged, foreign, foreignHosts } = summary
  const other: Vendors.Row = Vendors.vendors[to]
  const otherwise = `if they are calls to ${summary.to}, use --from ${to}`
  if (calls === 0) {
    return damaged > 0
      ? "no call could be read; a recording is JSON Lines, a JSON array or HAR 1.2"
      : "no call was read, because there is none: a recording is empty, or an account or a gateway has no messages of that time"
  }
  if (foreign < calls) {
    return `none of the ${calls} calls that were read asks for an endpoint of ${summary.from}; ${otherwise}${
      foreign === 0 ? "" : `; ${foreign} of them went to other hosts (${hostsOf(summary)})`
    }`
  }
  const went = `${many(calls)} went to other hosts than those of ${summary.from}: ${hostsOf(summary)}`
  return foreignHosts.some(({ name }) => other.hosts.includes(name))
    ? `${went}; ${otherwise}`
    : `${went}; if one of them is a proxy or a test server of ${summary.from}, name it with --host; if the calls are not of ${from}, use --from`
}

/** The sentence. None if every input was read to its end, and a call of the vendor was in one. */
export const of = (summary: Summary, options: Options): Option.Option<string> => {
  const { calls, foreign, others } = summary
  if (calls - foreign - others.unknown === 0) return Option.some(nothingOf(summary, options))
  return Option.fromNullable(TextPage.cutOffOf(summary)[0]).pipe(Option.map((sentence) => `t${sentence.slice(1, -1)}`))
}
