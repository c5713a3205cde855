/** Converts Sendblue's webhooks to neutral events. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Reader } from "@interline/core/ConsentWords"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import type { Handle, Phone } from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import * as Peer from "@interline/core/Peer"
import * as TapbackText from "@interline/core/TapbackText"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SendblueEvents from "../wire/SendblueEvents.ts"
import * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as SendblueWords from "../wire/SendblueWords.ts"
import * as LiftAnswer from "./liftAnswer.ts"
import * as Locations from "./locations.ts"

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

/**
 * Converts one call to events. `named` is the type by the option `type`, or else by the call's address. `None`: the payload does not fit
 * its type, or has no neutral event.
 */
type Row = (context: Context, payload: Payload, named: string | undefined) => Option.Option<ReadonlyArray<MessagingEvent>>

const common = (carrierId: CarrierId, id: string | undefined, at: string | undefined) => ({
  carrierId,
  ...present({ id, at: LiftAnswer.timeOf(at) })
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

/** Whether a number of ours wrote the message. The configuration or the message itself says so. */
const isOurs = ({ ours }: Context, { from_number, sendblue_number }: SendblueSchema.Message): boolean => {
  const [from] = LiftAnswer.handleOf(from_number)
  return from === undefined
    ? from_number !== undefined && from_number === sendblue_number
    : ours.has(from) || from === LiftAnswer.phoneOf(sendblue_number)
}

/**
 * Whether we sent the message. First the message itself decides, then an address for outbound messages, then the numbers in the
 * message.
 */
const isOutbound = (context: Context, wire: SendblueSchema.Message, named: string | undefined): boolean =>
  wire.is_outbound ??
    (named === "outbound" || (isOurs(context, wire) ? wire.status !== "RECEIVED" : named !== "receive" && LiftAnswer.isOutbound(wire)))

/**
 * Makes the id of an event, because Sendblue gives none. A message comes in only once, so its handle is enough. The id of a report has
 * the message's handle, the status and the time of the status. These are the same in every webhook that brings the report.
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

/** What is known about an opt-out in addition to the message that brings it. */
interface OptOutDetail {
  /** The person, if the usual fields of the message do not name the person. */
  readonly person?: Handle | undefined
  /** The last word of the event's id. One message may bring the opt-outs of several people, so each needs its own id. */
  readonly word?: string
  /** Whether the person wrote a word that opts in, but that Sendblue does not accept. */
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
    // a person in a group opted out, but the message does not say which person
    ? [{ _tag: "Unrecognized", ...described, kind: "opted_out", raw: wire }]
    : [{ _tag: "OptedOut", ...described, handle: person, ...(line === undefined ? {} : { line }), ...(asksIn ? { askedIn: true } : {}) }]
}

const isGroup = ({ group_id, message_type }: SendblueSchema.Message): boolean => group_id !== undefined || message_type === "group"

/**
 * Whether the person wrote an opt-in that Sendblue does not accept. Sendblue accepts only START (support article, read 2026-04). Its
 * flag stays.
 */
const asksIn = ({ meaningOf }: Context, wire: SendblueSchema.Message): boolean =>
  wire.content !== undefined && !isGroup(wire) && isOnlyText(wire) && meaningOf(wire.content) === "opt-in"

/** The opt-out or opt-in that a message brings. In a group, people may be talking to each other, so only Sendblue's flag counts there. */
const consent = (context: Context, wire: SendblueSchema.Message): ReadonlyArray<MessagingEvent> => {
  const { content } = wire
  if (isOptedOut(wire)) return optOut(context, wire, false, { asksIn: asksIn(context, wire) })
  if (content === undefined || isGroup(wire)) return []
  const meaning = context.meaningOf(content)
  if (meaning === "opt-out") return optOut(context, wire, false)
  const person = personOf(wire, false)
  const line = lineOf(wire, false)
  // an opt-in must name the person without doubt, so the vendor's spelling must be exactly the handle
  return person !== undefined && person === wire.from_number?.toLowerCase() && meaning === "opt-in" && isOnlyText(wire)
    ? [{
      _tag: "OptedIn",
      ...common(context.carrierId, `${idOf(wire, false)} opted-in`, timeOf(wire)),
      handle: person,
      ...(line === undefined ? {} : { line })
    }]
    : []
}

/**
 * A message with a place. A person begins to share a location with it, by themselves or because they were asked (sendblue 3.17.0,
 * read 2026-11). No webhook says that the sharing ends.
 */
const location = (context: Context, wire: SendblueSchema.Message): ReadonlyArray<Tagged<"Location">> => {
  if (wire.message_type !== "location" || wire.from_number === undefined) return []
  return [{
    _tag: "Location",
    ...common(context.carrierId, `${idOf(wire, false)} location`, timeOf(wire)),
    change: "started",
    from: Peer.fromVendor(wire.from_number),
    ...present({
      line: lineOf(wire, false),
      chat: wire.group_id === undefined ? undefined : { carrierId: context.carrierId, id: wire.group_id },
      position: Locations.ofMessage(wire)
    })
  }]
}

const inbound = (context: Context, wire: SendblueSchema.Message, message: Message): ReadonlyArray<MessagingEvent> => {
  const described = common(context.carrierId, idOf(wire, false), timeOf(wire))
  const reaction = isOnlyText(wire) ? tapback(wire) : Option.none()
  const line = lineOf(wire, false)
  return [
    // the opt-out stands before the message, so that no answer goes to a person who opts out with this message
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
    }),
    ...location(context, wire)
  ]
}

