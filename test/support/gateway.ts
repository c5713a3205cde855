/** A gateway over a sandbox in this process: real HTTP on loopback, real adapters and router, a SQLite file of its own. */
import * as Serve from "@interline/cli/Serve"
import type { Handle } from "@interline/core/Handle"
import type * as Policy from "@interline/router/Policy"
import type { PhoneMessage } from "@interline/sandbox/Network"
import type * as Sandbox from "@interline/sandbox/Sandbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hasty, quiet } from "./router.ts"
import { ada, numbers, type Vendor } from "./sandbox.ts"

export const apiKey = "a-key-for-the-tests"

export interface GatewaySetup {
  /** In the order of preference; with more than one, sends fail over. */
  readonly carriers: readonly [Vendor, ...ReadonlyArray<Vendor>]
  /** Beside the waiting windows that a test can afford. */
  readonly policy?: Partial<Policy.Input>
  /** More variables of the environment. */
  readonly variables?: Readonly<Record<string, string>>
  /** A SQLite file or a PostgreSQL URL; its own file if not given. */
  readonly database?: string
}

export interface GatewayWorld {
  readonly url: string
  readonly apiKey: string
  readonly sandbox: Sandbox.SandboxService
  readonly network: Sandbox.SandboxService["network"]
  /** What a person's phone received, oldest first. */
  readonly phone: (handle?: Handle) => Effect.Effect<ReadonlyArray<PhoneMessage>>
  /** How many messages with this text a person's phone received. */
  readonly copies: (text: string, handle?: Handle) => Effect.Effect<number>
}

/** A SQLite file of its own. */
export const temporaryFile: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => join(folder, "gateway.db")
)

/** Our one line, `support`, with its number at each vendor: a program keeps its number when its vendor is not asked any more. */
const lines = `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`

/** Starts a gateway over a sandbox. Without `INTERLINE_API_KEYS` it makes a key of its own. */
export const serve = (
  { carriers, database, policy, variables = {} }: GatewaySetup
): Effect.Effect<Omit<Serve.Running, "sandbox"> & { readonly sandbox: Sandbox.SandboxService }, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const file = database ?? (yield* temporaryFile)
    const environment = {
      INTERLINE_POLICY: JSON.stringify({ ...hasty, ...policy, prefer: carriers }),
      INTERLINE_LINES: lines,
      INTERLINE_DRAIN: "2 seconds",
      // no balancer has to notice that it stops
      INTERLINE_DRAIN_NOTICE: "0 seconds",
      // a carrier that is down from the start is not waited for longer
      INTERLINE_CATCH_UP_WAIT: "1 second",
      ...variables
    }
    const running = yield* Serve.start({ embedded: true, port: Option.some(0), host: Option.none(), database: Option.some(file) }).pipe(
      quiet,
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
    )
    return { ...running, sandbox: Option.getOrThrow(running.sandbox) }
  })

export const gatewayWorld = (setup: GatewaySetup): Effect.Effect<GatewayWorld, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const { origin, sandbox } = yield* serve({ ...setup, variables: { INTERLINE_API_KEYS: `tests=${apiKey}`, ...setup.variables } })
    const { network } = sandbox
    const phone = (handle: Handle = ada) => Effect.map(network.phone(handle), ({ messages }) => messages)
    return {
      url: origin,
      apiKey,
      sandbox,
      network,
      phone,
      copies: (text, handle) => Effect.map(phone(handle), (messages) => messages.filter((message) => message.text === text).length)
    }
  })
