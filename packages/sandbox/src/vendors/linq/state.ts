/** Keeps Linq's state, except messages. */
import type { Reply } from "../../http/http.ts"
import type { JsonObject } from "../../http/json.ts"
import type { Webhooks } from "../../server/webhooks.ts"
import type * as World from "../../world/world.ts"

export interface Handle {
  readonly id: string
  readonly handle: string
  readonly isMe: boolean
  status: "active" | "left" | "removed"
  readonly joinedAt: number
  leftAt: number | null
}

export interface Chat {
  readonly id: string
  readonly line: string
  handles: Array<Handle>
  displayName: string | null
  icon: string | null
  readonly isGroup: boolean
  readonly createdAt: number
  updatedAt: number
  /** Whether the members of the group have changed. Then a send to the same people opens another chat. */
  membersChanged: boolean
  left: boolean
  cardSharedAt: number | null
  locationAskedAt: number | null
  background: JsonObject | null
  /** Whether a word that opts out came in on this chat, and nothing has lifted the opt-out since. */
  marked: boolean
  healthAt: number
}

export interface Attachment {
  readonly id: string
  readonly filename: string
  readonly contentType: string
  readonly sizeBytes: number
  readonly url: string
  readonly createdAt: number
  bytes: Buffer | null
  /** True if a URL part or an inbound message made it. Such an attachment needs no upload. */
  readonly complete: boolean
}

export interface Card {
  readonly phoneNumber: string
  firstName: string
  lastName: string | null
  imageUrl: string | null
}

export interface Subscription {
  readonly id: string
  targetUrl: string
  readonly secret: string
  events: ReadonlyArray<string>
  numbers: ReadonlyArray<string> | null
  routingKeyHeader: string | null
  routingIdHeader: string | null
  active: boolean
  readonly createdAt: number
  updatedAt: number
}

/** A send that is saved under its idempotency key. */
export interface Replay {
  readonly messageId: string
  readonly status: number
  readonly render: () => unknown
}

export interface Blocked {
  readonly handle: string
  readonly reason: string | null
  readonly at: number
}

export interface Audit {
  readonly id: string
  readonly startedAt: number
}

export interface LinqState {
  readonly world: World.World
  /** The address of this server. It is known after the server listens. */
  origin: string
  readonly token: string
  readonly chats: Map<string, Chat>
  /** The chats by their line and the people for whom they were opened. */
  readonly chatsByPeople: Map<string, Array<Chat>>
  readonly attachments: Map<string, Attachment>
  readonly cards: Map<string, Card>
  readonly subscriptions: Map<string, Subscription>
  readonly replays: Map<string, Replay>
  /** The blocked handles, in the order in which they were blocked. */
  readonly blocked: Map<string, Blocked>
  /** The audits of lines, the latest of each line. */
  readonly audits: Map<string, Audit>
  readonly rateLimits: boolean
  lastCapabilityCheck: number | null
  /** The receiver of events. Null until the servers run. */
  webhooks: Webhooks | null
}

export const make = (world: World.World, token: string, rateLimits: boolean): LinqState => ({
  world,
  origin: "",
  token,
  chats: new Map(),
  chatsByPeople: new Map(),
  attachments: new Map(),
  cards: new Map(),
  subscriptions: new Map(),
  replays: new Map(),
  blocked: new Map(),
  audits: new Map(),
  rateLimits,
  lastCapabilityCheck: null,
  webhooks: null
})

export const clear = (state: LinqState): void => {
  state.chats.clear()
  state.chatsByPeople.clear()
  state.attachments.clear()
  state.cards.clear()
  state.subscriptions.clear()
  state.replays.clear()
  state.blocked.clear()
  state.audits.clear()
  state.lastCapabilityCheck = null
}

const peopleKey = (line: string, to: ReadonlyArray<string>): string => [line, ...[...to].sort()].join(" ")

/**
 * The chat of a line with exactly these people. Never finds a group with a name, a group with changed members, or a group that the line
 * has left (linq-go 0.38.3, chat.go).
 */
export const findChat = (state: LinqState, line: string, to: ReadonlyArray<string>): Chat | undefined =>
  state.chatsByPeople.get(peopleKey(line, to))?.find((chat) =>
    !chat.left && (!chat.isGroup || (chat.displayName === null && !chat.membersChanged))
  )

export const member = (state: LinqState, handle: string, isMe: boolean): Handle => ({
  id: state.world.ids.uuid(),
  handle,
  isMe,
  status: "active",
  joinedAt: state.world.time.now(),
  leftAt: null
})

export const openChat = (state: LinqState, line: string, to: ReadonlyArray<string>): Chat => {
  const now = state.world.time.now()
  const chat: Chat = {
    id: state.world.ids.uuid(),
    line,
    handles: [member(state, line, true), ...to.map((handle) => member(state, handle, false))],
    displayName: null,
    icon: null,
    isGroup: to.length > 1,
    createdAt: now,
    updatedAt: now,
    membersChanged: false,
    left: false,
    cardSharedAt: null,
    locationAskedAt: null,
    background: null,
    marked: false,
    healthAt: now
  }
  state.chats.set(chat.id, chat)
  const key = peopleKey(line, to)
  state.chatsByPeople.set(key, [...(state.chatsByPeople.get(key) ?? []), chat])
  return chat
}

/** Saves the send under its key, so that a repetition sends nothing. Gives the status of the answer. */
export const remember = (state: LinqState, key: string | null, replay: Replay): Reply["status"] => {
  if (key !== null) state.replays.set(key, replay)
  return replay.status
}
