import { describe, expect, it } from "@effect/vitest"
import type { Carrier } from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Page from "@interline/core/Page"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { fixtures } from "./fixtures.ts"
import { type Answer, carrierId, direct, from, group, line, person, run, send } from "./support.ts"

const other = Handle.phone("+17778889999")
const ok: Answer = { body: { status: "OK" } }
const handle = "5a17319e-cbcf-443e-897e-d8b0c04b1b09"
const ref = MessageRef.make(carrierId, handle)
const chat = { carrierId, id: "g-1" }

const responseOf = (name: string): unknown => fixtures("responses").find((one) => one.name === name)?.body

const wire = {
  message_handle: handle,
  content: "Hello",
  is_outbound: false,
  from_number: person,
  number: person,
  to_number: from,
  sendblue_number: from,
  status: "RECEIVED"
}

const groupData = {
  group_id: "g-1",
  group_name: "Friends",
  group_photo: { photo_guid: "p", url: "https://cdn/p.png" },
  created_at: "2026-01-01T00:00:00Z",
  latest_comm_at: null,
  participant_numbers: [person, other, from],
  participants: [
    { participant_id: "1", type: "contact", phone: person, name: "Ada" },
    { participant_id: "2", type: "contact", handle: "bob@example.com" },
    { participant_id: "3", type: "seat", phone: "+15550001111", seat_id: "s" }
  ]
}
const describeGroup: Answer = { body: { status: "OK", data: groupData } }

interface Case {
  readonly name: string
  readonly answers: ReadonlyArray<Answer>
  readonly use: (carrier: Carrier) => Effect.Effect<unknown, MessagingError>
  readonly requests: ReadonlyArray<readonly [string, unknown?]>
  readonly result?: object
}

const accepted: Answer = { body: { status: "QUEUED", message_handle: "h" } }

