/**
 * Checks the arguments of every operation for the rules that are the same at all carriers. The checks are written by hand for two
 * reasons: they run before every send, and callers from plain JavaScript can pass any value.
 *
 * A draft that passes these checks also decodes with the `Draft` schema, if options that are `undefined` are left out first. These
 * checks are stricter than the schema. The range of a decoration or of a mention must lie in the text. A URL must be absolute. Where exactly one of
 * two fields is allowed, both or none are refused.
 */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Draft } from "../content/Draft.ts"
import * as Extras from "../content/Extras.ts"
import { kinds } from "../content/MessageEffect.ts"
import type * as Part from "../content/Part.ts"
import * as Reaction from "../content/Reaction.ts"
import { isVisible } from "../language/VisibleText.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { Conversation } from "../names/Conversation.ts"
import { DeliveryId } from "../names/DeliveryId.ts"
import * as Handle from "../names/Handle.ts"
import * as Operation from "../names/Operation.ts"
import * as Problem from "../names/Problem.ts"
import { Service } from "../names/Service.ts"
import { isBroken, isVendorId } from "../names/VendorId.ts"
import type { OwnArguments } from "./Adapter.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { Name } from "./OperationSignatures.ts"
import { placement, placementFields } from "./validation/placement.ts"
import { collect, type Fields, has, isFields, isIndex, type Path, type Problems, reading } from "./validation/problems.ts"
import { decorations, handle, mentions } from "./validation/textRanges.ts"

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const carrierPattern = /^[a-z][a-z0-9-]{0,31}$/
const linePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
const broken = "not well-formed: it holds a NUL character or half of a surrogate pair"

// A draft stands for one message. Linq takes at most 100 parts in a message. Sendblue may need a request for each part.
const mostParts = 100

const isRef = (value: unknown): boolean =>
  isFields(value) && typeof value["carrierId"] === "string" && carrierPattern.test(value["carrierId"]) &&
  isVendorId(value["id"])

/** Some of the runtimes that we support have no `URL.canParse`, so a pattern checks the URL. */
const looksLikeUrl = (value: unknown): value is string =>
  typeof value === "string" && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+(?:[/?#][^\s]*)?$/i.test(value)

const part = (value: unknown, path: Path, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", path, "not a part; make one with Part.text, Part.media or Part.link"))
    return
  }
  switch (value["_tag"]) {
    case "Text": {
      const { text } = value
      if (typeof text !== "string") problems.push(Problem.make("type", [...path, "text"], "not a string"))
      else if (!isVisible(text)) {
        problems.push(Problem.make("empty-text", [...path, "text"], "a text part needs at least one character that can be seen"))
      } else if (isBroken(text)) problems.push(Problem.make("type", [...path, "text"], broken))
      else {
        if (value["decorations"] !== undefined) decorations(value["decorations"], text, [...path, "decorations"], problems)
        if (value["mentions"] !== undefined) mentions(value["mentions"], text, [...path, "mentions"], problems)
      }
      return
    }
    case "Media":
      return file(value, path, problems)
    case "Link": {
      if (!looksLikeUrl(value["url"])) problems.push(Problem.make("url", [...path, "url"], "not an absolute URL"))
      return
    }
    default:
      problems.push(Problem.make("type", [...path, "_tag"], "not a Text, Media or Link part"))
  }
}

const file = (value: unknown, path: Path, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", path, "not a media part"))
    return
  }
  const { url, attachment } = value
  if (value["sticker"] !== undefined && typeof value["sticker"] !== "boolean") {
    problems.push(Problem.make("type", [...path, "sticker"], "not a boolean"))
  }
  if ((url === undefined) === (attachment === undefined)) {
    problems.push(Problem.make("one-of", path, "media has exactly one of url and attachment"))
  } else if (url !== undefined ? !looksLikeUrl(url) : !isRef(attachment)) {
    problems.push(
      url !== undefined
        ? Problem.make("url", [...path, "url"], "not an absolute URL")
        : Problem.make("type", [...path, "attachment"], "not an attachment of a carrier: {carrierId, id}")
    )
  }
}

