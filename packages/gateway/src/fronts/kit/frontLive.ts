/** The service that both fronts use, from its parts. */
import type { Fidelity } from "@interline/core/Draft"
import * as Loss from "@interline/core/Loss"
import type { MessagingService } from "@interline/core/MessagingService"
import type { SendError } from "@interline/core/SendError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import * as CurrentAnswer from "../../once/currentAnswer.ts"
import * as AnswerOnce from "./answerOnce.ts"
import type { Answer, FrontService, Options, Run, SendResult } from "./FrontService.ts"
import * as LineNumbers from "./lineNumbers.ts"
import * as OutcomeHeaders from "./outcomeHeaders.ts"

interface Parts extends AnswerOnce.Parts {
  readonly messaging: MessagingService
}

/** A run whose losses are logged: official clients show no headers, so the operator reads of each kind of loss once for each API key. */
const makeLossLog = (): (caller: string, run: Run) => Run => {
  const logged = new Set<string>()
  const logLosses = (caller: string) => ({ reply }: Answer): Effect.Effect<void> =>
    Effect.forEach(OutcomeHeaders.readKinds(reply.headers["interline-losses"]), (kind) => {
      const name = `${caller} ${kind}`
      if (logged.has(name)) return Effect.void
      logged.add(name)
      return Effect.logWarning(
        `a send through a front lost something: ${Loss.sentences[kind]}; more of this kind is only told in interline-losses`,
        { caller, loss: kind }
      )
    }, { discard: true })
  return (caller, run) =>
    run._tag === "Keyed"
      ? { ...run, run: (key) => Effect.tap(run.run(key), logLosses(caller)) }
      : { ...run, run: Effect.tap(run.run, logLosses(caller)) }
}

const toSendResult = (error: SendError): SendResult => {
  switch (error._tag) {
    case "Held":
      return { _tag: "Pending", deliveryId: error.deliveryId, error }
    case "Partial":
      return { _tag: "Incomplete", error }
    case "Invalid":
      return { _tag: "Refused", error }
    case "NotSent":
      return { _tag: "NotSent", error }
  }
}

/** Sends by the fidelity of the front. */
const makeSend = (messaging: MessagingService, strict: boolean): FrontService["send"] => {
  const send = CurrentAnswer.send(messaging)
  const fidelity: { readonly fidelity?: Fidelity } = strict ? { fidelity: "exact" } : {}
  return (key, to, draft) =>
    Effect.matchEffect(send(to, { ...draft, ...fidelity }, { ...fidelity, key }), {
      onSuccess: (delivery) => Effect.succeed<SendResult>({ _tag: "Accepted", delivery }),
      // nothing is kept, so it must not look like a message that waits: the program asks again, and gets the truth
      onFailure: (error) => ProblemDetails.isUnrecorded(error) ? Effect.die(error) : Effect.succeed(toSendResult(error))
    })
}

export const make = (
  parts: Parts,
  { aliases = {}, strict = false, ...options }: Options
): Effect.Effect<FrontService, never, Scope.Scope> =>
  Effect.map(AnswerOnce.make(parts, options), (once) => {
    const withLossLog = makeLossLog()
    return {
      once: (request, run) => once(request, withLossLog(request.caller, run)),
      send: makeSend(parts.messaging, strict),
      headers: OutcomeHeaders.write,
      strict,
      ...LineNumbers.make(parts.messaging.carriers, aliases)
    }
  })
