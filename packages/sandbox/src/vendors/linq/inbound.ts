/** Handles a message that a person writes to a Linq line. */
import * as Effect from "effect/Effect"
import { NetworkError, type SayInput } from "../../server/Network.ts"
import type { Inbound } from "../../server/people.ts"
import type { Part } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Content from "./content.ts"
import { announceChat } from "./events.ts"
import * as People from "./people.ts"
import * as State from "./state.ts"

const bubbles: ReadonlySet<string> = new Set(["slam", "loud", "gentle", "invisible"])

/** The text of a message. Only an iMessage names people. */
const textOf = (state: State.LinqState, { from, group, mentions = [] }: SayInput, value: string): Part => ({
  type: "text",
  value,
  decorations: null,
  ...(group === undefined || mentions.length === 0 || World.person(state.world, from).service !== "iMessage" ? {} : { mentions })
})

export const make = (state: State.LinqState): Inbound => ({
  receive: (input, line) =>
    Effect.gen(function*() {
      const known = input.group === undefined
        ? State.findChat(state, line.number, [input.from])
        : state.chats.get(input.group)
      if (input.group !== undefined && known === undefined) {
        return yield* Effect.fail(new NetworkError({ reason: "not-found", message: `No such chat: ${input.group}` }))
      }
      if (input.mentions?.some((mention) => Content.range(mention.range, input.text ?? "") === undefined) === true) {
        return yield* Effect.fail(new NetworkError({ reason: "invalid", message: "A mention needs a range of the text" }))
      }
      const media = yield* Effect.mapError(
        Effect.forEach(input.media ?? [], (url) => Content.attachUrl(state, url, () => true)),
        ({ message }) => new NetworkError({ reason: "invalid", message })
      )
      const parts: ReadonlyArray<Part> = [
        ...(input.text === undefined ? [] : [textOf(state, input, input.text)]),
        ...media.map((attachment): Part => ({
          type: "media",
          id: attachment.id,
          url: attachment.url,
          filename: attachment.filename,
          mimeType: attachment.contentType,
          sizeBytes: attachment.sizeBytes
        }))
      ]
      if (parts.length === 0 && input.poll === undefined) {
        return yield* Effect.fail(new NetworkError({ reason: "invalid", message: "A message needs text or media" }))
      }
      // linq-go 0.38.3: what a blocked handle writes is dropped, and no webhook reports it. So no chat begins, and a STOP does not count
      const isBlocked = state.blocked.has(input.from)
      const chat = isBlocked ? known : known ?? State.openChat(state, line.number, [input.from])
      if (chat !== undefined && !isBlocked) {
        if (known === undefined) announceChat(state, chat)
        chat.updatedAt = state.world.time.now()
      }
      const message = World.receive(state.world, {
        vendor: "linq",
        line: line.number,
        from: input.from,
        thread: chat?.id ?? null,
        group: chat?.isGroup ?? false,
        parts,
        ...(input.poll === undefined ? {} : { poll: input.poll }),
        effect: input.effect === undefined
          ? null
          : { type: bubbles.has(input.effect) ? "bubble" : "screen", name: input.effect },
        replyTo: input.replyTo === undefined ? null : { id: input.replyTo, partIndex: 0 },
        ...(input.lateBy === undefined ? {} : { lateBy: input.lateBy })
      }, isBlocked)
      if (isBlocked || chat === undefined) return message
      if (input.text !== undefined) People.noteText(state, chat, input.from, input.text)
      return message
    })
})
