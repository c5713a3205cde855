/**
 * Makes hashes of the content of a send. One hash compares messages under a key. The others show which messages look the same in a
 * carrier's list.
 */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Part } from "@interline/core/Part"
import * as Sha2 from "@noble/hashes/sha2.js"
import * as Bytes from "@noble/hashes/utils.js"
import * as Predicate from "effect/Predicate"

/** JSON with its keys in order, so that two equal drafts give the same text. */
const canonical = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(canonical).join(",")}]`
    : Predicate.isRecord(value)
    ? `{${
      Object.keys(value).filter((key) => value[key] !== undefined).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
        .join(",")
    }}`
    : JSON.stringify(value) ?? "null"

/**
 * SHA-256 at once, as hexadecimal letters. The digest of the runtime (`crypto.subtle`) gives a promise and uses another thread, which takes many times as
 * long for a text of usual length.
 */
const digest = (text: string): string => Bytes.bytesToHex(Sha2.sha256(Bytes.utf8ToBytes(text)))

/** A digest of conversation and draft. Their content cannot be read from it. */
export const of = ({ confirmsOptOut, conversation, draft }: Prepared): string =>
  digest(`${Conversation.key(conversation)}\n${canonical(draft)}${confirmsOptOut === true ? "\nconfirms an opt-out" : ""}`)

/** FNV-1a, 32 bits. If two different texts have the same hash, the only harm is that a doubt about one of them stays open longer. */
export const hash = (text: string, seed = 0x811c9dc5): number => {
  let value = seed
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}

const content = (part: Part): string => {
  switch (part._tag) {
    case "Text":
      return part.text
    case "Link":
      return part.url
    case "Media":
      return "url" in part ? part.url : part.attachment.id
  }
}

/** One hash of each part, made from what a carrier's list shows of it. */
export const likenesses = ({ conversation, draft }: Pick<Prepared, "conversation" | "draft">): ReadonlyArray<string> => {
  const place = hash(Conversation.key(conversation))
  return draft.parts.map((part) => hash(content(part), place).toString(36))
}
