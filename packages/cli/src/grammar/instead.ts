/** Advice for words that people try and that are no command. */

/** What to do today instead of a command that does not exist. */
export const instead = {
  console: "`interline serve` prints the address of the console; a running gateway has it at /console/"
} as const satisfies Record<string, string>

/** Other names that people try, each with its command or its advice in `instead`. */
export const others = {
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
  deliveries: "messages",
  outbox: "held list",
  inbox: "messages",
  settle: "held settle",
  numbers: "lines",
  logs: "events",
  tail: "events",
  watch: "events",
  history: "messages",
  optouts: "opt-outs list",
  "opt-out": "opt-outs add",
  import: "opt-outs import",
  webhook: "webhooks list",
  subscribe: "webhooks subscribe",
  key: "keys list",
  listen: "webhooks listen",
  forward: "webhooks listen",
  verify: "webhooks verify",
  setup: "init",
  diagnose: "doctor",
  move: "conversations move",
  policies: "policy check",
  route: "policy explain",
  login: "profiles add",
  profile: "profiles list",
  ui: "console",
  dashboard: "console"
} as const satisfies Record<string, string>
