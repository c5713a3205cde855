/** The description of the API, for programs and for people. */
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { GatewayApi } from "../../Api.ts"
import * as Methods from "./methods.ts"

/** Swagger's script and style are in the page; Scalar's page would fetch its fonts from elsewhere. */
const page = HttpApiSwagger.layerHttpLayerRouter({ api: GatewayApi, path: "/docs" })

const specification = HttpLayerRouter.use((router) =>
  // made when it is first asked for: a process that nobody asks starts faster without it
  Effect.flatMap(Effect.cached(Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(GatewayApi)))), (specification) =>
    router.add("GET", "/openapi.json", specification))
)

const refusals = HttpLayerRouter.use((router) => router.addAll(["/docs", "/openapi.json"].flatMap((path) => Methods.refusals(path, ["GET"]))))

export const layer = Layer.mergeAll(page, specification, refusals)
