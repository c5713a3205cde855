/** Converts the events of Sendblue's event stream. An event of a message names only its handle, so the message is read. */
import * as AccountNotice from "@interline/core/AccountNotice"
import * as History from "@interline/core/History"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { SendblueClient } from "../wire/SendblueClient.ts"
import type * as SendblueEvents from "../wire/SendblueEvents.ts"
import * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as SendblueWords from "../wire/SendblueWords.ts"
import * as AccountLists from "./accountLists.ts"
import * as Events from "./events.ts"
import * as LiftAnswer from "./liftAnswer.ts"

export interface Parts {
  readonly client: SendblueClient
  readonly context: Events.Context
  readonly reading: <A>(read: Effect.Effect<A, MessagingError>) => Effect.Effect<A, MessagingError>
}

export interface LiveEvents {
  /** The events that a webhook about the same would have brought. */
  readonly convert: (event: SendblueEvents.AccountEvent) => Effect.Effect<ReadonlyArray<MessagingEvent>, MessagingError>
  /** The states of our lines, each with the time since which it holds. A state without such a time is left out: it may have been told before. */
  readonly states: Effect.Effect<ReadonlyArray<MessagingEvent>, MessagingError>
}

type Converted = Effect.Effect<ReadonlyArray<MessagingEvent>, MessagingError>

const decodeMessage = Schema.decodeUnknownOption(SendblueSchema.Message)
const decodeLineState = Schema.decodeUnknownOption(SendblueSchema.LineState)

const lineStatuses: ReadonlyMap<string, typeof SendblueWords.lineStatusToNeutral[SendblueWords.LineStatus]> = new Map(
  Object.entries(SendblueWords.lineStatusToNeutral)
)

/** A message may not be readable at once when its event comes. */
const again = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(3))

