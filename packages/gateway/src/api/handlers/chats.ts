/** Chats, addressed by their ids. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Conversation from "@interline/core/Conversation"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"
import type { GroupRequest } from "../ApiSchema.ts"
import * as Authorization from "../authorization.ts"
import * as ResolveAddress from "../resolveAddress.ts"

export const chats = HttpApiBuilder.group(GatewayApi, "chats", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const ids = yield* IdMap
    const lines = ResolveAddress.linesOf(messaging.carriers)
    const resolve = ResolveAddress.make(ids, lines)
    const lineOf = (line: LineName | undefined) => Effect.tap(ResolveAddress.lineOf(lines, line, ["line"]), Authorization.checkLine)
    const openGroup = ({ line, members }: typeof GroupRequest.Type) =>
      Effect.flatMap(lineOf(line), (line) => Effect.flatMap(ids.openGroup(line, members), opened))
    const opened = (conversation: Conversation.Conversation) => Effect.map(ids.toChatId(conversation), (id) => ({ id, conversation }))
    return handlers
      .handle("openConversation", ({ payload }) =>
        "handle" in payload
          ? Effect.flatMap(lineOf(payload.line), (line) => opened(Conversation.direct(line, payload.handle)))
          : openGroup(payload))
      .handle("openGroup", ({ payload }) => openGroup(payload))
      .handle("listChats", ({ urlParams }) => Effect.map(toProblem(messaging.listChats(urlParams)), ResolveAddress.pageOf))
      .handle("getChat", ({ path }) => Effect.flatMap(resolve.chat(path.chat), (chat) => toProblem(messaging.getChat(chat))))
      .handle("updateChat", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) => toProblem(messaging.updateChat(chat, payload))))
      .handle("listMessages", ({ path, urlParams }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          Effect.map(toProblem(messaging.listMessages(chat, urlParams)), ResolveAddress.pageOf)))
      .handle("markRead", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.markRead(chat))))
      .handle("leaveChat", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.leaveChat(chat))))
      .handle("startTyping", ({ path }) => Effect.flatMap(resolve.chat(path.chat), (chat) => toProblem(messaging.startTyping(chat))))
      .handle("stopTyping", ({ path }) => Effect.flatMap(resolve.chat(path.chat), (chat) => toProblem(messaging.stopTyping(chat))))
      .handle("addParticipant", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.addParticipant(chat, payload.handle))))
      .handle("removeParticipant", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.removeParticipant(chat, payload.handle))))
      .handle("requestLocation", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.requestLocation(chat))))
      .handle("getLocations", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          Effect.map(toProblem(messaging.getLocations(chat)), (items) => ({ items }))))
      .handle("stopLocation", ({ path, payload }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.stopLocation(chat, payload.handle))))
      .handle("shareContactCard", ({ path }) =>
        Effect.flatMap(resolve.chat(path.chat), (chat) =>
          toProblem(messaging.shareContactCard(chat))))
  }))
