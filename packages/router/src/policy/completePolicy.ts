/** Adds to the policy's schemas: the defaults, and the checks of policies that are well-formed but cannot be used. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Fidelity } from "@interline/core/Draft"
import type { LineName } from "@interline/core/Line"
import * as NearestWord from "@interline/core/NearestWord"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as AST from "effect/SchemaAST"
import type { OnUnknown } from "../decision/Decision.ts"
import {
  type AffinityMode,
  type CarrierPolicy,
  type Guardrails,
  type Match,
  notAnId,
  type Policy,
  type PolicyProblem,
  type Rollout,
  type RolloutStep,
  type Rule
} from "./policySchema.ts"
import * as RolloutProblems from "./rolloutProblems.ts"

const seconds = 1000
const minutes = 60 * seconds
const days = 24 * 60 * minutes

export interface Complete {
  readonly prefer: Policy["prefer"]
  readonly rules: ReadonlyArray<Rule>
  readonly fidelity: Fidelity
  readonly affinity: {
    readonly mode: AffinityMode
    readonly groups: AffinityMode
    readonly expiresAfter: number
    readonly movesOn: ReadonlyArray<"failure" | "incapable">
    readonly continuation?: string
  }
  readonly onUnknown: OnUnknown
  readonly deadlines: { readonly attempt: number; readonly send: number }
  readonly retry: { readonly times: number; readonly base: number; readonly maxRetryAfter: number }
  readonly maxWait: number
  readonly reconcile: { readonly every: number; readonly within: number }
  readonly breaker: { readonly failures: number; readonly window: number; readonly openFor: number; readonly maxOpenFor: number }
  readonly carriers: Readonly<Record<CarrierId, CarrierPolicy>>
  readonly keys: { readonly rememberFor: number }
  readonly rollout?: CompleteRollout
}

export interface CompleteRollout extends Omit<Rollout, "steps" | "guardrails"> {
  readonly steps: readonly [Required<RolloutStep>, ...ReadonlyArray<Required<RolloutStep>>]
  readonly guardrails: Required<Guardrails>
}

export const guardrails: Required<Guardrails> = {
  notSent: 0.02,
  failed: 0.02,
  optedOut: 0.01,
  late: 0.05,
  slower: 3,
  lateAfter: 5 * minutes,
  silentAfter: 15 * minutes,
  within: 6 * 60 * minutes,
  every: minutes,
  minimum: 50,
  crossed: "pause"
}

const completeStep = ({ moves = "new", share, waits = 0 }: RolloutStep): Required<RolloutStep> => ({ share, moves, waits })

const completeRollout = ({ guardrails: given, steps: [first, ...others], ...rest }: Rollout): CompleteRollout => ({
  ...rest,
  steps: [completeStep(first), ...others.map(completeStep)],
  guardrails: { ...guardrails, ...given }
})

export const defaults: Omit<Complete, "prefer"> = {
  rules: [],
  fidelity: "adapt",
  affinity: { mode: "sticky", groups: "pinned", expiresAfter: 30 * days, movesOn: ["failure"] },
  onUnknown: "hold",
  deadlines: { attempt: 30 * seconds, send: 90 * seconds },
  retry: { times: 2, base: 500, maxRetryAfter: 10 * seconds },
  maxWait: 10 * seconds,
  reconcile: { every: 500, within: 30 * seconds },
  breaker: { failures: 5, window: 30 * seconds, openFor: 15 * seconds, maxOpenFor: 5 * minutes },
  carriers: {},
  keys: { rememberFor: days }
}

/** Completes two spans of which the first must not be longer than the second. A given value stays, and limits the other's default. */
const fitting = (
  inner: number | undefined,
  outer: number | undefined,
  otherwise: { readonly inner: number; readonly outer: number }
): readonly [inner: number, outer: number] => {
  const whole = outer ?? Math.max(otherwise.outer, inner ?? 0)
  return [inner ?? Math.min(otherwise.inner, whole), whole]
}

