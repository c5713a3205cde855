/**
 * The gateway's events as they happen. A browser opens only six connections to a host over HTTP/1.1, so a page that nobody sees has no stream.
 * Events may have been missed whenever the stream opens, so what is shown is then read again.
 */
import { useEffect, useRef, useSyncExternalStore } from "react"
import type { EventType } from "./wire.ts"

/** An event of the gateway, as far as the console needs it. */
interface LiveEvent {
  readonly type: EventType
  readonly deliveryId?: string
}

type LiveState = "off" | "connecting" | "live"

/** Whether a page shows something that an event of this type changes. The others are not asked for. */
const isShown = {
  Received: true,
  Status: true,
  Edited: true,
  Reaction: true,
  Typing: false,
  Location: false,
  Poll: false,
  Participant: false,
  Chat: false,
  Line: true,
  Account: true,
  OptedOut: true,
  OptedIn: true,
  Unrecognized: false,
  Started: false,
  Skipped: false,
  Tried: false,
  Retrying: false,
  FailedOver: true,
  Reconciled: false,
  AbsenceTaken: true,
  RiskTaken: true,
  Held: true,
  Settled: true,
  Abandoned: false,
  Concluded: true,
  LateArrival: true,
  NamedTwice: true,
  Bound: false,
  BreakerOpened: true,
  BreakerProbed: false,
  BreakerClosed: true,
  Limited: true,
  Suppressed: true,
  Restored: true,
  NotRestored: true,
  RolloutChanged: false,
  Noticed: true,
  FailedLater: true,
  Corrected: true
} as const satisfies Record<EventType, boolean>

/** A type of event that the console listens to. */
export type LiveType = { [Type in EventType]: (typeof isShown)[Type] extends true ? Type : never }[EventType]

const types = (Object.keys(isShown) as ReadonlyArray<EventType>).filter((type) => isShown[type])

/** How soon what is shown is read again while the stream is not open, in milliseconds. */
const unheard = 15_000

/** How soon a stream that was refused is asked for again, in milliseconds. */
const again = 2_000

/** How long events are collected before they are acted on, in milliseconds. */
const burst = 250

type Listener = (event: LiveEvent) => void

const listeners = new Set<Listener>()
const missers = new Set<() => void>()
const watchers = new Set<() => void>()
let state: LiveState = "off"

const setState = (next: LiveState): void => {
  if (state === next) return
  state = next
  for (const watcher of watchers) watcher()
}

const sayMissed = (): void => {
  for (const misser of missers) misser()
}

/** Opens the stream. The result closes it. */
const open = (): () => void => {
  let source: EventSource
  let retry: ReturnType<typeof setTimeout> | undefined
  const start = (): void => {
    setState("connecting")
    source = new EventSource(`/v1/events?types=${types.join(",")}`)
    source.onopen = () => {
      setState("live")
      sayMissed()
    }
    // the browser opens a stream that broke by itself, but not one that was refused
    source.onerror = () => {
      setState("connecting")
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(start, again)
    }
    for (const type of types) {
      source.addEventListener(type, ({ data }: MessageEvent<string>) => {
        const { deliveryId } = JSON.parse(data) as Omit<LiveEvent, "type">
        for (const listener of listeners) listener(deliveryId === undefined ? { type } : { type, deliveryId })
      })
    }
  }
  const timer = setInterval(() => state === "live" ? undefined : sayMissed(), unheard)
  start()
  return () => {
    clearInterval(timer)
    clearTimeout(retry)
    source.close()
    setState("off")
  }
}

/** Keeps the stream open while somebody can see the page. The result ends that. */
export const connect = (): () => void => {
  let close: (() => void) | undefined
  const follow = (): void => {
    if (document.visibilityState === "visible") close ??= open()
    else {
      close?.()
      close = undefined
    }
  }
  document.addEventListener("visibilitychange", follow)
  follow()
  return () => {
    document.removeEventListener("visibilitychange", follow)
    close?.()
  }
}

export const useLiveState = (): LiveState =>
  useSyncExternalStore((watcher) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }, () => state)

/** What came since the last call of `act`. If `isMissed`, there may have been other events, too. */
interface News {
  readonly events: ReadonlyArray<LiveEvent>
  readonly isMissed: boolean
}

/**
 * Calls `act` after events that `wanted` takes, and when events may have been missed. It is not called again before what it began has ended, so a read
 * comes to its end however many events there are.
 */
export const useLive = (wanted: (event: LiveEvent) => boolean, act: (news: News) => Promise<unknown>): void => {
  const latest = useRef({ act, wanted })
  useEffect(() => {
    latest.current = { act, wanted }
  })
  useEffect(() => {
    let waiting: Array<LiveEvent> = []
    let isMissed = false
    let isBusy = false
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const plan = (): void => {
      if (isBusy || isOver) return
      timer ??= setTimeout(run, burst)
    }
    const run = async (): Promise<void> => {
      const news = { events: waiting, isMissed }
      timer = undefined
      waiting = []
      isMissed = false
      isBusy = true
      await latest.current.act(news).catch(() => {})
      isBusy = false
      if (isMissed || waiting.length > 0) plan()
    }
    const listener: Listener = (event) => {
      if (!latest.current.wanted(event)) return
      waiting.push(event)
      plan()
    }
    const misser = (): void => {
      isMissed = true
      plan()
    }
    listeners.add(listener)
    missers.add(misser)
    return () => {
      clearTimeout(timer)
      isOver = true
      listeners.delete(listener)
      missers.delete(misser)
    }
  }, [])
}