const cases: ReadonlyArray<Case> = [
  {
    name: "sendVoiceMemo posts the file as media",
    answers: [accepted],
    use: (carrier) => carrier.sendVoiceMemo(direct, Part.media("https://example.com/memo.caf")),
    requests: [["POST /api/send-message", { number: person, from_number: from, media_url: "https://example.com/memo.caf" }]],
    result: { ref: { id: "h" }, parts: [0], status: "queued" }
  },
  {
    name: "sendVoiceMemo posts to the members of a group that is not known",
    answers: [accepted],
    use: (carrier) => carrier.sendVoiceMemo(group, Part.attachment({ carrierId, id: "https://cdn/memo.caf" })),
    requests: [["POST /api/send-group-message", { numbers: group.members, from_number: from, media_url: "https://cdn/memo.caf" }]]
  },
  {
    name: "getMessage reads by handle",
    answers: [{ body: { status: "OK", data: wire } }],
    use: (carrier) => carrier.getMessage(ref),
    requests: [[`GET /api/v2/messages/${handle}`]],
    result: {
      ref: { carrierId, id: handle },
      direction: "inbound",
      from: person,
      to: [from],
      parts: [{ _tag: "Text", text: "Hello" }],
      status: { neutral: "delivered", raw: "RECEIVED" },
      metadata: { number: [person], sendblue_number: from }
    }
  },
  {
    name: "requestLocation asks one person from the line, and gives the handle",
    answers: [{ body: responseOf("request-location.sdk") }],
    use: (carrier) => carrier.requestLocation(direct),
    requests: [["POST /api/request-location", { from_number: from, number: person }]],
    result: { ref: { carrierId, id: "dfd747ba-5600-4a8a-804a-a614a0fbc1c5" } }
  },
  {
    name: "requestLocation gives no handle if there is none",
    answers: [{ body: { status: "QUEUED", message_handle: "" } }],
    use: (carrier) => carrier.requestLocation(direct),
    requests: [["POST /api/request-location", { from_number: from, number: person }]],
    result: {}
  },
  {
    name: "getLocations reads one person, with what only Sendblue says",
    answers: [{ body: responseOf("get-location.sdk") }],
    use: (carrier) => carrier.getLocations(direct),
    requests: [[`GET /api/location/${encodeURIComponent(person)}`]],
    result: [{
      peer: person,
      sharing: "located",
      raw: "shared_with_fix",
      position: { latitude: 37.7749, longitude: -122.4194, accuracy: 12.5, altitude: 16, at: "2026-09-22T10:00:00.000Z" },
      endsAt: "2026-09-22T11:00:00.000Z",
      metadata: { locationType: "live", refreshError: "timed out" }
    }]
  },
  {
    name: "getLocations of a group keeps its members of those who share with the line, and words that it does not know",
    answers: [{
      body: {
        status: "OK",
        locations: [
          { number: group.members[0], state: "shared_no_fix_yet" },
          { number: "+19990000000", state: "shared_with_fix", location: { latitude: 1, longitude: 2 } },
          { number: group.members[1], state: "teleported", location: { latitude: 1, longitude: "two" } }
        ]
      }
    }],
    use: (carrier) => carrier.getLocations(group),
    requests: [["GET /api/location"]],
    result: [
      { peer: group.members[0], sharing: "waiting", raw: "shared_no_fix_yet", metadata: {} },
      { peer: group.members[1], raw: "teleported", metadata: {} }
    ]
  },
  {
    name: "deleteRecord deletes by handle",
    answers: [ok],
    use: (carrier) => carrier.deleteRecord(ref),
    requests: [[`DELETE /api/message/${handle}`]]
  },
  {
    name: "react asks whom the message is with, then reacts from that line",
    answers: [{ body: { data: wire } }, ok],
    use: (carrier) => carrier.react(ref, Reaction.tapback("love"), { part: 1 }),
    requests: [
      [`GET /api/v2/messages/${handle}`],
      ["POST /api/send-reaction", { from_number: from, message_handle: handle, reaction: "love", part_index: 1 }]
    ]
  },
  {
    name: "unreact puts a minus in front",
    answers: [{ body: { data: wire } }, ok],
    use: (carrier) => carrier.unreact(ref, Reaction.emoji("🎉")),
    requests: [
      [`GET /api/v2/messages/${handle}`],
      ["POST /api/send-reaction", { from_number: from, message_handle: handle, reaction: "-🎉" }]
    ]
  },
  {
    name: "getChat reads a group",
    answers: [describeGroup],
    use: (carrier) => carrier.getChat(chat),
    requests: [["GET /api/v2/groups/g-1"], ["GET /api/v2/groups/g-1"]],
    result: {
      ref: chat,
      name: "Friends",
      icon: "https://cdn/p.png",
      isGroup: true,
      participants: [
        { peer: person, id: "1", name: "Ada", isMine: false, metadata: { type: "contact" } },
        { peer: "bob@example.com", id: "2", isMine: false },
        { peer: "+15550001111", id: "3", isMine: true, metadata: { seat_id: "s" } },
        { peer: other, isMine: false },
        { peer: from, isMine: true }
      ],
      createdAt: "2026-01-01T00:00:00Z",
      metadata: { group_photo: { photo_guid: "p" } }
    }
  },
  {
    name: "updateChat changes name and photo from the line in the group",
    answers: [describeGroup, ok],
    use: (carrier) => carrier.updateChat(chat, { name: "Team", icon: null }),
    requests: [
      ["GET /api/v2/groups/g-1"],
      ["POST /api/v2/groups/g-1/name", { group_name: "Team", from_number: from }],
      ["POST /api/v2/groups/g-1/photo", { photo_url: null, from_number: from }]
    ]
  },
  {
    name: "markRead",
    answers: [ok],
    use: (carrier) => carrier.markRead(direct),
    requests: [["POST /api/mark-read", { number: person, from_number: from }]]
  },
  {
    name: "addParticipant",
    answers: [describeGroup, ok],
    use: (carrier) => carrier.addParticipant(chat, Handle.make("eve@example.com")),
    requests: [
      ["GET /api/v2/groups/g-1"],
      ["POST /api/modify-group", { group_id: "g-1", modify_type: "add_recipient", number: "eve@example.com", from_number: from }]
    ]
  },
  {
    name: "removeParticipant",
    answers: [describeGroup, ok],
    use: (carrier) => carrier.removeParticipant(chat, other),
    requests: [
      ["GET /api/v2/groups/g-1"],
      ["POST /api/modify-group", { group_id: "g-1", modify_type: "remove_recipient", number: other, from_number: from }]
    ]
  },
  {
    name: "startTyping",
    answers: [{ body: { status: "QUEUED", status_code: 200, error_message: null } }],
    use: (carrier) => carrier.startTyping(direct),
    requests: [["POST /api/send-typing-indicator", { number: person, from_number: from, state: "start" }]]
  },
  {
    name: "stopTyping",
    answers: [ok],
    use: (carrier) => carrier.stopTyping(direct),
    requests: [["POST /api/send-typing-indicator", { number: person, from_number: from, state: "stop" }]]
  },
  {
    name: "lookupService: iMessage",
    answers: [{ body: { number: person, service: "iMessage" } }],
    use: (carrier) => carrier.lookupService(person),
    requests: [["GET /api/evaluate-service"]],
    result: { services: { iMessage: true }, raw: "iMessage" }
  },
  {
    name: "lookupService: SMS",
    answers: [{ body: { service: "SMS" } }],
    use: (carrier) => carrier.lookupService(person),
    requests: [["GET /api/evaluate-service"]],
    result: { services: { iMessage: false, SMS: true }, raw: "SMS" }
  },
  {
    name: "lookupService: SMS of an e-mail address means no iMessage, and nothing about SMS",
    answers: [{ body: { service: "SMS" } }],
    use: (carrier) => carrier.lookupService(Handle.make("ada@example.com")),
    requests: [["GET /api/evaluate-service"]],
    result: { services: { iMessage: false }, raw: "SMS" }
  },
  {
    name: "listLines joins numbers and states",
    answers: [
      {
        body: {
          status: "OK",
          snapshot_at: "now",
          data: [
            { worker_id: "w1", sendblue_number: from, status: "DEGRADED", assignment: "assigned", degraded_since: "then" },
            { worker_id: "w2", sendblue_number: "+15550002222", status: "OFFLINE", assignment: "grace_period" },
            { worker_id: "w3", sendblue_number: null, status: "ONLINE", assignment: "shared" }
          ]
        }
      },
      { body: { numbers: [from, "+15550003333", "5550004444"] } }
    ],
    use: (carrier) => carrier.listLines(),
    requests: [["GET /api/v2/lines/state"], ["GET /api/lines"]],
    result: [
      {
        carrierId,
        number: from,
        name: "support",
        status: "at-risk",
        available: true,
        raw: "DEGRADED",
        metadata: { worker_id: "w1", assignment: "assigned", degraded_since: "then", snapshot_at: "now" }
      },
      { number: "+15550002222", status: "critical", available: false },
      { number: "+15550003333", status: "unknown", available: true, metadata: {} }
    ]
  },
  {
    name: "listLines does without the states where they may not be read",
    answers: [{ status: 403, body: { status: "ERROR", message: "Not on your plan" } }, { body: { numbers: [from] } }],
    use: (carrier) => carrier.listLines(),
    requests: [["GET /api/v2/lines/state"], ["GET /api/lines"]],
    result: [{ number: from, name: "support", status: "unknown", available: true }]
  },
  {
    // Sendblue's page "line usage", read 2026-11, with invented numbers
    name: "listLineUsage reads both windows, and every word of a state",
    answers: [{
      body: {
        status: "OK",
        enabled: true,
        lines: [
          {
            phone: from,
            state: "limited",
            sampledAt: "2026-10-06T17:00:00Z",
            newContactLookbackDays: 30,
            hourly: { used: 15, limit: 15, remaining: 0, nextSlotAt: "2026-10-06T17:20:00Z" },
            daily: { used: 22, limit: 50, remaining: 28, nextSlotAt: null, resetsAt: "2026-10-07T07:00:00Z" },
            availableAt: "2026-10-06T17:20:00Z"
          },
          { phone: "+15550002222", state: "paused", daily: { used: 0, limit: 0, remaining: 0 } },
          { phone: "+15550003333", state: "not_applicable" },
          { phone: "+15550004444", state: "unavailable", hourly: null, sampledAt: "soon" },
          { phone: "+15550005555", state: "a new word", limits: "more" },
          { phone: "5550006666", state: "available" }
        ]
      }
    }],
    use: (carrier) => carrier.listLineUsage(),
    requests: [["GET /api/v2/lines/usage"]],
    result: [
      {
        carrierId,
        number: from,
        name: "support",
        state: "limited",
        raw: "limited",
        sampledAt: Date.UTC(2026, 9, 6, 17),
        availableAt: Date.UTC(2026, 9, 6, 17, 20),
        newAfterDays: 30,
        hour: { used: 15, limit: 15, left: 0, nextSlotAt: Date.UTC(2026, 9, 6, 17, 20) },
        day: { used: 22, limit: 50, left: 28, resetsAt: Date.UTC(2026, 9, 7, 7) }
      },
      { number: "+15550002222", state: "paused", day: { used: 0, limit: 0, left: 0 } },
      { number: "+15550003333", state: "exempt", raw: "not_applicable" },
      { number: "+15550004444", state: "unknown", raw: "unavailable", why: "Sendblue does not say it of this line at the moment" },
      { number: "+15550005555", state: "unknown", raw: "a new word" }
    ]
  },
  {
    name: "listLineUsage knows nothing of an account that gets no reports",
    answers: [{ body: { status: "OK", enabled: false, lines: [] } }],
    use: (carrier) => carrier.listLineUsage(),
    requests: [["GET /api/v2/lines/usage"]],
    result: [{ number: from, name: "support", state: "unknown", why: "Sendblue reports no usage for this account" }]
  },
  ...([["known", "known"], ["new", "new"], ["not_applicable", "exempt"], ["unavailable", "unknown"], ["a new word", "unknown"]] as const)
    .map((
      [classification, status]
    ) => ({
      name: `getContactStatus: ${classification}`,
      answers: [{ body: { status: "OK", classification, new_contact_lookback_days: 30, sampled_at: "2026-10-06T17:00:00Z" } }],
      use: (carrier: Carrier) => carrier.getContactStatus(line, person),
      requests: [["GET /api/v2/lines/contact-status"] as const],
      result: { status, raw: classification, newAfterDays: 30, sampledAt: Date.UTC(2026, 9, 6, 17) }
    })),
  {
    name: "setForwarding sets",
    answers: [{ body: { forwarding_number: other } }],
    use: (carrier) => carrier.setForwarding(line, other),
    requests: [["PUT /api/lines/%2B15122164639/call-forwarding", { forwarding_number: other }]]
  },
  {
    name: "setForwarding clears",
    answers: [{ body: { forwarding_number: null } }],
    use: (carrier) => carrier.setForwarding(line, null),
    requests: [["DELETE /api/lines/%2B15122164639/call-forwarding"]]
  },
  // the answers: Sendblue docs (contact-sharing), and callers of the newer API, read 2026-11
  {
    name: "getContactCard",
    answers: [{
      body: { status: "OK", data: { hasProfile: true, firstName: "Ada", lastName: "Lo", displayName: "Ada Lo", hasPhoto: true } }
    }],
    use: (carrier) => carrier.getContactCard(line),
    requests: [["GET /api/v2/contact-sharing/state"]],
    result: Option.some({ line, firstName: "Ada", lastName: "Lo", active: true })
  },
  {
    name: "getContactCard of a line without a profile",
    answers: [{ body: { status: "OK", data: { hasProfile: false } } }],
    use: (carrier) => carrier.getContactCard(line),
    requests: [["GET /api/v2/contact-sharing/state"]],
    result: Option.none()
  },
  {
    name: "getContactCard of a profile that has only a display name, and is not shared",
    answers: [{
      body: { status: "OK", data: { hasProfile: true, firstName: null, lastName: null, displayName: "Desk", sharingEnabled: false } }
    }],
    use: (carrier) => carrier.getContactCard(line),
    requests: [["GET /api/v2/contact-sharing/state"]],
    result: Option.some({ line, firstName: "Desk", active: false })
  },
  {
    name: "setContactCard",
    answers: [{ body: { status: "OK", data: { hasProfile: true, firstName: "Ada", lastName: "Lo", displayName: "Ada Lo" } } }],
    use: (carrier) => carrier.setContactCard(line, { firstName: "Ada", lastName: "Lo", imageUrl: "https://a.b/ada.png" }),
    requests: [["POST /api/v2/contact-sharing/profile", {
      fromNumber: from,
      firstName: "Ada",
      lastName: "Lo",
      displayName: "Ada Lo",
      photoUrl: "https://a.b/ada.png"
    }]],
    result: { line, firstName: "Ada", lastName: "Lo", imageUrl: "https://a.b/ada.png", active: true }
  },
  {
    name: "setContactCard without a last name keeps the one that is there, and shows no name from before",
    answers: [
      { body: { status: "OK", data: { hasProfile: true, firstName: "Ada", lastName: "Lo", displayName: "Ada Lo" } } },
      { body: { status: "OK", data: { hasProfile: true, firstName: "Bo", lastName: "Lo", displayName: "Bo Lo" } } }
    ],
    use: (carrier) => carrier.setContactCard(line, { firstName: "Bo" }),
    requests: [
      ["GET /api/v2/contact-sharing/state"],
      ["POST /api/v2/contact-sharing/profile", { fromNumber: from, firstName: "Bo", lastName: "Lo", displayName: "Bo Lo" }]
    ],
    result: { line, firstName: "Bo", lastName: "Lo", active: true }
  },
  {
    name: "setContactCard that is not in effect yet",
    answers: [{ body: { status: "OK", data: { hasProfile: false } } }, { body: { status: "OK", data: { hasProfile: false } } }],
    use: (carrier) => carrier.setContactCard(line, { firstName: "Ada" }),
    requests: [
      ["GET /api/v2/contact-sharing/state"],
      ["POST /api/v2/contact-sharing/profile", { fromNumber: from, firstName: "Ada", displayName: "Ada" }]
    ],
    result: { line, firstName: "Ada", active: false }
  },
  {
    name: "shareContactCard",
    answers: [{ body: { status: "OK", requested: true, deduplicated: false } }],
    use: (carrier) => carrier.shareContactCard(direct),
    requests: [["POST /api/v2/contact-sharing/share", { fromNumber: from, toNumber: person }]]
  },
  {
    name: "shareContactCard that was shared a moment ago",
    answers: [{ body: { status: "OK", requested: false, deduplicated: true } }],
    use: (carrier) => carrier.shareContactCard(direct),
    requests: [["POST /api/v2/contact-sharing/share", { fromNumber: from, toNumber: person }]]
  },
  {
    name: "setOptOut",
    answers: [ok],
    use: (carrier) => carrier.setOptOut(person, false),
    requests: [["POST /api/v2/contacts/opt-out", { number: person, opted_out: false }]]
  },
  {
    name: "createWebhook: a bare URL",
    answers: [ok],
    use: (carrier) => carrier.createWebhook({ url: "https://a.b/hook", events: ["outbound"] }),
    requests: [["POST /api/account/webhooks", { webhooks: ["https://a.b/hook"], type: "outbound" }]],
    result: { id: "outbound|https://a.b/hook", url: "https://a.b/hook", events: ["outbound"], lines: [], active: true }
  },
  {
    name: "createWebhook: with a secret and lines",
    answers: [ok],
    use: (carrier) => carrier.createWebhook({ url: "https://a.b", events: ["receive"], lines: [from], secret: Redacted.make("s") }),
    requests: [
      ["POST /api/account/webhooks", { webhooks: [{ url: "https://a.b", secret: "s", sendblue_numbers: [from] }], type: "receive" }]
    ],
    result: { id: "receive|https://a.b", lines: [from] }
  },
  {
    name: "listWebhooks: one for each type and URL",
    answers: [{
      body: {
        webhooks: {
          receive: ["https://a.b", { url: "https://c.d", sendblue_numbers: [from] }],
          outbound: ["https://a.b"],
          globalSecret: "g"
        }
      }
    }],
    use: (carrier) => carrier.listWebhooks(),
    requests: [["GET /api/account/webhooks"]],
    result: [{ id: "receive|https://a.b" }, { id: "receive|https://c.d", lines: [from] }, { id: "outbound|https://a.b" }]
  },
  {
    name: "updateWebhook writes everything back with the one change",
    answers: [
      {
        body: { webhooks: { receive: ["https://a.b", { url: "https://c.d", secret: "s" }], outbound: ["https://e.f"], globalSecret: "g" } }
      },
      ok,
      { body: { webhooks: { receive: ["https://a.b", { url: "https://new", secret: "s" }], outbound: ["https://e.f"] } } }
    ],
    use: (carrier) => carrier.updateWebhook("receive|https://c.d", { url: "https://new" }),
    requests: [
      ["GET /api/account/webhooks"],
      ["PUT /api/account/webhooks", {
        webhooks: { receive: ["https://a.b", { url: "https://new", secret: "s" }], outbound: ["https://e.f"], globalSecret: "g" }
      }],
      ["GET /api/account/webhooks"]
    ],
    result: { id: "receive|https://new" }
  },
  {
    name: "updateWebhook moves to another type",
    answers: [
      { body: { webhooks: { receive: ["https://a.b"] } } },
      ok,
      { body: { webhooks: { receive: [], outbound: ["https://a.b"] } } }
    ],
    use: (carrier) => carrier.updateWebhook("receive|https://a.b", { events: ["outbound"] }),
    requests: [
      ["GET /api/account/webhooks"],
      ["PUT /api/account/webhooks", { webhooks: { receive: [], outbound: ["https://a.b"] } }],
      ["GET /api/account/webhooks"]
    ],
    result: { id: "outbound|https://a.b" }
  },
  {
    name: "deleteWebhook",
    answers: [ok],
    use: (carrier) => carrier.deleteWebhook("receive|https://a.b/x|y"),
    requests: [["DELETE /api/account/webhooks", { webhooks: ["https://a.b/x|y"], type: "receive" }]]
  }
]

