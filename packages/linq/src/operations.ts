/** What Linq can do, as a list of operations: each is one or two requests, and their answers in neutral words. */
import type { AdapterOperations, ChatContext } from "@interline/core/Adapter"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import { present } from "@interline/core/Optional"
import type { PageRequest } from "@interline/core/Page"
import type * as Problem from "@interline/core/Problem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as LiftAnswer from "./convert/liftAnswer.ts"
import * as Locations from "./convert/locations.ts"
import * as LowerDraft from "./convert/lowerDraft.ts"
import * as Polls from "./convert/polls.ts"
import * as Subscriptions from "./convert/subscriptions.ts"
import type * as LinqClient from "./wire/LinqClient.ts"
import type * as LinqSchema from "./wire/LinqSchema.ts"

type Answer<A> = Effect.Effect<A, MessagingError.MessagingError>

/** What the operations are made of. */
export interface Account {
  readonly carrierId: CarrierId
  readonly lines: ReadonlyMap<LineName, Handle.Phone>
  readonly client: LinqClient.LinqClient
}

interface Parts extends Account {
  /** Runs a request about a chat with Linq's id of it. */
  readonly inChat: <A>(operation: Operation, chat: ChatContext, run: (chatId: string) => Answer<A>) => Answer<A>
  readonly refuse: (operation: Operation, problems: ReadonlyArray<Problem.Problem>) => Answer<never>
}

const paging = ({ cursor, limit }: PageRequest): LinqClient.PageQuery => present({ limit, cursor })

/** A voice memo, a poll, one message, and the messages of a chat. */
const makeMessages = ({ carrierId, client, inChat, lines, refuse }: Parts): Partial<AdapterOperations> => {
  const ours: ReadonlySet<string> = new Set(lines.values())
  const message = (wire: LinqSchema.Message) => LiftAnswer.message(carrierId, wire, ours)
  const messages = (page: LinqSchema.MessagePage) => LiftAnswer.page(page.messages, page.next_cursor, message)
  const poll = (wire: LinqSchema.PollEnvelope) => Polls.lift(carrierId, wire)
  const toReact = (operation: "react" | "unreact"): AdapterOperations["react"] => ({ part, ref }, reaction) => {
    const problems = reaction._tag === "Sticker" ? LowerDraft.stickerProblems(reaction) : []
    return problems.length > 0
      ? refuse(operation, problems)
      : Effect.asVoid(client.react(ref.id, LowerDraft.reaction(operation, part, reaction)))
  }
  return {
    sendVoiceMemo: (to, audio) => {
      const problems = LowerDraft.voiceMemoProblems(carrierId, audio)
      return problems.length > 0
        ? refuse("sendVoiceMemo", problems)
        : inChat(
          "sendVoiceMemo",
          to,
          (chatId) =>
            Effect.map(client.sendVoiceMemo(chatId, LowerDraft.voiceMemo(audio)), (reply) => LiftAnswer.voiceMemoReceipt(carrierId, reply))
        )
    },
    sendPoll: (to, { key, options }) =>
      inChat(
        "sendPoll",
        to,
        (chatId) => Effect.map(client.createPoll(chatId, Polls.lower(options, key)), (reply) => Polls.sent(carrierId, reply))
      ),
    getPoll: ({ id }) => Effect.map(client.getPoll(id), poll),
    addPollOptions: ({ ref }, options) => Effect.map(client.addPollOptions(ref.id, options), poll),
    voteInPoll: ({ ref }, option, voted) =>
      Effect.asVoid(client.votePoll(ref.id, { option_id: option, operation: voted ? "add" : "remove" })),
    getMessage: ({ id }) => Effect.map(client.getMessage(id), message),
    listMessages: (of, page) =>
      inChat(
        "listMessages",
        of,
        (chatId) =>
          Effect.map(
            client.listMessages(chatId, paging(page)),
            (found) => LiftAnswer.page(found.messages, found.next_cursor, (wire) => LiftAnswer.message(carrierId, wire, of.from ?? ours))
          )
      ),
    listThread: (message, page) => Effect.map(client.listThread(message.id, paging(page)), messages),
    deleteRecord: (message) => client.deleteMessage(message.id),
    edit: (message, text) => {
      const problems = LowerDraft.editProblems(text)
      return problems.length > 0
        ? refuse("edit", problems)
        : Effect.asVoid(client.editMessage(message.ref.id, LowerDraft.edit(text, message.part)))
    },
    react: toReact("react"),
    unreact: toReact("unreact"),
    moveSticker: ({ ref }, reactionId, placement) => Effect.asVoid(client.moveSticker(ref.id, reactionId, { placement }))
  }
}

