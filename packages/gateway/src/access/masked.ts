/** Answers a session: without people's numbers and texts, unless the request asks for them. Then the audit says who asked. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { AuditTableService } from "@interline/sql/AuditTable"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type * as ApiKeys from "../http/ApiKeys.ts"
import * as Audit from "../http/audit.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as Query from "../http/query.ts"
import * as Masking from "./masking.ts"

const parse = Schema.decodeUnknownOption(Schema.parseJson())

/** What a request asks for beside its own query: whether people are shown. */
export interface Wish {
  /** The target without the wish. */
  readonly url: string
  readonly showsPeople: boolean
}

/** Takes `show=people` out of a target. Another value stays there, so that it is refused like every unknown field. */
export const wishOf = (url: string): Wish => {
  if (!url.includes("show=people")) return { url, showsPeople: false }
  const [path, query] = Query.split(url)
  const given = query.split("&")
  const rest = given.filter((pair) => pair !== "show=people")
  return { url: rest.length === 0 ? path : `${path}?${rest.join("&")}`, showsPeople: rest.length < given.length }
}

/** Whether the answer to this key hides people. */
export const hides = ({ session }: ApiKeys.Key, { showsPeople }: Wish): boolean => session !== undefined && !showsPeople

const unwritten = ProblemDetails.make("store-failed", { certainty: "not-sent", next: "retry", retryAfter: 1 })

/** Decodes the path of a request. The audit then shows a person in it as it shows people in other acts. */
const decode = (path: string): string => Either.getOrElse(Either.try(() => decodeURIComponent(path)), () => path)

/** Writes down who asks for people, before they are shown. If it cannot be written down, nobody is shown. */
export const noteShown = (
  audit: AuditTableService,
  { name, session }: ApiKeys.Key,
  { showsPeople, url }: Wish,
  endpoint: string
): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  session === undefined || !showsPeople
    ? Effect.void
    : Effect.flatMap(
      Audit.record(audit, { actor: name, act: "people.shown", subject: `${endpoint} ${decode(Query.split(url)[0])}` }, "done"),
      (isWritten) => isWritten ? Effect.void : Effect.fail(unwritten)
    )

const unreadable = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ status: response.status })

const problem = Masking.make("problem", [ProblemDetails.Wire.ast])

/** Hides people in the answers of an endpoint, whose bodies have these schemas. A body that cannot be read is left out. */
export const make = (endpoint: string, schemas: ReadonlyArray<AST.AST>) => {
  const mask = Masking.make(endpoint, schemas)
  return (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
    const { body, headers } = response
    if (body._tag === "Empty") return response
    if (body._tag !== "Uint8Array") return unreadable(response)
    const type = headers["content-type"] ?? body.contentType
    return Option.match(parse(new TextDecoder().decode(body.body)), {
      onNone: () => unreadable(response),
      onSome: (json) =>
        HttpServerResponse.setBody(
          response,
          HttpBody.text(JSON.stringify(type.startsWith(ProblemDetails.contentType) ? problem(json) : mask(json)), type)
        )
    })
  }
}
