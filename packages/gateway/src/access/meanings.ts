/** What the texts of answers hold, by their fields: words of ours or of a carrier, our own numbers, people, or what people wrote. */

/**
 * `word`: shown, but for numbers and addresses that it may quote. `ours`: our own numbers, shown. `person`: a number, an address or a sender id of a
 * person. `text`: what a person wrote or was written, or a name of a person. `place`: where a person is.
 */
export type Meaning = "word" | "ours" | "person" | "text" | "place"

/** Where a text is: the endpoint, the names of the fields down to it, and the tag of the object that holds it. */
export interface Place {
  readonly path: ReadonlyArray<string>
  readonly tag: string | undefined
}

export const begin = (name: string): Place => ({ path: [name], tag: undefined })

export const below = ({ path }: Place, name: string, tag: string | undefined): Place => ({ path: [...path, name], tag })

/** Fields of people, wherever they are. */
const people = ["creator", "forwardingNumber", "from", "handle", "members", "peer", "to"] as const

/** Fields of what people wrote or were written, of names, and of files, wherever they are. */
const texts = ["after", "before", "fileName", "icon", "name", "option", "preview", "text"] as const

/** Fields of where people are. */
const places = ["latitude", "longitude", "accuracy", "altitude", "address", "locality"] as const

/** Fields with our own numbers. */
const ours = ["number", "line", "lines"] as const

/** Fields with words: ids, names that the configuration gives, reasons, sentences of ours and of carriers. */
const words = [
  "act",
  "actor",
  "against",
  "availableAt",
  "carrierId",
  "carriers",
  "code",
  "createdBy",
  "deliveryId",
  "detail",
  "detailCode",
  "differing",
  "docUrl",
  "effect",
  "emoji",
  "endpointId",
  "events",
  "extras",
  "failingSince",
  "failure",
  "heardUntil",
  "id",
  "idempotencyKey",
  "key",
  "kind",
  "lookedTo",
  "mediaFormats",
  "message",
  "mimeType",
  "next",
  "operation",
  "path",
  "pausedUntil",
  "preferredService",
  "raw",
  "rawStatus",
  "reason",
  "requestId",
  "revokedBy",
  "scopes",
  "secret",
  "sentence",
  "silentSince",
  "since",
  "sinceTime",
  "subject",
  "summary",
  "title",
  "traceId",
  "type",
  "until",
  "url",
  "vendor",
  "vendorCode",
  "version",
  "voiceMemoFormats",
  "wayOut",
  "who",
  "why"
] as const

/**
 * Fields that hold something else in one place. A key is the whole path with its endpoint, or the tag or the name of the object that holds the
 * field and the field.
 */
const exceptions: Readonly<Record<string, Meaning>> = {
  // the names of keys and of lines
  "createKey.name": "word",
  "getSession.name": "word",
  "listKeys.items.name": "word",
  "listLines.items.name": "word",
  "listLineUsage.items.name": "word",
  "signIn.name": "word",
  // from one carrier to another, from one word to another, from one time to another
  "Bound.from": "word",
  "FailedOver.from": "word",
  "FailedOver.to": "word",
  "RolloutChanged.from": "word",
  "RolloutChanged.to": "word",
  "catchUp.items.from": "word",
  "changeRollout.from": "word",
  "changeRollout.to": "word",
  "difference.from": "word",
  "difference.to": "word",
  "getRollout.from": "word",
  "getRollout.to": "word",
  "leftOut.from": "word",
  "leftOut.to": "word",
  "losses.from": "word",
  "losses.to": "word",
  "progress.items.from": "word",
  "replyTo.to": "word",
  // our own contact card
  firstName: "word",
  imageUrl: "word",
  lastName: "word",
  // the files of messages
  "getAttachment.url": "text",
  "parts.url": "text",
  "reaction.url": "text",
  "uploadAttachment.url": "text",
  // where a page of people ends is a person
  "listOptOuts.next": "text",
  // what somebody noted about a person
  "block.reason": "text",
  "listBlocked.items.reason": "text",
  // a carrier's word for a reaction may quote the message
  "reaction.raw": "text",
  "reactions.raw": "text",
  // the fields of an application, or of a carrier only
  "metadata.*": "text",
  // a process, and not a person
  "listProcesses.items.address": "word",
  // our numbers by our lines, and what a carrier cannot do, by operation
  "lines.*": "ours",
  "reasons.*": "word",
  // which kinds of parts a draft has
  "draft.parts": "word"
}

const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...words.map((name) => [name, "word"] as const),
  ...ours.map((name) => [name, "ours"] as const),
  ...people.map((name) => [name, "person"] as const),
  ...texts.map((name) => [name, "text"] as const),
  ...places.map((name) => [name, "place"] as const),
  ...Object.entries(exceptions)
])

const isTime = (name: string): boolean => name === "at" || /[a-z]At$/.test(name)

/** What a text holds. `undefined`: nobody has said. */
export const find = ({ path, tag }: Place): Meaning | undefined => {
  const name = path.at(-1)
  if (name === undefined) return undefined
  const parent = path.at(-2)
  const known = meanings.get(path.join(".")) ?? (tag === undefined ? undefined : meanings.get(`${tag}.${name}`)) ??
    meanings.get(`${parent}.${name}`) ?? meanings.get(`${parent}.*`) ?? meanings.get(name)
  return known ?? (isTime(name) ? "word" : undefined)
}

/** What a text holds. It is hidden if nobody has said. */
export const of = (place: Place): Meaning => find(place) ?? "text"
