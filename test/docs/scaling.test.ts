/** The commands with which somebody tries several gateways on one machine do what docs/scaling.md says. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { inject } from "vitest"
import * as Ports from "../chaos/ports.ts"
import * as Postgres from "../support/postgres.ts"
import { bundled } from "../support/program.ts"
import { read, root } from "./markdown.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-scaling-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
)

const blocks = (): ReadonlyArray<string> => {
  const [, section = ""] = read("docs/scaling.md").split("\n## Try it on one machine\n")
  return Array.from(section.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block)
}

/** What is different here: the database, the program as it is in the sources, and the ports. */
const isElsewhere = (line: string): boolean => /^(docker|npm) /.test(line)

/** Runs the commands in a group of processes of their own, of which nothing stays. */
const run = (script: string, cwd: string) =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.sync(() => ChildProcess.spawn("bash", ["-u", "-c", script], { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] })),
      ({ pid }) => Effect.ignore(Effect.try(() => pid !== undefined && process.kill(-pid, "SIGKILL")))
    ),
    (child) =>
      Effect.async<string>((resume) => {
        let out = ""
        let err = ""
        child.stdout.on("data", (text) => (out += String(text)))
        child.stderr.on("data", (text) => (err += String(text)))
        child.once("close", (code) => resume(code === 0 ? Effect.succeed(out) : Effect.dieMessage(`it ended with ${code}: ${err}`)))
      })
  )

it.scopedLive(
  "docs/scaling.md: three gateways on one machine lose and double nothing when one of them is killed",
  () =>
    Effect.gen(function*() {
      const { url } = yield* Postgres.make
      const program = yield* bundled(Path.join(root, "packages/cli/src/main.ts"), inject("folder"))
      const found = blocks()
      strictEqual(found.length, 6)
      let script = found.join("\n").split("\n").filter((line) => !isElsewhere(line)).join("\n")
      const others = new Map([["postgres://postgres:try@127.0.0.1:5433/postgres", url], ["packages/cli/bin/interline.mjs", program]])
      for (const port of ["4010", "4020", "4030", "8801", "8802", "8803"]) others.set(port, String(yield* Ports.next))
      for (const text of others.keys()) strictEqual(script.includes(text), true, `${text} is not in the commands`)
      script = script.replaceAll(/postgres:\/\/\S+|packages\/\S+\.mjs|\b(40[123]0|880[123])\b/g, (text) => others.get(text) ?? text)
      const lines = (yield* run(script, yield* folder)).split("\n")
      deepStrictEqual(lines.slice(0, 5), Array(5).fill("200"))
      // the sixth answer is that of the process that was killed, so it may be none
      deepStrictEqual(lines.slice(6, 12), Array(6).fill("200"))
      deepStrictEqual(lines.slice(12, 18), [1, 2, 3, 4, 5, 6].map((number) => `"text":"message ${number}"`))
      const { items } = JSON.parse(lines[18] ?? "") as { readonly items: ReadonlyArray<{ readonly shards: number }> }
      strictEqual(items.reduce((sum, { shards }) => sum + shards, 0), 300)
    }),
  180_000
)
