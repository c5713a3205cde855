/** Lists the commands with their options, and gives advice for commands that do not exist yet. */

/** An option of a command. `takes` names its value. An option without `takes` has no value. `needed`: the command does not work without it. */
export interface Flag {
  readonly takes?: string
  readonly needed?: true
  readonly says: string
}

/**
 * `operands`: what it takes beside options, at least one unless an option of `unless` is given. A verb of two words belongs to the group of the
 * first.
 */
interface Verb {
  readonly says: string
  readonly operands?: { readonly takes: string; readonly called: string; readonly unless?: ReadonlyArray<string> }
  readonly flags: Readonly<Record<string, Flag>>
}

const json = { says: "print JSON instead of a page" }

const url = { takes: "URL", says: "address of the gateway. Default: this machine, at the port of PORT, else 8787" }

const reason = { takes: "text", needed: true, says: "why; it is kept with the change" } as const

const despiteFaults = { says: "although the carrier has a fault that only a person can mend" }

export const verbs = {
  serve: {
    says: "Serve the gateway; without a vendor's credentials in the environment, over a sandbox of its own",
    flags: {
      port: { takes: "port", says: "port to listen on; 0 picks a free one. Default: PORT, else 8787" },
      host: { takes: "address", says: "address to listen on. Default: HOST, else 127.0.0.1" },
      database: {
        takes: "file or URL",
        says: "a SQLite file or a postgres:// URL. Default: DATABASE_URL, else interline.db in this folder"
      },
      embedded: { says: "over a sandbox in this process, whatever the environment says" },
      json
    }
  },
  demo: {
    says: "Run one program under both carriers, then under a policy over both while one of them is in trouble",
    flags: {
      sandbox: { takes: "URL", says: "control URL of a sandbox that is already running. Default: one of its own" },
      json
    }
  },
  sandbox: {
    says: "Start both vendors' APIs over one fake phone network; print their base URLs as one JSON line",
    flags: {
      "linq-port": { takes: "port", says: "port of Linq's API. Default: 0, which picks a free one" },
      "sendblue-port": { takes: "port", says: "port of Sendblue's API. Default: 0" },
      "control-port": { takes: "port", says: "port of the control API. Default: 0" }
    }
  },
  simulate: {
    says: "Run the router against model vendors under every fault; exit with 1 if a promise is broken",
    flags: {
      seeds: { takes: "n", says: "how many seeds to run, at least 1. Default: 1000" },
      "seed-from": { takes: "n", says: "the first seed. Default: 1" },
      seed: { takes: "n", says: "run this seed only; not with --seeds or --seed-from" },
      trace: { says: "tell what happens, line by line" },
      policy: { takes: "file", says: "a JSON file with the policy to simulate" },
      json
    }
  },
  "migrate report": {
    says: "Say what recorded calls to one vendor become at another; nothing is sent. Exits with 3 if a call would be refused",
    operands: {
      takes: "file…",
      called: "files of recorded calls, or - for the standard input",
      unless: ["from-account", "from-gateway"]
    },
    flags: {
      "from-account": { takes: "carrier", says: "read the messages that this carrier's account has sent, from the vendor's list" },
      "from-gateway": { takes: "URL", says: "read what this running gateway has on record, and what its shadow has counted" },
      "chats-from": { takes: "carrier", says: "read this carrier's list of chats first, for calls that name a chat by its id" },
      since: { takes: "time", says: "read the account (default: 30 days) or the gateway (default: all) from this day or time on" },
      from: { takes: "vendor", says: "the vendor that was called. Default: that of the account, else sendblue" },
      to: { takes: "vendor", says: "the vendor that is to carry the calls. Default: the other one" },
      host: { takes: "name", says: "a host whose calls are the vendor's too: a proxy or a gateway" },
      show: { says: "show people and texts in examples. Default: they are masked" },
      "fail-on": { takes: "what", says: "exit with 3 if a call would be refused, lost (or refused), or never: none. Default: refused" },
      "new-contacts": { takes: "n", says: "how many people a line may write to first in a day. Default: 50, an assumption" },
      html: { takes: "file", says: "also write the report as one HTML page with plots" },
      json
    }
  },
  "migrate import": {
    says: "Take over what a vendor's account knows: opt-outs, the number of each conversation, groups, message ids",
    flags: {
      from: { takes: "carrier", says: "the carrier whose account is read, such as sendblue; needed" },
      apply: { says: "write it. Without this, only say what would be written" },
      database: {
        takes: "file or URL",
        says: "the gateway's database. Default: DATABASE_URL, else interline.db in this folder, if it is there"
      },
      json
    }
  },
  "migrate compare": {
    says: "Compare the carriers of a running gateway by what became of their sends",
    flags: {
      url: { takes: "address", says: "address of the gateway. Default: http://127.0.0.1:8787. The key is the first of INTERLINE_API_KEYS" },
      since: { takes: "time", says: "only sends from this time on, as 2026-11-29T00:00:00Z. Default: 7 days before the end" },
      until: { takes: "time", says: "only sends before this time. Default: now" },
      json
    }
  },
  "migrate rehearse": {
    says: "Rehearse a whole move in the sandbox, and count what the phones got; exit with 1 if something is wrong",
    flags: {
      from: { takes: "vendor", says: "the vendor to move from. Default: sendblue" },
      seed: { takes: "n", says: "the seed of the people. Default: a random one, which is printed" },
      json
    }
  },
  "rollout status": {
    says: "Show the rollout of a running gateway: its step, what became of messages, and who changed it",
    flags: { url, json }
  },
  "rollout start": { says: "Begin the first step of the rollout", flags: { reason, anyway: despiteFaults, url, json } },
  "rollout advance": {
    says: "Begin the next step of the rollout",
    flags: {
      reason,
      anyway: { says: "before the waiting time of the step is over, against the guardrails, and although the new carrier has a fault" },
      url,
      json
    }
  },
  "rollout pause": { says: "Move nobody else, and begin new conversations at the old carrier", flags: { reason, url, json } },
  "rollout resume": { says: "Go on with a rollout that is paused", flags: { reason, anyway: despiteFaults, url, json } },
  "rollout back": {
    says: "Go back to an earlier step of the rollout",
    flags: { reason, step: { takes: "n", says: "the step; 0 is the beginning. Default: the step before" }, url, json }
  },
  "conversations move": {
    says: "Move conversations by name between the carriers of the rollout, each with its next message",
    operands: { takes: "person…", called: "numbers or e-mail addresses of people" },
    flags: {
      carrier: { takes: "id", says: "the carrier to move to. Default: they follow the rollout again" },
      line: { takes: "name", says: "our line. Default: the only one" },
      reason,
      anyway: despiteFaults,
      url,
      json
    }
  }
} as const satisfies Record<string, Verb>