/** The problems of a media part on its own. */
export const media = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  collect(path, (problems) => file(value, path, problems))

const allParts = (parts: unknown, problems: Problems): void => {
  if (!Array.isArray(parts)) problems.push(Problem.make("type", ["parts"], "not a list of parts"))
  else if (parts.length === 0) problems.push(Problem.make("empty-draft", ["parts"], "a draft needs at least one part"))
  else if (parts.length > mostParts) {
    problems.push(
      Problem.make("part-count", ["parts"], "more parts than one message has; send several drafts", {
        limit: mostParts,
        actual: parts.length
      })
    )
  } else {
    for (let index = 0; index < parts.length; index++) {
      const path = ["parts", index]
      reading(path, problems, () => part(parts[index], path, problems))
    }
  }
}

/** The problems of a draft, empty if there are none. */
export const draft = (value: unknown): ReadonlyArray<Problem.Problem> => collect([], (problems) => everyField(value, problems))

const everyField = (value: unknown, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", [], "not a draft; make one with Draft.make or Draft.text"))
    return
  }
  const { parts, effect, extras, replyTo, preferredService, fidelity, metadata } = value
  reading(["parts"], problems, () => allParts(parts, problems))
  if (effect !== undefined && !(typeof effect === "string" && Object.hasOwn(kinds, effect))) {
    problems.push(Problem.make("effect", ["effect"], "no such effect; MessageEffect.all lists them"))
  }
  if (replyTo !== undefined) reading(["replyTo"], problems, () => reply(replyTo, problems))
  if (preferredService !== undefined && !has(Service.literals, preferredService)) {
    problems.push(Problem.make("type", ["preferredService"], "not one of iMessage, RCS, SMS"))
  }
  if (fidelity !== undefined && !isFidelity(fidelity)) problems.push(Problem.make("type", ["fidelity"], "not one of exact, adapt"))
  if (extras !== undefined) reading(["extras"], problems, () => extra(extras, Array.isArray(parts) ? parts.length : 0, problems))
  if (metadata !== undefined) {
    reading(["metadata"], problems, () => {
      if (!(isFields(metadata) && Object.values(metadata).every((entry) => typeof entry === "string"))) {
        problems.push(Problem.make("type", ["metadata"], "not a record of strings"))
      } else if (Object.hasOwn(metadata, "__proto__")) {
        // a copy that sets each key in turn loses this key
        problems.push(Problem.make("type", ["metadata", "__proto__"], "this key means something to the language; take another one"))
      }
    })
  }
}

const extraFields = (value: unknown, path: Path, problems: Problems): boolean => {
  if (value === undefined) return true
  const wrong = isFields(value) ? Object.entries(value).find(([name, each]) => !Extras.isName(name) || !Extras.isValue(each)) : []
  if (wrong !== undefined) {
    problems.push(Problem.make("type", path, "not a record of JSON under names of up to 64 letters, digits and underscores"))
  }
  return wrong === undefined
}

const extraParts = (value: unknown, count: number, path: Path, problems: Problems): boolean => {
  if (value === undefined) return true
  // `every` skips the holes of an array, so copy the array first
  const list = Array.isArray(value) ? Array.from<unknown>(value) : undefined
  if (
    list === undefined ||
    !list.every((each) => isFields(each) && isIndex(each["part"]) && each["part"] < count && each["fields"] !== undefined)
  ) {
    problems.push(Problem.make("type", path, "not a list of {part, fields}, with the index of a part of this draft"))
    return false
  }
  const entries = list.filter(isFields)
  if (new Set(entries.map(({ part }) => part)).size !== entries.length) {
    problems.push(Problem.make("type", path, "a part is named twice"))
    return false
  }
  return entries.every(({ fields }, index) => extraFields(fields, [...path, index, "fields"], problems))
}

const isExtras = Schema.is(Extras.Extras)

