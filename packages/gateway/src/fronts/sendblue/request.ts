/** Reads requests of Sendblue's wire. Unknown fields are allowed; everything that would be sent is checked. */
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessageEffect } from "@interline/core/MessageEffect"
import { optional } from "@interline/core/Optional"
import * as Reaction from "@interline/core/Reaction"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { FrontService } from "../kit/FrontService.ts"
import type * as PathTable from "../kit/pathTable.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as Refusal from "./refusal.ts"

/** The fields of a body as they came. */
export type Fields = Readonly<Record<string, unknown>>

/** A request whose key was checked. */
export interface Call {
  readonly method: string
  /** The path within the front. */
  readonly path: string
  readonly params: PathTable.Params
  readonly query: URLSearchParams
  readonly fields: Fields
  /** The body as it came, and its type. Empty for a read. */
  readonly text: string
  readonly contentType: string | undefined
  /** From where the program wants a list, if it says so. */
  readonly list: string | undefined
}

export const param = ({ params }: Call, name: string): string => {
  const value = params[name]
  // the path of every route names the parameters that its work reads
  if (value === undefined) throw new Error(`the path has no parameter ${name}`)
  return value
}

// --- bodies ---

const decodeJson = Schema.decodeUnknownEither(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** Reads JSON, or a form, which older documents allow. A missing body has no fields. */
export const readFields = (text: string, contentType = ""): Effect.Effect<Fields, Refusal.Refusal> => {
  if (text === "") return Effect.succeed({})
  if (contentType.toLowerCase().startsWith("multipart/")) {
    return Refusal.refuseFeature("Files are taken by /api/upload-file only; give a URL here")
  }
  if (contentType.toLowerCase().startsWith("application/x-www-form-urlencoded")) {
    return Effect.succeed(Object.fromEntries(new URLSearchParams(text)))
  }
  return Either.match(decodeJson(text), {
    onLeft: () => Refusal.refuse(400, "Invalid JSON in request body"),
    onRight: Effect.succeed
  })
}

// null and "" mean absent in this API, except where they clear a name or a photo
const dropEmpty = (given: Fields): Fields =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== ""))

/** An endpoint's sentences for a field that is missing and for one that is wrong. */
export interface Wording {
  readonly missing: (field: string) => Effect.Effect<never, Refusal.Refusal>
  readonly wrong: (field: string) => Effect.Effect<never, Refusal.Refusal>
}

export const sending: Wording = {
  missing: (field) => Refusal.refuseSend(`missing required parameter: "${field}"`),
  wrong: (field) => Refusal.invalidSend(`${field} is not what this endpoint takes`)
}

export const specifying: Wording = {
  missing: (field) =>
    Refusal.refuse(400, `You must specify ${field === "from_number" ? "a valid" : "a"} \`${field}\` in the request body.`),
  wrong: (field) => Refusal.refuse(400, `\`${field}\` is not what this endpoint takes`)
}

/** Reads a body by its schema. The refusal names the field, never its value. */
export const decode = <A, I>(schema: Schema.Schema<A, I>, wording: Wording): (given: Fields) => Effect.Effect<A, Refusal.Refusal> =>
  refuseBy(Schema.decodeUnknown(schema), wording)

/** Which unknown fields go on to Sendblue: those of the message itself. A field in a reply has no place in a draft. */
const passing: UnknownFields.Passing = {
  vendor: "sendblue",
  placeOf: ([name, ...deeper]) => typeof name === "string" && deeper.length === 0 ? { in: "message", name } : undefined
}

/** Reads a body, and the fields that its schema does not know: those that go on to Sendblue if it is the carrier, and the others. */
export const decodeKnown = <A, I>(
  schema: Schema.Schema<A, I>,
  wording: Wording
): (given: Fields) => Effect.Effect<UnknownFields.Known<A>, Refusal.Refusal> => refuseBy(UnknownFields.decode(schema, passing), wording)

const refuseBy = <A>(
  read: (given: unknown) => Effect.Effect<A, ParseResult.ParseError>,
  wording: Wording
): (given: Fields) => Effect.Effect<A, Refusal.Refusal> =>
(given) =>
  Effect.catchAll(read(dropEmpty(given)), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    const field = issue === undefined || issue.path.length === 0 ? "the body" : issue.path.map(String).join(".")
    return issue?._tag === "Missing" ? wording.missing(field) : wording.wrong(field)
  })

