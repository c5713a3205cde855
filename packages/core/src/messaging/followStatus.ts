/** Asks for the status of a delivery again and again, until it is settled. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { DeliveryReport } from "../content/DeliveryStatus.ts"
import * as Problem from "../names/Problem.ts"
import * as MessagingError from "../outcome/MessagingError.ts"

// the other fields of a report follow from its messages
const isSameReport = (left: DeliveryReport, right: DeliveryReport): boolean =>
  left.messages.length === right.messages.length &&
  left.messages.every((message, index) => {
    const other = right.messages[index]
    return other !== undefined && message.status === other.status && message.failedOnce === other.failedOnce &&
      message.service === other.service && message.downgraded === other.downgraded
  })

export const followStatus = <R>(
  status: Effect.Effect<DeliveryReport, MessagingError.MessagingError, R>,
  options: { readonly every?: Duration.DurationInput; readonly times?: number } | undefined
): Stream.Stream<DeliveryReport, MessagingError.MessagingError, R> => {
  const every = Duration.decodeUnknown(options?.every ?? "1 second")
  const times = options?.times ?? 60
  if (Option.isNone(every) || !(Number.isSafeInteger(times) && times > 0)) {
    const problem = Problem.make("type", ["options"], "every is a duration, and times a whole number from 1")
    return Stream.fail(MessagingError.invalid("getMessage", [problem]))
  }
  return Stream.unfoldEffect(0, (count) =>
    count < 0 || count >= times
      ? Effect.succeed(Option.none())
      : Effect.map(
        count === 0 ? status : Effect.zipRight(Effect.sleep(every.value), status),
        (report) => Option.some([report, report.settled ? -1 : count + 1] as const)
      )).pipe(
      Stream.changesWith(isSameReport)
    )
}
