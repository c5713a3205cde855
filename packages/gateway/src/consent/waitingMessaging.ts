/**
 * A `Messaging` service that reaches no person before the gateway knows which people opted out while it was not running. A request waits
 * for that. When the allowed wait is over, the request is refused in two cases. First: one of its people is known to a carrier that could
 * not be read back, so an opt-out of this person may be missing. Second: the request names no person, and no carrier says which people it
 * would reach.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import type { MessageTarget } from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import type { Operation } from "@interline/core/Operation"
import type { Peer } from "@interline/core/Peer"
import * as Plan from "@interline/core/Plan"
import { NotSent } from "@interline/core/SendError"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ConsentGate, type ConsentGateService } from "../catchup/waitForOptOuts.ts"
import * as ConfiguredNumbers from "../config/configuredNumbers.ts"

type People = ReadonlyArray<Handle.Handle>

const later = Duration.seconds(30)

const notReady = (carrierId: CarrierId, operation: Operation) =>
  MessagingError.make("NotReady", {
    carrierId,
    operation,
    retryAfter: later,
    detail: "this carrier knows the person, and what was said to it while nobody listened could not be read back yet"
  })

export const make = (
  messaging: MessagingService,
  gate: ConsentGateService,
  ledger: Pick<LedgerService, "contact" | "binding">,
  carriers: ReadonlyArray<ConfiguredNumbers.Reporting>
): MessagingService => {
  const wasInTouch = (carrierId: CarrierId, line: LineName, person: Handle.Handle): Effect.Effect<boolean> =>
    Effect.map(ledger.contact(carrierId, line, person), ({ inboundAt, outboundAt }) => inboundAt !== undefined || outboundAt !== undefined)

  const isBound = (carrierId: CarrierId, line: LineName, person: Handle.Handle): Effect.Effect<boolean> =>
    Effect.map(
      ledger.binding(Conversation.key(Conversation.direct(line, person))),
      Option.exists((binding) => binding.carrierId === carrierId)
    )

  const knows = (carrierId: CarrierId, lines: ReadonlyArray<LineName>, people: ReadonlyArray<Handle.Handle>): Effect.Effect<boolean> =>
    Effect.exists(
      lines,
      (line) =>
        Effect.exists(
          people,
          (person) =>
            Effect.flatMap(wasInTouch(carrierId, line, person), (was) => was ? Effect.succeed(true) : isBound(carrierId, line, person))
        )
    )

  /** Finds a carrier that knows one of these people and that was not read back. */
  const findDoubtful = (people: ReadonlyArray<Handle.Handle>): Effect.Effect<CarrierId | undefined> =>
    Effect.suspend(() => {
      const waiting = carriers.filter(({ id }) => gate.unread().includes(id))
      return Effect.map(
        Effect.filter(waiting, ({ id, lines }) => knows(id, Array.from(lines.keys()), people)),
        ([first]) => first?.id
      )
    })

  const ours = new Set(carriers.flatMap(({ lines }) => Array.from(lines.values(), String)))
  const peopleOf = (peers: ReadonlyArray<Peer | undefined>): People =>
    peers.flatMap((peer) => peer !== undefined && Handle.isHandle(peer) && !ours.has(peer) ? [peer] : [])

  // The carrier of a chat or a message says which people are in it. A carrier that was not read back is not asked.
  const findInChat = (to: Conversation.ChatTarget): Effect.Effect<People | undefined, MessagingError.MessagingError> =>
    Conversation.isConversation(to)
      ? Effect.succeed(Conversation.recipients(to))
      : gate.unread().includes(to.carrierId)
      ? Effect.succeed(undefined)
      : Effect.map(messaging.getChat(to), ({ participants }) => peopleOf(participants.map(({ peer }) => peer)))

  const findOfMessage = (target: MessageTarget): Effect.Effect<People | undefined, MessagingError.MessagingError> =>
    typeof target !== "string" && gate.unread().includes(target.carrierId)
      ? Effect.succeed(undefined)
      : Effect.flatMap(messaging.getMessage(target), ({ chat, from, isGroup, ref, to }) =>
        gate.unread().includes(ref.carrierId)
          ? Effect.succeed(undefined)
          : isGroup !== true
          ? Effect.succeed(peopleOf([from, ...to]))
          : chat === undefined
          ? Effect.succeed(undefined)
          : findInChat(chat))

  const afterGate = <A>(
    operation: Operation,
    people: () => Effect.Effect<People | undefined, MessagingError.MessagingError>,
    request: Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> => {
    const ask = Effect.suspend(() => {
      const [first] = gate.unread()
      return first === undefined ?
        request :
        Effect.flatMap(
          Effect.suspend(people),
          (found) =>
            Effect.flatMap(
              found === undefined || found.length === 0 ? Effect.succeed(first) : findDoubtful(found),
              (carrierId) => carrierId === undefined ? request : Effect.fail(notReady(carrierId, operation))
            )
        )
    })
    return Effect.suspend(() => gate.unread().length === 0 ? request : Effect.zipRight(gate.waited, ask))
  }

  const sendIfClear: MessagingService["send"] = (to, what, options) =>
    // Plain JavaScript may pass any value. The service itself refuses a value that is not a conversation.
    Effect.flatMap(Conversation.isConversation(to) ? findDoubtful(Conversation.recipients(to)) : Effect.succeed(undefined), (carrierId) =>
      carrierId === undefined
        ? messaging.send(to, what, options)
        : Effect.flatMap(DeliveryId.mint, (deliveryId) =>
          Effect.fail(new NotSent({ deliveryId, losses: [], attempts: [], error: notReady(carrierId, "send") }))))

  return {
    ...messaging,
    send: (to, what, options) =>
      gate.unread().length === 0
        ? messaging.send(to, what, options)
        : Effect.zipRight(gate.waited, Effect.suspend(() => sendIfClear(to, what, options))),
    // A plan waits for nothing: it says what the send would be refused with if the carrier could not be read back meanwhile.
    plan: (to, what, options) =>
      gate.unread().length === 0 || !Conversation.isConversation(to)
        ? messaging.plan(to, what, options)
        : Effect.zipWith(
          messaging.plan(to, what, options),
          findDoubtful(Conversation.recipients(to)),
          (plans, carrierId) =>
            carrierId === undefined
              ? plans
              : plans.map((plan) => plan._tag === "Sendable" ? Plan.bar(plan, notReady(carrierId, "send")) : plan)
        ),
    sendVoiceMemo: (to, audio) => afterGate("sendVoiceMemo", () => findInChat(to), messaging.sendVoiceMemo(to, audio)),
    sendPoll: (to, poll) => afterGate("sendPoll", () => findInChat(to), messaging.sendPoll(to, poll)),
    addPollOptions: (message, options) =>
      afterGate("addPollOptions", () => findOfMessage(message), messaging.addPollOptions(message, options)),
    voteInPoll: (message, option, voted) =>
      afterGate("voteInPoll", () => findOfMessage(message), messaging.voteInPoll(message, option, voted)),
    edit: (message, text, options) => afterGate("edit", () => findOfMessage(message), messaging.edit(message, text, options)),
    react: (message, reaction, options) => afterGate("react", () => findOfMessage(message), messaging.react(message, reaction, options)),
    unreact: (message, reaction, options) =>
      afterGate("unreact", () => findOfMessage(message), messaging.unreact(message, reaction, options)),
    moveSticker: (message, reactionId, placement, options) =>
      afterGate("moveSticker", () => findOfMessage(message), messaging.moveSticker(message, reactionId, placement, options)),
    updateChat: (chat, change) => afterGate("updateChat", () => findInChat(chat), messaging.updateChat(chat, change)),
    shareContactCard: (chat) => afterGate("shareContactCard", () => findInChat(chat), messaging.shareContactCard(chat)),
    requestLocation: (chat) => afterGate("requestLocation", () => findInChat(chat), messaging.requestLocation(chat)),
    addParticipant: (chat, handle) =>
      afterGate(
        "addParticipant",
        () => Effect.map(findInChat(chat), (people) => people === undefined ? undefined : [...people, handle]),
        messaging.addParticipant(chat, handle)
      ),
    startTyping: (chat) => afterGate("startTyping", () => findInChat(chat), messaging.startTyping(chat))
  }
}

/** The same layer, with its `Messaging` service behind the gate. Other services of the layer stay as they are. */
export const layer = <A, E, R>(unguarded: Layer.Layer<A | Messaging, E, R>): Layer.Layer<A | Messaging, E, R | Ledger> =>
  Layer.flatMap(unguarded, (context) =>
    Layer.effectContext(
      Effect.gen(function*() {
        const messaging = Context.get(context, Messaging)
        const carriers = ConfiguredNumbers.reporting(messaging.carriers, yield* ConfiguredNumbers.OwnLines)
        return Context.add(context, Messaging, make(messaging, yield* ConsentGate, yield* Ledger, carriers))
      })
    ))
