/** Opens what a report is made of: recordings, the account of a carrier, and a running gateway. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { Phone } from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import * as CallSource from "@interline/migration/CallSource"
import * as Report from "@interline/migration/Report"
import * as Translator from "@interline/migration/Translator"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { VendorName } from "interline/Vendors"
import * as Connect from "../gateway/connect.ts"
import * as Accounts from "./accounts.ts"
import * as Times from "./times.ts"

/** Where the calls come from. */
export interface Flags {
  readonly files: ReadonlyArray<string>
  readonly fromAccount: Option.Option<string>
  readonly fromGateway: Option.Option<string>
  readonly chatsFrom: Option.Option<string>
  readonly since: Option.Option<string>
}

/** What a report is made with. */
export interface Sources extends Pick<Report.Options, "chats" | "shadow"> {
  readonly inputs: Parameters<typeof Report.run>[0]
  /** How many bytes all inputs have, if it is known. */
  readonly size: Option.Option<number>
}

const usualTime = Duration.toMillis("30 days")

const readSince = (text: string, now: number): Option.Option<number> => Option.filter(Option.getRight(Times.read(text)), (at) => at < now)

const unreadable = (what: string) => ({ message }: { readonly message: string }): Report.ReportError =>
  new Report.ReportError({ message: `${what} could not be read: ${message}` })

/** Opens the sources. `refuse` makes the failure of a command line that cannot be used. */
export const open = <E>(
  { chatsFrom, files, fromAccount, fromGateway, since: givenSince }: Flags,
  from: VendorName,
  refuse: (message: string) => E
): Effect.Effect<Sources, E | Report.ReportError, FileSystem.FileSystem | HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (Option.isSome(givenSince) && Option.isNone(fromAccount) && Option.isNone(fromGateway)) {
      return yield* Effect.fail(refuse("--since is for --from-account and --from-gateway; a recording is read as a whole"))
    }
    const since = yield* Effect.transposeOption(Option.map(givenSince, (text) =>
      Effect.mapError(
        readSince(text, now),
        () => refuse("--since must be a day or a time with its zone in the past, like 2026-11-01 or 2026-11-01T00:00:00Z")
      )))

    const historyOf = (flag: string, name: Option.Option<string>) =>
      Effect.flatMap(Effect.mapError(Accounts.open, ({ message }) => refuse(message)), ([histories]) =>
        Effect.mapError(Accounts.find(histories, flag, name), refuse))

    const openAccount = Effect.gen(function*() {
      const history = yield* historyOf("from-account", fromAccount)
      const source = CallSource.ofAccount(
        history,
        Option.getOrElse(since, () =>
          now - usualTime),
        unreadable(history.carrierId)
      )
      return yield* Effect.mapError(source, () => refuse(`${history.carrierId} has no list of its messages`))
    })

    const openGateway = (url: string) =>
      Effect.gen(function*() {
        const gateway = yield* Effect.mapError(
          Connect.connect({ url: Option.some(url), flag: "--from-gateway" }),
          unreadable("the gateway")
        )
        const { client } = gateway
        const ask = <A>(request: Parameters<typeof gateway.ask<A>>[0]) =>
          Effect.mapError(gateway.ask(Connect.patiently(request)), unreadable("the gateway"))
        const { items: carriers } = yield* ask(client.carriers.listCarriers())
        const { shadow } = yield* ask(client.migration.showMigration())
        const carrier = carriers.find(({ id }) => id === from) ?? carriers.find(({ vendor }) => vendor === from)
        const numbers = new Map<LineName, Phone>(
          Object.entries(carrier?.lines ?? {}).flatMap(([line, number]) => Schema.is(LineName)(line) ? [[line, number]] : [])
        )
        const pages = Stream.paginateEffect(undefined as string | undefined, (cursor) =>
          Effect.map(
            ask(client.deliveries.listDeliveries({
              urlParams: {
                order: "oldest",
                limit: 100,
                // what is sent while the report is made does not count
                until: now + 1,
                ...(Option.isNone(since) ? {} : { since: since.value }),
                ...(cursor === undefined ? {} : { cursor })
              }
            })),
            ({ items, next }) => [items, next === undefined ? Option.none() : Option.some<string | undefined>(next)]
          ))
        return { source: CallSource.ofDeliveries(pages, numbers, Translator.lineName), shadow: shadow.comparisons }
      })

    const recordings = yield* Effect.forEach(files, Report.open)
    const account = yield* Option.match(fromAccount, {
      onNone: () => Effect.succeed([]),
      onSome: () => Effect.map(openAccount, (one) => [one])
    })
    const gateway = yield* Effect.transposeOption(Option.map(fromGateway, openGateway))
    const chats = yield* Effect.transposeOption(
      Option.map(
        chatsFrom,
        () => Effect.map(historyOf("chats-from", chatsFrom), (history) => CallSource.chatsOf(history, unreadable(history.carrierId)))
      )
    )
    return {
      inputs: [
        ...recordings,
        ...account,
        ...Option.toArray(Option.map(gateway, ({ source }) => source))
      ],
      size: account.length > 0 || Option.isSome(gateway)
        ? Option.none()
        : Option.map(Option.all(recordings.map(({ size }) => size)), (sizes) => sizes.reduce((sum, each) => sum + each, 0)),
      ...(Option.isNone(gateway) ? {} : { shadow: gateway.value.shadow }),
      ...(Option.isNone(chats) ? {} : { chats: chats.value })
    }
  })
