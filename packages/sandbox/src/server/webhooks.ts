/** Delivers webhooks to subscribers, with faults, retries and a log. It calls only addresses on this machine. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import * as Http from "../http/http.ts"
import * as Json from "../http/json.ts"
import * as Log from "../http/log.ts"
import type { Vendor } from "../world/Fault.ts"
import type { Faults } from "../world/faults.ts"
import type { Time } from "../world/time.ts"
import type { LoggedWebhook } from "./Network.ts"

export interface Delivery {
  readonly vendor: Vendor
  readonly event: string
  readonly id: string
  /** The subject of the webhook: a conversation or another thing. Webhooks about the same subject are sent in order. */
  readonly about: string
  readonly url: string
  readonly body: string
  /** Makes the headers. Each attempt has a new signature. */
  readonly headers: () => Readonly<Record<string, string>>
}

export interface Webhooks {
  readonly deliver: (delivery: Delivery) => void
  readonly clear: () => void
}

export const isLoopback = (url: URL): boolean =>
  url.protocol === "http:" && (url.hostname === "localhost" || url.hostname === "[::1]" || /^127\./.test(url.hostname))

/** The time from each failed attempt to the next one, in seconds. These are the vendors' own schedules. */
const retries: Readonly<Record<Vendor, ReadonlyArray<number>>> = {
  linq: [2, 4, 8, 16, 32, 64, 128, 256, 512],
  // Sendblue documents the number of retries, but not the times between them.
  sendblue: [1, 2, 4]
}

/** Whether the vendor tries again after the subscriber's status 429. */
const repeats429: Readonly<Record<Vendor, boolean>> = { linq: true, sendblue: false }

const timeouts: Readonly<Record<Vendor, number>> = { linq: 10_000, sendblue: 45_000 }

// A held webhook waits for the next webhook. After this time, in milliseconds, it is sent alone.
const longestHold = 5000

// the highest number of simultaneous calls to one subscriber
const atOnce = 16

type Status = number | "unreachable"

const post = (agent: Http.Agent, delivery: Delivery): Effect.Effect<Status> =>
  Effect.orElseSucceed(
    Http.post(
      agent,
      delivery.url,
      { "content-type": "application/json", ...delivery.headers() },
      delivery.body,
      timeouts[delivery.vendor]
    ),
    () => "unreachable" as const
  )

const shouldRetry = (status: Status, vendor: Vendor): boolean =>
  status === "unreachable" || status >= 500 || (status === 429 && repeats429[vendor])

interface Call {
  readonly delivery: Delivery
  readonly ended: (status: Status) => void
}

/** The waiting webhooks of one subscriber. They are data, because a fiber for each webhook of a long burst needs much more memory. */
interface Subscriber {
  readonly waiting: Array<Call>
  /** The subjects of the webhooks on their way. */
  readonly busy: Set<string>
}

export const make = (time: Time, faults: Faults, log: Array<LoggedWebhook>): Effect.Effect<Webhooks, never, Scope.Scope> =>
  Effect.map(Http.agent, (agent) => over(agent, time, faults, log))

const over = (agent: Http.Agent, time: Time, faults: Faults, log: Array<LoggedWebhook>): Webhooks => {
  const subscribers = new Map<string, Subscriber>()
  const held = new Map<Vendor, Delivery>()

  const subscriberOf = (url: string): Subscriber => {
    const known = subscribers.get(url)
    if (known !== undefined) return known
    const fresh: Subscriber = { waiting: [], busy: new Set() }
    subscribers.set(url, fresh)
    return fresh
  }

  /** Starts waiting webhooks. Those about one subject are sent in order, one at a time. Those about other subjects do not wait. */
  const next = (subscriber: Subscriber): void => {
    while (subscriber.busy.size < atOnce) {
      const index = subscriber.waiting.findIndex(({ delivery }) => !subscriber.busy.has(delivery.about))
      const [call] = index < 0 ? [] : subscriber.waiting.splice(index, 1)
      if (call === undefined) return
      const { delivery, ended } = call
      subscriber.busy.add(delivery.about)
      time.fork(Effect.map(post(agent, delivery), (status) => {
        subscriber.busy.delete(delivery.about)
        ended(status)
        next(subscriber)
      }))
    }
  }

  const attempt = (delivery: Delivery, count: number): void => {
    const { event, id, url, vendor } = delivery
    const parsed = Json.parseUrl(url)
    const isCalled = parsed !== undefined && isLoopback(parsed)
    const entry: Types.Mutable<LoggedWebhook> = {
      vendor,
      event,
      id,
      url,
      body: delivery.body,
      attempt: count,
      status: isCalled ? "pending" : "not-loopback",
      at: Json.iso(time.now())
    }
    Log.push(log, entry)
    if (!isCalled) return
    const subscriber = subscriberOf(url)
    subscriber.waiting.push({
      delivery,
      ended: (status) => {
        entry.status = status
        const wait = retries[vendor][count - 1]
        if (wait !== undefined && shouldRetry(status, vendor)) time.after(wait * 1000, () => attempt(delivery, count + 1))
      }
    })
    next(subscriber)
  }

  const release = (vendor: Vendor): void => {
    const waiting = held.get(vendor)
    held.delete(vendor)
    if (waiting !== undefined) attempt(waiting, 1)
  }

  return {
    deliver: (delivery) => {
      const struck = faults.forWebhook(delivery.vendor, delivery.event)
      switch (struck?.kind) {
        case "webhook-late":
          time.after(struck.ms ?? 1000, () => attempt(delivery, 1))
          return
        case "webhook-reorder":
          release(delivery.vendor)
          held.set(delivery.vendor, delivery)
          time.after(longestHold, () => {
            if (held.get(delivery.vendor) === delivery) release(delivery.vendor)
          })
          return
        case "webhook-duplicate":
          attempt(delivery, 1)
          attempt(delivery, 1)
          break
        default:
          attempt(delivery, 1)
      }
      release(delivery.vendor)
    },
    clear: () => {
      held.clear()
      for (const { waiting } of subscribers.values()) waiting.length = 0
    }
  }
}
