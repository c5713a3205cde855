/** Looks at the rollouts in the database when a process starts: at those that the policy leaves out, and at one that another one replaced meanwhile. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Complete } from "../policy/Policy.ts"
import * as Rollout from "../policy/Rollout.ts"
import * as RolloutStore from "../policy/RolloutStore.ts"

/** The rollouts in the database that the policy does not have. One in the other direction has the same carriers, and says the continuation, too. */
export const leftOut = (
  { rollout }: Pick<Complete, "rollout">,
  store: RolloutStore.RolloutStoreService
): Effect.Effect<ReadonlyArray<RolloutStore.Known>> =>
  Effect.map(store.known, (known) =>
    known.filter(({ name }) => {
      const { from, to } = RolloutStore.carriersOf(name)
      return rollout === undefined || ![rollout.from, rollout.to].every((id) => id === from || id === to)
    }))

/** Names a rollout that the policy left out, and says who gets messages from another number without a word because of that. */
const tellLeftOut = (
  { prefer }: Complete,
  store: RolloutStore.RolloutStoreService,
  { name, state }: RolloutStore.Known
): Effect.Effect<void> => {
  const { from, to } = RolloutStore.carriersOf(name)
  const home = prefer.find((id) => id === from || id === to)
  const said = state.phase === "back" ? "went back" : `is ${state.phase} at a share of ${state.share}`
  return Effect.forEach(
    [from, to].filter((id) => id !== home),
    (carrierId) =>
      Effect.flatMap(store.bound(carrierId), ({ count }) => {
        const left = `the rollout from ${from} to ${to} ${said} in the database, and the policy does not have it any more: `
        return count === 0
          ? Effect.logInfo(`${left}no direct conversation is at ${carrierId}`)
          : Effect.logWarning(
            `${left}the number of ${count} direct conversations at ${carrierId} changes without a continuation; `
              + `put the policy with this rollout back until nobody who matters is at ${carrierId}`
          )
      }),
    { discard: true }
  )
}

/** Pauses the rollout of the policy if it runs although another one between the same carriers was changed after it. */
const pauseReplaced = (
  rollout: Rollout.Complete,
  store: RolloutStore.RolloutStoreService,
  known: ReadonlyArray<RolloutStore.Known>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const name = RolloutStore.nameOf(rollout)
    const other = RolloutStore.nameOf({ from: rollout.to, to: rollout.from })
    const usedAt = known.find((one) => one.name === name)?.usedAt ?? 0
    if (!known.some((one) => one.name === other && one.usedAt > usedAt)) return
    const before = yield* store.latest(name)
    if (before?.state.phase !== "running") return
    const at = yield* Clock.currentTimeMillis
    const next = Rollout.change(rollout, before.state, { action: "pause" }, at)
    if (Either.isLeft(next)) return
    const reason = `the rollout from ${rollout.to} to ${rollout.from} was in use after it; resume it, or take it back`
    const change = { version: before.version + 1, at, action: "pause" as const, actor: RolloutStore.starting, reason, state: next.right }
    // nobody may listen to events yet, so the next check of the guardrails publishes the change
    if (yield* store.append(name, change)) {
      yield* Effect.logWarning(`the rollout from ${rollout.from} to ${rollout.to} was running, and is paused now: ${reason}`)
    }
  })

/** Does both, before the first send. A normal start of any process changes nothing. */
export const check = (policy: Complete, store: RolloutStore.RolloutStoreService): Effect.Effect<void> => {
  const { rollout } = policy
  return Effect.zipRight(
    rollout === undefined ? Effect.void : Effect.flatMap(store.known, (known) => pauseReplaced(rollout, store, known)),
    Effect.flatMap(leftOut(policy, store), Effect.forEach((one) => tellLeftOut(policy, store, one), { discard: true }))
  )
}
