/** Reads the body of a recorded call for a report. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as RecordedCall from "../calls/RecordedCall.ts"

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

/** The body as JSON; its text if it is none, or has too many levels. */
export const read = ({ body }: RecordedCall.RecordedCall): unknown =>
  typeof body === "string" ? Either.getOrElse(Either.filterOrLeft(parseJson(body), RecordedCall.isShallow, () => body), () => body) : body

/** The fields of a body; none if it is no object. */
export const toRecord = (value: unknown): object => typeof value === "object" && value !== null ? value : {}
