/** What the console says of messages, in words for people. */
import type { Attempt, Conversation, Delivery, Part, Received, Row } from "../api/wire.ts"

export type Tone = "good" | "warn" | "bad" | "info" | "idle"

export interface Label {
  readonly text: string
  readonly tone: Tone
  /** One sentence that explains it. */
  readonly means: string
}

const statuses = {
  pending: { text: "Taken", tone: "info", means: "The carrier took it. It has not reported anything yet." },
  queued: { text: "Queued", tone: "info", means: "The carrier has queued it." },
  sent: { text: "Sent", tone: "info", means: "The carrier sent it. No phone has confirmed it." },
  delivered: { text: "Delivered", tone: "good", means: "It is on the phone." },
  read: { text: "Read", tone: "good", means: "The person opened it." },
  failed: { text: "Failed", tone: "bad", means: "The carrier took it and reported later that it failed." }
} as const satisfies Record<Delivery["report"]["status"], Label>

const outcomes = {
  pending: { text: "Sending", tone: "info", means: "The delivery is not over yet." },
  accepted: { text: "Taken", tone: "info", means: "A carrier took it." },
  "not-sent": { text: "Not sent", tone: "bad", means: "Certainly nothing went out." },
  partial: { text: "In part", tone: "warn", means: "A part of it went out." },
  held: { text: "Held", tone: "warn", means: "It may have gone out. It waits for a fact or an operator." },
  unknown: { text: "Unknown", tone: "warn", means: "It may have gone out, and nothing waits for it." }
} as const satisfies Record<Delivery["outcome"], Label>

export const outcomeWords = Object.keys(outcomes) as ReadonlyArray<Delivery["outcome"]>
export const statusWords = Object.keys(statuses) as ReadonlyArray<Delivery["report"]["status"]>

export const labelOfOutcome = (outcome: Delivery["outcome"]): Label => outcomes[outcome]

export const labelOfStatus = (status: Delivery["report"]["status"]): Label => statuses[status]

export const labelOf = (row: Row): Label => {
  if (row.direction === "inbound") return { text: "Received", tone: "idle", means: "A person wrote it." }
  if (row.outcome !== "accepted") return outcomes[row.outcome]
  return row.report.corrected
    ? { ...statuses[row.report.status], means: "It was reported as failed, and later as delivered." }
    : statuses[row.report.status]
}

const ours: Label = { text: "Refused here", tone: "bad", means: "The gateway refused it. The carrier was not asked." }

/** `reason`: that of the error, if there is one. The gateway's own list of opt-outs refuses with a reason that no carrier gives. */
export const labelOfAttempt = (outcome: Attempt["outcome"], reason?: string): Label =>
  outcome === "rejected" && reason === "Suppressed" ? ours : ({
    accepted: { text: "Taken", tone: "good", means: "The carrier took it." },
    rejected: { text: "Refused", tone: "bad", means: "The carrier certainly did not take it." },
    partial: { text: "In part", tone: "warn", means: "The carrier took a part of it." },
    unknown: { text: "Not known", tone: "warn", means: "The carrier may have taken it." },
    skipped: { text: "Not asked", tone: "idle", means: "The carrier was not asked." }
  } as const)[outcome]

export const textOfParts = (parts: ReadonlyArray<Part | Received["message"]["parts"][number]>): string =>
  parts.map((part) => {
    if (part._tag === "Text") return part.text
    if (part._tag === "Link") return part.url
    return `[${part._tag.toLowerCase()}]`
  }).join(" ")

export const textOf = (row: Row): string => textOfParts(row.direction === "outbound" ? row.draft.parts : row.message.parts)

export const lineOf = (row: Row): string => row.conversation === undefined ? "" : row.conversation.line

export const personOf = (row: Row): string => {
  if (row.conversation !== undefined) return nameOf(row.conversation)
  return row.direction === "inbound" ? String(row.message.from) : ""
}

export const nameOf = (conversation: Conversation): string =>
  conversation._tag === "Direct"
    ? conversation.handle
    : `${"members" in conversation ? (conversation.members as ReadonlyArray<string>).length : ""} people`.trim()

export const carrierOf = (row: Row): string => {
  if (row.direction === "inbound") return row.message.ref.carrierId
  return row.receipts[0]?.ref.carrierId ?? row.attempts.at(-1)?.carrierId ?? ""
}

/** Whether the delivery went on to another carrier. */
export const isFailedOver = (row: Row): boolean =>
  row.direction === "outbound" &&
  new Set(row.attempts.filter(({ outcome }) => outcome !== "skipped").map(({ carrierId }) => carrierId)).size > 1

/** The word that a person reads for a code with dashes. */
export const plain = (code: string): string => code.replaceAll(/[-_]/g, " ").replace(/^./, (first) => first.toUpperCase())

/** `FailedOver` as `Failed over`. */
export const spaced = (name: string): string => name.replaceAll(/(?<=[a-z])([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)

export const isMasked = (text: string | undefined): boolean => text?.includes("•") === true
