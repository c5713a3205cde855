/** How many messages there were over time, as bars. */
import { useEffect, useMemo, useRef } from "react"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import type { Counts } from "../../api/wire.ts"

const lengths = { minute: 60, hour: 3_600, day: 86_400 } as const

type Every = keyof typeof lengths

/** Spans without a message are left out of the answer. */
const toColumns = ({ items, since, until }: Counts, every: Every): [Array<number>, Array<number>, Array<number>, Array<number>] => {
  const step = lengths[every]
  const counted = new Map(items.map((item) => [Date.parse(item.at) / 1_000, item]))
  const [times, all, inbound, failed]: [Array<number>, Array<number>, Array<number>, Array<number>] = [[], [], [], []]
  for (let time = Math.floor(Date.parse(since) / 1_000 / step) * step; time < Date.parse(until) / 1_000; time += step) {
    const item = counted.get(time)
    times.push(time)
    inbound.push(item?.inbound ?? 0)
    failed.push(item?.notAccepted ?? 0)
    all.push((item?.inbound ?? 0) + (item?.outbound ?? 0))
  }
  return [times, all, inbound, failed]
}

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const draw = (holder: HTMLElement, data: uPlot.AlignedData): uPlot => {
  const bars = uPlot.paths.bars?.({ size: [0.7, 24] })
  const axis = {
    stroke: color("--text-2"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif"
  }
  const series = (label: string, name: string): uPlot.Series => ({
    label,
    fill: color(name),
    width: 0,
    points: { show: false },
    ...(bars === undefined ? {} : { paths: bars })
  })
  return new uPlot(
    {
      width: holder.clientWidth,
      height: 110,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
      axes: [{ ...axis, size: 24 }, {
        ...axis,
        size: 34,
        space: 34,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000]
      }],
      series: [{}, series("To people", "--plot-out"), series("From people", "--plot-in"), series("Not taken whole", "--plot-bad")]
    },
    data,
    holder
  )
}

const dark = matchMedia("(prefers-color-scheme: dark)")

const sum = (items: Counts["items"], field: "inbound" | "outbound" | "notAccepted"): number =>
  items.reduce((all, item) => all + item[field], 0)

export const CountsPlot = ({ counts, every }: { readonly counts: Counts; readonly every: Every }) => {
  const holder = useRef<HTMLDivElement>(null)
  const data = useMemo(() => toColumns(counts, every), [counts, every])
  const latest = useRef(data)
  const plot = useRef<uPlot>(undefined)
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const make = (): void => {
      plot.current?.destroy()
      plot.current = draw(element, latest.current)
    }
    make()
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: 110 }))
    observer.observe(element)
    dark.addEventListener("change", make)
    return () => {
      observer.disconnect()
      dark.removeEventListener("change", make)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [])
  useEffect(() => {
    latest.current = data
    plot.current?.setData(data)
  }, [data])
  const [inbound, outbound, failed] = [sum(counts.items, "inbound"), sum(counts.items, "outbound"), sum(counts.items, "notAccepted")]
  return (
    <figure className="plot-box">
      <figcaption>
        <span className="key" data-series="out">{outbound.toLocaleString()} to people</span>
        <span className="key" data-series="in">{inbound.toLocaleString()} from people</span>
        <span className="key" data-series="bad">{failed.toLocaleString()} not taken whole</span>
        <span className="faint">per {every}</span>
      </figcaption>
      <div ref={holder} className="plot" aria-hidden="true" />
    </figure>
  )
}
