/** Makes the library's command of a verb from what the table says of it. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Flags from "./flags.ts"
import type { Flag } from "./verb.ts"
import * as Verbs from "./verbs.ts"

/** The value of an option with this type: true or false without a value, and none if it was left out. */
type ValueOf<F> = F extends { readonly takes: string } ? F extends { readonly needed: true } ? Given<F> : Option.Option<Given<F>>
  : boolean

type Given<F> = F extends { readonly least: number } ? number
  : F extends { readonly oneOf: ReadonlyArray<infer Word> } ? Word
  : string

/** The options of a verb, by name, as they were given. */
export type GivenFlags<V extends Verbs.VerbName> = {
  readonly [F in keyof (typeof Verbs.verbs)[V]["flags"]]: ValueOf<(typeof Verbs.verbs)[V]["flags"][F]>
}

/** A command whose options are read by the table. */
export type VerbCommand = Command.Command<
  string,
  NodeContext.NodeContext,
  { readonly message: string } | ValidationError.ValidationError,
  { readonly flags: Readonly<Record<string, unknown>>; readonly operands: ReadonlyArray<string> }
>

const valueOf = (name: string, flag: Flag): Options.Options<unknown> => {
  if (flag.takes === undefined) return Options.boolean(name)
  const text = Options.withPseudoName(Options.text(name), flag.takes)
  const value: Options.Options<unknown> = flag.oneOf !== undefined
    ? Options.choice(name, flag.oneOf)
    : flag.least === undefined
    ? text
    : Options.mapEffect(
      text,
      (given) => Effect.mapError(Flags.readNumber(name, flag, given), (sentence) => ValidationError.invalidValue(HelpDoc.p(sentence)))
    )
  return flag.needed === true ? value : Options.optional(value)
}

/** The command of a verb. `run` gets its options and operands. */
export const makeVerb = <V extends Verbs.VerbName, E extends { readonly message: string }>(
  verb: V,
  run: (flags: GivenFlags<V>, operands: ReadonlyArray<string>) => Effect.Effect<void, E, NodeContext.NodeContext>
): VerbCommand => {
  const { flags, operands, says } = Verbs.verbOf(verb)
  return Command.make(
    verb.slice(verb.lastIndexOf(" ") + 1),
    {
      flags: Record.map(flags, (flag, name) => Options.withDescription(valueOf(name, flag), flag.says)),
      operands: operands === undefined
        ? Args.none.pipe(Args.map((): ReadonlyArray<string> => []))
        : Args.repeated(Args.text({ name: operands.takes }))
    },
    // the table says what type the value of each option has
    (given) => run(given.flags as GivenFlags<V>, given.operands)
  ).pipe(Command.withDescription(says))
}
