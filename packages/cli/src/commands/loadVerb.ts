/** Loads the module of a verb. Each is loaded only when its verb is meant, so that the others cost no time. */
import * as Effect from "effect/Effect"
import type { VerbCommand } from "../grammar/makeVerb.ts"
import type { VerbName } from "../grammar/verbs.ts"

const modules = {
  serve: () => import("./local/serve.ts"),
  demo: () => import("./local/demo.ts"),
  sandbox: () => import("./local/sandbox.ts"),
  simulate: () => import("./local/simulate.ts"),
  "migrate report": () => import("./migrate/report.ts"),
  "migrate import": () => import("./migrate/import.ts"),
  "migrate rehearse": () => import("./migrate/rehearse.ts"),
  "migrate compare": () => import("./migrate/compare.ts"),
  "profiles list": () => import("./profiles/list.ts"),
  "profiles add": () => import("./profiles/add.ts"),
  "profiles remove": () => import("./profiles/remove.ts"),
  "rollout status": () => import("./rollout/status.ts"),
  "rollout start": () => import("./rollout/start.ts"),
  "rollout advance": () => import("./rollout/advance.ts"),
  "rollout pause": () => import("./rollout/pause.ts"),
  "rollout resume": () => import("./rollout/resume.ts"),
  "rollout back": () => import("./rollout/back.ts"),
  send: () => import("./messages/send.ts"),
  plan: () => import("./messages/plan.ts"),
  status: () => import("./messages/status.ts"),
  explain: () => import("./messages/explain.ts"),
  messages: () => import("./messages/messages.ts"),
  "held list": () => import("./held/list.ts"),
  "held look": () => import("./held/look.ts"),
  "held settle": () => import("./held/settle.ts"),
  lines: () => import("./fleet/lines.ts"),
  carriers: () => import("./fleet/carriers.ts"),
  "opt-outs list": () => import("./opt-outs/list.ts"),
  "opt-outs add": () => import("./opt-outs/add.ts"),
  "opt-outs remove": () => import("./opt-outs/remove.ts"),
  "opt-outs import": () => import("./opt-outs/import.ts"),
  "callbacks list": () => import("./callbacks/list.ts"),
  "callbacks add": () => import("./callbacks/add.ts"),
  "callbacks remove": () => import("./callbacks/remove.ts"),
  "callbacks dead-letters": () => import("./callbacks/deadLetters.ts"),
  "callbacks redeliver": () => import("./callbacks/redeliver.ts"),
  "callbacks drop": () => import("./callbacks/drop.ts"),
  "conversations list": () => import("./conversations/list.ts"),
  "conversations show": () => import("./conversations/show.ts"),
  "keys list": () => import("./keys/list.ts"),
  "keys create": () => import("./keys/create.ts"),
  "keys revoke": () => import("./keys/revoke.ts"),
  audit: () => import("./audit/audit.ts"),
  "webhooks list": () => import("./webhooks/list.ts"),
  "webhooks subscribe": () => import("./webhooks/subscribe.ts"),
  events: () => import("./events/events.ts"),
  "conversations move": () => import("./conversations/move.ts")
} as const satisfies Readonly<Record<VerbName, () => PromiseLike<{ readonly command: VerbCommand }>>>

export const loadVerb = (verb: VerbName): Effect.Effect<VerbCommand> =>
  Effect.map(Effect.promise<{ readonly command: VerbCommand }>(modules[verb]), ({ command }) => command)
