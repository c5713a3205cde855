/** The pictures in docs/images: taken with INTERLINE_WRITE_DOCS=1 (`npm run docs`) where there is a browser. Otherwise they are only looked for. */
import * as Effect from "effect/Effect"
import { mkdirSync, readdirSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { documents, isWriting, read, root } from "./markdown.ts"

const pictures = ["try", "message", "messages", "held", "carriers"].map((name) => `console-${name}.png`)

const folder = join(root, "docs", "images")

/** The names of the pictures that a document shows. Other places are not looked for. */
const shownIn = (document: string): ReadonlyArray<string> =>
  Array.from(read(document).matchAll(/!\[[^\]]+\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
    .filter((target) => join(root, dirname(document), dirname(target)) === folder)
    .map((target) => basename(target))

/** The module starts a gateway, so it is read only if it is needed. Without a browser nothing is taken. */
const take = async (): Promise<void> => {
  const { write } = await import("../browser/pictures.ts")
  mkdirSync(folder, { recursive: true })
  await Effect.runPromise(Effect.scoped(Effect.asVoid(write(folder))))
}

describe("the pictures of the console", () => {
  it("are all shown, and small", async () => {
    if (isWriting) await take()
    const shown = new Set(documents().flatMap(shownIn))
    const kept = readdirSync(folder)
    expect([...kept].sort()).toEqual([...pictures].sort())
    expect(pictures.filter((name) => !shown.has(name))).toEqual([])
    expect(kept.filter((name) => statSync(join(folder, name)).size >= 200_000)).toEqual([])
  }, 300_000)
})
