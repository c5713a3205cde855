import { describe, expect, it } from "@effect/vitest"
import * as Handle from "@interline/core/Handle"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { ada, bob, cyd, error, failing, linq, make, ours, outbound, sendblue, support, type World } from "./world.ts"

const to = { _tag: "Direct", line: support, handle: ada }
const asked = ({ asked }: World) => asked.map(({ input, operation }) => [operation, ...input])

describe("paths", () => {
  const strange = [
    "/sendblue",
    "/sendblue/",
    "/sendblue/api",
    "/sendblue/api/lines/",
    "/sendblue//api/lines",
    "/sendblue/api//lines",
    "/sendblue/API/lines",
    "/SENDBLUE/api/lines",
    "/sendblue/api%2Flines",
    "/sendblue/api/%6Cines",
    "/sendblue/api/v2/messages/..%2f..%2flines",
    "/sendblue/api/v2/messages/%2e%2e",
    "/sendblue/api/v2/messages/a%00b",
    "/sendblue/api/v2/messages/a%5Cb",
    "/sendblue/linq/v3/chats",
    "/sendblue/v1/deliveries"
  ]
  for (const path of strange) {
    it.scoped(`${path} is not found`, () =>
      Effect.gen(function*() {
        const world = yield* make()
        const reply = yield* world.call("GET", path)
        expect([reply.status, reply.headers.get("content-type"), reply.text]).toEqual([
          404,
          "text/html; charset=utf-8",
          "Cannot find this path"
        ])
        expect(world.asked).toEqual([])
      }))
  }

  it.scoped("with a long handle are this front's", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const reply = yield* world.call("GET", `/sendblue/api/v2/messages/linq:${"a".repeat(300)}`)
      expect([reply.status, reply.body]).toEqual([404, { status: "ERROR", message: "Message not found" }])
    }))

  it.scoped("of another method are not found, and nothing that was sent is shown as markup", () =>
    Effect.gen(function*() {
      const world = yield* make()
      expect((yield* world.call("PATCH", "/sendblue/api/send-message", "{}")).status).toBe(404)
      expect((yield* world.call("GET", "/sendblue/api/<b>'")).text).not.toMatch(/[<>']/)
    }))
})

describe("bodies", () => {
  it.scoped("that are too large or no JSON are refused", () =>
    Effect.gen(function*() {
      const world = yield* make()
      expect((yield* world.call("POST", "/sendblue/api/mark-read", "{")).body).toEqual({
        status: "ERROR",
        message: "Invalid JSON in request body"
      })
      expect((yield* world.call("POST", "/sendblue/api/mark-read", "[]")).status).toBe(400)
      const large = yield* world.call("POST", "/sendblue/api/mark-read", "x".repeat(300_000), { "content-length": "300000" })
      expect(large.status).toBe(413)
      expect(world.asked).toEqual([])
    }))
})

describe("a process that is about to stop", () => {
  it.scoped("says so in Sendblue's envelope, and does nothing", () =>
    Effect.gen(function*() {
      const world = yield* make()
      yield* world.drain.begin
      const refused = yield* world.call("POST", "/sendblue/api/send-message", { number: ada, from_number: ours, content: "hello" })
      expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("x-should-retry")]).toEqual([503, "5", "true"])
      expect(refused.body).toEqual({ status: "ERROR", message: "The gateway is about to stop; nothing was done, so try again" })
      expect(world.asked).toEqual([])
    }))
})

