/**
 * Tells whether the processes of a cluster have the same settings. Each of them writes digests of its own into the database, and reads those of the
 * others. A digest is keyed, so that no setting can be guessed from it alone.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Crypto from "node:crypto"

/** A process that has other settings than this one. */
export interface Difference {
  /** Where other processes reach it, as `host:port`. */
  readonly address: string
  /** The groups of settings in which it differs from this process. */
  readonly settings: ReadonlyArray<string>
}

/** This process: where others reach it, the secret of the cluster, and the settings as one text for each group. */
export interface Own {
  readonly address: string
  readonly secret: Redacted.Redacted
  readonly settings: Readonly<Record<string, Redacted.Redacted>>
  /** Whether the cluster knows that the process at an address is gone. It does not count then, although it could not take back what it wrote. */
  readonly isGone: (address: string) => boolean
}

/** How often a process writes its own digests and reads the others'. */
const lookEvery = Duration.seconds(5)

/** A process that has written nothing for so many seconds does not count as there. */
const silentAfter = 15

const Digests = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))

const decode = Schema.decodeUnknownOption(Digests)

const digest = (secret: Redacted.Redacted, group: string, text: Redacted.Redacted): string =>
  Crypto.createHmac("sha256", Redacted.value(secret)).update(JSON.stringify([group, Redacted.value(text)])).digest("base64url")

/** The groups that both have and that differ. A process of another version may have groups that this one does not know. */
export const compare = (own: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.keys(own).filter((group) => other[group] !== undefined && other[group] !== own[group])

const describe = (differing: ReadonlyArray<Difference>): string =>
  differing.map(({ address, settings }) => `${settings.join(", ")} (${address})`).join("; ")

/** Creates the table. */
export const prepare: Effect.Effect<void, SqlError.SqlError, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    Effect.asVoid(
      sql`CREATE TABLE IF NOT EXISTS interline_cluster_settings (address TEXT PRIMARY KEY, digests TEXT NOT NULL, seen_at TIMESTAMPTZ NOT NULL)`
    )
)

/** Compares the settings until the scope ends, and warns when a difference comes or goes. Gives what it has seen last. */
export const watch = (
  { address, isGone, secret, settings }: Own
): Effect.Effect<() => ReadonlyArray<Difference>, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const own = Object.fromEntries(Object.entries(settings).map(([group, text]) => [group, digest(secret, group, text)]))
    let differing: ReadonlyArray<Difference> = []
    let said = ""
    const living = () => differing.filter(({ address }) => !isGone(address))

    const exchange = sql<{ readonly address: string; readonly digests: string }>`
      WITH mine AS (
        INSERT INTO interline_cluster_settings (address, digests, seen_at) VALUES (${address}, ${JSON.stringify(own)}, now())
        ON CONFLICT (address) DO UPDATE SET digests = excluded.digests, seen_at = excluded.seen_at
      ), gone AS (
        DELETE FROM interline_cluster_settings WHERE address <> ${address} AND seen_at < now() - interval '1 minute'
      )
      SELECT address, digests FROM interline_cluster_settings
        WHERE address <> ${address} AND seen_at > now() - ${sql.literal(`interval '${silentAfter} seconds'`)} ORDER BY address`

    const look = Effect.flatMap(exchange, (rows) => {
      differing = rows.flatMap(({ address, digests }) => {
        const settings = Option.match(decode(digests), { onNone: () => [], onSome: (other) => compare(own, other) })
        return settings.length === 0 ? [] : [{ address, settings }]
      })
      const before = said
      said = describe(living())
      const after = said
      return after === before
        ? Effect.void
        : after === ""
        ? Effect.logInfo("all processes have the same settings again")
        : Effect.logWarning(`other processes have other settings than this one, and all need the same: ${after}`)
    })

    // it ends before the row is removed, because what was added last ends first
    yield* Effect.addFinalizer(() => Effect.ignore(sql`DELETE FROM interline_cluster_settings WHERE address = ${address}`))
    yield* Effect.forkScoped(Effect.interruptible(Effect.withTracerEnabled(
      Effect.forever(Effect.zipRight(
        Effect.catchAllCause(look, () => Effect.logDebug("the settings of the processes could not be compared")),
        Effect.sleep(lookEvery)
      )),
      false
    )))
    return living
  })
