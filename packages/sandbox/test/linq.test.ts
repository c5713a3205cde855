import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ada, type Answer, bob, cyd, dee, linqLine, request, start } from "./support.ts"

const code = ({ body, status }: Answer): readonly [number, number] => [status, body?.error?.code]
const text = (value: string) => ({ type: "text", value })
const photo = { type: "media", url: "https://example.com/photo.jpg" }

describe("the envelope", () => {
  it.scopedLive("refuses without a token, with every field and a trace id", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const answer = yield* sandbox.linq("GET", "/chats", undefined, { authorization: "Bearer Bearer x" })
      expect(answer.body).toEqual({
        success: false,
        error: {
          status: 401,
          code: 2004,
          message: "Unauthorized - missing or invalid authentication token",
          doc_url: "https://docs.linqapp.com/error/codes/2xxx/2004/"
        },
        trace_id: answer.headers.get("x-trace-id")
      })
      expect((yield* sandbox.createChat([ada])).headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/)
      expect(code(yield* sandbox.linq("GET", "/nowhere"))).toEqual([404, 2001])
      expect(code(yield* sandbox.linq("POST", "/chats", "{"))).toEqual([400, 1003])
    }))
})

describe("POST /v3/chats", () => {
  const cases: ReadonlyArray<readonly [name: string, body: unknown, status: number, code: number]> = [
    ["no from", { to: [ada], message: { parts: [text("x")] } }, 400, 1001],
    ["no to", { from: linqLine, message: { parts: [text("x")] } }, 400, 1001],
    ["no message", { from: linqLine, to: [ada] }, 400, 1001],
    ["a from that is not E.164", { from: "2025550101", to: [ada], message: { parts: [text("x")] } }, 400, 1002],
    ["a recipient that is not a handle", { from: linqLine, to: ["555"], message: { parts: [text("x")] } }, 400, 1002],
    ["a line of somebody else", { from: "+19995550100", to: [ada], message: { parts: [text("x")] } }, 403, 2006],
    ["the line among the recipients", { from: linqLine, to: [linqLine], message: { parts: [text("x")] } }, 400, 1005],
    ["no recipients", { from: linqLine, to: [], message: { parts: [text("x")] } }, 400, 1005],
    ["a first link", { from: linqLine, to: [ada], message: { parts: [{ type: "link", value: "https://x.com" }] } }, 400, 1005],
    ["a first text with a URL", { from: linqLine, to: [ada], message: { parts: [text("see https://x.com")] } }, 400, 1005],
    ["a first effect", { from: linqLine, to: [ada], message: { parts: [text("x")], effect: { name: "confetti" } } }, 400, 1005],
    [
      "32 recipients",
      {
        from: linqLine,
        to: Array.from({ length: 32 }, (_, index) => `+1415555${1000 + index}`),
        message: { parts: [text("x")] }
      },
      400,
      1005
    ]
  ]

  it.scopedLive.each(cases)("refuses %s", ([, body, status, expected]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      expect(code(yield* sandbox.linq("POST", "/chats", body))).toEqual([status, expected])
      expect((yield* sandbox.phone(ada)).messages).toEqual([])
    }))

  it.scopedLive("takes a link, an effect and a reply when the chat is known", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const first = yield* sandbox.createChat([ada])
      const again = yield* sandbox.linq("POST", "/chats", {
        from: linqLine,
        to: [ada],
        message: {
          parts: [text("see https://x.com")],
          effect: { type: "screen", name: "confetti" },
          reply_to: { message_id: first.body.chat.message.id }
        }
      })
      expect(again.status).toBe(201)
      expect(again.body.chat.id).toBe(first.body.chat.id)
    }))

  it.scopedLive("opens another chat once a group has a name", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada, bob])).body.chat
      yield* sandbox.linq("PUT", `/chats/${id}`, { display_name: "Team" })
      yield* sandbox.network.advance("1 second")
      expect((yield* sandbox.createChat([ada, bob])).body.chat.id).not.toBe(id)
    }))
})

