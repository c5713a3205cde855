/** Makes a report of recorded calls: what they become at another vendor. It reads files of any length, and sends nothing. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as FileSystem from "@effect/platform/FileSystem"
import type { ShownChat } from "@interline/gateway/RequestReader"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Vendors from "interline/Vendors"
import { createGunzip } from "node:zlib"
import * as CallReader from "../calls/CallReader.ts"
import type { CallSource } from "../calls/CallSource.ts"
import * as Translator from "../translate/Translator.ts"
import * as HtmlPage from "./htmlPage.ts"
import * as Shortfall from "./shortfall.ts"
import * as Summary from "./Summary.ts"
import * as TextPage from "./textPage.ts"

/**
 * An input cannot be read at all. `code` is there if its name cannot be meant.
 *
 * @category errors
 */
export class ReportError extends Data.TaggedError("ReportError")<{ readonly message: string; readonly code?: 2 }> {}

/**
 * Recorded calls as bytes, perhaps compressed by gzip. `name` names them in the report.
 *
 * @category models
 */
export interface Input {
  readonly name: string
  readonly bytes: Stream.Stream<Uint8Array, ReportError>
  /** How many bytes there are, if it is known. */
  readonly size: Option.Option<number>
}

/**
 * How far a report has come: calls, and bytes of all inputs as they are stored.
 *
 * @category models
 */
export interface Progress {
  readonly calls: number
  readonly bytes: number
}

/**
 * Options of a report.
 *
 * @category models
 */
export interface Options extends Translator.Options, Pick<Summary.Options, "newContactsPerDay" | "shadow" | "shows"> {
  /** Chats that are known from elsewhere. They are read before the calls. Default: none. */
  readonly chats?: Stream.Stream<ReadonlyArray<ShownChat>, ReportError>
  /** Runs after each piece of an input. Default: nothing. */
  readonly onProgress?: (progress: Progress) => Effect.Effect<void>
}

// --- inputs ---

const noFile = (path: string): ReportError => new ReportError({ message: `there is no file ${path}`, code: 2 })

const unreadable = (name: string) => () => new ReportError({ message: `${name} cannot be read` })

/**
 * Opens a file, or the standard input for `-`. Fails if there is no such file.
 *
 * @category constructors
 */
export const open = (path: string): Effect.Effect<Input, ReportError, FileSystem.FileSystem> =>
  path === "-"
    ? Effect.succeed({
      name: "stdin",
      bytes: Stream.mapError(NodeStream.stdin, unreadable("the standard input")),
      size: Option.none()
    })
    : Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const { size, type } = yield* Effect.mapError(
        files.stat(path),
        (error) => error._tag === "SystemError" && error.reason === "NotFound" ? noFile(path) : unreadable(path)()
      )
      if (type === "Directory") return yield* new ReportError({ message: `${path} is a folder; name the files in it`, code: 2 })
      return {
        name: path,
        bytes: Stream.mapError(files.stream(path), unreadable(path)),
        size: type === "File" ? Option.some(Number(size)) : Option.none()
      }
    })

/** The compressed bytes end too early or are damaged. What was read before counts. */
class Undecompressed extends Data.TaggedError("Undecompressed")<{}> {}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const none: Uint8Array = new Uint8Array()

/** The first pieces, until they have the two bytes that tell gzip. */
const head = Sink.fold(
  none,
  (bytes) => bytes.length < 2,
  (bytes, piece: Uint8Array): Uint8Array => bytes.length === 0 ? piece : new Uint8Array([...bytes, ...piece])
)

/** Decompresses bytes that begin as gzip does. The others stay as they are. */
const decompress = (bytes: Stream.Stream<Uint8Array, ReportError>): Stream.Stream<Uint8Array, ReportError | Undecompressed> =>
  Stream.unwrapScoped(
    Effect.map(Stream.peel(bytes, head), ([first, rest]): Stream.Stream<Uint8Array, ReportError | Undecompressed> => {
      const whole: Stream.Stream<Uint8Array, ReportError | Undecompressed> = Stream.concat(Stream.make(first), rest)
      return isGzip(first)
        ? NodeStream.pipeThroughDuplex(whole, () => createGunzip(), () => new Undecompressed())
        : whole
    })
  )

// --- the report ---

/**
 * Reads the inputs one after the other, as if they were one recording, and counts what they hold. It needs the same memory for inputs of
 * any length. Fails only if an input cannot be read.
 *
 * @category constructors
 */
