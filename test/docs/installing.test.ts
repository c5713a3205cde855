/** What a new user copies from the README: the versions are ours, and the example of a test runs. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { test } from "./examples/testing.ts"
import { read } from "./markdown.ts"

const readme = "packages/interline/README.md"

/** The versions that the workspace uses, by package. */
const catalog = new Map(
  Array.from(
    read("pnpm-workspace.yaml").matchAll(/^ {2}"?([@a-z/-]+)"?: ([0-9][^\s]*)$/gm),
    ([, name = "", version = ""]) => [name, version] as const
  )
)

const lines = (document: string): ReadonlyArray<string> =>
  read(document).match(/^(?:npm install|(?:pnpm|yarn|bun) add) interline .*$/gm) ?? []

describe("the lines that install it", () => {
  it("name every package manager in the README of the package, and npm in the first one", () => {
    expect(lines(readme).map((line) => line.split(" ")[0])).toEqual(["npm", "pnpm", "yarn", "bun"])
    expect(lines("README.md")).toEqual(lines(readme).slice(0, 1))
  })

  it("name the versions that the tests run with", () => {
    for (const line of lines(readme)) {
      const [, , , ...peers] = line.split(" ")
      expect(peers).toEqual(["effect", "@effect/platform", "@effect/platform-node"].map((name) => `${name}@${catalog.get(name)}`))
    }
  })

  it("name them for the stores too", () => {
    const [line = ""] = read("packages/sql/README.md").match(/^npm install @interline\/sql .*$/m) ?? []
    expect(line.split(" ").slice(3)).toEqual(
      ["@effect/sql", "@effect/sql-libsql", "@effect/sql-pg", "@effect/experimental"].map((name) => `${name}@${catalog.get(name)}`)
    )
  })
})

describe("the example of a test", () => {
  it("is the one that is run here", () => {
    expect(read(readme)).toContain(read("test/docs/examples/testing.ts").trim())
  })

  it.live("sends by the carrier that is left, and finds the text on the phone", () =>
    Effect.gen(function*() {
      expect(yield* test).toEqual({ carrierId: "sendblue", texts: ["Welcome"] })
    }))
})
