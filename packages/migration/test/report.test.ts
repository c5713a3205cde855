/** What a report says of recorded calls, in every form in which they come, and what it never shows. */
import { describe, expect, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { gzipSync } from "node:zlib"
import * as Report from "../src/report/Report.ts"
import type { Summary } from "../src/report/Summary.ts"

const ours = "+12025550201"
const ada = "+12025550123"
const grace = "+12025550124"
const host = "https://api.sendblue.com"

interface Call {
  readonly method?: string
  readonly url?: string
  readonly path?: string
  readonly headers?: object
  readonly body?: unknown
  readonly at?: string
}

const send = (body: object, more: Call = {}): Call => ({
  method: "POST",
  url: `${host}/api/send-message`,
  body: { number: ada, from_number: ours, content: "hello", ...body },
  at: "2026-11-01T10:00:00Z",
  ...more
})

const inputOf = (bytes: Uint8Array, piece = 7): Report.Input => ({
  name: "calls",
  bytes: Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) => bytes.subarray(index * piece, (index + 1) * piece))
  ),
  size: Option.none()
})

const linesOf = (calls: ReadonlyArray<Call | string>): Uint8Array =>
  Buffer.from(calls.map((call) => typeof call === "string" ? call : JSON.stringify(call)).join("\n"))

const harOf = (calls: ReadonlyArray<Call>): Uint8Array =>
  Buffer.from(JSON.stringify(
    {
      log: {
        version: "1.2",
        creator: { name: "\"entries\": [{", version: "}" },
        pages: [{ id: "entries" }],
        entries: calls.map(({ at, body, headers = {}, method = "GET", url }) => ({
          startedDateTime: at,
          request: {
            method,
            url,
            headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
            postData: { mimeType: "application/json", text: JSON.stringify(body) }
          },
          response: { content: { text: "{\"entries\":[{\"a\":\"}]\\\\\\\"\"}]}" } }
        }))
      }
    },
    undefined,
    1
  ))

const run = (bytes: Uint8Array, options: Partial<Report.Options> = {}, piece?: number) =>
  Effect.runPromise(Report.run([inputOf(bytes, piece)], { from: "sendblue", to: "linq", ...options }))

const reportOf = (calls: ReadonlyArray<Call | string>, options?: Partial<Report.Options>) => run(linesOf(calls), options)

const kinds = ({ kinds }: { readonly kinds: ReadonlyArray<{ readonly kind: string; readonly count: number }> }) =>
  Object.fromEntries(kinds.map(({ count, kind }) => [kind, count]))

const empty = new Set(["meta", "br"])

/** The elements of a page that are not closed in the order in which they were opened. */
const unclosed = (page: string): ReadonlyArray<string> => {
  const open: Array<string> = []
  for (const [, slash = "", name = "", self = ""] of page.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (slash === "" && self === "" && !empty.has(name)) open.push(name)
    else if (slash !== "" && open.pop() !== name) return [...open, name]
  }
  return open
}

