/** What the official client, @linqapp/sdk 0.28.2, gets from Linq's front for every request that it can make. The phones are the judge. */
import type { Network, Phone, PhoneMessage } from "@interline/sandbox/Network"
import type LinqAPIV3 from "@linqapp/sdk"
import type * as Effect from "effect/Effect"
import { type Carrier, eventually, type Finding, lossesOf, record, recordRefusal, type Scenario } from "../verdicts.ts"

/** A front with one carrier behind it. */
export interface Stage {
  readonly client: LinqAPIV3
  readonly carrier: Carrier
  /** The line's number that the program sends from. */
  readonly line: string
  /** The line's number at the carrier behind. */
  readonly lineBehind: string
  readonly network: Network
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>
  /** A number that nobody else uses. */
  readonly newcomer: () => string
  /** A server that keeps what it is posted. */
  readonly subscriber: () => Promise<Subscriber>
}

export interface Subscriber {
  readonly url: string
  readonly received: ReadonlyArray<{ readonly headers: Record<string, string>; readonly body: string }>
  readonly stop: () => Promise<void>
}

export const phoneOf = ({ network, run }: Stage, handle: string): Promise<Phone> => run(network.phone(handle))

const last = (messages: ReadonlyArray<PhoneMessage>): PhoneMessage => {
  const message = messages.at(-1)
  if (message === undefined) throw new Error("nothing arrived")
  return message
}

export const text = (value: string) => ({ parts: [{ type: "text" as const, value }] })

/** What is carried is compared, and what is refused is a finding, too: which of them is what the table says. */
/** What the official client of this version does not know. */
interface Envelope {
  readonly chat_id: string
  readonly message_id: string
  readonly poll: {
    readonly total_voters: number
    readonly options: ReadonlyArray<{ readonly option_id: string; readonly text: string; readonly voters: ReadonlyArray<unknown> }>
  }
}

interface Blocked {
  readonly blocked_handles: ReadonlyArray<{ readonly handle: string }>
}

const tried = async (field: string, attempt: () => Promise<Finding>): Promise<Finding> => {
  try {
    return await attempt()
  } catch (error) {
    if (typeof error === "object" && error !== null && "status" in error) return recordRefusal(field, () => Promise.reject(error))
    throw error
  }
}

/** A chat with somebody new, opened by a first message. */
export const opened = async (stage: Stage, to = [stage.newcomer()], first = "Hello") => {
  const { chat } = await stage.client.chats.create({ from: stage.line, to, message: text(first) })
  return { id: chat.id, chat, to, person: to[0] ?? "" }
}

type Content = LinqAPIV3.Chats.MessageContent

const photo = "https://images.example.com/photo.jpg"

const stickerPart = { type: "media" as const, url: photo, sticker: true }

const asSticker: Content = { parts: [stickerPart] }

/** A text that names a person. This client does not know the fields of a mention yet, and sends them. */
const mentioning = (mention: string): Content => {
  const part = { type: "text" as const, value: "😀 Ana, look", mention, mention_range: [3, 6] }
  return { parts: [part] }
}

/** Stores a picture and gives its id. */
const uploadPicture = async (stage: Stage): Promise<string> => {
  const bytes = new TextEncoder().encode("star")
  const file = { filename: "star.png", content_type: "image/png", size_bytes: bytes.length } as const
  const made = await stage.client.attachments.create(file)
  await fetch(made.upload_url, { method: made.http_method, headers: { "content-type": "image/png" }, body: bytes })
  return made.attachment_id
}

const mentionsOf = ({ parts }: { readonly parts: ReadonlyArray<object> | null }): unknown =>
  parts?.flatMap((part) => "mentions" in part ? part.mentions : [])

/** Sends into a chat and looks at the phone. */
const send = async (stage: Stage, { id, person }: { readonly id: string; readonly person: string }, message: Content) => {
  const before = (await phoneOf(stage, person)).messages.length
  const { data, response } = await stage.client.chats.messages.send(id, { message }).withResponse()
  const arrived = (await phoneOf(stage, person)).messages.slice(before)
  return { data, headers: response.headers, arrived, message: last(arrived) }
}

export const effects = [
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
] as const

const bubbles: ReadonlyArray<string> = ["slam", "loud", "gentle", "invisible"]

