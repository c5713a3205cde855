/** What Sendblue can do, as a list of operations: each is one or two requests, and their answers in neutral words. */
import type { AdapterOperations, ChatContext } from "@interline/core/Adapter"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import { present } from "@interline/core/Optional"
import * as Problem from "@interline/core/Problem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as LiftAnswer from "./convert/liftAnswer.ts"
import * as Locations from "./convert/locations.ts"
import * as LowerDraft from "./convert/lowerDraft.ts"
import * as Subscriptions from "./convert/subscriptions.ts"
import type * as SendblueClient from "./wire/SendblueClient.ts"
import type { ListMessages } from "./wire/SendblueRequests.ts"

type Answer<A> = Effect.Effect<A, MessagingError.MessagingError>

/** What the operations are made of. */
export interface Account {
  readonly carrierId: CarrierId
  readonly lines: ReadonlyMap<LineName, Handle.Phone>
  readonly client: SendblueClient.SendblueClient
}

interface Parts extends Account {
  /** Runs a request about a chat that Sendblue has an id for: a group. Our number is given if it is known. */
  readonly inChat: <A>(
    operation: Operation,
    chat: ChatContext,
    run: (chatId: string, from: Handle.Phone | undefined) => Answer<A>
  ) => Answer<A>
  /** Runs a request about one person, with their number and ours. */
  readonly withPerson: <A>(
    operation: Operation,
    chat: ChatContext,
    run: (number: Handle.Handle, from: Handle.Phone) => Answer<A>
  ) => Answer<A>
  readonly refuse: (operation: Operation, problems: ReadonlyArray<Problem.Problem>) => Answer<never>
}

const foreignCursor = Problem.make("type", ["page", "cursor"], "not a cursor that a page of Sendblue gave")

const cardToPhone = Problem.make("recipient", ["to"], "Sendblue shares a contact card with a phone number only")

const lineUnknown = Problem.make("line", ["to"], "it is not known which of our lines this chat is on; address it by its conversation")

/** Why an answer about a message cannot be used. */
export const toUnreadable = (carrierId: CarrierId, detail: string): MessagingError.MessagingError =>
  MessagingError.make("BadResponse", { carrierId, operation: "getMessage", certainty: "not-sent", next: "fix", detail })

/** A voice memo, one message, and the messages of a chat. */
const makeMessages = ({ carrierId, client, inChat, refuse, withPerson }: Parts): Partial<AdapterOperations> => {
  const toReact = (operation: "react" | "unreact"): AdapterOperations["react"] => ({ chat, part, ref }, reaction) =>
    // the core refuses a sticker before, because the capabilities say so
    reaction._tag === "Sticker"
      ? Effect.fail(MessagingError.unsupported(carrierId, operation, "Sendblue has no stickers"))
      : chat.from === undefined
      ? refuse(operation, [lineUnknown])
      : Effect.asVoid(client.sendReaction(LowerDraft.reaction(operation, chat.from, ref.id, part, reaction)))

  return {
    sendVoiceMemo: (to, audio) => {
      if (to.from === undefined) return refuse("sendVoiceMemo", [lineUnknown])
      const request = LowerDraft.voiceMemo(carrierId, { ...to, from: to.from }, audio)
      return "path" in request
        ? Effect.map(client.perform(request.path, request.body, "sendVoiceMemo"), (sent) => LiftAnswer.receipt(carrierId, [0], sent))
        : refuse("sendVoiceMemo", request)
    },
    getMessage: (message) =>
      Effect.flatMap(
        client.getMessage(message.id),
        (wire) => Effect.mapError(LiftAnswer.message(carrierId, wire), () => toUnreadable(carrierId, "the message has no handle"))
      ),
    listMessages: (of, { cursor = "0", limit = 100 }) => {
      if (!/^\d{1,9}$/.test(cursor)) return refuse("listMessages", [foreignCursor])
      const asked = { limit, offset: Number(cursor) }
      const list = (filter: ListMessages) =>
        Effect.map(
          client.listMessages({ ...filter, order_by: "createdAt", order_direction: "asc", ...asked }),
          (page) => LiftAnswer.page(carrierId, page, asked)
        )
      return of.kind === "group"
        ? inChat("listMessages", of, (group_id) => list({ group_id }))
        : withPerson("listMessages", of, (number, from) => list({ number, sendblue_number: from }))
    },
    deleteRecord: (message) => client.deleteMessage(message.id),
    react: toReact("react"),
    unreact: toReact("unreact")
  }
}

