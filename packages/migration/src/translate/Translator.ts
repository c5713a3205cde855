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
import type { LineName } from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import type { MessageRef } from "@interline/core/MessageRef"
import type { Operation } from "@interline/core/Operation"
import type * as Plan from "@interline/core/Plan"
import type { Reading, ShownChat } from "@interline/gateway/RequestReader"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { VendorName } from "interline/Vendors"
import type { Located } from "../calls/CallReader.ts"
import type { RecordedCall } from "../calls/RecordedCall.ts"
import * as KnownChats from "./knownChats.ts"
import * as Vendors from "./vendors.ts"

/**
 * What a call becomes. `endpoint` is its method and the pattern of its path.
 *
 * - `Foreign`: the call went to another host.
 * - `NoEndpoint`: the vendor has no such endpoint.
 * - `Refused`: the front refuses it. `isCarried`: it takes other calls of this endpoint. `isSend`: the endpoint sends messages.
 * - `Send`: a message. `plan` is what the other vendor would be asked. `unknown` are the losses of fields that nobody passes on. `isFirst`:
 *   no earlier call was a message to this person or group. `knows`: how much is known of the chat that the call names by its id. `no members`:
 *   it is a group, and nothing says who is in it. `no chat`: nothing says whether it is a group. Then the plan is that of a chat with one
 *   person.
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
    readonly knows: "all" | "no members" | "no chat"
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
 * somebody may hold less than a later one. It learns from answers who is in which chat.
 *
 * @category models
 */
export interface Translator {
  /** Learns chats from elsewhere, such as the vendor's list of chats. */
  readonly learn: (chats: ReadonlyArray<ShownChat>) => Effect.Effect<void>
  readonly translate: (call: RecordedCall) => Effect.Effect<Translation>
  /** Translates a call that is read already. */
  readonly translateDraft: (asked: NonNullable<Located["asked"]>, endpoint: string) => Effect.Effect<Translation>
  /** Whether people or groups were forgotten because there are too many. Then counts of them are "at most". */
  readonly hasForgotten: () => boolean
  readonly doubts: () => Doubts
}

/**
 * What is not certain of the conversations that were written to.
 *
 * - `groups`: so many of the groups may be counted twice: calls name them once by an id and once by their members, and no answer says which
 *   are the same.
 * - `doubled`: conversations that were counted twice for certain: first by an id of which nothing said who is in the chat, and then as what a
 *   later answer showed. `groups` by the id of a group, `unknown` by the id of a chat.
 *
 * @category models
 */
export interface Doubts {
  readonly groups: number
  readonly doubled: { readonly groups: number; readonly unknown: number }
}

/** So many people and groups are remembered at least, and at most twice as many. */
const capacity = 200_000

/** So many of our numbers keep their planner. */
const mostLines = 1_000

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

const readAnswer = (answer: NonNullable<RecordedCall["answer"]>): unknown =>
  typeof answer === "string" ? Either.getOrUndefined(parseJson(answer)) : answer

const noField = "neither the gateway nor the other vendor knows the field"

const toLosses = (unknown: ReadonlyArray<string>): ReadonlyArray<Loss> => unknown.map((from) => Extras.makeLoss(from, noField))

