/**
 * Translates recorded calls of one vendor's API: each call becomes the requests of another vendor, with its losses, or a refusal. Nothing is
 * sent.
 */
import * as BoundedMap from "@interline/core/BoundedMap"
import * as Capabilities from "@interline/core/Capabilities"
import type { Planner } from "@interline/core/Carrier"
import { CarrierId } from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import * as Extras from "@interline/core/Extras"
import * as Handle from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import type { MessageRef } from "@interline/core/MessageRef"
import type { Operation } from "@interline/core/Operation"
import type * as Plan from "@interline/core/Plan"
import { isVendorId } from "@interline/core/VendorId"
import type { Reading, References } from "@interline/gateway/RequestReader"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { VendorName } from "interline/Vendors"
import type { RecordedCall } from "../calls/RecordedCall.ts"
import * as Vendors from "./vendors.ts"

/**
 * What a call becomes. `endpoint` is its method and the pattern of its path.
 *
 * - `Foreign`: the call went to another host.
 * - `NoEndpoint`: the vendor has no such endpoint.
 * - `Refused`: the front refuses it. `isCarried`: it takes other calls of this endpoint. `isSend`: the endpoint sends messages.
 * - `Send`: a message. `plan` is what the other vendor would be asked. `unknown` are the losses of fields that nobody passes on. `isFirst`:
 *   no earlier call was a message to this person or group. `hasUnknownMembers`: it goes to a group that the call names by its id only.
 * - `Operation`: something else, by its `operations`. `requests` are the endpoints of the other vendor; empty if the gateway answers by itself. `missing` are the
 *   operations that the other vendor does not have.
 *
 * @category models
 */
export type Translation =
  | { readonly _tag: "Foreign"; readonly host: string }
  | { readonly _tag: "NoEndpoint" }
  | Extract<Reading, { readonly _tag: "Refused" }>
  | {
    readonly _tag: "Send"
    readonly endpoint: string
    readonly to: Conversation.Conversation
    readonly draft: Draft
    readonly plan: Plan.Plan
    readonly unknown: ReadonlyArray<Loss>
    readonly isFirst: boolean
    readonly hasUnknownMembers: boolean
  }
  | {
    readonly _tag: "Operation"
    readonly endpoint: string
    readonly operations: ReadonlyArray<Operation>
    readonly requests: ReadonlyArray<string>
    readonly missing: ReadonlyArray<Operation>
    readonly unknown: ReadonlyArray<Loss>
  }

/**
 * Where calls come from, and where they are to go.
 *
 * @category models
 */
export interface Options {
  /** The vendor whose API the calls are of. */
  readonly from: VendorName
  /** The vendor that is to carry them. */
  readonly to: VendorName
  /** More hosts whose calls are the vendor's: a proxy, or a gateway. Default: none. */
  readonly hosts?: ReadonlyArray<string>
}

/**
 * Translates calls in the order in which they were made. It remembers which people and groups were written to, because the first message to
 * somebody may hold less than a later one.
 *
 * @category models
 */
export interface Translator {
  readonly translate: (call: RecordedCall) => Effect.Effect<Translation>
  /** Whether people or groups were forgotten because there are too many. Then counts of them are "at most". */
  readonly hasForgotten: () => boolean
}

/** So many people and groups are remembered at least, and at most twice as many. */
const capacity = 200_000

/** So many of our numbers keep their planner. */
const mostLines = 1_000

/** Stand for the members of a group whose members no call names. The real ones are read from the old vendor before the move. */
const placeholders: ReadonlyArray<Handle.Handle> = [Handle.make("+12025550198"), Handle.make("+12025550199")]

/** The line of calls that leave the choice to the vendor, and its number. */
const unlisted = LineName.make("unlisted")
const unlistedNumber = Handle.make("+12025550197")

/** Each number that calls send from is a line of its own, which is called after it. */
const lineName = (number: string): LineName => LineName.make(`n${number.slice(1)}`, true)

const numberOf = (line: LineName): Handle.Handle => line === unlisted ? unlistedNumber : Handle.Handle.make(`+${line.slice(1)}`, true)

const lineOf = (text: string): Option.Option<LineName> =>
  Handle.isHandle(text) && Handle.isPhone(text) ? Option.some(lineName(text)) : Option.none()

const noField = "neither the gateway nor the other vendor knows the field"

const toLosses = (unknown: ReadonlyArray<string>): ReadonlyArray<Loss> => unknown.map((from) => Extras.makeLoss(from, noField))

