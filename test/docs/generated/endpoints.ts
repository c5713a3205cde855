/** Every endpoint of both vendors that a client speaks, and which operation uses it. */
import * as Capabilities from "@interline/core/Capabilities"
import * as Operation from "@interline/core/Operation"
import * as Linq from "@interline/linq/Linq"
import { type Endpoint, endpoints as linq } from "@interline/linq/LinqEndpoints"
import * as Sendblue from "@interline/sendblue/Sendblue"
import { endpoints as sendblue } from "@interline/sendblue/SendblueEndpoints"
import { code, page, table } from "../markdown.ts"

const vendors: ReadonlyArray<readonly [string, string, Readonly<Record<string, Endpoint>>]> = [
  ["Linq", "LinqClient", linq],
  ["Sendblue", "SendblueClient", sendblue]
]

const used = (endpoints: Readonly<Record<string, Endpoint>>): ReadonlySet<string> =>
  new Set(Object.values(endpoints).flatMap(({ use }) => typeof use === "string" ? [] : use))

/** Operations that a carrier declares and no endpoint serves, or the other way round. */
export const disagreements = (): ReadonlyArray<string> =>
  ([["linq", Linq.capabilities, used(linq)], ["sendblue", Sendblue.capabilities, used(sendblue)]] as const).flatMap(
    ([vendor, capabilities, operations]) =>
      Operation.all
        .filter((operation) => Capabilities.supports(capabilities, operation) !== operations.has(operation))
        .map((operation) => `${vendor} ${operation}`)
  )