describe("a form", () => {
  it.scoped("that is none, is cut off, or names no boundary, is refused at once", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const whole =
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\nbytes\r\n--x--\r\n"
      const post = (body: string, type: string) => world.call("POST", "/sendblue/api/upload-file", body, { "content-type": type })
      const bodies = Array.from({ length: whole.length - 4 }, (_, length) => whole.slice(0, length))
      for (const body of bodies) expect([body, (yield* post(body, "multipart/form-data; boundary=x")).status]).toEqual([body, 400])
      for (
        const type of [
          "multipart/form-data",
          "multipart/form-data; boundary=",
          "multipart/form-data; boundary=x; boundary=y",
          "application/json",
          "text/plain"
        ]
      ) {
        expect([type, (yield* post(whole, type)).status]).toEqual([type, 400])
      }
      expect(world.asked).toEqual([])
    }))

  it.scoped.each(["a.png", "日本.png", "emoji😀.jpg", "it’s.png", "Screenshot at 3.45.12\u202fPM.png", "we \"q\".png"])(
    "keeps the name of its file: %s",
    (name) =>
      Effect.gen(function*() {
        const world = yield* make()
        world.answers.set("uploadAttachment", Effect.succeed({ ref: { carrierId: linq, id: "file-1" }, metadata: {} }))
        const form = new FormData()
        form.set("file", new File(["bytes"], name, { type: "image/png" }))
        expect((yield* world.call("POST", "/sendblue/api/upload-file", form)).status).toBe(201)
        expect(world.asked).toMatchObject([{ operation: "uploadAttachment", input: [{ fileName: name, mimeType: "image/png" }] }])
      })
  )
})

describe("typing", () => {
  it.scoped("starts and stops", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const started = yield* world.call("POST", "/sendblue/api/send-typing-indicator", { number: ada, from_number: ours })
      expect(started.body).toEqual({ status: "QUEUED", status_code: 200, error_message: null, number: ada })
      yield* world.call("POST", "/sendblue/api/send-typing-indicator", { number: ada, from_number: ours, state: "stop" })
      expect(asked(world)).toEqual([["startTyping", to], ["stopTyping", to]])
    }))

  it.scoped("ends after the duration that was asked for, unless something comes before", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const type = (more: object) => world.call("POST", "/sendblue/api/send-typing-indicator", { number: ada, from_number: ours, ...more })
      yield* type({ max_duration_ms: 5_000 })
      yield* TestClock.adjust("4999 millis")
      expect(asked(world)).toEqual([["startTyping", to]])
      yield* type({})
      yield* TestClock.adjust("1 minute")
      expect(asked(world)).toEqual([["startTyping", to], ["startTyping", to]])
      yield* type({ max_duration_ms: 5_000 })
      yield* TestClock.adjust("5 seconds")
      expect(asked(world).at(-1)).toEqual(["stopTyping", to])
    }))

  it.scoped("is refused in the words of its page", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const type = (body: object) =>
        Effect.map(world.call("POST", "/sendblue/api/send-typing-indicator", body), ({ body, status }) => [status, body] as const)
      expect(yield* type({})).toEqual([400, { status: "ERROR", message: "You must specify a `number` in the request body." }])
      expect((yield* type({ number: ada }))[1]["error_message"]).toMatch(/from_number is required/)
      expect((yield* type({ number: ada, from_number: ours, max_duration_ms: 0 }))[0]).toBe(400)
      world.answers.set("startTyping", failing(error("NotFound")))
      expect(yield* type({ number: ada, from_number: ours })).toEqual([
        400,
        {
          status: "ERROR",
          status_code: 400,
          error_message: "No route mapping found for number, have you messaged them before?",
          number: ada
        }
      ])
      world.answers.set("startTyping", failing(error("Unsupported")))
      expect((yield* type({ number: ada, from_number: ours }))[0]).toBe(422)
    }))
})

