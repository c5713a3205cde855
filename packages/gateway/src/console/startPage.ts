/** The page at `/`, and the page that stands where the console would be if it is not built. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"

const places = { docs: "/docs", openapi: "/openapi.json", health: "/healthz", ready: "/readyz", api: "/v1" } as const

const what = "Interline: one message over several messaging vendors"

const pageOf = (body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Interline</title><h1>Interline</h1>${body}</html>
`

const links =
  `<ul><li><a href="${places.docs}">The API as a page</a><li><a href="${places.openapi}">The API for tools</a><li><a href="${places.health}">Whether it is alive</a></ul>`

const html = pageOf(`<p>${what}. This is its gateway.</p>\n${links}`)

const contentType = "text/html; charset=utf-8"

const headers = { vary: "accept", "cache-control": "no-cache" }

const isForPeople = ({ headers: { accept } }: HttpServerRequest.HttpServerRequest): boolean =>
  accept !== undefined && /\btext\/html\b/i.test(accept)

/** For a browser, the console or a page with links. For every other client, the same as JSON. */
export const start = (request: HttpServerRequest.HttpServerRequest, isBuilt: boolean): HttpServerResponse.HttpServerResponse => {
  if (!isForPeople(request)) return HttpServerResponse.unsafeJson({ name: "interline-gateway", title: what, ...places }, { headers })
  return isBuilt
    ? HttpServerResponse.redirect("/console/", { status: 302, headers })
    : HttpServerResponse.text(html, { contentType, headers })
}

/** Says how the console is built. */
export const unbuilt: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(
  pageOf(`<p>The console is not built. In a clone, run <code>npm run build</code> and start the gateway again.</p>\n${links}`),
  { status: 404, contentType, headers: { "cache-control": "no-cache" } }
)
