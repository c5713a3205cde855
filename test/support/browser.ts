/** A real browser for the tests of pages: the one that npm brings, else the system's. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Path from "node:path"
import * as Zlib from "node:zlib"
import * as Playwright from "playwright-core"
import { inject } from "vitest"

/** A page that is open, and what happened on it since it was asked for. */
export interface Visit {
  readonly page: Playwright.Page
  /** Errors of scripts, and what the browser or the page writes to its console. */
  readonly said: ReadonlyArray<string>
  /** The addresses that were asked for. The page's own is the first. */
  readonly requests: ReadonlyArray<string>
  /** What is drawn on the page now. */
  readonly look: Effect.Effect<Seen>
}

/** An element on a page. `isIn`: it is within the width of the page. `contrast`: of its color with the page's, as WCAG 2.2 counts it. */
export interface Element {
  readonly width: number
  readonly height: number
  readonly isIn: boolean
  readonly contrast: number
}

/** What is drawn on a page, in CSS pixels. */
export interface Seen {
  readonly title: string
  readonly isLight: boolean
  /** Whether the page is wider than its window. */
  readonly scrolls: boolean
  readonly plots: ReadonlyArray<Element>
  /** The rectangles of the plots that stand for more than nothing. */
  readonly shapes: ReadonlyArray<Element>
  readonly texts: ReadonlyArray<Element & { readonly size: number }>
}

/** How a page is shown. */
export interface Window {
  /** In CSS pixels. Default: 1,200. */
  readonly width?: number
  /** Default: light. */
  readonly colors?: "light" | "dark"
}

export interface Browser {
  /** Opens the page at an address, in a profile of its own. The page may ask for nothing from another machine. */
  readonly visit: (url: string, window?: Window) => Effect.Effect<Visit, never, Scope.Scope>
}

/** A program to start, and the variables that it needs beside the usual ones. */
interface Program {
  readonly path: string
  readonly env: Readonly<Record<string, string>>
}

const starts = ({ env, path }: Program): boolean =>
  ChildProcess.spawnSync(path, ["--version"], { env: { ...process.env, ...env }, stdio: "ignore" }).status === 0

const unpack = (archive: string, folder: string): void => {
  Fs.mkdirSync(folder)
  const { status } = ChildProcess.spawnSync("tar", ["-x", "-C", folder], { input: Zlib.brotliDecompressSync(Fs.readFileSync(archive)) })
  if (status !== 0) throw new Error(`tar cannot unpack ${Path.basename(archive)}`)
}

/**
 * The browser of the package, unpacked once a run. It has fonts and, for systems that lack them, libraries. Another test file may be at it
 * too, so the folder gets its name when it is complete.
 */
const unpacked = (shared: string): string => {
  const folder = Path.join(shared, "browser")
  if (Fs.existsSync(folder)) return folder
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium")
  // the entry is in build/cjs
  const packed = Path.join(Path.dirname(Path.dirname(Path.dirname(entry))), "bin")
  const mine = `${folder}-${process.pid}`
  Fs.mkdirSync(mine)
  Fs.writeFileSync(Path.join(mine, "chromium"), Zlib.brotliDecompressSync(Fs.readFileSync(Path.join(packed, "chromium.br"))), {
    mode: 0o755
  })
  unpack(Path.join(packed, "al2023.tar.br"), Path.join(mine, "libraries"))
  unpack(Path.join(packed, "fonts.tar.br"), Path.join(mine, "fonts"))
  Fs.writeFileSync(
    Path.join(mine, "fonts", "fonts.conf"),
    `<?xml version="1.0"?><fontconfig><dir prefix="cwd">${Path.join(folder, "fonts")}</dir><cachedir>${
      Path.join(folder, "fonts-cache")
    }</cachedir></fontconfig>`
  )
  try {
    Fs.renameSync(mine, folder)
  } catch (error) {
    Fs.rmSync(mine, { recursive: true, force: true })
    if (!Fs.existsSync(folder)) throw error
  }
  return folder
}

