/** The report of the recorded calls that docs/migrating.md shows. */
import * as Report from "@interline/migration/Report"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { read } from "../../markdown.ts"

const text = read("test/docs/examples/calls.jsonl")

const fenced = (language: string, content: string): string => ["```" + language, content.trimEnd(), "```"].join("\n")

export const calls = (): string => fenced("json", text)

export const report = (): Promise<string> => {
  const bytes = new TextEncoder().encode(text)
  const input = { name: "calls.jsonl", bytes: Stream.make(bytes), size: Option.some(bytes.length) }
  return Effect.runPromise(
    Effect.map(Report.run([input], { from: "sendblue", to: "linq" }), (summary) => fenced("text", Report.toText(summary)))
  )
}
