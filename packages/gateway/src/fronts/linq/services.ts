/** What every endpoint of the v3 wire works with, and what a request is to it. */
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook, type ChatBookService } from "@interline/core/ChatBook"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import type { MessagingService } from "@interline/core/MessagingService"
import { Suppression, type SuppressionService } from "@interline/core/Suppression"
import { Archive, type ArchiveService } from "@interline/sql/Archive"
import { FileTable, type FileTableService } from "@interline/sql/FileTable"
import { IdMap, type IdMapService } from "@interline/sql/IdMap"
import type { Reply } from "@interline/sql/RequestLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Front } from "../kit/Front.ts"
import type { FrontService } from "../kit/FrontService.ts"
import type { Refusal } from "./refusal.ts"

export interface Desk {
  readonly archive: ArchiveService
  readonly chats: ChatBookService
  readonly files: FileTableService
  readonly front: FrontService
  readonly ids: IdMapService
  readonly messaging: MessagingService
  readonly suppression: SuppressionService
  /** Every configured carrier lists chats itself, so that lists are the carriers' own; else they are what passed through. */
  readonly native: boolean
}

export const all: Effect.Effect<Desk, never, Archive | ChatBook | FileTable | Front | IdMap | Messaging | Suppression> = Effect.map(
  Effect.all({
    archive: Archive,
    chats: ChatBook,
    files: FileTable,
    front: Front,
    ids: IdMap,
    messaging: Messaging,
    suppression: Suppression
  }),
  (services) => ({
    ...services,
    native: services.messaging.carriers.every(({ capabilities: { operations: { listChats } } }) => listChats.direct === "native")
  })
)

/**
 * A request whose caller is known. `origin` is the address at which the caller reaches the gateway, without a slash at the end;
 * `path` has the query in it.
 */
export interface Call {
  readonly caller: string
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  readonly body: string
  readonly origin: string
  readonly traceId: string
  readonly key: Option.Option<string>
}

export type Answered = Effect.Effect<Reply, Refusal>

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

interface Endpoint<Kind extends string, Run> {
  readonly kind: Kind
  readonly method: Method
  readonly path: `/${string}`
  readonly run: Run
}

/** `read`: as often as it is asked. `once`: at most once. `keyed`: once, whatever happens, under the key that it is given. */
export type Route =
  | Endpoint<"read", (call: Call) => Answered>
  | Endpoint<"once", (call: Call) => Answered>
  | Endpoint<"keyed", (call: Call, key: string) => Answered>

export const read = (method: Method, path: `/${string}`, run: (call: Call) => Answered): Route => ({ kind: "read", method, path, run })
export const once = (method: Method, path: `/${string}`, run: (call: Call) => Answered): Route => ({ kind: "once", method, path, run })
export const keyed = (method: Method, path: `/${string}`, run: (call: Call, key: string) => Answered): Route => ({
  kind: "keyed",
  method,
  path,
  run
})

/** A parameter of the route's path; the router fills every one. */
export const param = ({ params }: Call, name: string): string => params[name] ?? ""

export const json = (
  call: Pick<Call, "traceId">,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): Reply => ({
  status,
  headers: { "content-type": "application/json", "x-trace-id": call.traceId, ...headers },
  body: JSON.stringify(body)
})

export const empty = (call: Pick<Call, "traceId">, status: number): Reply => ({ status, headers: { "x-trace-id": call.traceId }, body: "" })

/** The acknowledgement of something that is done later. */
export const accepted = (call: Call, message: string): Reply => json(call, 202, { status: "accepted", message, trace_id: call.traceId })

/**
 * The number that a line shows to a program that speaks Linq: its number at Linq where Linq carried it or nobody has yet, else the
 * number that the program still knows it by, else the one that the person sees.
 */
export const numberOf = (
  { front, messaging }: Pick<Desk, "front" | "messaging">,
  line: LineName,
  carrierId?: CarrierId
): string | undefined => {
  const carrier = messaging.carriers.find(({ id, lines, vendor }) =>
    lines.has(line) && (carrierId === undefined ? vendor === "linq" : id === carrierId)
  )
  if (carrier?.vendor === "linq") return carrier.lines.get(line)
  // the program's own number for the line, at whichever carrier it went out
  const kept = Option.filter(front.numberOf(line), (number) => !messaging.carriers.some(({ lines }) => lines.get(line) === number))
  return Option.getOrUndefined(Option.orElse(kept, () => front.numberOf(line, carrier?.id)))
}
