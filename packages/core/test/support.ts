/** An adapter that records what it is asked and answers from a script. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Adapter from "../src/carrier/Adapter.ts"
import * as Capabilities from "../src/carrier/Capabilities.ts"
import * as Carrier from "../src/carrier/Carrier.ts"
import * as ChatBook from "../src/carrier/ChatBook.ts"
import type * as OperationSignatures from "../src/carrier/OperationSignatures.ts"
import * as Suppression from "../src/carrier/Suppression.ts"
import * as Draft from "../src/content/Draft.ts"
import type { Loss } from "../src/content/Loss.ts"
import * as MessageEffect from "../src/content/MessageEffect.ts"
import * as Part from "../src/content/Part.ts"
import * as CarrierId from "../src/names/CarrierId.ts"
import * as Conversation from "../src/names/Conversation.ts"
import type { DeliveryId } from "../src/names/DeliveryId.ts"
import * as Handle from "../src/names/Handle.ts"
import * as Line from "../src/names/Line.ts"
import * as MessageRef from "../src/names/MessageRef.ts"
import * as Operation from "../src/names/Operation.ts"
import type * as Problem from "../src/names/Problem.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import type { Receipt } from "../src/outcome/Outcome.ts"
import * as Plan from "../src/outcome/Plan.ts"

export const linq = CarrierId.make("linq")
export const sendblue = CarrierId.make("sendblue")
export const support = Line.name("support")
export const ourNumber = Handle.phone("+12025550100")
export const alice = Handle.make("+12025550111")
export const bob = Handle.make("+12025550122")
export const carol = Handle.make("+12025550133")
export const deliveryId = "6f1b1c9e-0d0c-4c9b-9a53-1f6d3f3b2a10" as DeliveryId
export const toAlice = Conversation.direct(support, alice)
export const toGroup: Conversation.Group = {
  _tag: "Group",
  line: support,
  id: Conversation.ConversationId.make("2d1f1c9e-0d0c-4c9b-9a53-1f6d3f3b2a11"),
  members: [alice, bob]
}
export const chatRef: Conversation.ChatRef = { carrierId: linq, id: "chat-1" }
export const ref = (id: string, carrierId: CarrierId.CarrierId = linq): MessageRef.MessageRef => MessageRef.make(carrierId, id)
export const hello = Draft.text("hello")
export const photo = "https://example.com/photo.jpg"
export const textAndPhoto = Draft.make([Part.text("look"), Part.media(photo)])

const record = <K extends string, V>(keys: ReadonlyArray<K>, value: V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value])) as Record<K, V>

/** Everything is native, except what `operations` says. */
export const capabilities = (operations: Partial<Capabilities.Capabilities["operations"]> = {}): Capabilities.Capabilities => ({
  operations: { ...record(Operation.all, Capabilities.everywhere("native")), ...operations },
  features: record(Capabilities.Feature.literals, Capabilities.anyService("native")),
  effects: record(MessageEffect.all, "native"),
  reactions: record(["love", "like", "dislike", "laugh", "emphasize", "question"], "native"),
  emojiReactions: "native",
  stickerReactions: "native",
  idempotent: true,
  limits: { textLength: 1000 }
})

export const receipt = (id: string, parts: ReadonlyArray<number>, more: Partial<Receipt> = {}): Receipt => ({
  ref: ref(id),
  parts,
  status: "queued",
  ...more
})

/** What a step is answered with: a receipt with this id, or the error. */
export type Answer = string | MessagingError.MessagingError | Effect.Effect<string, MessagingError.MessagingError>

export const failure = (reason: MessagingError.ReasonTag, more: Partial<MessagingError.Context> = {}): MessagingError.MessagingError =>
  MessagingError.make(reason, { carrierId: linq, operation: "send", ...more })

/** A mutable list whose head is taken until one is left; the last answer repeats. */
const script = <A>(answers: ReadonlyArray<A>): () => A => {
  const left = [...answers]
  return () => {
    const [head] = left
    if (head === undefined) throw new Error("the script is empty")
    if (left.length > 1) left.shift()
    return head
  }
}

export interface Recorded {
  readonly name: string
  readonly input: ReadonlyArray<unknown>
}

export interface Options {
  readonly id?: CarrierId.CarrierId
  readonly operations?: Partial<Capabilities.Capabilities["operations"]>
  readonly answers?: ReadonlyArray<Answer>
  readonly keyed?: boolean
  readonly losses?: ReadonlyArray<Loss>
  readonly problems?: ReadonlyArray<Problem.Problem>
  readonly needsChat?: boolean
  readonly found?: ReadonlyArray<Option.Option<Conversation.ChatRef> | MessagingError.MessagingError>
  readonly described?: Effect.Effect<Adapter.ChatContext, MessagingError.MessagingError>
  readonly chatOf?: Effect.Effect<Adapter.ChatContext, MessagingError.MessagingError>
  readonly receipt?: Partial<Receipt>
  readonly retry?: OperationSignatures.RetryPolicy
  readonly suppression?: Suppression.SuppressionService
  readonly chats?: ChatBook.ChatBookService
  readonly implemented?: Partial<Adapter.AdapterOperations>
  readonly leftOut?: ReadonlyArray<Operation.Operation>
  /** One step per part, or one step for all of them. */
  readonly split?: boolean
  readonly reconciliation?: Adapter.AdapterReconciliation
  /** Whether the vendor has a way past its own block. */
  readonly confirms?: boolean
}

