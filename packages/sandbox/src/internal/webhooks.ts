/** Webhooks on their way to subscribers: faults, retries, a log. Only this machine is ever called. */
import * as Effect from "effect/Effect"
import type { Vendor } from "../Fault.ts"
import type { LoggedWebhook } from "../Network.ts"
import type { Faults } from "./faults.ts"
import * as Http from "./http.ts"
import * as Json from "./json.ts"
import type { Time } from "./time.ts"

export interface Delivery {
  readonly vendor: Vendor
  readonly event: string
  readonly id: string
  readonly url: string
  readonly body: string
  /** Signed anew for each attempt. */
  readonly headers: () => Readonly<Record<string, string>>
}

export interface Webhooks {
  readonly deliver: (delivery: Delivery) => void
  readonly clear: () => void
}

export const isLoopback = (url: URL): boolean =>
  url.protocol === "http:" && (url.hostname === "localhost" || url.hostname === "[::1]" || /^127\./.test(url.hostname))

/** How long after each failed attempt the next one follows, in seconds; the vendors' own schedules. */
const retries: Readonly<Record<Vendor, ReadonlyArray<number>>> = {
  linq: [2, 4, 8, 16, 32, 64, 128, 256, 512],
  // The number of retries is documented, their spacing is not.
  sendblue: [1, 2, 4]
}

const timeouts: Readonly<Record<Vendor, number>> = { linq: 10_000, sendblue: 45_000 }

// A held webhook goes out alone when nothing follows it.
const longestHold = 5000

const post = (delivery: Delivery): Effect.Effect<number | "unreachable"> =>
  Effect.orElseSucceed(
    Http.post(
      delivery.url,
      { "content-type": "application/json", ...delivery.headers() },
      delivery.body,
      timeouts[delivery.vendor]
    ),
    () => "unreachable" as const
  )

const shouldRetry = (status: number | "unreachable", vendor: Vendor): boolean =>
  status === "unreachable" || status >= 500 || (status === 429 && vendor === "linq")

export const make = (time: Time, faults: Faults, log: Array<LoggedWebhook>): Webhooks => {
  const turns = new Map<string, Effect.Semaphore>()
  const held = new Map<Vendor, Delivery>()

  // One subscriber is called once at a time, so webhooks arrive in the order in which things happened.
  const turn = (url: string): Effect.Semaphore => {
    const known = turns.get(url)
    if (known !== undefined) return known
    const semaphore = Effect.unsafeMakeSemaphore(1)
    turns.set(url, semaphore)
    return semaphore
  }

  const attempt = (delivery: Delivery, count: number): void => {
    const url = Json.parseUrl(delivery.url)
    const index = log.push({
      vendor: delivery.vendor,
      event: delivery.event,
      id: delivery.id,
      url: delivery.url,
      body: delivery.body,
      attempt: count,
      status: url !== undefined && isLoopback(url) ? "pending" : "not-loopback",
      at: Json.iso(time.now())
    }) - 1
    const entry = log[index]
    if (entry === undefined || entry.status === "not-loopback") return
    time.fork(
      Effect.map(turn(delivery.url).withPermits(1)(post(delivery)), (status) => {
        if (log[index] === entry) log[index] = { ...entry, status }
        const wait = retries[delivery.vendor][count - 1]
        if (wait !== undefined && shouldRetry(status, delivery.vendor)) {
          time.after(wait * 1000, () => attempt(delivery, count + 1))
        }
      })
    )
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
    clear: () => held.clear()
  }
}