const ReplyTo = Schema.Struct({ message_handle: Schema.NonEmptyString, part_index: Schema.optional(Schema.NullOr(Schema.NonNegativeInt)) })

const content = {
  from_number: Schema.String,
  content: optional(Schema.String),
  media_url: optional(Schema.String),
  send_style: optional(Schema.String),
  status_callback: optional(Schema.String),
  // the name that older documents give it
  statusCallback: optional(Schema.String),
  seat_id: optional(Schema.String),
  reply_to: optional(ReplyTo),
  app_card: optional(Schema.Unknown)
}

export const Content = Schema.Struct(content)

export interface Content extends Schema.Schema.Type<typeof Content> {}

export const SendMessage = Schema.Struct({ number: Schema.String, ...content })

export const SendGroupMessage = Schema.Struct({
  group_id: optional(Schema.String),
  numbers: optional(Schema.Array(Schema.String)),
  ...content
})

export const ModifyGroup = Schema.Struct({
  group_id: Schema.String,
  number: Schema.String,
  modify_type: Schema.String,
  from_number: optional(Schema.String)
})

export const Typing = Schema.Struct({
  number: Schema.String,
  from_number: optional(Schema.String),
  state: optional(Schema.Literal("start", "stop")),
  max_duration_ms: optional(Schema.Int.pipe(Schema.between(1, 300_000)))
})

export const MarkRead = Schema.Struct({ number: Schema.String, from_number: Schema.String })

export const AskLocation = Schema.Struct({ number: Schema.String, from_number: Schema.String })

export const SendReaction = Schema.Struct({
  from_number: Schema.String,
  message_handle: Schema.String,
  reaction: optional(Schema.String),
  part_index: optional(Schema.Unknown)
})

export const OptOut = Schema.Struct({ number: Schema.String, opted_out: optional(Schema.Boolean) })

export const SetProfile = Schema.Struct({
  fromNumber: Schema.String,
  firstName: optional(Schema.String),
  lastName: optional(Schema.String),
  displayName: optional(Schema.String),
  photoUrl: optional(Schema.String),
  clearPhoto: optional(Schema.Boolean)
})

export const Share = Schema.Struct({ fromNumber: Schema.String, toNumber: Schema.String })

export const Forward = Schema.Struct({ forwarding_number: Schema.String })

// --- values ---

const effects: ReadonlyMap<string, MessageEffect> = new Map(Object.entries(SendblueWords.styleToEffect))

/** The effect of a style. An unknown style is refused; the vendor accepts it and does nothing. */
export const readEffect = (style: string): Effect.Effect<MessageEffect, Refusal.Refusal> => {
  const effect = effects.get(style)
  return effect === undefined
    ? Refusal.invalidSend(`send_style must be one of: ${Array.from(effects.keys()).join(", ")}`)
    : Effect.succeed(effect)
}

export const handleOf = (number: string): Option.Option<Handle.Handle> => Either.getRight(Handle.parse(number))

export const phoneOf = (number: string): Option.Option<Handle.Phone> => Option.filter(handleOf(number), Handle.isPhone)

/** The line with a number, however it is written. */
export const lineOf = ({ lineOf }: Pick<FrontService, "lineOf">, number: string): Option.Option<LineName> =>
  Option.flatMap(phoneOf(number), lineOf)

/** The line with a number. Without a number: the line, if there is just one. */
export const lineOrOnly = (front: FrontService, number: string | undefined): Option.Option<LineName> =>
  number === undefined ? front.onlyLine : lineOf(front, number)

const tapbacks: ReadonlyMap<string, Reaction.Tapback> = new Map(Object.entries(SendblueWords.reactionToNeutral))

// the emoji that Unicode recommends; a property of strings needs the flag "v"
const emoji = new RegExp("^\\p{RGI_Emoji}$", "v")
const bare = /^\p{Extended_Pictographic}$/u

/** Reads a word or one emoji. A minus in front removes the reaction. `None`: the text is neither. */
export const reactionOf = (text: string): Option.Option<{ readonly removes: boolean; readonly reaction: Reaction.Reaction }> => {
  const removes = text.startsWith("-")
  const word = removes ? text.slice(1) : text
  const tapback = tapbacks.get(word)
  if (tapback !== undefined) return Option.some({ removes, reaction: Reaction.tapback(tapback) })
  return emoji.test(word) || bare.test(word) ? Option.some({ removes, reaction: Reaction.emoji(word) }) : Option.none()
}
