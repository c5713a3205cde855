/** Lists the configured carriers by id. Each carrier reads its own variables. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Carrier from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import type * as ChatBook from "@interline/core/ChatBook"
import type * as Feed from "@interline/core/Feed"
import type * as History from "@interline/core/History"
import type * as Suppression from "@interline/core/Suppression"
import type * as Vendor from "@interline/core/Vendor"
import type * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Variables from "./variables.ts"

/** The options of `Interline.layer` that define carriers: the options under a vendor's name, and `carriers`. */
export interface Given {
  /** The vendors that can be configured. */
  readonly vendors: Vendor.Registry
  /** The options that the application gives under a vendor's name. */
  readonly own: (vendor: string) => unknown
  /** Carriers with names of their own. */
  readonly carriers?: unknown
  /** Where vendors report the status of each message, by carrier. */
  readonly statusCallback?: (carrierId: CarrierId.CarrierId) => Vendor.StatusCallback
}

export interface Configured {
  readonly id: CarrierId.CarrierId
  /** The vendor's name. */
  readonly vendor: string
  /** The text in front of the vendor's variables. */
  readonly prefix: string
  /** Whether `carriers` or its variable defines the carrier. Such a carrier is used even if no policy names it. */
  readonly declared: boolean
  /** The vendor's functions, with the options and the variables of this carrier. */
  readonly check: Effect.Effect<void, string>
  readonly make: (
    lines: Vendor.Place["lines"]
  ) => Effect.Effect<Carrier.Carrier, string, HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook>
  readonly planner: (lines: Vendor.Place["lines"]) => Effect.Effect<Carrier.Planner, never, ChatBook.ChatBook>
  /** The access to the carrier's account. None if the vendor gives none. */
  readonly access: Effect.Effect<Option.Option<Vendor.Access>, string>
  /** Makes the carrier's history. None if the vendor has no reads of the past. */
  readonly history: (
    options: Omit<History.Options, "carrierId">
  ) => Effect.Effect<Option.Option<History.CarrierHistory>, string, HttpClient.HttpClient>
  /** Makes the carrier's feed. None if the vendor has none. */
  readonly feed: (
    options: Omit<History.Options, "carrierId">
  ) => Effect.Effect<Option.Option<Feed.CarrierFeed>, string, HttpClient.HttpClient>
}

const isId = Schema.is(CarrierId.CarrierId)

const source = Variables.named("carriers", "INTERLINE_CARRIERS")

const form = "at most 32 lower-case letters, digits and dashes, a letter first"

const example = "write linq-eu=linq, sendblue-us=sendblue"

const prefixOf = (id: CarrierId.CarrierId, vendor: string): string => id === vendor ? "" : `${id.toUpperCase().replaceAll("-", "_")}_`

interface Entry {
  readonly id: string
  readonly vendor: string
}

/** `linq-eu=linq, sendblue-us=sendblue`. */
const parse = (text: string): Either.Either<ReadonlyArray<Entry>, string> => {
  const found: Array<Entry> = []
  for (const entry of Variables.words(text)) {
    const [id = "", vendor = "", ...rest] = entry.split("=").map((word) => word.trim())
    if (rest.length > 0 || id === "" || vendor === "") {
      return Either.left(`cannot be read: an entry is not an id, = and a vendor; ${example}`)
    }
    if (found.some((other) => other.id === id)) return Either.left(`names a carrier twice; ${example}`)
    found.push({ id, vendor })
  }
  return Either.right(found)
}

/** Runs an effect with the variables of one carrier. With a prefix, a failure names the carrier and the prefix. */
const under = (id: CarrierId.CarrierId, prefix: string) => <A, R>(effect: Effect.Effect<A, string, R>): Effect.Effect<A, string, R> =>
  prefix === ""
    ? effect
    : Effect.configProviderWith((provider) =>
      Effect.withConfigProvider(
        Effect.mapError(effect, (sentence) => `carrier "${id}": ${sentence}; for this carrier each variable has ${prefix} in front`),
        ConfigProvider.mapInputPath(provider, (name) => `${prefix}${name}`)
      )
    )

