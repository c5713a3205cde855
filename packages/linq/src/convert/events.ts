/** Converts Linq's webhook events to neutral events. */
import * as AccountNotice from "@interline/core/AccountNotice"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Reader } from "@interline/core/ConsentWords"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import * as Peer from "@interline/core/Peer"
import * as TapbackText from "@interline/core/TapbackText"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as LinqEvents from "../wire/LinqEvents.ts"
import * as LinqSchema from "../wire/LinqSchema.ts"
import * as LinqWords from "../wire/LinqWords.ts"
import * as LiftAnswer from "./liftAnswer.ts"
import * as Polls from "./polls.ts"

export interface Context {
  readonly carrierId: CarrierId
  /** Our numbers at every carrier. */
  readonly ours: ReadonlySet<string>
  readonly meaningOf: Reader
}

/** What every event of one webhook has in common. */
interface Common {
  readonly carrierId: CarrierId
  readonly id?: string
  readonly at?: string
}

interface Call {
  readonly context: Context
  readonly common: Common
  readonly type: string
}

type Event = MessagingEvent
type Tag = Event["_tag"]
type Tagged<T extends Tag> = Event & { readonly _tag: T }
type Consent = Tagged<"OptedOut" | "OptedIn">

/**
 * Converts one webhook to an event of this tag, perhaps with an opt-out or an opt-in. `None`: the data does not have the documented
 * form.
 */
type Row<T extends Tag> = (call: Call, data: unknown) => Option.Option<ReadonlyArray<Tagged<T> | Consent>>

const row = <A, I, T extends Tag>(
  schema: Schema.Schema<A, I>,
  lift: (call: Call, wire: A) => ReadonlyArray<Tagged<T> | Consent>
): Row<T> => {
  const decode = Schema.decodeUnknownOption(schema)
  return (call, data) => Option.map(decode(data), (wire) => lift(call, wire))
}

const { timeOf } = LiftAnswer

/** The text in a field of a value of unknown form. */
const fieldOf = (value: unknown, name: string): string | undefined => {
  const field = Predicate.isRecord(value) ? value[name] : undefined
  return typeof field === "string" && field !== "" ? field : undefined
}

const wordOf = (code: string | number | null | undefined): string | undefined =>
  code === null || code === undefined ? undefined : String(code)

// --- opting out and in ---

const optedOut = ({ common }: Call, handle: Handle.Handle, line: Handle.Phone | undefined, at = common.at): Tagged<"OptedOut"> => ({
  _tag: "OptedOut",
  ...common,
  ...present({ id: common.id === undefined ? undefined : `${common.id} opted-out`, at, line }),
  handle
})

const optedIn = ({ common }: Call, handle: Handle.Handle, line: Handle.Phone | undefined): Tagged<"OptedIn"> => ({
  _tag: "OptedIn",
  ...common,
  ...present({ id: common.id === undefined ? undefined : `${common.id} opted-in`, line }),
  handle
})

/**
 * The opt-out that Linq's mark on the chat reports. Linq repeats the mark with every event of the chat, even with the message that opts
 * the person in again. So the opt-out gets the time at which the mark was set, not the time of the event.
 */
const markedOut = (
  call: Call,
  handle: Handle.Handle,
  line: Handle.Phone | undefined,
  health: LinqEvents.EventChat["health_status"]
): ReadonlyArray<Consent> =>
  LiftAnswer.healthStatus(health?.status) === "opted-out"
    ? [optedOut(call, handle, line, timeOf(health?.updated_at) ?? call.common.at)]
    : []

/** The text of a message that has one text, alone or as the caption of files. Undefined for any other message. */
const caption = ({ parts }: LinqEvents.MessageEvent): string | undefined => {
  const [text, ...others] = (parts ?? []).filter((part) => part.type !== "media")
  return text?.type === "text" && others.length === 0 ? LiftAnswer.some(text.value) : undefined
}

/**
 * The opt-out or the opt-in that a message of a direct chat brings. A group gives none: people in a group may be talking to each other,
 * and Linq does not mark groups. An event of our own message does not name the other person.
 */
