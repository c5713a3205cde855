/** Calls an endpoint once, so that its owner sees whether calls arrive and signatures fit. */
import * as Time from "@interline/core/Time"
import type { Endpoint } from "@interline/sql/EndpointTable"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { OutboundError, type OutboundHttpService } from "../egress/OutboundHttp.ts"
import * as StandardWebhooks from "./StandardWebhooks.ts"

/** What came of a test call. */
export interface TestCall {
  /** Whether the endpoint took the call, as it would take an event. */
  readonly taken: boolean
  /** The status of its answer. Absent if there was none. */
  readonly status?: number
  /** Why there was no answer. */
  readonly why?: string
  /** How long the call took, in milliseconds. */
  readonly millis: number
}

/**
 * Makes the call. It is signed like an event, and its body has the form of an entry of the event log, with the id 0, which no event has. Nothing is
 * queued, repeated or noted at the endpoint. Fails if the endpoint has another dialect: a vendor has no event that says nothing.
 */
export const make =
  ({ post }: Pick<OutboundHttpService, "post">) => ({ dialect, id, secret, url }: Endpoint): Effect.Effect<TestCall, OutboundError> =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      const at = yield* Clock.currentTimeMillis
      const body = JSON.stringify({ id: 0, at: new Date(at).toISOString(), event: { kind: "test", data: { _tag: "Test" } } })
      // the secret of another dialect may be none that can sign
      const headers = dialect === "neutral" ? StandardWebhooks.sign(secret, body, { messageId: `${id}.test-${at}`, at }) : Option.none()
      if (Option.isNone(headers)) {
        return yield* new OutboundError({ why: `a test call is only made in the neutral dialect, and this address has ${dialect}` })
      }
      const since = Time.steadyMillis(clock)
      const called = post({ url, headers: { "content-type": "application/json", "user-agent": "interline", ...headers.value }, body })
      const millis = () => Math.round(Time.steadyMillis(clock) - since)
      return yield* Effect.match(called, {
        onFailure: ({ why }): TestCall => ({ taken: false, why, millis: millis() }),
        onSuccess: (status): TestCall => ({ taken: status >= 200 && status < 300, status, millis: millis() })
      })
    })
