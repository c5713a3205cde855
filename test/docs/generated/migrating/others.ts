/**
 * Every field of the requests that are no sends. `null`: a run of an operation finds where it goes. Else a sentence says what to do. A field of
 * the vendors' schemas that is not here breaks the build.
 */
import type * as LinqClient from "@interline/linq/LinqClient"
import type * as LinqRequests from "@interline/linq/LinqRequests"
import type * as SendblueRequests from "@interline/sendblue/SendblueRequests"
import type * as Calls from "./calls.ts"

type KeyOf<A> = A extends unknown ? Extract<keyof A, string> : never

type Said<A> = Readonly<Record<KeyOf<A>, string | null>>

// --- Sendblue ---

const filter = "Linq lists one chat at a time and filters by nothing else. The front filters what passed through the gateway."
const page = "Linq goes on by a `cursor`, which each page gives."

const listMessages: Said<SendblueRequests.ListMessages> = {
  account_email: filter,
  created_at_gte: filter,
  created_at_lte: filter,
  from_number: filter,
  group_id: null,
  is_outbound: filter,
  limit: null,
  message_type: filter,
  number: null,
  offset: page,
  order_by: filter,
  order_direction: "Linq has no order to choose. The front sorts what passed through the gateway.",
  sendblue_number: null,
  sent_at_gte: filter,
  sent_at_lte: filter,
  service: filter,
  status: filter,
  to_number: filter,
  updated_at_gte: filter,
  updated_at_lte: filter,
  worker_id: filter
}

const modifyGroup: Said<SendblueRequests.ModifyGroup> = {
  group_id: null,
  modify_type: null,
  number: null,
  from_number: "A chat of Linq belongs to one of your numbers, so nothing says it."
}

const typing: Said<SendblueRequests.SendTypingIndicator> = {
  number: null,
  from_number: null,
  state: null,
  max_duration_ms: "The gateway ends the indicator in time. Without the gateway send the `DELETE` yourself."
}

const reaction: Said<SendblueRequests.SendReaction> = {
  from_number: "A message of Linq belongs to a chat of one of your numbers, so nothing says it.",
  message_handle: null,
  reaction: null,
  part_index: null
}

const webhooks: Said<SendblueRequests.AddWebhooks> = {
  webhooks: null,
  type: null,
  globalSecret: "Linq makes a secret for each subscription, and gives it once: `signing_secret`."
}

const fewerWebhooks: Said<SendblueRequests.DeleteWebhooks> = { webhooks: null, type: "The id of the subscription says it." }

const noContacts = "Linq has no contacts. Keep them in your own database."

const listContacts: Said<SendblueRequests.ListContacts> = {
  cid: noContacts,
  created_at_gte: noContacts,
  limit: noContacts,
  offset: noContacts,
  order_by: noContacts,
  order_direction: noContacts,
  phone_number: noContacts
}

const createContact: Said<SendblueRequests.CreateContact> = {
  number: noContacts,
  first_name: noContacts,
  last_name: noContacts,
  assigned_to_email: noContacts,
  sendblue_number: noContacts,
  tags: noContacts,
  custom_variables: noContacts,
  update_if_exists: noContacts
}

const inMessage = "As in `POST /api/send-message`."

const carousel: Said<SendblueRequests.SendCarousel> = {
  number: inMessage,
  from_number: inMessage,
  media_urls: "Media parts of one message to Linq.",
  send_style: inMessage,
  reply_to: inMessage,
  status_callback: inMessage,
  seat_id: inMessage,
  metadata: "Linq has no such field. Keep it yourself, by the id of the message."
}

const sameAtLinq = "The field of the same name at Linq, in `POST /v3/messages/{messageId}/update`."

const appCard: Said<SendblueRequests.UpdateAppCard> = {
  fallback_text: sameAtLinq,
  idempotency_key: "Linq has none here.",
  interactive: sameAtLinq,
  layout: sameAtLinq,
  send_style: "Linq has none here.",
  url: sameAtLinq
}

// --- Linq ---

const updateChat: Said<LinqRequests.UpdateChat> = { display_name: null, group_chat_icon: null }

