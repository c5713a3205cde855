/**
 * Sends Linq's webhooks, in payload versions 2025-01-01 and 2026-02-03. Each webhook has two signatures (Linq docs, webhooks, read
 * 2026-11-21).
 */
import { createHmac } from "node:crypto"
import * as Json from "../../http/json.ts"
import type { Webhooks } from "../../server/webhooks.ts"
import type { Line, Message, NetworkEvent, Status } from "../../world/model.ts"
import * as State from "./state.ts"
import * as Wire from "./wire.ts"

type Version = "2025-01-01" | "2026-02-03"

interface Notice {
  readonly type: string
  /** Absent if the event is about the account. Then every subscription gets it, whatever numbers it has. */
  readonly line?: string
  /** The chat of the event. Absent if the event is about the line itself. */
  readonly chat?: string
  readonly traceId?: string
  /** The payload in a version. Undefined if the version has no such event. */
  readonly data: (version: Version) => unknown
}

const partnerId = "00000000-0000-4000-8000-000000000001"

const versionOf = ({ targetUrl }: State.Subscription): Version =>
  Json.parseUrl(targetUrl)?.searchParams.get("version") === "2025-01-01" ? "2025-01-01" : "2026-02-03"

const sign = (subscription: State.Subscription, id: string, seconds: string, body: string): string =>
  createHmac("sha256", Buffer.from(subscription.secret.replace("whsec_", ""), "base64"))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64")

// The key is the text of the secret with its prefix.
const signLegacy = (subscription: State.Subscription, seconds: string, body: string): string =>
  createHmac("sha256", subscription.secret).update(`${seconds}.${body}`).digest("hex")

const notify = (state: State.LinqState, notice: Notice): void => {
  const id = state.world.ids.uuid()
  const traceId = notice.traceId ?? state.world.ids.hex(32)
  for (const subscription of state.subscriptions.values()) {
    if (!subscription.active || !subscription.events.includes(notice.type)) continue
    if (subscription.numbers !== null && notice.line !== undefined && !subscription.numbers.includes(notice.line)) continue
    const version = versionOf(subscription)
    const data = notice.data(version)
    if (data === undefined) continue
    const body = JSON.stringify({
      api_version: "v3",
      webhook_version: version,
      event_type: notice.type,
      event_id: id,
      created_at: Json.iso(state.world.time.now()),
      trace_id: traceId,
      partner_id: partnerId,
      data
    })
    state.webhooks?.deliver({
      vendor: "linq",
      event: notice.type,
      id,
      about: notice.chat ?? notice.line ?? "account",
      url: subscription.targetUrl,
      body,
      headers: () => {
        const seconds = String(Math.floor(state.world.time.now() / 1000))
        return {
          "webhook-id": id,
          "webhook-timestamp": seconds,
          "webhook-signature": `v1,${sign(subscription, id, seconds, body)}`,
          "x-webhook-event": notice.type,
          "x-webhook-subscription-id": subscription.id,
          "x-webhook-timestamp": seconds,
          "x-webhook-signature": signLegacy(subscription, seconds, body)
        }
      }
    })
  }
}

const owner = (state: State.LinqState, chat: State.Chat) => Wire.handleOf(state, chat, chat.line)

const chatReference = (state: State.LinqState, chat: State.Chat) => ({
  id: chat.id,
  is_group: chat.isGroup,
  owner_handle: owner(state, chat),
  health_status: Wire.chat(state, chat).health_status
})

/** The mark of a message that Linq recovered late. Other messages do not have it (linq-go 0.38.3, read 2026-11-29). */
const recovered = ({ recoveredAt }: Message) => recoveredAt === null ? {} : { reconciled_at: Json.iso(recoveredAt) }

/** The times of a message. An event shows only the times up to its own status. */
const times = (message: Message, phase: Status) => ({
  sent_at: Json.isoOrNull(message.sentAt),
  delivered_at: phase === "delivered" || phase === "read" ? Json.isoOrNull(message.deliveredAt) : null,
  read_at: phase === "read" ? Json.isoOrNull(message.readAt) : null
})

const flat = (state: State.LinqState, chat: State.Chat, message: Message, phase: Status) => ({
  chat: chatReference(state, chat),
  id: message.id,
  idempotency_key: message.idempotencyKey,
  direction: message.direction,
  sender_handle: Wire.handleOf(state, chat, message.from),
  parts: message.parts.map(Wire.barePart(chat.line)),
  effect: Wire.effect(message),
  reply_to: Wire.replyTo(message),
  service: message.service,
  preferred_service: message.preferredService,
  ...times(message, phase),
  ...recovered(message)
})

