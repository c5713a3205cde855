// `npm run size`: what the packages add, gzipped, to the `effect` and `HttpClient` that an Effect application already has.
import { build } from "esbuild"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const here = dirname(fileURLToPath(import.meta.url))

// An application that calls an HTTP API with Effect: layers, configuration, schemas, a client, a stream.
const baseline = `
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
class Failure extends Schema.TaggedError()("Failure", { status: Schema.Number, wait: Schema.DurationFromMillis }) {}
class Api extends Context.Tag("Api")() {}
const Item = Schema.Struct({
  id: Schema.UUID,
  name: Schema.optionalWith(Schema.NonEmptyString, { exact: true }),
  kind: Schema.Union(Schema.TaggedStruct("A", { count: Schema.NonNegativeInt }), Schema.TaggedStruct("B", { tags: Schema.NonEmptyArray(Schema.String) })),
  secret: Schema.RedactedFromSelf(Schema.String),
  fields: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})
export const live = Layer.effect(Api, Effect.gen(function*() {
  const client = yield* HttpClient.HttpClient
  const token = yield* Config.redacted("TOKEN")
  yield* Config.mapOrFail(Config.option(Config.string("URL")), Option.match({ onNone: () => ConfigError.MissingData([], "no"), onSome: () => ConfigError.InvalidData([], "no") }))
  return {
    load: (id) => HttpClientRequest.post("/" + id, { headers: { authorization: Redacted.value(token) } }).pipe(
      HttpClientRequest.bodyText("{}", "application/json"),
      HttpClientRequest.setBody(HttpBody.empty),
      client.execute,
      Effect.flatMap(HttpClientResponse.schemaBodyJson(Item)),
      Effect.timeoutFail({ duration: Duration.seconds(1), onTimeout: () => new Failure({ status: 0, wait: Duration.zero }) }),
      Effect.withSpan("load"),
      Effect.zipLeft(Random.nextRange(0, 1))
    ),
    all: Stream.paginateChunkEffect(0, (page) => Effect.succeed([[], Option.none()]))
  }
})).pipe(Layer.provide(FetchHttpClient.layer))
export const run = (effect) => Effect.runPromise(Effect.provide(effect, live))
`

const parts = {
  core: `export * from "@interline/core"`,
  "core + linq": `export * from "@interline/core"; export * as Linq from "@interline/linq/Linq"`,
  "core + sendblue": `export * from "@interline/core"; export * as Sendblue from "@interline/sendblue/Sendblue"`,
  "core + linq + sendblue":
    `export * from "@interline/core"; export * as Linq from "@interline/linq/Linq"; export * as Sendblue from "@interline/sendblue/Sendblue"`,
  "core + linq + sendblue + router":
    `export * from "@interline/core"; export * as Linq from "@interline/linq/Linq"; export * as Sendblue from "@interline/sendblue/Sendblue"; export * as Router from "@interline/router/Router"; export * as MemoryLedger from "@interline/router/MemoryLedger"`,
  "one application: layerConfig over both carriers, send":
    `export { layerConfig } from "interline/Interline"; export { send } from "@interline/core/Messaging"`
}

const gzipped = async (contents, external) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    external,
    logLevel: "error"
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`
const base = await gzipped(baseline, [])
console.log(`baseline, an Effect application with HttpClient and Schema: ${kib(base)} gzip\n`)
console.log("| Bundle | over the baseline | own code alone |\n|---|---:|---:|")
for (const [name, contents] of Object.entries(parts)) {
  const whole = await gzipped(`${baseline}\n${contents}`, [])
  const own = await gzipped(contents, ["effect", "effect/*", "@effect/platform", "@effect/platform/*"])
  console.log(`| ${name} | ${kib(whole - base)} | ${kib(own)} |`)
}
