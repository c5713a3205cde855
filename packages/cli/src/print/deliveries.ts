/** Writes deliveries and messages for people. */
import type { Conversation } from "@interline/core/Conversation"
import * as Loss from "@interline/core/Loss"
import type { Part, ReceivedPart } from "@interline/core/Part"
import type * as ApiSchema from "@interline/gateway/ApiSchema"
import type { AttemptRecord } from "@interline/router/Decision"
import * as Table from "./table.ts"

type DeliveryRecord = typeof ApiSchema.DeliveryRecord.Type

type ReceivedRecord = typeof ApiSchema.ReceivedRecord.Type

/** Whom a conversation is with. */
export const toPeople = (conversation: Conversation | undefined): string =>
  conversation === undefined ? "-" : conversation._tag === "Direct" ? conversation.handle : `group of ${conversation.members.join(", ")}`

/** The content in one line. What is no text is named in brackets. */
export const toContent = (parts: ReadonlyArray<Part | ReceivedPart>): string =>
  parts.map((part) => part._tag === "Text" ? part.text : part._tag === "Link" ? String(part.url) : `[${part._tag.toLowerCase()}]`).join(" ")

/** What is lost, a line each. */
export const toLosses = (losses: ReadonlyArray<Loss.Loss>): ReadonlyArray<string> =>
  losses.map(({ certainty, condition, kind, reason }) =>
    `lost${
      certainty === "certain"
        ? ""
        : ` if ${condition === undefined ? "it comes so" : `it goes ${condition === "SMS" ? "by SMS" : "not by iMessage"}`}`
    }: ${Loss.sentences[kind]} (${Table.toLine(reason)})`
  )

type Tried = Pick<AttemptRecord, "carrierId" | "line" | "outcome" | "why" | "startedAt" | "millis" | "error">

/** Which carriers were asked, in order. */
export const toTries = (tries: ReadonlyArray<Tried>, columns: number): string =>
  Table.toTable(
    ["carrier", "line", "began", "ms", "outcome", "why"],
    tries.map(({ carrierId, error, line, millis, outcome, startedAt, why }) => [
      carrierId,
      line,
      Table.toTime(startedAt),
      String(millis),
      outcome,
      error?.vendorCode === undefined ? why : `${why} (${error.vendorCode})`
    ]),
    "No carrier was asked.",
    columns
  )

/** A delivery as a page. */
export const toPage = (
  { at, attempts, conversation, draft, failure, id, losses, outcome, report }: DeliveryRecord,
  columns: number
): string => {
  const losing = toLosses(losses)
  return [
    Table.toFacts([
      ["outcome", outcome],
      ["status", `${report.status}${report.corrected ? ", after it was reported as failed" : ""}${report.settled ? "" : ", not final"}`],
      ["failure", failure?.message ?? failure?.reason ?? failure?.code],
      [
        "service",
        report.service === undefined ? undefined : `${report.service}${report.downgraded ? ", not the one that was wanted" : ""}`
      ],
      ["id", id],
      ["at", Table.toTime(at)],
      ["line", conversation.line],
      ["to", toPeople(conversation)],
      ["text", toContent(draft.parts)]
    ]),
    "",
    toTries(attempts, columns),
    ...(losing.length === 0 ? [] : ["", ...losing])
  ].join("\n")
}

const rowOf = (record: DeliveryRecord | ReceivedRecord): ReadonlyArray<string> =>
  record.direction === "outbound"
    ? [
      Table.toTime(record.at),
      "to",
      toPeople(record.conversation),
      record.attempts.findLast(({ outcome }) => outcome !== "skipped")?.carrierId ?? "-",
      record.outcome === "accepted" ? record.report.status : record.outcome,
      toContent(record.draft.parts),
      record.id
    ]
    : [
      Table.toTime(record.at),
      "from",
      record.message.from ?? toPeople(record.conversation),
      record.message.ref.carrierId,
      "received",
      toContent(record.message.parts),
      `${record.message.ref.carrierId}:${record.message.ref.id}`
    ]

/** Messages of both ways as a table. */
export const toMessages = (records: ReadonlyArray<DeliveryRecord | ReceivedRecord>, columns: number): string =>
  Table.toTable(["time (UTC)", "way", "person", "carrier", "status", "text", "id"], records.map(rowOf), "No message matches.", columns)