const consent = (call: Call, wire: LinqEvents.MessageEvent): ReadonlyArray<Consent> => {
  const { chat: { health_status, is_group, owner_handle }, sender_handle } = wire
  const person = LiftAnswer.peer(sender_handle?.handle)
  if (is_group === true || !Handle.isHandle(person)) return []
  const line = LiftAnswer.phone(owner_handle?.handle)
  const text = caption(wire)
  const meaning = text === undefined ? undefined : call.context.meaningOf(text)
  if (meaning === "opt-out") return [optedOut(call, person, line)]
  // an opt-in must name the person without doubt, so the vendor's spelling must be exactly the handle
  return meaning === "opt-in" && wire.parts?.length === 1 && person === sender_handle?.handle.toLowerCase()
    ? [optedIn(call, person, line)]
    : markedOut(call, person, line, health_status)
}

// --- messages ---

type Payload = Readonly<Record<string, unknown>>

/** Moves the fields of payload version 2025-01-01 to their places in version 2026-02-03. */
const flattened = (payload: Payload): Payload => {
  const { chat_id, from, from_handle, is_from_me, is_group, message, message_id, recipient_handle, recipient_phone, ...fields } = payload
  if (!Predicate.isRecord(message)) return payload
  const sender = from_handle ?? (typeof from === "string" ? { handle: from, is_me: is_from_me } : undefined)
  const recipient = recipient_handle ?? (typeof recipient_phone === "string" ? { handle: recipient_phone, is_me: true } : undefined)
  return {
    ...message,
    ...fields,
    id: message["id"] ?? message_id,
    chat: { id: chat_id, is_group, owner_handle: is_from_me === true ? sender : recipient },
    ...(is_from_me === true ? { is_from_me } : {}),
    sender_handle: sender
  }
}

const layouts = {
  "2025-01-01": flattened,
  "2026-02-03": (payload) => payload
} as const satisfies Record<LinqWords.LinqWebhookVersion, (payload: Payload) => Payload>

/** Whether our line of the chat wrote the message. One field that says so is enough, because we must never answer our own message. */
const isOutbound = ({ chat, direction, from_handle, is_from_me, sender_handle }: Authorship): boolean =>
  direction === "outbound" || is_from_me === true || sender_handle?.is_me === true ||
  (Predicate.isRecord(from_handle) && from_handle["is_me"] === true) ||
  (sender_handle !== undefined && sender_handle !== null && sender_handle.handle === chat?.owner_handle?.handle)

type Authorship = Partial<Pick<LinqEvents.MessageEvent, "chat" | "direction" | "from_handle" | "is_from_me" | "sender_handle">>

const messageOf = (carrierId: CarrierId, wire: LinqEvents.MessageEvent): Message => {
  const { chat, delivered_at, direction: _, from_handle: __, read_at, reply_to, sender_handle, sent_at, ...fields } = wire
  const owner = LiftAnswer.filled(chat.owner_handle?.handle)
  const repliedTo = LiftAnswer.filled(reply_to?.message_id)
  const message = LiftAnswer.message(carrierId, {
    ...fields,
    chat_id: chat.id,
    is_from_me: false,
    from_handle: sender_handle,
    delivery_status: "received",
    reply_to: repliedTo === undefined ? null : { message_id: repliedTo, part_index: reply_to?.part_index },
    ...present({ sent_at: timeOf(sent_at), delivered_at: timeOf(delivered_at), read_at: timeOf(read_at) })
  }, owner)
  return {
    ...message,
    to: owner === undefined ? [] : [Peer.fromVendor(owner)],
    ...present({ isGroup: LiftAnswer.some(chat.is_group) }),
    metadata: { ...message.metadata, chat }
  }
}

const reported = (status: DeliveryStatus, time: "sent_at" | "delivered_at" | "read_at"): Row<"Status"> =>
  row(LinqEvents.MessageReport, ({ common, context: { carrierId }, type }, wire) => [{
    _tag: "Status",
    ...common,
    fact: {
      ref: { carrierId, id: wire.id },
      status,
      raw: type,
      ...present({
        service: LinqWords.meaning(LinqWords.serviceToNeutral, wire.service ?? "unknown"),
        at: timeOf(wire[time]) ?? common.at
      })
    },
    ...present({ idempotencyKey: LiftAnswer.filled(wire.idempotency_key) })
  }])

