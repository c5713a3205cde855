/** What Linq tells of a request whose answer was lost: its keys for a send, its reads for the rest. */
import type { AdapterReconciliation, ChatContext } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Receipt } from "@interline/core/Outcome"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { LinqClient } from "../LinqClient.ts"
import type { Message } from "../LinqSchema.ts"
import * as Words from "../LinqWords.ts"
import * as Lift from "./lift.ts"

const skew = 60_000
const pageSize = 100
const pages = 10

const timeOf = (message: Message): number => Date.parse(message.created_at ?? "")

/** Linq documents no order of this list; one that is seen to go back in time may be left where it is old enough. */
const isPast = (page: ReadonlyArray<Message>, since: number): boolean => {
  const times = page.map(timeOf)
  const goesBack = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time))
  const [first = Number.NaN] = times
  const last = times.at(-1) ?? Number.NaN
  return goesBack && last < first && last < since
}

type Part = NonNullable<Message["parts"]>[number]

const isAudio = ({ filename, mime_type, type }: Part): boolean =>
  type === "media" &&
  (mime_type?.startsWith("audio/") === true ||
    Words.voiceMemoFormats.some((format) => filename?.toLowerCase().endsWith(`.${format}`) === true))

/** A voice memo is shown as a message whose one part is an audio file; no field says which of the two it was. */
const isVoiceMemo = (message: Message): boolean => {
  const [part, ...others] = message.parts ?? []
  return part !== undefined && others.length === 0 && isAudio(part) && Lift.isMine(message)
}

export const make = (carrierId: CarrierId, client: LinqClient, replayFor: Duration.Duration): AdapterReconciliation => {
  const collect = (
    chatId: string,
    since: number,
    cursor: string | undefined,
    seen: ReadonlyArray<Message>,
    left: number
  ): Effect.Effect<Either.Either<ReadonlyArray<Message>, string>, MessagingError> =>
    Effect.flatMap(client.listMessages(chatId, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }), ({ messages, next_cursor: next }) => {
      const all = [...seen, ...messages]
      return typeof next !== "string" || next === "" || next === cursor || isPast(messages, since)
        ? Effect.succeed(Either.right(all))
        : left <= 1
        ? Effect.succeed(Either.left("there are too many messages to look through"))
        : collect(chatId, since, next, all, left - 1)
    })

  const memosOf = (rows: ReadonlyArray<Message>, since: number): Either.Either<ReadonlyArray<Receipt>, string> => {
    const memos = Array.from(new Map(rows.filter(isVoiceMemo).map((row) => [row.id, row])).values())
    return memos.some((memo) => Number.isNaN(timeOf(memo)))
      ? Either.left("a voice memo has no time")
      : Either.right(
        memos.filter((memo) => timeOf(memo) >= since)
          .sort((left, right) => timeOf(left) - timeOf(right))
          .map((memo) => Lift.messageReceipt(carrierId, [0], memo))
      )
  }

  return {
    send: { way: "replay", replayFor },
    searchVoiceMemos: ({ chat }: ChatContext, startedAt) => {
      const since = startedAt - skew
      return chat === undefined
        ? Effect.succeed(Either.left("there is no chat yet"))
        : Effect.map(collect(chat.id, since, undefined, [], pages), Either.flatMap((rows) => memosOf(rows, since)))
    },
    shown: ["edit", "react", "unreact", "updateChat", "addParticipant", "removeParticipant"]
  }
}
