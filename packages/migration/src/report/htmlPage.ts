/** Writes a summary as one HTML page with plots. The page holds all it needs, has no script, and asks no host for anything. */
import type { Example, Kind } from "./Kind.ts"
import * as Plots from "./plots.ts"
import * as ShadowCounts from "./shadowCounts.ts"
import type { Summary } from "./Summary.ts"
import * as TextPage from "./textPage.ts"

const { escape } = Plots

const number = (value: number): string => value.toLocaleString("en-US")

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #ffffff; --line: #d5dbe3; --whole: #2f8f5b; --lossy: #b67a12; --refused: #c0392b; --note: #5b7aa6; --day: #7f93b1; --first: #2c4a78; --soft: #5c6775; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #161b22; --line: #323b47; --whole: #4bb37d; --lossy: #d59a35; --refused: #e2665a; --note: #7d9cc8; --day: #5f7696; --first: #b9cdec; --soft: #9aa5b4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .5rem; }
.soft { color: var(--soft); } .numbers { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.5rem 0; padding: 0; list-style: none; }
.numbers li { flex: 1 1 9rem; border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; } .numbers b { display: block; font-size: 1.5rem; }
.bars { list-style: none; margin: 0; padding: 0; } .bars li { display: grid; grid-template-columns: 17rem minmax(0, 1fr) max-content; gap: 0 .75rem; align-items: center; padding: .15rem 0; }
.bars svg { display: block; width: 100%; height: 1.1rem; }
.columns { margin: 0; } .columns svg { display: block; width: 100%; height: 10rem; border-bottom: 1px solid var(--line); } figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-size: .85rem; color: var(--soft); }
svg .whole { fill: var(--whole); } svg .lossy { fill: var(--lossy); } svg .refused { fill: var(--refused); } svg .note { fill: var(--note); } svg .day { fill: var(--day); } svg .first { fill: var(--first); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; background: var(--first); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line); } .n { white-space: nowrap; } td.n, th.n { text-align: right; }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin: .5rem 0; } summary { cursor: pointer; }
pre { white-space: pre-wrap; font-size: .85rem; margin: .5rem 0; }
@media (max-width: 40rem) { body { padding: 1rem; } .bars li { grid-template-columns: minmax(0, 1fr) max-content; } .bars svg { grid-column: 1 / -1; grid-row: 2; } }
`

const looks: Readonly<Record<Kind["weight"], string>> = {
  refused: "refused",
  "not carried": "refused",
  lost: "lossy",
  "may be lost": "note",
  note: "note",
  whole: "whole"
}

const card = (title: string, value: string, says: string): string =>
  `<li><span class="soft">${escape(title)}</span><b>${escape(value)}</b>${escape(says)}</li>`

const request = ({ body, request }: Example["call"]): string =>
  `${request}${body === undefined ? "" : `\n${typeof body === "string" ? body : JSON.stringify(body, undefined, 2)}`}`

const example = ({ becomes, call, where }: Example): string =>
  `<p class="soft">${escape(where)}</p><pre>${escape(request(call))}</pre>${
    becomes.map((one) => `<p class="soft">becomes</p><pre>${escape(request(one))}</pre>`).join("")
  }`

const kindDetails = ({ count, examples, kind, says, share }: Kind): string =>
  `<details><summary><b>${escape(kind)}</b> ${number(count)} (${escape(TextPage.percent(share))})<br>${escape(says)}</summary>${
    examples.map(example).join("")
  }</details>`

const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  `<table><thead><tr>${
    heads.map((head, index) => `<th scope="col"${typeof rows[0]?.[index] === "number" ? " class=\"n\"" : ""}>${escape(head)}</th>`).join("")
  }</tr></thead><tbody>${
    rows.map((row) =>
      `<tr>${row.map((cell) => typeof cell === "number" ? `<td class="n">${number(cell)}</td>` : `<td>${escape(cell)}</td>`).join("")}</tr>`
    ).join("")
  }</tbody></table>`

const section = (title: string, content: string): string => content === "" ? "" : `<section><h2>${escape(title)}</h2>${content}</section>`

const countTable = (head: string, list: Summary["media"]): string =>
  list.length === 0 ? "" : table([head, "Calls"], list.map(({ count, name }) => [name, count]))

const shadowLooks = { "the same": "whole", different: "lossy", refused: "refused" } as const

const comparison = ({ differences, results, skipped, title }: ShadowCounts.ShadowCounts): string => {
  const all = results.reduce((sum, { count }) => sum + count, 0)
  return `<h3>${escape(title)}</h3>${
    Plots.bars(
      title,
      results.map(({ count, name }) => ({
        label: name,
        value: count,
        written: `${number(count)} (${TextPage.percent(count / all)})`,
        look: shadowLooks[name]
      }))
    )
  }${skipped === 0 ? "" : `<p class="soft">${number(skipped)} were not compared.</p>`}${
    differences.length === 0
      ? ""
      : table(["Difference", "Sends", "Share"], differences.map(({ count, says, share }) => [says, count, TextPage.percent(share)]))
  }`
}

const shadowSection = (shadow: Summary["shadow"]): string =>
  shadow === undefined ? "" : section(
    "Shadow",
    shadow.length === 0 ? "<p>The gateway has compared no sends.</p>" : shadow.map(ShadowCounts.of).map(comparison).join("")
  )

const mostBars = 15

/** The page. */
export const make = (summary: Summary): string => {
  const { damagedAt, days, endpoints, foreignHosts, kinds, lines, media, others, sends, unknownFields } = summary
  const all = sends.whole + sends.lossy + sends.refused
  const title = `The move from ${summary.from} to ${summary.to}`
  const share = (count: number): string => `${number(count)} (${TextPage.percent(count / all)})`
  return [
    `<!doctype html>`,
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
    `<meta name="referrer" content="no-referrer"><title>${escape(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escape(title)}</h1><p class="soft">Made from recorded calls. Nothing was sent.</p>`,
    `<ul class="numbers">${
      [
        card("messages", number(all), "in the recording"),
        card("arrive whole", TextPage.percent(sends.whole / all), number(sends.whole)),
        card("lose something", TextPage.percent(sends.lossy / all), number(sends.lossy)),
        card("would be refused", TextPage.percent(sends.refused / all), number(sends.refused)),
        card("lines needed", number(lines.needed), "an estimate")
      ].join("")
    }</ul>`,
    section(
      "Messages",
      Plots.bars("Messages by what becomes of them", [
        { label: "whole", value: sends.whole, written: share(sends.whole), look: "whole" },
        { label: "lose something", value: sends.lossy, written: share(sends.lossy), look: "lossy" },
        { label: "refused", value: sends.refused, written: share(sends.refused), look: "refused" }
      ])
    ),
    section(
      "What was read",
      `<ul>${[...TextPage.cutOffOf(summary), ...TextPage.factsOf(summary)].map((fact) => `<li>${escape(fact)}</li>`).join("")}</ul>`
    ),
    shadowSection(summary.shadow),
    section(
      "Kinds",
      kinds.length === 0 ? "" : Plots.bars(
        "Calls by kind",
        kinds.slice(0, mostBars).map(({ count, kind, share, weight }) => ({
          label: kind,
          value: count,
          written: `${number(count)} (${TextPage.percent(share)})`,
          look: looks[weight]
        }))
      ) + kinds.map(kindDetails).join("")
    ),
    section(
      "Messages by day",
      days.length === 0 ? "" : Plots.columns(
        "Messages by day, and how many of them were the first to somebody",
        days.map(({ day, newContacts, sends }) => ({ label: day, value: sends, part: newContacts }))
      ) + `<p class="soft"><span class="key"></span> The first message to a person or a group.</p>`
    ),
    section(
      "Other calls",
      table(["", "Calls"], [
        ["carried", others.carried],
        ["refused", others.refused],
        ["not carried by the gateway", others.notCarried],
        ["unknown address", others.unknown]
      ])
    ),
    section(
      "Endpoints",
      endpoints.length === 0
        ? ""
        : table(["Endpoint", "Calls", "Becomes"], endpoints.map(({ becomes, count, endpoint }) => [endpoint, count, becomes.join(", ")]))
    ),
    section("Fields that are lost", countTable("Field", unknownFields)),
    section("Files", countTable("Kind", media)),
    section("Other hosts", countTable("Host", foreignHosts)),
    section(
      "Places that hold no call",
      damagedAt.length === 0 ? "" : table(["Place", "Why"], damagedAt.map(({ where, why }) => [where, why]))
    ),
    `</body></html>`
  ].filter((piece) => piece !== "").join("\n")
}
