/** Times as people read them, in the browser's own zone. */
import { useSyncExternalStore } from "react"

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" })
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" })

const watchers = new Set<() => void>()
let now = Date.now()
setInterval(() => {
  now = Date.now()
  for (const watcher of watchers) watcher()
}, 10_000)

/** The time, every ten seconds. */
export const useNow = (): number =>
  useSyncExternalStore((watcher) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }, () => now)

const isToday = (time: Date): boolean => time.toDateString() === new Date().toDateString()

/** A point in time. The tooltip has all of it. */
export const Time = ({ at }: { readonly at: string }) => {
  const time = new Date(at)
  return <time dateTime={at} title={whole.format(time)}>{isToday(time) ? clock.format(time) : day.format(time)}</time>
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
      {far < 0 ? `in ${span(-far)}` : far < 10_000 ? "just now" : `${span(far)} ago`}
    </time>
  )
}
