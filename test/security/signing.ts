/** Webhooks as the vendors make them: bodies, and the headers that are to be believed. */
import { createHmac, randomUUID } from "node:crypto"
import { numbers } from "../support/sandbox.ts"
import { secrets } from "./world.ts"

/** A message that a person sent, by Linq. `text` names the test's own event. */
export const linqBody = (text: string, id: string = randomUUID()): string =>
  JSON.stringify({
    api_version: "v3",
    webhook_version: "2026-02-03",
    event_type: "message.received",
    event_id: id,
    created_at: new Date().toISOString(),
    trace_id: "8af9171a45022df2eb74ba4e4c83be0f",
    partner_id: "partner",
    data: {
      chat: {
        id: randomUUID(),
        is_group: false,
        owner_handle: { handle: numbers.linq, id: randomUUID(), is_me: true, service: "iMessage" }
      },
      id: randomUUID(),
      direction: "inbound",
      sender_handle: { handle: "+12025550177", id: randomUUID(), is_me: false, service: "iMessage" },
      parts: [{ type: "text", value: text }],
      effect: null,
      reply_to: null,
      sent_at: new Date().toISOString(),
      delivered_at: null,
      read_at: null,
      service: "iMessage"
    }
  })

/** The same, by Sendblue. */
export const sendblueBody = (content: string, change: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    accountEmail: "us@example.com",
    content,
    is_outbound: false,
    status: "RECEIVED",
    error_code: null,
    error_message: null,
    message_handle: randomUUID(),
    date_sent: new Date().toISOString(),
    date_updated: new Date().toISOString(),
    from_number: "+12025550178",
    number: "+12025550178",
    to_number: numbers.sendblue,
    sendblue_number: numbers.sendblue,
    message_type: "message",
    media_url: "",
    group_id: "",
    send_style: "",
    opted_out: false,
    service: "iMessage",
    ...change
  })

interface Signed {
  readonly secret?: string
  /** How many seconds ago. */
  readonly ago?: number
  readonly id?: string
}

type Headers = Readonly<Record<string, string>>

const json = { "content-type": "application/json" }

export const standard = (body: string | Uint8Array, { ago = 0, id = "msg_1", secret = secrets.linq.current }: Signed = {}): Headers => {
  const at = Math.floor(Date.now() / 1000) - ago
  const signature = createHmac("sha256", Buffer.from(secret.replace(/^whsec_/, ""), "base64")).update(`${id}.${at}.`).update(body).digest(
    "base64"
  )
  return { ...json, "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": `v1,${signature}` }
}

export const legacy = (body: string | Uint8Array, { ago = 0, secret = secrets.linq.current }: Signed = {}): Headers => {
  const at = Math.floor(Date.now() / 1000) - ago
  const signature = createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")
  return { ...json, "x-webhook-timestamp": String(at), "x-webhook-signature": signature }
}

export const shared = (_: string | Uint8Array, { secret = secrets.sendblue.current }: Signed = {}): Headers => ({
  ...json,
  "sb-signing-secret": secret
})

/** Every way in which a vendor shows that a webhook is its own. */
export const ways = {
  "Linq's signature": { path: "/webhooks/linq", make: linqBody, sign: standard, secrets: secrets.linq },
  "Linq's older signature": { path: "/webhooks/linq", make: linqBody, sign: legacy, secrets: secrets.linq },
  "Sendblue's secret": { path: "/webhooks/sendblue", make: sendblueBody, sign: shared, secrets: secrets.sendblue }
} as const

export type Way = (typeof ways)[keyof typeof ways]

export const all: ReadonlyArray<Way> = Object.values(ways)
