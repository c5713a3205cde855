/** Many conversations at once, each at a steady pace, or in a burst. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as Client from "./client.ts"
import type * as World from "./world.ts"

export interface Steady {
  readonly conversations: number
  /** The number of the first conversation. */
  readonly from?: number
  /** The pause after each answer, in milliseconds. */
  readonly pause: number
  readonly isKeyed: (conversation: number) => boolean
  readonly answerWithin?: (conversation: number) => number
  readonly patience?: number
}

/** How far apart conversations begin, in milliseconds, so that not all send at once. */
const apart = 37

/**
 * Each conversation sends one message after the other, each when it has the answer of the one before, through one process after the other.
 * The result ends it: no new send begins, and those under way get their answers.
 */
export const steady = (
  world: World.World,
  client: Client.Client,
  { answerWithin, conversations, from = 0, isKeyed, patience, pause }: Steady
): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function*() {
    let isOver = false
    const talk = (conversation: number) =>
      Effect.gen(function*() {
        yield* Effect.sleep((conversation - from) * apart)
        for (let number = 0; !isOver; number++) {
          yield* client.send({ conversation, number }, {
            process: (conversation + number) % world.processes.length,
            isKeyed: isKeyed(conversation),
            // one without a key can only wait: what it gave up may still be sent, after what it sends next
            answerWithin: answerWithin?.(conversation) ?? (isKeyed(conversation) ? 30_000 : 100_000),
            ...(patience === undefined ? {} : { patience })
          })
          yield* Effect.sleep(pause)
        }
      })
    const fibers = yield* Effect.forEach(
      Array.from({ length: conversations }, (_, index) => from + index),
      (conversation) => Effect.forkScoped(talk(conversation))
    )
    return Effect.zipRight(
      Effect.sync(() => {
        isOver = true
      }),
      Effect.asVoid(Fiber.joinAll(fibers))
    )
  })

export interface Burst {
  readonly conversations: number
  readonly from: number
  /** How many sends of each conversation. */
  readonly sends: number
  readonly process: (conversation: number, number: number) => number
  /** Between two sends of a conversation in milliseconds, or wait for each answer. */
  readonly gap: number | "answer"
  readonly isKeyed: boolean
  /** How many conversations send at the same time; all if not given. */
  readonly together?: number
  readonly patience?: number
}

/** Sends of a conversation begin in their order. Ends when all have their answers. */
export const burst = (
  client: Client.Client,
  { conversations, from, gap, isKeyed, patience, process, sends, together }: Burst
): Effect.Effect<void> =>
  Effect.forEach(
    Array.from({ length: conversations }, (_, index) => from + index),
    (conversation) =>
      Effect.gen(function*() {
        const answers: Array<Fiber.Fiber<Client.Sent>> = []
        for (let number = 0; number < sends; number++) {
          const send = client.send({ conversation, number }, {
            process: process(conversation, number),
            isKeyed,
            ...(patience === undefined ? {} : { patience })
          })
          if (gap === "answer") yield* send
          else {
            answers.push(yield* Effect.forkDaemon(send))
            yield* Effect.sleep(gap)
          }
        }
        yield* Fiber.joinAll(answers)
      }),
    { concurrency: together ?? "unbounded", discard: true }
  )