export const directChat: Adapter.ChatContext = { kind: "direct", recipients: [alice], from: ourNumber, chat: chatRef }
export const groupChat: Adapter.ChatContext = { kind: "group", recipients: [alice, bob], from: ourNumber, chat: chatRef }

export interface Fake {
  readonly carrier: Carrier.Carrier
  /** Calls of the adapter in order; planning is pure and not among them. */
  readonly calls: () => ReadonlyArray<Recorded>
  readonly names: () => ReadonlyArray<string>
  readonly performed: () => ReadonlyArray<{ readonly step: Plan.Step; readonly key: string }>
  readonly plans: () => ReadonlyArray<Plan.PlanInput>
  readonly suppression: Suppression.SuppressionService
  readonly chats: ChatBook.ChatBookService
}

/** A carrier over a recording adapter. Operations succeed with nothing (a voice memo with a receipt) unless `implemented` says otherwise. */
export const fake = (options: Options = {}): Effect.Effect<Fake> =>
  Effect.gen(function*() {
    const id = options.id ?? linq
    const suppression = options.suppression ?? (yield* Suppression.makeMemory)
    const chats = options.chats ?? (yield* ChatBook.makeMemory())
    const recorded = yield* Ref.make<ReadonlyArray<Recorded>>([])
    const planned = yield* Ref.make<ReadonlyArray<Plan.PlanInput>>([])
    const answer = script<Answer>(options.answers ?? ["message-1", "message-2", "message-3"])
    const found = script(options.found ?? [Option.none<Conversation.ChatRef>()])
    const recording = <A>(name: string, input: ReadonlyArray<unknown>, effect: Effect.Effect<A, MessagingError.MessagingError>) =>
      Effect.zipRight(Ref.update(recorded, (calls) => [...calls, { name, input }]), effect)
    const operation = (name: Operation.Operation) => (...input: ReadonlyArray<unknown>) =>
      recording(
        name,
        input,
        Effect.suspend(() => {
          const run = options.implemented?.[name as keyof Adapter.AdapterOperations] as
            | ((...input: ReadonlyArray<unknown>) => Effect.Effect<unknown, MessagingError.MessagingError>)
            | undefined
          if (run !== undefined) return run(...input)
          return name === "sendVoiceMemo" || name === "sendPoll" ? Effect.succeed(receipt("memo", [0])) : Effect.void
        })
      )
    const operations = Object.fromEntries(
      Operation.all.filter((name) => name !== "send" && !options.leftOut?.includes(name)).map((name) => [name, operation(name)])
    ) as unknown as Adapter.AdapterOperations
    const step = (parts: ReadonlyArray<number>, knowledge: Plan.Knowledge): Plan.Step => ({
      operation: "message",
      method: "POST",
      path: knowledge._tag === "Known" ? `/chats/${knowledge.chat.id}/messages` : "/messages",
      body: { parts },
      parts,
      keyed: options.keyed ?? false
    })
    const answered = (name: "perform" | "confirm") => (step: Plan.Step, key: string) =>
      recording(
        name,
        [step, key],
        Effect.suspend(() => {
          const next = answer()
          const answered = typeof next === "string"
            ? Effect.succeed(next)
            : next instanceof MessagingError.MessagingError
            ? Effect.fail(next)
            : next
          return Effect.map(answered, (name) => receipt(name, step.parts, { ref: ref(name, id), ...options.receipt }))
        })
      )
    const carrier = Carrier.make({
      id,
      vendor: "fake",
      capabilities: capabilities(options.operations),
      lines: new Map([[support, ourNumber]]),
      plan: (input) => {
        Effect.runSync(Ref.update(planned, (inputs) => [...inputs, input]))
        return Plan.make(id, input.fidelity, options.problems ?? [], options.losses ?? [], () => {
          const indexes = input.draft.parts.map((_, index) => index)
          if (options.split === false) return [step(indexes, input.knowledge)]
          const [first = 0, ...rest] = indexes
          return [step([first], input.knowledge), ...rest.map((index) => step([index], input.knowledge))]
        })
      },
      needsChat: () => options.needsChat ?? false,
      findChat: (conversation, from) =>
        recording(
          "findChat",
          [conversation, from],
          Effect.suspend(() => {
            const next = found()
            return next instanceof MessagingError.MessagingError ? Effect.fail(next) : Effect.succeed(next)
          })
        ),
      describeChat: (chat) => recording("describeChat", [chat], options.described ?? Effect.succeed(directChat)),
      chatOf: (message) => recording("chatOf", [message], options.chatOf ?? Effect.succeed(directChat)),
      perform: answered("perform"),
      ...(options.confirms === true ? { confirm: answered("confirm") } : {}),
      operations,
      ...(options.reconciliation === undefined ? {} : { reconciliation: options.reconciliation })
    }, { suppression, chats, ...(options.retry === undefined ? {} : { retry: options.retry }) })
    const calls = () => Effect.runSync(Ref.get(recorded))
    return {
      carrier,
      calls,
      names: () => calls().map((call) => call.name),
      performed: () =>
        calls().filter((call) => call.name === "perform").map(({ input: [step, key] }) => ({
          step: step as Plan.Step,
          key: key as string
        })),
      plans: () => Effect.runSync(Ref.get(planned)),
      suppression,
      chats
    }
  })

export const request = (
  draft: Draft.Draft = hello,
  more: Partial<OperationSignatures.SendRequest> = {}
): OperationSignatures.SendRequest => ({ deliveryId, generation: 1, conversation: toAlice, draft, fidelity: "adapt", ...more })
