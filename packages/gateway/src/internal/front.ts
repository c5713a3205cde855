/** One request happens once, however often a client repeats it. */
import type { Delivery } from "@interline/core/Delivery"
import type { Fidelity } from "@interline/core/Draft"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import type { MessagingService } from "@interline/core/Messaging"
import type { SendError } from "@interline/core/SendError"
import * as Uuid from "@interline/core/Uuid"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { DrainService } from "../Drain.ts"
import type { Answer, FrontService, Incoming, Options, Run, Sent } from "../Front.ts"
import type { Begun, Reply, RequestLogService } from "../RequestLog.ts"
import * as Digest from "./digest.ts"
import * as Expected from "./expected.ts"
import * as Store from "./store.ts"

/** What the official clients wait for an answer unless they are told otherwise. */
const defaultPatience = Duration.seconds(60)

/** The longest pause that the official clients make before a retry: what a `Retry-After` may ask of them. */
const longestPause = Duration.seconds(60)

/** For how long a request may run before another process takes it for abandoned; longer than any send's deadline. */
const lease = Duration.minutes(5)

const kept = Duration.hours(24)

/** A header's name in a stored reply: nothing happened under this number, ask for the next. */
const marker = "interline-again"

/** How often the end of a request in another process is looked for. */
const poll = Duration.seconds(1)

const isTaken = (begun: Begun): begun is Begun & { readonly _tag: "Fresh" | "Abandoned" } => begun._tag === "Fresh" || begun._tag === "Abandoned"

const marked = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, [marker]: "1" } })

/** An earlier request that did nothing, and said so. */
const isSpent = ({ headers }: Reply): boolean => headers[marker] !== undefined && headers["idempotent-replayed"] !== undefined

/** A place among the requests: the record's id, and the key that its send goes out under. */
interface Place {
  readonly id: string
  readonly key: string
}

const withoutMarker = ({ headers: { [marker]: _, ...headers }, ...reply }: Reply): Reply => ({ ...reply, headers })

const replayed = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, "idempotent-replayed": "true" } })

const settled = ({ again, reply }: Answer): Reply =>
  again || reply.status < 400 ? reply : { ...reply, headers: { ...reply.headers, "x-should-retry": "false" } }

const comeBack = { "retry-after": "5", "x-should-retry": "true", connection: "close" }

// a header holds ASCII
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)

const longestHeader = 4_000

const listed = (losses: ReadonlyArray<Loss>): string => {
  const whole = ascii(JSON.stringify(losses))
  return whole.length <= longestHeader ? whole : ascii(JSON.stringify(losses.map(({ certainty, kind, part }) => ({ kind, certainty, part })))).slice(0, longestHeader)
}

const about = (sent: Sent): readonly [outcome: string, ofDelivery: Pick<Delivery, "id" | "losses">] => {
  const of = (error: SendError) => ({ id: error.deliveryId, losses: error.losses })
  switch (sent._tag) {
    case "Accepted":
      return ["accepted", sent.delivery]
    case "Pending":
      return ["held", of(sent.error)]
    case "Incomplete":
      return ["partial", of(sent.error)]
    case "Refused":
      return ["invalid", of(sent.error)]
    case "NotSent":
      return ["not-sent", of(sent.error)]
  }
}

export const headers = (sent: Sent): Readonly<Record<string, string>> => {
  const [outcome, { id, losses }] = about(sent)
  return {
    "interline-delivery-id": id,
    "interline-outcome": outcome,
    ...(losses.length === 0 ? {} : { "interline-losses": listed(losses) })
  }
}

