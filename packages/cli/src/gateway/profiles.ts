/** Keeps the names of gateways, each with its address and its API key, in a file that only the user can read. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NearestWord from "@interline/core/NearestWord"
import { optional } from "@interline/core/Optional"
import * as Uuid from "@interline/core/Uuid"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Path from "node:path"

/** The file cannot be used, or has no such profile. */
export class ProfileError extends Data.TaggedError("ProfileError")<{ readonly message: string }> {}

/** A gateway: its address, and its key or the variable that has it. */
export const Profile = Schema.Struct({
  url: Schema.String,
  key: optional(Schema.Redacted(Schema.NonEmptyString)),
  keyFrom: optional(Schema.NonEmptyString)
})

export type Profile = typeof Profile.Type

const File = Schema.parseJson(Schema.Struct({ profiles: Schema.Record({ key: Schema.String, value: Profile }) }), { space: 2 })

export type Profiles = Readonly<Record<string, Profile>>

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

export const isName = (text: string): boolean => namePattern.test(text)

const isWindows = Path.sep === "\\"

const refuse = (message: string): ProfileError => new ProfileError({ message })

const folder: Effect.Effect<string, ProfileError> = Effect.gen(function*() {
  const text = (name: string) => Config.option(Config.nonEmptyString(name))
  const [own, home] = yield* Config.all(isWindows ? [text("APPDATA"), text("USERPROFILE")] : [text("XDG_CONFIG_HOME"), text("HOME")])
  const base = Option.orElse(own, () => Option.map(home, (path) => Path.join(path, ".config")))
  return yield* Effect.map(base, (path) => Path.join(path, "interline"))
}).pipe(Effect.mapError(() => refuse(`profiles have no place: set ${isWindows ? "APPDATA" : "HOME or XDG_CONFIG_HOME"}`)))

/** The path of the file. */
export const path: Effect.Effect<string, ProfileError> = Effect.map(folder, (folder) => Path.join(folder, "profiles.json"))

/** Refuses a file that others can read, because it has keys. Windows has no such modes. */
const checkMode = (path: string, mode: number): Effect.Effect<void, ProfileError> =>
  !isWindows && (mode & 0o077) !== 0
    ? Effect.fail(
      refuse(
        `other users can read ${path}, and it has API keys; run chmod 600 ${path}, and replace the keys if somebody may have read them`
      )
    )
    : Effect.void

/** All profiles. None if there is no file. */
export const read: Effect.Effect<Profiles, ProfileError, FileSystem.FileSystem> = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const place = yield* path
  const unreadable = () => refuse(`the profiles in ${place} cannot be read`)
  if (!(yield* Effect.mapError(files.exists(place), unreadable))) return {}
  const { mode } = yield* Effect.mapError(files.stat(place), unreadable)
  yield* checkMode(place, mode)
  const text = yield* Effect.mapError(files.readFileString(place), unreadable)
  const { profiles } = yield* Effect.mapError(
    Schema.decode(File)(text),
    () => refuse(`${place} has no profiles that can be read; remove it, and add them again`)
  )
  return profiles
})

/** Writes all profiles. A reader sees the old file or the new one, and nobody else can read it. */
export const write = (profiles: Profiles): Effect.Effect<void, ProfileError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const place = yield* path
    const text = yield* Schema.encode(File)({ profiles })
    yield* files.makeDirectory(Path.dirname(place), { recursive: true, mode: 0o700 })
    const beside = `${place}.${yield* Uuid.mint}`
    yield* files.writeFileString(beside, `${text}\n`, { mode: 0o600, flag: "w" })
    yield* files.rename(beside, place)
  }).pipe(Effect.catchAll((error) =>
    error instanceof ProfileError
      ? Effect.fail(error)
      : Effect.flatMap(path, (place) => Effect.fail(refuse(`the profiles cannot be written to ${place}`)))
  ))

/** The address and the key of a profile. */
export const open = (
  name: string
): Effect.Effect<{ readonly url: string; readonly key: Redacted.Redacted<string> }, ProfileError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const profiles = yield* read
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
    const known = Object.keys(profiles)
    if (profile === undefined) {
      return yield* Effect.fail(refuse(
        known.length === 0 ? "there are no profiles; `interline profiles add` adds one" : `--profile ${NearestWord.oneOf(name, known)}`
      ))
    }
    const { key, keyFrom, url } = profile
    if (key !== undefined) return { url, key }
    const found = keyFrom === undefined
      ? Option.none()
      : yield* Effect.orElseSucceed(Config.option(Config.redacted(keyFrom)), Option.none<Redacted.Redacted<string>>)
    return yield* Option.match(Option.filter(found, (value) => Redacted.value(value).trim() !== ""), {
      onNone: () => Effect.fail(refuse(`the profile ${name} has its key in the variable ${String(keyFrom)}, which is not set`)),
      onSome: (key) => Effect.succeed({ url, key })
    })
  })