export const run = (
  inputs: ReadonlyArray<Input | CallSource<ReportError>>,
  { chats = Stream.empty, newContactsPerDay, onProgress = () => Effect.void, shadow, shows, ...options }: Options
): Effect.Effect<Summary.Summary, ReportError> =>
  Effect.gen(function*() {
    const translator = yield* Translator.make(options)
    const counter = Summary.make({
      from: Vendors.vendors[options.from].title,
      to: Vendors.vendors[options.to].title,
      notes: inputs.flatMap((input) => "notes" in input ? input.notes : []),
      ...(newContactsPerDay === undefined ? {} : { newContactsPerDay }),
      ...(shadow === undefined ? {} : { shadow }),
      ...(shows === undefined ? {} : { shows })
    })
    let bytes = 0

    const translate = ({ asked, call }: CallReader.Located): Effect.Effect<Translator.Translation> =>
      asked === undefined ? translator.translate(call) : translator.translateDraft(asked, `${call.method} ${call.path}`)

    const count = (item: CallReader.Item): Effect.Effect<void> =>
      Either.match(item, {
        onLeft: (damaged) => Effect.sync(() => counter.addDamaged(damaged)),
        onRight: (located) => Effect.map(translate(located), (translation) => counter.add(located, translation))
      })

    const countAll = (items: ReadonlyArray<CallReader.Item>): Effect.Effect<void> => Effect.forEach(items, count, { discard: true })

    const report = Effect.suspend(() => onProgress({ calls: counter.calls(), bytes }))

    const readRecording = ({ bytes: stored, name }: Input): Effect.Effect<void, ReportError> =>
      Effect.suspend(() => {
        const reader = CallReader.make(name)
        let isWhole = true
        const counted = Stream.map(stored, (piece) => {
          bytes += piece.length
          return piece
        })
        return Stream.runForEachChunk(decompress(counted), (pieces) =>
          Effect.zipRight(
            Effect.forEach(Chunk.toReadonlyArray(pieces), (piece) => countAll(reader.push(piece)), { discard: true }),
            report
          )).pipe(
            Effect.catchTag("Undecompressed", () =>
              Effect.sync(() => {
                isWhole = false
                counter.addDamaged({
                  where: `${name}, the rest`,
                  why: "the compressed data is damaged or ends too early",
                  endsInput: true
                })
              })),
            // what is cut off at the end of damaged data is a part of the rest
            Effect.zipRight(Effect.suspend(() => countAll(isWhole ? reader.end() : reader.end().filter(Either.isRight))))
          )
      })

    yield* Stream.runForEach(chats, translator.learn)
    yield* Effect.forEach(
      inputs,
      (input) =>
        "calls" in input
          ? Stream.runForEach(input.calls, (items) => Effect.zipRight(countAll(items), report))
          : readRecording(input),
      { discard: true }
    )
    return counter.summary(translator.hasForgotten(), translator.doubts())
  })

const encode = Schema.encodeSync(Summary.Summary)

/**
 * The summary as one line of JSON.
 *
 * @category combinators
 */
export const toJson = (summary: Summary.Summary): string => JSON.stringify(encode(summary))

/**
 * The summary as a page of text.
 *
 * @category combinators
 */
export const toText: (summary: Summary.Summary) => string = TextPage.make

/**
 * The summary as one HTML page with plots. It has no script and asks no host for anything.
 *
 * @category combinators
 */
export const toHtml: (summary: Summary.Summary) => string = HtmlPage.make

/**
 * Why a report cannot be relied on, in one sentence: no call of the vendor was read, or an input ended too early. None if it can.
 *
 * @category getters
 */
export const shortfall: (summary: Summary.Summary, options: Translator.Options) => Option.Option<string> = Shortfall.of

/**
 * What makes a report fail: a call that would be refused, also one that would lose something, or nothing.
 *
 * @category models
 */
export type FailOn = "refused" | "lost" | "none"

/**
 * Whether a report has what makes it fail. Calls that the gateway does not carry count as refused.
 *
 * @category refinements
 */
export const fails = ({ kinds, others, sends }: Summary.Summary, failOn: FailOn): boolean => {
  const isRefused = sends.refused + others.refused + others.notCarried > 0
  switch (failOn) {
    case "refused":
      return isRefused
    case "lost":
      return isRefused || sends.lossy > 0 || kinds.some(({ weight }) => weight === "lost")
    case "none":
      return false
  }
}