describe("a sticker", () => {
  const ready = Effect.gen(function*() {
    const sandbox = yield* start()
    const { message } = (yield* sandbox.createChat([ada])).body.chat
    const file = { filename: "star.png", content_type: "image/png", size_bytes: 4 }
    const { attachment_id, download_url, upload_url } = (yield* sandbox.linq("POST", "/attachments", file)).body
    yield* Effect.promise(() => fetch(upload_url, { method: "PUT", headers: { "content-type": "image/png" }, body: "star" }))
    const react = (fields: object) =>
      sandbox.linq("POST", `/messages/${message.id}/reactions`, { operation: "add", type: "sticker", ...fields })
    const shown = Effect.map(sandbox.phone(ada), ({ messages }) => messages[0]?.reactions.map(({ sticker }) => sticker?.placement))
    const read = Effect.map(sandbox.linq("GET", `/messages/${message.id}`), ({ body }) => body.parts[0].reactions)
    const move = (id: string, placement: object) => sandbox.linq("PATCH", `/messages/${message.id}/reactions/${id}`, { placement })
    return { attachment_id, download_url, move, react, read, sandbox, shown }
  })

  it.scopedLive("is put on by a stored file, and another one beside it; a tapback replaces neither", () =>
    Effect.gen(function*() {
      const { attachment_id, download_url, react, read, shown } = yield* ready
      expect((yield* react({ attachment_id, placement: { x: 0.5, rotation: 90 } })).status).toBe(202)
      expect((yield* react({ url: download_url })).status).toBe(202)
      expect((yield* react({ type: "love" })).status).toBe(202)
      expect((yield* read).map(({ type }: { type: string }) => type)).toEqual(["sticker", "sticker", "love"])
      expect(yield* shown).toEqual([{ x: 0.5, y: 0, scale: 1, rotation: 90 }, { x: 0, y: 0, scale: 1, rotation: 0 }, undefined])
    }))

  it.scopedLive("moves by the id of its reaction, and keeps what the placement leaves out", () =>
    Effect.gen(function*() {
      const { attachment_id, move, react, read, shown } = yield* ready
      yield* react({ attachment_id, placement: { x: 0.5 } })
      const [{ id, is_me, sticker }] = yield* read
      expect([is_me, sticker.mime_type]).toEqual([true, "image/png"])
      expect((yield* move(id, { y: -1, scale: 1.5 })).status).toBe(202)
      expect(yield* shown).toEqual([{ x: 0.5, y: -1, scale: 1.5, rotation: 0 }])
      expect(code(yield* move("00000000-0000-4000-8000-000000000000", { y: 0 }))).toEqual([404, 2001])
      expect(code(yield* move(id, { x: 2 }))).toEqual([400, 1005])
    }))

  it.scopedLive("is refused from elsewhere, from two sources, out of bounds, and when it is to be taken off", () =>
    Effect.gen(function*() {
      const { attachment_id, download_url, react, shown } = yield* ready
      expect(code(yield* react({ url: "https://example.com/star.png" }))).toEqual([400, 1005])
      expect(code(yield* react({}))).toEqual([400, 1005])
      expect(code(yield* react({ attachment_id, url: download_url }))).toEqual([400, 1005])
      expect(code(yield* react({ attachment_id, placement: { scale: 0 } }))).toEqual([400, 1005])
      expect(code(yield* react({ attachment_id, operation: "remove" }))).toEqual([400, 1005])
      expect(yield* shown).toEqual([])
    }))

  it.scopedLive("is a picture of a message on iMessage, and a photo on SMS", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready
      yield* sandbox.network.person({ handle: bob, service: "SMS" })
      const send = (to: string) =>
        sandbox.linq("POST", "/chats", { from: linqLine, to: [to], message: { parts: [text("look"), { ...photo, sticker: true }] } })
      expect((yield* send(cyd)).body.chat.message.parts[1].sticker).toBe(true)
      yield* send(bob)
      expect((yield* sandbox.phone(cyd)).messages[0]?.stickers).toEqual([photo.url])
      const sms = (yield* sandbox.phone(bob)).messages[0]
      expect([sms?.media, sms?.stickers]).toEqual([[photo.url], []])
    }))
})

