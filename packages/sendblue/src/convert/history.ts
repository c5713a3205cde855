/** Reads contacts and messages page by page and converts them to opt-outs and events. */
import type { Handle } from "@interline/core/Handle"
import * as History from "@interline/core/History"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SendblueClient } from "../wire/SendblueClient.ts"
import type * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as AccountLists from "./accountLists.ts"
import * as Events from "./events.ts"
import * as LiftAnswer from "./liftAnswer.ts"
import * as PastCalls from "./pastCalls.ts"

export interface Parts {
  readonly client: SendblueClient
  readonly context: Events.Context
  readonly lines: ReadonlySet<string>
  readonly reading: <A>(read: Effect.Effect<A, MessagingError>) => Effect.Effect<A, MessagingError>
}

// sendblue 3.17.0, read 2026-11-29
const contactsPage = 1_000

type Place = AccountLists.Place

const { messagesPage, numberOf } = AccountLists

/** Reads a list in the order of a time. Rows of exactly the time at which a page begins are read twice, which does no harm. */
const walk = <A>(
  load: (place: Place) => Effect.Effect<ReadonlyArray<A>, MessagingError>,
  timeOf: (row: A) => string | undefined,
  size: number,
  from: string | undefined
): Stream.Stream<ReadonlyArray<A>, MessagingError> =>
  Stream.paginateEffect<Place, ReadonlyArray<A>, MessagingError, never>(
    { from, offset: 0 },
    (place) => Effect.map(load(place), (rows) => [rows, Option.fromNullable(AccountLists.findNext(place, rows.map(timeOf), size))])
  )

/** The fields of a contact. Live answers use several spellings of each field. */
const contactOf = (
  wire: SendblueSchema.Contact
): { readonly phone: string | undefined; readonly optOut: boolean | undefined; readonly createdAt: string | undefined } => {
  const text = (...names: ReadonlyArray<string>) =>
    names.map((name) => (wire as Readonly<Record<string, unknown>>)[name]).find((value) => typeof value === "string")
  const flag = (...names: ReadonlyArray<string>) =>
    names.map((name) => (wire as Readonly<Record<string, unknown>>)[name]).find((value) => typeof value === "boolean")
  return {
    phone: text("phone", "contact_primary_phone", "number"),
    optOut: flag("opt_out", "optOut", "opted_out"),
    createdAt: text("created_at", "createdAt")
  }
}

export const make = ({ client, context, lines, reading }: Parts): History.CarrierHistory => {
  const isOurs = History.isOurs(lines)

  const contacts = walk(
    ({ from, offset }) =>
      reading(client.listContacts({
        limit: contactsPage,
        offset,
        order_by: "created_at",
        order_direction: "asc",
        ...(from === undefined ? {} : { created_at_gte: from })
      })),
    (contact) => contactOf(contact).createdAt,
    contactsPage,
    undefined
  )

  /** The people who wrote, the newest message first. So the first row of a person shows the newest state. */
  const writers = walk(
    ({ from, offset }) =>
      Effect.map(
        reading(client.listMessages({
          limit: messagesPage,
          offset,
          is_outbound: false,
          order_by: "createdAt",
          order_direction: "desc",
          ...(from === undefined ? {} : { created_at_lte: from })
        })),
        ({ data }) => data
      ),
    ({ date_created, date_sent }) => date_created ?? date_sent,
    messagesPage,
    undefined
  )

  const optOuts = Stream.suspend(() => {
    // the record of a contact counts more than the copy in a message
    const known = new Set<string>()
    const record = (
      phone: string | undefined,
      optedOut: boolean | undefined,
      at: string | undefined
    ): ReadonlyArray<History.OptOutRecord> => {
      const [handle] = LiftAnswer.handleOf(phone)
      if (handle === undefined || optedOut === undefined || known.has(handle)) return []
      known.add(handle)
      const saidAt = at === undefined ? Number.NaN : Date.parse(at)
      return optedOut ? [{ handle, ...(Number.isNaN(saidAt) ? {} : { saidAt }) }] : []
    }
    return Stream.concat(
      // the time at which a contact was made is not the time of the opt-out, so there is no time
      Stream.map(contacts, (page) => page.flatMap((contact) => record(contactOf(contact).phone, contactOf(contact).optOut, undefined))),
      Stream.map(writers, (page) => page.flatMap((wire) => record(wire.from_number, wire.opted_out, wire.date_sent ?? wire.date_created)))
    )
  })

  /** Our messages, the oldest first. The list goes on from a time, so its order and the time must be of one kind. */
  const sent = (since: number) =>
    walk(
      ({ from, offset }) =>
        Effect.map(
          reading(client.listMessages({
            limit: messagesPage,
            offset,
            is_outbound: true,
            order_by: "sentAt",
            order_direction: "asc",
            ...(from === undefined ? {} : { sent_at_gte: from })
          })),
          ({ data }) => data
        ),
      ({ date_sent }) => date_sent,
      messagesPage,
      new Date(since).toISOString()
    )

  const changed = (since: number) =>
    walk(
      (place) => reading(AccountLists.loadChanged(client, place)),
      ({ date_updated }) => date_updated,
      messagesPage,
      new Date(since).toISOString()
    )

  /**
   * The mark on a listed message shows the state of today, not the state at the time of the message. So it counts once for each person,
   * after all their messages, and only if none of these messages is an opt-out or an opt-in.
   */
  const eventsSince = (since: number): Stream.Stream<ReadonlyArray<MessagingEvent>, MessagingError> =>
    Stream.suspend(() => {
      const marked = new Map<Handle, MessagingEvent>()
      const said = new Set<Handle>()
      const eventsOf = (wire: SendblueSchema.Message): ReadonlyArray<MessagingEvent> => {
        const { opted_out, ...row } = wire
        const events = Events.events(context, row, undefined).filter((event) => isOurs(event, numberOf(wire)))
        for (const event of events) if (event._tag === "OptedOut" || event._tag === "OptedIn") said.add(event.handle)
        const person = wire.is_outbound === true ? undefined : LiftAnswer.handleOf(wire.from_number)[0]
        if (opted_out === true && person !== undefined && wire.group_id === undefined) {
          const line = LiftAnswer.phoneOf(numberOf(wire))
          marked.set(person, {
            _tag: "OptedOut",
            carrierId: context.carrierId,
            id: `${wire.message_handle ?? "unknown"} marked opted-out`,
            handle: person,
            ...(line === undefined ? {} : { line })
          })
        }
        return events
      }
      return Stream.concat(
        Stream.map(changed(since), (rows) => rows.flatMap(eventsOf)),
        Stream.suspend(() => Stream.make(Array.from(marked).flatMap(([person, event]) => said.has(person) ? [] : [event])))
      )
    })

  return {
    carrierId: context.carrierId,
    optOuts,
    events: eventsSince,
    calls: (since) => Stream.map(sent(since), (rows) => rows.flatMap(PastCalls.ofMessage(context.ours))),
    lists: AccountLists.make({ client, context, reading })
  }
}
