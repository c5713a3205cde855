/**
 * The contract of a vendor: what `interline` and the gateway ask of it, as one value. The package of an adapter exports one, and
 * `interline` lists them.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as WebhookReceiver from "../events/WebhookReceiver.ts"
import type * as Transport from "../http/Transport.ts"
import type * as CarrierId from "../names/CarrierId.ts"
import type * as Handle from "../names/Handle.ts"
import type * as Line from "../names/Line.ts"
import type * as Service from "../names/Service.ts"
import type * as MessagingError from "../outcome/MessagingError.ts"
import type * as Carrier from "./Carrier.ts"
import type * as ChatBook from "./ChatBook.ts"
import type * as Feed from "./Feed.ts"
import type * as History from "./History.ts"
import type * as Suppression from "./Suppression.ts"

/**
 * Where a configuration puts a carrier.
 *
 * @category models
 */
export interface Place {
  /** The id of the carrier. Two carriers of one vendor have two ids. */
  readonly carrierId: CarrierId.CarrierId
  /** Our numbers at the carrier, by line. */
  readonly lines: ReadonlyMap<Line.LineName, Handle.Phone>
}

/**
 * Where a vendor reports the status of single messages.
 *
 * @category models
 */
export interface StatusCallback {
  /** The address that the vendor calls. */
  readonly url: string
  /** The secret that proves a report. The adapter makes the tokens in the address with it. At least 16 characters. */
  readonly secret: Redacted.Redacted<string>
}

/**
 * How the webhooks of a carrier are received.
 *
 * @category models
 */
export interface ReceiverOptions {
  /** The carrier that the webhooks are of. */
  readonly carrierId: CarrierId.CarrierId
  /** The secrets that prove a webhook, the newest first. May be empty if there is a `callbackSecret`. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** The secret that `StatusCallback` was given, if the vendor reports single messages. */
  readonly callbackSecret?: Redacted.Redacted<string>
  /** Our numbers at this carrier. */
  readonly lines: ReadonlyArray<Handle.Phone>
  /** Our numbers at every carrier. What one of them writes is never `Received`. */
  readonly ours: ReadonlyArray<Handle.Phone>
  /** Words that opt a person out, beside those of `ConsentWords`. */
  readonly optOutWords: ReadonlyArray<string>
  /** Words that opt a person in, beside those of `ConsentWords`. */
  readonly optInWords: ReadonlyArray<string>
}

/**
 * Where the API of an account is, and how a request proves that it comes from the account.
 *
 * @category models
 */
export interface Access {
  /** What each path of the vendor's API is appended to. */
  readonly baseUrl: string
  /** The headers of the credentials, by their names in lower case. */
  readonly credentials: Readonly<Record<string, Redacted.Redacted<string>>>
  /** What an answer to a send says, if it is no success. */
  readonly errorOf: (carrierId: CarrierId.CarrierId, reply: Transport.Reply) => Effect.Effect<never, MessagingError.MessagingError>
}

/**
 * A vendor. `Given` are the options that an application may give to a carrier of this vendor, without the carrier's id and lines.
 * What they leave out is read from the vendor's variables.
 *
 * @category models
 */
export interface Vendor<in Given extends object> {
  /** The name as people write it. */
  readonly title: string
  /** Fails if a credential is neither given nor in the vendor's variables. Asks nobody. */
  readonly check: (given: Given) => Effect.Effect<void, ConfigError.ConfigError>
  /** Builds a carrier. Fails on options that cannot work. Sends nothing. */
  readonly make: (
    given: Given,
    place: Place
  ) => Effect.Effect<Carrier.Carrier, ConfigError.ConfigError, HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook>
  /** Builds what plans as such a carrier would, without credentials. */
  readonly planner: (place: Place) => Effect.Effect<Carrier.Planner, never, ChatBook.ChatBook>
  /** The services that a look-up of an address tells of. Absent if that is not known. */
  readonly lookups?: ReadonlyArray<Service.Service>
  /** Builds what tells the past of the account. Absent if the vendor cannot be asked. */
  readonly history?: (
    given: Given,
    options: History.Options
  ) => Effect.Effect<History.CarrierHistory, ConfigError.ConfigError, HttpClient.HttpClient>
  /** Builds the feed of the account: its live events without webhooks. A vendor with a feed has a `history`, too. Absent if it has no feed. */
  readonly feed?: (
    given: Given,
    options: History.Options
  ) => Effect.Effect<Feed.CarrierFeed, ConfigError.ConfigError, HttpClient.HttpClient>
  /** Gives the access to the account, for requests that no operation makes. Asks nobody. Absent if such requests cannot be made. */
  readonly access?: (given: Given) => Effect.Effect<Access, ConfigError.ConfigError>
  /** What the secrets of its webhooks are called, and how a variable holds two of them, for people. Absent if `receiver` is. */
  readonly webhookSecrets?: { readonly called: string; readonly form: string }
  /** Builds what verifies and reads the vendor's webhooks. Absent if the vendor has none. */
  readonly receiver?: (options: ReceiverOptions) => Effect.Effect<WebhookReceiver.WebhookReceiver, ConfigError.ConfigError>
  /** Options that make the vendor report each message to an address of ours. Absent if it reports none. The application's own options win over them. */
  readonly statusOptions?: (callback: StatusCallback) => object
}

/**
 * Vendors by name. The name is what configuration calls the vendor, and what its adapter gives as `vendor`. No vendor has the name of another option of
 * `Interline.layer`.
 *
 * @category models
 */
export type Registry = Readonly<Record<string, Vendor<never>>>

/**
 * The options that an application may give to a carrier of a vendor.
 *
 * @category models
 */
export type GivenOf<V> = V extends Vendor<infer Given> ? Given : never
