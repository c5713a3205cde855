import { describe, expect, it } from "vitest"
import * as Folders from "./folders.ts"
import * as Names from "./names.ts"
import { readRepository } from "./repository.ts"
import * as Rules from "./rules.ts"
import * as Vendors from "./vendors.ts"

const repository = readRepository()

describe("the repository", () => {
  it.each([
    ["imports siblings in one direction", Rules.importsGoOneWay],
    ["keeps each package's inside to itself", Rules.nobodyReachesInside],
    ["keeps Node out of what runs everywhere", Rules.portablePackagesAvoidNode],
    ["imports one way between the wings of a package", Folders.wingsGoOneWay],
    ["has no circles of files", Folders.noCircles],
    ["has small folders", Folders.foldersAreSmall],
    ["calls a module by its own name", Folders.aliasIsBasename],
    ["imports a module once", Folders.oneImportPerModule],
    ["opens each file with a sentence", Folders.filesOpenWithASentence],
    ["names each tag after its module", Folders.tagIdIsItsPlace],
    ["declares what it imports, and nothing more", Rules.manifestsAgreeWithImports],
    ["takes Effect from the application", Rules.effectIsPeer],
    ["has adapters, fronts and sandbox vendors that look alike, file for file", Folders.twinsLookAlike],
    ["opens exactly the modules that are public", Rules.exportsListPublicModules],
    ["reads no file outside itself", Rules.filesStayInside],
    ["installs with plain npm", Rules.rootNeedsOnlyNpm],
    ["installs from whatever registry is configured", Rules.nobodyNamesARegistry],
    ["mentions nobody's machine", Rules.nobodyNamesAMachine],
    ["knows no vendor in its domain", Rules.coreKnowsNoVendor],
    ["looks vendors up", Vendors.vendorsAreLookedUp],
    ["keeps the words that the glossary does not use out of exported names", Names.exportedNamesAvoid],
    ["names each file after a noun", Rules.everyFileHasANoun],
    ["documents every public name", Rules.publicNamesAreDocumented]
  ])("%s", (_, rule) => {
    expect(rule(repository).join("\n")).toBe("")
  })
})
