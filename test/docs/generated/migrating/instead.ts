/** What to do where a vendor has no counterpart. A new kind of loss breaks the build; a new endpoint or operation without a sentence fails the test. */
import type { LossKind } from "@interline/core/Loss"
import type { Operation } from "@interline/core/Operation"

export const losses = {
  "effect-dropped":
    "Choose an effect that both vendors have. In the first message of a Linq chat send the text alone, and the effect with a later message.",
  "effect-approximated": "Choose an effect that both vendors have, or accept the nearest one.",
  "decorations-dropped": "Write the text so that it is understood without styles.",
  "mention-dropped": "Nothing: the words arrive. Write to a person alone if they must not miss it.",
  "sticker-dropped": "Nothing: the picture arrives as a picture.",
  "reply-dropped": "Name in the text what you answer. A reply to a message from after the move is a reply again.",
  "link-preview-dropped": "Nothing: the link arrives as text, and most phones show a preview.",
  split: "Send one text and one file with each message, if their order matters to you.",
  "service-preference-dropped": "Ask for the service of the person before you send, and decide in the program.",
  "before-reply": "Begin with a short text without links and files. After the person's first reply everything goes.",
  "new-person": "Nothing: the message waits, or goes by another carrier. To write to more new people each day, use more lines.",
  "unknown-field": "Find the field in the tables. If it is not there, no request of the other vendor has it: stop sending it."
} as const satisfies Record<LossKind, string>

interface Without {
  /** Whether the gateway answers by itself. If not, it refuses the request. */
  readonly isOwn: boolean
  readonly instead: string
}

/** By the operation that the other vendor does not have. */
export const operations: Readonly<Partial<Record<Operation, Without>>> = {
  setOptOut: {
    isOwn: true,
    instead:
      "Nothing: the gateway keeps its own list of opt-outs, and no carrier gets a message for a person on it. Linq itself learns of an opt-out only from the person's own word."
  },
  listChats: {
    isOwn: true,
    instead: "Nothing: the gateway lists the chats that passed through it. Without the gateway keep your own list."
  },
  leaveChat: { isOwn: false, instead: "Stop writing to the group. Sendblue has no way to leave it." },
  sendPoll: { isOwn: false, instead: "Sendblue has no polls (client 3.17.0, read 2026-11). Ask in a text, with numbered answers." },
  getPoll: { isOwn: false, instead: "Count the answers." },
  addPollOptions: { isOwn: false, instead: "Sendblue has no polls. Send a new text." },
  voteInPoll: { isOwn: false, instead: "Sendblue has no polls. Answer with a text." },
  listBlocked: { isOwn: false, instead: "Sendblue shows no list of blocked people (read 2026-11). Keep it yourself." },
  block: { isOwn: false, instead: "At Sendblue: `POST /api/v2/block`. Its pages show no body (read 2026-11); ask its support." },
  unblock: { isOwn: false, instead: "Sendblue shows no way to end a block (read 2026-11). Ask its support." },
  stopLocation: { isOwn: false, instead: "Sendblue has no way to end it (client 3.17.0, read 2026-11). The person can." },
  listLineUsage: { isOwn: false, instead: "Linq has no such report. Set [limits](../configuration.md#the-policy) in the policy." },
  getContactStatus: { isOwn: false, instead: "Linq has no such report. The gateway knows who wrote to you through it." },
  moveSticker: { isOwn: false, instead: "Nothing: Sendblue has no stickers." },
  edit: { isOwn: false, instead: "Send the corrected text as a new message." },
  listThread: { isOwn: false, instead: "Read the messages and follow their `reply_to`." },
  getAttachment: {
    isOwn: true,
    instead: "Nothing: the gateway knows what was uploaded through it. Without the gateway keep what the upload answered."
  },
  deleteAttachment: { isOwn: false, instead: "Nothing: Sendblue has no request for it." }
}

const contacts = "Keep contacts in your own database. Opt-outs are at `POST /api/v2/contacts/opt-out`. Linq has no contacts."
const media = "Linq takes the address in the message: a media part with `url`."
const locations = "At Linq: `GET /v3/chats/{chatId}/location` for each chat."
const blocks = "At Linq: `/v3/blocked_handles`."
const verifying = "Linq has no verified contacts."
const tokens = "Use a key of the gateway, or at Linq a token of the dashboard."
const codes = "Linq has none. Make and check the codes in your program."
const seats = "Linq has no seats. The gateway gives back the `seat_id` that a message had."
const settings = "Linq has none of these settings."
const oldLists = "Use `GET /api/v2/messages`."
const payments = "Sendblue has none. Send the address of your own payment page as a text."
const backgrounds = "Sendblue has none. Leave it out."
const audits = "Sendblue has none. `GET /api/v2/lines/state` says how a line is."

