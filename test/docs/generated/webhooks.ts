/** docs/webhooks.md: which of the vendors' events to subscribe to, and what each becomes. */
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as LinqWords from "@interline/linq/LinqWords"
import { type WebhookType, webhookTypes } from "@interline/sendblue/SendblueWords"
import * as Struct from "effect/Struct"
import { code, table } from "../markdown.ts"

interface Row {
  readonly sendblue: ReadonlyArray<WebhookType>
  readonly without: string
}

export const rows = {
  Received: {
    sendblue: ["receive"],
    without:
      "no message and no opt-out that people write is known; a conversation does not follow a person to the line that the person writes to"
  },
  Status: { sendblue: ["outbound"], without: "a status is known only if it is asked for; a held delivery waits for a look or an operator" },
  Edited: { sendblue: [], without: "the first wording is kept" },
  Reaction: { sendblue: ["receive"], without: "reactions are not known" },
  Typing: { sendblue: ["typing_indicator"], without: "typing is not known" },
  Participant: { sendblue: [], without: "the members of a group are looked up when they matter" },
  Chat: {
    sendblue: [],
    without: "names and icons stay as they were last read; a chat that the vendor marked as opted out is noticed later"
  },
  Line: {
    sendblue: ["line_blocked"],
    without:
      "at Linq, a refusal shows that a line cannot send; at Sendblue, texts are lost until [the lines are checked](failover.md#accepted-then-failed)"
  },
  Poll: { sendblue: [], without: "`getPoll` shows the votes; nobody says that there are new ones" },
  Location: { sendblue: ["receive"], without: "`getLocations` shows who shares a location; nobody says that a person began or ended to" },
  Account: { sendblue: [], without: "nobody learns that a token ends, a webhook is disabled or a number leaves the account" },
  OptedOut: { sendblue: ["receive", "outbound"], without: "an opt-out is found out when the vendor that knows of it refuses a message" },
  OptedIn: {
    sendblue: ["receive"],
    without: "only the application opts people in. What that lifts: [failover](failover.md#what-lifts-an-opt-out)"
  },
  Unrecognized: {
    sendblue: ["call_log", "inbound_call", "line_assigned", "contact_created", "contact_profile"],
    without: "nothing is missing that Interline uses"
  }
} as const satisfies Record<MessagingEvent["_tag"], Row>

const pollEvents = Struct.keys(LinqWords.pollEventToNeutral)

/** The vendors tell opt-outs with other events. */
export const linqOf = (tag: MessagingEvent["_tag"]): ReadonlyArray<string> => {
  if (tag === "Account") return Struct.keys(LinqWords.accountNotices)
  if (tag === "Poll") return pollEvents.filter((event) => LinqWords.pollEventToNeutral[event] === "Poll")
  const own = LinqWords.eventFromNeutral[tag]
  return own.length > 0 ? own : tag === "OptedOut" ? ["message.received", "chat.created"] : ["message.received"]
}

export const subscriptions = (): string => {
  const unused = webhookTypes.filter((type) => !Object.values(rows).some(({ sendblue }) => sendblue.some((one) => one === type)))
  if (unused.length > 0) throw new Error(`no event for ${unused.join(", ")}`)
  return table(
    ["Event", "Linq's events", "Sendblue's types", "Without them"],
    Struct.keys(rows).map((tag) => {
      const { sendblue, without } = rows[tag]
      return [code(tag), linqOf(tag).map(code).join(", "), sendblue.length === 0 ? "none" : sendblue.map(code).join(", "), without]
    })
  )
}
