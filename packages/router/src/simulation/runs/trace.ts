/** Writes a run as readable lines. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Outcome from "@interline/core/Outcome"
import type { Event } from "../../decision/Decision.ts"
import type { Turn } from "../../health/engine.ts"
import type { Invariant } from "../Model.ts"
import type { Fate, Parcel, Row } from "../vendors/fates.ts"
import * as Scenario from "./scenario.ts"

export interface Trace {
  readonly lines: ReadonlyArray<string>
  readonly called: (at: number, send: Scenario.Send) => void
  readonly left: (at: number, vendor: CarrierId, parcel: Parcel, as: "send" | "replay", fate: Fate) => void
  readonly decided: (at: number, delivery: number, event: Event, turn: Turn) => void
  readonly told: (at: number, delivery: number, row: Row) => void
  readonly arrived: (at: number, row: Row) => void
  readonly learned: (at: number, person: number, what: "out" | "in" | "error") => void
  readonly crashed: (at: number, delivery: number) => void
  readonly happened: (at: number, what: string) => void
  readonly violated: (at: number, invariant: Invariant, delivery: number | undefined, detail: string) => void
}

const said = (event: Event): string => {
  switch (event._tag) {
    case "Sent": {
      const error = Outcome.error(event.outcome)
      return `${event.outcome._tag}${error === undefined ? "" : ` (${error.reason}, ${error.certainty}, ${error.blame})`}`
    }
    case "Looked":
      return `looked: ${event.finding._tag}`
    case "Observed":
      return `told of generation ${event.generation}, step ${event.step}`
    case "Barred":
      return `barred by ${event.by}`
    default:
      return event._tag
  }
}

const done = ({ action, state }: Turn, at: number): string => {
  if (action === undefined) return state.phase._tag
  switch (action._tag) {
    case "Conclude":
      return `concluded: ${action.result.outcome._tag}${action.result.kept ? ", held" : ""}`
    case "Rest":
      return `rests for ${Math.round(action.until - at)} ms`
    case "Send":
      return `sends by ${action.candidate.carrierId}, generation ${action.generation}, from step ${action.step}`
    case "Look":
      return `looks at ${action.candidate.carrierId}`
  }
}

export const make = (): Trace => {
  const lines: Array<string> = []
  const write = (at: number, who: string, what: string) => {
    lines.push(`${((at - Scenario.start) / 1000).toFixed(3).padStart(9)} s  ${who.padEnd(5)}${what}`)
  }
  const name = (delivery: number) => `#${delivery}`
  return {
    lines,
    called: (at, { index, leavesAt, person, text }) =>
      write(
        at,
        name(index),
        `called: text ${text} (${Scenario.partsOf(text)} parts) to person ${person.index}${
          person.conversation.line === Scenario.line ? "" : ` from line ${person.conversation.line}`
        }${leavesAt === undefined ? "" : `; the caller waits ${Math.round(leavesAt - at)} ms`}`
      ),
    left: (at, vendor, { delivery, generation, step }, as, fate) =>
      write(
        at,
        name(delivery),
        `${as} leaves to ${vendor}, generation ${generation}, step ${step}: ${
          [fate.kind, fate.refusal, fate.waits > 0 ? `lies ${Math.round(fate.waits)} ms` : undefined].filter((word) => word !== undefined)
            .join(", ") || "fine"
        }`
      ),
    decided: (at, delivery, event, turn) => {
      const notes = turn.events.map(({ _tag }) => _tag)
      write(at, name(delivery), `${said(event)} -> ${done(turn, at)}${notes.length === 0 ? "" : ` [${notes.join(", ")}]`}`)
    },
    told: (at, delivery, row) => write(at, name(delivery), `${row.vendor} reports ${row.receipt.ref.id}${row.failed ? " as failed" : ""}`),
    arrived: (at, row) => write(at, name(row.delivery), `arrives by ${row.vendor} as ${row.receipt.ref.id}, parts ${row.parts.join(", ")}`),
    learned: (at, person, what) =>
      write(
        at,
        "",
        `person ${person}: ${what === "in" ? "wants messages again" : what === "out" ? "opted out" : "opted out, says a refusal"}`
      ),
    crashed: (at, delivery) => write(at, name(delivery), "its process is gone"),
    happened: (at, what) => write(at, "", what),
    violated: (at, invariant, delivery, detail) =>
      write(at, delivery === undefined ? "" : name(delivery), `VIOLATION ${invariant}: ${detail}`)
  }
}
