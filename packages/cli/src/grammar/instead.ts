/** Advice for words that people try and that are no command. */

/** What to do today instead of a command that does not exist. */
export const instead = {
  doctor:
    "`interline serve` names every mistake of the configuration when it starts, and GET /readyz and GET /v1/carriers of a running gateway show what is wrong with carriers and lines",
  console: "the API of a running gateway (`interline serve`) shows all there is; GET /openapi.json describes it",
  init: "everything is set by variables, which the page docs/configuration.md lists; without any, `interline serve` runs over a sandbox"
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
  move: "conversations move",
  policies: "policy check",
  route: "policy explain",
  login: "profiles add",
  profile: "profiles list",
  ui: "console",
  dashboard: "console"
} as const satisfies Record<string, string>
