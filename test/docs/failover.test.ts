/** docs/failover.md: what it shows of the code is written with INTERLINE_WRITE_DOCS=1 (`npm run docs`), otherwise compared. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Failover from "./generated/failover.ts"
import { read, root } from "./markdown.ts"

const path = "docs/failover.md"

const blocks: Readonly<Record<string, () => string>> = {
  "state machine": Failover.diagram,
  "affinity": Failover.affinity,
  "blame": Failover.blame
}

describe("docs/failover.md", () => {
  for (const [name, block] of Object.entries(blocks)) {
    it(`shows the ${name} as it is in the code`, () => {
      const markers = new RegExp(`(<!-- generated: ${name} -->\\n)[\\s\\S]*?(<!-- /generated -->)`)
      const whole = read(path)
      expect(whole).toMatch(markers)
      const expected = whole.replace(markers, (_, before: string, after: string) => `${before}\n${block()}\n\n${after}`)
      if (process.env["INTERLINE_WRITE_DOCS"] === "1") writeFileSync(join(root, path), expected)
      expect(read(path), `${path} differs from the code; run \`npm run docs\``).toBe(expected)
    })
  }
})
