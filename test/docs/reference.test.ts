/** The generated pages: written with INTERLINE_WRITE_DOCS=1 (`npm run docs`), otherwise compared with what is on disk. */
import { describe, expect, it } from "vitest"
import { configurationPage } from "./generated/configuration.ts"
import { disagreements, endpointsPage } from "./generated/endpoints.ts"
import { errorsPage } from "./generated/errors.ts"
import { lossesPage, readme } from "./generated/losses.ts"
import { leftOver, migratingToLinq, migratingToSendblue } from "./generated/migrating.ts"
import * as Policy from "./generated/policy.ts"
import * as Tables from "./generated/tables.ts"
import { settle } from "./markdown.ts"

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
  "docs/reference/configuration.md": configurationPage,
  "docs/reference/migrating-sendblue-to-linq.md": migratingToLinq,
  "docs/reference/migrating-linq-to-sendblue.md": migratingToSendblue
}

const markers = /(<!-- losses -->\n)[\s\S]*?(<!-- \/losses -->)/

describe("the generated reference says what the code does", () => {
  for (const [path, page] of Object.entries(pages)) {
    it(path, async () => {
      const expected = await page()
      settle(path, () => expected)
    })
  }

  it("an operation has an endpoint exactly where its carrier declares it", () => {
    expect(disagreements()).toEqual([])
  })

  it("an operation that a carrier does not support at all has a reason with its date", () => {
    expect(Tables.unexplained()).toEqual([])
  })

  it("no sentence of the pages about a move is about an endpoint that is gone", async () => {
    expect(await leftOver()).toEqual([])
  })

  it("docs/configuration.md, its tables of the policy", () => {
    const path = "docs/configuration.md"
    const filled = (text: string, name: string, content: string) => {
      const block = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
      expect(text).toMatch(block)
      return text.replace(block, (_, before: string, after: string) => `${before}\n${content}\n\n${after}`)
    }
    settle(path, (whole) => filled(filled(whole, "policy", Policy.policyTable()), "wrong", Policy.wrongPolicies()))
  })

  it("README.md, its table of losses", () => {
    settle("README.md", (whole) => {
      expect(whole).toMatch(markers)
      return whole.replace(markers, (_, before: string, after: string) => `${before}\n${readme()}\n\n${after}`)
    })
  })
})
