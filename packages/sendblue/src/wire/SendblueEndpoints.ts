/**
 * Every endpoint that the client speaks, and the operation of `Messaging` that uses it. An endpoint without one says why.
 * The paths are those of the Sendblue docs and the `sendblue` 3.17.0 client, read 2026-11-21.
 */
import type { Operation } from "@interline/core/Operation"
import type { SendblueClient } from "./SendblueClient.ts"

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

// Linq's clients and changelog, read 2026-11
const contacts = "Linq has no contacts, so they are not in the neutral domain (2026-11); opt-outs are setOptOut"
const verified = "Linq has no shared lines whose contacts must be verified first (2026-11)"
const tokens = "Linq's tokens are made in its dashboard; none of its clients makes them (2026-11)"

/**
 * By the name of the client's method.
 *
 * @category models
 */
export const endpoints: Record<Exclude<keyof SendblueClient, "perform" | "inspectMessages">, Endpoint> = {
  sendMessage: { method: "POST", path: "/api/send-message", use: ["send", "sendVoiceMemo"] },
  sendGroupMessage: { method: "POST", path: "/api/send-group-message", use: ["send", "sendVoiceMemo"] },
  sendCarousel: { method: "POST", path: "/api/send-carousel", use: "a layout that no other carrier has" },
  updateAppCard: { method: "POST", path: "/api/messages/{message_handle}/update-app-card", use: "app cards are not in the neutral domain" },
  getStatus: {
    method: "GET",
    path: "/api/status",
    use: "asked only about a send whose failed answer named a message; GET /api/v2/messages/{message_id} says the same and more"
  },
  listMessages: { method: "GET", path: "/api/v2/messages", use: ["listMessages"] },
  getMessage: { method: "GET", path: "/api/v2/messages/{message_id}", use: ["getMessage"] },
  deleteMessage: { method: "DELETE", path: "/api/message/{message_handle}", use: ["deleteRecord"] },
  modifyGroup: { method: "POST", path: "/api/modify-group", use: ["addParticipant", "removeParticipant"] },
  getGroup: { method: "GET", path: "/api/v2/groups/{group_id}", use: ["getChat"] },
  renameGroup: { method: "POST", path: "/api/v2/groups/{group_id}/name", use: ["updateChat"] },
  setGroupPhoto: { method: "POST", path: "/api/v2/groups/{group_id}/photo", use: ["updateChat"] },
  sendTypingIndicator: { method: "POST", path: "/api/send-typing-indicator", use: ["startTyping", "stopTyping"] },
  markRead: { method: "POST", path: "/api/mark-read", use: ["markRead"] },
  requestLocation: { method: "POST", path: "/api/request-location", use: ["requestLocation"] },
  listLocations: { method: "GET", path: "/api/location", use: ["getLocations"] },
  getLocation: { method: "GET", path: "/api/location/{number}", use: ["getLocations"] },
  sendReaction: { method: "POST", path: "/api/send-reaction", use: ["react", "unreact"] },
  uploadMediaObject: { method: "POST", path: "/api/upload-media-object", use: "it stores a URL that a send could name itself" },
  uploadFile: { method: "POST", path: "/api/upload-file", use: ["uploadAttachment"] },
  evaluateService: { method: "GET", path: "/api/evaluate-service", use: ["lookupService"] },
  optOut: { method: "POST", path: "/api/v2/contacts/opt-out", use: ["setOptOut"] },
  createContact: { method: "POST", path: "/api/v2/contacts", use: contacts },
  getContact: { method: "GET", path: "/api/v2/contacts/{phone_number}", use: contacts },
  listContacts: { method: "GET", path: "/api/v2/contacts", use: "read by SendblueHistory: who opted out" },
  countContacts: { method: "GET", path: "/api/v2/contacts/count", use: contacts },
  updateContact: { method: "PUT", path: "/api/v2/contacts/{phone_number}", use: contacts },
  deleteContact: { method: "DELETE", path: "/api/v2/contacts/{phone_number}", use: contacts },
  createContacts: { method: "POST", path: "/api/v2/contacts/bulk", use: contacts },
  deleteContacts: { method: "DELETE", path: "/api/v2/contacts", use: contacts },
  verifyContact: { method: "POST", path: "/api/v2/contacts/verify", use: contacts },
  createVerifiedContact: { method: "POST", path: "/v3/verified-contacts", use: verified },
  getVerifiedContact: { method: "GET", path: "/v3/verified-contacts/{phone_number}", use: verified },
  listVerifiedContacts: { method: "GET", path: "/v3/verified-contacts", use: verified },
  createToken: { method: "POST", path: "/v3/auth/tokens", use: tokens },
  revokeToken: { method: "DELETE", path: "/v3/auth/tokens/{token_id}", use: tokens },
  startFaceTime: {
    method: "POST",
    path: "/facetime/start-call",
    use: "Linq's clients have nothing like it (2026-11): it calls a person by video, with a line that was bought for it"
  },
  getLineStates: { method: "GET", path: "/api/v2/lines/state", use: ["listLines"] },
  listLines: { method: "GET", path: "/api/lines", use: ["listLines"] },
  openEvents: { method: "GET", path: "/api/v2/events", use: "read by SendblueFeed: the live events of the account" },
  getLineUsage: { method: "GET", path: "/api/v2/lines/usage", use: ["listLineUsage"] },
  getContactStatus: { method: "GET", path: "/api/v2/lines/contact-status", use: ["getContactStatus"] },
  getForwarding: { method: "GET", path: "/api/lines/{sendblue_number}/call-forwarding", use: "the neutral domain only sets it" },
  setForwarding: { method: "PUT", path: "/api/lines/{sendblue_number}/call-forwarding", use: ["setForwarding"] },
  deleteForwarding: { method: "DELETE", path: "/api/lines/{sendblue_number}/call-forwarding", use: ["setForwarding"] },
  getSharingProfile: { method: "GET", path: "/api/v2/contact-sharing/state", use: ["getContactCard", "setContactCard"] },
  setSharingProfile: { method: "POST", path: "/api/v2/contact-sharing/profile", use: ["setContactCard"] },
  deleteSharingProfile: {
    method: "DELETE",
    path: "/api/v2/contact-sharing/profile",
    use: "Linq's counterpart is DELETE /v3/contact_card, whose form was in no source that could be read (2026-11)"
  },
  shareProfile: { method: "POST", path: "/api/v2/contact-sharing/share", use: ["shareContactCard"] },
  listWebhooks: { method: "GET", path: "/api/account/webhooks", use: ["listWebhooks"] },
  addWebhooks: { method: "POST", path: "/api/account/webhooks", use: ["createWebhook"] },
  replaceWebhooks: { method: "PUT", path: "/api/account/webhooks", use: ["updateWebhook"] },
  deleteWebhooks: { method: "DELETE", path: "/api/account/webhooks", use: ["deleteWebhook"] }
}
