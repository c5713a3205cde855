/** docs/security.md: its lines are the tests themselves; written with INTERLINE_WRITE_DOCS=1 (`npm run docs`), otherwise compared. */
import { describe, it } from "vitest"
import { linesTable } from "./generated/security.ts"
import { replaceBlock, settle } from "./markdown.ts"

describe("docs/security.md", () => {
  it("lists every line that is tested, and no other", () =>
    settle("docs/security.md", (whole) => replaceBlock(whole, "lines", linesTable())))
})
