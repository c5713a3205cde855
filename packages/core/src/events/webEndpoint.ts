/** A receiver of webhooks as a function of the platform's own Request and Response. */
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Defect from "../runtime/Defect.ts"
import type { MessagingEvent } from "./MessagingEvent.ts"

/** The reason why a call is refused. */
interface Refusal {
  readonly status: number
  readonly detail: string
}

type Headers = Readonly<Record<string, string | undefined>>

/** A receiver, as far as a route asks it. */
interface Receiver {
  readonly carrierId: string
  readonly receive: (
    request: { readonly headers: Headers; readonly body: Uint8Array; readonly url: string }
  ) => Effect.Effect<ReadonlyArray<MessagingEvent>, Refusal>
}

interface BodyReader {
  readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  readonly cancel: () => Promise<void>
}

export interface WebRequest {
  readonly method: string
  readonly url: string
  readonly headers: { readonly forEach: (each: (value: string, name: string) => void) => void }
  readonly body: { readonly getReader: () => BodyReader } | null
}

export type WebResponse = typeof globalThis extends { readonly Response: { readonly prototype: infer Platform } } ? Platform
  : { readonly status: number; readonly text: () => Promise<string> }

export type WebEndpoint = (request: WebRequest) => Promise<WebResponse>

// not in the ES library; every runtime that has fetch has it
declare const Response: new(
  body: string | null,
  init: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
) => WebResponse

const problem = (status: number, detail: string, headers: Readonly<Record<string, string>> = {}): WebResponse =>
  new Response(JSON.stringify({ title: "the webhook was not taken", status, detail }), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" }
  })

const headersOf = ({ headers }: WebRequest): Headers => {
  const pairs: Array<readonly [string, string]> = []
  headers.forEach((value, name) => pairs.push([name.toLowerCase(), value]))
  return Object.fromEntries(pairs)
}

const joined = (chunks: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const body = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.length
  }
  return body
}

/** The body, or undefined if it is longer than it may be; then the rest of it is not read. */
const bodyOf = ({ body }: WebRequest, maxBytes: number): Effect.Effect<Uint8Array | undefined> => {
  if (body === null) return Effect.succeed(new Uint8Array())
  return Effect.suspend(() => {
    const reader = body.getReader()
    const chunks: Array<Uint8Array> = []
    const next = (length: number): Effect.Effect<Uint8Array | undefined> =>
      Effect.flatMap(Effect.promise(() => reader.read()), ({ done, value }) => {
        if (done) return Effect.succeed(joined(chunks, length))
        if (value === undefined) return next(length)
        if (length + value.length > maxBytes) return Effect.as(Effect.ignore(Effect.tryPromise(() => reader.cancel())), undefined)
        chunks.push(value)
        return next(length + value.length)
      })
    return next(0)
  })
}

export const make = <R>(
  receiver: Receiver,
  onEvents: (events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void, never, R>,
  { maxBytes = 1024 * 1024 }: { readonly maxBytes?: number } = {}
): Effect.Effect<WebEndpoint, never, R> => {
  const tooLong = (): WebResponse => problem(413, `its body is longer than ${maxBytes} bytes`)
  const take = (request: WebRequest): Effect.Effect<WebResponse, Refusal, R> =>
    Effect.gen(function*() {
      const headers = headersOf(request)
      if (Number(headers["content-length"]) > maxBytes) return tooLong()
      const body = yield* bodyOf(request, maxBytes)
      if (body === undefined) return tooLong()
      const events = yield* receiver.receive({ headers, body, url: request.url })
      if (events.length > 0) yield* onEvents(events)
      return new Response(null, { status: 200 })
    })
  const answer = (request: WebRequest): Effect.Effect<WebResponse, never, R> =>
    request.method !== "POST"
      ? Effect.sync(() => problem(405, "a webhook is a POST", { allow: "POST" }))
      : take(request).pipe(
        Effect.catchAll(({ detail, status }) => Effect.sync(() => problem(status, detail))),
        // a 5xx status makes the carrier call again
        Effect.catchAllCause((cause) =>
          Effect.as(
            Defect.logUnlessSaid(
              cause,
              Effect.annotateLogs(Effect.logError("a webhook was not taken, its carrier is asked to call again"), {
                carrier: receiver.carrierId,
                defects: Defect.namesIn(cause)
              })
            ),
            problem(503, "its events could not be taken; call again")
          )
        )
      )
  return Effect.map(Effect.runtime<R>(), (runtime) => (request) => Runtime.runPromise(runtime)(answer(request)))
}
