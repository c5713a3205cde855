/** Which carriers there are by id, and whose variables each of them reads. */
import * as CarrierId from "@interline/core/CarrierId"
import type * as Linq from "@interline/linq/Linq"
import type * as Sendblue from "@interline/sendblue/Sendblue"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Settings from "./settings.ts"

/** The vendors that can be configured. */
export const Vendor = Schema.Literal("linq", "sendblue")

export type Vendor = typeof Vendor.Type

/** The options of a carrier that is not called like its vendor. */
export type Instance =
  | { readonly vendor: "linq" } & Omit<Linq.ConfigOptions, "lines" | "carrierId">
  | { readonly vendor: "sendblue" } & Omit<Sendblue.ConfigOptions, "lines" | "carrierId">

/** The options that say which carriers there are: each vendor's own, and those by other names. */
export interface Given {
  readonly linq?: Omit<Linq.ConfigOptions, "lines">
  readonly sendblue?: Omit<Sendblue.ConfigOptions, "lines">
  readonly carriers?: Readonly<Record<string, Instance>>
}

export interface Configured {
  readonly id: CarrierId.CarrierId
  /** The vendor's own options. */
  readonly options: Instance
  /** In front of the vendor's variables. */
  readonly prefix: string
  /** It is configured by name, so it is there whether or not a policy names it. */
  readonly declared: boolean
}

const isId = Schema.is(CarrierId.CarrierId)

const source = Settings.named("carriers", "INTERLINE_CARRIERS")

const form = "at most 32 lower-case letters, digits and dashes, a letter first"

const example = "write linq-eu=linq, sendblue-us=sendblue"

const prefixOf = (id: CarrierId.CarrierId, vendor: Vendor): string => id === vendor ? "" : `${id.toUpperCase().replaceAll("-", "_")}_`

interface Named {
  readonly id: string
  readonly vendor: string
}

/** `linq-eu=linq, sendblue-us=sendblue`. */
const parse = (text: string): Either.Either<ReadonlyArray<Named>, string> => {
  const found: Array<Named> = []
  for (const entry of Settings.words(text)) {
    const [id = "", vendor = "", ...rest] = entry.split("=").map((word) => word.trim())
    if (rest.length > 0 || id === "" || vendor === "") {
      return Either.left(`cannot be read: an entry is not an id, = and a vendor; ${example}`)
    }
    if (found.some((other) => other.id === id)) return Either.left(`names a carrier twice; ${example}`)
    found.push({ id, vendor })
  }
  return Either.right(found)
}

const isVendor = (vendors: ReadonlyArray<Vendor>, word: unknown): word is Vendor => vendors.some((vendor) => vendor === word)

/** The instances that the option and the variable name, a vendor's own ones first. */
export const read = (
  options: Given,
  vendors: ReadonlyArray<Vendor>
): Effect.Effect<ReadonlyMap<CarrierId.CarrierId, Configured>, string> =>
  Effect.gen(function*() {
    const found = new Map<CarrierId.CarrierId, Configured>()
    for (const vendor of vendors) {
      const own = options[vendor]
      const id = own?.carrierId ?? vendor
      if (!isId(id)) return yield* Effect.fail(`the option ${vendor}.carrierId is not ${form}`)
      if (found.has(id)) return yield* Effect.fail(`two carriers are configured with the id "${id}"; give one of them another carrierId`)
      found.set(id, { id, options: { ...own, vendor }, prefix: "", declared: false })
    }
    const given = options.carriers ?? {}
    if (!Predicate.isReadonlyRecord(given)) return yield* Effect.fail(`${source} is not a record of carriers by id`)
    const text = yield* Settings.variable("INTERLINE_CARRIERS")
    const fromVariable = Option.isNone(text) ? [] : yield* Effect.mapError(parse(text.value), (wrong) => `${source} ${wrong}`)
    for (const id of new Set([...Object.keys(given), ...fromVariable.map(({ id }) => id)])) {
      if (!isId(id)) return yield* Effect.fail(`${source} names a carrier that is not ${form}`)
      const own = given[id]
      const vendor = Predicate.isRecord(own) ? own.vendor : fromVariable.find((other) => other.id === id)?.vendor
      if (!isVendor(vendors, vendor)) {
        return yield* Effect.fail(`${source} must give "${id}" a vendor, one of ${vendors.join(", ")}; ${example}`)
      }
      found.set(id, { id, options: own ?? { vendor }, prefix: prefixOf(id, vendor), declared: true })
    }
    return found
  })

/** Runs under the instance's own variables. A sentence about one that is missing says what is in front of it. */
export const under = <A, R>({ id, prefix }: Configured, effect: Effect.Effect<A, string, R>): Effect.Effect<A, string, R> =>
  prefix === ""
    ? effect
    : Effect.configProviderWith((provider) =>
      Effect.withConfigProvider(
        Effect.mapError(effect, (sentence) => `carrier "${id}": ${sentence}; for this carrier each variable has ${prefix} in front`),
        ConfigProvider.mapInputPath(provider, (name) => `${prefix}${name}`)
      )
    )
