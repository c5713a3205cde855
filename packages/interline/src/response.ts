/** Builds a response of Effect's HTTP client from an answer of undici. */
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const decoder = new TextDecoder()

/** A response whose whole body is in memory. */
class CompleteResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly #received: Headers.Input
  #headers: Headers.Headers | undefined
  readonly remoteAddress: Option.Option<string> = Option.none()
  readonly #bytes: Uint8Array

  constructor(request: HttpClientRequest.HttpClientRequest, status: number, received: Headers.Input, bytes: Uint8Array) {
    super()
    this.request = request
    this.status = status
    this.#received = received
    this.#bytes = bytes
  }

  /** The headers are built at the first read, because most responses are decoded without them. */
  get headers(): Headers.Headers {
    return this.#headers ??= Headers.fromInput(this.#received)
  }

  get cookies(): Cookies.Cookies {
    const header = this.headers["set-cookie"]
    return header === undefined ? Cookies.empty : Cookies.fromSetCookie(header)
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.succeed(decoder.decode(this.#bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.try({ try: (): unknown => JSON.parse(decoder.decode(this.#bytes)), catch: (cause) => this.#decodeError(cause) })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.try({
      try: () => UrlParams.fromInput(new URLSearchParams(decoder.decode(this.#bytes))),
      catch: (cause) => this.#decodeError(cause)
    })
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.sync(() => new Uint8Array(this.#bytes).buffer)
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.tryPromise({
      try: () => new Response(new Uint8Array(this.#bytes), { headers: { "content-type": this.headers["content-type"] ?? "" } }).formData(),
      catch: (cause) => this.#decodeError(cause)
    })
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.make(this.#bytes)
  }

  #decodeError(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }

  toJSON(): unknown {
    return { _id: "@effect/platform/HttpClientResponse", status: this.status }
  }
}

export const makeResponse = (
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  received: Headers.Input,
  bytes: Uint8Array
): HttpClientResponse.HttpClientResponse => new CompleteResponse(request, status, received, bytes)
