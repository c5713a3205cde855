/** A gateway as a process of its own, at fixed addresses. It can be killed, frozen, told to stop, and started again. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"

/** A statement to the database, by regular expressions of its text and of its values, and whether the database still gets it. */
export interface Statement {
  readonly text: string
  readonly values?: string
  readonly when: "before" | "after"
}

export interface Process {
  /** From 0. */
  readonly number: number
  readonly url: string
  /** The file of what it says to people. */
  readonly log: string
  /** The id that the system knows it by; 0 if it does not run. */
  readonly pid: () => number
  /** Starts it, and waits until it says its address. */
  readonly start: Effect.Effect<void>
  /** Ends it at once, and waits for its end. */
  readonly kill: Effect.Effect<void>
  /** Tells it to stop, and gives the code that it ends with. */
  readonly stop: Effect.Effect<number | null>
  readonly freeze: Effect.Effect<void>
  /** It stops itself when it has so many answers of the database to what it wrote of deliveries; done when it stands still. Needs `preload/freeze.mjs`. */
  readonly freezeAfter: (writes: number) => Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  /** It kills itself at its next statement of this kind. The result is done when it has ended. Needs `preload/die.mjs`. */
  readonly dieAt: (statement: Statement) => Effect.Effect<Effect.Effect<void>>
  /** Its processor time so far in milliseconds, where the system tells. */
  readonly cpu: Effect.Effect<number | undefined>
  /** At how many addresses it listens, where the system tells. */
  readonly listens: Effect.Effect<number | undefined>
  /** Its memory in MiB, where the system tells. */
  readonly memory: Effect.Effect<number | undefined>
}

export interface Options {
  readonly number: number
  /** The file that it begins with. */
  readonly file: string
  readonly port: number
  /** What it runs before its program. */
  readonly preload?: string
  /** Asked at each start. */
  readonly environment: Effect.Effect<Readonly<Record<string, string>>>
  /** Where it writes what it says to people. */
  readonly log: string
}

const ended = (child: ChildProcess.ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const signal = (child: ChildProcess.ChildProcess | undefined, name: NodeJS.Signals): Effect.Effect<number | null> =>
  Effect.async((resume) => {
    if (child === undefined || ended(child)) return resume(Effect.succeed(child?.exitCode ?? null))
    child.removeAllListeners("exit")
    child.once("exit", (code) => resume(Effect.succeed(code)))
    child.kill(name)
  })

/** A text of `/proc`, which other systems do not have. */
const said = (pid: number, file: string): string | undefined => {
  const path = `/proc/${pid}/${file}`
  return pid > 0 && Fs.existsSync(path) ? Fs.readFileSync(path, "utf8") : undefined
}

// the state of a socket that listens
const listening = "0A"

// a tick is 10 ms wherever Node runs
const tick = 10

export const make = (options: Options): Effect.Effect<Process, never, Scope.Scope> =>
  Effect.gen(function*() {
    let child: ChildProcess.ChildProcess | undefined
    yield* Effect.addFinalizer(() => signal(child, "SIGKILL"))
    const flag = `${options.log}.freeze`
    const end = `${options.log}.die`
    const pid = () => child === undefined || ended(child) ? 0 : child.pid ?? 0
    const spawn = (environment: Readonly<Record<string, string>>) =>
      Effect.async<void>((resume) => {
        const log = Fs.openSync(options.log, "a")
        const started = ChildProcess.spawn(
          process.execPath,
          [...(options.preload === undefined ? [] : ["--import", options.preload]), options.file],
          {
            stdio: ["ignore", "pipe", log],
            env: { PATH: process.env["PATH"] ?? "", ...environment, CHAOS_FREEZE: flag, CHAOS_DIE: end, PORT: String(options.port) }
          }
        )
        Fs.closeSync(log)
        child = started
        started.once(
          "exit",
          (code) =>
            resume(
              Effect.dieMessage(
                `process ${options.number} ended with ${code} before it began: ${Fs.readFileSync(options.log, "utf8").slice(-2_000)}`
              )
            )
        )
        started.stdout?.on("data", (line) => {
          Fs.appendFileSync(options.log, String(line))
          if (String(line).startsWith("{")) resume(Effect.void)
        })
      })
    return {
      number: options.number,
      log: options.log,
      url: `http://127.0.0.1:${options.port}`,
      pid,
      start: Effect.flatMap(options.environment, spawn),
      kill: Effect.suspend(() => Effect.asVoid(signal(child, "SIGKILL"))),
      stop: Effect.suspend(() => signal(child, "SIGTERM")),
      freeze: Effect.sync(() => child?.kill("SIGSTOP")),
      freezeAfter: (writes) =>
        Effect.zipRight(
          Effect.sync(() => Fs.writeFileSync(flag, String(writes))),
          Effect.repeat(Effect.delay(Effect.sync(() => Fs.existsSync(flag)), "20 millis"), { while: (is) => is })
        ),
      thaw: Effect.sync(() => child?.kill("SIGCONT")),
      dieAt: ({ text, values = "", when }) =>
        Effect.sync(() => {
          const dying = child
          Fs.writeFileSync(end, JSON.stringify({ text, values, when }))
          return Effect.async<void>((resume) => {
            if (dying === undefined || ended(dying)) return resume(Effect.void)
            dying.once("exit", () => resume(Effect.void))
          })
        }),
      cpu: Effect.sync(() => {
        const [, , ...fields] = said(pid(), "stat")?.replace(/\(.*\)/, "x").split(" ") ?? []
        // utime and stime
        return fields.length === 0 ? undefined : (Number(fields[11]) + Number(fields[12])) * tick
      }),
      listens: Effect.sync(() => {
        const folder = `/proc/${pid()}/fd`
        if (!Fs.existsSync(folder)) return undefined
        const open = new Set(
          Fs.readdirSync(folder).flatMap((name) => {
            // it may be closed by now
            const path = `${folder}/${name}`
            const target = Fs.lstatSync(path, { throwIfNoEntry: false }) === undefined ? "" : Fs.readlinkSync(path)
            return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []
          })
        )
        return ["tcp", "tcp6"].flatMap((table) => (said(pid(), `net/${table}`) ?? "").split("\n")).filter((line) => {
          const fields = line.trim().split(/\s+/)
          return fields[3] === listening && open.has(fields[9] ?? "none")
        }).length
      }),
      memory: Effect.sync(() => {
        const [, kib] = /^VmRSS:\s+(\d+)/m.exec(said(pid(), "status") ?? "none") ?? []
        return kib === undefined ? undefined : Number(kib) / 1024
      })
    }
  })