const extra = (value: unknown, count: number, problems: Problems): void => {
  const path = ["extras"]
  if (!isFields(value) || typeof value["vendor"] !== "string" || value["vendor"] === "") {
    problems.push(Problem.make("type", path, "not the fields of one vendor: {vendor, message?, effect?, parts?}"))
    return
  }
  const { effect, message, parts } = value
  const areFields = extraFields(message, [...path, "message"], problems) && extraFields(effect, [...path, "effect"], problems) &&
    extraParts(parts, count, [...path, "parts"], problems)
  if (areFields && !(isExtras(value) && Extras.isWithinLimits(value))) {
    problems.push(Problem.make("type", path, `more than ${Extras.limits.fields} fields or ${Extras.limits.characters} characters of JSON`))
  }
}

const reply = (value: unknown, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", ["replyTo"], "not a reply target: {to, part?}"))
    return
  }
  const { part, to } = value
  reading(["replyTo", "to"], problems, () => {
    if (!isMessage(to)) problems.push(Problem.make("reply", ["replyTo", "to"], notMessage))
  })
  if (part !== undefined && !isIndex(part)) {
    problems.push(Problem.make("type", ["replyTo", "part"], "not a part index: a whole number from 0"))
  }
}

const isDeliveryId = Schema.is(DeliveryId)

const isFidelity = (value: unknown): boolean => value === "exact" || value === "adapt"

/** The problems of the options of one send. A key must fit into an HTTP header and into every store. */
export const sendOptions = (value: unknown): ReadonlyArray<Problem.Problem> =>
  value === undefined ? [] : collect(["options"], (problems) => {
    if (!isFields(value)) {
      problems.push(Problem.make("type", ["options"], "not send options: {fidelity?, key?, after?, confirmsOptOut?}"))
      return
    }
    const { after, confirmsOptOut, fidelity, key } = value
    if (fidelity !== undefined && !isFidelity(fidelity)) {
      problems.push(Problem.make("type", ["options", "fidelity"], "not one of exact, adapt"))
    }
    if (key !== undefined && !(typeof key === "string" && Operation.keyPattern.test(key))) {
      problems.push(Problem.make("key", ["options", "key"], "not a key: 1 to 255 printable ASCII characters"))
    }
    if (after !== undefined && !isDeliveryId(after)) problems.push(Problem.make("after", ["options", "after"], "not the id of a delivery"))
    if (confirmsOptOut !== undefined && typeof confirmsOptOut !== "boolean") {
      problems.push(Problem.make("type", ["options", "confirmsOptOut"], "not a boolean"))
    }
  })

/**
 * The problems of the mentions of a draft in a group: each must name a member. In a conversation with one person a mention means
 * nothing, and the carrier's plan reports it as a loss. The conversation and the draft must have passed their own checks before.
 */
export const mentioned = (conversation: Conversation, { parts }: Draft): ReadonlyArray<Problem.Problem> =>
  conversation._tag === "Direct" ?
    [] :
    parts.flatMap((part, at) =>
      part._tag !== "Text" || part.mentions === undefined ?
        [] :
        part.mentions.flatMap(({ handle }, index) =>
          conversation.members.includes(handle)
            ? []
            : [Problem.make("mention", ["parts", at, "mentions", index, "handle"], "not a member of this group")]
        )
    )

/**
 * The problems of a confirmation of an opt-out. It must be one plain text to the one person who opted out. The conversation and the
 * draft must have passed their own checks before.
 */
export const confirmation = (
  conversation: Conversation,
  { effect, extras, parts: [first, ...others], replyTo }: Draft
): ReadonlyArray<Problem.Problem> => {
  const path = ["options", "confirmsOptOut"]
  return [
    ...(conversation._tag === "Direct" ? [] : [Problem.make("feature", path, "only one person's opt-out is confirmed, to that person")]),
    ...(first?._tag === "Text" && first.decorations === undefined && first.mentions === undefined && others.length === 0 &&
        effect === undefined && extras === undefined &&
        replyTo === undefined
      ? []
      : [
        Problem.make(
          "feature",
          path,
          "the confirmation of an opt-out is one plain text: no media, link, decoration, mention, effect or reply"
        )
      ])
  ]
}