/** The neutral status of a report. `undefined` if the word is in no table. */
const reported = ({ failure, status }: Message): DeliveryStatus | undefined =>
  failure?.code !== undefined && SendblueWords.unresolvedCodes.includes(failure.code)
    // Sendblue took the message, but its further fate is not known
    ? "pending"
    : status.neutral ?? (failure === undefined ? undefined : "failed")

/** The events of a report on a message that we sent. */
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

/**
 * The events of a message from a number of ours. It has no neutral event. An answer to it could make two of our programs talk for ever.
 */
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

/** Whether a message has nothing but its text. Only such a message may be a tapback, so that nothing is lost. */
const isOnlyText = ({ app_card, location, media_url, reply_to }: SendblueSchema.Message): boolean =>
  media_url === undefined && reply_to === undefined && location === undefined && app_card === undefined

/** Reads a tapback. It does not give the id of a message, so there is no ref. `raw` is the whole text with its quote. */
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

const decodeTyping = Schema.decodeUnknownOption(SendblueEvents.TypingIndicator)

/** By some pages of the docs `from_number` is the line, by others the person. `number` is the person, unless it is a line of ours. */
const typing: Row = ({ carrierId, ours }, payload) =>
  Option.map(decodeTyping(payload), ({ from_number, is_typing, number, timestamp }) => {
    const numbers = [number, from_number].filter((value) => value !== undefined)
    const person = numbers.find((value) => !ours.has(value))
    const line = LiftAnswer.phoneOf(numbers.find((value) => ours.has(value)) ?? numbers.find((value) => value !== person))
    return [{
      _tag: "Typing",
      // no id: nothing in the payload identifies the event, and a repeated event does no harm
      ...common(carrierId, undefined, timestamp),
      ...(person === undefined ? {} : { from: Peer.fromVendor(person) }),
      ...(line === undefined ? {} : { line }),
      typing: is_typing
    }]
  })

const textsIn = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string" ? [value] : typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []

/** The line that a payload is about, whose fields no page shows: the line of ours that stands in it, if there is exactly one. */
export const lineIn = ({ lines }: Context, payload: Payload): Phone | undefined => {
  const named = Array.from(new Set(textsIn(payload).filter((text) => lines.has(text))))
  return named.length === 1 ? LiftAnswer.phoneOf(named[0]) : undefined
}

const lineBlocked: Row = (context, payload) => {
  const number = lineIn(context, payload)
  return number === undefined
    ? Option.none()
    : Option.some([{
      _tag: "Line",
      ...common(context.carrierId, undefined, undefined),
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
  // calls and contacts have no neutral event. Lines come from the configuration, so a new line needs no event
  call_log: opaque,
  inbound_call: opaque,
  line_assigned: opaque,
  contact_created: opaque,
  contact_profile: opaque
} as const satisfies Record<SendblueWords.WebhookType, Row>

const isType = (word: unknown): word is SendblueWords.WebhookType => typeof word === "string" && Object.hasOwn(rows, word)

const hasText = (payload: Payload, name: string): boolean => typeof payload[name] === "string" && payload[name] !== ""

/**
 * The type of a call. The payload decides where it leaves no doubt; else `named` decides. `named` is the type by the option `type`, or
 * else by the call's address.
 */
const typeOf = (payload: Payload, named: string | undefined): SendblueWords.WebhookType | undefined => {
  if (isType(payload["event_type"])) return payload["event_type"]
  if (isType(named) && rows[named] !== message && rows[named] !== typing) return named
  const isMessage = hasText(payload, "message_handle") && ("content" in payload || "status" in payload || "is_outbound" in payload)
  if (isMessage) return named === "receive" || named === "outbound" ? named : payload["is_outbound"] === false ? "receive" : "outbound"
  if (typeof payload["is_typing"] === "boolean") return "typing_indicator"
  return isType(named) ? named : undefined
}

const isSound = Schema.is(Schema.Array(MessagingEvent))

/** The events, if they can be stored; else the payload as it came. An id with half of a surrogate pair, for example, cannot be stored. */
const sound = (events: Option.Option<ReadonlyArray<MessagingEvent>>, carrierId: CarrierId, kind: string, payload: Payload) =>
  Option.getOrElse(Option.filter(events, isSound), () => unrecognized(carrierId, kind, payload))

const wordIn = (payload: Payload): string | undefined =>
  [payload["event_type"], payload["type"]].find((word): word is string => Predicate.isString(word) && word !== "")

/** The events of a call whose secret is valid. */
export const events = (context: Context, payload: Payload, named: string | undefined): ReadonlyArray<MessagingEvent> => {
  const type = typeOf(payload, named)
  return type === undefined
    ? unrecognized(context.carrierId, wordIn(payload) ?? named ?? "unknown", payload)
    : sound(rows[type](context, payload, named), context.carrierId, type, payload)
}

// --- reports on one message ---

/** The attempt that a token proves: its key and its recipient. */
export interface Proof {
  readonly key: string
  readonly recipient: string | ReadonlyArray<string>
}

/** The possible lines and recipients of a report. Only the token shows which is right, so each must be tried. */
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
 * The event that a valid token proves: Sendblue took the attempt, and the message has this handle. The status in the report is kept only
 * as the vendor's word. The event's id holds the key of the attempt. A person who saw the address can choose everything else in the
 * report. Without the key, such a report could take the id of a true report, which would then be dropped as known.
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

/** The opt-out in a report. A valid token is enough to believe it, because an opt-out only stops messages and never starts any. */
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

/** The status in a report, for operators who set `believed`. */
export const statusOf = (context: Context, payload: Payload): ReadonlyArray<MessagingEvent> =>
  events(context, payload, "outbound").filter(({ _tag }) => _tag === "Status")
