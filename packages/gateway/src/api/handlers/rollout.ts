/** Shows the rollout of the policy, changes it, and moves conversations by name. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Conversation from "@interline/core/Conversation"
import { Messaging } from "@interline/core/Messaging"
import * as NearestWord from "@interline/core/NearestWord"
import type * as RolloutControl from "@interline/router/RolloutControl"
import * as RolloutStore from "@interline/router/RolloutStore"
import { Router, type RouterService } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import type { RolloutRecord } from "../ApiSchema.ts"
import * as Authorization from "../authorization.ts"
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

const leftOutOf = ({ leftOutRollouts = Effect.succeed([]) }: RouterService) =>
  Effect.map(
    leftOutRollouts,
    (known) => known.map(({ name, state: { phase, share } }) => ({ ...RolloutStore.carriersOf(name), phase, share }))
  )

/** What the policy of the gateway lacks, with the rollouts that are in the database all the same. */
const tellNone = (leftOut: typeof RolloutRecord.Type["leftOut"] = []): string =>
  [
    "the policy of this gateway has no rollout; add `rollout` to the policy and start the gateway again",
    ...leftOut.map(({ from, phase, share, to }) => `the database has the one from ${from} to ${to}, ${phase} at a share of ${share}`)
  ].join("; ")

const toProblem = ({ isConflict, sentence }: RolloutControl.RolloutRefused): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("rollout-refused", { certainty: "not-sent", next: isConflict ? "retry" : "fix", detail: sentence })

export const rollout = HttpApiBuilder.group(
  GatewayApi,
  "rollout",
  (handlers) =>
    Effect.map(Effect.all([Router, Messaging]), ([router, { carriers }]) => {
      const leftOut = leftOutOf(router)
      const control = router.rollout === undefined
        ? Effect.flatMap(leftOut, (rollouts) => ResolveAddress.notFound(tellNone(rollouts)))
        : Effect.succeed(router.rollout)
      const show = Effect.zipWith(
        Effect.flatMap(control, ({ status }) => status),
        leftOut,
        (status, leftOut) => ({ ...toRecord(status), leftOut })
      )
      return handlers
        .handle("getRollout", () => show)
        .handle("changeRollout", ({ path: { action }, payload: { reason, ...options } }) =>
          Effect.gen(function*() {
            const author = { actor: yield* Authorization.actor, reason }
            yield* Effect.mapError((yield* control).change({ action, ...options }, author), toProblem)
            return yield* show
          }))
        .handle("moveConversations", ({ payload: { anyway, carrier, handles, line, reason } }) =>
          Effect.gen(function*() {
            const { assign } = yield* control
            const author = { actor: yield* Authorization.actor, reason }
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