export type VerbName = keyof typeof verbs

export const isVerb = (word: string): word is VerbName => Object.hasOwn(verbs, word)

export const verbNames: ReadonlyArray<VerbName> = Object.keys(verbs).filter(isVerb)

/** The groups of verbs, by the first word of their names. */
export const groups = {
  migrate: "Move from one vendor to another",
  rollout: "Move conversations of a running gateway to another carrier, step by step",
  conversations: "Work on conversations of a running gateway"
} as const satisfies Record<string, string>

export type GroupName = keyof typeof groups

/** The verbs of a group. */
export const verbsOf = (group: GroupName): ReadonlyArray<VerbName> => verbNames.filter((name) => name.startsWith(`${group} `))

export type FlagName<V extends VerbName> = Extract<keyof (typeof verbs)[V]["flags"], string>

/** The help text of one option. */
export const says = <V extends VerbName>(verb: V, flag: FlagName<V>): string => {
  const flags: Readonly<Record<string, Flag>> = verbs[verb].flags
  return flags[flag]?.says ?? flag
}

/** Options that every command takes. `help`, `version`, `completions` and `wizard` also work without a command. */
export const everywhere = {
  help: { says: "show this page, or that of a command" },
  version: { says: "show the version" },
  "log-level": { takes: "level", says: "how much is logged: all, trace, debug, info, warning, error, fatal or none" },
  completions: { takes: "shell", says: "print a completion script for sh, bash, fish or zsh" },
  wizard: { says: "put a command together by questions" }
} as const satisfies Record<string, Flag>

/** Advice for commands that people try but that do not exist yet. */
const instead = {
  send: "a running gateway (`interline serve`) sends at POST /v1/send; from a program, Messaging.send does",
  plan: "a running gateway (`interline serve`) answers POST /v1/plan; from a program, Messaging.plan does",
  doctor:
    "`interline serve` names every mistake of the configuration when it starts, and GET /readyz and GET /v1/carriers of a running gateway show what is wrong with carriers and lines",
  status: "GET /readyz of a running gateway shows how it is, and GET /v1/deliveries/{id}/status how far a message got",
  explain: "GET /v1/deliveries/{id}/explain of a running gateway shows every decision about a message",
  held: "GET /v1/held of a running gateway lists what is held, and POST /v1/held/{id}/settle settles it",
  carriers: "GET /v1/carriers of a running gateway lists the carriers with their lines",
  events: "GET /v1/events of a running gateway streams what happens; its log goes to stderr",
  messages: "GET /v1/messages of a running gateway lists what passed through",
  "opt-outs": "GET /v1/opt-outs of a running gateway lists who opted out, and POST /v1/opt-outs/import takes a list",
  webhooks:
    "the sandbox's webhooks are subscribed by `interline serve`; with real vendors, POST /v1/webhooks of a running gateway subscribes",
  console: "the API of a running gateway (`interline serve`) shows all there is; GET /openapi.json describes it",
  init: "everything is set by variables, which the page docs/configuration.md lists; without any, `interline serve` runs over a sandbox"
} as const satisfies Record<string, string>

/** Other names that people try, each with its command in `verbs` or its advice in `instead`. */
const others: Readonly<Record<string, VerbName | keyof typeof instead>> = {
  rehearse: "migrate rehearse",
  rehearsal: "migrate rehearse",
  start: "serve",
  run: "serve",
  gateway: "serve",
  dev: "serve",
  test: "simulate",
  check: "doctor",
  validate: "doctor",
  config: "init",
  health: "status",
  get: "status",
  settle: "held",
  lines: "carriers",
  numbers: "carriers",
  logs: "events",
  tail: "events",
  watch: "events",
  history: "messages",
  optouts: "opt-outs",
  "opt-out": "opt-outs",
  import: "opt-outs",
  webhook: "webhooks",
  move: "conversations move",
  ui: "console",
  dashboard: "console"
}

export const isGroup = (word: string): word is GroupName => Object.hasOwn(groups, word)

/** What a verb takes beside options. Undefined: nothing. */
export const operandsOf = (verb: VerbName): Verb["operands"] => {
  const { operands }: Verb = verbs[verb]
  return operands
}

const own = <A>(table: Readonly<Record<string, A>>, word: string): A | undefined => Object.hasOwn(table, word) ? table[word] : undefined

/** The advice for a command that does not exist. Undefined if there is none. */
export const today = (word: string): string | undefined => {
  const name = own(others, word) ?? word
  return isVerb(name) ? `use \`interline ${name}\`` : own<string>(instead, name)
}
