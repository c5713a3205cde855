/** People who opted out, and people who are blocked. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Capabilities from "@interline/core/Capabilities"
import * as Handle from "@interline/core/Handle"
import { Messaging } from "@interline/core/Messaging"
import * as Peer from "@interline/core/Peer"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"

/** The end of a page: the time and the handle of its last entry. Only the reader of the list sees it. */
const cursorOf = ({ handle, since }: Suppression.Entry): string => Encoding.encodeBase64Url(`${since} ${handle}`)

const notACursor = Effect.fail(
  ProblemDetails.make("malformed", { certainty: "not-sent", next: "fix", detail: "cursor is not one that a page of this list gave" })
)

const readCursor = (
  cursor: string | undefined
): Effect.Effect<Pick<Suppression.Entry, "since" | "handle"> | undefined, ProblemDetails.ProblemDetails> => {
  if (cursor === undefined) return Effect.succeed(undefined)
  const [since = "", handle] = Either.getOrElse(Encoding.decodeBase64UrlString(cursor), () => "").split(" ")
  return /^\d{1,15}$/.test(since) && Handle.isHandle(handle) ? Effect.succeed({ since: Number(since), handle }) : notACursor
}

export const people = HttpApiBuilder.group(GatewayApi, "people", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const suppression = yield* Suppression.Suppression
    const carriers = messaging.carriers.flatMap(({ capabilities, id }) => Capabilities.supports(capabilities, "setOptOut") ? [id] : [])
    const set = (handle: Handle.Handle, optedOut: boolean) =>
      Effect.as(toProblem(messaging.setOptOut(handle, optedOut)), { optedOut, carriers })
    return handlers
      // A request without a page gets the whole list. If the list ended early, it would look complete.
      .handle("listOptOuts", ({ urlParams: { cursor, limit } }) =>
        cursor === undefined && limit === undefined ?
          Effect.map(suppression.list, (items) => ({ items })) :
          Effect.flatMap(readCursor(cursor), (after) =>
            Effect.map(suppression.page(limit ?? 100, after), (items) => {
              const last = items.at(-1)
              return last === undefined || items.length < (limit ?? 100) ? { items } : { items, next: cursorOf(last) }
            })))
      .handle("optOut", ({ payload }) => set(payload.handle, true))
      .handle("optIn", ({ payload }) => set(payload.handle, false))
      .handle("listBlocked", () => Effect.map(toProblem(messaging.listBlocked()), (items) => ({ items })))
      .handle("block", ({ payload: { peer, reason } }) => toProblem(messaging.block(Peer.fromVendor(peer), reason)))
      .handle("unblock", ({ payload }) => toProblem(messaging.unblock(Peer.fromVendor(payload.peer))))
  }))
