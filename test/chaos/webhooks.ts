/**
 * The webhooks of Linq, through a balancer that gives each to any process that takes it. They prove what became of a send whose answer was
 * lost. Sendblue has a list of messages that can be asked instead.
 */
import type * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** How long the balancer waits for a process, in milliseconds. */
const patience = 3_000

const Subscribed = Schema.Struct({ signing_secret: Schema.String })

/** `urls` are those of the processes that run. The result is the secret that their signatures are made with. */
export const make = (
  { credentials, linq }: Sandbox.SandboxService,
  urls: () => ReadonlyArray<string>
): Effect.Effect<string, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    let turn = 0
    const pass = async (url: string, request: RecordingServer.Received): Promise<number> => {
      try {
        const answer = await fetch(`${url}${request.url}`, {
          method: request.method,
          headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => /^(content-type|x-|webhook-)/.test(name))),
          body: request.bytes,
          signal: AbortSignal.timeout(patience)
        })
        await answer.arrayBuffer()
        return answer.status
      } catch {
        return 502
      }
    }
    const balance = async (request: RecordingServer.Received): Promise<number> => {
      const all = urls()
      const first = turn++
      for (let step = 0; step < all.length; step++) {
        const status = await pass(all[(first + step) % all.length] ?? "", request)
        if (status < 500) return status
      }
      return 503
    }
    const balancer = yield* RecordingServer.make((request) => Effect.promise(async () => ({ status: await balance(request) })))
    const answer = yield* Effect.promise(() =>
      fetch(`${linq}/v3/webhook-subscriptions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${credentials.linqToken}` },
        body: JSON.stringify({
          target_url: `${balancer.origin}/webhooks/linq?version=2026-02-03`,
          subscribed_events: ["message.delivered"]
        })
      }).then((subscribed) => subscribed.json())
    )
    return (yield* Schema.decodeUnknown(Subscribed)(answer)).signing_secret
  })