/** Reads a tapback that came over SMS as a text. A message with anything beside this text is no tapback, so that nothing is lost. */
const tapback = (call: Call, wire: LinqEvents.MessageEvent): Option.Option<Tagged<"Reaction">> => {
  const text = wire.parts?.length === 1 && wire.effect == null && wire.reply_to == null ? caption(wire) : undefined
  return text === undefined ? Option.none() : Option.map(TapbackText.read(text), ({ change, reaction }) => {
    const { context: { carrierId }, common } = call
    const { chat: { id, owner_handle }, sender_handle } = wire
    const from = LiftAnswer.filled(sender_handle?.handle)
    return {
      _tag: "Reaction",
      ...common,
      chat: { carrierId, id },
      ...present({ line: LiftAnswer.phone(owner_handle?.handle) }),
      change,
      reaction: {
        reaction,
        ...present({ from: from === undefined ? undefined : Peer.fromVendor(from) }),
        isMine: false,
        raw: text
      }
    }
  })
}

const sent = reported("sent", "sent_at")

const decodeMessage = Schema.decodeUnknownOption(LinqEvents.MessageEvent)

/**
 * The event's id is made from the message's id. A message that the history reads later has no event id, but gets the same id this way.
 */
const named = (call: Call, { id }: LinqEvents.MessageEvent): Call => ({ ...call, common: { ...call.common, id: `message.received ${id}` } })

/** A message of our own line becomes a status. A message that another line of ours wrote has no neutral event. */
const received: Row<"Received" | "Reaction" | "Status"> = (call, data) =>
  Option.flatMap(
    decodeMessage(data),
    (wire): Option.Option<ReadonlyArray<Tagged<"Received" | "Reaction" | "Status"> | Consent>> =>
      isOutbound(wire)
        ? sent(call, data)
        : call.context.ours.has(LiftAnswer.peer(wire.sender_handle?.handle) ?? "")
        ? Option.none()
        : Option.some([
          // the opt-out stands before the message, so that no answer goes to a person who opts out with this message
          ...consent(named(call, wire), wire),
          Option.getOrElse(
            tapback(named(call, wire), wire),
            (): Tagged<"Received"> => ({ _tag: "Received", ...named(call, wire).common, message: messageOf(call.context.carrierId, wire) })
          )
        ])
  )

const failed: Row<"Status"> = row(LinqEvents.FailedEvent, ({ common, context: { carrierId }, type }, wire) => {
  const code = wordOf(wire.code)
  return [{
    _tag: "Status",
    ...common,
    fact: {
      ref: { carrierId, id: wire.message_id },
      status: "failed",
      raw: type,
      ...present({ vendorCode: code, at: timeOf(wire.failed_at) ?? common.at })
    },
    failure: present({
      code,
      detail: LiftAnswer.filled(wire.reason),
      detailCode: wordOf(wire.detail_code),
      ...(LinqWords.isNeverDelivered(code, wire.reason) ? { certainty: "not-sent" } as const : {})
    }),
    ...present({ idempotencyKey: LiftAnswer.filled(wire.idempotency_key) })
  }]
})

const edited: Row<"Edited"> = row(LinqEvents.EditedEvent, ({ common, context: { carrierId } }, wire) => [{
  _tag: "Edited",
  ...common,
  ref: { carrierId, id: wire.id },
  part: wire.part.index,
  text: wire.part.text,
  byMe: isOutbound(wire)
}])

const reaction = (change: "added" | "removed"): Row<"Reaction"> =>
  row(LinqEvents.ReactionEvent, ({ common, context: { carrierId } }, wire) => {
    const ref = LiftAnswer.filled(wire.message_id)
    const chat = LiftAnswer.filled(wire.chat_id)
    const { custom_emoji, from, from_handle, id, is_from_me, reaction_type, sticker } = wire
    const handle = from_handle ?? (typeof from === "string" ? { handle: from } : undefined)
    return [{
      _tag: "Reaction",
      ...common,
      ...present({
        ref: ref === undefined ? undefined : { carrierId, id: ref },
        chat: chat === undefined ? undefined : { carrierId, id: chat },
        part: LiftAnswer.index(wire.part_index)
      }),
      change,
      reaction: LiftAnswer.reaction({ type: reaction_type, id, is_me: is_from_me ?? handle?.is_me, custom_emoji, handle, sticker })
    }]
  })

// --- polls ---

const pollReceived: Row<"Poll"> = row(LinqEvents.PollReceived, (call, wire) => [{
  _tag: "Poll",
  ...call.common,
  change: "received",
  ...Polls.about(call.context.carrierId, wire),
  ...Polls.actor(call.context.ours, wire.sender_handle, wire.direction),
  options: wire.poll.options.map(Polls.option)
}])

