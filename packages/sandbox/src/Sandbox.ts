/** Runs one fake phone network with the HTTP APIs of both vendors and a control API. Each API has its own port. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import type * as Scope from "effect/Scope"
import * as ControlApi from "./control/ControlApi.ts"
import * as Http from "./http/http.ts"
import type { LoggedWebhook, Network, Service } from "./server/Network.ts"
import * as NetworkLive from "./server/networkLive.ts"
import * as Streams from "./server/streams.ts"
import * as VendorServer from "./server/vendorServer.ts"
import * as Webhooks from "./server/webhooks.ts"
import * as Vendors from "./vendors.ts"
import { type Vendor, vendors } from "./world/Fault.ts"
import * as Faults from "./world/faults.ts"
import * as Ids from "./world/ids.ts"
import * as LineLimits from "./world/LineLimits.ts"
import * as Time from "./world/time.ts"
import * as World from "./world/world.ts"

/**
 * How a sandbox is set up.
 *
 * @category models
 */
export interface SandboxOptions {
  /** The port of Linq's API. Default: a free one. */
  readonly linqPort?: number
  /** The port of Sendblue's API. Default: a free one. */
  readonly sendbluePort?: number
  /** The port of the control API. Default: a free one. */
  readonly controlPort?: number
  /** The address at which all APIs listen. Default: 127.0.0.1. */
  readonly host?: string
  /** The time between two statuses of a message. Default: 20 milliseconds. */
  readonly statusDelay?: Duration.DurationInput
  /** With `"manual"`, only `Network.advance` moves time. Default: `"real"`. */
  readonly clock?: "real" | "manual"
  /** How far behind the time of the process the sandbox's clock begins. `Network.advance` can catch up. Default: 0. */
  readonly behind?: Duration.DurationInput
  /** The seed of the random identifiers. Default: 1. */
  readonly seed?: number
  /** The service of a phone number that nobody created before its first message. An e-mail address has iMessage. Default: iMessage. */
  readonly newcomers?: Service
  /** Whether the vendors' rate limits apply. Default: false. */
  readonly rateLimits?: boolean
  /** What Sendblue's lines may do for people who are new to them. `Network.limitLines` changes it. Default: `LineLimits.defaults`. */
  readonly lineLimits?: LineLimits.LineLimits
}

/**
 * A running sandbox.
 *
 * @category models
 */
export interface SandboxService {
  /** Linq's base URL. Requests go to `${linq}/v3/...`. */
  readonly linq: string
  /** Sendblue's base URL. Requests go to `${sendblue}/api/...`. */
  readonly sendblue: string
  /** The base URL of the control API. */
  readonly control: string
  /** The credentials that the vendors accept. */
  readonly credentials: {
    readonly linqToken: string
    readonly sendblueKeyId: string
    readonly sendblueSecretKey: string
  }
  /** The phone network, in process. */
  readonly network: Network
}

/**
 * The sandbox as a service.
 *
 * @category services
 */
export class Sandbox extends Context.Tag("@interline/sandbox/Sandbox")<Sandbox, SandboxService>() {}

/**
 * A server could not be started, most likely because its port is taken.
 *
 * @category errors
 */
export class SandboxError extends Data.TaggedError("SandboxError")<{
  readonly server: "linq" | "sendblue" | "control"
  readonly message: string
}> {}

/**
 * Starts a sandbox. The end of the scope stops its servers.
 *
 * @category constructors
 */
export const make = (options: SandboxOptions = {}): Effect.Effect<SandboxService, SandboxError, Scope.Scope> =>
  Effect.gen(function*() {
    const time = yield* Time.make(options.clock ?? "real", options.behind)
    const world = World.make({
      time,
      ids: Ids.make(options.seed ?? 1),
      statusDelay: Duration.toMillis(options.statusDelay ?? Duration.millis(20)),
      newcomers: options.newcomers ?? "iMessage",
      lineLimits: { ...LineLimits.defaults, ...options.lineLimits }
    })
    const faults = Faults.make()
    const requests: Array<VendorServer.LoggedRequest> = []
    const webhooks: Array<LoggedWebhook> = []
    const played = Record.map(Vendors.vendors, (play) => play({ world, limits: options.rateLimits ?? false }))

    const listen = (server: SandboxError["server"], port: number | undefined, respond: Http.Respond) =>
      Effect.mapError(
        Http.listen({ host: options.host ?? "127.0.0.1", port: port ?? 0 }, respond),
        ({ message }) => new SandboxError({ server, message: `the ${server} API cannot listen: ${message}` })
      )
    const serve = VendorServer.make(world, faults, requests)
    const ports: Readonly<Record<Vendor, number | undefined>> = { linq: options.linqPort, sendblue: options.sendbluePort }
    const servers = yield* Effect.all(Record.map(played, ({ api }, vendor) => listen(vendor, ports[vendor], serve(api))))
    const dispatcher = yield* Webhooks.make(time, faults, webhooks)
    const streams = Streams.make(time, faults)
    for (const vendor of vendors) {
      played[vendor].listenAt(servers[vendor].origin)
      played[vendor].report(dispatcher, streams)
    }

    const network = NetworkLive.make({
      world,
      faults,
      requests,
      webhooks,
      inbound: Record.map(played, ({ inbound }) => inbound),
      switches: Record.map(played, ({ switchWebhook }) => switchWebhook),
      syncListeners: Effect.suspend(() =>
        Effect.forEach(vendors, (vendor) => faults.refuses(vendor) ? servers[vendor].close : servers[vendor].open, { discard: true })
      ),
      reset: Effect.sync(() => {
        for (const vendor of vendors) played[vendor].clear()
        world.lineLimits = { ...LineLimits.defaults, ...options.lineLimits }
        dispatcher.clear()
        streams.clear()
      })
    })
    const calls = yield* FiberSet.make<void>()
    const fork = yield* FiberSet.runtime(calls)<never>()
    const address = {
      ...Record.map(played, ({ basePath }, vendor) => `${servers[vendor].origin}${basePath}`),
      control: "",
      credentials: Vendors.credentials
    }
    const controlServer = yield* listen(
      "control",
      options.controlPort,
      ControlApi.make(network, () => address, (work) => {
        fork(work)
      })
    )
    // The control server's port is known only after it listens.
    address.control = controlServer.origin
    return { ...address, network }
  })

/**
 * A sandbox that runs as long as the layer is in use.
 *
 * @category layers
 */
export const layer = (options?: SandboxOptions): Layer.Layer<Sandbox, SandboxError> => Layer.scoped(Sandbox, make(options))