const sending: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "POST /v3/chats",
    run: async (stage) => {
      const { client, line, lineBehind } = stage
      const person = stage.newcomer()
      const { chat } = await client.chats.create({ from: line, to: [person], message: text("Hello, world") })
      const arrived = last((await phoneOf(stage, person)).messages)
      const again = await client.chats.create({ from: line, to: [person], message: text("Again") })
      const people = [stage.newcomer(), stage.newcomer(), stage.newcomer()]
      const group = await client.chats.create({ from: line, to: people, message: text("All") })
      const regrouped = await client.chats.create({ from: line, to: people.toReversed(), message: text("All again") })
      const heard = await Promise.all(people.map(async (one) => (await phoneOf(stage, one)).messages.map(({ text }) => text)))
      return [
        record("from", [lineBehind, [line, person]], [arrived.line, chat.handles.map(({ handle }) => handle)]),
        record("to: one person", [1, false, chat.id], [1, chat.is_group, again.chat.id]),
        record("to: a group", [true, group.chat.id, people.map(() => ["All", "All again"])], [
          group.chat.is_group,
          regrouped.chat.id,
          heard
        ]),
        record(
          "message.parts: text",
          ["Hello, world", [{ type: "text", value: "Hello, world", text_decorations: null, reactions: null }]],
          [
            arrived.text,
            chat.message.parts
          ]
        ),
        record("chat.health_status", "HEALTHY", chat.health_status.status),
        await tried("message.parts: link in a first message", async () => {
          const stranger = stage.newcomer()
          const { response } = await client.chats
            .create({ from: line, to: [stranger], message: { parts: [{ type: "link", value: "https://example.com/" }] } })
            .withResponse()
          return record(
            "message.parts: link in a first message",
            "https://example.com/",
            last((await phoneOf(stage, stranger)).messages).link,
            lossesOf(response.headers)
          )
        }),
        await recordRefusal(
          "from: a number that is no line",
          () => client.chats.create({ from: "+12025559999", to: [person], message: text("Hi") })
        )
      ]
    }
  },
  {
    endpoint: "POST /v3/chats/{chatId}/messages",
    run: async (stage) => {
      const chat = await opened(stage)
      const first = await send(stage, chat, text("One"))
      const styled = await send(stage, chat, {
        parts: [{
          type: "text",
          value: "Hello world",
          text_decorations: [{ range: [0, 5], style: "bold" }, { range: [6, 11], animation: "shake" }]
        }]
      })
      const group = await opened(stage, [stage.newcomer(), stage.newcomer(), stage.newcomer()])
      const named = await send(stage, group, mentioning(group.person))
      const media = await send(stage, chat, { parts: [{ type: "text", value: "Look" }, { type: "media", url: photo }] })
      const stuck = await send(stage, chat, asSticker)
      const turned = await send(stage, chat, { parts: [{ type: "media", url: photo }, { type: "text", value: "Seen?" }] })
      const link = await send(stage, chat, { parts: [{ type: "link", value: "https://example.com/page" }] })
      const reply = await send(stage, chat, { ...text("Yes"), reply_to: { message_id: first.data.message.id, part_index: 0 } })
      const sms = await send(stage, chat, { ...text("By SMS"), preferred_service: "SMS" })
      const key = { ...text("Once"), idempotency_key: `once-${chat.id}` }
      const once = [
        await stage.client.chats.messages.send(chat.id, { message: key }),
        await stage.client.chats.messages.send(chat.id, { message: key })
      ]
      const copies = (await phoneOf(stage, chat.person)).messages.filter((message) => message.text === "Once").length
      const findings: Array<Finding> = [
        record("chat_id", chat.id, first.data.chat_id),
        record("message.parts: text", "One", first.message.text),
        record(
          "message.parts: text_decorations",
          [{ partIndex: 0, range: [0, 5], style: "bold" }, { partIndex: 0, range: [6, 11], animation: "shake" }],
          styled.message.decorations,
          lossesOf(styled.headers, "decorations-dropped")
        ),
        record(
          "message.parts: mention_range",
          [[{ partIndex: 0, handle: group.person, range: [3, 6] }], [{ handle: group.person, is_me: false, range: [3, 6] }]],
          [named.message.mentions, mentionsOf(named.data.message)],
          lossesOf(named.headers, "mention-dropped")
        ),
        await recordRefusal("mention in a direct chat", () => send(stage, chat, mentioning(chat.person))),
        await recordRefusal("mention of a person who is not in the group", () => send(stage, group, mentioning("+12025550188"))),
        record(
          "message.parts: text and media",
          ["Look", [photo], 1],
          [media.message.text, media.message.media, media.arrived.length],
          lossesOf(media.headers)
        ),
        record("message.parts: sticker", 1, stuck.message.stickers.length, lossesOf(stuck.headers, "sticker-dropped")),
        record("message.parts: media, then text", 1, turned.arrived.length, lossesOf(turned.headers, "split")),
        record("message.parts: link", "https://example.com/page", link.message.link, lossesOf(link.headers)),
        record("message.reply_to", first.message.id, reply.message.replyTo?.id, lossesOf(reply.headers, "reply-dropped")),
        record("message.preferred_service", "SMS", sms.message.service, lossesOf(sms.headers, "service-preference-dropped")),
        record("message.idempotency_key", [1, once[0]?.message.id], [copies, once[1]?.message.id])
      ]
      for (const name of effects) {
        const type = bubbles.includes(name) ? "bubble" as const : "screen" as const
        const sent = await send(stage, chat, { ...text(`With ${name}`), effect: { name, type } })
        findings.push(
          record(`message.effect: ${name}`, name, sent.message.effect, lossesOf(sent.headers, "effect-dropped", "effect-approximated"))
        )
      }
      findings.push(
        await recordRefusal("message.parts: imessage_app", () =>
          stage.client.chats.messages.send(chat.id, {
            message: {
              parts: [{
                type: "imessage_app",
                app: { name: "Game", team_id: "A1B2C3D4E5", bundle_id: "com.example.game" },
                layout: { caption: "Play" }
              }]
            }
          }))
      )
      return findings
    }
  },
  {
    endpoint: "POST /v3/messages",
    run: async (stage) => {
      const person = stage.newcomer()
      const sent = await stage.client.messages.create({ to: [person], message: text("From any line"), "Idempotency-Key": `any-${person}` })
      const again = await stage.client.messages.create({ to: [person], message: text("From any line"), "Idempotency-Key": `any-${person}` })
      const next = await stage.client.messages.create({ to: [person], message: text("And again") })
      const { messages } = await phoneOf(stage, person)
      return [
        record("to, message", [["From any line", "And again"], stage.line], [messages.map((message) => message.text), sent.from]),
        record("Idempotency-Key", sent.message.id, again.message.id),
        record("from_selection", [true, "new_best_number", false, "reused_active_chat"], [
          sent.created_new_chat,
          sent.from_selection.reason,
          next.created_new_chat,
          next.from_selection.reason
        ])
      ]
    }
  }
]

