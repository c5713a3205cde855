/** Prints the report of recorded calls: what they become at another vendor. Nothing is sent. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Report from "@interline/migration/Report"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import * as Vendors from "interline/Vendors"

/**
 * What to read, and how to show it.
 *
 * @category models
 */
export interface Settings {
  /** Files of recorded calls; `-` is the standard input. */
  readonly files: ReadonlyArray<string>
  /** The vendor that was called. Default: sendblue. */
  readonly from: Option.Option<Vendors.VendorName>
  /** The vendor that is to carry the calls. Default: the first other one. */
  readonly to: Option.Option<Vendors.VendorName>
  /** A host whose calls are the vendor's too. */
  readonly host: Option.Option<string>
  /** Shows people and texts. */
  readonly show: boolean
  /** What makes the command fail with `Unwelcome`. */
  readonly failOn: Report.FailOn
  /** How many people a line may write to first in a day. */
  readonly newContacts: Option.Option<number>
  /** A file for the HTML page. */
  readonly html: Option.Option<string>
  /** Prints the report as JSON. */
  readonly json: boolean
}

/**
 * The settings contradict each other.
 *
 * @category errors
 */
export class SettingsError extends Data.TaggedError("SettingsError")<{ readonly message: string }> {}

/**
 * The report has what makes it fail. It was printed before this failure.
 *
 * @category errors
 */
export class Unwelcome extends Data.TaggedError("Unwelcome")<{ readonly message: string }> {}

const direction = ({ from, to }: Settings): Effect.Effect<Pick<Report.Options, "from" | "to">, SettingsError> => {
  const source = Option.getOrElse(from, (): Vendors.VendorName => "sendblue")
  const target = Option.orElse(to, () => Option.fromNullable(Struct.keys(Vendors.vendors).find((name) => name !== source)))
  return Option.isNone(target) || target.value === source
    ? Effect.fail(new SettingsError({ message: "--from and --to name the same vendor; the report is about a move to another one" }))
    : Effect.succeed({ from: source, to: target.value })
}

const width = 30

const progressLine = ({ bytes, calls }: Report.Progress, size: Option.Option<number>): string => {
  const counted = `${calls.toLocaleString("en-US")} calls`
  if (Option.isNone(size) || size.value === 0) return counted
  const done = Math.min(1, bytes / size.value)
  const filled = Math.round(done * width)
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${Math.floor(done * 100)} %, ${counted}`
}

/** Prints the progress to stderr, once a second. */
const makeProgress = (size: Option.Option<number>): Effect.Effect<(progress: Report.Progress) => Effect.Effect<void>> =>
  Effect.map(Clock.currentTimeMillis, (startedAt) => {
    let printedAt = startedAt
    return (progress) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (now - printedAt < 1_000) return Effect.void
        printedAt = now
        return Console.error(progressLine(progress, size))
      })
  })

/**
 * Reads the files, prints the report, and writes the HTML page if there is to be one. Prints the progress to stderr every second. Fails with
 * `Unwelcome` if the report has what `failOn` names.
 *
 * @category constructors
 */
export const run = (
  settings: Settings
): Effect.Effect<void, SettingsError | Report.ReportError | Unwelcome, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const { failOn, files, host, html, json, newContacts, show } = settings
    const vendors = yield* direction(settings)
    const inputs = yield* Effect.forEach(files, Report.open)
    const size = Option.map(Option.all(inputs.map(({ size }) => size)), (sizes) => sizes.reduce((sum, each) => sum + each, 0))
    const summary = yield* Report.run(inputs, {
      ...vendors,
      shows: show,
      onProgress: yield* makeProgress(size),
      ...(Option.isNone(host) ? {} : { hosts: [host.value] }),
      ...(Option.isNone(newContacts) ? {} : { newContactsPerDay: newContacts.value })
    })
    yield* Console.log(json ? JSON.stringify(summary) : Report.toText(summary))
    if (Option.isSome(html)) {
      const system = yield* FileSystem.FileSystem
      yield* Effect.mapError(
        system.writeFileString(html.value, Report.toHtml(summary)),
        () => new Report.ReportError({ message: `${html.value} cannot be written` })
      )
    }
    if (Report.fails(summary, failOn)) {
      yield* Effect.fail(
        new Unwelcome({
          message: `some calls would ${failOn === "lost" ? "lose something or be refused" : "be refused"}; the report names them`
        })
      )
    }
  })