/** A chat and the people in it. */
const makeChats = ({ carrierId, client, inChat, lines, refuse, withPerson }: Parts): Partial<AdapterOperations> => {
  const ours: ReadonlySet<string> = new Set(lines.values())
  const toChange =
    (operation: Operation, modify_type: "add_recipient" | "remove_recipient") => (chat: ChatContext, number: Handle.Handle) =>
      inChat(
        operation,
        chat,
        (group_id, from) =>
          Effect.asVoid(client.modifyGroup({ group_id, modify_type, number, ...(from === undefined ? {} : { from_number: from }) }))
      )

  const toType = (operation: Operation, state: "start" | "stop") => (chat: ChatContext) =>
    withPerson(operation, chat, (number, from) => Effect.asVoid(client.sendTypingIndicator({ number, from_number: from, state })))

  return {
    getChat: (chat) =>
      inChat("getChat", chat, (chatId) => Effect.map(client.getGroup(chatId), (group) => LiftAnswer.chat(carrierId, chatId, group, ours))),
    updateChat: (chat, { icon, name }) =>
      inChat("updateChat", chat, (chatId, from) =>
        Effect.zipRight(
          name === undefined ? Effect.void : Effect.asVoid(client.renameGroup(chatId, name, from)),
          icon === undefined ? Effect.void : Effect.asVoid(client.setGroupPhoto(chatId, icon, from))
        )),
    markRead: (chat) => withPerson("markRead", chat, (number, from) => Effect.asVoid(client.markRead(number, from))),
    requestLocation: (chat) =>
      withPerson(
        "requestLocation",
        chat,
        (number, from) => Effect.map(client.requestLocation(number, from), (wire) => Locations.requested(carrierId, wire))
      ),
    getLocations: (chat) =>
      chat.kind === "direct"
        ? withPerson("getLocations", chat, (number, from) => Effect.map(client.getLocation(number, from), Locations.ofPerson(number)))
        : chat.from === undefined
        ? refuse("getLocations", [lineUnknown])
        : Effect.map(client.listLocations(chat.from), Locations.among(chat.recipients)),
    shareContactCard: (chat) =>
      withPerson("shareContactCard", chat, (number, from) =>
        Handle.isPhone(number)
          ? Effect.flatMap(client.shareProfile(from, number), ({ deduplicated, requested }) =>
            // shared within the last 24 hours: the person has it
            requested === false && deduplicated !== true
              ? Effect.fail(MessagingError.make("Failed", { carrierId, operation: "shareContactCard", detail: "it was not requested" }))
              : Effect.void)
          : refuse("shareContactCard", [cardToPhone])),
    addParticipant: toChange("addParticipant", "add_recipient"),
    removeParticipant: toChange("removeParticipant", "remove_recipient"),
    startTyping: toType("startTyping", "start"),
    stopTyping: toType("stopTyping", "stop")
  }
}

/** Stored files. */
const makeFiles = ({ carrierId, client, refuse }: Parts): Partial<AdapterOperations> => {
  return {
    uploadAttachment: (upload) => {
      const problems = LowerDraft.uploadProblems(upload)
      return problems.length > 0
        ? refuse("uploadAttachment", problems)
        : Effect.flatMap(client.uploadFile(upload), (wire) =>
          Effect.mapError(
            LiftAnswer.attachment(carrierId, upload, wire),
            () => MessagingError.make("BadResponse", { carrierId, operation: "uploadAttachment", detail: "the answer names no media_url" })
          ))
    }
  }
}

