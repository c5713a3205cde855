/** A way of bytes to a server that can be cut: connections stay open, and nothing comes through, as when a cable is pulled. */
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"

export interface Relay {
  readonly port: number
  /** From now on nothing comes through, and nobody is told. */
  readonly cut: Effect.Effect<void>
  /** From now on nothing comes through the connections that are open, and nobody is told. New ones work, as behind a firewall that forgot the old ones. */
  readonly forget: Effect.Effect<void>
  /** From now on connections end at once, those that are open and new ones. */
  readonly refuse: Effect.Effect<void>
  /** What waited comes through, and so does what is new. */
  readonly mend: Effect.Effect<void>
}

export const make = (target: number): Effect.Effect<Relay, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sockets = new Set<Net.Socket>()
    const forgotten = new Set<Net.Socket>()
    let isCut = false
    let isClosed = false
    const relay = (from: Net.Socket, to: Net.Socket) => {
      sockets.add(from)
      from.on("data", (bytes) => to.write(bytes))
      from.on("error", () => to.destroy())
      from.on("end", () => to.end())
      from.on("close", () => {
        sockets.delete(from)
        forgotten.delete(from)
        to.destroy()
      })
      if (isCut) from.pause()
    }
    const server = Net.createServer({ allowHalfOpen: true }, (near) => {
      if (isClosed) return void near.destroy()
      const far = Net.connect({ port: target, host: "127.0.0.1", allowHalfOpen: true })
      relay(near, far)
      relay(far, near)
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => [...sockets, ...forgotten].forEach((socket) => socket.destroy())))
    const port = yield* RecordingServer.listen(server)
    const each = (act: (socket: Net.Socket) => void) => Effect.sync(() => sockets.forEach(act))
    return {
      port,
      cut: Effect.zipRight(
        Effect.sync(() => {
          isCut = true
        }),
        each((socket) => socket.pause())
      ),
      forget: each((socket) => {
        socket.pause()
        sockets.delete(socket)
        forgotten.add(socket)
      }),
      refuse: Effect.zipRight(
        Effect.sync(() => {
          isClosed = true
        }),
        each((socket) => socket.destroy())
      ),
      mend: Effect.zipRight(
        Effect.sync(() => {
          isCut = false
          isClosed = false
        }),
        each((socket) => socket.resume())
      )
    }
  })
