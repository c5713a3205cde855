/** Gateways as processes of their own, as `interline serve` runs them, and ways to ask and to end them. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import { apiKey } from "./gateway.ts"

export interface GatewayProcess {
  readonly url: string
  readonly child: ChildProcess.ChildProcess
}

/** Starts a program that prints its address as one line of JSON. It is killed at the end of the scope. */
export const start = (
  file: string,
  environment: Readonly<Record<string, string>>,
  args: ReadonlyArray<string> = []
): Effect.Effect<GatewayProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<GatewayProcess>((resolve, reject) => {
        const child = ChildProcess.spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "ignore"], env: environment })
        child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}`)))
        child.stdout.on("data", (line) => {
          const text = String(line)
          if (text.startsWith("{")) resolve({ url: (JSON.parse(text) as { readonly url: string }).url, child })
        })
      })
    ),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Ends with the signal that ended the process, which is `SIGKILL` unless it had ended before. */
export const kill = ({ child }: GatewayProcess): Effect.Effect<NodeJS.Signals | null> =>
  Effect.async<NodeJS.Signals | null>((resume) => {
    child.removeAllListeners("exit")
    child.once("exit", (_, signal) => resume(Effect.succeed(signal)))
    child.kill("SIGKILL")
  })

export interface Answer {
  readonly status: number
  readonly text: string
}

/** Asks with the tests' key. `method`: GET by default, or POST if there is a body. */
export const ask = (
  { url }: GatewayProcess,
  path: string,
  body?: unknown,
  method: "GET" | "POST" = body === undefined ? "GET" : "POST"
): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: answer.status, text: await answer.text() }
  })

/** Reads again until what is read is as it should be. After a minute of tries the test fails. */
export const eventually = <A, E, R>(
  read: Effect.Effect<A, E, R>,
  is: (value: A) => boolean,
  tries = 1_200
): Effect.Effect<A, E, R> =>
  Effect.flatMap(read, (value) =>
    is(value)
      ? Effect.succeed(value)
      : tries === 0
      ? Effect.dieMessage("it never became as it should be")
      : Effect.delay(eventually(read, is, tries - 1), "50 millis"))

/** How many shards a process has. */
export const shardsOf = (one: GatewayProcess): Effect.Effect<number> =>
  Effect.map(
    ask(one, "/readyz"),
    ({ text }) => (JSON.parse(text) as { readonly cluster?: { readonly shards: number } }).cluster?.shards ?? 0
  )

/** Waits until each process has shards, and all of them together have all. */
export const awaitShared = (processes: ReadonlyArray<GatewayProcess>): Effect.Effect<void> =>
  Effect.asVoid(eventually(
    Effect.forEach(processes, shardsOf),
    (shards) => shards.every((many) => many > 0) && shards.reduce((sum, many) => sum + many, 0) === 300
  ))
