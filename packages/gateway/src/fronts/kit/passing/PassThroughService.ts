/** What passing requests on to a vendor works with, as types: a request, its answer, the accounts, and what they need. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Conversation } from "@interline/core/Conversation"
import type { MessagingError } from "@interline/core/MessagingError"
import type { SuppressionService } from "@interline/core/Suppression"
import type { Access } from "@interline/core/Vendor"
import type { LedgerService } from "@interline/router/Ledger"
import type { Reply } from "@interline/sql/RequestLog"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { OutboundHttpService } from "../../../egress/OutboundHttp.ts"

/**
 * A request to pass on. `endpoint` is the pattern of its path, for the log. `path` is the path of the vendor's API, with its query.
 *
 * @category models
 */
export interface Asked {
  readonly group: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly endpoint: string
  readonly path: string
  readonly body: string
  readonly contentType: string | undefined
}

/**
 * The vendor's answer. `none`: the vendor refused the request, so certainly nothing happened.
 *
 * @category models
 */
export interface Passed {
  readonly reply: Reply
  readonly effect: "none" | "done"
}

/**
 * The account to which a group of endpoints is passed on.
 *
 * @category models
 */
export interface Account {
  readonly carrierId: CarrierId
  /**
   * Asks the vendor. It fails if the vendor gave no answer that can be passed back. The error says whether the request certainly did not
   * leave. `reaching` are the people who get something by it. Then the last step before the request leaves is a check. It fails if one of them
   * opted out, if it is not known yet who opted out while the gateway was not running, or if they do not have this carrier's number from the
   * gateway. If the vendor refuses because the one person opted out, the list of opt-outs gets it.
   */
  readonly ask: (asked: Asked, reaching?: Conversation) => Effect.Effect<Passed, MessagingError>
}

/**
 * What is passed on.
 *
 * @category models
 */
export interface PassThroughService {
  /** The account for a group of a vendor's endpoints. None: the group is not passed on. */
  readonly find: (vendor: string, group: string) => Option.Option<Account>
}

/**
 * A group of a vendor's endpoints that is passed on, and the account that it is passed on to.
 *
 * @category models
 */
export interface Grant {
  readonly vendor: string
  readonly group: string
  readonly carrierId: CarrierId
  readonly access: Access
}

/**
 * What passing on needs. `unread` gives the carriers of which it is not known yet who opted out while the gateway was not running.
 *
 * @category models
 */
export interface Parts {
  readonly client: HttpClient.HttpClient
  readonly outboundHttp: OutboundHttpService
  readonly suppression: Pick<SuppressionService, "add" | "find">
  readonly ledger: Pick<LedgerService, "binding">
  readonly unread: () => ReadonlyArray<CarrierId>
}
