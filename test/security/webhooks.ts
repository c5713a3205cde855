/** Events that somebody else makes up, changes or repeats. */
import * as SendblueCallback from "@interline/sendblue/SendblueCallback"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect } from "vitest"
import { ada, numbers } from "../support/sandbox.ts"
import type { Line } from "./line.ts"
import { all, legacy, linqBody, sendblueBody, shared, standard, type Way } from "./signing.ts"
import { secrets, type World } from "./world.ts"

type Headers = Readonly<Record<string, string>>

const post = (world: World, path: string, body: string | Uint8Array, headers: Headers) => world.ask({ method: "POST", path, body, headers })

/** That a call is refused with a status, and that nothing of it was written down. */
const refused = (world: World, status: number, path: string, body: string | Uint8Array, headers: Headers) =>
  Effect.gen(function*() {
    const before = yield* world.taken
    const answer = yield* post(world, path, body, headers)
    expect([path, answer.status], answer.body).toEqual([path, status])
    expect(yield* world.taken, "an event was written down").toBe(before)
    return answer
  })

/** That the same call is believed when nothing is wrong with it: else a refusal says nothing. */
const believed = (world: World, { make, path, sign }: Way, text: string) =>
  Effect.gen(function*() {
    const body = make(text)
    expect((yield* post(world, path, body, sign(body))).status).toBe(200)
    expect(yield* world.events(text)).toBe(1)
  })

const changed = (headers: Headers, name: string, change: (value: string) => string): Headers => ({
  ...headers,
  [name]: change(headers[name] ?? expect.fail(`no ${name}`))
})

/** Longer, shorter, another case, and much shorter; all still base64 where the secret is. */
const nearly = (secret: string): ReadonlyArray<string> => {
  const prefix = secret.startsWith("whsec_") ? "whsec_" : ""
  const key = secret.slice(prefix.length)
  return [`${prefix}AAAA${key}`, `${prefix}${key.slice(4)}`, `${prefix}${key.toUpperCase()}`, `${prefix}AAAA`]
}

