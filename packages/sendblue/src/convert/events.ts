/** Converts Sendblue's webhooks to neutral events. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Reader } from "@interline/core/ConsentWords"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import type { Handle, Phone } from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Peer from "@interline/core/Peer"
import * as TapbackText from "@interline/core/TapbackText"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as SendblueWords from "../wire/SendblueWords.ts"
import * as LiftAnswer from "./liftAnswer.ts"

export interface Context {
  readonly carrierId: CarrierId
  /** Our numbers at this carrier. */
  readonly lines: ReadonlySet<string>
  /** Our numbers at every carrier. */
  readonly ours: ReadonlySet<string>
  readonly meaningOf: Reader
}

type Tagged<T extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: T }

type Payload = Readonly<Record<string, unknown>>

/** What one call tells; `named` is the word of its route. `None`: it is not what its type says, or has no neutral words. */
type Row = (context: Context, payload: Payload, named: string | undefined) => Option.Option<ReadonlyArray<MessagingEvent>>

const common = (carrierId: CarrierId, id: string | undefined, at: string | undefined) => ({
  carrierId,
  ...(id === undefined ? {} : { id }),
  ...(at === undefined || Number.isNaN(Date.parse(at)) ? {} : { at })
})

const unrecognized = (
  carrierId: CarrierId,
  kind: string,
  raw: Payload
): ReadonlyArray<MessagingEvent> => [{ _tag: "Unrecognized", carrierId, kind, raw }]

// --- messages ---

const decodeMessage = Schema.decodeUnknownOption(SendblueSchema.Message)

const timeOf = ({ date_created, date_sent, date_updated }: SendblueSchema.Message): string | undefined =>
  date_updated ?? date_sent ?? date_created

/** Whether a number of ours wrote it, by the configuration or by the message itself. */
const isOurs = ({ ours }: Context, { from_number, sendblue_number }: SendblueSchema.Message): boolean => {
  const [from] = LiftAnswer.handleOf(from_number)
  return from === undefined
    ? from_number !== undefined && from_number === sendblue_number
    : ours.has(from) || from === LiftAnswer.phoneOf(sendblue_number)
}

/** Who sent it: what the message says, else the route where it says that we did, else whether a line of ours wrote it. */
const isOutbound = (context: Context, wire: SendblueSchema.Message, named: string | undefined): boolean =>
  wire.is_outbound ??
    (named === "outbound" || (isOurs(context, wire) ? wire.status !== "RECEIVED" : named !== "receive" && LiftAnswer.isOutbound(wire)))

/**
 * Sendblue gives its events no ids. A message comes in once, so its handle names that; a report is named by its message,
 * the status and when that was set, which are the same wherever the report goes.
 */
const idOf = ({ date_updated, message_handle, status }: SendblueSchema.Message, outbound: boolean): string =>
  (outbound ? [message_handle, status, date_updated] : [message_handle, "RECEIVED"]).filter((part) => part !== undefined).join(" ")

const lineOf = (wire: SendblueSchema.Message, outbound: boolean): Phone | undefined =>
  LiftAnswer.phoneOf(wire.sendblue_number ?? (outbound ? wire.from_number : wire.to_number?.[0]))

const isOptedOut = ({ error_code, error_message, opted_out }: SendblueSchema.Message): boolean =>
  opted_out === true || error_code === "402" || error_message?.toUpperCase() === "OPTED_OUT"

/** The one person on the other side, if there is exactly one. */
const personOf = (wire: SendblueSchema.Message, outbound: boolean): Handle | undefined => {
  if (!outbound) return LiftAnswer.handleOf(wire.from_number)[0]
  const [person, ...others] = (wire.number ?? wire.to_number ?? []).flatMap(LiftAnswer.handleOf)
  return wire.group_id === undefined && others.length === 0 ? person : undefined
}

/** What is known of an opt-out beside the message that tells of it. */
interface OptOutDetail {
  /** The person, if the message does not name them as usual. */
  readonly person?: Handle | undefined
  /** The last word of the event's id: one message may tell of several people. */
  readonly word?: string
  /** Whether the person's word opts in, which Sendblue does not take. */
  readonly asksIn?: boolean
}