describe("a mention", () => {
  const named = (fields: object) => ({ message: { parts: [{ ...text("😀 Ana, look"), mention: bob, ...fields }] } })
  const cases: ReadonlyArray<readonly [name: string, fields: object, expected: readonly [number, number | undefined]]> = [
    ["of a member", { mention_range: [3, 6] }, [202, undefined]],
    ["of a member by the whole text", {}, [202, undefined]],
    ["of a person outside the group", { mention: dee }, [409, 2023]],
    ["of no handle", { mention: "Bob" }, [400, 1002]],
    ["past the text", { mention_range: [3, 99] }, [400, 1004]],
    ["of nothing", { mention_range: [3, 3] }, [400, 1004]],
    ["within an emoji", { mention_range: [1, 6] }, [400, 1004]],
    ["of a range alone", { mention: undefined, mention_range: [3, 6] }, [400, 1004]]
  ]

  it.scopedLive.each(cases)("%s", ([, fields, expected]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada, bob, cyd])).body.chat
      expect(code(yield* sandbox.linq("POST", `/chats/${id}/messages`, named(fields)))).toEqual(expected)
    }))

  it.scopedLive("is refused in a direct chat, and nothing arrives", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([bob])).body.chat
      expect(code(yield* sandbox.linq("POST", `/chats/${id}/messages`, named({})))).toEqual([409, 2023])
      expect(code(yield* sandbox.linq("POST", "/messages", { to: [bob], ...named({}) }))).toEqual([409, 2023])
      expect(code(yield* sandbox.linq("POST", "/chats", { from: linqLine, to: [ada], ...named({ mention: ada }) }))).toEqual([409, 2023])
      expect((yield* sandbox.phone(bob)).messages).toHaveLength(1)
    }))

  it.scopedLive("shows on a phone with iMessage, and is read back as a list and in the older fields", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada, bob, cyd])).body.chat
      const { body } = yield* sandbox.linq("POST", `/chats/${id}/messages`, named({ mention_range: [3, 6] }))
      const shown = { mentions: [{ handle: bob, is_me: false, range: [3, 6] }], mention: bob, mention_range: [3, 6] }
      expect(body.message.parts[0]).toMatchObject(shown)
      expect((yield* sandbox.linq("GET", `/messages/${body.message.id}`)).body.parts[0]).toMatchObject(shown)
      expect((yield* sandbox.phone(bob)).messages.at(-1)?.mentions).toEqual([{ partIndex: 0, handle: bob, range: [3, 6] }])
      yield* sandbox.linq("PATCH", `/messages/${body.message.id}`, { text: "Bob" })
      expect((yield* sandbox.phone(bob)).messages.at(-1)?.mentions).toEqual([])
    }))

  it.scopedLive("of the line by a person with iMessage says that it is the line, and SMS names nobody", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada, bob, cyd])).body.chat
      const mentions = [{ handle: linqLine, range: [0, 2] as const }, { handle: bob, range: [6, 8] as const }]
      const say = (from: string) => sandbox.network.say({ from, to: linqLine, text: "Us, or Bo?", group: id, mentions: [...mentions] })
      const read = (messageId: string) => Effect.map(sandbox.linq("GET", `/messages/${messageId}`), ({ body }) => body.parts[0].mentions)
      expect(yield* read((yield* say(ada)).id)).toEqual([
        { handle: linqLine, is_me: true, range: [0, 2] },
        { handle: bob, is_me: false, range: [6, 8] }
      ])
      yield* sandbox.network.person({ handle: bob, service: "SMS" })
      expect(yield* read((yield* say(bob)).id)).toBeUndefined()
      const wrong = sandbox.network.say({ from: ada, to: linqLine, text: "Us", group: id, mentions: [{ handle: linqLine, range: [0, 9] }] })
      expect(yield* Effect.flip(wrong)).toMatchObject({ reason: "invalid" })
    }))
})

