/** Looks at the rollouts in the database when a process starts: at one that the policy left out, and at one that another one replaced meanwhile. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Complete } from "../policy/Policy.ts"
import * as Rollout from "../policy/Rollout.ts"
import * as RolloutStore from "../policy/RolloutStore.ts"

/** Says who gets messages from another number without a word, because the policy does not have the rollout any more. */
const warnOfLeftOut = (
  { prefer, rollout }: Complete,
  store: RolloutStore.RolloutStoreService,
  { name, state }: RolloutStore.Known
): Effect.Effect<void> => {
  const { from, to } = RolloutStore.carriersOf(name)
  // a rollout in the other direction says the continuation, too
  const isCovered = rollout !== undefined && [rollout.from, rollout.to].every((id) => id === from || id === to)
  if (isCovered || state.phase === "back") return Effect.void
  const home = prefer.find((id) => id === from || id === to)
  return Effect.forEach(
    [from, to].filter((id) => id !== home),
    (carrierId) =>
      Effect.flatMap(store.bound(carrierId), ({ count }) =>
        count === 0 ? Effect.void : Effect.logWarning(
          `the rollout from ${from} to ${to} is ${state.phase} at a share of ${state.share} in the database, and the policy does not have it any more: `
            + `the number of ${count} direct conversations at ${carrierId} changes without a continuation; `
            + `put the policy with this rollout back until nobody who matters is at ${carrierId}`
        )),
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

/** Does both, before the first send, if there is a store of rollouts. A normal start of any process changes nothing. */
export const check = (policy: Complete): Effect.Effect<void> =>
  Effect.flatMap(Effect.serviceOption(RolloutStore.RolloutStore), (found) => {
    if (Option.isNone(found)) return Effect.void
    const store = found.value
    return Effect.flatMap(store.known, (known) =>
      Effect.zipRight(
        policy.rollout === undefined ? Effect.void : pauseReplaced(policy.rollout, store, known),
        Effect.forEach(known, (one) => warnOfLeftOut(policy, store, one), { discard: true })
      ))
  })
