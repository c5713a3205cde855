/** The response that carries a problem. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as ProblemDetails from "./ProblemDetails.ts"

/** Makes the response. `headers` are added to the headers of the problem itself. */
export const respond = (
  problem: ProblemDetails.ProblemDetails,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse => {
  const { retryAfter, status } = problem
  const waits = retryAfter ?? (status === 503 || status === 429 ? 1 : undefined)
  return HttpServerResponse.text(JSON.stringify(ProblemDetails.encode(problem)), {
    status,
    contentType: ProblemDetails.contentType,
    headers: {
      "cache-control": "no-store",
      ...(status < 400 ? {} : { "x-should-retry": String(ProblemDetails.mayRepeat(problem)) }),
      ...(waits === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(waits))) }),
      ...(status === 401 ? { "www-authenticate": "Bearer realm=\"interline\"" } : {}),
      ...(status === 413 || status === 408 || status === 415 ? { connection: "close" } : {}),
      ...(status === 415 ? { "accept-encoding": "identity" } : {}),
      ...headers
    }
  })
}