interface Named {
  readonly id: CarrierId.CarrierId
  readonly vendor: string
  readonly declared: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** Adds each default whose option is absent. */
const withDefaults = (options: Fields, defaults: object): Fields => ({
  ...options,
  ...Object.fromEntries(Object.entries(defaults).filter(([name]) => options[name] === undefined || options[name] === null))
})

const bind = (
  { declared, id, vendor: name }: Named,
  vendor: Vendor.Vendor<never>,
  own: Fields,
  statusCallback: Given["statusCallback"]
): Configured => {
  const options = statusCallback === undefined ? own : withDefaults(own, vendor.statusOptions?.(statusCallback(id)) ?? {})
  const prefix = declared ? prefixOf(id, name) : ""
  const underOwn = under(id, prefix)
  // these options belong to this vendor, but the type of the list cannot say so
  const given = options as never
  const run = <A, R>(effect: Effect.Effect<A, ConfigError.ConfigError, R>) => underOwn(Effect.mapError(effect, Variables.sentenceOf))
  const { access, feed, history } = vendor
  return {
    id,
    vendor: name,
    prefix,
    declared,
    check: Effect.suspend(() => run(vendor.check(given))),
    make: (lines) => run(vendor.make(given, { carrierId: id, lines })),
    planner: (lines) => vendor.planner({ carrierId: id, lines }),
    access: Effect.suspend(() => access === undefined ? Effect.succeedNone : Effect.map(run(access(given)), Option.some)),
    history: (options) =>
      history === undefined ? Effect.succeedNone : Effect.map(run(history(given, { ...options, carrierId: id })), Option.some),
    feed: (options) => feed === undefined ? Effect.succeedNone : Effect.map(run(feed(given, { ...options, carrierId: id })), Option.some)
  }
}

const toRecord = (given: unknown): Fields => Predicate.isRecord(given) ? given : {}

/** The id of a vendor's own carrier, before it is checked. Default: the vendor's name. */
export const ownId = (own: Given["own"], vendor: string): unknown => toRecord(own(vendor)).carrierId ?? vendor

/** The carriers by id. */
export type Instances = ReadonlyMap<CarrierId.CarrierId, Configured>

/** Reads the carriers from the options and the variable. Each vendor's own carrier comes first. */
export const read = ({ carriers, own, statusCallback, vendors }: Given): Effect.Effect<Instances, string> =>
  Effect.gen(function*() {
    const found = new Map<CarrierId.CarrierId, Configured>()
    for (const [name, vendor] of Object.entries(vendors)) {
      const id = ownId(own, name)
      if (!isId(id)) return yield* Effect.fail(`the option ${name}.carrierId is not ${form}`)
      if (found.has(id)) return yield* Effect.fail(`two carriers are configured with the id "${id}"; give one of them another carrierId`)
      found.set(id, bind({ id, vendor: name, declared: false }, vendor, toRecord(own(name)), statusCallback))
    }
    const given = carriers ?? {}
    if (!Predicate.isReadonlyRecord(given)) return yield* Effect.fail(`${source} is not a record of carriers by id`)
    const text = yield* Variables.variable("INTERLINE_CARRIERS")
    const fromVariable = Option.isNone(text) ? [] : yield* Effect.mapError(parse(text.value), (wrong) => `${source} ${wrong}`)
    for (const id of new Set([...Object.keys(given), ...fromVariable.map(({ id }) => id)])) {
      if (!isId(id)) return yield* Effect.fail(`${source} names a carrier that is not ${form}`)
      const options = given[id]
      const name = Predicate.isRecord(options) ? options.vendor : fromVariable.find((other) => other.id === id)?.vendor
      const vendor = typeof name === "string" && Object.hasOwn(vendors, name) ? vendors[name] : undefined
      if (typeof name !== "string" || vendor === undefined) {
        return yield* Effect.fail(`${source} must give "${id}" a vendor, one of ${Object.keys(vendors).join(", ")}; ${example}`)
      }
      found.set(id, bind({ id, vendor: name, declared: true }, vendor, toRecord(options), statusCallback))
    }
    return found
  })
