/** The cursors of lists: where a page ended, as a text that only the list itself reads. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../http/ProblemDetails.ts"

const unreadable = () =>
  ProblemDetails.make("malformed", {
    certainty: "not-sent",
    next: "fix",
    detail: "the cursor is not one that a page of this list gave"
  })

export interface PageCursor<Place> {
  readonly read: (cursor: string) => Either.Either<Place, ProblemDetails.ProblemDetails>
  /** `undefined` for the first page. */
  readonly readIfGiven: (cursor: string | undefined) => Effect.Effect<Place | undefined, ProblemDetails.ProblemDetails>
  readonly write: (place: Place) => string
}

/** The cursor of a list whose pages end at places of this schema. */
export const make = <Place, I>(schema: Schema.Schema<Place, I>): PageCursor<Place> => {
  const json = Schema.parseJson(schema)
  const decode = Schema.decodeEither(json)
  const encode = Schema.encodeSync(json)
  const read = (cursor: string) => Either.mapLeft(Either.flatMap(Encoding.decodeBase64UrlString(cursor), decode), unreadable)
  return {
    read,
    readIfGiven: (cursor) => cursor === undefined ? Effect.succeed(undefined) : read(cursor),
    write: (place) => Encoding.encodeBase64Url(encode(place))
  }
}
