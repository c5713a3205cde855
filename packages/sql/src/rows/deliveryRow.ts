/** Converts a delivery to a row and back. */
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { MessageRef } from "@interline/core/MessageRef"
import type * as Decision from "@interline/router/Decision"
import * as Ledger from "@interline/router/Ledger"
import { RouterEvent } from "@interline/router/RouterEvent"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as StoredState from "./storedState.ts"

/** The place of a delivery, as the queries use it. */
export const places = {
  Idle: "running",
  Admitting: "running",
  Resting: "running",
  Sending: "running",
  Looking: "running",
  Held: "held",
  Done: "done"
} as const satisfies Record<Decision.Phase["_tag"], string>

/** A row of `interline_deliveries`. `columns` names the columns that an entry is read from. */
export interface Row {
  readonly id: string
  readonly version: number
  readonly conversation: string
  readonly key: string | null
  readonly epoch: number
  readonly created_at: number
  readonly updated_at: number
  readonly likenesses: string
  readonly content: string
  readonly state: string
  readonly progress: string | null
}

export const columns = "id, version, conversation, key, epoch, created_at, updated_at, likenesses, content, state, progress"

const Likenesses = Schema.Array(Schema.String)

const encodeContent = JsonColumn.makeEncoder(Ledger.Content)
export const encodeProgress = JsonColumn.makeEncoder(Ledger.Progress)
export const decodeId = Schema.decode(DeliveryId)
const decodeContent = Schema.decode(Schema.parseJson(Ledger.Content))
export const decodeProgress = Schema.decode(Schema.parseJson(Ledger.Progress))

export const encodeLikenesses = JsonColumn.makeEncoder(Likenesses)
export const decodeLikenesses = Schema.decode(Schema.parseJson(Likenesses))

const Events = Schema.Array(RouterEvent)

/** The events that were appended at one time, as one text. */
export const encodeEvents = JsonColumn.makeEncoder(Events)
export const decodeEvents = Schema.decode(Schema.parseJson(Events))

/** The columns that never change after a delivery was opened. */
export const toOpenedColumns = (entry: Ledger.Entry) =>
  Effect.map(Effect.all([encodeContent(entry.content), encodeLikenesses(entry.likenesses)]), ([content, likenesses]) => ({
    id: entry.id,
    conversation: entry.conversation,
    line: entry.content.conversation.line,
    peers: `|${Conversation.recipients(entry.content.conversation).join("|")}|`,
    key: entry.key ?? null,
    created_at: entry.createdAt,
    likenesses,
    content
  }))

/** The columns that every save writes again. A delivery that is done needs no plan any more. */
export const toSavedColumns = (entry: Ledger.Entry) =>
  Effect.gen(function*() {
    const place = places[entry.state.phase._tag]
    return {
      place,
      answered: entry.state.result === undefined ? 0 : 1,
      may_arrive: Ledger.mayStillArrive(entry.state) ? 1 : 0,
      updated_at: entry.updatedAt,
      state: yield* StoredState.encode(entry.state),
      progress: entry.progress === undefined || place === "done" ? null : yield* encodeProgress(entry.progress)
    }
  })

export const decode = (row: Row): Effect.Effect<Ledger.Entry, ParseResult.ParseError> =>
  Effect.gen(function*() {
    return {
      id: yield* decodeId(row.id),
      conversation: row.conversation,
      likenesses: yield* decodeLikenesses(row.likenesses),
      ...(row.key === null ? {} : { key: row.key }),
      content: yield* decodeContent(row.content),
      state: yield* StoredState.decode(row.state),
      ...(row.progress === null ? {} : { progress: yield* decodeProgress(row.progress) }),
      epoch: Number(row.epoch),
      createdAt: Number(row.created_at),
      updatedAt: Number(row.updated_at),
      version: Number(row.version)
    }
  })

/**
 * What the rows say that can be read. One that cannot, for example because a later version wrote it, is logged, and keeps nothing else waiting.
 */
export const decodeReadable = <R, A>(
  rows: ReadonlyArray<R>,
  decode: (row: R) => Effect.Effect<A, ParseResult.ParseError>,
  idOf: (row: R) => string
): Effect.Effect<ReadonlyArray<A>> =>
  Effect.map(
    Effect.forEach(rows, (row) =>
      Effect.catchAll(
        Effect.asSome(decode(row)),
        // the error would quote the message
        () =>
          Effect.as(
            Effect.logError("a stored delivery cannot be read, and waits for a version that can", { delivery: idOf(row) }),
            Option.none()
          )
      )),
    Arr.getSomes
  )

/** The refs of every receipt in a state. */
export const refsOf = ({ behind, proofs, taken }: Decision.State): ReadonlyArray<MessageRef> => [
  ...taken.map(({ ref }) => ref),
  ...proofs.map(({ receipt }) => receipt.ref),
  ...behind.flatMap(({ receipt }) => receipt === undefined ? [] : [receipt.ref])
]