describe("read receipts and reactions", () => {
  it.scoped("marks a conversation as read", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const { body } = yield* world.call("POST", "/sendblue/api/mark-read", { number: ada, from_number: ours })
      expect(body).toEqual({ status: "OK", message: "Mark read request sent", number: ada })
      expect(asked(world)).toEqual([["markRead", to]])
      expect((yield* world.call("POST", "/sendblue/api/mark-read", { number: ada })).body["message"]).toBe(
        "You must specify a valid `from_number` in the request body."
      )
      expect((yield* world.call("POST", "/sendblue/api/mark-read", { number: ada, from_number: bob })).body["message"]).toBe(
        "The from_number is not registered"
      )
    }))

  const reactions: ReadonlyArray<readonly [string, ReadonlyArray<unknown> | undefined]> = [
    ["love", ["react", "Tapback"]],
    ["-love", ["unreact", "Tapback"]],
    ["👀", ["react", "Emoji"]],
    ["-👩‍👩‍👧", ["unreact", "Emoji"]],
    ["🇫🇷", ["react", "Emoji"]],
    ["❤", ["react", "Emoji"]],
    ["👀👀", undefined],
    ["5", undefined],
    ["wow", undefined],
    ["", undefined]
  ]
  for (const [word, expected] of reactions) {
    it.scoped(`${expected === undefined ? "refuses" : "takes"} the reaction "${word}"`, () =>
      Effect.gen(function*() {
        const world = yield* make()
        const handle = yield* Effect.flatMap(IdMap, (ids) => ids.toMessageId({ carrierId: linq, id: "in-1" })).pipe(
          Effect.provide(world.context)
        )
        const reply = yield* world.call("POST", "/sendblue/api/send-reaction", {
          from_number: ours,
          message_handle: handle,
          reaction: word,
          part_index: 1
        })
        expect(reply.status).toBe(expected === undefined ? 400 : 200)
        const [call] = world.asked
        expect(call === undefined ? undefined : [call.operation, (call.input[1] as { _tag: string })._tag]).toEqual(expected)
        if (call !== undefined) expect(call.input[2]).toEqual({ part: 1 })
      }))
  }

  it.scoped("refuses a reaction to nothing, to a strange part, and one that nobody knows happened", () =>
    Effect.gen(function*() {
      const world = yield* make()
      world.archive.set("00000000-0000-4000-8000-000000000003", outbound())
      const react = (more: object, headers?: Record<string, string>) =>
        world.call("POST", "/sendblue/api/send-reaction", {
          from_number: ours,
          message_handle: "00000000-0000-4000-8000-000000000003",
          reaction: "love",
          ...more
        }, headers)
      expect((yield* react({ message_handle: "nobody" })).status).toBe(404)
      expect((yield* react({ part_index: -1 })).body["message"]).toBe("`part_index` must be a non-negative integer.")
      world.answers.set("react", failing(error("Timeout")))
      const lost = yield* react({})
      expect([lost.status, lost.headers.get("x-should-retry")]).toEqual([503, "false"])
      yield* react({}, { "x-stainless-retry-count": "1" })
      expect(world.asked.filter(({ operation }) => operation === "react")).toHaveLength(1)
    }))
})

describe("people", () => {
  it.scoped("looks up a service, and says when the answer is inconclusive", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const look = Effect.map(
        world.call("GET", `/sendblue/api/evaluate-service?number=${encodeURIComponent(ada)}`),
        ({ body, status }) => [status, body["service"]]
      )
      world.answers.set("lookupService", Effect.succeed({ services: { iMessage: true } }))
      expect(yield* look).toEqual([200, "iMessage"])
      world.answers.set("lookupService", Effect.succeed({ services: { iMessage: false } }))
      expect(yield* look).toEqual([200, "SMS"])
      world.answers.set("lookupService", Effect.succeed({ services: {} }))
      expect(yield* look).toEqual([503, undefined])
    }))

  it.scoped("opts out, and in", () =>
    Effect.gen(function*() {
      const world = yield* make()
      expect((yield* world.call("POST", "/sendblue/api/v2/contacts/opt-out", { number: ada })).body).toEqual({
        status: "OK",
        number: ada,
        opted_out: true
      })
      yield* world.call("POST", "/sendblue/api/v2/contacts/opt-out", { number: ada, opted_out: false })
      expect(asked(world)).toEqual([["setOptOut", ada, true], ["setOptOut", ada, false]])
      expect((yield* world.call("POST", "/sendblue/api/v2/contacts/opt-out", {})).body["message"]).toBe("Missing fields")
    }))

  const refused: ReadonlyArray<readonly [string, string, number]> = [
    ["POST", "/sendblue/api/v2/contacts", 501],
    ["GET", "/sendblue/api/v2/contacts", 501],
    ["GET", "/sendblue/api/v2/contacts/%2B12025550123", 501],
    ["POST", "/sendblue/api/upload-media-object", 501],
    ["GET", "/sendblue/api/location", 501],
    ["GET", "/sendblue/api/location/%2B12025550123/watch", 501],
    ["DELETE", "/sendblue/v3/auth/tokens/t1", 501],
    ["GET", "/sendblue/api/v2/totp/secrets", 501],
    ["POST", "/sendblue/api/v2/totp/secrets", 501],
    ["DELETE", "/sendblue/api/v2/totp/secrets/s1", 501],
    ["GET", "/sendblue/api/v2/totp/code/s1", 501],
    ["GET", "/sendblue/api/v2/verify/verifications", 501],
    ["POST", "/sendblue/api/v2/verify/services/s1/verifications", 501],
    ["GET", "/sendblue/api/v2/verify/services/s1/verifications/v1", 501],
    ["POST", "/sendblue/api/send-carousel", 400],
    ["POST", "/sendblue/api/messages/m1/update-app-card", 400]
  ]
  for (const [method, path, status] of refused) {
    it.scoped(`refuses ${method} ${path} with a sentence, and asks for no retry`, () =>
      Effect.gen(function*() {
        const world = yield* make()
        const reply = yield* world.call(method, path, method === "GET" ? undefined : {})
        expect([reply.status, reply.body["status"], typeof reply.body["message"]]).toEqual([status, "ERROR", "string"])
        expect(status >= 500 ? reply.headers.get("x-should-retry") : "false").toBe("false")
        expect(world.asked).toEqual([])
      }))
  }
})

