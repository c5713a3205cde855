/** The verbs of a running gateway. */
import * as EveryFlag from "./everyFlag.ts"
import * as KnownWords from "./knownWords.ts"
import type { Verb } from "./verb.ts"

const { limit, list, one, place, yes } = EveryFlag

const cursor = { takes: "text", wants: "the cursor of a list", says: "go on where a list ended; --json shows it as next" }

const line = { takes: "name", wants: "the name of a line", says: "our line. Default: the only one" }

const time = { takes: "time", wants: "a time" }

const delivery = { takes: "id", called: "the id of a delivery", most: 1 }

const people = { takes: "person…", called: "numbers or e-mail addresses of people" }

/** What is sent, of send and plan. */
const draft = {
  to: {
    takes: "person",
    wants: "a person",
    says: "the person's number or e-mail address. Several with commas between: the group of exactly these"
  },
  chat: {
    takes: "id",
    wants: "the id of a chat",
    says: "instead of --to: the id of a conversation or group, or a carrier's ref of a chat"
  },
  line,
  media: { takes: "URL", wants: "a URL", is: "address", says: "the address of a picture or file that goes with the text" },
  effect: {
    takes: "effect",
    wants: "an effect",
    says: "an effect, such as confetti or slam; what a carrier cannot carry is reported as a loss"
  },
  "reply-to": { takes: "id", wants: "the id of a delivery", says: "answer this delivery, or a carrier's message as linq:69a3…" },
  service: { takes: "service", oneOf: ["iMessage", "RCS", "SMS"], says: "the preferred service: iMessage, RCS or SMS" },
  exact: { says: "send nothing rather than lose a part of it for certain" }
} as const

const text = { takes: "text", called: "the text, or - for the standard input", most: 1, unless: ["media"] }