const isMessage = (value: unknown): boolean => typeof value === "string" ? uuidPattern.test(value) : isRef(value)

const notMessage = "not a delivery id (a UUID) or a message ref {carrierId, id}"

/** The problems of a message that the caller names by its delivery id or by its ref. */
export const message = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  collect(path, (problems) => {
    if (!isMessage(value)) problems.push(Problem.make("reply", path, notMessage))
  })

const line = (value: unknown, path: Path, problems: Problems): void => {
  if (typeof value !== "string" || !linePattern.test(value)) problems.push(Problem.make("line", path, "not the name of a line"))
}

/** The problems of an address. */
export const target = (value: unknown): ReadonlyArray<Problem.Problem> => collect(["to"], (problems) => address(value, ["to"], problems))

const address = (value: unknown, path: Path, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", path, "not a conversation or a chat ref"))
    return
  }
  switch (value["_tag"]) {
    case undefined:
      if (!isRef(value)) problems.push(Problem.make("type", path, "not a chat ref {carrierId, id}"))
      break
    case "Direct":
      line(value["line"], [...path, "line"], problems)
      handle(value["handle"], [...path, "handle"], problems)
      break
    case "Group": {
      line(value["line"], [...path, "line"], problems)
      if (typeof value["id"] !== "string" || !uuidPattern.test(value["id"])) {
        problems.push(Problem.make("type", [...path, "id"], "not a conversation id; make the group with Conversation.group"))
      }
      const members = value["members"]
      if (!Array.isArray(members) || members.length < 2) {
        problems.push(Problem.make("members", [...path, "members"], "a group needs at least two members besides our line"))
      } else {
        // `forEach` skips the holes of an array, so loop by index
        for (let index = 0; index < members.length; index++) handle(members[index], [...path, "members", index], problems)
        if (new Set(members).size !== members.length) {
          problems.push(Problem.make("members", [...path, "members"], "a member is named twice"))
        }
      }
      break
    }
    default:
      problems.push(Problem.make("type", [...path, "_tag"], "not a Direct or Group conversation"))
  }
}

/** The problems of a conversation to send to; a chat ref is not enough to send. */
export const conversation = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["to"], (problems) => {
    if (isFields(value) && value["_tag"] === undefined) {
      problems.push(Problem.make("type", ["to"], "not a conversation; make one with Conversation.direct or Conversation.group"))
    } else address(value, ["to"], problems)
  })

const isReaction = (value: unknown): boolean =>
  isFields(value) && (value["_tag"] === "Tapback"
    ? has(Reaction.Tapback.literals, value["tapback"])
    : value["_tag"] === "Emoji" && typeof value["emoji"] === "string" && value["emoji"] !== "" && value["emoji"].length <= 64)

const stickerFields = (id: CarrierId, { attachment, placement, url }: Fields, problems: Problems): void => {
  if ((url === undefined) === (attachment === undefined)) {
    problems.push(Problem.make("one-of", ["reaction"], "a sticker has exactly one of url and attachment"))
  } else if (url !== undefined) {
    if (!looksLikeUrl(url)) problems.push(Problem.make("url", ["reaction", "url"], "not an absolute URL"))
  } else problems.push(...ownFile(id, attachment, ["reaction", "attachment"]))
  if (placement !== undefined) placementFields(placement, ["reaction", "placement"], problems)
}

const noStickers = Problem.make("feature", ["reaction"], "this carrier puts no stickers on messages")

/** The problems of a reaction or a sticker that a carrier is asked to put on a message. */
export const reactionOrSticker = (id: CarrierId, value: unknown, hasStickers: boolean): ReadonlyArray<Problem.Problem> =>
  collect(["reaction"], (problems) => {
    if (!isFields(value) || value["_tag"] !== "Sticker") problems.push(...reaction(value))
    else if (hasStickers) stickerFields(id, value, problems)
    else problems.push(noStickers)
  })

