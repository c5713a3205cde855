/** A project of somebody else: types that a generator makes of the description, and a program that is compiled against them and run. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import openapi, { astToString } from "openapi-typescript"
import ts from "typescript"
import type { Document } from "./document.ts"

const here = dirname(fileURLToPath(import.meta.url))
const modules = join(here, "../node_modules")

/** Not a file of TypeScript here: what it imports is there only after the generator ran. */
export const program = readFileSync(join(here, "program.ts.txt"), "utf8")

const tsconfig = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"]
  },
  files: ["program.ts", "wrong.ts"]
}

/** A folder with the packages of the tests; gone with the scope. */
const folder: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-openapi-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => {
    symlinkSync(modules, join(folder, "node_modules"), "junction")
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
    return folder
  }
)

/** A process of its own, so that nothing here waits for a compiler. */
const node = (cwd: string, ...args: ReadonlyArray<string>) =>
  Effect.async<{ readonly failed: boolean; readonly stdout: string; readonly stderr: string }>((resume) => {
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) => resume(Effect.succeed({ failed: error !== null, stdout, stderr })))
  })

export interface Findings {
  /** What the compiler says of the program, of the generated types and of every library that they need. */
  readonly program: ReadonlyArray<string>
  /** What it says of the program that is wrong on purpose. */
  readonly wrong: ReadonlyArray<string>
}

/** The program, and one that is wrong, compiled against the types that the generator makes of a description. */
export const compile = (document: Document, wrong: string): Effect.Effect<Findings> =>
  Effect.scoped(Effect.gen(function*() {
    const place = yield* folder
    writeFileSync(join(place, "schema.d.ts"), astToString(yield* Effect.promise(() => openapi(JSON.stringify(document)))))
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify(tsconfig))
    writeFileSync(join(place, "program.ts"), program)
    writeFileSync(join(place, "wrong.ts"), wrong)
    const { stdout } = yield* node(place, join(modules, "typescript/bin/tsc"), "--pretty", "false")
    const lines = stdout.split("\n").filter((line) => line !== "")
    const isWrong = (line: string) => line.startsWith("wrong.ts")
    return { program: lines.filter((line) => !isWrong(line)), wrong: lines.filter(isWrong) }
  }))

/** What the program prints. */
export const run = (...args: ReadonlyArray<string>): Effect.Effect<unknown> =>
  Effect.scoped(Effect.gen(function*() {
    const place = yield* folder
    const { outputText } = ts.transpileModule(program, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
    })
    writeFileSync(join(place, "program.mjs"), outputText)
    const { failed, stderr, stdout } = yield* node(place, "program.mjs", ...args)
    return failed ? yield* Effect.dieMessage(stderr) : JSON.parse(stdout) as unknown
  }))
