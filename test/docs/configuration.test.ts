/** The page's example is a policy that can be used, and shows every field there is. Its wrong ones say what the page says, whoever reads them. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Policy from "@interline/router/Policy"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Interline from "interline/Interline"
import { expect, it } from "vitest"
import { configured, paths, sentenceOf } from "./generated/policy.ts"
import { read } from "./markdown.ts"

const examples = Array.from(
  read("docs/configuration.md").matchAll(/^```json\n([\s\S]*?)^```$/gm),
  ([, json = ""]): unknown => JSON.parse(json)
)

const written = (value: unknown, path: string): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.some((item) => typeof item === "object") ? value.flatMap((item: unknown) => written(item, `${path}[]`)) : [path]
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) =>
      written(inner, path === "" ? name : `${path}.${path === "carriers" ? "<id>" : name}`)
    )
    : [path]

it("the policy of the configuration page can be used and shows every field", () => {
  expect(examples).toHaveLength(1)
  expect(Effect.runSync(Effect.either(Policy.make(examples[0], configured)))).toMatchObject({ _tag: "Right" })
  expect(Array.from(new Set(written(examples[0], ""))).sort()).toEqual(Array.from(paths).sort())
})

const wrong = Array.from(
  read("docs/configuration.md").split("<!-- wrong -->")[1]?.matchAll(/^\| `(.*)` \| (.*) \|$/gm) ?? [],
  ([, policy = "", sentence = ""]) => [policy.replaceAll("\\|", "|"), sentence.replaceAll("\\|", "|")] as const
)

const variables = {
  INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550102",
  LINQ_API_KEY: "token",
  SENDBLUE_API_KEY: "key",
  SENDBLUE_API_SECRET: "secret"
}

const http = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.dieMessage("configuration sends nothing")))

const refusal = (options: Interline.Options, given: Readonly<Record<string, string>>): Promise<string> => {
  const provider = Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries({ ...variables, ...given }))))
  const live = Interline.layerConfig(options).pipe(Layer.provide([http, provider]))
  return Effect.runPromise(Effect.map(Effect.flip(Effect.scoped(Layer.build(live))), ({ message }) => message))
}

it("the page tells more than a few wrong policies", () => {
  expect(wrong.length).toBeGreaterThan(25)
})

it.each(wrong)("%s is refused with the page's sentence, by the router and by interline", async (text, sentence) => {
  const policy: unknown = JSON.parse(text)
  expect(sentenceOf(policy)).toBe(sentence)
  const says = (message: string): string => message.replace(/; to add a carrier, .*$/, "")
  const prefix = "the option policy, or the variable INTERLINE_POLICY, cannot be used: "
  expect(says(await refusal({}, { INTERLINE_POLICY: text }))).toBe(prefix + sentence)
  if (policy !== null) expect(says(await refusal(JSON.parse(`{"policy":${text}}`), {}))).toBe(prefix + sentence)
})
