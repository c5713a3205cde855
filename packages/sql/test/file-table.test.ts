import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Database from "@interline/sql/Database"
import * as FileTable from "@interline/sql/FileTable"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { temporary } from "./files.ts"

const linq = CarrierId.make("linq")

const file = (id: string): Omit<FileTable.File, "stored"> => ({
  id,
  fileName: "terms.pdf",
  mimeType: "application/pdf",
  sizeBytes: 14,
  secret: Redacted.make("s3cret"),
  createdAt: 1_000,
  expiresAt: 2_000
})

const withFiles = <A, E>(use: (files: FileTable.FileTableService) => Effect.Effect<A, E>) =>
  Effect.flatMap(
    temporary,
    (path) => Effect.flatMap(FileTable.FileTable, use).pipe(Effect.provide(Layer.provide(FileTable.layer, Database.layer(path))))
  )

describe("a file that was announced", () => {
  it.scopedLive("is found as it was announced, and where it is stored when its bytes came", () =>
    withFiles((files) =>
      Effect.gen(function*() {
        yield* files.open(file("a"))
        deepStrictEqual(
          Option.map(yield* files.find("a"), ({ secret: _, ...found }) => found),
          Option.some({
            id: "a",
            fileName: "terms.pdf",
            mimeType: "application/pdf",
            sizeBytes: 14,
            createdAt: 1_000,
            expiresAt: 2_000
          })
        )
        const stored = { ref: { carrierId: linq, id: "f1" }, url: "https://cdn.example.com/f1" }
        assert.isTrue(yield* files.recordUpload("a", stored))
        deepStrictEqual(Option.map(yield* files.find("a"), (found) => found.stored), Option.some(stored))
        deepStrictEqual(Option.map(yield* files.findByRef(stored.ref), ({ id }) => id), Option.some("a"))
      })
    ))

  it.scopedLive("stays where its first upload put it", () =>
    withFiles((files) =>
      Effect.gen(function*() {
        yield* files.open(file("a"))
        yield* files.recordUpload("a", { ref: { carrierId: linq, id: "f1" } })
        assert.isFalse(yield* files.recordUpload("a", { ref: { carrierId: linq, id: "f2" } }))
        deepStrictEqual(Option.map(yield* files.find("a"), ({ stored }) => stored?.ref.id), Option.some("f1"))
        assert.isTrue(Option.isNone(yield* files.findByRef({ carrierId: linq, id: "f2" })))
      })
    ))

  it.scopedLive("is gone once when it is removed", () =>
    withFiles((files) =>
      Effect.gen(function*() {
        yield* files.open(file("a"))
        assert.isTrue(yield* files.remove("a"))
        assert.isFalse(yield* files.remove("a"))
        assert.isTrue(Option.isNone(yield* files.find("a")))
      })
    ))

  it.scopedLive("is found by an address that is longer than what an index takes", () =>
    withFiles((files) =>
      Effect.gen(function*() {
        const ref = { carrierId: linq, id: `https://cdn.example.com/${"x".repeat(3_000)}` }
        yield* files.open(file("a"))
        yield* files.recordUpload("a", { ref })
        assert.isTrue(Option.isSome(yield* files.findByRef(ref)))
      })
    ))
})
