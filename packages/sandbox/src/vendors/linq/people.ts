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

/** A message with only one of these texts opts a person out. Upper and lower case are the same. */
export const optOutWords: ReadonlySet<string> = new Set([
  "STOP",
  "UNSUBSCRIBE",
  "OPTOUT",
  "OPT OUT",
  "OPT-OUT",
  "CANCEL",
  "END",
  "QUIT"
])
