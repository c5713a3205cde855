/** Keeps the people in Linq's chats: the members, their service, joins and leaves, and the words that opt out. */
import type { Service } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as State from "./state.ts"

export const addresses = (chat: State.Chat): ReadonlyArray<string> =>
  chat.handles.filter(({ isMe, status }) => !isMe && status === "active").map(({ handle }) => handle)

export const service = (state: State.LinqState, chat: State.Chat): Service => World.reach(state.world, addresses(chat))

export const join = (state: State.LinqState, chat: State.Chat, handle: string): State.Handle => {
  const joined = State.member(state, handle, false)
  chat.handles.push(joined)
  chat.membersChanged = true
  chat.updatedAt = state.world.time.now()
  return joined
}

export const remove = (state: State.LinqState, chat: State.Chat, handle: State.Handle, status: "left" | "removed"): void => {
  handle.status = status
  handle.leftAt = state.world.time.now()
  chat.membersChanged = true
  chat.updatedAt = handle.leftAt
}

// Linq's Go client 0.38.3, read 2026-11: these words are compared as they are, and the two words in any case, with nothing, a blank or a hyphen
// between them. The whole message counts, without the blanks around it.
const optOutWords: ReadonlySet<string> = new Set(["STOP", "UNSUBSCRIBE", "OPTOUT", "CANCEL", "END", "QUIT"])
const optOutPhrase = /^opt[ -]?out$/i

/** Whether a message opts its person out. Any other message of the person ends the opt-out. */
export const isOptOut = (text: string): boolean => optOutWords.has(text.trim()) || optOutPhrase.test(text.trim())
