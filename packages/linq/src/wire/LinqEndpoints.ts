/**
 * Every endpoint that the client speaks, and the operation of `Messaging` that uses it. An endpoint without one says why.
 * The paths are those of the Linq docs and `@linqapp/sdk` 0.28.2, read 2026-11-21.
 */
import type { Operation } from "@interline/core/Operation"
import type { LinqClient } from "./LinqClient.ts"

/**
 * `use` lists the operations that the endpoint serves, or says why there is none.
 *
 * @category models
 */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly use: ReadonlyArray<Operation> | string
}

/**
 * By the name of the client's method.
 *
 * @category models
 */
export const endpoints: Record<Exclude<keyof LinqClient, "perform" | "inspectMessages">, Endpoint> = {
  createChat: { method: "POST", path: "/v3/chats", use: ["send"] },
  listChats: { method: "GET", path: "/v3/chats", use: ["listChats", "send"] },
  getChat: { method: "GET", path: "/v3/chats/{chatId}", use: ["getChat"] },
  updateChat: { method: "PUT", path: "/v3/chats/{chatId}", use: ["updateChat"] },
  addParticipant: { method: "POST", path: "/v3/chats/{chatId}/participants", use: ["addParticipant"] },
  removeParticipant: { method: "DELETE", path: "/v3/chats/{chatId}/participants", use: ["removeParticipant"] },
  leaveChat: { method: "POST", path: "/v3/chats/{chatId}/leave", use: ["leaveChat"] },
  startTyping: { method: "POST", path: "/v3/chats/{chatId}/typing", use: ["startTyping"] },
  stopTyping: { method: "DELETE", path: "/v3/chats/{chatId}/typing", use: ["stopTyping"] },
  markRead: { method: "POST", path: "/v3/chats/{chatId}/read", use: ["markRead"] },
  shareContactCard: { method: "POST", path: "/v3/chats/{chatId}/share_contact_card", use: ["shareContactCard"] },
  sendVoiceMemo: { method: "POST", path: "/v3/chats/{chatId}/voicememo", use: ["sendVoiceMemo"] },
  sendMessage: { method: "POST", path: "/v3/chats/{chatId}/messages", use: ["send"] },
  listMessages: { method: "GET", path: "/v3/chats/{chatId}/messages", use: ["listMessages"] },
  requestLocation: {
    method: "POST",
    path: "/v3/chats/{chatId}/location/request",
    use: ["requestLocation"]
  },
  getLocation: { method: "GET", path: "/v3/chats/{chatId}/location", use: ["getLocations"] },
  stopLocation: { method: "DELETE", path: "/v3/chats/{chatId}/location", use: ["stopLocation"] },
  setBackground: {
    method: "POST",
    path: "/v3/chats/{chatId}/background",
    use: "a decoration that only Linq has (read 2026-11), and that it takes without effect and without a word in chats by SMS or RCS"
  },
  removeBackground: {
    method: "DELETE",
    path: "/v3/chats/{chatId}/background",
    use: "a decoration that only Linq has (read 2026-11), and that it takes without effect and without a word in chats by SMS or RCS"
  },
  createPoll: { method: "POST", path: "/v3/chats/{chatId}/polls", use: ["sendPoll"] },
  getPoll: { method: "GET", path: "/v3/messages/{messageId}/poll", use: ["getPoll"] },
  addPollOptions: { method: "POST", path: "/v3/messages/{messageId}/poll/options", use: ["addPollOptions"] },
  votePoll: { method: "POST", path: "/v3/messages/{messageId}/poll/votes", use: ["voteInPoll"] },
  createMessage: { method: "POST", path: "/v3/messages", use: "Linq picks the line itself, which a conversation on a line must not have" },
  getMessage: { method: "GET", path: "/v3/messages/{messageId}", use: ["getMessage"] },
  editMessage: { method: "PATCH", path: "/v3/messages/{messageId}", use: ["edit"] },
  deleteMessage: { method: "DELETE", path: "/v3/messages/{messageId}", use: ["deleteRecord"] },
  react: { method: "POST", path: "/v3/messages/{messageId}/reactions", use: ["react", "unreact"] },
  moveSticker: { method: "PATCH", path: "/v3/messages/{messageId}/reactions/{reactionId}", use: ["moveSticker"] },
  listThread: { method: "GET", path: "/v3/messages/{messageId}/thread", use: ["listThread"] },
  updateAppCard: { method: "POST", path: "/v3/messages/{messageId}/update", use: "app cards are not in the neutral domain" },
  createAttachment: { method: "POST", path: "/v3/attachments", use: ["uploadAttachment"] },
  putAttachment: { method: "PUT", path: "{upload_url}", use: ["uploadAttachment"] },
  getAttachment: { method: "GET", path: "/v3/attachments/{attachmentId}", use: ["getAttachment"] },
  deleteAttachment: { method: "DELETE", path: "/v3/attachments/{attachmentId}", use: ["deleteAttachment"] },
  listPhonenumbers: { method: "GET", path: "/v3/phonenumbers", use: "deprecated; /v3/phone_numbers says more" },
  listPhoneNumbers: { method: "GET", path: "/v3/phone_numbers", use: ["listLines", "setForwarding"] },
  updatePhoneNumber: { method: "PUT", path: "/v3/phone_numbers/{phoneNumberId}", use: ["setForwarding"] },
  getAvailableNumber: { method: "GET", path: "/v3/available_number", use: "advice about a line, which our configuration decides" },
  listBlockedHandles: { method: "GET", path: "/v3/blocked_handles", use: ["listBlocked"] },
  blockHandle: { method: "POST", path: "/v3/blocked_handles", use: ["block"] },
  unblockHandle: { method: "DELETE", path: "/v3/blocked_handles", use: ["unblock"] },
  startReputationAudit: {
    method: "POST",
    path: "/v3/phone_numbers/{phoneNumber}/reputation_audit",
    use: "an advice that only Linq writes, in words for people; Sendblue has nothing like it (client 3.17.0, read 2026-11)"
  },
  getReputationAudit: {
    method: "GET",
    path: "/v3/phone_numbers/{phoneNumber}/reputation_audit/{auditId}",
    use: "an advice that only Linq writes, in words for people; Sendblue has nothing like it (client 3.17.0, read 2026-11)"
  },
  listWebhookEvents: { method: "GET", path: "/v3/webhook-events", use: "event names are the vendor's own" },
  createWebhookSubscription: { method: "POST", path: "/v3/webhook-subscriptions", use: ["createWebhook"] },
  listWebhookSubscriptions: { method: "GET", path: "/v3/webhook-subscriptions", use: ["listWebhooks"] },
  getWebhookSubscription: { method: "GET", path: "/v3/webhook-subscriptions/{subscriptionId}", use: "the list says the same" },
  updateWebhookSubscription: { method: "PUT", path: "/v3/webhook-subscriptions/{subscriptionId}", use: ["updateWebhook"] },
  deleteWebhookSubscription: { method: "DELETE", path: "/v3/webhook-subscriptions/{subscriptionId}", use: ["deleteWebhook"] },
  checkIMessage: { method: "POST", path: "/v3/capability/check_imessage", use: ["lookupService"] },
  checkRcs: { method: "POST", path: "/v3/capability/check_rcs", use: ["lookupService"] },
  getContactCards: { method: "GET", path: "/v3/contact_card", use: ["getContactCard"] },
  createContactCard: { method: "POST", path: "/v3/contact_card", use: ["setContactCard"] },
  updateContactCard: { method: "PATCH", path: "/v3/contact_card", use: ["setContactCard"] }
}