/** The vendor's message that a draft replies to. It is at the old vendor, also if the draft names it by the id of its delivery. */
const replyOf = ({ replyTo }: Draft, from: CarrierId): { readonly ref: MessageRef; readonly part: number } | undefined =>
  replyTo === undefined
    ? undefined
    : { ref: typeof replyTo.to === "string" ? { carrierId: from, id: replyTo.to } : replyTo.to, part: replyTo.part ?? 0 }

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
    const sourceId = CarrierId.make(from)
    const targetId = CarrierId.make(to)
    const chats = yield* ChatBook.makeMemory(capacity)
    let hasForgotten = false
    const known = KnownChats.make(sourceId, capacity, () => {
      hasForgotten = true
    })
    const reader = source.makeReader(known.references)
    const planners = BoundedMap.make<LineName, Planner>(mostLines)
    // by conversation: whether its chat is open
    const written = BoundedMap.make<string, boolean>(capacity)
    // those that were written to, and that may be the same as others
    const doubtful: Array<Conversation.Conversation> = []

    const plannerOf = (line: LineName): Effect.Effect<Planner> => {
      const known = planners.get(line)
      if (known !== undefined) return Effect.succeed(known)
      const number = KnownChats.numberOf(line)
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

    const isDoubtful = (to: Conversation.Conversation): boolean =>
      known.knowledgeOf(to) !== "all" || (to._tag === "Group" && known.lacksId(to))

    /** Whether a conversation was written to under another key, too. */
    const isDoubled = (to: Conversation.Conversation): boolean => {
      const same = known.becameOf(to)
      return same !== undefined && Conversation.key(same) !== Conversation.key(to) && written.get(Conversation.key(same)) !== undefined
    }

    const doubts = (): Doubts => {
      const doubled = doubtful.filter(isDoubled)
      const open = doubtful.flatMap((to) =>
        to._tag === "Group" && known.becameOf(to) === undefined ? [to] : []
      )
      const byMembers = open.filter(known.lacksId).length
      const byId = open.filter((to) => known.knowledgeOf(to) === "no members").length
      const groups = doubled.filter(({ _tag }) => _tag === "Group").length
      return { groups: Math.min(byMembers, byId), doubled: { groups, unknown: doubled.length - groups } }
    }

    const translateSend = ({ draft, endpoint, to, unknown }: Extract<Reading, { readonly _tag: "Send" }>): Effect.Effect<Translation> => {
      const replyTo = replyOf(draft, sourceId)
      const asked = { conversation: to, draft, fidelity: "adapt", ...(replyTo === undefined ? {} : { replyTo }) } as const
      return Effect.flatMap(
        Effect.flatMap(plannerOf(to.line), (planner) => planner.plan(asked)),
        (plan) => {
          const key = Conversation.key(to)
          const isOpen = written.get(key)
          // a message that is sent opens the chat, so the next one is planned for a chat that is known
          const opens = plan._tag === "Sendable" && isOpen !== true
          if (opens || isOpen === undefined) remember(key, opens)
          if (isOpen === undefined && doubtful.length < capacity && isDoubtful(to)) doubtful.push(to)
          const translation: Translation = {
            _tag: "Send",
            endpoint,
            to,
            draft,
            plan,
            unknown: toLosses(unknown),
            isFirst: isOpen === undefined,
            knows: known.knowledgeOf(to)
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

    /** An answer comes after its call, so what it shows holds for later calls. */
    const learnFrom = ({ answer }: RecordedCall, reading: Reading): Effect.Effect<void> =>
      answer === undefined
        ? Effect.void
        : known.learn(reader.chatsIn(readAnswer(answer)), reading._tag === "Send" ? reading.to : undefined)

    const toTranslation = (reading: Reading): Effect.Effect<Translation> => {
      switch (reading._tag) {
        case "Send":
          return translateSend(reading)
        case "Operation":
          return Effect.succeed(translateOperation(reading))
        case "Refused":
        case "NoEndpoint":
          return Effect.succeed(reading)
      }
    }

    return {
      learn: (chats) => known.learn(chats),
      hasForgotten: () => hasForgotten,
      doubts,
      translateDraft: ({ draft, to }, endpoint) => translateSend({ _tag: "Send", endpoint, to, draft, unknown: [] }),
      translate: (call) =>
        call.host !== undefined && !own.has(call.host)
          ? Effect.succeed({ _tag: "Foreign", host: call.host })
          : Effect.flatMap(
            reader.read(call),
            (reading) => Effect.zipLeft(toTranslation(reading), learnFrom(call, reading))
          )
    }
  })

/**
 * The id of a chat in a plan, which only the vendor can give.
 *
 * @category constants
 */
export const chatId = "chatId"

/**
 * The line that calls from a number have: each number is a line of its own.
 *
 * @category constructors
 */
export const lineName: (number: string) => LineName = KnownChats.lineName
