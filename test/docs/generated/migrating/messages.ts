/** The fields of a message that is read, side by side: what changes in Interline's message when one field of the vendor's changes. */
import type { Message } from "@interline/core/Message"
import * as LinqSchema from "@interline/linq/LinqSchema"
import * as SendblueSchema from "@interline/sendblue/SendblueSchema"
import { code, table } from "../../markdown.ts"
import { carriers, type Described, messageOf } from "../carriers.ts"
import type * as Calls from "./calls.ts"
import { names } from "./words.ts"

type Fields = Calls.Fields

const ours = "+12025550101"
const person = "+12025550123"
const other = "+12025550124"
const earlier = "2026-01-01T10:00:00Z"
const later = "2026-01-01T11:00:00Z"

interface Reading {
  /** The messages to which each value is added. */
  readonly bases: ReadonlyArray<Fields>
  /** A value for every field of the vendor's schema. */
  readonly values: Readonly<Record<string, unknown>>
  readonly toBody: (message: Fields) => unknown
}

const sendblueValues = {
  accountEmail: "a@example.com",
  account_email: "a@example.com",
  app_card: { name: "x" },
  content: "good morning",
  date_created: later,
  date_sent: later,
  date_updated: later,
  error_code: 4000,
  error_detail: "a detail",
  error_message: "a message",
  error_reason: "a reason",
  from_number: other,
  group_display_name: "a group",
  group_id: "a group",
  is_outbound: false,
  location: { latitude: 1, longitude: 1 },
  media_url: "https://images.example.com/photo.jpg",
  message_handle: "another",
  message_type: "group",
  number: other,
  opted_out: true,
  participants: [person, other],
  plan: "a plan",
  reply_to: { message_handle: "before" },
  seat_id: "a seat",
  send_style: "confetti",
  sendblue_number: other,
  sender_email: "a@example.com",
  service: "SMS",
  status: "DELIVERED",
  thread_originator: { message_handle: "before" },
  to_number: other,
  was_downgraded: true
} as const satisfies Record<keyof typeof SendblueSchema.Message.fields, unknown>

const us = { handle: ours, is_me: true }
const they = { handle: person, is_me: false }

const linqValues = {
  id: "another",
  chat_id: "a chat",
  delivery_status: "delivered",
  is_from_me: false,
  is_delivered: true,
  is_read: true,
  from: other,
  from_handle: { handle: other },
  parts: [{ type: "text", value: "good morning" }],
  effect: { type: "screen", name: "confetti" },
  reply_to: { message_id: "before" },
  service: "SMS",
  preferred_service: "SMS",
  created_at: later,
  updated_at: later,
  sent_at: later,
  delivered_at: later,
  read_at: later,
  reconciled_at: later
} as const satisfies Record<keyof typeof LinqSchema.Message.fields, unknown>

const readings: Readonly<Record<Calls.Vendor, Reading>> = {
  sendblue: {
    bases: [
      { message_handle: "1", content: "hello", is_outbound: true, status: "SENT", from_number: ours, to_number: person },
      { message_handle: "1", content: "hello", is_outbound: true, status: "ERROR", from_number: ours, to_number: person },
      { message_handle: "1", content: "hello", is_outbound: false, status: "RECEIVED", from_number: person, to_number: ours }
    ],
    values: sendblueValues,
    toBody: (data) => ({ status: "OK", data })
  },
  linq: {
    bases: [
      {
        id: "1",
        parts: [{ type: "text", value: "hello" }],
        is_from_me: true,
        from_handle: us,
        created_at: earlier,
        delivery_status: "sent"
      },
      { id: "1", parts: [{ type: "text", value: "hello" }], from_handle: they, created_at: earlier },
      { id: "1", parts: [{ type: "text", value: "hello" }], created_at: earlier }
    ],
    values: linqValues,
    toBody: (message) => message
  }
}

const carrierOf = (vendor: Calls.Vendor): Described => {
  const found = carriers.find(({ id }) => id === vendor)
  if (found === undefined) throw new Error(`no carrier ${vendor}`)
  return found
}

