/** Reads requests of Linq's wire. Unknown fields are allowed; everything that would be sent is checked. */
import * as Conversation from "@interline/core/Conversation"
import type { Draft, MessageTarget } from "@interline/core/Draft"
import type { Extras } from "@interline/core/Extras"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import { kinds, type MessageEffect } from "@interline/core/MessageEffect"
import { present } from "@interline/core/Optional"
import * as Part from "@interline/core/Part"
import type { Placement as ReactionPlacement, Reaction, Sticker } from "@interline/core/Reaction"
import * as LinqWords from "@interline/linq/LinqWords"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { FrontService } from "../kit/FrontService.ts"
import type * as PathTable from "../kit/pathTable.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as Refusal from "./refusal.ts"

/** A request whose caller is known. */
export interface Call {
  /** The name of the API key. */
  readonly caller: string
  readonly method: string
  /** The path with its query, as the client wrote it. */
  readonly path: string
  readonly params: PathTable.Params
  readonly query: URLSearchParams
  readonly body: string
  /** The address at which the caller reaches the gateway, without a slash at the end. */
  readonly origin: string
  readonly traceId: string
  readonly key: Option.Option<string>
  readonly contentType: string | undefined
  /** From where the program wants a list, if it says so. */
  readonly list: string | undefined
}

export type Route = PathTable.Route<Call, Refusal.Refusal>

/** A text of the path. It is empty, as no id is, where it could be taken for another path. */
export const param = ({ params }: Pick<Call, "params">, name: string): string => params[name] ?? ""

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

// --- bodies ---

const Decoration = Schema.Struct({
  range: Schema.Tuple(Schema.NonNegativeInt, Schema.NonNegativeInt),
  style: optional(Part.TextStyle),
  animation: optional(Part.TextAnimation)
})

const TextPart = Schema.Struct({
  type: Schema.Literal("text"),
  value: Schema.String,
  text_decorations: optional(Schema.Array(Decoration)),
  mention: optional(Schema.String),
  mention_range: optional(Schema.Tuple(Schema.NonNegativeInt, Schema.NonNegativeInt))
})

const MediaPart = Schema.Struct({
  type: Schema.Literal("media"),
  url: optional(Schema.String),
  attachment_id: optional(Schema.String),
  sticker: optional(Schema.Boolean)
})

const LinkPart = Schema.Struct({ type: Schema.Literal("link"), value: Schema.String })

// one schema for each kind, so that a mistake in a part is explained by the schema of its own kind
const AppPart = Schema.Struct({ type: Schema.Literal("imessage_app") })

const ClipPart = Schema.Struct({ type: Schema.Literal("app_clip") })

export const MessageContent = Schema.Struct({
  parts: Schema.Array(Schema.Union(TextPart, MediaPart, LinkPart, AppPart, ClipPart)),
  effect: optional(Schema.Struct({ name: optional(Schema.String), type: optional(Schema.String) })),
  reply_to: optional(Schema.Struct({ message_id: Schema.String, part_index: optional(Schema.NonNegativeInt) })),
  idempotency_key: optional(Schema.String),
  preferred_service: optional(Schema.Literal("iMessage", "RCS", "SMS"))
})

export interface MessageContent extends Schema.Schema.Type<typeof MessageContent> {}

export const CreateChat = Schema.Struct({ from: Schema.String, to: Schema.Array(Schema.String), message: MessageContent })

export const SendMessage = Schema.Struct({ message: MessageContent })

export const CreateMessage = Schema.Struct({
  to: Schema.Array(Schema.String),
  message: MessageContent,
  exclude_from: optional(Schema.Array(Schema.String))
})

export const UpdateChat = Schema.Struct({ display_name: optional(Schema.String), group_chat_icon: optional(Schema.String) })

export const Participant = Schema.Struct({ handle: Schema.String })

export const Block = Schema.Struct({ handle: Schema.NonEmptyString, reason: optional(Schema.String) })

