/** The console's files over HTTP: what is served, how long it is kept, and what is never served. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServer from "@effect/platform/HttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as ConsoleFiles from "../../src/console/ConsoleFiles.ts"
import * as Drain from "../../src/http/Drain.ts"
import * as RequestPolicy from "../../src/server/RequestPolicy.ts"
import { serve as serveApi } from "../api/world.ts"
import { connect } from "./raw.ts"

const files = {
  "index.html": "<!doctype html><title>The console</title>",
  "icon.svg": "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
  "assets/index-abc123.js": "export const page = 1\n".repeat(200),
  "assets/index-abc123.css": "body { margin: 0 }"
} as const

/** A folder with the console's files, and a file beside it that nobody may read. */
const built: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-console-"))
      Fs.mkdirSync(Path.join(folder, "console", "assets"), { recursive: true })
      for (const [name, text] of Object.entries(files)) Fs.writeFileSync(Path.join(folder, "console", name), text)
      Fs.writeFileSync(Path.join(folder, "secret.txt"), "the secret")
      return folder
    }),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => Path.join(folder, "console")
)

type Method = "GET" | "HEAD" | "POST" | "DELETE"

const serve = (folder: string) =>
  Effect.map(
    Layer.build(
      RequestPolicy.serve(Layer.provide(ConsoleFiles.layer, RequestPolicy.layer({ accessLog: false }))).pipe(
        Layer.provideMerge(NodeHttpServer.layerTest),
        Layer.provide(Drain.layer),
        Layer.provide(Layer.succeed(ConsoleFiles.ConsoleFolder, folder))
      )
    ),
    (context) => {
      const client = HttpClient.withTracerDisabledWhen(Context.get(context, HttpClient.HttpClient), () => true)
      const address = Context.get(context, HttpServer.HttpServer).address
      return {
        port: address._tag === "TcpAddress" ? address.port : 0,
        get: (path: string, headers: Readonly<Record<string, string>> = {}, method: Method = "GET") =>
          Effect.flatMap(
            client.execute(HttpClientRequest.make(method)(path, { headers: { "accept-encoding": "identity", ...headers } })),
            (answer) => Effect.map(answer.text, (text) => ({ status: answer.status, headers: answer.headers, text }))
          )
      }
    }
  )

const world = Effect.flatMap(built, serve)

