/** Lists who did what. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { AuditTable, type Place } from "@interline/sql/AuditTable"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"

const Cursor = Schema.parseJson(Schema.Struct({ at: Schema.Int, place: Schema.String }))
const readCursor = Schema.decodeUnknownEither(Cursor)
const writeCursor = Schema.encodeSync(Cursor)

const badCursor = ProblemDetails.make("malformed", {
  certainty: "not-sent",
  next: "fix",
  detail: "the cursor is not one that a page of this list gave"
})

const placeOf = (cursor: string | undefined): Either.Either<Place | undefined, ProblemDetails.ProblemDetails> =>
  cursor === undefined
    ? Either.right(undefined)
    : Either.mapLeft(Either.flatMap(Encoding.decodeBase64UrlString(cursor), readCursor), () => badCursor)

export const audit = HttpApiBuilder.group(
  GatewayApi,
  "audit",
  (handlers) =>
    Effect.map(
      AuditTable,
      ({ list }) =>
        handlers.handle("listAudit", ({ urlParams: { cursor, limit = 50, ...conditions } }) =>
          Effect.gen(function*() {
            const after = yield* placeOf(cursor)
            const { items, next } = yield* list({ ...conditions, limit, ...(after === undefined ? {} : { after }) })
            return { items, ...(next === undefined ? {} : { next: Encoding.encodeBase64Url(writeCursor(next)) }) }
          }))
    )
)