export const VoiceMemo = Schema.Struct({ voice_memo_url: optional(Schema.String), attachment_id: optional(Schema.String) })

const PollTexts = Schema.Array(Schema.Struct({ text: Schema.String }))

export const CreatePoll = Schema.Struct({
  poll: Schema.Struct({ options: PollTexts, idempotency_key: optional(Schema.String) })
})

export const AddPollOptions = Schema.Struct({ options: PollTexts })

export const Vote = Schema.Struct({ option_id: Schema.String, operation: Schema.Literal("add", "remove") })

export const EditMessage = Schema.Struct({ text: Schema.String, part_index: optional(Schema.NonNegativeInt) })

const Placement = Schema.Struct({
  x: optional(Schema.Number),
  y: optional(Schema.Number),
  scale: optional(Schema.Number),
  rotation: optional(Schema.Number)
})

export const React = Schema.Struct({
  operation: Schema.Literal("add", "remove"),
  type: Schema.Literal("love", "like", "dislike", "laugh", "emphasize", "question", "custom", "sticker"),
  custom_emoji: optional(Schema.String),
  url: optional(Schema.String),
  attachment_id: optional(Schema.String),
  placement: optional(Placement),
  part_index: optional(Schema.NonNegativeInt)
})

export const MoveSticker = Schema.Struct({ placement: Placement })

export const CreateAttachment = Schema.Struct({
  filename: Schema.String,
  content_type: Schema.String,
  size_bytes: Schema.Number
})

export const UpdatePhoneNumber = Schema.Struct({ forwarding_number: Schema.NullOr(Schema.String) })

export const CheckCapability = Schema.Struct({ address: Schema.String, from: optional(Schema.String) })

export const CreateContactCard = Schema.Struct({
  phone_number: Schema.String,
  first_name: Schema.String,
  last_name: optional(Schema.String),
  image_url: optional(Schema.String)
})

export const UpdateContactCard = Schema.Struct({
  first_name: optional(Schema.String),
  last_name: optional(Schema.String),
  image_url: optional(Schema.String)
})

const routing = { routing_key_header: optional(Schema.String), routing_id_header: optional(Schema.String) }

export const CreateSubscription = Schema.Struct({
  target_url: Schema.String,
  subscribed_events: Schema.Array(Schema.String),
  phone_numbers: optional(Schema.Array(Schema.String)),
  ...routing
})

export const UpdateSubscription = Schema.Struct({
  target_url: optional(Schema.String),
  subscribed_events: optional(Schema.Array(Schema.String)),
  phone_numbers: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  is_active: optional(Schema.Boolean),
  ...routing
})

/** The refusal for the first issue. It names the field, never its value. */
const toRefusal = (error: ParseResult.ParseError): Refusal.Refusal => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  const path = issue === undefined || issue.path.length === 0 ? "the body" : issue.path.map(String).join(".")
  return issue?._tag === "Missing"
    ? Refusal.make({ status: 400, code: 1001 }, `Missing required field: ${path}`)
    : Refusal.make({ status: 400, code: 1003 }, `${path} is not what this endpoint takes`)
}

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

/** The body as JSON; `Left` if it is none. */
export const parseBody = (body: string): Either.Either<unknown, Refusal.Refusal> =>
  Either.mapLeft(parseJson(body), () => Refusal.make({ status: 400, code: 1003 }, "Invalid request body: it is not JSON"))

/** Reads a body by its schema. */
export const decode = <A, I>(schema: Schema.Schema<A, I>): (body: string) => Effect.Effect<A, Refusal.Refusal> => {
  const read = Schema.decodeUnknown(schema)
  return (body) => Effect.flatMap(parseBody(body), (value) => Effect.mapError(read(value), toRefusal))
}

