/** Converts listed messages of ours to the requests that would send them. */
import type { PastCall } from "@interline/core/History"
import { present } from "@interline/core/Optional"
import type * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as AccountLists from "./accountLists.ts"
import * as LiftAnswer from "./liftAnswer.ts"

const filled = (text: string | undefined): string | undefined => text === "" ? undefined : text

/**
 * A message to a group names the members if the list does. None: the message is not ours, or has no handle. The list does not say what else
 * a request asked for, such as a status callback.
 */
export const ofMessage = (ours: ReadonlySet<string>) => (wire: SendblueSchema.Message): ReadonlyArray<PastCall> => {
  const { content, date_created, date_sent, group_id, media_url, message_handle, participants = [], reply_to, send_style } = wire
  if (message_handle === undefined || !LiftAnswer.isOutbound(wire)) return []
  const from = AccountLists.numberOf(wire)
  const members = participants.flatMap(LiftAnswer.handleOf).filter((handle) => handle !== from && !ours.has(handle))
  const [number] = wire.number ?? wire.to_number ?? []
  const to = group_id === undefined ? present({ number }) : members.length > 1 ? { numbers: members } : { group_id }
  return [{
    id: message_handle,
    method: "POST",
    path: group_id === undefined ? "/api/send-message" : "/api/send-group-message",
    body: {
      ...to,
      ...present({
        from_number: from,
        content: filled(content),
        media_url: filled(media_url),
        send_style: filled(send_style),
        reply_to: reply_to?.message_handle === undefined ? undefined : { message_handle: reply_to.message_handle }
      })
    },
    ...present({ at: LiftAnswer.millisOf(date_sent ?? date_created) })
  }]
}
