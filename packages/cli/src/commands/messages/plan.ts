/** `interline plan`. */
import { present } from "@interline/core/Optional"
import * as Problem from "@interline/core/Problem"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Draft from "../../gateway/draft.ts"
import * as Input from "../../gateway/input.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"

type Plan = typeof ApiSchema.Plan.Type

const linesOf = (plan: Plan): ReadonlyArray<string> =>
  plan._tag === "Refused"
    ? [`${plan.carrierId}: cannot take it`, ...plan.problems.map((problem) => `  ${Problem.format(problem)}`)]
    : [
      ...(plan._tag === "Barred" ? [`${plan.carrierId}: the gateway would not send it now: ${plan.error.message}`] : []),
      `${plan.carrierId}: ${plan.steps.length === 1 ? "one request" : `${plan.steps.length} requests`}`,
      ...plan.steps.map(({ method, path }) => `  ${method} ${path}`),
      ...Deliveries.toLosses(plan.losses).map((line) => `  ${line}`)
    ]

const unknown = "no carrier was asked: what only a carrier knows, like its own blocks and limits, is not in this plan"

const readCarriers = (text: string) =>
  Effect.map(
    Effect.forEach(Input.toWords(text), Input.readCarrier),
    (carriers) => Arr.isNonEmptyReadonlyArray(carriers) ? carriers : undefined
  )

export const command = MakeVerb.makeVerb("plan", (flags, [text]) =>
  Effect.scoped(Effect.gen(function*() {
    const draft = yield* Draft.readDraft(flags, text)
    const carrier = yield* Input.readOption(flags.carrier, readCarriers)
    const gateway = yield* Connect.connect(flags)
    const plans = yield* gateway.ask(gateway.client.sending.plan({ payload: { ...draft, ...present({ carrier }) } }))
    yield* Output.printList(flags, ApiSchema.Plan, plans, (plans) => [...plans.flatMap(linesOf), unknown].join("\n"))
    if (plans.some(({ _tag }) => _tag === "Sendable")) return
    const barred = plans.find((plan) => plan._tag === "Barred")
    yield* new Failure.Failure({
      message: barred === undefined ? "no carrier could take it" : `a send would be refused now: ${barred.error.message}`,
      code: 3
    })
  })))
