/** Shows the rollout of the policy, changes it, and moves conversations by name. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Conversation from "@interline/core/Conversation"
import { Messaging } from "@interline/core/Messaging"
import * as NearestWord from "@interline/core/NearestWord"
import type * as RolloutControl from "@interline/router/RolloutControl"
import { Router } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import type { RolloutRecord } from "../ApiSchema.ts"
import { Caller } from "../authorization.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const toRecord = (
  { changes, cohorts, conversations, crossed, faults, rollout: { from, steps, to }, state, waitsFor }: RolloutControl.Status
): typeof RolloutRecord.Type => ({
  from,
  to,
  phase: state?.phase ?? "not-started",
  step: state?.step ?? 0,
  share: state?.share ?? 0,
  ...(state === undefined ? {} : { since: state.since }),
  waitsForSeconds: Math.ceil(waitsFor / 1_000),
  steps: steps.map(({ moves, share, waits }) => ({ share, moves, waitsSeconds: waits / 1_000 })),
  ...(cohorts === undefined ? {} : { cohorts }),
  crossed,
  conversations,
  faults,
  changes: changes.map(({ action, actor, at, reason, state: { phase, share, step } }) => ({
    at,
    action,
    actor,
    reason,
    phase,
    share,
    step
  }))
})

const toProblem = ({ isConflict, sentence }: RolloutControl.RolloutRefused): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("rollout-refused", { certainty: "not-sent", next: isConflict ? "retry" : "fix", detail: sentence })

/** The name of the API key. A request that acts always has one. */
const actor = Effect.map(Caller, Option.getOrElse(() => "unnamed key"))

export const rollout = HttpApiBuilder.group(
  GatewayApi,
  "rollout",
  (handlers) =>
    Effect.map(Effect.all([Router, Messaging]), ([router, { carriers }]) => {
      const control = router.rollout === undefined
        ? ResolveAddress.notFound("the policy of this gateway has no rollout; add `rollout` to the policy and start the gateway again")
        : Effect.succeed(router.rollout)
      const show = Effect.map(Effect.flatMap(control, ({ status }) => status), toRecord)
      return handlers
        .handle("getRollout", () => show)
        .handle("changeRollout", ({ path: { action }, payload: { reason, ...options } }) =>
          Effect.gen(function*() {
            const author = { actor: yield* actor, reason }
            yield* Effect.mapError((yield* control).change({ action, ...options }, author), toProblem)
            return yield* show
          }))
        .handle("moveConversations", ({ payload: { anyway, carrier, handles, line, reason } }) =>
          Effect.gen(function*() {
            const { assign } = yield* control
            const author = { actor: yield* actor, reason }
            const lines = ResolveAddress.linesOf(carriers)
            if (line !== undefined && !lines.includes(line)) {
              return yield* ProblemDetails.make("malformed", {
                certainty: "not-sent",
                next: "fix",
                detail: `line ${NearestWord.oneOf(line, lines)}`
              })
            }
            const from = yield* ResolveAddress.lineOf(lines, line, ["line"])
            const conversations = handles.map((handle) => Conversation.direct(from, handle))
            yield* Effect.mapError(assign(conversations, carrier, author, anyway), toProblem)
            return { moved: conversations.length }
          }))
    })
)
