/** What programs ask of a vendor beside sends, each once plain and once with one thing changed. */
import type { Carrier } from "@interline/core/Carrier"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type * as MessageRef from "@interline/core/MessageRef"
import type { Operation } from "@interline/core/Operation"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import type * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ours, person, sales, support } from "../carriers.ts"

const other = Handle.make("+12025550124")
export const talk = Conversation.direct(support, person)
export const otherTalk = Conversation.direct(support, other)
export const salesTalk = Conversation.direct(sales, person)
const love = Reaction.tapback("love")
const week = { options: ["Monday", "Tuesday"] }

/** A carrier, and groups and messages that it knows. */
export interface World {
  readonly carrier: Carrier
  readonly group: Conversation.Group
  readonly otherGroup: Conversation.Group
  readonly message: (id: string) => MessageRef.MessageRef
}

export type Run = (world: World) => Effect.Effect<unknown, unknown>

/** `changed` asks for the same as `plain`, but for one thing. */
export interface Wish {
  readonly operation: Operation
  readonly says: string
  readonly plain: Run
  readonly changed: Run
}

const wish = (operation: Operation, says: string, plain: Run, changed: Run): Wish => ({ operation, says, plain, changed })

const memo = (id: string): Run => ({ carrier }) =>
  carrier.sendVoiceMemo(talk, Part.attachment({ carrierId: carrier.id, id: `https://storage.example.com/${id}.caf` }))

const url = "https://app.example.com/events"

const upload = (change: { readonly fileName?: string; readonly mimeType?: string; readonly bytes?: Uint8Array }): Run => ({ carrier }) =>
  carrier.uploadAttachment({ fileName: "photo.jpg", mimeType: "image/jpeg", bytes: new Uint8Array(3), ...change })

/** An event of each vendor. */
const eventOf = ({ id }: Carrier, isOther: boolean): ReadonlyArray<string> =>
  id === "linq" ? [isOther ? "message.sent" : "message.received"] : [isOther ? "outbound" : "receive"]

/** Linq's subscriptions have ids. Sendblue's are named by their type and address. */
const webhookOf = ({ id }: Carrier, end = ""): string => id === "linq" ? `a-webhook${end.replace("/", "-")}` : `receive|${url}${end}`

const subscribe = (
  change: { readonly url?: string; readonly lines?: ReadonlyArray<Handle.Phone>; readonly secret?: Redacted.Redacted<string> },
  isOther = false
): Run =>
({ carrier }) => carrier.createWebhook({ url, events: eventOf(carrier, isOther), ...change })

