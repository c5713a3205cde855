/** Messages, addressed by their ids. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as ConfiguredNumbers from "../../config/configuredNumbers.ts"
import { ApiKeys } from "../../http/ApiKeys.ts"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"
import type { ReactRequest, UnreactParams } from "../ApiSchema.ts"
import * as ArchivePages from "../archivePages.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const reactionOf = (given: typeof ReactRequest.Type): Reaction.Reaction | Reaction.Sticker =>
  "tapback" in given ? Reaction.tapback(given.tapback) : "emoji" in given ? Reaction.emoji(given.emoji) : given.reaction

const reactionIn = ({ emoji, tapback }: typeof UnreactParams.Type): Reaction.Reaction | undefined =>
  tapback !== undefined ? Reaction.tapback(tapback) : emoji !== undefined ? Reaction.emoji(emoji) : undefined

export const messages = HttpApiBuilder.group(GatewayApi, "messages", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    const listing = {
      archive: yield* Archive,
      resolve,
      carriers: messaging.carriers.map(({ id }) => id),
      lines: ResolveAddress.linesOf(yield* ConfiguredNumbers.configured),
      ledgerKeys: ArchivePages.ledgerKeysBy(yield* ApiKeys)
    }
    const archived = ArchivePages.listArchive(listing)
    return handlers
      .handle("listArchive", ({ urlParams }) => archived(urlParams))
      .handle("countArchive", ({ urlParams }) => ArchivePages.count(listing, urlParams))
      .handle("getMessage", ({ path, urlParams }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.getMessage(message, ResolveAddress.part(urlParams)))))
      .handle("listThread", ({ path, urlParams }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          Effect.map(toProblem(messaging.listThread(message, urlParams)), ResolveAddress.pageOf)))
      .handle("edit", ({ path, payload }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.edit(message, payload.text, ResolveAddress.part(payload)))))
      .handle("deleteRecord", ({ path }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.deleteRecord(message))))
      .handle("react", ({ path, payload }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.react(message, reactionOf(payload), ResolveAddress.part(payload)))))
      .handle("unreact", ({ path, urlParams }) =>
        Effect.flatMap(resolve.message(path.message), (message) => {
          const reaction = reactionIn(urlParams)
          return reaction === undefined
            ? Effect.dieMessage("the schema lets no request through that names no reaction")
            : toProblem(messaging.unreact(message, reaction, ResolveAddress.part(urlParams)))
        }))
      .handle("moveSticker", ({ path, payload }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.moveSticker(message, path.reaction, payload.placement, ResolveAddress.part(payload)))))
      .handle("sendPoll", ({ payload: { key, options, to } }) =>
        Effect.flatMap(resolve.target(to), (target) =>
          toProblem(messaging.sendPoll(target, key === undefined ? { options } : { options, key }))))
      .handle("getPoll", ({ path }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.getPoll(message))))
      .handle("addPollOptions", ({ path, payload }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.addPollOptions(message, payload.options))))
      .handle("voteInPoll", ({ path, payload: { option, voted = true } }) =>
        Effect.flatMap(resolve.message(path.message), (message) =>
          toProblem(messaging.voteInPoll(message, option, voted))))
      .handle("sendVoiceMemo", ({ payload }) =>
        Effect.flatMap(resolve.target(payload.to), (to) =>
          toProblem(messaging.sendVoiceMemo(to, "url" in payload ? Part.media(payload.url) : Part.attachment(payload.attachment)))))
  }))
