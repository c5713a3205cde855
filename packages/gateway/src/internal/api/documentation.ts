/** The description of the API, for programs and for people. */
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import { GatewayApi } from "../../Api.ts"

/** Swagger's script and style are in the page; Scalar's page would fetch its fonts from elsewhere. */
const page = HttpLayerRouter.toHttpEffect(HttpApiSwagger.layerHttpLayerRouter({ api: GatewayApi, path: "/docs" }))

// both are made when they are first asked for: a process that nobody asks starts faster without them
export const layer = HttpLayerRouter.use((router) =>
  Effect.gen(function*() {
    const specification = yield* Effect.cached(Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(GatewayApi))))
    const app = yield* Effect.cached(Effect.scoped(page))
    yield* router.add("GET", "/openapi.json", specification)
    yield* router.add("GET", "/docs", Effect.orDie(Effect.flatten(app)))
  })
)