export const wishes: ReadonlyArray<Wish> = [
  wish(
    "getMessage",
    "the message",
    ({ carrier, message }) => carrier.getMessage(message("a")),
    ({ carrier, message }) => carrier.getMessage(message("b"))
  ),
  wish(
    "deleteRecord",
    "the message",
    ({ carrier, message }) => carrier.deleteRecord(message("a")),
    ({ carrier, message }) => carrier.deleteRecord(message("b"))
  ),
  wish("listMessages", "the person", ({ carrier }) => carrier.listMessages(talk), ({ carrier }) => carrier.listMessages(otherTalk)),
  wish("listMessages", "our number", ({ carrier }) => carrier.listMessages(talk), ({ carrier }) => carrier.listMessages(salesTalk)),
  wish(
    "listMessages",
    "the group",
    ({ carrier, group }) => carrier.listMessages(group),
    ({ carrier, otherGroup }) => carrier.listMessages(otherGroup)
  ),
  wish(
    "listMessages",
    "how many",
    ({ carrier }) => carrier.listMessages(talk, { limit: 10 }),
    ({ carrier }) => carrier.listMessages(talk, { limit: 20 })
  ),
  wish(
    "listThread",
    "the message",
    ({ carrier, message }) => carrier.listThread(message("a")),
    ({ carrier, message }) => carrier.listThread(message("b"))
  ),
  wish(
    "edit",
    "the text",
    ({ carrier, message }) => carrier.edit(message("a"), "one"),
    ({ carrier, message }) => carrier.edit(message("a"), "two")
  ),
  wish(
    "edit",
    "the part",
    ({ carrier, message }) => carrier.edit(message("a"), "one"),
    ({ carrier, message }) => carrier.edit(message("a"), "one", { part: 2 })
  ),
  wish(
    "react",
    "the message",
    ({ carrier, message }) => carrier.react(message("a"), love),
    ({ carrier, message }) => carrier.react(message("b"), love)
  ),
  wish(
    "react",
    "the reaction",
    ({ carrier, message }) => carrier.react(message("a"), love),
    ({ carrier, message }) => carrier.react(message("a"), Reaction.tapback("laugh"))
  ),
  wish(
    "react",
    "an emoji",
    ({ carrier, message }) => carrier.react(message("a"), love),
    ({ carrier, message }) => carrier.react(message("a"), Reaction.emoji("🎉"))
  ),
  wish(
    "react",
    "the part",
    ({ carrier, message }) => carrier.react(message("a"), love),
    ({ carrier, message }) => carrier.react(message("a"), love, { part: 2 })
  ),
  wish(
    "unreact",
    "add or remove",
    ({ carrier, message }) => carrier.react(message("a"), love),
    ({ carrier, message }) => carrier.unreact(message("a"), love)
  ),
  wish("startTyping", "the person", ({ carrier }) => carrier.startTyping(talk), ({ carrier }) => carrier.startTyping(otherTalk)),
  wish("startTyping", "our number", ({ carrier }) => carrier.startTyping(talk), ({ carrier }) => carrier.startTyping(salesTalk)),
  wish("stopTyping", "show or hide", ({ carrier }) => carrier.startTyping(talk), ({ carrier }) => carrier.stopTyping(talk)),
  wish("markRead", "the person", ({ carrier }) => carrier.markRead(talk), ({ carrier }) => carrier.markRead(otherTalk)),
  wish("markRead", "our number", ({ carrier }) => carrier.markRead(talk), ({ carrier }) => carrier.markRead(salesTalk)),
  wish(
    "sendVoiceMemo",
    "the person",
    memo("a"),
    ({ carrier }) => carrier.sendVoiceMemo(otherTalk, Part.attachment({ carrierId: carrier.id, id: "https://storage.example.com/a.caf" }))
  ),
  wish("sendVoiceMemo", "the file", memo("a"), memo("b")),
  wish("listChats", "the person", ({ carrier }) => carrier.listChats(), ({ carrier }) => carrier.listChats({ with: person })),
  wish("listChats", "our number", ({ carrier }) => carrier.listChats(), ({ carrier }) => carrier.listChats({ line: support })),
  wish("listChats", "how many", ({ carrier }) => carrier.listChats({ limit: 10 }), ({ carrier }) => carrier.listChats({ limit: 20 })),
  wish("getChat", "the group", ({ carrier, group }) => carrier.getChat(group), ({ carrier, otherGroup }) => carrier.getChat(otherGroup)),
  wish(
    "updateChat",
    "the name of a group",
    ({ carrier, group }) => carrier.updateChat(group, { name: "one" }),
    ({ carrier, group }) => carrier.updateChat(group, { name: "two" })
  ),
  wish(
    "updateChat",
    "the picture of a group",
    ({ carrier, group }) => carrier.updateChat(group, { icon: `${url}/a.png` }),
    ({ carrier, group }) => carrier.updateChat(group, { icon: `${url}/b.png` })
  ),
  wish(
    "addParticipant",
    "the group",
    ({ carrier, group }) => carrier.addParticipant(group, other),
    ({ carrier, otherGroup }) => carrier.addParticipant(otherGroup, other)
  ),
  wish(
    "addParticipant",
    "the person",
    ({ carrier, group }) => carrier.addParticipant(group, other),
    ({ carrier, group }) => carrier.addParticipant(group, Handle.make("+12025550125"))
  ),
  wish(
    "removeParticipant",
    "add or remove",
    ({ carrier, group }) => carrier.addParticipant(group, other),
    ({ carrier, group }) => carrier.removeParticipant(group, other)
  ),
  wish(
    "leaveChat",
    "the group",
    ({ carrier, group }) => carrier.leaveChat(group),
    ({ carrier, otherGroup }) => carrier.leaveChat(otherGroup)
  ),
  wish(
    "shareContactCard",
    "the person",
    ({ carrier }) => carrier.shareContactCard(talk),
    ({ carrier }) => carrier.shareContactCard(otherTalk)
  ),
  wish(
    "requestLocation",
    "the person",
    ({ carrier }) => carrier.requestLocation(talk),
    ({ carrier }) => carrier.requestLocation(otherTalk)
  ),
  wish(
    "requestLocation",
    "our number",
    ({ carrier }) => carrier.requestLocation(talk),
    ({ carrier }) => carrier.requestLocation(salesTalk)
  ),
  wish("getLocations", "the person", ({ carrier }) => carrier.getLocations(talk), ({ carrier }) => carrier.getLocations(otherTalk)),
  wish("getLocations", "our number", ({ carrier }) => carrier.getLocations(talk), ({ carrier }) => carrier.getLocations(salesTalk)),
  wish(
    "stopLocation",
    "the person",
    ({ carrier }) => carrier.stopLocation(talk, person),
    ({ carrier }) => carrier.stopLocation(talk, other)
  ),
  wish("sendPoll", "the person", ({ carrier }) => carrier.sendPoll(talk, week), ({ carrier }) => carrier.sendPoll(otherTalk, week)),
  wish(
    "sendPoll",
    "the options",
    ({ carrier }) => carrier.sendPoll(talk, week),
    ({ carrier }) => carrier.sendPoll(talk, { options: ["yes", "no"] })
  ),
  wish(
    "sendPoll",
    "the key",
    ({ carrier }) => carrier.sendPoll(talk, week),
    ({ carrier }) => carrier.sendPoll(talk, { ...week, key: "k" })
  ),
  wish(
    "getPoll",
    "the message",
    ({ carrier, message }) => carrier.getPoll(message("a")),
    ({ carrier, message }) => carrier.getPoll(message("b"))
  ),
  wish(
    "addPollOptions",
    "the message",
    ({ carrier, message }) => carrier.addPollOptions(message("a"), ["Sunday"]),
    ({ carrier, message }) => carrier.addPollOptions(message("b"), ["Sunday"])
  ),
  wish(
    "addPollOptions",
    "the options",
    ({ carrier, message }) => carrier.addPollOptions(message("a"), ["Sunday"]),
    ({ carrier, message }) => carrier.addPollOptions(message("a"), ["Saturday"])
  ),
  wish(
    "voteInPoll",
    "the message",
    ({ carrier, message }) => carrier.voteInPoll(message("a"), "o1", true),
    ({ carrier, message }) => carrier.voteInPoll(message("b"), "o1", true)
  ),
  wish(
    "voteInPoll",
    "the option",
    ({ carrier, message }) => carrier.voteInPoll(message("a"), "o1", true),
    ({ carrier, message }) => carrier.voteInPoll(message("a"), "o2", true)
  ),
  wish(
    "voteInPoll",
    "add or remove",
    ({ carrier, message }) => carrier.voteInPoll(message("a"), "o1", true),
    ({ carrier, message }) => carrier.voteInPoll(message("a"), "o1", false)
  ),
  wish("block", "the person", ({ carrier }) => carrier.block(person), ({ carrier }) => carrier.block(other)),
  wish("block", "the note", ({ carrier }) => carrier.block(person, "spam"), ({ carrier }) => carrier.block(person, "threats")),
  wish("unblock", "the person", ({ carrier }) => carrier.unblock(person), ({ carrier }) => carrier.unblock(other)),
  wish("lookupService", "the person", ({ carrier }) => carrier.lookupService(person), ({ carrier }) => carrier.lookupService(other)),
  wish(
    "lookupService",
    "our number",
    ({ carrier }) => carrier.lookupService(person, support),
    ({ carrier }) => carrier.lookupService(person, sales)
  ),
  wish(
    "setForwarding",
    "our number",
    ({ carrier }) => carrier.setForwarding(support, Handle.phone("+12025550150")),
    ({ carrier }) => carrier.setForwarding(sales, Handle.phone("+12025550150"))
  ),
  wish(
    "setForwarding",
    "where calls go",
    ({ carrier }) => carrier.setForwarding(support, Handle.phone("+12025550150")),
    ({ carrier }) => carrier.setForwarding(support, Handle.phone("+12025550151"))
  ),
  wish(
    "setForwarding",
    "its end",
    ({ carrier }) => carrier.setForwarding(support, Handle.phone("+12025550150")),
    ({ carrier }) => carrier.setForwarding(support, null)
  ),
  wish(
    "getContactStatus",
    "our number",
    ({ carrier }) => carrier.getContactStatus(support, person),
    ({ carrier }) => carrier.getContactStatus(sales, person)
  ),
  wish(
    "getContactStatus",
    "the person",
    ({ carrier }) => carrier.getContactStatus(support, person),
    ({ carrier }) => carrier.getContactStatus(support, other)
  ),
  wish("getContactCard", "our number", ({ carrier }) => carrier.getContactCard(support), ({ carrier }) => carrier.getContactCard(sales)),
  wish(
    "setContactCard",
    "the first name",
    ({ carrier }) => carrier.setContactCard(support, { firstName: "Ada" }),
    ({ carrier }) => carrier.setContactCard(support, { firstName: "Bo" })
  ),
  wish(
    "setContactCard",
    "the last name",
    ({ carrier }) => carrier.setContactCard(support, { firstName: "Ada" }),
    ({ carrier }) => carrier.setContactCard(support, { firstName: "Ada", lastName: "Lo" })
  ),
  wish(
    "setContactCard",
    "the picture",
    ({ carrier }) => carrier.setContactCard(support, { firstName: "Ada" }),
    ({ carrier }) => carrier.setContactCard(support, { firstName: "Ada", imageUrl: `${url}/a.png` })
  ),
  wish("setOptOut", "the person", ({ carrier }) => carrier.setOptOut(person, true), ({ carrier }) => carrier.setOptOut(other, true)),
  wish("setOptOut", "out or in", ({ carrier }) => carrier.setOptOut(person, true), ({ carrier }) => carrier.setOptOut(person, false)),
  wish("uploadAttachment", "the name of the file", upload({}), upload({ fileName: "picture.jpg" })),
  wish("uploadAttachment", "the type of the file", upload({}), upload({ mimeType: "image/png" })),
  wish("uploadAttachment", "the size of the file", upload({}), upload({ bytes: new Uint8Array(4) })),
  wish(
    "getAttachment",
    "the file",
    ({ carrier }) => carrier.getAttachment({ carrierId: carrier.id, id: "a" }),
    ({ carrier }) => carrier.getAttachment({ carrierId: carrier.id, id: "b" })
  ),
  wish(
    "deleteAttachment",
    "the file",
    ({ carrier }) => carrier.deleteAttachment({ carrierId: carrier.id, id: "a" }),
    ({ carrier }) => carrier.deleteAttachment({ carrierId: carrier.id, id: "b" })
  ),
  wish("createWebhook", "the address", subscribe({}), subscribe({ url: `${url}/2` })),
  wish("createWebhook", "the events", subscribe({}), subscribe({}, true)),
  wish("createWebhook", "our numbers", subscribe({ lines: [ours] }), subscribe({ lines: [Handle.phone("+12025550102")] })),
  wish("createWebhook", "the secret", subscribe({ secret: Redacted.make("one") }), subscribe({ secret: Redacted.make("two") })),
  wish(
    "updateWebhook",
    "the address",
    ({ carrier }) => carrier.updateWebhook(webhookOf(carrier), { url: `${url}/2` }),
    ({ carrier }) => carrier.updateWebhook(webhookOf(carrier), { url: `${url}/3` })
  ),
  wish(
    "updateWebhook",
    "the events",
    ({ carrier }) => carrier.updateWebhook(webhookOf(carrier), { events: eventOf(carrier, false) }),
    ({ carrier }) => carrier.updateWebhook(webhookOf(carrier), { events: eventOf(carrier, true) })
  ),
  wish(
    "updateWebhook",
    "pause or go on",
    ({ carrier }) => carrier.updateWebhook(webhookOf(carrier), { active: true }),
    ({ carrier }) => carrier.updateWebhook(webhookOf(carrier), { active: false })
  ),
  wish(
    "deleteWebhook",
    "the subscription",
    ({ carrier }) => carrier.deleteWebhook(webhookOf(carrier)),
    ({ carrier }) => carrier.deleteWebhook(webhookOf(carrier, "/2"))
  )
]
