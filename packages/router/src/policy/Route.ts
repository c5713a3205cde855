/**
 * Who is asked to take a send, in order. Pure: the policy, the send, and what is known of its conversation.
 *
 * @since 0.1.0
 */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Conversation } from "@interline/core/Conversation"
import type { Draft, Fidelity } from "@interline/core/Draft"
import type { Plan } from "@interline/core/Plan"
import type { Problem } from "@interline/core/Problem"
import type * as Option from "effect/Option"
import type { Settings, State } from "../decision/Decision.ts"
import type { Binding, Contact } from "../ledger/Ledger.ts"
import * as MakeRoute from "./makeRoute.ts"
import type { AffinityMode, Complete, Rule } from "./Policy.ts"

/**
 * The send. `fidelity` is what the caller or the service decided. `confirmsOptOut`: it is the confirmation of an opt-out, which is asked of one
 * carrier, once: the first of the route that can carry it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly conversation: Conversation
  readonly draft: Draft
  readonly fidelity: Fidelity
  readonly confirmsOptOut?: true
}

/**
 * What is known when a send is routed. `plans` are the carriers' plans of the draft under `fidelityOf`. `contacts` says who
 * was in touch with the line at a carrier; it is read only for carriers whose policy says `opens: "known"`, and for a group it
 * is that of the member who was in touch least. `at` is in epoch milliseconds. `jitter` scales retry pauses.
 *
 * @since 0.1.0
 * @category models
 */
export interface Known {
  readonly plans: ReadonlyMap<CarrierId, Plan>
  readonly carriers: ReadonlyMap<CarrierId, Pick<Carrier, "lines" | "reconciliation">>
  readonly binding: Option.Option<Binding>
  readonly contacts: ReadonlyMap<CarrierId, Contact>
  readonly at: number
  readonly jitter: number
}

/**
 * The carriers in order, and the policy as far as it concerns this send. `why` explains the order to people, without numbers
 * and texts. `bound`: the conversation's binding decided it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Route {
  readonly route: State["route"]
  readonly settings: Settings
  readonly why: string
  readonly bound: boolean
  readonly fidelity: Fidelity
}

/**
 * No carrier that this send may go by has the line.
 *
 * @since 0.1.0
 * @category models
 */
export interface NoRoute {
  readonly problems: readonly [Problem]
}

/**
 * The route of a send. The first rule that matches says who is preferred, else the policy does; then a conversation that is
 * bound stays first at its carrier (`sticky`) or goes by no other (`pinned`).
 *
 * A carrier is barred, with the reason, if its plan refuses the draft, or if it opens only conversations with people who wrote
 * to the line before and this person did not. A refusal that concerns only the first message of a chat does not bar: the
 * carrier looks the chat up when it is asked.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (policy: Complete, request: Request, known: Known) => Route | NoRoute = MakeRoute.make

/**
 * How a conversation keeps to its carrier.
 *
 * @since 0.1.0
 * @category getters
 */
export const modeOf: (policy: Complete, conversation: Conversation) => AffinityMode = MakeRoute.modeOf

/**
 * Under which fidelity a send is planned: the draft's own, else `exact` if the request or the rule that matches says so. A
 * rule never loosens what a caller asked for.
 *
 * @since 0.1.0
 * @category getters
 */
export const fidelityOf: (policy: Complete, request: Request) => Fidelity = MakeRoute.fidelityOf

/**
 * The first rule that matches a send.
 *
 * @since 0.1.0
 * @category getters
 */
export const ruleOf: (policy: Complete, request: Pick<Request, "conversation" | "draft">) => Rule | undefined = MakeRoute.ruleOf

/**
 * Where a conversation is in the line of all conversations, from 0 (included) to 1 (excluded), by its identity alone: the
 * same in every process, so `share` keeps the same ones in while it grows.
 *
 * @since 0.1.0
 * @category getters
 */
export const positionOf: (conversation: Conversation) => number = MakeRoute.positionOf
