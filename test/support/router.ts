/** A router over both carriers and a sandbox in this process: real HTTP on loopback, real adapters, real waiting. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import type { MessagingService, SendOptions } from "@interline/core/MessagingService"
import type { SendError } from "@interline/core/SendError"
import * as Suppression from "@interline/core/Suppression"
import * as Ledger from "@interline/router/Ledger"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import type * as Policy from "@interline/router/Policy"
import * as Router from "@interline/router/Router"
import type { FaultKind, ScriptedFault } from "@interline/sandbox/Fault"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import { ada, makeCarrier, type Setup, support, type Vendor } from "./sandbox.ts"

/**
 * Waiting windows that a test can afford. An attempt gets long enough that a busy machine is not taken for a hanging
 * carrier; rows about hanging shorten it. A lost answer is looked for until it is found, so `within` costs time only
 * where nothing is ever found.
 */
export const hasty = {
  deadlines: { attempt: 10_000, send: 30_000 },
  retry: { times: 2, base: 20, maxRetryAfter: 3_000 },
  reconcile: { every: 40, within: 15_000 },
  breaker: { failures: 50, window: "10 seconds" }
} as const satisfies Partial<Policy.Input>

/** For rows in which nothing can be found: the looks end soon. */
export const brief = { reconcile: { every: 150, within: 1_500 } } as const satisfies Partial<Policy.Input>

/** For rows in which a carrier never answers. */
export const impatient = { deadlines: { attempt: 500, send: 30_000 } } as const satisfies Partial<Policy.Input>

export interface RouterSetup extends Setup {
  readonly ledger?: Ledger.LedgerService
  readonly suppression?: Suppression.SuppressionService
  readonly options?: Router.Options
  readonly clock?: "real" | "manual"
}

export interface RouterWorld {
  readonly sandbox: Sandbox.SandboxService
  readonly network: Sandbox.SandboxService["network"]
  readonly suppression: Suppression.SuppressionService
  readonly ledger: Ledger.LedgerService
  readonly messaging: MessagingService
  readonly router: Router.RouterService
  readonly send: (draft: Draft, handle?: Handle, options?: SendOptions) => Effect.Effect<Ended>
  /** The vendors whose messages with this text are on the phone, in the order in which they came. */
  readonly phone: (text: string, handle?: Handle) => Effect.Effect<ReadonlyArray<Vendor>>
  readonly copies: (text: string, handle?: Handle) => Effect.Effect<number>
  /**
   * The decisions on a delivery in order, one word each; the same word twice in a row is said once. A look that a busy
   * machine did not finish in time is left out, unless no look finished.
   */
  readonly decisions: (id: DeliveryId) => Effect.Effect<ReadonlyArray<string>>
  /** How many requests that send a text a vendor received. */
  readonly posts: (vendor: Vendor) => Effect.Effect<number>
}

/** How a send ended, in the words of the demo. */
export interface Ended {
  readonly outcome: "accepted" | SendError["_tag"]
  readonly id: DeliveryId
  readonly route: ReadonlyArray<string>
  readonly reason: string | undefined
}

const reasonOf = (error: SendError): string | undefined => {
  switch (error._tag) {
    case "NotSent":
    case "Partial":
      return error.error.reason
    case "Held":
      return error.evidence.error.reason
    case "Invalid":
      return error.problems[0]?.rule
  }
}

const routeOf = ({ attempts }: Pick<Delivery | SendError, "attempts">): ReadonlyArray<string> =>
  attempts.map(({ carrierId, outcome }) => `${carrierId} ${outcome}`)

export const endOf = (answer: Either.Either<Delivery, SendError>): Ended =>
  Either.match(answer, {
    onLeft: (error) => ({ outcome: error._tag, id: error.deliveryId, route: routeOf(error), reason: reasonOf(error) }),
    onRight: (delivery) => ({ outcome: "accepted", id: delivery.id, route: routeOf(delivery), reason: undefined })
  })

