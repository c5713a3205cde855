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

export interface ShownIds {
  /** The id of a ref. The id is recorded before it is returned. */
  readonly show: (kind: Kind, ref: Ref) => Effect.Effect<string>
  /** The ref of an id that was shown, or of its string form (`linq:69a3…`). */
  readonly findRef: (kind: Kind, id: string) => Effect.Effect<Option.Option<MessageRef.MessageRef>>
}

export const make = (sql: SqlClient.SqlClient): ShownIds => {
  // In every process, an id keeps its ref for ever. So these ids need no second write.
  const written = BoundedMap.make<string, true>(20_000)

  const insert = (kind: Kind, id: string, ref: string) =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (at) => sql`INSERT INTO interline_ids (kind, id, ref, at) VALUES (${kind}, ${id}, ${ref}, ${at}) ON CONFLICT (id, kind) DO NOTHING`
    )

  return {
    show: (kind, ref) => {
      const text = MessageRef.format(ref)
      const id = Store.deriveId(`${kind}/${text}`)
      return written.get(id) !== undefined ? Effect.succeed(id) : Store.runStatement(
        "IdMap.show",
        Effect.map(insert(kind, id, text), () => {
          written.set(id, true)
          return id
        })
      )
    },
    findRef: (kind, id) =>
      id.includes(":") ? Effect.succeed(MessageRef.parse(id)) : !isUuid(id) ? Effect.succeedNone : Store.runStatement(
        "IdMap.find",
        Effect.map(
          sql<{ readonly ref: string }>`SELECT ref FROM interline_ids WHERE kind = ${kind} AND id = ${id}`,
          ([row]) => row === undefined ? Option.none() : MessageRef.parse(row.ref)
        )
      )
  }
}

// No vendor's list goes back further. An id that is shown again is recorded again.
const forgetAfter = Duration.toMillis("400 days")

export const forget: Store.Forget = (sql, now) =>
  sql`DELETE FROM interline_ids WHERE (id, kind) IN (SELECT id, kind FROM interline_ids WHERE at < ${
    now - forgetAfter
  } LIMIT ${Store.batch}) RETURNING 1 AS gone`
