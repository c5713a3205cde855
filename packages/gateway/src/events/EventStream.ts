/** The event log over HTTP: `GET /v1/events` as server-sent events, which go on where a reader left off. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as EventLog from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as ApiKeys from "../http/ApiKeys.ts"
import { Drain } from "../http/Drain.ts"
import * as StreamEvents from "./streamEvents.ts"

/**
 * Registers the route. It wants an API key as `Authorization: Bearer …`. Each entry has its `id`, its type as `event` and itself
 * as JSON in `data`. It begins after the id in `Last-Event-ID` or `?after=`, or with what happens from now on; an id
 * beyond the newest stands for the newest. An entry that is
 * older than the log keeps is not in it any more. `?types=Received,Status` names the types that are wanted; a type that
 * there is not, and an empty list, are refused. A comment comes every
 * 15 seconds, so that nobody on the way takes the stream for dead. It ends when the process drains; a reader then comes
 * back by itself. A reader that is slow is waited for, and read for from the log when it is ready.
 *
 * @category layers
 */
export const layer: Layer.Layer<never, never, HttpLayerRouter.HttpRouter | EventLog.EventLog | ApiKeys.ApiKeys | Drain> = HttpLayerRouter
  .use((router) =>
    Effect.gen(function*() {
      const log = yield* EventLog.EventLog
      const keys = yield* ApiKeys.ApiKeys
      const { begun } = yield* Drain
      const authenticated = Effect.provideService(ApiKeys.authenticate, ApiKeys.ApiKeys, keys)
      yield* router.add(
        "GET",
        "/v1/events",
        yield* StreamEvents.make({ log, event: EventLog.GatewayEvent, typeOf: EventLog.typeOf, ended: begun, authenticated })
      )
    })
  )
