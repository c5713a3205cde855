import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Capabilities from "../Capabilities.ts"
import type { Adapter, AdapterOperations, Carrier, ChatContext, Environment, MessageContext, SendRequest } from "../Carrier.ts"
import type { ChatRef, ChatTarget, Conversation } from "../Conversation.ts"
import * as Conversations from "../Conversation.ts"
import type { DeliveryId } from "../DeliveryId.ts"
import type { Handle, Phone } from "../Handle.ts"
import type { LineName } from "../Line.ts"
import type { MessageRef } from "../MessageRef.ts"
import type { MessagingError } from "../MessagingError.ts"
import * as Errors from "../MessagingError.ts"
import type { Operation } from "../Operation.ts"
import * as Operations from "../Operation.ts"
import type { Outcome, Receipt } from "../Outcome.ts"
import * as Outcomes from "../Outcome.ts"
import type { AttachmentRef, Media } from "../Part.ts"
import type { Knowledge, Plan, Sendable, Step } from "../Plan.ts"
import * as Plans from "../Plan.ts"
import * as Problem from "../Problem.ts"
import * as Bounded from "./bounded.ts"
import * as Retry from "./retry.ts"
import * as Validate from "./validate.ts"

export const idempotencyKey = (deliveryId: DeliveryId, generation: number, step: number): string =>
  `${deliveryId}:${generation}:${step}`

const unknownLine = Problem.make("line", ["to", "line"], "this carrier has no number for the line; add it to its lines")

