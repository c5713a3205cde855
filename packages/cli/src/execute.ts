/** Runs a command line in this process: loads the module of its verb, and gives it its options. */
import * as Command from "@effect/cli/Command"
import type * as ValidationError from "@effect/cli/ValidationError"
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import * as LoadVerb from "./commands/loadVerb.ts"
import * as Flags from "./grammar/flags.ts"
import type { VerbCommand } from "./grammar/makeVerb.ts"
import * as Verbs from "./grammar/verbs.ts"

type Loaded = ReadonlyArray<readonly [verb: Verbs.VerbName, command: VerbCommand]>

/** The group with these verbs, or nothing if none of them is in it. */
const groupOf = (group: Verbs.GroupName, loaded: Loaded) => {
  const [first, ...more] = loaded.filter(([verb]) => verb.startsWith(`${group} `)).map(([, command]) => command)
  return first === undefined
    ? []
    : [Command.make(group).pipe(Command.withDescription(Verbs.groups[group]), Command.withSubcommands([first, ...more]))]
}

const root = Command.make("interline").pipe(Command.withDescription("One message over many messaging vendors"))

/** The command with these verbs. The library also writes completions and asks questions for them. */
const commandOf = (loaded: Loaded) => {
  const alone = loaded.filter(([verb]) => !verb.includes(" ")).map(([, command]) => command)
  const [first, ...more] = [...alone, ...Struct.keys(Verbs.groups).flatMap((group) => groupOf(group, loaded))]
  return first === undefined ? undefined : Command.withSubcommands(root, [first, ...more])
}

const isNoVerb = (args: ReadonlyArray<string>): boolean => args.some((arg) => /^--(completions|wizard)(=|$)/.test(arg))

/** Runs a command line in which there is no mistake. */
export const execute = (
  args: ReadonlyArray<string>,
  version: string
): Effect.Effect<void, { readonly message: string } | ValidationError.ValidationError, NodeContext.NodeContext> => {
  const verb = Option.getOrUndefined(Flags.findVerb(args))
  const needed = verb === undefined || isNoVerb(args) ? Verbs.verbNames : [verb]
  return Effect.forEach(needed, (name) => Effect.map(LoadVerb.loadVerb(name), (command) => [name, command] as const)).pipe(
    Effect.flatMap((loaded) => {
      const command = commandOf(loaded)
      return command === undefined
        ? Effect.dieMessage("no verb was loaded")
        // the library leaves out the program and its file
        : Command.run(command, { name: "interline", version })(["node", "interline", ...Flags.arrange(args)])
    })
  )
}