const listChats: Said<LinqClient.ChatQuery> = {
  from: null,
  to: null,
  limit: null,
  cursor: "Sendblue has no list of chats. The front goes on by its own cursor."
}

const messagesOfChat: Said<LinqClient.PageQuery> = {
  limit: null,
  cursor: "Sendblue counts by `offset`. The front goes on by its own cursor."
}

const voiceMemo: Said<LinqRequests.VoiceMemo> = {
  voice_memo_url: "`media_url`, with an address that ends in `.caf`.",
  attachment_id: null,
  override_optout: "Sendblue has no such field. The gateway passes it on to nobody."
}

const noStickers = "Sendblue has no stickers. The front refuses one."

const react: Said<LinqRequests.React> = {
  operation: null,
  type: null,
  custom_emoji: null,
  attachment_id: noStickers,
  url: noStickers,
  placement: noStickers,
  part_index: null
}

const editMessage: Said<LinqRequests.EditMessage> = { text: null, part_index: null }

const createAttachment: Said<LinqRequests.CreateAttachment> = { filename: null, content_type: null, size_bytes: null }

const checkService: Said<LinqRequests.CheckCapability> = { address: null, from: null }

const createCard: Said<LinqRequests.CreateContactCard> = {
  phone_number: "Sendblue names the line in `fromNumber` of `POST /api/v2/contact-sharing/profile`.",
  first_name: null,
  last_name: null,
  image_url: null
}

const cardAtSendblue = "Sendblue has one request for a first card and for a change: `POST /api/v2/contact-sharing/profile`."

const updateCard: Said<LinqRequests.UpdateContactCard> = {
  first_name: cardAtSendblue,
  last_name: cardAtSendblue,
  image_url: cardAtSendblue
}

const noRouting = "Sendblue has no such field."

const subscription: Said<LinqRequests.CreateWebhookSubscription> = {
  target_url: null,
  subscribed_events: null,
  phone_numbers: null,
  routing_key_header: noRouting,
  routing_id_header: noRouting
}

const changedSubscription: Said<LinqRequests.UpdateWebhookSubscription> = {
  target_url: null,
  subscribed_events: null,
  is_active: null,
  phone_numbers: "`sendblue_numbers`, for the type `receive` only.",
  routing_key_header: noRouting,
  routing_id_header: noRouting
}

const sameAtSendblue = "The field of the same name at Sendblue, in `POST /api/messages/{message_handle}/update-app-card`."

const updateApp: Said<LinqRequests.UpdateAppCard> = {
  layout: sameAtSendblue,
  url: sameAtSendblue,
  fallback_text: sameAtSendblue,
  interactive: sameAtSendblue
}

export const fields: Readonly<Record<Calls.Vendor, Readonly<Record<string, Readonly<Record<string, string | null>>>>>> = {
  sendblue: {
    "GET /api/v2/messages": listMessages,
    "POST /api/modify-group": modifyGroup,
    "POST /api/send-typing-indicator": typing,
    "POST /api/send-reaction": reaction,
    "POST /api/account/webhooks": webhooks,
    "DELETE /api/account/webhooks": fewerWebhooks,
    "GET /api/v2/contacts": listContacts,
    "POST /api/v2/contacts": createContact,
    "POST /api/send-carousel": carousel,
    "POST /api/messages/{message_handle}/update-app-card": appCard
  },
  linq: {
    "PUT /v3/chats/{chatId}": updateChat,
    "GET /v3/chats": listChats,
    "GET /v3/chats/{chatId}/messages": messagesOfChat,
    "POST /v3/chats/{chatId}/voicememo": voiceMemo,
    "POST /v3/messages/{messageId}/reactions": react,
    "PATCH /v3/messages/{messageId}": editMessage,
    "POST /v3/attachments": createAttachment,
    "POST /v3/capability/check_imessage": checkService,
    "POST /v3/contact_card": createCard,
    "PATCH /v3/contact_card": updateCard,
    "POST /v3/webhook-subscriptions": subscription,
    "PUT /v3/webhook-subscriptions/{subscriptionId}": changedSubscription,
    "POST /v3/messages/{messageId}/update": updateApp
  }
}