const nested = (state: State.LinqState, chat: State.Chat, message: Message, phase: Status) => {
  const { delivered_at: deliveredAt, read_at: readAt, sent_at: sentAt } = times(message, phase)
  const inbound = message.direction === "inbound"
  return {
    chat_id: chat.id,
    from: message.from,
    from_handle: Wire.handleOf(state, chat, message.from),
    idempotency_key: message.idempotencyKey,
    is_from_me: !inbound,
    is_group: chat.isGroup,
    message: {
      id: message.id,
      created_at: Json.iso(message.createdAt),
      updated_at: Json.iso(message.updatedAt),
      sent_at: sentAt,
      delivered_at: deliveredAt,
      read_at: readAt,
      is_delivered: deliveredAt !== null,
      is_read: readAt !== null,
      parts: message.parts.map(Wire.barePart(chat.line)),
      effect: Wire.effect(message),
      reply_to: Wire.replyTo(message)
    },
    ...(phase === "delivered" || phase === "read" ? { message_id: message.id } : {}),
    ...(phase === "delivered" ? { delivered_at: deliveredAt } : {}),
    ...(phase === "read" ? { read_at: readAt } : {}),
    preferred_service: message.preferredService,
    received_at: inbound ? sentAt : null,
    recipient_handle: inbound ? owner(state, chat) : null,
    recipient_phone: null,
    service: message.service
  }
}

const edited = (state: State.LinqState, chat: State.Chat, message: Message) => {
  const last = message.edits.at(-1)
  return {
    id: message.id,
    chat: chatReference(state, chat),
    direction: message.direction,
    sender_handle: Wire.handleOf(state, chat, message.from),
    part: { index: last?.partIndex ?? 0, text: last?.text ?? "" },
    edited_at: Json.iso(last?.at ?? message.updatedAt)
  }
}

const pollReference = (state: State.LinqState, chat: State.Chat, message: Message, direction: string) => ({
  chat: { id: chat.id, is_group: chat.isGroup, owner_handle: owner(state, chat) },
  direction,
  service: message.service,
  message_id: message.id
})

/** A poll is reported like a message, under names of its own (linq-python of September 2026). */
const onPollMessage = (state: State.LinqState, chat: State.Chat, message: Message, phase: Status): void => {
  const common = pollReference(state, chat, message, message.direction)
  const created = { created_at: Json.iso(message.createdAt), updated_at: Json.iso(message.updatedAt) }
  const content = Wire.pollContent(state, chat, message.poll ?? [])
  const sender = Wire.handleOf(state, chat, message.from)
  const data = phase === "received"
    ? { ...common, sender_handle: sender, poll: content, ...created, received_at: Json.iso(message.createdAt) }
    : phase === "failed"
    ? {
      ...common,
      sender_handle: null,
      poll: content,
      error: { code: message.failure?.code ?? 4001, message: message.failure?.reason ?? "Message send failed" },
      failed_at: Json.iso(state.world.time.now())
    }
    : { ...common, sender_handle: sender, poll: content, ...created, ...times(message, phase) }
  notify(state, { type: `poll.${phase}`, line: chat.line, chat: chat.id, traceId: message.traceId, data: () => data })
}

/** What somebody did in a poll. For new options, the sender is our line, and each option says who added it. */
const onPoll = (state: State.LinqState, { by, change, message, options }: Extract<NetworkEvent, { _tag: "Poll" }>): void => {
  const chat = message.thread === null ? undefined : state.chats.get(message.thread)
  if (chat === undefined) return
  const common = pollReference(state, chat, message, by === chat.line ? "outbound" : "inbound")
  const base = { line: chat.line, chat: chat.id }
  if (change === "options-added") {
    const added = options.map(Wire.pollOption(state, chat))
    notify(state, {
      ...base,
      type: "poll.updated",
      data: () => ({ ...common, sender_handle: owner(state, chat), added_options: added })
    })
    return
  }
  notify(state, {
    ...base,
    type: change === "vote-added" ? "poll.vote.added" : "poll.vote.removed",
    data: () => ({ ...common, option_id: options[0]?.id, sender_handle: Wire.handleOf(state, chat, by) })
  })
}

