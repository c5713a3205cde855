/** Turns what a gateway answers, or that it does not answer, into one sentence and an exit code. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Problem from "@interline/core/Problem"
import type { ProblemDetails } from "@interline/gateway/ProblemDetails"
import * as Data from "effect/Data"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type { FailureCode } from "../grammar/exitCodes.ts"

/** The gateway did not do what a command asked for, or could not be asked. Without a `code` the command ends with 1. */
export class GatewayRefused extends Data.TaggedError("GatewayRefused")<{ readonly message: string; readonly code?: FailureCode }> {}

/** The gateway took the request and was silent for so long that nobody waits any more. */
export class Silent extends Data.TaggedError("Silent") {}

/** What a request of the client fails with. */
export type RequestFailure =
  | ProblemDetails
  | HttpClientError.HttpClientError
  | ParseResult.ParseError
  | { readonly _tag: "HttpApiDecodeError" }

/** How sentences name the gateway and its key. */
export interface Words {
  /** The option that names the gateway. */
  readonly flag: string
  /** What to do if the gateway does not know the key. */
  readonly unknownKey: string
}

/** What the gateway refuses, with each thing that is wrong. What its detail says already is not said again. */
const ofProblem = ({ message, problems = [] }: ProblemDetails): string => {
  const more = problems.map(Problem.format).filter((problem) => !message.includes(problem))
  return more.length === 0 ? message : `${message}: ${more.join("; ")}`
}

/** One sentence for a failure. `before`: what to do before the request is repeated. */
export const toSentence = (error: RequestFailure, { flag, unknownKey }: Words, before?: string): string =>
  error._tag === "ProblemDetails"
    ? error.status === 401 ? unknownKey : ofProblem(error)
    : isSilent(error)
    ? `the gateway took the request and did not answer; look at its log, and at what stands in front of it${
      before === undefined ? "" : `; ${before}`
    }`
    : error._tag === "RequestError"
    ? `the gateway does not answer; start it with \`interline serve\`, or name its address with ${flag}${
      before === undefined ? "" : `; if it stopped meanwhile, ${before}`
    }`
    : `there is no gateway at that address, or one of another version; name its address with ${flag}`

/** Whether the key may not do it, so that the same command fails again. */
export const isForbidden = (error: RequestFailure): boolean => error._tag === "ProblemDetails" && error.status === 403

/** Of a request that did not come in time, may have been done, or came too often. */
const mayBeDone: ReadonlySet<number> = new Set([408, 424, 429])

/** The exit code of a request: whether the gateway could not do it, does not know what is meant, or refuses it. */
export const codeOf = (error: RequestFailure): FailureCode => {
  if (error._tag !== "ProblemDetails" || error.status >= 500 || mayBeDone.has(error.status)) return 1
  return error.status === 401 || error.status === 403 || error.status === 409 ? 3 : 2
}

/** Whether the gateway got nothing, because there was no connection. */
export const isUnsent = (error: RequestFailure): boolean => error._tag === "RequestError" && Predicate.isTagged(error.cause, "NotConnected")

/** Whether the gateway was silent, which one more request would not change. */
export const isSilent = (error: RequestFailure): boolean => error._tag === "RequestError" && Predicate.isTagged(error.cause, "Silent")

/** Whether the request may be repeated in a while: the gateway is busy, starts again, or the connection was lost. */
export const mayPass = (error: RequestFailure): boolean =>
  (error._tag === "RequestError" && !isSilent(error)) || (error._tag === "ProblemDetails" && (error.status === 429 || error.status >= 500))

/** The exit code of a request that writes to people: whether something went out, and whether the same command may be given again. */
export const codeOfSend = (error: RequestFailure): FailureCode => {
  if (error._tag !== "ProblemDetails") return isUnsent(error) ? 4 : error._tag === "RequestError" ? 5 : 1
  const { certainty, next, status } = error
  if (certainty === "unknown" || certainty === "partial") return 5
  if (certainty === undefined || status === 401 || status === 403 || status === 404) return codeOf(error)
  return next === "retry" || next === "reroute" ? 4 : 3
}
