/** A SQLite file with its tables, gone with the test. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Database from "@interline/sql/Database"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The path of a file in a folder of its own. */
export const temporary = Effect.gen(function*() {
  const folder = yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped())
  return `${folder}/interline.db`
}).pipe(Effect.provide(NodeFileSystem.layer))

export const database = Layer.unwrapScoped(Effect.map(temporary, (path) => Database.layer(path)))