/** By the endpoint that the gateway does not carry. */
export const endpoints: Readonly<Record<string, string>> = {
  "POST /api/send-carousel": "Linq has no carousel. Send one message with several media parts to Linq, or one message for each file.",
  "POST /api/messages/{message_handle}/update-app-card": "At Linq: `POST /v3/messages/{messageId}/update`. Or send a new text.",
  "POST /api/upload-media-object": media,
  "GET /api/v2/contacts": contacts,
  "POST /api/v2/contacts": contacts,
  "DELETE /api/v2/contacts": contacts,
  "GET /api/v2/contacts/count": contacts,
  "GET /api/v2/contacts/{phone_number}": contacts,
  "PUT /api/v2/contacts/{phone_number}": contacts,
  "DELETE /api/v2/contacts/{phone_number}": contacts,
  "POST /api/v2/contacts/verify": verifying,
  "POST /api/v2/contacts/bulk": contacts,
  "GET /api/location": locations,
  "GET /api/location/{number}/watch": "Linq has no stream of positions. Read `GET /v3/chats/{chatId}/location` again and again.",
  "DELETE /api/v2/contact-sharing/profile": "At Linq: `DELETE /v3/contact_card`.",
  "POST /api/v2/block": blocks,
  "POST /v3/verified-contacts": verifying,
  "GET /v3/verified-contacts": verifying,
  "GET /v3/verified-contacts/{phone_number}": verifying,
  "POST /accounts/verify-contact-on-shared-account": verifying,
  "GET /accounts/shared-contacts": verifying,
  "POST /v3/auth/tokens": tokens,
  "DELETE /v3/auth/tokens": tokens,
  "DELETE /v3/auth/tokens/{token_id}": tokens,
  "GET /api/v2/totp/secrets": codes,
  "POST /api/v2/totp/secrets": codes,
  "DELETE /api/v2/totp/secrets/{secretId}": codes,
  "GET /api/v2/totp/code/{secretId}": codes,
  "GET /api/v2/verify/verifications": codes,
  "POST /api/v2/verify/services/{serviceId}/verifications": codes,
  "GET /api/v2/verify/services/{serviceId}/verifications/{verificationId}": codes,
  "GET /api/v2/seats": seats,
  "GET /api/v2/seats/{seatId}": seats,
  "POST /api/create-group": "`POST /v3/chats` with several people in `to` opens a group by its first message.",
  "GET /accounts/limits": settings,
  "POST /accounts/settings/auto-typing-indicator": settings,
  "POST /accounts/settings/auto-mark-read":
    "Linq has no such setting. Mark a chat as read when you want it: `POST /v3/chats/{chatId}/read`.",
  "POST /account/lines/add-line": "Order lines at Linq itself.",
  "POST /facetime/start-call": "Linq has no request that calls a person.",
  "GET /accounts/messages": oldLists,
  "POST /accounts/contacts": contacts,
  "POST /api/contacts": contacts,
  "POST /v3/chats/{chatId}/background": backgrounds,
  "DELETE /v3/chats/{chatId}/background": backgrounds,
  "POST /v3/phone_numbers/{phoneNumber}/reputation_audit": audits,
  "GET /v3/phone_numbers/{phoneNumber}/reputation_audit/{auditId}": audits,
  "DELETE /v3/contact_card": "At Sendblue: `DELETE /api/v2/contact-sharing/profile`.",
  "POST /v3/messages/{messageId}/update": "At Sendblue: `POST /api/messages/{message_handle}/update-app-card`. Or send a new text.",
  "POST /v3/payment_requests": payments,
  "GET /v3/payment_requests": payments,
  "GET /v3/payment_requests/{paymentRequestId}": payments,
  "POST /v3/payment_requests/{paymentRequestId}/cancel": payments
}

/** By the endpoint that the gateway answers by itself. */
export const own: Readonly<Record<string, string>> = {
  "GET /api/v2/events": "Linq has no event stream. Use webhooks, or the gateway's [stream of events](../gateway.md#events).",
  "GET /account": "Linq has none. `GET /v3/phone_numbers` shows that a token is good.",
  "GET /v3/webhook-events": "Sendblue has no such list. Its types are [below](#webhooks)."
}

/** More about an endpoint that has a counterpart. */
export const remarks: Readonly<Record<string, string>> = {
  "GET /api/v2/messages": "Linq lists one chat at a time, page by page with a cursor. `GET /v3/chats` finds the chat.",
  "GET /api/evaluate-service": "Ask Linq for each service in turn.",
  "POST /api/send-typing-indicator": "`state: stop` is the second one. Linq has no `max_duration_ms`: the gateway ends it in time.",
  "POST /api/modify-group": "`add_recipient` is the first one, `remove_recipient` the second.",
  "POST /api/send-message":
    "Linq opens the chat with the first message, and answers with its id. Later messages name that id. `POST /v3/chats` finds the chat again if you lost the id.",
  "POST /api/send-group-message": "As for one person. A group of the same people is the same chat.",
  "GET /api/account/webhooks": "At Sendblue one list by type; at Linq subscriptions with ids.",
  "POST /v3/chats/{chatId}/messages": "In a group: `POST /api/send-group-message`, with its id or its people.",
  "POST /v3/messages": "Linq chooses one of your numbers. At Sendblue name it in `from_number`.",
  "POST /v3/attachments": "Linq wants two requests, for the name and for the bytes. Sendblue takes the file in one.",
  "GET /v3/chats/{chatId}": "Sendblue knows groups by an id, and no chat with one person.",
  "PUT /v3/chats/{chatId}": "Groups only, at both vendors.",
  "POST /v3/chats/{chatId}/voicememo": "Sendblue shows only `.caf` files as voice memos."
}
