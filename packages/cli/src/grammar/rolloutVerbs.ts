/** The verbs of a move between carriers, at a running gateway. */
import * as EveryFlag from "./everyFlag.ts"
import type { Verb } from "./verb.ts"

const { json, place, reason } = EveryFlag

const despiteFaults = { says: "although the carrier has a fault that only a person can mend" }

const time = { takes: "time", wants: "a time" }

const change = { ...place, json }

export const rolloutVerbs = {
  "migrate compare": {
    says: "Compare the carriers of a running gateway by what became of their sends",
    flags: {
      ...place,
      since: { ...time, says: "only sends from this time on, as 2026-11-29T00:00:00Z. Default: 7 days before the end" },
      until: { ...time, says: "only sends before this time. Default: now" },
      json
    },
    examples: ["interline migrate compare", "interline migrate compare --since 2026-11-01 --json"]
  },
  "rollout status": {
    says: "Show the rollout of a running gateway: its step, what became of messages, and who changed it",
    flags: change,
    examples: ["interline rollout status"]
  },
  "rollout start": {
    says: "Begin the first step of the rollout",
    flags: { reason, anyway: despiteFaults, ...change },
    examples: ["interline rollout start --reason \"as planned\""]
  },
  "rollout advance": {
    says: "Begin the next step of the rollout",
    flags: {
      reason,
      anyway: { says: "before the waiting time of the step is over, against the guardrails, and although the new carrier has a fault" },
      ...change
    },
    examples: ["interline rollout advance --reason \"no complaints\""]
  },
  "rollout pause": {
    says: "Move nobody else, and begin new conversations at the old carrier",
    flags: { reason, ...change },
    examples: ["interline rollout pause --reason \"slow deliveries\""]
  },
  "rollout resume": {
    says: "Go on with a rollout that is paused",
    flags: { reason, anyway: despiteFaults, ...change },
    examples: ["interline rollout resume --reason \"mended\""]
  },
  "rollout back": {
    says: "Go back to an earlier step of the rollout",
    flags: {
      reason,
      step: {
        takes: "n",
        wants: "the number of a step, or 0",
        least: 0,
        most: 1_000,
        says: "the step; 0 is the beginning. Default: the step before"
      },
      ...change
    },
    examples: ["interline rollout back --reason \"too many failures\"", "interline rollout back --step 0 --reason \"end of the test\""]
  },
  "conversations move": {
    says: "Move conversations by name between the carriers of the rollout, each with its next message",
    operands: { takes: "person…", called: "numbers or e-mail addresses of people" },
    flags: {
      carrier: { takes: "id", wants: "the id of a carrier", says: "the carrier to move to. Default: they follow the rollout again" },
      line: { takes: "name", wants: "the name of a line", says: "our line. Default: the only one" },
      reason,
      anyway: despiteFaults,
      ...change
    },
    examples: ["interline conversations move +12025550123 --carrier linq --reason \"asked for it\""]
  }
} as const satisfies Record<string, Verb>