const delivered = (stage: Stage, id: string) =>
  eventually(() => stage.client.messages.retrieve(id), ({ delivery_status }) => delivery_status === "delivered")

/** A message of a person in a chat, once the gateway has heard of it. */
const heard = async (stage: Stage, chat: { readonly id: string; readonly person: string }, said: string) => {
  await stage.run(stage.network.say({ from: chat.person, to: stage.lineBehind, text: said }))
  const page = await eventually(
    () => stage.client.chats.messages.list(chat.id),
    ({ messages }) => messages.some(({ is_from_me }) => !is_from_me)
  )
  const message = page.messages.find(({ is_from_me }) => !is_from_me)
  if (message === undefined) throw new Error("the gateway did not hear of the message")
  return message
}

const reading: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "GET /v3/messages/{messageId}",
    run: async (stage) => {
      const chat = await opened(stage)
      const { data } = await send(stage, chat, {
        parts: [{ type: "text", value: "Which?" }, { type: "media", url: photo }],
        effect: { name: "confetti", type: "screen" }
      })
      const message = await delivered(stage, data.message.id)
      const [said, shown] = message.parts ?? []
      const reply = await send(stage, chat, { ...text("This one"), reply_to: { message_id: message.id } })
      const read = await stage.client.messages.retrieve(reply.data.message.id)
      return [
        record("delivery_status", ["delivered", true, true], [message.delivery_status, message.is_delivered, message.is_from_me]),
        record("chat_id", chat.id, message.chat_id),
        record("parts", ["Which?", "photo.jpg", "image/jpeg"], [
          said?.type === "text" ? said.value : undefined,
          shown?.type === "media" ? shown.filename : undefined,
          shown?.type === "media" ? shown.mime_type : undefined
        ]),
        record(
          "parts.size_bytes",
          true,
          shown?.type === "media" && typeof shown.size_bytes === "number",
          "null where the carrier does not say how large a file is"
        ),
        record("effect", { name: "confetti", type: "screen" }, message.effect),
        record("from_handle", stage.line, message.from_handle?.handle),
        record("service", "iMessage", message.service),
        record("reply_to", { message_id: message.id, part_index: 0 }, read.reply_to),
        record("delivered_at", true, typeof message.delivered_at === "string", "null where the carrier does not say when"),
        await recordRefusal("an id that was never given", () => stage.client.messages.retrieve("00000000-0000-4000-8000-000000000000"))
      ]
    }
  },
  {
    endpoint: "GET /v3/chats/{chatId}/messages",
    run: async (stage) => {
      const chat = await opened(stage, [stage.newcomer()], "One")
      for (const value of ["Two", "Three"]) await send(stage, chat, text(value))
      const four = await heard(stage, chat, "Four")
      const seen: Array<unknown> = []
      for await (const { parts } of stage.client.chats.messages.list(chat.id, { limit: 2 })) {
        seen.push(...(parts ?? []).map((part) => part.type === "text" ? part.value : part.type))
      }
      return [
        record("messages, page by page", ["Four", "Three", "Two", "One"], seen),
        record("from_handle, delivery_status of theirs", [chat.person, "received", false], [
          four.from_handle?.handle,
          four.delivery_status,
          four.is_from_me
        ])
      ]
    }
  },
  {
    endpoint: "GET /v3/messages/{messageId}/thread",
    run: async (stage) => {
      const chat = await opened(stage)
      const root = await send(stage, chat, text("Root"))
      await send(stage, chat, { ...text("Leaf"), reply_to: { message_id: root.data.message.id } })
      return [
        await tried("messages", async () => {
          const seen: Array<unknown> = []
          for await (const { parts } of stage.client.messages.listMessagesThread(root.data.message.id)) {
            seen.push(...(parts ?? []).map((part) => part.type === "text" ? part.value : part.type))
          }
          return record("messages", ["Root", "Leaf"], seen)
        }),
        await recordRefusal("order: desc", () => stage.client.messages.listMessagesThread(root.data.message.id, { order: "desc" }))
      ]
    }
  },
  {
    endpoint: "PATCH /v3/messages/{messageId}",
    run: async (stage) => {
      const chat = await opened(stage)
      const { data } = await send(stage, chat, text("Teh"))
      return [
        await tried("text", async () => {
          const edited = await stage.client.messages.update(data.message.id, { text: "The" })
          const [part] = edited.parts ?? []
          return record("text", ["The", "The", data.message.id], [
            last((await phoneOf(stage, chat.person)).messages).editedText,
            part?.type === "text" ? part.value : undefined,
            edited.id
          ])
        })
      ]
    }
  },
  {
    endpoint: "DELETE /v3/messages/{messageId}",
    run: async (stage) => {
      const chat = await opened(stage)
      const { data } = await send(stage, chat, text("Forget this"))
      await stage.client.messages.delete(data.message.id)
      return [
        await recordRefusal("a deleted message", () => stage.client.messages.retrieve(data.message.id)),
        record("the phone keeps it", "Forget this", last((await phoneOf(stage, chat.person)).messages).text)
      ]
    }
  },
  {
    endpoint: "POST /v3/messages/{messageId}/reactions",
    run: async (stage) => {
      const chat = await opened(stage)
      const theirs = await heard(stage, chat, "What do you say?")
      const shown = async () => last((await phoneOf(stage, chat.person)).sent).reactions.map(({ emoji, type }) => emoji ?? type)
      const react = (body: LinqAPIV3.MessageAddReactionParams) => stage.client.messages.addReaction(theirs.id, body)
      const findings: Array<Finding> = []
      for (const type of ["love", "like", "dislike", "laugh", "emphasize", "question"] as const) {
        await react({ operation: "add", type })
        findings.push(record(`type: ${type}`, [type], await shown()))
        await react({ operation: "remove", type })
      }
      findings.push(record("operation: remove", [], await shown()))
      await react({ operation: "add", type: "custom", custom_emoji: "👀" })
      findings.push(record("custom_emoji", ["👀"], await shown()))
      // this client does not know the fields of a sticker that is sent yet, and sends them
      const sticker = { type: "sticker" as const, attachment_id: await uploadPicture(stage), placement: { x: 0.25, rotation: 90 } }
      findings.push(
        await tried("type: sticker", async () => {
          await react({ operation: "add", ...sticker })
          return record("type: sticker", { x: 0.25, y: 0, scale: 1, rotation: 90 }, await placed(stage, chat.person))
        }),
        await recordRefusal("operation: remove of a sticker", () => react({ operation: "remove", ...sticker }))
      )
      return findings
    }
  }
]