export const reaction = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["reaction"], (problems) => {
    if (!isReaction(value)) {
      problems.push(Problem.make("reaction", ["reaction"], "not a tapback or an emoji; make one with Reaction.tapback or Reaction.emoji"))
    }
  })

/** The problems of a vendor's id. The id may name anything. */
export const identifier = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  isVendorId(value) ? [] : [Problem.make("type", path, "not an id that the carrier gave")]

/** The part that options name; `NaN` if the options cannot be read. `partIndex` refuses `NaN`. */
export const partOf = (options: unknown): number | undefined =>
  Either.getOrElse(Either.try(() => (isFields(options) ? options["part"] : undefined) as number | undefined), () => Number.NaN) // checked by `partIndex`

export const partIndex = (value: unknown): ReadonlyArray<Problem.Problem> =>
  value === undefined || isIndex(value) ? [] : [Problem.make("type", ["part"], "not a part index: a whole number from 0")]

export const page = (value: unknown): ReadonlyArray<Problem.Problem> =>
  value === undefined ? [] : collect(["page"], (problems) => pageFields(value, problems))

const pageFields = (value: unknown, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", ["page"], "not a page request: {cursor?, limit?}"))
    return
  }
  const { cursor, limit } = value
  if (cursor !== undefined && (typeof cursor !== "string" || cursor === "" || isBroken(cursor))) {
    problems.push(Problem.make("type", ["page", "cursor"], "not a cursor that a page gave"))
  }
  if (limit !== undefined && !(isIndex(limit) && limit >= 1 && limit <= 100)) {
    problems.push(Problem.make("type", ["page", "limit"], "not a whole number from 1 to 100"))
  }
}

/** The problems of a query for chats: of its page and its person. The line is checked elsewhere, against the configured lines. */
export const chatQuery = (value: unknown): ReadonlyArray<Problem.Problem> =>
  value === undefined ? [] : collect(["page"], (problems) => {
    pageFields(value, problems)
    if (isFields(value) && value["with"] !== undefined) handle(value["with"], ["with"], problems)
  })

/** Checks a field that takes a string of at least one character. `null` clears the field. */
const clearable = (value: unknown, path: Path, problems: Problems): void => {
  if (value !== undefined && value !== null && (typeof value !== "string" || value === "")) {
    problems.push(Problem.make("type", path, "not a string of at least one character, nor null"))
  }
}

export const chatChange = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["change"], (problems) => {
    if (!isFields(value) || (value["name"] === undefined && value["icon"] === undefined)) {
      problems.push(Problem.make("name", ["change"], "needs a name or an icon"))
      return
    }
    clearable(value["name"], ["change", "name"], problems)
    clearable(value["icon"], ["change", "icon"], problems)
  })

/** Checks the texts of a poll's options. No carrier documents how many there may be, how long, or whether two may be equal. */
const pollOptions = (options: unknown, least: number, problems: Problems): void => {
  if (!Array.isArray(options) || options.length < least) {
    problems.push(Problem.make("type", ["options"], `needs a list of at least ${least === 1 ? "one text" : "two texts"}`))
    return
  }
  // `forEach` skips the holes of an array, so loop by index
  for (let index = 0; index < options.length; index++) problems.push(...text(options[index], ["options", index]))
}

export const pollDraft = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["poll"], (problems) => {
    if (!isFields(value)) {
      problems.push(Problem.make("type", ["poll"], "not a poll: {options, key?}"))
      return
    }
    pollOptions(value["options"], 2, problems)
    const key = value["key"]
    if (key !== undefined && !(typeof key === "string" && Operation.keyPattern.test(key) && key.trim() !== "")) {
      problems.push(Problem.make("key", ["key"], "not a key: 1 to 255 printable ASCII characters, not only blanks"))
    }
  })

