/** The three ways to send: to people from a named line, into a chat by its id, and to people from the only line. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryReport } from "@interline/core/DeliveryStatus"
import type { Draft } from "@interline/core/Draft"
import type { Extras } from "@interline/core/Extras"
import type { LineName } from "@interline/core/Line"
import { present } from "@interline/core/Optional"
import type { Service } from "@interline/core/Service"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Adapted from "../kit/adapted.ts"
import type { FrontService, SendResult } from "../kit/FrontService.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as ChatLookup from "./chatLookup.ts"
import * as Files from "./files.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

/** What is known of a send that went out, or may have gone out. */
interface SendFacts {
  readonly id: string
  readonly report: Pick<DeliveryReport, "status" | "service">
  readonly carrierId: CarrierId | undefined
  readonly startedAt: number | undefined
}

const readFacts = (sent: SendResult): Effect.Effect<SendFacts, Refusal.Refusal> => {
  switch (sent._tag) {
    case "Accepted": {
      const { attempts, carrierId, id, service, status } = sent.delivery
      return Effect.succeed({ id, report: { status, service }, carrierId, startedAt: attempts[0].startedAt })
    }
    case "Incomplete": {
      const { attempts, deliveryId, receipts: [receipt] } = sent.error
      return Effect.succeed({
        id: deliveryId,
        report: { status: receipt.status, service: receipt.service },
        carrierId: receipt.ref.carrierId,
        startedAt: attempts[0]?.startedAt
      })
    }
    case "Pending":
      return Effect.succeed({
        id: sent.deliveryId,
        report: { status: "pending", service: undefined },
        carrierId: sent.error.evidence.error.carrierId,
        startedAt: sent.error.evidence.startedAt
      })
    case "Refused":
      return Effect.fail(Refusal.ofProblems(sent.error.problems))
    case "NotSent":
      return Effect.fail(Refusal.ofError(sent.error.error))
  }
}

/** The services that reading a send needs. Nothing is done by reading it. */
export interface ReadServices {
  readonly front: Pick<FrontService, "lineOf" | "onlyLine" | "strict">
  readonly ids: Pick<IdMapService, "findMessage" | "openGroup" | "remember">
  readonly findConversation: (chatId: string) => Effect.Effect<Conversation.Conversation, Refusal.Refusal>
  /** Whether a line has a chat with exactly these people. */
  readonly hasChat: (line: LineName, people: Request.People) => Effect.Effect<boolean>
  readonly makeFinder: (origin: string) => Request.FileOf
}

/** A message as a request asks for it. `unknown` names the fields that the gateway does not know. */
export interface Asked {
  readonly to: Conversation.Conversation
  readonly draft: Draft
  readonly unknown: ReadonlyArray<string>
}

interface Performed {
  readonly view: Wire.ChatView
  readonly message: ReturnType<typeof Wire.sentMessage>
  readonly traced: Pick<Request.Call, "traceId">
  readonly headers: Readonly<Record<string, string>>
}

const perform = (
  services: Services,
  call: Request.Call,
  key: string,
  { draft: asked, to, unknown }: Asked
): Effect.Effect<Performed, Refusal.Refusal> =>
  Effect.gen(function*() {
    const sent = yield* services.front.send(key, to, asked)
    const headers = services.front.headers(sent, UnknownFields.toLosses(unknown))
    const draft = Adapted.dropLost(asked, Adapted.lossesOf(sent))
    const { carrierId, id, report, startedAt } = yield* Effect.mapError(readFacts(sent), (refusal) => Refusal.withHeaders(refusal, headers))
    const service: Service | undefined = report.service ?? draft.preferredService
    const view = yield* ChatLookup.viewConversation(services, to, present({ carrierId, service }))
    const at = startedAt ?? (yield* Clock.currentTimeMillis)
    const shown: Wire.Shown = {
      id,
      message: Wire.ofDraft(draft, report, yield* Files.describeFiles(services, draft, call.origin)),
      reply: yield* Files.readReply(services, draft),
      at,
      changedAt: at
    }
    return { view, message: Wire.sentMessage(view, shown), traced: { traceId: Wire.traceId(id) }, headers }
  })

type ReadCall = Pick<Request.Call, "body" | "origin" | "params">

type ReadSend = (call: ReadCall) => Effect.Effect<Asked, Refusal.Refusal>

/** The readers of the three ways to send. `reused`: the chat was there before. */
export interface Readers {
  readonly createChat: ReadSend
  readonly sendMessage: ReadSend
  readonly createMessage: (call: ReadCall) => Effect.Effect<Asked & { readonly reused: boolean }, Refusal.Refusal>
}

