/**
 * Schemas of what Sendblue tells by webhooks and by its event stream. A webhook about a message is a `SendblueSchema.Message`. Reading is as
 * lenient as that of `SendblueSchema`.
 *
 * Field lists: Sendblue docs (messages, groups, api-v2 pages) and the sendblue 3.17.0 client, read 2026-11-21.
 */
import * as Schema from "effect/Schema"
import { nested, open, text } from "./fields.ts"

/**
 * A contact who starts or stops typing. `number` is theirs; `from_number` is one of the two.
 *
 * @category models
 */
export const TypingIndicator = Schema.Struct({ number: text, from_number: text, is_typing: Schema.Boolean, timestamp: text })

/** @category models */
export interface TypingIndicator extends Schema.Schema.Type<typeof TypingIndicator> {}

/**
 * An event of the event stream. `data` has few fields, and no page says which (sendblue 3.17.0 and its event stream's docs, read 2026-11).
 *
 * @category models
 */
export const AccountEvent = Schema.Struct(
  { id: text, type: Schema.String, occurred_at: text, data: nested(Schema.Record(open)) },
  open
)

/** @category models */
export interface AccountEvent extends Schema.Schema.Type<typeof AccountEvent> {}
