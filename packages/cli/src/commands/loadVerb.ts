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
  "conversations move": () => import("./conversations/move.ts")
} as const satisfies Readonly<Record<VerbName, () => PromiseLike<{ readonly command: VerbCommand }>>>

export const loadVerb = (verb: VerbName): Effect.Effect<VerbCommand> =>
  Effect.map(Effect.promise<{ readonly command: VerbCommand }>(modules[verb]), ({ command }) => command)
