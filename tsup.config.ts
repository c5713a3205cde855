import { readdirSync } from "node:fs"
import { defineConfig } from "tsup"
import { buildPackage } from "./tsup.base.ts"

export default defineConfig(readdirSync("packages").map((name) => buildPackage(`packages/${name}`)))