describe("groups", () => {
  const group = { _tag: "Group", line: support, members: [ada, bob, cyd] } as const

  const open = (world: World) => Effect.flatMap(IdMap, (ids) => ids.openGroup(support, group.members)).pipe(Effect.provide(world.context))

  it.scoped("adds and removes a member, and remembers who is there", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const { id } = yield* open(world)
      const dee = Handle.make("+12025550126")
      const modify = (modify_type: string, number: string) =>
        world.call("POST", "/sendblue/api/modify-group", { group_id: id, modify_type, number, from_number: ours })
      expect((yield* modify("add_recipient", dee)).body).toEqual({ status: "OK", group_id: id, modify_type: "add_recipient", number: dee })
      yield* modify("remove_recipient", ada)
      expect(world.asked.map(({ input: [target, who], operation }) => [operation, (target as typeof group).members.length, who])).toEqual([
        ["addParticipant", 3, dee],
        ["removeParticipant", 4, ada]
      ])
      expect((yield* modify("rename", ada)).body["error"]).toBe("invalid_modify_type")
      expect((yield* modify("add_recipient", ours)).body["error"]).toBe("invalid_number")
    }))

  it.scoped("names it, sets and clears its photo, and shows it", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const { id } = yield* open(world)
      const post = (what: string, body: object) =>
        world.call("POST", `/sendblue/api/v2/groups/${id}/${what}`, { from_number: ours, ...body })
      expect((yield* post("name", { group_name: "Team" })).body).toEqual({
        status: "OK",
        data: { group_id: id, group_name: "Team", from_number: ours }
      })
      yield* post("name", { group_name: "" })
      yield* post("photo", { photo_url: "https://example.com/team.png" })
      yield* post("photo", { photo_url: null })
      expect(world.asked.map(({ input }) => input[1])).toEqual([
        { name: "Team" },
        { name: null },
        { icon: "https://example.com/team.png" },
        { icon: null }
      ])
      expect((yield* post("name", { group_name: "  " })).status).toBe(400)
      expect((yield* post("name", {})).status).toBe(400)
      world.answers.set(
        "getChat",
        Effect.succeed({
          ref: { carrierId: linq, id: "chat" },
          name: "Team",
          icon: "https://example.com/team.png",
          isGroup: true,
          participants: [{ peer: ada, isMine: false, metadata: {} }, { peer: "+12025550101", isMine: true, metadata: {} }],
          metadata: {}
        })
      )
      expect((yield* world.call("GET", `/sendblue/api/v2/groups/${id}`)).body).toMatchObject({
        status: "OK",
        data: { group_id: id, group_name: "Team", group_photo: { url: "https://example.com/team.png" }, participant_numbers: [ada] }
      })
      expect((yield* world.call("GET", "/sendblue/api/v2/groups/nobody")).status).toBe(404)
    }))
})

