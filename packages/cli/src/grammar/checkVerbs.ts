/** The verbs that check, and those that begin: the configuration, a policy, a stored request. */
import * as EveryFlag from "./everyFlag.ts"
import type { Verb } from "./verb.ts"

const { document } = EveryFlag

const seed = { takes: "n", wants: "a whole number", least: -(2 ** 53 - 1), most: 2 ** 53 - 1 }

/** Which policy is meant, and over which lines. */
const policy = {
  policy: {
    takes: "file",
    wants: "the path of a JSON file",
    says: "a JSON file with the policy. Default: the policy that the environment configures"
  },
  lines: {
    takes: "names",
    wants: "names of lines",
    says: "our lines, with commas between, each with a number at every carrier. Default: those of INTERLINE_LINES"
  }
} as const

const { policy: _, ...lines } = policy

const file = { takes: "file", called: "the JSON file with the policy", most: 1, optional: true } as const

const { jsonl: _lines, ...one } = EveryFlag.list

export const checkVerbs = {
  init: {
    says: "Write a starting configuration: a file of variables that only you can read. It replaces nothing without --yes",
    flags: {
      file: { takes: "file", wants: "the path of a file", says: "the file to write. Default: .env in this folder" },
      prefer: {
        takes: "vendors",
        wants: "names of vendors",
        says: "the vendors in their order, with commas between. Their credentials are taken from the environment, or asked for"
      },
      number: {
        takes: "numbers",
        wants: "numbers of a line",
        says: "our number at each vendor, like linq:+12025550101,sendblue:+12025550201"
      },
      line: { takes: "name", wants: "the name of a line", says: "the name of our line. Default: support" },
      "public-url": { takes: "URL", wants: "a URL", is: "address", says: "where the vendors will reach the gateway" },
      database: { takes: "file or URL", wants: "a path or a URL", says: "a SQLite file or a postgres:// URL. Default: file:interline.db" },
      yes: { says: "replace the file if it is there; needed if no person is at a terminal" },
      json: document
    },
    examples: ["interline init", "interline init --prefer linq,sendblue --number linq:+12025550101,sendblue:+12025550201 --json"]
  },
  doctor: {
    says: "Look for what is wrong: here, with the gateway's environment, or at a running gateway. Exits with 1 if something does not work",
    flags: {
      ...one,
      profile: { ...EveryFlag.profile, says: "look at the gateway of this profile of `interline profiles`" },
      url: {
        ...EveryFlag.url,
        says: "look at the gateway at this address, with the first key of INTERLINE_API_KEYS. Default: look at this environment"
      }
    },
    examples: ["interline doctor", "interline doctor --url https://gateway.example", "interline doctor --profile prod --json"]
  },
  "webhooks verify": {
    says: "Check a stored request: who signed it, when, and whether its body can be read. Exits with 3 if a gateway would refuse it",
    operands: { takes: "file", called: "a file with the request as HTTP or as JSON, or - for the standard input", most: 1 },
    flags: {
      from: {
        takes: "who",
        wants: "callback, or the id of a carrier",
        needed: true,
        says: "who made it: callback for a gateway's call, or the id of a carrier, such as linq"
      },
      "secret-from": {
        takes: "variable",
        wants: "the name of a variable",
        says: "the variable that has the secret. Default: that of the carrier's webhooks. Needed for a callback"
      },
      at: { takes: "time", wants: "a time", says: "as if it came at this time. Default: now" },
      json: document
    },
    examples: [
      "interline webhooks verify request.http --from linq",
      "interline webhooks verify request.json --from callback --secret-from APP_WEBHOOK_SECRET --at 2026-11-29T00:00:00Z"
    ]
  },
  "policy check": {
    says: "Check a policy over our carriers and lines, without credentials: each mistake with its field. Exits with 2 if there is one",
    operands: file,
    flags: { ...lines, json: document },
    examples: ["interline policy check policy.json", "interline policy check policy.json --lines support,sales --json"]
  },
  "policy explain": {
    says:
      "Say which carrier a policy asks first for a text, why, and what would be lost; nothing is sent. Exits with 3 if none could take it",
    operands: { takes: "text", called: "the text, or - for the standard input", most: 1, unless: ["media"] },
    flags: {
      to: { takes: "person", wants: "a person", says: "the person's number or e-mail address. Several with commas between: a group" },
      line: { takes: "name", wants: "the name of a line", says: "our line. Default: the only one" },
      media: { takes: "URL", wants: "a URL", is: "address", says: "the address of a picture or file that goes with the text" },
      effect: { takes: "effect", wants: "an effect", says: "an effect, such as confetti or slam" },
      service: { takes: "service", oneOf: ["iMessage", "RCS", "SMS"], says: "the preferred service: iMessage, RCS or SMS" },
      exact: { says: "send nothing rather than lose a part of it for certain" },
      known: { says: "the person has written to the line before. Default: nobody wrote yet" },
      ...policy,
      json: document
    },
    examples: [
      "interline policy explain \"Your table is ready\" --to +12025550123",
      "interline policy explain Hi --to +12025550123 --effect slam --policy policy.json --lines support,sales --line sales --json"
    ]
  },
  "policy simulate": {
    says: "Run the router under a policy, over model vendors with every fault; exit with 1 if a promise is broken",
    operands: file,
    flags: {
      seeds: { ...seed, wants: "a whole number from 1", least: 1, says: "how many seeds to run, at least 1. Default: 1000" },
      "seed-from": { ...seed, says: "the first seed. Default: 1" },
      seed: { ...seed, says: "run this seed only; not with --seeds or --seed-from" },
      trace: { says: "tell what happens, line by line" },
      ...lines,
      json: document
    },
    examples: ["interline policy simulate policy.json --seeds 2500", "interline policy simulate --seed 7 --trace"]
  }
} as const satisfies Record<string, Verb>
