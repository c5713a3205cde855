/** The API on a real server, over services that answer as a test says and remember what they were asked. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { Block } from "@interline/core/Block"
import * as Capabilities from "@interline/core/Capabilities"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { DeliveryReport } from "@interline/core/DeliveryStatus"
import type { Draft } from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { LineHealth, LineUsage } from "@interline/core/Health"
import * as Line from "@interline/core/Line"
import type { Message } from "@interline/core/Message"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as MessageRef from "@interline/core/MessageRef"
import { Messaging } from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import * as Operation from "@interline/core/Operation"
import { Accepted, type Receipt } from "@interline/core/Outcome"
import type { Poll } from "@interline/core/Poll"
import * as Suppression from "@interline/core/Suppression"
import type { State } from "@interline/router/Decision"
import type { Entry } from "@interline/router/Ledger"
import { type Ended, Router, type RouterService } from "@interline/router/Router"
import { ApiKeyTable } from "@interline/sql/ApiKeyTable"
import { Archive, type Archived, type ArchiveService, type Query } from "@interline/sql/Archive"
import { AuditTable } from "@interline/sql/AuditTable"
import { CohortComparison } from "@interline/sql/CohortComparison"
import type { Endpoint } from "@interline/sql/EndpointTable"
import { EventLog } from "@interline/sql/EventLog"
import { IdMap, type IdMapService } from "@interline/sql/IdMap"
import type { Operation as QueueOperation } from "@interline/sql/Queue"
import { RequestLog } from "@interline/sql/RequestLog"
import { SessionTable } from "@interline/sql/SessionTable"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Sessions from "../../src/access/Sessions.ts"
import * as ApiClient from "../../src/api/ApiClient.ts"
import * as ApiServer from "../../src/api/ApiServer.ts"
import { CatchUp } from "../../src/catchup/CatchUp.ts"
import * as OptOutImport from "../../src/consent/OptOutImport.ts"
import { OutboundError } from "../../src/egress/OutboundHttp.ts"
import { Callbacks, type CallbacksService } from "../../src/events/Callbacks.ts"
import * as EventStream from "../../src/events/EventStream.ts"
import * as Fronts from "../../src/fronts.ts"
import * as ApiKeys from "../../src/http/ApiKeys.ts"
import * as Drain from "../../src/http/Drain.ts"
import { Inbox } from "../../src/inbox/Inbox.ts"
import type { Progress } from "../../src/server/CatchUpProgress.ts"
import * as Metrics from "../../src/server/Metrics.ts"
import { Processes } from "../../src/server/Processes.ts"
import * as RequestPolicy from "../../src/server/RequestPolicy.ts"
import { Shadow } from "../../src/shadow/Shadow.ts"
import { apiKeyTable, auditTable, requestLog, sessionTable } from "../memory.ts"

/** A time that a number betrays. */
export const then = 1_700_000_000_000

export const linq = CarrierId.make("linq")
export const support = Line.name("support")
export const ada = Handle.make("+12025550123")
export const ben = Handle.make("+12025550124")
export const number = Handle.phone("+12025550101")
export const deliveryId = DeliveryId.make("6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01")
export const groupId = Conversation.ConversationId.make("6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c02")
export const chatId = "6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c03"
export const group: Conversation.Group = { _tag: "Group", line: support, id: groupId, members: [ada, ben] }
export const toAda = Conversation.direct(support, ada)
export const ref = MessageRef.make(linq, "m1")
export const receipt: Receipt = { ref, parts: [0], status: "queued" }
export const apiKey = "0123456789abcdef-crm"

export const block: Block = { carrierId: linq, peer: ben, at: "2026-08-14T10:00:00Z", reason: "spam" }

export const poll: Poll = {
  ref,
  chat: { carrierId: linq, id: "c1" },
  options: [{ id: "o1", text: "Monday", voters: [{ peer: ada }] }, { id: "o2", text: "Tuesday", voters: [] }],
  totalVoters: 1,
  reactions: [],
  metadata: {}
}

export const delivery: Delivery = {
  id: deliveryId,
  conversation: toAda,
  carrierId: linq,
  receipts: [receipt],
  status: "queued",
  losses: [],
  attempts: [{ carrierId: linq, line: support, outcome: "accepted", why: "the carrier took it", startedAt: then, millis: 2 }]
}

export const report: DeliveryReport = {
  status: "delivered",
  corrected: false,
  settled: true,
  service: "iMessage",
  downgraded: false,
  messages: [{ ref, status: "delivered", failedOnce: false, service: "iMessage", downgraded: false }]
}

