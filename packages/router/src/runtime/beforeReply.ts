/** What a vendor may refuse before the person has written to the line, by the limits that its capabilities name. */
import type { Capabilities } from "@interline/core/Capabilities"
import type { Draft } from "@interline/core/Draft"

/** A text shows as a link if it has an address with a scheme. */
const link = /https?:\/\//i

/** The first thing of a draft that the limits do not allow, after so many messages of the line. Undefined if they allow all of it. */
export const findBreach = ({ parts }: Draft, limits: Capabilities["beforeReply"], sent = 0): string | undefined => {
  if (limits === undefined) return undefined
  if (sent >= limits.messages) return `${sent} messages before it`
  for (const part of parts) {
    if (part._tag === "Media") {
      if (!limits.media) return "a file"
    } else {
      const isLink = part._tag === "Link" || link.test(part.text)
      if (isLink && !limits.links) return "a link"
      if (part._tag === "Text" && part.text.length > limits.textLength) return `a text of more than ${limits.textLength} characters`
    }
  }
  return undefined
}
