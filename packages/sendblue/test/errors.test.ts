import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as MessagingError from "@interline/core/MessagingError"
import * as Operation from "@interline/core/Operation"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import * as Errors from "../src/wire/errors.ts"
import * as SendblueWords from "../src/wire/SendblueWords.ts"
import { type Answer, carrierId, clientOf, direct, run, send } from "./support.ts"

const body = { number: "+19998887777", from_number: "+15122164639", content: "secret text" }

const failureOf = (answer: Answer) => Effect.flip(clientOf(answer).client.sendMessage(body))

const text = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value)

const errorOf = (operation: Operation.Operation, { body, headers = {}, status = 200 }: Answer) =>
  Effect.flip(Errors.fromReply(carrierId, operation, {
    status,
    headers,
    text: body === undefined ? "" : text(body),
    json: typeof body === "string" ? undefined : body
  }))

const isOperation = Schema.is(Operation.Operation)

/** The answer that a row of the table is about. */
const answerOf = (status: string, code: string): Answer => {
  const phrase = Object.entries(SendblueWords.phrases).find(([key]) => key === code)?.[1][0]
  return {
    status: status === "*" ? 400 : Number(status),
    body: code === "*"
      ? { status: "ERROR", message: "Words that no table knows" }
      : phrase !== undefined
      ? { status: "ERROR", message: `Well: ${phrase.toUpperCase()}.` }
      : /[a-z]/.test(code)
      ? { status: "ERROR", error: code, error_message: "An explanation" }
      : { status: "ERROR", error_code: /^\d+$/.test(code) ? Number(code) : code, error_message: "An explanation" }
  }
}

describe("the error table", () => {
  for (const [key, meaning] of Object.entries(SendblueWords.errors)) {
    const [where, code] = key.split("/")
    const [first, second] = (where ?? "").split(" ")
    const operation = isOperation(first) ? first : "send"
    const status = second ?? first ?? ""
    const { sentence: _, ...verdict } = MessagingError.verdicts[meaning.reason]
    const expected = { ...verdict, ...meaning, operation, carrierId }

    it.effect(`${key} is ${meaning.reason}`, () =>
      Effect.gen(function*() {
        const answer = answerOf(status, code ?? "")
        const error = yield* errorOf(operation, answer)
        expect(error).toMatchObject({ ...expected, status: answer.status })
      }))

    if (status === "*") {
      it.effect(`${key} means the same inside a 200`, () =>
        Effect.map(errorOf(operation, { ...answerOf("*", code ?? ""), status: 200 }), (error) => expect(error).toMatchObject(expected)))
    }
  }

  for (const [key, phrases] of Object.entries(SendblueWords.phrases)) {
    for (const phrase of phrases) {
      it.effect(`knows "${phrase}" as ${key}`, () =>
        Effect.map(
          errorOf("send", { status: key === "already-exists" ? 409 : key === "no-credentials" ? 403 : 400, body: { message: phrase } }),
          (error) => expect(error.reason).not.toBe("Unrecognized")
        ))
    }
  }
})