const optOut = (
  { carrierId }: Context,
  wire: SendblueSchema.Message,
  outbound: boolean,
  { asksIn = false, person = personOf(wire, outbound), word = "opted-out" }: OptOutDetail = {}
): ReadonlyArray<MessagingEvent> => {
  const line = lineOf(wire, outbound)
  const described = common(carrierId, `${idOf(wire, outbound)} ${word}`, timeOf(wire))
  return person === undefined
    // somebody in a group: the message does not say who
    ? [{ _tag: "Unrecognized", ...described, kind: "opted_out", raw: wire }]
    : [{ _tag: "OptedOut", ...described, handle: person, ...(line === undefined ? {} : { line }), ...(asksIn ? { askedIn: true } : {}) }]
}

const isGroup = ({ group_id, message_type }: SendblueSchema.Message): boolean => group_id !== undefined || message_type === "group"

/** A word that opts in and that Sendblue does not take: its list has START alone (support article, read 2026-04), and its flag stays. */
const asksIn = ({ meaningOf }: Context, wire: SendblueSchema.Message): boolean =>
  wire.content !== undefined && !isGroup(wire) && isOnlyText(wire) && meaningOf(wire.content) === "opt-in"

/** What a person says of being written to. In a group they may be talking to each other; there only the vendor's flag counts. */
const consent = (context: Context, wire: SendblueSchema.Message): ReadonlyArray<MessagingEvent> => {
  const { content } = wire
  if (isOptedOut(wire)) return optOut(context, wire, false, { asksIn: asksIn(context, wire) })
  if (content === undefined || isGroup(wire)) return []
  const meaning = context.meaningOf(content)
  if (meaning === "opt-out") return optOut(context, wire, false)
  const person = personOf(wire, false)
  const line = lineOf(wire, false)
  // what permits must name the person beyond doubt, in the one spelling that is a number's own
  return person !== undefined && person === wire.from_number?.toLowerCase() && meaning === "opt-in" && isOnlyText(wire)
    ? [{
      _tag: "OptedIn",
      ...common(context.carrierId, `${idOf(wire, false)} opted-in`, timeOf(wire)),
      handle: person,
      ...(line === undefined ? {} : { line })
    }]
    : []
}

const inbound = (context: Context, wire: SendblueSchema.Message, message: Message): ReadonlyArray<MessagingEvent> => {
  const described = common(context.carrierId, idOf(wire, false), timeOf(wire))
  const reaction = isOnlyText(wire) ? tapback(wire) : Option.none()
  const line = lineOf(wire, false)
  return [
    // before the message, so that nobody who answers it writes to someone who opted out with it
    ...consent(context, wire),
    Option.match(reaction, {
      onNone: () => ({ _tag: "Received", ...described, message }),
      onSome: (said) => ({
        _tag: "Reaction",
        ...described,
        ...said,
        ...(wire.group_id === undefined ? {} : { chat: { carrierId: context.carrierId, id: wire.group_id } }),
        ...(line === undefined ? {} : { line })
      })
    })
  ]
}

/** The neutral status of a report. `undefined`: no table knows the word. */
const reported = ({ failure, status }: Message): DeliveryStatus | undefined =>
  failure?.code !== undefined && SendblueWords.unresolvedCodes.includes(failure.code)
    // it was taken; what became of it nobody knows
    ? "pending"
    : status.neutral ?? (failure === undefined ? undefined : "failed")

/** What Sendblue says of a message that left. */
const report = (context: Context, wire: SendblueSchema.Message, message: Message, payload: Payload): ReadonlyArray<MessagingEvent> => {
  const status = reported(message)
  return [
    ...(isOptedOut(wire) ? optOut(context, wire, true) : []),
    ...(status === undefined ? unrecognized(context.carrierId, "outbound", payload) : [{
      _tag: "Status" as const,
      ...common(context.carrierId, idOf(wire, true), timeOf(wire)),
      fact: {
        ref: message.ref,
        status,
        raw: message.status.raw,
        ...(message.service?.neutral === undefined ? {} : { service: message.service.neutral }),
        ...(message.downgraded === undefined ? {} : { downgraded: message.downgraded }),
        ...(message.failure?.code === undefined ? {} : { vendorCode: message.failure.code }),
        ...(wire.date_updated === undefined ? {} : { at: wire.date_updated })
      },
      ...(message.failure === undefined ? {} : { failure: message.failure })
    }])
  ]
}