describe("what a message may hold", () => {
  const decorated = (...decorations: ReadonlyArray<unknown>) => [{ ...text("Hello 👋 you"), text_decorations: decorations }]
  const cases: ReadonlyArray<readonly [name: string, parts: unknown, expected: readonly [number, number | undefined]]> = [
    ["no parts", [], [400, 1004]],
    ["parts that are no array", "x", [400, 1003]],
    ["two texts in a row", [text("a"), text("b")], [400, 1004]],
    ["texts around media", [text("a"), photo, text("b")], [202, undefined]],
    ["an empty text", [text("")], [400, 1004]],
    ["10,000 characters", [text("x".repeat(10_000))], [202, undefined]],
    ["10,001 characters", [text("x".repeat(10_001))], [400, 1004]],
    ["a link with a text", [text("a"), { type: "link", value: "https://x.com" }], [400, 1004]],
    ["a link of 2,049 characters", [{ type: "link", value: `https://x.com/${"x".repeat(2035)}` }], [400, 1004]],
    ["101 parts", Array.from({ length: 101 }, () => photo), [400, 1004]],
    ["41 media by URL", Array.from({ length: 41 }, () => photo), [400, 1004]],
    ["40 media by URL", Array.from({ length: 40 }, () => photo), [202, undefined]],
    ["an unknown part", [{ type: "poll" }], [400, 1004]],
    ["media over HTTP", [{ type: "media", url: "http://example.com/a.jpg" }], [400, 1005]],
    ["media with both sources", [{ ...photo, attachment_id: "x" }], [400, 1004]],
    ["media with no source", [{ type: "media" }], [400, 1004]],
    ["an unknown attachment", [{ type: "media", attachment_id: "00000000-0000-4000-8000-000000000000" }], [404, 2003]],
    ["a WebP image", [{ type: "media", url: "https://example.com/a.webp" }], [400, 5004]],
    ["a decoration to the end in UTF-16 units", decorated({ range: [0, 12], style: "bold" }), [202, undefined]],
    ["a decoration past the end", decorated({ range: [0, 13], style: "bold" }), [400, 1005]],
    ["an empty range", decorated({ range: [3, 3], style: "bold" }), [400, 1005]],
    ["style and animation at once", decorated({ range: [0, 1], style: "bold", animation: "shake" }), [400, 1005]],
    ["neither style nor animation", decorated({ range: [0, 1] }), [400, 1005]],
    ["overlapping styles", decorated({ range: [0, 3], style: "bold" }, { range: [1, 4], style: "italic" }), [202, undefined]],
    ["an animation over a style", decorated({ range: [0, 3], style: "bold" }, { range: [1, 4], animation: "shake" }), [400, 1005]],
    ["neighbouring animations", decorated({ range: [0, 3], animation: "nod" }, { range: [3, 4], animation: "shake" }), [202, undefined]],
    ["an unknown animation", decorated({ range: [0, 3], animation: "dance" }), [400, 1005]]
  ]

  it.scopedLive.each(cases)("%s", ([, parts, expected]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      const answer = yield* sandbox.linq("POST", `/chats/${id}/messages`, { message: { parts } })
      expect(code(answer)).toEqual(expected)
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(expected[0] === 202 ? 2 : 1)
    }))

  it.scopedLive("an unknown reply target, service or effect type is refused, an unknown effect name is not", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      const send = (extra: object) =>
        Effect.map(
          sandbox.linq("POST", `/chats/${id}/messages`, { message: { parts: [text("x")], ...extra } }),
          code
        )
      expect(yield* send({ reply_to: { message_id: "00000000-0000-4000-8000-000000000000" } })).toEqual([400, 1005])
      expect(yield* send({ preferred_service: "pigeon" })).toEqual([400, 1005])
      expect(yield* send({ effect: { type: "smell" } })).toEqual([400, 1005])
      expect(yield* send({ idempotency_key: "k".repeat(256) })).toEqual([400, 1005])
      expect(yield* send({ effect: { type: "screen", name: "snow" } })).toEqual([202, undefined])
    }))
})

describe("an idempotency key", () => {
  const keyed = (value: string) => ({ parts: [text(value)], idempotency_key: "k-1" })

  it.scopedLive("gives the first message again and sends nothing", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const first = yield* sandbox.linq("POST", "/chats", { from: linqLine, to: [ada], message: keyed("once") })
      const again = yield* sandbox.linq("POST", "/chats", { from: linqLine, to: [ada], message: keyed("once") })
      expect(again.body.chat.message.id).toBe(first.body.chat.message.id)
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(1)
    }))

  it.scopedLive("makes a lost acknowledgement harmless", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor: "linq", kind: "ack-lost-reset" })
      const send = sandbox.linq("POST", "/chats", { from: linqLine, to: [ada], message: keyed("once") })
      expect(yield* Effect.either(send)).toHaveProperty("_tag", "Left")
      expect((yield* send).status).toBe(201)
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(1)
    }))

  it.scopedLive("of a deleted message is 404, of a failed one the failed message, and neither sends", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.person({ handle: bob, service: "SMS" })
      const send = (to: string, extra: object) =>
        sandbox.linq("POST", "/chats", { from: linqLine, to: [to], message: { ...keyed("x"), ...extra } })
      const { id } = (yield* send(ada, {})).body.chat.message
      expect((yield* sandbox.linq("DELETE", `/messages/${id}`)).status).toBe(204)
      expect(code(yield* send(ada, {}))).toEqual([404, 2002])
      const failing = { idempotency_key: "k-2", preferred_service: "iMessage" }
      const accepted = yield* send(bob, failing)
      yield* sandbox.network.advance("1 second")
      const replay = yield* send(bob, failing)
      expect(replay.body.chat.message).toMatchObject({ id: accepted.body.chat.message.id, delivery_status: "failed" })
      expect((yield* sandbox.phone(bob)).messages).toEqual([])
    }))
})