export const webhooks: ReadonlyArray<Line> = [
  {
    threat: "a webhook that nobody signed",
    against: "no receiver believes a call without the signature or the secret of its vendor; a carrier without a secret has no receiver",
    name: "an unsigned webhook is refused, at both vendors, and a half signed one too",
    run: (world) =>
      Effect.gen(function*() {
        for (const way of all) {
          const body = way.make("unsigned")
          const headers = way.sign(body)
          yield* refused(world, 401, way.path, body, { "content-type": "application/json" })
          for (const name of Object.keys(headers).filter((name) => name !== "content-type")) {
            const { [name]: _, ...others } = headers
            yield* refused(world, 401, way.path, body, others)
            yield* refused(world, 401, way.path, body, { ...others, [name]: "" })
          }
          yield* believed(world, way, `signed by ${way.path} ${Object.keys(headers).length}`)
        }
      })
  },
  {
    threat: "a webhook signed by somebody else",
    against: "each signature is compared with the one of each secret, in constant time",
    name: "a webhook with a wrong secret is refused, also one that is nearly right",
    run: (world) =>
      Effect.gen(function*() {
        for (const { make, path, secrets: known, sign } of all) {
          const body = make("wrong secret")
          for (const secret of nearly(known.current)) yield* refused(world, 401, path, body, sign(body, { secret }))
        }
        const body = linqBody("wrong signature")
        const right = standard(body)
        for (
          const change of [
            (value: string) => value.replace("v1,", "v2,"),
            (value: string) => value.replace("v1,", ""),
            (value: string) => value.slice(0, -2),
            (value: string) => `${value}=`,
            () => "v1,",
            // only so many signatures are looked at: a long list is no way to keep us busy
            (value: string) => [...Array.from({ length: 200 }, () => "v1,AAAA"), value].join(" ")
          ]
        ) yield* refused(world, 401, "/webhooks/linq", body, changed(right, "webhook-signature", change))
      })
  },
  {
    threat: "a webhook that was changed on its way",
    against: "Linq signs the body, the time and the id; if the newer headers are there, the older pair does not count",
    name: "a tampered webhook is refused, in its body, its time and its id",
    run: (world) =>
      Effect.gen(function*() {
        const body = linqBody("genuine")
        for (const headers of [standard(body), legacy(body)]) {
          yield* refused(world, 401, "/webhooks/linq", body.replace("genuine", "tampered"), headers)
          yield* refused(world, 401, "/webhooks/linq", `${body} `, headers)
        }
        const later = (value: string) => String(Number(value) + 1)
        yield* refused(world, 401, "/webhooks/linq", body, changed(standard(body), "webhook-timestamp", later))
        yield* refused(world, 401, "/webhooks/linq", body, changed(standard(body), "webhook-id", later))
        yield* refused(world, 401, "/webhooks/linq", body, changed(legacy(body), "x-webhook-timestamp", later))
        yield* refused(world, 401, "/webhooks/linq", body, { ...legacy(body), "webhook-signature": "v1,AAAA" })
      })
  },
  {
    threat: "an old webhook that is sent again",
    against: "a signature is believed for an hour; Linq repeats a webhook for less than that",
    name: "a webhook that was signed too long ago, or in the future, is refused",
    run: (world) =>
      Effect.gen(function*() {
        for (const sign of [standard, legacy]) {
          for (const ago of [3_700, 86_400, -600]) {
            const body = linqBody("stale")
            yield* refused(world, 401, "/webhooks/linq", body, sign(body, { ago }))
          }
        }
        const body = linqBody("no time")
        yield* refused(world, 401, "/webhooks/linq", body, changed(standard(body), "webhook-timestamp", () => "now"))
      })
  },
  {
    threat: "a webhook that is sent again within its time",
    against: "ids of events are kept for 30 days, and each event is written down once",
    name: "a replayed webhook makes no second event, neither before nor after the first was worked off",
    run: (world) =>
      Effect.gen(function*() {
        for (const [n, { make, path, sign }] of all.entries()) {
          const text = `replayed by way ${n}`
          const body = make(text)
          const before = yield* world.taken
          const headers = sign(body)
          const answers = yield* Effect.all(Array.from({ length: 5 }, () => post(world, path, body, headers)), { concurrency: 5 })
          expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
          expect(yield* world.events(text)).toBe(1)
          expect((yield* post(world, path, body, headers)).status).toBe(200)
          expect(yield* world.events(text)).toBe(1)
          expect(yield* world.taken).toBe(before + 1)
        }
        // the id is the event's, whatever is signed around it
        const body = linqBody("replayed in another form")
        yield* post(world, "/webhooks/linq", body, standard(body))
        yield* post(world, "/webhooks/linq", body, legacy(body))
        yield* post(world, "/webhooks/linq", body, standard(body, { id: "msg_2", ago: 60 }))
        yield* post(world, "/webhooks/linq", body, standard(body, { secret: secrets.linq.previous }))
        expect(yield* world.events("replayed in another form")).toBe(1)
      })
  },
  {
    threat: "a vendor, or one of its accounts, reports for another carrier",
    against: "each carrier has its own receiver and secrets; an event gets the carrier of the address that was called",
    name: "a webhook for another carrier's id is refused",
    run: (world) =>
      Effect.gen(function*() {
        const linq = linqBody("another carrier")
        const sendblue = sendblueBody("another carrier")
        yield* refused(world, 401, "/webhooks/sendblue", linq, standard(linq))
        yield* refused(world, 401, "/webhooks/linq-eu", linq, standard(linq))
        yield* refused(world, 401, "/webhooks/linq", linq, standard(linq, { secret: secrets.linq.eu }))
        yield* refused(world, 401, "/webhooks/linq", sendblue, shared(sendblue))
        for (
          const path of [
            "/webhooks/",
            "/webhooks/nobody",
            "/webhooks/linq/linq",
            "/webhooks/linq-",
            "/webhooks/linq%2flinq",
            "/webhooks/%6cinq%00",
            "/webhooks/..%2fwebhooks%2flinq",
            "/webhooks/../linq",
            "/webhooks/__proto__",
            "/x/webhooks/linq"
          ]
        ) {
          yield* refused(world, 404, path, linq, standard(linq))
        }
        // however its address is spelled, a carrier believes its own secrets only
        for (
          const path of [
            "/webhooks/LINQ",
            "/webhooks//linq",
            "//webhooks/linq",
            "/webhooks/linq/",
            "/webhooks/linq%2f",
            "/%77ebhooks/%6cinq"
          ]
        ) {
          yield* refused(world, 401, path, linq, standard(linq, { secret: secrets.linq.eu }))
        }
        expect((yield* post(world, "/webhooks/linq-eu", linq, standard(linq, { secret: secrets.linq.eu }))).status).toBe(200)
      })
  },
  {
    threat: "a secret that leaked",
    against: "two secrets are believed while one replaces the other; a secret that was removed is not",
    name: "webhooks with either secret are taken while it is rotated, with a retired one no more",
    run: (world) =>
      Effect.gen(function*() {
        for (const [n, { make, path, secrets: known, sign }] of all.entries()) {
          for (const [age, secret] of [known.current, known.previous].entries()) {
            const text = `rotated ${n}, ${age}`
            const body = make(text)
            expect((yield* post(world, path, body, sign(body, { secret }))).status).toBe(200)
            expect(yield* world.events(text)).toBe(1)
          }
          const body = make("retired")
          yield* refused(world, 401, path, body, sign(body, { secret: known.retired }))
        }
      })
  },
  {
    threat: "somebody who saw one address of a status report",
    against: "its token is for one attempt, from one line to one person, for 48 hours; it proves only that the attempt was taken",
    name: "a report's address says nothing of another recipient or line, changes no status, and names no second message",
    run: (world) =>
      Effect.gen(function*() {
        const sent = yield* world.call("v1", "POST", "/v1/send", {
          to: { line: "support", handle: "+12025550131" },
          text: "the reported one"
        })
        expect(sent.status).toBe(200)
        // made by Sendblue only: the first carrier is another, so the attempt is made here
        const body = JSON.stringify({ number: "+12025550132", from_number: numbers.sendblue, content: "through Sendblue" })
        yield* world.network.addFault({ vendor: "linq", kind: "refused", times: "forever" })
        const through = yield* world.call("sendblue", "POST", "/sendblue/api/send-message", body)
        yield* world.network.clearFaults()
        expect(through.status, through.body).toBe(200)
        const [request] = (yield* world.network.requests({ vendor: "sendblue", path: "send-message" })).filter(({ body }) =>
          body.includes("through Sendblue")
        )
        const asked = JSON.parse(request?.body ?? "{}") as Record<string, unknown>
        const { pathname, search } = new URL(String(asked["status_callback"]))
        const path = `${pathname}${search}`
        const [message] = (yield* world.network.phone("+12025550132")).messages
        const handle = message?.id ?? expect.fail("nothing arrived")
        const report = (change: Readonly<Record<string, unknown>> = {}) =>
          sendblueBody("through Sendblue", {
            is_outbound: true,
            status: "DELIVERED",
            message_handle: handle,
            number: "+12025550132",
            to_number: "+12025550132",
            from_number: numbers.sendblue,
            ...change
          })
        const json = { "content-type": "application/json" }

        yield* refused(world, 401, path, report({ number: "+12025550133", to_number: "+12025550133" }), json)
        yield* refused(world, 401, path, report({ from_number: numbers.linq, sendblue_number: numbers.linq }), json)
        yield* refused(world, 401, path.replace(/\.[^.]*$/, (signature) => `${signature.slice(0, -2)}AA`), report(), json)
        yield* refused(world, 401, path.replace(/interline=[^.]*/, "interline=W10"), report(), json)
        yield* refused(world, 401, pathname, report(), json)

        const id = through.headers["interline-delivery-id"] ?? expect.fail("no id")
        const told = () =>
          Effect.map(world.call("v1", "GET", `/v1/deliveries/${id}`), ({ body }) =>
            JSON.parse(body) as { readonly report: { readonly status?: string }; readonly receipts: ReadonlyArray<unknown> })
        const before = yield* told()
        expect((yield* post(world, path, report({ status: "ERROR", error_code: 4000 }), json)).status).toBe(200)
        expect((yield* post(world, path, report({ message_handle: "11111111-2222-4333-8444-555555555555" }), json)).status).toBe(200)
        yield* world.events("through Sendblue")
        const after = yield* told()
        expect([after.report.status, after.receipts]).toEqual([before.report.status, before.receipts])
      })
  },
  {
    threat: "somebody finds an address of a status report much later",
    against: "a token expires",
    name: "a report with an expired token is refused, and one that we made is not",
    run: (world) =>
      Effect.gen(function*() {
        const sign = SendblueCallback.sign({ secret: Redacted.make(secrets.reports) })
        const audience = { line: numbers.sendblue, recipient: ada }
        const body = sendblueBody("expired", {
          is_outbound: true,
          status: "SENT",
          number: ada,
          to_number: ada,
          from_number: numbers.sendblue
        })
        const json = { "content-type": "application/json" }
        const old = yield* sign("attempt", audience, Date.now() - 49 * 3_600_000)
        yield* refused(world, 401, `/webhooks/sendblue?interline=${old}`, body, json)
        const recent = yield* sign("attempt", audience, Date.now())
        expect((yield* post(world, `/webhooks/sendblue?interline=${recent}`, body, json)).status).toBe(200)
      })
  },
  {
    threat: "a webhook that fills memory",
    against: "the limit is 1 MiB; the bytes are counted while the body comes, before anything is verified",
    name: "an oversized webhook is refused at both vendors, also in pieces that do not say how much comes",
    run: (world) =>
      Effect.gen(function*() {
        for (const { make, path, sign } of all) {
          const body = make("x".repeat(1_048_576))
          const before = yield* world.taken
          const declared = yield* world.ask({ method: "POST", path, headers: { ...sign(body), "content-length": Buffer.byteLength(body) } })
          const pieces = yield* world.ask({
            method: "POST",
            path,
            headers: sign(body),
            pieces: [body.slice(0, 600_000), body.slice(600_000)]
          })
          expect([declared.status, pieces.status]).toEqual([413, 413])
          expect([declared.headers["connection"], pieces.headers["connection"]]).toEqual(["close", "close"])
          expect(yield* world.taken).toBe(before)
        }
      })
  },
  {
    threat: "somebody with the secret signs a body that is no webhook",
    against: "a body that cannot be read is refused; an event that no table knows is kept as it came",
    name: "a signed body that is not JSON, not UTF-8, packed or nested without end breaks nothing",
    run: (world) =>
      Effect.gen(function*() {
        for (const way of all) {
          const { make, path, sign } = way
          yield* refused(world, 400, path, "{", sign("{"))
          yield* refused(world, 400, path, "[]", sign("[]"))
          const halves = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
          yield* refused(world, 400, path, halves, sign(halves))
          const text = `nested ${path} ${Object.keys(sign("")).length}`
          const deep = make(text).replace(/"(trace_id|accountEmail)":"[^"]*"/, (_, name: string) =>
            `"${name}":"x","deep":${"[".repeat(100_000)}${"]".repeat(100_000)}`)
          // one that is too deep to be written down is not said to be
          const { status } = yield* post(world, path, deep, sign(deep))
          expect([[200, 1], [503, 0]]).toContainEqual([status, yield* world.events(text)])
          const poisoned = make(`${text} again`).replace(
            "{",
            "{\"__proto__\":{\"polluted\":true},\"constructor\":{\"prototype\":{\"polluted\":true}},"
          )
          expect((yield* post(world, path, poisoned, sign(poisoned))).status).toBe(200)
          expect("polluted" in {}).toBe(false)
          yield* believed(world, way, `${text}, after that`)
        }
      })
  }
]