export const message: Message = {
  ref,
  direction: "outbound",
  to: [ada],
  parts: [{ _tag: "Text", text: "hello", decorations: [], reactions: [] }],
  status: { neutral: "delivered", raw: "delivered" },
  metadata: {}
}

const candidate = { carrierId: linq, line: support, reconcile: "none" as const, replayFor: 0 }

export const settings: State["settings"] = {
  onUnknown: "hold",
  deadline: 1,
  attempt: 1,
  retryTimes: 0,
  retryBase: 1,
  maxRetryAfter: 1,
  maxWait: 1,
  lookEvery: 1,
  lookFor: 1,
  movesWhenIncapable: true,
  jitter: 1
}

/** Of a delivery that Linq took. */
export const doneState: State = {
  deliveryId,
  settings,
  route: [candidate],
  position: 0,
  generation: 1,
  repetitions: 1,
  triedAt: 1,
  step: 1,
  steps: [[0]],
  taken: [receipt],
  losses: [],
  proofs: [],
  attempts: [],
  behind: [],
  abandoned: false,
  phase: { _tag: "Done" },
  result: { outcome: Accepted.make({ receipts: [receipt], losses: [] }), carrierId: linq, line: support, kept: false }
}

/** A delivery of a draft to Ada, as it is kept. */
export const outboundEntry = (draft: Draft): Entry => ({
  id: deliveryId,
  conversation: `${support}|${ada}`,
  likenesses: [],
  content: { conversation: toAda, draft, fidelity: "adapt" },
  state: doneState,
  epoch: 1,
  createdAt: then,
  updatedAt: then,
  version: 1
})

const progress: Progress = {
  carrierId: linq,
  state: "done",
  from: then,
  until: then,
  startedAt: then,
  endedAt: then,
  heardUntil: then,
  failures: 0,
  read: 1,
  told: 1,
  optOuts: 0
}

const lineHealth: LineHealth = { carrierId: linq, number, name: support, status: "healthy", available: true, metadata: {} }

export const lineUsage: LineUsage = {
  carrierId: linq,
  number,
  name: support,
  state: "limited",
  sampledAt: then,
  availableAt: then + 60_000,
  hour: { used: 15, limit: 15, left: 0, nextSlotAt: then + 60_000 }
}

const record = <K extends string, V>(keys: ReadonlyArray<K>, value: V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value])) as Record<K, V>

export const capabilities: Capabilities.Capabilities = {
  operations: record(Operation.all, Capabilities.everywhere("native")),
  features: record(Capabilities.Feature.literals, Capabilities.anyService("native")),
  effects: record(MessageEffect.all, "native"),
  reactions: record(["love", "like", "dislike", "laugh", "emphasize", "question"], "native"),
  emojiReactions: "native",
  stickerReactions: "native",
  idempotent: true,
  limits: { textLength: 1_000 }
}

export type Call = readonly [operation: string, ...given: ReadonlyArray<unknown>]