describe("delivery", () => {
  it.scopedLive("goes from pending to read, and on SMS stops at sent", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ statusDelay: "10 millis" })
      yield* sandbox.network.person({ handle: bob, service: "SMS" })
      const chat = yield* sandbox.createChat([ada])
      const sms = yield* sandbox.createChat([bob])
      const status = (answer: Answer) =>
        Effect.map(sandbox.linq("GET", `/messages/${answer.body.chat.message.id}`), ({ body }) => body.delivery_status)
      const seen = [yield* status(chat)]
      for (let step = 0; step < 3; step++) {
        yield* sandbox.network.advance("10 millis")
        seen.push(yield* status(chat))
      }
      yield* sandbox.network.read(ada)
      seen.push(yield* status(chat))
      expect(seen).toEqual(["pending", "queued", "sent", "delivered", "read"])
      yield* sandbox.network.read(bob)
      expect(yield* status(sms)).toBe("sent")
    }))

  it.scopedLive("drops effects and decorations on SMS in silence", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.person({ handle: ada, service: "SMS" })
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      const sent = yield* sandbox.linq("POST", `/chats/${id}/messages`, {
        message: {
          parts: [{ ...text("Hello"), text_decorations: [{ range: [0, 5], style: "bold" }] }],
          effect: { type: "screen", name: "confetti" }
        }
      })
      expect(sent.body.message).toMatchObject({ service: "SMS", effect: { name: "confetti" } })
      expect((yield* sandbox.phone(ada)).messages[1]).toMatchObject({ effect: null, decorations: [], service: "SMS" })
    }))

  it.scopedLive("fails when only iMessage will do and the phone has none", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.person({ handle: ada, service: "SMS" })
      const sent = yield* sandbox.linq("POST", "/chats", {
        from: linqLine,
        to: [ada],
        message: { parts: [text("x")], preferred_service: "iMessage" }
      })
      expect(sent.status).toBe(201)
      yield* sandbox.network.advance("1 second")
      const { body } = yield* sandbox.linq("GET", `/messages/${sent.body.chat.message.id}`)
      expect(body.delivery_status).toBe("failed")
      expect((yield* sandbox.phone(ada)).messages).toEqual([])
    }))

  it.scopedLive.each([["SMS", "iMessage", "SMS"], ["RCS", "RCS", "RCS"], ["SMS", "RCS", "RCS"], ["RCS", "SMS", "SMS"]] as const)(
    "asked for %s on a phone with %s travels as %s",
    ([preferred, phone, expected]) =>
      Effect.gen(function*() {
        const sandbox = yield* start()
        yield* sandbox.network.person({ handle: ada, service: phone })
        const sent = yield* sandbox.linq("POST", "/chats", {
          from: linqLine,
          to: [ada],
          message: { parts: [text("x")], preferred_service: preferred }
        })
        expect(sent.body.chat.message).toMatchObject({ preferred_service: preferred, service: expected })
      })
  )
})

