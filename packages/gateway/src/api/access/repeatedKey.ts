/** Answers a repetition of the request that created a key. Its secret is stored nowhere, so no repetition gets it. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { respond } from "../../http/problemResponse.ts"
import type * as AnswerOnce from "../answerOnce.ts"

const decode = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ id: Schema.String, name: Schema.String })))

const decoder = new TextDecoder()

/** Adds the answer that a repetition gets, to the result of the request that created a key. */
export const withRepeated = (done: AnswerOnce.Done): AnswerOnce.Done => {
  const { body } = done.response
  if (Option.isSome(done.problem)) return done
  const created = body._tag === "Uint8Array" ? decode(decoder.decode(body.body)) : Option.none()
  const key = Option.match(created, { onNone: () => "the key", onSome: ({ id, name }) => `the key "${name}" with the id ${id}` })
  const repeated = ProblemDetails.make("key-created-before", {
    next: "fix",
    detail: `${key} is there; if that answer was lost, revoke the key, and create one of another name under another Idempotency-Key`
  })
  return { ...done, repeated: respond(repeated) }
}
