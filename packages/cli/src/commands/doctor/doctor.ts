/** `interline doctor`. */
import * as DatabaseState from "@interline/sql/DatabaseState"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Node from "interline/node"
import * as Accounts from "../../doctor/accounts.ts"
import * as Environment from "../../doctor/environment.ts"
import * as Finding from "../../doctor/finding.ts"
import * as Remote from "../../doctor/remote.ts"
import * as Failure from "../../grammar/failure.ts"
import * as Host from "../../grammar/host.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Serve from "../../Serve.ts"

/** The oldest Node that the packages run on: of their `engines`. */
const oldest = [20, 19] as const

const versions: Finding.Findings = Effect.map(Host.Host, ({ nodeVersion, version }) => {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return [
    Finding.note("versions", `interline ${version}`),
    isOld
      ? Finding.error("versions", `Node ${nodeVersion} is too old`, `install Node ${oldest.join(".")} or newer`)
      : Finding.note("versions", `Node ${nodeVersion}`)
  ]
})

/** Whether the gateway that this environment means would take the database. */
const ofKind = ({ name, sandbox }: DatabaseState.State, isEmbedded: boolean): ReadonlyArray<Finding.Finding> =>
  Option.isSome(sandbox) && !isEmbedded
    ? [
      Finding.error(
        "database",
        `${name} holds the messages and opt-outs of a sandbox, and the gateway does not take it for vendors`,
        "name another database in DATABASE_URL"
      )
    ]
    : []

const ofState = ({ known, migration, name, state }: DatabaseState.State): Finding.Finding => {
  switch (state) {
    case "absent":
      return Finding.note("database", `${name} is not there yet; the gateway makes it`)
    case "empty":
      return Finding.note("database", `${name} can be reached and is empty; the gateway makes its tables`)
    case "current":
      return Finding.note("database", `${name} can be reached, and its tables are those of this version (${known})`)
    case "behind":
      return Finding.warning(
        "database",
        `the tables of ${name} are behind: ${migration} of ${known}`,
        "the gateway brings them up to date when it starts; make a copy of the database before"
      )
    case "ahead":
      return Finding.error(
        "database",
        `the tables of ${name} are ahead: ${migration}, and this version knows ${known}`,
        "start the newer version, or a copy of the database from before it"
      )
  }
}

const database: Finding.Findings = Effect.flatMap(
  Effect.negate(Serve.meansVendors),
  (isEmbedded) =>
    Effect.matchEffect(Serve.databaseOf(Option.none(), isEmbedded), {
      onFailure: () => Effect.succeed([]),
      onSuccess: (database) =>
        Effect.match(DatabaseState.inspect(database), {
          onFailure: ({ message }) => [Finding.error("database", message, "mend DATABASE_URL, or let this machine reach the database")],
          onSuccess: (state) => [ofState(state), ...ofKind(state, isEmbedded)]
        })
    })
)

const local: Finding.Findings = Effect.flatMap(
  Effect.cached(Effect.provide(Serve.check, Node.layer())),
  (configuration) =>
    Finding.all([
      versions,
      Finding.guarded("environment", "the look at the variables", Environment.check),
      Finding.guarded("database", "the look at the database", database),
      Finding.guarded("configuration", "the check of the configuration", Effect.map(configuration, Environment.configuration)),
      // each question to a carrier has a limit of its own; a gateway over a sandbox has no carriers to ask
      Finding.caught(
        "credentials",
        "the look at the carriers",
        Effect.flatMap(configuration, ({ isEmbedded }) => isEmbedded ? Effect.succeed([]) : Accounts.check)
      )
    ])
)

export const command = MakeVerb.makeVerb("doctor", ({ json, profile, url }) =>
  Effect.gen(function*() {
    const isRemote = Option.isSome(profile) || Option.isSome(url)
    const findings = isRemote ? [...(yield* versions), ...(yield* Remote.check({ profile, url }))] : yield* local
    const { asCalled } = yield* Host.Host
    const isWrong = findings.some(Finding.isWrong)
    yield* Console.log(json ? JSON.stringify({ ok: !isWrong, findings }) : asCalled(Finding.toPage(findings)))
    if (isWrong) yield* new Failure.Failure({ message: Finding.toSummary(findings), code: 1 })
  }))
