/** Serves the console at `/console/`: files that were built before, and nothing from another place. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"
import * as Query from "../http/query.ts"
import * as CachedAnswers from "../server/cachedAnswers.ts"
import * as WrongMethod from "../server/wrongMethod.ts"
import * as StartPage from "./startPage.ts"

/**
 * The folder of the built console (default: the one in this package). If it has no `index.html`, the console was not built.
 *
 * @category services
 */
export class ConsoleFolder extends Context.Reference<ConsoleFolder>()("@interline/gateway/ConsoleFiles/ConsoleFolder", {
  // from `src` and from `dist` it is the same folder
  defaultValue: () => fileURLToPath(new URL("../../console", import.meta.url))
}) {}

/**
 * Whether the console was built.
 *
 * @category getters
 */
export const isBuilt: Effect.Effect<boolean> = Effect.map(
  ConsoleFolder,
  (folder) => Fs.existsSync(Path.join(folder, "index.html"))
)

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2"
}

/** The page may only use what this server has. `'self'` allows no script and no style inside of the page. */
const headers = {
  "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin"
}

const prefix = "/console/"

/** The names of files below `assets` have a digest of their content. */
const isHashed = (name: string): boolean => name.startsWith("assets/")

const immutable = "public, max-age=31536000, immutable"

/** The names of the files in a folder, with forward slashes. Only these are served, so no path leads out of the folder. */
const namesIn = (folder: string): ReadonlyArray<string> =>
  Either.getOrElse(
    Either.try(() =>
      Fs.readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name, parentPath }) => Path.relative(folder, Path.join(parentPath, name)).replaceAll(Path.sep, "/"))
    ),
    () => []
  )

type Answer = (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse>

const nowhere = (detail: string) => respond(ProblemDetails.make("not-found", { certainty: "not-sent", next: "fix", detail }))

/** A file is read at its first request. Without it, a build has replaced the folder while this process ran. */
const fileOf = (folder: string, name: string): Effect.Effect<Answer> =>
  CachedAnswers.makeLasting(
    Effect.orDie(Effect.try(() =>
      HttpServerResponse.uint8Array(Fs.readFileSync(Path.join(folder, name)), {
        contentType: types[Path.extname(name)] ?? "application/octet-stream",
        headers
      })
    )),
    isHashed(name) ? immutable : "no-cache"
  ).pipe(
    Effect.map((answer) => (request) =>
      Effect.map(
        Effect.catchAllCause(
          answer(request),
          () => Effect.succeed(nowhere("the console was built again while this process ran; start the gateway again"))
        ),
        (response) => HttpServerResponse.setHeaders(response, { ...headers, ...response.headers })
      )
    )
  )

/** A file by its name. Every other address is one of the console's pages, which the same document draws. An asset that is missing is no page. */
const find = (files: ReadonlyMap<string, Answer>): Answer => (request) => {
  const [path] = Query.split(request.url)
  const name = path.slice(prefix.length)
  const answer = files.get(name) ?? (isHashed(name) || Path.extname(name) === ".js" ? undefined : files.get("index.html"))
  return answer === undefined ? Effect.succeed(nowhere("the console has no such file")) : answer(request)
}

const unbuilt: Answer = () => Effect.succeed(HttpServerResponse.setHeaders(StartPage.unbuilt, headers))

/**
 * Registers the routes. The files' names are read once, when the layer is built. Files with a digest in their name are kept by browsers for
 * a year, and the document is asked for each time.
 *
 * @category layers
 */
export const layer: Layer.Layer<never, never, HttpLayerRouter.HttpRouter> = HttpLayerRouter.use((router) =>
  Effect.gen(function*() {
    const folder = yield* ConsoleFolder
    const names = (yield* isBuilt) ? namesIn(folder) : []
    const files = new Map<string, Answer>()
    for (const name of names) files.set(name, yield* fileOf(folder, name))
    const answer = files.size === 0 ? unbuilt : find(files)
    const handler = Effect.flatMap(HttpServerRequest.HttpServerRequest, answer)
    yield* router.add("GET", "/console", HttpServerResponse.redirect(prefix, { status: 308, headers }))
    yield* router.add("GET", "/console/*", handler)
    yield* router.addAll(["/console", "/console/*"].flatMap((path) => WrongMethod.refusals(path, ["GET"])))
  })
)
