/** Answers without an end: they are given at their head, and given up when nothing comes. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as LiveTransport from "../src/http/LiveTransport.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import { linq } from "./support.ts"

const call = { operation: "listMessages", method: "GET", path: "/events" } as const

const over = (client: HttpClient.HttpClient) =>
  LiveTransport.make({
    carrierId: linq,
    client,
    baseUrl: "https://api.example.com/",
    headers: { authorization: "Bearer secret" },
    timeout: () => Duration.seconds(30),
    silence: "45 seconds"
  })

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A body whose pieces are given from outside. */
const body = () => {
  let give: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      give = controller
    }
  })
  return { stream, give: (text: string) => give?.enqueue(bytes(text)), end: () => give?.close() }
}

const answering = (of: string | ReadableStream<Uint8Array>, init?: ResponseInit) => {
  const urls: Array<string> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      urls.push(request.url)
      return HttpClientResponse.fromWeb(request, new Response(of, init))
    })
  )
  return { client, urls }
}

const opened = (answer: LiveTransport.Answer) => answer._tag === "Opened" ? answer.body : Stream.dieMessage("it was refused")

describe("an answer without an end", () => {
  it.effect("gives each piece as it comes, and ends as the vendor ends it", () =>
    Effect.gen(function*() {
      const { end, give, stream } = body()
      const { client, urls } = answering(stream)
      const answer = yield* over(client)(call)
      const seen: Array<string> = []
      const fiber = yield* Effect.fork(
        Stream.runForEach(opened(answer), (piece) => Effect.sync(() => void seen.push(new TextDecoder().decode(piece))))
      )
      give("one")
      give("two")
      end()
      yield* Fiber.join(fiber)
      deepStrictEqual(seen, ["one", "two"])
      deepStrictEqual(urls, ["https://api.example.com/events"])
    }))

  it.effect("is given up after 45 seconds without a byte", () =>
    Effect.gen(function*() {
      const { give, stream } = body()
      const answer = yield* over(answering(stream).client)(call)
      const pieces: Array<number> = []
      const fiber = yield* Effect.fork(
        Effect.flip(Stream.runForEach(opened(answer), (piece) => Effect.sync(() => void pieces.push(piece.length))))
      )
      give(": heartbeat\n\n")
      yield* Effect.yieldNow()
      yield* TestClock.adjust("44 seconds")
      strictEqual(fiber.unsafePoll(), null)
      yield* TestClock.adjust("46 seconds")
      const error = yield* Fiber.join(fiber)
      assertInstanceOf(error, MessagingError.MessagingError)
      deepStrictEqual([error.reason, error.detail], ["Timeout", "45s"])
    }))

  it.effect("that is refused is a complete reply", () =>
    Effect.gen(function*() {
      const answer = yield* over(answering("{\"error\":\"no\"}", { status: 404 }).client)(call)
      deepStrictEqual(answer._tag === "Refused" ? [answer.reply.status, answer.reply.json] : [], [404, { error: "no" }])
    }))

  it.effect("whose head does not come in time fails, and so does a connection that breaks", () =>
    Effect.gen(function*() {
      const late = yield* Effect.fork(Effect.flip(over(HttpClient.make(() => Effect.never))(call)))
      yield* TestClock.adjust("31 seconds")
      strictEqual((yield* Fiber.join(late)).reason, "Timeout")
      const broken = HttpClient.make((request) =>
        Effect.fail(
          new HttpClientError.RequestError({ request, reason: "Transport", cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) })
        )
      )
      strictEqual((yield* Effect.flip(over(broken)(call))).reason, "ConnectionFailed")
      const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("reset")) })
      const answer = yield* over(answering(failing).client)(call)
      strictEqual((yield* Effect.flip(Stream.runDrain(opened(answer)))).reason, "Transport")
    }))
})
