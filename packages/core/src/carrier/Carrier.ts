/**
 * The contract of a carrier, and the one place that builds a carrier from what an adapter supplies: capability gate,
 * suppression fence, retries, spans and error labels are added here, once, for every vendor.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AttachmentRef, Media } from "../content/Part.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { ChatTarget } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import * as Operation from "../names/Operation.ts"
import * as Problem from "../names/Problem.ts"
import * as MessagingError from "../outcome/MessagingError.ts"
import type { Outcome } from "../outcome/Outcome.ts"
import type { Knowledge as PlanKnowledge, Plan } from "../outcome/Plan.ts"
import type { Adapter, AdapterOperations, ChatContext, Environment, MessageContext, Planned } from "./Adapter.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { ChatBookService } from "./ChatBook.ts"
import * as Fence from "./live/fence.ts"
import * as Reconcile from "./live/reconcile.ts"
import * as ResolveAddress from "./live/resolveAddress.ts"
import * as Retry from "./live/retry.ts"
import * as SendPlan from "./live/sendPlan.ts"
import type { Operations, Reconciliation, SendRequest } from "./Operations.ts"
import * as Validate from "./validate.ts"

/**
 * A vendor behind the neutral operations. `send` never fails for a vendor's reason: whatever happens is an `Outcome`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carrier extends Operations<MessageRef> {
  readonly id: CarrierId
  readonly vendor: string
  readonly capabilities: Capabilities
  readonly lines: ReadonlyMap<LineName, Phone>
  readonly plan: (request: Omit<SendRequest, "deliveryId" | "generation">) => Effect.Effect<Plan>
  readonly send: (request: SendRequest) => Effect.Effect<Outcome>
  readonly reconciliation?: Reconciliation
}

/**
 * A carrier as far as it plans: what it would be asked for a draft, without its credentials. One that is configured and not in use is
 * planned for by it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Planner extends Pick<Carrier, "id" | "lines" | "plan"> {}

/**
 * Builds a carrier from an adapter.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (adapter: Adapter, environment: Environment): Carrier => {
  const { capabilities, id, lines } = adapter
  const retry = Retry.make(environment.retry)
  const egress = Fence.make(id, environment.suppression)
  const addresses = ResolveAddress.make(adapter, environment.chats, retry)
  const { gate, numberOf, remember, resolveChat, resolveMessage } = addresses
  const { plan, send } = SendPlan.make(adapter, environment.chats, retry, egress, Fence.confirming(id, environment.suppression), addresses)

  const invalid = (operation: Operation.Operation, problems: ReadonlyArray<Problem.Problem>) =>
    Effect.fail(MessagingError.invalid(operation, problems, id))

  const implemented = <O extends keyof AdapterOperations>(
    operation: O
  ): Effect.Effect<AdapterOperations[O], MessagingError.MessagingError> => {
    const run: AdapterOperations[O] | undefined = adapter.operations[operation]
    return run === undefined ? Effect.fail(MessagingError.unsupported(id, operation)) : Effect.succeed(run)
  }

  const span = (operation: Operation.Operation) => ({ attributes: { carrier: id }, captureStackTrace: false, name: `Carrier.${operation}` })

  const traced = <A>(
    operation: Operation.Operation,
    effect: Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> => {
    const { name, ...options } = span(operation)
    return Effect.withSpan(effect, name, options)
  }

  // what is repeated is the request alone: lookups before it have repetitions of their own
  const repeated = <A>(
    operation: Operation.Operation,
    effect: Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> => Retry.repeat(effect, retry, Operation.traits[operation].effect === "read")

  const checked = <O extends keyof AdapterOperations, A>(
    operation: O,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O]) => Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> =>
    traced(
      operation,
      Effect.zipRight(gate(operation), problems.length > 0 ? invalid(operation, problems) : Effect.flatMap(implemented(operation), run))
    )

  const plain = <O extends keyof AdapterOperations, A>(
    operation: O,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O]) => Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> => checked(operation, problems, (adapted) => repeated(operation, run(adapted)))

  const inChat = <O extends keyof AdapterOperations, A>(
    operation: O,
    target: ChatTarget,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O], chat: ChatContext) => Effect.Effect<A, MessagingError.MessagingError>,
    alsoReaches: ReadonlyArray<Handle> = []
  ): Effect.Effect<A, MessagingError.MessagingError> =>
    checked(operation, problems, (adapted) =>
      Effect.flatMap(resolveChat(operation, target), (chat) =>
        repeated(
          operation,
          Operation.traits[operation].reaches
            ? egress(operation, [...chat.recipients, ...alsoReaches], run(adapted, chat))
            : run(adapted, chat)
        )))

  const onMessage = <O extends keyof AdapterOperations>(
    operation: O,
    ref: MessageRef,
    part: number | undefined,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O], message: MessageContext) => Effect.Effect<void, MessagingError.MessagingError>
  ): Effect.Effect<void, MessagingError.MessagingError> =>
    checked(
      operation,
      problems,
      (adapted) =>
        Effect.flatMap(
          resolveMessage(operation, ref, part),
          (message) => repeated(operation, egress(operation, message.chat.recipients, run(adapted, message)))
        )
    )

  const ownRef = (ref: MessageRef): ReadonlyArray<Problem.Problem> => {
    const problems = Validate.ref(ref, ["message"])
    return problems.length > 0 || ref.carrierId === id ? problems : [ResolveAddress.foreignMessage]
  }

  const ownFile = (file: AttachmentRef, path: ReadonlyArray<string>): ReadonlyArray<Problem.Problem> => {
    const problems = Validate.ref(file, path)
    return problems.length > 0 || file.carrierId === id
      ? problems
      : [Problem.make("attachment", [...path, "carrierId"], "the attachment belongs to another carrier")]
  }

  const ownAudio = (audio: Media): ReadonlyArray<Problem.Problem> => {
    const problems = Validate.media(audio, ["audio"])
    return problems.length > 0 || !("attachment" in audio) ? problems : ownFile(audio.attachment, ["audio", "attachment"])
  }

  const carrier: Carrier = {
    id,
    vendor: adapter.vendor,
    capabilities,
    lines,
    plan,
    send,
    sendVoiceMemo: (to, audio) =>
      inChat("sendVoiceMemo", to, ownAudio(audio), (run, chat) => Effect.tap(run(chat, audio), (receipt) => remember(to, chat, receipt))),
    getMessage: (message) => plain("getMessage", ownRef(message), (run) => run(message)),
    listMessages: (of, page) => inChat("listMessages", of, Validate.page(page), (run, chat) => run(chat, page ?? {})),
    listThread: (message, page) => plain("listThread", [...ownRef(message), ...Validate.page(page)], (run) => run(message, page ?? {})),
    deleteRecord: (message) => plain("deleteRecord", ownRef(message), (run) => run(message)),
    edit: (message, text, options) =>
      onMessage("edit", message, Validate.partOf(options), Validate.text(text, ["text"]), (run, context) => run(context, text)),
    react: (message, reaction, options) =>
      onMessage("react", message, Validate.partOf(options), Validate.reaction(reaction), (run, context) => run(context, reaction)),
    unreact: (message, reaction, options) =>
      onMessage("unreact", message, Validate.partOf(options), Validate.reaction(reaction), (run, context) => run(context, reaction)),
    listChats: (query) =>
      plain("listChats", Validate.chatQuery(query), (run) => {
        const { line, with: other, ...page } = query ?? {}
        return line === undefined
          ? run({ ...page, from: undefined, with: other })
          : Effect.flatMap(numberOf("listChats", line), (from) => run({ ...page, from, with: other }))
      }),
    getChat: (chat) => inChat("getChat", chat, [], (run, context) => run(context)),
    updateChat: (chat, change) => inChat("updateChat", chat, Validate.chatChange(change), (run, context) => run(context, change)),
    markRead: (chat) => inChat("markRead", chat, [], (run, context) => run(context)),
    leaveChat: (chat) => inChat("leaveChat", chat, [], (run, context) => run(context)),
    shareContactCard: (chat) => inChat("shareContactCard", chat, [], (run, context) => run(context)),
    addParticipant: (chat, handle) =>
      inChat("addParticipant", chat, Validate.handles(handle, ["handle"]), (run, context) => run(context, handle), [handle]),
    removeParticipant: (chat, handle) =>
      inChat("removeParticipant", chat, Validate.handles(handle, ["handle"]), (run, context) => run(context, handle)),
    startTyping: (chat) => inChat("startTyping", chat, [], (run, context) => run(context)),
    stopTyping: (chat) => inChat("stopTyping", chat, [], (run, context) => run(context)),
    uploadAttachment: (upload) => plain("uploadAttachment", Validate.upload(upload), (run) => run(upload)),
    getAttachment: (attachment) => plain("getAttachment", ownFile(attachment, ["attachment"]), (run) => run(attachment)),
    deleteAttachment: (attachment) => plain("deleteAttachment", ownFile(attachment, ["attachment"]), (run) => run(attachment)),
    lookupService: (handle, line) =>
      plain(
        "lookupService",
        Validate.handles(handle, ["handle"]),
        (run) => line === undefined ? run(handle, undefined) : Effect.flatMap(numberOf("lookupService", line), (from) => run(handle, from))
      ),
    listLines: () => plain("listLines", [], (run) => run()),
    setForwarding: (line, number) =>
      plain(
        "setForwarding",
        number === null ? [] : Validate.phone(number, ["number"]),
        (run) => Effect.flatMap(numberOf("setForwarding", line), (from) => run(from, number))
      ),
    getContactCard: (line) =>
      plain("getContactCard", [], (run) => Effect.flatMap(numberOf("getContactCard", line), (from) => run(line, from))),
    setContactCard: (line, card) =>
      plain(
        "setContactCard",
        Validate.contactCard(card),
        (run) => Effect.flatMap(numberOf("setContactCard", line), (from) => run(line, from, card))
      ),
    setOptOut: (handle, optedOut) =>
      plain(
        "setOptOut",
        [...Validate.handles(handle, ["handle"]), ...Validate.flag(optedOut, ["optedOut"])],
        (run) => run(handle, optedOut)
      ),
    listWebhooks: () => plain("listWebhooks", [], (run) => run()),
    createWebhook: (subscription) => plain("createWebhook", Validate.subscription(subscription), (run) => run(subscription)),
    updateWebhook: (id, change) =>
      plain("updateWebhook", [...Validate.identifier(id, ["id"]), ...Validate.webhookChange(change)], (run) => run(id, change)),
    deleteWebhook: (id) => plain("deleteWebhook", Validate.identifier(id, ["id"]), (run) => run(id))
  }
  const { reconciliation } = adapter
  return reconciliation === undefined
    ? carrier
    : { ...carrier, reconciliation: Reconcile.make(adapter, reconciliation, carrier, retry, egress, addresses) }
}

/**
 * Builds a planner: it plans exactly as the carrier would.
 *
 * @since 0.1.0
 * @category constructors
 */
export const planner = (planned: Planned, chats: ChatBookService): Planner => ({
  id: planned.id,
  lines: planned.lines,
  plan: SendPlan.makePlanning(planned, chats).plan
})

/**
 * The idempotency key of one step of a send: stable for a delivery's generation, different for each step.
 *
 * @since 0.1.0
 * @category getters
 */
export const idempotencyKey: (deliveryId: DeliveryId, generation: number, step: number) => string = SendPlan.idempotencyKey

/**
 * What is known of a conversation at a carrier.
 *
 * @since 0.1.0
 * @category models
 */
export type Knowledge = PlanKnowledge
