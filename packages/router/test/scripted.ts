/** A router over two carriers that answer from a script, with everything that was asked of them on record. */
import * as Capabilities from "@interline/core/Capabilities"
import * as Carrier from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService, SendOptions } from "@interline/core/MessagingService"
import * as Operation from "@interline/core/Operation"
import type { Receipt } from "@interline/core/Outcome"
import * as Plan from "@interline/core/Plan"
import type { SendError } from "@interline/core/SendError"
import * as Suppression from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RouterEvent } from "../src/decision/RouterEvent.ts"
import * as Ledger from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Runner from "../src/ownership/Runner.ts"
import type * as Policy from "../src/policy/Policy.ts"
import * as RolloutStore from "../src/policy/RolloutStore.ts"
import * as Router from "../src/Router.ts"

export const linq = CarrierId.make("linq")
export const sendblue = CarrierId.make("sendblue")
export const support = Line.name("support")
export const numbers = { linq: Handle.phone("+12025550101"), sendblue: Handle.phone("+12025550201") } as const
export const ada = Handle.make("+12025550123")
export const bob = Handle.make("+12025550124")
export const toAda = Conversation.direct(support, ada)
export const toBob = Conversation.direct(support, bob)
export const words = "the safe opens with seventeen"
export const hello = Draft.text(words)

export type Name = keyof typeof numbers

/** What a step is answered with: the id of a message, an error, or whatever takes its time. */
export type Answer = string | MessagingError.MessagingError | Effect.Effect<string, MessagingError.MessagingError>

export const failure = (reason: MessagingError.ReasonTag, more: Partial<MessagingError.Context> = {}): MessagingError.MessagingError =>
  MessagingError.make(reason, { operation: "send", ...more })

const record = <K extends string, V>(keys: ReadonlyArray<K>, value: V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value])) as Record<K, V>

export interface Script {
  /** Taken one after another; the last one repeats. Default: every step is taken. */
  readonly answers?: ReadonlyArray<Answer>
  /** How a lost answer is found: by replay (the default), in a list, or not at all. */
  readonly finds?: "replay" | "nothing" | (() => Effect.Effect<Either.Either<ReadonlyArray<string>, string>, MessagingError.MessagingError>)
  readonly lines?: boolean
  /** Parts of a draft that each take a request of their own. */
  readonly split?: boolean
  readonly refuses?: (draft: Draft.Draft) => boolean
  readonly groups?: boolean
  /** What it takes to look the chat up before the first request can be made. */
  readonly lookUp?: Effect.Effect<Option.Option<Conversation.ChatRef>, MessagingError.MessagingError>
  readonly capabilities?: Partial<Capabilities.Capabilities>
}

export interface Asked {
  readonly step: Plan.Step
  readonly key: string
  readonly at: number
}

export interface Fake {
  readonly carrier: Carrier.Carrier
  readonly asked: ReadonlyArray<Asked>
  /** The texts that left, one for each request. */
  readonly texts: () => ReadonlyArray<string>
}

const fake = (name: Name, script: Script, suppression: Suppression.SuppressionService, chats: ChatBook.ChatBookService): Fake => {
  const id = CarrierId.make(name)
  const asked: Array<Asked> = []
  const left = [...(script.answers ?? [])]
  let count = 0
  const next = (): Answer => {
    count += 1
    const [head] = left
    if (left.length > 1) left.shift()
    return head ?? `${name}-${count}`
  }
  const isKeyed = (script.finds ?? "replay") === "replay"
  const receiptOf = (message: string, parts: ReadonlyArray<number>): Receipt => ({
    ref: MessageRef.make(id, message),
    parts,
    status: "queued"
  })
  const { finds = "replay" } = script
  const carrier = Carrier.make({
    id,
    vendor: name,
    capabilities: {
      operations: {
        ...record(Operation.all, Capabilities.everywhere("native")),
        listLineUsage: Capabilities.everywhere("unsupported"),
        getContactStatus: Capabilities.everywhere("unsupported"),
        ...(script.groups === false ? { send: { direct: "native", group: "unsupported" } as const } : {})
      },
      features: record(Capabilities.Feature.literals, Capabilities.anyService("native")),
      effects: record(MessageEffect.all, "native"),
      reactions: record(["love", "like", "dislike", "laugh", "emphasize", "question"], "native"),
      emojiReactions: "native",
      stickerReactions: "native",
      idempotent: isKeyed,
      limits: { textLength: 1_000 },
      ...script.capabilities
    },
    lines: script.lines === false ? new Map([[Line.name("sales"), numbers[name]]]) : new Map([[support, numbers[name]]]),
    plan: ({ conversation, draft, fidelity }) =>
      Plan.make(
        id,
        fidelity,
        script.refuses?.(draft) === true ? [{ rule: "feature", path: ["draft"], message: "this carrier cannot carry it" }] : [],
        [],
        () => {
          const step = (indexes: ReadonlyArray<number>): Plan.Step => ({
            operation: "message",
            method: "POST",
            path: "/messages",
            body: {
              to: Conversation.recipients(conversation),
              text: indexes.flatMap((index) => {
                const part = draft.parts[index]
                return part?._tag === "Text" ? [part.text] : []
              }).join("\n")
            },
            parts: indexes,
            keyed: isKeyed
          })
          const [first = 0, ...rest] = draft.parts.map((_, index) => index)
          return script.split === true ? [step([first]), ...rest.map((index) => step([index]))] : [step([first, ...rest])]
        }
      ),
    needsChat: () => script.lookUp !== undefined,
    findChat: () => script.lookUp ?? Effect.succeedNone,
    describeChat: (chat) => Effect.succeed({ kind: "direct", recipients: [ada], from: numbers[name], chat }),
    chatOf: () => Effect.succeed({ kind: "direct", recipients: [ada], from: numbers[name], chat: undefined }),
    perform: (step, key) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        asked.push({ step, key, at })
        const answer = next()
        return Effect.map(
          typeof answer === "string"
            ? Effect.succeed(answer)
            : answer instanceof MessagingError.MessagingError
            ? Effect.fail(answer)
            : answer,
          (message) => receiptOf(message, step.parts)
        )
      }),
    operations: {},
    ...(finds === "nothing" ? {} : {
      reconciliation: {
        shown: [],
        send: finds === "replay"
          ? { way: "replay", replayFor: Duration.minutes(10) }
          : {
            way: "list",
            lookUp: () => Effect.succeedNone,
            search: ({ parts }) =>
              Effect.map(finds(), Either.map((found) => ({ matches: found.map((message) => receiptOf(message, parts)), others: [] })))
          }
      } as const
    })
  }, { suppression, chats })
  return { carrier, asked, texts: () => asked.map(({ step }) => String(step.body["text"])) }
}