/** The event names our line as the sender. So the new options say who added them. */
const pollUpdated: Row<"Poll"> = row(LinqEvents.PollUpdated, (call, wire) => [{
  _tag: "Poll",
  ...call.common,
  change: "options-added",
  ...Polls.about(call.context.carrierId, wire),
  ...Polls.actor(
    call.context.ours,
    wire.direction === "outbound" ? wire.sender_handle : wire.added_options[0]?.creator_handle,
    wire.direction
  ),
  options: wire.added_options.map(Polls.option)
}])

const pollVoted = (change: "vote-added" | "vote-removed"): Row<"Poll"> =>
  row(LinqEvents.PollVoted, (call, wire) => [{
    _tag: "Poll",
    ...call.common,
    change,
    ...Polls.about(call.context.carrierId, wire),
    ...Polls.actor(call.context.ours, wire.sender_handle, undefined),
    options: [],
    option: wire.option_id
  }])

const pollReported = (status: DeliveryStatus, time: "sent_at" | "delivered_at" | "read_at"): Row<"Status"> =>
  row(LinqEvents.PollReport, ({ common, context: { carrierId }, type }, wire) => [{
    _tag: "Status",
    ...common,
    fact: {
      ref: { carrierId, id: wire.message_id },
      status,
      raw: type,
      ...present({
        service: LinqWords.meaning(LinqWords.serviceToNeutral, wire.service ?? "unknown"),
        at: timeOf(wire[time]) ?? common.at
      })
    }
  }])

/** The event may also be about an action in a poll that was sent, and does not say so. So nothing is said to be certain. */
const pollFailed: Row<"Status"> = row(LinqEvents.PollFailure, ({ common, context: { carrierId }, type }, wire) => {
  const code = wordOf(wire.error?.code)
  return [{
    _tag: "Status",
    ...common,
    fact: {
      ref: { carrierId, id: wire.message_id },
      status: "failed",
      raw: type,
      ...present({ vendorCode: code, at: timeOf(wire.failed_at) ?? common.at })
    },
    failure: present({ code, detail: LiftAnswer.filled(wire.error?.message) })
  }]
})

// --- chats and lines ---

const participant = (change: "added" | "removed"): Row<"Participant"> => (call, data) =>
  Option.flatMap(Schema.decodeUnknownOption(LinqEvents.ParticipantEvent)(data), ({ chat_id, handle, participant }) => {
    const { carrierId } = call.context
    const chat = LiftAnswer.filled(chat_id)
    const someone = participant ?? { handle: handle ?? "" }
    return someone.handle === "" ? Option.none() : Option.some([{
      _tag: "Participant",
      ...call.common,
      ...present({ chat: chat === undefined ? undefined : { carrierId, id: chat } }),
      change,
      participant: LiftAnswer.participant(someone)
    }])
  })

const created: Row<"Chat"> = row(LinqSchema.Chat, (call, wire) => {
  const { carrierId } = call.context
  const [person, ...others] = LiftAnswer.others(wire, undefined)
  const isDirect = wire.is_group !== true && others.length === 0
  const line = LiftAnswer.phone((wire.handles ?? []).find((handle) => handle.is_me === true)?.handle)
  return [
    ...(isDirect && Handle.isHandle(person) ? markedOut(call, person, line, wire.health_status) : []),
    { _tag: "Chat", ...call.common, change: "created", ref: { carrierId, id: wire.id }, chat: LiftAnswer.chat(carrierId, wire) }
  ]
})

const changed = (change: Tagged<"Chat">["change"]): Row<"Chat"> =>
  row(LinqEvents.GroupEvent, ({ common, context: { carrierId } }, wire) => [{
    _tag: "Chat",
    ...common,
    change,
    ref: { carrierId, id: wire.chat_id },
    ...present({
      before: LiftAnswer.some(wire.old_value),
      after: LiftAnswer.some(wire.new_value),
      vendorCode: wordOf(wire.error_code)
    })
  }])

const typing = (isTyping: boolean): Row<"Typing"> =>
  row(LinqEvents.TypingEvent, ({ common, context: { carrierId } }, { actor_handle, chat_id }) => [{
    _tag: "Typing",
    ...common,
    chat: { carrierId, id: chat_id },
    ...present({ from: LiftAnswer.peer(fieldOf(actor_handle, "handle")) }),
    typing: isTyping
  }])