describe("operations", () => {
  for (const { answers, name, requests: expected, result, use } of cases) {
    it.effect(name, () =>
      run(answers, (carrier, requests) =>
        Effect.gen(function*() {
          const found = yield* use(carrier)
          const made = requests.map(({ body, method, url }) => {
            const line = `${method} ${url.replace("https://api.sendblue.co", "").split("?")[0]}`
            return body === undefined ? [line] : [line, body]
          })
          expect(made).toEqual(expected)
          if (result !== undefined) expect(found).toMatchObject(result)
        })))
  }

  it.effect("uploadAttachment names the file by its URL, which a draft can carry", () =>
    run(
      [{ status: 201, body: { media_url: "https://cdn/x.png", mediaObjectId: "x" } }, accepted],
      (carrier, requests) =>
        Effect.gen(function*() {
          const file = yield* carrier.uploadAttachment({ fileName: "x.png", mimeType: "image/png", bytes: new Uint8Array([1, 2]) })
          expect(file).toEqual({
            ref: { carrierId, id: "https://cdn/x.png" },
            url: "https://cdn/x.png",
            fileName: "x.png",
            mimeType: "image/png",
            sizeBytes: 2,
            metadata: { mediaObjectId: "x" }
          })
          yield* send(carrier, Draft.make([Part.attachment(file.ref)]))
          expect(requests[1]?.body).toMatchObject({ media_url: "https://cdn/x.png" })
        })
    ))

  it.effect("a message of a group without participants is looked up in the group", () =>
    run(
      [{ body: { data: { ...wire, group_id: "g-1", message_type: "group", participants: [] } } }, describeGroup],
      (carrier) =>
        Effect.map(Effect.flip(carrier.react(ref, Reaction.tapback("like"))), (error) => expect(error.reason).toBe("Unsupported"))
    ))
})