export const gatewayVerbs = {
  send: {
    says: "Send a text to a person or a group. Exits with 3 if it is refused, 4 if it was not sent, 5 if it may have gone out",
    operands: text,
    flags: {
      ...draft,
      after: { takes: "id", wants: "the id of a delivery", says: "begin only after this delivery of the same conversation has ended" },
      "confirms-opt-out": { says: "this text confirms the person's opt-out" },
      key: {
        takes: "key",
        wants: "an Idempotency-Key",
        says: "the same command with the same key sends once. Default: a new key, which is repeated if the connection is lost"
      },
      ...one
    },
    examples: [
      "interline send \"Your table is ready\" --to +12025550123",
      "interline send \"Happy birthday\" --to +12025550123 --effect confetti --line support",
      "echo \"The report is there\" | interline send - --to +12025550123,+12025550124 --key report-7 --json"
    ]
  },
  plan: {
    says:
      "Say what a send would do now: what each carrier would be asked, and what would be lost; nothing is sent. Exits with 3 if it would be refused",
    operands: text,
    flags: {
      ...draft,
      carrier: {
        takes: "ids",
        wants: "ids of carriers",
        says: "only these carriers, with commas between, even if the policy does not use them"
      },
      ...list
    },
    examples: [
      "interline plan \"Your table is ready\" --to +12025550123",
      "interline plan Hi --to +12025550123 --effect slam --carrier sendblue --json"
    ]
  },
  status: {
    says: "Show what became of a delivery",
    operands: delivery,
    flags: { ask: { says: "ask the carrier how far it got. Default: what the gateway was told" }, ...one },
    examples: ["interline status 3b9e4e33-1c5b-409e-a40b-d7400a85f357"]
  },
  explain: {
    says: "Show every decision about a delivery, in order and with its reason",
    operands: delivery,
    flags: one,
    examples: ["interline explain 3b9e4e33-1c5b-409e-a40b-d7400a85f357"]
  },
  messages: {
    says: "List what passed through the gateway, both ways, the newest first",
    flags: {
      with: { takes: "person", wants: "a person", says: "only with this person" },
      chat: { takes: "id", wants: "the id of a chat", says: "only of this conversation, or of this chat of a carrier" },
      line: { ...line, says: "only over this line" },
      carrier: { takes: "id", wants: "the id of a carrier", says: "only what this carrier took, was asked for last, or reported" },
      direction: { takes: "direction", oneOf: ["inbound", "outbound"], says: "only inbound, or only outbound" },
      outcome: {
        takes: "outcome",
        oneOf: ["pending", "accepted", "not-sent", "partial", "held", "unknown"],
        says: "only sends with this outcome"
      },
      status: { takes: "status", oneOf: ["pending", "queued", "sent", "delivered", "read", "failed"], says: "only sends with this status" },
      loss: { takes: "kind", oneOf: KnownWords.lossKinds, says: "only sends that lost something of this kind, such as effect-dropped" },
      "failed-over": {
        takes: "yes or no",
        oneOf: ["yes", "no"],
        says: "only sends that went on to another carrier of their route, or only those that did not"
      },
      key: { takes: "key", wants: "an Idempotency-Key", says: "only sends with this key, as `interline send --key` gives one" },
      since: { ...time, says: "only from this day or time on, as 2026-11-29T00:00:00Z" },
      until: { ...time, says: "only before this day or time" },
      oldest: { says: "the oldest first" },
      limit,
      cursor,
      ...list
    },
    examples: [
      "interline messages --with +12025550123",
      "interline messages --status failed --since 2026-11-29 --limit 100",
      "interline messages --failed-over yes --loss effect-dropped --json",
      "interline messages --direction inbound --limit 100000 --jsonl"
    ]
  },
  "held list": {
    says: "List deliveries that wait for a fact or a person's word: nobody knows yet whether they went out",
    flags: { limit, ...list },
    examples: ["interline held list"]
  },
  "held look": {
    says: "Ask the carriers about all that is held, where asking sends nothing",
    flags: one,
    examples: ["interline held look"]
  },
  "held settle": {
    says: "Say what became of a held delivery. A wrong word makes a person get it twice, or never",
    operands: delivery,
    flags: {
      arrived: {
        takes: "ref",
        wants: "a carrier's ref of the message",
        says: "the person has it: the carrier's ref of the message, as linq:69a3…"
      },
      unchecked: { says: "settle it also if the carrier does not know the message of --arrived, or knows it as one to somebody else" },
      "not-sent": { says: "the person does not have it, and will not get it" },
      yes,
      ...one
    },
    examples: [
      "interline held settle 3b9e4e33-1c5b-409e-a40b-d7400a85f357 --arrived linq:69a37c7d",
      "interline held settle 3b9e4e33-1c5b-409e-a40b-d7400a85f357 --not-sent --yes"
    ]
  },
  lines: {
    says: "List our lines at each carrier: whether they can send, and how many new people they may still write to",
    flags: { check: { says: "ask every carrier first which of its lines can send, and whether our webhooks are called" }, ...list },
    examples: ["interline lines", "interline lines --check --json"]
  },
  carriers: {
    says: "List the carriers with their lines, what rests and until when, and what they say of the account",
    flags: list,
    examples: ["interline carriers", "interline carriers --jsonl"]
  },
  "opt-outs list": {
    says: "List who must not be written to",
    flags: { limit, cursor, ...list },
    examples: ["interline opt-outs list --limit 1000 --jsonl"]
  },
  "opt-outs add": {
    says: "Never write to these people again, here and at the carriers that keep a list",
    operands: people,
    flags: one,
    examples: ["interline opt-outs add +12025550123"]
  },
  "opt-outs remove": {
    says: "Write to these people again, because they agreed to it",
    operands: people,
    flags: { yes, ...one },
    examples: ["interline opt-outs remove +12025550123 --yes"]
  },
  "opt-outs import": {
    says: "Take over many opt-outs: a file with one person a line, or a carrier's own list. Nobody is added twice",
    operands: { takes: "file", called: "a file with one person a line, or - for the standard input", most: 1, unless: ["carrier"] },
    flags: { carrier: { takes: "id", wants: "the id of a carrier", says: "instead of a file: everybody on this carrier's list" }, ...one },
    examples: ["interline opt-outs import people.txt", "interline opt-outs import --carrier sendblue"]
  },
  "callbacks list": {
    says: "List the addresses that the gateway calls for events",
    flags: list,
    examples: ["interline callbacks list"]
  },
  "callbacks add": {
    says: "Call an address for events. Its secret is printed, once",
    operands: { takes: "URL", called: "the address to call", most: 1 },
    flags: {
      dialect: {
        takes: "name",
        wants: "the name of a dialect",
        says: "in whose form the events come: neutral (the default), or the name of a vendor"
      },
      events: { takes: "types", wants: "types of events", says: "only these events, with commas between. Default: all" },
      ...one
    },
    examples: [
      "interline callbacks add https://app.example/events",
      "interline callbacks add https://app.example/events --events Received,Status --json"
    ]
  },
  "callbacks remove": {
    says: "Call an address no more, and forget the calls that wait for it",
    operands: { takes: "id", called: "the id of a callback", most: 1 },
    flags: { yes, ...one },
    examples: ["interline callbacks remove 7b0e1f3a-6a59-4b5f-8a55-0a4f9d2a7c11 --yes"]
  },
  "callbacks test": {
    says: "Call an address once, with an event that says nothing. Ends with 1 if the address does not take it",
    operands: { takes: "id", called: "the id of a callback", most: 1 },
    flags: one,
    examples: ["interline callbacks test 7b0e1f3a-6a59-4b5f-8a55-0a4f9d2a7c11"]
  },
  "callbacks dead-letters": {
    says: "List the calls that were given up, the newest first",
    flags: { limit: { ...limit, most: 100, wants: "a whole number from 1 to 100" }, ...list },
    examples: ["interline callbacks dead-letters"]
  },
  "callbacks redeliver": {
    says: "Try calls again that were given up",
    operands: { takes: "id…", called: "ids of dead letters", unless: ["all"] },
    flags: { all: { says: "every call that was given up" }, ...one },
    examples: ["interline callbacks redeliver 12", "interline callbacks redeliver --all"]
  },
  "callbacks drop": {
    says: "Give calls up for good",
    operands: { takes: "id…", called: "ids of dead letters" },
    flags: { yes, ...one },
    examples: ["interline callbacks drop 12 --yes"]
  },
  "conversations list": {
    says: "List the carriers' chats",
    flags: {
      with: { takes: "person", wants: "a person", says: "only with this person" },
      line: { ...line, says: "only of this line" },
      limit,
      cursor,
      ...list
    },
    examples: ["interline conversations list --with +12025550123"]
  },
  "conversations show": {
    says: "Show the thread with a person, or of a chat, the oldest message first",
    operands: { takes: "person or id", called: "a person, or the id of a conversation or chat", most: 1 },
    flags: { line: { ...line, says: "only over this line" }, limit, ...list },
    examples: ["interline conversations show +12025550123"]
  },
  "keys list": {
    says: "List the API keys of the gateway, without their secrets",
    flags: list,
    examples: ["interline keys list"]
  },
  "keys create": {
    says: "Create an API key. Its secret is printed, once",
    operands: { takes: "name", called: "the name of the key: who uses it", most: 1 },
    flags: {
      scopes: { takes: "scopes", wants: "scopes", needed: true, says: "what it may do: read, send, operate, admin, with commas between" },
      lines: { takes: "names", wants: "names of lines", says: "only at these lines, with commas between. Default: all" },
      expires: { ...time, says: "a day or time from which it is refused. Default: never" },
      ...one
    },
    examples: ["interline keys create crm --scopes read,send", "interline keys create audit --scopes read --expires 2027-01-01 --json"]
  },
  "keys revoke": {
    says: "Revoke an API key for good",
    operands: { takes: "key", called: "the name or the id of the key", most: 1 },
    flags: { yes, ...one },
    examples: ["interline keys revoke app", "interline keys revoke 7b0e1f3a-6a59-4b5f-8a55-0a4f9d2a7c11 --yes"]
  },
  audit: {
    says: "List who did what, the newest first: every act that steers the gateway or an account",
    flags: {
      actor: { takes: "name", wants: "the name of a key", says: "only what this key did" },
      act: { takes: "act", wants: "an act", says: "only this act, such as optOut" },
      subject: { takes: "text", wants: "a subject", says: "only what was done to this" },
      since: { ...time, says: "only from this day or time on" },
      until: { ...time, says: "only before this day or time" },
      limit,
      cursor,
      ...list
    },
    examples: ["interline audit --actor crm --since 2026-11-29", "interline audit --limit 10000 --jsonl"]
  },
  "webhooks list": {
    says: "List the webhooks that the carriers call, here and elsewhere",
    flags: list,
    examples: ["interline webhooks list"]
  },
  "webhooks subscribe": {
    says: "Let a carrier call an address for its events. A secret that the carrier makes is printed, once",
    operands: { takes: "URL", called: "the address to call", most: 1 },
    flags: {
      carrier: { takes: "id", wants: "the id of a carrier", says: "the carrier. Default: the only one" },
      events: { takes: "types", wants: "types of events", needed: true, says: "the vendor's names of the events, with commas between" },
      "with-secret": { says: "read a secret from the standard input, or ask for it, and give it to the carrier" },
      ...one
    },
    examples: [
      "interline webhooks subscribe \"https://gateway.example/webhooks/linq?version=2026-02-03\" --carrier linq --events message.received,message.failed"
    ]
  },
  "webhooks listen": {
    says:
      "Forward the gateway's events to an address of yours, signed as its callbacks are. Nothing is repeated; what failed is said. It ends with 1 if it cannot connect at first, and connects again when a connection is lost",
    flags: {
      "forward-to": {
        takes: "URL",
        wants: "an address",
        is: "address",
        needed: true,
        says: "the address that gets each event by POST"
      },
      "secret-from": {
        takes: "variable",
        wants: "the name of a variable",
        says: "the variable that has the secret for the signatures. Default: a new one, which is printed"
      },
      after: {
        takes: "id",
        wants: "the id of an event",
        least: 0,
        most: 999_999_999_999_999,
        says: "begin after the event with this id. Default: with the next new event"
      },
      types: { takes: "types", wants: "names of events", says: "only these events, with commas between, such as Received,Status" },
      ...place,
      json: { says: "print a JSON document a line, for each event" }
    },
    endless: true,
    examples: [
      "interline webhooks listen --forward-to http://127.0.0.1:3000/events",
      "interline webhooks listen --forward-to http://127.0.0.1:3000/events --types Received --after 42 --secret-from APP_WEBHOOK_SECRET"
    ]
  },
  events: {
    says: "Print what happens, as JSON Lines: every event of every carrier, and what the router decided",
    flags: {
      follow: {
        says:
          "go on until it is stopped. It ends with 1 if it cannot connect at first; a connection that is lost later is made again, behind the last event. Default: only what is there after --after"
      },
      after: {
        takes: "id",
        wants: "the id of an event, or 0 for the first",
        least: 0,
        most: 999_999_999_999_999,
        says: "begin after the event with this id. Default: with the next new event"
      },
      types: { takes: "types", wants: "types of events", says: "only these events, with commas between, such as Received,Status" },
      ...EveryFlag.place
    },
    endless: true,
    examples: [
      "interline events --follow",
      "interline events --after 0 --types Received,Held > events.jsonl",
      "interline events --follow --profile prod | jq .event.data"
    ]
  }
} as const satisfies Record<string, Verb>
