/** The neutral API as routes. */
import type * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { Messaging } from "@interline/core/Messaging"
import type { Suppression } from "@interline/core/Suppression"
import type { Router } from "@interline/router/Router"
import type { Archive } from "@interline/sql/Archive"
import type { AuditTable } from "@interline/sql/AuditTable"
import type { CohortComparison } from "@interline/sql/CohortComparison"
import type { IdMap } from "@interline/sql/IdMap"
import type { RequestLog } from "@interline/sql/RequestLog"
import * as Layer from "effect/Layer"
import type { Sessions } from "../access/Sessions.ts"
import type { CatchUp } from "../catchup/CatchUp.ts"
import type { Callbacks } from "../events/Callbacks.ts"
import type { ApiKeys } from "../http/ApiKeys.ts"
import type { Drain } from "../http/Drain.ts"
import type { Inbox } from "../inbox/Inbox.ts"
import type { Processes } from "../server/Processes.ts"
import type { Shadow } from "../shadow/Shadow.ts"
import { audit } from "./access/audit.ts"
import { keys } from "./access/keys.ts"
import { session, signIn } from "./access/session.ts"
import * as Authorization from "./authorization.ts"
import * as Documentation from "./documentation.ts"
import * as Endpoint from "./endpoint.ts"
import { attachments } from "./handlers/attachments.ts"
import { callbacks } from "./handlers/callbacks.ts"
import { catchingUp } from "./handlers/catchingUp.ts"
import { chats } from "./handlers/chats.ts"
import { deliveries } from "./handlers/deliveries.ts"
import { held } from "./handlers/held/held.ts"
import { carriers, lines } from "./handlers/lines.ts"
import { messages } from "./handlers/messages.ts"
import { migration } from "./handlers/migration.ts"
import { people } from "./handlers/people.ts"
import { processes, queues } from "./handlers/queues.ts"
import { rollout } from "./handlers/rollout.ts"
import { sending } from "./handlers/sends.ts"
import { webhooks } from "./handlers/webhooks.ts"

/**
 * The limits of the API.
 *
 * @category models
 */
export type Options = Endpoint.Options

/**
 * The services that the API needs.
 *
 * @category models
 */
export type Services =
  | Messaging
  | Router
  | Suppression
  | IdMap
  | Archive
  | CohortComparison
  | Callbacks
  | Inbox
  | CatchUp
  | RequestLog
  | ApiKeys
  | Sessions
  | AuditTable
  | Drain
  | Processes
  | Shadow

const groups = Layer.mergeAll(
  sending,
  deliveries,
  held,
  messages,
  chats,
  attachments,
  lines,
  people,
  carriers,
  catchingUp,
  webhooks,
  callbacks,
  queues,
  processes,
  migration,
  rollout,
  signIn,
  session,
  keys,
  audit
)

/**
 * The API's routes, `GET /openapi.json` and the page `GET /docs`. The page loads nothing from other servers.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | Services> =>
  Layer.mergeAll(Endpoint.layer(options), Documentation.layer).pipe(
    Layer.provide(groups),
    Layer.provide(Authorization.layer)
  )
