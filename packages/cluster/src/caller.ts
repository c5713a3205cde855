/** Passes deliveries on to the process that owns their shard, and waits for what comes of them. */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import type { LocalRunner, RunnerService, TellResult } from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import * as Calls from "./calls.ts"
import type * as Engine from "./engine.ts"
import type { Owner } from "./owner.ts"
import * as RepeatedCall from "./repeatedCall.ts"

export interface Parts extends Pick<Engine.Engine, "findWay" | "sharding"> {
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

/** How much longer than its time a caller waits for the answer of a send, in milliseconds. */
const grace = 2_000

/** How long a fact waits for the owner of its delivery, in milliseconds. What tells it tries again later. */
const tellWithin = 20_000

const isExpected = (error: unknown): error is SendError =>
  typeof error === "object" && error !== null && "_tag" in error &&
  (error._tag === "Invalid" || error._tag === "NotSent" || error._tag === "Partial" || error._tag === "Held")

/** What a call says of the span in which it is made. */
interface WithSpan {
  readonly span?: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean }
}

const withSpan = <A, E>(call: (span: WithSpan) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withFiberRuntime((fiber) => {
    const span = Context.getOption(fiber.currentContext, Tracer.ParentSpan)
    if (Option.isNone(span) || !fiber.getFiberRef(FiberRef.currentTracerEnabled)) return call({})
    const { sampled, spanId, traceId } = span.value
    return call({ span: { sampled, spanId, traceId } })
  })

/** Asks in the other way if the first one says nothing. */
const orElse = <A, E>(
  first: Effect.Effect<A, E>,
  saysNothing: (cause: Cause.Cause<E>) => boolean,
  other: Effect.Effect<A, unknown>
): Effect.Effect<A, unknown> => Effect.catchAllCause(first, (cause) => saysNothing(cause) ? other : Effect.failCause(cause))

export const make = ({ findWay, local, owner, secret, sharding }: Parts): Effect.Effect<Caller> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const client = yield* sharding.makeClient(Calls.Shard)
    const isIdle = yield* Effect.makeLatch(true)
    let underWay = 0
    let isClosing = false
    let isOver = false

    const now = () => Time.steadyMillis(clock)
    const calls = RepeatedCall.make(now)

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
     * owner answers under the same id. Two calls for one delivery are one send.
     */
    const call = (key: string, id: DeliveryId, prepared: Prepared, until: number): Effect.Effect<Delivery, SendError> =>
      Effect.suspend(() => {
        const shard = Shard.of(key)
        const once = Effect.suspend((): Effect.Effect<Delivery, unknown> => {
          const within = Math.max(0, until - now())
          const follows = findBefore(key, id)
          if (owner.has(shard)) return owner.send(shard, { deliveryId: id, prepared, within, follows })
          const payload = {
            secret,
            deliveryId: id,
            within,
            ...(follows === undefined ? {} : { follows }),
            prepared: Calls.toPrepared(prepared)
          }
          const way = findWay(shard)
          const asking = Effect.suspend(() => client(String(shard)).Send(payload))
          return way === undefined
            ? asking
            : orElse(withSpan((span) => way.DirectSend({ ...payload, shard, ...span })), (cause) =>
              toAnswer(Exit.failCause(cause)) === undefined, asking)
        })
        const toAnswer = (exit: Exit.Exit<Delivery, unknown>): Effect.Effect<Delivery, SendError> | undefined => {
          if (Exit.isSuccess(exit)) {
            return Effect.succeed(exit.value)
          }
          const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
          return isExpected(failure) ? Effect.fail(failure) : undefined
        }
        const repeated = calls.run({
          call: Effect.tapDefect(once, () =>
            Effect.logWarning("a process answered a send in a way that is not understood")),
          toAnswer,
          left: () =>
            isOver ? 0 : until + grace - now(),
          // another process may still have it, so that it is not on record says nothing
          late: Effect.suspend(() => local.recall(id, prepared))
        })
        // A call to ourselves would cost a tenth of the send. What runs here ends by itself when its time is over.
        return owner.has(shard)
          ? Effect.matchCauseEffect(once, {
            onSuccess: Effect.succeed,
            onFailure: (cause) => toAnswer(Exit.failCause(cause)) ?? Effect.delay(repeated, RepeatedCall.again)
          })
          : repeated
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

    const tellOwner = (id: DeliveryId, fact: Parameters<RunnerService["tell"]>[1], shard: number): Effect.Effect<TellResult> =>
      Effect.suspend(() => {
        const until = now() + tellWithin
        return calls.run({
          call: Effect.suspend(() => {
            const way = findWay(shard)
            const payload = { secret, deliveryId: id, fact }
            const asking = Effect.suspend(() => client(String(shard)).Tell(payload))
            return way === undefined
              ? asking
              : orElse(withSpan((span) => way.DirectTell({ ...payload, shard, ...span })), () => true, asking)
          }),
          toAnswer: (exit) => Exit.isSuccess(exit) ? Effect.succeed<TellResult>(exit.value) : undefined,
          left: () => until - now(),
          late: Effect.dieMessage("the process that has the delivery could not be told a fact")
        })
      })

    return {
      run: (id, prepared) =>
        Effect.suspend(() => {
          if (isClosing) return local.recall(id, prepared, "this process is closing")
          const key = Conversation.key(prepared.conversation)
          return count(inOrder(key, id, call(key, id, prepared, now() + local.sendWithin)))
        }),
      tell: (id, fact) => Effect.catchTag(local.tell(id, fact), "NotOwner", ({ shard }) => tellOwner(id, fact, shard)),
      close: Effect.suspend(() => {
        isClosing = true
        return isIdle.await
      }),
      end: Effect.sync(() => {
        isOver = true
      })
    }
  })
