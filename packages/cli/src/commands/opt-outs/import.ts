/** `interline opt-outs import`. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as ApiClient from "@interline/gateway/ApiClient"
import { OptOutCounts } from "@interline/gateway/CatchUpProgress"
import * as ReadOptOuts from "@interline/gateway/ReadOptOuts"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const unreadable = (path: string) => () => new Failure.Failure({ message: `the file ${path} cannot be read`, code: 2 })

/** The lines of a file. All are read before the gateway is asked, so that it is not waited for while a pipe gives nothing. */
const readLines = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    (path === "-"
      ? Stream.mapError(NodeStream.stdin, () => new Failure.Failure({ message: "the standard input cannot be read", code: 1 }))
      : Stream.mapError(files.stream(path), unreadable(path))).pipe(Stream.decodeText(), Stream.splitLines, Stream.runCollect))

/** The result, with the lines that name no person. */
const Imported = Schema.extend(
  OptOutCounts,
  Schema.Struct({ without: Schema.Array(Schema.Struct({ line: Schema.NonNegativeInt, why: Schema.String })) })
)

type Without = typeof Imported.Type["without"]

/** The lines that name no person, each with the reason. No text of a line is shown. */
const findWithout = (lines: Stream.Stream<string>): Effect.Effect<Without> =>
  ReadOptOuts.numberLines(lines).pipe(
    Stream.filterMap(([text, line]) => Option.map(Either.getLeft(ReadOptOuts.readLine(text)), (why) => ({ line, why }))),
    Stream.runCollect,
    Effect.map((found) => Array.from(found))
  )

const page = ({ added, known, malformed, read, without }: typeof Imported.Type): string =>
  [
    Table.toFacts([["read", read], ["added", added], ["known before", known], ["no person", malformed === 0 ? undefined : malformed]]),
    ...without.map(({ line, why }) => `line ${line} names no person: ${why}`)
  ].join("\n")

export const command = MakeVerb.makeVerb("opt-outs import", (flags, [path]) =>
  Effect.scoped(Effect.gen(function*() {
    const carrier = yield* Input.readOption(flags.carrier, Input.readCarrier)
    if (carrier !== undefined && path !== undefined) {
      yield* Failure.failAsUsage({ message: "--carrier and a file exclude each other; give one of them" })
    }
    const { ask, http, options } = yield* Connect.connect(flags)
    const lines = path === undefined ? Stream.empty : Stream.fromChunk(yield* readLines(path))
    const request = Effect.provideService(
      ApiClient.importOptOuts(options, carrier === undefined ? { lines } : { carrier }),
      HttpClient.HttpClient,
      http
    )
    const counts = yield* ask(request, "give the same command again, because nobody is added twice")
    yield* Output.printOne(flags, Imported, { ...counts, without: yield* findWithout(lines) }, page)
    if (counts.malformed > 0) {
      yield* new Failure.Failure({
        message: `${counts.malformed === 1 ? "one line names" : `${counts.malformed} lines name`} no person; all others were taken`,
        code: 1
      })
    }
  })))