export const make = (
  messaging: MessagingService,
  log: RequestLogService,
  drain: DrainService,
  { aliases = {}, drainFor = "30 seconds", strict = false }: Options
): Effect.Effect<FrontService, never, Scope.Scope> =>
  Effect.gen(function*() {
    // a request goes on when its client has gone: the client's retry wants its answer
    const running = yield* FiberSet.make()
    yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(FiberSet.awaitEmpty(running)), drainFor))
    const waiting = new Map<string, Deferred.Deferred<Reply>>()
    // requests whose clients went away before the answer, and how many clients were told to come back
    const unheard = Expected.make()
    const owed = Expected.make()

    const perform = ({ id, key }: Place, begun: "Fresh" | "Abandoned", run: Run): Effect.Effect<Reply> => {
      const answer: Effect.Effect<Answer> = run._tag === "Keyed"
        ? run.run(key)
        : begun === "Fresh"
        ? run.run
        : Effect.succeed({ reply: run.unknown, again: false })
      return Effect.flatMap(answer, (answer) => {
        const reply = answer.again ? marked(settled(answer)) : settled(answer)
        return Effect.as(Store.attempted("an answer", log.finish(id, reply), log.abandon(id)), reply)
      }).pipe(
        // whatever broke it, a retry must find that it is over and that nobody knows how far it got
        Effect.onError(() => Store.attempted("the end of a request", log.abandon(id)))
      )
    }

    const begin = (place: Place, scope: string, fingerprint: string): Effect.Effect<Begun> =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        log.begin({
          id: place.id,
          scope,
          fingerprint,
          at,
          leaseUntil: at + Duration.toMillis(lease),
          expiresAt: at + Duration.toMillis(kept)
        }))

    /** Runs apart from the caller, so that nothing that happens to the caller happens to it. */
    const apart = (place: Place, work: Effect.Effect<Reply>): Effect.Effect<Reply> =>
      Effect.flatMap(Deferred.make<Reply>(), (answered) => {
        waiting.set(place.id, answered)
        const ending = Effect.sync(() => waiting.delete(place.id))
        return Effect.zipRight(
          FiberSet.run(running, Effect.zipRight(Deferred.complete(answered, work), ending)),
          Deferred.await(answered)
        )
      })

    /** Waits for a request that is under way, here or in another process. */
    const join = (place: Place, scope: string, fingerprint: string, run: Run): Effect.Effect<Reply> => {
      const here = waiting.get(place.id)
      return here !== undefined
        ? Effect.map(Deferred.await(here), replayed)
        : Effect.flatMap(Effect.delay(begin(place, scope, fingerprint), poll), (begun) =>
          begun._tag === "InProgress" ? Effect.suspend(() => join(place, scope, fingerprint, run)) : ended(begun, place, run))
    }

    const ended = (begun: Begun, place: Place, run: Run): Effect.Effect<Reply> =>
      begun._tag === "Done"
        ? Effect.succeed(replayed(begun.reply))
        : isTaken(begun)
        ? apart(place, perform(place, begun._tag, run))
        : Effect.dieMessage("a request's id belongs to another request")

    const at = (place: Place, scope: string, fingerprint: string, run: Run): Effect.Effect<Reply> =>
      waiting.has(place.id)
        ? join(place, scope, fingerprint, run)
        : Effect.flatMap(begin(place, scope, fingerprint), (begun) =>
          begun._tag === "InProgress" ? join(place, scope, fingerprint, run) : ended(begun, place, run))

    /** Under the caller's own key: the first number under which something may have happened is the one that counts. */
    const underKey = (key: string, scope: string, fingerprint: string, run: Run, number = 0): Effect.Effect<Reply> => {
      const place = { id: Digest.of("keyed", scope, key, fingerprint, String(number)), key: Digest.of("key", scope, key, String(number)) }
      return Effect.flatMap(at(place, scope, fingerprint, run), (reply) =>
        isSpent(reply) ? Effect.suspend(() => underKey(key, scope, fingerprint, run, number + 1)) : Effect.succeed(withoutMarker(reply)))
    }

    const window = ({ patience, retry }: Incoming): number =>
      retry * Duration.toMillis(Duration.sum(Option.getOrElse(patience, () => defaultPatience), longestPause)) + 10_000

    const earlier = (incoming: Incoming, scope: string, fingerprint: string): Effect.Effect<Option.Option<string>> =>
      incoming.retry === 0
        ? Effect.succeedNone
        : Effect.flatMap(Clock.currentTimeMillis, (now) => log.latest(scope, fingerprint, now - window(incoming)))

    const unkeyed = (incoming: Incoming, scope: string, fingerprint: string, run: Run): Effect.Effect<Reply> => {
      // by the count that the retry will bear: what a client gave up must not be taken for another one's
      const expected = (retry: number): string => `${scope} ${fingerprint} ${retry}`
      const begin = (id: string): Effect.Effect<Reply> =>
        Effect.onInterrupt(at({ id, key: Digest.of("request", scope, id) }, scope, fingerprint, run), () => unheard.put(expected(incoming.retry + 1), id))
      const anew = Effect.flatMap(Uuid.mint, begin)
      const joined: Effect.Effect<Reply> = Effect.gen(function*() {
        // whoever went away before the answer comes back for it
        const lost = yield* unheard.take(expected(incoming.retry), window(incoming))
        if (Option.isSome(lost)) return yield* begin(lost.value)
        // then it may be one that was told to come back, and did nothing so far
        if (Option.isSome(yield* owed.take(expected(incoming.retry), window(incoming)))) return yield* anew
        const id = yield* earlier(incoming, scope, fingerprint)
        return Option.isSome(id) ? yield* begin(id.value) : yield* anew
      })
      return (incoming.retry === 0 ? anew : joined).pipe(
        Effect.flatMap((reply) => isSpent(reply) ? anew : Effect.succeed(reply)),
        Effect.tap((reply) => reply.headers[marker] === undefined ? Effect.void : owed.put(expected(incoming.retry + 1), "")),
        Effect.map(withoutMarker)
      )
    }

    /** Nothing new is begun; a first request is written down as one that did nothing, so that its retry, there or elsewhere, is not taken for another's. */
    const refused = (incoming: Incoming, scope: string, fingerprint: string): Effect.Effect<Reply> => {
      const draining = { ...incoming.draining, headers: { ...incoming.draining.headers, ...comeBack } }
      return incoming.retry > 0 || Option.isSome(incoming.key)
        ? Effect.succeed(draining)
        : Effect.flatMap(Uuid.mint, (id) =>
          Effect.zipRight(begin({ id, key: id }, scope, fingerprint), Effect.as(log.finish(id, marked(draining)), draining)))
    }

    const once: FrontService["once"] = (incoming, run) => {
      const scope = Digest.of("front", incoming.caller, incoming.method, incoming.path)
      const fingerprint = Digest.of(incoming.body)
      return Effect.flatMap(drain.isDraining, (isDraining) =>
        isDraining
          ? refused(incoming, scope, fingerprint)
          : Option.match(incoming.key, {
            onSome: (key) => underKey(key, scope, fingerprint, run),
            onNone: () => unkeyed(incoming, scope, fingerprint, run)
          }))
    }

    const fidelity: { readonly fidelity?: Fidelity } = strict ? { fidelity: "exact" } : {}

    const send: FrontService["send"] = (key, to, draft) =>
      Effect.match(messaging.send(to, strict ? { ...draft, fidelity: "exact" } : draft, { ...fidelity, key }), {
        onSuccess: (delivery): Sent => ({ _tag: "Accepted", delivery }),
        onFailure: (error): Sent => {
          switch (error._tag) {
            case "Held":
              return { _tag: "Pending", deliveryId: error.deliveryId, error }
            case "Partial":
              return { _tag: "Incomplete", error }
            case "Invalid":
              return { _tag: "Refused", error }
            case "NotSent":
              return { _tag: "NotSent", error }
          }
        }
      })

    const byNumber = new Map<string, LineName>()
    const numbers = new Map<LineName, Array<readonly [carrierId: string, number: Phone]>>()
    for (const { id, lines } of messaging.carriers) {
      for (const [line, number] of lines) {
        byNumber.set(number, line)
        numbers.set(line, [...numbers.get(line) ?? [], [id, number]])
      }
    }
    const shown = new Map<LineName, Phone>()
    for (const [number, line] of Object.entries(aliases)) {
      byNumber.set(number, line)
      shown.set(line, number as Phone)
    }

    const [line, ...others] = numbers.keys()

    return {
      once,
      send,
      headers,
      lineOf: (number) => Option.fromNullable(byNumber.get(number)),
      numberOf: (line, carrierId) => {
        const known = numbers.get(line) ?? []
        return Option.fromNullable(shown.get(line) ?? (known.find(([id]) => id === carrierId) ?? known[0])?.[1])
      },
      onlyLine: others.length === 0 ? Option.fromNullable(line) : Option.none()
    }
  })
