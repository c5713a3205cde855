/** Events of reactions in Linq's words. */
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import type { Message } from "@interline/core/Message"
import { present } from "@interline/core/Optional"
import type { ReceivedPart } from "@interline/core/Part"
import * as TapbackText from "@interline/core/TapbackText"
import type { Archived } from "@interline/sql/Archive"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Messages from "../messages.ts"
import type { Services } from "../services.ts"
import * as Wire from "../wire.ts"
import * as MessageEvents from "./messageEvents.ts"
import { chatIdOf, findChatViewById, noPayload, type Of, type Rendering, renderPayload } from "./payload.ts"

/** The number of newest messages in which the quoted message is looked for. */
const deepest = 200

/** The quotation in a reaction that came as a text. A long text ends in an ellipsis. */
const quotedIn = (text: string): string | undefined => Option.getOrUndefined(TapbackText.read(text))?.quoted

const textIn = (archived: Archived): string => {
  const parts: ReadonlyArray<Draft["parts"][number] | ReceivedPart> = archived._tag === "Outbound"
    ? archived.entry.content.draft.parts
    : archived.message.parts
  return parts.flatMap((part) => part._tag === "Text" ? [part.text] : part._tag === "Link" ? [part.url] : []).join("\n")
}

const isQuoted = (quote: string) => (archived: Archived): boolean => {
  const text = textIn(archived).trim()
  const [start, ...cut] = quote.split(/(?:…|\.\.\.)$/u)
  return text !== "" && (text === quote || (cut.length > 0 && start !== undefined && start !== "" && text.startsWith(start)))
}

/** The newest message of a conversation that a reaction quotes. */
const findQuoted = (
  services: Services,
  { reaction: { raw } }: Of<"Reaction">,
  conversation: Conversation.Conversation
): Effect.Effect<Option.Option<Archived>> => {
  const quote = quotedIn(raw)
  return quote === undefined
    ? Effect.succeedNone
    : Effect.map(
      services.archive.list({ conversation: Conversation.key(conversation), order: "newest", limit: deepest, offset: 0, countTo: 0 }),
      ({ items }) => Option.fromNullable(items.find(isQuoted(quote)))
    )
}

/** A reaction whose message is not known becomes the text message that the phone wrote. */
const renderAsText = (services: Services, { reaction: given, ...event }: Of<"Reaction">, entry: GatewayEvent): Rendering => {
  const { carrierId, chat, line } = event
  const { conversation } = entry
  if (given.isMine || given.from === undefined) return noPayload
  const to = conversation === undefined
    ? line === undefined ? [] : [line]
    : Option.toArray(services.front.numberOf(conversation.line, carrierId))
  const message: Message = {
    ref: { carrierId, id: `reaction:${event.id ?? entry.id}` },
    ...(chat === undefined ? {} : { chat }),
    direction: "inbound",
    from: given.from,
    to,
    ...(chat === undefined && conversation?._tag !== "Group" ? { isGroup: false } : {}),
    parts: [{ _tag: "Text", text: given.raw, decorations: [], reactions: [] }],
    status: { raw: "RECEIVED" },
    service: { neutral: "iMessage", raw: "iMessage" },
    ...(event.at === undefined ? {} : { sentAt: event.at }),
    metadata: {}
  }
  return MessageEvents.renderReceived(services, { _tag: "Received", carrierId, message }, entry)
}

/**
 * The event of a reaction. Linq's event names the chat and the message. A reaction that came as a text names no message: then the
 * newest message that it quotes is taken. If there is none, the event is the text that the person's phone wrote.
 */
export const renderReaction = (services: Services, event: Of<"Reaction">, entry: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const { at, conversation } = entry
    const { carrierId, change, chat, part, reaction: given, ref } = event
    const quoted = ref === undefined && conversation !== undefined ? yield* findQuoted(services, event, conversation) : Option.none()
    if (ref === undefined && Option.isNone(quoted)) return yield* renderAsText(services, event, entry)
    const id = Option.isSome(quoted) ? quoted.value.id : ref === undefined ? undefined : yield* services.ids.toMessageId(ref)
    const archived = Option.isSome(quoted) ? quoted : id === undefined ? Option.none() : yield* services.archive.find(id)
    const known = conversation ?? (Option.isSome(archived) ? Messages.conversationOf(archived.value) : undefined)
    const chatId = yield* chatIdOf(services, known, chat)
    const view = yield* findChatViewById(services, known, chatId, at, carrierId)
    const by = Wire.reactor(view, given)
    const { custom_emoji, sticker, type } = Wire.reactionFields(given)
    return renderPayload(change === "added" ? "reaction.added" : "reaction.removed", () => ({
      ...present({ id: given.id, chat_id: chatId, message_id: id }),
      part_index: ref === undefined ? part ?? 0 : MessageEvents.partOf(archived, ref, part ?? 0),
      reaction_type: type,
      custom_emoji,
      is_from_me: given.isMine,
      ...(by === undefined ? {} : { from: by, from_handle: Wire.handle(view, by) }),
      reacted_at: event.at ?? Wire.iso(at),
      sticker
    }))
  })