const placed = async (stage: Stage, person: string) =>
  last((await phoneOf(stage, person)).sent).reactions.flatMap(({ sticker }) => sticker === undefined ? [] : [sticker.placement]).at(-1)

const moving: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "PATCH /v3/messages/{messageId}/reactions/{reactionId}",
    run: async (stage) => {
      const chat = await opened(stage)
      const theirs = await heard(stage, chat, "Put a star here")
      const move = (id: string) =>
        stage.client.patch(`/v3/messages/${theirs.id}/reactions/${id}`, { body: { placement: { y: -0.5, scale: 1.2 } } })
      return [
        await tried("placement", async () => {
          const body = {
            operation: "add" as const,
            type: "sticker" as const,
            attachment_id: await uploadPicture(stage),
            placement: { x: 0.25 }
          }
          await stage.client.messages.addReaction(theirs.id, body)
          const read = await stage.client.messages.retrieve(theirs.id)
          const [reaction] = read.parts?.[0]?.reactions ?? []
          await move(reaction !== undefined && "id" in reaction ? String(reaction.id) : "none")
          return record("placement", { x: 0.25, y: -0.5, scale: 1.2, rotation: 0 }, await placed(stage, chat.person))
        }),
        await recordRefusal("an id that is no sticker of ours", () => move("6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01"))
      ]
    }
  }
]

