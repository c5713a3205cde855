/** Has a probe for every operation, which uses the operation in a fresh world and checks that it worked. */
import type { Block } from "@interline/core/Block"
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import type { SharedLocation } from "@interline/core/Location"
import type { MessageRef } from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import type { Outcome } from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import type { Poll } from "@interline/core/Poll"
import * as Reaction from "@interline/core/Reaction"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { World } from "./Harness.ts"

export type Kind = "direct" | "group"

/** The setting of a probe: a conversation with one message of ours, and a message that a person wrote to us (in a group, our message). */
export interface Setting {
  readonly world: World
  readonly carrier: Carrier
  readonly kind: Kind
  readonly to: Conversation.Conversation
  readonly message: MessageRef
  readonly theirs: MessageRef
}

/** `use` runs the operation. `seen` gets the answer of `use` and says whether the operation worked. */
export interface Probe {
  readonly use: (setting: Setting) => Effect.Effect<unknown, MessagingError>
  readonly seen: (setting: Setting, answer: unknown) => Effect.Effect<boolean>
}

export const sendDraft = (
  { carrier }: World,
  to: Conversation.Conversation,
  draft: Draft.Draft,
  fidelity: Draft.Fidelity = "adapt",
  replyTo?: { readonly ref: MessageRef; readonly part: number }
): Effect.Effect<Outcome> =>
  Effect.flatMap(
    DeliveryId.mint,
    (deliveryId) =>
      carrier.send({ deliveryId, generation: 1, conversation: to, draft, fidelity, ...(replyTo === undefined ? {} : { replyTo }) })
  )

export const conversationOf = (world: World, kind: Kind): Effect.Effect<Conversation.Conversation> =>
  kind === "direct"
    ? Effect.succeed(Conversation.direct(world.line, world.friends[0]))
    : Conversation.group(world.line, world.friends.slice(0, 3))

/** Makes a setting. Its first text opens the conversation at the vendor. */
export const settingOf = (world: World, kind: Kind): Effect.Effect<Setting> =>
  Effect.gen(function*() {
    const to = yield* conversationOf(world, kind)
    const outcome = yield* sendDraft(world, to, Draft.text("hello"))
    if (outcome._tag !== "Accepted") return yield* Effect.dieMessage(`opening a ${kind} conversation gave ${outcome._tag}`)
    yield* world.settle
    const theirs = kind === "direct" ? yield* world.says(world.friends[0], "hi") : outcome.receipts[0].ref
    return { world, carrier: world.carrier, kind, to, message: outcome.receipts[0].ref, theirs }
  })

const always = () => Effect.succeed(true)

const onPhone = (check: (view: Effect.Effect.Success<ReturnType<World["phone"]>>) => boolean): Probe["seen"] => ({ world }) =>
  Effect.zipRight(world.settle, Effect.map(world.phone(world.friends[0]), check))

const lastMessage = (check: (message: Effect.Effect.Success<ReturnType<World["phone"]>>["messages"][number]) => boolean): Probe["seen"] =>
  onPhone(({ messages }) => {
    const last = messages.at(-1)
    return last !== undefined && check(last)
  })

const answered = (check: (answer: never) => boolean): Probe["seen"] => (_, answer) => Effect.sync(() => check(answer as never)) // the probe's own `use` gave it

/** Stores a file and gives its reference. If the carrier cannot store files, the reference points to no file. */
const stored = (carrier: Carrier): Effect.Effect<Part.AttachmentRef, MessagingError> =>
  Capabilities.supports(carrier.capabilities, "getAttachment")
    ? Effect.map(carrier.uploadAttachment({ fileName: "pixel.png", mimeType: "image/png", bytes: image }), ({ ref }) => ref)
    : Effect.succeed({ carrierId: carrier.id, id: "none" })

/** A poll of ours in the conversation. If the carrier has no polls, the reference points to no message. */
const pollOf = (carrier: Carrier, to: Conversation.Conversation): Effect.Effect<MessageRef, MessagingError> =>
  Capabilities.supports(carrier.capabilities, "sendPoll")
    ? Effect.map(carrier.sendPoll(to, { options: ["yes", "no"] }), ({ ref }) => ref)
    : Effect.succeed({ carrierId: carrier.id, id: "none" })

const place = { latitude: 37.7749, longitude: -122.4194 }

