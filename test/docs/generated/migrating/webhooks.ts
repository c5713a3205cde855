/** The vendors' webhooks side by side. */
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { LinqLaterEvent } from "@interline/linq/LinqWords"
import { type WebhookType, webhookTypes } from "@interline/sendblue/SendblueWords"
import * as Struct from "effect/Struct"
import { code, table } from "../../markdown.ts"
import { linqOf, rows as events } from "../webhooks.ts"
import type * as Calls from "./calls.ts"

type Tag = MessagingEvent["_tag"]

type Unused = typeof events.Unrecognized.sendblue[number]

/** What to do without a type of Sendblue that no event of ours comes from. */
const withoutType = {
  call_log:
    "Linq tells calls, too: `call.initiated`, `call.ringing`, `call.answered`, `call.ended`, `call.failed`, `call.declined`, `call.no_answer`",
  inbound_call: "The same events of Linq, `call.*`",
  line_assigned: "`phone_number.assigned` at Linq. The gateway reports it as a notice of the account",
  contact_created: "Linq has no contacts. A person whom you do not know yet is in `message.received`",
  contact_profile: "`contact_card.received` at Linq, which the gateway passes on only raw"
} as const satisfies Record<Unused, string>

/** What to do at Sendblue without an event that only Linq has. */
const withoutEvent = {
  Edited: "Keep the first wording: Sendblue does not report edits",
  Participant: "Read the group: `GET /api/v2/groups/{group_id}`",
  Chat: "Read the group: `GET /api/v2/groups/{group_id}`. A chat with one person has nothing to report",
  Poll: "Sendblue has no polls",
  Account: "Look at the dashboard, and let an alarm tell you when sends are refused",
  Unrecognized: "`call_log` and `inbound_call` tell calls"
} as const satisfies Partial<Record<Tag, string>>

const without: Readonly<Partial<Record<Tag, string>>> = withoutEvent

const cards = "Sendblue's `contact_profile` says that a profile was published. It tells no name"
const tokens = "Look at the dashboard"
const pictures = "Sendblue has no backgrounds"
const payments = "Sendblue has no payments"

/** Events of later releases, which Interline passes on raw: what to do at Sendblue. */
const withoutLater = {
  "contact_card.received": cards,
  "contact_card.created": cards,
  "contact_card.updated": cards,
  "contact_card.deleted": cards,
  "api_token.created": tokens,
  "api_token.renamed": tokens,
  "api_token.activated": tokens,
  "environment.created": tokens,
  "environment.renamed": tokens,
  "webhook_subscription.created": tokens,
  "webhook_subscription.routing_headers_set": tokens,
  "webhook_subscription.routing_headers_cleared": tokens,
  "team_member.added": tokens,
  "team_member.signed_in": tokens,
  "team_member.signed_out": tokens,
  "chat.background_updated": pictures,
  "chat.background_update_failed": pictures,
  "connection.created": tokens,
  "connection.revoked": tokens,
  "payment.succeeded": payments,
  "payment.canceled": payments,
  "payment.expired": payments,
  "payment.declined": payments,
  "payment.authorized": payments
} as const satisfies Record<LinqLaterEvent, string>

const isUnused = (type: WebhookType): type is Unused => type in withoutType

const tagsOf = (type: WebhookType): ReadonlyArray<Tag> =>
  Struct.keys(events).filter((tag) => events[tag].sendblue.some((each) => each === type))

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> => Array.from(new Set(texts))

const fromSendblue = (): string =>
  table(
    ["Sendblue's type", "Event of the gateway", "Linq's events", "What to know, or what to do instead"],
    webhookTypes.map((type) => {
      const tags = tagsOf(type)
      return isUnused(type)
        ? [code(type), "`Unrecognized`", "", withoutType[type]]
        : [code(type), tags.map(code).join(", "), distinct(tags.flatMap(linqOf)).map(code).join(", "), ""]
    })
  )

const fromLinq = (): string =>
  table(
    ["Linq's events", "Event of the gateway", "Sendblue's types", "What to know, or what to do instead"],
    [
      ...Struct.keys(events).filter((tag) => tag !== "OptedOut" && tag !== "OptedIn").map((tag) => {
        const types = tag === "Unrecognized" ? [] : events[tag].sendblue
        const instead = without[tag]
        if (types.length === 0 && instead === undefined) throw new Error(`say what to do at Sendblue without ${tag}`)
        return [linqOf(tag).map(code).join(", "), code(tag), types.length === 0 ? "none" : types.map(code).join(", "), instead ?? ""]
      }),
      ...distinct(Object.values(withoutLater)).map((instead) => [
        Struct.keys(withoutLater).filter((event) => withoutLater[event] === instead).map(code).join(", "),
        "`Unrecognized`",
        "none",
        instead
      ])
    ]
  )

export const webhooksTable = ({ from }: Calls.Direction): string => from === "sendblue" ? fromSendblue() : fromLinq()
