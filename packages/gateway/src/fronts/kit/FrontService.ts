/** What the fronts have in common, as types: a request, what it came to, and the service that both fronts use. */
import type { Conversation } from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import type { Held, Invalid, NotSent, Partial } from "@interline/core/SendError"
import type { Reply } from "@interline/sql/RequestLog"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/**
 * A request as a front received it. Equal requests have equal values here, however they were encoded.
 *
 * @category models
 */
export interface FrontRequest {
  /** The name of the API key. */
  readonly caller: string
  readonly method: string
  /** The path and the query, decoded. */
  readonly path: string
  /** The meaning of the body, decoded. */
  readonly body: string
  /** The text of the body, byte for byte. Earlier versions stored a request by it. Default: `body`. */
  readonly spelling?: string
  /** How many tries the client reports (`x-stainless-retry-count`). 0 if it reports none. */
  readonly retry: number
  /** The caller's own idempotency key. */
  readonly key: Option.Option<string>
  /** The answer while the process drains, in the vendor's format. The time for the next try is added. */
  readonly draining: Reply
  /** The answer if the key was used for another request that is not a send. */
  readonly conflict: Reply
}

/**
 * The result of a send. `Pending`: it may have gone out, or is still under way when the answer must be given. Its status shows the result
 * later. `Incomplete`: a part of it went out. `Refused` and `NotSent`: certainly nothing went out.
 *
 * @category models
 */
export type SendResult =
  | { readonly _tag: "Accepted"; readonly delivery: Delivery }
  | { readonly _tag: "Pending"; readonly deliveryId: DeliveryId; readonly error: Held }
  | { readonly _tag: "Incomplete"; readonly error: Partial }
  | { readonly _tag: "Refused"; readonly error: Invalid }
  | { readonly _tag: "NotSent"; readonly error: NotSent }

/**
 * What a front answers to a request that ran.
 *
 * @category models
 */
export interface Answer {
  readonly reply: Reply
  /**
   * `none`: certainly nothing happened. So a client's retry runs anew, and does not get this answer again. `done`: something happened, or
   * may have happened.
   */
  readonly effect: "none" | "done"
}

/**
 * How a request runs. `Keyed`: it may run any number of times under the same `key`, and happens once (a send). `Once`: it must never run
 * twice. `unknown` is the answer if it is not known whether it ran.
 *
 * @category models
 */
export type Run =
  | { readonly _tag: "Keyed"; readonly run: (key: string) => Effect.Effect<Answer> }
  | { readonly _tag: "Once"; readonly run: Effect.Effect<Answer>; readonly unknown: Reply }

/**
 * What both fronts work with: one request happens once, a send by the front's fidelity, and the numbers of lines.
 *
 * @category models
 */
export interface FrontService {
  /**
   * Every request that is not a read goes through here. A retry (`retry` over 0) with the same caller, method, path and body as an
   * earlier request joins it for 24 hours: it waits for that request's answer and gives it again, with
   * `idempotent-replayed: true`. Where that answer was uncertain and the delivery has ended since, the retry gets what is certain.
   * A retry whose first request has not come, or was answered as having done nothing, runs anew. A first request that comes
   * within ten minutes after its retry joins that retry, once.
   *
   * Under a key, the same request is one request. The ledger answers another send under that key; another act never runs
   * (`conflict`). Every answer of 400 and above that is not certain to have done nothing carries `x-should-retry: false`.
   */
  readonly once: (request: FrontRequest, run: Run) => Effect.Effect<Reply>
  /** Sends under the key, by the front's fidelity (strict: `exact`). */
  readonly send: (key: string, to: Conversation, draft: Draft) => Effect.Effect<SendResult>
  /**
   * The outcome and the losses as headers: `interline-delivery-id`, `interline-outcome`, `interline-losses` (JSON). `more` is what
   * the front itself lost. The first loss of each kind is logged once for each API key.
   */
  readonly headers: (sent: SendResult, more?: ReadonlyArray<Loss>) => Readonly<Record<string, string>>
  /** Whether a request that would certainly lose something is refused before anything is sent. */
  readonly strict: boolean
  /** The line with a number, at any carrier or by an alias. */
  readonly lineOf: (number: string) => Option.Option<LineName>
  /** The number that a line shows: its alias, else its number at `carrierId`, else its first one. */
  readonly numberOf: (line: LineName, carrierId?: string) => Option.Option<Phone>
  /** The line, if there is just one. */
  readonly onlyLine: Option.Option<LineName>
}

/**
 * Options of both fronts together.
 *
 * @category models
 */
export interface Options {
  /** Whether a request that would certainly lose something is refused before anything is sent. Default: false. */
  readonly strict?: boolean
  /** Lines by number. These are numbers that programs still name, although no configured carrier has them. Default: none. */
  readonly aliases?: Readonly<Record<Phone, LineName>>
  /** How long the end of the scope waits for requests whose clients may have gone. Default: 30 seconds. */
  readonly drainFor?: Duration.DurationInput
}