const image = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export const probes: Record<Operation, Probe> = {
  send: {
    use: ({ to, world }) => sendDraft(world, to, Draft.text("again")),
    seen: lastMessage((message) => message.text === "again")
  },
  sendVoiceMemo: {
    use: ({ carrier, to, world }) => carrier.sendVoiceMemo(to, Part.media(world.audioUrl)),
    seen: lastMessage((message) => message.isVoiceMemo || message.media.length === 1)
  },
  sendPoll: {
    use: ({ carrier, to }) => carrier.sendPoll(to, { options: ["yes", "no"] }),
    seen: lastMessage(({ poll }) => poll !== null && poll["yes"] === 0 && poll["no"] === 0)
  },
  getPoll: {
    use: ({ carrier, to }) => Effect.flatMap(pollOf(carrier, to), carrier.getPoll),
    seen: answered(({ options }: Poll) => options.map(({ text }) => text).join() === "yes,no")
  },
  addPollOptions: {
    use: ({ carrier, to }) => Effect.flatMap(pollOf(carrier, to), (poll) => carrier.addPollOptions(poll, ["maybe"])),
    seen: lastMessage(({ poll }) => poll !== null && poll["maybe"] === 0)
  },
  voteInPoll: {
    use: ({ carrier, to }) =>
      Effect.flatMap(
        pollOf(carrier, to),
        (poll) => Effect.flatMap(carrier.getPoll(poll), ({ options: [option] }) => carrier.voteInPoll(poll, option?.id ?? "none", true))
      ),
    seen: lastMessage(({ poll }) => poll !== null && poll["yes"] === 1)
  },
  getMessage: {
    use: ({ carrier, message }) => carrier.getMessage(message),
    seen: answered((message: { readonly parts: ReadonlyArray<unknown> }) => message.parts.length === 1)
  },
  listMessages: {
    use: ({ carrier, to }) => carrier.listMessages(to),
    seen: answered((page: { readonly items: ReadonlyArray<unknown> }) => page.items.length >= 1)
  },
  listThread: {
    use: ({ carrier, message }) => carrier.listThread(message),
    seen: answered((page: { readonly items: ReadonlyArray<unknown> }) => page.items.length >= 1)
  },
  deleteRecord: {
    use: ({ carrier, message }) => carrier.deleteRecord(message),
    seen: ({ carrier, message }) =>
      Effect.map(Effect.either(carrier.getMessage(message)), (result) => result._tag === "Left" && result.left.reason === "NotFound")
  },
  edit: {
    use: ({ carrier, message }) => carrier.edit(message, "hello there"),
    seen: onPhone(({ messages }) => messages[0]?.editedText === "hello there")
  },
  react: {
    use: ({ carrier, theirs }) => carrier.react(theirs, Reaction.tapback("love")),
    seen: onPhone(({ messages, sent }) => [...messages, ...sent].some((message) => message.reactions.includes("love")))
  },
  unreact: {
    use: ({ carrier, theirs, world }) =>
      Effect.zipRight(
        carrier.react(theirs, Reaction.tapback("like")),
        Effect.zipRight(world.settle, carrier.unreact(theirs, Reaction.tapback("like")))
      ),
    seen: onPhone(({ messages, sent }) => [...messages, ...sent].every((message) => message.reactions.length === 0))
  },
  moveSticker: {
    use: ({ carrier, theirs, world }) =>
      Effect.gen(function*() {
        if (carrier.capabilities.stickerReactions === "unsupported") return yield* carrier.moveSticker(theirs, "none", { x: 0.5, y: -0.5 })
        yield* carrier.react(theirs, Reaction.sticker(yield* stored(carrier), { x: 0.1 }))
        yield* world.settle
        const reactions = (yield* carrier.getMessage(theirs)).parts.flatMap(({ reactions }) => reactions)
        const id = reactions.find(({ isMine, reaction }) => isMine && reaction._tag === "Sticker")?.id
        return yield* carrier.moveSticker(theirs, id ?? "none", { x: 0.5, y: -0.5 })
      }),
    seen: onPhone(({ messages, sent }) => [...messages, ...sent].some(({ placements }) => placements.includes("0.5 -0.5")))
  },
  listChats: {
    use: ({ carrier, world }) => carrier.listChats({ line: world.line }),
    seen: answered((page: { readonly items: ReadonlyArray<unknown> }) => page.items.length >= 1)
  },
  getChat: {
    use: ({ carrier, to }) => carrier.getChat(to),
    seen: ({ kind }, answer) =>
      answered((chat: { readonly isGroup: boolean }) => chat.isGroup === (kind === "group"))({} as Setting, answer)
  },
  updateChat: { use: ({ carrier, to }) => carrier.updateChat(to, { name: "Team" }), seen: always },
  markRead: { use: ({ carrier, to }) => carrier.markRead(to), seen: always },
  leaveChat: { use: ({ carrier, to }) => carrier.leaveChat(to), seen: always },
  shareContactCard: {
    use: ({ carrier, kind, to, world }) =>
      Effect.zipRight(
        Capabilities.supports(carrier.capabilities, "shareContactCard", kind)
          ? carrier.setContactCard(world.line, { firstName: "Support" })
          : Effect.void,
        carrier.shareContactCard(to)
      ),
    seen: onPhone(({ contactCards }) => contactCards === 1)
  },
  requestLocation: {
    use: ({ carrier, to }) => carrier.requestLocation(to),
    seen: onPhone(({ locationRequests }) => locationRequests === 1)
  },
  getLocations: {
    use: ({ carrier, to, world }) => Effect.zipRight(world.shares(world.friends[0], place), carrier.getLocations(to)),
    seen: ({ world }, answer) =>
      Effect.sync(() => {
        const found = (answer as ReadonlyArray<SharedLocation>).filter(({ position }) => position !== undefined) // given by `use`
        return found.length === 1 && found[0]?.peer === world.friends[0] && found[0].sharing === "located" &&
          found[0].position?.latitude === place.latitude && found[0].position.longitude === place.longitude
      })
  },
  stopLocation: {
    use: ({ carrier, to, world }) => Effect.zipRight(world.shares(world.friends[0], place), carrier.stopLocation(to, world.friends[0])),
    seen: ({ carrier, to, world }) =>
      Effect.zipRight(
        world.settle,
        Effect.map(Effect.orDie(carrier.getLocations(to)), (found) => found.every(({ position }) => position === undefined))
      )
  },
  addParticipant: {
    use: ({ carrier, to, world }) => carrier.addParticipant(to, world.friends[3]),
    seen: always
  },
  removeParticipant: {
    use: ({ carrier, to, world }) => carrier.removeParticipant(to, world.friends[2]),
    seen: always
  },
  startTyping: { use: ({ carrier, to }) => carrier.startTyping(to), seen: onPhone(({ isTyping }) => isTyping) },
  stopTyping: {
    use: ({ carrier, to }) => Effect.zipRight(carrier.startTyping(to), carrier.stopTyping(to)),
    seen: onPhone(({ isTyping }) => !isTyping)
  },
  uploadAttachment: {
    use: ({ carrier }) => carrier.uploadAttachment({ fileName: "pixel.png", mimeType: "image/png", bytes: image }),
    seen: ({ to, world }, answer) =>
      Effect.gen(function*() {
        const { ref } = answer as { readonly ref: Part.AttachmentRef } // the probe's own `use` gave it
        yield* sendDraft(world, to, Draft.make([Part.attachment(ref)]))
        yield* world.settle
        return (yield* world.phone(world.friends[0])).messages.at(-1)?.media.length === 1
      })
  },
  getAttachment: {
    use: ({ carrier }) => Effect.flatMap(stored(carrier), carrier.getAttachment),
    seen: answered((attachment: { readonly fileName?: string }) => attachment.fileName === "pixel.png")
  },
  deleteAttachment: {
    use: ({ carrier }) => Effect.flatMap(stored(carrier), (ref) => Effect.as(carrier.deleteAttachment(ref), ref)),
    seen: ({ carrier }, answer) =>
      Effect.map(Effect.either(carrier.getAttachment(answer as Part.AttachmentRef)), (result) => result._tag === "Left") // given by `use`
  },
  lookupService: {
    use: ({ carrier, world }) => carrier.lookupService(world.friends[0]),
    seen: answered((lookup: { readonly services: { readonly iMessage?: boolean } }) => lookup.services.iMessage === true)
  },
  listLines: {
    use: ({ carrier }) => carrier.listLines(),
    seen: ({ carrier, world }, answer) =>
      Effect.sync(() => {
        const lines = answer as ReadonlyArray<{ readonly number: string; readonly name?: string }> // given by `use`
        return lines.some((line) => line.number === carrier.lines.get(world.line) && line.name === world.line)
      })
  },
  listLineUsage: {
    use: ({ carrier }) => carrier.listLineUsage(),
    seen: ({ world }, answer) =>
      Effect.sync(() => {
        const lines = answer as ReadonlyArray<{ readonly name?: string; readonly state: string }> // given by `use`
        return lines.some(({ name, state }) => name === world.line && state === "available")
      })
  },
  getContactStatus: {
    use: ({ carrier, world }) => carrier.getContactStatus(world.line, world.friends[0]),
    seen: ({ carrier, world }, answer) =>
      Effect.gen(function*() {
        const { status } = answer as { readonly status: string } // given by `use`
        yield* sendDraft(world, Conversation.direct(world.line, world.friends[0]), Draft.text("hello"))
        const now = yield* Effect.orDie(carrier.getContactStatus(world.line, world.friends[0]))
        return (status === "new" || status === "known") && now.status === "known"
      })
  },
  setForwarding: { use: ({ carrier, world }) => carrier.setForwarding(world.line, null), seen: always },
  getContactCard: {
    use: ({ carrier, world }) =>
      Effect.zipRight(carrier.setContactCard(world.line, { firstName: "Support" }), carrier.getContactCard(world.line)),
    seen: answered((card: Option.Option<{ readonly firstName: string }>) => Option.isSome(card) && card.value.firstName === "Support")
  },
  setContactCard: {
    use: ({ carrier, world }) =>
      Effect.zipRight(
        carrier.setContactCard(world.line, { firstName: "Support" }),
        carrier.setContactCard(world.line, { firstName: "Support", lastName: "Desk" })
      ),
    seen: answered((card: { readonly lastName?: string }) => card.lastName === "Desk")
  },
  setOptOut: {
    use: ({ carrier, world }) => carrier.setOptOut(world.friends[0], true),
    seen: ({ world }) =>
      Effect.map(
        sendDraft(world, Conversation.direct(world.line, world.friends[0]), Draft.text("no")),
        (outcome) => outcome._tag === "Rejected" && outcome.error.blame === "recipient"
      )
  },
  listBlocked: {
    use: ({ carrier, world }) => Effect.zipRight(carrier.block(world.friends[0], "spam"), carrier.listBlocked()),
    seen: ({ world }, answer) =>
      Effect.sync(() => (answer as ReadonlyArray<Block>).some(({ peer, reason }) => peer === world.friends[0] && reason === "spam")) // given by `use`
  },
  block: {
    use: ({ carrier, world }) => carrier.block(world.friends[0]),
    seen: ({ world }) =>
      Effect.map(
        sendDraft(world, Conversation.direct(world.line, world.friends[0]), Draft.text("no")),
        (outcome) => outcome._tag === "Rejected" && outcome.error.reason === "RecipientBlocked" && outcome.error.next === "stop"
      )
  },
  unblock: {
    use: ({ carrier, world }) => Effect.zipRight(carrier.block(world.friends[0]), carrier.unblock(world.friends[0])),
    seen: ({ carrier, world }) =>
      Effect.zipWith(
        sendDraft(world, Conversation.direct(world.line, world.friends[0]), Draft.text("yes")),
        Effect.orDie(carrier.listBlocked()),
        (outcome, found) => outcome._tag === "Accepted" && found.length === 0
      )
  },
  listWebhooks: {
    use: ({ carrier }) => carrier.listWebhooks(),
    seen: answered((webhooks: ReadonlyArray<unknown>) => Array.isArray(webhooks))
  },
  createWebhook: {
    use: ({ carrier, world }) => carrier.createWebhook(subscription(world)),
    seen: ({ carrier }) => Effect.map(Effect.orDie(carrier.listWebhooks()), (webhooks) => webhooks.some((webhook) => webhook.url === hook))
  },
  updateWebhook: {
    use: ({ carrier, world }) =>
      Effect.flatMap(carrier.createWebhook(subscription(world)), (webhook) => carrier.updateWebhook(webhook.id, { url: `${hook}2` })),
    seen: ({ carrier }) =>
      Effect.map(
        Effect.orDie(carrier.listWebhooks()),
        (webhooks) => webhooks.some((webhook) => webhook.url === `${hook}2`) && !webhooks.some((webhook) => webhook.url === hook)
      )
  },
  deleteWebhook: {
    use: ({ carrier, world }) => Effect.flatMap(carrier.createWebhook(subscription(world)), (webhook) => carrier.deleteWebhook(webhook.id)),
    seen: ({ carrier }) => Effect.map(Effect.orDie(carrier.listWebhooks()), (webhooks) => !webhooks.some((webhook) => webhook.url === hook))
  }
}

const hook = "https://hooks.example.com/interline"

const subscription = ({ webhookEvents }: World) => ({ url: hook, events: webhookEvents })
