/** Events of chats and lines in Linq's words. */
import type * as AccountNotice from "@interline/core/AccountNotice"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as LinqWords from "@interline/linq/LinqWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as ChatLookup from "../chatLookup.ts"
import { numberOf, type Services } from "../services.ts"
import * as Wire from "../wire.ts"
import { chatIdOf, findChatViewById, noPayload, type Of, type Rendering, renderPayload } from "./payload.ts"

export const renderParticipant = (services: Services, event: Of<"Participant">, { at, conversation }: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const { carrierId, change, chat, participant: given } = event
    const chatId = yield* chatIdOf(services, conversation, chat)
    const view = yield* findChatViewById(services, conversation, chatId, at, carrierId)
    const time = event.at ?? Wire.iso(at)
    const isAdded = change === "added"
    return renderPayload(isAdded ? "participant.added" : "participant.removed", () => ({
      ...(chatId === undefined ? {} : { chat_id: chatId }),
      handle: given.peer,
      participant: Wire.participant(view)({ ...given, status: given.status ?? { neutral: isAdded ? "active" : "removed", raw: change } }),
      ...(isAdded ? { added_at: given.joinedAt ?? time } : { removed_at: given.leftAt ?? time })
    }))
  })

const chatWords = {
  created: "chat.created",
  renamed: "chat.group_name_updated",
  icon: "chat.group_icon_updated",
  "rename-failed": "chat.group_name_update_failed",
  "icon-failed": "chat.group_icon_update_failed"
} as const satisfies Record<Of<"Chat">["change"], LinqWords.LinqEvent>

const changeFailed = 3007

export const renderChat = (services: Services, event: Of<"Chat">, { at, conversation }: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const { after, before, change, ref, vendorCode } = event
    const time = event.at ?? Wire.iso(at)
    const chatId = (yield* chatIdOf(services, conversation, ref)) ?? ref.id
    switch (change) {
      case "created": {
        const facts = event.chat !== undefined
          ? yield* ChatLookup.describeChat(services, event.chat)
          : conversation !== undefined
          ? yield* ChatLookup.readChat(services, conversation)
          : undefined
        if (facts === undefined) return Option.none()
        const { group_chat_icon: _icon, is_archived: _archived, ...shown } = Wire.chat({ ...facts, view: { ...facts.view, id: chatId } })
        return renderPayload(chatWords[change], () => shown)
      }
      case "renamed":
      case "icon":
        return renderPayload(chatWords[change], () => ({
          chat_id: chatId,
          old_value: before ?? null,
          new_value: after ?? null,
          changed_by_handle: null,
          updated_at: time
        }))
      case "rename-failed":
      case "icon-failed": {
        const code = Number(vendorCode)
        return renderPayload(chatWords[change], () => ({
          chat_id: chatId,
          error_code: Number.isInteger(code) && code > 0 ? code : changeFailed,
          failed_at: time
        }))
      }
    }
  })

export const renderTyping = (services: Services, { chat, from, line, typing }: Of<"Typing">, { conversation }: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const ours = line === undefined ? Option.none() : services.front.lineOf(line)
    const known = conversation ?? (Option.isSome(ours) && Handle.isHandle(from) ? Conversation.direct(ours.value, from) : undefined)
    const chatId = yield* chatIdOf(services, known, chat)
    return chatId === undefined
      ? Option.none()
      : renderPayload(typing ? "chat.typing_indicator.started" : "chat.typing_indicator.stopped", () => ({ chat_id: chatId }))
  })

/** The person began or ended to share a location. The event holds no place, as at Linq. */
export const renderLocation = (
  services: Services,
  { carrierId, change, chat, endsAt, from, line, ...event }: Of<"Location">,
  { at, conversation }: GatewayEvent
): Rendering =>
  Effect.gen(function*() {
    const ours = conversation?.line ?? (line === undefined ? undefined : Option.getOrUndefined(services.front.lineOf(line)))
    const number = ours === undefined ? line : numberOf(services, ours, carrierId) ?? line
    if (number === undefined) return Option.none()
    const share = { shared_by: from, shared_with: number }
    if (change === "stopped") return renderPayload("location.sharing.stopped", () => share)
    const chatId = yield* chatIdOf(services, conversation, chat)
    return renderPayload("location.sharing.started", () => ({
      ...share,
      began_at: event.at ?? Wire.iso(at),
      ends_at: endsAt ?? null,
      chat_id: chatId ?? null
    }))
  })

/** The fields of the state before are null: no carrier reports that state. */
export const renderLine = (services: Services, { available, number, status, ...event }: Of<"Line">, { at }: GatewayEvent): Rendering => {
  if (number === undefined) return noPayload
  const ours = Option.getOrUndefined(services.front.lineOf(number))
  const { status: reputation } = Wire.reputation(available || status !== "unknown" ? status : "critical")
  return Effect.succeed(renderPayload("phone_number.status_updated", () => ({
    phone_number: ours === undefined ? number : numberOf(services, ours, event.carrierId) ?? number,
    previous_status: null,
    new_status: available ? "ACTIVE" : "FLAGGED",
    previous_reputation: null,
    new_reputation: reputation,
    previous_health_status: null,
    new_health_status: reputation,
    changed_at: event.at ?? Wire.iso(at)
  })))
}

/** What a program is told of the account: a number that has come or gone. The rest is for the operator of the gateway. */
export const renderOwner = (
  services: Services,
  { at, carrierId, number, what }: {
    readonly carrierId: CarrierId
    readonly number: string | undefined
    readonly what: AccountNotice.What | undefined
    readonly at: string
  }
): Rendering => {
  const type = what === "line-assigned" ? "phone_number.assigned" : what === "line-gone" ? "phone_number.released" : undefined
  if (number === undefined || type === undefined) return noPayload
  const ours = Option.getOrUndefined(services.front.lineOf(number))
  const shown = ours === undefined ? number : numberOf(services, ours, carrierId) ?? number
  return Effect.succeed(renderPayload(type, () => ({ phone_number: shown, changed_at: at })))
}

const { Location, Unrecognized } = LinqWords.eventFromNeutral

const passedOn = [...Unrecognized, ...Location, "contact_card.received"] as const

const isPassedOn = (kind: string): kind is typeof passedOn[number] => passedOn.some((word) => word === kind)

/**
 * Calls and the cards of people have no neutral event, and neither has a shared location that could not be read. They name no chat and no
 * message, so Linq's own payload goes on unchanged.
 */
export const renderUnrecognized = ({ kind, raw }: Of<"Unrecognized">): Rendering =>
  isPassedOn(kind) && Predicate.isRecord(raw) && raw["data"] !== undefined
    ? Effect.succeed(renderPayload(kind, () => raw["data"]))
    : noPayload
