/** Times as people read them, in the browser's own zone. */
import { useSyncExternalStore } from "react"
import { locale } from "./locale.ts"

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
const exact = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 })
const day = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" })
const date = new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric" })
const whole = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" })

const watchers = new Set<() => void>()
let now = Date.now()
setInterval(() => {
  now = Date.now()
  for (const watcher of watchers) watcher()
}, 10_000)

/** The time, every ten seconds. */
const useNow = (): number =>
  useSyncExternalStore((watcher) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }, () => now)

const isToday = (time: Date): boolean => time.toDateString() === new Date().toDateString()

const formatOf = (time: Date): Intl.DateTimeFormat => isToday(time) ? clock : time.getFullYear() === new Date().getFullYear() ? day : date

/** A point in time. The tooltip has all of it. */
export const Time = ({ at }: { readonly at: string }) => {
  const time = new Date(at)
  return <time dateTime={at} title={whole.format(time)}>{formatOf(time).format(time)}</time>
}

/** A point in time to the millisecond. */
export const Exact = ({ at }: { readonly at: string }) => {
  const time = new Date(at)
  return (
    <time dateTime={at} title={whole.format(time)}>
      {isToday(time) ? exact.format(time) : `${day.format(time)}, ${exact.format(time)}`}
    </time>
  )
}

export const span = (millis: number): string => {
  if (millis < 1_000) return `${Math.round(millis)} ms`
  const seconds = millis / 1_000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

/** How long ago something was, or how long it still takes. */
export const Ago = ({ at }: { readonly at: string }) => {
  const far = useNow() - Date.parse(at)
  return (
    <time dateTime={at} title={whole.format(new Date(at))}>
      {far < -10_000 ? `in ${span(-far)}` : far < 10_000 ? "just now" : `${span(far)} ago`}
    </time>
  )
}

/** The reader's zone, as clocks name it: `CET`, `GMT+1`. */
export const zone: string =
  new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts().find(({ type }) => type === "timeZoneName")?.value ?? ""

/** A time in ISO 8601 with its zone. A time without a zone is the reader's. What is no time stays as it is, so that the gateway refuses it. */
export const toZoned = (text: string): string => {
  // browsers take a day alone for one in UTC
  const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text)
  return Number.isNaN(time) ? text : new Date(time).toISOString()
}

/** A time as a field for local times takes it. */
export const toLocal = (text: string): string => {
  const time = new Date(toZoned(text))
  return Number.isNaN(time.getTime()) ? "" : new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
