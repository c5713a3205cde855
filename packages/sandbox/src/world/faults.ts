/** Keeps the faults in place, and chooses the fault that a request or a webhook meets. */
import * as Utils from "effect/Utils"
import type { Fault, FaultInput, FaultKind, FaultMatch, FaultParams, Vendor } from "./Fault.ts"

interface Placed {
  readonly id: string
  readonly rule: FaultInput
  readonly random: Utils.PCGRandom
  skipped: number
  met: number
}

export interface Struck extends FaultParams {
  readonly kind: FaultKind
}

export interface Subject {
  readonly method: string
  readonly path: string
  readonly body: string
}

export interface Faults {
  readonly add: (rule: FaultInput) => Fault
  readonly list: () => ReadonlyArray<Fault>
  readonly clear: (id?: string) => void
  readonly refuses: (vendor: Vendor) => boolean
  readonly forRequest: (vendor: Vendor, subject: Subject) => Struck | undefined
  readonly forWebhook: (vendor: Vendor, event: string) => Struck | undefined
  /** `stream-absent`: a client opens a stream. `stream-event`: an event is told on the open streams. */
  readonly forStream: (vendor: Vendor, moment: "stream-absent" | "stream-event", event: string) => Struck | undefined
}

const isWebhookKind = (kind: FaultKind): boolean => kind.startsWith("webhook-")

const isStreamKind = (kind: FaultKind): boolean => kind.startsWith("stream-")

const matchesPath = (pattern: string, path: string): boolean => {
  const anchored = pattern.endsWith("$")
  const pieces = (anchored ? pattern.slice(0, -1) : pattern).split("*").map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(pieces.join(".*") + (anchored ? "$" : "")).test(path)
}

const matches = (match: FaultMatch, subject: Subject): boolean =>
  (match.method === undefined || match.method.toUpperCase() === subject.method) &&
  (match.path === undefined || matchesPath(match.path, subject.path)) &&
  (match.body === undefined || subject.body.includes(match.body))

export const make = (): Faults => {
  let placed: Array<Placed> = []
  let count = 0

  const view = ({ id, met, rule }: Placed): Fault => ({ id, rule, met })

  const strike = (fault: Placed, kind: FaultKind): Struck => {
    fault.met += 1
    return { ...fault.rule, kind }
  }

  /** Decides whether this request or webhook meets the fault. Counts it as skipped or met. */
  const draw = (fault: Placed, wanted: (kind: FaultKind) => boolean): Struck | undefined => {
    const { rule } = fault
    if ("kinds" in rule) {
      const kinds = rule.kinds.filter(wanted)
      const kind = kinds.length === 0 ? undefined : kinds[fault.random.integer(kinds.length)]
      return kind !== undefined && fault.random.number() < rule.rate ? strike(fault, kind) : undefined
    }
    if (!wanted(rule.kind)) return undefined
    const times = rule.times ?? 1
    if (times !== "forever" && fault.met >= times) return undefined
    if (fault.skipped < (rule.skip ?? 0)) {
      fault.skipped += 1
      return undefined
    }
    return strike(fault, rule.kind)
  }

  const first = (candidates: ReadonlyArray<Placed>, wanted: (kind: FaultKind) => boolean): Struck | undefined => {
    for (const fault of candidates) {
      const struck = draw(fault, wanted)
      if (struck !== undefined) return struck
    }
    return undefined
  }

  return {
    add: (rule) => {
      count += 1
      const fault: Placed = {
        id: `fault-${count}`,
        rule,
        random: new Utils.PCGRandom("seed" in rule ? rule.seed : 0),
        skipped: 0,
        met: 0
      }
      placed.push(fault)
      return view(fault)
    },
    list: () => placed.map(view),
    clear: (id) => {
      placed = id === undefined ? [] : placed.filter((fault) => fault.id !== id)
    },
    refuses: (vendor) => placed.some(({ rule }) => rule.vendor === vendor && "kind" in rule && rule.kind === "refused"),
    forRequest: (vendor, subject) =>
      first(
        placed.filter(({ rule }) =>
          rule.vendor === vendor &&
          (rule.match === undefined ? !("kinds" in rule) || subject.method === "POST" : matches(rule.match, subject))
        ),
        (kind) => !isWebhookKind(kind) && !isStreamKind(kind) && kind !== "refused"
      ),
    forWebhook: (vendor, event) =>
      first(
        placed.filter(({ rule }) => rule.vendor === vendor && (rule.event === undefined || event.includes(rule.event))),
        isWebhookKind
      ),
    forStream: (vendor, moment, event) =>
      first(
        placed.filter(({ rule }) => rule.vendor === vendor && (rule.event === undefined || event.includes(rule.event))),
        (kind) => isStreamKind(kind) && (kind === "stream-absent") === (moment === "stream-absent")
      )
  }
}
