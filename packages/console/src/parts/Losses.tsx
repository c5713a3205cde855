/** What a carrier does not carry of a message. */
import type { Delivery, Loss } from "../api/wire.ts"
import { Tag } from "./basics.tsx"
import type { Tone } from "./words.ts"

export const lossWords = {
  "effect-dropped": "Effect",
  "effect-approximated": "Another effect instead",
  "decorations-dropped": "Styles and animations",
  "mention-dropped": "Mention",
  "sticker-dropped": "Sticker as a picture",
  "reply-dropped": "Reply to another message",
  "link-preview-dropped": "Preview of a link",
  split: "One message as several",
  "service-preference-dropped": "Preferred service",
  "before-reply": "May be refused until the person has written",
  "new-person": "The line may write to nobody new now",
  "unknown-field": "Unknown field"
} as const satisfies Record<Loss["kind"], string>

type Service = Delivery["report"]["service"]

/** Whether something is lost: surely, by the service that is used, or not known before that is known. */
type Case = "lost" | "kept" | "open"

const caseOf = ({ certainty, condition }: Loss, service: Service): Case => {
  if (certainty === "certain") return "lost"
  if (service === undefined || condition === undefined) return "open"
  return condition === "SMS" ? (service === "SMS" ? "lost" : "kept") : service === "iMessage" ? "kept" : "lost"
}

const tagOf = (loss: Loss, service: Service): { readonly text: string; readonly tone: Tone } => {
  switch (caseOf(loss, service)) {
    case "lost":
      return { text: "Lost", tone: "warn" }
    case "kept":
      return { text: `Not lost: it went by ${service ?? ""}`, tone: "good" }
    case "open":
      return {
        text: loss.condition === undefined
          ? "Possible"
          : loss.condition === "SMS"
          ? "Lost if it goes by SMS"
          : "Lost if it does not go by iMessage",
        tone: "idle"
      }
  }
}

/** The losses that happened or may still happen. */
export const lossesOf = ({ losses, report }: Pick<Delivery, "losses" | "report">): ReadonlyArray<Loss> =>
  losses.filter((loss) => caseOf(loss, report.service) !== "kept")

export const Losses = ({ losses, service }: { readonly losses: ReadonlyArray<Loss>; readonly service?: Service }) => (
  <ul className="facts-list">
    {losses.map((loss, index) => {
      const { text, tone } = tagOf(loss, service)
      return (
        <li key={index}>
          <Tag tone={tone}>{text}</Tag>
          <strong>{lossWords[loss.kind]}</strong>
          <span>{loss.reason}{loss.from === undefined ? "" : ` (${loss.from}${loss.to === undefined ? "" : ` becomes ${loss.to}`})`}</span>
        </li>
      )
    })}
  </ul>
)