// Of the vendors' newest clients and pages, read 2026-11. A row goes when it is known
const notKnown: ReadonlyArray<readonly [vendor: string, what: string, instead: string]> = [
  [
    "Linq",
    "the meaning of the failure codes 4007 and 4008, and whether anything left the line with 4002",
    "they prove nothing: whether the person has the message stays unknown"
  ],
  [
    "Linq",
    "how late a message can be recovered, whether payload version 2025-01-01 says so (`reconciled_at`), whether a recovered message of ours is reported as sent, and whether a recovered STOP opts the person out at Linq",
    "a STOP in it is an opt-out here. The message moves no conversation"
  ],
  [
    "Linq",
    "whether `stop` in small letters opts out at Linq, and whether an edit, a tapback or a picture lifts an opt-out there",
    "`stop` is an opt-out here, and only words lift one. If Linq refuses a send with 2024, that is an opt-out, too"
  ],
  [
    "Linq",
    "whether a STOP in a group counts at Linq, and whether it refuses reactions, edits and typing to a person who opted out",
    "a word in a group opts nobody out here. What reaches a person who opted out is stopped here, whatever Linq does"
  ],
  [
    "Sendblue",
    "how its words for opting out match (capitals, blanks, signs, the whole message), whether it answers them, and whether its block holds on every line of the account",
    "the words are read here as for every carrier, and an opt-out holds at every line and carrier"
  ],
  [
    "Linq",
    "the form of `actor_handle` in typing events, of `change` in the events of an account, and of the contact card in them",
    "they are read with care: an odd field does not lose the event"
  ],
  [
    "Linq",
    "the times of its calls of a webhook since September 2026 (30 minutes in all)",
    "what is read back begins 45 minutes before the last known time"
  ],
  [
    "Sendblue",
    "the payloads of the webhooks `line_blocked`, `line_assigned` and `inbound_call`",
    "if exactly one of our numbers is in `line_blocked`, the line is not used. The others are kept as `Unrecognized`"
  ],
  [
    "Linq",
    "the code of the 409 for a location request to a person who already shares, and of the 404 for the end of a sharing that is none",
    "the status alone decides: `Conflict` and `NotFound`, and nothing happened"
  ],
  [
    "Sendblue",
    "how it refuses a location request that it cannot carry out: a shared line, a person without iMessage, a person who opted out",
    "a refusal that no table here has leaves it unknown whether the person was asked. Nothing is asked again"
  ],
  [
    "Sendblue",
    "the unit of `duration` in a message with a location",
    "it is kept in `raw`, and `endsAt` is not made from it"
  ],
  [
    "Linq",
    "the code of the 409 for a mention of a person who left the group",
    "Interline refuses a mention of a person who is not a member before a request leaves. If Linq refuses one with a code that no table here has, it is not known whether the message went out, and the delivery is held"
  ],
  [
    "Linq",
    "the field for stickers inside a text",
    "it is not carried. A newer client may send it through the front, and it reaches Linq as a field that the gateway does not know"
  ],
  ["Linq", "the field for an emoji as a sticker", "it is not carried"],
  ["Linq", "the limits of a sticker's `scale` since September 2026", "every scale above 0 is sent, and Linq may limit it"],
  ["Linq", "how a sticker is taken off a message", "only tapbacks and emoji are taken off"],
  [
    "Sendblue",
    "how it refuses a message by a limit of new people, or before the person has written",
    "429 rests the line for a while, as for any limit. A refusal that no table has is treated by its status. In both cases another carrier is asked only if it is certain that nothing was sent"
  ],
  ["Sendblue", "the place of `pre_reply_override` in a request", "it is not carried. A program can send it as a field of Sendblue's own"],
  [
    "Sendblue",
    "how it refuses a question for the usage of lines or for the status of a contact, how old its numbers may be, and how often it may be asked",
    "an answer that is no report counts as not known, and stops no send. A reading counts for 10 minutes"
  ],
  [
    "Sendblue",
    "how a group counts among the new people of a line",
    "for our own count a group is one, and while the line rests a group of new people waits"
  ],
  [
    "Sendblue",
    "the fields of an event on the event stream, and the form of its ids and of a heartbeat",
    "The message that an event names is read, and the ids are made from the message, as for webhooks. What fits no event is kept as `Unrecognized`. Anything that comes counts as a heartbeat"
  ],
  [
    "Sendblue",
    "which events are told when a connection of the event stream ends",
    "None are counted on: the list of messages is read after each connect"
  ],
  [
    "Linq",
    "the most options of a poll, and their most characters; the code for a chat that is not iMessage and for a person who opted out; how long and within what an idempotency key of a poll holds",
    "a poll with fewer than two options is refused before a request leaves. A refusal that no table here has leaves it unknown whether the poll went out. Interline never sends a poll again, with or without a key"
  ],
  [
    "Sendblue",
    "the body of `POST /api/v2/block`, which `sendblue` 3.17.0 does not have",
    "`block`, `unblock` and `listBlocked` are refused at Sendblue as `Unsupported`"
  ],
  [
    "Sendblue",
    "the refusals of `/api/v2/contact-sharing`: a group, SMS, a person without a conversation, an older line",
    "A group and an e-mail address are refused before a request leaves. Any other refusal is `Unrecognized`"
  ],
  ["Sendblue", "the payload of the webhook `contact_profile`, and whether a share sends it", "It is kept as `Unrecognized`"],
  [
    "Sendblue",
    "how `/api/mark-read` refuses a line that cannot do it (since 3.17.0)",
    "A 422 is read as `Unsupported`, as for a reaction; any other refusal is `Unrecognized`"
  ],
  [
    "Linq",
    "the form of `DELETE /v3/contact_card` (since September 2026)",
    "No operation deletes a card; the front for Linq can pass the request on"
  ],
  [
    "Linq",
    "what the routing headers of a webhook subscription (`routing_key_header`, `routing_id_header`) put into a webhook",
    "They are kept as the subscription has them, and no webhook is read by them"
  ],
  [
    "Linq",
    "whether a sticker whose answer was lost is on the message: nothing in a later read tells it from an older one, and no key is documented",
    "The error says that it is not known (`unknown`), and the sticker is never put again by itself"
  ],
  [
    "Sendblue",
    "whether `deduplicated` in the answer to a share tells that the person has the present card",
    "A share of the last 24 hours counts as shared. The front leaves `deduplicated` out, because no operation tells it"
  ],
  ["Sendblue", "how many contacts `POST /api/v2/contacts/bulk` takes", "The client sends as many as it is given"],
  [
    "Linq",
    "what its clients have since 0.71.2 of September 2026: pictures as tapbacks, `force_notify` of voice memos, settings of calls. Only the titles of the changes were in a source",
    "None of it is sent. Words and fields that no table here has are kept as they came"
  ],
  [
    "Sendblue",
    "what its client has after 3.17.0, up to 3.23.1 of November 2026, beside the usage of lines and the status of contacts",
    "The same"
  ]
]

export const endpointsPage = (): string =>
  page(
    "Endpoints",
    "Every endpoint that the vendors' clients here speak, and the operation of `Messaging` that uses it. The others are vendor-only, " +
      "each with its reason; a program that needs one calls the client itself.",
    ...vendors.flatMap(([vendor, client, endpoints]) => [
      `## ${vendor}`,
      table(
        ["Endpoint", `Method of ${code(client)}`, "Operation, or why there is none"],
        Object.entries(endpoints).map(([method, endpoint]) => [
          code(`${endpoint.method} ${endpoint.path}`),
          code(method),
          typeof endpoint.use === "string" ? `vendor-only: ${endpoint.use}` : endpoint.use.map(code).join(", ")
        ])
      )
    ]),
    "## Not known",
    "What these vendors have and no source describes, and what Interline does about it.",
    table(["Vendor", "Not known", "What Interline does"], notKnown)
  )
