/** Finds the chats that an answer of Linq shows. */
import * as Handle from "@interline/core/Handle"
import * as Predicate from "effect/Predicate"
import type { ShownChat } from "../../kit/RequestReader.ts"

interface Participant {
  readonly handle: Handle.Handle
  readonly isMe: boolean
}

const readParticipants = (handles: unknown): ReadonlyArray<Participant> =>
  !Array.isArray(handles) ? [] : handles.flatMap((given: unknown) => {
    if (!Predicate.isRecord(given) || typeof given["handle"] !== "string") return []
    const handle = given["handle"].toLowerCase()
    return Handle.isHandle(handle) ? [{ handle, isMe: given["is_me"] === true }] : []
  })

const readChat = (given: unknown): ReadonlyArray<ShownChat> => {
  if (!Predicate.isRecord(given)) return []
  const id = given["chat_id"] ?? given["id"]
  if (typeof id !== "string" || id === "") return []
  const participants = readParticipants(given["handles"])
  const people = participants.filter(({ isMe }) => !isMe).map(({ handle }) => handle)
  const number = participants.find(({ isMe }) => isMe)?.handle
  return [{
    id,
    isGroup: given["is_group"] === true || people.length > 1,
    people,
    ...(number === undefined ? {} : { number })
  }]
}

/**
 * A chat that was opened or read (`chat`, or the answer itself), the page of a list (`chats`), or the chat of a message (`chat_id`). Only a
 * chat has `handles`, so an answer without them is a message or a file.
 */
export const read = (answer: unknown): ReadonlyArray<ShownChat> => {
  if (!Predicate.isRecord(answer)) return []
  const { chat, chat_id, chats, handles } = answer
  if (Array.isArray(chats)) return chats.flatMap(readChat)
  if (chat !== undefined) return readChat(chat)
  return chat_id !== undefined || handles !== undefined ? readChat(answer) : []
}