const onMessage = (state: State.LinqState, message: Message, phase: Status | "edited"): void => {
  const chat = message.thread === null ? undefined : state.chats.get(message.thread)
  if (chat === undefined || phase === "pending" || phase === "queued") return
  if (message.poll !== null) {
    if (phase !== "edited") onPollMessage(state, chat, message, phase)
    return
  }
  const base = { type: `message.${phase}`, line: chat.line, chat: chat.id, traceId: message.traceId }
  if (phase === "edited") {
    notify(state, { ...base, data: (version) => version === "2026-02-03" ? edited(state, chat, message) : undefined })
  } else if (phase === "failed") {
    const data = {
      chat_id: chat.id,
      message_id: message.id,
      code: message.failure?.code ?? 4001,
      reason: message.failure?.reason ?? "Message send failed",
      failed_at: Json.iso(state.world.time.now())
    }
    notify(state, { ...base, data: () => data })
  } else {
    notify(state, {
      ...base,
      data: (version) => version === "2026-02-03" ? flat(state, chat, message, phase) : nested(state, chat, message, phase)
    })
  }
}

const onReaction = (state: State.LinqState, event: Extract<NetworkEvent, { _tag: "Reaction" }>): void => {
  const { added, message, mine, reaction } = event
  const chat = message.thread === null ? undefined : state.chats.get(message.thread)
  if (chat === undefined) return
  const data = {
    chat_id: chat.id,
    message_id: message.id,
    part_index: reaction.partIndex,
    reaction_type: reaction.type,
    custom_emoji: reaction.emoji,
    is_from_me: mine,
    from: reaction.by,
    from_handle: Wire.handleOf(state, chat, reaction.by),
    service: message.service,
    reacted_at: Json.iso(reaction.at),
    ...Wire.stickerOf(reaction)
  }
  notify(state, { type: added ? "reaction.added" : "reaction.removed", line: chat.line, chat: chat.id, data: () => data })
}

const onLine = (state: State.LinqState, line: Line, was: boolean): void => {
  const status = (flagged: boolean) => (flagged ? "FLAGGED" : "ACTIVE")
  const reputation = (flagged: boolean) => (flagged ? "CRITICAL" : "HEALTHY")
  notify(state, {
    type: "phone_number.status_updated",
    line: line.number,
    data: () => ({
      phone_number: line.number,
      previous_status: status(was),
      new_status: status(line.flagged),
      previous_reputation: reputation(was),
      new_reputation: reputation(line.flagged),
      changed_at: Json.iso(state.world.time.now())
    })
  })
}

// --- the account (linq-python of October 2026, read 2026-11-29) ---

/** Who changed the account. Linq names members of staff. */
const staff = { type: "team_member", id: "00000000-0000-4000-8000-000000000002", name: "Hedy Lamarr", email: "hedy@example.com" }
const system = { type: "system" }

const account = (state: State.LinqState, type: string, summary: string, byStaff: boolean, fields: Json.JsonObject): void => {
  // without a listener, no id is drawn: a run with the same seed has the same ids as before
  if (!Array.from(state.subscriptions.values()).some(({ active, events }) => active && events.includes(type))) return
  notify(state, {
    type,
    data: () => ({
      summary,
      occurred_at: Json.iso(state.world.time.now()),
      actor: byStaff ? staff : system,
      origin: byStaff ? "dashboard" : "linq",
      ...fields
    })
  })
}

const onOwner = (state: State.LinqState, { number }: Line, change: "assigned" | "released"): void =>
  notify(state, {
    type: `phone_number.${change}`,
    line: number,
    data: () => ({ phone_number: number, changed_at: Json.iso(state.world.time.now()) })
  })

const onMoved = (state: State.LinqState, { number }: Line, to: string): void =>
  account(state, "environment.line_moved", `Hedy Lamarr moved a line to ${to}`, true, {
    phone_number: number,
    change: { from: "Production", to }
  })

const onToken = (state: State.LinqState, at: number, ended: boolean): void => {
  const token = { id: "sandbox-token", name: "sandbox", token_prefix: state.token.slice(0, 7), expires_at: Json.iso(at) }
  if (ended) account(state, "api_token.expired", "A token expired", false, { api_token: token })
  else {
    account(state, "api_token.expiry_scheduled", "Hedy Lamarr set a date for a token", true, {
      api_token: token,
      change: { from: null, to: Json.iso(at) }
    })
  }
}

