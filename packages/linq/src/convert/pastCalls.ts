/** Converts the messages of ours in a chat to the requests that would send them. */
import type { PastCall } from "@interline/core/History"
import { present } from "@interline/core/Optional"
import type * as LinqSchema from "../wire/LinqSchema.ts"
import * as LiftAnswer from "./liftAnswer.ts"

const partOf = (part: LinqSchema.Part): Readonly<Record<string, unknown>> => {
  const { id, text_decorations, type, url, value } = part
  return type === "media"
    ? { type, ...(typeof url === "string" ? { url } : { attachment_id: id }) }
    : { type, ...present({ value: value ?? undefined, text_decorations: text_decorations ?? undefined }) }
}

const messageOf = ({ effect, parts, preferred_service, reply_to }: LinqSchema.Message): Readonly<Record<string, unknown>> => ({
  parts: (parts ?? []).map(partOf),
  ...present({
    effect: effect ?? undefined,
    reply_to: reply_to ?? undefined,
    preferred_service: LiftAnswer.filled(preferred_service)
  })
})

const timeOf = (...texts: ReadonlyArray<string | null | undefined>): number | undefined =>
  texts.map((text) => typeof text === "string" ? Date.parse(text) : Number.NaN).find((time) => !Number.isNaN(time))

/**
 * The first message opens the chat, and the others go to its id. If the chat does not say who is in it, all go to its id. `messages` are in
 * the order in which they were sent. The list does not say everything that a request asked for.
 */
export const ofChat = (chat: LinqSchema.Chat, messages: ReadonlyArray<LinqSchema.Message>): ReadonlyArray<PastCall> => {
  const number = LiftAnswer.phone(chat.handles?.find(({ is_me }) => is_me === true)?.handle)
  const people = LiftAnswer.others(chat, number)
  const isKnown = number !== undefined && people.length > 0
  return messages.filter(({ is_from_me }) => is_from_me === true).map((message, place): PastCall => {
    const common = { id: message.id, method: "POST", ...present({ at: timeOf(message.sent_at, message.created_at) }) } as const
    return place === 0 && isKnown
      ? { ...common, path: "/v3/chats", body: { from: number, to: people, message: messageOf(message) }, answer: { chat } }
      : { ...common, path: `/v3/chats/${encodeURIComponent(chat.id)}/messages`, body: { message: messageOf(message) } }
  })
}
