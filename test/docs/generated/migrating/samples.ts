/** One call for each field of a send: like the plain call, but for this field. A field of the vendors' schemas without a call breaks the build. */
import type * as LinqRequests from "@interline/linq/LinqRequests"
import type * as SendblueRequests from "@interline/sendblue/SendblueRequests"
import type { Fields, Vendor } from "./calls.ts"

/** The calls of one endpoint. `opening` is an earlier call to the same people, by `openingEndpoint` if that is another one. */
export interface Samples {
  readonly endpoint: string
  readonly plain: Fields
  readonly opening: Fields
  readonly openingEndpoint?: string
  readonly fields: Readonly<Record<string, Fields>>
}

type KeyOf<A> = A extends unknown ? Extract<keyof A, string> : never

const ours = "+12025550101"
const person = "+12025550123"
const other = "+12025550124"
const photo = "https://images.example.com/photo.jpg"
const callback = "https://app.example.com/status"

// --- Sendblue ---

const message = { number: person, from_number: ours, content: "hello" }

const group = { numbers: [person, other], from_number: ours, content: "hello" }

const content = {
  from_number: { from_number: "+12025550102" },
  content: { content: "good morning" },
  media_url: { media_url: photo },
  send_style: { send_style: "confetti" },
  reply_to: { reply_to: { message_handle: "a message" } },
  status_callback: { status_callback: callback },
  seat_id: { seat_id: "seat" }
} as const

const fieldsOfMessage = {
  number: { number: other },
  ...content,
  app_card: { app_card: { name: "card" } }
} as const satisfies Record<KeyOf<SendblueRequests.SendMessage>, Fields>

const fieldsOfGroup = {
  numbers: { numbers: [person, "+12025550125"] },
  group_id: { numbers: undefined, group_id: "a group" },
  ...content
} as const satisfies Record<KeyOf<SendblueRequests.SendGroupMessage>, Fields>

/** A field that only the older documents have, and one that nobody documents. */
const alsoSeen = { statusCallback: { statusCallback: callback }, "any other field": { mood: "x" } } as const

// --- Linq ---

const text = { type: "text", value: "hello" }

const toMessage = (fields: Fields): Fields => ({ message: { parts: [text], ...fields } })

const toPart = (part: Fields): Fields => ({ message: { parts: [part] } })

const toGroup = (part: Fields): Fields => ({ to: [person, other], ...toPart(part) })

const chat = { from: ours, to: [person], ...toMessage({}) }

const fieldsOfText = {
  type: toPart(text),
  value: toPart({ type: "text", value: "good morning" }),
  text_decorations: toPart({ ...text, text_decorations: [{ range: [0, 5], style: "bold" }] }),
  mention: toGroup({ ...text, mention: person }),
  mention_range: toGroup({ ...text, mention: person, mention_range: [0, 5] })
} as const satisfies Record<KeyOf<LinqRequests.TextPartRequest>, Fields>

const fieldsOfMedia = {
  type: toPart({ type: "media", url: photo }),
  url: toPart({ type: "media", url: photo }),
  attachment_id: toPart({ type: "media", attachment_id: "a file" }),
  sticker: toPart({ type: "media", url: photo, sticker: true })
} as const satisfies Record<KeyOf<LinqRequests.MediaPartRequest>, Fields>

const link = { type: "link", value: "https://example.com/" }

const fieldsOfLink = { type: toPart(link), value: toPart(link) } as const satisfies Record<KeyOf<LinqRequests.LinkPartRequest>, Fields>

const app = { type: "imessage_app", app: { name: "x", team_id: "x", bundle_id: "x" }, layout: { caption: "x" } }

const fieldsOfApp = {
  type: toPart(app),
  app: toPart(app),
  layout: toPart(app),
  url: toPart({ ...app, url: "https://example.com/" }),
  fallback_text: toPart({ ...app, fallback_text: "x" }),
  interactive: toPart({ ...app, interactive: true })
} as const satisfies Record<KeyOf<LinqRequests.AppPartRequest>, Fields>

