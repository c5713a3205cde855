/** Shows an operator the processes and the queues, pauses queues, and tries again what was given up. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as Queue from "@interline/sql/Queue"
import * as Effect from "effect/Effect"
import manifest from "../../../package.json" with { type: "json" }
import { Callbacks } from "../../events/Callbacks.ts"
import { Inbox } from "../../inbox/Inbox.ts"
import { Processes } from "../../server/Processes.ts"
import { GatewayApi } from "../Api.ts"
import type { QueueName, QueueRecord } from "../ApiSchema.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const unknownEvent = ResolveAddress.notFound("no failed event by that id is known here")

const toRecord = (name: typeof QueueName.Type, { dead, oldestDueAt, pausedAt, waiting }: Queue.State): typeof QueueRecord.Type => ({
  name,
  waiting,
  failed: dead,
  ...(oldestDueAt === undefined ? {} : { oldestDueAt }),
  ...(pausedAt === undefined ? {} : { pausedAt })
})

export const queues = HttpApiBuilder.group(
  GatewayApi,
  "queues",
  (handlers) =>
    Effect.map(Effect.all([Inbox, Callbacks]), ([inbox, callbacks]) => {
      const all = { inbox: inbox.queue, callbacks: callbacks.queue }
      const show = (name: typeof QueueName.Type) => Effect.map(all[name].state, (state) => toRecord(name, state))
      return handlers
        .handle("listQueues", () => Effect.map(Effect.forEach(["inbox", "callbacks"] as const, show), (items) => ({ items })))
        .handle("pauseQueue", ({ path: { queue } }) => Effect.zipRight(all[queue].pause, show(queue)))
        .handle("resumeQueue", ({ path: { queue } }) => Effect.zipRight(all[queue].resume, show(queue)))
        .handle("retryQueue", ({ path: { queue } }) => Effect.map(all[queue].retryAll, (retried) => ({ retried })))
        .handle("listFailedEvents", ({ urlParams: { limit = 100 } }) => Effect.map(inbox.failed(limit), (items) => ({ items })))
        .handle("retryFailedEvent", ({ path }) => Effect.flatMap(inbox.queue.retry(path.id), (was) => was ? Effect.void : unknownEvent))
        .handle("dropFailedEvent", ({ path }) => Effect.flatMap(inbox.queue.drop(path.id), (was) => was ? Effect.void : unknownEvent))
    })
)

export const processes = HttpApiBuilder.group(
  GatewayApi,
  "processes",
  (handlers) =>
    Effect.map(Processes, ({ list }) =>
      handlers
        .handle("listProcesses", () => Effect.map(list, (items) => ({ items })))
        .handle("getVersion", () => Effect.succeed({ name: "interline" as const, version: manifest.version, api: "v1" as const })))
)