describe("the console's files", () => {
  it.scopedLive("are served with their types, and only with what a page of this server needs", () =>
    Effect.gen(function*() {
      const { get } = yield* world
      const types = {
        "/console/": ["text/html; charset=utf-8", files["index.html"]],
        "/console/icon.svg": ["image/svg+xml", files["icon.svg"]],
        "/console/assets/index-abc123.js": ["text/javascript; charset=utf-8", files["assets/index-abc123.js"]],
        "/console/assets/index-abc123.css": ["text/css; charset=utf-8", files["assets/index-abc123.css"]]
      } as const
      for (const [path, [type, text]] of Object.entries(types)) {
        const answer = yield* get(path)
        expect([path, answer.status, answer.headers["content-type"], answer.text]).toEqual([path, 200, type, text])
        expect(answer.headers["content-security-policy"]).toBe(
          "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
        )
        expect(answer.headers["x-content-type-options"]).toBe("nosniff")
        const head = yield* get(path, {}, "HEAD")
        expect([head.status, head.headers["content-type"], head.text]).toEqual([200, type, ""])
      }
    }))

  it.scopedLive("are kept for a year if their name has a digest, and asked for each time otherwise", () =>
    Effect.gen(function*() {
      const { get } = yield* world
      expect((yield* get("/console/assets/index-abc123.js")).headers["cache-control"]).toBe("public, max-age=31536000, immutable")
      for (const path of ["/console/", "/console/icon.svg"]) expect((yield* get(path)).headers["cache-control"]).toBe("no-cache")
      const { headers } = yield* get("/console/")
      const again = yield* get("/console/", { "if-none-match": headers["etag"] ?? "" })
      expect([again.status, again.text]).toEqual([304, ""])
    }))

  it.scopedLive("are sent packed to who takes that", () =>
    Effect.gen(function*() {
      const { get } = yield* world
      for (const coding of ["gzip", "br"]) {
        const { headers } = yield* get("/console/assets/index-abc123.js", { "accept-encoding": coding }, "HEAD")
        expect([headers["content-encoding"], headers["vary"]]).toEqual([coding, "accept-encoding"])
      }
    }))

  it.scopedLive("have one document for every page, and none for an asset that is missing", () =>
    Effect.gen(function*() {
      const { get } = yield* world
      for (
        const path of ["/console/messages", "/console/messages/6f1c2f6e", "/console/received/linq%3Aab.c?show=1", "/console/nowhere/at/all"]
      ) {
        expect([path, (yield* get(path)).text]).toEqual([path, files["index.html"]])
      }
      for (const path of ["/console/assets/index-old.js", "/console/assets/", "/console/main.js"]) {
        const answer = yield* get(path)
        expect([path, answer.status, answer.headers["content-type"]]).toEqual([path, 404, "application/problem+json"])
      }
      const moved = yield* get("/console")
      expect([moved.status, moved.headers["location"]]).toEqual([308, "/console/"])
      const posted = yield* get("/console/messages", {}, "POST")
      expect([posted.status, posted.headers["allow"]]).toEqual([405, "GET"])
    }))

  it.scopedLive("never include what is beside their folder, in any spelling of the address", () =>
    Effect.gen(function*() {
      const { port } = yield* world
      for (
        const path of [
          "/console/../secret.txt",
          "/console/assets/../../secret.txt",
          "/console/%2e%2e/secret.txt",
          "/console/..%2fsecret.txt",
          "/console/..%5csecret.txt",
          "/console/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
          "/console//secret.txt",
          "/console/%00secret.txt"
        ]
      ) {
        const connection = yield* connect(port)
        connection.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
        yield* connection.closed
        const text = connection.text()
        expect([path, /^HTTP\/1\.1 \d{3}/.test(text), text.includes("the secret")]).toEqual([path, true, false])
      }
    }))

  it.scopedLive("may be missing: then a page says how they are built", () =>
    Effect.gen(function*() {
      const { get } = yield* serve(Path.join(Os.tmpdir(), "interline-there-is-no-such-folder"))
      const answer = yield* get("/console/")
      expect([answer.status, answer.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"])
      expect(answer.text).toContain("npm run build")
      expect(answer.text).toContain("href=\"/docs\"")
    }))

  it.scopedLive("that were built again while the process runs are answered with a sentence", () =>
    Effect.gen(function*() {
      const folder = yield* built
      const { get } = yield* serve(folder)
      Fs.rmSync(Path.join(folder, "assets", "index-abc123.js"))
      const answer = yield* get("/console/assets/index-abc123.js")
      expect([answer.status, answer.text.includes("start the gateway again")]).toEqual([404, true])
    }))
})

describe("the first address", () => {
  const visit = (folder: string) =>
    Effect.flatMap(
      Effect.provideService(serveApi(), ConsoleFiles.ConsoleFolder, folder),
      ({ anybody }) =>
        Effect.flatMap(
          anybody.execute(HttpClientRequest.get("/", { headers: { accept: "text/html" } })),
          (answer) => Effect.map(answer.text, (text) => ({ status: answer.status, location: answer.headers["location"], text }))
        )
    )

  it.scopedLive("leads a browser to the console if there is one, and else to the API's pages", () =>
    Effect.gen(function*() {
      expect((yield* visit("/there/is/none")).text).toContain("href=\"/docs\"")
      const { location, status } = yield* visit(yield* built)
      expect([status, location]).toEqual([302, "/console/"])
    }))
})
