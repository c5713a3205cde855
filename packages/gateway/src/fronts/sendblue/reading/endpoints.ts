/** What each endpoint of Sendblue's wire that the front carries asks of a carrier. */
import type { Operation } from "@interline/core/Operation"
import type * as Schema from "effect/Schema"
import * as Request from "../request.ts"

/** `operations`: the operations that it may ask for; empty if the gateway answers by itself. `body`: the schema of its fields, if it has any. */
export interface Endpoint {
  readonly operations: ReadonlyArray<Operation>
  readonly body?: Schema.Schema.AnyNoContext
}

export const sends = { message: "POST /api/send-message", group: "POST /api/send-group-message" } as const

export const operations = {
  "GET /api/status": { operations: ["getMessage"] },
  "GET /api/v2/messages": { operations: ["listMessages"] },
  "GET /api/v2/messages/:messageId": { operations: ["getMessage"] },
  "DELETE /api/message/:handle": { operations: ["deleteRecord"] },
  "POST /api/modify-group": { operations: ["addParticipant", "removeParticipant"], body: Request.ModifyGroup },
  "GET /api/v2/groups/:groupId": { operations: ["getChat"] },
  "POST /api/v2/groups/:groupId/name": { operations: ["updateChat"] },
  "POST /api/v2/groups/:groupId/photo": { operations: ["updateChat"] },
  "POST /api/send-typing-indicator": { operations: ["startTyping", "stopTyping"], body: Request.Typing },
  "POST /api/mark-read": { operations: ["markRead"], body: Request.MarkRead },
  "POST /api/request-location": { operations: ["requestLocation"], body: Request.AskLocation },
  "GET /api/location/:number": { operations: ["getLocations"] },
  "POST /api/send-reaction": { operations: ["react", "unreact"], body: Request.SendReaction },
  "GET /api/evaluate-service": { operations: ["lookupService"] },
  "POST /api/upload-file": { operations: ["uploadAttachment"] },
  "POST /api/v2/contacts/opt-out": { operations: ["setOptOut"], body: Request.OptOut },
  "GET /api/v2/lines/state": { operations: ["listLines"] },
  "GET /api/lines": { operations: ["listLines"] },
  "GET /api/v2/lines/usage": { operations: ["listLineUsage"] },
  "GET /api/v2/lines/contact-status": { operations: ["getContactStatus"] },
  "GET /api/lines/:number/call-forwarding": { operations: ["listLines"] },
  "PUT /api/lines/:number/call-forwarding": { operations: ["setForwarding"], body: Request.Forward },
  "DELETE /api/lines/:number/call-forwarding": { operations: ["setForwarding"] },
  "GET /api/v2/contact-sharing/state": { operations: ["getContactCard"] },
  "POST /api/v2/contact-sharing/profile": { operations: ["setContactCard"], body: Request.SetProfile },
  "POST /api/v2/contact-sharing/share": { operations: ["shareContactCard"], body: Request.Share },
  "GET /api/account/webhooks": { operations: ["listWebhooks"] },
  "POST /api/account/webhooks": { operations: ["createWebhook"] },
  "PUT /api/account/webhooks": { operations: ["updateWebhook"] },
  "DELETE /api/account/webhooks": { operations: ["deleteWebhook"] },
  "GET /api/v2/events": { operations: [] },
  "GET /account": { operations: [] }
} as const satisfies Readonly<Record<string, Endpoint>>