/** Sends the webhook about a change of a subscription. A subscription that is off does not get it. */
export const subscriptionChanged = (
  state: State.LinqState,
  { id, targetUrl }: State.Subscription,
  what: string,
  fields: Json.JsonObject = {}
): void =>
  account(state, `webhook_subscription.${what}`, `Hedy Lamarr changed a webhook: ${what}`, true, {
    webhook_subscription: { id, target_url: targetUrl.split("?", 1)[0] ?? targetUrl },
    ...fields
  })

/** Sends the webhook about a new chat. */
export const announceChat = (state: State.LinqState, chat: State.Chat): void =>
  notify(state, {
    type: "chat.created",
    line: chat.line,
    chat: chat.id,
    data: () => {
      const { group_chat_icon: _icon, health_score: _score, is_archived: _archived, ...shown } = Wire.chat(state, chat)
      return shown
    }
  })

/** Sends the webhook about a person who joined or left. */
export const participant = (state: State.LinqState, chat: State.Chat, member: State.Handle, added: boolean): void =>
  notify(state, {
    type: added ? "participant.added" : "participant.removed",
    line: chat.line,
    chat: chat.id,
    data: () => ({
      chat_id: chat.id,
      handle: member.handle,
      participant: Wire.handle(state, chat, member),
      ...(added
        ? { added_at: Json.iso(member.joinedAt) }
        : { removed_at: Json.isoOrNull(member.leftAt) })
    })
  })

/** Sends the webhook about a group's new name or icon. */
export const groupChanged = (
  state: State.LinqState,
  chat: State.Chat,
  type: "chat.group_name_updated" | "chat.group_icon_updated",
  before: string | null,
  after: string
): void =>
  notify(state, {
    type,
    line: chat.line,
    chat: chat.id,
    data: () => ({
      chat_id: chat.id,
      old_value: before,
      new_value: after,
      changed_by_handle: owner(state, chat),
      updated_at: Json.iso(state.world.time.now())
    })
  })

/** Sends the webhook about a chat's background. Null: it was removed. */
export const backgroundChanged = (state: State.LinqState, chat: State.Chat): void =>
  notify(state, {
    type: "chat.background_updated",
    line: chat.line,
    chat: chat.id,
    data: () => ({
      chat: { id: chat.id, is_group: chat.isGroup, owner_handle: owner(state, chat) },
      actor_handle: owner(state, chat),
      background: chat.background
    })
  })

/** A person who is in a direct chat began or ended to share a place. The event holds no place. */
const onLocation = (state: State.LinqState, handle: string, on: boolean): void => {
  const now = Json.iso(state.world.time.now())
  for (const chat of state.chats.values()) {
    if (chat.isGroup || !chat.handles.some((member) => !member.isMe && member.handle === handle)) continue
    const share = { shared_by: handle, shared_with: chat.line }
    notify(state, {
      type: on ? "location.sharing.started" : "location.sharing.stopped",
      line: chat.line,
      chat: chat.id,
      data: () => on ? { ...share, began_at: now, ends_at: null, chat_id: chat.id } : share
    })
  }
}

/** Sends a webhook for each event on the network. */
export const listen = (state: State.LinqState, webhooks: Webhooks): void => {
  state.webhooks = webhooks
  state.world.listeners.push((event) => {
    switch (event._tag) {
      case "Message":
        if (event.message.vendor === "linq") onMessage(state, event.message, event.phase)
        return
      case "Reaction":
        if (event.message.vendor === "linq") onReaction(state, event)
        return
      case "Line":
        if (event.line.vendor === "linq") onLine(state, event.line, event.was)
        return
      case "Assigned":
        if (event.line.vendor === "linq") onOwner(state, event.line, "assigned")
        return
      case "Released":
        if (event.line.vendor !== "linq") return
        if (event.to === null) onOwner(state, event.line, "released")
        else onMoved(state, event.line, event.to)
        return
      case "Credentials":
        if (event.vendor === "linq") onToken(state, event.at, event.ended)
        return
      case "Poll":
        if (event.message.vendor === "linq") onPoll(state, event)
        return
      case "Location":
        if (event.vendor === null || event.vendor === "linq") onLocation(state, event.handle, event.on)
        return
      case "Typing": {
        const chat = event.vendor === "linq" ? State.findChat(state, event.line, [event.handle]) : undefined
        if (chat === undefined) return
        notify(state, {
          type: `chat.typing_indicator.${event.on ? "started" : "stopped"}`,
          line: event.line,
          chat: chat.id,
          data: () => ({ chat_id: chat.id })
        })
      }
    }
  })
}
