/** Reads chats and their messages page by page and converts them to events. */
import * as Handle from "@interline/core/Handle"
import * as History from "@interline/core/History"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { LinqClient } from "../wire/LinqClient.ts"
import type * as LinqEvents from "../wire/LinqEvents.ts"
import type * as LinqSchema from "../wire/LinqSchema.ts"
import * as AccountLists from "./accountLists.ts"
import * as Events from "./events.ts"
import * as LiftAnswer from "./liftAnswer.ts"
import * as PastCalls from "./pastCalls.ts"

export interface Parts {
  readonly client: LinqClient
  readonly context: Events.Context
  readonly lines: ReadonlySet<string>
  readonly reading: <A>(read: Effect.Effect<A, MessagingError>) => Effect.Effect<A, MessagingError>
}

const pageSize = 100

const timeOf = (text: string | null | undefined): number => typeof text === "string" ? Date.parse(text) : Number.NaN

/** Whether a time is `since` or later. A time that cannot be read may be late enough, so it counts. */
const isSince = (time: number, since: number): boolean => Number.isNaN(time) || time >= since

/**
 * Whether all later pages are older than `since`. Linq does not document the order of the list (docs and 0.28.2, read 2026-11-21). The
 * list counts as ordered from new to old only if the times of this page fall from the first row to the last.
 */
const endsBefore = (times: ReadonlyArray<number>, since: number): boolean => {
  const last = times.at(-1)
  const [first] = times
  return last !== undefined && first !== undefined && first > last && last < since &&
    times.every((time, index) => index === 0 || time <= (times[index - 1] ?? Number.NaN))
}

const pages = <P extends { readonly next_cursor?: string | null | undefined }>(
  load: (cursor: string | undefined) => Effect.Effect<P, MessagingError>,
  isLast: (page: P) => boolean
): Stream.Stream<P, MessagingError> =>
  Stream.paginateEffect(Option.none<string>(), (cursor) =>
    Effect.map(load(Option.getOrUndefined(cursor)), (page) => {
      const next = LiftAnswer.filled(page.next_cursor)
      // stop at a cursor that points to its own page, because the walk would never end
      return [
        page,
        isLast(page) || next === undefined || next === Option.getOrUndefined(cursor) ? Option.none() : Option.some(Option.some(next))
      ]
    }))

const changedAt = ({ updated_at }: LinqSchema.Chat): number => timeOf(updated_at)
const writtenAt = ({ created_at, sent_at }: LinqSchema.Message): number => timeOf(sent_at ?? created_at)
/** A message that Linq recovered late stands where it was written, and former reads did not have it. So its recovery counts, too. */
const movedAt = (message: LinqSchema.Message): number => {
  const { created_at, delivered_at, read_at, reconciled_at, sent_at, updated_at } = message
  const times = [updated_at, read_at, delivered_at, sent_at, created_at, LiftAnswer.timeOf(reconciled_at)]
    .map(timeOf)
    .filter((time) => !Number.isNaN(time))
  return times.length === 0 ? Number.NaN : Math.max(...times)
}

const ownNumber = (chat: LinqSchema.Chat): string | undefined => chat.handles?.find((handle) => handle.is_me === true)?.handle

/** The one person of a direct chat. */
const personOf = (chat: LinqSchema.Chat): Handle.Handle | undefined => {
  const [person, ...others] = LiftAnswer.others(chat, undefined)
  const handle = person?.toLowerCase()
  return chat.is_group !== true && others.length === 0 && Handle.isHandle(handle) ? handle : undefined
}

const isMarked = ({ health_status }: LinqSchema.Chat): boolean => LiftAnswer.healthStatus(health_status?.status) === "opted-out"

const envelope = (type: string, message: LinqSchema.Message, chat: LinqSchema.Chat, data: object): LinqEvents.WebhookEnvelope => ({
  api_version: "v3",
  webhook_version: "2026-02-03",
  event_type: type,
  event_id: `${type} ${message.id}`,
  created_at: message.sent_at ?? message.created_at ?? undefined,
  data: {
    ...message,
    chat: {
      id: chat.id,
      is_group: chat.is_group,
      owner_handle: chat.handles?.find((handle) => handle.is_me === true)
    },
    ...data
  }
} as LinqEvents.WebhookEnvelope)

/** The webhook events that a message's present state may stand for. */
const reports = ["message.sent", "message.delivered", "message.read"] as const
const lastOf = { sent: 1, delivered: 2, read: 3 } as const