describe("lines", () => {
  const health = (carrierId: string, available: boolean, more: object = {}) => ({
    carrierId,
    number: ours,
    name: support,
    status: "healthy",
    available,
    metadata: {},
    ...more
  })

  it.scoped("shows each line once, under its number here, as well as its best number can send", () =>
    Effect.gen(function*() {
      const world = yield* make()
      expect((yield* world.call("GET", "/sendblue/api/lines")).body).toEqual({ numbers: [ours, "+12025550202"] })
      world.answers.set("listLines", Effect.succeed([health(linq, true), health(sendblue, false)]))
      expect((yield* world.call("GET", "/sendblue/api/v2/lines/state")).body["data"]).toEqual([
        { worker_id: "support", sendblue_number: ours, status: "ONLINE", assignment: "assigned" },
        { worker_id: "sales", sendblue_number: "+12025550202", status: "UNKNOWN", assignment: "assigned" }
      ])
      world.answers.set("listLines", Effect.succeed([health(sendblue, false)]))
      expect((yield* world.call("GET", "/sendblue/api/v2/lines/state")).body["data"]).toMatchObject([{ status: "OFFLINE" }, {
        status: "UNKNOWN"
      }])
    }))

  it.scoped("says what each line may write to new people, and whether a person is new to a line", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const at = Date.UTC(2026, 9, 6, 17)
      world.answers.set(
        "listLineUsage",
        Effect.succeed([
          { carrierId: linq, number: ours, name: support, state: "unknown", why: "nobody says it" },
          {
            carrierId: sendblue,
            number: bob,
            name: support,
            state: "limited",
            sampledAt: at,
            availableAt: at + 1_200_000,
            newAfterDays: 30,
            hour: { used: 15, limit: 15, left: 0, nextSlotAt: at + 1_200_000 },
            day: { used: 22, limit: 50, left: 28, resetsAt: at + 50_400_000 }
          }
        ])
      )
      const { body } = yield* world.call("GET", "/sendblue/api/v2/lines/usage")
      expect(body).toMatchObject({ status: "OK", enabled: true })
      expect(body["lines"]).toMatchObject([
        {
          phone: ours,
          state: "limited",
          sampledAt: "2026-10-06T17:00:00.000Z",
          newContactLookbackDays: 30,
          hourly: { used: 15, limit: 15, remaining: 0, nextSlotAt: "2026-10-06T17:20:00.000Z" },
          daily: { used: 22, limit: 50, remaining: 28, nextSlotAt: null, resetsAt: "2026-10-07T07:00:00.000Z" },
          availableAt: "2026-10-06T17:20:00.000Z"
        },
        { phone: "+12025550202", state: "unavailable", availableAt: null }
      ])
      const path = (number: string, line: string) =>
        `/sendblue/api/v2/lines/contact-status?${String(new URLSearchParams({ number, sendblue_number: line }))}`
      world.answers.set("getContactStatus", Effect.succeed({ carrierId: sendblue, status: "new", newAfterDays: 30, sampledAt: at }))
      expect((yield* world.call("GET", path(bob, ours))).body).toEqual({
        status: "OK",
        number: bob,
        sendblue_number: ours,
        classification: "new",
        known_contact: false,
        new_contact_lookback_days: 30,
        sampled_at: "2026-10-06T17:00:00.000Z"
      })
      expect(asked(world)).toContainEqual(["getContactStatus", support, bob])
      // the answer names the line in E.164, however it was written
      expect((yield* world.call("GET", path(bob, "+1 (202) 555-0201"))).body).toMatchObject({ sendblue_number: ours })
      expect((yield* world.call("GET", path("bob@example.com", ours))).status).toBe(400)
      expect((yield* world.call("GET", path(bob, "+19995550100"))).status).toBe(404)
    }))

  it.scoped("reads, sets and shares the contact card of a line, and clears nothing", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const at = "/sendblue/api/v2/contact-sharing"
      world.answers.set("getContactCard", Effect.succeed(Option.none()))
      expect((yield* world.call("GET", `${at}/state?fromNumber=${encodeURIComponent(ours)}`)).body).toEqual({
        status: "OK",
        data: { hasProfile: false }
      })
      expect((yield* world.call("POST", `${at}/profile`, { fromNumber: ours, lastName: "Lo" })).status).toBe(400)
      const card = { line: support, firstName: "Ada", active: true }
      world.answers.set("setContactCard", Effect.succeed({ ...card, lastName: "Lo" }))
      const set = yield* world.call("POST", `${at}/profile`, { fromNumber: ours, firstName: "Ada", lastName: "Lo" })
      expect(set.body).toEqual({
        status: "OK",
        data: { hasProfile: true, sharingEnabled: true, firstName: "Ada", lastName: "Lo", displayName: "Ada Lo" }
      })
      world.answers.set("getContactCard", Effect.succeed(Option.some(card)))
      yield* world.call("POST", `${at}/profile`, { fromNumber: ours, photoUrl: "https://a.b/ada.png" })
      expect(asked(world).filter(([name]) => name === "setContactCard")).toEqual([
        ["setContactCard", support, { firstName: "Ada", lastName: "Lo" }],
        ["setContactCard", support, { firstName: "Ada", imageUrl: "https://a.b/ada.png" }]
      ])
      expect((yield* world.call("POST", `${at}/profile`, { fromNumber: ours, clearPhoto: true })).status).toBe(501)
      expect((yield* world.call("POST", `${at}/profile`, { fromNumber: ours, lastName: "" })).status).toBe(501)
      expect((yield* world.call("POST", `${at}/profile`, { fromNumber: ours, displayName: "Support" })).status).toBe(501)
      expect((yield* world.call("POST", `${at}/profile`, { fromNumber: ours, lastName: "Lo", displayName: "Ada Lo" })).status).toBe(200)
      const shared = yield* world.call("POST", `${at}/share`, { fromNumber: ours, toNumber: bob })
      expect(shared.body).toEqual({ status: "OK", requested: true })
      expect(asked(world).at(-1)?.[0]).toBe("shareContactCard")
      expect((yield* world.call("POST", `${at}/share`, { fromNumber: "+19995550100", toNumber: bob })).status).toBe(400)
      expect((yield* world.call("DELETE", `${at}/profile`, { fromNumber: ours })).status).toBe(501)
    }))

  it.scoped("forwards calls, and says where only if a carrier does", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const path = `/sendblue/api/lines/${encodeURIComponent(ours)}/call-forwarding`
      expect((yield* world.call("PUT", path, { forwarding_number: bob })).body).toEqual({ forwarding_number: bob, sendblue_number: ours })
      expect((yield* world.call("DELETE", path)).body).toEqual({ forwarding_number: null, sendblue_number: ours })
      expect(asked(world)).toEqual([["setForwarding", support, bob], ["setForwarding", support, null]])
      world.answers.set("listLines", Effect.succeed([health(linq, true, { forwardingNumber: bob })]))
      expect((yield* world.call("GET", path)).body).toEqual({ forwarding_number: bob, sendblue_number: ours })
      world.answers.set("listLines", Effect.succeed([health(linq, true)]))
      expect((yield* world.call("GET", path)).status).toBe(501)
      expect((yield* world.call("GET", "/sendblue/api/lines/%2B19995550100/call-forwarding")).status).toBe(404)
    }))
})

