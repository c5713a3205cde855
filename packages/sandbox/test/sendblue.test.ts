import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ada, bob, cyd, dee, request, sendblueLine, start } from "./support.ts"

type Started = Effect.Effect.Success<ReturnType<typeof start>>

describe("credentials", () => {
  it.scopedLive("absent are 403, wrong are 401, under either header name", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const call = (headers: Record<string, string>) => request("GET", `${sandbox.urls.sendblue}/api/lines`, { headers })
      const absent = yield* call({})
      expect([absent.status, absent.body]).toEqual([403, { message: "Did not get inputs for authorization" }])
      const wrong = yield* call({ "sb-api-key-id": "a", "sb-api-secret-key": "b" })
      expect([wrong.status, wrong.body]).toEqual([401, { status: "ERROR", message: "Invalid Credentials" }])
      const right = yield* call({
        "x-sb-api-key-id": sandbox.credentials.sendblueKeyId,
        "x-sb-api-secret-key": sandbox.credentials.sendblueSecretKey
      })
      expect(right.body).toEqual({ numbers: [sendblueLine, "+12025550202"] })
    }))
})

describe("POST /api/send-message", () => {
  const base = { number: ada, from_number: sendblueLine }
  const cases: ReadonlyArray<readonly [name: string, body: object, expected: object]> = [
    ["no from_number", { number: ada, content: "x" }, { error_message: "missing required parameter: \"from_number\"" }],
    ["no number", { from_number: sendblueLine, content: "x" }, { error_message: "missing required parameter: \"number\"" }],
    ["an unknown line", { number: ada, from_number: "+19995550100", content: "x" }, {
      error_message: "This phone number is not defined."
    }],
    ["the line itself", { ...base, number: sendblueLine, content: "x" }, { error_message: "Cannot send messages to self" }],
    ["nothing to send", base, { error_code: 4000 }],
    ["an empty content", { ...base, content: "" }, { error_code: 4000 }],
    ["18,996 characters", { ...base, content: "x".repeat(18_996) }, { error_code: 4000 }],
    ["a media URL that is none", { ...base, media_url: "nonsense" }, { error_code: 4000 }],
    ["a reply to nothing", { ...base, content: "x", reply_to: { message_handle: "nothing" } }, { error_code: 4000 }]
  ]

  it.scopedLive.each(cases)("refuses %s", ([, body, expected]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const answer = yield* sandbox.sendblue("POST", "/send-message", body)
      expect(answer.status).toBe(400)
      expect(answer.body).toMatchObject({ status: "ERROR", ...expected })
      expect((yield* sandbox.phone(ada)).messages).toEqual([])
    }))

  it.scopedLive("takes 18,995 characters, a form, and a style that it does not know", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const long = yield* sandbox.sendblue("POST", "/send-message", { ...base, content: "x".repeat(18_995), send_style: "snow" })
      expect(long.body).toMatchObject({ status: "QUEUED", send_style: "snow", error_code: null, was_downgraded: null })
      expect((yield* sandbox.phone(ada)).messages[0]?.effect, "a phone plays nothing it does not know").toBeNull()
      const form = yield* sandbox.sendblue("POST", "/send-message", String(new URLSearchParams({ ...base, content: "form" })), {
        "content-type": "application/x-www-form-urlencoded"
      })
      expect(form.body).toMatchObject({ status: "QUEUED", content: "form" })
    }))

  it.scopedLive("sends the same twice when asked twice", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const first = yield* sandbox.sendText(ada)
      const second = yield* sandbox.sendText(ada)
      expect(second.body.message_handle).not.toBe(first.body.message_handle)
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(2)
    }))

  it.scopedLive("goes from QUEUED to DELIVERED, and on SMS stops at SENT", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ statusDelay: "10 millis" })
      yield* sandbox.network.person({ handle: bob, service: "SMS" })
      const blue = (yield* sandbox.sendText(ada)).body.message_handle
      const green = (yield* sandbox.sendText(bob)).body.message_handle
      const status = (handle: string) => Effect.map(sandbox.sendblue("GET", `/status?handle=${handle}`), ({ body }) => body.status)
      const seen = [yield* status(blue)]
      for (let step = 0; step < 3; step++) {
        yield* sandbox.network.advance("10 millis")
        seen.push(yield* status(blue))
      }
      expect(seen).toEqual(["QUEUED", "SENT", "DELIVERED", "DELIVERED"])
      expect((yield* sandbox.sendblue("GET", `/status?handle=${green}`)).body).toMatchObject({
        status: "SENT",
        service: "SMS",
        was_downgraded: true
      })
    }))

  it.scopedLive("stays DELIVERED when it is read", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { message_handle: handle } = (yield* sandbox.sendText(ada)).body
      yield* sandbox.network.read(ada)
      yield* sandbox.network.advance("1 second")
      expect((yield* sandbox.sendblue("GET", `/status?handle=${handle}`)).body.status).toBe("DELIVERED")
    }))

  it.scopedLive("refuses who texted STOP, with the captured body, until START", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.say({ from: ada, to: sendblueLine, text: "Stop" })
      const refused = yield* sandbox.sendText(ada)
      expect([refused.status, refused.body]).toEqual([400, {
        accountEmail: "sandbox@example.com",
        status: "ERROR",
        error_code: 402,
        error_message: "OPTED_OUT",
        error_reason: "SpamRule",
        error_detail: "Your message has been declined because the user has opted out of your messages",
        from_number: sendblueLine,
        number: ada
      }])
      expect((yield* sandbox.createChat([ada])).status, "Linq was told nothing").toBe(201)
      yield* sandbox.network.say({ from: ada, to: sendblueLine, text: "hello" })
      expect((yield* sandbox.sendText(ada)).status).toBe(400)
      yield* sandbox.network.say({ from: ada, to: sendblueLine, text: "START" })
      expect((yield* sandbox.sendText(ada)).status).toBe(200)
    }))
})

