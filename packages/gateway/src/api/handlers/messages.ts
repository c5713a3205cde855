/** Messages, chats and files: the operations of `Messaging`, addressed by ids. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Conversation from "@interline/core/Conversation"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as OwnLines from "../../config/ownLines.ts"
import * as MediaTypes from "../../fronts/kit/mediaTypes.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import type { GroupRequest, ReactRequest, UnreactParams } from "../ApiSchema.ts"
import { UploadedBytes } from "../endpoint.ts"
import * as ResolveAddress from "../resolveAddress.ts"
import { listArchive } from "./sending.ts"

/** A failed operation as a problem. */
export const told = <A, R>(effect: Effect.Effect<A, MessagingError, R>): Effect.Effect<A, ProblemDetails.ProblemDetails, R> =>
  Effect.mapError(effect, (error) => ProblemDetails.fromMessagingError(error))

const reactionOf = (given: typeof ReactRequest.Type): Reaction.Reaction =>
  "tapback" in given ? Reaction.tapback(given.tapback) : "emoji" in given ? Reaction.emoji(given.emoji) : given.reaction

const reactionIn = ({ emoji, tapback }: typeof UnreactParams.Type): Reaction.Reaction | undefined =>
  tapback !== undefined ? Reaction.tapback(tapback) : emoji !== undefined ? Reaction.emoji(emoji) : undefined

export const messages = HttpApiBuilder.group(GatewayApi, "messages", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    const archived = listArchive({
      archive: yield* Archive,
      resolve,
      carriers: messaging.carriers.map(({ id }) => id),
      lines: ResolveAddress.linesOf(yield* OwnLines.configured)
    })
    return handlers
      .handle("listArchive", ({ urlParams }) => archived(urlParams))
      .handle("getMessage", ({ path, urlParams }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          told(messaging.getMessage(message, ResolveAddress.part(urlParams)))))
      .handle("listThread", ({ path, urlParams }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          Effect.map(told(messaging.listThread(message, urlParams)), ResolveAddress.pageOf)))
      .handle("edit", ({ path, payload }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          told(messaging.edit(message, payload.text, ResolveAddress.part(payload)))))
      .handle("deleteRecord", ({ path }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          told(messaging.deleteRecord(message))))
      .handle("react", ({ path, payload }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          told(messaging.react(message, reactionOf(payload), ResolveAddress.part(payload)))))
      .handle("unreact", ({ path, urlParams }) =>
        Effect.flatMap(resolve.message(path.message), (message) => {
          const reaction = reactionIn(urlParams)
          return reaction === undefined
            ? Effect.dieMessage("the schema lets no request through that names no reaction")
            : told(messaging.unreact(message, reaction, ResolveAddress.part(urlParams)))
        }))
      .handle("sendVoiceMemo", ({ payload }) =>
        Effect.flatMap(resolve.target(payload.to), (to) =>
          told(messaging.sendVoiceMemo(to, "url" in payload ? Part.media(payload.url) : Part.attachment(payload.attachment)))))
  }))

export const chats = HttpApiBuilder.group(GatewayApi, "chats", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const ids = yield* IdMap
    const lines = ResolveAddress.linesOf(messaging.carriers)
    const resolve = ResolveAddress.make(ids, lines)
    const lineOf = (line: LineName | undefined) => ResolveAddress.lineOf(lines, line, ["line"])
    const openGroup = ({ line, members }: typeof GroupRequest.Type) =>
      Effect.flatMap(lineOf(line), (line) => Effect.flatMap(ids.group(line, members), opened))
    const opened = (conversation: Conversation.Conversation) => Effect.map(ids.chatId(conversation), (id) => ({ id, conversation }))
    return handlers
      .handle("openConversation", ({ payload }) =>
        "handle" in payload
          ? Effect.flatMap(lineOf(payload.line), (line) => opened(Conversation.direct(line, payload.handle)))
          : openGroup(payload))
      .handle("openGroup", ({ payload }) => openGroup(payload))
      .handle("listChats", ({ urlParams }) => Effect.map(told(messaging.listChats(urlParams)), ResolveAddress.pageOf))
      .handle("getChat", ({ path }) => Effect.flatMap(resolve.chat(path.chat), (chat) => told(messaging.getChat(chat))))
      .handle("updateChat", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) => told(messaging.updateChat(chat, payload))))
      .handle("listMessages", ({ path, urlParams }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          Effect.map(told(messaging.listMessages(chat, urlParams)), ResolveAddress.pageOf)))
      .handle("markRead", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          told(messaging.markRead(chat))))
      .handle("leaveChat", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) => told(messaging.leaveChat(chat))))
      .handle("startTyping", ({ path }) => Effect.flatMap(resolve.chat(path.chat), (chat) => told(messaging.startTyping(chat))))
      .handle("stopTyping", ({ path }) => Effect.flatMap(resolve.chat(path.chat), (chat) => told(messaging.stopTyping(chat))))
      .handle("addParticipant", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          told(messaging.addParticipant(chat, payload.handle))))
      .handle("removeParticipant", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          told(messaging.removeParticipant(chat, payload.handle))))
      .handle("shareContactCard", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          told(messaging.shareContactCard(chat))))
  }))

const octets = "application/octet-stream"

export const attachments = HttpApiBuilder.group(GatewayApi, "attachments", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    return handlers
      // the body is bytes whatever its type says
      .handleRaw("uploadAttachment", ({ request, urlParams: { fileName, mimeType } }) =>
        Effect.flatMap(UploadedBytes, (bytes) =>
          Effect.suspend(() => {
            const said = { fileName, mimeType: mimeType ?? request.headers["content-type"] ?? octets, bytes }
            return told(messaging.uploadAttachment({ ...said, mimeType: MediaTypes.infer(said) }))
          })))
      .handle("getAttachment", ({ path }) =>
        Effect.flatMap(resolve.attachment(path.attachment), (ref) =>
          told(messaging.getAttachment(ref))))
      .handle("deleteAttachment", ({ path }) =>
        Effect.flatMap(resolve.attachment(path.attachment), (ref) =>
          told(messaging.deleteAttachment(ref))))
  }))