/** What came in from a number of ours: it has no neutral words, and answering it would make two programs of ours talk for ever. */
const echo = (context: Context, wire: SendblueSchema.Message, payload: Payload): ReadonlyArray<MessagingEvent> => {
  const person = personOf(wire, true)
  return [
    ...(isOptedOut(wire) && person !== undefined && !context.ours.has(person) ? optOut(context, wire, true) : []),
    ...unrecognized(context.carrierId, "receive", payload)
  ]
}

const message: Row = (context, payload, named) =>
  Option.flatMap(decodeMessage(payload), (decoded) => {
    const outbound = isOutbound(context, decoded, named)
    const wire = { ...decoded, is_outbound: outbound }
    return !outbound && isOurs(context, wire)
      ? Option.some(echo(context, wire, payload))
      : Option.map(LiftAnswer.message(context.carrierId, wire), (lifted) =>
        outbound ? report(context, wire, lifted, payload) : inbound(context, wire, lifted))
  })

// --- tapbacks ---

/** A tapback brings nothing but its text; whatever brings more is a message, so that none of it is lost. */
const isOnlyText = ({ app_card, location, media_url, reply_to }: SendblueSchema.Message): boolean =>
  media_url === undefined && reply_to === undefined && location === undefined && app_card === undefined

/** It names no message, so there is no ref: the whole text, with what it quotes, is `raw`. */
const tapback = ({ content, from_number }: SendblueSchema.Message): Option.Option<Pick<Tagged<"Reaction">, "change" | "reaction">> =>
  content === undefined ? Option.none() : Option.map(TapbackText.read(content), ({ change, reaction }) => ({
    change,
    reaction: {
      reaction,
      ...(from_number === undefined ? {} : { from: Peer.fromVendor(from_number) }),
      isMine: false,
      raw: content
    }
  }))

// --- the others ---

const decodeTyping = Schema.decodeUnknownOption(SendblueSchema.TypingIndicator)

/** `from_number` is the line or the person, depending on the page; `number` is the person, unless it is a line of ours. */
const typing: Row = ({ carrierId, ours }, payload) =>
  Option.map(decodeTyping(payload), ({ from_number, is_typing, number, timestamp }) => {
    const numbers = [number, from_number].filter((value) => value !== undefined)
    const person = numbers.find((value) => !ours.has(value))
    const line = LiftAnswer.phoneOf(numbers.find((value) => ours.has(value)) ?? numbers.find((value) => value !== person))
    return [{
      _tag: "Typing",
      // no id: nothing in it names the event, and a repeated one does no harm
      ...common(carrierId, undefined, timestamp),
      ...(person === undefined ? {} : { from: Peer.fromVendor(person) }),
      ...(line === undefined ? {} : { line }),
      typing: is_typing
    }]
  })

const textsIn = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string" ? [value] : typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []

/** No page shows the payload: a line is named if exactly one of ours is in it, wherever. */
const lineBlocked: Row = ({ carrierId, lines }, payload) => {
  const named = Array.from(new Set(textsIn(payload).filter((text) => lines.has(text))))
  const number = named.length === 1 ? LiftAnswer.phoneOf(named[0]) : undefined
  return number === undefined
    ? Option.none()
    : Option.some([{
      _tag: "Line",
      ...common(carrierId, undefined, undefined),
      number,
      status: "critical",
      available: false,
      raw: "line_blocked"
    }])
}

/** There is no neutral event for it, or no page shows its payload. */
const opaque: Row = () => Option.none()

// Sendblue docs (getting-started/webhooks, receiving-messages, sending-messages, api-v2/typing-indicators), read 2026-11-21
const rows = {
  receive: message,
  outbound: message,
  typing_indicator: typing,
  line_blocked: lineBlocked,
  // calls and contacts have no neutral event; a line of ours is known from the configuration
  call_log: opaque,
  inbound_call: opaque,
  line_assigned: opaque,
  contact_created: opaque,
  contact_profile: opaque
} as const satisfies Record<SendblueWords.WebhookType, Row>

const isType = (word: unknown): word is SendblueWords.WebhookType => typeof word === "string" && Object.hasOwn(rows, word)

const hasText = (payload: Payload, name: string): boolean => typeof payload[name] === "string" && payload[name] !== ""

