/** Our tables of both vendors' APIs, each beside the client that is compared with it, and what we do not have on purpose. */
import * as Part from "@interline/core/Part"
import { endpoints as linqEndpoints } from "@interline/linq/LinqEndpoints"
import * as LinqWords from "@interline/linq/LinqWords"
import { endpoints as sendblueEndpoints } from "@interline/sendblue/SendblueEndpoints"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { Allowance, Ours } from "./compare.ts"

export interface Vendor {
  /** The name of the client on npm. */
  readonly client: string
  readonly ours: Ours
  readonly allowances: ReadonlyArray<Allowance>
}

const linq: Vendor = {
  client: "@linqapp/sdk",
  ours: {
    endpoints: Object.values(linqEndpoints),
    words: [
      {
        what: "event",
        at: "WebhookEventType",
        words: [
          ...Object.keys(LinqWords.eventToNeutral),
          ...Object.keys(LinqWords.pollEventToNeutral),
          ...Object.keys(LinqWords.accountNotices),
          ...LinqWords.laterEvents
        ]
      },
      { what: "status", at: "Message.delivery_status", words: Object.keys(LinqWords.statusToNeutral) },
      { what: "service", at: "ServiceType", words: Object.keys(LinqWords.serviceToNeutral) },
      { what: "reaction", at: "ReactionType", words: Object.keys(LinqWords.reactionToNeutral) },
      { what: "health", at: "Chat.HealthStatus.status", words: Object.keys(LinqWords.healthToNeutral) },
      {
        what: "line status",
        at: "PhoneNumberStatusUpdatedWebhookEvent.Data.new_status",
        words: Object.keys(LinqWords.lineStatusToAvailable)
      },
      { what: "participant status", at: "ChatHandle.status", words: Object.keys(LinqWords.participantToNeutral) },
      { what: "text style", at: "TextDecoration.style", words: Part.TextStyle.literals },
      { what: "text animation", at: "TextDecoration.animation", words: Part.TextAnimation.literals },
      { what: "file type", at: "SupportedContentType", words: LinqWords.contentTypes }
    ]
  },
  allowances: [
    {
      what: "file type",
      names: ["image/webp", "image/svg+xml"],
      why: "the text of the same type says that they are rejected"
    }
  ]
}

const sendblue: Vendor = {
  client: "sendblue",
  ours: {
    endpoints: Object.values(sendblueEndpoints),
    words: [
      { what: "event", at: "WebhookCreateParams.type", words: SendblueWords.webhookTypes },
      { what: "status", at: "MessageRetrieveResponse.Data.status", words: Object.keys(SendblueWords.statusToNeutral) },
      { what: "send style", at: "MessageSendParams.send_style", words: Object.keys(SendblueWords.styleToEffect) },
      { what: "service", at: "MessageRetrieveResponse.Data.service", words: Object.keys(SendblueWords.serviceToNeutral) },
      { what: "message type", at: "MessageRetrieveResponse.Data.message_type", words: Object.keys(SendblueWords.messageTypeIsGroup) },
      { what: "stream event", at: "AccountEvent.type", words: SendblueWords.streamTypes },
      { what: "location state", at: "LocationRetrieveResponse.state", words: Object.keys(SendblueWords.locationStateToNeutral) },
      { what: "line status", at: "LineState.status", words: Object.keys(SendblueWords.lineStatusToNeutral) }
    ]
  },
  allowances: [
    {
      what: "endpoint",
      names: [
        "POST /api/v2/totp/secrets",
        "GET /api/v2/totp/secrets",
        "DELETE /api/v2/totp/secrets/{}",
        "GET /api/v2/totp/code/{}",
        "POST /api/v2/verify/services/{}/verifications",
        "GET /api/v2/verify/services/{}/verifications/{}",
        "GET /api/v2/verify/verifications"
      ],
      why: "codes for logging in are no messages"
    },
    {
      what: "endpoint",
      names: ["GET /api/location/{}/watch"],
      why: "Linq has no stream of positions; the last position is read"
    },
    {
      what: "endpoint",
      names: ["GET /api/v2/seats", "GET /api/v2/seats/count", "GET /api/v2/seats/{}"],
      why: "seats are members of staff of the account; nothing in the neutral domain needs them"
    }
  ]
}

export const vendors: ReadonlyArray<Vendor> = [linq, sendblue]
