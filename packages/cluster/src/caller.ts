/** Passes deliveries on to the process that owns their shard, and waits for what comes of them. */
import type * as Sharding from "@effect/cluster/Sharding"
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import type { LocalRunner, RunnerService, TellResult } from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Calls from "./calls.ts"
import type { Owner } from "./owner.ts"

export interface Parts {
  readonly sharding: Context.Tag.Service<typeof Sharding.Sharding>
  readonly local: LocalRunner
  readonly owner: Owner
  readonly secret: Redacted.Redacted
}

export interface Caller extends Pick<RunnerService, "run" | "tell"> {
  /** Takes no new send, and waits until the sends under way are answered. */
  readonly close: Effect.Effect<void>
  /** Calls nobody any more. What has no answer from its owner is answered with what the ledger knows. */
  readonly end: Effect.Effect<void>
}

/** How long a caller waits before it asks again for a shard that nobody owns at the moment. */
const askEvery = Duration.millis(500)

/** How much longer than its time a caller waits for the answer of a send, in milliseconds. */
const grace = 2_000

/** How long a fact waits for the owner of its delivery, in milliseconds. What tells it tries again later. */
const tellWithin = 20_000

const isExpected = (error: unknown): error is SendError =>
  typeof error === "object" && error !== null && "_tag" in error &&
  (error._tag === "Invalid" || error._tag === "NotSent" || error._tag === "Partial" || error._tag === "Held")

export const make = ({ local, owner, secret, sharding }: Parts): Effect.Effect<Caller> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const client = yield* sharding.makeClient(Calls.Shard)
    const isIdle = yield* Effect.makeLatch(true)
    let underWay = 0
    let isClosing = false
    let isOver = false

    const now = () => Time.steadyMillis(clock)

    /** The sends of each conversation that were passed on and have no answer yet, in their order. */
    const passedOn = new Map<string, Array<DeliveryId>>()

    /** The send of the same conversation that was passed on last before this one, if it has no answer yet. */
    const findBefore = (key: string, id: DeliveryId): DeliveryId | undefined => {
      const ids = passedOn.get(key)
      return ids?.[ids.indexOf(id) - 1]
    }

    /**
     * Keeps the place of a send among those of its conversation. Calls that wait for a new owner lose their order, so each call names the one before
     * it, and the owner puts them in order again.
     */
    const inOrder = <A, E>(key: string, id: DeliveryId, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        const ids = passedOn.get(key)
        if (ids === undefined) passedOn.set(key, [id])
        else ids.push(id)
        return Effect.ensuring(
          effect,
          Effect.sync(() => {
            const left = (passedOn.get(key) ?? []).filter((other) => other !== id)
            if (left.length === 0) passedOn.delete(key)
            else passedOn.set(key, left)
          })
        )
      })

    /**
     * Calls the owner until there is an answer. Any other end of a call says nothing of the send: the shard may have changed its owner, and the next
     * owner answers under the same id.
     */
    const call = (key: string, id: DeliveryId, prepared: Prepared, until: number): Effect.Effect<Delivery, SendError> =>
      Effect.suspend(() => {
        const within = Math.max(0, until - now())
        const follows = findBefore(key, id)
        const shard = Shard.of(key)
        // A call to ourselves would cost a tenth of the send. What runs here ends by itself when its time is over.
        const asking = owner.has(shard)
          ? Effect.asSome(owner.send(shard, { deliveryId: id, prepared, within, follows }))
          : Effect.timeoutOption(
            client(String(shard)).Send({
              secret,
              deliveryId: id,
              within,
              ...(follows === undefined ? {} : { follows }),
              prepared: Calls.toPrepared(prepared)
            }),
            within + grace
          )
        const again = Effect.suspend(() =>
          // another process may still have it, so that it is not on record says nothing
          isOver || until + grace - now() <= 0 ? local.recall(id, prepared) : Effect.delay(call(key, id, prepared, until), askEvery)
        )
        return Effect.matchCauseEffect(asking, {
          onSuccess: Option.match({ onNone: () => local.recall(id, prepared), onSome: Effect.succeed }),
          onFailure: (cause): Effect.Effect<Delivery, SendError> => {
            const failure = Option.getOrUndefined(Cause.failureOption(cause))
            if (isExpected(failure)) return Effect.fail(failure)
            return Cause.isDie(cause)
              ? Effect.zipRight(Effect.logWarning("a process answered a send in a way that is not understood"), again)
              : again
          }
        })
      })

    const count = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        underWay += 1
        return Effect.ensuring(
          Effect.zipRight(isIdle.close, effect),
          Effect.suspend(() => {
            underWay -= 1
            return underWay === 0 ? isIdle.open : Effect.void
          })
        )
      })

    const tellOwner = (
      id: DeliveryId,
      fact: Parameters<RunnerService["tell"]>[1],
      shard: number,
      until: number
    ): Effect.Effect<TellResult> =>
      Effect.suspend(() => {
        const left = until - now()
        if (left <= 0) return Effect.dieMessage("the process that has the delivery could not be told a fact")
        const telling = client(String(shard)).Tell({ secret, deliveryId: id, fact })
        return Effect.matchCauseEffect(Effect.timeoutOption(telling, left), {
          onSuccess: Option.match({
            onNone: () => Effect.dieMessage("the process that has the delivery could not be told a fact"),
            onSome: (told) => Effect.succeed<TellResult>(told)
          }),
          onFailure: () => Effect.delay(tellOwner(id, fact, shard, until), askEvery)
        })
      })

    return {
      run: (id, prepared) =>
        Effect.suspend(() => {
          if (isClosing) return local.recall(id, prepared, "this process is closing")
          const key = Conversation.key(prepared.conversation)
          return count(inOrder(key, id, call(key, id, prepared, now() + local.sendWithin)))
        }),
      tell: (id, fact) => Effect.catchTag(local.tell(id, fact), "NotOwner", ({ shard }) => tellOwner(id, fact, shard, now() + tellWithin)),
      close: Effect.suspend(() => {
        isClosing = true
        return isIdle.await
      }),
      end: Effect.sync(() => {
        isOver = true
      })
    }
  })
