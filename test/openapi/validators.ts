/**
 * Three validators of OpenAPI documents that share no rules: the specification's own JSON Schema, a parser that follows references
 * and compares operations, and a linter. Each answers what it finds wrong, warnings too; nothing is found in a valid document.
 */
import { compileErrors, validate } from "@readme/openapi-parser"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { Validator } from "@seriousme/openapi-schema-validator"
import * as Effect from "effect/Effect"
import type { Document } from "./document.ts"

/** They write into what they are given. */
const copy = (document: Document): Document => structuredClone(document)

const bySchema = (document: Document) =>
  Effect.promise(async () => {
    const { errors, valid } = await new Validator().validate(copy(document))
    return valid ? [] : [JSON.stringify(errors)]
  })

const byParser = (document: Document) =>
  Effect.promise(async () => {
    const result = await validate(copy(document) as never, { validate: { errors: { colorize: false } } })
    return [...result.warnings.map(({ message }) => message), ...(result.valid ? [] : [compileErrors(result)])]
  })

/** No rule of its strict set is switched off. Beside them, each parameter says what it is, and each tag is declared. */
const byLinter = (document: Document) =>
  Effect.promise(async () => {
    const config = await createConfig({
      extends: ["recommended-strict"],
      rules: { "parameter-description": "error", "operation-tag-defined": "error" }
    })
    const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: "/openapi.json", config })
    return problems.map(({ location, message, ruleId }) => `${ruleId}: ${message} (${location.map(({ pointer }) => pointer).join(", ")})`)
  })

export const validators: Readonly<Record<string, (document: Document) => Effect.Effect<ReadonlyArray<string>>>> = {
  "the schema of the specification": bySchema,
  "a parser": byParser,
  "a linter": byLinter
}
