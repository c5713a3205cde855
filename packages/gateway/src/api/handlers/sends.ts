/** Sends, and the plans of sends. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { Draft } from "@interline/core/Draft"
import { Messaging } from "@interline/core/Messaging"
import type { SendOptions } from "@interline/core/MessagingService"
import { present } from "@interline/core/Optional"
import * as Part from "@interline/core/Part"
import type { Refused } from "@interline/core/Plan"
import type * as Problem from "@interline/core/Problem"
import type { SendError } from "@interline/core/SendError"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import * as CurrentAnswer from "../../once/currentAnswer.ts"
import { LedgerKey } from "../answerOnce.ts"
import { GatewayApi } from "../Api.ts"
import type { SendRequest } from "../ApiSchema.ts"
import * as Authorization from "../authorization.ts"
import * as EarlierSend from "../earlierSend.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const draftOf = ({ after: _, confirmsOptOut: __, parts, text, to: ___, ...options }: SendRequest): Effect.Effect<Draft> =>
  parts !== undefined
    ? Effect.succeed({ ...options, parts })
    : text !== undefined
    ? Effect.succeed({ ...options, parts: [Part.text(text)] })
    : Effect.dieMessage("the schema lets no request through that has neither text nor parts")

/** The path of a problem as it is on the wire. There, the options of the library stand beside the draft. */
const toWirePath = (problem: Problem.Problem): Problem.Problem =>
  problem.path[0] === "options" ? { ...problem, path: problem.path.slice(1) } : problem

const toProblem = (error: SendError): ProblemDetails.ProblemDetails => {
  const { problems, ...rest } = ProblemDetails.fromSendError(error)
  return new ProblemDetails.ProblemDetails(problems === undefined ? rest : { ...rest, problems: problems.map(toWirePath) }, {
    disableValidation: true
  })
}

const toWireRefusal = ({ problems: [first, ...others], ...plan }: Refused): Refused => ({
  ...plan,
  problems: [toWirePath(first), ...others.map(toWirePath)]
})

/** The options of a plan. It waits for nothing, so a key in `after` is not looked for. */
const planOptionsOf = ({ after, confirmsOptOut }: SendRequest): SendOptions =>
  present({ after: typeof after === "string" ? after : undefined, confirmsOptOut })

export const sending = HttpApiBuilder.group(GatewayApi, "sending", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const send = CurrentAnswer.send(messaging)
    const findEarlier = yield* EarlierSend.make
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    return handlers
      .handle("send", ({ payload }) =>
        Effect.gen(function*() {
          const to = yield* resolve.to(payload.to)
          yield* Authorization.checkLine(to.line)
          const draft = yield* draftOf(payload)
          const key = yield* LedgerKey
          const after = payload.after === undefined ? undefined : yield* findEarlier(payload.after)
          const options: SendOptions = present({ after, confirmsOptOut: payload.confirmsOptOut })
          const delivery = yield* Effect.mapError(
            send(to, draft, { ...options, ...Option.match(key, { onNone: () => ({}), onSome: (key) => ({ key }) }) }),
            toProblem
          )
          return { outcome: "accepted" as const, ...delivery }
        }))
      .handle("plan", ({ payload: { carrier, ...rest } }) =>
        Effect.gen(function*() {
          const to = yield* resolve.to(rest.to)
          yield* Authorization.checkLine(to.line)
          const draft = yield* draftOf(rest)
          const plans = yield* Effect.mapError(
            messaging.plan(to, draft, { ...planOptionsOf(rest), ...(carrier === undefined ? {} : { carrier }) }),
            toProblem
          )
          return plans.map((plan) => plan._tag === "Refused" ? toWireRefusal(plan) : plan)
        }))
  }))
