/** People who opted out, and people who are blocked. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Capabilities from "@interline/core/Capabilities"
import * as Handle from "@interline/core/Handle"
import { Messaging } from "@interline/core/Messaging"
import * as Peer from "@interline/core/Peer"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"
import * as PageCursor from "../pageCursor.ts"

/** A page ends at its last entry. Only the reader of the list sees the person in it. */
const pages = PageCursor.make(Schema.Struct({ since: Schema.Int, handle: Handle.Handle }))

export const people = HttpApiBuilder.group(GatewayApi, "people", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const suppression = yield* Suppression.Suppression
    const carriers = messaging.carriers.flatMap(({ capabilities, id }) => Capabilities.supports(capabilities, "setOptOut") ? [id] : [])
    const set = (handle: Handle.Handle, optedOut: boolean) =>
      Effect.as(toProblem(messaging.setOptOut(handle, optedOut)), { optedOut, carriers })
    return handlers
      // A request without a page gets the whole list. If the list ended early, it would look complete.
      .handle("listOptOuts", ({ urlParams: { cursor, handle, limit } }) =>
        handle !== undefined
          ? Effect.map(suppression.find(handle), (found) => ({ items: Option.toArray(found) }))
          : cursor === undefined && limit === undefined
          ? Effect.map(suppression.list, (items) => ({ items }))
          : Effect.flatMap(pages.readIfGiven(cursor), (after) =>
            Effect.map(suppression.page(limit ?? 100, after), (items) => {
              const last = items.at(-1)
              return last === undefined || items.length < (limit ?? 100)
                ? { items }
                : { items, next: pages.write({ since: last.since, handle: last.handle }) }
            })))
      .handle("optOut", ({ payload }) => set(payload.handle, true))
      .handle("optIn", ({ payload }) => set(payload.handle, false))
      .handle("listBlocked", () => Effect.map(toProblem(messaging.listBlocked()), (items) => ({ items })))
      .handle("block", ({ payload: { peer, reason } }) => toProblem(messaging.block(Peer.fromVendor(peer), reason)))
      .handle("unblock", ({ payload }) => toProblem(messaging.unblock(Peer.fromVendor(payload.peer))))
  }))