const group = (stage: Stage) => opened(stage, [stage.newcomer(), stage.newcomer(), stage.newcomer(), stage.newcomer()], "All")

const chats: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "GET /v3/chats",
    run: async (stage) => {
      const person = stage.newcomer()
      const first = await opened(stage, [person])
      const second = await opened(stage, [person, stage.newcomer()])
      const refused = stage.newcomer()
      await stage.client.chats.create({ from: stage.line, to: [refused], message: { parts: [] } }).catch(() => undefined)
      const seen: Array<string> = []
      for await (const { id } of stage.client.chats.listChats({ to: person, limit: 1 })) seen.push(id)
      const ofLine = await stage.client.chats.listChats({ from: stage.line, to: person })
      return [
        record("to, page by page", [first.id, second.id].sort(), seen.sort()),
        record("from", 2, ofLine.chats.length),
        record("no chat where nothing was said", [], (await stage.client.chats.listChats({ to: refused })).chats)
      ]
    }
  },
  {
    endpoint: "GET, PUT /v3/chats/{chatId}",
    run: async (stage) => {
      const direct = await opened(stage)
      const many = await group(stage)
      const alone = await stage.client.chats.retrieve(direct.id)
      await stage.client.chats.update(many.id, { display_name: "Team", group_chat_icon: "https://images.example.com/team.png" })
      const renamed = await eventually(() => stage.client.chats.retrieve(many.id), ({ group_chat_icon }) => group_chat_icon !== null)
      return [
        record("id, handles, is_group", [direct.id, [stage.lineBehind, direct.person], false], [
          alone.id,
          alone.handles.map(({ handle }) => handle),
          alone.is_group
        ], stage.line === stage.lineBehind ? undefined : "our own number is the one that the program knows"),
        record("health_status", "HEALTHY", alone.health_status.status),
        record("display_name", "Team", renamed.display_name),
        record("group_chat_icon", "https://images.example.com/team.png", renamed.group_chat_icon),
        await recordRefusal("display_name of a direct chat", () => stage.client.chats.update(direct.id, { display_name: "You" }))
      ]
    }
  },
  {
    endpoint: "POST, DELETE /v3/chats/{chatId}/participants",
    run: async (stage) => {
      const many = await group(stage)
      const newcomer = stage.newcomer()
      const members = async () =>
        (await stage.client.chats.retrieve(many.id)).handles.filter(({ is_me, status }) => is_me !== true && status === "active").map((
          { handle }
        ) => handle).sort()
      await stage.client.chats.participants.add(many.id, { handle: newcomer })
      const added = await eventually(members, (handles) => handles.includes(newcomer))
      await stage.client.chats.participants.remove(many.id, { handle: many.person })
      const removed = await eventually(members, (handles) => !handles.includes(many.person))
      const then = await stage.client.chats.create({ from: stage.line, to: [...many.to.slice(1), newcomer], message: text("Same chat") })
      return [
        record("handle, added", [...many.to, newcomer].sort(), added),
        record("handle, removed", [...many.to.slice(1), newcomer].sort(), removed),
        record("the group is found by its members", many.id, then.chat.id)
      ]
    }
  },
  {
    endpoint: "POST /v3/chats/{chatId}/leave",
    run: async (stage) => {
      const many = await group(stage)
      return [await tried("leave", async () => record("leave", "accepted", (await stage.client.chats.leaveChat(many.id)).status))]
    }
  },
  {
    endpoint: "POST, DELETE /v3/chats/{chatId}/typing",
    run: async (stage) => {
      const chat = await opened(stage)
      await stage.client.chats.typing.start(chat.id)
      const shown = (await phoneOf(stage, chat.person)).typing
      await stage.client.chats.typing.stop(chat.id)
      return [record("typing", [[stage.lineBehind], []], [shown, (await phoneOf(stage, chat.person)).typing])]
    }
  },
  {
    endpoint: "POST /v3/chats/{chatId}/read",
    run: async (stage) => {
      const chat = await opened(stage)
      await heard(stage, chat, "Hi")
      await stage.client.chats.markAsRead(chat.id)
      return [record("read", [stage.lineBehind], (await phoneOf(stage, chat.person)).read.map(({ line }) => line))]
    }
  },
  {
    endpoint: "POST /v3/chats/{chatId}/voicememo",
    run: async (stage) => {
      const chat = await opened(stage)
      const url = stage.carrier === "linq" ? "https://audio.example.com/hello.m4a" : "https://audio.example.com/hello.caf"
      const { voice_memo: memo } = await stage.client.chats.sendVoicememo(chat.id, { voice_memo_url: url })
      const arrived = last((await phoneOf(stage, chat.person)).messages)
      return [
        record(
          "voice_memo_url",
          [true, [url]],
          [arrived.voiceMemo, arrived.media],
          arrived.voiceMemo ? "the carrier serves the file itself" : "the carrier shows it as a file"
        ),
        record("voice_memo.chat", chat.id, memo.chat.id)
      ]
    }
  },
  {
    endpoint: "POST /v3/chats/{chatId}/polls, GET /v3/messages/{messageId}/poll",
    run: async (stage) => {
      const chat = await opened(stage)
      const post = (path: string, body: unknown): Promise<Envelope> => stage.client.post(path, { body })
      return [
        await tried("polls", async () => {
          const made = await post(`/v3/chats/${chat.id}/polls`, { poll: { options: [{ text: "Pizza" }, { text: "Sushi" }] } })
          const [pizza] = made.poll.options
          const more = await post(`/v3/messages/${made.message_id}/poll/options`, { options: [{ text: "Soup" }] })
          const voted = await post(`/v3/messages/${made.message_id}/poll/votes`, { option_id: pizza?.option_id, operation: "add" })
          const read = await stage.client.get<Envelope>(`/v3/messages/${made.message_id}/poll`)
          const shown = last((await phoneOf(stage, chat.person)).messages).poll
          return record(
            "polls",
            [chat.id, ["Pizza", "Sushi", "Soup"], 1, 1, ["Pizza 1", "Sushi 0", "Soup 0"]],
            [
              made.chat_id,
              more.poll.options.map(({ text }) => text),
              voted.poll.total_voters,
              read.poll.options[0]?.voters.length,
              shown?.map(({ text, votes }) => `${text} ${votes.length}`)
            ]
          )
        })
      ]
    }
  },
  {
    endpoint: "POST, GET, DELETE /v3/blocked_handles",
    run: async (stage) => [
      await tried("blocked_handles", async () => {
        const handle = stage.newcomer()
        const made = await stage.client.post<{ readonly blocked_handle: object }>("/v3/blocked_handles", {
          body: { handle, reason: "spam" }
        })
        const before = await stage.client.get<Blocked>("/v3/blocked_handles")
        await stage.client.delete("/v3/blocked_handles", { body: { handle } })
        const after = await stage.client.get<Blocked>("/v3/blocked_handles")
        return record("blocked_handles", [true, [handle], []], [
          "blocked_at" in made.blocked_handle,
          before.blocked_handles.map((one) => one.handle),
          after.blocked_handles
        ])
      })
    ]
  },
  {
    endpoint: "POST /v3/chats/{chatId}/location/request, GET /v3/chats/{chatId}/location",
    run: async (stage) => {
      const chat = await opened(stage)
      const asked = await stage.client.chats.location.request(chat.id)
      const requests = (await phoneOf(stage, chat.person)).locationRequests
      await stage.run(stage.network.shareLocation(chat.person, { longitude: -122.4, latitude: 37.8 }))
      const { data } = await stage.client.chats.location.retrieve(chat.id)
      return [
        record("request", [true, [stage.lineBehind]], [asked.success, requests.map(({ line }) => line)]),
        record(
          "location",
          [["FeatureCollection", chat.person, [-122.4, 37.8]]],
          data.features.map(({ geometry, properties }) => [data.type, properties.handle, geometry.coordinates])
        )
      ]
    }
  }
]