export const make = ({ client, context, reading }: Parts): LiveEvents => {
  const { carrierId, lines } = context
  const isOurs = History.isOurs(lines)

  const common = ({ id, occurred_at }: SendblueEvents.AccountEvent, word?: string) => ({
    carrierId,
    ...(id === undefined ? {} : { id: word === undefined ? id : `${id} ${word}` }),
    ...present({ at: LiftAnswer.timeOf(occurred_at) })
  })

  const unrecognized = (event: SendblueEvents.AccountEvent): ReadonlyArray<MessagingEvent> => [{
    _tag: "Unrecognized",
    ...common(event),
    kind: event.type,
    raw: event
  }]

  const ofRow = (row: SendblueSchema.Message): ReadonlyArray<MessagingEvent> =>
    Events.events(context, row, undefined).filter((event) => isOurs(event, AccountLists.numberOf(row)))

  /** The row of a message. None if Sendblue does not have it: its record was deleted. */
  const load = (handle: string): Effect.Effect<Option.Option<SendblueSchema.Message>, MessagingError> =>
    reading(client.getMessage(handle)).pipe(
      Effect.retry({ schedule: again, while: ({ reason }) => reason === "NotFound" }),
      Effect.map(Option.some),
      Effect.catchIf(({ reason }) => reason === "NotFound", () => Effect.succeedNone)
    )

  const message = (event: SendblueEvents.AccountEvent): Converted => {
    const given = decodeMessage(event.data?.["message"])
    const handle = [event.data?.["message_id"], event.data?.["message_handle"]].find((value) => typeof value === "string" && value !== "")
    // only a row that says what became of the message is used as it is
    const whole = Option.filter(
      given,
      (row) =>
        row.message_handle !== undefined && row.status !== undefined && row.is_outbound !== undefined && row.from_number !== undefined
    )
    if (Option.isSome(whole)) return Effect.succeed(ofRow(whole.value))
    return typeof handle !== "string"
      ? Effect.succeed(unrecognized(event))
      : Effect.map(load(handle), Option.match({ onNone: () => unrecognized(event), onSome: ofRow }))
  }

  /** A message of ours that was accepted. The answer to its send says the same, and an event follows for each later status, so it costs no read. */
  const created = (event: SendblueEvents.AccountEvent): Converted =>
    event.data?.["is_outbound"] === true ? Effect.succeed([]) : message(event)

  const typing = (event: SendblueEvents.AccountEvent): Converted => {
    const { data = {} } = event
    return Effect.succeed(
      typeof data["is_typing"] === "boolean" ? Events.events(context, data, "typing_indicator") : unrecognized(event)
    )
  }

  /** The event of a line's state. The id is made from the state, so that one state is told once, whoever tells it. */
  const ofState = (state: SendblueSchema.LineState): Option.Option<MessagingEvent> => {
    const number = LiftAnswer.phoneOf(state.sendblue_number)
    const neutral = lineStatuses.get(state.status ?? "")
    return number === undefined || !lines.has(number) || neutral === undefined || state.status === undefined
      ? Option.none()
      : Option.some({
        _tag: "Line",
        carrierId,
        ...present({ at: LiftAnswer.timeOf(state.status_changed_at) }),
        ...(state.status_changed_at === undefined
          ? {}
          : { id: `line:${state.worker_id ?? number}:status:${state.status}:${state.status_changed_at}` }),
        number,
        ...neutral,
        raw: state.status
      })
  }

  const state = (event: SendblueEvents.AccountEvent): Converted =>
    Effect.succeed(
      Option.match(Option.flatMap(decodeLineState(event.data), ofState), {
        onNone: () => unrecognized(event),
        onSome: (found) => [found.id === undefined ? { ...found, ...common(event) } : found]
      })
    )

  /** The event of a line that is named somewhere in the data, whose fields no page shows. */
  const line =
    (told: Pick<MessagingEvent & { readonly _tag: "Line" }, "status" | "available" | "gone" | "raw">) =>
    (event: SendblueEvents.AccountEvent): Converted => {
      const number = Events.lineIn(context, event.data ?? {})
      return Effect.succeed(number === undefined ? unrecognized(event) : [{ _tag: "Line", ...common(event), number, ...told }])
    }

  const unassigned = line({ status: "unknown", available: false, gone: true, raw: "unassigned" })

  /** There is no neutral event for it. */
  const opaque = (event: SendblueEvents.AccountEvent): Converted => Effect.succeed(unrecognized(event))

  // sendblue 3.17.0 (events), read 2026-11
  const rows: Readonly<Record<SendblueWords.StreamType, (event: SendblueEvents.AccountEvent) => Converted>> = {
    "message.received": message,
    "message.created": created,
    "message.updated": message,
    "typing.changed": typing,
    "line.assigned": line({ status: "unknown", available: true, raw: "assigned" }),
    "line.unassigned": (event) =>
      Effect.map(
        unassigned(event),
        (found) =>
          found.flatMap((one): ReadonlyArray<MessagingEvent> =>
            one._tag !== "Line" || one.number === undefined ? [one] : [one, {
              _tag: "Account",
              ...common(event, "notice"),
              kind: event.type,
              what: "line-gone",
              ...AccountNotice.meaningOf("line-gone"),
              number: one.number
            }]
          )
      ),
    "line.status.changed": state,
    "line.blocked": line({ status: "critical", available: false, raw: "line_blocked" }),
    // contacts and verifications are not in the neutral domain
    "contact.created": opaque,
    "verification.approved": opaque,
    "verification.expired": opaque,
    "verification.canceled": opaque
  }

  const isType = (word: string): word is SendblueWords.StreamType => Object.hasOwn(rows, word)

  return {
    convert: (event) => isType(event.type) ? rows[event.type](event) : opaque(event),
    states: reading(client.getLineStates()).pipe(
      Effect.map(({ data }) => data.flatMap((row) => row.status_changed_at === undefined ? [] : Option.toArray(ofState(row)))),
      // some accounts may not read the states of their lines
      Effect.catchIf(({ reason, status }) => reason !== "Authentication" && (status === 403 || status === 404), () => Effect.succeed([]))
    )
  }
}
