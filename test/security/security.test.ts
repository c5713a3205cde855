/** Every line of docs/security.md, against a gateway over HTTP. */
import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { lines } from "./lines.ts"
import { Closed, layer as worlds, Open } from "./world.ts"

layer(worlds, { excludeTestServices: true, timeout: "60 seconds" })("security", (it) => {
  for (const { name, over = "closed", run } of lines) {
    it.scoped(name, () => over === "open" ? Effect.flatMap(Open, run) : Effect.flatMap(Closed, run))
  }

  it("has a name for each line, and each name once", () => {
    const names = lines.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
