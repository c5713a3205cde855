/** Derives ids from the refs of vendors, and finds the ref of an id. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as BoundedMap from "@interline/core/BoundedMap"
import * as MessageRef from "@interline/core/MessageRef"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../database/Store.ts"

export type Kind = "message" | "chat" | "attachment"

/** The carrier's id of a message, a chat or a file. */
export interface Ref {
  readonly carrierId: MessageRef.MessageRef["carrierId"]
  readonly id: string
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text may be one of our ids. */
export const isUuid = (id: string): boolean => uuidPattern.test(id)

/** The id of a ref, as it is derived. Another id may be shown for it (`AdoptedIds`). */
export const derive = (kind: Kind, ref: Ref): string => Store.deriveId(`${kind}/${MessageRef.format(ref)}`)

/** The form in which an id is looked up. A UUID is the same in upper and in lower case. */
export const toKey = (id: string): string => {
  const lower = id.toLowerCase()
  return isUuid(lower) ? lower : Store.toIndexable(id)
}

export interface ShownIds {
  /** The id of a ref. The id is recorded before it is returned. */
  readonly show: (kind: Kind, ref: Ref) => Effect.Effect<string>
  /** The ref of an id that was shown, or of its string form (`linq:69a3…`). */
  readonly findRef: (kind: Kind, id: string) => Effect.Effect<Option.Option<MessageRef.MessageRef>>
  /** The id that is shown for a conversation: the vendor's id if it was adopted, else the id itself. */
  readonly shownAs: (id: string) => Effect.Effect<string>
}

export const make = (sql: SqlClient.SqlClient): ShownIds => {
  // In every process, an id keeps its ref for ever, and a ref the id that is shown for it. So these ids need no second write.
  const written = BoundedMap.make<string, string>(20_000)
  const conversations = BoundedMap.make<string, string>(20_000)

  const findKnown = (kind: Kind, id: string) =>
    Effect.map(
      sql<{ readonly known: string | null }>`SELECT known FROM interline_ids WHERE kind = ${kind} AND id = ${id}`,
      ([row]) => row?.known ?? id
    )

  const insert = (kind: Kind, id: string, ref: string) =>
    Effect.flatMap(
      Effect.flatMap(
        Clock.currentTimeMillis,
        (at) =>
          sql`INSERT INTO interline_ids (kind, id, ref, at) VALUES (${kind}, ${id}, ${ref}, ${at})
            ON CONFLICT (id, kind) DO NOTHING RETURNING 1 AS written`
      ),
      // a row from before may name the id that programs know
      (rows) => rows.length > 0 ? Effect.succeed(id) : findKnown(kind, id)
    )

  return {
    show: (kind, ref) => {
      const id = derive(kind, ref)
      const known = written.get(id)
      return known !== undefined ? Effect.succeed(known) : Store.runStatement(
        "IdMap.show",
        Effect.map(insert(kind, id, MessageRef.format(ref)), (shown) => {
          written.set(id, shown)
          return shown
        })
      )
    },
    findRef: (kind, id) =>
      id.includes(":") ? Effect.succeed(MessageRef.parse(id)) : Store.runStatement(
        "IdMap.find",
        Effect.map(
          sql<{ readonly ref: string }>`SELECT ref FROM interline_ids WHERE kind = ${kind} AND id = ${toKey(id)}`,
          ([row]) => row === undefined ? Option.none() : MessageRef.parse(row.ref)
        )
      ),
    shownAs: (id) => {
      const shown = conversations.get(id)
      return shown !== undefined ? Effect.succeed(shown) : Store.runStatement(
        "IdMap.shownAs",
        Effect.map(findKnown("chat", id), (found) => {
          conversations.set(id, found)
          return found
        })
      )
    }
  }
}

// No vendor's list goes back further. An id that is shown again is recorded again.
const forgetAfter = Duration.toMillis("400 days")

export const forget: Store.Forget = (sql, now) =>
  sql`DELETE FROM interline_ids WHERE (id, kind) IN (SELECT id, kind FROM interline_ids WHERE at < ${
    now - forgetAfter
  } LIMIT ${Store.batch}) RETURNING 1 AS gone`
