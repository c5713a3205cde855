/** Reads the body of a recorded call for a report. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { RecordedCall } from "../calls/RecordedCall.ts"

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

/** The body as JSON; its text if it is none. */
export const read = ({ body }: RecordedCall): unknown => typeof body === "string" ? Either.getOrElse(parseJson(body), () => body) : body

/** The fields of a body; none if it is no object. */
export const toRecord = (value: unknown): object => typeof value === "object" && value !== null ? value : {}