export const complete = (policy: Policy): Complete => {
  const { affinity, breaker, deadlines, reconcile } = defaults
  const [attempt, send] = fitting(policy.deadlines?.attempt, policy.deadlines?.send, { inner: deadlines.attempt, outer: deadlines.send })
  const [every, within] = fitting(policy.reconcile?.every, policy.reconcile?.within, { inner: reconcile.every, outer: reconcile.within })
  const [openFor, maxOpenFor] = fitting(policy.breaker?.openFor, policy.breaker?.maxOpenFor, {
    inner: breaker.openFor,
    outer: breaker.maxOpenFor
  })
  return {
    prefer: policy.prefer,
    rules: policy.rules ?? defaults.rules,
    fidelity: policy.fidelity ?? defaults.fidelity,
    affinity: { ...affinity, ...policy.affinity },
    onUnknown: policy.onUnknown ?? defaults.onUnknown,
    deadlines: { attempt, send },
    retry: { ...defaults.retry, ...policy.retry },
    maxWait: policy.maxWait ?? defaults.maxWait,
    reconcile: { every, within },
    breaker: { ...breaker, ...policy.breaker, openFor, maxOpenFor },
    carriers: policy.carriers ?? defaults.carriers,
    keys: { ...defaults.keys, ...policy.keys },
    ...(policy.rollout === undefined ? {} : { rollout: completeRollout(policy.rollout) })
  }
}

// `Object.keys` gives plain strings, but the schema has checked and branded these keys
export const settled = (policy: Policy): ReadonlyArray<CarrierId> => Object.keys(policy.carriers ?? {}) as Array<CarrierId>

export type Troubles = readonly [PolicyProblem, ...ReadonlyArray<PolicyProblem>]

/** Removes the fields with the value `undefined`. Callers from plain JavaScript write such fields when they mean nothing. */
export const defined = (written: unknown): unknown =>
  Array.isArray(written)
    ? written.map(defined)
    : Predicate.isRecord(written)
    ? Object.fromEntries(Object.entries(written).flatMap(([name, value]) => value === undefined ? [] : [[name, defined(value)]]))
    : written

/** The fields that a policy may have at a place. */
const fieldsAt = (ast: AST.AST, [step, ...rest]: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  switch (ast._tag) {
    case "Suspend":
      return fieldsAt(ast.f(), step === undefined ? [] : [step, ...rest])
    case "Refinement":
    case "Transformation":
      return fieldsAt(ast.from, step === undefined ? [] : [step, ...rest])
    case "Union":
      return ast.types.flatMap((type) => fieldsAt(type, step === undefined ? [] : [step, ...rest]))
    case "TupleType":
      return step === undefined ? [] : [...ast.elements, ...ast.rest].slice(0, 1).flatMap(({ type }) => fieldsAt(type, rest))
    case "TypeLiteral": {
      if (step === undefined) return ast.propertySignatures.map(({ name }) => String(name))
      const known = ast.propertySignatures.find(({ name }) => name === step)
      return known !== undefined ? fieldsAt(known.type, rest) : ast.indexSignatures.flatMap(({ type }) => fieldsAt(type, rest))
    }
    default:
      return []
  }
}

const stranger = (ast: AST.AST, path: ReadonlyArray<PropertyKey>): string => {
  const meant = NearestWord.find(String(path[path.length - 1] ?? ""), fieldsAt(ast, path.slice(0, -1)))
  return `nobody knows this field${meant === undefined ? "" : `; did you mean "${meant}"?`}`
}

const sentenceOf = (
  ast: AST.AST,
  { _tag, message, path }: ParseResult.ArrayFormatterIssue
): readonly [path: ReadonlyArray<PropertyKey>, sentence: string] => {
  const last = path[path.length - 1]
  if (_tag === "Missing" && Predicate.isNumber(last)) {
    const list = path.slice(0, -1)
    return [list, list[list.length - 1] === "prefer" ? "names no carrier" : "is empty; leave it out, or write at least one"]
  }
  if (_tag === "Unexpected") return [path, path.length === 2 && path[0] === "carriers" ? notAnId : stranger(ast, path)]
  return [path, message.replace(/, actual [\s\S]*$/, "").replace(/^E/, "e")]
}

