/** Gateways over one sandbox and one database, of which each may have a wrong key for a vendor. */
import * as Serve from "@interline/cli/Serve"
import type * as Handle from "@interline/core/Handle"
import * as ApiClient from "@interline/gateway/ApiClient"
import type * as Policy from "@interline/router/Policy"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Node from "interline/node"
import { apiKey, temporaryFile } from "./gateway.ts"
import { hasty, quiet } from "./router.ts"
import { numbers } from "./sandbox.ts"

/** A key that no sandbox knows. */
export const wrongKey = "a-key-that-no-vendor-knows"

/** A sandbox, and gateways over it that share a database. A key that is given to a gateway takes the place of the right one. */
export const keyWorld = (policy: Partial<Policy.Input>) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "real" })
    const database = yield* temporaryFile
    const { credentials } = sandbox
    const gateway = (
      { linq = credentials.linqToken, sendblue = credentials.sendblueSecretKey }: Readonly<Record<string, string>> = {},
      variables: Readonly<Record<string, string>> = {}
    ) =>
      Effect.gen(function*() {
        const environment = new Map(Object.entries({
          INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: ["sendblue", "linq"], ...policy }),
          INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
          INTERLINE_API_KEYS: `tests=${apiKey}`,
          INTERLINE_DRAIN: "2 seconds",
          // nobody tries the key at the start
          INTERLINE_CATCH_UP: "off",
          LINQ_API_KEY: linq,
          LINQ_BASE_URL: sandbox.linq,
          SENDBLUE_API_KEY: credentials.sendblueKeyId,
          SENDBLUE_API_SECRET: sendblue,
          SENDBLUE_BASE_URL: sandbox.sendblue,
          ...variables
        }))
        const { origin } = yield* Serve.start({
          embedded: false,
          port: Option.some(0),
          host: Option.none(),
          database: Option.some(database)
        }).pipe(quiet, Effect.withConfigProvider(ConfigProvider.fromMap(environment)))
        const http = yield* Layer.build(Node.layer())
        const client = yield* Effect.provide(ApiClient.make({ baseUrl: origin, apiKey: Redacted.make(apiKey) }), http)
        return { client, origin }
      })
    /** Everything that a phone got, with the number that it came from. */
    const got = (handle: Handle.Handle) =>
      Effect.map(sandbox.network.phone(handle), ({ messages }) => messages.map(({ from, text }) => [from, text]))
    return { gateway, got }
  })