export const contactCard = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["card"], (problems) => {
    if (!isFields(value)) {
      problems.push(Problem.make("type", ["card"], "not a contact card: {firstName, lastName?, imageUrl?}"))
      return
    }
    const { firstName, imageUrl, lastName } = value
    problems.push(...text(firstName, ["card", "firstName"]))
    if (lastName !== undefined && typeof lastName !== "string") problems.push(Problem.make("type", ["card", "lastName"], "not a string"))
    if (imageUrl !== undefined && !looksLikeUrl(imageUrl)) problems.push(Problem.make("url", ["card", "imageUrl"], "not an absolute URL"))
  })

export const flag = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  typeof value === "boolean" ? [] : [Problem.make("type", path, "not true or false")]

export const phone = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  Handle.isHandle(value) && Handle.isPhone(value) ? [] : [Problem.make("handle", path, "not a phone number in E.164 (+12025550123)")]

export const text = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  typeof value === "string" && isVisible(value) && !isBroken(value)
    ? []
    : [Problem.make("empty-text", path, "needs a text of at least one character that can be seen")]

export const ref = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  collect(path, (problems) => {
    if (!isRef(value)) problems.push(Problem.make("type", path, "not a ref {carrierId, id}"))
  })

/** The problems of a person or sender: a handle, a short code or an alphanumeric sender id. */
export const peer = (value: unknown): ReadonlyArray<Problem.Problem> =>
  typeof value === "string" && isVisible(value) && !isBroken(value) && value.length <= 320
    ? []
    : [Problem.make("handle", ["peer"], "not a phone number, an e-mail address or a sender id")]

export const handles = (value: unknown, path: Path): ReadonlyArray<Problem.Problem> =>
  collect(path, (problems) => handle(value, path, problems))

export const upload = (value: unknown): ReadonlyArray<Problem.Problem> => collect(["upload"], (problems) => uploadFields(value, problems))

const uploadFields = (value: unknown, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", ["upload"], "not an upload: {fileName, mimeType, bytes}"))
    return
  }
  const { bytes, fileName, mimeType } = value
  if (!isVendorId(fileName) || fileName.length > 255) {
    problems.push(Problem.make("name", ["upload", "fileName"], "needs a well-formed file name of 1 to 255 characters"))
  }
  if (typeof mimeType !== "string" || !/^[a-z]+\/[a-z0-9.+-]+$/i.test(mimeType)) {
    problems.push(Problem.make("media-format", ["upload", "mimeType"], "not a MIME type like image/jpeg"))
  }
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
    problems.push(Problem.make("media-size", ["upload", "bytes"], "needs at least one byte in a Uint8Array"))
  }
}

export const subscription = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["subscription"], (problems) => subscriptionFields(value, problems))

const subscriptionFields = (value: unknown, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", ["subscription"], "not a subscription: {url, events}"))
    return
  }
  const { events, lines, secret, url } = value
  if (!looksLikeUrl(url)) problems.push(Problem.make("url", ["subscription", "url"], "not an absolute URL"))
  redacted(secret, ["subscription", "secret"], problems)
  if (!isEventList(events)) problems.push(Problem.make("type", ["subscription", "events"], noEvents))
  phones(lines, ["subscription", "lines"], problems)
}

const redacted = (value: unknown, path: Path, problems: Problems): void => {
  if (value !== undefined && !Redacted.isRedacted(value)) {
    problems.push(Problem.make("type", path, "not a secret; make one with Redacted.make"))
  }
}

const noEvents = "needs at least one event name of the carrier"

// `every` skips the holes of an array, so copy the array first
const isEventList = (events: unknown): boolean =>
  Array.isArray(events) && events.length > 0 && Array.from<unknown>(events).every((event) => typeof event === "string" && event !== "")

const phones = (value: unknown, path: Path, problems: Problems): void => {
  if (value === undefined) return
  if (!Array.isArray(value)) problems.push(Problem.make("type", path, "not a list of phone numbers"))
  else for (let index = 0; index < value.length; index++) problems.push(...phone(value[index], [...path, index]))
}

