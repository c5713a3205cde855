/** Events of reactions in Sendblue's words: text messages that name no target. */
import type { Service } from "@interline/core/Service"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Services from "../services.ts"
import * as Wire from "../wire.ts"
import { type Of, type Rendering, renderPayload, withConversation } from "./payload.ts"

const writeSentence = ({ change, reaction: { reaction } }: Of<"Reaction">, target: string): string | undefined => {
  switch (reaction._tag) {
    case "Tapback":
      return `${SendblueWords.tapbackTexts[reaction.tapback][change]} ${target}`
    case "Emoji":
      return change === "added" ? `Reacted ${reaction.emoji} to ${target}` : `Removed a reaction from ${target}`
    case "Sticker":
    case "Unrecognized":
      return undefined
  }
}

// the message of the reaction did not pass through the gateway
const unseen = "a message"

const describeTarget = (services: Services.RenderServices, { ref }: Of<"Reaction">): Effect.Effect<string> =>
  Effect.gen(function*() {
    const archived = ref === undefined ? Option.none() : yield* services.archive.find(yield* services.ids.toMessageId(ref))
    if (Option.isNone(archived)) return unseen
    const { content, media_url } = yield* Wire.ofArchived(services, archived.value)
    return content !== "" ? `“${content}”` : media_url === "" ? unseen : "an attachment"
  })

/** The text of a reaction: the one that the phone wrote if the reaction came as a text, else the one that a phone would write. */
const writeText = (services: Services.RenderServices, event: Of<"Reaction">): Effect.Effect<string | undefined> =>
  event.ref === undefined && event.reaction.raw.trim().includes(" ")
    ? Effect.succeed(event.reaction.raw)
    : Effect.map(describeTarget(services, event), (target) => writeSentence(event, target))

/** The service of the message that the reaction is on; iMessage if it is not known. */
const serviceOf = (services: Services.RenderServices, { ref }: Of<"Reaction">): Effect.Effect<Service> =>
  Effect.gen(function*() {
    const archived = ref === undefined ? Option.none() : yield* services.archive.find(yield* services.ids.toMessageId(ref))
    if (Option.isNone(archived)) return "iMessage"
    return (archived.value._tag === "Outbound" ? archived.value.report.service : archived.value.message.service?.neutral) ?? "iMessage"
  })

/** The event of a reaction: a text message of the person, which names no target. */
export const renderReaction = (
  services: Services.RenderServices,
  event: Of<"Reaction">,
  { at, conversation, id }: GatewayEvent
): Rendering =>
  Effect.gen(function*() {
    const { chat, reaction: { from, isMine } } = event
    if (isMine || from === undefined) return Option.none()
    const content = yield* writeText(services, event)
    if (content === undefined) return Option.none()
    const to = conversation === undefined
      ? event.line === undefined ? [] : [event.line]
      : Option.toArray(services.front.numberOf(conversation.line, event.carrierId))
    const service = yield* serviceOf(services, event)
    // the vendor gives each of these messages a handle; here the handle comes from the event
    const ref = { carrierId: event.carrierId, id: `reaction:${event.id ?? id}` }
    const shown = yield* Wire.ofMessage(
      services,
      {
        ref,
        ...(chat === undefined ? {} : { chat }),
        direction: "inbound",
        from,
        to,
        parts: [{ _tag: "Text", text: content, decorations: [], reactions: [] }],
        status: { raw: "RECEIVED" },
        service: { neutral: service, raw: service },
        ...(event.at === undefined ? {} : { sentAt: event.at }),
        metadata: {}
      },
      { id: yield* services.ids.toMessageId(ref), at, updatedAt: at, ...withConversation(conversation) }
    )
    return renderPayload({ type: "receive", payload: shown })
  })