describe("a report", () => {
  it("says what becomes of each message", async () => {
    const report = await reportOf([
      send({}),
      send({ content: "see https://example.com/a" }),
      send({ number: grace, content: "see https://example.com/a" }),
      send({ send_style: "shooting_star" }),
      send({ send_style: "confetti" }),
      send({ reply_to: { message_handle: "abc" } }),
      send({ send_style: "sparks" }),
      send({ mood: "good" }),
      send({ content: "", media_url: "https://example.com/a.JPG" })
    ])
    deepStrictEqual(report.sends, { whole: 4, lossy: 3, refused: 2 })
    deepStrictEqual(kinds(report), {
      whole: 3,
      "refused: first-message": 1,
      "lost: effect-dropped": 1,
      "may be lost: effect-dropped": 1,
      "lost: reply-dropped": 1,
      [Object.keys(kinds(report)).find((kind) => kind.startsWith("refused: send_style")) ?? "missing"]: 1,
      "lost: unknown-field mood": 1
    })
    deepStrictEqual(report.media, [{ name: "jpg", count: 1 }])
    deepStrictEqual(report.conversations, { direct: 2, groups: 0, groupsAtLeast: 0, unknown: 0, isExact: true })
    deepStrictEqual(report.days, [{ day: "2026-11-01", sends: 8, newContacts: 2 }])
    expect(report.endpoints[0]).toMatchObject({
      endpoint: "POST /api/send-message",
      count: 9,
      becomes: ["POST /v3/chats", "POST /v3/chats/chatId/messages"]
    })
  })

  it("plans the first message to somebody as the first until one is sent", async () => {
    const url = { content: "see https://example.com/a" }
    deepStrictEqual((await reportOf([send(url), send(url), send({}), send(url)])).sends, { whole: 2, lossy: 0, refused: 2 })
  })

  it("says what becomes of groups, and of those that are named by their id", async () => {
    const group = (body: object) => send({}, { url: `${host}/api/send-group-message`, body: { from_number: ours, content: "hi", ...body } })
    const report = await reportOf([group({ numbers: [ada, grace] }), group({ numbers: [grace, ada] }), group({ group_id: "a-group" })])
    deepStrictEqual(report.sends, { whole: 3, lossy: 0, refused: 0 })
    // the group with the id may be the one with the members
    deepStrictEqual(report.conversations, { direct: 0, groups: 2, groupsAtLeast: 1, unknown: 0, isExact: true })
    assertTrue(Report.toText(report).includes("There may be only 1 of these groups: "))
    deepStrictEqual(kinds(report), { whole: 2, "group named by its id": 1 })
    const [example] = report.kinds.find(({ kind }) => kind === "group named by its id")?.examples ?? []
    expect(example?.becomes[0]?.body).toMatchObject({ to: ["the members of the group"] })
  })

  it.each<[string, ReadonlyArray<object>, readonly [groups: number, atLeast: number]]>([
    ["whose id an answer gives", [{ numbers: [ada, grace], answer: [ada, grace] }, { group_id: "a-group" }], [1, 1]],
    ["whose id comes later", [{ group_id: "a-group" }, { numbers: [ada, grace], answer: [ada, grace] }], [1, 1]],
    ["whose members come later", [{ group_id: "a-group" }, { group_id: "a-group", answer: [ada, grace] }, { group_id: "a-group" }], [1, 1]],
    [
      "whose members come later, and another one",
      [{ numbers: [ada, grace] }, { group_id: "b-group" }, { group_id: "a-group", answer: [ada, grace] }, { group_id: "a-group" }],
      [2, 2]
    ],
    ["of two ids, and another one by its members", [{ numbers: [ada, grace] }, { group_id: "a-group" }, { group_id: "b-group" }], [3, 2]]
  ])("counts a group once: one %s", async (_, bodies, [groups, groupsAtLeast]) => {
    const report = await reportOf(bodies.map((given) => {
      const { answer, ...body } = given as { readonly answer?: ReadonlyArray<string> }
      return send({}, {
        url: `${host}/api/send-group-message`,
        body: { from_number: ours, content: "hi", ...body },
        ...(answer === undefined
          ? {}
          : { response: { body: { group_id: "a-group", is_outbound: true, from_number: ours, participants: [ours, ...answer] } } })
      })
    }))
    deepStrictEqual(report.conversations, { direct: 0, groups, groupsAtLeast, unknown: 0, isExact: true })
  })

  const inChat = (more: Call & { readonly response?: unknown }) => ({
    method: "POST",
    url: "https://api.linqapp.com/api/partner/v3/chats/chat-1/messages",
    body: { message: { parts: [{ type: "text", value: "hi" }] } },
    ...more
  })
  const opening = {
    url: "https://api.linqapp.com/api/partner/v3/chats",
    body: { from: "+12025550101", to: [ada], message: { parts: [{ type: "text", value: "hi" }] } }
  }
  const chat = (people: ReadonlyArray<string>) => ({
    id: "chat-1",
    is_group: people.length > 1,
    handles: ["+12025550101", ...people].map((handle, index) => ({ handle, is_me: index === 0 }))
  })

  it.each<
    [
      string,
      ReadonlyArray<Call & { readonly response?: unknown }>,
      Omit<Summary["conversations"], "isExact" | "groupsAtLeast">,
      string | undefined
    ]
  >([
    ["unknown", [inChat({})], { direct: 0, groups: 0, unknown: 1 }, "the people of the chat"],
    ["two unknown", [inChat({}), inChat({ url: "https://api.linqapp.com/v3/chats/chat-2/messages" }), inChat({})], {
      direct: 0,
      groups: 0,
      unknown: 2
    }, "the people of the chat"],
    ["of one person, opened before", [inChat({ ...opening, response: { body: { chat: chat([ada]) } } }), inChat({})], {
      direct: 1,
      groups: 0,
      unknown: 0
    }, undefined],
    ["that an answer only names", [inChat({ ...opening, response: { body: JSON.stringify({ chat: { id: "chat-1" } }) } }), inChat({})], {
      direct: 1,
      groups: 0,
      unknown: 0
    }, undefined],
    [
      "of a group that was read before",
      [{ method: "GET", path: "/v3/chats/chat-1", response: { body: chat([ada, grace]) } }, inChat({})],
      { direct: 0, groups: 1, unknown: 0 },
      undefined
    ],
    ["of a list", [{ method: "GET", path: "/v3/chats", response: { body: { chats: [chat([ada])] } } }, inChat({})], {
      direct: 1,
      groups: 0,
      unknown: 0
    }, undefined],
    ["of an answer that is no JSON", [inChat({ ...opening, response: { body: "<html>" } }), inChat({})], {
      direct: 1,
      groups: 0,
      unknown: 1
    }, "the people of the chat"]
  ])("says what becomes of a message in a chat: %s", async (_, calls, conversations, standIn) => {
    const report = await reportOf(calls, { from: "linq", to: "sendblue" })
    deepStrictEqual(report.conversations, { ...conversations, groupsAtLeast: conversations.groups, isExact: true })
    const unknown = report.kinds.find(({ kind }) => kind === "chat unknown")
    strictEqual((unknown?.examples[0]?.becomes[0]?.body as { readonly number?: unknown } | undefined)?.number, standIn)
    assertTrue(!kinds(report)["group named by its id"])
  })

  it("reads forms and base64 of a HAR file", async () => {
    const entry = (postData: object) => ({ request: { method: "POST", url: `${host}/api/send-message`, postData } })
    const body = JSON.stringify({ number: ada, from_number: ours, content: "hello" })
    const report = await run(Buffer.from(JSON.stringify({
      log: {
        entries: [
          entry({ mimeType: "application/json", text: Buffer.from(body).toString("base64"), encoding: "base64" }),
          entry({
            mimeType: "application/x-www-form-urlencoded",
            params: Object.entries(JSON.parse(body) as object).map(([name, value]) => ({ name, value }))
          }),
          entry({ mimeType: "application/json", text: "?", encoding: "base64" }),
          { response: { status: 200 } }
        ]
      }
    })))
    deepStrictEqual(report.sends, { whole: 2, lossy: 0, refused: 0 })
    deepStrictEqual(report.damagedAt.map(({ where }) => where), ["calls, entry 3", "calls, entry 4"])
  })

  it("says what becomes of other calls", async () => {
    const report = await reportOf([
      { method: "POST", path: "/api/send-typing-indicator", body: { number: ada, from_number: ours } },
      { method: "POST", path: "/api/v2/contacts/opt-out", body: { number: ada } },
      { method: "POST", path: "/api/v2/contacts/opt-out", body: { number: ada, opted_out: false } },
      { method: "POST", path: "/api/send-carousel", body: {} },
      { method: "GET", path: "/api/v2/contacts/%2B12025550123" },
      { method: "GET", path: "/api/nowhere/12025550123" },
      { method: "GET", url: "https://elsewhere.example/api/status" }
    ])
    deepStrictEqual(report.others, { carried: 3, refused: 0, notCarried: 2, unknown: 1 })
    deepStrictEqual(report.optOuts, { recorded: 1, lifted: 1, wordsInTexts: 0 })
    strictEqual(report.foreign, 1)
    deepStrictEqual(report.foreignHosts, [{ name: "elsewhere.example", count: 1 }])
    expect(report.endpoints).toContainEqual({
      endpoint: "POST /api/send-typing-indicator",
      count: 1,
      becomes: ["DELETE /v3/chats/{chatId}/typing", "POST /v3/chats/{chatId}/typing"]
    })
    strictEqual(
      report.kinds.find(({ kind }) => kind === "not carried: POST /api/send-carousel")?.says,
      "A carousel cannot be sent through this gateway; send each file as the media_url of a message of its own; the front passes it on to the old vendor if INTERLINE_PASS_THROUGH names its group carousels"
    )
    expect(kinds(report)).toMatchObject({ "not carried: POST /api/send-carousel": 1, "not at the other vendor: setOptOut": 2 })
  })

  it("takes calls to a named host as the vendor's", async () => {
    const call = send({}, { url: "https://gateway.example/api/send-message" })
    strictEqual((await reportOf([call])).foreign, 1)
    strictEqual((await reportOf([call], { hosts: ["Gateway.example"] })).foreign, 0)
    const throughFront = send({}, { url: "https://gateway.example/sendblue/api/send-message" })
    deepStrictEqual((await reportOf([throughFront], { hosts: ["gateway.example"] })).sends, { whole: 1, lossy: 0, refused: 0 })
  })

  it("counts and names what is damaged, and goes on", async () => {
    const report = await reportOf([send({}), "{\"method\":", "", "7", "{\"method\":\"POST\"}", send({})])
    strictEqual(report.calls, 2)
    strictEqual(report.damaged, 3)
    deepStrictEqual(report.damagedAt.map(({ where }) => where), ["calls, line 2", "calls, line 4", "calls, line 5"])
  })

  it("skips a line of 50 MB, and goes on", async () => {
    const report = await run(linesOf([send({}), JSON.stringify({ x: "a".repeat(50_000_000) }), send({})]), {}, 65_536)
    deepStrictEqual([report.calls, report.damaged], [2, 1])
    deepStrictEqual(report.damagedAt, [{ where: "calls, line 2", why: "it is longer than 8 MiB" }])
  })

  it("names every byte that is no call", async () => {
    const noise = Uint8Array.from({ length: 20_000 }, (_, index) => index * 7919 % 251)
    for (const [bytes, damaged] of [[noise, undefined], [new Uint8Array(1_000), 1]] as const) {
      const report = await run(bytes)
      assertTrue(report.calls === 0 && (damaged === undefined ? report.damaged > 1 : report.damaged === damaged))
    }
  })

  it.each<[string, number, ReadonlyArray<string>]>([
    ["[]", 0, []],
    ["[1, [2, {\"method\": \"POST\"}], \"{\", null]", 0, ["calls, item 1", "calls, item 2", "calls, item 3", "calls, item 4"]],
    ["[{\"method\":\"GET\",\"path\":\"/\"},7]", 1, ["calls, item 2"]],
    ["[{", 0, ["calls, after item 0"]],
    ["{\"log\":{\"version\":\"1.2\",\"pages\":[1],\"entries\":[true,{}]}}", 0, ["calls, entry 1", "calls, entry 2"]]
  ])("names what is no call in a list: %s", async (text, calls, places) => {
    const report = await run(Buffer.from(text), {}, 1)
    deepStrictEqual([report.calls, report.damagedAt.map(({ where }) => where)], [calls, places])
  })

  it("survives bodies with very many levels", async () => {
    const deep = `{"number":"${ada}","from_number":"${ours}","content":"x","more":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
    const lineOf = (body: string) => `{"method":"POST","path":"/api/send-message","body":${body}}`
    const report = await run(linesOf([lineOf(deep), lineOf(JSON.stringify(deep))]), {}, 100_000)
    deepStrictEqual([report.calls, report.damaged], [1, 1])
    strictEqual(report.sends.lossy, 1)
  })

  it.each([1, 2, 5, 64, 100_000])("is the same for every form of the calls, in pieces of %d bytes", async (piece) => {
    const calls = [
      send({}),
      send({ content: "a \"quoted\" } ] text with a \\ and \u{1f600}" }),
      send({ number: grace, send_style: "confetti" })
    ]
    const inLines = await run(linesOf(calls), {}, piece)
    const inHar = await run(harOf(calls), {}, piece)
    deepStrictEqual(inLines.sends, { whole: 2, lossy: 1, refused: 0 })
    deepStrictEqual({ ...inHar, kinds: kinds(inHar) }, { ...inLines, kinds: kinds(inLines) })
    deepStrictEqual(await run(gzipSync(linesOf(calls)), {}, piece), inLines)
    const inArray = await run(Buffer.from(` \n${JSON.stringify(calls, undefined, 2)}`), {}, piece)
    deepStrictEqual({ ...inArray, kinds: kinds(inArray) }, { ...inLines, kinds: kinds(inLines) })
    deepStrictEqual(inArray.kinds[0]?.examples[0]?.where, "calls, item 1")
    const withMark = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from(Buffer.from(linesOf(calls)).toString().replace(/\n/g, "\r\n"))
    ])
    deepStrictEqual(await run(withMark, {}, piece), inLines)
    deepStrictEqual(await run(gzipSync(harOf(calls)), {}, piece), inHar)
  })

  it("says that a file ends too early, and counts what was before", async () => {
    const calls = Array.from({ length: 50 }, (_, index) => send({ content: `hello ${index}` }))
    const har = harOf(calls)
    const cut = await run(har.subarray(0, har.length - 200))
    strictEqual(cut.damaged, 1)
    strictEqual(cut.calls, 49)
    const packed = gzipSync(linesOf(calls))
    const lost = await run(packed.subarray(0, packed.length - 20))
    assertTrue(lost.damaged >= 1 && lost.calls < 50)
    deepStrictEqual([lost.damagedAt.map(({ where }) => where), lost.cutOff], [["calls, the rest"], ["calls, the rest"]])
    const plain = linesOf(calls)
    const line = await run(plain.subarray(0, plain.length - 20), {}, 64)
    deepStrictEqual([line.calls, line.damagedAt, line.cutOff], [
      49,
      [{ where: "calls, line 50", why: "it is the last line, and the file ends in the middle of it" }],
      ["calls, line 50"]
    ])
    // a last line that is no call, and a damaged one that ends
    for (const more of ["\n7", "\n{\"method\":\n"]) {
      deepStrictEqual((await run(Buffer.concat([plain, Buffer.from(more)]))).cutOff, [], more)
    }
  })

  it("of nothing is empty", async () => {
    const report = await run(new Uint8Array())
    strictEqual(report.calls, 0)
    assertTrue(Report.toText(report).includes("0 calls were read"))
    assertTrue(!Report.toHtml(report).includes("NaN"))
    assertTrue(!Report.toText(report).includes("NaN"))
  })

  const secret = "hush-hush"
  const text = "meet me at noon"
  const private_ = [
    send({ content: text }, { headers: { "sb-api-secret-key": secret, Authorization: secret } }),
    send({ content: `${text} https://example.com/x?signature=${secret}`, media_url: `https://files.example/${ada}.png?token=${secret}` }),
    { method: "POST", url: `${host}/api/account/webhooks?key=${secret}`, body: { globalSecret: secret, webhooks: [] } },
    { method: "GET", url: `${host}/api/v2/contacts/${encodeURIComponent(ada)}` },
    { method: "GET", path: `/api/nowhere/${ada}` }
  ]

  it("hides people, texts and secrets", async () => {
    const report = await reportOf(private_)
    strictEqual(report.withCredentials, 1)
    for (const page of [JSON.stringify(report), Report.toText(report), Report.toHtml(report)]) {
      for (const hidden of [secret, text, ada, ours, "12025550123"]) assertTrue(!page.includes(hidden), hidden)
    }
  })

  it("shows people and texts if it is asked to, and still no secret", async () => {
    const report = await reportOf(private_, { shows: true })
    for (const page of [JSON.stringify(report), Report.toText(report), Report.toHtml(report)]) {
      assertTrue(page.includes(text) && page.includes("https://example.com/x?…") && page.includes("webhooks") && !page.includes(secret))
    }
    assertTrue(JSON.stringify(report).includes(ada))
  })

  it("as an HTML page asks no host for anything and escapes what it shows", async () => {
    const page = Report.toHtml(await reportOf([send({ content: "<script>alert(1)</script>" }), send({ "<b>": 1 })], { shows: true }))
    assertTrue(page.includes("&#60;script&#62;"))
    assertTrue(!/<script|<link|<img|\ssrc=|\shref=|url\(|@import/i.test(page))
    deepStrictEqual(unclosed(page), [])
    assertTrue(page.includes("<svg") && page.startsWith("<!doctype html>"))
  })

  it("estimates the lines that the most first messages of a day need", async () => {
    const calls = Array.from({ length: 5 }, (_, index) => send({ number: `+1202555010${index}` }))
    deepStrictEqual((await reportOf(calls, { newContactsPerDay: 2 })).lines, { used: 1, newContactsInADay: 5, limit: 2, needed: 3 })
  })

  it.each([
    [[send({})], { refused: false, lost: false, none: false }],
    [[send({ send_style: "shooting_star" })], { refused: false, lost: true, none: false }],
    [[send({ send_style: "odd" })], { refused: true, lost: true, none: false }],
    [[{ method: "POST", path: "/api/send-carousel" }], { refused: true, lost: true, none: false }]
  ])("fails as it is asked to: %#", async (calls, expected) => {
    const report = await reportOf(calls)
    for (const failOn of ["refused", "lost", "none"] as const) strictEqual(Report.fails(report, failOn), expected[failOn], failOn)
  })

  it("works in the other direction", async () => {
    const message = { parts: [{ type: "text", value: "hi" }], effect: { name: "hearts" } }
    const report = await reportOf([
      { method: "POST", url: "https://api.linqapp.com/api/partner/v3/chats", body: { from: "+12025550101", to: [ada], message } },
      { method: "POST", url: "https://api.linqapp.com/api/partner/v3/chats/some-chat/polls", body: {} },
      { method: "POST", url: "https://api.linqapp.com/api/partner/v3/chats/some-chat/background", body: {} },
      { method: "PATCH", url: "https://api.linqapp.com/api/partner/v3/messages/some-message", body: { text: "ho" } }
    ], { from: "linq", to: "sendblue" })
    deepStrictEqual(report.sends.lossy, 1)
    deepStrictEqual(report.others, { carried: 1, refused: 1, notCarried: 1, unknown: 0 })
    expect(report.endpoints[0]).toMatchObject({ endpoint: "POST /chats", becomes: ["POST /api/send-message"] })
  })
})
