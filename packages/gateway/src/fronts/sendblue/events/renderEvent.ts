/** Events as Sendblue's webhooks: the message object, told again at each change. */
import type { Conversation } from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { Peer } from "@interline/core/Peer"
import type { Service } from "@interline/core/Service"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Endpoint, Renderer } from "../../../events/Callbacks.ts"
import type { GatewayEvent } from "../../../sql/records/EventLog.ts"
import * as Refusal from "../refusal.ts"
import * as Services from "../services.ts"
import * as Wire from "../wire.ts"

/** What is posted, before it is known to whom. */
interface Told {
  readonly type: SendblueWords.WebhookType
  readonly payload: unknown
}

type Tale = Effect.Effect<Option.Option<Told>>

const nothing: Tale = Effect.succeedNone

const told = (type: SendblueWords.WebhookType, payload: unknown): Option.Option<Told> => Option.some({ type, payload })

type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }

const known = (conversation: Conversation | undefined) => conversation === undefined ? {} : { conversation }

// --- messages ---

const outbound = (telling: Services.Telling, deliveryId: DeliveryId, changed: (shown: Wire.Shown) => Wire.Shown = (shown) => shown): Tale =>
  Effect.flatMap(telling.archive.find(deliveryId), (found) =>
    Option.isSome(found) && found.value._tag === "Outbound"
      ? Effect.map(Wire.ofOutbound(telling, found.value), (shown) => told("outbound", changed(shown)))
      : nothing)

const received = (telling: Services.Telling, { message }: Of<"Received">, { at, conversation }: GatewayEvent): Tale =>
  Effect.gen(function*() {
    const id = yield* telling.ids.messageId(message.ref)
    const shown = yield* Wire.ofMessage(telling, message, { id, at, updatedAt: at, ...known(conversation) })
    return told(message.direction === "inbound" ? "receive" : "outbound", shown)
  })

/** The status that this event told, not the latest: a webhook that comes late must not say twice what another says. */
const asOf = (telling: Services.Telling, { carrierId, fact, failure }: Of<"Status">, at: number) => (shown: Wire.Shown): Wire.Shown => ({
  ...shown,
  status: Wire.statusWord(fact.status),
  ...(fact.status === "failed" ? Wire.reported(telling, carrierId, failure) : Refusal.noFailure),
  ...(fact.service === undefined ? {} : { service: SendblueWords.serviceFromNeutral[fact.service] }),
  ...(fact.downgraded === undefined ? {} : { was_downgraded: fact.downgraded }),
  date_updated: fact.at ?? Wire.iso(at)
})

const status = (
  telling: Services.Telling,
  event: Of<"Status">,
  { at, conversation, status: folded }: GatewayEvent,
  deliveryId: DeliveryId | undefined
): Tale =>
  Effect.gen(function*() {
    // a failure of what is known to have arrived is no news
    if (event.fact.status === "failed" && folded !== undefined && folded !== "failed") return Option.none()
    const change = asOf(telling, event, at)
    if (deliveryId !== undefined) {
      const report = yield* telling.archive.report(deliveryId)
      // of several messages only all of them together have a status
      const isSplit = Option.exists(report, ({ messages }) => messages.length > 1)
      return yield* outbound(telling, deliveryId, isSplit ? undefined : change)
    }
    // a message that another program sent: its carrier knows what is in it
    const { ref } = event.fact
    const message = yield* Effect.option(telling.messaging.getMessage(ref))
    if (Option.isNone(message)) return Option.none()
    const id = yield* telling.ids.messageId(ref)
    const shown = yield* Wire.ofMessage(telling, message.value, { id, at, updatedAt: at, ...known(conversation) })
    return shown.is_outbound ? told("outbound", change(shown)) : Option.none()
  })

// --- what is not a message there, or no message of its own here ---

const sentenceOf = ({ change, reaction: { reaction } }: Of<"Reaction">, target: string): string | undefined => {
  switch (reaction._tag) {
    case "Tapback":
      return `${SendblueWords.tapbackTexts[reaction.tapback][change]} ${target}`
    case "Emoji":
      return change === "added" ? `Reacted ${reaction.emoji} to ${target}` : `Removed a reaction from ${target}`
    case "Sticker":
    case "Unrecognized":
      return undefined
  }
}

// what it is about did not pass through here
const unseen = "a message"

const targetOf = (telling: Services.Telling, { ref }: Of<"Reaction">): Effect.Effect<string> =>
  Effect.gen(function*() {
    const archived = ref === undefined ? Option.none() : yield* telling.archive.find(yield* telling.ids.messageId(ref))
    if (Option.isNone(archived)) return unseen
    const { content, media_url } = yield* Wire.ofArchived(telling, archived.value)
    return content !== "" ? `“${content}”` : media_url === "" ? unseen : "an attachment"
  })

/** What the person's phone wrote, where the reaction came as a text; else the text that it would be. */
const textOf = (telling: Services.Telling, event: Of<"Reaction">): Effect.Effect<string | undefined> =>
  event.ref === undefined && event.reaction.raw.trim().includes(" ")
    ? Effect.succeed(event.reaction.raw)
    : Effect.map(targetOf(telling, event), (target) => sentenceOf(event, target))

/** The service of the message that it is on, as far as that is known: reactions are a thing of iMessage. */
const serviceOf = (telling: Services.Telling, { ref }: Of<"Reaction">): Effect.Effect<Service> =>
  Effect.gen(function*() {
    const archived = ref === undefined ? Option.none() : yield* telling.archive.find(yield* telling.ids.messageId(ref))
    if (Option.isNone(archived)) return "iMessage"
    return (archived.value._tag === "Outbound" ? archived.value.report.service : archived.value.message.service?.neutral) ?? "iMessage"
  })

