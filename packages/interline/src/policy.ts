/** Reads the policy, which the configuration writes in one of three forms. */
import type { CarrierId } from "@interline/core/CarrierId"
import type * as Draft from "@interline/core/Draft"
import * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Variables from "./variables.ts"

export interface Source {
  /** The name of the setting in an error sentence. */
  readonly name: string
  /** The policy that the short form `carrier` stands for, as JSON. Error sentences show it. Undefined for the other forms. */
  readonly means: string | undefined
  readonly input: unknown
}

interface Form {
  readonly option: "policy" | "prefer" | "carrier"
  readonly variable: string
  readonly isShort: boolean
  readonly fromOption: (given: unknown) => Effect.Effect<unknown, string>
  readonly fromVariable: (text: string) => Effect.Effect<unknown, string>
}

/** `one` reads a vendor's name and gives the id of the vendor's own carrier. */
const forms = (one: (given: unknown) => Effect.Effect<unknown, string>): ReadonlyArray<Form> => [
  {
    option: "policy",
    variable: "INTERLINE_POLICY",
    isShort: false,
    fromOption: Effect.succeed,
    fromVariable: (text) =>
      Effect.mapError(
        Variables.json(text),
        (wrong) => `${Variables.named("policy", "INTERLINE_POLICY")} ${wrong}; write it like {"prefer":["linq","sendblue"]}`
      )
  },
  {
    option: "prefer",
    variable: "INTERLINE_PREFER",
    isShort: false,
    fromOption: (prefer) => Effect.succeed({ prefer }),
    fromVariable: (text) => Effect.succeed({ prefer: Variables.words(text) })
  },
  {
    option: "carrier",
    variable: "INTERLINE_CARRIER",
    isShort: true,
    fromOption: (vendor) => Effect.map(one(vendor), (id) => ({ prefer: [id] })),
    fromVariable: (vendor) => Effect.map(one(vendor), (id) => ({ prefer: [id] }))
  }
]

const missing = "nothing says which carrier to use: give the option prefer, or the variable INTERLINE_PREFER, like linq, sendblue;" +
  " for one alone the option carrier, or the variable INTERLINE_CARRIER; or a whole policy as the option policy, or the variable INTERLINE_POLICY"

const sourceOf = ({ isShort, option, variable }: Form, input: unknown): Source => ({
  name: Variables.named(option, variable),
  means: isShort ? JSON.stringify(input) : undefined,
  input
})

/** Reads the policy as it is written. An option wins over every variable. Fails if two forms are given: they could differ. */
export const read = (
  given: Readonly<Partial<Record<Form["option"], unknown>>>,
  one: (given: unknown) => Effect.Effect<unknown, string>
): Effect.Effect<Source, string> =>
  Effect.gen(function*() {
    const all = forms(one)
    const [option, ...moreOptions] = all.filter((form) => given[form.option] !== undefined)
    if (moreOptions.length > 0) {
      return yield* Effect.fail(
        `the options ${[option, ...moreOptions].map((form) => form?.option).join(" and ")} are both given; keep one`
      )
    }
    if (option !== undefined) {
      return sourceOf(option, yield* option.fromOption(given[option.option]))
    }
    const set = yield* Effect.forEach(all, (form) => Effect.map(Variables.variable(form.variable), Option.map((text) => ({ form, text }))))
    const [first, ...others] = set.flatMap(Option.toArray)
    if (first === undefined) return yield* Effect.fail(missing)
    if (others.length > 0) {
      return yield* Effect.fail(
        `the variables ${[first, ...others].map(({ form }) => form.variable).join(" and ")} are both set; keep one`
      )
    }
    return sourceOf(first.form, yield* first.form.fromVariable(first.text))
  })

export const unusable = ({ means, name }: Source) => ({ problems }: Pick<Policy.PolicyError, "problems">): string =>
  `${name} ${means === undefined ? "" : `means ${means}, which `}cannot be used: ${problems.map(Policy.format).join("; ")}`

/** Settings that have an option and a variable of their own, beside the policy. */
export interface Beside {
  readonly fidelity: Option.Option<Draft.Fidelity>
  readonly shadow: Option.Option<CarrierId>
}

/** Fails if the policy has another value of a setting that is given beside it. */
const agree = (option: keyof Beside, variable: string, given: string, written: string | undefined): Effect.Effect<void, string> =>
  written !== undefined && written !== given
    ? Effect.fail(`${Variables.named(option, variable)} says ${given}, and the policy says ${written}; write it once`)
    : Effect.void

/** Decodes the policy and adds the settings beside it. Fails with every mistake in the policy's shape, or if the policy says another thing. */
export const settle = (source: Source, given: Beside): Effect.Effect<Policy.Policy, string> =>
  Effect.gen(function*() {
    const policy = yield* Effect.mapError(Policy.decode(source.input), unusable(source))
    const fidelity = Option.getOrUndefined(given.fidelity)
    const shadow = Option.getOrUndefined(given.shadow)
    if (fidelity !== undefined) yield* agree("fidelity", "INTERLINE_FIDELITY", fidelity, policy.fidelity)
    if (shadow !== undefined) yield* agree("shadow", "INTERLINE_SHADOW", shadow, policy.shadow)
    return { ...policy, ...(fidelity === undefined ? {} : { fidelity }), ...(shadow === undefined ? {} : { shadow }) }
  })

/** What is wrong with the carrier that is planned for and not asked. */
const shadowProblem = (
  { shadow, ...policy }: Policy.Policy,
  carriers: ReadonlyArray<Policy.Configured>
): Policy.PolicyProblem | undefined => {
  if (shadow === undefined) return undefined
  const configured = carriers.find(({ id }) => id === shadow)
  const message = configured === undefined
    ? `no carrier "${shadow}" is configured; configured are ${carriers.map(({ id }) => id).join(", ")}`
    : Array.from(configured.lines.keys()).length === 0
    ? `no line has a number for "${shadow}", so nothing could be planned for it`
    : Policy.carriersOf(policy).every((id) => id === shadow)
    ? `"${shadow}" is the only carrier that is asked, so there is nothing to compare it with`
    : undefined
  return message === undefined ? undefined : { path: ["shadow"], message }
}

/** Checks the policy against these carriers. Fails with every mistake. */
export const check = (
  source: Source,
  policy: Policy.Policy,
  input: Policy.Input,
  carriers: ReadonlyArray<Policy.Configured>
): Effect.Effect<void, string> => {
  const unknown = Policy.carriersOf(policy).find((id) => !carriers.some((carrier) => carrier.id === id))
  const hint = unknown === undefined
    ? ""
    : `; to add a carrier, say whose it is with ${Variables.named("carriers", "INTERLINE_CARRIERS")} like ${unknown}=linq`
  const problem = shadowProblem(policy, carriers)
  return Effect.mapError(Policy.make(input, carriers), (error) => `${unusable(source)(error)}${hint}`).pipe(
    Effect.zipRight(problem === undefined ? Effect.void : Effect.fail(unusable(source)({ problems: [problem] })))
  )
}