describe("certainty of a send", () => {
  const cases: ReadonlyArray<readonly [string, Answer, Partial<MessagingError.MessagingError>]> = [
    ["ERROR inside a 200 without a code", { body: { status: "ERROR", error_message: "Something odd" } }, {
      reason: "Unrecognized",
      certainty: "unknown"
    }],
    ["ERROR with a handle and a code", { body: { status: "ERROR", error_code: 10001, message_handle: "handle-9" } }, {
      reason: "Failed",
      certainty: "not-sent",
      ref: { carrierId, id: "handle-9" }
    }],
    ["DECLINED without a code", { body: { status: "DECLINED", message_handle: "h" } }, { reason: "Unrecognized", certainty: "unknown" }],
    ["FAILED with a code", { body: { status: "FAILED", error_code: "5003" } }, { reason: "RateLimited", certainty: "not-sent" }],
    ["QUEUED with a code", { body: { status: "QUEUED", error_code: 4000, message_handle: "h" } }, {
      reason: "InvalidInput",
      vendorCode: "4000"
    }],
    ["a code that no table names", { body: { status: "ERROR", error_code: 22 } }, {
      reason: "Unrecognized",
      certainty: "unknown",
      vendorCode: "22"
    }],
    ["an unnamed code beside a known sentence", {
      status: 400,
      body: { status: "ERROR", error_code: 777, message: "Cannot send messages to self" }
    }, { reason: "Unrecognized" }],
    ["opted out inside a 200", { body: { status: "DECLINED", error_message: "OPTED_OUT" } }, {
      reason: "OptedOut",
      certainty: "not-sent",
      next: "stop"
    }],
    ["opted out inside a 500", { status: 500, body: { status: "ERROR", error_code: 402 } }, { reason: "OptedOut" }],
    ["declined with the opted_out flag", { body: { status: "DECLINED", opted_out: true } }, { reason: "OptedOut" }],
    ["SpamRule alone", { status: 400, body: { status: "ERROR", error_reason: "SpamRule" } }, { reason: "Unrecognized" }],
    ["a code inside a 500", { status: 500, body: { status: "ERROR", error_code: 4000 } }, {
      reason: "Unavailable",
      certainty: "unknown",
      vendorCode: "4000"
    }],
    ["503", { status: 503, body: "" }, { reason: "Unavailable", certainty: "unknown" }],
    ["429 without a body", { status: 429, headers: { "retry-after": "7" } }, {
      reason: "RateLimited",
      certainty: "not-sent",
      retryAfter: Duration.seconds(7)
    }],
    ["a proxy's 403 page", { status: 403, body: "<html>Forbidden</html>" }, { reason: "Unrecognized", certainty: "unknown" }],
    ["a proxy's 404 page", { status: 404, body: "<html>Message not found</html> " + "x".repeat(80) }, {
      reason: "Unrecognized",
      certainty: "unknown"
    }],
    ["404 in the vendor's envelope", { status: 404, body: { status: "ERROR", message: "Nothing here" } }, {
      reason: "Unrecognized",
      certainty: "unknown"
    }],
    ["an empty 200", { body: "" }, { reason: "BadResponse", certainty: "unknown" }],
    ["a 200 that is not JSON", { body: "<html></html>" }, { reason: "BadResponse", certainty: "unknown" }],
    ["a 200 that is a list", { body: [] }, { reason: "BadResponse", certainty: "unknown" }],
    ["a 202 without a handle", { status: 202, body: { status: "QUEUED" } }, { reason: "BadResponse", certainty: "unknown" }],
    ["a handle with a NUL", { body: { status: "QUEUED", message_handle: "a\u0000b" } }, { reason: "BadResponse", certainty: "unknown" }],
    ["half a character for a handle", { body: { status: "QUEUED", message_handle: "a\ud83d" } }, {
      reason: "BadResponse",
      certainty: "unknown"
    }],
    ["a handle that is null", { body: { status: "QUEUED", message_handle: null } }, { reason: "BadResponse", certainty: "unknown" }],
    ["a redirect", { status: 302, body: "" }, { reason: "Unrecognized", certainty: "unknown" }]
  ]
  for (const [name, answer, expected] of cases) {
    it.effect(`${name}: ${expected.reason}`, () => Effect.map(failureOf(answer), (error) => expect(error).toMatchObject(expected)))
  }

  it.effect("a handle beside a status that no table knows is an acceptance", () =>
    run(
      [{ status: 202, body: { status: "TELEPORTED", message_handle: "h", service: "Pigeon" } }],
      (carrier) =>
        Effect.map(send(carrier, Draft.text("Hello")), (outcome) =>
          expect(outcome).toMatchObject({
            _tag: "Accepted",
            receipts: [{ ref: { id: "h" }, status: "pending", rawStatus: "TELEPORTED" }]
          }))
    ))

  for (const error_code of [0, "0", "", null]) {
    it.effect(`error_code ${JSON.stringify(error_code)} is none`, () =>
      run(
        [{ body: { status: "QUEUED", message_handle: "h", error_code } }],
        (carrier) => Effect.map(send(carrier, Draft.text("Hello")), (outcome) => expect(outcome._tag).toBe("Accepted"))
      ))
  }

  it.effect("an opt-out closes the fence for the next send", () =>
    run(
      [{ status: 400, body: { status: "ERROR", error_code: 402, error_message: "OPTED_OUT" } }],
      (carrier, requests) =>
        Effect.gen(function*() {
          yield* send(carrier, Draft.text("Hello"))
          expect(yield* send(carrier, Draft.text("Hello"))).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
          expect(requests).toHaveLength(1)
        })
    ))
})

describe("reading a status", () => {
  const statusOf = (answer: Answer) => Effect.flip(clientOf(answer).client.getStatus("h"))

  it.effect("knows the plain text 404", () =>
    Effect.map(statusOf({ status: 404, body: "Message not found" }), (error) => expect(error.reason).toBe("NotFound")))

  it.effect("knows the bare JSON string inside a 200", () =>
    Effect.map(statusOf({ body: JSON.stringify("Invalid Message Handle") }), (error) => expect(error.reason).toBe("NotFound")))
})

describe("leaks", () => {
  it.effect("no secret, number, text or vendor's sentence in an error", () =>
    Effect.gen(function*() {
      const error = yield* failureOf({
        status: 400,
        body: { status: "ERROR", message: "You must specify +19998887777 secret text", error_detail: "about +19998887777" }
      })
      const cause = Cause.fail(error)
      const shown = [
        error.message,
        inspect(error, { depth: 20, showHidden: true }),
        JSON.stringify(error),
        Cause.pretty(cause),
        inspect(cause, { depth: 20 }),
        JSON.stringify(cause)
      ]
      for (const leak of ["key-id-1", "secret-key-1", "+19998887777", "+15122164639", "secret text", "You must specify"]) {
        for (const text of shown) expect(text).not.toContain(leak)
      }
      expect(error.vendorMessage === undefined ? undefined : Redacted.value(error.vendorMessage)).toBe(
        "You must specify +19998887777 secret text"
      )
    }))

  it.effect("no vendor's answer in an outcome", () =>
    run(
      [{ body: { status: "QUEUED", message_handle: "h", content: "secret text", number: "+19998887777" } }],
      (carrier) =>
        Effect.map(send(carrier, Draft.text("secret text"), direct), (outcome) => {
          for (const shown of [JSON.stringify(outcome), inspect(outcome, { depth: 20 })]) {
            expect(shown).not.toContain("secret text")
            expect(shown).not.toContain("+19998887777")
          }
        })
    ))
})
