/** Finds out what became of a request whose answer was lost. For a send it repeats the key; for other operations it reads the state. */
import type { AdapterReconciliation, ChatContext, Search } from "@interline/core/Adapter"
import type { CarrierId } from "@interline/core/CarrierId"
import * as ListEvidence from "@interline/core/ListEvidence"
import type { MessagingError } from "@interline/core/MessagingError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { LinqClient } from "../wire/LinqClient.ts"
import type { Message } from "../wire/LinqSchema.ts"
import * as LinqWords from "../wire/LinqWords.ts"
import * as LiftAnswer from "./liftAnswer.ts"

const pageSize = 100
const mostPages = 10

const documented = ["messages", "next_cursor"]

const timeOf = (message: Message): number | undefined => ListEvidence.timeOf(message.created_at ?? undefined)

/**
 * Whether the list may be left at this page. Linq documents no order. A page that goes back in time and is old enough ends the search.
 */
const isPast = (page: ReadonlyArray<Message>, since: number): boolean => {
  const times = page.map((message) => timeOf(message) ?? Number.NaN)
  const goesBack = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time))
  const [first = Number.NaN] = times
  const last = times.at(-1) ?? Number.NaN
  return goesBack && last < first && last < since
}

type Part = NonNullable<Message["parts"]>[number]

const isAudio = ({ filename, mime_type, type }: Part): boolean =>
  type === "media" &&
  (mime_type?.startsWith("audio/") === true ||
    LinqWords.voiceMemoFormats.some((format) => filename?.toLowerCase().endsWith(`.${format}`) === true))

/** Whether a message may be a voice memo: its only part is an audio file. No field tells a voice memo from an audio file. */
const isVoiceMemo = (message: Message): boolean => {
  const [part, ...others] = message.parts ?? []
  return part !== undefined && others.length === 0 && isAudio(part) && LiftAnswer.isMine(message)
}

interface Collected {
  readonly rows: ReadonlyArray<Message>
  readonly pages: ReadonlyArray<ListEvidence.Page>
  readonly skews: ReadonlyArray<Option.Option<ListEvidence.Skew>>
}

const nothing: Collected = { rows: [], pages: [], skews: [] }

export const make = (carrierId: CarrierId, client: LinqClient, replayFor: Duration.Duration): AdapterReconciliation => {
  const collect = (
    chatId: string,
    startedAt: number,
    cursor?: string,
    before: Collected = nothing
  ): Effect.Effect<Collected, MessagingError> =>
    Effect.flatMap(
      client.inspectMessages(chatId, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }),
      ({ body, list, skew, status }) => {
        const { messages, next_cursor: next } = list
        const skews = [...before.skews, skew]
        const { from } = ListEvidence.windowOf(startedAt, ListEvidence.together(skews))
        const hasMore = typeof next === "string" && next !== "" && next !== cursor && !isPast(messages, from)
        const page: ListEvidence.Page = { status, rows: messages.length, fault: ListEvidence.undocumented(body, documented), end: !hasMore }
        const all: Collected = { rows: [...before.rows, ...messages], pages: [...before.pages, page], skews }
        return hasMore && all.pages.length < mostPages ? collect(chatId, startedAt, next, all) : Effect.succeed(all)
      }
    )

  const searchVoiceMemos = (chatId: string, startedAt: number): Search =>
    Effect.map(collect(chatId, startedAt), ({ pages, rows, skews }) => {
      const seen = rows.flatMap((row): ReadonlyArray<ListEvidence.Row> =>
        LiftAnswer.isMine(row)
          ? [{ receipt: LiftAnswer.messageReceipt(carrierId, [0], row), at: timeOf(row), isEqual: isVoiceMemo(row) }]
          : []
      )
      return Either.right(ListEvidence.sight(seen, startedAt, ListEvidence.together(skews), ListEvidence.gapOf(pages, rows.length, false)))
    })

  return {
    send: { way: "replay", replayFor },
    searchVoiceMemos: ({ chat }: ChatContext, startedAt) =>
      chat === undefined ? Effect.succeed(Either.left("there is no chat yet")) : searchVoiceMemos(chat.id, startedAt),
    shown: ["edit", "react", "unreact", "updateChat", "addParticipant", "removeParticipant", "voteInPoll"]
  }
}
