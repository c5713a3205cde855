/** Serves the description of the API, for programs and for people, and the start page. */
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Query from "../http/query.ts"
import * as WrongMethod from "../server/wrongMethod.ts"
import { GatewayApi } from "./Api.ts"
import * as CachedAnswers from "./cachedAnswers.ts"

// --- the start page ---

const places = { docs: "/docs", openapi: "/openapi.json", health: "/healthz", ready: "/readyz", api: "/v1" } as const

const what = "Interline: one message over several messaging vendors"

const html =
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Interline</title><h1>Interline</h1><p>${what}. This is its gateway.</p>
<ul><li><a href="${places.docs}">The API as a page</a><li><a href="${places.openapi}">The API for tools</a><li><a href="${places.health}">Whether it is alive</a></ul></html>
`

const headers = { vary: "accept", "cache-control": "no-cache" }

/** A page for a browser, and the same data as JSON for every other client. */
const start = ({ headers: { accept } }: HttpServerRequest.HttpServerRequest) =>
  Effect.succeed(
    accept !== undefined && /\btext\/html\b/i.test(accept)
      ? HttpServerResponse.text(html, { contentType: "text/html; charset=utf-8", headers })
      : HttpServerResponse.unsafeJson({ name: "interline-gateway", title: what, ...places }, { headers })
  )

// --- the description ---

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
    yield* router.add("GET", "/", Query.without(start))
    yield* router.addAll(["/", "/docs", "/openapi.json"].flatMap((path) => WrongMethod.refusals(path, ["GET"])))
  })
)

export const layer = Layer.mergeAll(page, others)
