/** The schemas of the description, compiled in the strict mode of a validator of JSON Schema 2020-12. */
import Formats from "ajv-formats"
import { Ajv2020 } from "ajv/dist/2020.js"
import type { ValidateFunction } from "ajv/dist/2020.js"
import type { Document } from "./document.ts"

const id = "openapi"

/** What OpenAPI adds around schemas; strict mode knows no word that it was not told of. */
const around = ["openapi", "info", "servers", "tags", "paths", "components", "security"]

/**
 * Compiles the schema at a pointer. Throws where it cannot be compiled, also at what is only warned of otherwise: a word or a format that nobody knows,
 * for example.
 */
export const compiler = (document: Document): (at: string) => ValidateFunction => {
  const complain = (...words: ReadonlyArray<unknown>) => {
    throw new Error(words.join(" "))
  }
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: true,
    strictTypes: true,
    strictTuples: true,
    allErrors: true,
    logger: { log: complain, warn: complain, error: complain }
  })
  Formats.default(ajv)
  ajv.addVocabulary(around)
  ajv.addSchema({ $id: id, ...document })
  return (at) => {
    const validate = ajv.getSchema(`${id}#${at.split("/").map(encodeURIComponent).join("/")}`)
    if (validate === undefined) throw new Error(`there is no schema at ${at}`)
    return validate
  }
}
