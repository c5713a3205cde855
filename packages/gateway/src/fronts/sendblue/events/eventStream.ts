/** The event stream, `GET /api/v2/events`: what happens from now on. The lists give what a program missed, as at the vendor. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Defect from "@interline/core/Defect"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import * as LiveReaders from "../../../events/liveReaders.ts"
import * as Refusal from "../refusal.ts"
import type * as Request from "../request.ts"
import type { Services } from "../services.ts"
import * as StreamEvent from "./streamEvent.ts"

/** What a request for the stream has beside its fields. */
export interface Asking {
  /** The last id that the program has, from the header of server-sent events. The vendor's stream has no such ids. */
  readonly lastEventId: string | undefined
  /** Whether the key is still valid. */
  readonly mayGoOn: Effect.Effect<boolean>
}

export type Open = (call: Request.Call, asking: Asking) => Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal.Refusal>

// sendblue 3.17.0 (events), read 2026-11: the vendor ends a connection after at most this time
const endAfter = "15 minutes"

/** Entries that are rendered at the same time. */
const atOnce = 4

const text = new TextEncoder()

const end = text.encode("\n")

const beat = text.encode(": heartbeat\n\n")

/** With the id after which it begins, so that a program whose connection ends before the first event misses none. */
const makeGreeting = (after: number): Uint8Array => text.encode(`: open\nid: ${after}\n\n`)

const idPattern = /^(0|[1-9][0-9]{0,14})$/

const isType = (word: string): word is SendblueWords.StreamType => SendblueWords.streamTypes.some((type) => type === word)

const invalidTypes = Refusal.refuse(400, `Invalid event type. Must be one of: ${SendblueWords.streamTypes.join(", ")}`)

/** The types that a program wants; none: all. An unknown word is refused, because the program would wait for ever. */
const readTypes = (query: URLSearchParams): Effect.Effect<ReadonlySet<SendblueWords.StreamType>, Refusal.Refusal> => {
  const words = query.getAll("types").flatMap((list) => list.split(",")).map((word) => word.trim()).filter((word) => word !== "")
  const types = words.filter(isType)
  return types.length < words.length ? invalidTypes : Effect.succeed(new Set(types))
}

interface Written {
  readonly type: SendblueWords.StreamType
  readonly bytes: Uint8Array
}

export const make = (services: Services, ended: Effect.Effect<void>): Effect.Effect<Open, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { events: log } = services
    const streamTo = yield* LiveReaders.make({ log, ended })

    // The log gives the same entry to all readers. So it is rendered once, and all readers send the same bytes.
    const rendered = new WeakMap<GatewayEvent, ReadonlyArray<Written>>()
    // Readers that want an entry while it is rendered wait for that. It goes on if the first of them leaves.
    const rendering = new WeakMap<GatewayEvent, Deferred.Deferred<ReadonlyArray<Written>>>()
    const scope = yield* Effect.scope

    const renderAll = (entry: GatewayEvent): Effect.Effect<ReadonlyArray<Written>> =>
      Effect.matchEffect(StreamEvent.render(services, entry), {
        // Those who read now do not get the event, and no list may have it. The carrier is asked again for those who read the entry later.
        onFailure: ({ why }) =>
          Effect.as(
            Effect.annotateLogs(Effect.logWarning(`an event is left out of the event stream of a front: ${why}`), { event: entry.id }),
            []
          ),
        onSuccess: (events) =>
          Effect.sync(() => {
            const written = events.map((event) => ({
              type: event.type,
              bytes: text.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n`)
            }))
            rendered.set(entry, written)
            return written
          })
      })

    const write = (entry: GatewayEvent): Effect.Effect<ReadonlyArray<Written>> =>
      Effect.uninterruptibleMask((restore) => {
        const known = rendered.get(entry)
        if (known !== undefined) return Effect.succeed(known)
        const running = rendering.get(entry)
        if (running !== undefined) return restore(Deferred.await(running))
        const answer = Deferred.unsafeMake<ReadonlyArray<Written>>(FiberId.none)
        rendering.set(entry, answer)
        const run = Effect.ensuring(Effect.interruptible(renderAll(entry)), Effect.sync(() => rendering.delete(entry)))
        return Effect.zipRight(Effect.forkIn(Effect.intoDeferred(run, answer), scope), restore(Deferred.await(answer)))
      })

    const writeAll = (types: ReadonlySet<SendblueWords.StreamType>): LiveReaders.Reading["write"] => (entries) =>
      Effect.forEach(
        entries,
        (entry) =>
          Effect.map(write(entry), (written) => {
            const wanted = written.filter(({ type }) => types.size === 0 || types.has(type))
            // Only the last event of an entry has its id. A program that lost the connection before it gets all of them again.
            return wanted.flatMap(({ bytes }, index) => [bytes, index === wanted.length - 1 ? text.encode(`id: ${entry.id}\n\n`) : end])
          }),
        { concurrency: atOnce }
      ).pipe(
        Effect.map((pieces) => pieces.flat()),
        Effect.tapErrorCause((cause) =>
          Defect.logUnlessSaid(cause, Effect.logError("the event stream of a front ends early: its events cannot be read"))
        )
      )

    return ({ query }, { lastEventId, mayGoOn }) =>
      Effect.gen(function*() {
        const types = yield* readTypes(query)
        const latest = yield* log.latest
        const after = lastEventId !== undefined && idPattern.test(lastEventId) ? Math.min(Number(lastEventId), latest) : latest
        const stream = streamTo({ after, greeting: makeGreeting(after), beat, mayGoOn, endAfter, write: writeAll(types) })
        return HttpServerResponse.stream(stream, { contentType: "text/event-stream; charset=utf-8", headers: LiveReaders.headers })
      })
  })