/** What the vendor knows of people, lines, contact cards and webhooks. */
const makeAccount = ({ carrierId, client, lines, refuse }: Parts): Partial<AdapterOperations> => {
  const names = new Map(Array.from(lines, ([name, number]) => [number, name]))
  const webhooks = Subscriptions.make(carrierId, client)
  return {
    lookupService: (handle) => Effect.map(client.evaluateService(handle), (wire) => LiftAnswer.lookup(handle, wire)),
    listLines: () =>
      Effect.zipWith(
        // some accounts may not read the states of their lines
        Effect.catchIf(
          client.getLineStates(),
          (error) => error.reason !== "Authentication" && (error.status === 403 || error.status === 404),
          () => Effect.succeed({ data: [] })
        ),
        client.listLines(),
        (states, { numbers }) => LiftAnswer.lines(carrierId, names, numbers, states)
      ),
    listLineUsage: () => Effect.map(client.getLineUsage(), (usage) => LiftAnswer.lineUsage(carrierId, names, usage)),
    getContactStatus: (_, from, person) =>
      Handle.isPhone(person)
        ? Effect.map(client.getContactStatus(person, from), (status) => LiftAnswer.contactStatus(carrierId, status))
        : refuse("getContactStatus", [Problem.make("handle", ["handle"], "Sendblue answers for phone numbers only")]),
    setForwarding: (_, from, number) => Effect.asVoid(number === null ? client.deleteForwarding(from) : client.setForwarding(from, number)),
    getContactCard: (line, from) => Effect.map(client.getSharingProfile(from), (wire) => LiftAnswer.contactCard(line, wire)),
    setContactCard: (line, from, { firstName, imageUrl, lastName: given }) =>
      Effect.gen(function*() {
        // An absent name stays as it is. So without the last name that is there, the whole name would be the one from before.
        const lastName = given ?? (yield* client.getSharingProfile(from)).lastName
        const set = yield* client.setSharingProfile({
          fromNumber: from,
          firstName,
          displayName: lastName === undefined ? firstName : `${firstName} ${lastName}`,
          ...present({ lastName, photoUrl: imageUrl })
        })
        // The answer may come before the profile is in effect.
        return Option.getOrElse(
          LiftAnswer.contactCard(line, set, imageUrl),
          () => ({ line, firstName, active: false, ...present({ lastName, imageUrl }) })
        )
      }),
    setOptOut: (handle, optedOut) => Effect.asVoid(client.optOut(handle, optedOut)),
    listWebhooks: webhooks.list,
    createWebhook: webhooks.create,
    updateWebhook: webhooks.update,
    deleteWebhook: webhooks.remove
  }
}

/** Every operation of Sendblue. */
export const make = (account: Account): Partial<AdapterOperations> => {
  const { carrierId } = account
  const refuse: Parts["refuse"] = (operation, problems) => Effect.fail(MessagingError.invalid(operation, problems, carrierId))
  const parts: Parts = {
    ...account,
    refuse,
    inChat: (operation, { chat, from }, run) =>
      chat === undefined
        ? Effect.fail(MessagingError.make("NotFound", { carrierId, operation, detail: "there is no chat yet; a first message opens it" }))
        : run(chat.id, from),
    withPerson: (operation, { from, recipients: [number] }, run) =>
      from === undefined
        ? refuse(operation, [lineUnknown])
        : number === undefined
        ? refuse(operation, [Problem.make("recipient", ["to"], "the conversation names nobody")])
        : run(number, from)
  }
  return { ...makeMessages(parts), ...makeChats(parts), ...makeFiles(parts), ...makeAccount(parts) }
}
