import { existsSync, readdirSync } from "node:fs"
import { defineConfig } from "tsup"
import { buildPackage } from "./tsup.base.ts"

export default defineConfig(
  readdirSync("packages").filter((name) => existsSync(`packages/${name}/tsup.config.ts`)).map((name) => buildPackage(`packages/${name}`))
)