/** The place in a draft of an unknown field of a message. A field in a decoration or in a reply has none. */
const placeOf = ([message, field, at, name, ...deeper]: ReadonlyArray<PropertyKey>): UnknownFields.Place | undefined => {
  if (message !== "message" || typeof field !== "string" || deeper.length > 0) return undefined
  if (at === undefined) return { in: "message", name: field }
  if (field === "effect" && typeof at === "string" && name === undefined) return { in: "effect", name: at }
  return field === "parts" && typeof at === "number" && typeof name === "string" ? { in: "part", part: at, name } : undefined
}

/** Which unknown fields of a message go on to Linq, if Linq carries the message. */
export const passing: UnknownFields.Passing = { vendor: "linq", placeOf }

/** Reads a body, and the fields that its schema does not know. A strict front refuses those that do not go on to a carrier. */
export const decodeKnown = <A, I>(
  schema: Schema.Schema<A, I>,
  { strict }: Pick<FrontService, "strict">,
  passing?: UnknownFields.Passing
): (body: string) => Effect.Effect<UnknownFields.Known<A>, Refusal.Refusal> => {
  const read = UnknownFields.decode(schema, passing)
  return (body) =>
    Effect.flatMap(
      Effect.flatMap(parseBody(body), (value) => Effect.mapError(read(value), toRefusal)),
      (known) =>
        strict && known.unknown.length > 0
          ? Refusal.refuseFeature(`this gateway does not know ${known.unknown.join(", ")}, and is told to refuse what it would lose`)
          : Effect.succeed(known)
    )
}

const decodeKey = Schema.decodeUnknownOption(
  Schema.parseJson(Schema.Struct({ message: Schema.Struct({ idempotency_key: Schema.String }) }))
)

/** The caller's own idempotency key, read before the rest of the body is checked. */
export const readKey = (body: string): Option.Option<string> => Option.map(decodeKey(body), ({ message }) => message.idempotency_key)

// --- people and lines ---

export const readHandle = (value: string, field: string): Effect.Effect<Handle.Handle, Refusal.Refusal> =>
  Either.match(Handle.parse(value), { onLeft: () => Refusal.refuseHandle(field), onRight: Effect.succeed })

export const readLine = (front: Pick<FrontService, "lineOf">, value: string, field: string): Effect.Effect<LineName, Refusal.Refusal> =>
  Effect.flatMap(
    readHandle(value, field),
    (number) => Option.match(front.lineOf(number), { onNone: () => Refusal.refuseLine(field), onSome: Effect.succeed })
  )

const mostRecipients = 31

/** The people of a chat, each once. */
export type People = readonly [Handle.Handle, ...ReadonlyArray<Handle.Handle>]

/** The people that a line writes to. Nothing is recorded. */
export const readPeople = (
  front: Pick<FrontService, "lineOf">,
  line: LineName,
  to: ReadonlyArray<string>
): Effect.Effect<People, Refusal.Refusal> =>
  Effect.gen(function*() {
    const people = yield* Effect.forEach(to, (value, index) => readHandle(value, `to.${index}`))
    const members = Array.from(new Set(people))
    const [first, ...others] = members
    if (first === undefined) return yield* Refusal.refuseValue("to must name at least one recipient")
    if (members.length > mostRecipients) return yield* Refusal.refuseValue(`to may name at most ${mostRecipients} recipients`)
    if (members.some((member) => Option.contains(front.lineOf(member), line))) {
      return yield* Refusal.refuseValue("to must not contain the number that sends")
    }
    return [first, ...others]
  })

/** The conversation of a line with exactly these people, in any order. It is recorded. */
export const openConversation = (
  ids: Pick<IdMapService, "openGroup" | "remember">,
  line: LineName,
  people: People
): Effect.Effect<Conversation.Conversation> =>
  Effect.gen(function*() {
    const opened = people.length === 1 ? Conversation.direct(line, people[0]) : yield* ids.openGroup(line, people)
    yield* ids.remember(opened)
    return opened
  })

// --- content ---

