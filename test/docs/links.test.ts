/** Documents that stay whole: their links lead somewhere, and the README stays short. */
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { documents, read, root } from "./markdown.ts"

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "")

/** How GitHub names a heading. */
const anchor = (heading: string): string => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-")

const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set(
    Array.from(read(path).replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm), ([, heading = ""]) => anchor(heading))
  )

/** What is wrong with a link; undefined if it leads somewhere. */
const brokenLink = (document: string, target: string): string | undefined => {
  const [path = "", hash] = target.split("#")
  const file = path === "" ? document : join(dirname(document), path)
  if (!existsSync(join(root, file))) return `${document}: ${target} leads nowhere`
  if (hash !== undefined && file.endsWith(".md") && !anchorsOf(file).has(hash)) return `${document}: ${target} names no heading`
  return undefined
}

describe("the documents", () => {
  it("have no link that leads nowhere", () => {
    const broken = documents().flatMap((document) =>
      Array.from(withoutCode(read(document)).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .flatMap((target) => brokenLink(document, target) ?? [])
    )
    expect(broken).toEqual([])
  })

  it("are all reached from the README", () => {
    const seen = new Set<string>()
    const visit = (document: string): void => {
      if (seen.has(document) || !document.endsWith(".md")) return
      seen.add(document)
      for (const [, target = ""] of withoutCode(read(document)).matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)) {
        if (!/^[a-z]+:/.test(target)) visit(join(dirname(document), target))
      }
    }
    visit("README.md")
    expect(documents().filter((document) => !seen.has(document))).toEqual([])
  })

  it("begin with a README of at most 120 lines", () => {
    expect(read("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(120)
  })
})
