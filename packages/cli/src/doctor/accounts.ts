/** Asks each carrier in use whether it takes our credentials, has our lines, and calls our webhooks. Nothing is sent to a person. */
import * as Capabilities from "@interline/core/Capabilities"
import type * as Carrier from "@interline/core/Carrier"
import * as ChatBook from "@interline/core/ChatBook"
import type { LineHealth } from "@interline/core/Health"
import type * as MessagingError from "@interline/core/MessagingError"
import * as Suppression from "@interline/core/Suppression"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Interline from "interline/Interline"
import * as Node from "interline/node"
import * as ShownUrl from "../print/shownUrl.ts"
import * as Clocks from "./clocks.ts"
import * as Finding from "./finding.ts"

const ofFailure = (id: string, what: string, error: MessagingError.MessagingError): Finding.Finding =>
  error.reason === "Authentication"
    ? Finding.error("credentials", `${id} does not take our credentials: ${error.message}`, `give ${id} credentials that its vendor takes`)
    : error.reason === "Permission"
    ? Finding.error(
      "credentials",
      `our credentials may not ask ${id} for ${what}: ${error.message}`,
      "give them that permission at the vendor"
    )
    : Finding.error(
      "credentials",
      `${id} could not be asked for ${what}: ${error.message}`,
      "look at the network, and at the vendor's status page"
    )

const linesOf = ({ id, lines }: Carrier.Carrier, listed: ReadonlyArray<LineHealth>): ReadonlyArray<Finding.Finding> =>
  Array.from(lines).map(([line, number]) => {
    const found = listed.find((one) => one.number === number)
    return found === undefined
      ? Finding.error(
        "lines",
        `the line ${line} has a number that is not of the account at ${id}`,
        "give it a number of the account in INTERLINE_LINES"
      )
      : !found.available
      ? Finding.error("lines", `the line ${line} cannot send at ${id} (${found.raw ?? found.status})`, "ask the vendor why")
      : found.ending === true
      ? Finding.warning("lines", `${id} will take the number of the line ${line} away`, "get another number before that")
      : Finding.note("lines", `the line ${line} can send at ${id}`)
  })

/** Credentials and lines of a carrier. */
const ofLines = (carrier: Carrier.Carrier): Finding.Findings =>
  !Capabilities.supports(carrier.capabilities, "listLines")
    ? Effect.succeed([Finding.note("credentials", `${carrier.id} lists no lines, so that its credentials cannot be tried`)])
    : Effect.match(carrier.listLines(), {
      onFailure: (error) => [ofFailure(carrier.id, "its lines", error)],
      onSuccess: (listed) => [Finding.note("credentials", `${carrier.id} takes our credentials`), ...linesOf(carrier, listed)]
    })

/** Whether a carrier's events come: by a webhook that leads to us and has a secret, or by its event stream. */
const ofWebhooks = (
  { prefix, vendor }: Interline.Configured,
  carrier: Carrier.Carrier,
  publicUrl: Option.Option<string>
) =>
  Effect.gen(function*() {
    const { capabilities, id, listWebhooks } = carrier
    const source = yield* Effect.orElseSucceed(GatewayConfig.eventsSource(prefix, vendor), () => "webhooks" as const)
    if (source === "stream") return [Finding.note("webhooks", `the events of ${id} come by its event stream`)]
    const variable = GatewayConfig.webhookVariable(prefix, vendor)
    const secrets = yield* Effect.orElseSucceed(GatewayConfig.webhookSecrets(prefix, vendor), () => [])
    const unsigned = secrets.length > 0 ? [] : [
      Finding.error(
        "webhooks",
        `webhooks of ${id} are refused: ${variable} is not set`,
        `set ${variable} to the secret of the webhook at ${id}`
      )
    ]
    if (Option.isNone(publicUrl) || !Capabilities.supports(capabilities, "listWebhooks")) return unsigned
    const listed = yield* Effect.either(listWebhooks())
    if (listed._tag === "Left") {
      // that the credentials are not taken is said once, of the lines
      return listed.left.reason === "Authentication" ? unsigned : [...unsigned, ofFailure(id, "its webhooks", listed.left)]
    }
    const own = listed.right.filter(({ url }) => GatewayConfig.isOwnWebhook({ publicUrl })(id, url))
    const active = own.filter(({ active }) => active)
    const shown = ShownUrl.toShownUrl(`${publicUrl.value}${GatewayConfig.webhookPath(id)}`)
    return [
      ...unsigned,
      own.length === 0
        ? Finding.error(
          "webhooks",
          `no webhook at ${id} leads to this gateway`,
          `subscribe ${shown} at the vendor, or with \`interline webhooks subscribe\``
        )
        : active.length === 0
        ? Finding.error("webhooks", `${id} has switched our webhook off`, "switch it on at the vendor, or subscribe it anew")
        : Finding.note("webhooks", `${id} calls ${active.length === 1 ? "our webhook" : `${active.length} webhooks of ours`}`),
      ...Finding.ofOthers(id, listed.right.length - own.length)
    ]
  })

