/** Finds the database of an import, and names it without credentials. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import * as Database from "@interline/sql/Database"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Path from "node:path"
import * as Url from "node:url"

export interface ImportDatabase extends Pick<GatewayConfig.Settings, "sqlite"> {
  readonly url: Redacted.Redacted
  /** The path of the file, or the host and the name in PostgreSQL. */
  readonly name: string
}

const pathOf = (url: string): string =>
  url.startsWith("file:/") ? Url.fileURLToPath(url) : Path.resolve(url.startsWith("file:") ? url.slice("file:".length) : url)

const nameOf = (url: string): string => {
  if (!Database.isPostgres(url)) return pathOf(url)
  if (!URL.canParse(url)) return "in PostgreSQL"
  const { host, pathname } = new URL(url)
  return `${pathname.slice(1)} of PostgreSQL at ${host}`
}

const isNamed = Effect.map(
  Effect.option(Config.nonEmptyString("DATABASE_URL")),
  Option.exists((text) => text.trim() !== "")
)

/** The database that `--database` or `DATABASE_URL` names, or else the file of a gateway in this folder, if it is there. */
export const find = (
  given: Option.Option<string>
): Effect.Effect<ImportDatabase, { readonly message: string }, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const { database, sqlite } = yield* Effect.mapError(GatewayConfig.databaseSettings, (error) => ({ message: String(error) }))
    const url = Option.match(given, { onNone: () => database, onSome: Redacted.make })
    const name = nameOf(Redacted.value(url))
    if (Option.isSome(given) || (yield* isNamed)) return { url, sqlite, name }
    const isThere = yield* Effect.orElseSucceed(Effect.flatMap(FileSystem.FileSystem, (files) => files.exists(name)), () => false)
    if (isThere) return { url, sqlite, name }
    const message = `no database is named, and there is no file ${name}; set DATABASE_URL as the gateway has it, or name it with --database`
    return yield* Effect.fail({ message })
  })
