/** The table of all verbs with their options and examples, and what to say about words that are none. */
import * as CheckVerbs from "./checkVerbs.ts"
import * as GatewayVerbs from "./gatewayVerbs.ts"
import * as Instead from "./instead.ts"
import * as LocalVerbs from "./localVerbs.ts"
import * as RolloutVerbs from "./rolloutVerbs.ts"
import type { Flag, Verb } from "./verb.ts"

export const verbs = { ...LocalVerbs.localVerbs, ...CheckVerbs.checkVerbs, ...GatewayVerbs.gatewayVerbs, ...RolloutVerbs.rolloutVerbs }

export type VerbName = keyof typeof verbs

export const isVerb = (word: string): word is VerbName => Object.hasOwn(verbs, word)

/** What the table says of a verb. */
export const verbOf = (name: VerbName): Verb => verbs[name]

/** The groups of verbs, by the first word of their names. */
export const groups = {
  policy: "What a policy does, before a gateway runs under it",
  migrate: "Move from one vendor to another",
  rollout: "Move conversations of a running gateway to another carrier, step by step",
  conversations: "Work on conversations of a running gateway",
  held: "What may have gone out, and nobody knows yet",
  "opt-outs": "Who must not be written to",
  callbacks: "The addresses that a running gateway calls for events",
  keys: "Who may use a running gateway",
  webhooks: "What the carriers call for their events",
  profiles: "Names for gateways, each with its address and its API key"
} as const satisfies Record<string, string>

export type GroupName = keyof typeof groups

export const isGroup = (word: string): word is GroupName => Object.hasOwn(groups, word)

const firstOf = (name: string): string => name.replace(/ .*$/, "")

/** The first words of all verbs. */
export const words: ReadonlyArray<string> = Array.from(new Set(Object.keys(verbs).map(firstOf)))

/** The verbs in the order of the help: those of a group stand together. */
export const verbNames: ReadonlyArray<VerbName> = words.flatMap((word) =>
  Object.keys(verbs).filter(isVerb).filter((name) => firstOf(name) === word)
)

/** The verbs of a group. */
export const verbsOf = (group: GroupName): ReadonlyArray<VerbName> => verbNames.filter((name) => name.startsWith(`${group} `))

/** Options that every command takes. `help`, `version`, `completions` and `wizard` also work without a command. */
export const everywhere = {
  help: { says: "show this page, or that of a command" },
  version: { says: "show the version" },
  "log-level": {
    takes: "level",
    oneOf: ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"],
    says: "how much is logged: all, trace, debug, info, warning, error, fatal or none"
  },
  completions: {
    takes: "shell",
    oneOf: ["sh", "bash", "fish", "zsh"],
    says: "print a completion script for sh, bash, fish or zsh"
  },
  wizard: { says: "put a command together by questions" }
} as const satisfies Record<string, Flag>

const own = <A>(table: Readonly<Record<string, A>>, word: string): A | undefined => Object.hasOwn(table, word) ? table[word] : undefined

/** The advice for a command that does not exist. Undefined if there is none. */
export const today = (word: string): string | undefined => {
  const name = own<string>(Instead.others, word) ?? word
  return isVerb(name) ? `use \`interline ${name}\`` : own<string>(Instead.instead, name)
}