describe("lists", () => {
  const rows = (count: number, start: number) =>
    Array.from({ length: count }, (_, index) => ({ ...wire, message_handle: `m${start + index}` }))

  it.effect("asks for a conversation in ascending order and pages by offset", () =>
    run([
      { body: { data: rows(2, 0), pagination: { total: 3, limit: 2, offset: 0 } } },
      { body: { data: rows(1, 2), pagination: { total: 3, limit: 2, offset: 2 } } }
    ], (carrier, requests) =>
      Effect.gen(function*() {
        const first = yield* carrier.listMessages(direct, { limit: 2 })
        expect([first.items.map((message) => message.ref.id), first.next, first.total]).toEqual([
          ["m0", "m1"],
          Option.some("2"),
          Option.some(3)
        ])
        const second = yield* carrier.listMessages(direct, { limit: 2, cursor: "2" })
        expect([second.items.length, second.next]).toEqual([1, Option.none()])
        expect(Object.fromEntries(new URL(requests[1]?.url ?? "").searchParams)).toEqual({
          number: person,
          sendblue_number: from,
          order_by: "createdAt",
          order_direction: "asc",
          limit: "2",
          offset: "2"
        })
      })))

  it.effect("asks for a group by its id", () =>
    run([describeGroup, { body: { data: [] } }], (carrier, requests) =>
      Effect.gen(function*() {
        const page = yield* carrier.listMessages(chat)
        expect([page.items, page.next, page.total]).toEqual([[], Option.none(), Option.none()])
        expect(requests[1]?.url).toContain("/api/v2/messages?group_id=g-1&")
      })))

  it.effect("believes hasMore, and a full page where there is neither hasMore nor total", () =>
    run([
      { body: { data: rows(2, 0), pagination: { total: 9, hasMore: false } } },
      { body: { data: rows(2, 0) } },
      { body: { data: rows(1, 0) } }
    ], (carrier) =>
      Effect.gen(function*() {
        const next = Effect.map(carrier.listMessages(direct, { limit: 2 }), (page) => Option.isSome(page.next))
        expect([yield* next, yield* next, yield* next]).toEqual([false, true, false])
      })))

  it.effect("streams every message once although offsets drift", () =>
    run([
      { body: { data: rows(2, 0), pagination: { total: 4 } } },
      { body: { data: rows(2, 1), pagination: { total: 4 } } }
    ], (carrier) =>
      Effect.gen(function*() {
        const stream = Page.stream((page) => carrier.listMessages(direct, page), (message) => message.ref.id, 2)
        const found = yield* Stream.runCollect(stream)
        expect(Chunk.toReadonlyArray(found).map((message) => message.ref.id)).toEqual(["m0", "m1", "m2"])
      })))
})

