/** Short names for the content of a send. One compares messages under a key. The others say which messages look alike in a carrier's list. */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Part } from "@interline/core/Part"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"

// what every runtime of `fetch` has, and no library of this project's types
declare const crypto: { readonly subtle: { readonly digest: (algorithm: "SHA-256", bytes: Uint8Array) => PromiseLike<ArrayBuffer> } }
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

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

/** A digest of conversation and draft; nothing of them can be read from it. */
export const of = ({ confirmsOptOut, conversation, draft }: Prepared): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() =>
      crypto.subtle.digest(
        "SHA-256",
        new TextEncoder().encode(
          `${Conversation.key(conversation)}\n${canonical(draft)}${confirmsOptOut === true ? "\nconfirms an opt-out" : ""}`
        )
      )
    ),
    (digest) => Encoding.encodeHex(new Uint8Array(digest))
  )

/** FNV-1a, 32 bits. Two texts that meet in it are only held for longer. */
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

/** What a carrier's list shows of each part. */
export const likenesses = ({ conversation, draft }: Pick<Prepared, "conversation" | "draft">): ReadonlyArray<string> => {
  const place = hash(Conversation.key(conversation))
  return draft.parts.map((part) => hash(content(part), place).toString(36))
}
