/** `interline migrate report`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Failure from "../../grammar/failure.ts"
import * as Host from "../../grammar/host.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as MigrateReport from "../../MigrateReport.ts"

export const command = MakeVerb.makeVerb("migrate report", (flags, files) =>
  Effect.catchTags(
    Effect.flatMap(Host.Host, ({ showLine }) =>
      MigrateReport.run(
        {
          files,
          fromAccount: flags["from-account"],
          fromGateway: flags["from-gateway"],
          chatsFrom: flags["chats-from"],
          since: flags.since,
          from: flags.from,
          to: flags.to,
          host: flags.host,
          show: flags.show,
          failOn: Option.getOrElse(flags["fail-on"], () => "refused" as const),
          newContacts: flags["new-contacts"],
          html: flags.html,
          json: flags.json
        },
        showLine
      )),
    { SettingsError: Failure.failAsUsage, Unwelcome: Failure.failWith(3) }
  ))
