import { describe, expect, it } from "@effect/vitest"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { SendblueClient } from "../src/wire/SendblueClient.ts"
import { clientOf, type Recorded } from "./support.ts"

type Use = (client: SendblueClient) => Effect.Effect<unknown, MessagingError>

const number = "+19998887777"
const from_number = "+15122164639"
const sent = { status: "QUEUED", message_handle: "handle-1" }
const ok = { status: "OK" }

const host = "https://api.sendblue.co"

/** Method of the client, how it is used, the answer, and the one request that it must make. */
const requests: ReadonlyArray<readonly [keyof SendblueClient, Use, unknown, string, string, unknown?]> = [
  ["sendMessage", (c) => c.sendMessage({ number, from_number, content: "Hi" }), sent, "POST", "/api/send-message", {
    number,
    from_number,
    content: "Hi"
  }],
  ["sendGroupMessage", (c) => c.sendGroupMessage({ group_id: "g", from_number, content: "Hi" }), sent, "POST", "/api/send-group-message", {
    group_id: "g",
    from_number,
    content: "Hi"
  }],
  [
    "sendCarousel",
    (c) => c.sendCarousel({ number, from_number, media_urls: ["https://a.b/1.jpg", "https://a.b/2.jpg"] }),
    sent,
    "POST",
    "/api/send-carousel",
    { number, from_number, media_urls: ["https://a.b/1.jpg", "https://a.b/2.jpg"] }
  ],
  [
    "updateAppCard",
    (c) => c.updateAppCard("a/b", { url: "https://a.b", idempotency_key: "k" }),
    sent,
    "POST",
    "/api/messages/a%2Fb/update-app-card",
    { url: "https://a.b", idempotency_key: "k" }
  ],
  ["perform", (c) => c.perform("/api/send-message", { number, from_number }), sent, "POST", "/api/send-message", { number, from_number }],
  ["countContacts", (c) => c.countContacts(), { count: 2 }, "GET", "/api/v2/contacts/count"],
  ["updateContact", (c) => c.updateContact(number, { opt_out: true, tags: ["vip"] }), ok, "PUT", "/api/v2/contacts/%2B19998887777", {
    opt_out: true,
    tags: ["vip"]
  }],
  ["deleteContact", (c) => c.deleteContact(number), ok, "DELETE", "/api/v2/contacts/%2B19998887777"],
  [
    "createContacts",
    (c) => c.createContacts([{ phone: number, first_name: "Ada" }]),
    { status: "OK", contacts: [] },
    "POST",
    "/api/v2/contacts/bulk",
    {
      contacts: [{ phone: number, first_name: "Ada" }]
    }
  ],
  ["deleteContacts", (c) => c.deleteContacts([number]), { status: "OK", amount: 1 }, "DELETE", "/api/v2/contacts", {
    contact_ids: [number]
  }],
  ["verifyContact", (c) => c.verifyContact(number), ok, "POST", "/api/v2/contacts/verify", { number }],
  [
    "createVerifiedContact",
    (c) => c.createVerifiedContact(number),
    { data: { contact: null, line: null } },
    "POST",
    "/v3/verified-contacts",
    {
      phone_number: number
    }
  ],
  ["getVerifiedContact", (c) => c.getVerifiedContact(number), { data: {} }, "GET", "/v3/verified-contacts/%2B19998887777"],
  ["listVerifiedContacts", (c) => c.listVerifiedContacts(), { data: { contacts: [], line: null } }, "GET", "/v3/verified-contacts"],
  [
    "createToken",
    (c) => c.createToken({ expires_in_seconds: 60, phone_number: from_number }),
    { token: "secret" },
    "POST",
    "/v3/auth/tokens",
    {
      expires_in_seconds: 60,
      phone_number: from_number
    }
  ],
  ["revokeToken", (c) => c.revokeToken("a/b"), {}, "DELETE", "/v3/auth/tokens/a%2Fb"],
  ["startFaceTime", (c) => c.startFaceTime(number, from_number), { status: "OK" }, "POST", "/facetime/start-call", {
    phoneNumber: number,
    fromNumber: from_number
  }],
  [
    "openEvents",
    (c) => c.openEvents(["message.received", "line.blocked"]),
    {},
    "GET",
    "/api/v2/events?types=message.received%2Cline.blocked"
  ],
  [
    "getSharingProfile",
    (c) => c.getSharingProfile(from_number),
    { status: "OK", data: { hasProfile: false } },
    "GET",
    "/api/v2/contact-sharing/state?fromNumber=%2B15122164639"
  ],
  [
    "setSharingProfile",
    (c) => c.setSharingProfile({ fromNumber: from_number, firstName: "Ada" }),
    ok,
    "POST",
    "/api/v2/contact-sharing/profile",
    { fromNumber: from_number, firstName: "Ada" }
  ],
  ["deleteSharingProfile", (c) => c.deleteSharingProfile(from_number), ok, "DELETE", "/api/v2/contact-sharing/profile", {
    fromNumber: from_number
  }],
  ["shareProfile", (c) => c.shareProfile(from_number, number), { status: "OK", requested: true }, "POST", "/api/v2/contact-sharing/share", {
    fromNumber: from_number,
    toNumber: number
  }],
  ["getStatus", (c) => c.getStatus("handle 1"), { status: "PENDING" }, "GET", "/api/status?handle=handle%201"],
  ["listMessages", (c) => c.listMessages(), { data: [] }, "GET", "/api/v2/messages"],
  ["inspectMessages", (c) => c.inspectMessages({ group_id: "g" }), { data: [] }, "GET", "/api/v2/messages?group_id=g"],
  [
    "listMessages",
    (c) =>
      c.listMessages({
        account_email: "a@b.c",
        created_at_gte: "1",
        created_at_lte: "2",
        from_number,
        group_id: "g",
        is_outbound: false,
        limit: 5,
        message_type: "group",
        number,
        offset: 0,
        order_by: "updatedAt",
        order_direction: "asc",
        sendblue_number: from_number,
        sent_at_gte: "3",
        sent_at_lte: "4",
        service: "SMS",
        status: "SENT",
        to_number: number,
        updated_at_gte: "5",
        updated_at_lte: "6",
        worker_id: "w"
      }),
    { data: [] },
    "GET",
    "/api/v2/messages?account_email=a%40b.c&created_at_gte=1&created_at_lte=2&from_number=%2B15122164639&group_id=g" +
    "&is_outbound=false&limit=5&message_type=group&number=%2B19998887777&offset=0&order_by=updatedAt&order_direction=asc" +
    "&sendblue_number=%2B15122164639&sent_at_gte=3&sent_at_lte=4&service=SMS&status=SENT&to_number=%2B19998887777" +
    "&updated_at_gte=5&updated_at_lte=6&worker_id=w"
  ],
  ["getMessage", (c) => c.getMessage("a b"), { data: {} }, "GET", "/api/v2/messages/a%20b"],
  ["deleteMessage", (c) => c.deleteMessage("h"), ok, "DELETE", "/api/message/h"],
  [
    "modifyGroup",
    (c) => c.modifyGroup({ group_id: "g", modify_type: "remove_recipient", number, from_number }),
    ok,
    "POST",
    "/api/modify-group",
    { group_id: "g", modify_type: "remove_recipient", number, from_number }
  ],
  ["getGroup", (c) => c.getGroup("g/1"), { data: {} }, "GET", "/api/v2/groups/g%2F1"],
  ["renameGroup", (c) => c.renameGroup("g", null), ok, "POST", "/api/v2/groups/g/name", { group_name: null }],
  ["setGroupPhoto", (c) => c.setGroupPhoto("g", "https://a.b/1.png", from_number), ok, "POST", "/api/v2/groups/g/photo", {
    photo_url: "https://a.b/1.png",
    from_number
  }],
  ["sendTypingIndicator", (c) => c.sendTypingIndicator({ number, from_number, state: "stop" }), ok, "POST", "/api/send-typing-indicator", {
    number,
    from_number,
    state: "stop"
  }],
  ["markRead", (c) => c.markRead(number, from_number), ok, "POST", "/api/mark-read", { number, from_number }],
  ["requestLocation", (c) => c.requestLocation(number, from_number), ok, "POST", "/api/request-location", { from_number, number }],
  ["listLocations", (c) => c.listLocations(from_number), { locations: [] }, "GET", "/api/location?from_number=%2B15122164639"],
  [
    "getLocation",
    (c) => c.getLocation(number, from_number),
    { state: "not_shared" },
    "GET",
    "/api/location/%2B19998887777?from_number=%2B15122164639"
  ],
  ["sendReaction", (c) => c.sendReaction({ from_number, message_handle: "h", reaction: "love" }), ok, "POST", "/api/send-reaction", {
    from_number,
    message_handle: "h",
    reaction: "love"
  }],
  ["uploadMediaObject", (c) => c.uploadMediaObject("https://a.b/1.jpg"), { mediaObjectId: "MO_1" }, "POST", "/api/upload-media-object", {
    media_url: "https://a.b/1.jpg"
  }],
  [
    "evaluateService",
    (c) => c.evaluateService(number),
    { number, service: "iMessage" },
    "GET",
    "/api/evaluate-service?number=%2B19998887777"
  ],
  ["optOut", (c) => c.optOut(number, false), ok, "POST", "/api/v2/contacts/opt-out", { number, opted_out: false }],
  ["createContact", (c) => c.createContact({ number, first_name: "Ada", update_if_exists: true }), ok, "POST", "/api/v2/contacts", {
    number,
    first_name: "Ada",
    update_if_exists: true
  }],
  ["getContact", (c) => c.getContact(number), ok, "GET", "/api/v2/contacts/%2B19998887777"],
  [
    "listContacts",
    (c) => c.listContacts({ limit: 1_000, offset: 0, order_by: "created_at", order_direction: "asc", created_at_gte: "1" }),
    [],
    "GET",
    "/api/v2/contacts?limit=1000&offset=0&order_by=created_at&order_direction=asc&created_at_gte=1"
  ],
  ["getLineStates", (c) => c.getLineStates(), { data: [] }, "GET", "/api/v2/lines/state"],
  ["listLines", (c) => c.listLines(), { numbers: [] }, "GET", "/api/lines"],
  ["getLineUsage", (c) => c.getLineUsage(), { status: "OK", enabled: true, lines: [] }, "GET", "/api/v2/lines/usage"],
  [
    "getContactStatus",
    (c) => c.getContactStatus(number, from_number),
    { status: "OK", classification: "known" },
    "GET",
    "/api/v2/lines/contact-status?number=%2B19998887777&sendblue_number=%2B15122164639"
  ],
  ["getForwarding", (c) => c.getForwarding(from_number), {}, "GET", "/api/lines/%2B15122164639/call-forwarding"],
  ["setForwarding", (c) => c.setForwarding(from_number, number), {}, "PUT", "/api/lines/%2B15122164639/call-forwarding", {
    forwarding_number: number
  }],
  ["deleteForwarding", (c) => c.deleteForwarding(from_number), {}, "DELETE", "/api/lines/%2B15122164639/call-forwarding"],
  ["listWebhooks", (c) => c.listWebhooks(), { webhooks: {} }, "GET", "/api/account/webhooks"],
  ["addWebhooks", (c) => c.addWebhooks({ webhooks: ["https://a.b"], type: "receive" }), ok, "POST", "/api/account/webhooks", {
    webhooks: ["https://a.b"],
    type: "receive"
  }],
  ["replaceWebhooks", (c) => c.replaceWebhooks({ receive: ["https://a.b"] }), ok, "PUT", "/api/account/webhooks", {
    webhooks: { receive: ["https://a.b"] }
  }],
  ["deleteWebhooks", (c) => c.deleteWebhooks({ webhooks: ["https://a.b"], type: "receive" }), ok, "DELETE", "/api/account/webhooks", {
    webhooks: ["https://a.b"],
    type: "receive"
  }]
]