export const webhookChange = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["change"], (problems) => {
    if (!isFields(value)) {
      problems.push(Problem.make("type", ["change"], "not a change: {url?, events?, lines?, active?}"))
      return
    }
    const { active, events, lines, secret, url } = value
    redacted(secret, ["change", "secret"], problems)
    if (url !== undefined && !looksLikeUrl(url)) problems.push(Problem.make("url", ["change", "url"], "not an absolute URL"))
    if (events !== undefined && !isEventList(events)) problems.push(Problem.make("type", ["change", "events"], noEvents))
    phones(lines, ["change", "lines"], problems)
    if (active !== undefined) problems.push(...flag(active, ["change", "active"]))
  })

/** The problems of a ref to a message or a file, which must belong to this carrier. */
const ownRef = (id: CarrierId, value: unknown, path: Path, foreign: Problem.Problem): ReadonlyArray<Problem.Problem> => {
  const problems = ref(value, path)
  return problems.length > 0 || (isFields(value) && value["carrierId"] === id) ? problems : [foreign]
}

const foreignMessage = Problem.make("type", ["message", "carrierId"], "the message belongs to another carrier")

/** The problems of a message that a carrier is asked about. */
export const ownMessage = (id: CarrierId, value: unknown): ReadonlyArray<Problem.Problem> => ownRef(id, value, ["message"], foreignMessage)

/** The problems of a stored file that a carrier is asked about. */
export const ownFile = (id: CarrierId, value: unknown, path: Path = ["attachment"]): ReadonlyArray<Problem.Problem> =>
  ownRef(id, value, path, Problem.make("attachment", [...path, "carrierId"], "the attachment belongs to another carrier"))

const ownAudio = (id: CarrierId, audio: Part.Media): ReadonlyArray<Problem.Problem> => {
  const problems = media(audio, ["audio"])
  if (problems.length === 0 && audio.sticker === true) {
    return [Problem.make("feature", ["audio", "sticker"], "a voice memo is no sticker")]
  }
  return problems.length > 0 || !("attachment" in audio) ? problems : ownFile(id, audio.attachment, ["audio", "attachment"])
}

/** One check for each operation that has arguments after its address. The check gets these arguments. */
type Checks = {
  readonly [O in Name as OwnArguments<O> extends readonly [] ? never : O]: (...args: OwnArguments<O>) => ReadonlyArray<Problem.Problem>
}

/** Makes the checks of one carrier for the arguments after the address. */
export const makeChecks = (id: CarrierId, { stickerReactions }: Pick<Capabilities, "stickerReactions">): Checks => ({
  sendVoiceMemo: (audio) => ownAudio(id, audio),
  sendPoll: pollDraft,
  addPollOptions: (options) => collect(["options"], (problems) => pollOptions(options, 1, problems)),
  voteInPoll: (option, voted) => [...identifier(option, ["option"]), ...flag(voted, ["voted"])],
  listMessages: page,
  listThread: page,
  edit: (value) => text(value, ["text"]),
  react: (value) => reactionOrSticker(id, value, stickerReactions !== "unsupported"),
  unreact: reaction,
  moveSticker: (reactionId, value) => [...identifier(reactionId, ["reactionId"]), ...placement(value)],
  updateChat: chatChange,
  stopLocation: (value) => handles(value, ["handle"]),
  addParticipant: (value) => handles(value, ["handle"]),
  removeParticipant: (value) => handles(value, ["handle"]),
  uploadAttachment: upload,
  getContactStatus: (value) => handles(value, ["handle"]),
  setForwarding: (number) => number === null ? [] : phone(number, ["number"]),
  setContactCard: contactCard,
  setOptOut: (value, optedOut) => [...handles(value, ["handle"]), ...flag(optedOut, ["optedOut"])],
  block: (value, reason) => [...peer(value), ...(reason === undefined ? [] : text(reason, ["reason"]))],
  unblock: peer,
  createWebhook: subscription,
  updateWebhook: (webhookId, change) => [...identifier(webhookId, ["id"]), ...webhookChange(change)],
  deleteWebhook: (webhookId) => identifier(webhookId, ["id"])
})