describe("finding messages", () => {
  it.scopedLive("an unknown handle is a 404 that is not JSON", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { headers, status, text } = yield* sandbox.sendblue("GET", "/status?handle=nothing")
      expect([status, headers.get("content-type"), text]).toEqual([404, "text/html; charset=utf-8", "Message not found"])
    }))

  it.scopedLive("lists newest first, at most 100, and forgets what was deleted", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      for (let count = 0; count < 3; count++) {
        yield* sandbox.sendText(ada, `${count}`)
        yield* sandbox.network.advance("1 second")
      }
      const list = (query: string) => Effect.map(sandbox.sendblue("GET", `/v2/messages?${query}`), ({ body }) => body)
      const all = yield* list("limit=1000")
      expect(all.data.map(({ content }: { content: string }) => content)).toEqual(["2", "1", "0"])
      expect(all.pagination).toEqual({ total: 3, limit: 100, offset: 0, hasMore: false })
      const page = yield* list("limit=2&offset=1&order_direction=asc")
      expect(page.data.map(({ content }: { content: string }) => content)).toEqual(["1", "2"])
      expect((yield* list("message_type=inbound")).status).toBe("ERROR")
      yield* sandbox.sendblue("DELETE", `/message/${all.data[0].message_handle}`)
      expect((yield* list("")).pagination.total).toBe(2)
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(3)
    }))
})

describe("groups", () => {
  it.scopedLive("are found again by their numbers and changed within the rules", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const send = (numbers: ReadonlyArray<string>) =>
        sandbox.sendblue("POST", "/send-group-message", { numbers, from_number: sendblueLine, content: "Hi" })
      const first = yield* send([ada, bob])
      expect((yield* send([bob, ada])).body.group_id).toBe(first.body.group_id)
      expect(first.body).toMatchObject({ message_type: "group", participants: [ada, bob, sendblueLine] })
      const modify = (modify_type: string, number: string) =>
        sandbox.sendblue("POST", "/modify-group", { group_id: first.body.group_id, modify_type, number })
      expect((yield* modify("remove_recipient", bob)).body.error).toBe("too_few_members")
      expect((yield* modify("add_recipient", cyd)).body.status).toBe("OK")
      expect((yield* modify("remove_recipient", bob)).body.status).toBe("OK")
      expect((yield* modify("rename", dee)).status).toBe(400)
      expect((yield* send([ada, cyd])).body.group_id).toBe(first.body.group_id)
      expect((yield* send(Array.from({ length: 26 }, (_, index) => `+1415555${1000 + index}`))).status).toBe(400)
    }))
})