/** The clock of a carrier's vendor. */
const ofClock = ({ id }: Interline.Configured) =>
  Effect.flatMap(Effect.option(Interline.access({}, id)), (access) =>
    Option.isNone(access)
      ? Effect.succeed([])
      : Effect.map(Clocks.ask(id, access.value.baseUrl), Option.getOrElse((): ReadonlyArray<Finding.Finding> => [])))

/** Whether the public address answers as a gateway does. */
const ofAddress = (publicUrl: Option.Option<string>) =>
  Option.match(publicUrl, {
    onNone: () =>
      Effect.succeed([
        Finding.warning(
          "webhooks",
          "INTERLINE_PUBLIC_URL is not set: no vendor reports single messages",
          "set it to where the vendors reach the gateway"
        )
      ]),
    onSome: (url) => {
      const shown = ShownUrl.toShownUrl(url)
      return Effect.map(
        Clocks.ask("the public address", `${url}/healthz`, (status, body) =>
          status === 200 && body.includes("\"ok\"")
            ? [Finding.note("webhooks", `${shown} is a gateway that answers`)]
            : [
              Finding.error(
                "webhooks",
                `${shown} answers, and not as a gateway (${status})`,
                "let the address lead to the gateway, with all of its paths"
              )
            ]),
        Option.getOrElse(() => [
          Finding.error(
            "webhooks",
            `nothing answers at ${shown}`,
            "start the gateway, or let the address lead to it; from elsewhere it may answer"
          )
        ])
      )
    }
  })

/** Each question to a carrier, with a limit of its own. */
const ofCarrier = (carrier: Carrier.Carrier, place: Interline.Configured | undefined, publicUrl: Option.Option<string>) => [
  Finding.guarded("credentials", `the question to ${carrier.id} for its lines`, ofLines(carrier)),
  ...(place === undefined ? [] : [
    Finding.guarded("webhooks", `the question to ${carrier.id} for its webhooks`, ofWebhooks(place, carrier, publicUrl)),
    Finding.guarded("clocks", `the look at the clock of ${carrier.id}`, ofClock(place))
  ])
]

/** Everything that only the carriers and the public address can say. */
export const check: Finding.Findings = Effect.scoped(Effect.gen(function*() {
  const configured = yield* Interline.configured()
  const carriers = yield* Interline.makeCarriers()
  const publicUrl = yield* Effect.either(GatewayConfig.publicUrl)
  // an address that cannot be read is a mistake of the configuration, and said there
  const ofUrl = Either.match(publicUrl, {
    onLeft: () => [],
    onRight: (url) => [Finding.guarded("webhooks", "the look at the public address", ofAddress(url))]
  })
  return yield* Finding.all([
    ...carriers.flatMap((carrier) =>
      ofCarrier(carrier, configured.find(({ id }) => id === carrier.id), Either.getOrElse(publicUrl, Option.none<string>))
    ),
    ...ofUrl
  ])
})).pipe(
  Effect.provide([ChatBook.layerMemory(), Suppression.layerMemory, Node.layer()]),
  // the findings say it
  Effect.provide(Logger.minimumLogLevel(LogLevel.None)),
  Effect.catchAll((_: Interline.ConfigurationError) =>
    Effect.succeed([
      Finding.note("credentials", "no carrier and no public address was asked, because the configuration has mistakes")
    ])
  )
)
