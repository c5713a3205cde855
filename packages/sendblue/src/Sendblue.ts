/** The Sendblue carrier: what Sendblue can do, as a list of operations. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Adapter from "@interline/core/Adapter"
import type { Capabilities } from "@interline/core/Capabilities"
import * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook } from "@interline/core/ChatBook"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { Plan, PlanInput, Step } from "@interline/core/Plan"
import { Suppression } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SendblueCapabilities from "./capabilities.ts"
import * as SendblueConfig from "./config.ts"
import * as LiftAnswer from "./convert/liftAnswer.ts"
import * as LowerDraft from "./convert/lowerDraft.ts"
import * as Reconcile from "./convert/reconcile.ts"
import * as Operations from "./operations.ts"
import * as SendblueCallback from "./wire/SendblueCallback.ts"
import * as SendblueClient from "./wire/SendblueClient.ts"

/**
 * How a Sendblue account is used.
 *
 * @category models
 */
export interface Options extends SendblueConfig.Options {}

/**
 * What Sendblue can do, for every account. Some operations also depend on the line and on what Sendblue enabled.
 *
 * @category models
 */
export const capabilities: Capabilities = SendblueCapabilities.capabilities

/**
 * The Sendblue carrier under its own tag, for applications that use Sendblue beside other carriers.
 *
 * @category services
 */
export class Sendblue extends Context.Tag("@interline/sendblue/Sendblue")<Sendblue, Carrier.Carrier>() {}

/**
 * What Sendblue would be asked to do for a draft: pure, so nothing is sent and nobody is asked.
 *
 * One request takes one text and one media. The parts are walked in order: a text directly followed by a media shares its
 * request, everything else is a request of its own, a link as text. The first request carries the reply; the effect goes on
 * the first request with a text, else on the first. `callback` is where Sendblue reports the status of these requests.
 *
 * @category constructors
 */
export const plan: (carrierId: CarrierId, input: PlanInput, callback?: string) => Plan = LowerDraft.plan

/**
 * Plans as the carrier would, without credentials: for a carrier that is configured and not in use.
 *
 * @category constructors
 */
export const planner = (carrierId: CarrierId, lines: ReadonlyMap<LineName, Phone>): Effect.Effect<Carrier.Planner, never, ChatBook> =>
  Effect.map(
    ChatBook,
    (chats) => Carrier.planner({ id: carrierId, capabilities, lines, plan: (input) => plan(carrierId, input), confirms: false }, chats)
  )

/**
 * Builds the carrier. Fails on options that cannot work; nothing is sent.
 *
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Carrier.Carrier, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> =>
  Effect.gen(function*() {
    const settings = yield* SendblueConfig.settle(options)
    const { timeouts, retry } = options
    const client = SendblueClient.make({
      ...settings,
      client: yield* HttpClient.HttpClient,
      ...(timeouts === undefined ? {} : { timeouts })
    })
    return Carrier.make(adapter(settings.carrierId, settings.lines, client, settings.callback), {
      suppression: yield* Suppression,
      chats: yield* ChatBook,
      ...(retry === undefined ? {} : { retry })
    })
  })

/**
 * The carrier under its tag.
 *
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Sendblue, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> => Layer.effect(Sendblue, make(options))

/**
 * The part of the options that may come from the environment.
 *
 * @category models
 */
export type Credentials = SendblueConfig.Credentials

/**
 * What `layerConfig` takes: what is given wins over the environment, field by field. `lines` may be a `Config`.
 *
 * @category models
 */
export interface ConfigOptions extends Omit<Options, keyof Credentials | "lines">, Partial<Credentials> {
  readonly lines: Options["lines"] | Config.Config<Options["lines"]>
}

/**
 * Reads the credentials and the base URL, field by field: what is given wins, else the first variable that is not blank.
 * The names are those of the official client (`SENDBLUE_API_API_KEY`, `SENDBLUE_API_API_SECRET`, `SENDBLUE_API_BASE_URL`),
 * then `SENDBLUE_API_KEY`, `SENDBLUE_API_SECRET` and `SENDBLUE_BASE_URL`. Fails if there is no key or no secret.
 *
 * @category constructors
 */
export const config = (given: Partial<Credentials> = {}): Config.Config<Credentials> => SendblueConfig.credentials(given)

/**
 * The carrier under its tag, with what `options` leave out read from the environment.
 *
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions
): Layer.Layer<Sendblue, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> =>
  Layer.effect(
    Sendblue,
    Effect.gen(function*() {
      const credentials = yield* config(options)
      const lines = Config.isConfig(options.lines) ? yield* options.lines : options.lines
      return yield* make({ ...options, ...credentials, lines })
    })
  )

// --- the operations ---

const adapter = (
  carrierId: CarrierId,
  lines: ReadonlyMap<LineName, Phone>,
  client: SendblueClient.SendblueClient,
  callback: SendblueCallback.Options | undefined
): Adapter.Adapter => {
  const ours: ReadonlySet<string> = new Set(lines.values())

  const describe = (chatId: string) =>
    Effect.map(client.getGroup(chatId), (group) => LiftAnswer.chatContext(carrierId, chatId, group, ours))

  const sendStep = (step: Step, body: Step["body"]) =>
    Effect.map(client.perform(step.path, body), (sent) => LiftAnswer.receipt(carrierId, step.parts, sent))

  const withCallback = ({ url, ...secret }: SendblueCallback.Options): Adapter.Adapter["perform"] => {
    const sign = SendblueCallback.sign(secret)
    return (step, key) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (now) =>
          Effect.flatMap(sign(key, LowerDraft.audience(step.body), now), (token) =>
            sendStep(step, { ...step.body, status_callback: SendblueCallback.address(url, token) }))
      )
  }

  const perform: Adapter.Adapter["perform"] = callback === undefined ? (step) => sendStep(step, step.body) : withCallback(callback)

  return {
    id: carrierId,
    vendor: "sendblue",
    capabilities,
    lines,
    plan: (input) => plan(carrierId, input),
    needsChat: () => false,
    // only the answer to a send gives the id of a group, so no chat can be looked up
    findChat: () => Effect.succeedNone,
    describeChat: (chat) => describe(chat.id),
    chatOf: (message) =>
      Effect.flatMap(client.getMessage(message.id), (wire) =>
        Option.match(LiftAnswer.messageContext(carrierId, wire, ours), {
          onSome: Effect.succeed,
          onNone: () =>
            wire.group_id === undefined
              ? Effect.fail(Operations.toUnreadable(carrierId, "the message does not name the person it is with"))
              : describe(wire.group_id)
        })),
    perform,
    operations: Operations.make({ carrierId, lines, client }),
    reconciliation: Reconcile.make(carrierId, client)
  }
}