const expectCredentials = (request: Recorded | undefined) => {
  expect(request?.headers["sb-api-key-id"]).toBe("key-id-1")
  expect(request?.headers["sb-api-secret-key"]).toBe("secret-key-1")
}

describe("SendblueClient", () => {
  for (const [method, use, body, httpMethod, path, json] of requests) {
    it.effect(`${method}: ${httpMethod} ${path.slice(0, 60)}`, () =>
      Effect.gen(function*() {
        const { client, requests } = clientOf({ body })
        yield* use(client)
        expect(requests).toHaveLength(1)
        expect(requests[0]).toMatchObject({ method: httpMethod, url: host + path })
        expect(requests[0]?.body).toEqual(json)
        expectCredentials(requests[0])
      }))
  }

  it.effect("uploadFile: one multipart field with name, type and bytes", () =>
    Effect.gen(function*() {
      const { client, requests } = clientOf({ status: 201, body: { media_url: "https://cdn/x.png" } })
      const answer = yield* client.uploadFile({ fileName: "x.png", mimeType: "image/png", bytes: new Uint8Array([1, 2, 3]) })
      expect(answer.media_url).toBe("https://cdn/x.png")
      expect(requests[0]).toMatchObject({ method: "POST", url: `${host}/api/upload-file` })
      expectCredentials(requests[0])
      const form = requests[0]?.body
      if (!(form instanceof FormData)) return expect.fail("not a form")
      const file = form.get("file")
      if (!(file instanceof File)) return expect.fail("not a file")
      expect([...form.keys()]).toEqual(["file"])
      expect([file.name, file.type]).toEqual(["x.png", "image/png"])
      expect(new Uint8Array(yield* Effect.promise(() => file.arrayBuffer()))).toEqual(new Uint8Array([1, 2, 3]))
    }))

  it.effect("has a request test for every method", () =>
    Effect.sync(() => {
      const { client } = clientOf({})
      const tested = new Set<string>([...requests.map(([method]) => method), "uploadFile"])
      expect(Object.keys(client).filter((method) => !tested.has(method))).toEqual([])
    }))

  it.effect("reads the status of a message that failed as an answer", () =>
    Effect.gen(function*() {
      const { client } = clientOf({ body: { status: "ERROR", error_code: 10001, message_handle: "h" } })
      expect(yield* client.getStatus("h")).toMatchObject({ status: "ERROR", error_code: "10001" })
    }))

  for (const [reaction, operation] of [["love", "react"], ["-love", "unreact"]] as const) {
    it.effect(`labels the failure of ${reaction} as ${operation}`, () =>
      Effect.gen(function*() {
        const { client } = clientOf({ status: 422, body: { status: "ERROR", message: "Not on SMS" } })
        const error = yield* Effect.flip(client.sendReaction({ from_number, message_handle: "h", reaction }))
        expect(error).toMatchObject({ operation, reason: "Unsupported", certainty: "not-sent" })
      }))
  }

  it.effect("shows no token, and takes a revocation without a body", () =>
    Effect.gen(function*() {
      // sendblue 3.17.0 (auth/tokens)
      const body = { token: "very secret", token_type: "Bearer", token_id: "t-1", expires_at: "2026-11-01T12:15:00Z", phone_numbers: [] }
      const made = yield* clientOf({ body }).client.createToken()
      expect(JSON.stringify(made)).not.toContain("very secret")
      expect(Redacted.value(made.token)).toBe("very secret")
      expect(made).toMatchObject({ token_id: "t-1", phone_numbers: [] })
      yield* clientOf({ status: 204 }).client.revokeToken("t-1")
      expect(yield* Effect.flip(clientOf({ status: 401, body: { status: "ERROR" } }).client.revokeToken("t-1"))).toMatchObject({
        reason: "Authentication"
      })
    }))

  it.effect("reads contacts and verified contacts as the official client does", () =>
    Effect.gen(function*() {
      // sendblue 3.17.0 (contacts, verified-contacts)
      const contact = { phone: number, first_name: "Ada", company_name: "Ltd", tags: ["vip"], opt_out: true, custom_variables: { a: "b" } }
      expect((yield* clientOf({ body: { status: "OK", contact } }).client.getContact(number)).contact).toEqual(contact)
      const verified = { phone_number: number, verified: false, verification_status: "pending", created_at: "then", updated_at: "then" }
      const line = { phone_number: from_number, type: "shared" }
      const detail = { data: { contact: verified, line, verification_instructions: "Write to the line" } }
      expect(yield* clientOf({ body: detail }).client.createVerifiedContact(number)).toEqual(detail)
      expect(yield* clientOf({ body: { data: { contact: null, line: null } } }).client.getVerifiedContact(number)).toEqual({ data: {} })
      expect((yield* clientOf({ body: { data: { contacts: [verified], line } } }).client.listVerifiedContacts()).data.contacts).toEqual([
        verified
      ])
    }))

  it.effect("says that a line cannot mark as read", () =>
    Effect.gen(function*() {
      const { client } = clientOf({ status: 422, body: { status: "ERROR", message: "Not on this line" } })
      expect(yield* Effect.flip(client.markRead(number, from_number))).toMatchObject({
        reason: "Unsupported",
        blame: "line",
        certainty: "not-sent"
      })
    }))

  it.effect("takes a delete without a body", () => clientOf({ status: 204 }).client.deleteMessage("h"))

  it.effect("fails on a shape that no page shows", () =>
    Effect.gen(function*() {
      const { client } = clientOf({ body: { status: "OK", data: "none" } })
      expect(yield* Effect.flip(client.listMessages())).toMatchObject({ reason: "BadResponse", certainty: "unknown" })
    }))
})
