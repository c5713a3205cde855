/** How many messages there were over time, as bars. */
import { useEffect, useMemo, useRef } from "react"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import type { Counts } from "../../api/wire.ts"
import { formatCount, locale } from "../../parts/locale.ts"

const lengths = { minute: 60, hour: 3_600, day: 86_400 } as const

export type Every = keyof typeof lengths

type Columns = [Array<number>, Array<number>, Array<number>, Array<number>]

/** The heights of bars that cover each other: all, without what was not taken, and from people. The gateway leaves out spans without a message. */
const toColumns = ({ items, since, until }: Counts, every: Every): Columns => {
  const step = lengths[every]
  const counted = new Map(items.map((item) => [Date.parse(item.at) / 1_000, item]))
  const [times, all, taken, inbound]: Columns = [[], [], [], []]
  for (let time = Math.floor(Date.parse(since) / 1_000 / step) * step; time < Date.parse(until) / 1_000; time += step) {
    const item = counted.get(time) ?? { inbound: 0, outbound: 0, notAccepted: 0 }
    times.push(time)
    all.push(item.inbound + item.outbound)
    taken.push(item.inbound + item.outbound - item.notAccepted)
    inbound.push(item.inbound)
  }
  return [times, all, taken, inbound]
}

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const hours = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" })
const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" })

/** A time at the axis. A day begins with its date. */
const toTick = (seconds: number, every: Every): string => {
  const time = new Date(seconds * 1_000)
  return every === "day" || (time.getHours() === 0 && time.getMinutes() === 0) ? days.format(time) : hours.format(time)
}

const draw = (holder: HTMLElement, data: uPlot.AlignedData, every: Every): uPlot => {
  // a bar begins where its span begins
  const bars = uPlot.paths.bars?.({ size: [0.7, 24], align: 1 })
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
      scales: {
        x: { range: (_, first, last) => [first, last + lengths[every]] },
        y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] }
      },
      axes: [{ ...axis, size: 24, values: (_, times) => times.map((time) => toTick(time, every)) }, {
        ...axis,
        size: 34,
        space: 34,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000]
      }],
      series: [{}, series("Not taken", "--plot-bad"), series("To people", "--plot-out"), series("From people", "--plot-in")]
    },
    data,
    holder
  )
}

const dark = matchMedia("(prefers-color-scheme: dark)")

const sum = (items: Counts["items"], field: "inbound" | "outbound" | "notAccepted"): number =>
  items.reduce((all, item) => all + item[field], 0)

const moment = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })

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
      plot.current = draw(element, latest.current, every)
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
  }, [every])
  useEffect(() => {
    latest.current = data
    plot.current?.setData(data)
  }, [data])
  const [inbound, outbound, failed] = [sum(counts.items, "inbound"), sum(counts.items, "outbound"), sum(counts.items, "notAccepted")]
  return (
    <figure className="plot-box">
      <figcaption>
        <span className="key" data-series="out">{formatCount(outbound)} to people</span>
        <span className="key" data-series="bad">{formatCount(failed)} of these not sent, held or sent in part</span>
        <span className="key" data-series="in">{formatCount(inbound)} from people</span>
        <span className="faint">
          {moment.formatRange(new Date(counts.since), new Date(counts.until))}, one bar for each {every}
        </span>
      </figcaption>
      <div ref={holder} className="plot" aria-hidden="true" />
    </figure>
  )
}
