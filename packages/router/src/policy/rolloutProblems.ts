/** Finds what is wrong with a rollout that is well-formed: carriers that are not preferred, shares that do not grow, and modes that do not fit. */
import type { AffinityMode, Policy, PolicyProblem, Rollout } from "./policySchema.ts"

type Given = Pick<Rollout, "continuation" | "from" | "to"> & {
  readonly steps: ReadonlyArray<{ readonly share: number }>
  readonly guardrails: { readonly lateAfter: number; readonly silentAfter: number; readonly within: number }
}

export const find = (
  { prefer }: Pick<Policy, "prefer">,
  { continuation, from, guardrails, steps, to }: Given,
  affinity: { readonly mode: AffinityMode; readonly groups: AffinityMode; readonly continuation?: string }
): ReadonlyArray<PolicyProblem> => {
  const unpreferred = ([["from", from], ["to", to]] as const).flatMap(([field, id]): ReadonlyArray<PolicyProblem> =>
    prefer.includes(id) ? [] : [{ path: ["rollout", field], message: `"${id}" is not in prefer; name both carriers of the rollout there` }]
  )
  const notGrowing = steps.flatMap(({ share }, index): ReadonlyArray<PolicyProblem> => {
    const before = steps[index - 1]
    return before === undefined || before.share < share
      ? []
      : [{ path: ["rollout", "steps", index, "share"], message: `is not larger than ${before.share}, the share of the step before` }]
  })
  const free = (["mode", "groups"] as const).flatMap((field): ReadonlyArray<PolicyProblem> =>
    affinity[field] === "free"
      ? [{ path: ["affinity", field], message: "is free, but a rollout moves conversations that stay at a carrier; use sticky or pinned" }]
      : []
  )
  const tooShort = (["lateAfter", "silentAfter"] as const).flatMap((field): ReadonlyArray<PolicyProblem> =>
    guardrails[field] < guardrails.within
      ? []
      : [{ path: ["rollout", "guardrails", field], message: `is not shorter than rollout.guardrails.within (${guardrails.within} ms)` }]
  )
  const untold = (continuation ?? affinity.continuation) === undefined
    ? [{
      path: ["rollout", "continuation"],
      message: "is missing, so people would see another number without a word; give the text that says who writes, or \"none\""
    }]
    : []
  return [
    ...unpreferred,
    ...(from === to ? [{ path: ["rollout", "to"], message: `"${to}" is also the old carrier` }] : []),
    ...notGrowing,
    ...free,
    ...untold,
    ...tooShort
  ]
}
