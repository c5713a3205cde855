/** Every group of the API. */
import * as Layer from "effect/Layer"
import * as Managing from "./managing.ts"
import * as Messages from "./messages.ts"
import * as Sending from "./sending.ts"

export const layer = Layer.mergeAll(
  Sending.sending,
  Sending.deliveries,
  Sending.held,
  Messages.messages,
  Messages.chats,
  Messages.attachments,
  Managing.lines,
  Managing.people,
  Managing.carriers,
  Managing.catchingUp,
  Managing.webhooks,
  Managing.callbacks
)
