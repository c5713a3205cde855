// Writes the `exports` of every package from its public modules: `npm run exports`. A module is public if its name begins with a capital.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** Public modules whose name is not capitalised: `node` is named for what it needs, `main` is the program that `npx interline` starts. */
const namedOtherwise = new Set(["packages/cli/src/main.ts", "packages/interline/src/node.ts"])

const sourcesBelow = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sourcesBelow(`${folder}/${entry.name}`) : entry.name.endsWith(".ts") ? [`${folder}/${entry.name}`] : []
  )

/** The public modules of a package, by the name that they are imported under: flat, whichever folder they are in. */
export const publicModules = (folder) => {
  const base = `packages/${folder}/src/`
  const paths = sourcesBelow(base.slice(0, -1)).filter((path) => /^[A-Z]/.test(basename(path)) || namedOtherwise.has(path)).map((path) =>
    path.slice(base.length)
  )
  const names = new Map()
  for (const path of paths) {
    const name = basename(path, ".ts")
    if (names.has(name)) throw new Error(`${folder} has two public modules called ${name}: ${names.get(name)} and ${path}`)
    names.set(name, path)
  }
  return new Map([...names].sort(([one], [other]) => (one < other ? -1 : 1)))
}

const targets = (path, withSource) => ({
  ...(withSource ? { "@interline/source": `./src/${path}` } : {}),
  types: `./dist/${path.replace(/\.ts$/, ".d.ts")}`,
  default: `./dist/${path.replace(/\.ts$/, ".js")}`
})

/** What `exports` of a package has to say, while it is developed or when it is published. */
export const exportsOf = (folder, withSource) => ({
  ".": targets("index.ts", withSource),
  "./package.json": "./package.json",
  ...Object.fromEntries([...publicModules(folder)].map(([name, path]) => [`./${name}`, targets(path, withSource)]))
})

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const folder of readdirSync(join(root, "packages"))) {
    const path = join(root, "packages", folder, "package.json")
    const manifest = JSON.parse(readFileSync(path, "utf8"))
    // the console is no library: it has pages instead of modules
    if (manifest.private === true) continue
    manifest.exports = exportsOf(folder, true)
    manifest.publishConfig.exports = exportsOf(folder, false)
    writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
  }
}
