/**
 * The contract between a router and what keeps the health of its lines for several processes. By default each router keeps it for itself, and
 * nothing is asked.
 */
import * as CarrierId from "@interline/core/CarrierId"
import * as Line from "@interline/core/Line"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Answer, Request } from "./LineAuthority.ts"

/**
 * One of our lines at one carrier.
 *
 * @category models
 */
export interface Place {
  /** The carrier. */
  readonly carrierId: CarrierId.CarrierId
  /** The line. */
  readonly line: Line.LineName
}

/**
 * The authority of one line, in this process.
 *
 * @category models
 */
export interface Authority {
  /**
   * Takes a request in and answers it. Requests wait for one another. `undefined`: it cannot answer now, because its store failed. Then the
   * process asks again.
   */
  readonly exchange: (request: Request) => Effect.Effect<Answer | undefined>
}

/**
 * Makes authorities in this process, with the policy of its router and the store of lines that it has.
 *
 * @category models
 */
export interface Authorities {
  /**
   * Goes on with what is on record of a line. Places for new contacts are on record before they are given, and the rest within a second. The
   * end of the scope writes down what is left. Two authorities of one line do no harm: the one that was faster is right.
   */
  readonly open: (place: Place) => Effect.Effect<Authority, never, Scope.Scope>
}

/**
 * Asks the authority of a line, wherever it is. `undefined`, a failure and an interruption mean that nobody answered. The router ends a call
 * by itself after five seconds. Then it sends the same request again, which counts once.
 *
 * @category models
 */
export type Exchange = (place: Place, request: Request) => Effect.Effect<Answer | undefined>

/**
 * Gives a router its way to the authorities. `local` makes authorities in this process. The scope is the router's.
 *
 * @category models
 */
export type Seat = (local: Authorities) => Effect.Effect<Exchange, never, Scope.Scope>

/**
 * How a router shares the health of its lines with other processes. `Router.layer` and `Router.make` read it when they are built. `undefined`:
 * it does not.
 *
 * @category services
 */
export class SharedHealth
  extends Context.Reference<SharedHealth>()<"@interline/router/SharedHealth", Seat | undefined>("@interline/router/SharedHealth", {
    defaultValue: () => undefined
  })
{}

/**
 * Shares the health of lines with other processes.
 *
 * @category layers
 */
export const layer = (seat: Seat): Layer.Layer<SharedHealth> => Layer.succeed(SharedHealth, seat)

/**
 * A line as one text: its carrier, a slash and its name.
 *
 * @category combinators
 */
export const format = ({ carrierId, line }: Place): string => `${carrierId}/${line}`

/**
 * The line of such a text.
 *
 * @category constructors
 */
export const parse = (text: string): Place => {
  const slash = text.indexOf("/")
  return { carrierId: CarrierId.make(text.slice(0, slash)), line: Line.LineName.make(text.slice(slash + 1)) }
}