describe("gestures", () => {
  it.scopedLive("typing needs a conversation", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const type = (extra: object = {}) =>
        sandbox.sendblue("POST", "/send-typing-indicator", { number: ada, from_number: sendblueLine, ...extra })
      expect((yield* type()).body).toEqual({
        status: "ERROR",
        status_code: 400,
        error_message: "No route mapping found for number, have you messaged them before?",
        number: ada
      })
      yield* sandbox.sendText(ada)
      expect((yield* type()).body).toEqual({ status: "QUEUED", status_code: 200, error_message: null, number: ada })
      expect((yield* sandbox.phone(ada)).typing).toEqual([sendblueLine])
      yield* type({ state: "stop" })
      expect((yield* sandbox.phone(ada)).typing).toEqual([])
      yield* type({ max_duration_ms: 5000 })
      yield* sandbox.network.advance("5 seconds")
      expect((yield* sandbox.phone(ada)).typing).toEqual([])
    }))

  it.scopedLive("reactions go to inbound iMessages only", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const said = yield* sandbox.network.say({ from: ada, to: sendblueLine, text: "Hi" })
      const sent = (yield* sandbox.sendText(ada)).body.message_handle
      const react = (message_handle: string, reaction: string) =>
        sandbox.sendblue("POST", "/send-reaction", { from_number: sendblueLine, message_handle, reaction })
      expect((yield* react(said.id, "love")).body).toEqual({
        status: "OK",
        message: "Reaction request sent",
        message_handle: said.id,
        reaction: "love"
      })
      expect((yield* react(said.id, "👀")).status).toBe(200)
      expect((yield* react(said.id, "-👀")).status).toBe(200)
      for (const one of ["👍🏽", "❤️", "👩‍🚀", "🇫🇷", "1️⃣"]) expect((yield* react(said.id, one)).status, one).toBe(200)
      expect((yield* react(said.id, "👀👀")).status, "two emoji are not one").toBe(400)
      expect((yield* react(said.id, "adore")).body.message).toBe(
        "Invalid reaction. Must be one of: love, like, dislike, laugh, emphasize, question"
      )
      expect((yield* react(sent, "love")).status).toBe(422)
      expect((yield* react("nothing", "love")).status).toBe(404)
    }))

  it.scopedLive("a person's tapback arrives as a text without a target", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const sent = (yield* sandbox.sendText(ada, "Lunch?")).body.message_handle
      yield* sandbox.network.react({ from: ada, messageId: sent, type: "love" })
      const list = yield* sandbox.sendblue("GET", "/v2/messages?is_outbound=false")
      expect(list.body.data[0].content).toBe("Loved “Lunch?”")
      expect((yield* sandbox.phone(ada)).messages[0]?.reactions).toEqual([
        { from: ada, type: "love", emoji: null, partIndex: 0 }
      ])
    }))

  it.scopedLive("a read receipt reaches the phone", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const read = yield* sandbox.sendblue("POST", "/mark-read", { number: ada, from_number: sendblueLine })
      expect(read.body).toEqual({ status: "OK", message: "Mark read request sent", number: ada })
      expect((yield* sandbox.phone(ada)).read.map(({ line }) => line)).toEqual([sendblueLine])
      expect((yield* sandbox.sendblue("POST", "/mark-read", { number: ada })).body.message).toBe(
        "You must specify a valid `from_number` in the request body."
      )
    }))
})

describe("rate limits", () => {
  it.scopedLive("apply when asked for: 10 messages from one line in a second", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ rateLimits: true })
      for (let count = 0; count < 10; count++) expect((yield* sandbox.sendText(ada)).status).toBe(200)
      expect((yield* sandbox.sendText(ada)).status).toBe(429)
      yield* sandbox.network.advance("1 second")
      expect((yield* sandbox.sendText(ada)).status).toBe(200)
    }))
})

describe("files", () => {
  it.scopedLive("are uploaded as a form and served again", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const form = new FormData()
      form.set("file", new Blob(["line one\r\n--not a boundary\r\n"]), "my notes.txt")
      const answer = yield* Effect.promise(() =>
        fetch(`${sandbox.urls.sendblue}/api/upload-file`, {
          method: "POST",
          headers: {
            "sb-api-key-id": sandbox.credentials.sendblueKeyId,
            "sb-api-secret-key": sandbox.credentials.sendblueSecretKey
          },
          body: form
        }).then((response) => response.json().then((body) => ({ status: response.status, body: body as { media_url: string } })))
      )
      expect(answer.status).toBe(201)
      expect((yield* request("GET", answer.body.media_url)).text).toBe("line one\r\n--not a boundary\r\n")
    }))
})

