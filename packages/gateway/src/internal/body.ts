/** What the wires share in reading a request's body. */
import * as Effect from "effect/Effect"
import type * as Duration from "effect/Duration"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"

/**
 * `None` if a body is not there in time. The reading is left to itself then: interrupting it would end the connection before the
 * answer is written; the end of the answer ends both.
 */
export const within = <A, E, R>(read: Effect.Effect<A, E, R>, duration: Duration.DurationInput): Effect.Effect<Option.Option<A>, E, R> =>
  read.pipe(
    // what it would say of a failure that nobody waits for names the address
    Effect.withUnhandledErrorLogLevel(Option.none()),
    Effect.forkDaemon,
    Effect.flatMap((fiber) => Effect.timeoutOption(Fiber.join(fiber), duration))
  )

// no request that means something comes near either
const deepest = 64
const most = 5_000

// a text this short holds no more than that, and nothing so deep that taking it apart overflows a stack
const harmless = 4_000

/**
 * Whether JSON is nested deeper, or made of more values, than anything that is read here. What is wrong with a request is said
 * value by value, so that a small body of many wrong ones would keep a process busy for minutes.
 */
export const isBulky = (json: string): boolean => {
  if (json.length <= harmless) return false
  let depth = 0
  let values = 0
  let inText = false
  for (let index = 0; index < json.length; index++) {
    switch (json.charCodeAt(index)) {
      case 0x22: // "
        inText = !inText
        break
      case 0x5c: // a backslash: what it stands before says nothing
        if (inText) index += 1
        break
      case 0x2c: // ,
        if (!inText && ++values > most) return true
        break
      case 0x5b:
      case 0x7b:
        if (!inText && (++depth > deepest || ++values > most)) return true
        break
      case 0x5d:
      case 0x7d:
        if (!inText) depth -= 1
    }
  }
  return false
}

/**
 * Whether a body held something that is no UTF-8: what reads it puts U+FFFD there, and a person would get a text that nobody wrote.
 * Whoever means that letter writes it as `\\ufffd`.
 */
export const isGarbled = (text: string): boolean => text.includes("\ufffd")
