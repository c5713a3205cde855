/** What `interline rollout status` prints of the answers of a gateway. */
import * as Rollout from "@interline/cli/Rollout"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { read } from "../../markdown.ts"

const variables = ConfigProvider.fromMap(new Map([["INTERLINE_API_KEYS", "ops=0123456789abcdef0123456789abcdef"]]))

const headers = { "content-type": "application/json" }

/** The page for an answer of `GET /v1/rollout` that a gateway over the sandbox gave. */
export const status = (name: "fine" | "crossed" | "faulty"): Promise<string> =>
  Effect.gen(function*() {
    const printed: Array<string> = []
    const keep = { ...(yield* Effect.console), log: (text: unknown) => Effect.sync(() => void printed.push(String(text))) }
    const { origin } = yield* RecordingServer.make(() => ({ headers, body: read(`test/docs/examples/rollout-${name}.json`) }))
    yield* Effect.withConfigProvider(Effect.withConsole(Rollout.status({ url: Option.some(origin), json: false }), keep), variables)
    return ["```text", ...printed, "```"].join("\n")
  }).pipe(Effect.scoped, Effect.runPromise)