/** Finds a file by its address, or by the id under which it was uploaded here. */
export type FileOf = (
  source: { readonly url: string } | { readonly attachmentId: string },
  field: string
) => Effect.Effect<Part.Media, Refusal.Refusal>

const readMedia = (
  fileOf: FileOf,
  { attachment_id, url }: { readonly url?: string | null | undefined; readonly attachment_id?: string | null | undefined },
  names: readonly [url: string, attachment: string],
  field: string
): Effect.Effect<Part.Media, Refusal.Refusal> =>
  url != null && attachment_id == null
    ? fileOf({ url }, field)
    : attachment_id != null && url == null
    ? fileOf({ attachmentId: attachment_id }, field)
    : Refusal.refuse({ status: 400, code: 1004 }, `${field} needs exactly one of ${names[0]} and ${names[1]}`)

export const readVoiceMemo = (
  fileOf: FileOf,
  { attachment_id, voice_memo_url }: typeof VoiceMemo.Type
): Effect.Effect<Part.Media, Refusal.Refusal> =>
  readMedia(fileOf, { url: voice_memo_url, attachment_id }, ["voice_memo_url", "attachment_id"], "the voice memo")

const readDecoration = (wire: typeof Decoration.Type, field: string): Effect.Effect<Part.Decoration, Refusal.Refusal> => {
  const { animation, range: [start, end], style } = wire
  return style != null && animation == null
    ? Effect.succeed({ start, end, style })
    : animation != null && style == null
    ? Effect.succeed({ start, end, animation })
    : Refusal.refuse({ status: 400, code: 1004 }, `${field} needs exactly one of style and animation`)
}

/** The mention of a text. Without a range the whole text is the name. */
const readMentions = (
  { mention, mention_range: range, value }: typeof TextPart.Type,
  field: string
): Effect.Effect<ReadonlyArray<Part.Mention> | undefined, Refusal.Refusal> =>
  mention == null
    ? range == null
      ? Effect.succeed(undefined)
      : Refusal.refuse({ status: 400, code: 1004 }, `${field}.mention_range needs a mention`)
    : Effect.map(readHandle(mention, `${field}.mention`), (handle) => {
      const [start, end] = range ?? [0, value.length]
      return [{ handle, start, end }]
    })

const readPart = (fileOf: FileOf, wire: MessageContent["parts"][number], field: string): Effect.Effect<Part.Part, Refusal.Refusal> => {
  switch (wire.type) {
    case "text": {
      const decorations = wire.text_decorations ?? []
      return Effect.map(
        Effect.all([
          Effect.forEach(decorations, (each, index) => readDecoration(each, `${field}.text_decorations.${index}`)),
          readMentions(wire, field)
        ]),
        ([decorations, mentions]) => Part.text(wire.value, decorations.length === 0 ? undefined : decorations, mentions)
      )
    }
    case "media":
      return Effect.map(
        readMedia(fileOf, wire, ["url", "attachment_id"], field),
        (media) => wire.sticker === true ? { ...media, sticker: true } : media
      )
    case "link":
      return Effect.succeed(Part.link(wire.value))
    case "imessage_app":
    case "app_clip":
      return Refusal.refuseFeature(`${field}: app cards are not carried by this gateway; send text, media or a link`)
  }
}

const readEffect = (
  { name, type }: { readonly name?: string | null | undefined; readonly type?: string | null | undefined }
): Effect.Effect<MessageEffect, Refusal.Refusal> => {
  const neutral = name == null ? undefined : LinqWords.meaning(LinqWords.effectToNeutral, name)
  return neutral === undefined
    ? Refusal.refuseValue(`message.effect.name must be one of ${Object.keys(LinqWords.effectToNeutral).join(", ")}`)
    : type != null && type !== kinds[neutral]
    ? Refusal.refuseValue(`message.effect.type of this effect is ${kinds[neutral]}`)
    : Effect.succeed(neutral)
}

