import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fault from "../src/world/Fault.ts"
import { ada, type Answer, linqLine, sendblueLine, start } from "./support.ts"

type Running = Effect.Effect.Success<ReturnType<typeof start>>

const send = (sandbox: Running, vendor: Fault.Vendor): Effect.Effect<Answer, Error> =>
  vendor === "linq" ? sandbox.createChat([ada]) : sandbox.sendText(ada)

/** An answer, or that there was none: timeouts, resets and half bodies all reject. */
const seen = (sandbox: Running, vendor: Fault.Vendor) =>
  Effect.match(Effect.timeout(send(sandbox, vendor), "3 seconds"), {
    onFailure: (error) => ({ failed: `${error.name} ${error.message} ${String(error.cause)}` }),
    onSuccess: (answer) => answer
  })

const usual: Record<Fault.Vendor, number> = { linq: 201, sendblue: 200 }

interface Row {
  readonly kind: Fault.FaultKind
  readonly params?: Partial<Fault.FaultInput>
  readonly client: (answer: Answer, vendor: Fault.Vendor) => void
  readonly arrives: boolean
  readonly only?: Fault.Vendor
}

const answers: ReadonlyArray<Row> = [
  {
    kind: "5xx-before",
    params: { status: 503 },
    client: (answer) => {
      expect(answer.status).toBe(503)
      expect(answer.body).toBeTypeOf("object")
    },
    arrives: false
  },
  {
    kind: "429",
    params: { retryAfter: 7 },
    client: (answer) => {
      expect(answer.status).toBe(429)
      expect(answer.headers.get("retry-after")).toBe("7")
    },
    arrives: false
  },
  {
    kind: "429",
    params: { retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" },
    client: (answer) => expect(answer.headers.get("retry-after")).toBe("Wed, 21 Oct 2026 07:28:00 GMT"),
    arrives: false
  },
  {
    kind: "ack-lost-502",
    client: (answer) => {
      expect(answer.status).toBe(502)
      expect(answer.headers.get("content-type")).toContain("text/html")
    },
    arrives: true
  },
  { kind: "5xx-after", client: (answer) => expect(answer.status).toBe(500), arrives: true },
  {
    kind: "2xx-empty",
    client: (answer, vendor) => expect([answer.status, answer.text]).toEqual([usual[vendor], ""]),
    arrives: true
  },
  {
    kind: "2xx-no-id",
    client: (answer, vendor) => {
      expect(answer.status).toBe(usual[vendor])
      expect(answer.body).toBeTypeOf("object")
      expect(answer.text).not.toMatch(/"(id|message_handle)":/)
    },
    arrives: true
  },
  {
    kind: "2xx-not-json",
    client: (answer, vendor) => {
      expect(answer.status).toBe(usual[vendor])
      expect(answer.body).toBeUndefined()
      expect(answer.text).toContain("<html>")
    },
    arrives: true
  },
  {
    kind: "200-error-body",
    params: { errorCode: 4001, errorMessage: "Rate Limit Exceeded" },
    client: (answer) => {
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({ status: "ERROR", error_code: 4001, error_message: "Rate Limit Exceeded" })
    },
    arrives: false,
    only: "sendblue"
  },
  {
    kind: "200-error-body",
    params: { accepted: true, errorCode: 10_002 },
    client: (answer) => expect(answer.body).toMatchObject({ status: "ERROR", error_code: 10_002 }),
    arrives: true,
    only: "sendblue"
  },
  { kind: "downgrade-sms", client: (answer, vendor) => expect(answer.status).toBe(usual[vendor]), arrives: true },
  { kind: "late-listing", client: (answer, vendor) => expect(answer.status).toBe(usual[vendor]), arrives: true }
]

const silences: ReadonlyArray<readonly [kind: Fault.FaultKind, arrives: boolean]> = [
  ["reset-before", false],
  ["hang-before", false],
  ["ack-lost-reset", true],
  ["ack-lost-hang", true],
  ["ack-lost-half", true]
]

describe.each<Fault.Vendor>(["linq", "sendblue"])("a fault at %s", (vendor) => {
  for (const { arrives, client, kind, only, params } of answers) {
    if (only !== undefined && only !== vendor) continue
    it.scopedLive(`${kind} ${JSON.stringify(params ?? {})}: the client sees it, the phone ${arrives ? "has" : "lacks"} the message`, () =>
      Effect.gen(function*() {
        const sandbox = yield* start()
        yield* sandbox.network.addFault({ vendor, kind, ...params } as Fault.FaultInput)
        client(yield* send(sandbox, vendor), vendor)
        expect((yield* sandbox.phone(ada)).messages).toHaveLength(arrives ? 1 : 0)
        expect((yield* sandbox.network.faults).map(({ met }) => met)).toEqual([1])
        expect((yield* send(sandbox, vendor)).status, "the fault was for one request").toBe(usual[vendor])
      }))
  }

  it.scopedLive.each(silences)("%s: no answer", ([kind, arrives]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor, kind })
      expect(yield* seen(sandbox, vendor)).toHaveProperty("failed")
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(arrives ? 1 : 0)
      expect((yield* sandbox.network.requests({ vendor, method: "POST" })).map(({ status }) => status)).toEqual(["dropped"])
    }))

  it.scopedLive("refused: the port is closed until the fault is cleared, the other vendor stays up", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const fault = yield* sandbox.network.addFault({ vendor, kind: "refused" })
      expect(yield* seen(sandbox, vendor)).toMatchObject({ failed: expect.stringContaining("ECONNREFUSED") })
      const other = vendor === "linq" ? "sendblue" : "linq"
      expect((yield* send(sandbox, other)).status).toBe(usual[other])
      yield* sandbox.network.clearFaults(fault.id)
      expect((yield* send(sandbox, vendor)).status).toBe(usual[vendor])
    }))

  it.scopedLive.each(["before", "after"] as const)("delay: answers late, accepted %s the wait", (when) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor, kind: "delay", ms: 60_000, when })
      const fiber = yield* Effect.fork(send(sandbox, vendor))
      while ((yield* sandbox.network.requests({ vendor })).length === 0) yield* Effect.sleep("5 millis")
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(when === "after" ? 1 : 0)
      yield* sandbox.network.advance("1 minute")
      expect((yield* fiber).status).toBe(usual[vendor])
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(1)
    }))

  it.scopedLive("meets only matching requests, after those it skips, as often as it says", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({
        vendor,
        kind: "5xx-before",
        match: { method: "POST", path: vendor === "linq" ? "/v3/chats$" : "/api/send-*$", body: "Hello" },
        skip: 1,
        times: 2
      })
      const statuses = []
      for (let index = 0; index < 4; index++) statuses.push((yield* send(sandbox, vendor)).status)
      expect(statuses).toEqual([usual[vendor], 500, 500, usual[vendor]])
    }))

  it.scopedLive("drawn by seed strikes the same requests again", () =>
    Effect.gen(function*() {
      const run = (seed: number) =>
        Effect.scoped(Effect.gen(function*() {
          const sandbox = yield* start()
          yield* sandbox.network.addFault({ vendor, seed, rate: 0.5, kinds: ["5xx-before", "5xx-after"] })
          for (let index = 0; index < 12; index++) yield* send(sandbox, vendor)
          return (yield* sandbox.network.requests({ vendor })).map(({ fault }) => fault)
        }))
      const first = yield* run(7)
      expect(yield* run(7)).toEqual(first)
      expect(yield* run(8)).not.toEqual(first)
      expect(new Set(first)).toEqual(new Set([null, "5xx-before", "5xx-after"]))
    }))
})