/** Makes what the ids of calls stand for. Nothing is known but what the calls say, so an id stands for something that will be imported. */
const makeReferences = (from: CarrierId, forgets: () => void): Effect.Effect<References> =>
  Effect.sync(() => {
    const groups = BoundedMap.make<string, Conversation.Group>(capacity)
    const find = (key: string, line: LineName, members: ReadonlyArray<Handle.Handle>): Effect.Effect<Conversation.Group> => {
      const known = groups.get(key)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(Conversation.group(line, members), (group) => {
        if (groups.size() >= capacity) forgets()
        groups.set(key, group)
        return group
      })
    }
    const refOf = (id: string): Option.Option<MessageRef> => isVendorId(id) ? Option.some({ carrierId: from, id }) : Option.none()
    return {
      lineOf,
      onlyLine: Option.some(unlisted),
      findMessage: (id) => Effect.succeed(refOf(id)),
      findAttachment: (id) => Effect.succeed(refOf(id)),
      // the gateway's map of ids keeps members in this order, too
      openGroup: (line, given) => {
        const members = [...given].sort()
        return find(`${line} ${members.join(" ")}`, line, members)
      },
      findConversation: (id, line) => Effect.asSome(find(`id ${id}`, Option.getOrElse(line, () => unlisted), placeholders))
    }
  })

/** The vendor's message that a draft replies to. */
const replyOf = ({ replyTo }: Draft): { readonly ref: MessageRef; readonly part: number } | undefined =>
  replyTo === undefined || typeof replyTo.to === "string" ? undefined : { ref: replyTo.to, part: replyTo.part ?? 0 }

/**
 * Makes a translator.
 *
 * @category constructors
 */
export const make = ({ from, hosts = [], to }: Options): Effect.Effect<Translator> =>
  Effect.gen(function*() {
    const source: Vendors.Row = Vendors.vendors[from]
    const target: Vendors.Row = Vendors.vendors[to]
    const own = new Set([...source.hosts, ...hosts.map((host) => host.toLowerCase())])
    const targetId = CarrierId.make(to)
    const chats = yield* ChatBook.makeMemory(capacity)
    let hasForgotten = false
    const reader = source.makeReader(
      yield* makeReferences(CarrierId.make(from), () => {
        hasForgotten = true
      })
    )
    const planners = BoundedMap.make<LineName, Planner>(mostLines)
    // by conversation: whether its chat is open
    const written = BoundedMap.make<string, boolean>(capacity)

    const plannerOf = (line: LineName): Effect.Effect<Planner> => {
      const known = planners.get(line)
      if (known !== undefined) return Effect.succeed(known)
      const number = numberOf(line)
      const place = { carrierId: targetId, lines: new Map(Handle.isPhone(number) ? [[line, number]] : []) }
      return Effect.tap(Effect.provideService(target.planner(place), ChatBook.ChatBook, chats), (planner) =>
        Effect.sync(() => planners.set(line, planner)))
    }

    const remember = (key: string, isOpen: boolean): void => {
      if (written.size() >= capacity) {
        hasForgotten = true
      }
      written.set(key, isOpen)
    }

    const translateSend = ({ draft, endpoint, to, unknown }: Extract<Reading, { readonly _tag: "Send" }>): Effect.Effect<Translation> => {
      const replyTo = replyOf(draft)
      const asked = { conversation: to, draft, fidelity: "adapt", ...(replyTo === undefined ? {} : { replyTo }) } as const
      return Effect.flatMap(
        Effect.flatMap(plannerOf(to.line), (planner) =>
          planner.plan(asked)),
        (plan) => {
          const key = Conversation.key(to)
          const isOpen = written.get(key)
          // a message that is sent opens the chat, so the next one is planned for a chat that is known
          const opens = plan._tag === "Sendable" && isOpen !== true
          if (opens || isOpen === undefined) remember(key, opens)
          const translation: Translation = {
            _tag: "Send",
            endpoint,
            to,
            draft,
            plan,
            unknown: toLosses(unknown),
            isFirst: isOpen === undefined,
            hasUnknownMembers: to._tag === "Group" && to.members === placeholders
          }
          return opens ? Effect.as(chats.bind(to, { carrierId: targetId, id: chatId }), translation) : Effect.succeed(translation)
        }
      )
    }

    const translateOperation = (
      { endpoint, operations, unknown }: Extract<Reading, { readonly _tag: "Operation" }>
    ): Translation => ({
      _tag: "Operation",
      endpoint,
      operations,
      requests: operations.flatMap((operation) => Vendors.requestsOf(target, operation)),
      missing: operations.filter((operation) => !Capabilities.supports(target.capabilities, operation)),
      unknown: toLosses(unknown)
    })

    return {
      hasForgotten: () => hasForgotten,
      translate: (call) =>
        call.host !== undefined && !own.has(call.host)
          ? Effect.succeed({ _tag: "Foreign", host: call.host })
          : Effect.flatMap(reader.read(call), (reading): Effect.Effect<Translation> => {
            switch (reading._tag) {
              case "Send":
                return translateSend(reading)
              case "Operation":
                return Effect.succeed(translateOperation(reading))
              case "Refused":
              case "NoEndpoint":
                return Effect.succeed(reading)
            }
          })
    }
  })

/**
 * The id of a chat in a plan, which only the vendor can give.
 *
 * @category constants
 */
export const chatId = "chatId"
