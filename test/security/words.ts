/** What goes out again: headers, errors, secrets, logs. */
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { numbers } from "../support/sandbox.ts"
import { raw, rawOnce, statusOf, until } from "./http.ts"
import type { Line } from "./line.ts"
import { all, linqBody, standard } from "./signing.ts"
import { credentials, secrets, type Wire } from "./world.ts"

const key = secrets.keys.first

const recipient = "+12025550161"

const text = "the safe opens with seventeen"

/** Reads on every wire that could show more than they should. */
const lists = [
  ["v1", "/v1/callbacks"],
  ["v1", "/v1/webhooks"],
  ["v1", "/v1/carriers"],
  ["v1", "/v1/lines"],
  ["v1", "/v1/lines/usage"],
  ["v1", "/v1/dead-letters"],
  ["v1", "/v1/queues"],
  ["v1", "/v1/processes"],
  ["v1", "/v1/rollout"],
  ["v1", "/v1/failed-events"],
  ["v1", "/v1/deliveries"],
  ["v1", "/v1/messages"],
  ["v1", "/v1/held"],
  ["sendblue", "/sendblue/api/account/webhooks"],
  ["sendblue", "/sendblue/api/lines"],
  ["sendblue", "/sendblue/api/v2/messages"],
  ["sendblue", "/sendblue/api/v2/lines/state"],
  ["sendblue", "/sendblue/api/v2/lines/usage"],
  ["linq", "/linq/v3/webhook-subscriptions"],
  ["linq", "/linq/v3/phone_numbers"],
  ["linq", `/linq/v3/chats?from=${encodeURIComponent(numbers.linq)}`],
  ["v1", "/metrics"],
  ["v1", "/readyz"],
  ["v1", "/openapi.json"]
] as const satisfies ReadonlyArray<readonly [Wire, string]>

/** Would split a header, open a tag, and be no ASCII. */
const evil = "a\r\nx-evil: 1\r\n\r\n<script>é😀"