// Sendblue's pages "line usage" and "contact status", read 2026-11
describe("GET /api/v2/lines/usage and /contact-status", () => {
  const write = (sandbox: Started, number: string) =>
    Effect.map(sandbox.sendblue("POST", "/send-message", { number, from_number: sendblueLine, content: "x" }), ({ status }) => status)
  const usage = (sandbox: Started) =>
    Effect.map(sandbox.sendblue("GET", "/v2/lines/usage"), ({ body }) => {
      const { enabled, lines } = body as { readonly enabled: boolean; readonly lines: ReadonlyArray<Record<string, unknown>> }
      return { enabled, line: lines.find(({ phone }) => phone === sendblueLine) }
    })
  const status = (sandbox: Started, number: string) =>
    sandbox.sendblue("GET", `/v2/lines/contact-status?${String(new URLSearchParams({ number, sendblue_number: sendblueLine }))}`)

  it.scopedLive("count each new person once, for an hour and for the day of New York", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ clock: "manual", lineLimits: { perHour: 2, perDay: 3 } })
      expect((yield* usage(sandbox)).line).toMatchObject({
        state: "available",
        newContactLookbackDays: 30,
        hourly: { used: 0, limit: 2, remaining: 2, nextSlotAt: null },
        daily: { used: 0, limit: 3, remaining: 3, nextSlotAt: null },
        availableAt: null
      })
      const first = (yield* sandbox.network.now).getTime()
      yield* write(sandbox, ada)
      yield* write(sandbox, ada)
      yield* sandbox.network.advance("10 minutes")
      // who wrote first is not new
      yield* sandbox.network.say({ from: cyd, to: sendblueLine, text: "hello" })
      yield* write(sandbox, cyd)
      yield* write(sandbox, bob)
      const { line } = yield* usage(sandbox)
      const soon = new Date(first + 3_600_000).toISOString()
      expect(line).toMatchObject({
        state: "limited",
        hourly: { used: 2, limit: 2, remaining: 0, nextSlotAt: soon },
        daily: { used: 2, remaining: 1, nextSlotAt: null },
        availableAt: soon
      })
      expect((yield* status(sandbox, ada)).body).toMatchObject({ number: ada, classification: "known", known_contact: true })
      expect((yield* status(sandbox, dee)).body).toMatchObject({
        classification: "new",
        known_contact: false,
        new_contact_lookback_days: 30
      })
      yield* sandbox.network.advance("51 minutes")
      expect((yield* usage(sandbox)).line).toMatchObject({ state: "available", hourly: { used: 1, remaining: 1 } })
      yield* sandbox.network.advance("31 days")
      expect((yield* status(sandbox, ada)).body).toMatchObject({ classification: "new" })
      expect((yield* usage(sandbox)).line).toMatchObject({ hourly: { used: 0 }, daily: { used: 0 } })
    }))

  it.scopedLive("are refused with other parameters, and turn a number as it is written into E.164", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const ask = (query: string) => Effect.map(sandbox.sendblue("GET", `/v2/lines/${query}`), ({ status }) => status)
      const line = encodeURIComponent(sendblueLine)
      expect(yield* ask("usage?line=1")).toBe(400)
      expect(yield* ask("contact-status")).toBe(400)
      expect(yield* ask(`contact-status?number=${line}`)).toBe(400)
      expect(yield* ask(`contact-status?number=a%40example.com&sendblue_number=${line}`)).toBe(400)
      expect(yield* ask(`contact-status?number=2025550123&number=2025550123&sendblue_number=${line}`)).toBe(400)
      expect(yield* ask(`contact-status?number=2025550123&sendblue_number=${line}&more=1`)).toBe(400)
      expect(yield* ask("contact-status?number=2025550123&sendblue_number=%2B12025550999")).toBe(404)
      expect((yield* status(sandbox, "(202) 555-0123")).body).toMatchObject({ number: "+12025550123", sendblue_number: sendblueLine })
    }))

  it.scopedLive("may be off, unavailable or forbidden, and a line may be paused", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ lineLimits: { reports: "off" } })
      expect(yield* usage(sandbox)).toEqual({ enabled: false, line: undefined })
      yield* sandbox.network.limitLines({ reports: "unavailable" })
      expect((yield* usage(sandbox)).line).toMatchObject({ state: "unavailable" })
      expect((yield* status(sandbox, ada)).body).toMatchObject({ status: "OK", classification: "unavailable", known_contact: null })
      yield* sandbox.network.limitLines({ reports: "forbidden" })
      expect((yield* sandbox.sendblue("GET", "/v2/lines/usage")).status).toBe(403)
      yield* sandbox.network.limitLines({ reports: "told", perDay: 0 })
      expect((yield* usage(sandbox)).line).toMatchObject({ state: "paused", availableAt: null, daily: { limit: 0, remaining: 0 } })
      yield* sandbox.network.reset
      expect((yield* usage(sandbox)).enabled).toBe(false)
    }))

  it.scopedLive("refuse one new person too many, and what is not for a person who never wrote, if a test asks for it", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ lineLimits: { perHour: 1, beyond: "refused", beforeReply: "refused" } })
      expect(yield* write(sandbox, ada)).toBe(200)
      expect(yield* write(sandbox, bob)).toBe(429)
      const send = (fields: object) =>
        Effect.map(
          sandbox.sendblue("POST", "/send-message", { number: ada, from_number: sendblueLine, ...fields }),
          ({ status }) => status
        )
      expect(yield* send({ content: "x".repeat(301) })).toBe(400)
      expect(yield* send({ content: "see https://example.com" })).toBe(400)
      expect(yield* send({ media_url: "https://example.com/a.png" })).toBe(400)
      for (let count = 1; count < 6; count += 1) expect(yield* send({ content: "x".repeat(300) })).toBe(200)
      expect(yield* send({ content: "a seventh" })).toBe(400)
      yield* sandbox.network.say({ from: ada, to: sendblueLine, text: "yes?" })
      expect(yield* send({ content: "see https://example.com" })).toBe(200)
      expect((yield* sandbox.phone(ada)).messages.length).toBe(7)
      expect((yield* sandbox.phone(bob)).messages).toEqual([])
    }))
})