describe("opting out", () => {
  it.scopedLive("by STOP blocks every direct send at Linq until the next other word, groups stay open", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      yield* sandbox.network.say({ from: ada, to: linqLine, text: " STOP " })
      const send = Effect.map(sandbox.createChat([ada]), code)
      expect(yield* send).toEqual([403, 2024])
      expect(code(yield* sandbox.linq("POST", "/messages", { to: [ada], message: { parts: [text("x")] } }))).toEqual([403, 2024])
      expect(code(yield* sandbox.linq("POST", `/chats/${id}/voicememo`, { voice_memo_url: "https://x.com/a.m4a" }))).toEqual([403, 2024])
      expect((yield* sandbox.linq("GET", `/chats/${id}`)).body.health_status.status).toBe("OPTED_OUT")
      expect((yield* sandbox.createChat([ada, bob])).status).toBe(201)
      expect((yield* sandbox.sendText(ada)).status, "Sendblue was told nothing").toBe(200)
      expect((yield* sandbox.phone(ada)).messages.map(({ despiteOptOut }) => despiteOptOut)).toEqual([false, true, true])
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "hello again" })
      expect(yield* send).toEqual([201, undefined])
    }))

  it.scopedLive("needs a word in capitals, or opt out in any case, as the whole message", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.createChat([ada])
      const statusAfter = (said: string) =>
        Effect.zipRight(
          sandbox.network.say({ from: ada, to: linqLine, text: said }),
          Effect.map(sandbox.createChat([ada]), ({ status }) => status)
        )
      for (const said of ["STOP", "UNSUBSCRIBE", "OPTOUT", "CANCEL", "END", "QUIT", " STOP\n", "opt out", "Opt-Out", "optout"]) {
        expect(yield* statusAfter(said), said).toBe(403)
      }
      for (const said of ["stop", "Stop", "please STOP", "STOP.", "quit", "opt  out"]) {
        yield* sandbox.network.say({ from: ada, to: linqLine, text: "STOP" })
        expect(yield* statusAfter(said), said).toBe(201)
      }
    }))
})

describe("an opt-out", () => {
  it.scopedLive("marks only the chat of the word, blocks the chats of the other lines, and ends with a message in a group", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const [, other = ""] = (yield* sandbox.linq("GET", "/phone_numbers")).body.phone_numbers.map(
        ({ phone_number }: { phone_number: string }) => phone_number
      )
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      const there = yield* sandbox.linq("POST", "/chats", { from: other, to: [ada], message: { parts: [text("x")] } })
      const group = (yield* sandbox.createChat([ada, bob])).body.chat.id
      const marks = Effect.forEach(
        [id, there.body.chat.id, group],
        (chat: string) => Effect.map(sandbox.linq("GET", `/chats/${chat}`), ({ body }) => body.health_status.status)
      )
      const sendThere = Effect.map(
        sandbox.linq("POST", `/chats/${there.body.chat.id}/messages`, { message: { parts: [text("x")] } }),
        code
      )
      yield* sandbox.network.say({ from: ada, to: linqLine, group, text: "STOP" })
      expect(yield* sendThere).toEqual([202, undefined])
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "STOP" })
      expect(yield* marks).toEqual(["OPTED_OUT", "HEALTHY", "HEALTHY"])
      expect(yield* sendThere).toEqual([403, 2024])
      yield* sandbox.network.say({ from: ada, to: linqLine, group, text: "see you there" })
      expect(yield* marks).toEqual(["HEALTHY", "HEALTHY", "HEALTHY"])
      expect(yield* sendThere).toEqual([202, undefined])
    }))
})

describe("GET /v3/available_number", () => {
  it.scopedLive("names a line that is not excluded, and takes only numbers in E.164 as excluded ones", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const ask = (excluded: ReadonlyArray<string>) =>
        sandbox.linq("GET", `/available_number?${excluded.map((number) => `exclude_from=${encodeURIComponent(number)}`).join("&")}`)
      const lines: ReadonlyArray<string> = (yield* sandbox.linq("GET", "/phone_numbers")).body.phone_numbers.map(
        ({ phone_number }: { phone_number: string }) => phone_number
      )
      expect((yield* ask([linqLine, "+19995550100"])).body.phone_number).toBe(lines.find((number) => number !== linqLine))
      expect(code(yield* ask(lines))).toEqual([400, 1005])
      expect(code(yield* ask(["2025550101"]))).toEqual([400, 1002])
      expect(code(yield* ask(["ada@example.com"]))).toEqual([400, 1002])
    }))
})

describe("POST /v3/messages", () => {
  it.scopedLive("leaves a flagged line for another, with the continuation instead of the message", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const send = sandbox.linq("POST", "/messages", {
        to: [ada],
        message: { parts: [text("original")] },
        continuation_message: { text: "new number" }
      })
      const first = yield* send
      yield* sandbox.network.flagLine(first.body.from)
      const second = yield* send
      expect(second.body.from_selection).toEqual({ reason: "failover_flagged", reused_existing_chat: false })
      expect(second.body.previous_chat_id).toBe(first.body.chat_id)
      expect((yield* sandbox.phone(ada)).messages.map((message) => message.text)).toEqual(["original", "new number"])
      yield* sandbox.network.flagLine(second.body.from)
      expect(code(yield* send)).toEqual([409, 2015])
    }))
})