/** Every operation succeeds unless the test says otherwise. */
const messagingOver = (calls: Array<Call>, overrides: Partial<MessagingService>): MessagingService => {
  const answers = <A>(operation: string, answer: A) => (...given: ReadonlyArray<unknown>) =>
    Effect.sync(() => {
      calls.push([operation, ...given])
      return answer
    })
  const page = <A>(item: A) => ({ items: [item], next: Option.some("more"), total: Option.some(7) })
  const nothing = (operation: string) => answers(operation, undefined)
  const chat = { ref: { carrierId: linq, id: "c1" }, isGroup: false, participants: [], metadata: {} }
  const card = { line: support, firstName: "Ada", active: true }
  const attachment = { ref: { carrierId: linq, id: "f1" }, metadata: {} }
  const webhook = { carrierId: linq, id: "w1", url: "https://example.com/in", events: ["message.received"], lines: [], active: true }
  return {
    carriers: [{ id: linq, vendor: "linq", capabilities, lines: new Map([[support, number]]) }],
    plan: answers("plan", [{ _tag: "Refused", carrierId: linq, problems: [{ rule: "feature", path: [], message: "no" }] }]),
    send: answers("send", delivery),
    status: answers("status", report),
    sendVoiceMemo: answers("sendVoiceMemo", receipt),
    sendPoll: answers("sendPoll", { ...receipt, poll }),
    getPoll: answers("getPoll", poll),
    addPollOptions: answers("addPollOptions", poll),
    voteInPoll: nothing("voteInPoll"),
    getMessage: answers("getMessage", message),
    listMessages: answers("listMessages", page(message)),
    listThread: answers("listThread", page(message)),
    deleteRecord: nothing("deleteRecord"),
    edit: nothing("edit"),
    react: nothing("react"),
    unreact: nothing("unreact"),
    moveSticker: nothing("moveSticker"),
    listChats: answers("listChats", page(chat)),
    getChat: answers("getChat", chat),
    updateChat: nothing("updateChat"),
    markRead: nothing("markRead"),
    leaveChat: nothing("leaveChat"),
    shareContactCard: nothing("shareContactCard"),
    requestLocation: answers("requestLocation", { ref }),
    getLocations: answers("getLocations", [{
      peer: ada,
      sharing: "located",
      position: { latitude: 37.8, longitude: -122.4 },
      metadata: {}
    }]),
    stopLocation: nothing("stopLocation"),
    addParticipant: nothing("addParticipant"),
    removeParticipant: nothing("removeParticipant"),
    startTyping: nothing("startTyping"),
    stopTyping: nothing("stopTyping"),
    uploadAttachment: answers("uploadAttachment", attachment),
    getAttachment: answers("getAttachment", attachment),
    deleteAttachment: nothing("deleteAttachment"),
    lookupService: answers("lookupService", { services: { iMessage: true } }),
    listLines: answers("listLines", [lineHealth]),
    listLineUsage: answers("listLineUsage", [lineUsage]),
    getContactStatus: answers("getContactStatus", { carrierId: linq, status: "known", raw: "known", newAfterDays: 30, sampledAt: then }),
    setForwarding: nothing("setForwarding"),
    getContactCard: answers("getContactCard", Option.some(card)),
    setContactCard: answers("setContactCard", card),
    setOptOut: nothing("setOptOut"),
    listBlocked: answers("listBlocked", [block]),
    block: answers("block", block),
    unblock: nothing("unblock"),
    listWebhooks: answers("listWebhooks", [{ ...webhook, secret: Redacted.make("told-in-clear") }]),
    createWebhook: answers("createWebhook", { ...webhook, secret: Redacted.make("made-by-the-carrier") }),
    updateWebhook: answers("updateWebhook", { ...webhook, secret: Redacted.make("told-in-clear") }),
    deleteWebhook: nothing("deleteWebhook"),
    ...overrides
  }
}

const routerOver = (calls: Array<Call>, ended: Option.Option<Ended>, held: ReadonlyArray<DeliveryId>): RouterService => {
  const trial = {
    carrierId: linq,
    line: support,
    outcome: "accepted" as const,
    why: "it took it",
    startedAt: then,
    millis: 2,
    generation: 1,
    moved: false
  }
  const evidence = { error: MessagingError.make("Timeout", { carrierId: linq, operation: "send" }), parts: [0], step: 0, startedAt: then }
  return {
    observe: () => Effect.void,
    events: Stream.empty,
    explain: (id) =>
      Effect.succeed(
        id === deliveryId
          ? Option.some({
            deliveryId: id,
            trials: [trial],
            decisions: [{
              _tag: "Retrying",
              deliveryId: id,
              at: then,
              carrierId: linq,
              line: support,
              until: then,
              why: "it asked for a pause"
            }],
            outcome: undefined,
            doubt: evidence
          })
          : Option.none()
      ),
    ended: (id) => Effect.sync(() => (calls.push(["ended", id]), ended)),
    keyed: (key) => Effect.sync(() => (calls.push(["keyed", key]), Option.none())),
    held: (limit, after) =>
      Effect.sync(() => {
        calls.push(["held", limit, after])
        return held.flatMap((deliveryId, position) =>
          after === undefined || position + 1 > after.createdAt
            ? [{ deliveryId, since: then, createdAt: position + 1, trial, evidence }]
            : []
        ).slice(0, limit)
      }),
    settle: (id, verdict, who) => Effect.sync(() => (calls.push(["settle", id, verdict, who]), id === deliveryId)),
    look: Effect.sync(() => {
      calls.push(["look"])
      return [{ deliveryId, carrierId: linq, result: "failed", why: "the look failed", reason: "Authentication" } as const]
    }),
    health: Effect.succeed([{
      carrierId: linq,
      line: support,
      state: "open",
      until: then + 5,
      failures: 3,
      newContacts: { hour: 3, day: 4, since: then, per: "conversation" },
      usage: {
        readAt: then,
        state: "limited",
        availableAt: then + 60_000,
        hour: { used: 15, limit: 15, left: 0, nextSlotAt: then + 60_000 },
        day: { used: 20, limit: 50, left: 30, resetsAt: then + 3_600_000 }
      },
      restsForNew: true
    }, {
      carrierId: linq,
      line: Line.name("resting"),
      state: "resting",
      until: then + 7,
      pausedUntil: then + 7,
      failures: 0,
      newContacts: { hour: 2, day: 2, since: then, per: "person" },
      faults: [{ reason: "Authentication", since: then }]
    }]),
    notices: Effect.succeed([{ carrierId: linq, what: "webhook-off", at: then, subject: "ws-1" }]),
    checkLines: Effect.sync(() => void calls.push(["checkLines"]))
  }
}