describe("names and photos of lines", () => {
  it.scopedLive("are set, read, shared once in a day with a person of a direct iMessage conversation, and removed", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const call = (method: string, path: string, body?: unknown) =>
        Effect.map(sandbox.sendblue(method, `/v2/contact-sharing${path}`, body), ({ body, status }) => [status, body] as const)
      const fromNumber = "+12025550201"
      const read = call("GET", `/state?fromNumber=${encodeURIComponent(fromNumber)}`)
      const share = (toNumber: string) =>
        Effect.map(call("POST", "/share", { fromNumber, toNumber }), ([status, body]) => [status, body.deduplicated])
      expect(yield* read).toEqual([200, { status: "OK", data: { hasProfile: false } }])
      expect((yield* share(ada))[0]).toBe(400)
      yield* call("POST", "/profile", { fromNumber, firstName: "Ada", lastName: "Lo", photoUrl: "https://example.com/ada.png" })
      yield* call("POST", "/profile", { fromNumber, lastName: "" })
      expect(yield* read).toEqual([200, {
        status: "OK",
        data: { hasProfile: true, sharingEnabled: true, hasPhoto: true, firstName: "Ada", lastName: null, displayName: null }
      }])
      expect((yield* call("POST", "/profile", { fromNumber, clearPhoto: true, photoUrl: "https://example.com/a.png" }))[0]).toBe(400)
      expect((yield* share(ada))[0]).toBe(404)
      yield* sandbox.sendText(ada)
      expect(yield* share(ada)).toEqual([200, false])
      expect(yield* share(ada)).toEqual([200, true])
      yield* sandbox.network.advance("24 hours")
      expect(yield* share(ada)).toEqual([200, false])
      expect((yield* sandbox.phone(ada)).contactCards.map(({ name }) => name)).toEqual(["Ada", "Ada"])
      expect((yield* call("POST", "/profile", { fromNumber: "+19995550100", firstName: "Ada" }))[0]).toBe(400)
      yield* call("DELETE", "/profile", { fromNumber })
      expect(yield* read).toEqual([200, { status: "OK", data: { hasProfile: false } }])
    }))
})

