/** The threat model's lines, each with the test that holds it. */
import { lines } from "../../security/lines.ts"
import { table } from "../markdown.ts"

export const linesTable = (): string =>
  table(
    ["Threat", "What stands against it", "Test"],
    lines.map(({ against, name, threat }) => [threat, against, name])
  )
