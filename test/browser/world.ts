/** One gateway over a sandbox, its console, and one browser, for all tests of the console. */
import type * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import { fileURLToPath } from "node:url"
import type * as Playwright from "playwright-core"
import * as Browser from "../support/browser.ts"
import * as Gateway from "../support/gateway.ts"

export interface World {
  readonly url: string
  readonly apiKey: string
  /** Signs in once. */
  readonly link: string
  readonly sandbox: Sandbox.SandboxService
  readonly browser: Playwright.Browser
}

/** The longest wait for what a page shows, in milliseconds. A busy machine needs some seconds for a page. */
export const patience = 60_000

/** Builds the console if its sources are newer. The gateway serves it from this clone. */
const build: Effect.Effect<void> = Effect.sync(() => {
  const workspace = fileURLToPath(new URL("../../workspace.mjs", import.meta.url))
  const { status, stderr } = ChildProcess.spawnSync(process.execPath, [workspace, "console"], { encoding: "utf8" })
  if (status !== 0) throw new Error(`the console cannot be built: ${stderr}`)
})

/** `undefined` if there is no browser. With `CI=true` that is an error. `settings` are of the gateway. */
export const make = (settings: Readonly<Record<string, string>> = {}): Effect.Effect<World | undefined, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const browser = yield* Browser.makeIfAny
    if (Option.isNone(browser)) return undefined
    yield* build
    const { apiKey, consoleUrl, origin, sandbox } = yield* Gateway.serve({
      carriers: ["linq", "sendblue"],
      policy: { reconcile: { every: 50, within: 300 } },
      variables: settings
    })
    return { url: origin, apiKey: Option.getOrThrow(apiKey), link: consoleUrl, sandbox, browser: browser.value }
  })

/** A page of the console, and what went wrong on it. */
export interface Visit {
  readonly page: Playwright.Page
  /** Errors of scripts, violations of the content policy, and requests to other hosts. */
  readonly wrong: ReadonlyArray<string>
}

export interface Window {
  readonly width?: number
  readonly height?: number
  readonly colors?: "light" | "dark"
  /** Default: UTC. */
  readonly zone?: string
  /** Default: British English. */
  readonly language?: string
}

/** Opens a page in a profile of its own. `path` is below `/console/`, or the whole address. */
export const visit = (
  world: World,
  path: string,
  { colors = "light", height = 900, language = "en-GB", width = 1_280, zone = "UTC" }: Window = {}
): Effect.Effect<Visit, never, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.acquireRelease(
      Effect.promise(() =>
        world.browser.newContext({
          viewport: { width, height },
          colorScheme: colors,
          reducedMotion: "reduce",
          locale: language,
          timezoneId: zone
        })
      ),
      (context) => Effect.promise(() => context.close())
    )
    context.setDefaultTimeout(patience)
    const page = yield* Effect.promise(() => context.newPage())
    const wrong: Array<string> = []
    page.on("pageerror", (error) => wrong.push(String(error)))
    // a browser writes what was answered with 4xx to the console; the tests look for what a page writes itself
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(message.text())
    })
    page.on("request", (request) => {
      if (!request.url().startsWith(world.url)) wrong.push(`it asks ${request.url()}`)
    })
    yield* Effect.promise(() => page.goto(path.startsWith("http") ? path : `${world.url}/console/${path}`))
    return { page, wrong }
  })

export const signIn = (page: Playwright.Page, key: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    await page.getByLabel("API key").fill(key)
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.getByRole("button", { name: "Sign out" }).waitFor()
  })

/** Asks the gateway as a program does. */
export const ask = (
  world: World,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<{ readonly status: number; readonly json: unknown }> =>
  Effect.promise(async () => {
    const answer = await fetch(`${world.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${world.apiKey}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, json: text === "" ? undefined : JSON.parse(text) as unknown }
  })
