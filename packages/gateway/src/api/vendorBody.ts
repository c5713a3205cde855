/** Recognises a body of a vendor's own API in a request to the neutral API, and names the address of the front that accepts it. */
import * as Predicate from "effect/Predicate"

interface VendorBody {
  readonly vendor: string
  /** The address at which the front accepts it. */
  readonly address: string
}

type Fields = Readonly<Record<string, unknown>>

const has = (body: Fields, ...names: ReadonlyArray<string>): boolean => names.some((name) => Object.hasOwn(body, name))

/** Whether a body has fields of the neutral API. Then its mistake is another one, and is explained field by field. */
const isNeutral = (body: Fields): boolean => has(body, "text", "parts")

/** Recognises a vendor by fields that only this vendor has. From Sendblue's and Linq's pages, read 2026-11. */
const vendors: ReadonlyArray<(body: Fields) => VendorBody | undefined> = [
  (body) =>
    Predicate.isRecord(body["message"])
      ? {
        vendor: "Linq",
        address: has(body, "from") ? "/linq/v3/chats" : has(body, "to") ? "/linq/v3/messages" : "/linq/v3/chats/{chatId}/messages"
      }
      : undefined,
  (body) =>
    has(body, "number", "numbers", "from_number", "content", "media_url", "send_style", "group_id")
      ? {
        vendor: "Sendblue",
        address: has(body, "numbers", "group_id") ? "/sendblue/api/send-group-message" : "/sendblue/api/send-message"
      }
      : undefined
]

/** The vendor of a body. `undefined` for a neutral body and for an unknown one. */
export const read = (body: unknown): VendorBody | undefined => {
  if (!Predicate.isRecord(body) || isNeutral(body)) return undefined
  for (const recognize of vendors) {
    const found = recognize(body)
    if (found !== undefined) return found
  }
  return undefined
}

/** An example of a neutral send. */
export const neutral = ([line = "support"]: ReadonlyArray<string>): string =>
  `{"to": {"line": ${JSON.stringify(line)}, "handle": …}, "text": …}`

/** Says what to do instead. */
export const explain = ({ address, vendor }: VendorBody, operation: "send" | "plan", lines: ReadonlyArray<string>): string => {
  const own = neutral(lines)
  return operation === "send"
    ? `this is a body of ${vendor}'s API; send it to POST ${address}, the front for ${vendor}'s programs, or write it like ${own}`
    : `this is a body of ${vendor}'s API; write what is to be planned like ${own}; POST ${address}, the front for ${vendor}'s programs, takes such a body and sends it`
}
