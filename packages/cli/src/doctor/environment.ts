/** Looks at the variables of the environment: those that nothing reads, and those that cannot be used. No value is printed. */
import * as NearestWord from "@interline/core/NearestWord"
import type * as Vendor from "@interline/core/Vendor"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import * as UnknownVariables from "@interline/gateway/UnknownVariables"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Interline from "interline/Interline"
import * as Vendors from "interline/Vendors"
import * as NameVariables from "../policy/nameVariables.ts"
import type * as Serve from "../Serve.ts"
import * as Finding from "./finding.ts"

const registry: Vendor.Registry = Vendors.vendors

/** The names of the variables that an effect asks for. Without any value it asks for each of its alternatives. */
const namesAsked = (effect: Effect.Effect<unknown, unknown>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.suspend(() => {
    const names = new Set<string>()
    const provider = ConfigProvider.mapInputPath(ConfigProvider.fromMap(new Map()), (name) => {
      names.add(name)
      return name
    })
    return Effect.as(Effect.ignore(Effect.withConfigProvider(effect, provider)), names)
  }).pipe(Effect.map((names) => Array.from(names)))

/** The variables of a vendor for one of its carriers. */
export const variablesOf = ({ prefix, vendor }: Interline.Configured): Effect.Effect<ReadonlyArray<string>> => {
  const { access, check } = registry[vendor] ?? {}
  // nothing is given, so that all is read from the variables
  const nothing = {} as never
  return Effect.map(
    namesAsked(Effect.all([check?.(nothing) ?? Effect.void, access?.(nothing) ?? Effect.void], { mode: "either" })),
    (names) => [
      ...names.map((name) => `${prefix}${name}`),
      GatewayConfig.webhookVariable(prefix, vendor),
      GatewayConfig.eventsVariable(prefix, vendor)
    ]
  )
}

const unknown = (name: string, meant: string | undefined): Finding.Finding =>
  Finding.warning(
    "environment",
    `the variable ${name} is not known, and nothing reads it`,
    meant === undefined ? "remove it" : `did you mean ${meant}? Rename it, or remove it`
  )

/** Variables that begin as those of a carrier do, and that nothing reads. */
const unknownOfCarriers = (provider: ConfigProvider.ConfigProvider) =>
  Effect.gen(function*() {
    const carriers = yield* Effect.orElseSucceed(Interline.configured(), (): ReadonlyArray<Interline.Configured> => [])
    const known = (yield* Effect.forEach(carriers, variablesOf)).flat()
    const prefixes = new Set(carriers.map(({ prefix, vendor }) => prefix === "" ? `${vendor.toUpperCase()}_` : prefix))
    const names = (yield* Effect.forEach(prefixes, (prefix) => UnknownVariables.namesOf(provider, prefix))).flat()
    return Array.from(new Set(names)).filter((name) => !known.includes(name)).map((name) => unknown(name, NearestWord.find(name, known)))
  })

/** What the variables say that nothing else shows. */
export const check: Finding.Findings = Effect.configProviderWith((provider) =>
  Effect.gen(function*() {
    const ours = yield* UnknownVariables.find(provider)
    const found = [...ours.map(({ meant, name }) => unknown(name, meant)), ...(yield* unknownOfCarriers(provider))]
    return found.length === 0 ? [Finding.note("environment", "every variable with our names is known")] : found
  })
)

/** Whether the gateway could start with this configuration, as `interline serve` reads it. */
export const configuration = (found: Serve.Check): ReadonlyArray<Finding.Finding> => [
  ...found.mistakes.map((says) =>
    Finding.error("configuration", NameVariables.nameVariables(says), "correct the variable; docs/configuration.md lists all of them")
  ),
  ...(found.isEmbedded
    ? [
      Finding.warning(
        "configuration",
        "no vendor is configured: `interline serve` would use a sandbox, and nothing would reach a person",
        "configure a vendor; `interline init` writes a file of variables"
      )
    ]
    : found.mistakes.length === 0
    ? [Finding.note("configuration", "the gateway can start with it")]
    : [])
]
