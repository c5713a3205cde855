/** Advice for words that people try and that are no command. */

/** What to do today instead of a command that does not exist. */
export const instead = {
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
  login: "profiles add",
  profile: "profiles list",
  ui: "console",
  dashboard: "console"
} as const satisfies Record<string, string>
