/**
 * A program that sends through the processes, as one behind a balancer does. A process that does not listen or does not take anything
 * costs it nothing: the next one gets the request. A send under a key is repeated under it until its answer is final.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Undici from "undici"
import * as Message from "./message.ts"
import * as World from "./world.ts"

/** `unknown`: it may have been sent. */
export type Outcome = "sent" | "not-sent" | "unknown"

/** One request of a send and what came back. Times are milliseconds of this process. */
export interface Try {
  readonly process: number
  readonly at: number
  readonly endedAt: number
  /** The status and the kind of problem, or why there is no answer. */
  readonly answer: string
}

export interface Sent extends Message.Message {
  readonly key: string | undefined
  readonly at: number
  endedAt: number | undefined
  outcome: Outcome | undefined
  deliveryId: string | undefined
  readonly tries: Array<Try>
}

export interface Client {
  /** All sends so far. */
  readonly sent: ReadonlyArray<Sent>
  readonly send: (message: Message.Message, options: Options) => Effect.Effect<Sent>
  /** Asks again under the key of a send. What it hears then counts. */
  readonly repeat: (sent: Sent, options: Options) => Effect.Effect<Sent>
}

export interface Options {
  /** The process that gets it first. */
  readonly process: number
  readonly isKeyed: boolean
  /** How long an answer may take, in milliseconds. */
  readonly answerWithin?: number
  /** How long a send under a key is repeated, in milliseconds. */
  readonly patience?: number
}

interface Answer {
  readonly outcome: Outcome
  readonly isFinal: boolean
  /** Nothing was done, and another process can be asked at once. */
  readonly isElsewhere: boolean
  readonly says: string
  readonly deliveryId: string | undefined
}

/** What a try says of a send that may have gone out and is kept. */
export const held = "202 held"

/** Whether a try met no process. */
export const isNobody = (answer: string): boolean => answer === "ECONNREFUSED" || answer === "UND_ERR_CONNECT_TIMEOUT"

/** Kinds of problems of a process that takes nothing. */
const closed = ["starting", "draining"]

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

const understand = (status: number, body: Readonly<Record<string, unknown>>): Answer => {
  const kind = text(body["type"])?.split(":").at(-1) ?? text(body["outcome"]) ?? "nothing"
  const deliveryId = text(body["deliveryId"]) ?? text(body["id"])
  const says = `${status} ${kind}`
  if (status === 200 && body["outcome"] === "accepted") return { outcome: "sent", isFinal: true, isElsewhere: false, says, deliveryId }
  if (closed.includes(kind)) return { outcome: "not-sent", isFinal: false, isElsewhere: true, says, deliveryId }
  if (body["certainty"] === "not-sent") return { outcome: "not-sent", isFinal: true, isElsewhere: false, says, deliveryId }
  return { outcome: "unknown", isFinal: false, isElsewhere: false, says, deliveryId }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && ("code" in error && (error.code === "ECONNREFUSED" || error.code === "UND_ERR_CONNECT_TIMEOUT"))

const nothing = (error: unknown): Answer => ({
  outcome: "unknown",
  isFinal: false,
  isElsewhere: isRefused(error),
  says: error instanceof Error ? ("code" in error && typeof error.code === "string" ? error.code : error.name) : "nothing",
  deliveryId: undefined
})

let runs = 0

/** How long to wait before a request is repeated, in milliseconds. */
const pause = 250

/** `pick`: the process that gets a request of a conversation that was meant for this one. */
export const make = (
  world: World.World,
  pick: (process: number, conversation: number) => number = (process) => process
): Effect.Effect<Client> =>
  Effect.sync(() => {
    const run = `${process.pid}-${++runs}`
    const sent: Array<Sent> = []
    const agent = new Undici.Agent({ connections: 512, keepAliveTimeout: 30_000, connect: { timeout: 3_000 } })

    const ask = async (url: string, message: Message.Message, key: string | undefined, within: number): Promise<Answer> => {
      try {
        const answer = await Undici.request(`${url}/v1/send`, {
          dispatcher: agent,
          method: "POST",
          headers: {
            authorization: `Bearer ${World.apiKey}`,
            "content-type": "application/json",
            ...(key === undefined ? {} : { "idempotency-key": key })
          },
          body: JSON.stringify({ to: { line: "support", handle: Message.handle(message.conversation) }, text: Message.text(message) }),
          signal: AbortSignal.timeout(within)
        })
        const body = await answer.body.json() as Readonly<Record<string, unknown>>
        return understand(answer.statusCode, body)
      } catch (error) {
        return nothing(error)
      }
    }

    const pursue = (one: Sent, { answerWithin = 30_000, patience = 60_000, process: first }: Options) =>
      Effect.gen(function*() {
        const since = performance.now()
        let mayBeSent = one.tries.length > 0
        for (let next = first, tries = 1;; next = (next + 1) % world.processes.length, tries++) {
          const process = pick(next, one.conversation)
          const at = performance.now()
          const answer = yield* Effect.promise(() => ask(world.process(process).url, one, one.key, answerWithin))
          one.tries.push({ process, at, endedAt: performance.now(), answer: answer.says })
          one.deliveryId = answer.deliveryId ?? one.deliveryId
          const isLate = performance.now() - since > patience
          if (answer.isFinal || isLate || (one.key === undefined && !answer.isElsewhere)) {
            one.outcome = answer.isElsewhere ? mayBeSent ? "unknown" : "not-sent" : answer.outcome
            one.endedAt = performance.now()
            return one
          }
          mayBeSent ||= !answer.isElsewhere
          // all were asked once: nobody is there
          if (!answer.isElsewhere || tries % world.processes.length === 0) yield* Effect.sleep(pause)
        }
      })

    const send: Client["send"] = (message, options) =>
      Effect.suspend(() => {
        const one: Sent = {
          ...message,
          key: options.isKeyed ? `${run}-${Message.name(message)}` : undefined,
          at: performance.now(),
          endedAt: undefined,
          outcome: undefined,
          deliveryId: undefined,
          tries: []
        }
        sent.push(one)
        return pursue(one, options)
      })
    return { sent, send, repeat: pursue }
  })

/** How often a balancer looks which processes are ready. */
const lookEvery = "500 millis"

/**
 * The same behind a balancer that takes a process out when it says that it is not ready any more. `isBehind`: the conversations whose requests come
 * through the balancer. Default: all.
 */
export const behindBalancer = (
  world: World.World,
  isBehind: (conversation: number) => boolean = () => true
): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.gen(function*() {
    const isOut = new Set<number>()
    const look = ({ number, url }: (typeof world.processes)[number]) =>
      Effect.map(
        Effect.promise(() => fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(({ ok }) => ok, () => false)),
        (isReady) => isReady ? isOut.delete(number) : isOut.add(number)
      )
    yield* Effect.forkScoped(
      Effect.forever(Effect.zipRight(Effect.forEach(world.processes, look, { concurrency: "unbounded" }), Effect.sleep(lookEvery)))
    )
    const after = (process: number) => (process + 1) % world.processes.length
    const pick = (process: number, left = world.processes.length): number =>
      isOut.has(process) && left > 0 ? pick(after(process), left - 1) : process
    return yield* make(world, (process, conversation) => isBehind(conversation) ? pick(process) : process)
  })