describe("a message that is accepted", () => {
  it.scopedLive("late-listing: is found by id at once and in lists later", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "late-listing", ms: 5000 })
      const handle = (yield* sandbox.sendText(ada)).body.message_handle
      const total = Effect.map(sandbox.sendblue("GET", "/v2/messages"), ({ body }) => body.pagination.total)
      expect((yield* sandbox.sendblue("GET", `/status?handle=${handle}`)).status).toBe(200)
      expect(yield* total).toBe(0)
      yield* sandbox.network.advance("5 seconds")
      expect(yield* total).toBe(1)
    }))

  it.scopedLive("downgrade-sms: travels as SMS, loses its effect, stops at sent", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "downgrade-sms" })
      const sent = yield* sandbox.sendblue("POST", "/send-message", {
        number: ada,
        from_number: sendblueLine,
        content: "Hello",
        send_style: "confetti"
      })
      yield* sandbox.network.advance("1 second")
      const status = yield* sandbox.sendblue("GET", `/status?handle=${sent.body.message_handle}`)
      expect(status.body).toMatchObject({ status: "SENT", service: "SMS", was_downgraded: true })
      expect((yield* sandbox.phone(ada)).messages[0]).toMatchObject({ service: "SMS", effect: null })
    }))

  it.scopedLive("line-flagged: Linq refuses the line, Sendblue accepts and fails", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor: "linq", kind: "line-flagged" })
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "line-flagged", line: sendblueLine })
      const refused = yield* sandbox.createChat([ada])
      expect([refused.status, refused.body.error.code]).toEqual([403, 2027])
      const accepted = yield* sandbox.sendText(ada)
      yield* sandbox.network.advance("1 second")
      const status = yield* sandbox.sendblue("GET", `/status?handle=${accepted.body.message_handle}`)
      expect(status.body).toMatchObject({ status: "ERROR", error_code: 10_001 })
      expect((yield* sandbox.phone(ada)).messages).toEqual([])
      const flagged = (yield* sandbox.network.lines).filter(({ flagged }) => flagged).map(({ number }) => number)
      expect(flagged).toEqual([linqLine, sendblueLine])
    }))
})

describe("the vocabulary", () => {
  it.scopedLive("spoils successes only: a refusal stays a refusal", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor: "linq", kind: "2xx-empty" })
      const refused = yield* sandbox.createChat(["nobody"])
      expect([refused.status, refused.body.error.code]).toEqual([400, 1002])
    }))

  it.scopedLive("refuses a fault that does not exist there", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const added = (fault: unknown) => Effect.map(sandbox.control("POST", "/faults", fault), ({ status }) => status)
      expect(yield* added({ vendor: "linq", kind: "200-error-body" })).toBe(400)
      expect(yield* added({ vendor: "linq", kind: "no-such" })).toBe(400)
      expect(yield* added({ vendor: "pigeon", kind: "refused" })).toBe(400)
      expect(yield* added({ vendor: "linq", seed: 1, rate: 1, kinds: ["5xx-after"] })).toBe(201)
      expect(Object.keys((yield* sandbox.control("GET", "/faults/kinds")).body)).toEqual(Object.keys(Fault.faults))
    }))
})
