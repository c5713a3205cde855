/** The verbs that need no running gateway. */
import * as EveryFlag from "./everyFlag.ts"
import * as KnownWords from "./knownWords.ts"
import type { Verb } from "./verb.ts"

const { json, port } = EveryFlag

const seed = { takes: "n", wants: "a whole number", least: -(2 ** 53 - 1), most: 2 ** 53 - 1 }

const database = { takes: "file or URL", wants: "a path or a URL" }

const carrier = { takes: "carrier", wants: "the id of a carrier" }

const time = { takes: "time", wants: "a time" }

const vendor = { takes: "vendor", oneOf: KnownWords.vendorNames }

export const localVerbs = {
  serve: {
    says: "Serve the gateway; without a vendor's credentials in the environment, over a sandbox of its own",
    flags: {
      port: { ...port, says: "port to listen on; 0 picks a free one. Default: PORT, else 8787" },
      host: { takes: "address", wants: "an address", says: "address to listen on. Default: HOST, else 127.0.0.1" },
      database: {
        ...database,
        says:
          "a SQLite file or a postgres:// URL. Default: DATABASE_URL, else a file in this folder: interline.db, or interline-sandbox.db for a sandbox"
      },
      fresh: { says: "remove what earlier runs of the sandbox left in the database, such as opt-outs" },
      embedded: { says: "over a sandbox in this process, whatever the environment says" },
      json
    },
    endless: true,
    examples: [
      "interline serve",
      "interline serve --port 0 --json",
      "DATABASE_URL=postgres://127.0.0.1/app interline serve --host 0.0.0.0"
    ]
  },
  demo: {
    says: "Run one program under both carriers, then under a policy over both while one of them is in trouble",
    flags: {
      sandbox: {
        takes: "URL",
        wants: "the control URL of a sandbox",
        says: "control URL of a sandbox that is already running. Default: one of its own"
      },
      json
    },
    examples: ["interline demo", "interline demo --json"]
  },
  sandbox: {
    says: "Start both vendors' APIs over one fake phone network; print their base URLs as one JSON line",
    flags: {
      "linq-port": { ...port, says: "port of Linq's API. Default: 0, which picks a free one" },
      "sendblue-port": { ...port, says: "port of Sendblue's API. Default: 0" },
      "control-port": { ...port, says: "port of the control API. Default: 0" }
    },
    endless: true,
    examples: ["interline sandbox --control-port 4010"]
  },
  simulate: {
    says: "Run the router against model vendors under every fault; exit with 1 if a promise is broken",
    flags: {
      seeds: { ...seed, wants: "a whole number from 1", least: 1, says: "how many seeds to run, at least 1. Default: 1000" },
      "seed-from": { ...seed, says: "the first seed. Default: 1" },
      seed: { ...seed, says: "run this seed only; not with --seeds or --seed-from" },
      trace: { says: "tell what happens, line by line" },
      policy: { takes: "file", wants: "the path of a JSON file", says: "a JSON file with the policy to simulate" },
      json
    },
    examples: ["interline simulate --seeds 2500", "interline simulate --policy policy.json --json", "interline simulate --seed 7 --trace"]
  },
  "migrate report": {
    says: "Say what recorded calls to one vendor become at another; nothing is sent. Exits with 3 if a call would be refused",
    operands: {
      takes: "file…",
      called: "files of recorded calls, or - for the standard input",
      unless: ["from-account", "from-gateway"]
    },
    flags: {
      "from-account": { ...carrier, says: "read the messages that this carrier's account has sent, from the vendor's list" },
      "from-gateway": {
        takes: "URL",
        wants: "the address of a gateway",
        is: "gateway",
        says: "read what this running gateway has on record, and what its shadow has counted"
      },
      "chats-from": { ...carrier, says: "read this carrier's list of chats first, for calls that name a chat by its id" },
      since: { ...time, says: "read the account (default: 30 days) or the gateway (default: all) from this day or time on" },
      from: { ...vendor, says: "the vendor that was called. Default: that of the account, else sendblue" },
      to: { ...vendor, says: "the vendor that is to carry the calls. Default: the other one" },
      host: { takes: "name", wants: "the name of a host", says: "a host whose calls are the vendor's too: a proxy or a gateway" },
      show: { says: "show people and texts in examples. Default: they are masked" },
      "fail-on": {
        takes: "what",
        oneOf: ["refused", "lost", "none"],
        says: "exit with 3 if a call would be refused, lost (or refused), or never: none. Default: refused"
      },
      "new-contacts": {
        takes: "n",
        wants: "a whole number from 1",
        least: 1,
        most: 1_000_000,
        says: "how many people a line may write to first in a day. Default: 50, an assumption"
      },
      html: { takes: "file", wants: "the path of a file", says: "also write the report as one HTML page with plots" },
      json
    },
    examples: ["interline migrate report calls.jsonl", "interline migrate report --from-account sendblue --to linq --html report.html"]
  },
  "migrate import": {
    says: "Take over what a vendor's account knows: opt-outs, the number of each conversation, groups, message ids",
    flags: {
      from: { ...carrier, says: "the carrier whose account is read, such as sendblue; needed" },
      apply: { says: "write it. Without this, only say what would be written" },
      database: {
        ...database,
        says: "the gateway's database. Default: DATABASE_URL, else interline.db in this folder, if it is there"
      },
      json
    },
    examples: ["interline migrate import --from sendblue", "interline migrate import --from sendblue --apply"]
  },
  "migrate rehearse": {
    says: "Rehearse a whole move in the sandbox, and count what the phones got; exit with 1 if something is wrong",
    flags: {
      from: { ...vendor, says: "the vendor to move from. Default: sendblue" },
      seed: { ...seed, says: "the seed of the people. Default: a random one, which is printed" },
      json
    },
    examples: ["interline migrate rehearse", "interline migrate rehearse --from linq --seed 7"]
  },
  "profiles list": {
    says: "List the gateways that this user has a name for",
    flags: { json: EveryFlag.document, jsonl: EveryFlag.list.jsonl },
    examples: ["interline profiles list"]
  },
  "profiles add": {
    says: "Give a gateway a name, with its address and an API key. The key is read from the standard input, or asked for",
    operands: { takes: "name", called: "the name of the profile", most: 1 },
    flags: {
      url: { takes: "URL", wants: "the address of a gateway", is: "gateway", needed: true, says: "address of the gateway" },
      "key-from": {
        takes: "variable",
        wants: "the name of a variable",
        says: "read the key from this variable of the environment each time, instead of keeping it in the file"
      },
      yes: EveryFlag.yes
    },
    examples: [
      "interline profiles add prod --url https://gateway.example",
      "interline profiles add ci --url https://gateway.example --key-from GATEWAY_KEY"
    ]
  },
  "profiles remove": {
    says: "Forget a profile and its key",
    operands: { takes: "name", called: "the name of the profile", most: 1 },
    flags: { yes: EveryFlag.yes },
    examples: ["interline profiles remove prod --yes"]
  }
} as const satisfies Record<string, Verb>