/** The problems of a malformed policy. They do not quote the input, because it may contain a phone number in the wrong place. */
export const misshapen = ({ ast }: { readonly ast: AST.AST }, error: ParseResult.ParseError): Troubles => {
  const byPath = new Map<string, PolicyProblem>()
  for (const issue of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    const [path, sentence] = sentenceOf(ast, issue)
    const steps = path.map((step) => typeof step === "symbol" ? String(step) : step)
    const key = JSON.stringify(steps)
    const before = byPath.get(key)
    // a union gives one issue for each of its members: join them to one problem
    byPath.set(key, {
      path: steps,
      message: before === undefined ? sentence : `${before.message} or ${sentence.replace(/^expected /, "")}`
    })
  }
  const [first, ...rest] = byPath.values()
  return first === undefined ? [{ path: [], message: "is malformed" }] : [first, ...rest]
}

export type Configured = Pick<Carrier, "id" | "lines">

const list = (names: Iterable<string>): string => Array.from(names).join(", ") || "none"

const isAlways = ({ countryCodes, features, kind, share }: Match): boolean =>
  kind === undefined && countryCodes === undefined && features === undefined && (share === undefined || share === 1)

/** Whether each send that `later` matches is matched by `earlier` too. */
const covers = (earlier: Match, later: Match, lines: ReadonlyArray<LineName>): boolean => {
  const codes = earlier.countryCodes
  const uses = earlier.features
  return (earlier.lines === undefined || (later.lines ?? lines).every((line) => earlier.lines?.includes(line))) &&
    (earlier.kind === undefined || earlier.kind === later.kind) &&
    (codes === undefined ||
      (later.countryCodes !== undefined && later.countryCodes.every((code) => codes.some((prefix) => code.startsWith(prefix))))) &&
    (uses === undefined || (later.features !== undefined && later.features.every((feature) => uses.includes(feature)))) &&
    (earlier.share ?? 1) >= (later.share ?? 1)
}

