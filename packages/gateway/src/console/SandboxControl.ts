/** Passes requests at `/sandbox/…` on to the control API of a sandbox. So a page of this gateway can show the phones of the sandbox, and make its vendors fail. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Defect from "@interline/core/Defect"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import type * as Layer from "effect/Layer"
import * as Authentication from "../access/Authentication.ts"
import type { Sessions } from "../access/Sessions.ts"
import type { ApiKeys } from "../http/ApiKeys.ts"
import * as HttpBody from "../http/body.ts"
import * as KeyAccess from "../http/KeyAccess.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"

const prefix = "/sandbox"

const bodyLimit = 1024 * 1024

const hasBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"])

const unreadable = (why: HttpBody.Unread): ProblemDetails.ProblemDetails =>
  ProblemDetails.make(why === "slow" ? "body-timeout" : why === "size" ? "too-large" : "malformed", { certainty: "not-sent", next: "fix" })

const unanswered = ProblemDetails.make("internal", { certainty: "unknown", detail: "the sandbox does not answer" })

/**
 * Registers the routes. They need a key or a session with the scope `operate`. `control` is the base URL of the sandbox's control API. Bodies and answers
 * are not changed, and not masked, because nobody real is in a sandbox.
 *
 * @category layers
 */
export const layer = (
  control: string
): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | ApiKeys | Sessions | HttpClient.HttpClient> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const credentials = yield* Authentication.credentials
      // An address may hold a number, so it is in no span.
      const client = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, constTrue)
      const pass = Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        yield* Authentication.authenticateBy(credentials, request, KeyAccess.operate)
        const bytes = hasBody.has(request.method)
          ? yield* Effect.mapError(HttpBody.read(request, bodyLimit, "30 seconds"), unreadable)
          : undefined
        const asked = HttpClientRequest.make(request.method)(`${control}${request.url.slice(prefix.length)}`)
        const answer = yield* client.execute(
          bytes === undefined || bytes.length === 0 ? asked : HttpClientRequest.bodyUint8Array(asked, bytes, "application/json")
        ).pipe(
          Effect.flatMap(({ headers, status, text }) => Effect.map(text, (text) => ({ status, text, type: headers["content-type"] }))),
          Effect.catchAll((error) =>
            Effect.zipRight(
              Effect.logWarning("the sandbox did not answer", { defect: Defect.nameOf(error) }),
              Effect.fail(unanswered)
            )
          )
        )
        const headers = { "cache-control": "no-store" }
        return answer.text === ""
          ? HttpServerResponse.empty({ status: answer.status, headers })
          : HttpServerResponse.text(answer.text, { status: answer.status, contentType: answer.type ?? "application/json", headers })
      }).pipe(Effect.catchAll((problem) => Effect.succeed(respond(problem))))
      yield* router.add("*", `${prefix}/*`, pass)
    })
  )