/** A message that the gateway showed under this id. */
export const findMessage = (ids: Pick<IdMapService, "findMessage">, id: string): Effect.Effect<MessageTarget, Refusal.Refusal> =>
  Effect.flatMap(ids.findMessage(id), Option.match({ onNone: () => Effect.fail(Refusal.noMessage), onSome: Effect.succeed }))

const longestKey = 255

/** The draft of a message. `extras` are the fields of it that this gateway does not know. */
export const readDraft = (
  fileOf: FileOf,
  ids: Pick<IdMapService, "findMessage">,
  content: MessageContent,
  extras?: Extras
): Effect.Effect<Draft, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { effect, idempotency_key: key, parts, preferred_service: service, reply_to: reply } = content
    const [first, ...rest] = yield* Effect.forEach(parts, (wire, index) => readPart(fileOf, wire, `message.parts.${index}`))
    if (first === undefined) return yield* Refusal.refuseMissing("message.parts")
    if (key != null && key.length > longestKey) {
      return yield* Refusal.refuseValue(`message.idempotency_key may have at most ${longestKey} characters`)
    }
    const to = reply == null ? undefined : yield* Effect.catchTag(
      findMessage(ids, reply.message_id),
      "LinqRefusal",
      () => Refusal.refuseValue("message.reply_to.message_id is not known here")
    )
    return present({
      parts: [first, ...rest] as const,
      effect: effect == null ? undefined : yield* readEffect(effect),
      replyTo: to === undefined ? undefined : present({ to, part: reply?.part_index ?? undefined }),
      preferredService: service == null ? undefined : LinqWords.serviceToNeutral[service],
      // Linq's webhooks echo the key
      metadata: key == null ? undefined : { idempotency_key: key },
      extras
    })
  })

/** Where a sticker is put. A field that is null counts as absent. */
export const readPlacement = ({ rotation, scale, x, y }: typeof Placement.Type): ReactionPlacement =>
  present({ x: x ?? undefined, y: y ?? undefined, scale: scale ?? undefined, rotation: rotation ?? undefined })

const readSticker = (fileOf: FileOf, { attachment_id, placement, url }: typeof React.Type): Effect.Effect<Sticker, Refusal.Refusal> =>
  Effect.map(readMedia(fileOf, { url, attachment_id }, ["url", "attachment_id"], "the sticker"), (media) => {
    const placed = placement == null ? {} : { placement: readPlacement(placement) }
    return "url" in media ? { _tag: "Sticker", url: media.url, ...placed } : { _tag: "Sticker", attachment: media.attachment, ...placed }
  })

/** The reaction that a request removes from a message. Linq does not document how a sticker is taken off. */
export const readRemoved = (wire: typeof React.Type): Effect.Effect<Reaction, Refusal.Refusal> =>
  wire.type === "sticker"
    ? Refusal.refuseFeature("taking a sticker off is not carried by this gateway; Linq does not document it")
    : readTapback(wire, wire.type)

/** The reaction or the sticker that a request puts on a message. */
export const readReaction = (fileOf: FileOf, wire: typeof React.Type): Effect.Effect<Reaction | Sticker, Refusal.Refusal> =>
  wire.type === "sticker" ? readSticker(fileOf, wire) : readTapback(wire, wire.type)

const readTapback = (
  { attachment_id, custom_emoji, placement, url }: typeof React.Type,
  type: Exclude<typeof React.Type["type"], "sticker">
): Effect.Effect<Reaction, Refusal.Refusal> => {
  if (attachment_id != null || placement != null || url != null) {
    return Refusal.refuse({ status: 400, code: 1004 }, "attachment_id, url and placement belong to a sticker")
  }
  const neutral = LinqWords.reactionToNeutral[type]
  switch (neutral) {
    case "Emoji":
      return custom_emoji == null || custom_emoji === ""
        ? Refusal.refuseMissing("custom_emoji")
        : Effect.succeed({ _tag: "Emoji", emoji: custom_emoji })
    default:
      return Effect.succeed({ _tag: "Tapback", tapback: neutral })
  }
}