/** A chat and the people in it. */
const makeChats = ({ carrierId, client, inChat }: Parts): Partial<AdapterOperations> => {
  const chat = (wire: LinqSchema.Chat) => LiftAnswer.chat(carrierId, wire)
  return {
    listChats: ({ from, with: other, ...page }) =>
      Effect.map(
        client.listChats({ ...paging(page), ...(from === undefined ? {} : { from }), ...(other === undefined ? {} : { to: other }) }),
        (page) => LiftAnswer.page(page.chats, page.next_cursor, chat)
      ),
    getChat: (of) => inChat("getChat", of, (chatId) => Effect.map(client.getChat(chatId), chat)),
    updateChat: (chat, { icon, name }) =>
      icon === null || name === null
        ? Effect.fail(MessagingError.unsupported(carrierId, "updateChat", "Linq documents no way to clear a name or an icon"))
        : inChat("updateChat", chat, (chatId) =>
          Effect.asVoid(
            client.updateChat(chatId, {
              ...(name === undefined ? {} : { display_name: name }),
              ...(icon === undefined ? {} : { group_chat_icon: icon })
            })
          )),
    markRead: (chat) => inChat("markRead", chat, client.markRead),
    leaveChat: (chat) => inChat("leaveChat", chat, (chatId) => Effect.asVoid(client.leaveChat(chatId))),
    shareContactCard: (chat) => inChat("shareContactCard", chat, client.shareContactCard),
    requestLocation: (chat) => inChat("requestLocation", chat, (chatId) => Effect.as(client.requestLocation(chatId), {})),
    getLocations: (chat) => inChat("getLocations", chat, (chatId) => Effect.map(client.getLocation(chatId), Locations.lift)),
    stopLocation: (chat, handle) => inChat("stopLocation", chat, (chatId) => Effect.asVoid(client.stopLocation(chatId, handle))),
    addParticipant: (chat, handle) => inChat("addParticipant", chat, (chatId) => Effect.asVoid(client.addParticipant(chatId, handle))),
    removeParticipant: (chat, handle) =>
      inChat("removeParticipant", chat, (chatId) => Effect.asVoid(client.removeParticipant(chatId, handle))),
    startTyping: (chat) => inChat("startTyping", chat, client.startTyping),
    stopTyping: (chat) => inChat("stopTyping", chat, client.stopTyping)
  }
}

/** Stored files. */
const makeFiles = ({ carrierId, client, refuse }: Parts): Partial<AdapterOperations> => {
  return {
    uploadAttachment: (upload) => {
      const problems = LowerDraft.uploadProblems(upload)
      if (problems.length > 0) return refuse("uploadAttachment", problems)
      const { bytes, fileName, mimeType } = upload
      const file = { filename: fileName, content_type: mimeType, size_bytes: bytes.length }
      return Effect.flatMap(client.createAttachment(file), (ticket) =>
        Effect.as(
          client.putAttachment(ticket, bytes),
          LiftAnswer.attachment(carrierId, { ...file, id: ticket.attachment_id, download_url: ticket.download_url })
        ))
    },
    getAttachment: (attachment) => Effect.map(client.getAttachment(attachment.id), (reply) => LiftAnswer.attachment(carrierId, reply)),
    deleteAttachment: (attachment) => client.deleteAttachment(attachment.id)
  }
}

