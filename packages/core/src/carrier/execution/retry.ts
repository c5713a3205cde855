/** When a failed request is repeated, and after how long. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as MessagingError from "../../outcome/MessagingError.ts"
import type { RetryPolicy } from "../OperationSignatures.ts"

export interface Retry {
  readonly times: number
  /** How long to wait before repeat number `count` (from 0); undefined if the vendor asks for longer than we wait. */
  readonly delay: (error: MessagingError.MessagingError, count: number) => Effect.Effect<Duration.Duration> | undefined
}

export const make = (policy: RetryPolicy | undefined): Retry => {
  const base = Duration.toMillis(policy?.base ?? "500 millis")
  const cap = Duration.decode(policy?.maxRetryAfter ?? "10 seconds")
  return {
    times: policy?.times ?? 2,
    delay: (error, count) => {
      if (error.retryAfter !== undefined) {
        return Duration.greaterThan(error.retryAfter, cap) ? undefined : Effect.succeed(error.retryAfter)
      }
      return Effect.map(Random.nextRange(0.75, 1), (jitter) => Duration.min(Duration.millis(Math.round(base * 2 ** count * jitter)), cap))
    }
  }
}

/** Whether a read may be repeated. It may after any failure on the way, but not after a refusal of the request itself. */
const isWorthReadingAgain = (error: MessagingError.MessagingError): boolean =>
  error.certainty === "unknown" ? error.reason !== "BadResponse" : error.reason === "ConnectionFailed" || MessagingError.isRetryLater(error)

/** Repeats a failed read, and a request that was refused with "later". Any other request is tried once. */
export const repeat = <A>(
  effect: Effect.Effect<A, MessagingError.MessagingError>,
  retry: Retry,
  isRead: boolean,
  count = 0
): Effect.Effect<A, MessagingError.MessagingError> =>
  Effect.catchAll(effect, (error) => {
    const again = isRead ? isWorthReadingAgain(error) : MessagingError.isRetryLater(error)
    const delay = again && count < retry.times ? retry.delay(error, count) : undefined
    return delay === undefined
      ? Effect.fail(error)
      : Effect.flatMap(delay, (duration) => Effect.zipRight(Effect.sleep(duration), repeat(effect, retry, isRead, count + 1)))
  })