const account: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "POST, GET, DELETE /v3/attachments",
    run: async (stage) => {
      const bytes = new TextEncoder().encode("%PDF-1.4 terms")
      const made = await stage.client.attachments.create({
        filename: "terms.pdf",
        content_type: "application/pdf",
        size_bytes: bytes.length
      })
      const early = await recordRefusal("attachment_id before the upload", async () => {
        const chat = await opened(stage)
        return stage.client.chats.messages.send(chat.id, { message: { parts: [{ type: "media", attachment_id: made.attachment_id }] } })
      })
      const put = await fetch(made.upload_url, {
        method: made.http_method,
        headers: { "content-type": made.required_headers["Content-Type"] ?? "" },
        body: bytes
      })
      const chat = await opened(stage)
      const { message } = await send(stage, chat, { parts: [{ type: "media", attachment_id: made.attachment_id }] })
      const byAddress = await send(stage, chat, { parts: [{ type: "media", url: made.download_url }] })
      const file = await stage.client.attachments.retrieve(made.attachment_id)
      return [
        early,
        record("upload_url, required_headers", 200, put.status),
        record("attachment_id", [1, true], [message.media.length, message.media[0]?.includes("terms.pdf")]),
        record("download_url", message.media, byAddress.message.media),
        record("filename, content_type, size_bytes, status", ["terms.pdf", "application/pdf", bytes.length, "complete"], [
          file.filename,
          file.content_type,
          file.size_bytes,
          file.status
        ]),
        await tried("delete", async () => {
          await stage.client.attachments.delete(made.attachment_id)
          const gone = await stage.client.attachments.retrieve(made.attachment_id).then(
            () => 200,
            ({ status }: { status: number }) => status
          )
          return record("delete", 404, gone)
        })
      ]
    }
  },
  {
    endpoint: "GET, PUT /v3/phone_numbers, GET /v3/phonenumbers, GET /v3/available_number",
    run: async (stage) => {
      const { phone_numbers: [line, ...others] } = await stage.client.phoneNumbers.list()
      const old = await stage.client.phonenumbers.list()
      const to = stage.newcomer()
      const set = await stage.client.phoneNumbers.update(line?.id ?? "", { forwarding_number: to })
      const cleared = await stage.client.phoneNumbers.update(line?.id ?? "", { forwarding_number: null })
      const free = await stage.client.availableNumber.retrieve({ to: [stage.newcomer()] })
      return [
        record("phone_number", [stage.line, 0, [stage.line], stage.line], [
          line?.phone_number,
          others.length,
          old.phone_numbers.map(({ phone_number }) => phone_number),
          free.phone_number
        ]),
        record("reputation", "HEALTHY", line?.reputation.status),
        record("forwarding_number", [to, null], [set.forwarding_number, cleared.forwarding_number])
      ]
    }
  },
  {
    endpoint: "POST /v3/capability/check_imessage",
    run: async (stage) => {
      const [apple, other] = [stage.newcomer(), stage.newcomer()]
      await stage.run(stage.network.person({ handle: other, service: "SMS" }))
      const check = async (address: string) => (await stage.client.capability.checkIMessage({ address })).available
      // the vendor behind answers once in ten seconds
      const first = await check(apple)
      await stage.run(stage.network.advance("11 seconds"))
      return [record("address", [true, false], [first, await check(other)])]
    }
  },
  {
    endpoint: "POST, GET, PATCH /v3/contact_card, POST /v3/chats/{chatId}/share_contact_card",
    run: async (stage) => {
      const { client, line } = stage
      const chat = await opened(stage)
      return [
        await tried("first_name, last_name", async () => {
          await client.contactCard.create({ phone_number: line, first_name: "Ada" })
          const changed = await client.contactCard.update({ phone_number: line, last_name: "Lovelace" })
          const { contact_cards: [card] } = await client.contactCard.retrieve({ phone_number: line })
          return record("first_name, last_name", ["Ada", "Lovelace", "Ada"], [changed.first_name, card?.last_name, card?.first_name])
        }),
        await tried("share_contact_card", async () => {
          await client.chats.shareContactCard(chat.id)
          return record("share_contact_card", [stage.lineBehind], (await phoneOf(stage, chat.person)).contactCards.map((card) => card.line))
        })
      ]
    }
  },
  {
    endpoint: "GET /v3/webhook-events; POST, GET, PUT, DELETE /v3/webhook-subscriptions",
    run: async (stage) => {
      const { client } = stage
      const { events } = await client.webhookEvents.list()
      const hook = await stage.subscriber()
      const target_url = `${hook.url}?version=2026-02-03`
      const made = await client.webhookSubscriptions.create({ target_url, subscribed_events: events, phone_numbers: [stage.line] })
      const old = await client.webhookSubscriptions.create({
        target_url: `${hook.url}?version=2025-01-01`,
        subscribed_events: ["message.delivered"]
      })
      const chat = await opened(stage)
      const sent = await send(stage, chat, { ...text("Tell me"), idempotency_key: `told-${chat.id}` })
      await heard(stage, chat, "Told")
      // as a phone without tapbacks writes one
      await stage.run(stage.network.say({ from: chat.person, to: stage.lineBehind, text: "Loved “Tell me”" }))
      const secrets = new Map([[made.id, made.signing_secret], [old.id, old.signing_secret]])
      const told = () =>
        Promise.resolve(
          hook.received.map(({ body, headers }) =>
            client.webhooks.unwrap(body, { headers, key: secrets.get(headers["x-webhook-subscription-id"] ?? "") ?? "none" })
          )
        )
      interface Event {
        readonly event_type: string
        readonly webhook_version: string
        readonly trace_id: string
        readonly data: {
          readonly id?: string
          readonly message_id?: string
          readonly chat_id?: string
          readonly idempotency_key?: string | null
          readonly sender_handle?: { readonly handle: string }
          readonly chat?: { readonly id: string }
        }
      }
      const about = (all: ReadonlyArray<unknown>, type: string, version = "2026-02-03") =>
        (all as ReadonlyArray<Event>).filter(({ data, event_type, webhook_version }) =>
          // what other chats said is told here, too
          event_type === type && webhook_version === version && (data.chat?.id ?? data.chat_id) === chat.id &&
          (data.id ?? data.message_id) !== chat.chat.message.id
        )
      const all = await eventually(
        told,
        (all) =>
          about(all, "message.delivered").length > 0 && about(all, "message.received").length > 0 &&
          about(all, "reaction.added").length > 0 &&
          about(all, "message.delivered", "2025-01-01").length > 0
      )
      const [delivered] = about(all, "message.delivered")
      const [received] = about(all, "message.received")
      const [reacted] = about(all, "reaction.added")
      const [nested] = about(all, "message.delivered", "2025-01-01")
      const listed = (await client.webhookSubscriptions.list()).subscriptions.map(({ id }) => id)
      const changed = await client.webhookSubscriptions.update(made.id, { is_active: false, subscribed_events: ["message.sent"] })
      await client.webhookSubscriptions.delete(made.id)
      await client.webhookSubscriptions.delete(old.id)
      await hook.stop()
      return [
        record("events", true, events.includes("message.received")),
        record("phone_numbers", [stage.line], made.phone_numbers),
        record("list, update", [[made.id, old.id].sort(), false, ["message.sent"]], [
          listed.filter((id) => id === made.id || id === old.id).sort(),
          changed.is_active,
          changed.subscribed_events
        ]),
        record("message.delivered", [sent.data.message.id, chat.id, `told-${chat.id}`], [
          delivered?.data.id,
          delivered?.data.chat?.id,
          delivered?.data.idempotency_key
        ]),
        record("message.delivered, payload version 2025-01-01", sent.data.message.id, nested?.data.message_id),
        record("reaction.added: a text that quotes the message", [chat.id, sent.data.message.id], [
          reacted?.data.chat_id,
          reacted?.data.message_id
        ]),
        record("message.received", [chat.id, chat.person], [received?.data.chat?.id, received?.data.sender_handle?.handle]),
        await recordRefusal("subscribed_events: a word that Linq does not have", () =>
          // a caller from plain JavaScript may write anything
          client.webhookSubscriptions.create({ target_url, subscribed_events: ["message.snapped" as "message.sent"] }))
      ]
    }
  }
]

export const scenarios: ReadonlyArray<Scenario<Stage>> = [...sending, ...reading, ...moving, ...chats, ...account]