/** The package holds a program for Linux on x64. */
const brought = (shared: string): ReadonlyArray<Program> => {
  if (process.platform !== "linux" || process.arch !== "x64") return []
  const folder = unpacked(shared)
  const path = Path.join(folder, "chromium")
  const env = { FONTCONFIG_PATH: Path.join(folder, "fonts") }
  return [{ path, env }, { path, env: { ...env, LD_LIBRARY_PATH: Path.join(folder, "libraries", "lib") } }]
}

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"]

/** The browsers that the system has on its path. */
const onPath = (): ReadonlyArray<Program> =>
  (process.env.PATH ?? "").split(Path.delimiter).flatMap((folder) => names.map((name) => ({ path: Path.join(folder, name), env: {} })))
    .filter(({ path }) => Fs.existsSync(path))

/** The browsers that the system has where their makers install them, which the driver knows. */
const channels = ["chrome", "msedge"]

// else it emulates a graphics card, which costs more than to draw without one
const args = ["--disable-gpu"]

const launch = async (shared: string): Promise<Playwright.Browser> => {
  const program = [...brought(shared), ...onPath()].find(starts)
  if (program !== undefined) {
    return Playwright.chromium.launch({
      args,
      executablePath: program.path,
      env: { ...process.env, ...program.env } as Record<string, string>
    })
  }
  const failures: Array<string> = []
  for (const channel of channels) {
    try {
      return await Playwright.chromium.launch({ args, channel })
    } catch (error) {
      failures.push(String(error).split("\n", 1)[0] ?? "")
    }
  }
  throw new Error(`none was found: ${failures.join("; ")}`)
}

// a test that has no browser says so; it does not pass
const orSay = <A>(step: Effect.Effect<A, unknown>): Effect.Effect<A> =>
  Effect.catchAllCause(
    step,
    (cause) =>
      Effect.dieMessage(
        `There is no browser for tests (${process.platform}-${process.arch}). On Linux for x64 npm brings one; elsewhere, install Chromium, Chrome or Edge. ${
          String(Cause.squash(cause))
        }`
      )
  )

const acquire = <E>(program: Effect.Effect<Playwright.Browser, E>) =>
  Effect.acquireRelease(program, (browser) => Effect.promise(() => browser.close()))

/** The browser itself, or none where there is no browser. With `CI=true` there has to be one. */
export const makeIfAny: Effect.Effect<Option.Option<Playwright.Browser>, never, Scope.Scope> = Effect.suspend(() => {
  const start = Effect.tryPromise(() => launch(inject("folder")))
  if (process.env.CI === "true") return Effect.map(acquire(orSay(start)), Option.some)
  return Effect.catchAll(
    Effect.map(acquire(start), Option.some),
    (error) =>
      Effect.as(
        Effect.sync(() => process.stderr.write(`the tests of the console are skipped, because there is no browser: ${String(error)}\n`)),
        Option.none()
      )
  )
})

const lookSource = Fs.readFileSync(new URL("look.js", import.meta.url), "utf8")

/** Starts a browser: 2 seconds for the first test file of a run, and less for the others. */
export const make: Effect.Effect<Browser, never, Scope.Scope> = Effect.gen(function*() {
  const browser = yield* Effect.acquireRelease(
    orSay(Effect.tryPromise(() => launch(inject("folder")))),
    (browser) => Effect.promise(() => browser.close())
  )
  return {
    visit: (url, { colors = "light", width = 1_200 } = {}) =>
      Effect.gen(function*() {
        const context = yield* Effect.acquireRelease(
          Effect.promise(() => browser.newContext({ viewport: { width, height: 800 }, colorScheme: colors })),
          (context) => Effect.promise(() => context.close())
        )
        const page = yield* Effect.promise(() => context.newPage())
        const said: Array<string> = []
        const requests: Array<string> = []
        page.on("pageerror", (error) => said.push(String(error)))
        page.on("console", (message) => said.push(message.text()))
        page.on("request", (request) => requests.push(request.url()))
        yield* Effect.promise(() => page.goto(url, { waitUntil: "networkidle" }))
        return { page, said, requests, look: Effect.promise(() => page.evaluate<Seen>(lookSource)) }
      })
  }
})
