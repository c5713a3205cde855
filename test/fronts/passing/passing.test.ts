/** What a front does not carry goes to the account of its vendor, and only if it is switched on and may go. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Account from "../../migration/account.ts"
import { numbers } from "../../support/sandbox.ts"
import * as Stage from "./stage.ts"

const { ada, bob } = Account

describe("Sendblue's front", () => {
  it.scopedLive("passes contacts on with the credentials of the account, and gives the answer back", () =>
    Effect.gen(function*() {
      const { call, reached, sandbox, sendblue } = yield* Stage.open({ vendor: "sendblue", groups: ["contacts"] })
      const made = yield* Effect.promise(() => sendblue.contacts.create({ number: ada, first_name: "Ada", tags: ["vip"] }))
      deepStrictEqual([made.contact?.phone, made.contact?.first_name, made.contact?.tags], [ada, "Ada", ["vip"]])
      const listed = yield* Effect.promise(() => sendblue.contacts.list({ phone_number: ada, limit: 5 }))
      deepStrictEqual(listed.map(({ phone }) => phone), [ada])
      const found = yield* Effect.promise(() => sendblue.contacts.retrieve(ada))
      strictEqual(found.contact?.first_name, "Ada")
      const missing = yield* call("GET", "/sendblue/api/v2/contacts/+12025559999")
      deepStrictEqual([missing.status, missing.body["message"], missing.headers.get("interline-answered-by")], [
        404,
        "Contact not found",
        "sendblue"
      ])
      const requests = yield* reached("/api/v2/contacts")
      for (const { headers } of requests) {
        strictEqual(headers["sb-api-secret-key"], sandbox.credentials.sendblueSecretKey)
        strictEqual(JSON.stringify(headers).includes(Stage.apiKey), false)
      }
      deepStrictEqual(requests.map(({ method, path, query }) => [method, path, query]), [
        ["POST", "/api/v2/contacts", ""],
        ["GET", "/api/v2/contacts", `phone_number=${encodeURIComponent(ada)}&limit=5`],
        ["GET", `/api/v2/contacts/${encodeURIComponent(ada)}`, ""],
        ["GET", "/api/v2/contacts/%2B12025559999", ""]
      ])
    }))

  it.scopedLive("sends a carousel only to a person who may get it, once", () =>
    Effect.gen(function*() {
      const { call, phone, reached } = yield* Stage.open({ vendor: "sendblue", groups: ["carousels"] })
      const carousel = (number: string) => ({
        number,
        from_number: numbers.sendblue,
        media_urls: ["https://example.com/1.jpg", "https://example.com/2.jpg"]
      })
      const send = (number: string, headers: Readonly<Record<string, string>> = {}) =>
        call("POST", "/sendblue/api/send-carousel", carousel(number), headers)
      const sent = yield* send(ada, { "idempotency-key": "one" })
      strictEqual(sent.status, 202)
      const again = yield* send(ada, { "idempotency-key": "one" })
      deepStrictEqual([again.status, again.text, again.headers.get("idempotent-replayed")], [202, sent.text, "true"])
      strictEqual((yield* phone(ada)).filter(({ carousel }) => carousel).length, 1)
      const optedOut = yield* send(bob)
      deepStrictEqual([optedOut.status, optedOut.headers.get("x-should-retry")], [400, null])
      const stranger = yield* send("+12025550177")
      strictEqual(stranger.status, 422)
      strictEqual((yield* reached("/api/send-carousel")).length, 1)
    }))
})

describe("Linq's front", () => {
  it.scopedLive("passes a background on by Linq's own id of the chat", () =>
    Effect.gen(function*() {
      const { call, linq, outbound, reached } = yield* Stage.open({ vendor: "linq", groups: ["backgrounds", "locations"] })
      const { chat_id } = yield* Effect.promise(() => linq.messages.retrieve(outbound))
      const set = yield* call("POST", `/linq/v3/chats/${chat_id}/background`, { type: "color", variant: "plum" })
      const removed = yield* call("DELETE", `/linq/v3/chats/${chat_id}/background`)
      deepStrictEqual([set.status, removed.status, (yield* reached("/background")).length], [202, 204, 2])
    }))

  it.scopedLive("reads a location by Linq's own id of a chat, which the gateway does not know", () =>
    Effect.gen(function*() {
      const { linq, outbound, reached } = yield* Stage.open({ vendor: "linq", groups: ["messages"], isImported: false })
      const { chat_id } = yield* Effect.promise(() => linq.messages.retrieve(outbound))
      const { data } = yield* Effect.promise(() => linq.chats.location.retrieve(chat_id))
      deepStrictEqual(data.features, [])
      strictEqual((yield* reached("/location")).length, 1)
    }))
})
