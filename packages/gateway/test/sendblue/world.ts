/** Sendblue's front over services in memory, and a `Messaging` that gives prepared answers and records its calls. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { CarrierId } from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import { Messaging } from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import { Held, NotSent, type SendError } from "@interline/core/SendError"
import * as Linq from "@interline/linq/Linq"
import { type Entry, Ledger, type LedgerService } from "@interline/router/Ledger"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import { Router } from "@interline/router/Router"
import { ApiKeyTable } from "@interline/sql/ApiKeyTable"
import { Archive, type Archived, type Query } from "@interline/sql/Archive"
import { AuditTable } from "@interline/sql/AuditTable"
import type { Endpoint } from "@interline/sql/EndpointTable"
import { EventLog, type GatewayEvent } from "@interline/sql/EventLog"
import { IdMap } from "@interline/sql/IdMap"
import { RequestLog } from "@interline/sql/RequestLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { OutboundError, OutboundHttp } from "../../src/egress/OutboundHttp.ts"
import { Callbacks } from "../../src/events/Callbacks.ts"
import * as Front from "../../src/fronts/kit/Front.ts"
import type * as FrontService from "../../src/fronts/kit/FrontService.ts"
import * as SendblueFront from "../../src/fronts/sendblue/SendblueFront.ts"
import * as ApiKeys from "../../src/http/ApiKeys.ts"
import * as Drain from "../../src/http/Drain.ts"
import { apiKeyTable, auditTable, requestLog } from "../memory.ts"
import { noQueue } from "../no-queue.ts"

export const support = Line.name("support")
export const sales = Line.name("sales")
export const ours = "+12025550201"
export const ada = Handle.make("+12025550123")
export const bob = Handle.make("+12025550124")
export const cyd = Handle.make("+12025550125")
export const linq = CarrierId.make("linq")
export const sendblue = CarrierId.make("sendblue")
export const secret = "gateway-key"

const { capabilities } = Linq

const carriers = [
  { id: linq, vendor: "linq", capabilities, lines: new Map([[support, Handle.phone("+12025550101")]]) },
  { id: sendblue, vendor: "sendblue", capabilities, lines: new Map([[support, Handle.phone(ours)], [sales, Handle.phone("+12025550202")]]) }
]

export const error = (reason: MessagingError.ReasonTag, more: Partial<MessagingError.Context> = {}) =>
  MessagingError.make(reason, { operation: "send", carrierId: linq, ...more })

export const notSent = (reason: MessagingError.ReasonTag, more: Partial<MessagingError.Context> = {}) =>
  new NotSent({
    deliveryId: DeliveryId.DeliveryId.make("00000000-0000-4000-8000-000000000001"),
    losses: [],
    attempts: [],
    error: error(reason, more)
  })

export const held = new Held({
  deliveryId: DeliveryId.DeliveryId.make("00000000-0000-4000-8000-000000000002"),
  losses: [],
  attempts: [],
  evidence: { error: error("Timeout"), parts: [0], step: 0, startedAt: 0 }
})

export const accepted = (
  to: Conversation.Conversation,
  id = DeliveryId.DeliveryId.make("00000000-0000-4000-8000-000000000003")
): Delivery => ({
  id,
  conversation: to,
  carrierId: linq,
  receipts: [{ ref: MessageRef.make(linq, "m1"), parts: [0], status: "pending" }],
  status: "pending",
  losses: [],
  attempts: [{ carrierId: linq, line: support, outcome: "accepted", why: "", startedAt: 0, millis: 1 }]
})

const at = Date.parse("2026-11-21T12:00:00Z")

/** A delivery of ours as the archive keeps it. */
export const outbound = (more: {
  readonly id?: string
  readonly draft?: Draft.Draft
  readonly to?: Conversation.Conversation
  readonly result?: Entry["state"]["result"]
  readonly facts?: ReadonlyArray<DeliveryStatus.StatusFact>
  readonly failure?: Message["failure"]
} = {}): Archived => {
  const id = DeliveryId.DeliveryId.make(more.id ?? "00000000-0000-4000-8000-000000000003")
  const to = more.to ?? Conversation.direct(support, ada)
  const ref = MessageRef.make(linq, "m1")
  const result = "result" in more ? more.result : {
    outcome: { _tag: "Accepted", receipts: [{ ref, parts: [0], status: "pending" }], losses: [] },
    carrierId: linq,
    line: support,
    kept: false
  } as const
  const refs = result?.outcome._tag === "Accepted" ? [ref] : []
  const facts = (more.facts ?? []).reduce(DeliveryStatus.add, DeliveryStatus.empty)
  const entry = {
    id,
    conversation: Conversation.key(to),
    content: { conversation: to, draft: more.draft ?? Draft.text("Hello"), fidelity: "adapt" },
    state: { losses: [], phase: { _tag: result === undefined ? "Sending" : "Done" }, ...(result === undefined ? {} : { result }) },
    createdAt: at,
    updatedAt: at
  } as unknown as Entry
  return {
    _tag: "Outbound",
    id,
    at,
    updatedAt: at,
    entry,
    report: DeliveryStatus.report(facts, refs),
    ...(more.failure === undefined ? {} : { failure: more.failure })
  }
}

