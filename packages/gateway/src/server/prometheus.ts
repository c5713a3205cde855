/** Effect's metrics in Prometheus' text format. */
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

const escaped = (text: string): string => text.replace(/\\/g, "\\\\").replace(/"/g, "\\\"").replace(/\n/g, "\\n")

const labels = (
  tags: ReadonlyArray<{ readonly key: string; readonly value: string }>,
  more: ReadonlyArray<readonly [string, string]> = []
): string => {
  const all = [...tags.map(({ key, value }) => [key, value] as const), ...more]
  return all.length === 0 ? "" : `{${all.map(([key, value]) => `${key}="${escaped(value)}"`).join(",")}}`
}

const number = (value: number | bigint): string =>
  typeof value === "bigint" || Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN"

const kinds = { counter: "counter", gauge: "gauge", histogram: "histogram" } as const

interface Family {
  readonly kind: keyof typeof kinds
  readonly description: Option.Option<string>
  readonly lines: Array<string>
}

/** The prefix of the gateway's metrics. It is needed because other libraries may use the same registry. */
const prefix = "interline_"

export const render = (pairs: Iterable<MetricPair.MetricPair.Untyped>): string => {
  const families = new Map<string, Family>()
  for (const { metricKey, metricState } of pairs) {
    const { name } = metricKey
    if (!name.startsWith(prefix)) continue
    const family = (kind: Family["kind"]): Array<string> => {
      const known = families.get(name) ?? { kind, description: metricKey.description, lines: [] }
      families.set(name, known)
      return known.lines
    }
    if (MetricState.isCounterState(metricState)) {
      family("counter").push(`${name}${labels(metricKey.tags)} ${number(metricState.count)}`)
    } else if (MetricState.isGaugeState(metricState)) {
      family("gauge").push(`${name}${labels(metricKey.tags)} ${number(metricState.value)}`)
    } else if (MetricState.isHistogramState(metricState)) {
      const lines = family("histogram")
      for (const [boundary, count] of metricState.buckets) {
        if (Number.isFinite(boundary)) lines.push(`${name}_bucket${labels(metricKey.tags, [["le", number(boundary)]])} ${count}`)
      }
      lines.push(`${name}_bucket${labels(metricKey.tags, [["le", "+Inf"]])} ${metricState.count}`)
      lines.push(`${name}_sum${labels(metricKey.tags)} ${number(metricState.sum)}`)
      lines.push(`${name}_count${labels(metricKey.tags)} ${metricState.count}`)
    }
  }
  return Array.from(families, ([name, { description, kind, lines }]) =>
    [
      ...Option.match(description, { onNone: () => [], onSome: (text) => [`# HELP ${name} ${text}`] }),
      `# TYPE ${name} ${kinds[kind]}`,
      ...lines,
      ""
    ].join("\n")).join("")
}
