/** Defines Sendblue's message object in two shapes: for lists and webhooks, and for the answer to a send. */
import * as Json from "../../http/json.ts"
import type { Message, Status } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as State from "./state.ts"

// The sandbox uses only statuses that the real API has shown. A read receipt does not change the status (docs.sendblue.com, read
// 2026-11-21).
const statuses = {
  pending: "PENDING",
  queued: "QUEUED",
  sent: "SENT",
  delivered: "DELIVERED",
  read: "DELIVERED",
  received: "RECEIVED",
  failed: "ERROR"
} as const satisfies Record<Status, string>

export const status = (message: Message): string => statuses[message.status]

const textOf = (message: Message): string =>
  message.parts.flatMap((part) => part.type === "text" || part.type === "link" ? [part.value] : []).join("\n")

const mediaOf = (message: Message): string => message.parts.flatMap((part) => part.type === "media" ? [part.url] : [])[0] ?? ""

const wasDowngraded = (message: Message): boolean | null =>
  message.direction === "inbound" || message.status === "queued" ? null : message.downgraded

/** The message in the shape of lists, `retrieve` and webhooks. */
export const message = (state: State.SendblueState, given: Message) => {
  const outbound = given.direction === "outbound"
  const group = given.thread === null ? undefined : state.groups.get(given.thread)
  const people = outbound ? given.to : [given.from]
  const [first = given.line] = people
  const optedOut = people.some((handle) => state.world.people.get(handle)?.optedOutOf.has("sendblue") === true)
  return {
    accountEmail: state.account,
    content: textOf(given),
    is_outbound: outbound,
    status: status(given),
    error_code: given.failure?.code ?? null,
    error_message: given.failure?.reason ?? null,
    error_reason: null,
    error_detail: null,
    message_handle: given.id,
    date_sent: Json.iso(given.sentAt ?? given.createdAt),
    date_updated: Json.iso(given.updatedAt),
    from_number: given.from,
    number: first,
    to_number: outbound ? first : given.line,
    sendblue_number: given.line,
    was_downgraded: wasDowngraded(given),
    service: given.service,
    plan: "dedicated",
    media_url: mediaOf(given),
    message_type: given.carousel ? "carousel" : given.group ? "group" : "message",
    group_id: given.thread ?? "",
    group_display_name: group === undefined ? null : group.name ?? "",
    participants: group === undefined ? [] : [...group.numbers, group.line],
    send_style: outbound ? given.effect?.name ?? "" : "",
    opted_out: optedOut,
    ...(given.replyTo === null
      ? {}
      : { reply_to: { message_handle: given.replyTo.id, part_index: given.replyTo.partIndex } }),
    ...given.echo
  }
}

/** The answer to a send or a status request. It has both spellings of two keys, because the documents and the client (3.17.0) differ. */
export const sendResponse = (state: State.SendblueState, given: Message) => ({
  ...message(state, given),
  account_email: state.account,
  date_created: Json.iso(given.createdAt)
})

/** Whether the caller may send from a number. */
export const isLine = (state: State.SendblueState, number: string): boolean =>
  World.ownLine(state.world, "sendblue", number) !== undefined && State.mayUse(state, number)
