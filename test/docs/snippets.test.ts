/** Every TypeScript block of the documents compiles, each as a module of its own. */
import { dirname, join } from "node:path"
import ts from "typescript"
import { expect, it } from "vitest"
import { documents, read, root } from "./markdown.ts"

interface Block {
  readonly document: string
  readonly line: number
  readonly info: string
  readonly source: string
}

const blocksOf = (document: string): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let open: { readonly line: number; readonly info: string; readonly lines: Array<string> } | undefined
  read(document).split("\n").forEach((text, index) => {
    if (open !== undefined) {
      if (/^```\s*$/.test(text)) {
        blocks.push({ document, line: open.line, info: open.info, source: open.lines.join("\n") })
        open = undefined
      } else open.lines.push(text)
    } else {
      const fence = /^```(\S.*)?$/.exec(text)
      if (fence !== null) open = { line: index + 2, info: (fence[1] ?? "").trim(), lines: [] }
    }
  })
  return blocks
}

const isTypeScript = ({ info }: Block): boolean => /^(ts|typescript)\b/.test(info)

const isIgnored = ({ info }: Block): boolean => /\bignore\b/.test(info)

/** Below test/, whose node_modules hold every package; lines are those of the document. */
const fileOf = ({ document, line }: Block): string =>
  join(root, "test", "docs", "blocks", `${document.replace(/[^A-Za-z0-9]/g, "-")}-${line}.ts`)

const compilerOptions = (): ts.CompilerOptions => {
  const path = join(root, "tsconfig.base.json")
  const { config, error } = ts.readConfigFile(path, ts.sys.readFile)
  expect(error).toBeUndefined()
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, dirname(path))
  // a block may show a value without using it
  return { ...options, noUnusedLocals: false, noUnusedParameters: false }
}

const check = (blocks: ReadonlyArray<Block>): ReadonlyArray<string> => {
  const options = compilerOptions()
  const files = new Map(blocks.map((block) => [fileOf(block), block]))
  const textOf = (block: Block): string => "\n".repeat(block.line - 1) + block.source
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => {
    const block = files.get(path)
    return block === undefined ? readFile(path) : textOf(block)
  }
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const block = files.get(path)
    return block === undefined ? getSourceFile(path, languageVersion, ...rest) : ts.createSourceFile(path, textOf(block), languageVersion)
  }
  const program = ts.createProgram({ rootNames: Array.from(files.keys()), options, host })
  return Array.from(files).flatMap(([path, { document }]) => {
    const file = program.getSourceFile(path)
    if (file === undefined) throw new Error(`${path} is not in the program`)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((diagnostic) => {
      const { line } = file.getLineAndCharacterOfPosition(diagnostic.start ?? 0)
      return `${document}:${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`
    })
  })
}

it("every TypeScript block compiles", { timeout: 300_000 }, () => {
  const blocks = documents().flatMap(blocksOf).filter(isTypeScript)
  expect(blocks.length).toBeGreaterThan(0)
  const misplaced = blocks.filter((block) => isIgnored(block) && !block.document.startsWith("docs/decisions/"))
  expect(misplaced.map(({ document, line }) => `${document}:${line}: only decision records may hold blocks that are not checked`)).toEqual(
    []
  )
  expect(check(blocks.filter((block) => !isIgnored(block)))).toEqual([])
})

it("the check finds what does not compile, by document and line", { timeout: 300_000 }, () => {
  const broken = { document: "docs/example.md", line: 7, info: "ts", source: `import { Draft } from "interline"\n\nDraft.text(1)` }
  expect(check([broken])).toEqual([expect.stringMatching(/^docs\/example\.md:9: .*'number'.*'string'/)])
})
