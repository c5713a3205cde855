import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import type { MessagingEvent } from "../src/events/MessagingEvent.ts"
import * as WebhookReceiver from "../src/events/WebhookReceiver.ts"
import * as CarrierId from "../src/names/CarrierId.ts"

declare const Request: new(url: string, init?: object) => WebhookReceiver.WebRequest
declare const ReadableStream: new(source: object) => object
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }
declare const TextDecoder: new() => { readonly decode: (bytes: Uint8Array) => string }

const carrierId = CarrierId.make("acme")
const event: MessagingEvent = { _tag: "Unrecognized", carrierId, kind: "ping", raw: {} }

/** Believes everything but a body of `forged`, and keeps what it was asked. */
const receiverOf = (...events: ReadonlyArray<MessagingEvent>) => {
  const requests: Array<WebhookReceiver.WebhookRequest> = []
  const receiver: WebhookReceiver.WebhookReceiver = {
    carrierId,
    receive: (request) => {
      requests.push(request)
      return new TextDecoder().decode(request.body) === "forged"
        ? Effect.fail(new WebhookReceiver.WebhookError({ carrierId, fault: "signature", detail: "sign it with the configured secret" }))
        : Effect.succeed(events)
    }
  }
  return { receiver, requests }
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  new Request("https://example.com/hooks/acme?type=receive", { method: "POST", body, headers, duplex: "half" })

const Kept = Context.GenericTag<ReadonlyArray<MessagingEvent>, Array<MessagingEvent>>("Kept")

/** What a handler answers, and what its `onEvents` was given. */
const answer = (
  request: WebhookReceiver.WebRequest,
  {
    events = [event],
    onEvents = () => Effect.void,
    ...options
  }: {
    readonly events?: ReadonlyArray<MessagingEvent>
    readonly onEvents?: () => Effect.Effect<void>
    readonly maxBytes?: number
  } = {}
) =>
  Effect.gen(function*() {
    const { receiver, requests } = receiverOf(...events)
    const kept: Array<MessagingEvent> = []
    const handler = yield* WebhookReceiver.toWebHandler(
      receiver,
      (events) => Effect.flatMap(Kept, (kept) => Effect.zipRight(onEvents(), Effect.sync(() => void kept.push(...events)))),
      options
    ).pipe(Effect.provideService(Kept, kept))
    const response = yield* Effect.promise(() => handler(request))
    return { status: response.status, text: yield* Effect.promise(() => response.text()), requests, kept, response }
  })

describe("a receiver as a web handler", () => {
  it.effect("answers 200 and nothing when the events are taken", () =>
    Effect.gen(function*() {
      const { kept, requests, status, text } = yield* answer(post("{ \"a\": 1}", { "X-Signature": "s1" }))
      expect([status, text, kept]).toEqual([200, "", [event]])
      expect(requests).toHaveLength(1)
      expect(requests[0]?.body).toEqual(new TextEncoder().encode("{ \"a\": 1}"))
      expect(requests[0]?.headers).toMatchObject({ "x-signature": "s1" })
      expect(requests[0]?.url).toBe("https://example.com/hooks/acme?type=receive")
    }))

  it.effect("passes on every byte of a body that comes in pieces, text or not", () =>
    Effect.gen(function*() {
      const pieces = [new Uint8Array([0, 255, 128]), new Uint8Array(), new Uint8Array([13, 10])]
      const body = new ReadableStream({
        pull: (controller: { readonly enqueue: (bytes: Uint8Array) => void; readonly close: () => void }) => {
          const piece = pieces.shift()
          if (piece === undefined) controller.close()
          else controller.enqueue(piece)
        }
      })
      const { requests } = yield* answer(post(body))
      expect(requests[0]?.body).toEqual(new Uint8Array([0, 255, 128, 13, 10]))
    }))

  it.effect("takes a call without events, without asking anybody to take them", () =>
    Effect.gen(function*() {
      const { status } = yield* answer(post("{}"), { events: [], onEvents: () => Effect.die("called") })
      expect(status).toBe(200)
    }))

  it.effect("answers a refusal with its status and one sentence, and nothing of the content", () =>
    Effect.gen(function*() {
      const { kept, response, status, text } = yield* answer(post("forged"))
      expect([status, JSON.parse(text), kept]).toEqual([
        401,
        { title: "the webhook was not taken", status: 401, detail: "sign it with the configured secret" },
        []
      ])
      expect(response).toHaveProperty("headers")
      expect(text).not.toContain("forged")
    }))

  it.effect("answers 405 to anything but a POST", () =>
    Effect.gen(function*() {
      for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
        const { requests, status } = yield* answer(new Request("https://example.com/", { method }))
        expect([status, requests]).toEqual([405, []])
      }
    }))

  it.effect("reads an absent body as no bytes", () =>
    Effect.gen(function*() {
      const { requests, status } = yield* answer(new Request("https://example.com/", { method: "POST" }))
      expect([status, requests[0]?.body]).toEqual([200, new Uint8Array()])
    }))

  it.effect("takes a body of exactly the limit and refuses one byte more", () =>
    Effect.gen(function*() {
      expect((yield* answer(post("12345"), { maxBytes: 5 })).status).toBe(200)
      const longer = yield* answer(post("123456"), { maxBytes: 5 })
      expect([longer.status, longer.requests]).toEqual([413, []])
      expect((yield* answer(post("x".repeat(1024 * 1024)))).status).toBe(200)
      expect((yield* answer(post("x".repeat(1024 * 1024 + 1)))).status).toBe(413)
    }))

  it.effect("stops reading a body that is longer than it may be", () =>
    Effect.gen(function*() {
      let pulled = 0
      let isCancelled = false
      const endless = new ReadableStream({
        pull: (controller: { readonly enqueue: (bytes: Uint8Array) => void }) => {
          pulled++
          controller.enqueue(new Uint8Array(10))
        },
        cancel: () => {
          isCancelled = true
        }
      })
      expect((yield* answer(post(endless), { maxBytes: 25 })).status).toBe(413)
      expect(isCancelled).toBe(true)
      expect(pulled).toBeLessThan(6)
    }))

  it.effect("does not start to read a body that says it is longer", () =>
    Effect.gen(function*() {
      const untouchable: WebhookReceiver.WebRequest = {
        method: "POST",
        url: "https://example.com/",
        headers: { forEach: (each) => each("26", "Content-Length") },
        body: {
          getReader: () => {
            throw new Error("read")
          }
        }
      }
      expect((yield* answer(untouchable, { maxBytes: 25 })).status).toBe(413)
    }))

  it.effect("asks to be called again when the events could not be taken, and logs only what kind of thing broke", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ annotations, cause, message }) => {
        logged.push(message, cause, HashMap.toEntries(annotations))
      })
      const broken = [Effect.die(new TypeError("no row for +12025550123")), Effect.interrupt, Effect.die("+12025550123")]
      for (const onEvents of broken) {
        const { kept, status, text } = yield* answer(post("{}"), { onEvents: () => onEvents })
          .pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
        expect([status, kept]).toEqual([503, []])
        expect(text).not.toContain("+1202")
      }
      const written = JSON.stringify(logged)
      expect(written).toContain("TypeError")
      expect(written).toContain("interruption")
      expect(written).toContain("acme")
      expect(written).not.toContain("+1202")
    }))

  it.effect("asks to be called again when the body was read by somebody else, or breaks off", () =>
    Effect.gen(function*() {
      const read = post("{}")
      yield* Effect.promise(() => read.body?.getReader().read() ?? Promise.reject(new Error("no body")))
      const off = new ReadableStream({
        pull: (controller: { readonly error: (error: Error) => void }) => controller.error(new Error("reset"))
      })
      for (const request of [read, post(off)]) {
        const { requests, status } = yield* answer(request).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
        expect([status, requests]).toEqual([503, []])
      }
    }))
})