export const routerOver = (
  sandbox: Sandbox.SandboxService,
  policy: Policy.Input,
  setup: RouterSetup = {}
): Effect.Effect<RouterWorld, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const suppression = setup.suppression ?? (yield* Suppression.makeMemory)
    const ledger = setup.ledger ?? (yield* MemoryLedger.make())
    const carriers = yield* Effect.forEach(["linq", "sendblue"] as const, (vendor: Vendor) => makeCarrier(vendor, sandbox, setup)).pipe(
      Effect.provideService(Suppression.Suppression, suppression),
      Effect.provide(ChatBook.layerMemory()),
      setup.client === undefined ? Effect.provide(FetchHttpClient.layer) : Effect.provideService(HttpClient.HttpClient, setup.client)
    )
    const { messaging, router } = yield* Router.make(policy, { drainFor: 0, ...setup.options }).pipe(
      Effect.provideService(Suppression.Suppression, suppression),
      Effect.provideService(Ledger.Ledger, ledger),
      Effect.provideServiceEffect(Carriers.Carriers, Carriers.make(carriers))
    )
    const { network } = sandbox
    const phone = (text: string, handle: Handle = ada) =>
      Effect.map(network.phone(handle), ({ messages }) => messages.filter((message) => message.text === text).map(({ vendor }) => vendor))
    return {
      sandbox,
      network,
      suppression,
      ledger,
      messaging,
      router,
      send: (draft, handle = ada, options) =>
        Effect.map(Effect.either(messaging.send(Conversation.direct(support, handle), draft, options)), endOf),
      phone,
      copies: (text, handle = ada) => Effect.map(phone(text, handle), ({ length }) => length),
      decisions: (id) =>
        Effect.map(
          router.explain(id),
          Option.match({
            onNone: () => [],
            onSome: ({ decisions }) => {
              const looks = decisions.filter((event) => event._tag === "Reconciled")
              const finished = looks.filter(({ why }) => why !== "the look did not end in time")
              const counted = finished.length === 0
                ? decisions
                : decisions.filter((event) => event._tag !== "Reconciled" || finished.includes(event))
              const words = counted.map((event) => event._tag === "Reconciled" ? `Reconciled ${event.finding}` : event._tag)
              return words.filter((word, place) => word !== words[place - 1])
            }
          })
        ),
      posts: (vendor) => Effect.map(network.requests({ vendor, method: "POST" }), ({ length }) => length)
    }
  })

export const routerWorld = (policy: Policy.Input, setup: RouterSetup = {}): Effect.Effect<RouterWorld, unknown, Scope.Scope> =>
  Effect.flatMap(Sandbox.make({ clock: setup.clock ?? "real" }), (sandbox) => routerOver(sandbox, policy, setup))

/** Without the log lines that each failover writes. */
export const quiet = Logger.withMinimumLogLevel(LogLevel.None)

export const other = { linq: "sendblue", sendblue: "linq" } as const satisfies Record<Vendor, Vendor>

/** The two orders that every case is tried in. */
export const orders = ["linq", "sendblue"] as const satisfies ReadonlyArray<Vendor>

/** The requests that send a text, and nothing else. */
export const sends = {
  linq: { method: "POST", path: "/v3/chats" },
  sendblue: { method: "POST", path: "/api/send-message" }
} as const

/** A fault of the requests that send a text. */
export const fault = (vendor: Vendor, kind: FaultKind, more: Omit<ScriptedFault, "vendor" | "kind" | "match"> = {}): ScriptedFault => ({
  vendor,
  kind,
  match: sends[vendor],
  ...more
})

const isRefused = (origin: string): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const { hostname, port } = new URL(origin)
    const socket = Net.connect(Number(port), hostname)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(false))
    })
    socket.once("error", () => resume(Effect.succeed(true)))
  })

/** A turn of the event loop. */
export const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/**
 * Makes a vendor refuse connections. The sockets that a client keeps open break too, and it learns so only in a later
 * turn of the event loop; a request on such a socket is honestly unknown.
 */
export const refuse = ({ network, sandbox }: Pick<RouterWorld, "network" | "sandbox">, vendor: Vendor): Effect.Effect<void> =>
  Effect.orDie(network.addFault({ vendor, kind: "refused", times: "forever" })).pipe(
    Effect.zipRight(Effect.repeat(Effect.zipRight(turn, isRefused(sandbox[vendor])), { until: (refused) => refused })),
    Effect.zipRight(Effect.repeatN(turn, 20))
  )

/** A client whose answers to the first `times` matching requests get lost on the way back. */
export const losing = (matches: (url: string) => boolean, times = 1): Effect.Effect<HttpClient.HttpClient> =>
  Effect.sync(() => {
    let left = times
    return (client: HttpClient.HttpClient) =>
      HttpClient.transform(client, (sending, request) =>
        Effect.flatMap(sending, (response) => {
          if (left === 0 || request.method !== "POST" || !matches(request.url)) return Effect.succeed(response)
          left -= 1
          return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description: "the answer got lost" }))
        }))
  }).pipe(
    Effect.flatMap((lossy) => Effect.map(HttpClient.HttpClient, lossy)),
    Effect.provide(FetchHttpClient.layer)
  )