const idsOver = (): IdMapService => ({
  toMessageId: (ref) => Effect.succeed(MessageRef.format(ref)),
  findMessage: (id) => Effect.succeed(id.includes(":") ? MessageRef.parse(id) : Option.none()),
  toChatId: () => Effect.succeed(chatId),
  findChat: (id) => Effect.succeed(id === chatId ? Option.some(toAda) : id === groupId ? Option.some(group) : MessageRef.parse(id)),
  toAttachmentId: (ref) => Effect.succeed(MessageRef.format(ref)),
  findAttachment: (id) => Effect.succeed(MessageRef.parse(id)),
  openGroup: () => Effect.succeed(group),
  findGroup: () => Effect.succeedSome(group),
  remember: () => Effect.void,
  findConversation: () => Effect.succeedNone
})

const archiveOver = (
  queries: Array<Query>,
  { archived = [], isCutOff = false, lookedTo }: Pick<Setup, "archived" | "isCutOff" | "lookedTo">
): ArchiveService => ({
  recordArrival: () => Effect.void,
  recordMessage: () => Effect.void,
  recordStatus: () => Effect.void,
  report: () => Effect.succeedNone,
  find: (id) => Effect.succeed(Option.fromNullable(archived.find((one) => one.id === id))),
  list: (query) =>
    Effect.sync(() => {
      queries.push(query)
      const { after, limit, offset } = query
      const start = after === undefined ? offset : archived.findIndex(({ id }) => id === after.id) + 1
      const items = archived.slice(start, start + limit)
      const last = items.at(-1)
      return {
        items,
        total: archived.length,
        ...(isCutOff ? { isCutOff } : {}),
        ...(lookedTo === undefined ? {} : { next: { at: lookedTo, id: "" }, lookedTo }),
        ...(last === undefined || start + limit >= archived.length ? {} : { next: { at: last.at, id: last.id } })
      }
    }),
  count: (query) => Effect.sync(() => (queries.push({ ...query, limit: 0, offset: 0 }), []))
})

/** A queue that remembers what an operator asked for, with one dead letter. */
const queueOver = (name: string, calls: Array<Call>, letter: string): QueueOperation => {
  const record = (what: string, ...more: ReadonlyArray<unknown>) => Effect.sync(() => void calls.push([`${name} ${what}`, ...more]))
  const isPaused = () => calls.some(([what]) => what === `${name} pause`) && !calls.some(([what]) => what === `${name} resume`)
  return {
    state: Effect.sync(() => ({
      waiting: 2,
      dead: 1,
      oldestDueFor: 1_000,
      oldestDueAt: then,
      ...(isPaused() ? { pausedAt: then } : {})
    })),
    pause: record("pause"),
    resume: record("resume"),
    retry: (id) => Effect.as(record("retry", id), id === letter),
    retryAll: Effect.as(record("retry all"), 1),
    drop: (id) => Effect.as(record("drop", id), id === letter)
  }
}

const callbacksOver = (calls: Array<Call>): CallbacksService => {
  const endpoints = new Map<string, Endpoint>()
  return {
    create: (given) =>
      given.url.startsWith("https://")
        ? Effect.sync(() => {
          const endpoint = { ...given, id: `e${endpoints.size + 1}`, createdAt: then, updatedAt: then }
          endpoints.set(endpoint.id, endpoint)
          return endpoint
        })
        : Effect.fail(new OutboundError({ why: "only https" })),
    list: () => Effect.sync(() => Array.from(endpoints.values())),
    find: (id) => Effect.sync(() => Option.fromNullable(endpoints.get(id))),
    update: (id, change) =>
      Effect.sync(() => Option.map(Option.fromNullable(endpoints.get(id)), (endpoint) => ({ ...endpoint, ...change }))),
    remove: (id) => Effect.sync(() => endpoints.delete(id)),
    enqueue: () => Effect.void,
    test: (id) => Effect.sync(() => Option.map(Option.fromNullable(endpoints.get(id)), () => ({ taken: true, status: 204, millis: 31 }))),
    deadLetters: () => Effect.succeed([{ id: "d1", endpointId: "e1", eventId: 4, attempts: 9, why: "nobody answered", at: then }]),
    queue: queueOver("callbacks", calls, "d1")
  }
}