describe("files", () => {
  it.scoped("are stored at a carrier, and sent by the URL that they were given", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const ref = { carrierId: linq, id: "file-1" }
      world.answers.set("uploadAttachment", Effect.succeed({ ref, url: "https://cdn.example/a.pdf", metadata: {} }))
      const form = new FormData()
      form.set("file", new File(["bytes"], "a.pdf", { type: "application/pdf" }))
      const stored = yield* world.call("POST", "/sendblue/api/upload-file", form, {})
      expect([stored.status, stored.body["status"]]).toEqual([201, "OK"])
      const mediaUrl = String(stored.body["media_url"])
      expect(mediaUrl).toMatch(/^https:\/\/cdn\.example\/a\.pdf#interline-file=/)
      for (const media_url of [mediaUrl, String(stored.body["mediaObjectId"])]) {
        yield* world.call("POST", "/sendblue/api/send-message", { number: ada, from_number: ours, media_url })
        expect(world.asked.at(-1)?.input[1]).toEqual({ parts: [{ _tag: "Media", attachment: ref }], metadata: { media_url } })
      }
      const upload = world.asked[0]?.input[0] as { fileName: string; mimeType: string; bytes: Uint8Array }
      expect([upload.fileName, upload.mimeType, new TextDecoder().decode(upload.bytes)]).toEqual(["a.pdf", "application/pdf", "bytes"])
    }))

  it.scoped("must be there", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const form = new FormData()
      form.set("other", "x")
      expect((yield* world.call("POST", "/sendblue/api/upload-file", form)).body).toEqual({ status: "ERROR", message: "No file provided" })
    }))
})

