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
import * as Accounts from "./migrate/accounts.ts"
import * as ReportSources from "./migrate/reportSources.ts"

/**
 * What to read, and how to show it.
 *
 * @category models
 */
export interface Settings {
  /** Files of recorded calls; `-` is the standard input. */
  readonly files: ReadonlyArray<string>
  /** The carrier whose list of sent messages is read. Its credentials and lines come from the environment, as for the gateway. */
  readonly fromAccount: Option.Option<string>
  /** The address of a running gateway whose deliveries and shadow are read. */
  readonly fromGateway: Option.Option<string>
  /** The carrier whose list of chats is read, for calls that name a chat by its id. */
  readonly chatsFrom: Option.Option<string>
  /** The time from which the account and the gateway are read. Default: 30 days for the account, everything for the gateway. */
  readonly since: Option.Option<string>
  /** The vendor that was called. Default: that of the account, else sendblue. */
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

const isVendor = (word: string): word is Vendors.VendorName => Object.hasOwn(Vendors.vendors, word)

const direction = (
  { chatsFrom, from, fromAccount, to }: Settings
): Effect.Effect<Pick<Report.Options, "from" | "to">, SettingsError> => {
  const source = from.pipe(
    Option.orElse(() => Option.filter(fromAccount, isVendor)),
    Option.orElse(() => Option.filter(chatsFrom, isVendor)),
    Option.getOrElse((): Vendors.VendorName => "sendblue")
  )
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

/** In milliseconds: how often the progress is shown. */
const often = 200

/** Shows the progress. */
const makeProgress = (show: ShowLine, size: Option.Option<number>): (progress: Report.Progress) => Effect.Effect<void> => {
  let shownAt = 0
  return (progress) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - shownAt < often) return Effect.void
      shownAt = now
      return show(progressLine(progress, size))
    })
}

/**
 * Shows a line in the place of the line before. An empty line removes it.
 *
 * @category models
 */
export type ShowLine = (line: string) => Effect.Effect<void>

/**
 * Reads the calls, prints the report, and writes the HTML page if there is to be one. `showProgress` shows how far it is; without it, nothing
 * is shown. Fails with `Unwelcome` if the report has what `failOn` names.
 *
 * @category constructors
 */
export const run = (
  settings: Settings,
  showProgress: Option.Option<ShowLine>
): Effect.Effect<void, SettingsError | Report.ReportError | Unwelcome, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const { failOn, host, html, json, newContacts, show } = settings
    const vendors = yield* direction(settings)
    if (Option.exists(html, (path) => settings.files.includes(path))) {
      yield* new SettingsError({ message: "--html names a file of recorded calls, which it would replace" })
    }
    const { inputs, size, ...known } = yield* ReportSources.open(settings, vendors.from, (message) => new SettingsError({ message }))
    const summary = yield* Report.run(inputs, {
      ...vendors,
      ...known,
      shows: show,
      ...(Option.isNone(showProgress) ? {} : { onProgress: makeProgress(showProgress.value, size) }),
      ...(Option.isNone(host) ? {} : { hosts: [host.value] }),
      ...(Option.isNone(newContacts) ? {} : { newContactsPerDay: newContacts.value })
    }).pipe(Effect.ensuring(Option.match(showProgress, { onNone: () => Effect.void, onSome: (showLine) => showLine("") })))
    yield* Console.log(json ? Report.toJson(summary) : Report.toText(summary))
    if (Option.isSome(html)) {
      const system = yield* FileSystem.FileSystem
      yield* Effect.mapError(
        system.writeFileString(html.value, Report.toHtml(summary)),
        () => new Report.ReportError({ message: `${html.value} cannot be written` })
      )
    }
    const shortfall = Report.shortfall(summary, vendors)
    if (Option.isSome(shortfall)) yield* new Report.ReportError({ message: shortfall.value })
    if (Report.fails(summary, failOn)) {
      yield* Effect.fail(
        new Unwelcome({
          message: `some calls would ${failOn === "lost" ? "lose something or be refused" : "be refused"}; the report names them`
        })
      )
    }
  }).pipe(Effect.provide(Accounts.layer), Effect.scoped)