/** The problems of a well-formed policy that does not fit these carriers, or that contradicts itself. */
export const contradictions = (policy: Policy, carriers: ReadonlyArray<Configured>): ReadonlyArray<PolicyProblem> => {
  const troubles: Array<PolicyProblem> = []
  const add = (path: PolicyProblem["path"], message: string) => troubles.push({ path, message })
  const byId = new Map(carriers.map((carrier) => [carrier.id, carrier]))
  const lines = Array.from(new Set(carriers.flatMap((carrier) => Array.from(carrier.lines.keys()))))
  const rules = policy.rules ?? []
  // an unknown carrier is reported separately; its lines are unknown, so it counts as having every line
  const has = (ids: ReadonlyArray<CarrierId>, line: LineName) => ids.some((id) => byId.get(id)?.lines.has(line) ?? true)
  const havers = (line: LineName) => list(carriers.filter((carrier) => carrier.lines.has(line)).map(({ id }) => id))
  const meant = (word: string, known: Iterable<string>) => {
    const nearest = NearestWord.find(word, Array.from(known))
    return nearest === undefined ? "" : `; did you mean "${nearest}"?`
  }
  const unknownCarrier = (id: string) => `no carrier "${id}" is configured; configured are ${list(byId.keys())}${meant(id, byId.keys())}`

  const order = (ids: ReadonlyArray<CarrierId>, path: PolicyProblem["path"]) =>
    ids.forEach((id, index) => {
      if (!byId.has(id)) add([...path, index], unknownCarrier(id))
      else if (ids.indexOf(id) !== index) {
        add(
          [...path, index],
          `"${id}" is named twice; a carrier appears once, because the list is an order in which each is asked at most once`
        )
      }
    })

  order(policy.prefer, ["prefer"])
  rules.forEach((rule, index) => order(rule.prefer, ["rules", index, "prefer"]))
  for (const id of Object.keys(policy.carriers ?? {})) {
    if (!carriers.some((carrier) => carrier.id === id)) add(["carriers", id], unknownCarrier(id))
  }

  rules.forEach(({ match, prefer }, index) => {
    const path = ["rules", index]
    match.lines?.forEach((line, place) => {
      if (!lines.includes(line)) {
        add([...path, "match", "lines", place], `no carrier has a line "${line}"; there are ${list(lines)}${meant(line, lines)}`)
      }
    })
    if (match.share === 0) add([...path, "match", "share"], "0 matches no conversation; leave the rule out")
    const earlier = rules.slice(0, index).findIndex((other) => covers(other.match, match, lines))
    if (earlier >= 0) add(path, `never matches, because rules.${earlier} matches everything that it does; put it before that one`)
    else {
      for (const line of match.lines ?? lines) {
        if (lines.includes(line) && !has(prefer, line)) {
          add(
            [...path, "prefer"],
            `no carrier in it has the line "${line}" (${havers(line)} has); prefer that one too, or limit the rule with match.lines`
          )
        }
      }
    }
  })
  for (const line of lines) {
    const ruled = rules.some(({ match }) => isAlways(match) && (match.lines === undefined || match.lines.includes(line)))
    if (!ruled && !has(policy.prefer, line)) {
      add(
        ["prefer"],
        `no carrier in it has the line "${line}" (${
          havers(line)
        } has); prefer that one too, write a rule for the line, or give it a number at ${policy.prefer.join(" or ")}`
      )
    }
  }

  const { affinity, breaker, deadlines, fidelity, reconcile, rollout } = complete(policy)
  if (rollout !== undefined) { for (const { message, path } of RolloutProblems.find(policy, rollout, affinity)) add(path, message) }
  rules.forEach((rule, index) => {
    if (fidelity === "exact" && rule.fidelity === "adapt") {
      add(["rules", index, "fidelity"], "a rule cannot loosen the policy's fidelity, which is exact")
    }
  })
  affinity.movesOn.forEach((reason, index) => {
    if (affinity.movesOn.indexOf(reason) !== index) add(["affinity", "movesOn", index], `"${reason}" is named twice`)
  })
  if (deadlines.attempt > deadlines.send) add(["deadlines", "attempt"], `is longer than deadlines.send (${deadlines.send} ms)`)
  if (reconcile.every > reconcile.within) {
    add(["reconcile", "every"], `is longer than reconcile.within (${reconcile.within} ms), so nothing would be looked for`)
  }
  if (breaker.maxOpenFor < breaker.openFor) add(["breaker", "maxOpenFor"], `is shorter than breaker.openFor (${breaker.openFor} ms)`)
  for (const [id, settings] of Object.entries(policy.carriers ?? {})) {
    const { newContactsPerDay, newContactsPerHour } = settings
    if (newContactsPerDay !== undefined && newContactsPerHour !== undefined && newContactsPerHour > newContactsPerDay) {
      add(["carriers", id, "newContactsPerHour"], `is more than newContactsPerDay (${newContactsPerDay})`)
    }
    if (settings.absenceProof !== undefined && settings.absenceProof >= deadlines.send) {
      add(
        ["carriers", id, "absenceProof"],
        `is not shorter than deadlines.send (${deadlines.send} ms), so it could never be reached; raise deadlines.send`
      )
    }
  }
  return troubles
}

const isWord = Predicate.compose(Predicate.isString, (word): word is string => /^[a-z][a-z0-9-]{0,31}$/.test(word))

/** The problem of an input that is a list of carriers instead of a policy. */
export const bareList = (input: ReadonlyArray<unknown>): PolicyProblem => ({
  path: [],
  message: `a bare list of carriers means "send by all of them" elsewhere; write {"prefer": ${
    input.length > 0 && input.every(isWord) ? JSON.stringify(input) : "[\"linq\",\"sendblue\"]"
  }}`
})