const fieldsOfDecoration = {
  range: toPart({ ...text, text_decorations: [{ range: [0, 5], style: "bold" }] }),
  style: toPart({ ...text, text_decorations: [{ range: [0, 5], style: "italic" }] }),
  animation: toPart({ ...text, text_decorations: [{ range: [0, 5], animation: "shake" }] })
} as const satisfies Record<KeyOf<LinqRequests.DecorationRequest>, Fields>

const fieldsOfContent = {
  parts: { message: { parts: [{ type: "text", value: "one" }, { type: "media", url: photo }, { type: "text", value: "two" }] } },
  effect: toMessage({ effect: { type: "screen", name: "confetti" } }),
  reply_to: toMessage({ reply_to: { message_id: "a message", part_index: 0 } }),
  preferred_service: toMessage({ preferred_service: "SMS" }),
  idempotency_key: toMessage({ idempotency_key: "a key" })
} as const satisfies Record<KeyOf<LinqRequests.MessageContent>, Fields>

/** More calls: a group, and fields of later clients than those whose schemas Interline has. */
const later = {
  "to (several people)": { to: [person, other] },
  "any other field of the message": toMessage({ mood: "x" }),
  "any other field beside the message": { mood: "x" }
} as const

const below = (prefix: string, fields: Readonly<Record<string, Fields>>, suffix = ""): Readonly<Record<string, Fields>> =>
  Object.fromEntries(Object.entries(fields).map(([name, body]) => [`${prefix}${name}${suffix}`, body]))

const ofMessage = (whole: Readonly<Record<string, Fields>>): Readonly<Record<string, Fields>> => ({
  ...whole,
  ...below("message.", fieldsOfContent),
  ...below("message.parts[].", fieldsOfText, " (of a text)"),
  ...below("message.parts[].text_decorations[].", fieldsOfDecoration),
  ...below("message.parts[].", fieldsOfMedia, " (of a file)"),
  ...below("message.parts[].", fieldsOfLink, " (of a link)"),
  ...below("message.parts[].", fieldsOfApp, " (of an app card)")
})

const override = { override_optout: { override_optout: true } } as const

const fieldsOfChat = {
  from: { from: "+12025550102" },
  to: { to: [other] },
  message: toMessage({ parts: [{ type: "text", value: "good morning" }] }),
  ...override
} as const satisfies Record<KeyOf<LinqRequests.CreateChat>, Fields>

const fieldsOfAddressed = {
  to: { to: [other] },
  message: toMessage({ parts: [{ type: "text", value: "good morning" }] }),
  continuation_message: { continuation_message: { text: "from another number" } },
  exclude_from: { exclude_from: ["+12025550102"] },
  ...override
} as const satisfies Record<KeyOf<LinqRequests.CreateMessage>, Fields>

const fieldsOfChatMessage = {
  message: toMessage({ parts: [{ type: "text", value: "good morning" }] }),
  ...override
} as const satisfies Record<KeyOf<LinqRequests.SendMessage>, Fields>

/** The endpoints of each vendor that send. */
export const samples: Readonly<Record<Vendor, ReadonlyArray<Samples>>> = {
  sendblue: [
    { endpoint: "POST /api/send-message", plain: message, opening: message, fields: { ...fieldsOfMessage, ...alsoSeen } },
    { endpoint: "POST /api/send-group-message", plain: group, opening: group, fields: { ...fieldsOfGroup, ...alsoSeen } }
  ],
  linq: [
    { endpoint: "POST /v3/chats", plain: chat, opening: chat, fields: { ...ofMessage(fieldsOfChat), ...later } },
    { endpoint: "POST /v3/chats/{chatId}/messages", plain: toMessage({}), opening: toMessage({}), fields: fieldsOfChatMessage },
    {
      endpoint: "POST /v3/messages",
      plain: { to: [person], ...toMessage({}) },
      opening: { to: [person], ...toMessage({}) },
      fields: fieldsOfAddressed
    }
  ]
}

/** The fields of a call that say who gets the message. A later call to the same people needs only them. */
export const addressing: ReadonlyArray<string> = ["number", "numbers", "group_id", "from_number", "from", "to", "exclude_from"]
