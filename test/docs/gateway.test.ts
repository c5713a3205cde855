/** docs/gateway.md, docs/fronts.md and docs/webhooks.md: what they show of the code is written with INTERLINE_WRITE_DOCS=1 (`npm run docs`), otherwise compared. */
import { describe, it } from "vitest"
import * as Gateway from "./generated/gateway.ts"
import * as Passing from "./generated/passing.ts"
import * as Webhooks from "./generated/webhooks.ts"
import { replaceBlock, settle } from "./markdown.ts"

const blocks: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "docs/gateway.md": { requests: Gateway.requests, problems: Gateway.problems, metrics: Gateway.metrics },
  "docs/fronts.md": { "passing: sendblue": () => Passing.passing("sendblue"), "passing: linq": () => Passing.passing("linq") },
  "docs/webhooks.md": { subscriptions: Webhooks.subscriptions }
}

for (const [path, parts] of Object.entries(blocks)) {
  describe(path, () => {
    for (const [name, part] of Object.entries(parts)) {
      it(`shows the ${name} as they are in the code`, () => settle(path, (whole) => replaceBlock(whole, name, part())))
    }
  })
}
