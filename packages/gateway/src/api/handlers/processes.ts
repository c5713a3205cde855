/** Shows which processes this gateway has, and how many shards each of them owns. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import { Processes } from "../../server/Processes.ts"
import { GatewayApi } from "../Api.ts"

export const processes = HttpApiBuilder.group(
  GatewayApi,
  "processes",
  (handlers) => Effect.map(Processes, ({ list }) => handlers.handle("listProcesses", () => Effect.map(list, (items) => ({ items }))))
)