export const words: ReadonlyArray<Line> = [
  {
    threat: "a line break in a value that becomes a header",
    against: "Node refuses it in headers of requests; into headers we write only our own ASCII and digests of callers' keys",
    name: "no header that is answered, or sent to a vendor, is split by ids, keys, texts or losses",
    run: (world) =>
      Effect.gen(function*() {
        yield* world.network.clearRequests
        const answers = [
          yield* world.call("v1", "POST", "/v1/send", {
            to: { line: "support", handle: recipient },
            text: evil,
            metadata: { evil },
            effect: "echo"
          }),
          yield* world.call("v1", "POST", "/v1/send", {
            to: { line: "support", handle: recipient },
            parts: [{ _tag: "Text", text: evil, decorations: [{ start: 0, end: 1, style: "bold" }] }]
          }),
          yield* world.call("sendblue", "POST", "/sendblue/api/send-message", {
            number: recipient,
            from_number: numbers.sendblue,
            content: evil,
            send_style: "shooting_star",
            seat_id: evil
          }),
          yield* world.call("sendblue", "POST", "/sendblue/api/send-message", {
            number: recipient,
            from_number: numbers.sendblue,
            content: "x",
            media_url: `https://images.example.com/${encodeURIComponent(evil)}.jpg`,
            send_style: "celebration"
          }),
          yield* world.call("linq", "POST", "/linq/v3/chats", {
            from: numbers.linq,
            to: [recipient],
            message: { parts: [{ type: "text", value: evil }], idempotency_key: evil }
          }),
          yield* world.call("linq", "POST", "/linq/v3/attachments", { filename: `${evil}.jpg`, content_type: "image/jpeg", size_bytes: 3 }),
          yield* world.call("v1", "GET", `/v1/messages/${encodeURIComponent(evil)}`),
          yield* world.call("v1", "GET", `/v1/chats/${encodeURIComponent(`linq:${evil}`)}`),
          yield* world.call("linq", "GET", `/linq/v3/chats/${encodeURIComponent(evil)}`),
          yield* world.call("sendblue", "GET", `/sendblue/api/status?handle=${encodeURIComponent(evil)}`),
          yield* world.call(
            "v1",
            "POST",
            `/v1/attachments?fileName=${encodeURIComponent(evil)}.jpg&mimeType=${encodeURIComponent(evil)}`,
            "abc"
          ),
          yield* world.ask({
            path: "/v1/carriers",
            headers: {
              ...credentials("v1", key),
              traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
              "last-event-id": "x"
            }
          })
        ]
        expect(answers.slice(0, 5).map(({ status }) => status < 300)).toEqual([true, true, true, true, true])
        for (const { headers } of answers) {
          expect(Object.keys(headers)).not.toContain("x-evil")
          for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/)
        }
        expect(answers.some(({ headers }) => headers["interline-losses"] !== undefined)).toBe(true)
        const sent = yield* world.network.requests()
        expect(sent.length).toBeGreaterThan(4)
        for (const { headers } of sent) {
          expect(Object.keys(headers)).not.toContain("x-evil")
          for (const value of Object.values(headers)) expect(value).toMatch(/^[\t\x20-\x7e]*$/)
        }
        const upload = JSON.parse(answers[5]?.body ?? "{}") as { readonly upload_url?: string; readonly download_url?: string }
        if (upload.download_url !== undefined) expect(upload.download_url).toMatch(/^[\x21-\x7e]*$/)
      })
  },
  {
    threat: "an Idempotency-Key that is not a valid key",
    against: "an Idempotency-Key has 1 to 255 printable ASCII characters; a header with a line break is refused before it is read",
    name: "a broken header is refused, and a strange Idempotency-Key on the neutral API too",
    run: (world) =>
      Effect.gen(function*() {
        const body = JSON.stringify({ to: { line: "support", handle: recipient }, text: "a strange key" })
        const send = (name: string, value: string) =>
          Effect.map(
            rawOnce(
              world.port,
              `POST /v1/send HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n${name}: ${value}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
            ),
            statusOf
          )
        for (const value of ["", "\xe9", "a\tb", "x".repeat(256), "a\x7fb"]) {
          expect([400, 422], JSON.stringify(value)).toContain(yield* send("idempotency-key", value))
        }
        for (const value of ["a\nx-evil: 1", "a\rb", "a\0b", "a\r\n b"]) expect(yield* send("idempotency-key", value)).toBe(400)
        for (const name of ["x evil", "x\tevil", "x-evil ", "\xe9vil", "x:evil"]) expect([400, 200]).toContain(yield* send(name, "1"))
        expect(yield* send("x evil", "1")).toBe(400)
        expect(yield* send("idempotency-key", "a plain key")).toBe(200)
      })
  },
  {
    threat: "a secret or an address of a callback has a line break, to add a header",
    against: "a secret that no header can hold is refused; the headers of a callback are checked before they are sent",
    name: "a callback's secret that no header can hold is refused, and splits none",
    over: "open",
    run: (world) =>
      Effect.gen(function*() {
        const server = yield* RecordingServer.make()
        const hook = (webhook: unknown) => world.call("sendblue", "POST", "/sendblue/api/account/webhooks", { webhooks: [webhook] })
        for (const secret of ["a\r\nx-evil: 1", "é", "a\0b", " a", "a\n"]) {
          expect((yield* hook({ url: `${server.origin}/evil`, secret })).status).toBe(400)
          expect(
            (yield* world.call("v1", "POST", "/v1/callbacks", { url: `${server.origin}/dialect`, dialect: "sendblue", secret })).status
          ).toBe(422)
          expect(
            (yield* world.call("sendblue", "PUT", "/sendblue/api/account/webhooks", {
              webhooks: { receive: [`${server.origin}/evil`], globalSecret: secret }
            })).status
          ).toBe(400)
        }
        expect((yield* hook({ url: `${server.origin}/plain`, secret: "a plain secret" })).status).toBe(200)
        const body = linqBody("told with secrets")
        yield* world.ask({ method: "POST", path: "/webhooks/linq", body, headers: standard(body) })
        yield* until(() => server.received.some(({ url }) => url === "/plain"))
        expect(server.received.map(({ url }) => url)).not.toContain("/evil")
        expect(server.received.find(({ url }) => url === "/plain")?.headers["sb-signing-secret"]).toBe("a plain secret")
      }).pipe(Effect.scoped)
  },
  {
    threat: "an error shows the content of a request to somebody who reads errors",
    against:
      "errors are our own sentences and name the field that is wrong; of a request they repeat at most a plain word where a word of a fixed list is expected",
    name: "errors and 404s repeat nothing of the path, the query, the headers or the body",
    run: (world) =>
      Effect.gen(function*() {
        const mark = "d1stinct"
        const markup = `<script>${mark}</script>`
        const asked: ReadonlyArray<readonly [Wire, string, string, unknown?]> = [
          ["v1", "GET", `/nowhere/${mark}`],
          ["v1", "GET", `/v1/${mark}?q=${mark}`],
          ["v1", "GET", `/v1/messages/${mark}`],
          ["v1", "GET", `/v1/chats/${mark}`],
          ["v1", "GET", `/v1/deliveries/${mark}`],
          ["v1", "GET", `/v1/messages?peer=${mark}&limit=${mark}&cursor=${mark}&since=${mark}`],
          ["v1", "POST", "/v1/send", `{"${mark}`],
          ["v1", "POST", "/v1/send", { to: { line: mark, handle: mark }, text: { mark } }],
          ["v1", "POST", "/v1/send", { to: { line: "support", handle: mark }, text: mark }],
          ["v1", "POST", "/v1/send", { to: { line: mark, handle: recipient }, text: mark }],
          ["v1", "POST", "/v1/send", { to: { chat: mark }, text: mark }],
          ["v1", "POST", "/v1/send", { to: { line: "support", handle: recipient }, parts: [{ _tag: mark, text: mark }] }],
          ["v1", "POST", "/v1/send", { to: { line: "support", handle: recipient }, text: "x", effect: mark }],
          ["v1", "POST", "/v1/callbacks", { url: `ftp://${mark}` }],
          ["v1", "POST", "/v1/callbacks", { url: "https://hooks.example.com/", secret: mark }],
          ["v1", "PUT", `/v1/lines/${mark}/contact-card`, { firstName: mark }],
          ["sendblue", "GET", `/sendblue/${mark}`],
          ["sendblue", "GET", `/sendblue/api/${markup}`],
          ["sendblue", "GET", `/sendblue/api/status?handle=${mark}`],
          ["sendblue", "GET", `/sendblue/api/v2/messages/${mark}`],
          ["sendblue", "POST", "/sendblue/api/send-message", `{"${mark}`],
          ["sendblue", "POST", "/sendblue/api/send-reaction", { from_number: mark, message_handle: mark, reaction: mark }],
          ["sendblue", "GET", `/sendblue/api/evaluate-service?number=${mark}`],
          ["sendblue", "POST", "/sendblue/api/account/webhooks", { type: mark, webhooks: [mark] }],
          ["sendblue", "POST", "/sendblue/api/account/webhooks", { webhooks: [`https://${mark}`] }],
          ["linq", "GET", `/linq/${mark}`],
          ["linq", "GET", `/linq/v3/${mark}`],
          ["linq", "GET", `/linq/v3/chats/${mark}`],
          ["linq", "GET", `/linq/v3/messages/${mark}`],
          ["linq", "GET", `/linq/v3/chats?from=${mark}&cursor=${mark}&limit=${mark}`],
          ["linq", "GET", `/linq/files/${mark}/${mark}`],
          ["linq", "PUT", `/linq/uploads/${mark}/${mark}`, mark],
          ["linq", "POST", "/linq/v3/chats", `{"${mark}`],
          ["linq", "POST", "/linq/v3/chats", { from: mark, to: [mark], message: { parts: [{ type: mark }] } }],
          ["linq", "POST", "/linq/v3/chats", {
            from: numbers.linq,
            to: [recipient],
            message: { parts: [{ type: "text", value: "x" }], effect: { type: "screen", name: mark } }
          }],
          ["linq", "POST", "/linq/v3/webhook-subscriptions", { target_url: mark, subscribed_events: [mark] }],
          ["linq", "POST", "/linq/v3/attachments", { filename: mark, content_type: mark, size_bytes: mark }]
        ]
        for (const [wire, method, path, body] of asked) {
          const headers = { "x-custom": mark, "user-agent": mark, referer: `https://${mark}/`, cookie: mark }
          const answer = yield* world.call(wire, method, encodeURI(path), body, headers)
          expect(answer.status, `${method} ${path}: ${answer.body}`).toBeGreaterThanOrEqual(400)
          expect(
            `${method} ${path} ${answer.body} ${JSON.stringify(answer.headers)}`.slice(`${method} ${path}`.length),
            `${method} ${path} ${JSON.stringify(body)}`
          ).not.toContain(mark)
          expect(answer.body).not.toContain(key)
          expect(answer.body).not.toMatch(/ at [^ ]+ \(|node:|\.ts:\d/)
        }
      })
  },
  {
    threat: "somebody reads a secret back",
    against: "a secret is shown only in the answer that made it, and by no read",
    name: "no read shows a secret of a callback, of a subscription, of a carrier or of the gateway",
    run: (world) =>
      Effect.gen(function*() {
        const own = `whsec_${Buffer.from("a secret of a callback that is ours").toString("base64")}`
        const made = yield* world.call("v1", "POST", "/v1/callbacks", { url: "https://hooks.example.com/secret", secret: own })
        const minted = yield* world.call("v1", "POST", "/v1/callbacks", { url: "https://hooks.example.com/minted" })
        const subscribed = yield* world.call("linq", "POST", "/linq/v3/webhook-subscriptions", {
          target_url: "https://hooks.example.com/linq",
          subscribed_events: ["message.received"]
        })
        yield* world.call("sendblue", "POST", "/sendblue/api/account/webhooks", {
          webhooks: [{ url: "https://hooks.example.com/sendblue", secret: "a secret of a webhook" }],
          globalSecret: "a secret of the account"
        })
        const parse = ({ body }: { readonly body: string }) =>
          JSON.parse(body) as { readonly id: string; readonly secret?: string; readonly signing_secret?: string }
        const shown = [parse(minted).secret, parse(subscribed).signing_secret].map((secret) =>
          secret ?? expect.fail("no secret was shown at all")
        )
        const hidden = [
          own,
          ...shown,
          "a secret of a webhook",
          "a secret of the account",
          ...Object.values(secrets.linq),
          ...Object.values(secrets.sendblue),
          secrets.reports,
          ...Object.values(secrets.keys),
          ...world.vendorSecrets
        ]
        const reads = [...lists, ["v1", `/v1/callbacks/${parse(made).id}`], ["v1", `/v1/callbacks/${parse(minted).id}`], [
          "linq",
          `/linq/v3/webhook-subscriptions/${parse(subscribed).id}`
        ]] as const
        for (const [wire, path] of reads) {
          const { body, status } = yield* world.call(wire, "GET", path)
          expect(status, `${path}: ${body}`).toBe(200)
          for (const secret of hidden) expect(body, path).not.toContain(secret)
        }
        const changed = yield* world.call("v1", "PATCH", `/v1/callbacks/${parse(made).id}`, { events: ["Received"] })
        expect([changed.status, parse(changed).secret]).toEqual([200, undefined])
      })
  },
  {
    threat: "somebody reads the logs and traces",
    against: "log lines and spans hold only our own words, ids and routes",
    name: "nothing that is logged or traced holds a number, a text, a key, a secret or a token, whatever goes wrong",
    run: (world) =>
      Effect.gen(function*() {
        const to = { line: "support", handle: recipient }
        const sends = Effect.gen(function*() {
          yield* world.call("v1", "POST", "/v1/send", { to, text }, { "idempotency-key": text })
          yield* world.call("sendblue", "POST", "/sendblue/api/send-message", {
            number: recipient,
            from_number: numbers.sendblue,
            content: text,
            status_callback: "https://hooks.example.com/told?token=a-token-of-a-caller"
          })
          yield* world.call("linq", "POST", "/linq/v3/chats", {
            from: numbers.linq,
            to: [recipient],
            message: { parts: [{ type: "text", value: text }] }
          })
          yield* world.call("v1", "GET", `/v1/messages?peer=${encodeURIComponent(recipient)}`)
          yield* world.call("v1", "GET", `/v1/chats/linq%3A${encodeURIComponent(recipient)}`)
          yield* world.call("sendblue", "GET", `/sendblue/api/evaluate-service?number=${encodeURIComponent(recipient)}`)
          yield* world.call("sendblue", "GET", `/sendblue/${encodeURIComponent(recipient)}/${encodeURIComponent(text)}`)
        })
        yield* sends
        for (const kind of ["refused", "reset-before", "5xx-before", "2xx-not-json", "429"] as const) {
          for (const vendor of ["linq", "sendblue"] as const) yield* world.network.addFault({ vendor, kind, times: 3 })
          yield* world.call("v1", "POST", "/v1/send", { to, text })
          yield* world.network.clearFaults()
        }
        yield* world.call("v1", "POST", "/v1/send", `{"to":{"handle":"${recipient}"},"text":"${text}`)
        yield* world.call("v1", "POST", "/v1/callbacks", {
          url: `https://${text.replaceAll(" ", "-")}.example.com/?token=a-token-of-a-caller`,
          secret: text
        })
        for (const { make, path, sign } of all) {
          const body = make(text)
          yield* world.ask({ method: "POST", path, body, headers: sign(body) })
          yield* world.ask({
            method: "POST",
            path,
            body,
            headers: { ...sign(body), "webhook-signature": `v1,${text}`, "sb-signing-secret": text }
          })
          yield* world.ask({
            method: "POST",
            path: `${path}?interline=a-token-of-a-caller&number=${encodeURIComponent(recipient)}`,
            body: `{${text}`,
            headers: sign("")
          })
        }
        yield* raw(
          world.port,
          `GET /v1/carriers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\nbroken header ${text}\r\n\r\n`,
          1_000
        )
        yield* world.events(text)
        const said = world.said()
        expect(said.length).toBeGreaterThan(10_000)
        expect(said).toContain("a webhook was refused")
        const tokens = (yield* world.network.requests({ vendor: "sendblue", method: "POST" })).flatMap(({ body }) =>
          /interline=([\w.-]+)/.exec(body)?.[1] ?? []
        )
        expect(tokens.length).toBeGreaterThan(0)
        const people = [recipient, "+12025550177", "+12025550178", ...Object.values(numbers)]
        const never = [
          ...people,
          ...people.map((number) => number.slice(1)),
          text,
          encodeURIComponent(text),
          text.replaceAll(" ", "-"),
          "a-token-of-a-caller",
          ...Object.values(secrets.keys),
          ...Object.values(secrets.linq),
          ...Object.values(secrets.sendblue),
          secrets.reports,
          ...world.vendorSecrets,
          ...tokens
        ]
        for (const word of never) {
          expect(said.includes(word), `${word} was said: ${said.slice(Math.max(0, said.indexOf(word) - 300), said.indexOf(word) + 100)}`)
            .toBe(false)
        }
      })
  },
  {
    threat: "the metrics show content to somebody who reads them",
    against: "labels are routes, words of fixed lists and configured names; the page asks for a key",
    name: "the metrics want a key, and hold no number, text or key",
    run: (world) =>
      Effect.gen(function*() {
        expect((yield* world.ask({ path: "/metrics" })).status).toBe(401)
        yield* world.call("v1", "GET", `/v1/chats/${encodeURIComponent(recipient)}`)
        yield* world.call("v1", "GET", `/${encodeURIComponent(recipient)}`)
        const { body } = yield* world.call("v1", "GET", "/metrics")
        expect(body).toContain("interline_http_requests_total")
        for (const word of [recipient.slice(1), text, key, ...Object.values(numbers).map((number) => number.slice(1))]) {
          expect(body).not.toContain(word)
        }
      })
  }
]