export const inbound = (more: Partial<Message> = {}): Message => ({
  ref: MessageRef.make(linq, "in-1"),
  direction: "inbound",
  from: ada,
  to: [Handle.make("+12025550101")],
  parts: [{ _tag: "Text", text: "Hi", decorations: [], reactions: [] }],
  status: { raw: "received", neutral: "delivered" },
  service: { raw: "iMessage", neutral: "iMessage" },
  sentAt: "2026-11-21T11:59:00Z",
  metadata: {},
  ...more
})

export interface Asked {
  readonly operation: string
  readonly input: ReadonlyArray<unknown>
}

export interface World {
  readonly asked: Array<Asked>
  /** What operations answer: an effect instead of the default. */
  readonly answers: Map<string, Effect.Effect<unknown, unknown>>
  readonly archive: Map<string, Archived>
  readonly queries: Array<Query>
  readonly endpoints: Map<string, Endpoint>
  readonly log: Array<GatewayEvent>
  readonly published: Array<ReadonlyArray<GatewayEvent>>
  readonly ledger: LedgerService
  readonly drain: Drain.DrainService
  /** Waits until a reader of the log has everything and waits for more. */
  readonly caughtUp: Effect.Effect<void>
  readonly context: Context.Context<Archive | Callbacks | EventLog | IdMap | Messaging | Front.Front | OutboundHttp>
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => Effect.Effect<{ readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Record<string, unknown> }>
}

const uuid = (name: string): string => {
  const hex = Array.from(name).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 0xffffffffffff, 7).toString(16).padStart(12, "0")
  return `10000000-0000-4000-8000-${hex}`
}