/** A reaction of a person arrives as a text message of theirs, which names no target. */
const reaction = (telling: Services.Telling, event: Of<"Reaction">, { at, conversation, id }: GatewayEvent): Tale =>
  Effect.gen(function*() {
    const { chat, reaction: { from, isMine } } = event
    if (isMine || from === undefined) return Option.none()
    const content = yield* textOf(telling, event)
    if (content === undefined) return Option.none()
    const to = conversation === undefined
      ? event.line === undefined ? [] : [event.line]
      : Option.toArray(telling.front.numberOf(conversation.line, event.carrierId))
    const service = yield* serviceOf(telling, event)
    // the vendor gives each of these messages a handle of its own; here it is the event's
    const ref = { carrierId: event.carrierId, id: `reaction:${event.id ?? id}` }
    const shown = yield* Wire.ofMessage(
      telling,
      {
        ref,
        ...(chat === undefined ? {} : { chat }),
        direction: "inbound",
        from,
        to,
        parts: [{ _tag: "Text", text: content, decorations: [], reactions: [] }],
        status: { raw: "RECEIVED" },
        service: { neutral: service, raw: service },
        ...(event.at === undefined ? {} : { sentAt: event.at }),
        metadata: {}
      },
      { id: yield* telling.ids.messageId(ref), at, updatedAt: at, ...known(conversation) }
    )
    return told("receive", shown)
  })

const typing = (telling: Services.Telling, { from, line, typing, ...event }: Of<"Typing">, { at, conversation }: GatewayEvent): Tale => {
  const number: Peer | undefined = from ?? (conversation?._tag === "Direct" ? conversation.handle : undefined)
  const ours = conversation?.line ?? (line === undefined ? undefined : Option.getOrUndefined(telling.front.lineOf(line)))
  return Effect.succeed(
    number === undefined
      ? Option.none()
      : told("typing_indicator", {
        number,
        is_typing: typing,
        from_number: ours === undefined ? line ?? null : Services.numberOf(telling, ours),
        timestamp: event.at ?? Wire.iso(at)
      })
  )
}

const line = (telling: Services.Telling, { available, number }: Of<"Line">): Tale => {
  if (available || number === undefined) return nothing
  const ours = Option.getOrUndefined(telling.front.lineOf(number))
  return Effect.succeed(told("line_blocked", { sendblue_number: ours === undefined ? number : Services.numberOf(telling, ours) }))
}

const ofCarrier = (telling: Services.Telling, data: MessagingEvent, event: GatewayEvent, deliveryId: DeliveryId | undefined): Tale => {
  switch (data._tag) {
    case "Received":
      return received(telling, data, event)
    case "Status":
      return status(telling, data, event, deliveryId)
    case "Reaction":
      return reaction(telling, data, event)
    case "Typing":
      return typing(telling, data, event)
    case "Line":
      return line(telling, data)
    // an opt-out is said on the message that asked for it; the rest has no webhook there
    case "OptedOut":
    case "OptedIn":
    case "Edited":
    case "Participant":
    case "Chat":
    case "Account":
    case "Unrecognized":
      return nothing
  }
}

// --- decisions ---

// Which decisions change what a program was told of a message, without a carrier's own event that says the same
const changes = {
  Settled: true,
  LateArrival: true,
  NamedTwice: false,
  Concluded: true,
  Started: false,
  Skipped: false,
  Tried: false,
  Retrying: false,
  FailedOver: false,
  Reconciled: false,
  AbsenceTaken: false,
  RiskTaken: false,
  Held: false,
  Abandoned: false,
  Bound: false,
  BreakerOpened: false,
  BreakerProbed: false,
  BreakerClosed: false,
  Limited: false,
  Suppressed: false,
  Restored: false,
  NotRestored: false,
  FailedLater: false,
  Corrected: false
} as const satisfies Record<RouterEvent["_tag"], boolean>

const ofRouter = (telling: Services.Telling, data: RouterEvent, endpoint: Endpoint): Tale => {
  if (!changes[data._tag] || !("deliveryId" in data)) return nothing
  // a send that was refused said so in its answer; only one that was answered before its end has its own address here
  if (data._tag === "Concluded" && (endpoint.deliveryId === undefined || data.outcome === "held" || data.outcome === "accepted")) {
    return nothing
  }
  return outbound(telling, data.deliveryId)
}

/** Signed by the account's secret; the address of a single send carries none, as at the vendor. */
const headersOf = ({ deliveryId, secret }: Endpoint): Readonly<Record<string, string>> => ({
  "content-type": "application/json",
  ...(secret === undefined || deliveryId !== undefined ? {} : { "sb-signing-secret": Redacted.value(secret) })
})

export const make = (telling: Services.Telling): Renderer => (event, endpoint) => {
  const { deliveryId } = endpoint
  if (deliveryId !== undefined && event.deliveryId !== undefined && event.deliveryId !== deliveryId) return Effect.succeedNone
  const told = event.event.kind === "carrier"
    ? ofCarrier(telling, event.event.data, event, event.deliveryId ?? deliveryId)
    : ofRouter(telling, event.event.data, endpoint)
  return Effect.map(told, Option.map(({ payload, type }) => ({ type, body: JSON.stringify(payload), headers: headersOf(endpoint) })))
}
