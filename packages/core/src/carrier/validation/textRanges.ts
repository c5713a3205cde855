/** Checks the ranges of a text: its decorations and its mentions. The checks are written by hand for the reasons that `validate` names. */
import * as Part from "../../content/Part.ts"
import { splitter } from "../../language/VisibleText.ts"
import * as Handle from "../../names/Handle.ts"
import * as Problem from "../../names/Problem.ts"
import { type Fields, has, isFields, isIndex, type Path, type Problems } from "./problems.ts"

const mostDecorations = 1_000
const mostMentions = 100

export const handle = (value: unknown, path: Path, problems: Problems): void => {
  if (!Handle.isHandle(value)) {
    problems.push(
      Problem.make("handle", path, "not a phone number in E.164 (+12025550123) or a lower-case e-mail address; use Handle.parse")
    )
  }
}

/** Whether a position in a text cuts a sign in two. */
type Splits = (position: number) => boolean

const range = (
  rule: "decoration-range" | "mention-range",
  { end, start }: Fields,
  text: string,
  splits: Splits,
  path: Path
): ReadonlyArray<Problem.Problem> => {
  if (!isIndex(start) || !isIndex(end) || start >= end || end > text.length) {
    const actual = typeof end === "number" && Number.isFinite(end) ? end : -1
    return [
      Problem.make(rule, path, "the range must lie within the text: 0 <= start < end <= length in UTF-16 units", {
        limit: text.length,
        actual
      })
    ]
  }
  return splits(start) || splits(end)
    ? [Problem.make(rule, path, "the range must not cut a sign in two, as an emoji of several UTF-16 units")]
    : []
}

const decoration = (value: unknown, text: string, splits: Splits, path: Path, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", path, "not a decoration"))
    return
  }
  const { animation, style } = value
  problems.push(...range("decoration-range", value, text, splits, path))
  if ((style === undefined) === (animation === undefined)) {
    problems.push(Problem.make("one-of", path, "a decoration has exactly one of style and animation"))
  } else if (style === undefined ? !has(Part.TextAnimation.literals, animation) : !has(Part.TextStyle.literals, style)) {
    problems.push(Problem.make("decoration-kind", path, "no such style or animation"))
  }
}

const mention = (value: unknown, text: string, splits: Splits, path: Path, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", path, "not a mention: {handle, start, end}"))
    return
  }
  handle(value["handle"], [...path, "handle"], problems)
  problems.push(...range("mention-range", value, text, splits, path))
}

const startOf = (value: unknown): number => isFields(value) && isIndex(value["start"]) ? value["start"] : 0
const endOf = (value: unknown): number => isFields(value) && isIndex(value["end"]) ? value["end"] : 0

/** The problems of the mentions of a text. */
export const mentions = (value: unknown, text: string, path: Path, problems: Problems): void => {
  if (!Array.isArray(value)) problems.push(Problem.make("type", path, "not a list"))
  else if (value.length > mostMentions) {
    problems.push(
      Problem.make("mention-count", path, "more mentions than any carrier takes", { limit: mostMentions, actual: value.length })
    )
  } else if (value.length > 0) {
    const splits = splitter(text)
    const list = Array.from<unknown>(value)
    list.forEach((each, index) => mention(each, text, splits, [...path, index], problems))
    const inOrder = list.toSorted((left, right) => startOf(left) - startOf(right))
    if (inOrder.some((each, index) => index > 0 && startOf(each) < endOf(inOrder[index - 1]))) {
      problems.push(Problem.make("mention-range", path, "two mentions share a part of the text"))
    }
  }
}

/** The problems of the decorations of a text. */
export const decorations = (value: unknown, text: string, path: Path, problems: Problems): void => {
  if (!Array.isArray(value)) problems.push(Problem.make("type", path, "not a list"))
  else if (value.length > mostDecorations) {
    problems.push(
      Problem.make("decoration-count", path, "more decorations than any carrier takes", { limit: mostDecorations, actual: value.length })
    )
  } else if (value.length > 0) {
    const splits = splitter(text)
    // `forEach` skips the holes of an array, so loop by index
    for (let index = 0; index < value.length; index++) decoration(value[index], text, splits, [...path, index], problems)
  }
}
