/** Makes the settings of one delivery from the policy. */
import type { Settings } from "../decision/Decision.ts"
import type { Complete, Rule } from "./Policy.ts"

export const settings = (
  policy: Complete,
  rule: Rule | undefined,
  known: { readonly at: number; readonly jitter: number },
  movesWhenIncapable: boolean
): Settings => ({
  onUnknown: rule?.onUnknown ?? policy.onUnknown,
  deadline: known.at + policy.deadlines.send,
  attempt: policy.deadlines.attempt,
  retryTimes: policy.retry.times,
  retryBase: policy.retry.base,
  maxRetryAfter: policy.retry.maxRetryAfter,
  maxWait: policy.maxWait,
  lookEvery: policy.reconcile.every,
  lookFor: policy.reconcile.within,
  movesWhenIncapable,
  jitter: known.jitter
})