export interface Setup {
  /** More routes. */
  readonly routes?: Layer.Layer<never, never, HttpLayerRouter.HttpRouter>
  readonly messaging?: Partial<MessagingService>
  readonly archived?: ReadonlyArray<Archived>
  /** Whether the count of the archive ends before its list. */
  readonly isCutOff?: boolean
  /** Where a search of the archive ends early. */
  readonly lookedTo?: number
  readonly api?: ApiServer.Options
  readonly edge?: RequestPolicy.Options
  /** What the delivery of every send has come to by the time of a retry. */
  readonly ended?: Ended
  readonly log?: ReturnType<typeof requestLog>
  /** What is held, the oldest first (default: one delivery). */
  readonly held?: ReadonlyArray<DeliveryId>
}

/** The server runs until the scope ends. `http` shows the key; `anybody` does not. */
export const serve = (setup: Setup = {}) =>
  Effect.gen(function*() {
    const calls: Array<Call> = []
    const queries: Array<Query> = []
    const log = setup.log ?? requestLog()
    const audit = auditTable()
    const services = Layer.mergeAll(
      Layer.succeed(Messaging, messagingOver(calls, setup.messaging ?? {})),
      Layer.succeed(Router, routerOver(calls, Option.fromNullable(setup.ended), setup.held ?? [deliveryId])),
      Layer.succeed(IdMap, idsOver()),
      Layer.succeed(Archive, archiveOver(queries, setup)),
      Layer.succeed(Callbacks, callbacksOver(calls)),
      Layer.succeed(Inbox, {
        put: () => Effect.void,
        idle: Effect.void,
        failed: () =>
          Effect.succeed([{ id: "f1", carrierId: linq, kind: "Received", attempts: 8, why: "StoreFailure", receivedAt: then, at: then }]),
        queue: queueOver("inbox", calls, "f1")
      }),
      Layer.succeed(CatchUp, {
        importOptOuts: () => Effect.succeed({ read: 0, added: 0, known: 0, malformed: 0, lines: [] }),
        run: () => Effect.succeed([progress]),
        progress: Effect.succeed([progress]),
        missed: () => Effect.void,
        heard: () => Effect.void,
        noticed: () => Effect.void
      }),
      Layer.succeed(EventLog, {
        append: () => Effect.succeed([]),
        read: () => Effect.succeed([]),
        reader: () => Effect.succeed({ next: Effect.never, rouse: Effect.void }),
        stream: () => Stream.empty,
        latest: Effect.succeed(0)
      }),
      Layer.succeed(CohortComparison, { compare: (since, until) => Effect.succeed({ since, until, cohorts: [] }) }),
      Layer.succeed(Shadow, { carrierId: Option.none(), take: () => {}, comparisons: Effect.succeed([]) }),
      Layer.succeed(Processes, {
        list: Effect.succeed([{ address: "10.0.0.7:34431", shards: 151, since: then }, { shards: 149, since: then + 1 }])
      }),
      Layer.succeed(RequestLog, log),
      Suppression.layerMemory,
      Layer.succeed(AuditTable, audit),
      Sessions.layer().pipe(
        Layer.provideMerge(ApiKeys.layer(new Map([["crm", Redacted.make(apiKey)], ["ops", Redacted.make("0123456789abcdef-ops")]]))),
        Layer.provide(Layer.succeed(ApiKeyTable, apiKeyTable())),
        Layer.provide(Layer.succeed(SessionTable, sessionTable()))
      ),
      Drain.layer,
      NodeHttpServer.layerTest
    )
    const routes = Layer.mergeAll(
      ApiServer.layer(setup.api),
      EventStream.layer,
      OptOutImport.layer(),
      Metrics.layer(),
      setup.routes ?? Layer.empty
    ).pipe(
      Layer.provide(RequestPolicy.layer({ accessLog: false, fronts: Fronts.addresses, ...setup.edge }))
    )
    const context = yield* Layer.build(Layer.provideMerge(RequestPolicy.serve(routes), services))
    return yield* Effect.gen(function*() {
      // what the tests' own client tells is not ours
      const anybody = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
      return {
        calls,
        queries,
        log,
        audit,
        sessions: yield* Sessions.Sessions,
        anybody,
        http: HttpClient.mapRequest(anybody, HttpClientRequest.bearerToken(apiKey)),
        client: yield* ApiClient.make({ baseUrl: "", apiKey: Redacted.make(apiKey) }),
        drain: yield* Drain.Drain,
        suppression: yield* Suppression.Suppression
      }
    }).pipe(Effect.provide(context))
  })
