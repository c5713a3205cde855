/**
 * One thing that is wrong with an input: where, which rule, and what to do. Never holds the offending text or number; a wrong word
 * of a closed list may be quoted.
 */
import * as Schema from "effect/Schema"

/**
 * The rules that input can break. `Messaging` checks some of them for every carrier; others are limits of one carrier. A rule like
 * `part-count` can be both.
 *
 * @category models
 */
export const Rule = Schema.Literal(
  "type",
  "handle",
  "line",
  "empty-draft",
  "empty-text",
  "url",
  "one-of",
  "decoration-range",
  "decoration-kind",
  "effect",
  "members",
  "recipient",
  "key",
  "after",
  "text-length",
  "link-length",
  "link-alone",
  "consecutive-text",
  "part-count",
  "media-count",
  "media-format",
  "media-size",
  "media-scheme",
  "attachment",
  "decoration-overlap",
  "decoration-count",
  "mention",
  "mention-range",
  "mention-count",
  "key-length",
  "first-message",
  "reply",
  "recipient-count",
  "fidelity",
  "feature",
  "edit",
  "reaction",
  "name"
)

/** @category models */
export type Rule = typeof Rule.Type

/**
 * `path` names the field from the root of the input (`["parts", 1, "text"]`); `limit` and `actual` are in the unit that
 * the message names.
 *
 * @category models
 */
export const Problem = Schema.Struct({
  rule: Rule,
  path: Schema.Array(Schema.Union(Schema.String, Schema.NonNegativeInt)),
  message: Schema.String,
  limit: Schema.optionalWith(Schema.Finite, { exact: true }),
  actual: Schema.optionalWith(Schema.Finite, { exact: true })
})

/** @category models */
export interface Problem extends Schema.Schema.Type<typeof Problem> {}

/**
 * Makes a problem at a field. `bound` says which limit was passed, and by how much.
 *
 * @category constructors
 */
export const make = (
  rule: Rule,
  path: ReadonlyArray<string | number>,
  message: string,
  bound?: { readonly limit: number; readonly actual: number }
): Problem => ({ rule, path, message, ...bound })

/**
 * One line: `parts.1.text: text is longer than this carrier takes (limit 10000, got 12000)`.
 *
 * @category combinators
 */
export const format = (problem: Problem): string =>
  `${problem.path.join(".") || "input"}: ${problem.message}` +
  (problem.limit === undefined ? "" : ` (limit ${problem.limit}, got ${problem.actual})`)
