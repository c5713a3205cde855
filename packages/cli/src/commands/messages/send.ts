/** `interline send`. */
import { present } from "@interline/core/Optional"
import * as Uuid from "@interline/core/Uuid"
import * as ApiClient from "@interline/gateway/ApiClient"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Connect from "../../gateway/connect.ts"
import * as Draft from "../../gateway/draft.ts"
import * as Input from "../../gateway/input.ts"
import * as Refusals from "../../gateway/refusals.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const page = (
  { carrierId, conversation, id, losses, attempts, service, status }: typeof ApiSchema.Sent.Type,
  columns: number
): string =>
  [
    Table.toFacts([
      ["outcome", "accepted"],
      ["carrier", carrierId],
      ["line", conversation.line],
      ["status", status],
      ["service", service],
      ["id", id]
    ]),
    ...(attempts.length > 1
      ? ["", Deliveries.toTries(attempts.map((attempt) => ({ ...attempt, generation: 0, moved: false })), columns)]
      : []),
    ...Deliveries.toLosses(losses)
  ].join("\n")

/** Under a key the same request sends once, so that it is repeated where the gateway may not have done it. */
const repeat = <A>(request: Effect.Effect<A, Refusals.RequestFailure>): Effect.Effect<A, Refusals.RequestFailure> =>
  Effect.retry(request, {
    times: 5,
    schedule: Schedule.exponential("500 millis"),
    while: (error) =>
      error._tag === "RequestError"
        ? !Refusals.isUnsent(error) && !Refusals.isSilent(error)
        : error._tag === "ProblemDetails" && (error.status === 503 || error.status === 409) && error.next === "retry"
  })

/** What to do now. */
const advice = (error: Refusals.RequestFailure, key: string): string => {
  if (error._tag === "RequestError") {
    return Refusals.isUnsent(error)
      ? ""
      : `; the message may have gone out: give the same command with --key ${key}, which sends nothing twice`
  }
  return error._tag === "ProblemDetails" && error.deliveryId !== undefined
    ? `; \`interline status ${error.deliveryId}\` shows what becomes of it`
    : ""
}

export const command = MakeVerb.makeVerb("send", (flags, [text]) =>
  Effect.scoped(Effect.gen(function*() {
    const draft = yield* Draft.readDraft(flags, text)
    const after = yield* Input.readOption(flags.after, Input.readDelivery("--after"))
    const gateway = yield* Connect.connect(flags)
    const key = Option.isSome(flags.key) ? flags.key.value : yield* Uuid.mint
    const payload = { ...draft, ...present({ after, confirmsOptOut: flags["confirms-opt-out"] ? true : undefined }) }
    const request = repeat(ApiClient.underKey(key)(gateway.client.sending.send({ payload })))
    const answer = yield* Effect.either(request)
    if (answer._tag === "Right") return yield* Output.printOne(flags, ApiSchema.Sent, answer.right, page)
    const error = answer.left
    if (flags.json && error._tag === "ProblemDetails") yield* Console.log(JSON.stringify(ProblemDetails.encode(error)))
    return yield* new Failure.Failure({
      message: `${Refusals.toSentence(error, gateway.words)}${advice(error, key)}`,
      code: Refusals.codeOfSend(error)
    })
  })))
