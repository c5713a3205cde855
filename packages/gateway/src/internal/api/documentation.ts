/** The description of the API, for programs and for people. */
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { GatewayApi } from "../../Api.ts"

const specification = HttpLayerRouter.use((router) =>
  // made when it is first asked for: it costs a while and some memory
  Effect.flatMap(Effect.cached(Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(GatewayApi)))), (response) =>
    router.add("GET", "/openapi.json", response))
)

/** Swagger's script and style are in the page; Scalar's page fetches its fonts from elsewhere. */
const page = HttpApiSwagger.layerHttpLayerRouter({ api: GatewayApi, path: "/docs" })

export const layer = Layer.mergeAll(specification, page)