describe("a chat", () => {
  it.scopedLive("refuses what its kind does not allow", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const dm = (yield* sandbox.createChat([ada])).body.chat.id
      const group = (yield* sandbox.createChat([ada, bob])).body.chat.id
      const call = (method: string, path: string, body?: unknown) => Effect.map(sandbox.linq(method, path, body), code)
      expect(yield* call("PUT", `/chats/${dm}`, { display_name: "x" })).toEqual([409, 1006])
      expect(yield* call("POST", `/chats/${dm}/leave`)).toEqual([409, 1006])
      expect(yield* call("POST", `/chats/${group}/leave`)).toEqual([409, 2015])
      expect(yield* call("POST", `/chats/${group}/typing`)).toEqual([403, 2005])
      expect(yield* call("POST", `/chats/${group}/location/request`)).toEqual([409, 2016])
      expect(yield* call("DELETE", `/chats/${group}/participants`, { handle: ada })).toEqual([409, 2015])
      expect(yield* call("POST", `/chats/${dm}/share_contact_card`)).toEqual([404, 2012])
      expect(yield* call("POST", `/chats/${dm}/voicememo`, {})).toEqual([400, 1005])
      expect(yield* call("POST", `/chats/${dm}/voicememo`, { voice_memo_url: "https://x.com/a.txt" })).toEqual([400, 5004])
      expect(yield* call("GET", "/chats/not-a-uuid")).toEqual([400, 1005])
      expect(yield* call("GET", "/chats/00000000-0000-4000-8000-000000000000")).toEqual([404, 2001])
      yield* sandbox.network.person({ handle: cyd, service: "SMS" })
      expect(yield* call("POST", `/chats/${group}/participants`, { handle: cyd })).toEqual([409, 2017])
      expect(yield* call("POST", `/chats/${group}/participants`, { handle: dee })).toEqual([202, undefined])
    }))

  it.scopedLive("shows typing only while it is recent", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      yield* sandbox.linq("POST", `/chats/${id}/typing`)
      expect((yield* sandbox.phone(ada)).typing).toEqual([linqLine])
      yield* sandbox.network.advance("2 minutes")
      expect((yield* sandbox.phone(ada)).typing).toEqual([])
      yield* sandbox.network.advance("4 minutes")
      expect((yield* sandbox.linq("POST", `/chats/${id}/typing`)).status).toBe(204)
      expect((yield* sandbox.phone(ada)).typing).toEqual([])
    }))
})

describe("an edit", () => {
  it.scopedLive("works five times within fifteen minutes, on texts of ours", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat.message
      const edit = (body: object, of: string = id) => Effect.map(sandbox.linq("PATCH", `/messages/${of}`, body), code)
      for (let count = 1; count <= 5; count++) expect((yield* edit({ text: `v${count}` }))[0]).toBe(200)
      expect(yield* edit({ text: "v6" })).toEqual([400, 1005])
      expect((yield* sandbox.phone(ada)).messages[0]).toMatchObject({ text: "v5", editedText: "v5" })
      const late = (yield* sandbox.createChat([ada])).body.chat.message.id
      yield* sandbox.network.advance("16 minutes")
      expect(yield* edit({ text: "x" }, late)).toEqual([400, 1005])
      const said = yield* sandbox.network.say({ from: ada, to: linqLine, text: "hi" })
      expect(yield* edit({ text: "x" }, said.id)).toEqual([403, 2005])
    }))
})