const readMessage = (vendor: Calls.Vendor, message: Fields): Promise<Message> =>
  messageOf(carrierOf(vendor), { status: 200, body: JSON.stringify(readings[vendor].toBody(message)) })

const changed = (before: Message, after: Message): ReadonlyArray<string> => {
  const [one, other] = [before, after].map((message) =>
    new Map(Object.entries(message).map(([name, value]) => [name, JSON.stringify(value)]))
  )
  if (one === undefined || other === undefined) return []
  return Array.from(new Set([...one.keys(), ...other.keys()])).filter((name) => one.get(name) !== other.get(name))
}

/** By the vendor's field: the fields of Interline's message that it makes. `metadata` only: no other vendor has it, so it is kept as it came. */
const meaningsOf = async (vendor: Calls.Vendor): Promise<ReadonlyMap<string, ReadonlyArray<string>>> => {
  const { bases, values } = readings[vendor]
  const found = new Map<string, ReadonlyArray<string>>()
  for (const [field, value] of Object.entries(values)) {
    let made: ReadonlyArray<string> = []
    // some fields count only where another one is absent
    for (const base of bases) {
      if (made.length > 0) break
      const after = await readMessage(vendor, { ...base, [field]: value })
      made = changed(await readMessage(vendor, base), after).filter((name) => name !== "metadata")
    }
    found.set(field, made)
  }
  return found
}

const account = "Linq names no account, plan or seat in a message."
const inChat = "The chat has it: `GET /v3/chats/{chatId}`."
const failed = "Linq tells why a message failed in the event `message.failed`: `code` and `reason`."

/** What to do where the other vendor has no such field. */
const without: Readonly<Record<Calls.Vendor, Readonly<Record<string, string>>>> = {
  sendblue: {
    accountEmail: account,
    account_email: account,
    plan: account,
    seat_id: account,
    sender_email: account,
    error_code: failed,
    error_detail: failed,
    error_message: failed,
    error_reason: failed,
    group_display_name: `${inChat} Its \`display_name\`.`,
    message_type: `${inChat} Its \`is_group\`.`,
    number: `${inChat} The other person of its \`handles\`.`,
    to_number: `${inChat} The people of its \`handles\`.`,
    participants: `${inChat} Its \`handles\`.`,
    sendblue_number: `${inChat} The one of its \`handles\` with \`is_me\`.`,
    opted_out: `${inChat} Its \`health_status\` is \`OPTED_OUT\`, and a send is refused with 403 \`2024\`.`,
    thread_originator: "Linq has `reply_to` and `GET /v3/messages/{messageId}/thread`.",
    was_downgraded: "Compare `service` with `preferred_service`."
  },
  linq: {
    preferred_service: "Sendblue chooses the service itself.",
    delivered_at: "Keep the time at which the webhook with the status came.",
    read_at: "Keep the time at which the webhook with the status came.",
    reconciled_at: "Sendblue does not mark a message that came late. Compare `date_sent` with the time at which it came."
  }
}

export const messagesTable = async ({ from, to }: Calls.Direction): Promise<string> => {
  const own = await meaningsOf(from)
  const others = await meaningsOf(to)
  const left = new Set(Object.keys(without[from]))
  const rows = Array.from(own, ([field, meanings]) => {
    const counterparts = Array.from(others).flatMap(([other, itsMeanings]) =>
      itsMeanings.some((each) => meanings.includes(each)) ? [other] : []
    )
    const instead = without[from][field]
    left.delete(field)
    if ((counterparts.length === 0) !== (instead !== undefined)) {
      throw new Error(`say what stands for ${field}, if nothing does: ${instead}`)
    }
    return [
      code(field),
      meanings.length === 0 ? "kept in `metadata`" : meanings.map(code).join(", "),
      counterparts.length === 0 ? "none" : counterparts.map(code).join(", "),
      instead ?? ""
    ]
  })
  if (left.size > 0) throw new Error(`no field is called ${Array.from(left).join(", ")}`)
  return table([`${names[from]}'s field`, "Interline's field", `${names[to]}'s field`, "Where it is instead"], rows)
}
