/** What a session sees of people, at every address that can be read. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Draft from "@interline/core/Draft"
import type { Message } from "@interline/core/Message"
import type { Archived } from "@interline/sql/Archive"
import * as EventLog from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as AST from "effect/SchemaAST"
import * as TestClock from "effect/TestClock"
import * as Masked from "../../src/access/masked.ts"
import * as Masking from "../../src/access/masking.ts"
import * as Meanings from "../../src/access/meanings.ts"
import { GatewayApi } from "../../src/api/Api.ts"
import * as ApiSchema from "../../src/api/ApiSchema.ts"
import * as ProblemDetails from "../../src/http/ProblemDetails.ts"
import { ada, apiKey, ben, deliveryId, message, outboundEntry, ref, report, serve, support, then, toAda } from "./world.ts"

interface Readable {
  readonly name: string
  readonly path: string
  readonly schemas: ReadonlyArray<AST.AST>
  readonly isRead: boolean
}

const endpoints: ReadonlyArray<Readable> = (() => {
  const found: Array<Readable> = []
  HttpApi.reflect(GatewayApi, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint: { method, name, path }, successes }) =>
      found.push({
        name,
        path,
        schemas: Array.from(successes.values()).flatMap(({ ast }) => Option.toArray(ast)),
        isRead: method === "GET"
      })
  })
  return found
})()

/** What nobody must see who has not asked for it: the ends of numbers, texts, names, a note, and a place. */
const secrets = ["2025550123", "2025550124", "hello", "spam", "Monday", "Lovelace", "reunion", "photo-of-ada", "37.8", "order-of-ada"]

const received: Message = {
  ...message,
  direction: "inbound",
  from: ada,
  parts: [
    { _tag: "Text", text: "hello", decorations: [], mentions: [{ peer: ben, start: 0, end: 1, isMine: false }], reactions: [] },
    { _tag: "Media", url: "https://files.example/photo-of-ada.jpg", fileName: "photo-of-ada.jpg", reactions: [] }
  ],
  metadata: { note: "order-of-ada", number: 12_025_550_123 }
}

const chat = {
  ref: { carrierId: ref.carrierId, id: "c1" },
  isGroup: true,
  name: "reunion",
  participants: [{ peer: ada, name: "Ada Lovelace", isMine: false, metadata: { "+12025550124": "hello" } }],
  metadata: {}
}

const archived: ReadonlyArray<Archived> = [
  {
    _tag: "Outbound",
    id: deliveryId,
    at: then,
    updatedAt: then,
    entry: outboundEntry({ ...Draft.text("hello"), metadata: { order: "order-of-ada" } }),
    report
  },
  { _tag: "Inbound", id: "linq:m9", at: then, updatedAt: then, conversation: toAda, message: received }
]

const fill = (path: string, callback: string): string =>
  path.replace("/v1/callbacks/:id", `/v1/callbacks/${callback}`).replace(":id", deliveryId).replace(":message", "linq%3Am1").replace(
    ":chat",
    "linq%3Ac1"
  ).replace(":attachment", "linq%3Af1").replace(":line", support)

const page = <A>(item: A) => Effect.succeed({ items: [item], next: Option.none(), total: Option.none() })