describe("an attachment", () => {
  it.scopedLive("is taken as declared, within fifteen minutes", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const declare = (extra: object = {}) =>
        sandbox.linq("POST", "/attachments", { filename: "a.m4a", content_type: "audio/x-m4a", size_bytes: 4, ...extra })
      const upload = (url: string, body: string, type = "audio/x-m4a") =>
        Effect.map(request("PUT", url, { headers: { "content-type": type }, body }), ({ status }) => status)
      const declared = (yield* declare()).body
      expect(declared.required_headers).toEqual({ "Content-Type": "audio/x-m4a", "Content-Length": "4" })
      expect(yield* upload(declared.upload_url, "abcde")).toBe(403)
      expect(yield* upload(declared.upload_url, "abcd", "text/plain")).toBe(403)
      expect(yield* upload(declared.upload_url, "abcd")).toBe(200)
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      const memo = (attachment_id: string) => sandbox.linq("POST", `/chats/${id}/voicememo`, { attachment_id })
      expect((yield* memo(declared.attachment_id)).status).toBe(202)
      const late = (yield* declare()).body.upload_url
      yield* sandbox.network.advance("16 minutes")
      expect(yield* upload(late, "abcd")).toBe(403)
      expect(code(yield* declare({ content_type: "audio/ogg" }))).toEqual([400, 5004])
      expect(code(yield* declare({ size_bytes: 104_857_601 }))).toEqual([400, 5005])
      expect(code(yield* declare({ filename: "" }))).toEqual([400, 1005])
      expect(code(yield* declare({ filename: "\ud800.jpg" })), "half a surrogate pair").toEqual([400, 1005])
    }))

  it.scopedLive("of more than 10 MB is no voice memo", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const size = 10 * 1024 * 1024 + 1
      const declared = (yield* sandbox.linq("POST", "/attachments", {
        filename: "a.m4a",
        content_type: "audio/x-m4a",
        size_bytes: size
      })).body
      yield* request("PUT", declared.upload_url, { headers: { "content-type": "audio/x-m4a" }, body: "x".repeat(size) })
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      const memo = yield* sandbox.linq("POST", `/chats/${id}/voicememo`, { attachment_id: declared.attachment_id })
      expect(code(memo)).toEqual([413, 5001])
    }))
})

describe("rate limits", () => {
  it.scopedLive("apply when asked for: one capability check in ten seconds", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ rateLimits: true })
      const check = Effect.map(sandbox.linq("POST", "/capability/check_imessage", { address: ada }), code)
      expect([yield* check, yield* check]).toEqual([[200, undefined], [429, 1007]])
      yield* sandbox.network.advance("10 seconds")
      expect(yield* check).toEqual([200, undefined])
    }))

  it.scopedLive("apply when asked for: 30 messages to one person in a minute", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ rateLimits: true })
      for (let count = 0; count < 30; count++) expect((yield* sandbox.createChat([ada])).status).toBe(201)
      const limited = yield* sandbox.createChat([ada])
      expect(code(limited)).toEqual([429, 1007])
      expect(limited.headers.get("retry-after")).toBe(String(limited.body.error.retry_after))
      yield* sandbox.network.advance("1 minute")
      expect((yield* sandbox.createChat([ada])).status).toBe(201)
    }))
})

// linq-go 0.38.3 (blockedhandle.go), read 2026-11
describe("a blocked handle", () => {
  const blocking = Effect.gen(function*() {
    const sandbox = yield* start()
    const block = (handle: string) => Effect.map(sandbox.linq("POST", "/blocked_handles", { handle }), ({ body }) => body.blocked_handle)
    const listed = Effect.map(
      sandbox.linq("GET", "/blocked_handles"),
      ({ body }) => body.blocked_handles.map(({ handle }: { handle: string }) => handle)
    )
    return { block, listed, sandbox }
  })

  it.scopedLive("is listed once, the newest first, and an e-mail address in lower case", () =>
    Effect.gen(function*() {
      const { block, listed, sandbox } = yield* blocking
      const first = yield* block(ada)
      yield* block("Spam@Example.com")
      expect(yield* block(ada)).toEqual(first)
      expect(yield* listed).toEqual(["spam@example.com", ada])
      expect((yield* sandbox.linq("DELETE", "/blocked_handles", { handle: ada })).status).toBe(204)
      expect(yield* listed).toEqual(["spam@example.com"])
      expect(code(yield* sandbox.linq("POST", "/blocked_handles", { handle: "no such handle" }))).toEqual([400, 1005])
    }))

  it.scopedLive("gets nothing alone, and what it writes is dropped: no chat begins, and a STOP does not count", () =>
    Effect.gen(function*() {
      const { block, sandbox } = yield* blocking
      yield* block(ada)
      expect(code(yield* sandbox.createChat([ada]))).toEqual([403, 2026])
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "STOP" })
      expect((yield* sandbox.linq("GET", "/chats")).body.chats).toEqual([])
      expect(Option.map(yield* sandbox.network.find(ada), ({ optedOutOf }) => optedOutOf)).toEqual(Option.some([]))
    }))
})
