/** The generated pages: written with INTERLINE_WRITE_DOCS=1 (`npm run docs`), otherwise compared with what is on disk. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { configurationPage } from "./generated/configuration.ts"
import { disagreements, endpointsPage } from "./generated/endpoints.ts"
import { errorsPage } from "./generated/errors.ts"
import { lossesPage, readme } from "./generated/losses.ts"
import * as PolicyTables from "./generated/policy.ts"
import * as Tables from "./generated/tables.ts"
import { read, root } from "./markdown.ts"

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/reference/operations.md": Tables.operationsPage,
  "docs/reference/capabilities.md": Tables.capabilitiesPage,
  "docs/reference/effects.md": Tables.effectsPage,
  "docs/reference/statuses.md": Tables.statusesPage,
  "docs/reference/reactions.md": Tables.reactionsPage,
  "docs/reference/endpoints.md": endpointsPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/losses.md": lossesPage,
  "docs/reference/faults.md": Tables.faultsPage,
  "docs/reference/configuration.md": configurationPage
}

const isWriting = process.env["INTERLINE_WRITE_DOCS"] === "1"

/** Writes or compares. A difference fails with the command that removes it. */
const settle = (path: string, expected: string): void => {
  const file = join(root, path)
  if (isWriting) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, expected)
  }
  expect(existsSync(file), `${path} is missing; run \`npm run docs\``).toBe(true)
  expect(read(path), `${path} differs from the code; run \`npm run docs\``).toBe(expected)
}

const markers = /(<!-- losses -->\n)[\s\S]*?(<!-- \/losses -->)/

describe("the generated reference says what the code does", () => {
  for (const [path, page] of Object.entries(pages)) {
    it(path, async () => settle(path, await page()))
  }

  it("an operation has an endpoint exactly where its carrier declares it", () => {
    expect(disagreements()).toEqual([])
  })

  it("docs/configuration.md, its tables of the policy", () => {
    const path = "docs/configuration.md"
    const filled = (text: string, name: string, content: string) => {
      const block = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
      expect(text).toMatch(block)
      return text.replace(block, (_, before: string, after: string) => `${before}\n${content}\n\n${after}`)
    }
    settle(path, filled(filled(read(path), "policy", PolicyTables.policyTable()), "wrong", PolicyTables.wrongPolicies()))
  })

  it("README.md, its table of losses", () => {
    const whole = read("README.md")
    expect(whole).toMatch(markers)
    settle("README.md", whole.replace(markers, (_, before: string, after: string) => `${before}\n${readme()}\n\n${after}`))
  })
})
