/** What each endpoint of Linq's wire that the front carries asks of a carrier. */
import type { Operation } from "@interline/core/Operation"
import type * as Schema from "effect/Schema"
import * as Request from "../request.ts"

/**
 * `operations`: the operations that it may ask for; empty if the gateway answers by itself. `body`: the schema of its fields, if it has any.
 * `sticker`: the operations of a body whose `type` is `sticker`.
 */
export interface Endpoint {
  readonly operations: ReadonlyArray<Operation>
  readonly body?: Schema.Schema.AnyNoContext
  readonly sticker?: ReadonlyArray<Operation>
}

export const sends = {
  createChat: "POST /chats",
  sendMessage: "POST /chats/:chatId/messages",
  createMessage: "POST /messages"
} as const

export const operations = {
  "GET /chats": { operations: ["listChats"] },
  "GET /chats/:chatId": { operations: ["getChat"] },
  "PUT /chats/:chatId": { operations: ["updateChat"], body: Request.UpdateChat },
  "POST /chats/:chatId/participants": { operations: ["addParticipant"], body: Request.Participant },
  "DELETE /chats/:chatId/participants": { operations: ["removeParticipant"], body: Request.Participant },
  "POST /chats/:chatId/leave": { operations: ["leaveChat"] },
  "POST /chats/:chatId/typing": { operations: ["startTyping"] },
  "DELETE /chats/:chatId/typing": { operations: ["stopTyping"] },
  "POST /chats/:chatId/read": { operations: ["markRead"] },
  "POST /chats/:chatId/share_contact_card": { operations: ["shareContactCard"] },
  "POST /chats/:chatId/voicememo": { operations: ["sendVoiceMemo"], body: Request.VoiceMemo },
  "POST /chats/:chatId/location/request": { operations: ["requestLocation"] },
  "GET /chats/:chatId/location": { operations: ["getLocations"] },
  "DELETE /chats/:chatId/location": { operations: ["stopLocation"], body: Request.Participant },
  "GET /chats/:chatId/messages": { operations: ["listMessages"] },
  "POST /chats/:chatId/polls": { operations: ["sendPoll"], body: Request.CreatePoll },
  "GET /messages/:messageId/poll": { operations: ["getPoll"] },
  "POST /messages/:messageId/poll/options": { operations: ["addPollOptions"], body: Request.AddPollOptions },
  "POST /messages/:messageId/poll/votes": { operations: ["voteInPoll", "getPoll"], body: Request.Vote },
  "GET /messages/:messageId": { operations: ["getMessage"] },
  "PATCH /messages/:messageId": { operations: ["edit"], body: Request.EditMessage },
  "DELETE /messages/:messageId": { operations: ["deleteRecord"] },
  // a carrier that cannot move a sticker cannot put one on a message either
  "POST /messages/:messageId/reactions": { operations: ["react", "unreact"], body: Request.React, sticker: ["react", "moveSticker"] },
  "PATCH /messages/:messageId/reactions/:reactionId": { operations: ["moveSticker"], body: Request.MoveSticker },
  "GET /messages/:messageId/thread": { operations: ["listThread"] },
  "POST /attachments": { operations: ["uploadAttachment"], body: Request.CreateAttachment },
  "GET /attachments/:attachmentId": { operations: ["getAttachment"] },
  "DELETE /attachments/:attachmentId": { operations: ["deleteAttachment"] },
  "GET /phonenumbers": { operations: ["listLines"] },
  "GET /phone_numbers": { operations: ["listLines"] },
  "PUT /phone_numbers/:phoneNumberId": { operations: ["setForwarding"], body: Request.UpdatePhoneNumber },
  "GET /available_number": { operations: ["listLines"] },
  "POST /capability/check_imessage": { operations: ["lookupService"], body: Request.CheckCapability },
  "POST /capability/check_rcs": { operations: ["lookupService"], body: Request.CheckCapability },
  "GET /blocked_handles": { operations: ["listBlocked"] },
  "POST /blocked_handles": { operations: ["block"], body: Request.Block },
  "DELETE /blocked_handles": { operations: ["unblock"], body: Request.Participant },
  "GET /contact_card": { operations: ["getContactCard"] },
  "POST /contact_card": { operations: ["setContactCard"], body: Request.CreateContactCard },
  "PATCH /contact_card": { operations: ["setContactCard"], body: Request.UpdateContactCard },
  "GET /webhook-events": { operations: [] },
  "GET /webhook-subscriptions": { operations: ["listWebhooks"] },
  "POST /webhook-subscriptions": { operations: ["createWebhook"], body: Request.CreateSubscription },
  "GET /webhook-subscriptions/:subscriptionId": { operations: ["listWebhooks"] },
  "PUT /webhook-subscriptions/:subscriptionId": { operations: ["updateWebhook"], body: Request.UpdateSubscription },
  "DELETE /webhook-subscriptions/:subscriptionId": { operations: ["deleteWebhook"] }
} as const satisfies Readonly<Record<string, Endpoint>>