export const make = (adapter: Adapter, environment: Environment): Carrier => {
  const { capabilities, id, lines } = adapter
  const { chats, suppression } = environment
  const retry = Retry.make(environment.retry)
  /** Which chat a message of ours is in, so that reacting to it needs no lookup. */
  const located = Bounded.make<string, ChatContext>(10_000)

  const invalid = (operation: Operation, problems: ReadonlyArray<Problem.Problem>) => Effect.fail(Errors.invalid(operation, problems, id))

  // --- the fence ---

  const nobody = Problem.make("recipient", ["to"], "the carrier does not say who is in this chat, so nobody can be cleared; address it by its conversation")

  const fence = (operation: Operation, recipients: ReadonlyArray<Handle>): Effect.Effect<void, MessagingError> => {
    const [first, ...rest] = recipients
    if (first === undefined) return invalid(operation, [nobody])
    return Effect.flatMap(suppression.find(first), (entry) =>
      Option.isSome(entry)
        ? Effect.fail(Errors.make("Suppressed", { carrierId: id, operation, detail: `since a ${entry.value.source} opt-out` }))
        : rest.length === 0
        ? Effect.void
        : fence(operation, rest))
  }

  /** A carrier that refuses because one known person opted out teaches every other carrier. */
  const learn = (recipients: ReadonlyArray<Handle>) => (error: MessagingError): Effect.Effect<void> => {
    const [only, ...others] = recipients
    return error.reason === "OptedOut" && only !== undefined && others.length === 0 ? suppression.add(only, "error", id) : Effect.void
  }

  /** The last step before egress: every request that reaches a person goes through here, each repetition again. */
  const egress = <A>(
    operation: Operation,
    recipients: ReadonlyArray<Handle>,
    request: Effect.Effect<A, MessagingError>
  ): Effect.Effect<A, MessagingError> =>
    Effect.zipRight(fence(operation, recipients), Effect.tapError(request, learn(recipients)))

  // --- addresses ---

  const numberOf = (operation: Operation, line: LineName): Effect.Effect<Phone, MessagingError> => {
    const number = lines.get(line)
    return number === undefined ? invalid(operation, [unknownLine]) : Effect.succeed(number)
  }

  const kindOf = (conversation: Conversation): "direct" | "group" => conversation._tag === "Direct" ? "direct" : "group"

  const chatFor = (operation: Operation, conversation: Conversation, from: Phone): Effect.Effect<Option.Option<ChatRef>, MessagingError> =>
    Effect.flatMap(chats.find(id, conversation), (known) =>
      Option.isSome(known)
        ? Effect.succeed(known)
        : Effect.tap(lookup(operation, adapter.findChat(conversation, from)), (found) =>
          Option.isSome(found) ? chats.bind(conversation, found.value) : Effect.void))

  /** A failed lookup did nothing, whatever it is uncertain about. */
  const lookupFailed = (operation: Operation) => (error: MessagingError): MessagingError =>
    Errors.make(error.reason, {
      carrierId: id,
      operation,
      certainty: "not-sent",
      blame: error.blame,
      next: error.next === "reconcile" ? "reroute" : error.next,
      detail: `looking up the chat failed${error.detail === undefined ? "" : `: ${error.detail}`}`,
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(error.vendorCode === undefined ? {} : { vendorCode: error.vendorCode }),
      ...(error.traceId === undefined ? {} : { traceId: error.traceId }),
      ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
      ...(error.vendorMessage === undefined ? {} : { vendorMessage: Redacted.value(error.vendorMessage) })
    })

  const lookup = <A>(operation: Operation, effect: Effect.Effect<A, MessagingError>): Effect.Effect<A, MessagingError> =>
    Effect.mapError(Retry.repeat(effect, retry, true), lookupFailed(operation))

  /** The chat of a target, after the gate: a kind that is known without asking the vendor is refused without asking. */
  const resolveChat = (operation: Operation, target: ChatTarget): Effect.Effect<ChatContext, MessagingError> => {
    const problems = Validate.target(target)
    if (problems.length > 0) return invalid(operation, problems)
    if (!Conversations.isConversation(target)) {
      return target.carrierId === id
        ? Effect.tap(lookup(operation, adapter.describeChat(target)), (chat) => gate(operation, chat.kind))
        : invalid(operation, [Problem.make("type", ["to", "carrierId"], "the chat belongs to another carrier")])
    }
    const kind = kindOf(target)
    return Effect.flatMap(Effect.zipRight(gate(operation, kind), numberOf(operation, target.line)), (from) =>
      Effect.map(chatFor(operation, target, from), (chat): ChatContext => ({
        kind,
        recipients: Conversations.recipients(target),
        from,
        chat: Option.getOrUndefined(chat)
      })))
  }

  const resolveMessage = (operation: Operation, ref: MessageRef, part: number | undefined): Effect.Effect<MessageContext, MessagingError> => {
    const problems = [...Validate.ref(ref, ["message"]), ...Validate.partIndex(part)]
    if (problems.length > 0) return invalid(operation, problems)
    if (ref.carrierId !== id) return invalid(operation, [foreignMessage])
    const known = located.get(ref.id)
    const chat = known === undefined ? lookup(operation, adapter.chatOf(ref)) : Effect.succeed(known)
    return Effect.map(Effect.tap(chat, ({ kind }) => gate(operation, kind)), (chat) => ({ ref, part: part ?? 0, chat }))
  }

  const foreignMessage = Problem.make("type", ["message", "carrierId"], "the message belongs to another carrier")

  // --- the wrapper of every operation but send ---

  const refusal = (operation: Operation, kind: "direct" | "group" | undefined): MessagingError =>
    Errors.unsupported(id, operation, kind === undefined ? undefined : `not in ${kind} conversations`)

  const gate = (operation: Operation, kind?: "direct" | "group"): Effect.Effect<void, MessagingError> =>
    Capabilities.supports(capabilities, operation, kind) ? Effect.void : Effect.fail(refusal(operation, kind))

  const implemented = <O extends keyof AdapterOperations>(operation: O): Effect.Effect<AdapterOperations[O], MessagingError> => {
    const run: AdapterOperations[O] | undefined = adapter.operations[operation]
    return run === undefined ? Effect.fail(Errors.unsupported(id, operation)) : Effect.succeed(run)
  }

  const span = (operation: Operation) => ({ attributes: { carrier: id }, captureStackTrace: false, name: `Carrier.${operation}` })

  const traced = <A>(operation: Operation, effect: Effect.Effect<A, MessagingError>): Effect.Effect<A, MessagingError> => {
    const { name, ...options } = span(operation)
    return Effect.withSpan(effect, name, options)
  }

  // what is repeated is the request alone: lookups before it have repetitions of their own
  const repeated = <A>(operation: Operation, effect: Effect.Effect<A, MessagingError>): Effect.Effect<A, MessagingError> =>
    Retry.repeat(effect, retry, Operations.traits[operation].effect === "read")

  const checked = <O extends keyof AdapterOperations, A>(
    operation: O,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O]) => Effect.Effect<A, MessagingError>
  ): Effect.Effect<A, MessagingError> =>
    traced(
      operation,
      Effect.zipRight(gate(operation), problems.length > 0 ? invalid(operation, problems) : Effect.flatMap(implemented(operation), run))
    )

  const plain = <O extends keyof AdapterOperations, A>(
    operation: O,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O]) => Effect.Effect<A, MessagingError>
  ): Effect.Effect<A, MessagingError> => checked(operation, problems, (adapted) => repeated(operation, run(adapted)))

  const inChat = <O extends keyof AdapterOperations, A>(
    operation: O,
    target: ChatTarget,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O], chat: ChatContext) => Effect.Effect<A, MessagingError>,
    alsoReaches: ReadonlyArray<Handle> = []
  ): Effect.Effect<A, MessagingError> =>
    checked(operation, problems, (adapted) =>
      Effect.flatMap(resolveChat(operation, target), (chat) =>
        repeated(
          operation,
          Operations.traits[operation].reaches
            ? egress(operation, [...chat.recipients, ...alsoReaches], run(adapted, chat))
            : run(adapted, chat)
        )))

  const onMessage = <O extends keyof AdapterOperations>(
    operation: O,
    ref: MessageRef,
    part: number | undefined,
    problems: ReadonlyArray<Problem.Problem>,
    run: (operation: AdapterOperations[O], message: MessageContext) => Effect.Effect<void, MessagingError>
  ): Effect.Effect<void, MessagingError> =>
    checked(operation, problems, (adapted) =>
      Effect.flatMap(resolveMessage(operation, ref, part), (message) =>
        repeated(operation, egress(operation, message.chat.recipients, run(adapted, message)))))

  const ownRef = (ref: MessageRef): ReadonlyArray<Problem.Problem> => {
    const problems = Validate.ref(ref, ["message"])
    return problems.length > 0 || ref.carrierId === id ? problems : [foreignMessage]
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

  // --- send ---

  type Sending = Omit<SendRequest, "deliveryId" | "generation">

  const planWith = (request: Sending, from: Phone, knowledge: Knowledge): Plan =>
    adapter.plan({
      draft: request.draft,
      conversation: request.conversation,
      knowledge,
      from,
      fidelity: request.fidelity,
      ...(request.replyTo === undefined ? {} : { replyTo: request.replyTo })
    })

  const refusedLine: Plan = { _tag: "Refused", carrierId: id, problems: [unknownLine] }

  const refusedKind = (kind: "direct" | "group"): Plan => ({
    _tag: "Refused",
    carrierId: id,
    problems: [Problem.make("feature", ["to"], `this carrier does not send to ${kind} conversations`)]
  })

  const bookKnowledge = (conversation: Conversation): Effect.Effect<Knowledge> =>
    Effect.map(chats.find(id, conversation), (chat) => Option.isSome(chat) ? Plans.known(chat.value) : Plans.unknown)

  const plan = (request: Sending): Effect.Effect<Plan> => {
    const { conversation } = request
    const from = lines.get(conversation.line)
    return !Capabilities.supports(capabilities, "send", kindOf(conversation))
      ? Effect.succeed(refusedKind(kindOf(conversation)))
      : from === undefined
      ? Effect.succeed(refusedLine)
      : Effect.map(bookKnowledge(request.conversation), (knowledge) => planWith(request, from, knowledge))
  }

  /** What is known of the chat, looked up at the vendor if the plan depends on it. */
  const knowledgeFor = (request: Sending, from: Phone): Effect.Effect<Knowledge, MessagingError> =>
    Effect.flatMap(bookKnowledge(request.conversation), (knowledge) =>
      knowledge._tag === "Known" || !adapter.needsChat(request.draft)
        ? Effect.succeed(knowledge)
        : Effect.map(chatFor("send", request.conversation, from), (found) => Option.isSome(found) ? Plans.known(found.value) : Plans.isNew))

  /**
   * One step, repeated only where that is safe: under a key that the vendor honours, or after a certain refusal that says
   * "later". Once a try is unknown, only an acceptance can change that: a later refusal proves nothing about the first.
   */
  const performStep = (
    request: SendRequest,
    plan: Sendable,
    step: Step,
    index: number,
    startedAt: number,
    count: number,
    firstUnknown: MessagingError | undefined
  ): Effect.Effect<Receipt | typeof Outcomes.Rejected.Type | typeof Outcomes.Unknown.Type> => {
    const key = idempotencyKey(request.deliveryId, request.generation, index)
    const attempt = egress("send", Conversations.recipients(request.conversation), adapter.perform(step, key))
    return Effect.catchAll(attempt, (error) => {
      const unknown = firstUnknown ?? (error.certainty === "unknown" ? error : undefined)
      const mayRepeat = unknown === undefined ? Errors.isRetryLater(error) : step.keyed && error.reason !== "Suppressed"
      const delay = mayRepeat && count < retry.times ? retry.delay(error, count) : undefined
      if (delay !== undefined) {
        return Effect.flatMap(delay, (duration) =>
          Effect.zipRight(Effect.sleep(duration), performStep(request, plan, step, index, startedAt, count + 1, unknown)))
      }
      return Effect.succeed(
        unknown === undefined
          ? Outcomes.rejected(error, plan.losses)
          : Outcomes.unknown({ error: unknown, parts: step.parts, step: index, startedAt, ...(step.keyed ? { key } : {}) }, plan.losses)
      )
    })
  }

  const remember = (target: ChatTarget, context: ChatContext, receipt: Receipt): Effect.Effect<void> => {
    located.set(receipt.ref.id, { ...context, chat: receipt.chat ?? context.chat })
    return receipt.chat === undefined || !Conversations.isConversation(target) ? Effect.void : chats.bind(target, receipt.chat)
  }

  const performSteps = (
    request: SendRequest,
    context: ChatContext,
    plan: Sendable,
    index: number,
    done: ReadonlyArray<Receipt>
  ): Effect.Effect<Outcome> => {
    const step = plan.steps[index]
    const [first, ...others] = done
    if (step === undefined) {
      return first === undefined ? Effect.dieMessage("a plan without steps") : Effect.succeed(Outcomes.accepted([first, ...others], plan.losses))
    }
    return Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
      Effect.flatMap(performStep(request, plan, step, index, startedAt, 0, undefined), (result) => {
        if (!("_tag" in result)) {
          return Effect.zipRight(
            remember(request.conversation, context, result),
            performSteps(request, context, plan, index + 1, [...done, result])
          )
        }
        return Effect.succeed<Outcome>(
          first === undefined
            ? result
            : {
              _tag: "Partial",
              receipts: [first, ...others],
              rest: result,
              remaining: plan.steps.slice(index).flatMap((later) => later.parts),
              losses: plan.losses
            }
        )
      }))
  }

  const sendFrom = (request: SendRequest, from: Phone, mayForget: boolean): Effect.Effect<Outcome> =>
    Effect.flatMap(Effect.either(knowledgeFor(request, from)), (knowledge) => {
      if (knowledge._tag === "Left") return Effect.succeed(Outcomes.rejected(knowledge.left))
      const plan = planWith(request, from, knowledge.right)
      if (plan._tag === "Refused") return Effect.succeed(Outcomes.rejected(Errors.invalid("send", plan.problems, id)))
      const context: ChatContext = {
        kind: kindOf(request.conversation),
        recipients: Conversations.recipients(request.conversation),
        from,
        chat: knowledge.right._tag === "Known" ? knowledge.right.chat : undefined
      }
      const run = performSteps(request, context, plan, 0, [])
      return knowledge.right._tag !== "Known" || !mayForget
        ? run
        : Effect.flatMap(run, (outcome) =>
          // the vendor no longer knows the chat that we remembered: look again, once
          outcome._tag === "Rejected" && outcome.error.reason === "NotFound"
            ? Effect.zipRight(chats.unbind(id, request.conversation), sendFrom(request, from, false))
            : Effect.succeed(outcome))
    })

  const send = (request: SendRequest): Effect.Effect<Outcome> => {
    const problems = [...Validate.conversation(request.conversation), ...Validate.draft(request.draft)]
    if (problems.length > 0) return Effect.succeed(Outcomes.rejected(Errors.invalid("send", problems, id)))
    const kind = kindOf(request.conversation)
    if (!Capabilities.supports(capabilities, "send", kind)) return Effect.succeed(Outcomes.rejected(refusal("send", kind)))
    const from = lines.get(request.conversation.line)
    if (from === undefined) return Effect.succeed(Outcomes.rejected(Errors.invalid("send", [unknownLine], id)))
    return sendFrom(request, from, true)
  }

  return {
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
    edit: (message, text, options) => onMessage("edit", message, options?.part, Validate.text(text, ["text"]), (run, context) => run(context, text)),
    react: (message, reaction, options) =>
      onMessage("react", message, options?.part, Validate.reaction(reaction), (run, context) => run(context, reaction)),
    unreact: (message, reaction, options) =>
      onMessage("unreact", message, options?.part, Validate.reaction(reaction), (run, context) => run(context, reaction)),
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
      plain("lookupService", Validate.handles(handle, ["handle"]), (run) =>
        line === undefined ? run(handle, undefined) : Effect.flatMap(numberOf("lookupService", line), (from) => run(handle, from))),
    listLines: () => plain("listLines", [], (run) => run()),
    setForwarding: (line, number) =>
      plain("setForwarding", number === null ? [] : Validate.phone(number, ["number"]), (run) =>
        Effect.flatMap(numberOf("setForwarding", line), (from) => run(from, number))),
    getContactCard: (line) => plain("getContactCard", [], (run) => Effect.flatMap(numberOf("getContactCard", line), (from) => run(line, from))),
    setContactCard: (line, card) =>
      plain("setContactCard", Validate.contactCard(card), (run) =>
        Effect.flatMap(numberOf("setContactCard", line), (from) => run(line, from, card))),
    setOptOut: (handle, optedOut) => plain("setOptOut", [...Validate.handles(handle, ["handle"]), ...Validate.flag(optedOut, ["optedOut"])], (run) => run(handle, optedOut)),
    listWebhooks: () => plain("listWebhooks", [], (run) => run()),
    createWebhook: (subscription) => plain("createWebhook", Validate.subscription(subscription), (run) => run(subscription)),
    updateWebhook: (id, change) =>
      plain("updateWebhook", [...Validate.text(id, ["id"]), ...Validate.webhookChange(change)], (run) => run(id, change)),
    deleteWebhook: (id) => plain("deleteWebhook", Validate.text(id, ["id"]), (run) => run(id))
  }
}
