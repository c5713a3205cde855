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

const isOptOut = (text: string): boolean => optOutWords.has(text.trim()) || optOutPhrase.test(text.trim())

/** Whether the mark of the opt-out stands on a chat: where the word came in. An opt-out without such a chat marks all direct chats. */
export const isMarked = (state: State.LinqState, chat: State.Chat): boolean =>
  !chat.isGroup && addresses(chat).some((address) =>
    World.person(state.world, address).optedOutOf.has("linq") &&
    (chat.marked || !chatsWith(state, address).some(({ marked }) => marked))
  )

const chatsWith = (state: State.LinqState, address: string): ReadonlyArray<State.Chat> =>
  Array.from(state.chats.values()).filter((chat) => !chat.isGroup && addresses(chat).includes(address))

/**
 * Reads what a person wrote, as Linq does from August 2026 (linq-go 0.38.3). A word in a direct chat opts the person out and marks this
 * chat. Any later message without a word, in whichever conversation, opts the person in again. No page says whether a word in a group
 * counts. Here it changes nothing.
 */
export const noteText = (state: State.LinqState, chat: State.Chat, from: string, text: string): void => {
  const { optedOutOf } = World.person(state.world, from)
  const now = state.world.time.now()
  if (isOptOut(text)) {
    if (chat.isGroup) return
    if (!optedOutOf.has("linq") || !chat.marked) chat.healthAt = now
    optedOutOf.add("linq")
    chat.marked = true
  } else if (optedOutOf.delete("linq")) {
    chat.healthAt = now
    for (const known of chatsWith(state, from)) {
      if (known.marked) known.healthAt = now
      known.marked = false
    }
  }
}
