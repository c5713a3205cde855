/** docs/migrating.md: what it shows of commands is what they print. */
import { it } from "vitest"
import * as Report from "./generated/migrating/report.ts"
import * as Rollout from "./generated/migrating/rollout.ts"
import { replaceBlock, settle } from "./markdown.ts"

it("docs/migrating.md shows what the commands print", async () => {
  const blocks = {
    calls: Report.calls(),
    report: await Report.report(),
    rollout: await Rollout.status("fine"),
    crossed: await Rollout.status("crossed")
  }
  settle("docs/migrating.md", (whole) => Object.entries(blocks).reduce((page, [name, content]) => replaceBlock(page, name, content), whole))
})
