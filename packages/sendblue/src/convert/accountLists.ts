/** Reads the messages of the whole account, and the groups that they are in. */
import type * as AccountLists from "@interline/core/AccountLists"
import type { Handle } from "@interline/core/Handle"
import type { MessagingError } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { SendblueClient } from "../wire/SendblueClient.ts"
import type * as SendblueSchema from "../wire/SendblueSchema.ts"
import type * as Events from "./events.ts"
import * as LiftAnswer from "./liftAnswer.ts"

/** The position of a walk: the time to read from, and how many rows from that time on were read already. */
export interface Place {
  readonly from: string | undefined
  readonly offset: number
}

// sendblue 3.17.0 and the docs of its event stream, read 2026-11-29
export const messagesPage = 100

// the largest offset that the list takes (the official command line stops there)
const furthest = 10_000

/**
 * The next page of a list that is in the order of a time. It begins at the last time that was read. It does not begin at an offset,
 * because offsets move while a list grows, and end at 10,000. Undefined at the end of the list.
 */
export const findNext = (place: Place, times: ReadonlyArray<string | undefined>, size: number): Place | undefined => {
  if (times.length < size) return undefined
  const last = times.findLast((time) => time !== undefined)
  const next: Place = last === undefined || Date.parse(last) === Date.parse(place.from ?? "")
    ? { from: place.from, offset: place.offset + times.length }
    : { from: last, offset: 0 }
  return next.offset > furthest ? undefined : next
}

/** One page of the messages by the time of their last change, the oldest change first. */
export const loadChanged = (
  client: SendblueClient,
  { from, offset }: Place
): Effect.Effect<ReadonlyArray<SendblueSchema.Message>, MessagingError> =>
  Effect.map(
    client.listMessages({
      limit: messagesPage,
      offset,
      order_by: "updatedAt",
      order_direction: "asc",
      ...(from === undefined ? {} : { updated_at_gte: from })
    }),
    ({ data }) => data
  )

/** Our number in a message. */
export const numberOf = (wire: SendblueSchema.Message): string | undefined =>
  wire.sendblue_number ?? (wire.is_outbound === true ? wire.from_number : wire.to_number?.[0])

export interface Parts {
  readonly client: SendblueClient
  readonly context: Pick<Events.Context, "carrierId" | "ours">
  readonly reading: <A>(read: Effect.Effect<A, MessagingError>) => Effect.Effect<A, MessagingError>
}

type Page = Pick<AccountLists.AccountPage, "records" | "unreadable">

const StoredPlace = Schema.parseJson(Schema.Struct({ from: Schema.optional(Schema.String), offset: Schema.NonNegativeInt }))

const decodePlace = Schema.decodeUnknownEither(StoredPlace)
const writePlace = ({ from, offset }: Place): string => JSON.stringify({ from, offset })

/** A place that cannot be read is the beginning: what is read twice does no harm. */
const readPlace = (text: string | undefined): Place =>
  Either.match(decodePlace(text), {
    onLeft: (): Place => ({ from: undefined, offset: 0 }),
    onRight: ({ from, offset }) => ({ from, offset })
  })

const writtenAt = ({ date_created, date_sent, date_updated }: SendblueSchema.Message): number | undefined =>
  LiftAnswer.millisOf(date_sent) ?? LiftAnswer.millisOf(date_created) ?? LiftAnswer.millisOf(date_updated)

export const make = ({ client, context: { carrierId, ours }, reading }: Parts): ReadonlyArray<AccountLists.AccountList> => {
  /** Everybody in the list who is not one of our numbers. */
  const othersIn = (numbers: ReadonlyArray<string | undefined>): ReadonlyArray<Handle> =>
    Array.from(new Set(numbers.flatMap(LiftAnswer.handleOf))).filter((handle) => !ours.has(handle))

  const otherSide = (wire: SendblueSchema.Message): ReadonlyArray<string | undefined> =>
    LiftAnswer.isOutbound(wire) ? wire.number ?? wire.to_number ?? [] : [wire.from_number, ...(wire.number ?? [])]

  const ofMessage = (wire: SendblueSchema.Message): Page => {
    const { group_id, message_handle, participants } = wire
    if (message_handle === undefined) return { records: [], unreadable: [{ what: "a message", why: "it has no handle that can be read" }] }
    const number = LiftAnswer.phoneOf(numberOf(wire))
    const people = othersIn([...otherSide(wire), ...(participants ?? [])]).filter((handle) => handle !== number)
    const lacks = number === undefined ? "our number" : people.length === 0 ? "the person's number" : undefined
    return {
      records: [{
        _tag: "Message",
        ref: { carrierId, id: message_handle },
        direction: LiftAnswer.isOutbound(wire) ? "outbound" : "inbound",
        isGroup: group_id !== undefined,
        people,
        ...present({
          number,
          at: writtenAt(wire),
          chat: group_id === undefined ? undefined : { carrierId, id: group_id }
        })
      }],
      unreadable: lacks === undefined ? [] : [{ what: `message ${message_handle}`, why: `${lacks} cannot be read; only its handle was` }]
    }
  }

  /** A group with its present members. Sendblue has no list of groups, so a message shows that there is one. */
  const findGroup = (id: string, message: SendblueSchema.Message): Effect.Effect<Page, MessagingError> => {
    const number = LiftAnswer.phoneOf(numberOf(message))
    const page = (people: ReadonlyArray<Handle>): Page =>
      people.length === 0
        ? { records: [], unreadable: [{ what: `group ${id}`, why: "its members cannot be read" }] }
        : {
          records: [{
            _tag: "Chat",
            chat: { carrierId, id },
            isGroup: true,
            people,
            ...present({ number, at: writtenAt(message) })
          }],
          unreadable: []
        }
    return reading(client.getGroup(id)).pipe(
      Effect.map((group) => page(LiftAnswer.peopleOf(group, number === undefined ? ours : new Set([...ours, number])))),
      // the group is gone: the message still says who was in it
      Effect.catchIf(
        ({ reason }) => reason === "NotFound",
        () => Effect.succeed(page(othersIn(message.participants ?? []).filter((handle) => handle !== number)))
      )
    )
  }

  const groups = new Set<string>()

  return [{
    name: "messages",
    read: (text) =>
      Effect.gen(function*() {
        const place = readPlace(text)
        const rows = yield* reading(loadChanged(client, place))
        const found: Array<Page> = []
        for (const row of rows) {
          if (row.group_id !== undefined && !groups.has(row.group_id)) {
            found.push(yield* findGroup(row.group_id, row))
            groups.add(row.group_id)
          }
          found.push(ofMessage(row))
        }
        const times = rows.map(({ date_updated }) => date_updated)
        const next = findNext(place, times, messagesPage)
        const last = LiftAnswer.millisOf(times.findLast((time) => time !== undefined))
        // more messages changed in one millisecond than the list gives
        const isCut = next === undefined && rows.length >= messagesPage
        const beyond = isCut && last !== undefined ? { from: new Date(last + 1).toISOString(), offset: 0 } : next
        return {
          records: found.flatMap(({ records }) => records),
          unreadable: [
            ...found.flatMap(({ unreadable }) => unreadable),
            ...(isCut
              ? [{ what: `messages changed at ${place.from ?? "a time that is not given"}`, why: "the list ends at 10,000 of them" }]
              : [])
          ],
          ...(beyond === undefined ? {} : { next: writePlace(beyond) })
        }
      })
  }]
}
