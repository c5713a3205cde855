/** The two ways to send: to one number, and to a group. */
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import type { LineName } from "@interline/core/Line"
import { present } from "@interline/core/Optional"
import * as Part from "@interline/core/Part"
import { isVisible } from "@interline/core/VisibleText"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { IdMapService } from "@interline/sql/IdMap"
import type { Reply } from "@interline/sql/RequestLog"
import * as Arrays from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Adapted from "../kit/adapted.ts"
import type { FrontService, SendResult } from "../kit/FrontService.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as ChatLookup from "./chatLookup.ts"
import * as Files from "./files.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"
import * as Wire from "./wire.ts"

export type Send = (services: Services) => (call: Request.Call, key: string) => Effect.Effect<Reply, Refusal.Refusal>

/** The services that reading a send needs. Nothing is done by reading it. */
export interface ReadServices {
  readonly front: Pick<FrontService, "lineOf" | "strict">
  readonly ids: Pick<IdMapService, "findAttachment" | "findMessage" | "openGroup">
  readonly findGroup: (id: string, line: LineName) => Effect.Effect<Option.Option<Conversation.Group>, Refusal.Refusal>
}

/** A message as a request asks for it. */
export interface Asked {
  readonly to: Conversation.Conversation
  readonly draft: Draft.Draft
  readonly known: UnknownFields.Known<Request.Content>
}

const lineOf = ({ front }: Pick<ReadServices, "front">, number: string): Effect.Effect<LineName, Refusal.Refusal> =>
  Option.match(Request.lineOf(front, number), {
    onNone: () => Refusal.refuseSend("This phone number is not defined."),
    onSome: Effect.succeed
  })

const mediaOf = ({ ids }: ReadServices, url: string): Effect.Effect<Part.Media> =>
  Option.match(Files.idOf(url), {
    onNone: () => Effect.succeed(Part.media(url)),
    onSome: (id) => Effect.map(ids.findAttachment(id), Option.match({ onNone: () => Part.media(url), onSome: Part.attachment }))
  })

const replyOf = (
  { ids }: ReadServices,
  { message_handle, part_index }: NonNullable<Request.Content["reply_to"]>
): Effect.Effect<Draft.ReplyTarget, Refusal.Refusal> =>
  Effect.flatMap(
    ids.findMessage(message_handle),
    Option.match({
      onNone: () => Refusal.invalidSend("reply_to message was not found in this conversation"),
      onSome: (to) => Effect.succeed<Draft.ReplyTarget>(present({ to, part: part_index ?? undefined }))
    })
  )

const draftOf = (
  services: ReadServices,
  { extras, value: body }: UnknownFields.Known<Request.Content>
): Effect.Effect<Draft.Draft, Refusal.Refusal> =>
  Effect.gen(function*() {
    if (body.app_card !== undefined) {
      return yield* Refusal.invalidSend("app_card cannot be sent through this gateway; send content or media_url")
    }
    const media = body.media_url === undefined ? undefined : yield* mediaOf(services, body.media_url)
    const parts: ReadonlyArray<Part.Part> = [
      // a caption without visible characters counts as no caption
      ...(body.content === undefined || !isVisible(body.content) ? [] : [Part.text(body.content)]),
      ...(media === undefined ? [] : [media])
    ]
    if (!Arrays.isNonEmptyReadonlyArray(parts)) return yield* Refusal.invalidSend("message content or media_url is required")
    const effect = body.send_style === undefined ? undefined : yield* Request.readEffect(body.send_style)
    const replyTo = body.reply_to === undefined ? undefined : yield* replyOf(services, body.reply_to)
    const metadata = {
      ...(body.seat_id === undefined ? {} : { [Wire.metadataKeys.seat]: body.seat_id }),
      ...(media !== undefined && "attachment" in media && body.media_url !== undefined
        ? { [Wire.metadataKeys.mediaUrl]: body.media_url }
        : {})
    }
    return Draft.make(parts, present({ effect, replyTo, metadata: Object.keys(metadata).length === 0 ? undefined : metadata, extras }))
  })

/** The delivery of a send that went out, or may have gone out. */
const deliveryOf = (sent: SendResult): DeliveryId | undefined => {
  switch (sent._tag) {
    case "Accepted":
      return sent.delivery.id
    case "Pending":
      return sent.deliveryId
    case "Incomplete":
      return sent.error.deliveryId
    case "Refused":
    case "NotSent":
      return undefined
  }
}

// the vendor's sentence for a send that takes long: the client has the handle and asks for the status
const timeout = "Timeout waiting for message status, query status with message_handle"