const ofMessage = (context: Events.Context, chat: LinqSchema.Chat, message: LinqSchema.Message): ReadonlyArray<MessagingEvent> => {
  if (message.is_from_me !== true) {
    return Events.events(
      context,
      envelope("message.received", message, chat, { direction: "inbound", sender_handle: message.from_handle ?? { handle: message.from } })
    )
  }
  const status = message.delivery_status?.toLowerCase() ??
    (message.is_read === true ? "read" : message.is_delivered === true ? "delivered" : undefined)
  if (status === "failed") {
    return Events.events(context, envelope("message.failed", message, chat, { message_id: message.id }))
  }
  const known = status === "sent" || status === "delivered" || status === "read" ? reports[lastOf[status] - 1] : undefined
  return known === undefined ? [] : Events.events(context, envelope(known, message, chat, { direction: "outbound" }))
}

export const make = ({ client, context, lines, reading }: Parts): History.CarrierHistory => {
  const { carrierId } = context
  const isOurs = History.isOurs(lines)

  const chats = (isLast: (page: LinqSchema.ChatPage) => boolean): Stream.Stream<LinqSchema.ChatPage, MessagingError> =>
    pages((cursor) => reading(client.listChats({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })), isLast)

  /** The messages of a chat since a time, in the order in which they were written. `timeOf`: the time that counts. */
  const rowsOf = (
    chat: LinqSchema.Chat,
    since: number,
    timeOf: (message: LinqSchema.Message) => number
  ): Effect.Effect<ReadonlyArray<LinqSchema.Message>, MessagingError> =>
    pages(
      (cursor) => reading(client.listMessages(chat.id, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })),
      ({ messages }) => endsBefore(messages.map(writtenAt), since)
    ).pipe(
      Stream.runFold([] as ReadonlyArray<LinqSchema.Message>, (found, { messages }) => [
        ...found,
        ...messages.filter((message) => isSince(timeOf(message), since))
      ]),
      Effect.map((found) => found.toSorted((left, right) => writtenAt(left) - writtenAt(right)))
    )

  const messagesOf = (chat: LinqSchema.Chat, since: number): Effect.Effect<ReadonlyArray<MessagingEvent>, MessagingError> =>
    // their order is kept, so that a person's last opt-out or opt-in counts
    Effect.map(
      rowsOf(chat, since, movedAt),
      (rows) => rows.flatMap((message) => ofMessage(context, chat, message)).filter((event) => isOurs(event, ownNumber(chat)))
    )

  const chatsSince = (since: number): Stream.Stream<LinqSchema.Chat, MessagingError> =>
    Stream.flatMap(
      chats(({ chats }) => endsBefore(chats.map(changedAt), since)),
      ({ chats }) => Stream.fromIterable(chats.filter((chat) => isSince(changedAt(chat), since)))
    )

  /** The opt-out by Linq's mark on a chat. The person's own message may not be in the list any more. */
  const markOf = (chat: LinqSchema.Chat): ReadonlyArray<MessagingEvent> => {
    const handle = personOf(chat)
    const at = LiftAnswer.timeOf(chat.health_status?.updated_at)
    return handle === undefined || !isMarked(chat)
      ? []
      : [{
        _tag: "OptedOut",
        carrierId,
        id: `chat.health ${chat.id} ${at ?? "unknown"} opted-out`,
        ...present({ at, line: LiftAnswer.phone(ownNumber(chat)) }),
        handle
      }]
  }

  const eventsOf = (since: number) => (chat: LinqSchema.Chat): Effect.Effect<ReadonlyArray<MessagingEvent>, MessagingError> =>
    Effect.map(messagesOf(chat, since), (events) => events.some(({ _tag }) => _tag === "OptedOut") ? events : [...markOf(chat), ...events])

  return {
    carrierId,
    optOuts: Stream.map(chats(() => false), ({ chats }) =>
      chats.flatMap((chat): ReadonlyArray<History.OptOutRecord> => {
        const handle = personOf(chat)
        const saidAt = timeOf(chat.health_status?.updated_at)
        return handle === undefined || !isMarked(chat) ? [] : [{ handle, ...(Number.isNaN(saidAt) ? {} : { saidAt, markedAt: saidAt }) }]
      })),
    events: (since) => Stream.mapEffect(chatsSince(since), eventsOf(since), { concurrency: 4 }),
    calls: (since) =>
      Stream.mapEffect(
        chatsSince(since),
        (chat) => Effect.map(rowsOf(chat, since, writtenAt), (rows) => PastCalls.ofChat(chat, rows)),
        { concurrency: 4 }
      ),
    lists: AccountLists.make({ client, context, reading })
  }
}
