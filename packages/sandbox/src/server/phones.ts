/** Shows a phone as its owner sees it. */
import * as Json from "../http/json.ts"
import type { Vendor } from "../world/Fault.ts"
import type { Message, Part, Phone } from "../world/model.ts"
import type { World } from "../world/world.ts"
import type * as Network from "./Network.ts"

const valueOf = (part: Part): string => {
  switch (part.type) {
    case "text":
    case "link":
      return part.value
    case "media":
      return part.url
    case "app":
      return String(part.card["url"] ?? "")
  }
}

/** The effects that a phone plays. A vendor may accept another word, and then the phone plays nothing. */
const effects: Readonly<Record<Vendor, ReadonlySet<string>>> = {
  linq: new Set([
    "confetti",
    "fireworks",
    "lasers",
    "sparkles",
    "celebration",
    "hearts",
    "love",
    "balloons",
    "happy_birthday",
    "echo",
    "spotlight",
    "slam",
    "loud",
    "gentle",
    "invisible"
  ]),
  sendblue: new Set([
    "celebration",
    "shooting_star",
    "fireworks",
    "lasers",
    "love",
    "confetti",
    "balloons",
    "spotlight",
    "echo",
    "invisible",
    "gentle",
    "loud",
    "slam"
  ])
}

const played = ({ effect, vendor }: Message): string | null =>
  effect !== null && effect.name !== null && effects[vendor].has(effect.name) ? effect.name : null

const shown = (world: World, handle: string, message: Message): Network.PhoneMessage => {
  const rich = message.service === "iMessage" && world.people.get(handle)?.service === "iMessage"
  const texts = message.parts.flatMap((part) => part.type === "text" ? [part.value] : [])
  const links = message.parts.flatMap((part) => part.type === "link" ? [part.value] : [])
  const app = message.parts.find((part) => part.type === "app")
  return {
    id: message.id,
    vendor: message.vendor,
    line: message.line,
    from: message.from,
    group: message.group ? message.thread : null,
    text: texts.length === 0 ? null : texts.join(""),
    media: message.parts.flatMap((part) => part.type === "media" ? [part.url] : []),
    stickers: rich ? message.parts.flatMap((part) => part.type === "media" && part.sticker === true ? [part.url] : []) : [],
    link: links[0] ?? null,
    app: app?.type === "app" ? app.card : null,
    parts: message.parts.map((part) => ({ type: part.type, value: valueOf(part) })),
    effect: rich ? played(message) : null,
    decorations: rich
      ? message.parts.flatMap((part, partIndex) =>
        part.type === "text" ? (part.decorations ?? []).map((decoration) => ({ partIndex, ...decoration })) : []
      )
      : [],
    mentions: rich
      ? message.parts.flatMap((part, partIndex) =>
        part.type === "text" ? (part.mentions ?? []).map((mention) => ({ partIndex, ...mention })) : []
      )
      : [],
    replyTo: rich ? message.replyTo : null,
    reactions: message.reactions.map(({ by, emoji, partIndex, sticker, type }) => ({
      from: by,
      type,
      emoji,
      partIndex,
      ...(sticker === undefined ? {} : { sticker: { url: sticker.url, placement: sticker.placement } })
    })),
    service: message.service,
    preferredService: message.preferredService,
    status: message.status,
    voiceMemo: message.voiceMemo && rich,
    carousel: message.carousel,
    poll: rich && message.poll !== null
      ? message.poll.map(({ id, text, votes }) => ({ id, text, votes: votes.map(({ by }) => by) }))
      : null,
    editedText: message.edits.at(-1)?.text ?? null,
    despiteOptOut: message.despiteOptOutOf.has(handle),
    receivedAt: Json.iso(message.createdAt)
  }
}

export const view = (world: World, phone: Phone): Network.Phone => ({
  handle: phone.handle,
  messages: phone.messages.flatMap((id) => {
    const message = world.messages.get(id)
    return message === undefined ? [] : [shown(world, phone.handle, message)]
  }),
  sent: Array.from(world.messages.values())
    .filter((message) => message.direction === "inbound" && message.from === phone.handle)
    .map((message) => shown(world, phone.handle, message)),
  typing: Array.from(phone.typing),
  read: phone.readByLine.map(({ at, line }) => ({ line, at: Json.iso(at) })),
  contactCards: phone.contactCards.map(({ at, line, name }) => ({ line, name, at: Json.iso(at) })),
  locationRequests: phone.locationRequests.map(({ at, line }) => ({ line, at: Json.iso(at) })),
  calls: phone.calls.map(({ at, line }) => ({ line, at: Json.iso(at) }))
})
