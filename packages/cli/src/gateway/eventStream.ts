/** Follows the events of a gateway. After a lost connection it goes on behind the last event that it gave. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as ShownUrl from "../print/shownUrl.ts"
import type { Gateway } from "./connect.ts"
import * as Refusals from "./refusals.ts"

/** An event as the gateway wrote it. */
export interface ServerEvent {
  readonly id: string
  readonly type: string
  readonly data: string
}

export interface EventQuery {
  /** The id after which to begin. Default: with the next new event. */
  readonly after: Option.Option<number>
  readonly types: Option.Option<string>
}

// a heartbeat comes every 15 seconds, so this connection is dead
const silence = "45 seconds"

const waits = { first: Duration.millis(500), most: Duration.seconds(15) }

/** A position in the log, and the event there. The gateway also tells a position without an event: where a reader begins. */
interface Place {
  readonly id: string
  readonly event: Option.Option<ServerEvent>
}

/** Reads the lines of server-sent events. Every event of the gateway has one line of each kind. */
const toPlaces = <E, R>(lines: Stream.Stream<string, E, R>): Stream.Stream<Option.Option<Place>, E, R> =>
  Stream.mapAccum(lines, new Map<string, string>(), (fields, line) => {
    const [, name = "", value = ""] = /^([a-z]+): ?(.*)$/s.exec(line) ?? []
    if (line !== "") return [name === "" ? fields : new Map([...fields, [name, value]]), Option.none<Place>()]
    const { data, event: type, id } = Object.fromEntries(fields)
    return [
      new Map<string, string>(),
      id === undefined ? Option.none<Place>() : Option.some({
        id,
        event: data === undefined || type === undefined ? Option.none() : Option.some({ id, type, data })
      })
    ]
  })

type Source = Pick<Gateway, "http" | "options">

/**
 * A connection, and what it brings: nothing is a sign that it lives. It fails if the gateway cannot be reached or refuses, and what it brings
 * fails if the connection is lost.
 */
const connectOnce = (
  { http, options: { apiKey, baseUrl } }: Source,
  after: Option.Option<string>,
  types: Option.Option<string>
): Effect.Effect<Stream.Stream<Option.Option<Place>, Refusals.RequestFailure>, Refusals.RequestFailure> =>
  Effect.gen(function*() {
    const request = HttpClientRequest.get(`${baseUrl.replace(/\/+$/, "")}/v1/events`).pipe(
      HttpClientRequest.bearerToken(Redacted.value(apiKey)),
      HttpClientRequest.accept("text/event-stream"),
      (request) =>
        Option.match(types, { onNone: () => request, onSome: (types) => HttpClientRequest.setUrlParam(request, "types", types) }),
      (request) => Option.match(after, { onNone: () => request, onSome: (id) => HttpClientRequest.setHeader(request, "last-event-id", id) })
    )
    const response = yield* HttpClient.withTracerDisabledWhen(http, () => true).execute(request)
    if (response.status !== 200) {
      return yield* Effect.flatMap(HttpClientResponse.schemaBodyJson(ProblemDetails.schema)(response), (problem) => Effect.fail(problem))
    }
    if (response.headers["content-type"]?.startsWith("text/event-stream") !== true) {
      return yield* Effect.fail(new HttpClientError.ResponseError({ request, response, reason: "Decode" }))
    }
    return toPlaces(response.stream.pipe(Stream.decodeText(), Stream.splitLines))
  })

interface Lost {
  readonly _tag: "Lost"
}

const lost = (): Refusals.RequestFailure | Lost => ({ _tag: "Lost" })

const isLost = (error: Refusals.RequestFailure | Lost): boolean =>
  error._tag === "Lost" || error._tag === "ResponseError" || Refusals.mayPass(error)

/**
 * The events from now on, or after an id, without an end. `idle`: ends the stream when no event came for so long. It fails if the gateway
 * refuses, and if the first connection cannot be made. A later connection is tried until it is made, with a word on stderr for each try. A
 * connection without an end is told on stderr.
 */
export const follow = (
  source: Source,
  { after, types }: EventQuery,
  idle: Option.Option<Duration.DurationInput>
): Stream.Stream<ServerEvent, Refusals.RequestFailure> =>
  Stream.suspend(() => {
    let place = Option.map(after, String)
    let wait = waits.first
    let wasConnected = false
    const connection = Effect.suspend(() => connectOnce(source, place, types))
    const toEvents = <E>(places: Stream.Stream<Option.Option<Place>, E>) =>
      Stream.filterMap(places, (found) => {
        wait = waits.first
        place = Option.orElse(Option.map(found, ({ id }) => id), () => place)
        return Option.flatMap(found, ({ event }) => event)
      })
    if (Option.isSome(idle)) {
      return Stream.unwrap(Effect.map(connection, (places) => Stream.timeout(toEvents(places), idle.value)))
    }
    const once = Effect.suspend(() => wasConnected ? Effect.timeoutFail(connection, { duration: silence, onTimeout: lost }) : connection)
      .pipe(
        Effect.tap(() =>
          Console.error(
            `connected ${wasConnected ? "again " : ""}to ${ShownUrl.toShownUrl(source.options.baseUrl).replace(/\/$/, "")}, listening`
          )
        ),
        Effect.map((places) => {
          wasConnected = true
          return Stream.timeoutFail(places, lost, silence)
        })
      )
    const lasting = toEvents(Stream.unwrap(once)).pipe(
      Stream.catchAll((error): Stream.Stream<never, Refusals.RequestFailure> =>
        error._tag === "Lost" || (wasConnected && isLost(error)) ? Stream.empty : Stream.fail(error)
      )
    )
    const pause = Effect.suspend(() => {
      const millis = wait
      wait = Duration.min(Duration.times(wait, 2), waits.most)
      return Effect.zipRight(Console.error("the connection is lost; it goes on after the last event"), Effect.sleep(millis))
    })
    return Stream.forever(Stream.concat(lasting, Stream.execute(pause)))
  })
