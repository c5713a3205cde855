/** docs/failover.md: what it shows of the code is written with INTERLINE_WRITE_DOCS=1 (`npm run docs`), otherwise compared. */
import { describe, it } from "vitest"
import * as Failover from "./generated/failover.ts"
import { replaceBlock, settle } from "./markdown.ts"

const blocks: Readonly<Record<string, () => string>> = {
  "state machine": Failover.diagram,
  affinity: Failover.affinity,
  moving: Failover.moving,
  blame: Failover.blame
}

describe("docs/failover.md", () => {
  for (const [name, block] of Object.entries(blocks)) {
    it(`shows the ${name} as it is in the code`, () => settle("docs/failover.md", (whole) => replaceBlock(whole, name, block())))
  }
})
