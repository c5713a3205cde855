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

const rows = {
  Received: {
    sendblue: ["receive"],
    without: "no message that people write, no opt-out that they write, and a conversation does not follow them to the line they write to"
  },
  Status: { sendblue: ["outbound"], without: "statuses only when they are asked for; what is held waits for a look or an operator" },
  Edited: { sendblue: [], without: "the first wording" },
  Reaction: { sendblue: ["receive"], without: "no reactions" },
  Typing: { sendblue: ["typing_indicator"], without: "no typing" },
  Participant: { sendblue: [], without: "a group is looked up when it matters" },
  Chat: { sendblue: [], without: "names and icons as they were read last; a chat that the vendor marked as opted out is noticed later" },
  Line: {
    sendblue: ["line_blocked"],
    without: "Linq's refusals find out; at Sendblue texts are lost until [the lines are checked](failover.md#accepted-then-failed)"
  },
  Account: { sendblue: [], without: "no word when a token ends, a webhook is disabled or a number leaves the account" },
  OptedOut: { sendblue: ["receive", "outbound"], without: "found out when the vendor that knows of it refuses a message" },
  OptedIn: {
    sendblue: ["receive"],
    without: "opting in is up to the application. What it lifts: [failover](failover.md#somebody-opted-out)"
  },
  Unrecognized: {
    sendblue: ["call_log", "inbound_call", "line_assigned", "contact_created", "contact_profile"],
    without: "nothing that Interline uses"
  }
} as const satisfies Record<MessagingEvent["_tag"], Row>

/** The vendors tell opt-outs with other events. */
const linqOf = (tag: MessagingEvent["_tag"]): ReadonlyArray<string> => {
  if (tag === "Account") return Struct.keys(LinqWords.accountNotices)
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