/** What the vendor knows of people, lines, contact cards, blocks and webhooks. */
const makeAccount = ({ carrierId, client, lines }: Parts): Partial<AdapterOperations> => {
  const names = new Map(Array.from(lines, ([name, number]) => [number, name]))
  const webhooks = Subscriptions.make(carrierId, client)
  const blocked = (wire: LinqSchema.BlockedHandle) => LiftAnswer.block(carrierId, wire)
  const findLineId = (from: Handle.Phone): Effect.Effect<string, MessagingError.MessagingError> =>
    Effect.flatMap(client.listPhoneNumbers("setForwarding"), ({ phone_numbers }) => {
      const found = phone_numbers.find((number) => number.phone_number === from)
      return found === undefined
        ? Effect.fail(
          MessagingError.make("LineNotAllowed", { carrierId, operation: "setForwarding", detail: "the account does not list the line" })
        )
        : Effect.succeed(found.id)
    })

  return {
    lookupService: (handle, from) => {
      const request = { address: handle, ...(from === undefined ? {} : { from }) }
      return Effect.flatMap(client.checkIMessage(request), ({ available }) =>
        Handle.isPhone(handle)
          ? Effect.map(Effect.either(client.checkRcs(request)), (rcs) => ({
            // Linq allows one check in ten seconds, so the second check often fails. Then the answer leaves out RCS
            services: { iMessage: available, ...(Either.isRight(rcs) ? { RCS: rcs.right.available } : {}) }
          }))
          : Effect.succeed({ services: { iMessage: available } }))
    },
    listLines: () =>
      Effect.flatMap(client.listPhoneNumbers(), ({ phone_numbers }) =>
        Effect.forEach(phone_numbers, (number) => {
          const line = LiftAnswer.line(carrierId, names, number)
          return line === undefined
            ? Effect.fail(MessagingError.make("BadResponse", { carrierId, operation: "listLines", detail: "a line is not in E.164" }))
            : Effect.succeed(line)
        })),
    setForwarding: (_, from, number) =>
      Effect.flatMap(findLineId(from), (lineId) => Effect.asVoid(client.updatePhoneNumber(lineId, number))),
    getContactCard: (line, from) =>
      Effect.map(client.getContactCards(from), ({ contact_cards }) => {
        const found = contact_cards.find((card) => card.phone_number === from)
        return Option.map(Option.fromNullable(found), (card) => LiftAnswer.contactCard(line, card))
      }).pipe(
        Effect.catchIf((error) => error.status === 404 && error.vendorCode === "2012", () => Effect.succeedNone)
      ),
    setContactCard: (line, from, change) => {
      const card = {
        first_name: change.firstName,
        ...(change.lastName === undefined ? {} : { last_name: change.lastName }),
        ...(change.imageUrl === undefined ? {} : { image_url: change.imageUrl })
      }
      return client.createContactCard({ phone_number: from, ...card }).pipe(
        Effect.catchIf((error) => error.status === 409 && error.vendorCode === "2014", () => client.updateContactCard(from, card)),
        Effect.map((reply) => LiftAnswer.contactCard(line, reply))
      )
    },
    listBlocked: () => Effect.map(client.listBlockedHandles(), ({ blocked_handles }) => blocked_handles.map(blocked)),
    block: (peer, reason) => Effect.map(client.blockHandle(peer, reason), ({ blocked_handle }) => blocked(blocked_handle)),
    unblock: (peer) => client.unblockHandle(peer),
    listWebhooks: webhooks.list,
    createWebhook: webhooks.create,
    updateWebhook: webhooks.update,
    deleteWebhook: webhooks.remove
  }
}

/** Every operation of Linq. */
export const make = (account: Account): Partial<AdapterOperations> => {
  const { carrierId } = account
  const parts: Parts = {
    ...account,
    inChat: (operation, { chat }, run) =>
      chat === undefined
        ? Effect.fail(MessagingError.make("NotFound", { carrierId, operation, detail: "there is no chat yet; a first message opens it" }))
        : run(chat.id),
    refuse: (operation, problems) => Effect.fail(MessagingError.invalid(operation, problems, carrierId))
  }
  return { ...makeMessages(parts), ...makeChats(parts), ...makeFiles(parts), ...makeAccount(parts) }
}
