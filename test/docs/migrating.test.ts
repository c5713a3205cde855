/** docs/migrating.md: what it shows of a report is what the report says. */
import { it } from "vitest"
import * as Report from "./generated/migrating/report.ts"
import { replaceBlock, settle } from "./markdown.ts"

it("docs/migrating.md shows the report of its calls", async () => {
  const page = await Report.report()
  settle("docs/migrating.md", (whole) => replaceBlock(replaceBlock(whole, "calls", Report.calls()), "report", page))
})
