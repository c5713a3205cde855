/** A vendor's HTTP API, as adapters ask it: calls, what counts as a success, and answers that are decoded or fail with a typed error. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Operation } from "../names/Operation.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Call, Reply, Transport } from "./Transport.ts"

/**
 * What is particular about a vendor's answers.
 *
 * @category models
 */
export interface Parts {
  /** What sends the requests. */
  readonly transport: Transport
  /** Whether an answer of 2xx says in its body that the request failed. Default: none does. */
  readonly isFailure?: (reply: Reply) => boolean
  /** The error of an answer that is no success; `detail` is for people, without numbers and texts. */
  readonly fromReply: (call: Call, reply: Reply, detail?: string) => Effect.Effect<never, MessagingError>
  /** The error of a success that does not say what it must. */
  readonly badReply: (call: Call, reply: Reply, error: ParseResult.ParseError) => Effect.Effect<never, MessagingError>
}

/**
 * Asks a vendor's API. Nothing here is fenced, repeated or traced; `Carrier.make` does that.
 *
 * @category models
 */
export interface Client {
  /** Makes a call; fails unless the answer is a success. */
  readonly request: (call: Call, detail?: string) => Effect.Effect<Reply, MessagingError>
  /** Makes a call whose answer says nothing that is needed. */
  readonly acknowledge: (call: Call) => Effect.Effect<void, MessagingError>
  /** What reads an answer: it fails unless the answer is a success that the schema decodes. `isFailure` replaces the vendor's. */
  readonly reader: <A, I>(
    schema: Schema.Schema<A, I>,
    isFailure?: (reply: Reply) => boolean
  ) => (call: Call, reply: Reply, detail?: string) => Effect.Effect<A, MessagingError>
  /** What makes calls whose answers the schema decodes. */
  readonly asker: <A, I>(
    schema: Schema.Schema<A, I>,
    isFailure?: (reply: Reply) => boolean
  ) => (call: Call, detail?: string) => Effect.Effect<A, MessagingError>
}

/**
 * Whether a status is one of success.
 *
 * @category refinements
 */
export const isSuccess = ({ status }: Reply): boolean => status >= 200 && status < 300

/**
 * Builds a client from a transport and what is particular about the vendor's answers.
 *
 * @category constructors
 */
export const make = ({ badReply, fromReply, isFailure = () => false, transport }: Parts): Client => {
  const request: Client["request"] = (call, detail) =>
    Effect.flatMap(
      transport(call),
      (reply) => isSuccess(reply) && !isFailure(reply) ? Effect.succeed(reply) : fromReply(call, reply, detail)
    )

  const reader: Client["reader"] = (schema, isFailed = isFailure) => {
    const decode = Schema.decodeUnknownEither(schema)
    return (call, reply, detail) =>
      !isSuccess(reply) || isFailed(reply)
        ? fromReply(call, reply, detail)
        : Either.match(decode(reply.json), { onLeft: (error) => badReply(call, reply, error), onRight: Effect.succeed })
  }

  return {
    request,
    acknowledge: (call) => Effect.asVoid(request(call)),
    reader,
    asker: (schema, isFailed) => {
      const read = reader(schema, isFailed)
      return (call, detail) => Effect.flatMap(transport(call), (reply) => read(call, reply, detail))
    }
  }
}

/**
 * A call that reads. Query parameters that are undefined are left out.
 *
 * @category constructors
 */
export const get = (operation: Operation, path: string, query: NonNullable<Call["query"]> = {}): Call => ({
  operation,
  method: "GET",
  path,
  query
})

const withBody = (method: Call["method"]) => (operation: Operation, path: string, json?: unknown): Call => ({
  operation,
  method,
  path,
  json
})

/**
 * A POST, with a JSON body if one is given.
 *
 * @category constructors
 */
export const post: (operation: Operation, path: string, json?: unknown) => Call = withBody("POST")

/**
 * A PUT, with a JSON body if one is given.
 *
 * @category constructors
 */
export const put: (operation: Operation, path: string, json?: unknown) => Call = withBody("PUT")

/**
 * A PATCH, with a JSON body if one is given.
 *
 * @category constructors
 */
export const patch: (operation: Operation, path: string, json?: unknown) => Call = withBody("PATCH")

/**
 * A DELETE, with a JSON body if one is given.
 *
 * @category constructors
 */
export const remove: (operation: Operation, path: string, json?: unknown) => Call = withBody("DELETE")
