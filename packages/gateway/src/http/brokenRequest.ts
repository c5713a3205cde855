/** What is answered if a request breaks. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Certainty } from "@interline/core/MessagingError"
import * as Store from "@interline/sql/Store"
import * as ProblemDetails from "./ProblemDetails.ts"

/** What breaks a request that reads, or one that has a key, does no harm if it is repeated. So the program may ask again if only the database failed. */
export const explain = (
  defect: unknown,
  { headers }: Pick<HttpServerRequest.HttpServerRequest, "headers">,
  { certainty, isRead }: { readonly certainty: Certainty; readonly isRead: boolean }
): ProblemDetails.ProblemDetails =>
  defect instanceof Store.StoreFailure && (isRead || headers["idempotency-key"] !== undefined)
    ? ProblemDetails.make("store-failed", { certainty, next: "retry", retryAfter: 1 })
    : ProblemDetails.make("internal", { certainty })
