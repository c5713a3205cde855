/** Server-sent events: the lines of each entry, and how long they go on. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { EventLogService, GatewayEvent } from "../EventLog.ts"
import * as Problems from "../ProblemDetails.ts"
import * as Responses from "./api/problems.ts"
import * as EventTypes from "./eventTypes.ts"

export interface Setup<I> {
  readonly log: EventLogService
  readonly event: Schema.Schema<GatewayEvent, I>
  readonly typeOf: (event: GatewayEvent) => string
  readonly ended: Effect.Effect<void>
  readonly authenticated: Effect.Effect<string, Problems.ProblemDetails, HttpServerRequest.HttpServerRequest>
}

const heartbeat = "15 seconds"

const text = new TextEncoder()

// sent at once, so that the headers are; and how soon a reader comes back, in milliseconds
const greeting = text.encode("retry: 2000\n\n")
const beat = text.encode(": \n\n")

const idPattern = /^(0|[1-9][0-9]{0,14})$/

const malformed = (detail: string): Problems.ProblemDetails => Problems.make("malformed", { detail, certainty: "not-sent", next: "fix" })

/** Where to begin: what a reader says when it comes back is later than what stands in its address. */
const placeOf = (header: string | undefined, parameter: string | null): Effect.Effect<Option.Option<number>, Problems.ProblemDetails> => {
  const said = header ?? parameter
  if (said === null || said === "") return Effect.succeedNone
  return idPattern.test(said) ? Effect.succeedSome(Number(said)) : Effect.fail(malformed("Last-Event-ID and after are ids of events: whole numbers"))
}

/** Which types a reader wants; all of them if it says nothing. A word that nothing is called by would leave it waiting for ever. */
const typesOf = (query: URLSearchParams): Effect.Effect<ReadonlySet<string>, Problems.ProblemDetails> => {
  if (!query.has("types")) return Effect.succeed(new Set())
  const types = new Set(query.getAll("types").flatMap((list) => list.split(",")).map((type) => type.trim()).filter((type) => type.length > 0))
  return types.size === 0 || EventTypes.stranger(types) !== undefined
    ? Effect.fail(malformed(`types names events, with commas between them; ${EventTypes.known}`))
    : Effect.succeed(types)
}

export const make = <I>({ authenticated, ended, event, log, typeOf }: Setup<I>) => {
  const encode = Schema.encode(event)

  // the log gives all readers the same entry: it is encoded once, and they send the same bytes
  const written = new WeakMap<GatewayEvent, Uint8Array>()

  const write = (entry: GatewayEvent): Effect.Effect<Uint8Array> =>
    Effect.orDie(Effect.map(encode(entry), (encoded) => {
      const bytes = text.encode(`id: ${entry.id}\nevent: ${typeOf(entry)}\ndata: ${JSON.stringify(encoded)}\n\n`)
      written.set(entry, bytes)
      return bytes
    }))

  const lines = (entry: GatewayEvent): Effect.Effect<Uint8Array> =>
    Effect.suspend(() => {
      const known = written.get(entry)
      return known === undefined ? write(entry) : Effect.succeed(known)
    })

  const beats = Stream.drop(Stream.tick(heartbeat), 1).pipe(Stream.map(() => beat))

  const stream = (after: Option.Option<number>, types: ReadonlySet<string>) =>
    log.stream(Option.getOrUndefined(after)).pipe(
      Stream.filter((entry) => types.size === 0 || types.has(typeOf(entry))),
      // one entry at a time: what is ahead of a slow reader is in the log, not in a queue
      Stream.mapEffect(lines),
      Stream.merge(beats, { haltStrategy: "either" }),
      (entries) => Stream.concat(Stream.make(greeting), entries),
      Stream.interruptWhen(ended)
    )

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    Effect.gen(function*() {
      yield* Effect.provideService(authenticated, HttpServerRequest.HttpServerRequest, request)
      const query = new URLSearchParams(request.url.includes("?") ? request.url.slice(request.url.indexOf("?") + 1) : "")
      const place = yield* placeOf(request.headers["last-event-id"], query.get("after"))
      const types = yield* typesOf(query)
      // a reader that outlived its database would wait until the new one has as many entries
      const after = Option.isNone(place) ? place : Option.some(Math.min(place.value, yield* log.latest))
      return HttpServerResponse.stream(stream(after, types), {
        contentType: "text/event-stream",
        headers: {
          "cache-control": "no-store",
          // nginx would hold events back
          "x-accel-buffering": "no"
        }
      })
    }).pipe(Effect.catchAll((problem) => Effect.succeed(Responses.respond(problem))))
}
