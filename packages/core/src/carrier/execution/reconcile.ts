/**
 * Finds out what became of a request whose answer was lost. The rules are the same for every vendor; the adapter reads from the vendor.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import type { Participant } from "../../content/Chat.ts"
import type { ReceivedPart } from "../../content/Part.ts"
import type { Reaction, Sticker } from "../../content/Reaction.ts"
import type { Sight } from "../../http/ListEvidence.ts"
import type { CarrierId } from "../../names/CarrierId.ts"
import * as Conversation from "../../names/Conversation.ts"
import type { Phone } from "../../names/Handle.ts"
import * as MessageRef from "../../names/MessageRef.ts"
import type { Operation } from "../../names/Operation.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import type { Receipt } from "../../outcome/Outcome.ts"
import type { Step } from "../../outcome/Plan.ts"
import type { Adapter, AdapterReconciliation, ChatContext, Search } from "../Adapter.ts"
import type { Finding, Operations, Progress, ReadBack, Reconciliation, SendRequest, Suspects } from "../OperationSignatures.ts"
import type { Fence } from "./optOutFence.ts"
import { idempotencyKey } from "./performSteps.ts"
import type { Addresses } from "./resolveAddress.ts"
import * as Retry from "./retry.ts"

const absent: Finding = { _tag: "Absent" }

const found = (receipt: Receipt): Finding => ({ _tag: "Found", receipt })

const unproven = (why: string, error?: MessagingError.MessagingError): Finding => ({
  _tag: "Unproven",
  why,
  ...(error === undefined ? {} : { error })
})

const notToldApart = unproven("what the carrier shows cannot be told apart from other sends")

// a participant whose status is an unknown word does not count as present
const isPresent = ({ status }: Participant): boolean => status === undefined || status.neutral === "active"
const isGone = ({ status }: Participant): boolean => status?.neutral === "left" || status?.neutral === "removed"

type Reads = Pick<Operations<MessageRef.MessageRef>, "getMessage" | "getChat" | "getPoll">

type Result<A> = Effect.Effect<A, MessagingError.MessagingError>

/** Reads the state of a message or a chat, and answers whether an operation shows in it. */
const makeReadBack = (
  id: CarrierId,
  reads: Reads,
  lineOf: (message: MessageRef.MessageRef) => Result<Phone | undefined>
): Required<ReadBack> => {
  const partOf = (message: MessageRef.MessageRef, part: number): Effect.Effect<ReceivedPart | undefined, MessagingError.MessagingError> =>
    Effect.map(reads.getMessage(message), ({ parts }) => parts[part])

  const isOurs = (reaction: Reaction | Sticker) => (received: ReceivedPart["reactions"][number]): boolean => {
    if (!received.isMine || received.reaction._tag !== reaction._tag) return false
    return received.reaction._tag === "Tapback"
      ? reaction._tag === "Tapback" && received.reaction.tapback === reaction.tapback
      : received.reaction._tag === "Emoji" && reaction._tag === "Emoji" && received.reaction.emoji === reaction.emoji
  }

  const participantsOf = (chat: Conversation.ChatTarget): Effect.Effect<ReadonlyArray<Participant>, MessagingError.MessagingError> =>
    Effect.map(reads.getChat(chat), ({ participants }) => participants)

  const cannotTell = (operation: Operation, detail: string) => Effect.fail(MessagingError.unsupported(id, operation, detail))

  return {
    edit: (message, text, options) =>
      Effect.map(partOf(message, options?.part ?? 0), (part) => part?._tag === "Text" && part.text === text),
    react: (message, reaction, options) =>
      reaction._tag === "Sticker"
        // vendors serve a sticker from their own URL, and a message may have several
        ? cannotTell("react", "whether a sticker was put on cannot be read back")
        : Effect.map(partOf(message, options?.part ?? 0), (part) => part?.reactions.some(isOurs(reaction)) === true),
    unreact: (message, reaction, options) =>
      Effect.map(partOf(message, options?.part ?? 0), (part) => part?.reactions.some(isOurs(reaction)) === false),
    voteInPoll: (message, option, voted) =>
      Effect.flatMap(lineOf(message), (line) =>
        line === undefined
          ? cannotTell("voteInPoll", "it is not known which of our lines is in this chat")
          : Effect.map(reads.getPoll(message), ({ options }) => {
            const found = options.find(({ id }) => id === option)
            return found !== undefined && found.voters.some(({ peer }) => peer === line) === voted
          })),
    updateChat: (chat, { icon, name }) =>
      icon !== undefined
        // vendors serve an icon from their own URL, so it cannot be compared with ours
        ? cannotTell("updateChat", "whether an icon was changed cannot be read back")
        : Effect.map(reads.getChat(chat), (current) => (current.name ?? null) === (name === "" ? null : name)),
    addParticipant: (chat, handle) => Effect.map(participantsOf(chat), (all) => all.some((one) => one.peer === handle && isPresent(one))),
    removeParticipant: (chat, handle) => Effect.map(participantsOf(chat), (all) => all.every((one) => one.peer !== handle || isGone(one)))
  }
}

export interface Parts {
  readonly adapter: Adapter
  readonly reads: Reads
  readonly retry: Retry.Retry
  readonly fence: Fence
  readonly addresses: Addresses
}