const location = (change: "started" | "stopped"): Row<"Location"> => (call, data) =>
  Option.flatMap(
    Schema.decodeUnknownOption(LinqEvents.LocationEvent)(data),
    ({ began_at, chat_id, ends_at, shared_by, shared_with }): ReturnType<Row<"Location">> => {
      const { common, context: { carrierId } } = call
      const from = LiftAnswer.peer(shared_by)
      const chat = LiftAnswer.filled(chat_id)
      return from === undefined ? Option.none() : Option.some([{
        _tag: "Location",
        ...common,
        ...present({
          at: change === "started" ? timeOf(began_at) ?? common.at : common.at,
          line: LiftAnswer.phone(shared_with),
          chat: chat === undefined ? undefined : { carrierId, id: chat },
          endsAt: timeOf(ends_at)
        }),
        change,
        from
      }])
    }
  )

/** A word that is in no table does not say whether the line can send. */
const line: Row<"Line"> = ({ common }, data) =>
  Option.flatMap(
    Schema.decodeUnknownOption(LinqEvents.LineEvent)(data),
    ({ new_health_status, new_reputation, new_status, phone_number }): ReturnType<Row<"Line">> => {
      const number = LiftAnswer.phone(phone_number)
      const available = LinqWords.meaning(LinqWords.lineStatusToAvailable, new_status.toUpperCase())
      return number === undefined || available === undefined ? Option.none() : Option.some([{
        _tag: "Line",
        ...common,
        number,
        status: LiftAnswer.healthStatus(new_reputation ?? new_health_status),
        available,
        raw: new_status
      }])
    }
  )

// whether the line can send after the event: the number left the account, may be used, or may not be used by the token any more
const lineOfAccount = {
  "phone_number.assigned": { available: true, raw: "assigned" },
  "phone_number.released": { available: false, gone: true, raw: "released" },
  "environment.line_moved": { available: false, gone: true, raw: "line_moved" }
} as const satisfies Partial<Record<LinqWords.LinqAccountEvent, unknown>>

const isOfLine = (type: LinqWords.LinqAccountEvent): type is keyof typeof lineOfAccount => Object.hasOwn(lineOfAccount, type)

/** When the credentials end. Undefined if they do not end any more. */
const dueOf = ({ api_token, change }: LinqEvents.AccountEvent): string | undefined =>
  timeOf(fieldOf(change, "to")) ??
    (Predicate.isRecord(change) && change["to"] === null ? undefined : timeOf(fieldOf(api_token, "expires_at")))

const account = (type: LinqWords.LinqAccountEvent): Row<"Account" | "Line"> =>
  row(LinqEvents.AccountEvent, ({ common }, wire) => {
    const { api_token, changed_at, occurred_at, phone_number, webhook_subscription } = wire
    const number = typeof phone_number === "string" ? LiftAnswer.phone(phone_number) : undefined
    const at = timeOf(occurred_at) ?? timeOf(changed_at) ?? common.at
    const line: ReadonlyArray<Tagged<"Line">> = isOfLine(type) && number !== undefined
      ? [{ _tag: "Line", ...common, ...present({ at }), number, status: "unknown", ...lineOfAccount[type] }]
      : []
    const known = LinqWords.accountNotices[type]
    const dueAt = known === "token-ending" ? dueOf(wire) : undefined
    const what = known === "token-ending" && dueAt === undefined ? "token-kept" : known
    return [
      ...line,
      {
        _tag: "Account",
        ...common,
        ...present({
          id: line.length === 0 || common.id === undefined ? common.id : `${common.id} account`,
          at,
          number,
          subject: fieldOf(webhook_subscription, "id") ?? fieldOf(api_token, "id"),
          dueAt
        }),
        kind: type,
        what,
        ...AccountNotice.meaningOf(what)
      }
    ]
  })

const kinds: ReadonlyArray<LinqWords.LinqAccountEvent> = Struct.keys(LinqWords.accountNotices)

const accounts = Object.fromEntries(kinds.map((type) => [type, account(type)]))

/** An event that has no neutral event. `reason` is for readers of the table; the code does not use it. */
const opaque = (_reason: "a call" | "a payment" | "an account" | "a background" | "a contact card"): Row<"Unrecognized"> => () =>
  Option.none()

