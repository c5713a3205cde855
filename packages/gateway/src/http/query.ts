/** Reads the query of a request, and explains its unknown fields. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Problem from "@interline/core/Problem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"
import * as ExplainIssue from "./explainIssue.ts"
import * as ProblemDetails from "./ProblemDetails.ts"
import { respond } from "./problemResponse.ts"

export type Query = Readonly<Record<string, string | ReadonlyArray<string>>>

export const split = (url: string): readonly [path: string, query: string] => {
  const mark = url.indexOf("?")
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)]
}

export const of = (url: string): Query => {
  const given = new URLSearchParams(split(url)[1])
  return Object.fromEntries(Array.from(new Set(given.keys()), (name) => {
    const [first = "", ...others] = given.getAll(name)
    return [name, others.length === 0 ? first : [first, ...others]]
  }))
}

/** The names that a query may have. */
const namesOf = ({ ast }: ExplainIssue.Readable): ReadonlySet<string> =>
  new Set(AST.getPropertySignatures(AST.encodedAST(ast)).map(({ name }) => String(name)))

/** Explains unknown and unreadable fields. An ignored unknown field would look as if the gateway had applied it. */
export const explain = (schema: Option.Option<ExplainIssue.Readable>, given: Query): ReadonlyArray<Problem.Problem> =>
  Option.match(schema, {
    onNone: () =>
      Object.keys(given).slice(0, 1).map((name) =>
        Problem.make("type", [ExplainIssue.showName(name)], "is not a field of this: no query is read here")
      ),
    onSome: (schema) =>
      ExplainIssue.explainIssue(schema, given, { options: { onExcessProperty: "error" } }).map((problem) =>
        Array.isArray(given[String(problem.path[0])]) ? Problem.make("type", problem.path, "is given more than once") : problem
      )
  })

export const unreadable = (problems: ReadonlyArray<Problem.Problem>): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("malformed", { certainty: "not-sent", next: "fix", problems })

/** Whether a query has an unknown field. The check is fast if there is no query. */
export const asksMore = (schema: Option.Option<ExplainIssue.Readable>): (url: string) => boolean => {
  const known = Option.match(schema, { onNone: () => new Set<string>(), onSome: namesOf })
  return (url) => url.includes("?") && Object.keys(of(url)).some((name) => !known.has(name))
}

/** Fails with the mistakes of a query, like the endpoints of the API. It is for routes that read their query themselves. */
export const refuse =
  (schema: Option.Option<ExplainIssue.Readable>) => (url: string): Effect.Effect<void, ProblemDetails.ProblemDetails> => {
    if (!url.includes("?")) return Effect.void
    const problems = explain(schema, of(url))
    return problems.length === 0 ? Effect.void : Effect.fail(unreadable(problems))
  }

const refuseAll = refuse(Option.none())

/** Refuses every query. It is for an answer that does not depend on a query. */
export const without = <R>(
  answer: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R | HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request) =>
      Effect.matchEffect(refuseAll(request.url), {
        onFailure: (problem) => Effect.succeed(respond(problem)),
        onSuccess: () => answer(request)
      })
  )