describe("refusals before a request leaves", () => {
  const refusals: ReadonlyArray<readonly [string, (carrier: Carrier) => Effect.Effect<unknown, MessagingError>, object]> = [
    ["a voice memo that is no .caf", (c) => c.sendVoiceMemo(direct, Part.media("https://a.b/c.mp3")), {
      problems: [{ rule: "media-format", path: ["audio", "url"] }]
    }],
    ["a voice memo without extension", (c) => c.sendVoiceMemo(direct, Part.media("https://a.b/c")), {
      problems: [{ rule: "media-format", path: ["audio", "url"] }]
    }],
    ["a voice memo of another carrier", (c) => c.sendVoiceMemo(direct, Part.attachment({ carrierId: CarrierId.make("linq"), id: "x" })), {
      problems: [{ rule: "attachment" }]
    }],
    ["a foreign cursor", (c) => c.listMessages(direct, { cursor: "abc" }), { problems: [{ path: ["page", "cursor"] }] }],
    ["a group that Sendblue does not know yet", (c) => c.updateChat(group, { name: "x" }), { reason: "NotFound", certainty: "not-sent" }],
    ["several events in one webhook", (c) => c.createWebhook({ url: "https://a.b", events: ["receive", "outbound"] }), {
      problems: [{ rule: "feature" }]
    }],
    [
      "lines of a webhook that is not about received messages",
      (c) => c.createWebhook({ url: "https://a.b", events: ["outbound"], lines: [from] }),
      { problems: [{ rule: "feature" }] }
    ],
    ["pausing a webhook", (c) => c.updateWebhook("receive|https://a.b", { active: false }), { reason: "Unsupported" }],
    ["a malformed webhook id", (c) => c.deleteWebhook("receive"), { problems: [{ path: ["id"] }] }],
    ["a file of more than 100 MB", (c) => c.uploadAttachment({ fileName: "a", mimeType: "a/b", bytes: new Uint8Array(100_000_001) }), {
      problems: [{ rule: "media-size", limit: 100_000_000 }]
    }],
    ["typing in a group", (c) => c.startTyping(group), { reason: "Unsupported" }],
    ["marking a group as read", (c) => c.markRead(group), { reason: "Unsupported" }]
  ]
  for (const [name, use, expected] of refusals) {
    it.effect(name, () =>
      run([ok], (carrier, requests) =>
        Effect.gen(function*() {
          expect(yield* Effect.flip(use(carrier))).toMatchObject(expected)
          expect(requests).toEqual([])
        })))
  }
})

