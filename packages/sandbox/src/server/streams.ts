/** Tells events over connections that clients opened and that stay open (server-sent events), with heartbeats, rotation and faults. */
import type * as Http from "../http/http.ts"
import type { Vendor } from "../world/Fault.ts"
import type { Faults } from "../world/faults.ts"
import type { Time } from "../world/time.ts"

/** One event for all open connections of a vendor. */
export interface Occurrence {
  readonly vendor: Vendor
  /** The vendor's name of the event. */
  readonly event: string
  /** The event as JSON. */
  readonly data: string
}

export interface Streams {
  /** The answer that opens a stream of these events, or of all, until a time at the latest. None if the account has no stream at the moment. */
  readonly open: (vendor: Vendor, events?: ReadonlySet<string>, until?: number) => Http.Reply | undefined
  readonly tell: (told: Occurrence) => void
  /** Ends every connection. */
  readonly clear: () => void
}

interface Connection {
  readonly vendor: Vendor
  readonly events: ReadonlySet<string> | undefined
  readonly sink: Http.Sink
  /** Whether it says nothing any more, not even a heartbeat. */
  isSilent: boolean
}

// A heartbeat every 15 seconds, and an end after at most 15 minutes (sendblue 3.17.0, read 2026-11-30).
const heartbeat = 15_000
const longest = 15 * 60_000

export const make = (time: Time, faults: Faults): Streams => {
  const connections = new Set<Connection>()

  const beat = (connection: Connection): void =>
    time.after(heartbeat, () => {
      if (!connections.has(connection)) return
      if (!connection.isSilent) connection.sink.write(": heartbeat\n\n")
      beat(connection)
    })

  const end = (connection: Connection): void => {
    if (connections.delete(connection)) connection.sink.end()
  }

  const live = (vendor: Vendor, events: ReadonlySet<string> | undefined, until: number) => (sink: Http.Sink) => {
    const connection: Connection = { vendor, events, sink, isSilent: false }
    connections.add(connection)
    sink.write(": open\n\n")
    beat(connection)
    time.after(Math.min(longest, until - time.now()), () => end(connection))
    return () => {
      connections.delete(connection)
    }
  }

  return {
    open: (vendor, events, until = Number.POSITIVE_INFINITY) =>
      faults.forStream(vendor, "stream-absent", "open") === undefined
        ? {
          status: 200,
          headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
          body: "",
          live: live(vendor, events, until)
        }
        : undefined,
    tell: ({ data, event, vendor }) => {
      const struck = faults.forStream(vendor, "stream-event", event)?.kind
      if (struck === "stream-lost") return
      const text = `event: ${event}\ndata: ${data}\n\n`
      for (const connection of connections) {
        if (connection.vendor !== vendor || connection.events?.has(event) === false) continue
        if (struck === "stream-cut") {
          connections.delete(connection)
          connection.sink.reset()
        } else if (struck === "stream-silent") connection.isSilent = true
        else if (!connection.isSilent) connection.sink.write(struck === "stream-duplicate" ? text + text : text)
      }
    },
    clear: () => {
      for (const connection of connections) end(connection)
    }
  }
}
