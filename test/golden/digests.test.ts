/** What is looked for by a digest must be found by it after an upgrade: fixed inputs give the digests, ids and signatures that they gave before. */
import { expect, it } from "@effect/vitest"
import * as SendblueCallback from "@interline/sendblue/SendblueCallback"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createHash, createHmac } from "node:crypto"
import { file } from "../sql/databases.ts"
import { compare, sorted } from "./golden.ts"
import { makeWorld } from "./tour.ts"

const ada = "+12025550123"
const ben = "+12025550124"
const east = "+12025550111"
const west = "+12025550211"

const digest = (...texts: ReadonlyArray<string>): string => createHash("sha256").update(JSON.stringify(texts)).digest("hex")

const dot = Buffer.from("89504e470d0a1a0a", "hex")

const form = (boundary: string): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="dot.png"\r\ncontent-type: image/png\r\n\r\n`),
    dot,
    Buffer.from(`\r\n--${boundary}--\r\n`)
  ])

interface Request {
  readonly id: string
  readonly scope: string
  readonly fingerprint: string
}

const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

it.scopedLive(
  "requests are found again by the same digests, groups by their members, and chats, handles and lines have the same ids",
  () =>
    Effect.gen(function*() {
      const { call, sql, step } = yield* makeWorld(yield* file)
      const post = (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => step(`POST ${path}`, path, body, headers)
      const keyed = { "idempotency-key": "a-key" }

      yield* post("/v1/send", { to: { line: "east", handle: ada }, text: "Grüße", metadata: { b: "2", a: "1" } }, keyed)
      yield* post("/v1/send", { to: { line: "west", handle: ada }, text: "to confirm", confirmsOptOut: true }, {
        "idempotency-key": "another"
      })
      yield* post("/v1/opt-outs", { handle: "+12025550199" }, keyed)
      yield* post("/v1/groups", { line: "east", members: [ben, ada] }, keyed)
      yield* step("POST /v1/attachments", "/v1/attachments?mimeType=image%2Fpng&fileName=dot.png", dot, {
        ...keyed,
        "content-type": "image/png"
      })
      const chat = yield* post("/linq/v3/chats", {
        from: east,
        to: [ada],
        message: { parts: [{ type: "text", value: "keyed" }], idempotency_key: "a-key" }
      })
      yield* post("/linq/v3/chats", { to: [ada], from: east, message: { parts: [{ type: "text", value: "not keyed" }] } })
      const numbers = yield* step("GET /linq/v3/phone_numbers", "/linq/v3/phone_numbers")
      yield* post("/sendblue/api/send-message", { number: ada, from_number: west, content: "keyed" }, keyed)
      yield* post("/sendblue/api/send-message", { number: ada, from_number: west, content: "not keyed", media_url: "" })
      yield* step("POST /sendblue/api/upload-file", "/sendblue/api/upload-file", form("a-boundary"), {
        ...keyed,
        "content-type": "multipart/form-data; boundary=a-boundary"
      })

      // the last: nothing takes its calls
      yield* call("POST /linq/v3/webhook-subscriptions", "/linq/v3/webhook-subscriptions", {
        target_url: "http://127.0.0.1:1/hook",
        subscribed_events: ["message.sent"]
      }, keyed)

      const requests = yield* sql<Request>`SELECT id, scope, fingerprint FROM interline_requests`
      const claims = yield* sql<{ readonly key: string; readonly fingerprint: string }>`SELECT key, fingerprint FROM interline_claims`
      // a request without a key has a random id, and its ledger key is made of that
      const unkeyed = new Map(requests.filter(({ id }) => !isDigest(id)).map(({ id, scope }) => [digest("request", scope, id), scope]))
      expect(claims.filter(({ key }) => unkeyed.has(key))).toHaveLength(2)
      const members = yield* sql<{ readonly members: string }>`SELECT members FROM interline_conversations WHERE members IS NOT NULL`
      const likenesses = yield* sql<{ readonly likenesses: string }>`SELECT likenesses FROM interline_deliveries`
      const events = yield* sql<{ readonly id: string }>`SELECT id FROM interline_ids`
      expect(members.map(({ members }) => members)).toContain(digest("east", ada, ben))
      compare("digests", {
        requests: sorted(
          requests.map(({ fingerprint, id, scope }) => `${isDigest(id) ? id : "<random>"} scope ${scope} fingerprint ${fingerprint}`)
        ),
        claims: sorted(claims.map(({ fingerprint, key }) => `${unkeyed.has(key) ? "<random>" : key} fingerprint ${fingerprint}`)),
        members: sorted(members.map(({ members }) => members)),
        likenesses: sorted(likenesses.map(({ likenesses }) => likenesses)),
        derived: sorted(
          [...JSON.stringify([chat, numbers]).matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g)].map(([id]) => id)
        ),
        ids: sorted(events.map(({ id }) => id.replace(/^[0-9a-f-]{36}$/, "<uuid>")))
      })
    }),
  60_000
)

// --- what is signed ---

const Secret = Schema.Struct({ secret: Schema.String })
const SigningSecret = Schema.Struct({ signing_secret: Schema.String })

const bytesOf = (secret: string): Buffer => Buffer.from(secret.replace("whsec_", ""), "base64")

const base64 = (secret: Buffer, text: string): string => createHmac("sha256", secret).update(text).digest("base64")

/** What signs a call of each dialect, by the vendor's rule. */
const isSigned = ({ body, headers }: RecordingServer.Received, secret: string): Readonly<Record<string, boolean>> => ({
  "webhook-signature": headers["webhook-signature"] ===
    `v1,${base64(bytesOf(secret), `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`)}`,
  "x-webhook-signature": headers["x-webhook-signature"] ===
    createHmac("sha256", secret).update(`${headers["x-webhook-timestamp"]}.${body}`).digest("hex"),
  "sb-signing-secret": headers["sb-signing-secret"] === secret
})

it.scopedLive("callbacks carry the same headers, and are signed by the same texts", () =>
  Effect.gen(function*() {
    const { settle, step } = yield* makeWorld(yield* file)
    const { origin, received } = yield* RecordingServer.make()
    const post = (path: string, body: unknown) => step(`POST ${path}`, path, body)
    const { secret: neutral } = yield* Effect.flatMap(
      post("/v1/callbacks", { url: `${origin}/neutral`, events: ["Status"] }),
      Schema.decodeUnknown(Secret)
    )
    const subscribed = (version: string) =>
      Effect.flatMap(
        post("/linq/v3/webhook-subscriptions", { target_url: `${origin}/linq?version=${version}`, subscribed_events: ["message.sent"] }),
        Schema.decodeUnknown(SigningSecret)
      )
    const newer = yield* subscribed("2026-02-03")
    const older = yield* subscribed("2025-01-01")
    yield* post("/sendblue/api/account/webhooks", { type: "outbound", webhooks: [{ url: `${origin}/sendblue`, secret: "a secret" }] })
    yield* post("/v1/send", { to: { line: "east", handle: ada }, text: "signed" })
    yield* settle
    const secrets = {
      "/neutral": neutral,
      "/linq?version=2026-02-03": newer.signing_secret,
      "/linq?version=2025-01-01": older.signing_secret,
      "/sendblue": "a secret"
    }
    compare(
      "callback-headers",
      Object.fromEntries(
        Object.entries(secrets).map(([path, secret]) => {
          const call = received.find(({ url }) => url === path)
          return [
            path,
            call === undefined
              ? "never called"
              : { headers: sorted(Object.keys(call.headers)).join(", "), isSigned: isSigned(call, secret) }
          ]
        })
      )
    )
  }), 60_000)

it.effect("a token of Sendblue's reports is made as before", () =>
  Effect.gen(function*() {
    const sign = SendblueCallback.sign({ secret: Redacted.make("the-secret-of-the-reports") })
    const token = yield* sign("6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01:1:0", { line: west, recipient: ada }, 1_795_289_738_759)
    compare("report-token", { address: SendblueCallback.address("https://gateway.example.com/webhooks/sendblue?a=1", token) })
  }))
