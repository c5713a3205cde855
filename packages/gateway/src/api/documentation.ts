/** Serves the description of the API, for programs and for people, and the first address. */
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ConsoleFiles from "../console/ConsoleFiles.ts"
import * as StartPage from "../console/startPage.ts"
import * as Query from "../http/query.ts"
import * as CachedAnswers from "../server/cachedAnswers.ts"
import * as WrongMethod from "../server/wrongMethod.ts"
import { GatewayApi } from "./Api.ts"

/** Gives the routes of a layer the cache of `cachedAnswers.ts`. */
const withCache = <A, E>(layer: Layer.Layer<A, E, HttpLayerRouter.HttpRouter>) =>
  Layer.unwrapEffect(Effect.map(HttpLayerRouter.HttpRouter, (router) =>
    Layer.provide(
      layer,
      Layer.succeed(HttpLayerRouter.HttpRouter, {
        ...router,
        add: (method, path, handler, options) =>
          Effect.flatMap(
            CachedAnswers.makeLasting(Effect.isEffect(handler) ? Effect.orDie(handler) : Effect.die("a page that depends on its request")),
            (answer) => router.add(method, path, Query.without(answer), options)
          )
      } as HttpLayerRouter.HttpRouter) // the types of what a route needs are not changed by this
    )))

/** Swagger's page contains its script and style. Scalar's page would load its fonts from another server. */
const page = withCache(HttpApiSwagger.layerHttpLayerRouter({ api: GatewayApi, path: "/docs" }))

const others = HttpLayerRouter.use((router) =>
  Effect.gen(function*() {
    yield* router.add(
      "GET",
      "/openapi.json",
      Query.without(yield* CachedAnswers.makeLasting(Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(GatewayApi)))))
    )
    const isBuilt = yield* ConsoleFiles.isBuilt
    yield* router.add("GET", "/", Query.without((request) => Effect.succeed(StartPage.start(request, isBuilt))))
    yield* router.addAll(["/", "/docs", "/openapi.json"].flatMap((path) => WrongMethod.refusals(path, ["GET"])))
  })
)

export const layer = Layer.mergeAll(page, others)
