/**
 * What both vendors' wires have in common when the gateway speaks them: whose line a number is, that one request happens once
 * however often a client repeats it, and what an outcome is called in headers.
 *
 * @since 0.1.0
 */
import type { Conversation } from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import { Messaging } from "@interline/core/Messaging"
import type { Held, Invalid, NotSent, Partial } from "@interline/core/SendError"
import { Router } from "@interline/router/Router"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { Drain } from "../../http/Drain.ts"
import { type Reply, RequestLog } from "../../sql/requests/RequestLog.ts"
import * as FrontLive from "./frontLive.ts"

/**
 * A request as a front got it. `caller` is the name of its API key. `path` and `body` are what was asked, decoded: equal requests are equal here, however they were encoded. `spelling` is
 * the body's text, byte for byte, by which earlier versions kept a request. `retry` is how often the client
 * says it has tried before (`x-stainless-retry-count`; 0 if it does not say). `key` is the caller's own idempotency key. `draining` is what the front answers, in its vendor's words,
 * when the process is about to end; when to try again is added. `conflict` is what it answers when the key was used for another request that is no send.
 *
 * @since 0.1.0
 * @category models
 */
export interface Incoming {
  readonly caller: string
  readonly method: string
  readonly path: string
  readonly body: string
  readonly spelling?: string
  readonly retry: number
  readonly key: Option.Option<string>
  readonly draining: Reply
  readonly conflict: Reply
}

/**
 * What a send came to. `Pending`: it may have gone out, or is still on its way when the answer is due; its status will tell. `Incomplete`: a part of
 * it went out. `Refused` and `NotSent`: certainly nothing went out.
 *
 * @since 0.1.0
 * @category models
 */
export type Sent =
  | { readonly _tag: "Accepted"; readonly delivery: Delivery }
  | { readonly _tag: "Pending"; readonly deliveryId: DeliveryId; readonly error: Held }
  | { readonly _tag: "Incomplete"; readonly error: Partial }
  | { readonly _tag: "Refused"; readonly error: Invalid }
  | { readonly _tag: "NotSent"; readonly error: NotSent }

/**
 * What a front answers, and whether it may be tried again: `again` says that certainly nothing happened, so that a client's
 * retry runs anew instead of getting this answer once more.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly reply: Reply
  readonly again: boolean
}

/**
 * How a request runs. `Keyed`: it may be run under the same `key` any number of times and happens once (a send). `Once`: it
 * must never run twice; `unknown` is what is answered when nobody knows whether it ran.
 *
 * @since 0.1.0
 * @category models
 */
export type Run =
  | { readonly _tag: "Keyed"; readonly run: (key: string) => Effect.Effect<Answer> }
  | { readonly _tag: "Once"; readonly run: Effect.Effect<Answer>; readonly unknown: Reply }

/**
 * `once` is the door for every request that is not a read. A retry (`retry` over 0) with the same caller, method, path and body as an earlier request
 * joins it, however long ago that was within 24 hours: it waits for that one's answer and gives it again, with `idempotent-replayed: true`. Where that
 * answer was uncertain and the delivery has ended since, the retry gets what is certain. A retry whose first request
 * has not come, or was answered as having done nothing, runs anew. A first request that comes within ten minutes after its retry joins that retry, once. Under a key, the same request is one request; another send is what the ledger says of it, and another act is never run (`conflict`). Every answer of 400 and above that is not certain to have done nothing carries `x-should-retry: false`.
 *
 * `send` sends under the key, by the front's fidelity (strict: `exact`). `headers` says in headers what an outcome was and what was lost:
 * `interline-delivery-id`, `interline-outcome`, `interline-losses` (JSON); `more` is what the front itself lost. The first loss of each kind is logged once for each API key.
 *
 * `lineOf` is the line with a number, at any carrier or by an alias; `numberOf` the number that a line shows: the alias, else the one at the carrier that is asked
 * for, else the first. `onlyLine` is the line if there is just one.
 *
 * @since 0.1.0
 * @category models
 */
export interface FrontService {
  readonly once: (incoming: Incoming, run: Run) => Effect.Effect<Reply>
  readonly send: (key: string, to: Conversation, draft: Draft) => Effect.Effect<Sent>
  readonly headers: (sent: Sent, more?: ReadonlyArray<Loss>) => Readonly<Record<string, string>>
  readonly strict: boolean
  readonly lineOf: (number: string) => Option.Option<LineName>
  readonly numberOf: (line: LineName, carrierId?: string) => Option.Option<Phone>
  readonly onlyLine: Option.Option<LineName>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Front extends Context.Tag("@interline/gateway/Front")<Front, FrontService>() {}

/**
 * `strict` (default false): what would certainly lose something is refused before anything is sent. `aliases`: lines by
 * numbers that programs still name although no configured carrier has them. `drainFor` (default 30 seconds): how long the
 * end of the scope waits for requests whose clients may have gone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly strict?: boolean
  readonly aliases?: Readonly<Record<Phone, LineName>>
  readonly drainFor?: Duration.DurationInput
}

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Front, never, Messaging | Router | RequestLog | Drain> =>
  Layer.scoped(
    Front,
    Effect.flatMap(Effect.all([Messaging, Router, RequestLog, Drain]), ([messaging, router, log, drain]) =>
      FrontLive.make(messaging, router, log, drain, options))
  )
