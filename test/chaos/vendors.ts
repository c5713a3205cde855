/**
 * What stands between the processes and the vendors of the sandbox. Each process has addresses of its own here, so that each request is
 * known to be of one process. It takes the time that a vendor takes, keeps when each send began and ended, and can hold one.
 */
import type * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Message from "./message.ts"

/** A send as a vendor saw it. Times are milliseconds of this process. */
export interface Arrival {
  readonly conversation: number
  readonly number: number
  readonly vendor: string
  /** The process that asked. */
  readonly process: number
  readonly at: number
  /**
   * When it was answered, or given up by the vendor. If the process that asked is gone, when the vendor has done what it was asked to do, or has
   * answered the same send to another process: what is still on its way then changes nothing, or there is a second copy on a phone.
   */
  endedAt: number | undefined
  /** Whether the process that asked went away before there was an answer. */
  isGone: boolean
}

/** A send that is stopped on its way. */
export interface Hold {
  /** Done when the send has come. With `after`, its phone has it then. */
  readonly come: Effect.Effect<Arrival>
  /** Lets it go on. */
  readonly release: Effect.Effect<void>
}

/** Something that a process asked of a vendor without sending. */
export interface Read {
  readonly vendor: string
  readonly process: number
  readonly url: string
}

export interface Vendors {
  readonly arrivals: ReadonlyArray<Arrival>
  readonly reads: ReadonlyArray<Read>
  /** The addresses of a process. */
  readonly addresses: (process: number) => { readonly linq: string; readonly sendblue: string }
  /** Stops the next send that `holds` says, before or after the vendor has taken it. */
  readonly hold: (when: "before" | "after", holds: (arrival: Arrival) => boolean) => Effect.Effect<Hold>
  /** Stops all that a process reads, until the result is run. */
  readonly holdReads: (process: number) => Effect.Effect<Effect.Effect<void>>
}

interface Waiting {
  readonly when: "before" | "after"
  readonly holds: (arrival: Arrival) => boolean
  readonly come: Deferred.Deferred<Arrival>
  readonly released: Deferred.Deferred<void>
}

const agent = new Http.Agent({ keepAlive: true, maxSockets: 256 })

const read = (stream: Http.IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    stream.on("data", (chunk: Buffer) => chunks.push(chunk))
    stream.on("end", () => resolve(Buffer.concat(chunks)))
    stream.on("error", reject)
    stream.on("close", () => reject(new Error("it was closed")))
  })

const forward = (target: string, request: Http.IncomingMessage, body: Buffer) =>
  new Promise<{ readonly answer: Http.IncomingMessage; readonly body: Buffer }>((resolve, reject) => {
    const out = Http.request(`${target}${request.url ?? "/"}`, { method: request.method ?? "GET", headers: request.headers, agent })
    out.on("error", reject)
    out.on("response", (answer) => {
      read(answer).then((body) => resolve({ answer, body }), reject)
    })
    out.end(body)
  })

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** `latency` is how long a send takes at a vendor, in milliseconds. */
export const make = (
  sandbox: Sandbox.SandboxService,
  { latency, processes }: { readonly latency: number; readonly processes: number }
): Effect.Effect<Vendors, never, Scope.Scope> =>
  Effect.gen(function*() {
    const arrivals: Array<Arrival> = []
    const reads: Array<Read> = []
    const waiting: Array<Waiting> = []
    const readable = Array.from({ length: processes }, () => Effect.unsafeMakeLatch(true))
    const latchOf = (process: number): Effect.Latch => {
      const found = readable[process]
      if (found === undefined) throw new Error(`there is no process ${process}`)
      return found
    }

    const reach = async (when: Waiting["when"], arrival: Arrival) => {
      const found = waiting.findIndex((one) => one.when === when && one.holds(arrival))
      const [one] = found < 0 ? [] : waiting.splice(found, 1)
      if (one === undefined) return
      Deferred.unsafeDone(one.come, Effect.succeed(arrival))
      await Effect.runPromise(Deferred.await(one.released))
    }

    const noteAnswer = (answered: Arrival): void => {
      const at = performance.now()
      for (const one of arrivals) {
        const isSame = one.conversation === answered.conversation && one.number === answered.number
        if (one === answered || (isSame && one.isGone)) one.endedAt ??= at
      }
    }

    const respond = (target: string, vendor: string, process: number): Http.RequestListener => async (request, response) => {
      let arrival: Arrival | undefined
      let isDone = false
      const noteEnd = (): void => {
        if (arrival?.isGone === true && isDone) arrival.endedAt ??= performance.now()
      }
      response.once("close", () => {
        if (arrival !== undefined) arrival.isGone = !response.writableFinished
        noteEnd()
      })
      try {
        const body = await read(request)
        const message = request.method === "POST" ? Message.find(body.toString("utf8")) : undefined
        if (message !== undefined) {
          arrival = { ...message, vendor, process, at: performance.now(), endedAt: undefined, isGone: false }
          arrivals.push(arrival)
          await reach("before", arrival)
          await pause(latency / 2)
        }
        if (request.method === "GET") reads.push({ vendor, process, url: request.url ?? "/" })
        if (request.method === "GET") await Effect.runPromise(latchOf(process).await)
        // whoever asked may be gone: a vendor does what it was asked to do all the same
        const { answer, body: answered } = await forward(target, request, body)
        isDone = true
        noteEnd()
        if (arrival !== undefined) {
          await reach("after", arrival)
          await pause(latency / 2)
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.end(answered)
      } catch {
        response.destroy()
      }
      if (arrival !== undefined) noteAnswer(arrival)
    }

    const addresses = yield* Effect.forEach(Array.from({ length: processes }, (_, process) => process), (process) =>
      Effect.all({
        linq: listen(sandbox.linq, respond, "linq", process),
        sendblue: listen(sandbox.sendblue, respond, "sendblue", process)
      }))
    return {
      arrivals,
      reads,
      addresses: (process) => {
        const found = addresses[process]
        if (found === undefined) throw new Error(`there is no process ${process}`)
        return found
      },
      hold: (when, holds) =>
        Effect.gen(function*() {
          const come = yield* Deferred.make<Arrival>()
          const released = yield* Deferred.make<void>()
          waiting.push({ when, holds, come, released })
          return { come: Deferred.await(come), release: Effect.asVoid(Deferred.succeed(released, undefined)) }
        }),
      holdReads: (process) => Effect.as(latchOf(process).close, Effect.asVoid(latchOf(process).open))
    }
  })

const listen = (
  base: string,
  respond: (target: string, vendor: string, process: number) => Http.RequestListener,
  vendor: string,
  process: number
): Effect.Effect<string, never, Scope.Scope> => {
  const { origin, pathname } = new URL(base)
  return Effect.map(
    RecordingServer.listen(Http.createServer(respond(origin, vendor, process))),
    (port) => `http://127.0.0.1:${port}${pathname === "/" ? "" : pathname}`
  )
}
