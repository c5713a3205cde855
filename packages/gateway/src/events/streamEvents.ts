/** Answers one reader of the event log with server-sent events. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { AuditTableService } from "@interline/sql/AuditTable"
import type { EventLogService, GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Masked from "../access/masked.ts"
import * as Masking from "../access/masking.ts"
import type { Key } from "../http/ApiKeys.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as ProblemResponse from "../http/problemResponse.ts"
import * as Query from "../http/query.ts"
import * as EventTypes from "./eventTypes.ts"
import * as LiveReaders from "./liveReaders.ts"

export interface Parts<I> {
  readonly log: EventLogService
  readonly event: Schema.Schema<GatewayEvent, I>
  readonly typeOf: (event: GatewayEvent) => string
  readonly ended: Effect.Effect<void>
  readonly audit: AuditTableService
  readonly authenticated: Effect.Effect<Key, ProblemDetails.ProblemDetails, HttpServerRequest.HttpServerRequest>
}

const text = new TextEncoder()

/**
 * This is sent at once, so that the headers are sent too. It sets how soon a reader comes back, in milliseconds, and the id after which it
 * begins: a reader whose connection ends before the first event then misses none.
 */
const makeGreeting = (place: number): Uint8Array => text.encode(`retry: 2000\nid: ${place}\n\n`)
const beat = text.encode(": \n\n")

const idPattern = /^(0|[1-9][0-9]{0,14})$/

const malformed = (detail: string): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("malformed", { detail, certainty: "not-sent", next: "fix" })

/** `types` is a list. It may be one field with commas, or several fields. */
const query = Schema.Struct({
  after: Schema.optional(Schema.String),
  types: Schema.optional(Schema.Union(Schema.String, Schema.Array(Schema.String)))
})
const refuseQuery = Query.refuse(Option.some(query))

/**
 * Reads the id after which to begin. If both are there, the header wins: when a reader comes back, its header is newer than its address.
 */
const readStart = (
  header: string | undefined,
  parameter: string | null
): Effect.Effect<Option.Option<number>, ProblemDetails.ProblemDetails> => {
  const given = header ?? parameter
  if (given === null || given === "") return Effect.succeedNone
  return idPattern.test(given)
    ? Effect.succeedSome(Number(given))
    : Effect.fail(malformed("Last-Event-ID and after are ids of events: whole numbers"))
}

/** Reads the types that a reader wants (default: all). An unknown word is refused, because the reader would wait for ever. */
const readTypes = (query: URLSearchParams): Effect.Effect<ReadonlySet<string>, ProblemDetails.ProblemDetails> => {
  if (!query.has("types")) return Effect.succeed(new Set())
  const types = new Set(
    query.getAll("types").flatMap((list) => list.split(",")).map((type) => type.trim()).filter((type) => type.length > 0)
  )
  const wrong = types.size === 0 ? EventTypes.typeList : EventTypes.findUnknownType(types)
  return wrong === undefined ? Effect.succeed(types) : Effect.fail(malformed(`types names events, with commas between them; ${wrong}`))
}

export const make = <I>({ audit, authenticated, ended, event, log, typeOf }: Parts<I>) =>
  Effect.gen(function*() {
    const encode = Schema.encodeSync(event)

    // The log gives the same entry to all readers. So it is encoded once for all that see the same of it, and they send the same bytes.
    const makeLines = (shape: (encoded: I) => unknown) => {
      const encoded = new WeakMap<GatewayEvent, Uint8Array>()
      return (entry: GatewayEvent): Uint8Array => {
        const known = encoded.get(entry)
        if (known !== undefined) return known
        const bytes = text.encode(`id: ${entry.id}\nevent: ${typeOf(entry)}\ndata: ${JSON.stringify(shape(encode(entry)))}\n\n`)
        encoded.set(entry, bytes)
        return bytes
      }
    }
    const whole = makeLines(identity)
    const masked = makeLines(Masking.make("event", [event.ast]))

    const noteShown = Masked.makeNote(audit)
    const streamTo = yield* LiveReaders.make({ log, ended })

    const makeWrite =
      (toLines: (entry: GatewayEvent) => Uint8Array, types: ReadonlySet<string>): LiveReaders.Reading["write"] => (entries) =>
        Effect.sync(() => (types.size === 0 ? entries : entries.filter((entry) => types.has(typeOf(entry)))).map(toLines))

    return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
      Effect.gen(function*() {
        const authenticating = Effect.provideService(authenticated, HttpServerRequest.HttpServerRequest, request)
        const key = yield* authenticating
        const wish = Masked.wishOf(request.url)
        yield* refuseQuery(wish.url)
        const query = new URLSearchParams(Query.split(wish.url)[1])
        const place = yield* readStart(request.headers["last-event-id"], query.get("after"))
        const types = yield* readTypes(query)
        yield* noteShown(key, wish, "events")
        // The reader's id may be of an earlier database. Without this limit, the reader would wait until this one has as many entries.
        const latest = yield* log.latest
        const after = Option.match(place, { onNone: () => latest, onSome: (given) => Math.min(given, latest) })
        const reading: LiveReaders.Reading = {
          after,
          greeting: makeGreeting(after),
          beat,
          write: makeWrite(Masked.hides(key, wish) ? masked : whole, types),
          // A key may be revoked while the stream is open. If the keys cannot be read, the log cannot be read either.
          mayGoOn: Effect.match(authenticating, { onFailure: ({ status }) => status >= 500, onSuccess: () => true })
        }
        return HttpServerResponse.stream(streamTo(reading), {
          contentType: "text/event-stream",
          headers: LiveReaders.headers
        })
      }).pipe(Effect.catchAll((problem) => Effect.succeed(ProblemResponse.respond(problem))))
  })
