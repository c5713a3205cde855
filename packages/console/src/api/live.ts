/** The gateway's events as they happen. The browser opens the stream again by itself, and names the last event that it has. */
import { useEffect, useRef, useSyncExternalStore } from "react"

/** An event of the gateway, as far as the console needs it. */
export interface LiveEvent {
  readonly type: string
  readonly id: number
  readonly at: string
  readonly deliveryId?: string
  readonly status?: string
}

export type LiveState = "off" | "connecting" | "live"

// the types of the event log
const types = [
  ...["Received", "Status", "Edited", "Reaction", "Typing", "Location", "Poll", "Participant", "Chat", "Line", "Account"],
  ...["OptedOut", "OptedIn", "Unrecognized", "FailedOver", "AbsenceTaken", "RiskTaken", "Held", "Settled", "Concluded", "LateArrival"],
  ...["NamedTwice", "BreakerOpened", "BreakerClosed", "Limited", "Suppressed", "Restored", "NotRestored", "RolloutChanged", "Noticed"],
  ...["FailedLater", "Corrected"]
]

type Listener = (event: LiveEvent) => void

const listeners = new Set<Listener>()
const watchers = new Set<() => void>()
let source: EventSource | undefined
let state: LiveState = "off"

const setState = (next: LiveState): void => {
  if (state === next) return
  state = next
  for (const watcher of watchers) watcher()
}

const publish = (type: string) => (message: MessageEvent<string>): void => {
  const event = { ...JSON.parse(message.data) as Omit<LiveEvent, "type">, type }
  for (const listener of listeners) listener(event)
}

let again: ReturnType<typeof setTimeout> | undefined
let lastId = ""

const open = (): void => {
  setState("connecting")
  // A closed stream is opened anew; the browser does that by itself only where the connection broke.
  source = new EventSource(lastId === "" ? "/v1/events" : `/v1/events?after=${encodeURIComponent(lastId)}`)
  source.onopen = () => setState("live")
  source.onerror = () => {
    setState("connecting")
    if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, 5_000)
  }
  for (const type of types) {
    source.addEventListener(type, (message) => {
      lastId = message.lastEventId
      publish(type)(message)
    })
  }
}

/** Opens the stream. The result closes it. */
export const connect = (): () => void => {
  open()
  return () => {
    clearTimeout(again)
    source?.close()
    source = undefined
    // the next session begins with what happens then
    lastId = ""
    setState("off")
  }
}

export const useLiveState = (): LiveState =>
  useSyncExternalStore((watcher) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }, () => state)

/** Calls `listener` for every event while the component is there. */
export const useLive = (listener: Listener): void => {
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(() => {
    const each: Listener = (event) => latest.current(event)
    listeners.add(each)
    return () => void listeners.delete(each)
  }, [])
}

/** Calls `act` once after a burst of events that `wanted` takes. */
export const useLiveBurst = (wanted: (event: LiveEvent) => boolean, act: (events: ReadonlyArray<LiveEvent>) => void): void => {
  const waiting = useRef<Array<LiveEvent>>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const latest = useRef(act)
  useEffect(() => {
    latest.current = act
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  useLive((event) => {
    if (!wanted(event)) return
    waiting.current.push(event)
    timer.current ??= setTimeout(() => {
      const events = waiting.current
      waiting.current = []
      timer.current = undefined
      latest.current(events)
    }, 250)
  })
}
