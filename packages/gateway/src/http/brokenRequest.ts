/** What is answered if a request breaks. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Certainty } from "@interline/core/MessagingError"
import * as Store from "@interline/sql/Store"
import * as ProblemDetails from "./ProblemDetails.ts"

/**
 * If only the database failed, a request that does no harm when it is repeated may be repeated: one that reads, that comes to the same if it is done twice, or
 * that has a key. Of any other it is not known what was done, and nobody can tell by a key.
 */
export const explain = (
  defect: unknown,
  { headers }: Pick<HttpServerRequest.HttpServerRequest, "headers">,
  { certainty, isRepeatable }: { readonly certainty: Certainty; readonly isRepeatable: boolean }
): ProblemDetails.ProblemDetails =>
  !(defect instanceof Store.StoreFailure)
    ? ProblemDetails.make("internal", { certainty })
    : isRepeatable || headers["idempotency-key"] !== undefined
    ? ProblemDetails.make("store-failed", { certainty, next: "retry", retryAfter: 1 })
    : ProblemDetails.storeFailedUnkeyed
