/** Keeps the health and the limits of each line in one process, for all of them. */
import * as Entity from "@effect/cluster/Entity"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Defect from "@interline/core/Defect"
import * as SharedHealth from "@interline/router/SharedHealth"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Calls from "./calls.ts"

export interface Parts {
  readonly sharding: Context.Tag.Service<typeof Sharding.Sharding>
  readonly secret: Redacted.Redacted
  /** Logs a call without the secret. */
  readonly refused: Effect.Effect<void>
}

/** A line rests as long as nobody has answered, so a lost call is asked again soon. */
const answerWithin = Duration.seconds(5)

/** Registers the lines, and gives the function with which this process asks about one. */
export const make = (
  { refused, secret, sharding }: Parts,
  local: SharedHealth.Authorities
): Effect.Effect<SharedHealth.Exchange, never, Scope.Scope> =>
  Effect.gen(function*() {
    const handlers = Effect.gen(function*() {
      const { entityId } = yield* Entity.CurrentAddress
      const authority = yield* local.open(SharedHealth.parse(entityId))
      return Calls.Line.of({
        Exchange: ({ payload: { request, secret: given } }) =>
          Redacted.value(given) === Redacted.value(secret)
            // a defect would restart the entity, and the line would be loaded anew
            ? Effect.catchAllDefect(
              Effect.map(authority.exchange(request), (answer) => answer ?? null),
              (defect) =>
                Effect.as(
                  Defect.logUnlessSaid(defect, Effect.logError("a line could not be asked", { defect: Defect.nameOf(defect) })),
                  null
                )
            )
            : Effect.as(refused, null)
      })
    })
    yield* sharding.registerEntity(Calls.Line, handlers, {
      concurrency: "unbounded",
      mailboxCapacity: "unbounded",
      maxIdleTime: Duration.infinity,
      disableFatalDefects: true
    })
    const client = yield* sharding.makeClient(Calls.Line)
    return (place, request) =>
      client(SharedHealth.format(place)).Exchange({ secret, request }).pipe(
        // a process that stands still does not even take back a call
        Effect.disconnect,
        Effect.timeout(answerWithin),
        Effect.map((answer) => answer ?? undefined),
        Effect.catchAllCause(() => Effect.succeed(undefined)),
        Effect.withTracerEnabled(false)
      )
  })