export const make = (options: FrontService.Options = {}): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function*() {
    const asked: World["asked"] = []
    const answers: World["answers"] = new Map()
    const archive: World["archive"] = new Map()
    const queries: World["queries"] = []
    const endpoints: World["endpoints"] = new Map()
    const log: World["log"] = []
    const published: World["published"] = []

    const messaging = new Proxy({ carriers } as unknown as MessagingService, {
      get: (target, name: string) =>
        name === "carriers" ? target.carriers : (...input: ReadonlyArray<unknown>) =>
          Effect.suspend(() => {
            asked.push({ operation: name, input })
            return answers.get(name) ?? (name === "send" ? Effect.succeed(accepted(input[0] as Conversation.Conversation)) : Effect.void)
          })
    })

    const messages = new Map<string, MessageRef.MessageRef>()
    const chats = new Map<string, Conversation.ChatTarget>()
    const files = new Map<string, { readonly carrierId: CarrierId; readonly id: string }>()
    const groups = new Map<string, Conversation.Group>()
    const ids: Context.Tag.Service<IdMap> = {
      toMessageId: (ref) =>
        Effect.sync(() => {
          const id = uuid(MessageRef.format(ref))
          messages.set(id, ref)
          return id
        }),
      findMessage: (id) =>
        Effect.sync(() =>
          archive.get(id)?._tag === "Outbound" ? Option.some(DeliveryId.DeliveryId.make(id)) : Option.fromNullable(messages.get(id))
        ),
      toChatId: (target) =>
        Effect.sync(() => {
          const id = Conversation.isConversation(target) && target._tag === "Group" ? target.id : uuid(JSON.stringify(target))
          if (!chats.has(id)) chats.set(id, target)
          return id
        }),
      findChat: (id) => Effect.sync(() => Option.fromNullable(chats.get(id))),
      toAttachmentId: (ref) =>
        Effect.sync(() => {
          const id = uuid(`file ${ref.id}`)
          files.set(id, ref)
          return id
        }),
      findAttachment: (id) => Effect.sync(() => Option.fromNullable(files.get(id))),
      openGroup: (line, members) =>
        Effect.sync(() => {
          const key = `${line} ${[...members].sort().join(" ")}`
          const known: Conversation.Group = groups.get(key) ??
            { _tag: "Group", line, id: Conversation.ConversationId.make(uuid(key)), members }
          groups.set(key, known)
          chats.set(known.id, known)
          return known
        }),
      findGroup: (line, members) => Effect.sync(() => Option.fromNullable(groups.get(`${line} ${[...members].sort().join(" ")}`))),
      remember: (conversation) =>
        Effect.sync(() => {
          if (conversation._tag === "Group") chats.set(conversation.id, conversation)
        }),
      findConversation: (chat: Conversation.ChatRef) =>
        Effect.sync(() => {
          const found = Array.from(chats.values()).find((known) =>
            Conversation.isConversation(known) && known._tag === "Group" && known.id === uuid(JSON.stringify(chat))
          )
          return found !== undefined && Conversation.isConversation(found) ? Option.some(found) : Option.none()
        })
    }

    const store: Context.Tag.Service<Archive> = {
      recordArrival: () => Effect.void,
      recordMessage: () => Effect.void,
      recordStatus: () => Effect.void,
      report: (id) =>
        Effect.sync(() => {
          const found = archive.get(id)
          return found?._tag === "Outbound" ? Option.some(found.report) : Option.none()
        }),
      find: (id) => Effect.sync(() => Option.fromNullable(archive.get(id))),
      count: () => Effect.succeed([]),
      list: (query) =>
        Effect.sync(() => {
          queries.push(query)
          const all = Array.from(archive.values()).filter((one) =>
            query.direction === undefined || one._tag.toLowerCase() === query.direction
          )
          return { items: all.slice(query.offset, query.offset + query.limit), total: all.length }
        })
    }

    let count = 0
    const callbacks: Context.Tag.Service<Callbacks> = {
      create: (endpoint) =>
        endpoint.url.startsWith("http://") ? Effect.fail(new OutboundError({ why: "only HTTPS" })) : Effect.sync(() => {
          const made: Endpoint = { ...endpoint, id: `e${++count}`, createdAt: at, updatedAt: at }
          endpoints.set(made.id, made)
          return made
        }),
      list: (dialect) =>
        Effect.sync(() => Array.from(endpoints.values()).filter((one) => dialect === undefined || one.dialect === dialect)),
      find: (id) => Effect.sync(() => Option.fromNullable(endpoints.get(id))),
      update: (id, change) =>
        Effect.sync(() => {
          const known = endpoints.get(id)
          if (known === undefined) return Option.none()
          endpoints.set(id, { ...known, ...change })
          return Option.fromNullable(endpoints.get(id))
        }),
      remove: (id) => Effect.sync(() => endpoints.delete(id)),
      enqueue: (events) =>
        Effect.sync(() => {
          published.push(events)
        }),
      test: () => Effect.succeedNone,
      deadLetters: () => Effect.succeed([]),
      queue: noQueue
    }

    const caughtUp = yield* Effect.makeLatch(false)
    const events = {
      append: () => Effect.succeed([]),
      read: (after: number, limit: number) => Effect.sync(() => log.filter(({ id }) => id > after).slice(0, limit)),
      stream: () => Effect.dieMessage("unused"),
      // all that is in the log, and then nothing until it is roused
      reader: (after: number) =>
        Effect.map(Effect.makeLatch(false), (roused) => {
          let place = after
          return {
            next: Effect.suspend(() => {
              const found = log.filter(({ id }) => id > place)
              place = found.at(-1)?.id ?? place
              return found.length > 0 ? Effect.succeed(found) : Effect.zipRight(caughtUp.open, Effect.as(roused.await, found))
            }),
            rouse: roused.open
          }
        }),
      latest: Effect.sync(() => log.at(-1)?.id ?? 0)
    } as unknown as Context.Tag.Service<EventLog>

    const drain = yield* Drain.make
    const front = yield* Effect.map(
      Layer.build(
        Front.layer(options).pipe(
          Layer.provide(Layer.succeed(Drain.Drain, drain)),
          Layer.provide(Layer.mock(Router, { ended: () => Effect.succeedNone })),
          Layer.provide(Layer.succeedContext(Context.make(Messaging, messaging).pipe(Context.add(RequestLog, requestLog()))))
        )
      ),
      (context) => Context.get(context, Front.Front)
    )

    const context = Context.make(Messaging, messaging).pipe(
      Context.add(Front.Front, front),
      Context.add(IdMap, ids),
      Context.add(Archive, store),
      Context.add(Callbacks, callbacks),
      Context.add(EventLog, events),
      Context.add(OutboundHttp, {
        check: (url) => url.startsWith("https://") ? Effect.void : Effect.fail(new OutboundError({ why: "only HTTPS" })),
        post: () => Effect.succeed(200)
      })
    )
    const ledger = yield* MemoryLedger.make()
    const http = yield* HttpLayerRouter.toHttpEffect(
      SendblueFront.layer().pipe(
        Layer.provide(Layer.succeedContext(context)),
        Layer.provide(ChatBook.layerMemory()),
        Layer.provide(Layer.succeed(Drain.Drain, drain)),
        Layer.provide(Layer.succeed(Ledger, ledger)),
        Layer.provide(ApiKeys.layer(new Map([["app", Redacted.make(secret)]]))),
        Layer.provide(Layer.succeed(ApiKeyTable, apiKeyTable())),
        Layer.provide(Layer.succeed(AuditTable, auditTable()))
      )
    )

    return {
      asked,
      answers,
      archive,
      queries,
      endpoints,
      log,
      published,
      ledger,
      drain,
      caughtUp: caughtUp.await,
      context,
      call: (method, path, body, headers = {}) => {
        const request = new Request(`http://gateway${path}`, {
          method,
          headers: {
            "sb-api-key-id": "id",
            "sb-api-secret-key": secret,
            ...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
            ...headers
          },
          ...(body === undefined ? {} : { body: typeof body === "string" || body instanceof FormData ? body : JSON.stringify(body) })
        })
        return Effect.scoped(http).pipe(
          Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
          Effect.zip(Effect.runtime<never>()),
          Effect.flatMap(([response, runtime]) => {
            const web = HttpServerResponse.toWeb(response, { runtime })
            return Effect.map(Effect.promise(() => web.text()), (text) => ({
              status: web.status,
              headers: web.headers,
              text,
              body: web.headers.get("content-type")?.startsWith("application/json") === true
                ? JSON.parse(text) as Record<string, unknown>
                : {}
            }))
          }),
          Effect.orDie
        )
      }
    }
  })

export const failing = (
  failure: SendError | MessagingError.MessagingError
): Effect.Effect<never, SendError | MessagingError.MessagingError> => Effect.fail(failure)