describe("webhooks", () => {
  it.effect("a change that Sendblue takes and leaves out is reported", () =>
    run(
      [{ body: { webhooks: { receive: ["https://a.b"] } } }, ok, { body: { webhooks: { receive: [] } } }],
      (carrier) =>
        Effect.map(Effect.flip(carrier.updateWebhook("receive|https://a.b", { events: ["typing_indicator"] })), (error) =>
          expect(error).toMatchObject({ reason: "Permission", detail: expect.stringContaining("typing_indicator") }))
    ))

  it.effect("a webhook that is not there is not found", () =>
    run(
      [{ body: { webhooks: {} } }],
      (carrier) =>
        Effect.map(Effect.flip(carrier.updateWebhook("receive|https://a.b", { url: "https://c.d" })), (error) =>
          expect(error.reason).toBe("NotFound"))
    ))

  it.effect("a secret is kept out of sight", () =>
    run(
      [{ body: { webhooks: { receive: [{ url: "https://a.b", secret: "hush" }] } } }],
      (carrier) =>
        Effect.map(carrier.listWebhooks(), ([webhook]) => {
          expect(JSON.stringify(webhook)).not.toContain("hush")
          expect(webhook?.secret === undefined ? undefined : Redacted.value(webhook.secret)).toBe("hush")
        })
    ))
})
