/** Calls an endpoint with one event. */
import type { Endpoint } from "@interline/sql/EndpointTable"
import type { GatewayEvent } from "@interline/sql/EventLog"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { OutboundHttpService } from "../egress/OutboundHttp.ts"
import type { Dialects } from "./Renderer.ts"

/**
 * The result of a call. `Silent`: no call was made, because this endpoint needs no call for this event. `Unread`: no call was made, because a carrier
 * did not answer what the event is about; the endpoint has no part in that. `Gone`: the endpoint accepts no more events.
 */
export type Verdict =
  | { readonly _tag: "Taken" }
  | { readonly _tag: "Silent" }
  | { readonly _tag: "Unread"; readonly why: string }
  | { readonly _tag: "Retry"; readonly why: string }
  | { readonly _tag: "Gone"; readonly why: string }

export type CallEndpoint = (endpoint: Endpoint, event: GatewayEvent, at: number) => Effect.Effect<Verdict>

export interface Parts {
  readonly outboundHttp: Pick<OutboundHttpService, "post">
  readonly dialects: Context.Tag.Service<typeof Dialects>
}

const taken: Verdict = { _tag: "Taken" }

export const silent: Verdict = { _tag: "Silent" }

/** A 2xx accepts the event. A 410 ends the endpoint. After any other status the call is repeated. */
const toVerdict = (status: number): Verdict =>
  status >= 200 && status < 300 ? taken : { _tag: status === 410 ? "Gone" : "Retry", why: `the endpoint answered ${status}` }

export const make = ({ dialects, outboundHttp }: Parts): CallEndpoint => (endpoint, event, at) => {
  const dialect = dialects[endpoint.dialect]
  // A later version of the gateway may have more dialects.
  if (dialect === undefined) return Effect.succeed({ _tag: "Retry", why: "its dialect is not known here" })
  const rendering = dialect.render(event, endpoint, { messageId: `${endpoint.id}.${event.id}`, at })
  const calling = Effect.flatMap(rendering, (rendered) => {
    if (Option.isNone(rendered)) return Effect.succeed(silent)
    const { body, headers, type } = rendered.value
    if (endpoint.events.length > 0 && !endpoint.events.includes(type)) return Effect.succeed(silent)
    const post = { url: endpoint.url, headers: { "content-type": "application/json", "user-agent": "interline", ...headers }, body }
    return Effect.map(outboundHttp.post(post), toVerdict)
  })
  return Effect.catchAll(
    calling,
    (error): Effect.Effect<Verdict> => Effect.succeed({ _tag: error._tag === "NotRendered" ? "Unread" : "Retry", why: error.why })
  )
}