/** What a call is about: by what is in it where that is beyond doubt, else by its route. `named` is the route's word. */
const typeOf = (payload: Payload, named: string | undefined): SendblueWords.WebhookType | undefined => {
  if (isType(payload["event_type"])) return payload["event_type"]
  if (isType(named) && rows[named] !== message && rows[named] !== typing) return named
  const isMessage = hasText(payload, "message_handle") && ("content" in payload || "status" in payload || "is_outbound" in payload)
  if (isMessage) return named === "receive" || named === "outbound" ? named : payload["is_outbound"] === false ? "receive" : "outbound"
  if (typeof payload["is_typing"] === "boolean") return "typing_indicator"
  return isType(named) ? named : undefined
}

const isSound = Schema.is(Schema.Array(MessagingEvent))

/** What can be written down, else the payload as it came: an id with half a character in it, say. */
const sound = (events: Option.Option<ReadonlyArray<MessagingEvent>>, carrierId: CarrierId, kind: string, payload: Payload) =>
  Option.getOrElse(Option.filter(events, isSound), () => unrecognized(carrierId, kind, payload))

const wordIn = (payload: Payload): string | undefined =>
  [payload["event_type"], payload["type"]].find((word): word is string => Predicate.isString(word) && word !== "")

/** The events of a call that is believed. */
export const events = (context: Context, payload: Payload, named: string | undefined): ReadonlyArray<MessagingEvent> => {
  const type = typeOf(payload, named)
  return type === undefined
    ? unrecognized(context.carrierId, wordIn(payload) ?? named ?? "unknown", payload)
    : sound(rows[type](context, payload, named), context.carrierId, type, payload)
}

// --- reports on one message ---

/** An attempt that a token proves: its key, and whom it was for. */
export interface Proof {
  readonly key: string
  readonly recipient: string | ReadonlyArray<string>
}

/** Whom a report may be for: each is worth a look, because only the token says which it is. */
export const audiences = (payload: Payload): ReadonlyArray<{ readonly line: string; readonly recipient: string | ReadonlyArray<string> }> =>
  Option.match(Option.filter(decodeMessage(payload), ({ is_outbound, status }) => is_outbound !== false && status !== "RECEIVED"), {
    onNone: () => [],
    onSome: ({ from_number, group_id, number, participants, sendblue_number, to_number }) => {
      const lines = Array.from(new Set([from_number, sendblue_number])).filter((line) => line !== undefined)
      return lines.flatMap((line) =>
        (group_id === undefined ? [number, to_number] : [[group_id], participants?.filter((number) => number !== line), number, to_number])
          .filter((recipient) => recipient !== undefined && recipient.length > 0 && recipient.length <= 64)
          .map((recipient) => ({ line, recipient: recipient ?? [] }))
      )
    }
  })

/**
 * What a valid token proves: that the attempt was taken, and the message's handle. The status word is kept as the vendor's
 * word only. The key is in the id: who has seen an address can choose the rest, and must not use up the id of a report that
 * is believed.
 */
export const taken = ({ carrierId }: Context, payload: Payload, { key }: Proof): ReadonlyArray<MessagingEvent> =>
  sound(
    Option.flatMap(decodeMessage(payload), (wire) =>
      wire.message_handle === undefined ? Option.none() : Option.some([{
        _tag: "Status" as const,
        ...common(carrierId, `${idOf(wire, true)} ${key}`, timeOf(wire)),
        fact: {
          ref: { carrierId, id: wire.message_handle },
          status: "pending" as const,
          ...(wire.status === undefined ? {} : { raw: wire.status })
        },
        idempotencyKey: key
      }])),
    carrierId,
    "status_callback",
    payload
  )

/** That the person of a report opted out. It stops messages and starts none, so it is believed from a token alone. */
export const optedOutBy = (context: Context, payload: Payload, { key, recipient }: Proof): ReadonlyArray<MessagingEvent> => {
  const [person, ...others] = (typeof recipient === "string" ? [recipient] : recipient).flatMap(LiftAnswer.handleOf)
  if (person === undefined || others.length > 0) return []
  const told = Option.filter(
    decodeMessage(payload),
    (wire) => wire.message_handle !== undefined && wire.group_id === undefined && isOptedOut(wire)
  )
  return sound(
    Option.map(told, (wire) => optOut(context, wire, true, { person, word: `opted-out ${key}` })),
    context.carrierId,
    "status_callback",
    payload
  )
    .filter(({ _tag }) => _tag === "OptedOut")
}

/** The status that a report tells, where the operator chose to believe it. */
export const statusOf = (context: Context, payload: Payload): ReadonlyArray<MessagingEvent> =>
  events(context, payload, "outbound").filter(({ _tag }) => _tag === "Status")
