/** The event log over HTTP: `GET /v1/events` as server-sent events. A reader that comes back continues where it stopped. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import { AuditTable } from "@interline/sql/AuditTable"
import * as EventLog from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Authentication from "../access/Authentication.ts"
import type { Sessions } from "../access/Sessions.ts"
import type * as ApiKeys from "../http/ApiKeys.ts"
import { Drain } from "../http/Drain.ts"
import * as KeyAccess from "../http/KeyAccess.ts"
import * as StreamEvents from "./streamEvents.ts"

/**
 * Registers the route. It needs an API key as `Authorization: Bearer …`. Each entry has its `id`, its type as `event`, and its JSON as
 * `data`.
 *
 * The stream begins after the id in `Last-Event-ID` or `?after=`, and without an id with the next new event. An id above the newest counts
 * as the newest. Entries that the log has removed are not sent. `?types=Received,Status` selects types. An unknown type and an empty list
 * are refused.
 *
 * A comment comes every 15 seconds, so that no proxy closes the stream as dead. The stream ends when the process drains, and a reader then
 * connects again by itself. It also ends within 15 seconds when the key or the session of its reader does. To a session it hides people's numbers and
 * texts, unless the query has `show=people`. A slow reader gets its entries from the log when it is ready.
 *
 * @category layers
 */
export const layer: Layer.Layer<
  never,
  never,
  HttpLayerRouter.HttpRouter | EventLog.EventLog | ApiKeys.ApiKeys | Sessions | AuditTable | Drain
> = HttpLayerRouter
  .use((router) =>
    Effect.gen(function*() {
      const log = yield* EventLog.EventLog
      const { ending } = yield* Drain
      const authenticated = Authentication.authenticate(yield* Authentication.credentials, KeyAccess.read)
      yield* router.add(
        "GET",
        "/v1/events",
        yield* StreamEvents.make({
          audit: yield* AuditTable,
          log,
          event: EventLog.GatewayEvent,
          typeOf: EventLog.typeOf,
          ended: ending,
          authenticated
        })
      )
    })
  )
