import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import * as Draft from "../src/content/Draft.ts"
import * as Part from "../src/content/Part.ts"
import * as Reaction from "../src/content/Reaction.ts"
import * as Transport from "../src/http/Transport.ts"
import * as Messaging from "../src/messaging/Messaging.ts"
import { Raw } from "../src/names/Raw.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import type { SendError } from "../src/outcome/SendError.ts"
import { alice, chatRef, failure, fake, linq, type Options, ourNumber, photo, ref, textAndPhoto, toAlice, toGroup } from "./support.ts"

const text = "meet me at the usual place"
const secret = "sk-live-very-secret"
const vendorMessage = `cannot deliver "${text}" to ${alice}`
const hidden = [text, secret, alice.slice(1), ourNumber.slice(1), "cannot deliver", "usual place"]

/** Every way in which an error or a span ends up in a log. */
const printed = (value: unknown): ReadonlyArray<string> => [
  JSON.stringify(value) ?? "",
  inspect(value, { depth: null, showHidden: true, getters: true }),
  String(value),
  ...(value instanceof Error
    ? [
      value.message,
      value.stack ?? "",
      Cause.pretty(Cause.fail(value)),
      JSON.stringify(Cause.fail(value)),
      inspect(Cause.fail(value), { depth: null })
    ]
    : [])
]

const expectNothingHidden = (value: unknown): void => {
  for (const print of printed(value)) {
    for (const word of hidden) expect(print).not.toContain(word)
  }
}

const draft = Draft.make([Part.text(text), Part.media(`${photo}?signature=${secret}`)])

describe("MessagingError", () => {
  it.each(MessagingError.ReasonTag.literals)("%s prints no number, text, secret or vendor's sentence", (reason) => {
    const error = MessagingError.make(reason, {
      carrierId: linq,
      operation: "send",
      vendorMessage,
      status: 400,
      vendorCode: "10002",
      traceId: "trace-1",
      retryAfter: Duration.seconds(3)
    })
    expectNothingHidden(error)
    // what an operator needs is there
    for (const word of ["linq send", "HTTP 400", "10002", "trace-1", "3s", MessagingError.verdicts[reason].sentence]) {
      expect(error.message).toContain(word)
    }
    expect(error.vendorMessage === undefined ? undefined : Redacted.value(error.vendorMessage)).toBe(vendorMessage)
  })
})

const failing: ReadonlyArray<readonly [SendError["_tag"], Options, Draft.Draft]> = [
  ["Invalid", {}, { ...draft, effect: text as never, preferredService: secret as never, metadata: secret as never }],
  ["NotSent", { answers: [failure("Authentication", { vendorMessage })] }, draft],
  [
    "Partial",
    { answers: ["message-1", failure("Failed", { vendorMessage })], receipt: { raw: new Raw({ content: text, number: alice }) } },
    draft
  ],
  ["Held", { answers: [failure("Timeout", { vendorMessage })], keyed: true, retry: { times: 0 } }, draft]
]

describe("SendError", () => {
  it.effect.each(failing)(
    "%s prints nothing of the conversation or the draft, and neither do its spans",
    ([tag, options, draft]) =>
      Effect.gen(function*() {
        const { carrier } = yield* fake(options)
        const [exit, spans] = yield* RecordingTracer.record(Effect.exit(Messaging.fromCarrier(carrier).send(toAlice, draft)))
        const error = yield* Effect.flip(exit)
        expect(error._tag).toBe(tag)
        expectNothingHidden(error)
        expectNothingHidden(exit)
        if (Exit.isFailure(exit)) expectNothingHidden(exit.cause)
        expect(spans.length).toBe(tag === "Invalid" ? 0 : 1)
        expectNothingHidden(spans)
      })
  )

  it.effect("a malformed address is not repeated", () =>
    Effect.gen(function*() {
      const { carrier } = yield* fake()
      const messaging = Messaging.fromCarrier(carrier)
      for (
        const to of [
          { ...toAlice, handle: vendorMessage },
          { ...toAlice, line: alice },
          { ...toGroup, members: [alice, vendorMessage] },
          vendorMessage
        ]
      ) {
        expectNothingHidden(yield* Effect.flip(messaging.send(to as never, draft)))
      }
    }))
})

describe("spans and answers", () => {
  it.effect("operations record a span that names the carrier and nobody", () =>
    Effect.gen(function*() {
      const { carrier, suppression } = yield* fake({
        implemented: { edit: () => Effect.fail(failure("Unrecognized", { operation: "edit", vendorMessage })) }
      })
      const [, spans] = yield* RecordingTracer.record(Effect.gen(function*() {
        yield* carrier.startTyping(toAlice)
        yield* carrier.lookupService(alice)
        yield* Effect.flip(carrier.edit(ref("m"), text))
        yield* suppression.add(alice, "explicit")
        yield* Effect.flip(carrier.react(ref("m"), Reaction.emoji(text.slice(0, 26))))
      }))
      expect(spans.map((span) => span.name)).toEqual(["Carrier.startTyping", "Carrier.lookupService", "Carrier.edit", "Carrier.react"])
      expect(spans.map((span) => span.attributes)).toEqual(new Array(4).fill({ carrier: linq }))
      expectNothingHidden(
        spans.map((span) => [span.name, span.attributes, span.events, span.ends.filter((end) => Exit.isExit(end) && Exit.isFailure(end))])
      )
    }))

  it.effect("a delivery keeps the vendor's answer out of what is printed", () =>
    Effect.gen(function*() {
      const { carrier } = yield* fake({ receipt: { chat: chatRef, raw: new Raw({ content: text, key: secret }) } })
      const delivery = yield* Messaging.fromCarrier(carrier).send(toAlice, textAndPhoto)
      for (const print of printed(delivery.receipts)) {
        expect(print).not.toContain(text)
        expect(print).not.toContain(secret)
      }
    }))
})

describe("Transport", () => {
  const over = (client: HttpClient.HttpClient) =>
    Transport.make({
      carrierId: linq,
      client,
      baseUrl: "https://api.example.com",
      headers: { "sb-api-secret-key": secret },
      timeout: () => Duration.seconds(1)
    })
  const call: Transport.Call = {
    operation: "send",
    method: "POST",
    path: `/lookup/${alice}`,
    query: { number: alice },
    json: { content: text }
  }

  it.effect.each(["Transport", "Encode", "InvalidUrl"] as const)(
    "a failed request (%s) keeps neither the request nor its cause",
    (reason) =>
      Effect.gen(function*() {
        const client = HttpClient.make((request) =>
          Effect.fail(
            new HttpClientError.RequestError({
              request,
              reason,
              cause: Object.assign(new Error(vendorMessage), { code: "ECONNRESET", headers: secret })
            })
          )
        )
        const [error, spans] = yield* RecordingTracer.record(Effect.flip(over(client)(call)))
        expectNothingHidden(error)
        expectNothingHidden(spans)
      })
  )

  it.effect.each(["Decode", "StatusCode", "EmptyBody"] as const)(
    "a failed answer (%s) keeps neither the request nor the answer",
    (reason) =>
      Effect.gen(function*() {
        const client = HttpClient.make((request) =>
          Effect.fail(
            new HttpClientError.ResponseError({
              request,
              response: HttpClientResponse.fromWeb(request, new Response(vendorMessage, { status: 500 })),
              reason,
              cause: new Error(vendorMessage)
            })
          )
        )
        expectNothingHidden(yield* Effect.flip(over(client)(call)))
      })
  )
})