export const make = (
  { searchVoiceMemos, send, shown }: AdapterReconciliation,
  { adapter, addresses: { remember, resolveChat, resolveMessage }, fence, reads, retry }: Parts
): Reconciliation => {
  const { id, lines } = adapter

  const read = <A>(effect: Effect.Effect<A, MessagingError.MessagingError>): Effect.Effect<A, MessagingError.MessagingError> =>
    Retry.repeat(effect, retry, true)

  const toContext = (request: SendRequest): ChatContext => ({
    kind: Conversation.kind(request.conversation),
    recipients: Conversation.recipients(request.conversation),
    from: lines.get(request.conversation.line),
    chat: undefined
  })

  const lineOf = (message: MessageRef.MessageRef): Result<Phone | undefined> =>
    Effect.map(resolveMessage("voteInPoll", message, undefined), ({ chat }) => chat.from)

  const findStep = ({ plan, step }: Progress): Step | undefined => plan.carrierId === id ? plan.steps[step] : undefined

  /** Receipts that belong to no other delivery, earliest first. */
  const keepUntaken = (receipts: ReadonlyArray<Receipt>, { taken }: Suspects): Effect.Effect<ReadonlyArray<Receipt>> =>
    receipts.length === 0
      ? Effect.succeed(receipts)
      : Effect.map(taken(receipts.map(({ ref }) => ref)), (refs) => receipts.filter(({ ref }) => !refs.has(MessageRef.format(ref))))

  /**
   * Decides by the messages that belong to no other delivery. An equal one may be ours. If one of the others is left, absence is not
   * proven.
   */
  const judge = (
    { gap, matches, others }: Sight,
    suspects: Suspects,
    choose: (first: Receipt, count: number) => Finding
  ): Effect.Effect<Finding> =>
    Effect.map(keepUntaken([...matches, ...others], suspects), (free) => {
      const ours = matches.filter((receipt) => free.includes(receipt))
      const [first] = ours
      if (first !== undefined) return choose(first, ours.length)
      if (gap !== undefined) return unproven(`the carrier's list proves no absence: ${gap}`)
      return free.length === 0 ? absent : unproven("the carrier lists a message to the same people that belongs to no send of ours")
    })

  const searchAndJudge = (search: Search, suspects: Suspects, choose: (first: Receipt, count: number) => Finding): Effect.Effect<Finding> =>
    Effect.matchEffect(read(search), {
      onFailure: (error) => Effect.succeed(unproven("the look at the carrier failed", error)),
      onSuccess: Either.match({
        onLeft: (why) => Effect.succeed(unproven(why)),
        onRight: (sight) => judge(sight, suspects, choose)
      })
    })

  /**
   * Repeats the request under its key. Only a success is proof. A refusal concerns the repetition, and the vendor may have taken the
   * first.
   */
  const replay = (request: SendRequest, progress: Progress, step: Step, replayFor: Duration.Duration): Effect.Effect<Finding> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (!step.keyed) return Effect.succeed(unproven("the request has no key to repeat it under"))
      if (now - progress.startedAt > Duration.toMillis(replayFor)) {
        return Effect.succeed(unproven("it is too late to repeat it under its key"))
      }
      const key = idempotencyKey(request.deliveryId, request.generation, progress.step)
      const attempt = fence("send", Conversation.recipients(request.conversation), adapter.perform(step, key))
      return Effect.match(attempt, {
        onFailure: (error) => unproven("the repetition under its key did not succeed, which proves nothing about the first", error),
        onSuccess: found
      })
    })

  /**
   * Takes the earliest of several equal messages, if there are enough messages for all equal sends. Then it does not matter which is
   * ours.
   */
  const earliest = (rivals: number) => (first: Receipt, count: number): Finding => count > rivals ? found(first) : notToldApart

  const list = (
    { lookUp, search }: Extract<AdapterReconciliation["send"], { readonly way: "list" }>,
    { startedAt }: Progress,
    step: Step,
    suspects: Suspects
  ): Effect.Effect<Finding> => {
    const listed = searchAndJudge(search(step, startedAt), suspects, earliest(suspects.rivals))
    const { ref } = suspects
    if (ref === undefined || ref.carrierId !== id) return listed
    return Effect.matchEffect(read(lookUp(ref, step)), {
      onFailure: (error) =>
        Effect.map(
          listed,
          (finding) => finding._tag === "Absent" ? unproven("the look at the message that the answer named failed", error) : finding
        ),
      onSuccess: Option.match({ onNone: () => listed, onSome: (receipt) => Effect.succeed(found(receipt)) })
    })
  }

  const find = (request: SendRequest, progress: Progress, suspects: Suspects): Effect.Effect<Finding> => {
    const step = findStep(progress)
    if (step === undefined) return Effect.succeed(unproven("it is not the progress of a send of this carrier"))
    return Effect.tap(
      send.way === "replay" ? replay(request, progress, step, send.replayFor) : list(send, progress, step, suspects),
      (finding) => finding._tag === "Found" ? remember(request.conversation, toContext(request), finding.receipt) : Effect.void
    )
  }

  const onlyOne = (rivals: number) => (first: Receipt, count: number): Finding => count === 1 && rivals === 0 ? found(first) : notToldApart

  const sendVoiceMemo =
    (search: NonNullable<typeof searchVoiceMemos>) =>
    (to: Conversation.ChatTarget, since: number, suspects: Suspects): Effect.Effect<Finding> =>
      Effect.matchEffect(resolveChat("sendVoiceMemo", to), {
        onFailure: (error) => Effect.succeed(unproven("the chat could not be looked up", error)),
        onSuccess: (chat) =>
          Effect.tap(
            searchAndJudge(search(chat, since), suspects, onlyOne(suspects.rivals)),
            (finding) => finding._tag === "Found" ? remember(to, chat, finding.receipt) : Effect.void
          )
      })

  return {
    send: { way: send.way, replayFor: send.way === "replay" ? send.replayFor : Duration.zero, find },
    ...(searchVoiceMemos === undefined ? {} : { sendVoiceMemo: sendVoiceMemo(searchVoiceMemos) }),
    ...Struct.pick(makeReadBack(id, reads, lineOf), ...shown)
  }
}