export interface Setup {
  readonly linq?: Script
  readonly sendblue?: Script
  readonly policy?: Partial<Policy.Input>
  readonly ledger?: Ledger.LedgerService
  readonly suppression?: Suppression.SuppressionService
  readonly options?: Router.Options
  /** The store of rollouts. Default: a new one in memory. */
  readonly rollouts?: RolloutStore.RolloutStoreService
  /** Where deliveries run. Default: in this router, which takes all shards. */
  readonly place?: Runner.Place
  /** Replaces the carriers, for tests of other operations than sends. */
  readonly carriers?: (linq: Carrier.Carrier, sendblue: Carrier.Carrier) => ReadonlyArray<Carrier.Carrier>
}

export interface World {
  readonly linq: Fake
  readonly sendblue: Fake
  readonly messaging: MessagingService
  readonly router: Router.RouterService
  readonly ledger: Ledger.LedgerService
  readonly suppression: Suppression.SuppressionService
  /** Every decision from the beginning on. */
  readonly told: ReadonlyArray<RouterEvent>
  readonly send: (
    draft?: Draft.Draft,
    options?: SendOptions,
    to?: Conversation.Conversation
  ) => Effect.Effect<Either.Either<Delivery, SendError>>
  readonly decisions: (id: DeliveryId) => Effect.Effect<ReadonlyArray<string>>
  /** Ends the router's scope, as the end of a process does. */
  readonly close: Effect.Effect<void>
}

/** Linq first, then Sendblue, unless the policy says otherwise. */
export const world = (setup: Setup = {}): Effect.Effect<World, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const suppression = setup.suppression ?? (yield* Suppression.makeMemory)
    const ledger = setup.ledger ?? (yield* MemoryLedger.make())
    const chats = yield* ChatBook.makeMemory()
    const fakes = {
      linq: fake("linq", setup.linq ?? {}, suppression, chats),
      sendblue: fake("sendblue", { finds: () => Effect.succeed(Either.right([])), ...setup.sendblue }, suppression, chats)
    }
    const carriers = setup.carriers?.(fakes.linq.carrier, fakes.sendblue.carrier) ?? [fakes.linq.carrier, fakes.sendblue.carrier]
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) => Scope.close(scope, exit))
    const { messaging, router } = yield* Router.make({ prefer: ["linq", "sendblue"], ...setup.policy }, setup.options).pipe(
      Effect.provideService(Suppression.Suppression, suppression),
      Effect.provideService(Ledger.Ledger, ledger),
      Effect.provideService(Runner.Runner, setup.place ?? Runner.alone),
      Effect.provideService(
        RolloutStore.RolloutStore,
        setup.rollouts ?? (yield* RolloutStore.makeMemory(() => Effect.succeed([])))
      ),
      Effect.provideServiceEffect(Carriers.Carriers, Carriers.make(carriers)),
      Scope.extend(scope)
    )
    const told: Array<RouterEvent> = []
    yield* Effect.forkScoped(Stream.runForEach(router.events, (event) => Effect.sync(() => told.push(event))))
    // until the reader has subscribed
    yield* Effect.repeatN(Effect.yieldNow(), 20)
    return {
      ...fakes,
      messaging,
      router,
      ledger,
      suppression,
      told,
      send: (draft = hello, options = {}, to = toAda) => Effect.either(messaging.send(to, draft, options)),
      decisions: (id) =>
        Effect.map(router.explain(id), Option.match({ onNone: () => [], onSome: ({ decisions }) => decisions.map(({ _tag }) => _tag) })),
      close: Scope.close(scope, Exit.void)
    }
  })

export const left = <A, E>(answer: Either.Either<A, E>): E => Either.isLeft(answer) ? answer.left : raise("the send was accepted")

export const right = <A, E>(answer: Either.Either<A, E>): A =>
  Either.isRight(answer) ? answer.right : raise(`the send failed: ${String(answer.left)}`)

const raise = (message: string): never => {
  throw new Error(message)
}