describe("people in answers", () => {
  it.scoped("are hidden from a session at every address that can be read, until it asks, and then the audit says who asked", () =>
    Effect.gen(function*() {
      const { anybody, audit, http } = yield* serve({
        archived,
        messaging: {
          getMessage: () => Effect.succeed(received),
          listMessages: () => page(received),
          listThread: () => page(received),
          listChats: () => page(chat),
          getChat: () => Effect.succeed(chat)
        }
      })
      const post = (path: string, body: unknown) => HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(path), body)
      yield* http.execute(post("/v1/opt-outs", { handle: ben }))
      const made = yield* http.execute(post("/v1/callbacks", { url: "https://ours.example/in" }))
      const { id } = JSON.parse(yield* made.text)
      const started = yield* anybody.execute(
        HttpClientRequest.setHeader(post("/v1/session", { key: apiKey }), "x-interline-console", "1")
      )
      const cookie = (started.headers["set-cookie"] ?? "").split(";")[0] ?? ""
      const asked = (path: string) =>
        Effect.flatMap(
          anybody.execute(HttpClientRequest.setHeader(HttpClientRequest.get(path), "cookie", cookie)),
          (answer) => Effect.map(answer.text, (text) => ({ status: answer.status, text, headers: JSON.stringify(answer.headers) }))
        )
      const seen = new Set<string>()
      let all = ""
      let read = 0
      for (const { name, path } of endpoints.filter(({ isRead }) => isRead)) {
        const target = fill(path, id)
        const whole = yield* http.get(target)
        const text = yield* whole.text
        all += text
        if (whole.status === 200) read++
        const masked = yield* asked(target)
        strictEqual(masked.status, whole.status, `${name} answered ${masked.text}`)
        for (const secret of secrets) {
          strictEqual(masked.text.includes(secret), false, `${name} shows ${secret}: ${masked.text}`)
          strictEqual(masked.headers.includes(secret), false, `a header of ${name} shows ${secret}`)
        }
        if (["listAudit", "getSession", "listKeys"].includes(name)) continue
        const before = audit.entries.length
        const shown = yield* asked(`${target}?show=people`)
        deepStrictEqual([shown.status, shown.text.replace(/"ageSeconds":\d+/g, "")], [whole.status, text.replace(/"ageSeconds":\d+/g, "")])
        const subject = Masked.subjectOf(name, target)
        // what shows the same thing is one act
        deepStrictEqual(
          audit.entries.slice(0, audit.entries.length - before).map(({ at: _, requestId: __, ...entry }) => entry),
          seen.has(subject) ? [] : [{ actor: "crm", act: "people.shown", subject, outcome: "done" }]
        )
        seen.add(subject)
      }
      deepStrictEqual(secrets.filter((secret) => !all.includes(secret)), [], "a key sees all of it, so that the test means something")
      strictEqual(seen.has(`message ${deliveryId}`), true)
      yield* TestClock.adjust("1 hour")
      const before = audit.entries.length
      yield* Effect.all([asked(`/v1/deliveries/${deliveryId}?show=people`), asked(`/v1/deliveries/${deliveryId}/explain?show=people`)], {
        concurrency: 2
      })
      deepStrictEqual(audit.entries.length - before, 1)
      strictEqual(read >= endpoints.filter(({ isRead }) => isRead).length - 1, true, `only ${read} addresses were read`)

      const list = JSON.parse((yield* asked("/v1/messages")).text)
      strictEqual(list.items[0].conversation.handle, "+1••••••••23")
      strictEqual((yield* asked("/v1/messages?show=all")).status, 400)
      const sent = yield* anybody.execute(
        HttpClientRequest.setHeaders(post("/v1/send", { to: { line: support, handle: ada }, text: "hello" }), {
          cookie,
          "x-interline-console": "1"
        })
      )
      deepStrictEqual([sent.status, (yield* sent.text).includes("2025550123")], [200, false])
      const sentByKey = yield* http.execute(post("/v1/send?show=people", { to: { line: support, handle: ada }, text: "hello" }))
      deepStrictEqual([sentByKey.status, (yield* sentByKey.text).includes("2025550123")], [200, true])
    }))

  it("are hidden where a page of them ends", () => {
    const optOuts = Masking.make("listOptOuts", [ApiSchema.OptOuts.ast])
    deepStrictEqual(optOuts({ items: [], next: "MTcwMDAwMDAwMDAwMCArMTIwMjU1NTAxMjM" }), { items: [], next: "•••" })
    const messages = Masking.make("listArchive", [ApiSchema.OptOuts.ast])
    deepStrictEqual(messages({ items: [], next: "MTcwMDAwMDAwMDAwMA" }), { items: [], next: "MTcwMDAwMDAwMDAwMA" })
  })

  it("are not the carriers between which the router moves", () => {
    const explain = endpoints.find(({ name }) => name === "explain")
    const mask = Masking.make("explain", explain?.schemas ?? [])
    for (const tag of ["FailedOver", "RolloutChanged"]) {
      const shown = JSON.stringify(mask({ decisions: [{ _tag: tag, from: "linq", to: "sendblue" }] }))
      deepStrictEqual([tag, shown.includes("linq"), shown.includes("sendblue")], [tag, true, true])
    }
  })

  it("are looked for in every field that holds a text: somebody has said of each what it holds", () => {
    const places = [
      ...endpoints.flatMap(({ name, schemas }) => Masking.fieldsWithText(name, schemas)),
      ...Masking.fieldsWithText("event", [EventLog.GatewayEvent.ast]),
      ...Masking.fieldsWithText("problem", [ProblemDetails.Wire.ast])
    ]
    const unknown = places.filter((place) => Meanings.find(place) === undefined).map(({ path, tag }) =>
      `${path.join(".")} of ${tag ?? "no tag"}`
    )
    deepStrictEqual(Array.from(new Set(unknown)), [])
  })
})