export const makeReaders = ({ findConversation, front, hasChat, ids, makeFinder }: ReadServices): Readers => {
  const decodeCreateChat = Request.decodeKnown(Request.CreateChat, front, Request.passing)
  const decodeSendMessage = Request.decodeKnown(Request.SendMessage, front, Request.passing)
  const decodeCreateMessage = Request.decodeKnown(Request.CreateMessage, front, Request.passing)
  const draftOf = (call: ReadCall, to: Conversation.Conversation, content: Request.MessageContent, extras: Extras | undefined) =>
    Effect.filterOrFail(
      Request.readDraft(makeFinder(call.origin), ids, content, extras),
      // Linq refuses it here. On the neutral API it is a loss
      ({ parts }) => Conversation.kind(to) === "group" || !parts.some((part) => part._tag === "Text" && part.mentions !== undefined),
      () => Refusal.make(Refusal.rules.mention, "message.parts: only a group chat has mentions")
    )

  return {
    createChat: (call) =>
      Effect.gen(function*() {
        const { extras, unknown, value: { from, message, to } } = yield* decodeCreateChat(call.body)
        const line = yield* Request.readLine(front, from, "from")
        const conversation = yield* Request.openConversation(ids, line, yield* Request.readPeople(front, line, to))
        return { to: conversation, draft: yield* draftOf(call, conversation, message, extras), unknown }
      }),

    sendMessage: (call) =>
      Effect.gen(function*() {
        const { extras, unknown, value: { message } } = yield* decodeSendMessage(call.body)
        const conversation = yield* findConversation(Request.param(call, "chatId"))
        return { to: conversation, draft: yield* draftOf(call, conversation, message, extras), unknown }
      }),

    createMessage: (call) =>
      Effect.gen(function*() {
        const { extras, unknown, value: { exclude_from, message, to } } = yield* decodeCreateMessage(call.body)
        if (Option.isNone(front.onlyLine)) {
          return yield* Refusal.refuse(
            { status: 409, code: 2015 },
            "no eligible sending line: several lines are configured, and the gateway chooses none of them for a person; name the line as from in POST /v3/chats"
          )
        }
        const line = front.onlyLine.value
        const people = yield* Request.readPeople(front, line, to)
        const reused = yield* hasChat(line, people)
        // Linq never moves a chat that is there, whatever the request excludes (linq-go 0.38.3, read 2026-11-29)
        if (!reused && (exclude_from ?? []).some((number) => Option.contains(front.lineOf(number), line))) {
          return yield* Refusal.refuse({ status: 409, code: 2015 }, "no eligible sending line: the only line is excluded")
        }
        const conversation = yield* Request.openConversation(ids, line, people)
        return { to: conversation, draft: yield* draftOf(call, conversation, message, extras), unknown, reused }
      })
  }
}

export const routes = (services: Services): ReadonlyArray<Request.Route> => {
  const read = makeReaders({
    front: services.front,
    ids: services.ids,
    findConversation: (chatId) => ChatLookup.findConversation(services, chatId),
    hasChat: ChatLookup.hasChat(services),
    makeFinder: (origin) => Files.makeFinder(services, origin)
  })

  return [
    PathTable.keyed("POST", "/chats", (call, key) =>
      Effect.gen(function*() {
        const asked = yield* read.createChat(call)
        const done = yield* perform(services, call, key, asked)
        const optedOut = yield* ChatLookup.isOptedOut(services, asked.to)
        return Refusal.json(done.traced, 201, Wire.createdChat(done.view, optedOut, done.message), done.headers)
      })),

    PathTable.keyed("POST", "/chats/:chatId/messages", (call, key) =>
      Effect.gen(function*() {
        const done = yield* perform(services, call, key, yield* read.sendMessage(call))
        return Refusal.json(done.traced, 202, { chat_id: done.view.id, message: done.message }, done.headers)
      })),

    PathTable.keyed("POST", "/messages", (call, key) =>
      Effect.gen(function*() {
        const { reused, ...asked } = yield* read.createMessage(call)
        const done = yield* perform(services, call, key, asked)
        return Refusal.json(done.traced, 202, {
          chat_id: done.view.id,
          created_new_chat: !reused,
          from: done.view.number,
          from_selection: { reason: reused ? "reused_active_chat" : "new_best_number", reused_existing_chat: reused },
          handles: Wire.handles(done.view),
          is_group: done.view.isGroup,
          message: done.message,
          service: Wire.service(done.view.service)
        }, done.headers)
      }))
  ]
}
