#!/usr/bin/env node
// `npx interline`: the command is a package of its own, because the gateway and the sandbox are in it.
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const places = [import.meta.url, join(process.cwd(), "package.json")]

const find = (place) => {
  try {
    return createRequire(place).resolve("@interline/cli/main")
  } catch {
    return undefined
  }
}

const command = places.map(find).find((path) => path !== undefined)
if (command === undefined) {
  console.error("The command is in a package of its own: npm install @interline/cli, then npx interline again")
  process.exitCode = 1
} else {
  await import(pathToFileURL(command).href)
}