// Linq docs, @linqapp/sdk 0.28.2 and linq-go 0.38.3, read 2026-11-21
const rows = {
  "message.sent": sent,
  "message.delivered": reported("delivered", "delivered_at"),
  "message.read": reported("read", "read_at"),
  "message.failed": failed,
  "message.received": received,
  "message.edited": edited,
  "reaction.added": reaction("added"),
  "reaction.removed": reaction("removed"),
  "participant.added": participant("added"),
  "participant.removed": participant("removed"),
  "chat.created": created,
  "chat.group_name_updated": changed("renamed"),
  "chat.group_icon_updated": changed("icon"),
  "chat.group_name_update_failed": changed("rename-failed"),
  "chat.group_icon_update_failed": changed("icon-failed"),
  "chat.typing_indicator.started": typing(true),
  "chat.typing_indicator.stopped": typing(false),
  "phone_number.status_updated": line,
  "call.initiated": opaque("a call"),
  "call.ringing": opaque("a call"),
  "call.answered": opaque("a call"),
  "call.ended": opaque("a call"),
  "call.failed": opaque("a call"),
  "call.declined": opaque("a call"),
  "call.no_answer": opaque("a call"),
  "location.sharing.started": location("started"),
  "location.sharing.stopped": location("stopped"),
  "poll.received": pollReceived,
  "poll.updated": pollUpdated,
  "poll.vote.added": pollVoted("vote-added"),
  "poll.vote.removed": pollVoted("vote-removed"),
  "poll.sent": pollReported("sent", "sent_at"),
  "poll.delivered": pollReported("delivered", "delivered_at"),
  "poll.read": pollReported("read", "read_at"),
  "poll.failed": pollFailed,
  "poll.reaction.added": reaction("added"),
  "chat.background_updated": opaque("a background"),
  "chat.background_update_failed": opaque("a background"),
  "connection.created": opaque("an account"),
  "connection.revoked": opaque("an account"),
  "payment.succeeded": opaque("a payment"),
  "payment.canceled": opaque("a payment"),
  "payment.expired": opaque("a payment"),
  "payment.declined": opaque("a payment"),
  "payment.authorized": opaque("a payment"),
  "contact_card.received": opaque("a contact card"),
  "contact_card.created": opaque("a contact card"),
  "contact_card.updated": opaque("a contact card"),
  "contact_card.deleted": opaque("a contact card"),
  "api_token.created": opaque("an account"),
  "api_token.renamed": opaque("an account"),
  "api_token.activated": opaque("an account"),
  "environment.created": opaque("an account"),
  "environment.renamed": opaque("an account"),
  "webhook_subscription.created": opaque("an account"),
  "webhook_subscription.routing_headers_set": opaque("an account"),
  "webhook_subscription.routing_headers_cleared": opaque("an account"),
  "team_member.added": opaque("an account"),
  "team_member.signed_in": opaque("an account"),
  "team_member.signed_out": opaque("an account")
} as const satisfies
  & { readonly [E in Exclude<LinqWords.LinqEvent, "message.received">]: Row<(typeof LinqWords.eventToNeutral)[E]> }
  & Record<"message.received", Row<"Received" | "Reaction" | "Status">>
  & { readonly [E in LinqWords.LinqPollEvent]: Row<(typeof LinqWords.pollEventToNeutral)[E]> }
  & Record<LinqWords.LinqLaterEvent, Row<"Unrecognized">>

const isSound = Schema.is(Schema.Array(MessagingEvent))

/**
 * The events of a webhook whose signature is valid. If it cannot be read or stored as an event, it becomes `Unrecognized` with the
 * whole payload.
 */
export const events = (context: Context, envelope: LinqEvents.WebhookEnvelope): ReadonlyArray<MessagingEvent> => {
  const { api_version, created_at, data, event_id, event_type: type, webhook_version } = envelope
  const common: Common = {
    carrierId: context.carrierId,
    ...present({ id: LiftAnswer.filled(event_id), at: timeOf(created_at) })
  }
  // an unknown version is read as the latest known version. If its fields are elsewhere, it does not decode
  const layout = LinqWords.meaning(layouts, webhook_version ?? "unknown") ?? layouts["2026-02-03"]
  // the oldest API has events with the same names and other payloads
  const read = (api_version ?? "v3") === "v3"
    ? LinqWords.meaning<string, Row<Tag>>(rows, type) ?? LinqWords.meaning<string, Row<Tag>>(accounts, type)
    : undefined
  const events = read === undefined ? Option.none() : read({ context, common, type }, Predicate.isRecord(data) ? layout(data) : data)
  return Option.getOrElse(Option.filter(events, isSound), () => [{ _tag: "Unrecognized", ...common, kind: type, raw: envelope }])
}
