/** The page's example is a policy that can be used, and shows every field there is. */
import * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { configured, paths } from "./generated/policy.ts"
import { read } from "./markdown.ts"

const examples = Array.from(read("docs/configuration.md").matchAll(/^```json\n([\s\S]*?)^```$/gm), ([, json = ""]): unknown => JSON.parse(json))

const written = (value: unknown, path: string): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.some((item) => typeof item === "object") ? value.flatMap((item: unknown) => written(item, `${path}[]`)) : [path]
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => written(inner, path === "" ? name : `${path}.${path === "carriers" ? "<id>" : name}`))
    : [path]

it("the policy of the configuration page can be used and shows every field", () => {
  expect(examples).toHaveLength(1)
  expect(Effect.runSync(Effect.either(Policy.make(examples[0], configured)))).toMatchObject({ _tag: "Right" })
  expect(Array.from(new Set(written(examples[0], ""))).sort()).toEqual(Array.from(paths).sort())
})