describe("temporary tokens", () => {
  const made = (body: object) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const account = (method: string, path: string, body?: object) =>
        request(method, `${sandbox.urls.sendblue}${path}`, {
          headers: {
            "sb-api-key-id": sandbox.credentials.sendblueKeyId,
            "sb-api-secret-key": sandbox.credentials.sendblueSecretKey
          },
          ...(body === undefined ? {} : { body })
        })
      const { body: token, status } = yield* account("POST", "/v3/auth/tokens", body)
      const bearer = (method: string, path: string, body?: object) =>
        request(method, `${sandbox.urls.sendblue}${path}`, {
          headers: { authorization: `Bearer ${String(token?.token)}` },
          ...(body === undefined ? {} : { body })
        })
      return { sandbox, account, bearer, status, token }
    })
  const sent = (bearer: Effect.Effect.Success<ReturnType<typeof made>>["bearer"], from_number: string) =>
    Effect.map(bearer("POST", "/api/send-message", { number: ada, from_number, content: "Hello" }), ({ status }) => status)

  it.scopedLive("act for the account until they end or are revoked, and make no others", () =>
    Effect.gen(function*() {
      const { account, bearer, sandbox, status, token } = yield* made({})
      expect(status).toBe(200)
      expect(token).toMatchObject({ token_type: "Bearer", phone_numbers: [] })
      expect(Date.parse(token.expires_at) - (yield* sandbox.network.now).getTime()).toBe(900_000)
      expect(yield* sent(bearer, sendblueLine)).toBe(200)
      expect((yield* bearer("GET", "/api/v2/lines/usage")).status).toBe(200)
      expect((yield* bearer("POST", "/v3/auth/tokens", {})).status).toBe(403)
      expect((yield* bearer("DELETE", `/v3/auth/tokens/${token.token_id}`)).status).toBe(403)
      expect((yield* account("DELETE", `/v3/auth/tokens/${token.token_id}`)).status).toBe(204)
      expect(yield* sent(bearer, sendblueLine)).toBe(401)
      expect((yield* account("DELETE", `/v3/auth/tokens/${token.token_id}`)).status).toBe(404)
      const short = yield* made({ expires_in_seconds: 60 })
      yield* short.sandbox.network.advance("59 seconds")
      expect(yield* sent(short.bearer, sendblueLine)).toBe(200)
      yield* short.sandbox.network.advance("1 second")
      expect(yield* sent(short.bearer, sendblueLine)).toBe(401)
    }))

  it.scopedLive("for some lines act for these only, and read no usage of the account", () =>
    Effect.gen(function*() {
      const { bearer, token } = yield* made({ phone_number: sendblueLine })
      const other = "+12025550202"
      expect(token.phone_numbers).toEqual([sendblueLine])
      expect([yield* sent(bearer, sendblueLine), yield* sent(bearer, other)]).toEqual([200, 400])
      expect((yield* bearer("GET", "/api/v2/lines/usage")).status).toBe(403)
      const statusAt = (line: string) =>
        Effect.map(
          bearer("GET", `/api/v2/lines/contact-status?number=${encodeURIComponent(ada)}&sendblue_number=${encodeURIComponent(line)}`),
          ({ body, status }) => [status, body.classification]
        )
      expect([yield* statusAt(sendblueLine), yield* statusAt(other)]).toEqual([[200, "known"], [403, undefined]])
    }))

  it.scopedLive("are refused for two selections, for a number of another account, and for no time", () =>
    Effect.gen(function*() {
      for (
        const body of [
          { phone_number: sendblueLine, phone_numbers: [sendblueLine] },
          { phone_numbers: ["+19995550100"] },
          { expires_in_seconds: 0 }
        ]
      ) expect((yield* made(body)).status).toBe(400)
    }))
})

describe("the list of messages", () => {
  it.scopedLive("takes 100 requests in 10 seconds if the rate limits apply", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ rateLimits: true })
      const list = Effect.map(sandbox.sendblue("GET", "/v2/messages"), ({ status }) => status)
      const statuses = yield* Effect.all(Array.from({ length: 101 }, () => list), { concurrency: 10 })
      expect(statuses.filter((status) => status === 200)).toHaveLength(100)
      expect(yield* list).toBe(429)
      yield* sandbox.network.advance("10 seconds")
      expect(yield* list).toBe(200)
      const free = yield* start()
      const many = yield* Effect.all(
        Array.from({ length: 101 }, () => Effect.map(free.sendblue("GET", "/v2/messages"), ({ status }) => status)),
        { concurrency: 10 }
      )
      expect(new Set(many)).toEqual(new Set([200]))
    }))
})