const answerSend = (
  services: Services,
  conversation: Conversation.Conversation,
  asked: Draft.Draft,
  { unknown, value: body }: UnknownFields.Known<Request.Content>,
  sent: SendResult
): Effect.Effect<Reply, Refusal.Refusal> => {
  const headers = services.front.headers(sent, UnknownFields.toLosses(unknown))
  const draft = Adapted.dropLost(asked, Adapted.lossesOf(sent))
  const shown = (standing: Pick<Wire.SendStatus, "id" | "status" | "service">) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      Effect.map(
        Wire.ofDraft(services, conversation, draft, { ...standing, failing: Refusal.noFailure, downgraded: undefined, at, updatedAt: at }),
        (message) => ({ ...Wire.withOlderNames(message), from_number: body.from_number })
      ))
  switch (sent._tag) {
    case "Accepted": {
      const { id, service, status } = sent.delivery
      return Effect.map(shown({ id, status: Wire.statusWord(status), service }), (message) => Refusal.json(200, message, headers))
    }
    case "Incomplete": {
      const [{ service, status }] = sent.error.receipts
      return Effect.map(
        shown({ id: sent.error.deliveryId, status: Wire.statusWord(status), service }),
        (message) => Refusal.json(200, message, headers)
      )
    }
    case "Pending":
      return Effect.map(
        shown({ id: sent.deliveryId, status: SendblueWords.statusFromNeutral.pending, service: undefined }),
        (message) => Refusal.json(202, { ...message, message: timeout }, headers)
      )
    case "Refused":
    case "NotSent": {
      const [number = null] = Conversation.recipients(conversation)
      return Effect.fail(Refusal.notSent(sent, { accountEmail: Wire.account, from_number: body.from_number, number }, headers))
    }
  }
}

const ask = (
  services: ReadServices,
  to: Conversation.Conversation,
  known: UnknownFields.Known<Request.Content>
): Effect.Effect<Asked, Refusal.Refusal> =>
  services.front.strict && known.unknown.length > 0
    ? Refusal.invalidSend(`this gateway does not know ${known.unknown.join(", ")}, and is told to refuse what it would lose`)
    : Effect.map(draftOf(services, known), (draft) => ({ to, draft, known }))

type ReadSend = (services: ReadServices) => (call: Pick<Request.Call, "fields">) => Effect.Effect<Asked, Refusal.Refusal>

const decodeMessage = Request.decodeKnown(Request.SendMessage, Request.sending)

/** Reads a message to one number. */
export const readMessage: ReadSend = (services) => (call) =>
  Effect.gen(function*() {
    const known = yield* decodeMessage(call.fields)
    const body = known.value
    const line = yield* lineOf(services, body.from_number)
    const handle = Request.handleOf(body.number)
    if (Option.isNone(handle)) return yield* Refusal.invalidSend("number must be in E.164 format")
    if (Option.contains(Request.lineOf(services.front, body.number), line)) return yield* Refusal.refuseSend("Cannot send messages to self")
    return yield* ask(services, Conversation.direct(line, handle.value), known)
  })

const decodeGroupMessage = Request.decodeKnown(Request.SendGroupMessage, Request.sending)

/** Reads a message to a group, which the request names by its id or by its members. */
export const readGroupMessage: ReadSend = (services) => (call) =>
  Effect.gen(function*() {
    const known = yield* decodeGroupMessage(call.fields)
    const body = known.value
    const line = yield* lineOf(services, body.from_number)
    if (body.group_id !== undefined) {
      const group = yield* Effect.flatMap(
        services.findGroup(body.group_id, line),
        Option.match({ onNone: () => Refusal.invalidSend("group_id was not found"), onSome: Effect.succeed })
      )
      return group.line === line
        ? yield* ask(services, group, known)
        : yield* Refusal.invalidSend("from_number is not the line of this group")
    }
    if (body.numbers === undefined || body.numbers.length === 0) {
      return yield* Refusal.refuseSend("missing required parameter: \"numbers\" or \"group_id\"")
    }
    const members = body.numbers.map(Request.handleOf)
    if (!members.every(Option.isSome)) return yield* Refusal.invalidSend("numbers must be in E.164 format")
    const people = Arrays.dedupe(Arrays.getSomes(members))
    if (people.some((number) => Option.contains(services.front.lineOf(number), line))) {
      return yield* Refusal.refuseSend("Cannot send messages to self")
    }
    return yield* ask(services, yield* services.ids.openGroup(line, people), known)
  })

const deliver = (read: ReadSend): Send => (services) => {
  const readSend = read({
    front: services.front,
    ids: services.ids,
    findGroup: (id, line) => ChatLookup.findGroup(services, id, line)
  })
  return (call, key) =>
    Effect.gen(function*() {
      const { draft, known, to } = yield* readSend(call)
      const body = known.value
      const callback = yield* Webhooks.prepareStatusCallback(services, body.status_callback ?? body.statusCallback)
      const sent = yield* services.front.send(key, to, draft)
      const deliveryId = deliveryOf(sent)
      if (deliveryId !== undefined) yield* callback(deliveryId)
      return yield* answerSend(services, to, draft, known, sent)
    })
}

export const sendMessage: Send = deliver(readMessage)

export const sendGroupMessage: Send = deliver(readGroupMessage)