describe("webhooks", () => {
  const url = "https://app.example/in"

  it.scoped("are added, replaced and taken away, with their numbers; their secrets are kept and never shown", () =>
    Effect.gen(function*() {
      const world = yield* make()
      const hooks = (method: string, body?: object) =>
        Effect.map(world.call(method, "/sendblue/api/account/webhooks", body), ({ body }) => body["webhooks"])
      expect(
        yield* hooks("POST", {
          webhooks: [url, { url: "https://app.example/two", secret: "s3cret", sendblue_numbers: [ours] }],
          globalSecret: "global"
        })
      ).toMatchObject({
        receive: [url, { url: "https://app.example/two", sendblue_numbers: [ours] }],
        outbound: []
      })
      yield* hooks("POST", { webhooks: [url], type: "outbound" })
      expect(
        Array.from(world.endpoints.values()).map((
          { events, lines, secret }
        ) => [events, lines, secret === undefined ? undefined : Redacted.value(secret)])
      ).toEqual([
        [["receive"], [], "global"],
        [["receive"], [support], "s3cret"],
        [["outbound"], [], "global"]
      ])
      expect(yield* hooks("POST", { webhooks: [{ url, secret: "own" }] })).toMatchObject({
        receive: [{ url: "https://app.example/two" }, url]
      })
      expect(yield* hooks("DELETE", { webhooks: ["https://app.example/two"] })).toMatchObject({ receive: [url], outbound: [url] })
      expect(yield* hooks("PUT", { webhooks: { receive: ["https://app.example/new"], call_log: [] } })).toMatchObject({
        receive: ["https://app.example/new"],
        outbound: []
      })
      const secrets = () =>
        Array.from(world.endpoints.values()).map(({ secret }) => secret === undefined ? undefined : Redacted.value(secret))
      expect(secrets()).toEqual(["global"])
      yield* hooks("POST", { webhooks: [{ url, secret: "own" }] })
      yield* hooks("PUT", { webhooks: { receive: [url] } })
      expect(secrets()).toEqual(["own"])
      expect(JSON.stringify(yield* hooks("GET"))).not.toMatch(/own|global|ecret/)
    }))

  it.scoped("leave the addresses of single sends alone", () =>
    Effect.gen(function*() {
      const world = yield* make()
      yield* world.call("POST", "/sendblue/api/send-message", { number: ada, from_number: ours, content: "Hi", status_callback: url })
      yield* world.call("PUT", "/sendblue/api/account/webhooks", { webhooks: {} })
      expect(world.endpoints.size).toBe(1)
    }))

  it.scoped("become HTTPS, as at the vendor", () =>
    Effect.gen(function*() {
      const world = yield* make()
      yield* world.call("POST", "/sendblue/api/account/webhooks", { webhooks: ["http://app.example/in"] })
      expect(Array.from(world.endpoints.values()).map((one) => one.url)).toEqual([url])
    }))

  it.scoped("of a type that would never be called are refused, and nothing changes", () =>
    Effect.gen(function*() {
      const world = yield* make()
      yield* world.call("POST", "/sendblue/api/account/webhooks", { webhooks: [url] })
      for (
        const body of [{ webhooks: [url], type: "call_log" }, { webhooks: [{}] }, { webhooks: url }, {
          webhooks: [{ url, sendblue_numbers: ["+19995550100"] }]
        }]
      ) {
        expect((yield* world.call("POST", "/sendblue/api/account/webhooks", body)).status).toBe(400)
      }
      expect((yield* world.call("PUT", "/sendblue/api/account/webhooks", { webhooks: { receive: [], call_log: [url] } })).status).toBe(400)
      expect(world.endpoints.size).toBe(1)
    }))
})
