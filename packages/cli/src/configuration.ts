/** Holds the configuration of a demo run, and says what the environment has of one. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Interline from "interline/Interline"
import * as Node from "interline/node"
import type { Address } from "./demo/world.ts"

/** Whether a variable has a value. */
export const isSet = (name: string): Effect.Effect<boolean> =>
  Effect.map(
    Effect.orElseSucceed(Config.option(Config.string(name)), Option.none),
    (value) => Option.isSome(value) && value.value.trim() !== ""
  )

/** Whether the environment says which carriers carry a message. */
export const choosesCarriers: Effect.Effect<boolean> = Effect.exists(["INTERLINE_CARRIER", "INTERLINE_PREFER", "INTERLINE_POLICY"], isSet)

/** The numbers of our only line, by carrier. */
export const numbers = { linq: "+12025550101", sendblue: "+12025550201" } as const

export type Vendor = keyof typeof numbers

/** The vendors, in the order in which the demo shows them. */
export const vendors: ReadonlyArray<Vendor> = Record.keys(numbers)

/** The variables that connect both carriers to a sandbox. */
export const variables = (address: Pick<Address, "linq" | "sendblue" | "credentials">) => ({
  INTERLINE_LINES: `support=${Object.entries(numbers).map(([carrier, number]) => `${carrier}:${number}`).join(",")}`,
  LINQ_API_KEY: address.credentials.linqToken,
  LINQ_BASE_URL: address.linq,
  SENDBLUE_API_KEY: address.credentials.sendblueKeyId,
  SENDBLUE_API_SECRET: address.credentials.sendblueSecretKey,
  SENDBLUE_BASE_URL: address.sendblue
})

/** The layer of an application under these variables, with its own connections. `choice` has the variables that choose the carriers. */
export const layer = (address: Address, choice: Readonly<Record<string, string>>) =>
  Interline.layerConfig().pipe(
    Layer.provide(Node.layer()),
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries({ ...variables(address), ...choice })))))
  )
